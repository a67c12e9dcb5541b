/*
 * What every test program shares: the run of its suite, and the devices to test on.
 *
 * Environment:
 *   FOCL_TEST_DEVICE   a selector of focl/device.h: test on that device only; otherwise on all that are there
 *   FOCL_TEST_SEED     the seed of the random numbers
 *   FOCL_TEST_SMALL    if set and not 0, sizes are small: for interpreters of OpenCL, which are slow
 *   FOCL_TEST_SHARE    0, 1, 2: which of the cases that go by turns the devices get; see test_has_turn; all: all
 */
#ifndef FOCL_TESTS_SUPPORT_H
#define FOCL_TESTS_SUPPORT_H

#include <check.h>
#include "support_common.h"

/* Runs the suite in this process, prints the seed and the devices, and gives the exit status for main. */
int test_main(Suite *suite);

/* Adds a test to run with _i from 0 to below count, as a case of its own and without a time limit. */
void test_add_loop(Suite *suite, const char *name, const TTest *test, size_t count);

/* True under FOCL_TEST_SMALL; and the one of two sizes that goes with it. */
bool test_small(void);
size_t test_size(size_t usual, size_t small);

/*
 * Whether the devices under test get case `number` of many, one in `turns`, where each is a second or two of compiling;
 * the mirror gets them all. Runs with other values of FOCL_TEST_SHARE get other cases: up to three turns, three runs on
 * three implementations leave none out.
 */
bool test_has_turn(size_t number, size_t turns);

/* A handle for each device under test, made once; the test fails where there is none at all. */
size_t test_device_count(void);
focl_handle *test_device(size_t index);
const char *test_device_name(size_t index);

#endif
