/* Class weights against numbers calculated from the formulas with 50 decimal digits. */
#include <math.h>
#include <string.h>

#include "support.h"

enum { MOST_CLASSES = 8 };

/* ---- The recipes ---- */

static const struct {
    focl_weights_recipe recipe;
    double beta;
    size_t classes;
    uint64_t counts[MOST_CLASSES];
    double weights[MOST_CLASSES];
} cases[] = {
    {FOCL_WEIGHTS_INVERSE, NAN, 4, {1, 2, 0, 5}, {8, 4, 0, 1.6}},
    {FOCL_WEIGHTS_SQRT_INVERSE, NAN, 4, {1, 2, 0, 5}, {2.8284271247461903, 2, 0, 1.2649110640673518}},
    {FOCL_WEIGHTS_MEDIAN, NAN, 4, {1, 2, 0, 5}, {2, 1, 0, 0.4}},
    {FOCL_WEIGHTS_MEDIAN, NAN, 5, {10, 0, 1000, 100, 100000}, {55, 0, 0.55, 5.5, 0.0055}},
    {FOCL_WEIGHTS_EFFECTIVE,
     FOCL_WEIGHTS_BETA,
     4,
     {1, 2, 0, 5},
     {1.7646384054346069, 0.88236332088334768, 0, 0.35299827368204534}},
    {FOCL_WEIGHTS_EFFECTIVE, 0.5, 4, {1, 2, 0, 5}, {1.374384236453202, 0.91625615763546797, 0, 0.70935960591133007}},
    {FOCL_WEIGHTS_EFFECTIVE,
     0.999,
     5,
     {10, 0, 1000, 100, 100000},
     {3.5390047626930703, 0, 0.055718743357375727, 0.37004527759867267, 0.035231216350881125}},
    {FOCL_WEIGHTS_EFFECTIVE, 0, 3, {7, 0, 1}, {1, 0, 1}},
    {FOCL_WEIGHTS_ENET, NAN, 4, {1, 2, 0, 5}, {7.3852714508897463, 4.1838045679260354, 0, 2.0090794954731988}},
    {FOCL_WEIGHTS_INVERSE, NAN, 1, {42}, {1}},
    {FOCL_WEIGHTS_INVERSE, NAN, 3, {0, 0, 0}, {0, 0, 0}},
    {FOCL_WEIGHTS_MEDIAN, NAN, 3, {0, 0, 0}, {0, 0, 0}},
    {FOCL_WEIGHTS_EFFECTIVE, 0.9, 3, {0, 0, 0}, {0, 0, 0}},
    {FOCL_WEIGHTS_MEDIAN, NAN, 1, {3}, {1}},
    {FOCL_WEIGHTS_INVERSE, NAN, 2, {(uint64_t)1 << 63, ((uint64_t)1 << 63) - 1}, {2, 2}},
};

/* The seed's classes: 8 of a segmentation's pixels. */
static const uint64_t seed_counts[MOST_CLASSES] = {381155699, 4830287, 861159, 440608, 37987, 4061447, 1235420, 593393};
static const struct {
    focl_weights_recipe recipe;
    double weights[MOST_CLASSES];
} seed_cases[] = {
    {FOCL_WEIGHTS_SQRT_INVERSE,
     {1.0156974957121185, 9.0225463665048746, 21.368494142890945, 29.873726551818358, 101.74148966082453,
      9.839549057986499, 17.84055154696987, 25.742124184508846}},
    {FOCL_WEIGHTS_MEDIAN,
     {0.0027502920794580592, 0.21702426791617144, 1.2173007539838752, 2.3791885303943641, 27.596006528549239,
      0.25810739374415081, 0.84852884039435983, 1.7666024034661683}},
    {FOCL_WEIGHTS_EFFECTIVE,
     {0.99714459266723821, 0.99714459266723821, 0.99714459266723821, 0.99714459266723821, 1.0199878513293328,
      0.99714459266723821, 0.99714459266723821, 0.99714459266723821}},
    {FOCL_WEIGHTS_ENET,
     {1.4539164524727191, 31.472395403245589, 45.56343338236325, 47.845568232436101, 50.257988038510753,
      33.469477543939014, 43.709877579248023, 46.990227446766212}},
};

/* 1 - beta and 1.02 + f round first, and what is left of them is small: hence the looser two. */
static double tolerance(focl_weights_recipe recipe) {
    return recipe == FOCL_WEIGHTS_EFFECTIVE ? 2e-12 : recipe == FOCL_WEIGHTS_ENET ? 2e-14 : 1e-15;
}

static void assert_weights(focl_weights_recipe recipe, double beta, size_t classes, const uint64_t *counts,
                           const double *expected) {
    double *weights = test_guarded(classes * sizeof *weights);
    const focl_status status = focl_class_weights(recipe, beta, classes, counts, weights);
    ck_assert_msg(status == FOCL_OK, "%s: %s", focl_weights_recipe_name(recipe), focl_last_error()->message);
    for (size_t i = 0; i < classes; i++)
        ck_assert_msg(fabs(weights[i] - expected[i]) <= tolerance(recipe) * expected[i],
                      "%s: class %zu: %.17g, not %.17g", focl_weights_recipe_name(recipe), i, weights[i], expected[i]);
    test_guarded_free(weights);
}

START_TEST(weights_of_small_counts) {
    assert_weights(cases[_i].recipe, cases[_i].beta, cases[_i].classes, cases[_i].counts, cases[_i].weights);
}
END_TEST

START_TEST(weights_of_the_seed) {
    assert_weights(seed_cases[_i].recipe, FOCL_WEIGHTS_BETA, MOST_CLASSES, seed_counts, seed_cases[_i].weights);
}
END_TEST

/* To the bit: 1 / (count / total) in double, as the seed calculates it. */
START_TEST(alpha_of_the_seed) {
    static const double alpha[MOST_CLASSES] = {0x1.0819a6a63533bp+0, 0x1.45a0185ccfb08p+6,  0x1.c89ccf8c593e3p+8,
                                               0x1.be3842c8c2ff7p+9, 0x1.437aa54fb0bf7p+13, 0x1.834453bb8bb89p+6,
                                               0x1.3e490813cb1a0p+8, 0x1.4b54172f328e4p+9};
    double weights[MOST_CLASSES];
    ck_assert_int_eq(focl_class_weights(FOCL_WEIGHTS_INVERSE, 0, MOST_CLASSES, seed_counts, weights), FOCL_OK);
    ck_assert_mem_eq(weights, alpha, sizeof alpha);
}
END_TEST

/* Where beta^n is close to 1 its difference from 1 has few digits; the weight has all of them. */
START_TEST(effective_weights_keep_their_digits) {
    static const uint64_t counts[] = {1, 1000};
    const double beta = 1 - 0x1p-50;
    double weights[2];
    ck_assert_int_eq(focl_class_weights(FOCL_WEIGHTS_EFFECTIVE, beta, 2, counts, weights), FOCL_OK);
    ck_assert_double_eq_tol(weights[0] / weights[1], 1000, 1e-8);
    ck_assert_double_eq_tol(weights[0] + weights[1], 2, 1e-15);
}
END_TEST

START_TEST(names) {
    ck_assert_str_eq(focl_weights_recipe_name(FOCL_WEIGHTS_INVERSE), "inverse");
    ck_assert_str_eq(focl_weights_recipe_name(FOCL_WEIGHTS_SQRT_INVERSE), "sqrt-inverse");
    ck_assert_str_eq(focl_weights_recipe_name(FOCL_WEIGHTS_MEDIAN), "median");
    ck_assert_str_eq(focl_weights_recipe_name(FOCL_WEIGHTS_EFFECTIVE), "effective");
    ck_assert_str_eq(focl_weights_recipe_name(FOCL_WEIGHTS_ENET), "enet");
    ck_assert_str_eq(focl_weights_recipe_name((focl_weights_recipe)5), "unknown");
    ck_assert_str_eq(focl_weights_recipe_name((focl_weights_recipe)-1), "unknown");
}
END_TEST

/* ---- Wrong arguments ---- */

static const uint64_t huge[] = {UINT64_MAX, 0, 1};

static const struct {
    int recipe;
    double beta;
    bool no_counts, no_weights, huge_counts;
    const char *argument, *in_message;
} wrong[] = {
    {5, 0.5, false, false, false, "recipe", "5 is no recipe"},
    {-1, 0.5, false, false, false, "recipe", "-1"},
    {FOCL_WEIGHTS_EFFECTIVE, 1, false, false, false, "beta", "is 1"},
    {FOCL_WEIGHTS_EFFECTIVE, -0.5, false, false, false, "beta", "-0.5"},
    {FOCL_WEIGHTS_EFFECTIVE, NAN, false, false, false, "beta", "nan"},
    {FOCL_WEIGHTS_INVERSE, 0, true, false, false, "counts", "NULL"},
    {FOCL_WEIGHTS_MEDIAN, 0, false, true, false, "weights", "NULL"},
    {FOCL_WEIGHTS_MEDIAN, 0, false, false, true, "counts", "from class 2 on"},
};

START_TEST(refuses_arguments) {
    static const uint64_t good[] = {1, 2, 3};
    double weights[3] = {42, 42, 42};
    const focl_status status = focl_class_weights((focl_weights_recipe)wrong[_i].recipe, wrong[_i].beta, 3,
                                                  wrong[_i].no_counts     ? NULL
                                                  : wrong[_i].huge_counts ? huge
                                                                          : good,
                                                  wrong[_i].no_weights ? NULL : weights);
    ck_assert_int_eq(status, FOCL_EINVAL);
    ck_assert_str_eq(focl_last_error()->argument, wrong[_i].argument);
    ck_assert_msg(strstr(focl_last_error()->message, wrong[_i].in_message) != NULL, "%s", focl_last_error()->message);
    ck_assert_double_eq(weights[0], 42);
}
END_TEST

START_TEST(no_classes) {
    ck_assert_int_eq(focl_class_weights(FOCL_WEIGHTS_MEDIAN, 0, 0, NULL, NULL), FOCL_OK);
    ck_assert_int_eq(focl_class_weights(FOCL_WEIGHTS_EFFECTIVE, 0.5, 0, NULL, NULL), FOCL_OK);
}
END_TEST

/* ---- From labels to a loss ---- */

/* What the headers tell a user to do: count, weigh, convert, and pass the weights on. */
START_TEST(weights_go_into_a_loss) {
    static const uint8_t labels[] = {0, 1, 0, 0};
    static const float logits[8] = {0};
    uint64_t counts[2];
    double weights[2];
    float class_weights[2], loss = 0;
    const focl_class_counts_description counting = {.labels = 4, .targets_type = FOCL_U8, .classes = 2};
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_CROSS_ENTROPY, (focl_view){4, 2, 1});
    description.targets_type = FOCL_U8;
    description.target_only = true;
    description.reduction = FOCL_REDUCTION_SUM;
    const focl_loss_host_inputs inputs = {.logits = logits, .targets = labels, .class_weights = class_weights};
    const focl_loss_host_outputs outputs = {.reduced = &loss};
    ck_assert_int_eq(focl_class_counts_host(test_device(0), &counting, labels, counts, NULL, NULL), FOCL_OK);
    ck_assert_int_eq(focl_class_weights(FOCL_WEIGHTS_INVERSE, 0, 2, counts, weights), FOCL_OK);
    for (size_t c = 0; c < 2; c++)
        class_weights[c] = (float)weights[c];
    ck_assert_int_eq(focl_loss_host(test_device(0), &description, &inputs, &outputs, NULL), FOCL_OK);
    /* Each class has the same share of the sum: 4 ln 2. */
    ck_assert(test_is_close(8 * log(2), 0, loss, 4));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("class_weights");
    TCase *tcase = tcase_create("class_weights");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, weights_of_small_counts, 0, (int)COUNT_OF(cases));
    tcase_add_loop_test(tcase, weights_of_the_seed, 0, (int)COUNT_OF(seed_cases));
    tcase_add_test(tcase, alpha_of_the_seed);
    tcase_add_test(tcase, effective_weights_keep_their_digits);
    tcase_add_test(tcase, names);
    tcase_add_loop_test(tcase, refuses_arguments, 0, (int)COUNT_OF(wrong));
    tcase_add_test(tcase, no_classes);
    tcase_add_test(tcase, weights_go_into_a_loss);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
