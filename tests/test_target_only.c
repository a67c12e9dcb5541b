/*
 * Losses of which only the label's class counts: every option that goes with target_only in every layout, against the
 * truth and from device to device.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_device.h"
#include "support_loss.h"
#include "support_recipes.h"

#define TARGET_ONLY LOSS_AS_USUAL, .target_only = true

static const loss_recipe recipes[] = {
    {
        .name = "focal of u8 labels",
        .description = {TARGET_ONLY, .targets_type = FOCL_U8, .gamma = 2, .alpha = 0.25, .upstream = 1,
                        .reduction = FOCL_REDUCTION_MEAN},
    },
    {
        .name = "i16 labels, class and row weights, ignored and background",
        .description = {TARGET_ONLY, .targets_type = FOCL_I16, .gamma = 1, .alpha = -1, .has_ignore_index = true,
                        .ignore_index = -7, .has_background = true, .background = 999, .upstream = -2,
                        .reduction = FOCL_REDUCTION_WEIGHTED_MEAN},
        .inputs = LOSS_BIT(class_weights) | LOSS_BIT(weights),
    },
    {
        .name = "i32 labels, element weights and upstream, positive weights",
        .description = {TARGET_ONLY, .targets_type = FOCL_I32, .gamma = 0.5, .alpha = 0.75, .pos_weight_count = 2,
                        .weights_extent = FOCL_PER_ELEMENT, .upstream_extent = FOCL_PER_ELEMENT, .upstream = 1,
                        .has_ignore_index = true, .ignore_index = 0, .reduction = FOCL_REDUCTION_WEIGHTED_MEAN,
                        .curvature = FOCL_CURVATURE_ABSOLUTE},
        .inputs = LOSS_BIT(class_weights) | LOSS_BIT(pos_weights) | LOSS_BIT(weights) | LOSS_BIT(upstream),
    },
    {
        .name = "smoothed i64 labels, row upstream, one positive weight",
        .description = {TARGET_ONLY, .targets_type = FOCL_I64, .gamma = 2, .alpha = 0.5, .label_smoothing = 0.25,
                        .pos_weight_count = 1, .upstream = 1, .has_background = true, .background = -1,
                        .reduction = FOCL_REDUCTION_ROW_MEAN, .curvature = FOCL_CURVATURE_GAUSS_NEWTON},
        .inputs = LOSS_BIT(pos_weights) | LOSS_BIT(upstream),
    },
    {
        .name = "asymmetric u8 labels",
        .description = {.loss_scale = 1,
                        .target_only = true,
                        .targets_type = FOCL_U8,
                        .gamma = 1,
                        .gamma_negative = 4,
                        .margin = 0.05,
                        .alpha = -1,
                        .upstream = 1,
                        .has_ignore_index = true,
                        .ignore_index = 255,
                        .reduction = FOCL_REDUCTION_POSITIVE_MEAN},
        .inputs = LOSS_BIT(class_weights),
    },
    {
        .name = "poly-1 of i32 labels, unreduced",
        .description = {TARGET_ONLY, .targets_type = FOCL_I32, .gamma = 2, .alpha = 0.25, .poly1 = 1.5, .upstream = 2,
                        .upstream_extent = FOCL_PER_ELEMENT},
        .inputs = LOSS_BIT(upstream),
    },
    {
        .name = "cross entropy of u8 labels, accumulated",
        .description = {TARGET_ONLY, .objective = FOCL_CROSS_ENTROPY, .targets_type = FOCL_U8, .alpha = -1,
                        .upstream = 1, .accumulate = -0.5, .reduction = FOCL_REDUCTION_SUM, .has_background = true,
                        .background = 0},
        .inputs = LOSS_BIT(weights),
    },
    {
        .name = "squared error of i16 labels, given normaliser",
        .description = {TARGET_ONLY, .objective = FOCL_MSE, .targets_type = FOCL_I16, .alpha = -1, .upstream = 1,
                        .reduction = FOCL_REDUCTION_GIVEN},
        .inputs = LOSS_BIT(normalizer) | LOSS_BIT(class_weights),
    },
    {
        .name = "squared error of values of i32 labels",
        .description = {TARGET_ONLY, .activation = FOCL_IDENTITY, .objective = FOCL_MSE, .targets_type = FOCL_I32,
                        .alpha = -1, .upstream = 1, .has_ignore_index = true, .ignore_index = -1,
                        .reduction = FOCL_REDUCTION_MEAN, .empty = FOCL_EMPTY_NAN},
    },
    {
        .name = "focal of probabilities and i64 labels",
        .description = {TARGET_ONLY, .activation = FOCL_IDENTITY, .targets_type = FOCL_I64, .gamma = 1.5, .alpha = 0.25,
                        .clip = 0x1p-10, .upstream = 1, .has_ignore_index = true, .ignore_index = 1,
                        .reduction = FOCL_REDUCTION_ROW_MEAN},
    },
    {
        .name = "quality focal of u8 labels",
        .description = {TARGET_ONLY, .objective = FOCL_QUALITY_FOCAL, .targets_type = FOCL_U8, .gamma = 2, .alpha = -1,
                        .upstream = 1, .weights_extent = FOCL_PER_ELEMENT, .reduction = FOCL_REDUCTION_SUM},
        .inputs = LOSS_BIT(weights),
    },
    {
        .name = "varifocal of i32 labels",
        .description = {TARGET_ONLY, .objective = FOCL_VARIFOCAL, .targets_type = FOCL_I32, .gamma = 2, .alpha = 0.75,
                        .upstream = 1, .reduction = FOCL_REDUCTION_MEAN},
    },
};

static const focl_view shapes[] = {{129, 80, 1}, {2, 8, 65},  {1030, 8, 1}, {3, 2, 33},    {1, 1, 1},
                                   {2, 21, 257}, {70, 21, 1}, {1, 3, 4097}, {5, 1, 1},     {2, 80, 7},
                                   {4099, 2, 1}, {333, 1, 1}, {2, 1, 33},   {65, 1000, 1}, {9, 130, 32}};

static size_t shape_count(void) {
    return test_size(COUNT_OF(shapes), 4);
}

/* u8 cannot say the classes that more than 255 need. */
static loss_problem problem_of(const loss_recipe *recipe, focl_view shape, focl_strides strides, uint64_t stream) {
    loss_recipe shaped = loss_recipe_shaped(recipe, shape);
    shaped.description.strides = strides;
    if (shape.classes > 255 && recipe->description.targets_type == FOCL_U8)
        shaped.description.targets_type = FOCL_I16;
    loss_problem problem = loss_problem_create(&shaped, stream);
    if (recipe->description.accumulate < 0)
        loss_give_old_gradient(&problem, 31000);
    return problem;
}

START_TEST(every_option_in_every_shape) {
    for (size_t i = 0; i < shape_count(); i++) {
        loss_problem problem = problem_of(&recipes[_i], shapes[i], (focl_strides){0}, 30000 + 100 * (uint64_t)_i + i);
        loss_assert_in_turn(&problem, i % 4, i + (size_t)_i, 12);
        loss_problem_free(&problem);
    }
}
END_TEST

typedef struct stride_layout {
    const char *name;
    focl_view shape;
    focl_strides strides;
} stride_layout;

static const stride_layout layouts[] = {
    {"the first 80 of 84 columns", {43, 80, 1}, {84, 1, 1}},
    {"NHWC as N x C x HW", {2, 19, 77}, {(size_t)77 * 19, 1, 19}},
    {"padded rows of padded planes", {3, 7, 65}, {(size_t)7 * 70 + 9, 70, 1}},
    {"three of seven columns", {61, 3, 1}, {7, 2, 5}},
    {"every second of a flat array", {1031, 1, 1}, {2, 1, 1}},
};

/* Half of the recipes in strides, the other half in 16 bits, by turns: each is several programs to compile. */
START_TEST(options_in_a_strided_layout) {
    const stride_layout *layout = &layouts[(size_t)_i % COUNT_OF(layouts)];
    loss_problem problem = problem_of(&recipes[2 * _i], layout->shape, layout->strides, 31000 + (uint64_t)_i);
    problem.name = layout->name;
    loss_assert_in_turn(&problem, (size_t)_i % 3, (size_t)_i, 3);
    loss_problem_free(&problem);
}
END_TEST

/* A recipe that ignores rows and has factors of every extent, in every layout. */
START_TEST(every_strided_layout) {
    const stride_layout *layout = &layouts[_i];
    loss_problem problem = problem_of(&recipes[2], layout->shape, layout->strides, 31100 + (uint64_t)_i);
    problem.name = layout->name;
    loss_assert_everywhere(&problem, 1);
    loss_problem_free(&problem);
}
END_TEST

START_TEST(options_in_16_bits) {
    static const focl_type types[] = {FOCL_F16, FOCL_BF16};
    static const focl_view of_types[] = {{2, 19, 67}, {131, 21, 1}, {3, 8, 64}};
    loss_recipe recipe = recipes[2 * _i + 1];
    recipe.description.logits_type = types[_i % 2];
    loss_problem problem =
        problem_of(&recipe, of_types[(size_t)_i % COUNT_OF(of_types)], (focl_strides){0}, 31200 + (uint64_t)_i);
    loss_assert_in_turn(&problem, (size_t)_i / 3 % 3, (size_t)_i, 3);
    loss_problem_free(&problem);
}
END_TEST

/* ---- Outputs ---- */

static const unsigned subsets[] = {
    LOSS_BIT(reduced),
    LOSS_BIT(gradient),
    LOSS_BIT(loss) | LOSS_BIT(counts),
    LOSS_BIT(reduced) | LOSS_BIT(gradient),
    LOSS_BIT(hessian) | LOSS_BIT(pt),
    LOSS_BIT(probabilities),
};

static loss_answer device_answer(size_t device, const loss_problem *problem, unsigned outputs) {
    loss_answer answer = loss_answer_create(problem, outputs);
    const focl_status status = loss_on_device(test_device(device), problem, &answer, 0);
    ck_assert_msg(status == FOCL_OK, "%s, outputs %#x: %s", problem->name, outputs, focl_last_error()->message);
    return answer;
}

START_TEST(any_subset_has_the_same_bits) {
    static const focl_view of_subsets[] = {{3, 5, 70}, {301, 8, 1}};
    loss_problem problem = problem_of(&recipes[3], of_subsets[_i], (focl_strides){0}, 31300 + (uint64_t)_i);
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer all = device_answer(device, &problem, loss_outputs(&problem.description));
        for (size_t i = 0; i < COUNT_OF(subsets); i++) {
            loss_answer some = device_answer(device, &problem, subsets[i]);
            loss_assert_same(&problem, &all, &some, test_device_name(device));
            loss_answer_free(&some);
        }
        loss_answer_free(&all);
    }
    loss_problem_free(&problem);
}
END_TEST

/* The labels' logits are read before a gradient is written over them. */
START_TEST(gradient_over_the_logits) {
    static const focl_view of_place[] = {{2, 8, 1030}, {1030, 8, 1}, {67, 80, 1}};
    loss_problem problem = problem_of(&recipes[1], of_place[_i], (focl_strides){0}, 31400 + (uint64_t)_i);
    loss_answer mirror = loss_answer_create(&problem, loss_outputs(&problem.description));
    ck_assert_int_eq(loss_on_mirror(&problem, &mirror), FOCL_OK);
    problem.description.in_place = true;
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer answer = device_answer(device, &problem, loss_outputs(&problem.description));
        if (focl_handle_device(test_device(device))->bit_exact)
            loss_assert_same(&problem, &mirror, &answer, test_device_name(device));
        ck_assert_int_eq(loss_on_host(test_device(device), &problem, &answer), FOCL_OK);
        if (focl_handle_device(test_device(device))->bit_exact)
            loss_assert_same(&problem, &mirror, &answer, "the host form");
        loss_answer_free(&answer);
    }
    ck_assert_int_eq(loss_on_mirror(&problem, &mirror), FOCL_OK);
    loss_answer_free(&mirror);
    loss_problem_free(&problem);
}
END_TEST

/* ---- Labels out of range ---- */

static void put_bad_labels(loss_problem *problem, size_t step) {
    for (size_t row = step / 2; row < loss_row_count(&problem->description); row += step)
        loss_put_value(problem->description.targets_type, problem->inputs[LOSS_targets], row, 997);
}

static bool is_bad(const loss_problem *problem, size_t row) {
    return loss_value_at(problem->description.targets_type, problem->inputs[LOSS_targets], row) == 997;
}

/* Rows with a bad label are NaN throughout, the others are those of the problem without. */
static void assert_nan_where_bad(const loss_problem *bad, const loss_answer *with, const loss_answer *without,
                                 enum loss_array array, const char *where) {
    const float *found = with->outputs[array];
    const float *expected = without->outputs[array];
    for (size_t i = 0; i < loss_array_count(&bad->description, array); i++) {
        const loss_element element = loss_element_of(&bad->description, i);
        const float value = found[element.place];
        const bool right =
            is_bad(bad, element.row) ? isnan(value) : memcmp(&value, &expected[element.place], sizeof value) == 0;
        ck_assert_msg(right, "%s on %s: %s[%zu] of row %zu is %a", bad->name, where, loss_array_name(array), i,
                      element.row, (double)value);
    }
}

START_TEST(labels_out_of_range) {
    static const enum loss_array spoiled[] = {LOSS_loss, LOSS_gradient, LOSS_hessian, LOSS_pt};
    static const focl_view of_bad[] = {{2, 5, 70}, {150, 8, 1}, {33, 80, 1}, {3, 4, 17}};
    loss_recipe recipe = recipes[3];
    recipe.description.reduction = FOCL_REDUCTION_SUM;
    recipe.description.has_ignore_index = true;
    recipe.description.ignore_index = 2;
    loss_problem good = problem_of(&recipe, of_bad[_i], (focl_strides){0}, 31500 + (uint64_t)_i);
    loss_problem bad = problem_of(&recipe, of_bad[_i], (focl_strides){0}, 31500 + (uint64_t)_i);
    put_bad_labels(&bad, 13);
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer without = device_answer(device, &good, loss_outputs(&good.description));
        loss_answer with = device_answer(device, &bad, loss_outputs(&bad.description));
        for (size_t i = 0; i < COUNT_OF(spoiled); i++)
            assert_nan_where_bad(&bad, &with, &without, spoiled[i], test_device_name(device));
        ck_assert(isnan(*(const float *)with.outputs[LOSS_reduced]));
        loss_answer_free(&with);
        loss_answer_free(&without);
    }
    loss_problem_free(&bad);
    loss_problem_free(&good);
}
END_TEST

/* ---- Pieces and mappings ---- */

static void assert_host_form(const loss_problem *problem, const loss_answer *mirror, const char *where) {
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer answer = loss_answer_create(problem, loss_outputs(&problem->description));
        ck_assert_int_eq(loss_on_host(test_device(device), problem, &answer), FOCL_OK);
        if (focl_handle_device(test_device(device))->bit_exact)
            loss_assert_same(problem, mirror, &answer, where);
        loss_answer_free(&answer);
    }
}

/* A piece of one outer index, several of them, and those that end anywhere in a tile of rows. */
START_TEST(pieces_do_not_change_bits) {
    static const focl_view of_pieces[] = {{7, 3, 700}, {6001, 3, 1}};
    static const char *const pieces[] = {"1", "2100", "10000"};
    static const size_t usual_recipes[] = {0, 2};
    const focl_view shape = of_pieces[_i % 2];
    const size_t first = _i % 2 == 1 ? 1 : 0;
    loss_problem problem = problem_of(&recipes[usual_recipes[_i / 2]], shape, (focl_strides){0}, 31600 + (uint64_t)_i);
    loss_answer mirror = loss_answer_create(&problem, loss_outputs(&problem.description));
    ck_assert_int_eq(loss_on_mirror(&problem, &mirror), FOCL_OK);
    for (size_t i = first; i < test_size(COUNT_OF(pieces), first + 1); i++) {
        ck_assert_int_eq(setenv("FOCL_PIECE_ELEMENTS", pieces[i], 1), 0);
        assert_host_form(&problem, &mirror, pieces[i]);
    }
    ck_assert_int_eq(unsetenv("FOCL_PIECE_ELEMENTS"), 0);
    loss_answer_free(&mirror);
    loss_problem_free(&problem);
}
END_TEST

/* Vector width x work-group size. */
static const char *const mappings[] = {"1x1", "2x4", "16x8", "1x64", "1x256"};

static void assert_mapped(const loss_problem *problem, const char *mapping) {
    loss_answer mirror = loss_answer_create(problem, loss_outputs(&problem->description));
    ck_assert_int_eq(loss_on_mirror(problem, &mirror), FOCL_OK);
    for (size_t device = 0; device < test_device_count(); device++) {
        focl_handle *handle = device_handle_with("FOCL_MAPPING", mapping, device);
        loss_answer answer = loss_answer_create(problem, loss_outputs(&problem->description));
        const focl_status status = loss_on_device(handle, problem, &answer, 1);
        ck_assert_msg(status == FOCL_OK, "%s: %s", mapping, focl_last_error()->message);
        if (focl_handle_device(handle)->bit_exact)
            loss_assert_same(problem, &mirror, &answer, mapping);
        loss_answer_free(&answer);
        focl_destroy(handle);
    }
    loss_answer_free(&mirror);
}

START_TEST(bits_do_not_depend_on_the_mapping) {
    static const focl_view of_mappings[] = {{3, 5, 131}, {517, 9, 1}};
    static const size_t varied_recipes[] = {2, 6};
    const size_t mapping = (size_t)_i / COUNT_OF(of_mappings);
    const size_t layout = (size_t)_i % COUNT_OF(of_mappings);
    loss_problem problem =
        problem_of(&recipes[varied_recipes[mapping % 2]], of_mappings[layout], (focl_strides){0}, 31700 + layout);
    if (test_has_turn(mapping + layout, 3))
        assert_mapped(&problem, mappings[mapping]);
    loss_problem_free(&problem);
}
END_TEST

/* ---- Large arrays, which are written past the caches where their lines are whole ---- */

START_TEST(large_arrays) {
    static const size_t offsets[] = {0, 1};
    const focl_view shape = {2, 5, test_size(220000, 220)};
    loss_problem problem = problem_of(&recipes[0], shape, (focl_strides){0}, 31800);
    loss_answer mirror = loss_answer_create(&problem, LOSS_BIT(reduced) | LOSS_BIT(gradient) | LOSS_BIT(loss));
    ck_assert_int_eq(loss_on_mirror(&problem, &mirror), FOCL_OK);
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer answer = loss_answer_create(&problem, LOSS_BIT(reduced) | LOSS_BIT(gradient) | LOSS_BIT(loss));
        ck_assert_int_eq(loss_on_device(test_device(device), &problem, &answer, offsets[_i]), FOCL_OK);
        if (focl_handle_device(test_device(device))->bit_exact)
            loss_assert_same(&problem, &mirror, &answer, test_device_name(device));
        loss_answer_free(&answer);
    }
    loss_answer_free(&mirror);
    loss_problem_free(&problem);
}
END_TEST

START_TEST(no_elements) {
    static const focl_view empty[] = {{0, 3, 5}, {2, 3, 0}, {0, 5, 1}, {2, 0, 3}};
    loss_problem problem = problem_of(&recipes[8], empty[_i], (focl_strides){0}, 31900);
    for (size_t row = 0; problem.description.shape.classes == 0 && row < loss_row_count(&problem.description); row++)
        loss_put_value(FOCL_I32, problem.inputs[LOSS_targets], row, (double)problem.description.ignore_index);
    loss_assert_everywhere(&problem, 0);
    loss_problem_free(&problem);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("target_only");
    test_add_loop(suite, "shapes", every_option_in_every_shape, COUNT_OF(recipes));
    test_add_loop(suite, "strided", options_in_a_strided_layout, COUNT_OF(recipes) / 2);
    test_add_loop(suite, "layouts", every_strided_layout, COUNT_OF(layouts));
    test_add_loop(suite, "16 bits", options_in_16_bits, COUNT_OF(recipes) / 2);
    test_add_loop(suite, "subsets", any_subset_has_the_same_bits, 2);
    test_add_loop(suite, "in place", gradient_over_the_logits, 3);
    test_add_loop(suite, "out of range", labels_out_of_range, 4);
    test_add_loop(suite, "pieces", pieces_do_not_change_bits, 4);
    test_add_loop(suite, "mapping", bits_do_not_depend_on_the_mapping, test_size(2 * COUNT_OF(mappings), 3));
    test_add_loop(suite, "large", large_arrays, 2);
    test_add_loop(suite, "empty", no_elements, 4);
    return test_main(suite);
}
