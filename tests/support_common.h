/*
 * What tests and the conformance program share, free of Check: random numbers with a seed, memory with guards, and the
 * comparison of a float with what is true.
 */
#ifndef FOCL_TESTS_SUPPORT_COMMON_H
#define FOCL_TESTS_SUPPORT_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "focl/focl.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

#if defined(__GNUC__)
#define TEST_PRINTF __attribute__((format(printf, 1, 2)))
#else
#define TEST_PRINTF
#endif

/* Ends the test, or the program where there is no test, with a sentence. Each of them has its own. */
_Noreturn void test_fail(const char *format, ...) TEST_PRINTF;

/* Fails with the sentence unless the condition holds. */
#define test_require(condition, ...) ((condition) ? (void)0 : test_fail(__VA_ARGS__))

/* calloc of at least one element that does not fail. */
void *test_zeros(size_t count, size_t bytes);

/* ---- Random numbers ---- */

/* FOCL_TEST_SEED, unless another was set. */
uint64_t test_seed(void);
void test_set_seed(uint64_t seed);

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
