/* How far an answer is from the truth, and where two answers differ. */
#include "support_judgement.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "support_judge.h"

/* The stated bound of sums; and the roundings of the normaliser and of the division by it. */
static const double sum_ulps = 3;
static const double division_ulps = 2;

/* ---- One value ---- */

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

static double size_of(const loss_comparison *of) {
    return fmax(fmax(fabs(of->truth), of->judge.magnitude), least_of(of->type));
}

/* Of f64, or of f32 where the number is that or stored in less. */
static double ulp_of(const loss_comparison *of) {
    int exponent;
    (void)frexp(size_of(of), &exponent);
    return ldexp(1, exponent - (of->type == FOCL_F64 ? DBL_MANT_DIG : FLT_MANT_DIG));
}

/*
 * The truth is calculated in f64 itself. Of an f64 it may be off by as much as what is looked at: every step of it is
 * rounded; and by more where it is small, which it is for the sake of an exponential: of x ulps if that is exp(-x), for
 * each rounding of its argument, a difference of logits or the product of gamma and a logarithm. There are up to two.
 */
double loss_ulps_allowed(const loss_comparison *of) {
    return of->type == FOCL_F64 ? 2 * (of->ulps + fabs(log(size_of(of)))) : of->ulps;
}

/* What may have been flushed to 0 on the way. */
static double flush_of(const loss_comparison *of) {
    return least_of(of->type) * (1 + 0x1p-10) * fmax(of->judge.factor, 1);
}

static double error_of_f32(const loss_comparison *of) {
    const bool underflow = test_is_underflow(of->truth, (float)of->found, of->judge.factor);
    return underflow ? 0 : test_error_ulps(of->truth, of->judge.magnitude, (float)of->found);
}

static bool is_overflow(const loss_comparison *of) {
    return (of->found < 0) == (of->truth < 0) && fabs(of->truth) >= overflow_of(of->type) * (1 - 0x1p-20) &&
           fabs(of->found) >= overflow_of(of->type);
}

static double error_of_stored(const loss_comparison *of) {
    const double of_storage = loss_storage_error(of->type, fmax(fabs(of->truth), fabs(of->found)));
    if (isnan(of->truth) || isnan(of->found))
        return isnan(of->truth) && isnan(of->found) ? 0 : HUGE_VAL;
    if (isinf(of->found) || isinf(of->truth))
        return is_overflow(of) ? 0 : HUGE_VAL;
    return fmax(fabs(of->found - of->truth) - of_storage * (1 + 0x1p-10) - flush_of(of), 0) / ulp_of(of);
}

double loss_error_ulps(const loss_comparison *of) {
    if (of->judge.lost && fabs(of->found - of->truth) <= flush_of(of))
        return 0;
    return of->type == FOCL_F32 ? error_of_f32(of) : error_of_stored(of);
}

bool loss_is_close(const loss_comparison *of) {
    return loss_error_ulps(of) <= loss_ulps_allowed(of) && !(of->must_be_0 && (of->found < 0 || of->found > 0));
}

/* ---- Elements ---- */

/* Half an ulp for each array of factors. */
static double ulps_of_weights(const loss_problem *problem) {
    static const enum loss_array arrays[] = {LOSS_class_weights, LOSS_pos_weights, LOSS_weights};
    double ulps = 0;
    for (size_t i = 0; i < COUNT_OF(arrays); i++)
        ulps += problem->inputs[arrays[i]] ? 0.5 : 0;
    return ulps;
}

/* What derivatives are multiplied by and losses are not: two for the upstream value and the normaliser, a sum's bound
 * if it is one. */
static double ulps_of_upstream(const loss_problem *problem) {
    const focl_reduction reduction = problem->description.reduction;
    const double of_array = problem->inputs[LOSS_upstream] ? 0.5 : 0;
    const double of_sum = reduction == FOCL_REDUCTION_WEIGHTED_MEAN ? sum_ulps : 0;
    return of_array + of_sum + (reduction == FOCL_REDUCTION_NONE ? 0 : division_ulps);
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
    return hard + ulps_of_power(problem) + ulps_of_weights(problem) + ulps_of_upstream(problem);
}

/* A curvature has two gradients' worth of roundings. */
static double ulps_of(const loss_problem *problem, enum loss_array array, double ulps) {
    switch (array) {
    case LOSS_gradient:
        return ulps;
    case LOSS_hessian:
        return 2 * ulps;
    default:
        return ulps - ulps_of_upstream(problem);
    }
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

static bool is_ignored(const loss_problem *problem, size_t row) {
    const focl_loss_description *description = &problem->description;
    const double ignored = (double)description->ignore_index;
    if (!description->has_ignore_index)
        return false;
    const double label = loss_value_at(description->targets_type, problem->inputs[LOSS_targets], row);
    return label >= ignored && label <= ignored;
}

/* Probabilities of an ignored row that are none. */
static bool is_undefined(const loss_problem *problem, enum loss_array array, size_t i) {
    return array == LOSS_probabilities && problem->description.activation == FOCL_CATEGORICAL &&
           is_ignored(problem, element_at(problem, array, i).row);
}

/* What an ignored row leaves behind is not nearly but exactly what it should be. */
static bool must_be_0(const loss_problem *problem, enum loss_array array, size_t i) {
    const bool other = array == LOSS_probabilities || (array == LOSS_gradient && problem->old_gradient);
    return !other && is_ignored(problem, element_at(problem, array, i).row);
}

loss_element loss_comparison_element(const loss_problem *problem, const loss_comparison *of) {
    return element_at(problem, of->array, of->number);
}

/* To whom the entries of an answer are shown. */
typedef struct tour {
    const loss_problem *problem;
    const loss_answer *answer;
    loss_visitor *visit;
    void *context;
} tour;

static void visit_elements(const tour *of, const judgement *by, double ulps) {
    const focl_loss_description *description = &of->problem->description;
    const focl_type type = loss_array_type(description, by->array);
    const void *found = of->answer->outputs[by->array];
    const bool of_rows = loss_is_of_rows(description);
    const loss_judge of_shares = {0, of_rows ? (double)description->shape.classes : 1, of_rows};
    for (size_t i = 0; found && i < loss_array_count(description, by->array); i++) {
        const size_t place = loss_array_place(description, by->array, i);
        const loss_comparison entry = {
            .array = by->array,
            .number = i,
            .truth = by->truth[place],
            .judge = by->judges ? by->judges[place] : of_shares,
            .found = loss_value_at(type, found, place),
            .type = type,
            .ulps = ulps,
            .must_be_0 = must_be_0(of->problem, by->array, i),
        };
        if (!is_undefined(of->problem, by->array, i))
            of->visit(of->context, of->problem, &entry);
    }
}

/* ---- Values of the call ---- */

static void visit_one(const tour *of, enum loss_array array, double truth, loss_judge judge, double ulps,
                      bool of_own_sum) {
    const focl_type type = loss_array_type(&of->problem->description, array);
    const loss_comparison entry = {
        .array = array,
        .truth = truth,
        .judge = judge,
        .found = loss_value_at(type, of->answer->outputs[array], 0),
        .type = type,
        .ulps = ulps,
        .of_own_sum = of_own_sum,
    };
    of->visit(of->context, of->problem, &entry);
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
static void visit_reduced(const tour *of, const loss_truth *truth, double ulps) {
    const bool rounded = focl_type_size(of->problem->description.logits_type) < sizeof(float);
    visit_one(of, LOSS_reduced, truth->reduced, truth->judge_reduced, ulps + sum_ulps + division_ulps, false);
    if (!of->answer->outputs[LOSS_loss] || rounded || truth->used_normalizer == 0)
        return;
    const losses own = sum_of_losses(of->problem, of->answer);
    visit_one(of, LOSS_reduced, (double)(own.sum / (long double)truth->used_normalizer),
              (loss_judge){own.sizes / fabs(truth->used_normalizer), 1, false}, sum_ulps + division_ulps, true);
}

void loss_compare(const loss_problem *problem, const loss_truth *truth, const loss_answer *answer, double ulps,
                  loss_visitor *visit, void *context) {
    const tour of = {problem, answer, visit, context};
    const judgement judgements[] = {
        {LOSS_loss, truth->loss, truth->judge_loss},
        {LOSS_gradient, truth->gradient, truth->judge_gradient},
        {LOSS_hessian, truth->hessian, truth->judge_hessian},
        {LOSS_probabilities, truth->probabilities, NULL},
        {LOSS_pt, truth->pt, truth->judge_pt},
    };
    for (size_t i = 0; i < COUNT_OF(judgements); i++)
        visit_elements(&of, &judgements[i], ulps_of(problem, judgements[i].array, ulps));
    if (answer->outputs[LOSS_used_normalizer])
        visit_one(&of, LOSS_used_normalizer, truth->used_normalizer, (loss_judge){0, 1, false}, sum_ulps + 1, false);
    if (answer->outputs[LOSS_reduced])
        visit_reduced(&of, truth, ulps);
}

/* ---- Counters ---- */

loss_counter loss_first_wrong_counter(const focl_loss_counts *truth, const focl_loss_counts *found) {
    static const char *const names[] = {"elements", "rows",     "counted",      "counted_rows",
                                        "ignored",  "positive", "out_of_range", "first_out_of_range"};
    uint64_t expected[COUNT_OF(names)];
    uint64_t given[COUNT_OF(names)];
    memcpy(expected, truth, sizeof expected);
    memcpy(given, found, sizeof given);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (given[i] != expected[i])
            return (loss_counter){names[i], expected[i], given[i]};
    return (loss_counter){0};
}

/* ---- Bits ---- */

static loss_difference difference_of_array(const loss_problem *problem, enum loss_array array,
                                           const unsigned char *expected, const unsigned char *found) {
    const focl_type type = loss_array_type(&problem->description, array);
    const size_t bytes = array == LOSS_counts ? sizeof(uint64_t) : focl_type_size(type);
    for (size_t i = 0; i < loss_array_bytes(&problem->description, array) / bytes; i++) {
        if (memcmp(expected + i * bytes, found + i * bytes, bytes) == 0)
            continue;
        const focl_type shown = array == LOSS_counts ? FOCL_I64 : type;
        const double values[] = {loss_value_at(shown, expected, i), loss_value_at(shown, found, i)};
        if (!isnan(values[0]) || !isnan(values[1]))
            return (loss_difference){true, array, i, values[0], values[1]};
    }
    return (loss_difference){0};
}

loss_difference loss_first_difference(const loss_problem *problem, const loss_answer *expected,
                                      const loss_answer *found) {
    loss_difference difference = {0};
    for (size_t i = LOSS_FIRST_OUTPUT; i < LOSS_ARRAYS && !difference.any; i++)
        if (expected->outputs[i] && found->outputs[i])
            difference = difference_of_array(problem, (enum loss_array)i, expected->outputs[i], found->outputs[i]);
    return difference;
}
