/* The helpers themselves: a comparison that takes everything would let every test pass. */
#include <float.h>
#include <math.h>

#include "support.h"

static const struct {
    const char *why;
    double reference, magnitude;
    float value;
    double ulps;
    bool close;
} comparisons[] = {
    {"equal", 1, 0, 1, 0, true},
    {"one ulp above a power of two", 1, 0, 1 + 0x1p-23F, 1, true},
    {"and not within half of it", 1, 0, 1 + 0x1p-23F, 0.5, false},
    {"eight ulp", 3, 0, 3 + 8 * 0x1p-22F, 8, true},
    {"nine ulp", 3, 0, 3 + 9 * 0x1p-22F, 8, false},
    {"between two floats", 1 + 0x1p-24, 0, 1, 0.5, true},
    {"sign", 1, 0, -1, 1000, false},
    {"zero for a small number", 1e-30, 0, 0, 1000, false},
    {"terms of size 1 that cancel", 0x1p-20, 1, 0x1p-20F + 0x1p-22F, 2, true},
    {"and too much of it", 0x1p-20, 1, 0x1p-20F + 0x1p-21F, 2, false},
    {"below 2^-126", 0x1p-127, 0, 0, 0, true},
    {"zero of a subnormal size", 0, 0, 0x1p-127F, 0, true},
    {"above 2^-126", 0x1p-125, 0, 0, 8, false},
    {"zero at twice the threshold", 0, 0, 0x1p-125F, 8, false},
    {"NaN for NaN", NAN, 0, NAN, 0, true},
    {"a number for NaN", NAN, 0, 1, 1e30, false},
    {"NaN for a number", 1, 0, NAN, 1e30, false},
    {"infinity", INFINITY, 0, INFINITY, 0, true},
    {"minus infinity", -INFINITY, 0, -INFINITY, 0, true},
    {"the other infinity", INFINITY, 0, -INFINITY, 1e30, false},
    {"infinity for what is beyond FLT_MAX", 1e39, 0, INFINITY, 0, true},
    {"infinity for a number", 1e38, 0, INFINITY, 1e30, false},
    {"a number for infinity", INFINITY, 0, FLT_MAX, 1e30, false},
};

START_TEST(compares) {
    ck_assert_msg(test_is_close(comparisons[_i].reference, comparisons[_i].magnitude, comparisons[_i].value,
                                comparisons[_i].ulps) == comparisons[_i].close,
                  "%s", comparisons[_i].why);
}
END_TEST

START_TEST(underflow_grows_with_the_factor) {
    ck_assert(test_is_underflow(0x1p-120, 0, 64));
    ck_assert(!test_is_underflow(0x1p-119, 0, 64));
    ck_assert(!test_is_underflow(0x1p-120, 0, 0));
    ck_assert(!test_is_underflow(0x1p-127, 1, 1));
    ck_assert(!test_is_underflow(NAN, 0, 1));
}
END_TEST

START_TEST(errors_are_in_ulps) {
    ck_assert_double_eq(test_error_ulps(1, 0, 1 + 0x1p-23F), 1);
    ck_assert_double_eq(test_error_ulps(-1, 0, -1 + 0x1p-24F), 0.5);
    ck_assert_double_eq(test_error_ulps(0x1p-149, 0, 0), 1);
    ck_assert(isinf(test_error_ulps(NAN, 0, 0)));
}
END_TEST

START_TEST(poison_is_noticed) {
    unsigned char *memory = test_guarded(10);
    ck_assert(test_is_poison(memory, 10));
    memory[9] = 0;
    ck_assert(!test_is_poison(memory, 10));
    ck_assert(test_is_poison(memory, 9));
    memory[10] = 0;
    ck_assert(!test_is_poison(memory + 10, TEST_GUARD_BYTES));
    memory[10] = TEST_POISON;
    test_guarded_free(memory);
}
END_TEST

START_TEST(random_numbers_repeat) {
    test_random one = test_random_start(7);
    test_random again = test_random_start(7);
    test_random other = test_random_start(8);
    const uint64_t first = test_random_next(&one);
    ck_assert_uint_eq(first, test_random_next(&again));
    ck_assert_uint_ne(first, test_random_next(&other));
    for (int i = 0; i < 1000; i++) {
        const double size = test_random_size(&one, 1e-30, 1e4);
        ck_assert(fabs(size) >= 1e-30 && fabs(size) <= 1e4);
        ck_assert_uint_lt(test_random_below(&one, 3), 3);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("support");
    TCase *tcase = tcase_create("support");
    tcase_add_loop_test(tcase, compares, 0, (int)COUNT_OF(comparisons));
    tcase_add_test(tcase, underflow_grows_with_the_factor);
    tcase_add_test(tcase, errors_are_in_ulps);
    tcase_add_test(tcase, poison_is_noticed);
    tcase_add_test(tcase, random_numbers_repeat);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
