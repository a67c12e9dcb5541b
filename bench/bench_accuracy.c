/* How far results are from the truth. */
#include "bench_accuracy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench_cases.h"
#include "bench_data.h"

enum { SAMPLE_ELEMENTS = 1 << 16 };

/* The beginning of a problem's data: its first rows, or the first pixels of its first image. */
typedef struct sample {
    focl_view shape;
    size_t elements;
    size_t losses;
    float *logits;
    float *targets; /* NULL: labels, which are the problem's own first */
    const void *labels;
} sample;

/* What a call gives, in the type it is stored in, and the reference in doubles. */
typedef struct results {
    void *stored_loss;
    void *stored_gradient;
    double *true_loss;
    double *true_gradient;
} results;

/* ---- The sample ---- */

static bool is_by_row(const bench_outline *outline) {
    return outline->activation == FOCL_SOFTMAX || outline->activation == FOCL_CATEGORICAL;
}

static size_t at_most(size_t wanted, size_t most) {
    return wanted < most ? wanted : most;
}

static focl_view sample_shape(focl_view whole) {
    const size_t fitting = SAMPLE_ELEMENTS / whole.classes;
    const size_t rows = fitting ? fitting : 1;
    if (whole.inner == 1)
        return (focl_view){at_most(whole.outer, rows), whole.classes, 1};
    return (focl_view){1, whole.classes, at_most(whole.inner, rows)};
}

/* Its own memory, freed with free(); NULL without. */
static float *first_of(const float *whole, focl_view shape, focl_view taken) {
    float *values = (float *)bench_memory(taken.outer * taken.classes * taken.inner * sizeof *values);
    const size_t lines = taken.outer * taken.classes;
    for (size_t i = 0; values && i < lines; i++)
        memcpy(values + i * taken.inner, whole + i * shape.inner, taken.inner * sizeof *values);
    return values;
}

static void free_sample(const sample *taken) {
    free(taken->logits);
    free(taken->targets);
}

static bool take_sample(const bench_problem *problem, sample *taken) {
    const bench_outline *outline = problem->outline;
    const focl_view shape = sample_shape(outline->shape);
    const size_t rows = shape.outer * shape.inner;
    *taken = (sample){.shape = shape, .elements = rows * shape.classes, .labels = problem->labels};
    taken->losses = is_by_row(outline) ? rows : taken->elements;
    taken->logits = first_of(problem->logits, outline->shape, shape);
    if (problem->targets)
        taken->targets = first_of(problem->targets, outline->shape, shape);
    return taken->logits && (!problem->targets || taken->targets);
}

/* ---- Solving it ---- */

static bool solve_stored(const bench_problem *problem, const focl_loss_description *description,
                         const focl_loss_host_inputs *inputs, const results *solved) {
    const focl_loss_host_outputs outputs = {.loss = solved->stored_loss, .gradient = solved->stored_gradient};
    const focl_reference_outputs truth = {.loss = solved->true_loss, .gradient = solved->true_gradient};
    return (focl_loss_host(problem->device->handle, description, inputs, &outputs, NULL) == FOCL_OK &&
            focl_reference_loss(description, inputs, &truth) == FOCL_OK) ||
           bench_complain_focl();
}

static bool solve(const bench_problem *problem, const sample *taken, const focl_loss_description *description,
                  const results *solved) {
    const focl_type type = description->logits_type;
    if (type == FOCL_F32) {
        const focl_loss_host_inputs inputs = {.logits = taken->logits,
                                              .targets = taken->targets ? (const void *)taken->targets : taken->labels};
        return solve_stored(problem, description, &inputs, solved);
    }
    uint16_t *logits = bench_stored(type, taken->logits, taken->elements);
    uint16_t *targets = taken->targets ? bench_stored(type, taken->targets, taken->elements) : NULL;
    const focl_loss_host_inputs inputs = {.logits = logits,
                                          .targets = taken->targets ? (const void *)targets : taken->labels};
    const bool passed = logits && (targets || !taken->targets) && solve_stored(problem, description, &inputs, solved);
    free(logits);
    free(targets);
    return passed;
}

/* ---- Comparing ---- */

/* The distance between neighbouring numbers of a type at a value. */
static double ulp_at(focl_type type, double value) {
    const int digits = type == FOCL_F16 ? 11 : type == FOCL_BF16 ? 8 : 24;
    const int least_exponent = type == FOCL_F16 ? -14 : -126;
    int exponent = 0;
    frexp(value, &exponent);
    exponent--;
    return ldexp(1.0, (value == 0.0 || exponent < least_exponent ? least_exponent : exponent) - (digits - 1));
}

static double stored_value(focl_type type, const void *stored, size_t index) {
    if (type == FOCL_F32)
        return (double)((const float *)stored)[index];
    return (double)bench_from_16_bits(type, ((const uint16_t *)stored)[index]);
}

/* The larger one, or NaN if there is one. */
static double worse(double a, double b) {
    return isnan(a) || a > b ? a : b;
}

/* In ulp of each value. */
static double worst_of(focl_type type, const void *stored, const double *truth, size_t count) {
    double worst = 0.0;
    for (size_t i = 0; i < count; i++)
        worst = worse(fabs(stored_value(type, stored, i) - truth[i]) / ulp_at(type, truth[i]), worst);
    return worst;
}

static double worst_of_row(focl_type type, const void *stored, const double *truth, focl_view shape, size_t start) {
    double largest = 0.0;
    double difference = 0.0;
    for (size_t c = 0; c < shape.classes; c++) {
        const size_t place = start + c * shape.inner;
        largest = fmax(fabs(truth[place]), largest);
        difference = worse(fabs(stored_value(type, stored, place) - truth[place]), difference);
    }
    return difference / ulp_at(type, largest);
}

/* In ulp of the largest of each row. */
static double worst_by_row(focl_type type, const void *stored, const double *truth, focl_view shape) {
    double worst = 0.0;
    for (size_t o = 0; o < shape.outer; o++)
        for (size_t i = 0; i < shape.inner; i++)
            worst = worse(worst_of_row(type, stored, truth, shape, o * shape.classes * shape.inner + i), worst);
    return worst;
}

/* What focl/loss.h promises of hard targets. */
static double promised_ulp(const bench_outline *outline, const focl_loss_description *description) {
    const double gamma = description->gamma;
    const double of_elements = gamma == 0.0 || gamma == 1.0 || gamma == 2.0 ? 8.0 : 16.0;
    const double of_storage = description->logits_type == FOCL_F32 ? 0.0 : 0.5;
    return of_elements + of_storage + (is_by_row(outline) ? 4.0 * gamma : 0.0);
}

static void judge(bench_problem *problem, const sample *taken, const focl_loss_description *description,
                  const results *solved, size_t index) {
    const bench_variant *variant = &problem->outline->variants[index];
    bench_case *timed = &problem->group.cases[problem->first_focl + index];
    const focl_type type = description->logits_type;
    const double promised = promised_ulp(problem->outline, description);
    const bool is_strict = focl_handle_math(problem->device->handle) == FOCL_MATH_STRICT;
    bool kept = true;
    if (variant->forward) {
        timed->worst_loss_ulp = worst_of(type, solved->stored_loss, solved->true_loss, taken->losses);
        kept = timed->worst_loss_ulp <= promised;
    }
    if (variant->gradient) {
        timed->worst_gradient_ulp =
            is_by_row(problem->outline)
                ? worst_by_row(type, solved->stored_gradient, solved->true_gradient, taken->shape)
                : worst_of(type, solved->stored_gradient, solved->true_gradient, taken->elements);
        kept = kept && timed->worst_gradient_ulp <= promised;
    }
    if (is_strict && !kept)
        problem->group.agreement.holds = false;
}

/* ---- All ---- */

/* Variants of the same arithmetic share a call: no output changes the bits of another. */
static bool is_same_arithmetic(const focl_loss_description *a, const focl_loss_description *b) {
    return a->gamma == b->gamma && a->logits_type == b->logits_type;
}

static bool measure_variants(bench_problem *problem, const sample *taken, const results *solved) {
    focl_loss_description last = {0};
    for (size_t i = 0; i < problem->outline->variant_count; i++) {
        focl_loss_description description = bench_describe(problem->outline, &problem->outline->variants[i]);
        description.shape = taken->shape;
        if ((i == 0 || !is_same_arithmetic(&description, &last)) && !solve(problem, taken, &description, solved))
            return false;
        last = description;
        judge(problem, taken, &description, solved, i);
    }
    return true;
}

bool bench_measure_accuracy(bench_problem *problem) {
    sample taken;
    bool measured = take_sample(problem, &taken);
    const results solved = {.stored_loss = bench_memory(taken.losses * sizeof(float)),
                            .stored_gradient = bench_memory(taken.elements * sizeof(float)),
                            .true_loss = (double *)bench_memory(taken.losses * sizeof(double)),
                            .true_gradient = (double *)bench_memory(taken.elements * sizeof(double))};
    measured = measured && solved.stored_loss && solved.stored_gradient && solved.true_loss && solved.true_gradient &&
               measure_variants(problem, &taken, &solved);
    free(solved.stored_loss);
    free(solved.stored_gradient);
    free(solved.true_loss);
    free(solved.true_gradient);
    free_sample(&taken);
    return measured;
}
