/*
 * Exponential and logarithm of the peers on the host, just good enough: without a bound on the result's last bits, with
 * fused multiply-add where the compiler takes it.
 */
#ifndef FOCL_BENCH_PEER_POLYNOMIALS_H
#define FOCL_BENCH_PEER_POLYNOMIALS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Chebyshev fits: exp on [-ln2/2, ln2/2] within 1.1e-7, log(1 + e)/e on [0, 1] within 3.1e-8. */

static inline float exp_polynomial(float y) {
    const float clamped = y < -87.0F ? -87.0F : y;
    const float n = rintf(clamped * 1.44269504F);
    const float r = clamped - n * 0.693147181F;
    float p = 8.375128890e-03F;
    p = p * r + 4.191752969e-02F;
    p = p * r + 1.666641548e-01F;
    p = p * r + 4.999886911e-01F;
    p = p * r + 1.000000038F;
    p = p * r + 1.000000075F;
    const int32_t bits = ((int32_t)n + 127) * (1 << 23);
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

static inline float log1p_polynomial(float e) {
    float p = 5.253457795e-03F;
    p = p * e - 2.958850738e-02F;
    p = p * e + 7.836166800e-02F;
    p = p * e - 1.367476970e-01F;
    p = p * e + 1.911143108e-01F;
    p = p * e - 2.484436989e-01F;
    p = p * e + 3.331927134e-01F;
    p = p * e - 4.999950152e-01F;
    p = p * e + 9.999999705e-01F;
    return p * e;
}

/* Of a normal positive number. */
static inline float log_polynomial(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const int32_t exponent = (bits >> 23) - 127;
    const int32_t fraction = bits - exponent * (1 << 23);
    float mantissa;
    memcpy(&mantissa, &fraction, sizeof mantissa);
    return (float)exponent * 0.693147181F + log1p_polynomial(mantissa - 1.0F);
}

#endif
