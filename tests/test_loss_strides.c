/* Strides: arrays whose elements are not next to each other, on the device and in host memory, whole and in pieces. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support_loss.h"
#include "support_recipes.h"

typedef struct stride_layout {
    const char *name;
    focl_view shape;
    focl_strides strides;
} stride_layout;

static const stride_layout layouts[] = {
    {"the first 80 of 84 columns", {103, 80, 1}, {84, 1, 1}},
    {"NHWC as N x C x HW", {2, 19, 77}, {(size_t)77 * 19, 1, 19}},
    {"every second of a flat array", {1031, 1, 1}, {2, 1, 1}},
    {"columns as rows", {97, 5, 3}, {1, (size_t)3 * 97, 97}},
    {"padded rows of padded planes", {3, 7, 65}, {(size_t)7 * 70 + 9, 70, 1}},
    {"a plane of padded rows", {1, 1, 300}, {0, 0, 3}},
    {"three of seven columns", {61, 3, 1}, {7, 2, 5}},
    {"one element", {1, 1, 1}, {5, 0, 0}},
};

static loss_recipe laid_out(const loss_recipe *recipe, const stride_layout *layout) {
    loss_recipe changed = loss_recipe_shaped(recipe, layout->shape);
    changed.description.strides = layout->strides;
    return changed;
}

static size_t layout_count(void) {
    return test_size(COUNT_OF(layouts), 3);
}

static void assert_layout(const loss_recipe *recipe, const stride_layout *layout, size_t stream) {
    const loss_recipe changed = laid_out(recipe, layout);
    loss_problem problem = loss_problem_create(&changed, 14000 + stream);
    problem.name = layout->name;
    loss_assert_in_turn(&problem, stream / 2 % 4, stream / 10 + stream, 3);
    loss_problem_free(&problem);
}

START_TEST(every_recipe_in_every_layout) {
    for (size_t layout = 0; layout < layout_count(); layout++)
        assert_layout(&loss_recipes[_i], &layouts[layout], 10 * (size_t)_i + layout);
}
END_TEST

/* Every third. */
START_TEST(rows_in_every_layout) {
    for (size_t layout = 0; layout < layout_count(); layout++)
        assert_layout(&loss_row_recipes[3 * (size_t)_i], &layouts[layout], 300 + 10 * (size_t)_i + layout);
}
END_TEST

START_TEST(every_layout_in_16_bits) {
    static const focl_type types[] = {FOCL_F16, FOCL_BF16};
    loss_recipe recipe = loss_recipes[_i];
    recipe.description.logits_type = types[_i % 2];
    if (loss_is_dense(&recipe.description))
        recipe.description.targets_type = types[_i % 2];
    for (size_t layout = 0; layout < layout_count(); layout++)
        assert_layout(&recipe, &layouts[layout], 500 + 10 * (size_t)_i + layout);
}
END_TEST

/* ---- Dense and strided ---- */

/* The same elements and factors without gaps. */
static loss_problem without_gaps(const loss_problem *strided) {
    focl_loss_description description = strided->description;
    description.strides = (focl_strides){0};
    loss_problem dense = loss_problem_empty("without gaps", &description);
    dense.soft = strided->soft;
    for (size_t i = 0; i < LOSS_FIRST_OUTPUT; i++) {
        const enum loss_array array = (enum loss_array)i;
        const size_t bytes = loss_array_element_bytes(&description, array);
        if (!strided->inputs[i])
            continue;
        dense.inputs[i] = test_guarded(loss_array_bytes(&description, array));
        for (size_t k = 0; k < loss_array_count(&description, array); k++)
            memcpy((char *)dense.inputs[i] + k * bytes,
                   (const char *)strided->inputs[i] + loss_array_place(&strided->description, array, k) * bytes, bytes);
    }
    return dense;
}

static loss_answer mirror_answer(const loss_problem *problem) {
    loss_answer answer = loss_answer_create(problem, loss_outputs(&problem->description));
    const focl_status status = loss_on_mirror(problem, &answer);
    ck_assert_msg(status == FOCL_OK, "%s", focl_last_error()->message);
    return answer;
}

static void assert_same_elements(const loss_problem *dense, const loss_answer *expected, const loss_problem *strided,
                                 const loss_answer *found, enum loss_array array) {
    const size_t bytes = loss_array_element_bytes(&dense->description, array);
    const focl_type type = loss_array_type(&dense->description, array);
    for (size_t i = 0; expected->outputs[array] && i < loss_array_count(&dense->description, array); i++) {
        const char *wanted = (const char *)expected->outputs[array] + i * bytes;
        const char *got =
            (const char *)found->outputs[array] + loss_array_place(&strided->description, array, i) * bytes;
        const bool both_nan = isnan(loss_value_at(type, wanted, 0)) && isnan(loss_value_at(type, got, 0));
        if (!both_nan && memcmp(wanted, got, bytes) != 0)
            ck_abort_msg("%s: %s of element %zu is another than without gaps", strided->name, loss_array_name(array),
                         i);
    }
}

/* Of the mirror, and so of all devices: the sums, too, go by the elements' numbers, not by their places. */
START_TEST(strides_do_not_change_bits) {
    for (size_t layout = 0; layout < COUNT_OF(layouts); layout++) {
        const loss_recipe recipe = laid_out(&loss_recipes[_i], &layouts[layout]);
        loss_problem strided = loss_problem_create(&recipe, 15000 + layout);
        loss_problem dense = without_gaps(&strided);
        loss_answer expected = mirror_answer(&dense);
        loss_answer found = mirror_answer(&strided);
        for (size_t array = LOSS_FIRST_OUTPUT; array < LOSS_ARRAYS; array++)
            if (array != LOSS_counts)
                assert_same_elements(&dense, &expected, &strided, &found, (enum loss_array)array);
        loss_answer_free(&found);
        loss_answer_free(&expected);
        loss_problem_free(&dense);
        loss_problem_free(&strided);
    }
}
END_TEST

/* ---- Pieces ---- */

/* Several pieces of a tile each; a piece ends within a row, a plane, an outer index. */
static const stride_layout large_layouts[] = {
    {"rows in pieces", {301, 41, 1}, {43, 1, 1}},
    {"NHWC in pieces", {3, 5, 901}, {(size_t)901 * 5, 1, 5}},
    {"columns as rows in pieces", {1021, 3, 4}, {1, (size_t)1021 * 4, 1021}},
    {"planes in pieces", {2, 3, 2100}, {(size_t)3 * 2101 + 1, 2101, 1}},
    {"every third in pieces", {9001, 1, 1}, {3, 1, 1}},
};

static void assert_in_pieces(const loss_problem *problem, const loss_answer *mirror) {
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer answer = loss_answer_create(problem, loss_outputs(&problem->description));
        const focl_status status = loss_on_host(test_device(device), problem, &answer);
        ck_assert_msg(status == FOCL_OK, "%s", focl_last_error()->message);
        if (focl_handle_device(test_device(device))->bit_exact)
            loss_assert_same(problem, mirror, &answer, test_device_name(device));
        loss_assert_gaps(problem, &answer);
        loss_answer_free(&answer);
    }
}

static void assert_pieces(const loss_recipe *recipe, uint64_t stream) {
    loss_problem problem = loss_problem_create(recipe, stream);
    if (recipe->description.accumulate > 0)
        loss_give_old_gradient(&problem, 16500);
    loss_answer mirror = mirror_answer(&problem);
    assert_in_pieces(&problem, &mirror);
    loss_answer_free(&mirror);
    loss_problem_free(&problem);
}

START_TEST(pieces_of_strided_arrays) {
    const size_t layout = (size_t)_i % COUNT_OF(large_layouts);
    loss_recipe recipe = laid_out(&loss_recipes[(size_t)_i % loss_recipe_count], &large_layouts[layout]);
    recipe.description.in_place = _i % 3 == 1;
    recipe.description.accumulate = _i % 3 == 2 ? 0.5 : 0;
    ck_assert_int_eq(setenv("FOCL_PIECE_ELEMENTS", "4096", 1), 0);
    assert_pieces(&recipe, 16000 + (uint64_t)_i);
    ck_assert_int_eq(unsetenv("FOCL_PIECE_ELEMENTS"), 0);
}
END_TEST

START_TEST(pieces_of_strided_rows) {
    const size_t layout = (size_t)_i % COUNT_OF(large_layouts);
    loss_recipe recipe = laid_out(&loss_row_recipes[(size_t)_i], &large_layouts[layout]);
    recipe.description.in_place = _i % 3 == 1;
    recipe.description.accumulate = _i % 3 == 2 ? 0.5 : 0;
    ck_assert_int_eq(setenv("FOCL_PIECE_ELEMENTS", "4096", 1), 0);
    assert_pieces(&recipe, 16200 + (uint64_t)_i);
    ck_assert_int_eq(unsetenv("FOCL_PIECE_ELEMENTS"), 0);
}
END_TEST

/* ---- What is refused ---- */

static focl_status status_of(focl_view shape, focl_strides strides, bool elementwise) {
    static const float zeros[64];
    float reduced = 0;
    float gradient[64];
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, shape);
    description.strides = strides;
    const focl_loss_host_inputs inputs = {.logits = zeros, .targets = zeros};
    const focl_loss_host_outputs outputs = {.reduced = &reduced, .gradient = elementwise ? gradient : NULL};
    return focl_mirror_loss(&description, &inputs, &outputs);
}

/* Inputs may repeat their elements, outputs may not. */
START_TEST(shared_places) {
    ck_assert_int_eq(status_of((focl_view){4, 3, 1}, (focl_strides){0, 1, 1}, false), FOCL_OK);
    ck_assert_int_eq(status_of((focl_view){4, 3, 1}, (focl_strides){0, 1, 1}, true), FOCL_EINVAL);
    ck_assert_str_eq(focl_last_error()->argument, "strides");
    ck_assert_int_eq(status_of((focl_view){4, 3, 1}, (focl_strides){2, 1, 1}, true), FOCL_EINVAL);
    ck_assert_int_eq(status_of((focl_view){4, 3, 1}, (focl_strides){3, 1, 1}, true), FOCL_OK);
    ck_assert_int_eq(status_of((focl_view){2, 3, 4}, (focl_strides){1, 8, 2}, true), FOCL_OK);
    ck_assert_int_eq(status_of((focl_view){2, 3, 4}, (focl_strides){1, 7, 2}, true), FOCL_EINVAL);
    ck_assert_int_eq(status_of((focl_view){1, 3, 1}, (focl_strides){0, 1, 0}, true), FOCL_OK);
}
END_TEST

START_TEST(strides_beyond_any_size) {
    const size_t half = SIZE_MAX / 2;
    ck_assert_int_eq(status_of((focl_view){4, 3, 1}, (focl_strides){half, 1, 1}, false), FOCL_EINVAL);
    ck_assert_str_eq(focl_last_error()->argument, "strides");
    ck_assert_int_eq(status_of((focl_view){2, 3, 1}, (focl_strides){half, half, 1}, false), FOCL_EINVAL);
    ck_assert_int_eq(status_of((focl_view){2, 1, 1}, (focl_strides){half, 1, 1}, false), FOCL_EINVAL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("loss_strides");
    TCase *tcase = tcase_create("loss_strides");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, every_recipe_in_every_layout, 0, (int)loss_recipe_count);
    tcase_add_loop_test(tcase, rows_in_every_layout, 0, (int)(loss_row_recipe_count / 3));
    tcase_add_loop_test(tcase, every_layout_in_16_bits, 0, 4);
    tcase_add_loop_test(tcase, strides_do_not_change_bits, 0, (int)loss_recipe_count);
    tcase_add_loop_test(tcase, pieces_of_strided_arrays, 0, (int)test_size(10, 2));
    tcase_add_loop_test(tcase, pieces_of_strided_rows, 0, (int)test_size(6, 2));
    tcase_add_test(tcase, shared_places);
    tcase_add_test(tcase, strides_beyond_any_size);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
