/*
 * The sigmoid family: every objective with every option of its own, losses, gradients and curvatures of each kind, for
 * hard and soft dense targets, smoothed ones and labels: the mirror against the truth, the devices against the mirror.
 */
#include <float.h>
#include <math.h>

#include "support_formulas.h"
#include "support_loss.h"

enum { CURVATURES = FOCL_CURVATURE_GAUSS_NEWTON + 1 };

static loss_recipe recipe_of(const loss_formula *of, size_t count, focl_curvature curvature, bool soft) {
    return (loss_recipe){of->name, loss_formula_description(of, (focl_view){count, 1, 1}, curvature), 0, soft};
}

/* Labels with everything that multiplies a curvature on the way. */
static loss_recipe weighted_recipe_of(const loss_formula *of, focl_curvature curvature) {
    loss_recipe recipe = {of->name, loss_formula_description(of, (focl_view){test_size(60, 7), 5, 3}, curvature), 0,
                          false};
    recipe.description.targets_type = FOCL_U8;
    recipe.description.has_ignore_index = true;
    recipe.description.ignore_index = 255;
    recipe.description.has_background = true;
    recipe.description.background = 200;
    recipe.description.pos_weight_count = 5;
    recipe.description.upstream_extent = FOCL_PER_ELEMENT;
    recipe.description.upstream = -3;
    recipe.description.loss_scale = 1024;
    recipe.description.reduction = FOCL_REDUCTION_MEAN;
    recipe.inputs = LOSS_BIT(class_weights) | LOSS_BIT(weights) | LOSS_BIT(upstream);
    if (of->objective != FOCL_MSE)
        recipe.inputs |= LOSS_BIT(pos_weights);
    return recipe;
}

/* ---- Against the truth ---- */

/* p_t of values that are no probabilities is a sum that may cancel, and means nothing. */
static unsigned outputs_of(const loss_recipe *recipe) {
    const bool of_values = recipe->description.activation == FOCL_IDENTITY;
    return loss_outputs(&recipe->description) & ~(of_values && recipe->soft ? LOSS_BIT(pt) : 0u);
}

static void assert_mirror(const loss_recipe *recipe, uint64_t stream) {
    loss_problem problem = loss_problem_create(recipe, stream);
    loss_truth truth = loss_truth_of(&problem);
    loss_answer mirror = loss_answer_create(&problem, outputs_of(recipe));
    loss_assert_mirror(&problem, &truth, &mirror);
    loss_answer_free(&mirror);
    loss_truth_free(&truth);
    loss_problem_free(&problem);
}

START_TEST(mirror_is_true) {
    for (int curvature = 0; curvature < CURVATURES; curvature++) {
        for (int soft = 0; soft < 2; soft++) {
            const loss_recipe recipe =
                recipe_of(&loss_formulas[_i], test_size(20000, 4000), (focl_curvature)curvature, soft != 0);
            assert_mirror(&recipe, 100 * (uint64_t)_i + 10 * (uint64_t)soft + (uint64_t)curvature);
        }
        const loss_recipe weighted = weighted_recipe_of(&loss_formulas[_i], (focl_curvature)curvature);
        assert_mirror(&weighted, 5000 + 10 * (uint64_t)_i + (uint64_t)curvature);
    }
}
END_TEST

/* ---- On the devices ---- */

/* Case `number` by turns: a program takes a device some seconds to compile. */
static void assert_in_turn(const loss_recipe *recipe, uint64_t stream, size_t offset, size_t number) {
    loss_problem problem = loss_problem_create(recipe, stream);
    loss_assert_in_turn(&problem, offset, number, 3);
    loss_problem_free(&problem);
}

/* Each formula with one curvature: what is done with it does not depend on the formula. */
START_TEST(dense_targets_on_devices) {
    const focl_curvature curvature = (focl_curvature)(_i % CURVATURES);
    const int kinds = loss_formulas[_i].activation == FOCL_IDENTITY ? 1 : 2;
    for (int soft = 0; soft < kinds; soft++) {
        const loss_recipe recipe = recipe_of(&loss_formulas[_i], test_size(5000, 150), curvature, soft != 0);
        assert_in_turn(&recipe, 7000 + 10 * (uint64_t)_i + (uint64_t)soft, 1, (size_t)(_i + soft));
    }
}
END_TEST

/* Every fourth formula. */
START_TEST(weighted_labels_on_devices) {
    const focl_curvature curvature = (focl_curvature)(_i % CURVATURES);
    const loss_recipe recipe = weighted_recipe_of(&loss_formulas[4 * (size_t)_i], curvature);
    assert_in_turn(&recipe, 8000 + (uint64_t)_i, 3, (size_t)_i);
}
END_TEST

/* ---- Logits that break other programs ---- */

static const float adversarial[] = {0,        -0.0F,  1,       -1,      8.4F,     -8.4F,    17.4F,   -17.4F,  43.7F,
                                    -43.7F,   83,     -83,     87.3F,   -87.3F,   87.4F,    -87.4F,  88,      -88,
                                    104,      -104,   1e4F,    -1e4F,   FLT_MAX,  -FLT_MAX, 1e-30F,  -1e-30F, FLT_MIN,
                                    -FLT_MIN, 1e-40F, -1e-40F, 2.7081F, -2.7081F, 1.0986F,  -1.0986F};
static const float no_numbers[] = {NAN, INFINITY, -INFINITY};
static const float some_targets[] = {0, 1, 0.5F, 0.0625F, 0x1p-20F, 1 - 0x1p-20F};

/* Every logit with every target. */
static loss_problem product_problem(const loss_formula *of, const float *logits, size_t count,
                                    focl_curvature curvature) {
    const size_t all = count * COUNT_OF(some_targets);
    const focl_loss_description description = loss_formula_description(of, (focl_view){all, 1, 1}, curvature);
    loss_problem problem = loss_problem_empty(of->name, &description);
    float *inputs = test_guarded(all * sizeof *inputs);
    float *targets = test_guarded(all * sizeof *targets);
    for (size_t i = 0; i < all; i++) {
        inputs[i] = logits[i / COUNT_OF(some_targets)];
        targets[i] = some_targets[i % COUNT_OF(some_targets)];
    }
    problem.inputs[LOSS_logits] = inputs;
    problem.inputs[LOSS_targets] = targets;
    problem.soft = true;
    return problem;
}

static void assert_products(const loss_formula *of, const float *logits, size_t count, focl_curvature curvature) {
    loss_problem problem = product_problem(of, logits, count, curvature);
    loss_assert_everywhere(&problem, 0);
    loss_problem_free(&problem);
}

START_TEST(adversarial_logits) {
    assert_products(&loss_formulas[_i], adversarial, COUNT_OF(adversarial), (focl_curvature)(_i % CURVATURES));
}
END_TEST

/* NaN stays visible in every output; an infinity gives the limit, but for a power that f32 has no number for. */
START_TEST(logits_that_are_no_numbers) {
    if (loss_formulas[_i].gamma < 10)
        assert_products(&loss_formulas[_i], no_numbers, COUNT_OF(no_numbers), (focl_curvature)(_i % CURVATURES));
}
END_TEST

/* ---- Identities ---- */

static loss_answer mirror_of(const loss_problem *problem, unsigned outputs) {
    loss_answer answer = loss_answer_create(problem, outputs);
    ck_assert_msg(loss_on_mirror(problem, &answer) == FOCL_OK, "%s", focl_last_error()->message);
    return answer;
}

/* The same problem, for another curvature. */
static loss_answer curvature_of(loss_problem *problem, focl_curvature curvature) {
    problem->description.curvature = curvature;
    return mirror_of(problem, loss_outputs(&problem->description));
}

START_TEST(absolute_is_the_size_of_raw) {
    const loss_recipe recipe = weighted_recipe_of(&loss_formulas[_i], FOCL_CURVATURE_RAW);
    loss_problem problem = loss_problem_create(&recipe, 9000 + (uint64_t)_i);
    loss_answer raw = curvature_of(&problem, FOCL_CURVATURE_RAW);
    loss_answer absolute = curvature_of(&problem, FOCL_CURVATURE_ABSOLUTE);
    float *values = raw.outputs[LOSS_hessian];
    for (size_t i = 0; i < loss_array_elements(&problem.description, LOSS_hessian); i++)
        values[i] = fabsf(values[i]);
    loss_assert_same(&problem, &raw, &absolute, "the mirror");
    loss_answer_free(&raw);
    loss_answer_free(&absolute);
    loss_problem_free(&problem);
}
END_TEST

START_TEST(gauss_newton_is_never_negative) {
    for (int soft = 0; soft < 2; soft++) {
        const loss_recipe recipe = recipe_of(&loss_formulas[_i], 20000, FOCL_CURVATURE_GAUSS_NEWTON, soft != 0);
        loss_problem problem = loss_problem_create(&recipe, 9100 + (uint64_t)_i);
        loss_answer answer = mirror_of(&problem, LOSS_BIT(hessian));
        const float *values = answer.outputs[LOSS_hessian];
        for (size_t i = 0; i < loss_array_elements(&problem.description, LOSS_hessian); i++)
            if (!(values[i] >= 0))
                ck_abort_msg("%s: %g", loss_formulas[_i].name, (double)values[i]);
        loss_answer_free(&answer);
        loss_problem_free(&problem);
    }
}
END_TEST

/* Whether or not a curvature is asked for, the other outputs are the same. */
static void assert_no_influence(focl_handle *handle, const loss_problem *problem) {
    const unsigned all = loss_outputs(&problem->description);
    loss_answer with = loss_answer_create(problem, all);
    loss_answer without = loss_answer_create(problem, all & ~LOSS_BIT(hessian));
    ck_assert_int_eq(loss_on_host(handle, problem, &with), FOCL_OK);
    ck_assert_int_eq(loss_on_host(handle, problem, &without), FOCL_OK);
    loss_assert_same(problem, &without, &with, "with a curvature");
    loss_answer_free(&with);
    loss_answer_free(&without);
}

START_TEST(curvature_changes_nothing_else) {
    const loss_recipe recipe =
        recipe_of(&loss_formulas[12 * (size_t)_i + 3], test_size(3000, 100), FOCL_CURVATURE_RAW, _i % 2 == 1);
    loss_problem problem = loss_problem_create(&recipe, 9200 + (uint64_t)_i);
    for (size_t device = 0; device < test_device_count(); device++)
        assert_no_influence(test_device(device), &problem);
    loss_problem_free(&problem);
}
END_TEST

/* ---- Points that no random number meets ---- */

/* An element's outputs from the mirror. */
typedef struct point {
    float loss;
    float gradient;
    float hessian;
} point;

static point at(const loss_formula *of, focl_curvature curvature, float logit, float target) {
    const focl_loss_description description = loss_formula_description(of, (focl_view){1, 1, 1}, curvature);
    point found;
    const focl_loss_host_inputs inputs = {.logits = &logit, .targets = &target};
    const focl_loss_host_outputs outputs = {
        .loss = &found.loss, .gradient = &found.gradient, .hessian = &found.hessian};
    ck_assert_msg(focl_mirror_loss(&description, &inputs, &outputs) == FOCL_OK, "%s", focl_last_error()->message);
    return found;
}

static bool is_0(float value) {
    return value >= 0 && value <= 0;
}

static void assert_point(point found, point expected) {
    ck_assert(is_0(found.loss - expected.loss));
    ck_assert(is_0(found.gradient - expected.gradient));
    ck_assert(is_0(found.hessian - expected.hessian));
}

static loss_formula quality(double gamma) {
    return (loss_formula){"quality", FOCL_SIGMOID, FOCL_QUALITY_FOCAL, gamma, -1, 0, 0, 0, -1, false};
}

/* p = t = 1/2. Of |t - p|^2 the second derivative is there, of other powers 0 is what is agreed. */
START_TEST(quality_where_the_target_is_met) {
    static const double gammas[] = {0.5, 1, 1.5, 2, 3};
    for (size_t i = 0; i < COUNT_OF(gammas); i++) {
        const loss_formula of = quality(gammas[i]);
        const point found = at(&of, FOCL_CURVATURE_RAW, 0, 0.5F);
        const double curvature = gammas[i] >= 2 && gammas[i] <= 2 ? 2 * 0.0625 * log(2) : 0;
        ck_assert(is_0(found.loss) && is_0(found.gradient));
        ck_assert_double_le(test_error_ulps(curvature, 0, found.hessian), 4);
    }
    const loss_formula entropy = quality(0);
    const point found = at(&entropy, FOCL_CURVATURE_RAW, 0, 0.5F);
    ck_assert(is_0(found.gradient) && found.hessian >= 0.25F && found.hessian <= 0.25F);
}
END_TEST

START_TEST(squared_error_where_the_target_is_met) {
    const loss_formula of = {"squared error", FOCL_SIGMOID, FOCL_MSE, 0, -1, 0, 0, 0, -1, false};
    const point found = at(&of, FOCL_CURVATURE_RAW, 0, 0.5F);
    ck_assert(is_0(found.loss) && is_0(found.gradient) && found.hessian >= 0.125F && found.hessian <= 0.125F);
}
END_TEST

/* Values and targets of any size; the curvature is 2 whatever they are. */
START_TEST(squared_error_of_any_values) {
    static const struct {
        float value, target, loss, gradient;
    } cases[] = {{3, 1, 4, 4}, {-2.5F, 0, 6.25F, -5}, {1e3F, -1e3F, 4e6F, 4e3F}, {7, 7, 0, 0}};
    const loss_formula of = {"squared error of values", FOCL_IDENTITY, FOCL_MSE, 0, -1, 0, 0, 0, -1, false};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const point found = at(&of, (focl_curvature)(i % CURVATURES), cases[i].value, cases[i].target);
        assert_point(found, (point){cases[i].loss, cases[i].gradient, 2});
    }
}
END_TEST

/* A probability below the margin is nothing at all, one above it is something. */
START_TEST(margin_takes_easy_negatives_out) {
    const loss_formula of = {"margin", FOCL_SIGMOID, FOCL_FOCAL, 1, 4, 0.125, 0, 0, -1, false};
    const loss_formula without_power = {"margin", FOCL_SIGMOID, FOCL_FOCAL, 1, 0, 0.125, 0, 0, -1, false};
    const float boundary = -1.9459101F; /* log(1/7) */
    static const float below[] = {-0x1p-10F, -1, -50, -1e4F};
    for (size_t i = 0; i < COUNT_OF(below); i++) {
        const point found[] = {at(&of, FOCL_CURVATURE_RAW, boundary + below[i], 0),
                               at(&without_power, FOCL_CURVATURE_RAW, boundary + below[i], 0)};
        for (size_t k = 0; k < COUNT_OF(found); k++)
            ck_assert(is_0(found[k].loss) && is_0(found[k].gradient) && is_0(found[k].hessian));
    }
    const point above = at(&without_power, FOCL_CURVATURE_RAW, boundary + 0x1p-10F, 0);
    ck_assert(above.loss > 0 && above.gradient > 0.1F);
}
END_TEST

/* t > 0 has no power, t = 0 has alpha and the power. */
START_TEST(varifocal_is_cross_entropy_where_there_is_an_object) {
    const loss_formula varifocal = {"varifocal", FOCL_SIGMOID, FOCL_VARIFOCAL, 2, -1, 0, 0, 0, 0.75, false};
    const loss_formula entropy = {"cross entropy", FOCL_SIGMOID, FOCL_CROSS_ENTROPY, 0, -1, 0, 0, 0, -1, false};
    const loss_formula focal = {"focal", FOCL_SIGMOID, FOCL_FOCAL, 2, -1, 0, 0, 0, 0.25, false};
    const point object = at(&varifocal, FOCL_CURVATURE_RAW, 0.75F, 0.5F);
    const point entropy_there = at(&entropy, FOCL_CURVATURE_RAW, 0.75F, 0.5F);
    ck_assert_double_le(test_error_ulps(0.5 * (double)entropy_there.loss, 0, object.loss), 4);
    ck_assert_double_le(test_error_ulps(0.5 * (double)entropy_there.gradient, 0, object.gradient), 4);
    ck_assert_double_le(test_error_ulps(0.5 * (double)entropy_there.hessian, 0, object.hessian), 4);
    const point nothing = at(&varifocal, FOCL_CURVATURE_RAW, 0.75F, 0);
    const point focal_there = at(&focal, FOCL_CURVATURE_RAW, 0.75F, 0);
    ck_assert_double_le(test_error_ulps((double)focal_there.loss, 0, nothing.loss), 8);
    ck_assert_double_le(test_error_ulps((double)focal_there.gradient, 0, nothing.gradient), 8);
    ck_assert_double_le(test_error_ulps((double)focal_there.hessian, 0, nothing.hessian), 8);
}
END_TEST

static void add_case(Suite *suite, const char *name, const TTest *test, int count) {
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, test, 0, count);
    suite_add_tcase(suite, tcase);
}

int main(void) {
    const int formulas = (int)loss_formula_count;
    Suite *suite = suite_create("loss_family");
    add_case(suite, "mirror", mirror_is_true, formulas);
    add_case(suite, "dense", dense_targets_on_devices, formulas);
    add_case(suite, "labels", weighted_labels_on_devices, formulas / 4);
    add_case(suite, "adversarial", adversarial_logits, formulas);
    add_case(suite, "no numbers", logits_that_are_no_numbers, formulas);
    add_case(suite, "absolute", absolute_is_the_size_of_raw, formulas);
    add_case(suite, "gauss-newton", gauss_newton_is_never_negative, formulas);
    TCase *others = tcase_create("others");
    tcase_set_timeout(others, 0);
    tcase_add_loop_test(others, curvature_changes_nothing_else, 0, formulas / 12);
    tcase_add_test(others, quality_where_the_target_is_met);
    tcase_add_test(others, squared_error_where_the_target_is_met);
    tcase_add_test(others, squared_error_of_any_values);
    tcase_add_test(others, margin_takes_easy_negatives_out);
    tcase_add_test(others, varifocal_is_cross_entropy_where_there_is_an_object);
    suite_add_tcase(suite, others);
    return test_main(suite);
}
