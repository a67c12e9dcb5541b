/* The truth of a problem: the reference, and by what errors are judged. */
#include <math.h>
#include <stdlib.h>

#include "support_judge.h"

/* ---- Targets and factors ---- */

double loss_factor_at(const loss_problem *problem, enum loss_array array, size_t place) {
    const void *factors = problem->inputs[array];
    return factors ? loss_value_at(loss_array_type(&problem->description, array), factors, place) : 1;
}

double loss_target_of(const loss_problem *problem, loss_element element) {
    const focl_loss_description *description = &problem->description;
    const void *targets = problem->inputs[LOSS_targets];
    if (loss_is_dense(description))
        return loss_value_at(description->targets_type, targets, element.place);
    const double label = loss_value_at(description->targets_type, targets, element.row);
    const double column = (double)element.column;
    return label >= column && label <= column;
}

/* What an element's loss and gradient are multiplied by: the product, and that of the factors above 1 alone. */
typedef struct factors {
    double product;
    double above_1;
} factors;

static void multiply(factors *by, double value) {
    by->product *= fabs(value);
    by->above_1 *= fmax(fabs(value), 1);
}

static double chosen_factor(const loss_problem *problem, enum loss_array array, focl_extent extent,
                            loss_element element) {
    return loss_factor_at(problem, array, extent == FOCL_PER_ROW ? element.row : element.place);
}

/* Class weights are among the terms of a row. */
static factors weights_of(const loss_problem *problem, loss_element element) {
    const focl_loss_description *description = &problem->description;
    factors by = {1, 1};
    if (!loss_is_of_rows(description))
        multiply(&by, loss_factor_at(problem, LOSS_class_weights, element.column));
    multiply(&by, chosen_factor(problem, LOSS_weights, description->weights_extent, element));
    return by;
}

static factors factors_of_derivatives(const loss_problem *problem, double normalizer, loss_element element) {
    const focl_loss_description *description = &problem->description;
    factors by = weights_of(problem, element);
    multiply(&by, chosen_factor(problem, LOSS_upstream, description->upstream_extent, element));
    multiply(&by, description->upstream * description->loss_scale);
    multiply(&by, normalizer == 0 ? 0 : 1 / normalizer);
    return by;
}

/* ---- The truth ---- */

static double *doubles(size_t count) {
    return test_zeros(count, sizeof(double));
}

static loss_judge *judges(size_t count) {
    return test_zeros(count, sizeof(loss_judge));
}

/* The old gradient as it is stored. */
static double old_gradient(const loss_problem *problem, size_t place) {
    unsigned char stored[sizeof(double)];
    if (!problem->old_gradient)
        return 0;
    loss_put_value(problem->description.logits_type, stored, 0, (double)problem->old_gradient[place]);
    return loss_value_at(problem->description.logits_type, stored, 0);
}

static void start_from_old_gradient(const loss_problem *problem, loss_truth *truth) {
    for (size_t i = 0; problem->old_gradient && i < loss_array_elements(&problem->description, LOSS_gradient); i++)
        truth->gradient[i] = old_gradient(problem, i);
}

static double finite_or_0(double value) {
    return isfinite(value) ? value : 0;
}

static loss_judge judge_of(loss_judge unweighted, factors by) {
    return (loss_judge){finite_or_0(unweighted.magnitude * by.product), unweighted.factor * by.above_1,
                        unweighted.lost};
}

static void judge_derivatives(const loss_problem *problem, loss_truth *truth, const loss_judges *unweighted,
                              loss_element element) {
    const factors by = factors_of_derivatives(problem, truth->used_normalizer, element);
    const double old = problem->description.accumulate * old_gradient(problem, element.place);
    loss_judge *gradient = &truth->judge_gradient[element.place];
    *gradient = judge_of(unweighted->gradient, by);
    gradient->magnitude += fabs(old);
    truth->judge_hessian[element.place] = judge_of(unweighted->hessian, by);
}

/* t p + (1 - t) (1 - p), whose terms have two signs for the values of a squared error. */
static loss_judge judge_pt(const loss_problem *problem, const loss_truth *truth, loss_element element) {
    const double p = truth->probabilities[element.place];
    const double t = loss_target_of(problem, element);
    return (loss_judge){finite_or_0(fabs(t * p) + fabs((1 - t) * (1 - p))), 1, false};
}

static void judge_elements(const loss_problem *problem, loss_truth *truth) {
    for (size_t i = 0; i < loss_array_count(&problem->description, LOSS_logits); i++) {
        const loss_element element = loss_element_of(&problem->description, i);
        const loss_judges unweighted = loss_judge_element(problem, element);
        truth->judge_loss[element.place] = judge_of(unweighted.loss, weights_of(problem, element));
        truth->judge_pt[element.place] = judge_pt(problem, truth, element);
        judge_derivatives(problem, truth, &unweighted, element);
    }
}

/* Where the terms are not finite the values may be: of a row the largest of them judges all. */
static double largest_in_row(const focl_loss_description *description, const double *values, size_t row) {
    double largest = 0;
    for (size_t column = 0; column < description->shape.classes; column++)
        largest = fmax(largest, finite_or_0(fabs(values[loss_element_in_row(description, row, column).place])));
    return largest;
}

static void judge_by_largest(const loss_problem *problem, loss_truth *truth, size_t row) {
    const focl_loss_description *description = &problem->description;
    const double gradient = largest_in_row(description, truth->gradient, row);
    const double hessian = largest_in_row(description, truth->hessian, row);
    for (size_t column = 0; column < description->shape.classes; column++) {
        const size_t place = loss_element_in_row(description, row, column).place;
        truth->judge_gradient[place].magnitude = fmax(truth->judge_gradient[place].magnitude, gradient);
        truth->judge_hessian[place].magnitude = fmax(truth->judge_hessian[place].magnitude, hessian);
    }
}

static void judge_rows(const loss_problem *problem, loss_truth *truth) {
    const focl_loss_description *description = &problem->description;
    for (size_t row = 0; row < loss_row_count(description); row++) {
        const loss_judges unweighted = loss_judge_row(problem, row);
        truth->judge_loss[row] =
            judge_of(unweighted.loss, weights_of(problem, loss_element_in_row(description, row, 0)));
        truth->judge_pt[row] = (loss_judge){0, (double)description->shape.classes, true};
        for (size_t column = 0; column < description->shape.classes; column++)
            judge_derivatives(problem, truth, &unweighted, loss_element_in_row(description, row, column));
        if (!problem->old_gradient)
            judge_by_largest(problem, truth, row);
    }
}

/* Of the sum of the losses: of their sizes, since poly-1 can make some negative, and of what each may have lost. */
static loss_judge judge_reduced(const loss_problem *problem, const loss_truth *truth) {
    const double normalizer = fabs(truth->used_normalizer);
    loss_judge sum = {0, 0, loss_is_of_rows(&problem->description)};
    for (size_t i = 0; i < loss_array_elements(&problem->description, LOSS_loss); i++) {
        const loss_judge *of = &truth->judge_loss[i];
        const bool counts = truth->loss[i] < 0 || truth->loss[i] > 0;
        sum.magnitude += counts ? fmax(fabs(truth->loss[i]), of->magnitude) : 0;
        sum.factor += counts ? of->factor : 0;
    }
    return normalizer > 0 ? (loss_judge){finite_or_0(sum.magnitude / normalizer), sum.factor / normalizer, sum.lost}
                          : (loss_judge){0, 1, false};
}

loss_truth loss_truth_of(const loss_problem *problem) {
    const focl_loss_description *description = &problem->description;
    const size_t elements = loss_array_elements(description, LOSS_logits);
    const size_t losses = loss_array_elements(description, LOSS_loss);
    const unsigned given = loss_outputs(description);
    loss_truth truth = {
        .loss = doubles(losses),
        .gradient = doubles(elements),
        .hessian = doubles(elements),
        .probabilities = doubles(elements),
        .pt = doubles(losses),
        .judge_loss = judges(losses),
        .judge_gradient = judges(elements),
        .judge_hessian = judges(elements),
        .judge_pt = judges(losses),
        .used_normalizer = 1,
    };
    const focl_reference_outputs outputs = {
        .reduced = given & LOSS_BIT(reduced) ? &truth.reduced : NULL,
        .loss = truth.loss,
        .gradient = truth.gradient,
        .hessian = given & LOSS_BIT(hessian) ? truth.hessian : NULL,
        .probabilities = truth.probabilities,
        .pt = truth.pt,
        .counts = &truth.counts,
        .used_normalizer = given & LOSS_BIT(used_normalizer) ? &truth.used_normalizer : NULL,
    };
    const focl_loss_host_inputs inputs = {
#define INPUT(field, type, extent) .field = problem->inputs[LOSS_##field],
        FOCL_LOSS_INPUT_TABLE(INPUT)
#undef INPUT
    };
    start_from_old_gradient(problem, &truth);
    const focl_status status = focl_reference_loss(description, &inputs, &outputs);
    test_require(status == FOCL_OK, "%s: reference: %s", problem->name, focl_last_error()->message);
    if (loss_is_of_rows(description))
        judge_rows(problem, &truth);
    else
        judge_elements(problem, &truth);
    truth.judge_reduced = judge_reduced(problem, &truth);
    return truth;
}

void loss_truth_free(loss_truth *truth) {
    free(truth->loss);
    free(truth->gradient);
    free(truth->hessian);
    free(truth->probabilities);
    free(truth->pt);
    free(truth->judge_loss);
    free(truth->judge_gradient);
    free(truth->judge_hessian);
    free(truth->judge_pt);
    *truth = (loss_truth){0};
}
