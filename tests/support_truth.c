/* The truth of a problem, and how an answer is compared with it. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support_loss.h"

/* The stated bound of sums; and the roundings of the normaliser and of the division by it. */
static const double sum_ulps = 3;
static const double division_ulps = 2;

/* ---- The size of what may cancel ---- */

/*
 * With soft targets and with label smoothing the gradient is a sum of terms of both signs, and the error is judged by
 * their sizes. And q^gamma may fall below 2^-126 and be 0 where the whole, a factor larger, would not.
 */
typedef struct parts {
    double p, m, p_cost, m_cost, p_slope, m_slope, slope;
} parts;

static parts parts_of_logit(double x) {
    const double p = 1 / (1 + exp(-x));
    const double m = 1 / (1 + exp(x));
    const double cost = log1p(exp(-fabs(x)));
    return (parts){p, m, cost + fmax(-x, 0), cost + fmax(x, 0), m, p, p * m};
}

static parts parts_of_probability(double p) {
    const double m = 1 - p;
    return (parts){p, m, -log(p), -log1p(-p), 1 / p, 1 / m, 1};
}

static double clamp(double value, double clip) {
    return fmin(fmax(value, clip), 1 - clip);
}

/* What q^gamma is multiplied by, every term with its size. */
typedef struct terms {
    double power;    /* alpha_t q^gamma */
    double cost;     /* in the loss */
    double gradient; /* in the gradient */
} terms;

static terms terms_of(const focl_loss_description *description, double input, double t, double pos_weight) {
    const parts of = description->activation == FOCL_SIGMOID ? parts_of_logit(input)
                                                             : parts_of_probability(clamp(input, description->clip));
    const double smoothing = description->label_smoothing;
    const double of_one = pos_weight * (t * (1 - smoothing) + smoothing / 2);
    const double of_zero = 1 - (t * (1 - smoothing) + smoothing / 2);
    const double q = t * of.m + (1 - t) * of.p;
    const double cost = of_one * of.p_cost + of_zero * of.m_cost;
    const double alpha = description->alpha < 0 ? 1 : description->alpha * t + (1 - description->alpha) * (1 - t);
    const double power_slope = description->gamma * fabs(1 - 2 * t) * of.slope / q;
    return (terms){
        .power = alpha * pow(q, description->gamma),
        .cost = cost,
        .gradient = of_one * of.p_slope + of_zero * of.m_slope + power_slope * cost,
    };
}

static double factor(const void *array, size_t index) {
    return array ? (double)((const float *)array)[index] : 1;
}

static size_t row_of(const focl_view *view, size_t element) {
    return element / view->inner / view->classes * view->inner + element % view->inner;
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

static double pos_weight_of(const loss_problem *problem, size_t element) {
    const focl_loss_description *description = &problem->description;
    const size_t column = element / description->shape.inner % description->shape.classes;
    return factor(problem->inputs[LOSS_pos_weights], description->pos_weight_count == 1 ? 0 : column);
}

static factors factors_of(const loss_problem *problem, double normalizer, size_t element) {
    const focl_loss_description *description = &problem->description;
    const size_t row = row_of(&description->shape, element);
    const size_t column = element / description->shape.inner % description->shape.classes;
    const size_t of_weight = description->weights_extent == FOCL_PER_ROW ? row : element;
    const size_t of_upstream = description->upstream_extent == FOCL_PER_ROW ? row : element;
    factors by = {1, fmax(pos_weight_of(problem, element), 1)};
    multiply(&by, factor(problem->inputs[LOSS_class_weights], column));
    multiply(&by, factor(problem->inputs[LOSS_weights], of_weight));
    multiply(&by, factor(problem->inputs[LOSS_upstream], of_upstream));
    multiply(&by, description->upstream);
    multiply(&by, normalizer == 0 ? 0 : 1 / normalizer);
    return by;
}

static double target_of(const loss_problem *problem, size_t element) {
    const focl_loss_description *description = &problem->description;
    const void *targets = problem->inputs[LOSS_targets];
    const size_t row = row_of(&description->shape, element);
    const int64_t column = (int64_t)(element / description->shape.inner % description->shape.classes);
    switch (description->targets_type) {
    case FOCL_F32:
        return (double)((const float *)targets)[element];
    case FOCL_U8:
        return ((const uint8_t *)targets)[row] == column;
    case FOCL_I32:
        return ((const int32_t *)targets)[row] == column;
    case FOCL_I64:
        return ((const int64_t *)targets)[row] == column;
    }
    return 0;
}

static double finite_or_0(double value) {
    return isfinite(value) ? value : 0;
}

static bool is_hard(const loss_problem *problem, size_t element) {
    const double t = target_of(problem, element);
    return (t <= 0 || t >= 1) && problem->description.label_smoothing == 0;
}

/* ---- The truth ---- */

static double *doubles(size_t count) {
    double *values = calloc(count + 1, sizeof *values);
    ck_assert_ptr_nonnull(values);
    return values;
}

static void start_from_old_gradient(const loss_problem *problem, loss_truth *truth, size_t count) {
    for (size_t i = 0; problem->old_gradient && i < count; i++)
        truth->gradient[i] = (double)problem->old_gradient[i];
}

static void measure_element(const loss_problem *problem, loss_truth *truth, size_t i) {
    const double old = problem->old_gradient ? problem->description.accumulate * (double)problem->old_gradient[i] : 0;
    const double input = (double)((const float *)problem->inputs[LOSS_logits])[i];
    const terms of = terms_of(&problem->description, input, target_of(problem, i), pos_weight_of(problem, i));
    const factors by = factors_of(problem, truth->used_normalizer, i);
    const bool hard = is_hard(problem, i);
    const double sum = hard ? fabs(truth->gradient[i] - old) : finite_or_0(of.power * of.gradient * by.product);
    truth->gradient_magnitude[i] = sum + fabs(old);
    truth->gradient_factor[i] = by.above_1 * (hard ? 1 : fmax(finite_or_0(of.gradient), 1));
    truth->loss_factor[i] = by.above_1 * (hard ? 1 : fmax(finite_or_0(of.cost), 1));
}

loss_truth loss_truth_of(const loss_problem *problem) {
    const size_t count = loss_array_elements(&problem->description, LOSS_logits);
    const bool reduces = problem->description.reduction != FOCL_REDUCTION_NONE;
    loss_truth truth = {
        .loss = doubles(count),
        .gradient = doubles(count),
        .gradient_magnitude = doubles(count),
        .gradient_factor = doubles(count),
        .loss_factor = doubles(count),
        .probabilities = doubles(count),
        .pt = doubles(count),
        .used_normalizer = 1,
    };
    const focl_reference_outputs outputs = {
        .reduced = reduces ? &truth.reduced : NULL,
        .loss = truth.loss,
        .gradient = truth.gradient,
        .probabilities = truth.probabilities,
        .pt = truth.pt,
        .counts = &truth.counts,
        .used_normalizer = reduces ? &truth.used_normalizer : NULL,
    };
    const focl_loss_host_inputs inputs = {
#define INPUT(field, type, extent) .field = problem->inputs[LOSS_##field],
        FOCL_LOSS_INPUT_TABLE(INPUT)
#undef INPUT
    };
    start_from_old_gradient(problem, &truth, count);
    const focl_status status = focl_reference_loss(&problem->description, &inputs, &outputs);
    ck_assert_msg(status == FOCL_OK, "%s: reference: %s", problem->name, focl_last_error()->message);
    for (size_t i = 0; i < count; i++)
        measure_element(problem, &truth, i);
    return truth;
}

void loss_truth_free(loss_truth *truth) {
    free(truth->loss);
    free(truth->gradient);
    free(truth->gradient_magnitude);
    free(truth->gradient_factor);
    free(truth->loss_factor);
    free(truth->probabilities);
    free(truth->pt);
    *truth = (loss_truth){0};
}

/* ---- Comparison ---- */

/* Half an ulp for each array of factors; two for the upstream value and the normaliser, a sum's bound if it is one. */
static double ulps_of_factors(const loss_problem *problem) {
    static const enum loss_array arrays[] = {LOSS_class_weights, LOSS_pos_weights, LOSS_weights, LOSS_upstream};
    double ulps = problem->description.reduction == FOCL_REDUCTION_NONE ? 0 : division_ulps;
    ulps += problem->description.reduction == FOCL_REDUCTION_WEIGHTED_MEAN ? sum_ulps : 0;
    for (size_t i = 0; i < COUNT_OF(arrays); i++)
        ulps += problem->inputs[arrays[i]] ? 0.5 : 0;
    return ulps;
}

double loss_ulps(const loss_problem *problem) {
    const double gamma = problem->description.gamma;
    const double hard = gamma == 0 || gamma == 1 || gamma == 2 ? 8 : 16;
    return hard + (problem->soft ? 3 * gamma : 0) + ulps_of_factors(problem);
}

/* The true values of an array, and by what its errors are judged; NULL: the value alone. */
typedef struct judgement {
    enum loss_array array;
    const double *truth;
    const double *magnitude;
    const double *factor;
} judgement;

static double at(const double *values, size_t i) {
    return values ? values[i] : 0;
}

static void fail_element(const loss_problem *problem, const judgement *by, size_t i, float found, double ulps,
                         const char *where) {
    const double truth = by->truth[i];
    ck_abort_msg(
        "%s on %s: %s[%zu] is %a, true is %a: %.1f ulp of %g; input %a, target %g, gamma %g", problem->name, where,
        loss_array_name(by->array), i, (double)found, truth, test_error_ulps(truth, at(by->magnitude, i), found), ulps,
        (double)((const float *)problem->inputs[LOSS_logits])[i], target_of(problem, i), problem->description.gamma);
}

/* Check notes every assertion that holds too, so where there are many only the failure is told. */
static void assert_elements(const loss_problem *problem, const judgement *by, const float *found, double ulps,
                            const char *where) {
    const size_t count = loss_array_elements(&problem->description, by->array);
    for (size_t i = 0; found && i < count; i++)
        if (!test_is_close(by->truth[i], at(by->magnitude, i), found[i], ulps) &&
            !test_is_underflow(by->truth[i], found[i], at(by->factor, i)))
            fail_element(problem, by, i, found[i], ulps, where);
}

static void assert_one(const loss_problem *problem, enum loss_array array, double truth, float found, double ulps,
                       const char *where) {
    ck_assert_msg(test_is_close(truth, 0, found, ulps), "%s on %s: %s is %a, true is %a: %.1f ulp of %g", problem->name,
                  where, loss_array_name(array), (double)found, truth, test_error_ulps(truth, 0, found), ulps);
}

static double sum_of(const float *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i];
    return sum;
}

/* The reduced loss, of the truth; and, to see the sum alone, of the very element losses that the answer has. */
static void assert_reduced(const loss_problem *problem, const loss_truth *truth, const loss_answer *answer, double ulps,
                           const char *where) {
    const float found = *(const float *)answer->outputs[LOSS_reduced];
    const float *losses = answer->outputs[LOSS_loss];
    assert_one(problem, LOSS_reduced, truth->reduced, found, ulps + sum_ulps + division_ulps, where);
    if (!losses || truth->used_normalizer == 0)
        return;
    const double sum = sum_of(losses, loss_array_elements(&problem->description, LOSS_loss));
    assert_one(problem, LOSS_reduced, sum / truth->used_normalizer, found, sum_ulps + division_ulps, where);
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
        {LOSS_loss, truth->loss, NULL, truth->loss_factor},
        {LOSS_gradient, truth->gradient, truth->gradient_magnitude, truth->gradient_factor},
        {LOSS_probabilities, truth->probabilities, NULL, NULL},
        {LOSS_pt, truth->pt, NULL, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(judgements); i++)
        assert_elements(problem, &judgements[i], found[judgements[i].array], ulps, where);
    if (found[LOSS_counts])
        assert_counts(problem, &truth->counts, found[LOSS_counts], where);
    if (found[LOSS_used_normalizer])
        assert_one(problem, LOSS_used_normalizer, truth->used_normalizer, *(const float *)found[LOSS_used_normalizer],
                   sum_ulps + 1, where);
    if (found[LOSS_reduced])
        assert_reduced(problem, truth, answer, ulps, where);
}

static float float_at(const unsigned char *bytes, size_t i) {
    float value;
    memcpy(&value, bytes + i * sizeof value, sizeof value);
    return value;
}

static void assert_same_array(const loss_problem *problem, enum loss_array array, const unsigned char *expected,
                              const unsigned char *found, const char *where) {
    const size_t count = loss_array_bytes(&problem->description, array) / sizeof(float);
    for (size_t i = 0; i < count; i++) {
        const double values[] = {(double)float_at(expected, i), (double)float_at(found, i)};
        const bool same_bits = memcmp(expected + i * sizeof(float), found + i * sizeof(float), sizeof(float)) == 0;
        if (!same_bits && (array == LOSS_counts || !isnan(values[0]) || !isnan(values[1])))
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

static void assert_on_device(const loss_problem *problem, const loss_truth *truth, const loss_answer *mirror,
                             size_t device, size_t offset) {
    const char *where = test_device_name(device);
    focl_handle *handle = test_device(device);
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
    const double ulps = loss_ulps(problem);
    loss_truth truth = loss_truth_of(problem);
    loss_answer mirror = loss_answer_create(problem, loss_outputs(&problem->description));
    assert_status(problem, loss_on_mirror(problem, &mirror), "the mirror");
    loss_assert_close(problem, &truth, &mirror, ulps, "the mirror");
    for (size_t device = 0; device < test_device_count(); device++)
        assert_on_device(problem, &truth, &mirror, device, offset);
    loss_answer_free(&mirror);
    loss_truth_free(&truth);
}
