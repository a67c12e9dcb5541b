/*
 * Every kind of loss in every layout: few and many classes, inner extents, sizes around the tiles of the sums; with 63,
 * vectors of every width that are one element too long for their plane.
 */
#include <math.h>
#include <stdlib.h>

#include "support_loss.h"
#include "support_recipes.h"

static const focl_view shapes[] = {
    {1, 1, 1},    {5, 1, 1},   {4095, 1, 1}, {4096, 1, 1}, {4097, 1, 1}, {8193, 1, 1}, {2050, 2, 1},
    {103, 80, 1}, {51, 81, 1}, {216, 19, 1}, {1, 3, 1365}, {2, 2, 4096}, {12, 3, 64},  {4, 19, 7},
    {13, 81, 7},  {1, 80, 64}, {3, 1, 7},    {1, 2, 2049}, {585, 7, 1},  {1, 4096, 1}, {2, 3, 63},
};

/* Interpreters get the first shapes and those with few elements. */
static bool is_too_large(focl_view shape) {
    return test_small() && shape.outer * shape.classes * shape.inner > 600 && shape.outer != 4097;
}

START_TEST(every_recipe_in_every_shape) {
    const loss_recipe *recipe = &loss_recipes[_i];
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        if (is_too_large(shapes[i]))
            continue;
        const loss_recipe shaped = loss_recipe_shaped(recipe, shapes[i]);
        loss_problem problem = loss_problem_create(&shaped, 1000 + 100 * (uint64_t)_i + i);
        loss_assert_in_turn(&problem, i % 4, i + (size_t)_i, 3);
        loss_problem_free(&problem);
    }
}
END_TEST

START_TEST(offsets_are_in_elements) {
    static const size_t offsets[] = {1, 3, 7};
    const loss_recipe shaped = loss_recipe_shaped(&loss_recipes[_i], (focl_view){test_size(301, 31), 3, 1});
    loss_problem problem = loss_problem_create(&shaped, 3000 + (uint64_t)_i);
    for (size_t i = 0; i < COUNT_OF(offsets); i++)
        loss_assert_everywhere(&problem, offsets[i]);
    loss_problem_free(&problem);
}
END_TEST

START_TEST(no_elements) {
    static const focl_view empty[] = {{0, 3, 5}, {2, 3, 0}, {0, 0, 0}};
    for (size_t i = 0; i < COUNT_OF(empty); i++) {
        const loss_recipe shaped = loss_recipe_shaped(&loss_recipes[_i], empty[i]);
        loss_problem problem = loss_problem_create(&shaped, 4000);
        loss_assert_everywhere(&problem, 0);
        problem.description.empty = FOCL_EMPTY_NAN;
        loss_assert_everywhere(&problem, 0);
        loss_problem_free(&problem);
    }
}
END_TEST

/* ---- Long sums ---- */

/* Three ulp for the sum and one for the division: at any length, and whether the terms are alike or not. */
static void assert_long_sum(size_t count, const char *name, float spread) {
    loss_recipe recipe = {name, focl_loss_default(FOCL_SIGMOID, FOCL_CROSS_ENTROPY, (focl_view){count, 1, 1}), 0,
                          false};
    recipe.description.reduction = FOCL_REDUCTION_SUM;
    loss_problem problem = loss_problem_create(&recipe, 5000);
    test_random random = test_random_start(5001);
    for (size_t i = 0; i < count; i++)
        ((float *)problem.inputs[LOSS_logits])[i] = spread * (float)test_random_uniform(&random, -1, 1);
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer answer = loss_answer_create(&problem, LOSS_BIT(reduced) | LOSS_BIT(loss));
        ck_assert_int_eq(loss_on_host(test_device(device), &problem, &answer), FOCL_OK);
        double sum = 0;
        for (size_t i = 0; i < count; i++)
            sum += (double)((const float *)answer.outputs[LOSS_loss])[i];
        const float found = *(const float *)answer.outputs[LOSS_reduced];
        ck_assert_msg(test_is_close(sum, 0, found, 4), "%s on %s: the sum of %zu is %a, true is %a: %.1f ulp", name,
                      test_device_name(device), count, (double)found, sum, test_error_ulps(sum, 0, found));
        loss_answer_free(&answer);
    }
    loss_problem_free(&problem);
}

START_TEST(long_sums) {
    const size_t count = test_size(((size_t)1 << 21) + 3, 9001);
    assert_long_sum(count, "alike terms", 1e-3F);
    assert_long_sum(count, "terms of every size", 80);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("loss_shapes");
    TCase *tcase = tcase_create("loss_shapes");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, every_recipe_in_every_shape, 0, (int)loss_recipe_count);
    tcase_add_loop_test(tcase, offsets_are_in_elements, 0, (int)loss_recipe_count);
    tcase_add_loop_test(tcase, no_elements, 0, (int)loss_recipe_count);
    tcase_add_test(tcase, long_sums);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
