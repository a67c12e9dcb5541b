/* The peers on the host. cmake/bench.cmake gives this file its own flags. */
#include "peer_openmp.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "peer_polynomials.h"

enum {
    BLOCK = 4096,     /* elements whose losses are summed in float */
    LONG_CLASSES = 64 /* from here on a row by itself keeps a vector busy */
};

#define INLINE static inline __attribute__((always_inline))

/* ---- One element ---- */

/* The loss of one element; its gradient times scale goes to *gradient. t is 0 or 1. */
INLINE float solve_element(float x, float t, float scale, float *gradient, bool polynomials) {
    const float sign = 2.0F * t - 1.0F;
    const float z = sign * x;
    const float e = polynomials ? exp_polynomial(-fabsf(z)) : expf(-fabsf(z));
    const float larger = 1.0F / (1.0F + e);
    const float smaller = e * larger;
    const float p = z > 0.0F ? larger : smaller;
    const float q = z > 0.0F ? smaller : larger;
    const float softplus = (polynomials ? log1p_polynomial(e) : logf(1.0F + e)) + fmaxf(-z, 0.0F);
    const float weight = (0.75F - 0.5F * t) * q * q;
    *gradient = -scale * sign * weight * (2.0F * p * softplus + q);
    return weight * softplus;
}

INLINE float solve_elements(const float *restrict x, const float *restrict t, float *restrict g, size_t count,
                            float scale, bool polynomials) {
    float sum = 0.0F;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++)
        sum += solve_element(x[i], t[i], scale, &g[i], polynomials);
    return sum;
}

INLINE float solve_row(const float *restrict x, float *restrict g, int32_t classes, int32_t label, float scale,
                       bool polynomials) {
    float sum = 0.0F;
#pragma omp simd reduction(+ : sum)
    for (int32_t c = 0; c < classes; c++)
        sum += solve_element(x[c], c == label ? 1.0F : 0.0F, scale, &g[c], polynomials);
    return sum;
}

/* Either arithmetic as functions of their own: what OpenMP makes of a parallel loop's body knows no constants. */
typedef struct arithmetic {
    float (*elements)(const float *x, const float *t, float *g, size_t count, float scale);
    float (*row)(const float *x, float *g, int32_t classes, int32_t label, float scale);
} arithmetic;

#define ARITHMETIC(name, polynomials)                                                                   \
    static float elements_##name(const float *x, const float *t, float *g, size_t count, float scale) { \
        return solve_elements(x, t, g, count, scale, polynomials);                                      \
    }                                                                                                   \
    static float row_##name(const float *x, float *g, int32_t classes, int32_t label, float scale) {    \
        return solve_row(x, g, classes, label, scale, polynomials);                                     \
    }                                                                                                   \
    static const arithmetic name = {elements_##name, row_##name};

ARITHMETIC(with_library, false)
ARITHMETIC(with_polynomials, true)

/* ---- Dense targets ---- */

static double solve_dense(const peer_problem *problem, const arithmetic *with) {
    const size_t count = problem->outer * problem->classes;
    const float scale = 1.0F / (float)count;
    double sum = 0.0;
#pragma omp parallel for reduction(+ : sum) schedule(static)
    for (size_t i = 0; i < count; i += BLOCK)
        sum += (double)with->elements(problem->logits + i, problem->targets + i, problem->gradient + i,
                                      count - i < BLOCK ? count - i : BLOCK, scale);
    return sum / (double)count;
}

/* ---- Labels ---- */

INLINE int32_t label_of(const peer_problem *problem, size_t row) {
    return problem->labels ? (int32_t)problem->labels[row] : problem->wide_labels[row];
}

/* The divisor of a positive mean: at least 1. */
static double count_positives(const peer_problem *problem) {
    const int32_t classes = (int32_t)problem->classes;
    size_t positives = 0;
#pragma omp parallel for reduction(+ : positives) schedule(static)
    for (size_t i = 0; i < problem->outer; i++)
        positives += label_of(problem, i) < classes;
    return positives ? (double)positives : 1.0;
}

static void write_dense(const peer_problem *problem, size_t first, size_t rows, float *targets) {
    const size_t classes = problem->classes;
    if (classes == 1) {
        for (size_t i = 0; i < rows; i++)
            targets[i] = label_of(problem, first + i) == 0 ? 1.0F : 0.0F;
        return;
    }
    memset(targets, 0, rows * classes * sizeof *targets);
    for (size_t i = 0; i < rows; i++) {
        const size_t label = (size_t)label_of(problem, first + i);
        if (label < classes)
            targets[i * classes + label] = 1.0F;
    }
}

static double solve_long_rows(const peer_problem *problem, float scale, const arithmetic *with) {
    const size_t classes = problem->classes;
    double sum = 0.0;
#pragma omp parallel for reduction(+ : sum) schedule(static)
    for (size_t i = 0; i < problem->outer; i++)
        sum += (double)with->row(problem->logits + i * classes, problem->gradient + i * classes, (int32_t)classes,
                                 label_of(problem, i), scale);
    return sum;
}

static double solve_short_rows(const peer_problem *problem, float scale, const arithmetic *with) {
    const size_t classes = problem->classes;
    const size_t most = BLOCK / classes;
    double sum = 0.0;
#pragma omp parallel for reduction(+ : sum) schedule(static)
    for (size_t i = 0; i < problem->outer; i += most) {
        float targets[BLOCK];
        const size_t rows = problem->outer - i < most ? problem->outer - i : most;
        write_dense(problem, i, rows, targets);
        sum += (double)with->elements(problem->logits + i * classes, targets, problem->gradient + i * classes,
                                      rows * classes, scale);
    }
    return sum;
}

static double solve_labelled(const peer_problem *problem, const arithmetic *with) {
    const double positives = count_positives(problem);
    const float scale = 1.0F / (float)positives;
    const double sum = problem->classes < LONG_CLASSES ? solve_short_rows(problem, scale, with)
                                                       : solve_long_rows(problem, scale, with);
    return sum / positives;
}

/* ---- All ---- */

double peer_library_functions(const peer_problem *problem) {
    return problem->targets ? solve_dense(problem, &with_library) : solve_labelled(problem, &with_library);
}

double peer_polynomials(const peer_problem *problem) {
    return problem->targets ? solve_dense(problem, &with_polynomials) : solve_labelled(problem, &with_polynomials);
}

static float squared_differences(const float *restrict x, const float *restrict t, size_t count) {
    float sum = 0.0F;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++)
        sum += (x[i] - t[i]) * (x[i] - t[i]);
    return sum;
}

double peer_squared_error(const peer_problem *problem) {
    const size_t count = problem->outer * problem->classes;
    double sum = 0.0;
#pragma omp parallel for reduction(+ : sum) schedule(static)
    for (size_t i = 0; i < count; i += BLOCK)
        sum += (double)squared_differences(problem->logits + i, problem->targets + i,
                                           count - i < BLOCK ? count - i : BLOCK);
    return sum / (double)count;
}

/* ---- Sums ---- */

static float products(const float *restrict x, const float *restrict y, size_t count) {
    float sum = 0.0F;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++)
        sum += x[i] * y[i];
    return sum;
}

double peer_dot(const float *losses, const float *weights, size_t count) {
    double sum = 0.0;
#pragma omp parallel for reduction(+ : sum) schedule(static)
    for (size_t i = 0; i < count; i += BLOCK)
        sum += (double)products(losses + i, weights + i, count - i < BLOCK ? count - i : BLOCK);
    return sum;
}

double peer_sum(const float *losses, size_t count) {
    double sum = 0.0;
#pragma omp parallel for simd reduction(+ : sum) schedule(static)
    for (size_t i = 0; i < count; i++)
        sum += (double)losses[i];
    return sum;
}

/* ---- Class counts ---- */

enum { LABELS = 256, TABLES = 8, COUNTED_AT_ONCE = 1 << 20 };

/* A table for each of neighbouring labels: equal ones, one after another, would wait for each other. */
static void count_block(const uint8_t *labels, size_t count, uint32_t tables[TABLES][LABELS]) {
    size_t i = 0;
    for (; i + TABLES <= count; i += TABLES) {
        uint64_t several;
        memcpy(&several, labels + i, sizeof several);
        for (size_t k = 0; k < TABLES; k++)
            tables[k][several >> (8 * k) & 0xff]++;
    }
    for (; i < count; i++)
        tables[0][labels[i]]++;
}

void peer_class_counts(const uint8_t *labels, size_t count, uint64_t counts[LABELS]) {
    memset(counts, 0, LABELS * sizeof *counts);
#pragma omp parallel for reduction(+ : counts[:LABELS]) schedule(static)
    for (size_t i = 0; i < count; i += COUNTED_AT_ONCE) {
        uint32_t tables[TABLES][LABELS] = {{0}};
        count_block(labels + i, count - i < COUNTED_AT_ONCE ? count - i : COUNTED_AT_ONCE, tables);
        for (size_t k = 0; k < TABLES; k++)
            for (size_t c = 0; c < LABELS; c++)
                counts[c] += tables[k][c];
    }
}
