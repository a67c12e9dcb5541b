/* Types: logits and outputs in 16 bits and in f64, dense targets in any float type, labels in every integer type. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support_loss.h"
#include "support_recipes.h"

static const focl_type storage_types[] = {FOCL_F16, FOCL_BF16};
static const focl_type logits_types[] = {FOCL_F16, FOCL_BF16, FOCL_F64};
static const focl_type dense_types[] = {FOCL_F32, FOCL_F16, FOCL_BF16};
static const focl_type label_types[] = {FOCL_U8, FOCL_I16, FOCL_I32, FOCL_I64};
static const focl_view shapes[] = {{37, 3, 5}, {1, 1, 1}, {129, 80, 1}, {4099, 1, 1}, {2, 19, 321}, {7, 2, 33}};

static size_t shape_count(void) {
    return test_size(COUNT_OF(shapes), 2);
}

static bool fits(focl_type type, int64_t label) {
    return type != FOCL_U8 || (label >= 0 && label <= UINT8_MAX);
}

/* Labels that the type cannot hold would be other labels. */
static bool takes(const focl_loss_description *description, focl_type targets_type) {
    if (description->has_ignore_index && !fits(targets_type, description->ignore_index))
        return false;
    return !description->has_background || fits(targets_type, description->background);
}

static loss_recipe typed(const loss_recipe *recipe, focl_type logits_type, focl_type targets_type) {
    loss_recipe changed = *recipe;
    changed.description.logits_type = logits_type;
    changed.description.targets_type = targets_type;
    return changed;
}

static void assert_types(const loss_recipe *recipe, focl_type logits_type, focl_type targets_type, size_t stream) {
    const loss_recipe changed = typed(recipe, logits_type, targets_type);
    const focl_view shape = shapes[stream % shape_count()];
    const loss_recipe shaped = loss_recipe_shaped(&changed, shape);
    if (!takes(&shaped.description, targets_type))
        return;
    loss_problem problem = loss_problem_create(&shaped, 12000 + stream);
    loss_assert_in_turn(&problem, stream % 4, stream, 3);
    loss_problem_free(&problem);
}

static focl_type targets_type(const loss_recipe *recipe, size_t number) {
    return loss_is_dense(&recipe->description) ? dense_types[number % COUNT_OF(dense_types)]
                                               : label_types[number % COUNT_OF(label_types)];
}

/* Every pair of types meets some of the recipes. */
START_TEST(every_recipe_in_16_bits) {
    const loss_recipe *recipe = &loss_recipes[_i];
    for (size_t storage = 0; storage < COUNT_OF(storage_types); storage++)
        assert_types(recipe, storage_types[storage], targets_type(recipe, (size_t)_i + storage),
                     2 * (size_t)_i + storage);
}
END_TEST

START_TEST(every_row_recipe_in_16_bits) {
    const loss_recipe *recipe = &loss_row_recipes[_i];
    assert_types(recipe, storage_types[_i % 2], targets_type(recipe, (size_t)_i / 2), 50 + (size_t)_i);
}
END_TEST

/* With f64 targets, and with the others by turns. */
static focl_type targets_of_f64(const loss_recipe *recipe, size_t number) {
    const bool wide = loss_is_dense(&recipe->description) && number % 2 == 0;
    return wide ? FOCL_F64 : targets_type(recipe, number / 2);
}

START_TEST(every_recipe_in_f64) {
    const loss_recipe *recipe = &loss_recipes[_i];
    for (size_t i = 0; i < 2; i++)
        assert_types(recipe, FOCL_F64, targets_of_f64(recipe, (size_t)_i + i), 200 + 2 * (size_t)_i + i);
}
END_TEST

START_TEST(every_row_recipe_in_f64) {
    const loss_recipe *recipe = &loss_row_recipes[_i];
    for (size_t i = 0; i < 2; i++)
        assert_types(recipe, FOCL_F64, targets_of_f64(recipe, (size_t)_i + i), 300 + 2 * (size_t)_i + i);
}
END_TEST

START_TEST(f32_logits_take_targets_of_every_type) {
    static const focl_type types[] = {FOCL_F16, FOCL_BF16, FOCL_I16};
    const loss_recipe *recipe = &loss_recipes[types[_i] == FOCL_I16 ? 4 : 1];
    assert_types(recipe, FOCL_F32, types[_i], 100 + (size_t)_i);
}
END_TEST

START_TEST(offsets_are_in_elements) {
    static const size_t offsets[] = {1, 3, 7};
    const loss_recipe changed = typed(&loss_recipes[0], logits_types[_i], logits_types[_i]);
    const loss_recipe shaped = loss_recipe_shaped(&changed, (focl_view){test_size(301, 31), 3, 1});
    loss_problem problem = loss_problem_create(&shaped, 12500);
    for (size_t i = 0; i < COUNT_OF(offsets); i++)
        loss_assert_everywhere(&problem, offsets[i]);
    loss_problem_free(&problem);
}
END_TEST

START_TEST(the_old_gradient_is_of_the_logits_type) {
    const loss_recipe changed = typed(&loss_recipes[0], logits_types[_i], FOCL_F32);
    loss_recipe shaped = loss_recipe_shaped(&changed, (focl_view){test_size(1301, 31), 3, 1});
    shaped.description.accumulate = 0.5;
    loss_problem problem = loss_problem_create(&shaped, 12601);
    loss_give_old_gradient(&problem, 12600);
    loss_assert_everywhere(&problem, 1);
    loss_problem_free(&problem);
}
END_TEST

START_TEST(in_place) {
    loss_recipe changed = typed(&loss_recipes[0], logits_types[_i], FOCL_F32);
    changed.description.in_place = true;
    const loss_recipe shaped = loss_recipe_shaped(&changed, (focl_view){test_size(1301, 31), 3, 1});
    loss_problem problem = loss_problem_create(&shaped, 12700);
    loss_assert_everywhere(&problem, 3);
    loss_problem_free(&problem);
}
END_TEST

/* ---- What 16 bits can hold ---- */

/* Squared error of values as they are: the probabilities are the input. */
static loss_problem values_problem(focl_type type, const void *values, size_t count) {
    focl_loss_description description = focl_loss_default(FOCL_IDENTITY, FOCL_MSE, (focl_view){count, 1, 1});
    description.logits_type = type;
    description.targets_type = type;
    loss_problem problem = loss_problem_empty("every value", &description);
    loss_problem_set(&problem, LOSS_logits, values);
    problem.inputs[LOSS_targets] = test_guarded(loss_array_bytes(&description, LOSS_targets));
    memset(problem.inputs[LOSS_targets], 0, loss_array_bytes(&description, LOSS_targets));
    return problem;
}

/* NaN may come back as another one, and subnormal f32, which bf16 has too, as 0. */
static void assert_comes_back(focl_type type, uint16_t value, uint16_t back, const char *where) {
    const double wanted = loss_value_at(type, &value, 0);
    const double found = loss_value_at(type, &back, 0);
    const bool as_zero = fabs(wanted) <= 0x1p-126 && fabs(found) <= 0;
    const bool same = isnan(wanted) ? isnan(found) : value == back || as_zero;
    if (!same)
        ck_abort_msg("%s on %s: 0x%04x comes back as 0x%04x", focl_type_name(type), where, (unsigned)value,
                     (unsigned)back);
}

START_TEST(every_value_goes_through) {
    enum { VALUES = 0x10000 };
    const focl_type type = storage_types[_i];
    uint16_t *values = test_guarded(VALUES * sizeof *values);
    for (size_t i = 0; i < VALUES; i++)
        values[i] = (uint16_t)i;
    loss_problem problem = values_problem(type, values, VALUES);
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer answer = loss_answer_create(&problem, LOSS_BIT(probabilities));
        ck_assert_int_eq(loss_on_device(test_device(device), &problem, &answer, 1), FOCL_OK);
        for (size_t i = 0; i < VALUES; i++)
            assert_comes_back(type, values[i], ((const uint16_t *)answer.outputs[LOSS_probabilities])[i],
                              test_device_name(device));
        loss_answer_free(&answer);
    }
    loss_problem_free(&problem);
    test_guarded_free(values);
}
END_TEST

/* Every 16-bit target beside f64 logits of 0: the gradient of (p - t)^2 is -2 t exactly. */
static void assert_targets_are_read(focl_handle *handle, focl_type type) {
    enum { VALUES = 0x10000 };
    static double zeros[VALUES];
    focl_loss_description description = focl_loss_default(FOCL_IDENTITY, FOCL_MSE, (focl_view){VALUES, 1, 1});
    uint16_t *targets = test_guarded(VALUES * sizeof *targets);
    for (size_t i = 0; i < VALUES; i++)
        targets[i] = (uint16_t)i;
    description.logits_type = FOCL_F64;
    description.targets_type = type;
    description.reduction = FOCL_REDUCTION_NONE;
    loss_problem problem = loss_problem_empty("every target", &description);
    loss_problem_set(&problem, LOSS_logits, zeros);
    loss_problem_set(&problem, LOSS_targets, targets);
    loss_answer answer = loss_answer_create(&problem, LOSS_BIT(gradient));
    ck_assert_int_eq(loss_on_device(handle, &problem, &answer, 1), FOCL_OK);
    for (size_t i = 0; i < VALUES; i++) {
        const double target = loss_value_at(type, targets, i);
        const double gradient = ((const double *)answer.outputs[LOSS_gradient])[i];
        const double wanted = fabs(target) < 0x1p-126 ? 0 : -2 * target;
        ck_assert_msg(isfinite(target) ? gradient == wanted : isnan(gradient), "%s 0x%04zx: gradient %a, not %a",
                      focl_type_name(type), i, gradient, wanted);
    }
    loss_answer_free(&answer);
    loss_problem_free(&problem);
    test_guarded_free(targets);
}

START_TEST(every_target_of_16_bits_is_read_beside_f64) {
    for (size_t device = 0; device < test_device_count(); device++)
        if (focl_handle_device(test_device(device))->fp64)
            assert_targets_are_read(test_device(device), storage_types[_i]);
}
END_TEST

/* The gradient of one of 4096 confident elements, as f16 says it. */
static double small_gradient(focl_handle *handle, double loss_scale) {
    enum { ELEMENTS = 4096 };
    loss_recipe recipe = {"small", focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){ELEMENTS, 1, 1}), 0, false};
    recipe.description.logits_type = FOCL_F16;
    recipe.description.targets_type = FOCL_F16;
    recipe.description.loss_scale = loss_scale;
    loss_problem problem = loss_problem_create(&recipe, 12800);
    for (size_t i = 0; i < ELEMENTS; i++) {
        loss_put_value(FOCL_F16, problem.inputs[LOSS_logits], i, 3);
        loss_put_value(FOCL_F16, problem.inputs[LOSS_targets], i, 1);
    }
    loss_answer answer = loss_answer_create(&problem, LOSS_BIT(gradient) | LOSS_BIT(reduced));
    ck_assert_int_eq(loss_on_host(handle, &problem, &answer), FOCL_OK);
    const double gradient = loss_value_at(FOCL_F16, answer.outputs[LOSS_gradient], ELEMENTS - 1);
    const double reduced = (double)*(const float *)answer.outputs[LOSS_reduced];
    ck_assert_msg(reduced > 2e-5 && reduced < 3e-5, "the scale is not of the loss, which is %g", reduced);
    loss_answer_free(&answer);
    loss_problem_free(&problem);
    return gradient;
}

/* -alpha q^2 (2 p S + q) / 4096 is -1.9e-8 at logit 3, below half of 2^-24. */
START_TEST(loss_scale_keeps_small_gradients) {
    for (size_t device = 0; device < test_device_count(); device++) {
        const double q = 1 / (1 + exp(3));
        const double exact = -0.25 * q * q * (2 * (1 - q) * log1p(exp(-3)) + q) / 4096;
        const double scaled = small_gradient(test_device(device), 65536);
        ck_assert_double_eq(small_gradient(test_device(device), 1), 0);
        ck_assert_double_eq_tol(scaled / 65536, exact, 0x1p-11 * fabs(exact));
    }
}
END_TEST

/* What f16 cannot hold is infinite, not wrapped; the sum sees the number itself. */
START_TEST(large_losses) {
    loss_recipe recipe = {"large", focl_loss_default(FOCL_SIGMOID, FOCL_CROSS_ENTROPY, (focl_view){2, 1, 1}), 0, false};
    recipe.description.logits_type = FOCL_F16;
    recipe.description.targets_type = FOCL_U8;
    recipe.description.has_background = true;
    recipe.description.background = 1;
    recipe.description.reduction = FOCL_REDUCTION_SUM;
    recipe.description.pos_weight_count = 1;
    recipe.inputs = LOSS_BIT(pos_weights);
    loss_problem problem = loss_problem_create(&recipe, 12900);
    memset(problem.inputs[LOSS_targets], 0, 2);
    *(float *)problem.inputs[LOSS_pos_weights] = 4;
    loss_put_value(FOCL_F16, problem.inputs[LOSS_logits], 0, -60000);
    loss_put_value(FOCL_F16, problem.inputs[LOSS_logits], 1, -2048);
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer answer = loss_answer_create(&problem, LOSS_BIT(loss) | LOSS_BIT(reduced));
        ck_assert_int_eq(loss_on_host(test_device(device), &problem, &answer), FOCL_OK);
        ck_assert_double_infinite(loss_value_at(FOCL_F16, answer.outputs[LOSS_loss], 0));
        ck_assert_double_eq(loss_value_at(FOCL_F16, answer.outputs[LOSS_loss], 1), 8192);
        ck_assert_float_eq(*(const float *)answer.outputs[LOSS_reduced], 4 * 60000 + 8192);
        loss_answer_free(&answer);
    }
    loss_problem_free(&problem);
}
END_TEST

/* ---- What is refused ---- */

static void assert_refused(focl_type logits_type, focl_type targets_type, focl_status status, const char *argument) {
    loss_recipe recipe = {"refused", focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){3, 1, 1}), 0, false};
    loss_problem problem = loss_problem_create(&recipe, 13000);
    problem.description.logits_type = logits_type;
    problem.description.targets_type = targets_type;
    float reduced = 0;
    const focl_loss_host_inputs inputs = {.logits = problem.inputs[LOSS_logits],
                                          .targets = problem.inputs[LOSS_targets]};
    const focl_loss_host_outputs outputs = {.reduced = &reduced};
    ck_assert_int_eq(focl_mirror_loss(&problem.description, &inputs, &outputs), status);
    ck_assert_str_eq(focl_last_error()->argument, argument);
    loss_problem_free(&problem);
}

START_TEST(types_that_are_not_there) {
    assert_refused(FOCL_I32, FOCL_F32, FOCL_EINVAL, "logits_type");
    assert_refused((focl_type)-1, FOCL_F32, FOCL_EINVAL, "logits_type");
    assert_refused((focl_type)99, FOCL_F32, FOCL_EINVAL, "logits_type");
    assert_refused(FOCL_F16, FOCL_F64, FOCL_EINVAL, "targets_type");
    assert_refused(FOCL_F16, (focl_type)99, FOCL_EINVAL, "targets_type");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("loss_types");
    TCase *tcase = tcase_create("loss_types");
    const int types = (int)COUNT_OF(logits_types);
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, every_recipe_in_16_bits, 0, (int)loss_recipe_count);
    tcase_add_loop_test(tcase, every_row_recipe_in_16_bits, 0, (int)loss_row_recipe_count);
    tcase_add_loop_test(tcase, every_recipe_in_f64, 0, (int)loss_recipe_count);
    tcase_add_loop_test(tcase, every_row_recipe_in_f64, 0, (int)loss_row_recipe_count);
    tcase_add_loop_test(tcase, f32_logits_take_targets_of_every_type, 0, 3);
    tcase_add_loop_test(tcase, offsets_are_in_elements, 0, types);
    tcase_add_loop_test(tcase, the_old_gradient_is_of_the_logits_type, 0, types);
    tcase_add_loop_test(tcase, in_place, 0, types);
    tcase_add_loop_test(tcase, every_value_goes_through, 0, (int)COUNT_OF(storage_types));
    tcase_add_loop_test(tcase, every_target_of_16_bits_is_read_beside_f64, 0, (int)COUNT_OF(storage_types));
    tcase_add_test(tcase, loss_scale_keeps_small_gradients);
    tcase_add_test(tcase, large_losses);
    tcase_add_test(tcase, types_that_are_not_there);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
