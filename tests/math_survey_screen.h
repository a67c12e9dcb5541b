/*
 * exp and logarithms in double that compilers make vectors of, which they do not of the C library's. Series of
 * Taylor's, whose coefficients need no table of anybody's. In roundings u = 2^-53 of the result: exp    1 of the last
 * sum, 1 of the product before it, 1 of the remainder; the series ends below 0.1: 4 log    1 of the last sum, 1 of the
 * one before, 2 in the term that is at most a sixth of it; it ends below 0.1: 4 log1p  those and 1 for the correction:
 * 5
 */
#ifndef FOCL_MATH_SURVEY_SCREEN_H
#define FOCL_MATH_SURVEY_SCREEN_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t survey_bits(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double survey_double(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* ln 2, of which 32 bits and the rest. */
#define SURVEY_LN2_HI 0x1.62e42feep-1
#define SURVEY_LN2_LO 0x1.a39ef35793c76p-33

/* exp(x) for x <= 0. What is below exp(-700) is that: no result of f32 reaches so far down. */
static inline double survey_exp(double x) {
    const double bounded = x > -700 ? x : -700;
    const double shifted = bounded * 0x1.71547652b82fep+0 + 0x1.8p+52;
    const double k = shifted - 0x1.8p+52;
    const double r = (bounded - k * SURVEY_LN2_HI) - k * SURVEY_LN2_LO;
    double sum = 1 / 6227020800.0 * r + 1 / 479001600.0;
    sum = sum * r + 1 / 39916800.0;
    sum = sum * r + 1 / 3628800.0;
    sum = sum * r + 1 / 362880.0;
    sum = sum * r + 1 / 40320.0;
    sum = sum * r + 1 / 5040.0;
    sum = sum * r + 1 / 720.0;
    sum = sum * r + 1 / 120.0;
    sum = sum * r + 1 / 24.0;
    sum = sum * r + 1 / 6.0;
    sum = sum * r + 0.5;
    sum = sum * r + 1;
    sum = sum * r + 1;
    return sum * survey_double((survey_bits(shifted) + 1023) << 52);
}

/* log(m 2^k) = k ln 2 + f - s (f - s^2 Q(s^2)) with f = m - 1, s = f / (2 + f). Of 0: -infinity. */
static inline double survey_log(double x) {
    const uint64_t root_half = 0x3fe6a09e667f3bcdU;
    const uint64_t one = (uint64_t)1023 << 52;
    const uint64_t biased = (survey_bits(x) - root_half + one) >> 52;
    const double k = survey_double(0x4330000000000000U | biased) - (0x1p+52 + 1023);
    const double f = survey_double(survey_bits(x) + one - (biased << 52)) - 1;
    const double s = f / (2 + f);
    const double y = s * s;
    double q = 2 / 23.0 * y + 2 / 21.0;
    q = q * y + 2 / 19.0;
    q = q * y + 2 / 17.0;
    q = q * y + 2 / 15.0;
    q = q * y + 2 / 13.0;
    q = q * y + 2 / 11.0;
    q = q * y + 2 / 9.0;
    q = q * y + 2 / 7.0;
    q = q * y + 2 / 5.0;
    q = q * y + 2 / 3.0;
    const double log = k * SURVEY_LN2_HI + (f - (s * (f - y * q) - k * SURVEY_LN2_LO));
    return x > 0 ? log : (double)-INFINITY;
}

/* log(1 + d) for -1 <= d <= 1: what 1 + d loses is made good. */
static inline double survey_log1p(double d) {
    const double sum = 1 + d;
    const double lost = d - (sum - 1);
    return sum > 0 ? survey_log(sum) + lost / sum : (double)-INFINITY;
}

#endif
