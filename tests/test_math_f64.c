/*
 * The functions of cl/math.clh in f64, compiled as C, against the C library's in long double: see test_math.c. The walk
 * goes through all exponents at equal steps of the bits.
 */
#define FOCL_FP64
#include "../cl/math.clh"
#include "support.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* One ulp of f64 at |value|; of the smallest normal number below it. */
static long double ulp_at(long double value) {
    int exponent = 0;
    (void)frexpl(fmaxl(fabsl(value), 0x1p-1022L), &exponent);
    return ldexpl(1, exponent - 53);
}

/* What is 2^-1022 or less may be 0. */
static double error_in_ulps(double got, long double want) {
    const long double tiniest = 0x1p-1022L * (1 + 0x1p-20L);
    if (fabsl(want) <= tiniest)
        return fabsl((long double)got - want) <= tiniest ? 0 : (double)INFINITY;
    return (double)(fabsl((long double)got - want) / ulp_at(want));
}

/* A function of one double under test, and the truth. */
typedef struct subject {
    const char *name;
    double (*strict)(double x);
    long double (*truth)(long double x);
    double from;
    double to;
    double bound;
} subject;

static double strict_exp_pair(double x) {
    const focl_pair pair = focl_exp_negative_pair(x);
    return pair.hi + pair.lo;
}

static double strict_log(double x) {
    const focl_pair pair = focl_negative_log_pair((focl_pair){x, 0.0});
    return pair.hi + pair.lo;
}

static double strict_log_pair(double x) {
    return focl_log_pair((focl_pair){x, 0.0});
}

static double strict_softplus(double x) {
    const focl_pair pair = focl_softplus_pair(x);
    return pair.hi + pair.lo;
}

static double strict_softplus_of_negative(double x) {
    return strict_softplus(-x);
}

static double strict_smaller(double x) {
    return focl_sigmoid(x).smaller;
}

static double strict_larger(double x) {
    return focl_sigmoid(x).larger;
}

static long double true_exp(long double x) {
    return expl(-x);
}

static long double true_minus_log(long double x) {
    return -logl(x);
}

static long double true_softplus(long double x) {
    return x + log1pl(expl(-x));
}

static long double true_softplus_of_negative(long double x) {
    return log1pl(expl(-x));
}

static long double true_smaller(long double x) {
    return expl(-x) / (1 + expl(-x));
}

static long double true_larger(long double x) {
    return 1 / (1 + expl(-x));
}

static const subject subjects[] = {
    {"exp(-x)", focl_exp_negative, true_exp, 1e-300, 1500, 1.0},
    {"exp(-x) as a pair", strict_exp_pair, true_exp, 1e-300, 665, 0.51}, /* its lower part ends at 2^-960 */
    {"log1p", focl_log1p_unit, log1pl, 1e-300, 1, 1.3},
    {"log x", strict_log_pair, logl, 1, 0x1p+1000, 1},
    {"-log x", strict_log, true_minus_log, 0x1.8p-1022, 2, 0.51},
    {"softplus(x) as a pair", strict_softplus, true_softplus, 1e-300, 1e300, 0.51},
    {"softplus(-x) as a pair", strict_softplus_of_negative, true_softplus_of_negative, 1e-300, 665, 0.51},
    {"sigmoid(-x)", strict_smaller, true_smaller, 1e-300, 1500, 1.9},
    {"sigmoid(x)", strict_larger, true_larger, 1e-300, 1e300, 1.3},
};

/* So many from the first to the last, about a million near each power of ten that matters. */
enum { WALK_STEPS = 1 << 20 };

/* All magnitudes first, then, more densely, those from 2^-14 to the end. */
static double walk(double from, double to, int step) {
    const bool dense = step >= WALK_STEPS;
    const double start = dense && from < 0x1p-14 ? 0x1p-14 : from;
    const double end = dense && to > 2048 ? 2048 : to;
    const mask first = focl_as_mask(start);
    const mask length = (focl_as_mask(end) - first) / WALK_STEPS;
    const mask place = step % WALK_STEPS;
    return focl_as_real(first + length * place + place * 7919 % (length + 1));
}

START_TEST(each_function_keeps_its_bound) {
    const subject *tested = &subjects[_i];
    double worst = 0;
    double worst_at = 0;
    for (int step = 0; step < 2 * WALK_STEPS; step++) {
        const double x = walk(tested->from, tested->to, step);
        const double error = error_in_ulps(tested->strict(x), tested->truth((long double)x));
        if (!(error <= worst)) {
            worst = error;
            worst_at = x;
        }
    }
    printf("%-24s worst %.3f ulp at %a\n", tested->name, worst, worst_at);
    ck_assert_msg(worst <= tested->bound, "%s: %g ulp at %a, bound %g", tested->name, worst, worst_at, tested->bound);
}
END_TEST

/* q^gamma with q = sigmoid(-x), down to 2^-1534, and what its error may be. */
static const struct {
    double gamma;
    double bound;
} powers[] = {{1e-3, 5}, {0.25, 5}, {0.5, 5},  {1.5, 5}, {3, 5},   {5, 5},
              {10, 5},   {64, 5},   {1000, 5}, {1e6, 5}, {1e10, 5}};

START_TEST(power_keeps_its_bound) {
    const double gamma = powers[_i].gamma;
    double worst = 0;
    double worst_at = 0;
    for (int step = 0; step < 2 * WALK_STEPS; step++) {
        const double size = walk(1e-12, 1e5, step);
        const double x = step % 2 ? size : -size;
        const long double softplus = fmaxl((long double)x, 0) + log1pl(expl(-fabsl((long double)x)));
        const focl_scaled got = focl_power(gamma, focl_softplus_pair(x));
        const long double want = expl(-(long double)gamma * softplus) / (long double)got.unscale;
        const double error = error_in_ulps(got.value, want);
        if (!(error <= worst)) {
            worst = error;
            worst_at = x;
        }
    }
    printf("power, gamma %-10g worst %.3f ulp at %a\n", gamma, worst, worst_at);
    ck_assert_msg(worst <= powers[_i].bound, "gamma %g: %g ulp at %a", gamma, worst, worst_at);
}
END_TEST

START_TEST(special_values_are_what_they_should_be) {
    ck_assert(focl_exp_negative(0.0) == 1.0);
    ck_assert(focl_exp_negative((double)INFINITY) == 0.0);
    ck_assert(focl_exp_negative(FOCL_LARGEST) == 0.0);
    ck_assert(isnan(focl_exp_negative((double)NAN)));
    ck_assert(focl_log1p_unit(0.0) == 0.0);
    ck_assert(isinf(strict_log(0.0)));
    ck_assert(strict_log(1.0) == 0.0);
    ck_assert(isnan(strict_log((double)NAN)));
    ck_assert(isnan(FOCL_NAN));
    ck_assert(focl_power(0.5, focl_softplus_pair((double)INFINITY)).value == 0.0);
    ck_assert(isnan(focl_power(0.5, focl_softplus_pair((double)NAN)).value));
    ck_assert(focl_flush(-0x1p-1022) == 0.0);
    ck_assert(focl_flush(-0x1.0000000000001p-1022) == -0x1.0000000000001p-1022);
    ck_assert(isnan(focl_flush((double)NAN)));
    ck_assert(focl_flush_magnitude(0x1p-1022) == 0.0);
    ck_assert(focl_flush_magnitude(0x1.0000000000001p-1022) == 0x1.0000000000001p-1022);
    ck_assert(focl_flush_scalar(-0x1p-1022) == 0.0);
}
END_TEST

/* Halves of 26 and 27 bits: the product's last bit may be lost. */
START_TEST(sums_and_products_of_two_are_as_good_as_exact) {
    static const double values[] = {1.0, 0x1.fffffffffffffp-1, 0x1.23456789abcdep+3, -0x1.789abcdef0123p-5,
                                    0x1.fffffffffffffp+52};
    const size_t count = sizeof values / sizeof *values;
    for (size_t i = 0; i < count * count; i++) {
        const double a = values[i / count];
        const double b = values[i % count];
        const focl_pair sum = focl_two_sum(a, b);
        const focl_pair product = focl_two_product(a, b);
        const double rest = fma(a, b, -product.hi);
        ck_assert((long double)sum.hi + (long double)sum.lo == (long double)a + (long double)b);
        ck_assert(product.hi == a * b);
        ck_assert(fabs(product.lo - rest) <= 0x1p-104 * fabs(a * b));
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("math_f64");
    TCase *accuracy = tcase_create("accuracy");
    tcase_set_timeout(accuracy, 240);
    tcase_add_loop_test(accuracy, each_function_keeps_its_bound, 0, (int)(sizeof subjects / sizeof *subjects));
    tcase_add_loop_test(accuracy, power_keeps_its_bound, 0, (int)(sizeof powers / sizeof *powers));
    tcase_add_test(accuracy, special_values_are_what_they_should_be);
    tcase_add_test(accuracy, sums_and_products_of_two_are_as_good_as_exact);
    suite_add_tcase(suite, accuracy);
    return test_main(suite);
}
