/* The values: element losses, gradients, probabilities and p_t of every kind of element, against the truth. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "support_loss.h"

static const double gammas[] = {0, 1, 2, 0.25, 0.5, 1.5, 3, 5, 10, 50, 1000};

static focl_loss_description plain(focl_activation activation, double gamma, size_t count) {
    focl_loss_description description = focl_loss_default(activation, FOCL_FOCAL, (focl_view){count, 1, 1});
    description.gamma = gamma;
    description.reduction = FOCL_REDUCTION_NONE;
    return description;
}

static void assert_recipe(const loss_recipe *recipe, uint64_t stream) {
    loss_problem problem = loss_problem_create(recipe, stream);
    loss_assert_everywhere(&problem, 0);
    loss_problem_free(&problem);
}

START_TEST(hard_targets_of_random_logits) {
    const loss_recipe recipe = {"random logits", plain(FOCL_SIGMOID, gammas[_i], test_size(40000, 500)), 0, false};
    assert_recipe(&recipe, 100 + (uint64_t)_i);
}
END_TEST

START_TEST(hard_targets_of_random_probabilities) {
    const loss_recipe recipe = {"random probabilities", plain(FOCL_IDENTITY, gammas[_i], test_size(40000, 500)), 0,
                                false};
    assert_recipe(&recipe, 200 + (uint64_t)_i);
}
END_TEST

START_TEST(soft_targets) {
    for (int activation = FOCL_SIGMOID; activation <= FOCL_IDENTITY; activation++) {
        loss_recipe recipe = {"soft targets", plain((focl_activation)activation, gammas[_i], test_size(20000, 300)), 0,
                              true};
        recipe.description.clip = activation == FOCL_IDENTITY && gammas[_i] > 5 ? 0x1p-20 : 0;
        assert_recipe(&recipe, 300 + (uint64_t)_i);
    }
}
END_TEST

START_TEST(smoothed_labels) {
    loss_recipe recipe = {"smoothed labels", plain(FOCL_SIGMOID, gammas[_i], test_size(20000, 300)), 0, false};
    recipe.description.label_smoothing = 0.125;
    assert_recipe(&recipe, 400 + (uint64_t)_i);
}
END_TEST

START_TEST(every_alpha) {
    static const double alphas[] = {0, 0.25, 0.5, 0.75, 1, -1};
    loss_recipe recipe = {"alpha", plain(FOCL_SIGMOID, 2, test_size(4000, 300)), 0, false};
    recipe.description.alpha = alphas[_i];
    assert_recipe(&recipe, 500 + (uint64_t)_i);
    recipe.soft = true;
    assert_recipe(&recipe, 510 + (uint64_t)_i);
}
END_TEST

/* ---- Logits that break other programs ---- */

static const float adversarial[] = {0,       -0.0F,    1e-7F,     -1e-7F,     1,        -1,        8.4F,     -8.4F,
                                    9.39F,   -9.39F,   16,        -16,        17.4F,    -17.4F,    88,       -88,
                                    89,      -89,      104,       -104,       1e4F,     -1e4F,     FLT_MAX,  -FLT_MAX,
                                    1e-30F,  -1e-30F,  FLT_MIN,   -FLT_MIN,   1e-40F,   -1e-40F,   87.3365F, -87.3365F,
                                    43.668F, -43.668F, 0x1p-149F, -0x1p-149F, 0x1p-24F, -0x1p-24F, 0.6931F,  -0.6931F};

static loss_problem adversarial_problem(double gamma, const float *logits, size_t count) {
    const focl_loss_description description = plain(FOCL_SIGMOID, gamma, 2 * count);
    loss_problem problem = loss_problem_empty("adversarial logits", &description);
    float *both = test_guarded(2 * count * sizeof *both);
    float *targets = test_guarded(2 * count * sizeof *targets);
    for (size_t i = 0; i < 2 * count; i++) {
        both[i] = logits[i / 2];
        targets[i] = (float)(i % 2);
    }
    problem.inputs[LOSS_logits] = both;
    problem.inputs[LOSS_targets] = targets;
    return problem;
}

START_TEST(adversarial_logits) {
    static const double adversarial_gammas[] = {0, 1e-3, 0.5, 1, 1.5, 2, 5};
    loss_problem problem = adversarial_problem(adversarial_gammas[_i], adversarial, COUNT_OF(adversarial));
    loss_assert_everywhere(&problem, 0);
    loss_problem_free(&problem);
}
END_TEST

/* NaN stays visible; an infinity gives the limit. */
START_TEST(logits_that_are_no_numbers) {
    static const float strange[] = {NAN, INFINITY, -INFINITY};
    static const double some_gammas[] = {0, 0.5, 2};
    loss_problem problem = adversarial_problem(some_gammas[_i], strange, COUNT_OF(strange));
    loss_assert_everywhere(&problem, 0);
    loss_problem_free(&problem);
}
END_TEST

/* ---- Identities ---- */

static void answer_with(focl_handle *handle, loss_problem *problem, loss_answer *answer) {
    *answer = loss_answer_create(problem, loss_outputs(&problem->description));
    const focl_status status = handle ? loss_on_host(handle, problem, answer) : loss_on_mirror(problem, answer);
    ck_assert_msg(status == FOCL_OK, "%s", focl_last_error()->message);
}

static void assert_gamma_0_is_cross_entropy(focl_handle *handle, loss_problem *problem) {
    loss_answer focal;
    loss_answer entropy;
    problem->description.objective = FOCL_FOCAL;
    answer_with(handle, problem, &focal);
    problem->description.objective = FOCL_CROSS_ENTROPY;
    answer_with(handle, problem, &entropy);
    loss_assert_same(problem, &entropy, &focal, "gamma 0");
    loss_answer_free(&focal);
    loss_answer_free(&entropy);
}

START_TEST(gamma_0_is_cross_entropy) {
    loss_recipe recipe = {"cross entropy", plain(FOCL_SIGMOID, 0, test_size(5000, 300)), 0, true};
    recipe.description.alpha = -1;
    recipe.description.reduction = FOCL_REDUCTION_MEAN;
    loss_problem problem = loss_problem_create(&recipe, 600);
    assert_gamma_0_is_cross_entropy(NULL, &problem);
    for (size_t device = 0; device < test_device_count(); device++)
        assert_gamma_0_is_cross_entropy(test_device(device), &problem);
    loss_problem_free(&problem);
}
END_TEST

/* The seed of this project: where(target == 1, input, 1 - input). */
START_TEST(selects_pt) {
    static const float input[] = {.2F, .1F, .7F, .1F, .3F, .6F};
    static const float targets[] = {0, 0, 1, 0, 0, 1};
    static const float expected[] = {.8F, .9F, .7F, .9F, .7F, .6F};
    focl_loss_description description = focl_loss_default(FOCL_IDENTITY, FOCL_FOCAL, (focl_view){2, 3, 1});
    description.reduction = FOCL_REDUCTION_NONE;
    loss_problem problem = loss_problem_empty("the seed", &description);
    loss_problem_set(&problem, LOSS_logits, input);
    loss_problem_set(&problem, LOSS_targets, targets);
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer answer = loss_answer_create(&problem, LOSS_BIT(pt));
        ck_assert_msg(loss_on_host(test_device(device), &problem, &answer) == FOCL_OK, "%s",
                      focl_last_error()->message);
        const float *found = answer.outputs[LOSS_pt];
        for (size_t i = 0; i < COUNT_OF(expected); i++)
            ck_assert_float_eq(found[i], expected[i]);
        loss_answer_free(&answer);
    }
    loss_problem_free(&problem);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("loss");
    const size_t gamma_count = COUNT_OF(gammas);
    test_add_loop(suite, "logits", hard_targets_of_random_logits, gamma_count);
    test_add_loop(suite, "probabilities", hard_targets_of_random_probabilities, gamma_count);
    test_add_loop(suite, "soft", soft_targets, gamma_count);
    test_add_loop(suite, "smoothed", smoothed_labels, gamma_count);
    test_add_loop(suite, "alpha", every_alpha, 6);
    test_add_loop(suite, "adversarial", adversarial_logits, 7);
    test_add_loop(suite, "strange", logits_that_are_no_numbers, 3);
    test_add_loop(suite, "entropy", gamma_0_is_cross_entropy, 1);
    test_add_loop(suite, "seed", selects_pt, 1);
    return test_main(suite);
}
