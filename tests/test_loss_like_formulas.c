/*
 * The presets against the projects' own formulas, written here as they write them, in double: special labels, every
 * divisor, alpha by class. The reference and every device must give the same.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

enum { OUTER = 2, CLASSES = 3, INNER = 2, ROWS = OUTER * INNER, ELEMENTS = ROWS * CLASSES };

/* outer x classes x inner */
static const float logits[ELEMENTS] = {0.5f, -1.25f, 3, -4, 0.125f, 2.5f, 1.75f, -0.75f, -6, 1.5f, -2, 0.0625f};
static const float probabilities[ELEMENTS] = {0.5f,   0.25f, 0.25f, 0.5f,   0.25f,  0.25f,
                                              0.125f, 0.0f,  0.75f, 0.125f, 0.125f, 0.875f};

/* A row's inputs, label and alpha (negative: off). */
typedef struct row {
    double x[CLASSES];
    int64_t label;
    double alpha;
} row;

typedef double row_loss(const row *of);

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

static double softmax(const row *of, int64_t label) {
    double sum = 0;
    for (int c = 0; c < CLASSES; c++)
        sum += exp(of->x[c]);
    return exp(of->x[label]) / sum;
}

/* alpha_t (1 - p_t)^2 CE of one column, as torchvision, fvcore, MONAI, Paddle and kornia have it for hard targets. */
static double column(double p, bool positive, double alpha) {
    const double p_t = positive ? p : 1 - p;
    const double alpha_t = alpha < 0 ? 1 : positive ? alpha : 1 - alpha;
    return alpha_t * pow(1 - p_t, 2) * -log(p_t);
}

static double sigmoid_focal(const row *of) {
    double sum = 0;
    for (int c = 0; c < CLASSES; c++)
        sum += column(sigmoid(of->x[c]), of->label == c, of->alpha);
    return sum;
}

static double apex_focal(const row *of) {
    return of->label == -2 ? 0 : sigmoid_focal(of);
}

static double softmax_focal(const row *of) {
    if (of->label < 0)
        return 0;
    const double p = softmax(of, of->label);
    return (of->alpha < 0 ? 1 : of->alpha) * pow(1 - p, 2) * -log(p);
}

/* The first class is the background. */
static double softmax_focal_by_class(const row *of) {
    const row plain = {{of->x[0], of->x[1], of->x[2]}, of->label, -1};
    return (of->alpha < 0 ? 1 : of->label == 0 ? 1 - of->alpha : of->alpha) * softmax_focal(&plain);
}

static double cross_entropy(const row *of) {
    return of->label < 0 ? 0 : -log(softmax(of, of->label));
}

static double padded_cross_entropy(const row *of) {
    return of->label == 0 ? 0 : cross_entropy(of);
}

static double binary_cross_entropy(const row *of) {
    double sum = 0;
    for (int c = 0; c < CLASSES; c++)
        sum -= log(of->label == c ? sigmoid(of->x[c]) : 1 - sigmoid(of->x[c]));
    return sum;
}

static double clipped(double p) {
    return fmin(fmax(p, 1e-7), 1 - 1e-7);
}

/* The probability is clipped in the logarithm, not in the factor. */
static double keras_binary(const row *of) {
    double sum = 0;
    for (int c = 0; c < CLASSES; c++) {
        const double p_t = of->label == c ? of->x[c] : 1 - of->x[c];
        sum += pow(1 - p_t, 2) * -log(clipped(p_t));
    }
    return sum;
}

static double keras_categorical(const row *of) {
    const double p = clipped(of->x[of->label]);
    return 0.25 * pow(1 - p, 2) * -log(p);
}

/* Divisors are given as numbers; 0: the project reduces nothing, and the losses are compared. */
static const struct convention {
    const char *project;
    const char *reduction;
    focl_activation activation;
    focl_objective objective;
    row_loss *formula;
    double default_alpha;
    double passed_alpha; /* NAN: none is passed */
    int64_t labels[ROWS];
    double divisor;
    double normalizer; /* 0: none is passed */
} conventions[] = {
    {"torchvision", NULL, FOCL_SIGMOID, FOCL_FOCAL, sigmoid_focal, 0.25, NAN, {0, 2, 1, 0}, 0, 0},
    {"torchvision", "none", FOCL_SIGMOID, FOCL_FOCAL, sigmoid_focal, 0.25, NAN, {0, 2, 1, 0}, 0, 0},
    {"torchvision", "mean", FOCL_SIGMOID, FOCL_FOCAL, sigmoid_focal, 0.25, -1, {0, 2, 1, 0}, ELEMENTS, 0},
    {"torchvision", "sum", FOCL_SIGMOID, FOCL_FOCAL, sigmoid_focal, 0.25, NAN, {0, 2, 1, 0}, 1, 0},
    {"fvcore", NULL, FOCL_SIGMOID, FOCL_FOCAL, sigmoid_focal, -1, NAN, {0, 2, 1, 0}, 0, 0},
    {"fvcore", "mean", FOCL_SIGMOID, FOCL_FOCAL, sigmoid_focal, -1, 0.5, {0, 2, 1, 0}, ELEMENTS, 0},
    {"mmcv", NULL, FOCL_SIGMOID, FOCL_FOCAL, sigmoid_focal, 0.25, NAN, {0, CLASSES, 1, 2}, ROWS, 0},
    {"mmcv", "sum", FOCL_SIGMOID, FOCL_FOCAL, sigmoid_focal, 0.25, NAN, {0, CLASSES, 1, 2}, 1, 0},
    {"mmcv", "none", FOCL_SIGMOID, FOCL_FOCAL, sigmoid_focal, 0.25, NAN, {0, CLASSES, 1, 2}, 0, 0},
    {"mmcv", NULL, FOCL_SOFTMAX, FOCL_FOCAL, softmax_focal, 0.25, NAN, {0, -1, 1, 2}, ROWS, 0},
    {"mmcv", "sum", FOCL_SOFTMAX, FOCL_FOCAL, softmax_focal, 0.25, 0.75, {0, -1, 1, 2}, 1, 0},
    {"apex", NULL, FOCL_SIGMOID, FOCL_FOCAL, apex_focal, 0.25, NAN, {0, -2, -1, 2}, 3, 3},
    {"apex", NULL, FOCL_SOFTMAX, FOCL_CROSS_ENTROPY, padded_cross_entropy, -1, NAN, {0, 1, 2, 0}, 0, 0},
    {"monai", NULL, FOCL_SIGMOID, FOCL_FOCAL, sigmoid_focal, -1, NAN, {0, 2, 1, 0}, ELEMENTS, 0},
    {"monai", "sum", FOCL_SIGMOID, FOCL_FOCAL, sigmoid_focal, -1, 0.75, {0, 2, 1, 0}, INNER, 0},
    {"monai", NULL, FOCL_SOFTMAX, FOCL_FOCAL, softmax_focal_by_class, -1, NAN, {0, 2, 1, 0}, ELEMENTS, 0},
    {"monai", NULL, FOCL_SOFTMAX, FOCL_FOCAL, softmax_focal_by_class, -1, 0.75, {0, 2, 1, 0}, ELEMENTS, 0},
    {"monai", "sum", FOCL_SOFTMAX, FOCL_FOCAL, softmax_focal_by_class, -1, 0.75, {0, 2, 1, 0}, INNER, 0},
    {"kornia", NULL, FOCL_SIGMOID, FOCL_FOCAL, sigmoid_focal, 0.25, NAN, {0, 2, 1, 0}, 0, 0},
    {"kornia", "mean", FOCL_SIGMOID, FOCL_FOCAL, sigmoid_focal, 0.25, 0.75, {0, 2, 1, 0}, ELEMENTS, 0},
    {"kornia", NULL, FOCL_SOFTMAX, FOCL_FOCAL, softmax_focal_by_class, -1, 0.75, {0, -100, 1, 2}, 0, 0},
    {"kornia", "mean", FOCL_SOFTMAX, FOCL_FOCAL, softmax_focal_by_class, -1, 0.75, {0, -100, 1, 2}, ELEMENTS, 0},
    {"kornia", "sum", FOCL_SOFTMAX, FOCL_FOCAL, softmax_focal_by_class, -1, NAN, {0, -100, 1, 2}, 1, 0},
    {"keras", NULL, FOCL_SIGMOID, FOCL_FOCAL, sigmoid_focal, -1, NAN, {0, 2, 1, 0}, ELEMENTS, 0},
    {"keras", "sum", FOCL_SIGMOID, FOCL_FOCAL, sigmoid_focal, -1, 0.25, {0, 2, 1, 0}, CLASSES, 0},
    {"keras", NULL, FOCL_IDENTITY, FOCL_FOCAL, keras_binary, -1, NAN, {0, 2, 1, 0}, ELEMENTS, 0},
    {"keras", NULL, FOCL_SOFTMAX, FOCL_FOCAL, softmax_focal, 0.25, NAN, {0, 2, 1, 0}, ROWS, 0},
    {"keras", "sum", FOCL_CATEGORICAL, FOCL_FOCAL, keras_categorical, 0.25, NAN, {0, 2, 1, 0}, 1, 0},
    {"paddle", NULL, FOCL_SIGMOID, FOCL_FOCAL, sigmoid_focal, 0.25, NAN, {0, 2, 1, 0}, 1, 0},
    {"paddle", NULL, FOCL_SIGMOID, FOCL_FOCAL, sigmoid_focal, 0.25, NAN, {0, 2, 1, 0}, 5, 5},
    {"paddle", NULL, FOCL_SOFTMAX, FOCL_CROSS_ENTROPY, cross_entropy, -1, NAN, {0, -100, 1, -100}, 2, 0},
    {"pytorch-ce", NULL, FOCL_SOFTMAX, FOCL_CROSS_ENTROPY, cross_entropy, -1, NAN, {0, -100, 1, 2}, 3, 0},
    {"pytorch-ce", "sum", FOCL_SOFTMAX, FOCL_CROSS_ENTROPY, cross_entropy, -1, NAN, {0, -100, 1, 2}, 1, 0},
    {"pytorch-ce", "none", FOCL_SOFTMAX, FOCL_CROSS_ENTROPY, cross_entropy, -1, NAN, {0, -100, 1, 2}, 0, 0},
    {"pytorch-ce", NULL, FOCL_SIGMOID, FOCL_CROSS_ENTROPY, binary_cross_entropy, -1, NAN, {0, 2, 1, 0}, ELEMENTS, 0},
    {"pytorch-ce", NULL, FOCL_SOFTMAX, FOCL_CROSS_ENTROPY, cross_entropy, -1, NAN, {-100, -100, -100, -100}, NAN, 0},
    {"paddle", NULL, FOCL_SOFTMAX, FOCL_CROSS_ENTROPY, cross_entropy, -1, NAN, {-100, -100, -100, -100}, 1, 0},
};

static bool of_probabilities(const struct convention *of) {
    return of->activation == FOCL_IDENTITY || of->activation == FOCL_CATEGORICAL;
}

static bool of_rows(const struct convention *of) {
    return of->activation == FOCL_SOFTMAX || of->activation == FOCL_CATEGORICAL;
}

static row row_of(const struct convention *of, size_t index) {
    const float *inputs = of_probabilities(of) ? probabilities : logits;
    row result = {.label = of->labels[index]};
    result.alpha = isnan(of->passed_alpha) ? of->default_alpha : of->passed_alpha;
    for (size_t c = 0; c < CLASSES; c++)
        result.x[c] = (double)inputs[(index / INNER * CLASSES + c) * INNER + index % INNER];
    return result;
}

static void expect(const struct convention *of, double losses[ROWS], double *reduced) {
    double sum = 0;
    for (size_t i = 0; i < ROWS; i++) {
        const row one = row_of(of, i);
        losses[i] = of->formula(&one);
        sum += losses[i];
    }
    *reduced = sum / of->divisor;
}

static focl_loss_description describe(const struct convention *of, float class_weights[CLASSES]) {
    bool changed = false;
    focl_loss_description description =
        focl_loss_default(of->activation, of->objective, (focl_view){OUTER, CLASSES, INNER});
    description.targets_type = FOCL_I64;
    ck_assert_msg(focl_loss_like(of->project, of->reduction, &description) == FOCL_OK, "%s: %s", of->project,
                  focl_last_error()->message);
    if (!isnan(of->passed_alpha))
        description.alpha = of->passed_alpha;
    if (of->normalizer > 0) {
        description.reduction = FOCL_REDUCTION_GIVEN;
        description.normalizer = of->normalizer;
    }
    ck_assert_int_eq(focl_loss_like_class_weights(of->project, &description, class_weights, &changed), FOCL_OK);
    ck_assert((description.reduction == FOCL_REDUCTION_NONE) == (of->divisor == 0));
    return description;
}

/* f32 may cancel a little in 1 - p of the formulas' probabilities. */
static void assert_close(const struct convention *of, const char *where, const char *what, double expected,
                         double found) {
    const bool close = isnan(expected) ? isnan(found) : fabs(found - expected) <= 1e-7 + 2e-6 * fabs(expected);
    ck_assert_msg(close, "%s, %s, on %s: %s is %.9g, the project's %.9g", of->project,
                  of->reduction ? of->reduction : "as usual", where, what, found, expected);
}

static double row_sum(const struct convention *of, const double *losses, size_t index) {
    double sum = 0;
    if (of_rows(of))
        return losses[index];
    for (size_t c = 0; c < CLASSES; c++)
        sum += losses[(index / INNER * CLASSES + c) * INNER + index % INNER];
    return sum;
}

static void assert_agrees(const struct convention *of, const char *where, double reduced, const double *losses) {
    double expected[ROWS];
    double expected_reduced = 0;
    expect(of, expected, &expected_reduced);
    if (of->divisor != 0)
        assert_close(of, where, "the loss", expected_reduced, reduced);
    for (size_t i = 0; i < ROWS; i++)
        assert_close(of, where, "a row's loss", expected[i], row_sum(of, losses, i));
}

START_TEST(formulas_agree) {
    const struct convention *of = &conventions[_i];
    float class_weights[CLASSES] = {1, 1, 1};
    const focl_loss_description description = describe(of, class_weights);
    const bool reduces = description.reduction != FOCL_REDUCTION_NONE;
    const focl_loss_host_inputs inputs = {
        .logits = of_probabilities(of) ? probabilities : logits,
        .targets = of->labels,
        .class_weights = class_weights,
    };
    double reduced = 0, losses[ELEMENTS] = {0};
    const focl_reference_outputs truth = {.reduced = reduces ? &reduced : NULL, .loss = losses};
    ck_assert_msg(focl_reference_loss(&description, &inputs, &truth) == FOCL_OK, "%s", focl_last_error()->message);
    assert_agrees(of, "the reference", reduced, losses);
    for (size_t device = 0; device < test_device_count(); device++) {
        float narrow = 0, narrow_losses[ELEMENTS] = {0};
        const focl_loss_host_outputs outputs = {.reduced = reduces ? &narrow : NULL, .loss = narrow_losses};
        ck_assert_msg(focl_loss_host(test_device(device), &description, &inputs, &outputs, NULL) == FOCL_OK, "%s: %s",
                      of->project, focl_last_error()->message);
        for (size_t i = 0; i < ELEMENTS; i++)
            losses[i] = (double)narrow_losses[i];
        assert_agrees(of, test_device_name(device), (double)narrow, losses);
    }
}
END_TEST

/* Keras's documented example of probabilities; its first loss is of a probability that is nearly 1. */
START_TEST(keras_example) {
    static const float given[6] = {0.05f, 0.9f, 0.05f, 0.1f, 0.85f, 0.05f};
    static const int64_t classes[2] = {1, 2};
    static const double expected[2] = {2.63401289e-04, 6.75912094e-01};
    const focl_loss_host_inputs inputs = {.logits = given, .targets = classes};
    double losses[2] = {0};
    const focl_reference_outputs truth = {.loss = losses};
    focl_loss_description description = focl_loss_default(FOCL_CATEGORICAL, FOCL_FOCAL, (focl_view){2, 3, 1});
    description.targets_type = FOCL_I64;
    ck_assert_int_eq(focl_loss_like("keras", "none", &description), FOCL_OK);
    ck_assert_msg(focl_reference_loss(&description, &inputs, &truth) == FOCL_OK, "%s", focl_last_error()->message);
    for (size_t i = 0; i < 2; i++)
        ck_assert_double_le(fabs(losses[i] - expected[i]), 2e-6 * expected[i]);
}
END_TEST

/* Keras's documented examples of logits: to its three digits, and with the balance that it leaves off by default. */
START_TEST(keras_example_of_logits) {
    static const float given[4] = {-18.6f, 0.51f, 2.94f, -12.8f};
    static const float targets[4] = {0, 1, 0, 0};
    static const double alphas[2] = {-1, 0.25};
    static const double expected[2] = {0.691, 0.51};
    const focl_loss_host_inputs inputs = {.logits = given, .targets = targets};
    for (size_t i = 0; i < 2; i++) {
        double reduced = 0;
        const focl_reference_outputs truth = {.reduced = &reduced};
        focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){4, 1, 1});
        ck_assert_int_eq(focl_loss_like("keras", NULL, &description), FOCL_OK);
        ck_assert(description.alpha == -1);
        description.alpha = alphas[i];
        ck_assert_int_eq(focl_reference_loss(&description, &inputs, &truth), FOCL_OK);
        ck_assert_msg(fabs(reduced - expected[i]) <= 5e-4, "%.9g, not %.3g", reduced, expected[i]);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("loss_like_formulas");
    TCase *tests = tcase_create("formulas");
    tcase_set_timeout(tests, 0);
    tcase_add_loop_test(tests, formulas_agree, 0, (int)COUNT_OF(conventions));
    tcase_add_test(tests, keras_example);
    tcase_add_test(tests, keras_example_of_logits);
    suite_add_tcase(suite, tests);
    return test_main(suite);
}
