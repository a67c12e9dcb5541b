/* The peers on the host for the softmax family. cmake/bench.cmake gives this file its own flags. */
#include "peer_softmax.h"

#include <math.h>

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

/* ---- Softmax focal loss of pixels ---- */

/* What is known of each pixel once its classes have been seen. */
typedef struct pixel_sums {
    float largest[BLOCK];
    float own[BLOCK];    /* the label's share before division */
    float others[BLOCK]; /* the sum of the other classes' */
    float label_logit[BLOCK];
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
static void add_exponentials(const pixel_block *block, pixel_sums *sums) {
    for (size_t i = 0; i < block->count; i++)
        sums->own[i] = sums->others[i] = sums->label_logit[i] = 0.0F;
    for (size_t c = 0; c < block->classes; c++) {
        const float *restrict x = block->logits + c * block->inner;
        float *restrict g = block->gradient + c * block->inner;
        const uint8_t *restrict labels = block->labels;
        const uint8_t own = (uint8_t)c;
#pragma omp simd
        for (size_t i = 0; i < block->count; i++) {
            const float power = expf(x[i] - sums->largest[i]);
            const float mine = labels[i] == own ? 1.0F : 0.0F;
            g[i] = power;
            sums->own[i] += mine * power;
            sums->others[i] += (1.0F - mine) * power;
            sums->label_logit[i] += mine * x[i];
        }
    }
}

static float solve_softmax(const pixel_block *block) {
    pixel_sums sums;
    float slope[BLOCK]; /* of the loss along the label's logit, over -q */
    float inverse[BLOCK];
    float loss = 0.0F;
    find_largest(block, &sums);
    add_exponentials(block, &sums);
#pragma omp simd reduction(+ : loss)
    for (size_t i = 0; i < block->count; i++) {
        const float whole = sums.own[i] + sums.others[i];
        const float q = sums.others[i] / whole;
        const float surprise = logf(whole) + sums.largest[i] - sums.label_logit[i];
        inverse[i] = 1.0F / whole;
        slope[i] = block->scale * q * (q + 2.0F * sums.own[i] * inverse[i] * surprise);
        loss += q * q * surprise;
    }
    for (size_t c = 0; c < block->classes; c++) {
        float *restrict g = block->gradient + c * block->inner;
        const uint8_t *restrict labels = block->labels;
        const uint8_t own = (uint8_t)c;
#pragma omp simd
        for (size_t i = 0; i < block->count; i++)
            g[i] = slope[i] * (g[i] * inverse[i] - (labels[i] == own ? 1.0F : 0.0F));
    }
    return loss;
}

double peer_softmax_focal(const peer_problem *problem) {
    return mean_of_blocks(problem, solve_softmax);
}

/* ---- The label's own sigmoid term ---- */

static float solve_target_only(const pixel_block *block) {
    const float alpha = 0.25F;
    const float *restrict logits = block->logits;
    const uint8_t *restrict labels = block->labels;
    const int32_t inner = (int32_t)block->inner; /* 32-bit places: twice as many in a vector */
    float slope[BLOCK];
    float loss = 0.0F;
#pragma omp simd reduction(+ : loss)
    for (size_t i = 0; i < block->count; i++) {
        const float x = logits[labels[i] * inner + (int32_t)i];
        const float e = expf(-fabsf(x));
        const float larger = 1.0F / (1.0F + e);
        const float smaller = e * larger;
        const float p = x > 0.0F ? larger : smaller;
        const float q = x > 0.0F ? smaller : larger;
        const float softplus = logf(1.0F + e) + fmaxf(-x, 0.0F);
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

double peer_target_only(const peer_problem *problem) {
    return mean_of_blocks(problem, solve_target_only);
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

enum { BLOCK_ELEMENTS = 4096 };

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

static float subtract_largest(const float *restrict logits, float *restrict gradient, size_t classes) {
    float largest = logits[0];
#pragma omp simd reduction(max : largest)
    for (size_t c = 0; c < classes; c++)
        largest = fmaxf(largest, logits[c]);
#pragma omp simd
    for (size_t c = 0; c < classes; c++)
        gradient[c] = logits[c] - largest;
    return largest;
}

static float sum_of(const float *values, size_t count) {
    float sum = 0.0F;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum;
}

static void multiply(float *values, size_t count, float factor) {
#pragma omp simd
    for (size_t i = 0; i < count; i++)
        values[i] *= factor;
}

static size_t label_of(const peer_problem *problem, size_t row) {
    return problem->labels ? problem->labels[row] : (size_t)problem->wide_labels[row];
}

static float solve_rows(const peer_problem *problem, const row_block *block, float scale) {
    const size_t classes = block->classes;
    float *restrict gradient = block->gradient;
    float sums[BLOCK];
    float loss = 0.0F;
    for (size_t i = 0; i < block->count; i++)
        loss += subtract_largest(block->logits + i * classes, gradient + i * classes, classes);
#pragma omp simd
    for (size_t i = 0; i < block->count * classes; i++)
        gradient[i] = expf(gradient[i]);
    for (size_t i = 0; i < block->count; i++) {
        const size_t label = label_of(problem, block->first + i);
        sums[i] = sum_of(gradient + i * classes, classes);
        multiply(gradient + i * classes, classes, scale / sums[i]);
        gradient[i * classes + label] -= scale;
        loss -= block->logits[i * classes + label];
    }
#pragma omp simd reduction(+ : loss)
    for (size_t i = 0; i < block->count; i++)
        loss += logf(sums[i]);
    return loss;
}

double peer_cross_entropy(const peer_problem *problem) {
    const float scale = 1.0F / (float)problem->outer;
    double sum = 0.0;
#pragma omp parallel for reduction(+ : sum) schedule(static)
    for (size_t row = 0; row < problem->outer; row += rows_per_block(problem->classes)) {
        const row_block block = rows_from(problem, row);
        sum += (double)solve_rows(problem, &block, scale);
    }
    return sum / (double)problem->outer;
}
