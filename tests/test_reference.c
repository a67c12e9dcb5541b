/* The reference against values of 120 digits, finite differences and problems small enough to work out by hand. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/reference_values.h"
#include "support_reference.h"

START_TEST(gives_the_digits) {
    const struct reference_value *value = &reference_values[_i];
    focl_loss_description description = focl_loss_default(value->activation, FOCL_FOCAL, (focl_view){1, 1, 1});
    description.gamma = value->gamma;
    description.alpha = value->alpha;
    description.label_smoothing = value->label_smoothing;
    description.pos_weight_count = 1;
    const float logit = (float)value->input;
    const float target = (float)value->target;
    const float pos_weight = (float)value->pos_weight;
    double loss;
    double gradient;
    const focl_loss_host_inputs inputs = {.logits = &logit, .targets = &target, .pos_weights = &pos_weight};
    const focl_reference_outputs outputs = {.loss = &loss, .gradient = &gradient};
    ck_assert_int_eq(focl_reference_loss(&description, &inputs, &outputs), FOCL_OK);
    assert_near(loss, value->loss, 1e-13, "loss");
    assert_near(gradient, value->gradient, 1e-12, "gradient");
}
END_TEST

/* ---- Extremes ---- */

typedef struct point {
    double loss, gradient, probability, pt;
} point;

static point value_of(focl_activation activation, double gamma, double smoothing, float input, float target) {
    focl_loss_description description = focl_loss_default(activation, FOCL_FOCAL, (focl_view){1, 1, 1});
    description.gamma = gamma;
    description.alpha = -1;
    description.label_smoothing = smoothing;
    point value;
    const focl_loss_host_inputs inputs = {.logits = &input, .targets = &target};
    const focl_reference_outputs outputs = {
        .loss = &value.loss, .gradient = &value.gradient, .probabilities = &value.probability, .pt = &value.pt};
    ck_assert_int_eq(focl_reference_loss(&description, &inputs, &outputs), FOCL_OK);
    return value;
}

START_TEST(sigmoid_is_finite_for_every_logit) {
    static const double gammas[] = {0, 1e-3, 0.5, 1, 1.5, 2, 5, 1000};
    static const float logits[] = {0,     1e-30F, 88,      89,       104,    745,    1e4F,   3.4e38F,
                                   -1e4F, -745,   -1e-30F, -3.4e38F, -104.F, -17.4F, -9.39F, 16};
    for (size_t g = 0; g < COUNT_OF(gammas); g++)
        for (size_t i = 0; i < COUNT_OF(logits); i++)
            for (int t = 0; t <= 1; t++) {
                const point value = value_of(FOCL_SIGMOID, gammas[g], 0, logits[i], (float)t);
                ck_assert_msg(isfinite(value.loss) && isfinite(value.gradient) && value.loss >= 0, "gamma %g logit %g",
                              gammas[g], (double)logits[i]);
            }
}
END_TEST

START_TEST(wrong_answers_cost_their_logit) {
    const point value = value_of(FOCL_SIGMOID, 2, 0, -1e4F, 1);
    ck_assert_double_eq(value.loss, 1e4);
    ck_assert_double_eq(value.gradient, -1);
    ck_assert_double_eq(value.pt, 0);
}
END_TEST

/* q = exp(-10000) is no double, but q^0.001 = exp(-10) is. */
START_TEST(power_survives_where_its_base_does_not) {
    const point value = value_of(FOCL_SIGMOID, 0.001, 0.5, 1e4F, 1);
    assert_near(value.loss, exp(-10) * 2500, 1e-12, "loss");
}
END_TEST

START_TEST(certain_probabilities) {
    static const double gammas[] = {0.5, 1, 2, 5};
    for (size_t g = 0; g < COUNT_OF(gammas); g++)
        for (int t = 0; t <= 1; t++) {
            const point right = value_of(FOCL_IDENTITY, gammas[g], 0, (float)t, (float)t);
            const point wrong = value_of(FOCL_IDENTITY, gammas[g], 0, (float)(1 - t), (float)t);
            ck_assert_double_eq(right.loss, 0);
            ck_assert_double_eq(right.gradient, 0);
            ck_assert_double_eq(right.pt, 1);
            ck_assert(isinf(wrong.loss) && wrong.loss > 0);
            ck_assert(isinf(wrong.gradient) && (wrong.gradient > 0) == (t == 0));
        }
    ck_assert_double_eq(value_of(FOCL_IDENTITY, 0, 0, 1, 1).gradient, -1);
    ck_assert_double_eq(value_of(FOCL_IDENTITY, 0, 0, 0, 0).gradient, 1);
}
END_TEST

/* Where the cost and its slope are both infinite, the slope says where the gradient points. */
START_TEST(soft_targets_of_certain_probabilities) {
    static const double gammas[] = {0.5, 1, 2};
    for (size_t g = 0; g < COUNT_OF(gammas); g++)
        for (int p = 0; p <= 1; p++) {
            const point value = value_of(FOCL_IDENTITY, gammas[g], 0, (float)p, 0.75F);
            ck_assert(isinf(value.loss) && value.loss > 0);
            ck_assert(isinf(value.gradient) && (value.gradient > 0) == (p == 1));
        }
}
END_TEST

START_TEST(what_is_no_probability_is_nan) {
    static const float inputs[] = {-0.5F, 1.5F, INFINITY, NAN};
    for (size_t i = 0; i < COUNT_OF(inputs); i++) {
        const point value = value_of(FOCL_IDENTITY, 2, 0, inputs[i], 1);
        ck_assert(isnan(value.loss) && isnan(value.gradient) && isnan(value.probability) && isnan(value.pt));
    }
}
END_TEST

/* ---- Finite differences ---- */

static double loss_at(const focl_loss_description *description, float logit, float target) {
    double reduced;
    const focl_loss_host_inputs inputs = {.logits = &logit, .targets = &target};
    const focl_reference_outputs outputs = {.reduced = &reduced};
    ck_assert_int_eq(focl_reference_loss(description, &inputs, &outputs), FOCL_OK);
    return reduced;
}

static double gradient_at(const focl_loss_description *description, float logit, float target) {
    double gradient;
    const focl_loss_host_inputs inputs = {.logits = &logit, .targets = &target};
    const focl_reference_outputs outputs = {.gradient = &gradient};
    ck_assert_int_eq(focl_reference_loss(description, &inputs, &outputs), FOCL_OK);
    return gradient;
}

START_TEST(gradient_is_the_slope) {
    static const double gammas[] = {0, 0.25, 1, 2, 3.5};
    const focl_activation activation = (focl_activation)_i;
    test_random random = test_random_start(1);
    for (size_t i = 0; i < 400; i++) {
        focl_loss_description description = focl_loss_default(activation, FOCL_FOCAL, (focl_view){1, 1, 1});
        description.gamma = gammas[i % COUNT_OF(gammas)];
        description.label_smoothing = i % 3 == 0 ? 0.1 : 0;
        const double low = activation == FOCL_SIGMOID ? -8 : 0.05;
        const float x = (float)test_random_uniform(&random, low, activation == FOCL_SIGMOID ? 8 : 0.95);
        const float t = i % 2 ? (float)test_random_uniform(&random, 0, 1) : (float)(i / 2 % 2);
        const float step = fabsf(x) * 0x1p-12F;
        const float above = x + step;
        const float below = x - step;
        const double slope =
            (loss_at(&description, above, t) - loss_at(&description, below, t)) / (double)(above - below);
        const double gradient = gradient_at(&description, x, t);
        ck_assert_msg(fabs(slope - gradient) <= 1e-4 * fabs(gradient) + 1e-6, "x %a, t %a, gamma %g: %g, slope %g",
                      (double)x, (double)t, description.gamma, gradient, slope);
    }
}
END_TEST

/* ---- A problem to work out by hand ---- */

/*
 * Logits 0, so every element has p = 1/2, CE = log 2, FL = alpha_t 2^-2 log 2 with gamma 2, and gradient
 * -(2t-1) alpha_t 2^-2 (log 2 + 1/2). Two rows, three classes.
 */
enum { ROWS = 2, CLASSES = 3, ELEMENTS = ROWS * CLASSES };

static const float zeros[ELEMENTS];
static const double unit = 0.25 * 0.69314718055994530942;
static const double slope_unit = 0.25 * (0.69314718055994530942 + 0.5);

typedef struct outcome {
    double reduced, used_normalizer, loss[ELEMENTS], gradient[ELEMENTS], pt[ELEMENTS], probabilities[ELEMENTS];
    focl_loss_counts counts;
} outcome;

static focl_loss_description hand_description(focl_type targets_type) {
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){ROWS, CLASSES, 1});
    description.targets_type = targets_type;
    description.alpha = -1;
    return description;
}

static outcome work_out(const focl_loss_description *description, const focl_loss_host_inputs *given) {
    focl_loss_host_inputs inputs = *given;
    outcome found = {0};
    const bool reduces = description->reduction != FOCL_REDUCTION_NONE;
    const focl_reference_outputs outputs = {
        .reduced = reduces ? &found.reduced : NULL,
        .loss = found.loss,
        .gradient = found.gradient,
        .probabilities = found.probabilities,
        .pt = found.pt,
        .counts = &found.counts,
        .used_normalizer = reduces ? &found.used_normalizer : NULL,
    };
    inputs.logits = inputs.logits ? inputs.logits : zeros;
    const focl_status status = focl_reference_loss(description, &inputs, &outputs);
    ck_assert_msg(status == FOCL_OK, "%s", focl_last_error()->message);
    return found;
}

START_TEST(reductions_divide_by_what_they_say) {
    static const float targets[ELEMENTS] = {1, 0, 0, 1, 1, 0};
    static const float class_weights[CLASSES] = {1, 2, 4};
    static const float weights[ROWS] = {1, 0.5F};
    static const struct {
        focl_reduction reduction;
        double divisor;
    } rows[] = {{FOCL_REDUCTION_SUM, 1},           {FOCL_REDUCTION_MEAN, 6},
                {FOCL_REDUCTION_ROW_MEAN, 2},      {FOCL_REDUCTION_WEIGHTED_MEAN, 10.5},
                {FOCL_REDUCTION_POSITIVE_MEAN, 3}, {FOCL_REDUCTION_GIVEN, 8},
                {FOCL_REDUCTION_NONE, 1}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        focl_loss_description description = hand_description(FOCL_F32);
        description.reduction = rows[i].reduction;
        description.normalizer = 8;
        description.upstream = 2;
        const outcome found =
            work_out(&description,
                     &(focl_loss_host_inputs){.targets = targets, .class_weights = class_weights, .weights = weights});
        const bool reduces = rows[i].reduction != FOCL_REDUCTION_NONE;
        assert_near(found.reduced, reduces ? 10.5 * unit / rows[i].divisor : 0, 1e-14, "reduced");
        assert_near(found.used_normalizer, reduces ? rows[i].divisor : 0, 0, "used_normalizer");
        assert_near(found.loss[4], 2 * 0.5 * unit, 1e-14, "loss");
        assert_near(found.gradient[4], -2 * 2 * 0.5 * slope_unit / rows[i].divisor, 1e-14, "gradient");
        assert_near(found.gradient[2], 2 * 4 * slope_unit / rows[i].divisor, 1e-14, "gradient");
    }
}
END_TEST

START_TEST(alpha_and_pos_weight_know_the_side) {
    static const float targets[ELEMENTS] = {1, 0, 0.5F, 1, 1, 0};
    static const float pos_weights[CLASSES] = {3, 5, 7};
    focl_loss_description description = hand_description(FOCL_F32);
    description.alpha = 0.25;
    description.pos_weight_count = CLASSES;
    outcome found = work_out(&description, &(focl_loss_host_inputs){.targets = targets, .pos_weights = pos_weights});
    assert_near(found.loss[0], 0.25 * 3 * unit, 1e-14, "t = 1");
    assert_near(found.loss[1], 0.75 * unit, 1e-14, "t = 0");
    assert_near(found.loss[2], 0.5 * (7 * 0.5 + 0.5) * unit, 1e-14, "t = 1/2");
    description.pos_weight_count = 1;
    found = work_out(&description, &(focl_loss_host_inputs){.targets = targets, .pos_weights = pos_weights});
    assert_near(found.loss[4], 0.25 * 3 * unit, 1e-14, "one weight for all");
}
END_TEST

START_TEST(labels_ignored_background_and_classes) {
    static const int32_t labels[ROWS] = {1, 9};
    static const float logits[ELEMENTS] = {0, 0, 0, NAN, INFINITY, -INFINITY};
    focl_loss_description description = hand_description(FOCL_I32);
    description.has_ignore_index = true;
    description.ignore_index = 9;
    description.has_background = true;
    description.background = 9;
    outcome found = work_out(&description, &(focl_loss_host_inputs){.logits = logits, .targets = labels});
    assert_near(found.reduced, unit, 1e-14, "mean of the row that counts");
    ck_assert_double_eq(found.loss[3] + found.loss[4] + found.loss[5], 0);
    ck_assert_double_eq(found.gradient[3] + found.gradient[4] + found.gradient[5], 0);
    ck_assert_double_eq(found.pt[3] + found.pt[4] + found.pt[5], 0);
    ck_assert(isnan(found.probabilities[3]));
    ck_assert_double_eq(found.probabilities[4] + found.probabilities[5], 1);
    ck_assert_uint_eq(found.counts.counted, 3);
    ck_assert_uint_eq(found.counts.counted_rows, 1);
    ck_assert_uint_eq(found.counts.ignored, 1);
    ck_assert_uint_eq(found.counts.positive, 1);
    description.has_ignore_index = false;
    found = work_out(&description, &(focl_loss_host_inputs){.targets = labels});
    assert_near(found.loss[4], unit, 1e-14, "background is negative");
    ck_assert_double_gt(found.gradient[4], 0);
    ck_assert_uint_eq(found.counts.counted, 6);
    ck_assert_uint_eq(found.counts.positive, 1);
}
END_TEST

START_TEST(target_only_counts_one_element_a_row) {
    static const uint8_t labels[ROWS] = {2, 7};
    focl_loss_description description = hand_description(FOCL_U8);
    description.has_background = true;
    description.background = 7;
    description.target_only = true;
    const outcome found = work_out(&description, &(focl_loss_host_inputs){.targets = labels});
    for (size_t i = 0; i < ELEMENTS; i++)
        assert_near(found.loss[i], i == 2 ? unit : 0, 1e-14, "loss");
    ck_assert_uint_eq(found.counts.counted, 1);
    ck_assert_uint_eq(found.counts.positive, 1);
    ck_assert_uint_eq(found.counts.counted_rows, 2);
    assert_near(found.reduced, unit, 1e-14, "mean");
}
END_TEST

START_TEST(nothing_counted) {
    static const int64_t labels[ROWS] = {-100, -100};
    focl_loss_description description = hand_description(FOCL_I64);
    description.has_ignore_index = true;
    description.ignore_index = -100;
    outcome found = work_out(&description, &(focl_loss_host_inputs){.targets = labels});
    ck_assert_double_eq(found.reduced, 0);
    ck_assert_double_eq(found.used_normalizer, 0);
    description.empty = FOCL_EMPTY_NAN;
    found = work_out(&description, &(focl_loss_host_inputs){.targets = labels});
    ck_assert(isnan(found.reduced));
    ck_assert_double_eq(found.gradient[0], 0);
    description.reduction = FOCL_REDUCTION_POSITIVE_MEAN;
    found = work_out(&description, &(focl_loss_host_inputs){.targets = labels});
    ck_assert_double_eq(found.reduced, 0);
    ck_assert_double_eq(found.used_normalizer, 1);
}
END_TEST

START_TEST(given_normalizer_of_zero_has_no_gradient) {
    static const float targets[ELEMENTS] = {1, 0, 0, 1, 1, 0};
    static const float nothing = 0;
    focl_loss_description description = hand_description(FOCL_F32);
    description.reduction = FOCL_REDUCTION_GIVEN;
    const outcome found = work_out(&description, &(focl_loss_host_inputs){.targets = targets, .normalizer = &nothing});
    ck_assert_double_eq(found.reduced, 0);
    ck_assert_double_eq(found.gradient[0], 0);
    assert_near(found.loss[0], unit, 1e-14, "loss");
}
END_TEST

START_TEST(no_elements_is_success) {
    focl_loss_description description = hand_description(FOCL_F32);
    description.shape.outer = 0;
    const outcome found = work_out(&description, &(focl_loss_host_inputs){0});
    ck_assert_double_eq(found.reduced, 0);
    ck_assert_uint_eq(found.counts.elements, 0);
    ck_assert_uint_eq(found.counts.first_out_of_range, UINT64_MAX);
}
END_TEST

START_TEST(accumulates_on_the_old_gradient) {
    static const float targets[ELEMENTS] = {1, 0, 0, 1, 1, 0};
    focl_loss_description description = hand_description(FOCL_F32);
    description.reduction = FOCL_REDUCTION_SUM;
    description.accumulate = -0.5;
    double gradient[ELEMENTS] = {8, 0, 0, 0, 0, 16};
    const focl_loss_host_inputs inputs = {.logits = zeros, .targets = targets};
    ck_assert_int_eq(focl_reference_loss(&description, &inputs, &(focl_reference_outputs){.gradient = gradient}),
                     FOCL_OK);
    assert_near(gradient[0], -4 - slope_unit, 1e-14, "gradient");
    assert_near(gradient[5], -8 + slope_unit, 1e-14, "gradient");
}
END_TEST

START_TEST(upstream_per_row_and_per_element) {
    static const float targets[ELEMENTS] = {1, 0, 0, 1, 1, 0};
    static const float upstream[ELEMENTS] = {2, 3, 5, 7, 11, 13};
    focl_loss_description description = hand_description(FOCL_F32);
    description.reduction = FOCL_REDUCTION_NONE;
    description.upstream = -1;
    const focl_loss_host_inputs inputs = {.targets = targets, .upstream = upstream};
    outcome found = work_out(&description, &inputs);
    assert_near(found.gradient[4], 3 * slope_unit, 1e-14, "per row");
    description.upstream_extent = FOCL_PER_ELEMENT;
    found = work_out(&description, &inputs);
    assert_near(found.gradient[4], 11 * slope_unit, 1e-14, "per element");
    assert_near(found.loss[4], unit, 1e-14, "no upstream in the loss");
}
END_TEST

/* The seed of this project: where(target == 1, input, 1 - input). */
START_TEST(selects_pt) {
    static const float input[ELEMENTS] = {.2F, .1F, .7F, .1F, .3F, .6F};
    static const float targets[ELEMENTS] = {0, 0, 1, 0, 0, 1};
    static const double expected[ELEMENTS] = {.8, .9, .7, .9, .7, .6};
    focl_loss_description description = hand_description(FOCL_F32);
    description.activation = FOCL_IDENTITY;
    const outcome found = work_out(&description, &(focl_loss_host_inputs){.logits = input, .targets = targets});
    for (size_t i = 0; i < ELEMENTS; i++)
        assert_near(found.pt[i], expected[i], 1e-7, "p_t");
}
END_TEST

/* Any input and any target, and no clip. */
START_TEST(squared_error_of_values) {
    static const float values[ELEMENTS] = {-3, 0, 7, 0.5F, 1, 2};
    static const float targets[ELEMENTS] = {1, 0, 9.5F, 0.25F, 1, -2};
    focl_loss_description description = hand_description(FOCL_F32);
    description.activation = FOCL_IDENTITY;
    description.objective = FOCL_MSE;
    description.gamma = 0;
    description.reduction = FOCL_REDUCTION_SUM;
    const outcome found = work_out(&description, &(focl_loss_host_inputs){.logits = values, .targets = targets});
    assert_near(found.reduced, 16 + 6.25 + 0.0625 + 16, 1e-15, "sum");
    for (size_t i = 0; i < ELEMENTS; i++) {
        const double p = (double)values[i];
        const double t = (double)targets[i];
        ck_assert_double_eq(found.gradient[i], 2 * (p - t));
        ck_assert_double_eq(found.probabilities[i], p);
        ck_assert_double_eq(found.pt[i], t * p + (1 - t) * (1 - p));
    }
}
END_TEST

START_TEST(clips_probabilities) {
    static const float input[ELEMENTS] = {0, 1, 0.125F, 0.875F, 0.5F, 0.0625F};
    static const float targets[ELEMENTS] = {1, 0, 1, 1, 1, 0};
    focl_loss_description description = hand_description(FOCL_F32);
    description.activation = FOCL_IDENTITY;
    description.gamma = 0;
    description.clip = 0.125;
    description.reduction = FOCL_REDUCTION_SUM;
    const outcome found = work_out(&description, &(focl_loss_host_inputs){.logits = input, .targets = targets});
    assert_near(found.loss[0], log(8), 1e-14, "clipped from below");
    assert_near(found.loss[1], log(8), 1e-14, "clipped from above");
    assert_near(found.loss[5], -log(0.875), 1e-14, "clipped from below");
    ck_assert_double_eq(found.gradient[0], 0);
    ck_assert_double_eq(found.gradient[1], 0);
    ck_assert_double_eq(found.gradient[2], -8);
    ck_assert_double_eq(found.probabilities[1], 0.875);
    ck_assert_double_eq(found.pt[1], 0.125);
}
END_TEST

START_TEST(bad_labels_write_nothing) {
    static const int32_t labels[ROWS] = {2, 3};
    focl_loss_description description = hand_description(FOCL_I32);
    double reduced = 42;
    const focl_loss_host_inputs inputs = {.logits = zeros, .targets = labels};
    ck_assert_int_eq(focl_reference_loss(&description, &inputs, &(focl_reference_outputs){.reduced = &reduced}),
                     FOCL_ELABEL);
    ck_assert_double_eq(reduced, 42);
    ck_assert_ptr_nonnull(strstr(focl_last_error()->message, "label 3 at row 1"));
}
END_TEST

/* Two terms that cancel, and between them a million that a plain sum would lose. */
START_TEST(sums_lose_nothing) {
    enum { COUNT = 1 << 20 };
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_CROSS_ENTROPY, (focl_view){COUNT, 1, 1});
    description.reduction = FOCL_REDUCTION_SUM;
    float *logits = calloc(COUNT, sizeof *logits);
    float *targets = calloc(COUNT, sizeof *targets);
    float *weights = calloc(COUNT, sizeof *weights);
    ck_assert(logits && targets && weights);
    for (size_t i = 0; i < COUNT; i++)
        weights[i] = 1;
    logits[0] = logits[COUNT - 1] = 1e30F;
    weights[COUNT - 1] = -1;
    double reduced;
    const focl_loss_host_inputs inputs = {.logits = logits, .targets = targets, .weights = weights};
    ck_assert_int_eq(focl_reference_loss(&description, &inputs, &(focl_reference_outputs){.reduced = &reduced}),
                     FOCL_OK);
    assert_near(reduced, (COUNT - 2) * 0.69314718055994530942, 1e-10, "sum");
    free(logits);
    free(targets);
    free(weights);
}
END_TEST

START_TEST(missing_structures_are_errors) {
    const focl_loss_description description = hand_description(FOCL_F32);
    const focl_loss_host_inputs inputs = {.logits = zeros, .targets = zeros};
    double reduced;
    const focl_reference_outputs outputs = {.reduced = &reduced};
    ck_assert_int_eq(focl_reference_loss(NULL, &inputs, &outputs), FOCL_EINVAL);
    ck_assert_int_eq(focl_reference_loss(&description, NULL, &outputs), FOCL_EINVAL);
    ck_assert_int_eq(focl_reference_loss(&description, &inputs, NULL), FOCL_EINVAL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reference");
    TCase *tcase = tcase_create("reference");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, gives_the_digits, 0, (int)COUNT_OF(reference_values));
    tcase_add_loop_test(tcase, gradient_is_the_slope, 0, 2);
    tcase_add_test(tcase, sigmoid_is_finite_for_every_logit);
    tcase_add_test(tcase, wrong_answers_cost_their_logit);
    tcase_add_test(tcase, power_survives_where_its_base_does_not);
    tcase_add_test(tcase, certain_probabilities);
    tcase_add_test(tcase, soft_targets_of_certain_probabilities);
    tcase_add_test(tcase, what_is_no_probability_is_nan);
    tcase_add_test(tcase, reductions_divide_by_what_they_say);
    tcase_add_test(tcase, alpha_and_pos_weight_know_the_side);
    tcase_add_test(tcase, labels_ignored_background_and_classes);
    tcase_add_test(tcase, target_only_counts_one_element_a_row);
    tcase_add_test(tcase, nothing_counted);
    tcase_add_test(tcase, given_normalizer_of_zero_has_no_gradient);
    tcase_add_test(tcase, no_elements_is_success);
    tcase_add_test(tcase, accumulates_on_the_old_gradient);
    tcase_add_test(tcase, upstream_per_row_and_per_element);
    tcase_add_test(tcase, selects_pt);
    tcase_add_test(tcase, squared_error_of_values);
    tcase_add_test(tcase, clips_probabilities);
    tcase_add_test(tcase, bad_labels_write_nothing);
    tcase_add_test(tcase, sums_lose_nothing);
    tcase_add_test(tcase, missing_structures_are_errors);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
