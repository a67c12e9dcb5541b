/* How an answer is compared with the truth, and with another answer. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "support_judge.h"

/* The stated bound of sums; and the roundings of the normaliser and of the division by it. */
static const double sum_ulps = 3;
static const double division_ulps = 2;

/* ---- One value ---- */

/* What is compared: the true value, by what its error is judged, and what was found in which type. */
typedef struct comparison {
    double truth;
    loss_judge judge;
    double found;
    focl_type type;
    double ulps;
} comparison;

/* From here on a number is stored as an infinity. */
static double overflow_of(focl_type type) {
    switch (type) {
    case FOCL_F16:
        return 65504;
    case FOCL_F64:
        return DBL_MAX;
    default:
        return (double)FLT_MAX * (1 - 0x1p-9);
    }
}

/* The least number that what is calculated with does not flush. */
static double least_of(focl_type type) {
    return type == FOCL_F64 ? DBL_MIN : (double)FLT_MIN;
}

static double size_of(const comparison *of) {
    return fmax(fmax(fabs(of->truth), of->judge.magnitude), least_of(of->type));
}

/* Of f64, or of f32 where the number is that or stored in less. */
static double ulp_of(const comparison *of) {
    int exponent;
    (void)frexp(size_of(of), &exponent);
    return ldexp(1, exponent - (of->type == FOCL_F64 ? DBL_MANT_DIG : FLT_MANT_DIG));
}

/*
 * The truth is calculated in f64 itself. Of an f64 it may be off by as much as what is looked at: every step of it is
 * rounded; and by more where it is small, which it is for the sake of an exponential: of x ulps if that is exp(-x), for
 * each rounding of its argument, a difference of logits or the product of gamma and a logarithm. There are up to two.
 */
static double ulps_allowed(const comparison *of) {
    return of->type == FOCL_F64 ? 2 * (of->ulps + fabs(log(size_of(of)))) : of->ulps;
}

static double error_of(const comparison *of) {
    return fabs(of->found - of->truth) / ulp_of(of);
}

/* What may have been flushed to 0 on the way. */
static double flush_of(const comparison *of) {
    return least_of(of->type) * (1 + 0x1p-10) * fmax(of->judge.factor, 1);
}

static bool is_close(const comparison *of) {
    if (of->judge.lost && fabs(of->found - of->truth) <= flush_of(of))
        return true;
    if (of->type == FOCL_F32)
        return test_is_close(of->truth, of->judge.magnitude, (float)of->found, of->ulps) ||
               test_is_underflow(of->truth, (float)of->found, of->judge.factor);
    if (isnan(of->truth) || isnan(of->found))
        return isnan(of->truth) && isnan(of->found);
    if (isinf(of->found) || isinf(of->truth))
        return (of->found < 0) == (of->truth < 0) && fabs(of->truth) >= overflow_of(of->type) * (1 - 0x1p-20) &&
               fabs(of->found) >= overflow_of(of->type);
    const double of_storage = loss_storage_error(of->type, fmax(fabs(of->truth), fabs(of->found)));
    return fabs(of->found - of->truth) <= ulps_allowed(of) * ulp_of(of) + of_storage * (1 + 0x1p-10) + flush_of(of);
}

/* ---- Elements ---- */

/* Half an ulp for each array of factors; two for the upstream value and the normaliser, a sum's bound if it is one. */
static double ulps_of_factors(const loss_problem *problem) {
    static const enum loss_array arrays[] = {LOSS_class_weights, LOSS_pos_weights, LOSS_weights, LOSS_upstream};
    double ulps = problem->description.reduction == FOCL_REDUCTION_NONE ? 0 : division_ulps;
    ulps += problem->description.reduction == FOCL_REDUCTION_WEIGHTED_MEAN ? sum_ulps : 0;
    for (size_t i = 0; i < COUNT_OF(arrays); i++)
        ulps += problem->inputs[arrays[i]] ? 0.5 : 0;
    return ulps;
}

static bool is_product(double gamma) {
    return gamma <= 0 || (gamma >= 1 && gamma <= 1) || (gamma >= 2 && gamma <= 2);
}

/* Of the softmax family q is a rounded sum, of blended targets it is blended: the power takes its ulps gamma times. */
static double ulps_of_power(const loss_problem *problem) {
    const focl_loss_description *description = &problem->description;
    const double gamma = fmax(description->gamma, description->gamma_negative);
    const bool blended = problem->soft || description->label_smoothing > 0;
    if (loss_is_of_rows(description))
        return 4 * gamma;
    return blended ? 3 * gamma : 0;
}

double loss_ulps(const loss_problem *problem) {
    const focl_loss_description *description = &problem->description;
    const double hard = is_product(description->gamma) && is_product(description->gamma_negative) ? 8 : 16;
    return hard + ulps_of_power(problem) + ulps_of_factors(problem);
}

/* A curvature has two gradients' worth of roundings. */
static double ulps_of(enum loss_array array, double ulps) {
    return array == LOSS_hessian ? 2 * ulps : ulps;
}

/* The true values of an array, and by what their errors are judged; NULL: the value alone. */
typedef struct judgement {
    enum loss_array array;
    const double *truth;
    const loss_judge *judges;
} judgement;

static bool is_of_elements(const loss_problem *problem, enum loss_array array) {
    return array != LOSS_loss && array != LOSS_pt ? true : !loss_is_of_rows(&problem->description);
}

static loss_element element_at(const loss_problem *problem, enum loss_array array, size_t i) {
    const focl_loss_description *description = &problem->description;
    return is_of_elements(problem, array) ? loss_element_of(description, i) : loss_element_in_row(description, i, 0);
}

static void fail_element(const loss_problem *problem, const judgement *by, size_t i, const comparison *of,
                         const char *where) {
    const focl_loss_description *description = &problem->description;
    const loss_element element = element_at(problem, by->array, i);
    ck_abort_msg("%s on %s: %s[%zu] is %a, true is %a: %.1f ulp of %g (of %g); row %zu, column %zu, input %a, target "
                 "%g, gamma %g",
                 problem->name, where, loss_array_name(by->array), i, of->found, of->truth, error_of(of),
                 ulps_allowed(of), fmax(fabs(of->truth), of->judge.magnitude), element.row, element.column,
                 loss_value_at(description->logits_type, problem->inputs[LOSS_logits], element.place),
                 loss_target_of(problem, element), description->gamma);
}

static bool is_ignored(const loss_problem *problem, size_t row) {
    const focl_loss_description *description = &problem->description;
    const double ignored = (double)description->ignore_index;
    if (!description->has_ignore_index)
        return false;
    const double label = loss_value_at(description->targets_type, problem->inputs[LOSS_targets], row);
    return label >= ignored && label <= ignored;
}

/* Probabilities of an ignored row that are none. */
static bool is_undefined(const loss_problem *problem, const judgement *by, size_t i) {
    return by->array == LOSS_probabilities && problem->description.activation == FOCL_CATEGORICAL &&
           is_ignored(problem, element_at(problem, by->array, i).row);
}

/* What an ignored row leaves behind is not nearly but exactly what it should be. */
static bool is_as_ignored(const loss_problem *problem, const judgement *by, size_t i, const comparison *of) {
    const bool other = by->array == LOSS_probabilities || (by->array == LOSS_gradient && problem->old_gradient);
    const bool ignored = !other && is_ignored(problem, element_at(problem, by->array, i).row);
    return !ignored || (of->found >= 0 && of->found <= 0);
}

/* Check notes every assertion that holds too, so where there are many only the failure is told. */
static void assert_elements(const loss_problem *problem, const judgement *by, const void *found, double ulps,
                            const char *where) {
    const focl_loss_description *description = &problem->description;
    const focl_type type = loss_array_type(description, by->array);
    const bool of_rows = loss_is_of_rows(description);
    const loss_judge of_shares = {0, of_rows ? (double)description->shape.classes : 1, of_rows};
    for (size_t i = 0; found && i < loss_array_count(description, by->array); i++) {
        const size_t place = loss_array_place(description, by->array, i);
        const comparison of = {
            .truth = by->truth[place],
            .judge = by->judges ? by->judges[place] : of_shares,
            .found = loss_value_at(type, found, place),
            .type = type,
            .ulps = ulps,
        };
        if (!is_undefined(problem, by, i) && !(is_close(&of) && is_as_ignored(problem, by, i, &of)))
            fail_element(problem, by, i, &of, where);
    }
}

/* ---- Values of the call ---- */

static void assert_one(const loss_problem *problem, enum loss_array array, const loss_answer *answer, double truth,
                       loss_judge judge, double ulps, const char *where) {
    const focl_type type = loss_array_type(&problem->description, array);
    const double found = loss_value_at(type, answer->outputs[array], 0);
    const comparison of = {truth, judge, found, type, ulps};
    ck_assert_msg(is_close(&of), "%s on %s: %s is %a, true is %a: %.1f ulp of %g", problem->name, where,
                  loss_array_name(array), found, truth, error_of(&of), ulps_allowed(&of));
}

/* Of f64 losses their sum must be known better than as an f64. */
typedef struct losses {
    long double sum;
    double sizes;
} losses;

static losses sum_of_losses(const loss_problem *problem, const loss_answer *answer) {
    const focl_loss_description *description = &problem->description;
    losses of = {0};
    for (size_t i = 0; i < loss_array_count(description, LOSS_loss); i++) {
        const double loss = loss_value_at(description->logits_type, answer->outputs[LOSS_loss],
                                          loss_array_place(description, LOSS_loss, i));
        of.sum += (long double)loss;
        of.sizes += fabs(loss);
    }
    return of;
}

/* The reduced loss, of the truth; and, to see the sum alone, of the very losses that the answer has. */
static void assert_reduced(const loss_problem *problem, const loss_truth *truth, const loss_answer *answer, double ulps,
                           const char *where) {
    const bool rounded = focl_type_size(problem->description.logits_type) < sizeof(float);
    assert_one(problem, LOSS_reduced, answer, truth->reduced, truth->judge_reduced, ulps + sum_ulps + division_ulps,
               where);
    if (!answer->outputs[LOSS_loss] || rounded || truth->used_normalizer == 0)
        return;
    const losses of = sum_of_losses(problem, answer);
    assert_one(problem, LOSS_reduced, answer, (double)(of.sum / (long double)truth->used_normalizer),
               (loss_judge){of.sizes / fabs(truth->used_normalizer), 1, false}, sum_ulps + division_ulps, where);
}

static void assert_counts(const loss_problem *problem, const focl_loss_counts *truth, const focl_loss_counts *found,
                          const char *where) {
    static const char *const names[] = {"elements", "rows",     "counted",      "counted_rows",
                                        "ignored",  "positive", "out_of_range", "first_out_of_range"};
    uint64_t expected[COUNT_OF(names)];
    uint64_t given[COUNT_OF(names)];
    memcpy(expected, truth, sizeof expected);
    memcpy(given, found, sizeof given);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        ck_assert_msg(given[i] == expected[i], "%s on %s: counts.%s is %" PRIu64 ", true is %" PRIu64, problem->name,
                      where, names[i], given[i], expected[i]);
}

void loss_assert_close(const loss_problem *problem, const loss_truth *truth, const loss_answer *answer, double ulps,
                       const char *where) {
    void *const *found = answer->outputs;
    const judgement judgements[] = {
        {LOSS_loss, truth->loss, truth->judge_loss},
        {LOSS_gradient, truth->gradient, truth->judge_gradient},
        {LOSS_hessian, truth->hessian, truth->judge_hessian},
        {LOSS_probabilities, truth->probabilities, NULL},
        {LOSS_pt, truth->pt, truth->judge_pt},
    };
    for (size_t i = 0; i < COUNT_OF(judgements); i++)
        assert_elements(problem, &judgements[i], found[judgements[i].array], ulps_of(judgements[i].array, ulps), where);
    if (found[LOSS_counts])
        assert_counts(problem, &truth->counts, found[LOSS_counts], where);
    if (found[LOSS_used_normalizer])
        assert_one(problem, LOSS_used_normalizer, answer, truth->used_normalizer, (loss_judge){0, 1, false},
                   sum_ulps + 1, where);
    if (found[LOSS_reduced])
        assert_reduced(problem, truth, answer, ulps, where);
}

/* ---- Bits ---- */

static void assert_same_array(const loss_problem *problem, enum loss_array array, const unsigned char *expected,
                              const unsigned char *found, const char *where) {
    const focl_type type = loss_array_type(&problem->description, array);
    const size_t bytes = array == LOSS_counts ? sizeof(uint64_t) : focl_type_size(type);
    for (size_t i = 0; i < loss_array_bytes(&problem->description, array) / bytes; i++) {
        if (memcmp(expected + i * bytes, found + i * bytes, bytes) == 0)
            continue;
        const double values[] = {loss_value_at(type, expected, i), loss_value_at(type, found, i)};
        if (array == LOSS_counts || !isnan(values[0]) || !isnan(values[1]))
            ck_abort_msg("%s on %s: %s[%zu] has other bits: %a, expected %a", problem->name, where,
                         loss_array_name(array), i, values[1], values[0]);
    }
}

void loss_assert_same(const loss_problem *problem, const loss_answer *expected, const loss_answer *found,
                      const char *where) {
    for (size_t i = LOSS_FIRST_OUTPUT; i < LOSS_ARRAYS; i++)
        if (expected->outputs[i] && found->outputs[i])
            assert_same_array(problem, (enum loss_array)i, expected->outputs[i], found->outputs[i], where);
}

/* ---- Everywhere ---- */

static void assert_status(const loss_problem *problem, focl_status status, const char *where) {
    ck_assert_msg(status == FOCL_OK, "%s on %s: %s", problem->name, where, focl_last_error()->message);
}

void loss_assert_mirror(const loss_problem *problem, const loss_truth *truth, const loss_answer *mirror) {
    assert_status(problem, loss_on_mirror(problem, mirror), "the mirror");
    loss_assert_close(problem, truth, mirror, loss_ulps(problem), "the mirror");
    loss_assert_gaps(problem, mirror);
}

/* A device without fp64 says so, by name, and writes nothing. */
static void assert_refuses_f64(const loss_problem *problem, size_t device) {
    focl_handle *handle = test_device(device);
    loss_answer answer = loss_answer_create(problem, loss_outputs(&problem->description));
    const focl_status statuses[] = {loss_on_device(handle, problem, &answer, 0),
                                    loss_on_host(handle, problem, &answer)};
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        ck_assert_msg(statuses[i] == FOCL_ENOTSUP, "%s: status %d", test_device_name(device), (int)statuses[i]);
    ck_assert_ptr_nonnull(strstr(focl_last_error()->message, "cl_khr_fp64"));
    ck_assert_ptr_nonnull(strstr(focl_last_error()->message, focl_handle_device(handle)->name));
    ck_assert(problem->old_gradient || problem->description.in_place || loss_answer_is_untouched(problem, &answer));
    loss_answer_free(&answer);
}

void loss_assert_on_device(const loss_problem *problem, const loss_truth *truth, const loss_answer *mirror,
                           size_t device, size_t offset) {
    const char *where = test_device_name(device);
    focl_handle *handle = test_device(device);
    if (problem->description.logits_type == FOCL_F64 && !focl_handle_device(handle)->fp64) {
        assert_refuses_f64(problem, device);
        return;
    }
    loss_answer on_device = loss_answer_create(problem, loss_outputs(&problem->description));
    loss_answer on_host = loss_answer_create(problem, loss_outputs(&problem->description));
    assert_status(problem, loss_on_device(handle, problem, &on_device, offset), where);
    assert_status(problem, loss_on_host(handle, problem, &on_host), where);
    if (focl_handle_device(handle)->bit_exact)
        loss_assert_same(problem, mirror, &on_device, where);
    else
        loss_assert_close(problem, truth, &on_device, loss_ulps(problem), where);
    loss_assert_same(problem, &on_device, &on_host, "the host form");
    loss_answer_free(&on_device);
    loss_answer_free(&on_host);
}

void loss_assert_everywhere(const loss_problem *problem, size_t offset) {
    loss_truth truth = loss_truth_of(problem);
    loss_answer mirror = loss_answer_create(problem, loss_outputs(&problem->description));
    loss_assert_mirror(problem, &truth, &mirror);
    for (size_t device = 0; device < test_device_count(); device++)
        loss_assert_on_device(problem, &truth, &mirror, device, offset);
    loss_answer_free(&mirror);
    loss_truth_free(&truth);
}

void loss_assert_in_turn(const loss_problem *problem, size_t offset, size_t number, size_t turns) {
    if (test_has_turn(number, turns))
        loss_assert_everywhere(problem, offset);
    else
        loss_assert_on_mirror(problem);
}

void loss_assert_on_mirror(const loss_problem *problem) {
    loss_truth truth = loss_truth_of(problem);
    loss_answer mirror = loss_answer_create(problem, loss_outputs(&problem->description));
    loss_assert_mirror(problem, &truth, &mirror);
    loss_answer_free(&mirror);
    loss_truth_free(&truth);
}
