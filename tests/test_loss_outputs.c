/* Which outputs are asked for, where the gradient goes, and what comes from upstream. */
#include <math.h>
#include <string.h>

#include "support_loss.h"
#include "support_recipes.h"

static loss_problem problem_of(size_t recipe, focl_view shape, uint64_t stream) {
    const loss_recipe shaped = loss_recipe_shaped(&loss_recipes[recipe], shape);
    return loss_problem_create(&shaped, stream);
}

/* Recipes that differ in their targets: dense, labels, and labels of which one element counts. */
static const size_t varied_recipes[] = {1, 4, 5};

/* ---- Subsets ---- */

/* Each subset is a program to compile, so of the first two recipes only. */
static const unsigned subsets[] = {
    LOSS_BIT(reduced),
    LOSS_BIT(loss) | LOSS_BIT(counts),
    LOSS_BIT(gradient),
    LOSS_BIT(probabilities) | LOSS_BIT(pt),
    LOSS_BIT(counts) | LOSS_BIT(used_normalizer),
    LOSS_BIT(reduced) | LOSS_BIT(gradient),
};

static void assert_subsets(size_t device, const loss_problem *problem) {
    const unsigned possible = loss_outputs(&problem->description);
    loss_answer all = loss_answer_create(problem, possible);
    ck_assert_int_eq(loss_on_device(test_device(device), problem, &all, 0), FOCL_OK);
    for (size_t i = 0; i < COUNT_OF(subsets); i++) {
        if (subsets[i] & ~possible)
            continue;
        loss_answer some = loss_answer_create(problem, subsets[i]);
        const focl_status status = loss_on_device(test_device(device), problem, &some, 0);
        ck_assert_msg(status == FOCL_OK, "%s, outputs %#x: %s", problem->name, subsets[i], focl_last_error()->message);
        loss_assert_same(problem, &all, &some, test_device_name(device));
        loss_answer_free(&some);
    }
    loss_answer_free(&all);
}

START_TEST(any_subset_has_the_same_bits) {
    const focl_view shape = {test_size(700, 40), 3, 2};
    loss_problem problem = problem_of(varied_recipes[_i], shape, 7000 + (uint64_t)_i);
    for (size_t device = 0; device < test_device_count(); device++)
        assert_subsets(device, &problem);
    loss_problem_free(&problem);
}
END_TEST

/* ---- In place and accumulated ---- */

START_TEST(gradient_over_the_logits) {
    const focl_view shape = {test_size(700, 40), 3, 2};
    loss_problem problem = problem_of(varied_recipes[_i], shape, 7100 + (uint64_t)_i);
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer apart = loss_answer_create(&problem, loss_outputs(&problem.description));
        loss_answer in_place = loss_answer_create(&problem, loss_outputs(&problem.description));
        ck_assert_int_eq(loss_on_device(test_device(device), &problem, &apart, 3), FOCL_OK);
        problem.description.in_place = true;
        ck_assert_int_eq(loss_on_device(test_device(device), &problem, &in_place, 3), FOCL_OK);
        loss_assert_same(&problem, &apart, &in_place, test_device_name(device));
        ck_assert_int_eq(loss_on_host(test_device(device), &problem, &in_place), FOCL_OK);
        loss_assert_same(&problem, &apart, &in_place, "the host form");
        ck_assert_int_eq(loss_on_mirror(&problem, &in_place), FOCL_OK);
        if (focl_handle_device(test_device(device))->bit_exact)
            loss_assert_same(&problem, &apart, &in_place, "the mirror");
        problem.description.in_place = false;
        loss_answer_free(&apart);
        loss_answer_free(&in_place);
    }
    loss_problem_free(&problem);
}
END_TEST

START_TEST(accumulates) {
    static const double factors[] = {1, -0.5, 0.25};
    loss_problem problem = problem_of(varied_recipes[_i], (focl_view){test_size(700, 40), 3, 1}, 7200 + (uint64_t)_i);
    problem.description.accumulate = factors[(size_t)_i % COUNT_OF(factors)];
    loss_give_old_gradient(&problem, 7300);
    loss_assert_everywhere(&problem, 1);
    loss_problem_free(&problem);
}
END_TEST

/* Not accumulating reads nothing: the poison of the old gradient, or a NaN in it, leaves no trace. */
START_TEST(old_gradient_is_not_read_unasked) {
    loss_problem problem = problem_of(0, (focl_view){test_size(100, 40), 3, 1}, 7400);
    loss_give_old_gradient(&problem, 7401);
    for (size_t i = 0; i < loss_array_elements(&problem.description, LOSS_gradient); i++)
        problem.old_gradient[i] = NAN;
    loss_assert_everywhere(&problem, 0);
    loss_problem_free(&problem);
}
END_TEST

/* ---- Inputs that share memory ---- */

START_TEST(inputs_may_share_memory) {
    const focl_view shape = {test_size(300, 40), 1, 1};
    loss_problem problem = problem_of(6, shape, 7500);
    problem.description.weights_extent = FOCL_PER_ELEMENT;
    test_guarded_free(problem.inputs[LOSS_targets]);
    problem.inputs[LOSS_targets] = NULL;
    loss_problem_set(&problem, LOSS_targets, problem.inputs[LOSS_logits]);
    loss_problem_set(&problem, LOSS_weights, problem.inputs[LOSS_logits]);
    loss_answer apart = loss_answer_create(&problem, loss_outputs(&problem.description));
    loss_answer shared = loss_answer_create(&problem, loss_outputs(&problem.description));
    focl_handle *handle = test_device(0);
    ck_assert_int_eq(loss_on_device(handle, &problem, &apart, 0), FOCL_OK);
    loss_buffers buffers = loss_buffers_create(focl_handle_context(handle), &problem, &shared, 0);
    focl_loss_inputs inputs = buffers.inputs;
    inputs.targets = inputs.weights = inputs.logits;
    ck_assert_int_eq(focl_loss(handle, &problem.description, &inputs, &buffers.outputs, NULL, 0, NULL, NULL), FOCL_OK);
    loss_buffers_read(focl_handle_queue(handle), &buffers, &problem, &shared);
    loss_assert_same(&problem, &apart, &shared, test_device_name(0));
    loss_buffers_release(&buffers);
    loss_answer_free(&apart);
    loss_answer_free(&shared);
    loss_problem_free(&problem);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("loss_outputs");
    TCase *tcase = tcase_create("loss_outputs");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, any_subset_has_the_same_bits, 0, (int)COUNT_OF(varied_recipes) - 1);
    tcase_add_loop_test(tcase, gradient_over_the_logits, 0, (int)COUNT_OF(varied_recipes));
    tcase_add_loop_test(tcase, accumulates, 0, (int)COUNT_OF(varied_recipes));
    tcase_add_test(tcase, old_gradient_is_not_read_unasked);
    tcase_add_test(tcase, inputs_may_share_memory);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
