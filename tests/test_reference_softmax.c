/* The reference's rows: labels and dense rows, what counts, extremes, and problems small enough to work out by hand. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support_reference.h"

enum { MOST = 64 };

typedef struct outcome {
    double reduced, used_normalizer;
    double loss[MOST], gradient[MOST], hessian[MOST], probabilities[MOST], pt[MOST];
    focl_loss_counts counts;
} outcome;

static outcome work_out(const focl_loss_description *description, const focl_loss_host_inputs *inputs) {
    outcome found = {0};
    const bool reduces = description->reduction != FOCL_REDUCTION_NONE;
    const focl_reference_outputs outputs = {
        .reduced = reduces ? &found.reduced : NULL,
        .loss = found.loss,
        .gradient = found.gradient,
        .hessian = description->activation == FOCL_SOFTMAX ? found.hessian : NULL,
        .probabilities = found.probabilities,
        .pt = found.pt,
        .counts = &found.counts,
        .used_normalizer = reduces ? &found.used_normalizer : NULL,
    };
    reference_of(description, inputs, &outputs);
    return found;
}

static focl_loss_description focal_of(focl_view shape, double gamma, focl_type targets_type) {
    focl_loss_description description = focl_loss_default(FOCL_SOFTMAX, FOCL_FOCAL, shape);
    description.gamma = gamma;
    description.targets_type = targets_type;
    description.reduction = FOCL_REDUCTION_SUM;
    return description;
}

/* One row with a label. */
static outcome row_of(const float *logits, size_t classes, int32_t label, double gamma) {
    const focl_loss_description description = focal_of((focl_view){1, classes, 1}, gamma, FOCL_I32);
    return work_out(&description, &(focl_loss_host_inputs){.logits = logits, .targets = &label});
}

/* ---- By hand ---- */

/* Equal logits: every share is 1/4. */
START_TEST(equal_logits) {
    static const float logits[] = {1e4F, 1e4F, 1e4F, 1e4F};
    const outcome found = row_of(logits, 4, 2, 2);
    const double q = 0.75;
    const double b = q * q * (1 + 2 * 0.25 * log(4) / q);
    const double expected[] = {b / 4, b / 4, -b * q, b / 4};
    assert_near(found.loss[0], q * q * log(4), 1e-15, "loss");
    assert_near(found.pt[0], 0.25, 0, "p_t");
    for (size_t c = 0; c < 4; c++) {
        assert_near(found.probabilities[c], 0.25, 0, "share");
        assert_near(found.gradient[c], expected[c], 1e-15, "gradient");
    }
}
END_TEST

/* Two rows of two classes with shares 1/2: losses of 0.25 w log 2. Row weights 1 and 1/2, alpha 4. */
START_TEST(reductions_divide_by_what_they_say) {
    static const float logits[4];
    static const int16_t labels[] = {1, 0};
    static const float class_weights[] = {1, 3};
    static const float weights[] = {1, 0.5F};
    static const struct {
        focl_reduction reduction;
        double divisor;
    } rows[] = {{FOCL_REDUCTION_SUM, 1},           {FOCL_REDUCTION_MEAN, 2},
                {FOCL_REDUCTION_ROW_MEAN, 2},      {FOCL_REDUCTION_WEIGHTED_MEAN, 4 * (3 + 0.5)},
                {FOCL_REDUCTION_POSITIVE_MEAN, 2}, {FOCL_REDUCTION_GIVEN, 8},
                {FOCL_REDUCTION_NONE, 1}};
    const double unit = 4 * 0.25 * log(2);
    const double slope_unit = 4 * 0.25 * 0.5 * (1 + 2 * log(2));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        focl_loss_description description = focal_of((focl_view){2, 2, 1}, 2, FOCL_I16);
        description.alpha = 4;
        description.reduction = rows[i].reduction;
        description.normalizer = 8;
        description.upstream = 2;
        description.loss_scale = 16;
        const outcome found = work_out(
            &description, &(focl_loss_host_inputs){
                              .logits = logits, .targets = labels, .class_weights = class_weights, .weights = weights});
        const bool reduces = rows[i].reduction != FOCL_REDUCTION_NONE;
        assert_near(found.reduced, reduces ? 3.5 * unit / rows[i].divisor : 0, 1e-14, "reduced");
        assert_near(found.used_normalizer, reduces ? rows[i].divisor : 0, 0, "used_normalizer");
        assert_near(found.loss[0], 3 * unit, 1e-14, "loss");
        assert_near(found.loss[1], 0.5 * unit, 1e-14, "loss");
        assert_near(found.gradient[1], -3 * 32 * slope_unit / rows[i].divisor, 1e-14, "gradient");
        assert_near(found.gradient[3], 0.5 * 32 * slope_unit / rows[i].divisor, 1e-14, "gradient");
    }
}
END_TEST

START_TEST(counts_are_of_rows) {
    static const float logits[] = {0, 1, 2, NAN, INFINITY, -INFINITY, 0, 0, 0};
    static const uint8_t labels[] = {2, 255, 0};
    focl_loss_description description = focal_of((focl_view){3, 3, 1}, 2, FOCL_U8);
    description.has_ignore_index = true;
    description.ignore_index = 255;
    description.reduction = FOCL_REDUCTION_MEAN;
    const outcome found = work_out(&description, &(focl_loss_host_inputs){.logits = logits, .targets = labels});
    ck_assert_uint_eq(found.counts.elements, 9);
    ck_assert_uint_eq(found.counts.rows, 3);
    ck_assert_uint_eq(found.counts.counted, 2);
    ck_assert_uint_eq(found.counts.counted_rows, 2);
    ck_assert_uint_eq(found.counts.positive, 2);
    ck_assert_uint_eq(found.counts.ignored, 1);
    assert_near(found.reduced, (found.loss[0] + found.loss[2]) / 2, 1e-15, "reduced");
    ck_assert_double_eq(found.loss[1], 0);
    ck_assert_double_eq(found.pt[1], 0);
    for (size_t i = 3; i < 6; i++) {
        ck_assert_double_eq(found.gradient[i], 0);
        ck_assert_double_eq(found.hessian[i], 0);
        ck_assert(isnan(found.probabilities[i]));
    }
}
END_TEST

/* The ignored label may be one of the classes, with a weight. */
START_TEST(ignored_rows_weigh_nothing) {
    static const float logits[4];
    static const int32_t labels[] = {0, 1};
    static const float class_weights[] = {1, 3};
    focl_loss_description description = focal_of((focl_view){2, 2, 1}, 2, FOCL_I32);
    description.has_ignore_index = true;
    description.ignore_index = 1;
    description.reduction = FOCL_REDUCTION_WEIGHTED_MEAN;
    const focl_loss_host_inputs inputs = {.logits = logits, .targets = labels, .class_weights = class_weights};
    const outcome found = work_out(&description, &inputs);
    assert_near(found.used_normalizer, 1, 0, "used_normalizer");
    assert_near(found.reduced, 0.25 * log(2), 1e-15, "reduced");
    description.shape.outer = 1;
    description.ignore_index = 0;
    assert_near(work_out(&description, &inputs).used_normalizer, 0, 0, "used_normalizer");
}
END_TEST

/* As PyTorch: the smoothed classes have their own weights, the weighted mean those of the labels. */
START_TEST(smoothing_is_weighted_by_class) {
    static const float logits[] = {2, -1, -1, 2};
    static const int64_t labels[] = {0, 1};
    static const float class_weights[] = {1, 2};
    focl_loss_description description = focal_of((focl_view){2, 2, 1}, 0, FOCL_I64);
    description.label_smoothing = 0.3;
    description.reduction = FOCL_REDUCTION_WEIGHTED_MEAN;
    const outcome found = work_out(
        &description, &(focl_loss_host_inputs){.logits = logits, .targets = labels, .class_weights = class_weights});
    const double near = log1p(exp(-3));
    const double far = 3 + near;
    assert_near(found.loss[0], 0.85 * near + 0.15 * 2 * far, 1e-14, "first row");
    assert_near(found.loss[1], 0.85 * 2 * near + 0.15 * far, 1e-14, "second row");
    assert_near(found.used_normalizer, 3, 0, "used_normalizer");
}
END_TEST

START_TEST(squared_error_of_a_row) {
    static const float logits[3];
    static const float targets[] = {1, 0, 0};
    static const float class_weights[] = {2, 3, 5};
    focl_loss_description description = focl_loss_default(FOCL_SOFTMAX, FOCL_MSE, (focl_view){1, 3, 1});
    const outcome found = work_out(
        &description, &(focl_loss_host_inputs){.logits = logits, .targets = targets, .class_weights = class_weights});
    const double expected[] = {2 * 2. / 3 * (-2. / 3 - 0), 2 * 2. / 3 / 3, 2 * 2. / 3 / 3};
    assert_near(found.loss[0], 2 * (4. + 1 + 1) / 9, 1e-15, "loss");
    assert_near(found.gradient[0], expected[0], 1e-15, "gradient");
    assert_near(found.gradient[1], 2 * 2. / 3 * (1. / 3 - 0), 1e-15, "gradient");
    assert_near(found.gradient[2], expected[2], 1e-15, "gradient");
}
END_TEST

/* ---- What must agree ---- */

/* softmax of (x, 0) is sigmoid of x. */
START_TEST(two_classes_are_a_sigmoid) {
    static const double gammas[] = {0, 0.5, 1, 2, 5};
    static const float logits[] = {0, 1e-3F, -1, 3.5F, 17, -40, 300, -300, 1e4F};
    for (size_t g = 0; g < COUNT_OF(gammas); g++)
        for (size_t i = 0; i < COUNT_OF(logits); i++) {
            const float pair[] = {logits[i], 0};
            const float one = 1;
            focl_loss_description sigmoid = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){1, 1, 1});
            sigmoid.gamma = gammas[g];
            sigmoid.alpha = -1;
            double loss;
            double gradient;
            double hessian;
            reference_of(&sigmoid, &(focl_loss_host_inputs){.logits = &logits[i], .targets = &one},
                         &(focl_reference_outputs){.loss = &loss, .gradient = &gradient, .hessian = &hessian});
            const outcome found = row_of(pair, 2, 0, gammas[g]);
            assert_near(found.loss[0], loss, 1e-13, "loss");
            assert_near(found.gradient[0], gradient, 1e-12, "gradient");
            assert_near(found.gradient[1], -gradient, 1e-12, "the other's gradient");
            assert_near(found.hessian[0], hessian, 1e-11, "curvature");
        }
}
END_TEST

static void put_label(focl_type type, void *labels, size_t row, size_t label) {
    switch (type) {
    case FOCL_U8:
        ((uint8_t *)labels)[row] = (uint8_t)label;
        break;
    case FOCL_I16:
        ((int16_t *)labels)[row] = (int16_t)label;
        break;
    case FOCL_I32:
        ((int32_t *)labels)[row] = (int32_t)label;
        break;
    default:
        ((int64_t *)labels)[row] = (int64_t)label;
    }
}

/* Labels of every type, and the rows that say the same, with the classes on the middle axis and the last. */
START_TEST(labels_are_rows_of_one) {
    static const focl_type types[] = {FOCL_U8, FOCL_I16, FOCL_I32, FOCL_I64};
    enum { OUTER = 2, CLASSES = 5, INNER = 3, ROWS = OUTER * INNER, ELEMENTS = ROWS * CLASSES };
    test_random random = test_random_start(7);
    float logits[ELEMENTS];
    float class_weights[CLASSES] = {1, 2, 0.5F, 0, 3};
    float dense[ELEMENTS] = {0};
    int64_t labels[ROWS];
    for (size_t i = 0; i < ELEMENTS; i++)
        logits[i] = (float)test_random_uniform(&random, -6, 6);
    for (size_t t = 0; t < COUNT_OF(types); t++) {
        memset(dense, 0, sizeof dense);
        for (size_t row = 0; row < ROWS; row++) {
            const size_t label = test_random_below(&random, CLASSES);
            put_label(types[t], labels, row, label);
            dense[(row / INNER * CLASSES + label) * INNER + row % INNER] = 1;
        }
        focl_loss_description description = focal_of((focl_view){OUTER, CLASSES, INNER}, 1.5, types[t]);
        description.label_smoothing = 0.25;
        description.reduction = FOCL_REDUCTION_WEIGHTED_MEAN;
        focl_loss_host_inputs inputs = {.logits = logits, .targets = labels, .class_weights = class_weights};
        const outcome of_labels = work_out(&description, &inputs);
        description.targets_type = FOCL_F32;
        inputs.targets = dense;
        const outcome of_rows = work_out(&description, &inputs);
        ck_assert_double_eq(of_labels.reduced, of_rows.reduced);
        ck_assert_mem_eq(of_labels.gradient, of_rows.gradient, sizeof of_rows.gradient);
        ck_assert_mem_eq(of_labels.pt, of_rows.pt, sizeof of_rows.pt);
    }
}
END_TEST

START_TEST(gradients_of_a_row_cancel) {
    static const float logits[] = {0.5F, -3, 8, 7.5F, 12, -20};
    static const float targets[] = {0.25F, 0.5F, 0, 0.125F, 0.125F, 0};
    for (int objective = FOCL_FOCAL; objective <= FOCL_MSE; objective++) {
        focl_loss_description description =
            focl_loss_default(FOCL_SOFTMAX, (focl_objective)objective, (focl_view){1, 6, 1});
        const outcome found = work_out(&description, &(focl_loss_host_inputs){.logits = logits, .targets = targets});
        double sum = 0;
        for (size_t c = 0; c < 6; c++)
            sum += found.gradient[c];
        ck_assert_double_eq_tol(sum, 0, 1e-15);
    }
}
END_TEST

/* ---- Extremes ---- */

/* A confident right answer has the loss q^(gamma + 1), not 0. */
START_TEST(confidence_keeps_its_digits) {
    static const float logits[] = {60, 0, -2};
    const double q = (1 + exp(-2)) * exp(-60);
    const outcome found = row_of(logits, 3, 0, 2);
    assert_near(found.loss[0], q * q * q, 1e-13, "loss");
    assert_near(found.gradient[0], -3 * q * q * q, 1e-13, "gradient");
    assert_near(found.gradient[1], 3 * q * q * exp(-60), 1e-13, "gradient");
}
END_TEST

START_TEST(dominated_rows_are_finite) {
    static const double gammas[] = {0, 1e-3, 0.5, 1, 2, 5, 1000};
    static const float logits[][3] = {
        {1e4F, 0, 1}, {0, 1e4F, 0}, {-1e4F, 1e4F, 1e4F}, {3e38F, -3e38F, 0}, {-3e38F, 3e38F, 3e38F}};
    for (size_t g = 0; g < COUNT_OF(gammas); g++)
        for (size_t i = 0; i < COUNT_OF(logits); i++) {
            const outcome found = row_of(logits[i], 3, 0, gammas[g]);
            ck_assert_msg(isfinite(found.loss[0]) && found.loss[0] >= 0, "gamma %g, row %zu", gammas[g], i);
            for (size_t c = 0; c < 3; c++)
                ck_assert_msg(isfinite(found.gradient[c]) && isfinite(found.hessian[c]), "gamma %g, row %zu", gammas[g],
                              i);
        }
    const float wrong[] = {-1e4F, 0};
    const outcome found = row_of(wrong, 2, 0, 2);
    ck_assert_double_eq(found.loss[0], 1e4);
    ck_assert_double_eq(found.gradient[0], -1);
    ck_assert_double_eq(found.gradient[1], 1);
}
END_TEST

/* A class that cannot be: nothing comes from it or goes to it, unless it is the target. */
START_TEST(logits_of_minus_infinity) {
    static const float with[] = {1, -INFINITY, 3};
    static const float without[] = {1, 3};
    static const double gammas[] = {0, 0.5, 2};
    for (size_t g = 0; g < COUNT_OF(gammas); g++) {
        const outcome found = row_of(with, 3, 0, gammas[g]);
        const outcome expected = row_of(without, 2, 0, gammas[g]);
        ck_assert_double_eq(found.loss[0], expected.loss[0]);
        ck_assert_double_eq(found.gradient[0], expected.gradient[0]);
        ck_assert_double_eq(found.gradient[1], 0);
        ck_assert_double_eq(found.hessian[1], 0);
        ck_assert_double_eq(found.gradient[2], expected.gradient[1]);
        const outcome target = row_of(with, 3, 1, gammas[g]);
        ck_assert(isinf(target.loss[0]) && target.loss[0] > 0);
        ck_assert_double_eq(target.gradient[1], -1);
        assert_near(target.gradient[0], found.probabilities[0], 1e-15, "gradient");
    }
}
END_TEST

START_TEST(certain_rows_cost_nothing) {
    static const float only[] = {-INFINITY, 5, -INFINITY};
    static const double gammas[] = {0, 0.5, 1, 2};
    for (size_t g = 0; g < COUNT_OF(gammas); g++) {
        const outcome certain = row_of(only, 3, 1, gammas[g]);
        const outcome single = row_of(only + 1, 1, 0, gammas[g]);
        ck_assert_double_eq(certain.loss[0], 0);
        ck_assert_double_eq(single.loss[0], 0);
        ck_assert_double_eq(single.gradient[0], 0);
        ck_assert_double_eq(single.hessian[0], 0);
        ck_assert_double_eq(single.probabilities[0], 1);
        for (size_t c = 0; c < 3; c++) {
            ck_assert_double_eq(certain.gradient[c], 0);
            ck_assert_double_eq(certain.hessian[c], 0);
        }
    }
}
END_TEST

START_TEST(unusable_rows_are_nan) {
    static const float rows[][2] = {{-INFINITY, -INFINITY}, {INFINITY, 0}, {0, INFINITY}, {NAN, 0}, {0, NAN},
                                    {-INFINITY, NAN}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int objective = FOCL_FOCAL; objective <= FOCL_MSE; objective++) {
            focl_loss_description description =
                focl_loss_default(FOCL_SOFTMAX, (focl_objective)objective, (focl_view){1, 2, 1});
            const float targets[] = {1, 0};
            const outcome found =
                work_out(&description, &(focl_loss_host_inputs){.logits = rows[i], .targets = targets});
            ck_assert(isnan(found.loss[0]) && isnan(found.pt[0]) && isnan(found.reduced));
            for (size_t c = 0; c < 2; c++)
                ck_assert(isnan(found.gradient[c]) && isnan(found.hessian[c]) && isnan(found.probabilities[c]));
        }
}
END_TEST

/* A row that names no class costs nothing where gamma is above 0, and no gradient comes of 0/0. */
START_TEST(rows_without_target) {
    static const float logits[] = {1, 2, 3};
    static const float targets[3];
    static const double gammas[] = {0, 0.5, 2};
    for (size_t g = 0; g < COUNT_OF(gammas); g++)
        for (int curvature = FOCL_CURVATURE_RAW; curvature <= FOCL_CURVATURE_GAUSS_NEWTON; curvature++) {
            focl_loss_description description = focal_of((focl_view){1, 3, 1}, gammas[g], FOCL_F32);
            description.label_smoothing = 0.5;
            description.curvature = (focl_curvature)curvature;
            const outcome found =
                work_out(&description, &(focl_loss_host_inputs){.logits = logits, .targets = targets});
            for (size_t c = 0; c < 3; c++) {
                const double p = found.probabilities[c];
                ck_assert_double_eq_tol(found.gradient[c], gammas[g] > 0 ? 0 : (p - 1. / 3) / 2, 1e-15);
                ck_assert_double_eq_tol(found.hessian[c], gammas[g] > 0 ? 0 : p * (1 - p) / 2, 1e-15);
            }
        }
}
END_TEST

/* What is so little below 0 that it counts as 0. */
START_TEST(subnormal_targets_are_nothing) {
    static const float logits[] = {1, 2, 3};
    static const float targets[] = {1, 0, -0x1p-140F};
    const focl_loss_description description = focal_of((focl_view){1, 3, 1}, 2, FOCL_F32);
    const outcome found = work_out(&description, &(focl_loss_host_inputs){.logits = logits, .targets = targets});
    const outcome expected = row_of(logits, 3, 0, 2);
    ck_assert_double_eq(found.loss[0], expected.loss[0]);
    ck_assert_mem_eq(found.gradient, expected.gradient, 3 * sizeof *found.gradient);
}
END_TEST

/* ---- Probabilities ---- */

static outcome shares_of(const float *shares, size_t classes, int32_t label, double gamma, double clip) {
    focl_loss_description description = focl_loss_default(FOCL_CATEGORICAL, FOCL_FOCAL, (focl_view){1, classes, 1});
    description.targets_type = FOCL_I32;
    description.gamma = gamma;
    description.clip = clip;
    return work_out(&description, &(focl_loss_host_inputs){.logits = shares, .targets = &label});
}

START_TEST(certain_shares) {
    static const float shares[] = {1, 0};
    static const double gammas[] = {0.5, 1, 2};
    for (size_t g = 0; g < COUNT_OF(gammas); g++) {
        const outcome right = shares_of(shares, 2, 0, gammas[g], 0);
        const outcome wrong = shares_of(shares, 2, 1, gammas[g], 0);
        ck_assert_double_eq(right.loss[0], 0);
        ck_assert_double_eq(right.gradient[0], 0);
        ck_assert_double_eq(right.pt[0], 1);
        ck_assert(isinf(wrong.loss[0]) && wrong.loss[0] > 0);
        ck_assert(isinf(wrong.gradient[1]) && wrong.gradient[1] < 0);
        ck_assert_double_eq(wrong.gradient[0], 0);
    }
    ck_assert_double_eq(shares_of(shares, 2, 0, 0, 0).gradient[0], -1);
}
END_TEST

START_TEST(what_is_no_share_is_nan) {
    static const float rows[][2] = {{0.5F, 1.5F}, {-0.5F, 0.5F}, {NAN, 0.5F}, {0.5F, INFINITY}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const outcome found = shares_of(rows[i], 2, 0, 2, 0);
        const outcome clipped = shares_of(rows[i], 2, 0, 2, 0.125);
        ck_assert(isnan(found.loss[0]) && isnan(found.gradient[0]) && isnan(found.gradient[1]));
        ck_assert(!isnan(clipped.loss[0]) == !isnan(rows[i][0]));
    }
}
END_TEST

START_TEST(clipped_shares) {
    static const float shares[] = {0.0625F, 0.9375F};
    const outcome low = shares_of(shares, 2, 0, 0, 0.125);
    const outcome high = shares_of(shares, 2, 1, 1, 0.125);
    assert_near(low.loss[0], log(8), 1e-15, "clipped from below");
    assert_near(high.loss[0], -0.125 * log(0.875), 1e-14, "clipped from above");
    ck_assert_double_eq(low.probabilities[0], 0.125);
    ck_assert_double_eq(high.pt[0], 0.875);
    for (size_t c = 0; c < 2; c++) {
        ck_assert_double_eq(low.gradient[c], 0);
        ck_assert_double_eq(high.gradient[c], 0);
    }
}
END_TEST

/* ---- Refusals ---- */

START_TEST(bad_labels_write_nothing) {
    static const float logits[6];
    static const int16_t labels[] = {2, -1};
    const focl_loss_description description = focal_of((focl_view){2, 3, 1}, 2, FOCL_I16);
    double reduced = 42;
    ck_assert_int_eq(focl_reference_loss(&description, &(focl_loss_host_inputs){.logits = logits, .targets = labels},
                                         &(focl_reference_outputs){.reduced = &reduced}),
                     FOCL_ELABEL);
    ck_assert_double_eq(reduced, 42);
}
END_TEST

START_TEST(no_classes_is_success) {
    const focl_loss_description description = focal_of((focl_view){2, 0, 3}, 2, FOCL_F32);
    double reduced = 42;
    reference_of(&description, &(focl_loss_host_inputs){0}, &(focl_reference_outputs){.reduced = &reduced});
    ck_assert_double_eq(reduced, 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reference softmax");
    TCase *tcase = tcase_create("reference softmax");
    tcase_add_test(tcase, equal_logits);
    tcase_add_test(tcase, reductions_divide_by_what_they_say);
    tcase_add_test(tcase, counts_are_of_rows);
    tcase_add_test(tcase, ignored_rows_weigh_nothing);
    tcase_add_test(tcase, smoothing_is_weighted_by_class);
    tcase_add_test(tcase, squared_error_of_a_row);
    tcase_add_test(tcase, two_classes_are_a_sigmoid);
    tcase_add_test(tcase, labels_are_rows_of_one);
    tcase_add_test(tcase, gradients_of_a_row_cancel);
    tcase_add_test(tcase, confidence_keeps_its_digits);
    tcase_add_test(tcase, dominated_rows_are_finite);
    tcase_add_test(tcase, logits_of_minus_infinity);
    tcase_add_test(tcase, certain_rows_cost_nothing);
    tcase_add_test(tcase, unusable_rows_are_nan);
    tcase_add_test(tcase, rows_without_target);
    tcase_add_test(tcase, subnormal_targets_are_nothing);
    tcase_add_test(tcase, certain_shares);
    tcase_add_test(tcase, what_is_no_share_is_nan);
    tcase_add_test(tcase, clipped_shares);
    tcase_add_test(tcase, bad_labels_write_nothing);
    tcase_add_test(tcase, no_classes_is_success);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
