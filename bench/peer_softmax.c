/* The peers on the host for the softmax family. cmake/bench.cmake gives this file its own flags. */
#include "peer_softmax.h"

#include <math.h>
#include <stdbool.h>

#include "peer_polynomials.h"

#define INLINE static inline __attribute__((always_inline))

enum { BLOCK = 512 }; /* pixels whose classes stay in the first cache */

/* Some pixels of one image, whose classes are `inner` apart. */
typedef struct pixel_block {
    const float *restrict logits;
    const uint8_t *restrict labels;
    float *restrict gradient;
    size_t classes;
    size_t inner;
    size_t count;
    float scale; /* of the gradient */
} pixel_block;

static pixel_block block_at(const peer_problem *problem, size_t image, size_t pixel) {
    const size_t left = problem->inner - pixel;
    const size_t start = image * problem->classes * problem->inner + pixel;
    return (pixel_block){.logits = problem->logits + start,
                         .labels = problem->labels + image * problem->inner + pixel,
                         .gradient = problem->gradient + start,
                         .classes = problem->classes,
                         .inner = problem->inner,
                         .count = left < BLOCK ? left : BLOCK,
                         .scale = 1.0F / (float)(problem->outer * problem->inner)};
}

/* The mean of a function of blocks over all pixels. */
static double mean_of_blocks(const peer_problem *problem, float (*solve)(const pixel_block *block)) {
    double sum = 0.0;
#pragma omp parallel for collapse(2) reduction(+ : sum) schedule(static)
    for (size_t image = 0; image < problem->outer; image++) {
        for (size_t pixel = 0; pixel < problem->inner; pixel += BLOCK) {
            const pixel_block block = block_at(problem, image, pixel);
            sum += (double)solve(&block);
        }
    }
    return sum / (double)(problem->outer * problem->inner);
}

INLINE float exponential(float x, bool polynomials) {
    return polynomials ? exp_polynomial(x) : expf(x);
}

INLINE float logarithm(float x, bool polynomials) {
    return polynomials ? log_polynomial(x) : logf(x);
}

/* ---- Softmax focal loss of pixels ---- */

enum { FEW_CLASSES = 32 }; /* up to here comparing every class with the label is cheaper than going to the label's */

/* What is known of each pixel once its classes have been seen. */
typedef struct pixel_sums {
    float largest[BLOCK];
    float whole[BLOCK]; /* the sum of the classes' shares before division */
} pixel_sums;

static void find_largest(const pixel_block *block, pixel_sums *sums) {
    for (size_t i = 0; i < block->count; i++)
        sums->largest[i] = block->logits[i];
    for (size_t c = 1; c < block->classes; c++) {
        const float *x = block->logits + c * block->inner;
#pragma omp simd
        for (size_t i = 0; i < block->count; i++)
            sums->largest[i] = fmaxf(sums->largest[i], x[i]);
    }
}

/* The exponentials wait where the gradient goes. */
INLINE void add_exponentials(const pixel_block *block, pixel_sums *sums, bool polynomials) {
    for (size_t i = 0; i < block->count; i++)
        sums->whole[i] = 0.0F;
    for (size_t c = 0; c < block->classes; c++) {
        const float *restrict x = block->logits + c * block->inner;
        float *restrict g = block->gradient + c * block->inner;
#pragma omp simd
        for (size_t i = 0; i < block->count; i++) {
            const float power = exponential(x[i] - sums->largest[i], polynomials);
            g[i] = power;
            sums->whole[i] += power;
        }
    }
}

/* g = slope (g / whole - [the label's class]), with factor = slope / whole. */
static void write_gradient(const pixel_block *block, const float *restrict factor, const float *restrict slope) {
    for (size_t c = 0; c < block->classes; c++) {
        float *restrict g = block->gradient + c * block->inner;
        const uint8_t *restrict labels = block->labels;
        const uint8_t own = (uint8_t)c;
#pragma omp simd
        for (size_t i = 0; i < block->count; i++)
            g[i] = factor[i] * g[i] - (labels[i] == own ? slope[i] : 0.0F);
    }
}

static void write_gradient_of_many(const pixel_block *block, const float *restrict factor,
                                   const float *restrict slope) {
    for (size_t c = 0; c < block->classes; c++) {
        float *restrict g = block->gradient + c * block->inner;
#pragma omp simd
        for (size_t i = 0; i < block->count; i++)
            g[i] *= factor[i];
    }
    for (size_t i = 0; i < block->count; i++)
        block->gradient[block->labels[i] * block->inner + i] -= slope[i];
}

INLINE float solve_softmax(const pixel_block *block, bool polynomials) {
    pixel_sums sums;
    float slope[BLOCK]; /* of the loss along the label's logit, over -q */
    float factor[BLOCK];
    float loss = 0.0F;
    const float *restrict logits = block->logits;
    const float *restrict powers = block->gradient;
    const uint8_t *restrict labels = block->labels;
    const int32_t inner = (int32_t)block->inner; /* 32-bit places: twice as many in a vector */
    find_largest(block, &sums);
    add_exponentials(block, &sums, polynomials);
#pragma omp simd reduction(+ : loss)
    for (size_t i = 0; i < block->count; i++) {
        const int32_t place = labels[i] * inner + (int32_t)i;
        const float inverse = 1.0F / sums.whole[i];
        const float p = powers[place] * inverse;
        const float q = 1.0F - p;
        const float surprise = logarithm(sums.whole[i], polynomials) + sums.largest[i] - logits[place];
        slope[i] = block->scale * q * (q + 2.0F * p * surprise);
        factor[i] = slope[i] * inverse;
        loss += q * q * surprise;
    }
    if (block->classes <= FEW_CLASSES)
        write_gradient(block, factor, slope);
    else
        write_gradient_of_many(block, factor, slope);
    return loss;
}

static float solve_softmax_library(const pixel_block *block) {
    return solve_softmax(block, false);
}

static float solve_softmax_polynomials(const pixel_block *block) {
    return solve_softmax(block, true);
}

double peer_softmax_focal(const peer_problem *problem) {
    return mean_of_blocks(problem, solve_softmax_library);
}

double peer_softmax_focal_polynomials(const peer_problem *problem) {
    return mean_of_blocks(problem, solve_softmax_polynomials);
}

/* ---- The label's own sigmoid term ---- */

INLINE float solve_target_only(const pixel_block *block, bool polynomials) {
    const float alpha = 0.25F;
    const float *restrict logits = block->logits;
    const uint8_t *restrict labels = block->labels;
    const int32_t inner = (int32_t)block->inner;
    float slope[BLOCK];
    float loss = 0.0F;
#pragma omp simd reduction(+ : loss)
    for (size_t i = 0; i < block->count; i++) {
        const float x = logits[labels[i] * inner + (int32_t)i];
        const float e = exponential(-fabsf(x), polynomials);
        const float larger = 1.0F / (1.0F + e);
        const float smaller = e * larger;
        const float p = x > 0.0F ? larger : smaller;
        const float q = x > 0.0F ? smaller : larger;
        const float softplus = (polynomials ? log1p_polynomial(e) : logf(1.0F + e)) + fmaxf(-x, 0.0F);
        const float weight = alpha * q * q;
        slope[i] = -block->scale * weight * (2.0F * p * softplus + q);
        loss += weight * softplus;
    }
    for (size_t c = 0; c < block->classes; c++) {
        float *restrict g = block->gradient + c * block->inner;
        const uint8_t own = (uint8_t)c;
#pragma omp simd
        for (size_t i = 0; i < block->count; i++)
            g[i] = labels[i] == own ? slope[i] : 0.0F;
    }
    return loss;
}

static float solve_target_only_library(const pixel_block *block) {
    return solve_target_only(block, false);
}

static float solve_target_only_polynomials(const pixel_block *block) {
    return solve_target_only(block, true);
}

double peer_target_only(const peer_problem *problem) {
    return mean_of_blocks(problem, solve_target_only_library);
}

double peer_target_only_polynomials(const peer_problem *problem) {
    return mean_of_blocks(problem, solve_target_only_polynomials);
}

/* ---- Cross entropy of rows ---- */

/* Neighbouring rows: short ones are too short for vectors, so the exponentials are taken of all of them in one loop. */
typedef struct row_block {
    const float *restrict logits;
    float *restrict gradient;
    size_t classes;
    size_t first; /* row */
    size_t count;
} row_block;

enum { BLOCK_ELEMENTS = 4096, LONG_CLASSES = 64 };

static size_t rows_per_block(size_t classes) {
    const size_t fitting = BLOCK_ELEMENTS / classes;
    return fitting < 1 ? 1 : fitting < BLOCK ? fitting : BLOCK;
}

static row_block rows_from(const peer_problem *problem, size_t first) {
    const size_t left = problem->outer - first;
    const size_t most = rows_per_block(problem->classes);
    return (row_block){.logits = problem->logits + first * problem->classes,
                       .gradient = problem->gradient + first * problem->classes,
                       .classes = problem->classes,
                       .first = first,
                       .count = left < most ? left : most};
}

static float largest_of(const float *restrict logits, size_t classes) {
    float largest = logits[0];
#pragma omp simd reduction(max : largest)
    for (size_t c = 0; c < classes; c++)
        largest = fmaxf(largest, logits[c]);
    return largest;
}

static void multiply(float *values, size_t count, float factor) {
#pragma omp simd
    for (size_t i = 0; i < count; i++)
        values[i] *= factor;
}

/* These two leave exponentials in the gradient, their sums in `sums`, and give the sum of the largest logits. */

INLINE float add_long_rows(const row_block *block, float *sums, bool polynomials) {
    const size_t classes = block->classes;
    float offset = 0.0F;
    for (size_t i = 0; i < block->count; i++) {
        const float *restrict x = block->logits + i * classes;
        float *restrict g = block->gradient + i * classes;
        const float largest = largest_of(x, classes);
        float sum = 0.0F;
#pragma omp simd reduction(+ : sum)
        for (size_t c = 0; c < classes; c++) {
            g[c] = exponential(x[c] - largest, polynomials);
            sum += g[c];
        }
        sums[i] = sum;
        offset += largest;
    }
    return offset;
}

INLINE float add_short_rows(const row_block *block, float *sums, bool polynomials) {
    const size_t classes = block->classes;
    float *restrict g = block->gradient;
    float offset = 0.0F;
    for (size_t i = 0; i < block->count; i++) {
        const float *restrict x = block->logits + i * classes;
        const float largest = largest_of(x, classes);
        for (size_t c = 0; c < classes; c++)
            g[i * classes + c] = x[c] - largest;
        offset += largest;
    }
#pragma omp simd
    for (size_t i = 0; i < block->count * classes; i++)
        g[i] = exponential(g[i], polynomials);
    for (size_t i = 0; i < block->count; i++) {
        float sum = 0.0F;
        for (size_t c = 0; c < classes; c++)
            sum += g[i * classes + c];
        sums[i] = sum;
    }
    return offset;
}

static size_t label_of(const peer_problem *problem, size_t row) {
    return problem->labels ? problem->labels[row] : (size_t)problem->wide_labels[row];
}

INLINE float solve_rows(const peer_problem *problem, const row_block *block, float scale, bool polynomials) {
    const size_t classes = block->classes;
    float *restrict gradient = block->gradient;
    float sums[BLOCK];
    float loss =
        classes < LONG_CLASSES ? add_short_rows(block, sums, polynomials) : add_long_rows(block, sums, polynomials);
    for (size_t i = 0; i < block->count; i++) {
        const size_t label = label_of(problem, block->first + i);
        multiply(gradient + i * classes, classes, scale / sums[i]);
        gradient[i * classes + label] -= scale;
        loss -= block->logits[i * classes + label];
    }
#pragma omp simd reduction(+ : loss)
    for (size_t i = 0; i < block->count; i++)
        loss += logarithm(sums[i], polynomials);
    return loss;
}

static float solve_rows_library(const peer_problem *problem, const row_block *block, float scale) {
    return solve_rows(problem, block, scale, false);
}

static float solve_rows_polynomials(const peer_problem *problem, const row_block *block, float scale) {
    return solve_rows(problem, block, scale, true);
}

static double mean_of_rows(const peer_problem *problem,
                           float (*solve)(const peer_problem *problem, const row_block *block, float scale)) {
    const float scale = 1.0F / (float)problem->outer;
    double sum = 0.0;
#pragma omp parallel for reduction(+ : sum) schedule(static)
    for (size_t row = 0; row < problem->outer; row += rows_per_block(problem->classes)) {
        const row_block block = rows_from(problem, row);
        sum += (double)solve(problem, &block, scale);
    }
    return sum / (double)problem->outer;
}

double peer_cross_entropy(const peer_problem *problem) {
    return mean_of_rows(problem, solve_rows_library);
}

double peer_cross_entropy_polynomials(const peer_problem *problem) {
    return mean_of_rows(problem, solve_rows_polynomials);
}
