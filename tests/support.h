/*
 * What every test program shares: the devices to test on, random numbers with a printed seed, memory with guards, and
 * the comparison of a float with what is true.
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
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "focl/focl.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

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

/* ---- Random numbers ---- */

typedef struct test_random {
    uint64_t state;
} test_random;

/* The same sequence for the same seed and stream. */
test_random test_random_start(uint64_t stream);
uint64_t test_random_next(test_random *random);
size_t test_random_below(test_random *random, size_t bound);

/* Uniform in [low, high); and uniform in the exponent, of either sign, with a size from low to high. */
double test_random_uniform(test_random *random, double low, double high);
double test_random_size(test_random *random, double low, double high);

/* ---- Guarded memory ---- */

enum { TEST_GUARD_BYTES = 64, TEST_POISON = 0xA5 };

/* Bytes that are poison, with guards on both sides; never NULL. Freed by test_guarded_free, which checks the guards. */
void *test_guarded(size_t bytes);
void test_guarded_free(void *memory);

/* True where all bytes are still poison. */
bool test_is_poison(const void *memory, size_t bytes);

/* ---- Comparison ---- */

/*
 * True if value is within ulps of the reference. One ulp is that of an f32 of the size of `magnitude` or of the
 * reference, whichever is larger: magnitude is the sum of the absolute terms where terms cancel, otherwise 0. Below
 * 2^-126 an absolute error of 2^-126 is allowed. NaN equals NaN; what is beyond FLT_MAX equals infinity.
 */
bool test_is_close(double reference, double magnitude, float value, double ulps);

/* True if both are below 2^-126, or were before they were multiplied by a factor above 1. */
bool test_is_underflow(double reference, float value, double factor);

/* The error in these ulps, for messages and maxima; infinite where NaN or infinity is wrong. */
double test_error_ulps(double reference, double magnitude, float value);

#endif
