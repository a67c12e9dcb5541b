/*
 * Every objective of the reference: its gradient is the slope of its loss and its curvature the slope of its gradient,
 * both as differences of the reduced loss and the gradient, inputs and steps being exact in f32.
 */
#include <math.h>
#include <string.h>

#include "support_reference.h"

enum { OUTER = 2, CLASSES = 4, INNER = 3, ROWS = OUTER * INNER, ELEMENTS = ROWS * CLASSES, IGNORED = -1 };

static const focl_view shape = {OUTER, CLASSES, INNER};
static const double step = 0x1p-10;

typedef enum targets { LABELS, HARD, SOFT } targets;

/* What the loss is of; the fields as in the description. */
typedef struct formula {
    const char *name;
    focl_activation activation;
    focl_objective objective;
    bool has_gamma;
    double gamma_negative, margin, poly1, alpha, label_smoothing, clip;
} formula;

static const formula formulas[] = {
    {"focal", FOCL_SIGMOID, FOCL_FOCAL, true, -1, 0, 0, 0.25, 0, 0},
    {"smoothed focal", FOCL_SIGMOID, FOCL_FOCAL, true, -1, 0, 0, -1, 0.25, 0},
    {"poly-1 focal", FOCL_SIGMOID, FOCL_FOCAL, true, -1, 0, 1.5, 0.75, 0, 0},
    {"asymmetric", FOCL_SIGMOID, FOCL_FOCAL, true, 4, 0, 0, -1, 0.125, 0},
    {"asymmetric with a margin", FOCL_SIGMOID, FOCL_FOCAL, true, 1.5, 0.125, 0, 0.25, 0, 0},
    {"margin and poly-1", FOCL_SIGMOID, FOCL_FOCAL, true, -1, 0.25, -0.5, -1, 0, 0},
    {"cross entropy", FOCL_SIGMOID, FOCL_CROSS_ENTROPY, false, -1, 0, 0, 0.25, 0.1, 0},
    {"poly-1 cross entropy", FOCL_SIGMOID, FOCL_CROSS_ENTROPY, false, -1, 0, 2, -1, 0, 0},
    {"squared error", FOCL_SIGMOID, FOCL_MSE, false, -1, 0, 0, -1, 0, 0},
    {"quality focal", FOCL_SIGMOID, FOCL_QUALITY_FOCAL, true, -1, 0, 0, -1, 0, 0},
    {"varifocal", FOCL_SIGMOID, FOCL_VARIFOCAL, true, -1, 0, 0, 0.75, 0, 0},
    {"varifocal without alpha", FOCL_SIGMOID, FOCL_VARIFOCAL, true, -1, 0, 0, -1, 0, 0},
    {"focal of probabilities", FOCL_IDENTITY, FOCL_FOCAL, true, -1, 0, 0, 0.25, 0, 0},
    {"clipped focal", FOCL_IDENTITY, FOCL_FOCAL, true, -1, 0, 0, -1, 0.25, 0.25},
    {"cross entropy of probabilities", FOCL_IDENTITY, FOCL_CROSS_ENTROPY, false, -1, 0, 0, -1, 0, 0},
    {"squared error of values", FOCL_IDENTITY, FOCL_MSE, false, -1, 0, 0, -1, 0, 0},
    {"softmax focal", FOCL_SOFTMAX, FOCL_FOCAL, true, -1, 0, 0, -1, 0, 0},
    {"softmax focal with alpha", FOCL_SOFTMAX, FOCL_FOCAL, true, -1, 0, 0, 0.25, 0.125, 0},
    {"softmax poly-1 focal", FOCL_SOFTMAX, FOCL_FOCAL, true, -1, 0, -1.5, -1, 0.25, 0},
    {"softmax cross entropy", FOCL_SOFTMAX, FOCL_CROSS_ENTROPY, false, -1, 0, 0, -1, 0.1, 0},
    {"softmax poly-1 cross entropy", FOCL_SOFTMAX, FOCL_CROSS_ENTROPY, false, -1, 0, 2, -1, 0, 0},
    {"softmax squared error", FOCL_SOFTMAX, FOCL_MSE, false, -1, 0, 0, -1, 0, 0},
    {"focal of shares", FOCL_CATEGORICAL, FOCL_FOCAL, true, -1, 0, 0, 0.5, 0.125, 0},
    {"clipped focal of shares", FOCL_CATEGORICAL, FOCL_FOCAL, true, -1, 0, 0, -1, 0, 0.25},
    {"cross entropy of shares", FOCL_CATEGORICAL, FOCL_CROSS_ENTROPY, false, -1, 0, 0, -1, 0, 0},
    {"squared error of shares", FOCL_CATEGORICAL, FOCL_MSE, false, -1, 0, 0, -1, 0, 0.25},
};

typedef struct problem {
    focl_loss_description description;
    float logits[ELEMENTS];
    float dense[ELEMENTS];
    int16_t labels[ROWS];
    float class_weights[CLASSES];
    float pos_weights[CLASSES];
    float weights[ROWS];
} problem;

static bool is_of_probabilities(const formula *of) {
    return of->activation == FOCL_IDENTITY || of->activation == FOCL_CATEGORICAL;
}

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

/* The loss has a corner at the clip and at the margin, and near a soft target: no steps across. */
static bool is_near_corner(const formula *of, double input, double target) {
    const double from_margin = fabs(sigmoid(input) - of->margin);
    const double from_clip = fmin(fabs(input - of->clip), fabs(input - 1 + of->clip));
    if (of->margin > 0)
        return from_margin < 0.02;
    if (of->objective == FOCL_QUALITY_FOCAL)
        return fabs(sigmoid(input) - target) < 0.05;
    return is_of_probabilities(of) && from_clip < 0.02;
}

/* A multiple of the step, so that a few steps away is an f32 too. */
static float random_input(const formula *of, double target, test_random *random) {
    const bool probability = is_of_probabilities(of);
    double input = 0;
    do
        input = probability ? test_random_uniform(random, 0.125, 0.875) : test_random_uniform(random, -4, 4);
    while (is_near_corner(of, input, target));
    return (float)(round(input / step) * step);
}

static float random_target(targets kind, test_random *random) {
    const bool hard = kind == HARD || test_random_below(random, 4) == 0;
    return (float)(hard ? (double)test_random_below(random, 2) : test_random_uniform(random, 0.125, 0.875));
}

static focl_loss_description description_of(const formula *of, double gamma, targets kind) {
    focl_loss_description description = focl_loss_default(of->activation, of->objective, shape);
    description.targets_type = kind == LABELS ? FOCL_I16 : FOCL_F32;
    description.has_ignore_index = kind == LABELS;
    description.ignore_index = IGNORED;
    description.gamma = of->has_gamma ? gamma : 0;
    description.gamma_negative = of->gamma_negative;
    description.margin = of->margin;
    description.poly1 = of->poly1;
    description.alpha = of->alpha;
    description.label_smoothing = of->label_smoothing;
    description.clip = of->clip;
    description.pos_weight_count = CLASSES;
    description.reduction = FOCL_REDUCTION_WEIGHTED_MEAN;
    description.upstream = -1.5;
    description.loss_scale = 4;
    return description;
}

static float random_weight(test_random *random) {
    return (float)test_random_uniform(random, 0.5, 2);
}

static float target_at(const problem *of, size_t element) {
    const size_t row = element / INNER / CLASSES * INNER + element % INNER;
    const bool labels = of->description.targets_type == FOCL_I16;
    return labels ? (float)(of->labels[row] == (int16_t)(element / INNER % CLASSES)) : of->dense[element];
}

static problem random_problem(const formula *of, double gamma, targets kind, test_random *random) {
    problem made = {.description = description_of(of, gamma, kind)};
    for (size_t row = 0; row < ROWS; row++) {
        made.labels[row] = (int16_t)(test_random_below(random, 5) == 0 ? IGNORED : (int)test_random_below(random, 4));
        made.weights[row] = random_weight(random);
    }
    for (size_t c = 0; c < CLASSES; c++) {
        made.class_weights[c] = random_weight(random);
        made.pos_weights[c] = random_weight(random);
    }
    for (size_t i = 0; i < ELEMENTS; i++) {
        made.dense[i] = random_target(kind, random);
        made.logits[i] = random_input(of, (double)target_at(&made, i), random);
    }
    return made;
}

static bool has_pos_weights(const focl_loss_description *description) {
    return description->objective != FOCL_MSE && description->activation != FOCL_SOFTMAX &&
           description->activation != FOCL_CATEGORICAL;
}

static bool has_hessian(const focl_loss_description *description) {
    return description->activation == FOCL_SIGMOID || description->activation == FOCL_SOFTMAX ||
           (description->activation == FOCL_IDENTITY && description->objective == FOCL_MSE);
}

typedef struct outcome {
    double reduced;
    double gradient[ELEMENTS];
    double hessian[ELEMENTS];
} outcome;

static outcome outcome_of(const problem *of) {
    outcome found = {0};
    const focl_loss_host_inputs inputs = {
        .logits = of->logits,
        .targets = of->description.targets_type == FOCL_I16 ? (const void *)of->labels : of->dense,
        .class_weights = of->class_weights,
        .pos_weights = has_pos_weights(&of->description) ? of->pos_weights : NULL,
        .weights = of->weights,
    };
    const focl_reference_outputs outputs = {
        .reduced = &found.reduced,
        .gradient = found.gradient,
        .hessian = has_hessian(&of->description) ? found.hessian : NULL,
    };
    reference_of(&of->description, &inputs, &outputs);
    return found;
}

/* The outcome with one input moved by some steps. */
static outcome moved(const problem *of, size_t element, int steps) {
    problem other = *of;
    other.logits[element] += (float)(steps * step);
    return outcome_of(&other);
}

/* The derivative from the values two steps before to two steps behind: exact to the fourth order. */
static double slope(const double values[4]) {
    return (8 * (values[2] - values[1]) - (values[3] - values[0])) / (12 * step);
}

static void assert_slope(const char *name, const problem *of, const char *what, size_t element, double found,
                         double expected) {
    ck_assert_msg(fabs(found - expected) <= 1e-7 * fabs(expected) + 1e-8,
                  "%s, gamma %g: the %s by element %zu is %.12g, differences say %.12g; input %a, target %g", name,
                  of->description.gamma, what, element, found, expected, (double)of->logits[element],
                  (double)target_at(of, element));
}

static void assert_slopes(const char *name, const problem *of, const outcome *found, size_t element) {
    static const int steps[] = {-2, -1, 1, 2};
    double losses[COUNT_OF(steps)];
    double gradients[COUNT_OF(steps)];
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        const outcome other = moved(of, element, steps[i]);
        losses[i] = other.reduced;
        gradients[i] = other.gradient[element];
    }
    const double factor = of->description.upstream * of->description.loss_scale;
    assert_slope(name, of, "gradient", element, found->gradient[element], factor * slope(losses));
    if (has_hessian(&of->description))
        assert_slope(name, of, "curvature", element, found->hessian[element], slope(gradients));
}

static void assert_formula(const formula *of, double gamma, targets kind, test_random *random) {
    const problem made = random_problem(of, gamma, kind, random);
    const outcome found = outcome_of(&made);
    for (size_t i = 0; i < ELEMENTS; i++)
        assert_slopes(of->name, &made, &found, i);
}

START_TEST(derivatives_are_slopes) {
    static const double gammas[] = {0, 0.5, 1, 2, 5};
    const formula *of = &formulas[_i];
    test_random random = test_random_start((uint64_t)_i);
    for (size_t g = 0; g < (of->has_gamma ? COUNT_OF(gammas) : 1); g++)
        for (targets kind = LABELS; kind <= SOFT; kind++)
            assert_formula(of, gammas[g], kind, &random);
}
END_TEST

/* ---- The other curvatures ---- */

static outcome with_curvature(problem *of, focl_curvature curvature) {
    of->description.curvature = curvature;
    return outcome_of(of);
}

START_TEST(absolute_curvature_is_the_magnitude) {
    test_random random = test_random_start(100 + (uint64_t)_i);
    problem made = random_problem(&formulas[_i], 2, SOFT, &random);
    if (!has_hessian(&made.description))
        return;
    const outcome raw = with_curvature(&made, FOCL_CURVATURE_RAW);
    const outcome absolute = with_curvature(&made, FOCL_CURVATURE_ABSOLUTE);
    for (size_t i = 0; i < ELEMENTS; i++)
        ck_assert_double_eq(absolute.hessian[i], fabs(raw.hessian[i]));
}
END_TEST

START_TEST(gauss_newton_is_never_negative) {
    static const double gammas[] = {0, 0.5, 2};
    test_random random = test_random_start(200 + (uint64_t)_i);
    for (size_t g = 0; g < COUNT_OF(gammas); g++) {
        problem made = random_problem(&formulas[_i], gammas[g], SOFT, &random);
        if (!has_hessian(&made.description))
            return;
        made.description.upstream = 1;
        const outcome found = with_curvature(&made, FOCL_CURVATURE_GAUSS_NEWTON);
        for (size_t i = 0; i < ELEMENTS; i++)
            ck_assert_msg(found.hessian[i] >= 0, "%s, element %zu: %g", formulas[_i].name, i, found.hessian[i]);
    }
}
END_TEST

/* Cross entropies are convex: of them it is the curvature. */
START_TEST(gauss_newton_of_the_convex_is_the_curvature) {
    static const size_t convex[] = {1, 9, 17};
    test_random random = test_random_start(300);
    for (size_t i = 0; i < COUNT_OF(convex); i++)
        for (targets kind = LABELS; kind <= SOFT; kind++) {
            problem made = random_problem(&formulas[convex[i]], 0, kind, &random);
            const outcome raw = with_curvature(&made, FOCL_CURVATURE_RAW);
            const outcome found = with_curvature(&made, FOCL_CURVATURE_GAUSS_NEWTON);
            assert_all_near(found.hessian, raw.hessian, ELEMENTS, 1e-14, formulas[convex[i]].name);
        }
}
END_TEST

/* For hard targets the step of Newton's method, gradient / curvature, is that of cross entropy. */
START_TEST(gauss_newton_steps_as_cross_entropy_does) {
    test_random random = test_random_start(400);
    problem made = random_problem(&formulas[0], 2.5, HARD, &random);
    const outcome focal = with_curvature(&made, FOCL_CURVATURE_GAUSS_NEWTON);
    made.description.gamma = 0;
    const outcome entropy = with_curvature(&made, FOCL_CURVATURE_RAW);
    for (size_t i = 0; i < ELEMENTS; i++)
        assert_near(focal.gradient[i] / focal.hessian[i], entropy.gradient[i] / entropy.hessian[i], 1e-12, "step");
}
END_TEST

/* Of a label's own class too, for the focal loss of a softmax. */
START_TEST(gauss_newton_of_a_label_steps_as_cross_entropy_does) {
    test_random random = test_random_start(500);
    problem made = random_problem(&formulas[16], 2.5, LABELS, &random);
    made.description.has_ignore_index = false;
    for (size_t row = 0; row < ROWS; row++)
        made.labels[row] = (int16_t)(row % CLASSES);
    const outcome focal = with_curvature(&made, FOCL_CURVATURE_GAUSS_NEWTON);
    made.description.gamma = 0;
    const outcome entropy = with_curvature(&made, FOCL_CURVATURE_RAW);
    for (size_t i = 0; i < ELEMENTS; i++)
        assert_near(focal.gradient[i] / focal.hessian[i], entropy.gradient[i] / entropy.hessian[i], 1e-12, "step");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reference slopes");
    TCase *tcase = tcase_create("reference slopes");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, derivatives_are_slopes, 0, (int)COUNT_OF(formulas));
    tcase_add_loop_test(tcase, absolute_curvature_is_the_magnitude, 0, (int)COUNT_OF(formulas));
    tcase_add_loop_test(tcase, gauss_newton_is_never_negative, 0, (int)COUNT_OF(formulas));
    tcase_add_test(tcase, gauss_newton_of_the_convex_is_the_curvature);
    tcase_add_test(tcase, gauss_newton_steps_as_cross_entropy_does);
    tcase_add_test(tcase, gauss_newton_of_a_label_steps_as_cross_entropy_does);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
