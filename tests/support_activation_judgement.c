/* How far the answer of an activation is from the truth, and where two answers differ. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support_activation_problem.h"

enum { KINDS = FOCL_ACTIVATE_LOG_SOFTMAX + 1 };

/*
 * The bounds of focl/activation.h. A share of softmax is e_c / S: 0.95
 * ulp for e_c, 0.95 and two roundings of the sum for S, a rounding each for 1 / S and the product, 4.9 together and
 * less than 6. What is made of two shares has twice that.
 */
static const double bounds[KINDS][ACTIVATION_ARRAYS] = {
    [FOCL_ACTIVATE_SIGMOID] = {[ACTIVATION_value] = 6, [ACTIVATION_product] = 5},
    [FOCL_ACTIVATE_LOG_SIGMOID] = {[ACTIVATION_value] = 6, [ACTIVATION_product] = 5},
    [FOCL_ACTIVATE_SOFTMAX] = {[ACTIVATION_value] = 6, [ACTIVATION_product] = 12, [ACTIVATION_jacobian] = 12},
    [FOCL_ACTIVATE_LOG_SOFTMAX] = {[ACTIVATION_value] = 6, [ACTIVATION_product] = 12, [ACTIVATION_jacobian] = 12},
};

double activation_bound(focl_activate_kind kind, enum activation_array array) {
    return bounds[kind][array];
}

/* The reference's outputs, and what the products of each row are judged by. */
typedef struct truth {
    double *arrays[ACTIVATION_ARRAYS];
    double *shares;     /* softmax of the rows, in their places */
    double *magnitudes; /* a row each */
    double terms;       /* as many shares may have been flushed, each */
    double factor;      /* and multiplied with the largest difference of upstreams */
} truth;

static double *doubles(const activation_problem *problem, enum activation_array array) {
    const size_t count = activation_array_elements(&problem->description, array);
    return test_zeros(count, sizeof(double));
}

static double upstream_at(const activation_problem *problem, size_t place) {
    return loss_value_at(problem->description.type, problem->arrays[ACTIVATION_upstream], place);
}

static void require_reference(const activation_problem *problem, focl_status status) {
    test_require(status == FOCL_OK, "%s: reference: %s", problem->name, focl_last_error()->message);
}

static double *find_shares(const activation_problem *problem) {
    focl_activation_description softmax = problem->description;
    double *shares = doubles(problem, ACTIVATION_value);
    const focl_activation_host_inputs inputs = {.x = problem->arrays[ACTIVATION_x]};
    const focl_activation_reference_outputs outputs = {.value = shares};
    softmax.kind = FOCL_ACTIVATE_SOFTMAX;
    require_reference(problem, focl_reference_activate(&softmax, &inputs, &outputs));
    return shares;
}

/* The terms of class j's product: p_j sum_k p_k |u_j - u_k|, or |u_j| (1 - p_j) + p_j sum_k |u_k| over the others. */
static double terms_of(const activation_problem *problem, const truth *true_values, size_t row, size_t j) {
    const focl_loss_description loss = activation_loss(&problem->description);
    const bool is_softmax = problem->description.kind == FOCL_ACTIVATE_SOFTMAX;
    const size_t own = loss_element_in_row(&loss, row, j).place;
    const double p = true_values->shares[own];
    const double u = upstream_at(problem, own);
    double sum = 0;
    for (size_t k = 0; k < problem->description.shape.classes; k++) {
        const size_t other = loss_element_in_row(&loss, row, k).place;
        if (k == j)
            continue;
        sum += is_softmax ? p * true_values->shares[other] * fabs(u - upstream_at(problem, other))
                          : p * fabs(upstream_at(problem, other)) + fabs(u) * true_values->shares[other];
    }
    return sum;
}

static void find_magnitudes(const activation_problem *problem, truth *of) {
    const focl_loss_description loss = activation_loss(&problem->description);
    of->magnitudes = test_zeros(loss_row_count(&loss), sizeof *of->magnitudes);
    for (size_t row = 0; row < loss_row_count(&loss); row++)
        for (size_t j = 0; j < problem->description.shape.classes; j++)
            of->magnitudes[row] = fmax(of->magnitudes[row], terms_of(problem, of, row, j));
}

static void find_factor(const activation_problem *problem, truth *of) {
    const focl_loss_description loss = activation_loss(&problem->description);
    of->terms = (double)problem->description.shape.classes;
    of->factor = 1;
    for (size_t i = 0; i < loss_array_count(&loss, LOSS_logits); i++)
        of->factor = fmax(of->factor, 2 * fabs(upstream_at(problem, loss_element_of(&loss, i).place)));
}

static truth truth_of(const activation_problem *problem, const activation_answer *answer) {
    truth found = {.factor = 1};
    for (size_t i = ACTIVATION_FIRST_OUTPUT; i < ACTIVATION_ARRAYS; i++)
        found.arrays[i] = answer->arrays[i] ? doubles(problem, (enum activation_array)i) : NULL;
    const focl_activation_host_inputs inputs = {
        .x = problem->arrays[ACTIVATION_x],
        .upstream = problem->arrays[ACTIVATION_upstream],
    };
    const focl_activation_reference_outputs outputs = {
        .value = found.arrays[ACTIVATION_value],
        .product = found.arrays[ACTIVATION_product],
        .jacobian = found.arrays[ACTIVATION_jacobian],
    };
    require_reference(problem, focl_reference_activate(&problem->description, &inputs, &outputs));
    if (activation_is_of_rows(&problem->description) && answer->arrays[ACTIVATION_product]) {
        found.shares = find_shares(problem);
        find_magnitudes(problem, &found);
    }
    find_factor(problem, &found);
    return found;
}

static void truth_free(truth *of) {
    for (size_t i = 0; i < ACTIVATION_ARRAYS; i++)
        free(of->arrays[i]);
    free(of->shares);
    free(of->magnitudes);
}

/* ---- One value ---- */

/* The least number that what is calculated with does not flush. */
static double least_of(focl_type type) {
    return type == FOCL_F64 ? DBL_MIN : (double)FLT_MIN;
}

/*
 * In ulps of f32, what storing in 16 bits may change left aside; of f64 in its own. Infinite where NaN or infinity is
 * wrong.
 */
static double error_of(double expected, double magnitude, double found, focl_type type, double flushed) {
    if (isnan(expected) || isnan(found))
        return isnan(expected) && isnan(found) ? 0 : (double)INFINITY;
    if (isinf(expected) || isinf(found))
        return expected == found || type == FOCL_F64 ? (expected == found ? 0 : (double)INFINITY)
                                                     : test_error_ulps(expected, magnitude, (float)found);
    const double allowed = loss_storage_error(type, fmax(fabs(expected), fabs(found))) * (1 + 0x1p-10) + flushed;
    const double excess = fmax(fabs(found - expected) - allowed, 0);
    int exponent;
    (void)frexp(fmax(fmax(fabs(expected), magnitude), least_of(type)), &exponent);
    return excess / ldexp(1, exponent - (type == FOCL_F64 ? DBL_MANT_DIG : FLT_MANT_DIG));
}

/* The truth of an f64 may itself be as far off, and more of an exponential: see support_judgement.c. */
static double bound_of(const focl_activation_description *description, enum activation_array array, double size) {
    const double bound = bounds[description->kind][array];
    return description->type == FOCL_F64 ? 2 * bound + fabs(log(fmax(size, DBL_MIN))) : bound;
}

/* To whom the entries of an answer are shown. */
typedef struct tour {
    const activation_problem *problem;
    const truth *of;
    const activation_answer *answer;
    activation_visitor *visit;
    void *context;
} tour;

static void visit_value(const tour *at, enum activation_array array, size_t place, double magnitude) {
    const focl_activation_description *description = &at->problem->description;
    const double flushed = least_of(description->type) * (1 + 0x1p-10) * at->of->terms *
                           (array == ACTIVATION_product ? at->of->factor : 1);
    activation_comparison entry = {
        .array = array,
        .place = place,
        .truth = at->of->arrays[array][place],
        .magnitude = magnitude,
        .found = loss_value_at(description->type, at->answer->arrays[array], place),
    };
    entry.error = error_of(entry.truth, magnitude, entry.found, description->type, flushed);
    entry.bound = bound_of(description, array, fmax(fabs(entry.truth), magnitude));
    at->visit(at->context, at->problem, &entry);
}

static void visit_elements(const tour *at) {
    const focl_loss_description loss = activation_loss(&at->problem->description);
    for (size_t i = 0; i < loss_array_count(&loss, LOSS_logits); i++) {
        const loss_element element = loss_element_of(&loss, i);
        if (at->answer->arrays[ACTIVATION_value])
            visit_value(at, ACTIVATION_value, element.place, 0);
        if (at->answer->arrays[ACTIVATION_product])
            visit_value(at, ACTIVATION_product, element.place,
                        at->of->magnitudes ? at->of->magnitudes[element.row] : 0);
    }
}

void activation_compare(const activation_problem *problem, const activation_answer *answer, activation_visitor *visit,
                        void *context) {
    const size_t squares = activation_array_elements(&problem->description, ACTIVATION_jacobian);
    truth of = truth_of(problem, answer);
    const tour at = {problem, &of, answer, visit, context};
    visit_elements(&at);
    for (size_t i = 0; answer->arrays[ACTIVATION_jacobian] && i < squares; i++)
        visit_value(&at, ACTIVATION_jacobian, i, 0);
    truth_free(&of);
}

/* ---- Bits ---- */

static activation_difference difference_of_array(const activation_problem *problem, enum activation_array array,
                                                 const unsigned char *expected, const unsigned char *found) {
    const focl_type type = problem->description.type;
    const size_t bytes = focl_type_size(type);
    for (size_t i = 0; i < activation_array_elements(&problem->description, array); i++) {
        const double values[] = {loss_value_at(type, expected, i), loss_value_at(type, found, i)};
        const bool both_nan = isnan(values[0]) && isnan(values[1]);
        if (!both_nan && memcmp(expected + i * bytes, found + i * bytes, bytes) != 0)
            return (activation_difference){true, array, i, values[0], values[1]};
    }
    return (activation_difference){0};
}

activation_difference activation_first_difference(const activation_problem *problem, const activation_answer *expected,
                                                  const activation_answer *found) {
    activation_difference difference = {0};
    for (size_t i = ACTIVATION_FIRST_OUTPUT; i < ACTIVATION_ARRAYS && !difference.any; i++)
        if (expected->arrays[i] && found->arrays[i])
            difference = difference_of_array(problem, (enum activation_array)i, expected->arrays[i], found->arrays[i]);
    return difference;
}
