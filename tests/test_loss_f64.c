/*
 * Focal losses of f64 logits against the formulas in long double, over a walk through the doubles: the bounds that
 * focl/loss.h gives for hard targets, in ulps of f64. The double reference could not tell.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_loss.h"

enum { SIZES = 12000, ELEMENTS = 4 * SIZES };

static const double alpha = 0.3;
static const double gammas[] = {0, 0.25, 0.5, 1, 1.5, 2, 3, 5, 10, 50, 1000};

/* Every size from 1e-300 to 1e4 at equal steps of the exponent, and as often again those around 1; both signs. */
static double logit_of(size_t i) {
    const double part = (double)(i / 4 % (SIZES / 2)) / (SIZES / 2);
    const double size = i / 4 < SIZES / 2 ? pow(10, -300 + 304 * part) : pow(10, -4 + 7 * part);
    return i % 2 ? -size : size;
}

static double target_of(size_t i) {
    return (double)(i / 2 % 2);
}

typedef struct truth {
    long double loss;
    long double gradient;
} truth;

static truth truth_of(size_t i, double gamma) {
    const long double sign = target_of(i) > 0 ? 1 : -1;
    const long double z = sign * (long double)logit_of(i);
    const long double e = expl(-fabsl(z));
    const long double larger = 1 / (1 + e), smaller = e / (1 + e);
    const long double p = z >= 0 ? larger : smaller, q = z >= 0 ? smaller : larger;
    const long double s = log1pl(e) + (z < 0 ? -z : 0);
    const long double log_q = -log1pl(e) - (z > 0 ? z : 0);
    const long double weight = target_of(i) > 0 ? (long double)alpha : (long double)(1 - alpha);
    const long double power = expl((long double)gamma * log_q);
    return (truth){weight * power * s, -sign * weight * power * ((long double)gamma * p * s + q)};
}

static double error_of(double found, long double wanted) {
    int exponent;
    (void)frexpl(fmaxl(fabsl(wanted), (long double)DBL_MIN), &exponent);
    if (fabsl(wanted) <= (long double)DBL_MIN * (1 + 0x1p-40L) && found == 0)
        return 0;
    return (double)(fabsl((long double)found - wanted) / ldexpl(1, exponent - DBL_MANT_DIG));
}

static loss_problem problem_of(double gamma) {
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){ELEMENTS, 1, 1});
    description.logits_type = description.targets_type = FOCL_F64;
    description.alpha = alpha;
    description.gamma = gamma;
    description.reduction = FOCL_REDUCTION_SUM;
    loss_problem problem = loss_problem_empty("walk", &description);
    problem.inputs[LOSS_logits] = test_guarded(ELEMENTS * sizeof(double));
    problem.inputs[LOSS_targets] = test_guarded(ELEMENTS * sizeof(double));
    for (size_t i = 0; i < ELEMENTS; i++) {
        loss_put_value(FOCL_F64, problem.inputs[LOSS_logits], i, logit_of(i));
        loss_put_value(FOCL_F64, problem.inputs[LOSS_targets], i, target_of(i));
    }
    return problem;
}

static void assert_close(const loss_answer *answer, double gamma) {
    const double bound = gamma <= 0 || fabs(gamma - 1) <= 0 || fabs(gamma - 2) <= 0 ? 8 : 16;
    const double *losses = answer->outputs[LOSS_loss];
    const double *gradients = answer->outputs[LOSS_gradient];
    double worst[2] = {0, 0};
    for (size_t i = 0; i < ELEMENTS; i++) {
        const truth wanted = truth_of(i, gamma);
        const double errors[2] = {error_of(losses[i], wanted.loss), error_of(gradients[i], wanted.gradient)};
        for (size_t k = 0; k < 2; k++) {
            worst[k] = fmax(worst[k], errors[k]);
            ck_assert_msg(errors[k] <= bound, "gamma %g: %s of %a, target %g: %a, %g ulp off", gamma,
                          k ? "gradient" : "loss", logit_of(i), target_of(i), k ? gradients[i] : losses[i], errors[k]);
        }
    }
    printf("gamma %-5g loss %.2f ulp, gradient %.2f ulp of %g\n", gamma, worst[0], worst[1], bound);
}

START_TEST(hard_targets_keep_their_bounds) {
    loss_problem problem = problem_of(gammas[_i]);
    const unsigned outputs = LOSS_BIT(loss) | LOSS_BIT(gradient);
    loss_answer mirror = loss_answer_create(&problem, outputs);
    loss_answer found = loss_answer_create(&problem, outputs);
    ck_assert_msg(loss_on_mirror(&problem, &mirror) == FOCL_OK, "%s", focl_last_error()->message);
    assert_close(&mirror, gammas[_i]);
    for (size_t device = 0; device < test_device_count(); device++) {
        const focl_device *described = focl_handle_device(test_device(device));
        if (!described->fp64)
            continue;
        ck_assert_int_eq(loss_on_host(test_device(device), &problem, &found), FOCL_OK);
        if (described->bit_exact)
            loss_assert_same(&problem, &mirror, &found, described->name);
        else
            assert_close(&found, gammas[_i]);
    }
    loss_answer_free(&found);
    loss_answer_free(&mirror);
    loss_problem_free(&problem);
}
END_TEST

/* Scalars are not rounded to f32, and may be beyond its range. */
START_TEST(scalars_are_doubles) {
    const double logit = 0, target = 1;
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){1, 1, 1});
    description.logits_type = description.targets_type = FOCL_F64;
    description.gamma = 0;
    description.alpha = 0.1;
    description.reduction = FOCL_REDUCTION_GIVEN;
    description.normalizer = 1e-100;
    description.upstream = 1e100;
    double reduced = 0, gradient = 0, used = 0;
    const focl_loss_host_inputs inputs = {.logits = &logit, .targets = &target};
    const focl_loss_host_outputs outputs = {.reduced = &reduced, .gradient = &gradient, .used_normalizer = &used};
    ck_assert_msg(focl_mirror_loss(&description, &inputs, &outputs) == FOCL_OK, "%s", focl_last_error()->message);
    ck_assert_double_eq(used, 1e-100);
    ck_assert_double_eq_tol(reduced, 0.1 * log(2) / 1e-100, 0x1p-49 * 1e99);
    ck_assert_double_eq_tol(gradient, -0.05 * 1e100 / 1e-100, 0x1p-49 * 1e199);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("loss_f64");
    TCase *tcase = tcase_create("loss_f64");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, hard_targets_keep_their_bounds, 0, (int)COUNT_OF(gammas));
    tcase_add_test(tcase, scalars_are_doubles);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
