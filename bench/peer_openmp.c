/* The peers on the host. cmake/bench.cmake gives this file its own flags. */
#include "peer_openmp.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 4096 }; /* elements whose losses are summed in float */

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

static inline float log_polynomial(float e) {
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

static inline float exp_library(float y) {
    return expf(y);
}

static inline float log_library(float e) {
    return logf(1.0F + e);
}

/* The loss of one element; its gradient times scale goes to *gradient. t is 0 or 1. */
#define ELEMENT(name)                                                                    \
    static inline float element_##name(float x, float t, float scale, float *gradient) { \
        const float sign = 2.0F * t - 1.0F;                                              \
        const float z = sign * x;                                                        \
        const float e = exp_##name(-fabsf(z));                                           \
        const float larger = 1.0F / (1.0F + e);                                          \
        const float smaller = e * larger;                                                \
        const float p = z > 0.0F ? larger : smaller;                                     \
        const float q = z > 0.0F ? smaller : larger;                                     \
        const float softplus = log_##name(e) + fmaxf(-z, 0.0F);                          \
        const float weight = (0.75F - 0.5F * t) * q * q;                                 \
        *gradient = -scale * sign * weight * (2.0F * p * softplus + q);                  \
        return weight * softplus;                                                        \
    }

#define DENSE(name)                                                                                               \
    static float dense_block_##name(const float *restrict logits, const float *restrict targets,                  \
                                    float *restrict gradient, size_t count, float scale) {                        \
        const float *x = __builtin_assume_aligned(logits, PEER_ALIGNMENT);                                        \
        const float *t = __builtin_assume_aligned(targets, PEER_ALIGNMENT);                                       \
        float *g = __builtin_assume_aligned(gradient, PEER_ALIGNMENT);                                            \
        float sum = 0.0F;                                                                                         \
        _Pragma("omp simd reduction(+ : sum)") for (size_t i = 0; i < count; i++) sum +=                          \
            element_##name(x[i], t[i], scale, &g[i]);                                                             \
        return sum;                                                                                               \
    }                                                                                                             \
    static double dense_##name(const peer_problem *problem) {                                                     \
        const size_t count = problem->outer * problem->classes;                                                   \
        const float scale = 1.0F / (float)count;                                                                  \
        double sum = 0.0;                                                                                         \
        _Pragma("omp parallel for reduction(+ : sum) schedule(static)") for (size_t i = 0; i < count; i += BLOCK) \
            sum += (double)dense_block_##name(problem->logits + i, problem->targets + i, problem->gradient + i,   \
                                              count - i < BLOCK ? count - i : BLOCK, scale);                      \
        return sum / (double)count;                                                                               \
    }

#define LABELLED(name)                                                                                              \
    static float row_##name(const float *restrict logits, float *restrict gradient, size_t classes, size_t label,   \
                            float scale) {                                                                          \
        const int32_t positive = (int32_t)label;                                                                    \
        const int32_t end = (int32_t)classes;                                                                       \
        float sum = 0.0F;                                                                                           \
        _Pragma("omp simd reduction(+ : sum)") for (int32_t c = 0; c < end; c++) sum +=                             \
            element_##name(logits[c], c == positive ? 1.0F : 0.0F, scale, &gradient[c]);                            \
        return sum;                                                                                                 \
    }                                                                                                               \
    static double labelled_##name(const peer_problem *problem) {                                                    \
        const size_t classes = problem->classes;                                                                    \
        const double positives = count_positives(problem);                                                          \
        const float scale = 1.0F / (float)positives;                                                                \
        double sum = 0.0;                                                                                           \
        _Pragma("omp parallel for reduction(+ : sum) schedule(static)") for (size_t i = 0; i < problem->outer; i++) \
            sum += (double)row_##name(problem->logits + i * classes, problem->gradient + i * classes, classes,      \
                                      problem->labels[i], scale);                                                   \
        return sum / positives;                                                                                     \
    }

#define PEER(name, words)                                                           \
    ELEMENT(name)                                                                   \
    DENSE(name)                                                                     \
    LABELLED(name)                                                                  \
    double peer_##words(const peer_problem *problem) {                              \
        return problem->targets ? dense_##name(problem) : labelled_##name(problem); \
    }

/* The divisor of a positive mean: at least 1. */
static double count_positives(const peer_problem *problem) {
    const uint8_t *labels = problem->labels;
    const size_t classes = problem->classes;
    size_t positives = 0;
#pragma omp parallel for reduction(+ : positives) schedule(static)
    for (size_t i = 0; i < problem->outer; i++)
        positives += labels[i] < classes;
    return positives ? (double)positives : 1.0;
}

PEER(library, library_functions)
PEER(polynomial, polynomials)
