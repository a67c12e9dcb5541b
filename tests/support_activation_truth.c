/* How the answers of activations are compared with the truth, and with each other. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_activation.h"

enum { KINDS = FOCL_ACTIVATE_LOG_SOFTMAX + 1 };

/*
 * The bounds of focl/activation.h, and the greatest errors that were met in f32. A share of softmax is e_c / S: 0.95
 * ulp for e_c, 0.95 and two roundings of the sum for S, a rounding each for 1 / S and the product, 4.9 together and
 * less than 6. What is made of two shares has twice that.
 */
static const double bounds[KINDS][ACTIVATION_ARRAYS] = {
    [FOCL_ACTIVATE_SIGMOID] = {[ACTIVATION_value] = 6, [ACTIVATION_product] = 5},
    [FOCL_ACTIVATE_LOG_SIGMOID] = {[ACTIVATION_value] = 6, [ACTIVATION_product] = 5},
    [FOCL_ACTIVATE_SOFTMAX] = {[ACTIVATION_value] = 6, [ACTIVATION_product] = 12, [ACTIVATION_jacobian] = 12},
    [FOCL_ACTIVATE_LOG_SOFTMAX] = {[ACTIVATION_value] = 6, [ACTIVATION_product] = 12, [ACTIVATION_jacobian] = 12},
};
static double greatest[KINDS][ACTIVATION_ARRAYS];

void activation_print_errors(void) {
    static const char *const words[KINDS] = {
#define KIND_WORD(name, word) word,
        FOCL_ACTIVATE_TABLE(KIND_WORD)
#undef KIND_WORD
    };
    for (size_t kind = 0; kind < KINDS; kind++)
        for (size_t i = ACTIVATION_FIRST_OUTPUT; i < ACTIVATION_ARRAYS; i++)
            if (bounds[kind][i] > 0)
                printf("greatest error: %-11s %-8s %.2f ulp of %g\n", words[kind],
                       activation_array_name((enum activation_array)i), greatest[kind][i], bounds[kind][i]);
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
    double *values = calloc(count + 1, sizeof *values);
    ck_assert_ptr_nonnull(values);
    return values;
}

static double upstream_at(const activation_problem *problem, size_t place) {
    return loss_value_at(problem->description.type, problem->arrays[ACTIVATION_upstream], place);
}

static double *find_shares(const activation_problem *problem) {
    focl_activation_description softmax = problem->description;
    double *shares = doubles(problem, ACTIVATION_value);
    const focl_activation_host_inputs inputs = {.x = problem->arrays[ACTIVATION_x]};
    const focl_activation_reference_outputs outputs = {.value = shares};
    softmax.kind = FOCL_ACTIVATE_SOFTMAX;
    ck_assert_int_eq(focl_reference_activate(&softmax, &inputs, &outputs), FOCL_OK);
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
    of->magnitudes = calloc(loss_row_count(&loss) + 1, sizeof *of->magnitudes);
    ck_assert_ptr_nonnull(of->magnitudes);
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
    ck_assert_int_eq(focl_reference_activate(&problem->description, &inputs, &outputs), FOCL_OK);
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

/* The truth of an f64 may itself be as far off, and more of an exponential: see support_compare.c. */
static double bound_of(const focl_activation_description *description, enum activation_array array, double size) {
    const double bound = bounds[description->kind][array];
    return description->type == FOCL_F64 ? 2 * bound + fabs(log(fmax(size, DBL_MIN))) : bound;
}

static void assert_value(const activation_problem *problem, const truth *of, const activation_answer *answer,
                         enum activation_array array, size_t place, double magnitude, const char *where) {
    const focl_activation_description *description = &problem->description;
    const double flushed =
        least_of(description->type) * (1 + 0x1p-10) * of->terms * (array == ACTIVATION_product ? of->factor : 1);
    const double expected = of->arrays[array][place];
    const double found = loss_value_at(description->type, answer->arrays[array], place);
    const double error = error_of(expected, magnitude, found, description->type, flushed);
    double *worst = &greatest[description->kind][array];
    *worst = fmax(*worst, isfinite(error) && description->type != FOCL_F64 ? error : 0);
    if (error <= bound_of(description, array, fmax(fabs(expected), magnitude)))
        return;
    ck_abort_msg("%s on %s (%zu x %zu x %zu %s): %s at %zu is %a, must be %a: %g ulp of %a", problem->name, where,
                 description->shape.outer, description->shape.classes, description->shape.inner,
                 focl_type_name(description->type), activation_array_name(array), place, found, expected, error,
                 fmax(fabs(expected), magnitude));
}

void activation_assert_close(const activation_problem *problem, const activation_answer *answer, const char *where) {
    const focl_loss_description loss = activation_loss(&problem->description);
    truth of = truth_of(problem, answer);
    for (size_t i = 0; i < loss_array_count(&loss, LOSS_logits); i++) {
        const loss_element element = loss_element_of(&loss, i);
        if (answer->arrays[ACTIVATION_value])
            assert_value(problem, &of, answer, ACTIVATION_value, element.place, 0, where);
        if (answer->arrays[ACTIVATION_product])
            assert_value(problem, &of, answer, ACTIVATION_product, element.place,
                         of.magnitudes ? of.magnitudes[element.row] : 0, where);
    }
    for (size_t i = 0; answer->arrays[ACTIVATION_jacobian] &&
                       i < activation_array_elements(&problem->description, ACTIVATION_jacobian);
         i++)
        assert_value(problem, &of, answer, ACTIVATION_jacobian, i, 0, where);
    truth_free(&of);
}

/* ---- Answers ---- */

static bool is_same(focl_type type, const void *left, const void *right, size_t place) {
    const size_t bytes = focl_type_size(type);
    const double a = loss_value_at(type, left, place);
    const double b = loss_value_at(type, right, place);
    return (isnan(a) && isnan(b)) ||
           memcmp((const char *)left + place * bytes, (const char *)right + place * bytes, bytes) == 0;
}

void activation_assert_same(const activation_problem *problem, const activation_answer *expected,
                            const activation_answer *found, const char *where) {
    const focl_activation_description *description = &problem->description;
    for (size_t array = ACTIVATION_FIRST_OUTPUT; array < ACTIVATION_ARRAYS; array++) {
        if (!expected->arrays[array] || !found->arrays[array])
            continue;
        for (size_t i = 0; i < activation_array_elements(description, (enum activation_array)array); i++)
            if (!is_same(description->type, expected->arrays[array], found->arrays[array], i))
                ck_abort_msg("%s on %s (%zu x %zu x %zu %s): %s at %zu is %a, must be %a", problem->name, where,
                             description->shape.outer, description->shape.classes, description->shape.inner,
                             focl_type_name(description->type), activation_array_name((enum activation_array)array), i,
                             loss_value_at(description->type, found->arrays[array], i),
                             loss_value_at(description->type, expected->arrays[array], i));
    }
}

/* A device without fp64 says so, by name. */
static void assert_refuses_f64(const activation_problem *problem, unsigned outputs, size_t device) {
    focl_handle *handle = test_device(device);
    activation_answer answer = activation_answer_create(problem, outputs);
    ck_assert_int_eq(activation_on_device(handle, problem, &answer, 0), FOCL_ENOTSUP);
    ck_assert_int_eq(activation_on_host(handle, problem, &answer), FOCL_ENOTSUP);
    ck_assert_ptr_nonnull(strstr(focl_last_error()->message, "cl_khr_fp64"));
    ck_assert_ptr_nonnull(strstr(focl_last_error()->message, focl_handle_device(handle)->name));
    activation_answer_free(&answer);
}

static void assert_on_device(const activation_problem *problem, const activation_answer *mirror, unsigned outputs,
                             size_t device, size_t offset) {
    const char *where = test_device_name(device);
    if (problem->description.type == FOCL_F64 && !focl_handle_device(test_device(device))->fp64) {
        assert_refuses_f64(problem, outputs, device);
        return;
    }
    activation_answer host = activation_answer_create(problem, outputs);
    activation_answer found = activation_answer_create(problem, outputs);
    ck_assert_msg(activation_on_host(test_device(device), problem, &host) == FOCL_OK, "%s on %s: %s", problem->name,
                  where, focl_last_error()->message);
    ck_assert_msg(activation_on_device(test_device(device), problem, &found, offset) == FOCL_OK, "%s on %s: %s",
                  problem->name, where, focl_last_error()->message);
    activation_assert_same(problem, &host, &found, where);
    if (focl_handle_device(test_device(device))->bit_exact)
        activation_assert_same(problem, mirror, &found, where);
    else
        activation_assert_close(problem, &found, where);
    activation_answer_free(&found);
    activation_answer_free(&host);
}

static void assert_on(const activation_problem *problem, unsigned outputs, size_t offset, size_t device_count) {
    activation_answer mirror = activation_answer_create(problem, outputs);
    ck_assert_msg(activation_on_mirror(problem, &mirror) == FOCL_OK, "%s: %s", problem->name,
                  focl_last_error()->message);
    activation_assert_close(problem, &mirror, "the mirror");
    for (size_t device = 0; device < device_count; device++)
        assert_on_device(problem, &mirror, outputs, device, offset);
    activation_answer_free(&mirror);
}

void activation_assert_everywhere(const activation_problem *problem, unsigned outputs, size_t offset) {
    assert_on(problem, outputs, offset, test_device_count());
}

void activation_assert_in_turn(const activation_problem *problem, unsigned outputs, size_t offset, size_t number) {
    assert_on(problem, outputs, offset, test_has_turn(number, 3) ? test_device_count() : 0);
}
