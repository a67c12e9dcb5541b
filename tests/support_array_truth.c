#include "support_array_truth.h"

#include <math.h>
#include <string.h>

/* ---- Steps ---- */

static double flushed(focl_type type, double value) {
    return fabs(value) <= (type == FOCL_F64 ? 0x1p-1022 : 0x1p-126) ? 0 : value;
}

/* A double has more than twice the digits of a float: one operation in double, rounded, is that operation in float. */
static double rounded(focl_type type, double value) {
    return flushed(type, type == FOCL_F64 ? value : (double)(float)value);
}

double step_truth(const focl_gradient_step_description *of, double parameter, double gradient) {
    const double p = flushed(of->type, parameter);
    const double rate = rounded(of->type, of->rate);
    const double decay = rounded(of->type, of->decay);
    double s = flushed(of->type, gradient);
    /* Products stand alone, so that no compiler fuses them with what follows. */
    const double decayed = rounded(of->type, decay * p);
    if (decay > 0)
        s = rounded(of->type, s + decayed);
    const double step = rounded(of->type, rate * s);
    return rounded(of->type, p - step);
}

static double special(test_random *random) {
    static const double specials[] = {0,         -0.0,     0x1p-126,  -0x1p-126,   0x1.8p-126, 0x1p-127, -0x1p-149,
                                      0x1p-24,   -0x1p-14, 65504,     -65520,      3.4e38,     -3.4e38,  0x1p-1030,
                                      0x1p-1022, INFINITY, -INFINITY, (double)NAN, 1.7e308,    0x1p-63,  -0x1p-64};
    return specials[test_random_below(random, COUNT_OF(specials))];
}

double step_random_number(test_random *random) {
    switch (test_random_below(random, 8)) {
    case 0:
        return special(random);
    case 1:
        return test_random_size(random, 0x1p-140, 0x1p+127);
    case 2:
        return test_random_size(random, 0x1p-26, 0x1p+16);
    default:
        return test_random_uniform(random, -2, 2);
    }
}

/* ---- Sums ---- */

/* A compensated sum. */
typedef struct long_sum {
    long double total, lost;
} long_sum;

static void add(long_sum *sum, long double term) {
    const long double next = sum->total + term;
    sum->lost += fabsl(sum->total) >= fabsl(term) ? (sum->total - next) + term : (term - next) + sum->total;
    sum->total = next;
}

static bool is_f64(const focl_weighted_sum_description *description) {
    return description->losses_type == FOCL_F64;
}

sum_truth sum_truth_of(const focl_weighted_sum_description *description, const void *losses, const void *weights) {
    long_sum sum = {0};
    long_sum magnitude = {0};
    for (size_t i = 0; i < description->elements; i++) {
        const long double loss = (long double)loss_value_at(description->losses_type, losses, i);
        const long double weight = weights ? (long double)loss_value_at(description->weights_type, weights, i) : 1;
        add(&sum, loss * weight);
        add(&magnitude, fabsl(loss * weight));
    }
    sum_truth truth = {.sum = sum.total + sum.lost, .magnitude = magnitude.total + magnitude.lost};
    const long double half_ulp = is_f64(description) ? 0x1p-53L : 0x1p-24L;
    const long double least = is_f64(description) ? 0x1p-1022L : 0x1p-126L;
    const int roundings = weights ? 4 : 3;
    truth.bound = (roundings * truth.magnitude + fabsl(truth.sum)) * half_ulp * (1 + 0x1p-10L) +
                  3 * least * (long double)(description->elements + 1);
    return truth;
}

long double sum_in_ulps(const focl_weighted_sum_description *description, long double error, long double size) {
    int exponent = 0;
    (void)frexpl(fmaxl(fabsl(size), is_f64(description) ? 0x1p-1022L : 0x1p-126L), &exponent);
    return error / ldexpl(1, exponent - (is_f64(description) ? 53 : 24));
}

double sum_value(const focl_weighted_sum_description *description, const void *sum) {
    return loss_value_at(is_f64(description) ? FOCL_F64 : FOCL_F32, sum, 0);
}
