/*
 * The functions of cl/math.clh, compiled as C, against the C library's in double: the greatest error over a dense walk
 * through the floats, in ulps, and the arguments where the formulas change.
 */
#include "../cl/math.clh"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

/* One ulp of f32 at |value|; of the smallest normal number below it. */
static double ulp_at(double value) {
    int exponent = 0;
    frexp(fmax(fabs(value), 0x1p-126), &exponent);
    return ldexp(1.0, exponent - 24);
}

/* What is 2^-126 or less may be 0. */
static double error_in_ulps(float got, double want) {
    if (fabs(want) <= 0x1p-126 * (1 + 0x1p-20))
        return fabs((double)got - want) <= 0x1p-126 * (1 + 0x1p-20) ? 0 : INFINITY;
    return fabs((double)got - want) / ulp_at(want);
}

/* A function of one float under test, and the truth. */
typedef struct subject {
    const char *name;
    float (*strict)(float x);
    double (*truth)(double x);
    float from;
    float to;
    double bound;
} subject;

static float strict_exp_pair(float x) {
    const focl_pair pair = focl_exp_negative_pair(x);
    return pair.hi + pair.lo;
}

static float strict_log(float x) {
    const focl_pair pair = focl_negative_log_pair((focl_pair){x, 0.0F});
    return pair.hi + pair.lo;
}

static float strict_softplus(float x) {
    const focl_pair pair = focl_softplus_pair(x);
    return pair.hi + pair.lo;
}

static float strict_softplus_of_negative(float x) {
    return strict_softplus(-x);
}

static float strict_smaller(float x) {
    return focl_sigmoid(x).smaller;
}

static float strict_larger(float x) {
    return focl_sigmoid(x).larger;
}

static double true_exp(double x) {
    return exp(-x);
}

static double true_log(double x) {
    return -log(x);
}

static double true_softplus(double x) {
    return x + log1p(exp(-x));
}

static double true_softplus_of_negative(double x) {
    return log1p(exp(-x));
}

static double true_smaller(double x) {
    return exp(-x) / (1 + exp(-x));
}

static double true_larger(double x) {
    return 1 / (1 + exp(-x));
}

static const subject subjects[] = {
    {"exp(-x)", focl_exp_negative, true_exp, 1e-30F, 200.0F, 1.0},
    {"exp(-x) as a pair", strict_exp_pair, true_exp, 1e-30F, 69.0F, 0.6}, /* its lower part ends at 2^-100 */
    {"log1p", focl_log1p_unit, log1p, 1e-30F, 1.0F, 1.3},
    {"-log x", strict_log, true_log, 0x1.8p-126F, 2.0F, 0.55},
    {"softplus(x) as a pair", strict_softplus, true_softplus, 1e-30F, 1e4F, 0.55},
    {"softplus(-x) as a pair", strict_softplus_of_negative, true_softplus_of_negative, 1e-30F, 69.0F, 0.6},
    {"sigmoid(-x)", strict_smaller, true_smaller, 1e-30F, 200.0F, 1.8},
    {"sigmoid(x)", strict_larger, true_larger, 1e-30F, 1e4F, 1.3},
};

static const int32_t walk_step = 1009; /* prime, so that no mantissa pattern is favoured */

START_TEST(each_function_keeps_its_bound) {
    const subject *tested = &subjects[_i];
    double worst = 0;
    float worst_at = 0;
    for (mask bits = focl_as_mask(tested->from); bits <= focl_as_mask(tested->to); bits += walk_step) {
        const float x = focl_as_real(bits);
        const double error = error_in_ulps(tested->strict(x), tested->truth((double)x));
        if (!(error <= worst)) {
            worst = error;
            worst_at = x;
        }
    }
    printf("%-24s worst %.3f ulp at %a\n", tested->name, worst, (double)worst_at);
    ck_assert_msg(worst <= tested->bound, "%s: %g ulp at %a, bound %g", tested->name, worst, (double)worst_at,
                  tested->bound);
}
END_TEST

/* q^gamma with q = sigmoid(-x), for small, fractional and great gamma: 8 ulp, down to 2^-190. */
static const float gammas[] = {1e-3F, 0.25F, 0.5F, 1.5F, 3.0F, 5.0F, 10.0F, 64.0F, 1000.0F, 1e6F, 1e10F};

START_TEST(power_keeps_its_bound) {
    const float gamma = gammas[_i];
    double worst = 0;
    float worst_at = 0;
    for (int sign = -1; sign <= 1; sign += 2) {
        for (mask bits = focl_as_mask(1e-6F); bits <= focl_as_mask(1e4F); bits += walk_step) {
            const float x = (float)sign * focl_as_real(bits);
            const double softplus = fmax((double)x, 0) + log1p(exp(-fabs((double)x)));
            const focl_scaled got = focl_power(gamma, focl_softplus_pair(x));
            const double scale = (double)got.unscale;
            const double error = error_in_ulps(got.value, exp(-(double)gamma * softplus) / scale);
            if (!(error <= worst)) {
                worst = error;
                worst_at = x;
            }
        }
    }
    printf("power, gamma %-10g worst %.3f ulp at %a\n", (double)gamma, worst, (double)worst_at);
    ck_assert_msg(worst <= 8, "gamma %g: %g ulp at %a", (double)gamma, worst, (double)worst_at);
}
END_TEST

START_TEST(special_values_are_what_they_should_be) {
    ck_assert(focl_exp_negative(0.0F) == 1.0F);
    ck_assert(focl_exp_negative(INFINITY) == 0.0F);
    ck_assert(focl_exp_negative(FOCL_LARGEST) == 0.0F);
    ck_assert(isnan(focl_exp_negative(NAN)));
    ck_assert(focl_log1p_unit(0.0F) == 0.0F);
    ck_assert(isinf(strict_log(0.0F)));
    ck_assert(strict_log(1.0F) == 0.0F);
    ck_assert(isnan(strict_log(NAN)));
    ck_assert(focl_power(0.5F, focl_softplus_pair(INFINITY)).value == 0.0F);
    ck_assert(isnan(focl_power(0.5F, focl_softplus_pair(NAN)).value));
    ck_assert(focl_flush(-0x1p-126F) == 0.0F);
    ck_assert(focl_flush(-0x1.000002p-126F) == -0x1.000002p-126F);
    ck_assert(isnan(focl_flush(NAN)));
    ck_assert(focl_flush_magnitude(0x1p-126F) == 0.0F);
    ck_assert(focl_flush_magnitude(0x1.000002p-126F) == 0x1.000002p-126F);
    ck_assert(isnan(focl_flush_magnitude(NAN)));
    ck_assert(focl_flush_scalar(-0x1p-126F) == 0.0F);
    ck_assert(focl_flush_scalar(-0x1.000002p-126F) == -0x1.000002p-126F);
}
END_TEST

START_TEST(sums_and_products_of_two_are_exact) {
    static const float values[] = {1.0F, 0x1.fffffep-1F, 0x1.234566p+3F, -0x1.789abcp-5F, 0x1.fffffep+20F};
    const size_t count = sizeof values / sizeof *values;
    for (size_t i = 0; i < count * count; i++) {
        const double a = (double)values[i / count];
        const double b = (double)values[i % count];
        const focl_pair sum = focl_two_sum((float)a, (float)b);
        const focl_pair product = focl_two_product((float)a, (float)b);
        ck_assert((double)sum.hi + (double)sum.lo == a + b);
        ck_assert((double)product.hi + (double)product.lo == a * b);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("math");
    TCase *accuracy = tcase_create("accuracy");
    tcase_set_timeout(accuracy, 120);
    tcase_add_loop_test(accuracy, each_function_keeps_its_bound, 0, (int)(sizeof subjects / sizeof *subjects));
    tcase_add_loop_test(accuracy, power_keeps_its_bound, 0, (int)(sizeof gammas / sizeof *gammas));
    tcase_add_test(accuracy, special_values_are_what_they_should_be);
    tcase_add_test(accuracy, sums_and_products_of_two_are_exact);
    suite_add_tcase(suite, accuracy);
    return test_main(suite);
}
