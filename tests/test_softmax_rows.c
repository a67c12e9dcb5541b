/* Rows of the softmax family that break other programs, and what is exact about a row. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "support_loss.h"

static const double gammas[] = {0, 1e-3, 0.5, 1, 1.5, 2, 5};

static focl_loss_description plain(double gamma, focl_type targets_type) {
    focl_loss_description description = focl_loss_default(FOCL_SOFTMAX, FOCL_FOCAL, (focl_view){0});
    description.gamma = gamma;
    description.targets_type = targets_type;
    description.reduction = FOCL_REDUCTION_NONE;
    return description;
}

/* Every row in turn, as rows of a matrix or as pixels. */
static focl_view layout(size_t rows, size_t classes, bool pixels) {
    return pixels ? (focl_view){1, classes, rows} : (focl_view){rows, classes, 1};
}

static loss_problem without_values(const char *name, const focl_loss_description *description) {
    loss_problem problem = loss_problem_empty(name, description);
    problem.inputs[LOSS_logits] = test_guarded(loss_array_bytes(description, LOSS_logits));
    problem.inputs[LOSS_targets] = test_guarded(loss_array_bytes(description, LOSS_targets));
    return problem;
}

static void put_row(loss_problem *problem, enum loss_array array, size_t row, const float *values) {
    const focl_loss_description *description = &problem->description;
    for (size_t c = 0; c < description->shape.classes; c++)
        loss_put_value(loss_array_type(description, array), problem->inputs[array],
                       loss_element_in_row(description, row, c).place, (double)values[c]);
}

/* A label, or a row that is 1 there and 0 elsewhere. */
static void put_target(loss_problem *problem, size_t row, size_t label) {
    const focl_loss_description *description = &problem->description;
    void *targets = problem->inputs[LOSS_targets];
    if (!loss_is_dense(description))
        loss_put_value(description->targets_type, targets, row, (double)label);
    for (size_t c = 0; loss_is_dense(description) && c < description->shape.classes; c++)
        loss_put_value(description->targets_type, targets, loss_element_in_row(description, row, c).place, c == label);
}

static loss_answer answer_of(focl_handle *handle, const loss_problem *problem) {
    loss_answer answer = loss_answer_create(problem, loss_outputs(&problem->description));
    const focl_status status = handle ? loss_on_host(handle, problem, &answer) : loss_on_mirror(problem, &answer);
    ck_assert_msg(status == FOCL_OK, "%s: %s", problem->name, focl_last_error()->message);
    return answer;
}

static double value_at(const loss_problem *problem, const loss_answer *answer, enum loss_array array, size_t row,
                       size_t column) {
    const focl_loss_description *description = &problem->description;
    const bool of_rows = array == LOSS_loss || array == LOSS_pt;
    return loss_value_at(loss_array_type(description, array), answer->outputs[array],
                         of_rows ? row : loss_element_in_row(description, row, column).place);
}

/* What a test says of an answer, of the mirror's and of every device's. */
typedef void (*claim)(const loss_problem *problem, const loss_answer *answer, const char *where);

static void assert_claim(const loss_problem *problem, claim holds, bool on_devices) {
    loss_answer mirror = answer_of(NULL, problem);
    holds(problem, &mirror, "the mirror");
    loss_answer_free(&mirror);
    for (size_t device = 0; on_devices && device < test_device_count(); device++) {
        loss_answer answer = answer_of(test_device(device), problem);
        holds(problem, &answer, test_device_name(device));
        loss_answer_free(&answer);
    }
}

/* ---- Rows against the truth ---- */

enum { CLASSES = 4 };

static const float adversarial[][CLASSES] = {
    {0, -INFINITY, -INFINITY, -INFINITY},
    {-INFINITY, -INFINITY, 5, -INFINITY},
    {1, 2, -INFINITY, 3},
    {-INFINITY, 88, -INFINITY, 0},
    {INFINITY, 0, 0, 0},
    {INFINITY, INFINITY, 1, 2},
    {INFINITY, -INFINITY, 1, 2},
    {NAN, 0, 0, 0},
    {1, 2, 3, NAN},
    {NAN, -INFINITY, -INFINITY, -INFINITY},
    {-INFINITY, -INFINITY, -INFINITY, -INFINITY},
    {0, 0, 0, 0},
    {-7, -7, -7, -7},
    {1e30F, 1e30F, 1e30F, 1e30F},
    {FLT_MAX, FLT_MAX, FLT_MAX, -FLT_MAX},
    {-FLT_MAX, 0, 1, FLT_MAX},
    {1e4F, 0, 0, 0},
    {-1e4F, 0, 0, 0},
    {0, 1e4F, 2e4F, 3e4F},
    {88, 0, 1, -1},
    {89, 0, 1, -1},
    {104, 0, 1, -1},
    {87.3365F, 0, 0, 0},
    {87.7579193F, 0.842084587F, -30, -40},
    {43.668F, 0, 0, 0},
    {17.4F, 0.1F, 0.2F, 0.3F},
    {-88, 0, 1, -1},
    {-104, 0.3F, -0.3F, 0.1F},
    {FLT_MIN, 0, -FLT_MIN, 1e-40F},
    {1e-30F, -1e-30F, 0, -0.0F},
    {0x1p-24F, 0, 0x1p-23F, -0x1p-24F},
    {1, 1, 1, 0},
    {3, 3, -50, -60},
    {0.1F, 0.2F, 0.3F, 0.4F},
    {16777216, 16777215, 16777214, 0},
    {-3.19772339F, -3.57656288F, 4.9189949F, -20},
};

typedef struct row_kind {
    const char *name;
    focl_type targets_type;
    double label_smoothing;
    focl_objective objective;
    focl_curvature curvature;
} row_kind;

static const row_kind kinds[] = {
    {"adversarial rows with labels", FOCL_U8, 0, FOCL_FOCAL, FOCL_CURVATURE_RAW},
    {"adversarial rows with labels, Gauss-Newton", FOCL_U8, 0, FOCL_FOCAL, FOCL_CURVATURE_GAUSS_NEWTON},
    {"adversarial rows with smoothed labels", FOCL_I32, 0.125, FOCL_FOCAL, FOCL_CURVATURE_ABSOLUTE},
    {"adversarial rows with smoothed labels, Gauss-Newton", FOCL_I32, 0.125, FOCL_FOCAL, FOCL_CURVATURE_GAUSS_NEWTON},
    {"adversarial rows with dense targets", FOCL_F32, 0, FOCL_FOCAL, FOCL_CURVATURE_RAW},
    {"adversarial rows with dense targets, Gauss-Newton", FOCL_F32, 0, FOCL_FOCAL, FOCL_CURVATURE_GAUSS_NEWTON},
    {"adversarial rows, squared error of labels", FOCL_U8, 0, FOCL_MSE, FOCL_CURVATURE_RAW},
    {"adversarial rows, squared error of dense targets", FOCL_F32, 0, FOCL_MSE, FOCL_CURVATURE_GAUSS_NEWTON},
};

static loss_problem adversarial_problem(const row_kind *kind, double gamma, bool pixels) {
    const size_t rows = COUNT_OF(adversarial) * CLASSES;
    focl_loss_description description = plain(gamma, kind->targets_type);
    description.shape = layout(rows, CLASSES, pixels);
    description.objective = kind->objective;
    description.label_smoothing = kind->label_smoothing;
    description.curvature = kind->curvature;
    loss_problem problem = without_values(kind->name, &description);
    for (size_t row = 0; row < rows; row++) {
        put_row(&problem, LOSS_logits, row, adversarial[row / CLASSES]);
        put_target(&problem, row, row % CLASSES);
    }
    return problem;
}

START_TEST(adversarial_rows) {
    const row_kind *kind = &kinds[_i];
    /* Smoothing makes the entropy of a row with a -infinity infinite. Where q is below 2^-126, and 0 on a device, its
       product with that is 0, and infinite for the reference: of smoothed rows only gamma 0 has one answer. */
    const bool only_0 = kind->objective == FOCL_MSE || kind->label_smoothing > 0;
    const size_t gamma_count = only_0 ? 1 : COUNT_OF(gammas);
    for (size_t i = 0; i < 2 * gamma_count; i++) {
        loss_problem problem = adversarial_problem(kind, gammas[i / 2], i % 2 == 1);
        if (kind->objective == FOCL_MSE)
            problem.description.gamma = 0;
        /* Kinds with a gamma of 0 alone have few cases: all of them on the devices. The others' layouts take turns. */
        loss_assert_in_turn(&problem, 0, i / 2 + i + (size_t)_i, only_0 ? 1 : 4);
        loss_problem_free(&problem);
    }
}
END_TEST

static const float soft_targets[][CLASSES] = {
    {0.25F, 0.25F, 0.25F, 0.25F}, {0.5F, 0.5F, 0, 0}, {0, 0, 0, 0},      {1, 1, 1, 1},
    {0.999F, 0.001F, 0, 0},       {1e-30F, 0, 0, 1},  {0, 0, 1, 1e-40F}, {0.1F, 0.2F, 0.3F, 0.4F},
};

/* Logits that are finite: with a share of every class, what cannot be costs infinitely much. */
START_TEST(soft_targets_of_finite_rows) {
    static const float finite[][CLASSES] = {{0, 0, 0, 0},    {1e4F, 0, 0, 0},        {0, 1e4F, 0, 0},
                                            {88, 0, 1, -1},  {0.1F, 0.2F, 0.3F, -4}, {40.4193382F, -0.187969103F, 0, 0},
                                            {3, 3, -50, -60}};
    const size_t rows = COUNT_OF(soft_targets) * COUNT_OF(finite);
    focl_loss_description description = plain(gammas[_i], FOCL_F32);
    for (size_t i = 0; i < 2; i++) {
        description.shape = layout(rows, CLASSES, i == 1);
        loss_problem problem = without_values("soft targets of finite rows", &description);
        problem.soft = true;
        for (size_t row = 0; row < rows; row++) {
            put_row(&problem, LOSS_logits, row, finite[row / COUNT_OF(soft_targets)]);
            put_row(&problem, LOSS_targets, row, soft_targets[row % COUNT_OF(soft_targets)]);
        }
        loss_assert_everywhere(&problem, 0);
        loss_problem_free(&problem);
    }
}
END_TEST

/* Rows of equal logits, the shares of which are small: 1 - p must not stand in for them. */
static loss_problem equal_problem(const row_kind *kind, size_t classes, bool pixels) {
    focl_loss_description description = plain(kind->objective == FOCL_MSE ? 0 : 2, kind->targets_type);
    if (description.targets_type == FOCL_U8)
        description.targets_type = FOCL_I64;
    description.objective = kind->objective;
    description.label_smoothing = kind->label_smoothing;
    description.curvature = kind->curvature;
    description.shape = layout(2, classes, pixels);
    loss_problem problem = without_values(kind->name, &description);
    for (size_t e = 0; e < 2 * classes; e++)
        loss_put_value(FOCL_F32, problem.inputs[LOSS_logits], e, 3);
    put_target(&problem, 0, 0);
    put_target(&problem, 1, classes / 2);
    return problem;
}

/* A little more for every class than for the one before. */
static void spread_targets(loss_problem *problem) {
    const focl_loss_description *description = &problem->description;
    const double classes = (double)description->shape.classes;
    problem->soft = true;
    for (size_t i = 0; i < loss_array_count(description, LOSS_targets); i++) {
        const loss_element at = loss_element_of(description, i);
        loss_put_value(FOCL_F32, problem->inputs[LOSS_targets], at.place,
                       2 * (double)(at.column + 1) / (classes * (classes + 1)));
    }
}

START_TEST(equal_logits) {
    static const size_t class_counts[] = {2, 10, 33, 100, 1000, 10000};
    for (size_t i = 0; i < test_size(COUNT_OF(class_counts), 3); i++) {
        loss_problem problem = equal_problem(&kinds[_i], class_counts[i], i % 2 == 1);
        loss_assert_on_mirror(&problem);
        if (loss_is_dense(&problem.description))
            spread_targets(&problem);
        loss_assert_on_mirror(&problem);
        loss_problem_free(&problem);
    }
}
END_TEST

/* ---- One class ---- */

static void claim_nothing_to_lose(const loss_problem *problem, const loss_answer *answer, const char *where) {
    static const enum loss_array zeros[] = {LOSS_loss, LOSS_gradient, LOSS_hessian};
    for (size_t row = 0; row < loss_row_count(&problem->description); row++) {
        for (size_t i = 0; i < COUNT_OF(zeros); i++) {
            const double value = value_at(problem, answer, zeros[i], row, 0);
            ck_assert_msg(value <= 0 && value >= 0, "%s on %s: %s[%zu] is %a", problem->name, where,
                          loss_array_name(zeros[i]), row, value);
        }
        ck_assert_double_eq(value_at(problem, answer, LOSS_probabilities, row, 0), 1);
        ck_assert_double_eq(value_at(problem, answer, LOSS_pt, row, 0), 1);
    }
}

START_TEST(one_class_has_no_loss) {
    static const float logits[] = {0, 5, -5, 88, -1e4F, FLT_MAX, 1e-40F};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        focl_loss_description description =
            plain(kinds[i].objective == FOCL_MSE ? 0 : gammas[_i], kinds[i].targets_type);
        description.shape = layout(COUNT_OF(logits), 1, (i + (size_t)_i) % 2 == 1);
        description.label_smoothing = kinds[i].label_smoothing;
        description.objective = kinds[i].objective;
        description.curvature = kinds[i].curvature;
        loss_problem problem = without_values("one class", &description);
        for (size_t row = 0; row < COUNT_OF(logits); row++) {
            put_row(&problem, LOSS_logits, row, &logits[row]);
            put_target(&problem, row, 0);
        }
        assert_claim(&problem, claim_nothing_to_lose, test_has_turn(i + (size_t)_i, 3));
        loss_problem_free(&problem);
    }
}
END_TEST

/* ---- Two classes ---- */

/* Differences that an f32 can say. */
static const float differences[] = {0,  1,   -1, 0.5F, -0.25F, 3.75F, -6.5F, 16,   -17.5F, 40,       -40,
                                    80, -80, 86, -86,  88,     -88,   200,   1e4F, -1e4F,  0x1p-12F, -0x1p-20F};

enum { PAIRS = 2 * COUNT_OF(differences) };

/* Row r has difference r / 2 between class 1 and class 0, and label r % 2. */
static loss_problem two_classes(double gamma, bool pixels) {
    focl_loss_description description = plain(gamma, FOCL_U8);
    description.shape = layout(PAIRS, 2, pixels);
    loss_problem problem = without_values("two classes", &description);
    for (size_t row = 0; row < PAIRS; row++) {
        const float logits[2] = {0.5F, 0.5F + differences[row / 2]};
        const float shifted[2] = {0, differences[row / 2]};
        put_row(&problem, LOSS_logits, row, logits[1] - logits[0] == shifted[1] ? logits : shifted);
        put_target(&problem, row, row % 2);
    }
    return problem;
}

static loss_problem one_logit(double gamma) {
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){PAIRS, 1, 1});
    description.gamma = gamma;
    description.alpha = -1;
    description.reduction = FOCL_REDUCTION_NONE;
    loss_problem problem = without_values("one logit", &description);
    for (size_t row = 0; row < PAIRS; row++) {
        loss_put_value(FOCL_F32, problem.inputs[LOSS_logits], row, (double)differences[row / 2]);
        loss_put_value(FOCL_F32, problem.inputs[LOSS_targets], row, (double)(row % 2));
    }
    return problem;
}

/* Each within its bound of the same truth. */
static void assert_near(double a, double b, double ulps, size_t row, const char *what) {
    ck_assert_msg(test_is_close(a, 0, (float)b, ulps), "%s of difference %g, label %zu: %a by sigmoid, %a by softmax",
                  what, (double)differences[row / 2], row % 2, a, b);
}

START_TEST(two_classes_are_one_logit) {
    const double ulps = gammas[_i] > 0 && gammas[_i] < 1 ? 32 : gammas[_i] > 2 || fmod(gammas[_i], 1) > 0 ? 32 : 16;
    loss_problem sigmoid = one_logit(gammas[_i]);
    for (size_t i = 0; i < 2; i++) {
        loss_problem softmax = two_classes(gammas[_i], i == 1);
        loss_answer one = answer_of(NULL, &sigmoid);
        loss_answer two = answer_of(NULL, &softmax);
        for (size_t row = 0; row < PAIRS; row++) {
            const double slope = value_at(&sigmoid, &one, LOSS_gradient, row, 0);
            assert_near(value_at(&sigmoid, &one, LOSS_loss, row, 0), value_at(&softmax, &two, LOSS_loss, row, 0), ulps,
                        row, "loss");
            assert_near(slope, value_at(&softmax, &two, LOSS_gradient, row, 1), ulps, row, "gradient");
            assert_near(-slope, value_at(&softmax, &two, LOSS_gradient, row, 0), ulps, row, "gradient of class 0");
        }
        loss_assert_everywhere(&softmax, 0);
        loss_answer_free(&one);
        loss_answer_free(&two);
        loss_problem_free(&softmax);
    }
    loss_problem_free(&sigmoid);
}
END_TEST

/* ---- The label's own gradient ---- */

/* -B q, not B (p - 1): right in its own digits however small q is, for gradients of both sizes. */
static void claim_label_gradient(const loss_problem *problem, const loss_answer *answer, const char *where) {
    loss_truth truth = loss_truth_of(problem);
    for (size_t row = 0; row < loss_row_count(&problem->description); row++) {
        const size_t place = loss_element_in_row(&problem->description, row, row % CLASSES).place;
        const double exact = truth.gradient[place];
        const float found = ((const float *)answer->outputs[LOSS_gradient])[place];
        ck_assert_msg(exact < 0 && test_is_close(exact, 0, found, loss_ulps(problem)),
                      "%s on %s: gradient of the label of row %zu is %a, true is %a: %.1f ulp, gamma %g", problem->name,
                      where, row, (double)found, exact, test_error_ulps(exact, 0, found), problem->description.gamma);
    }
    loss_truth_free(&truth);
}

START_TEST(gradient_of_the_label_is_exact) {
    static const float leads[] = {0, 1, 3.3F, 8.7F, 16.6F, 17.4F, 25.1F, 33, 39.9F, 60, 79.3F};
    focl_loss_description description = plain(gammas[_i], FOCL_U8);
    /* The product of q^gamma and q must not fall below 2^-126. */
    const size_t leads_in_range = gammas[_i] <= 1e-3 ? COUNT_OF(leads) : gammas[_i] <= 1 ? 9 : gammas[_i] <= 2 ? 7 : 4;
    for (size_t i = 0; i < 2; i++) {
        description.shape = layout(leads_in_range * CLASSES, CLASSES, i == 1);
        loss_problem problem = without_values("sure and right", &description);
        for (size_t row = 0; row < leads_in_range * CLASSES; row++) {
            float logits[CLASSES] = {0.37F, -1.21F, 0.011F, -0.54F};
            logits[row % CLASSES] = 0.7F + leads[row / CLASSES];
            put_row(&problem, LOSS_logits, row, logits);
            put_target(&problem, row, row % CLASSES);
        }
        assert_claim(&problem, claim_label_gradient, true);
        loss_problem_free(&problem);
    }
}
END_TEST

/* ---- Exact identities ---- */

static loss_problem random_rows(const row_kind *kind, bool pixels, uint64_t stream) {
    loss_recipe recipe = {kind->name, plain(0, kind->targets_type), LOSS_BIT(class_weights) | LOSS_BIT(weights),
                          loss_is_dense(&(focl_loss_description){.targets_type = kind->targets_type})};
    recipe.description.shape = pixels ? (focl_view){2, 7, 33} : (focl_view){66, 7, 1};
    recipe.description.label_smoothing = kind->label_smoothing;
    recipe.description.curvature = kind->curvature;
    recipe.description.reduction = FOCL_REDUCTION_MEAN;
    return loss_problem_create(&recipe, stream);
}

static void assert_same_with_both_names(focl_handle *handle, loss_problem *problem) {
    problem->description.objective = FOCL_FOCAL;
    loss_answer focal = answer_of(handle, problem);
    problem->description.objective = FOCL_CROSS_ENTROPY;
    loss_answer entropy = answer_of(handle, problem);
    loss_assert_same(problem, &entropy, &focal, "gamma 0");
    loss_answer_free(&focal);
    loss_answer_free(&entropy);
}

START_TEST(gamma_0_is_cross_entropy) {
    static const size_t some_kinds[] = {0, 2, 4};
    loss_problem problem = random_rows(&kinds[some_kinds[_i / 2]], _i % 2 == 1, 30000 + (uint64_t)_i);
    assert_same_with_both_names(NULL, &problem);
    for (size_t device = 0; device < test_device_count(); device++)
        assert_same_with_both_names(test_device(device), &problem);
    loss_problem_free(&problem);
}
END_TEST

static void shift_rows(loss_problem *problem, float shift) {
    float *logits = problem->inputs[LOSS_logits];
    for (size_t i = 0; i < loss_array_elements(&problem->description, LOSS_logits); i++)
        logits[i] += shift;
}

static void assert_shift_leaves_bits(focl_handle *handle, loss_problem *problem) {
    static const float shifts[] = {0x1p+10F, -0x1p+15F, 0x1p+20F};
    loss_answer before = answer_of(handle, problem);
    for (size_t i = 0; i < COUNT_OF(shifts); i++) {
        shift_rows(problem, shifts[i]);
        loss_answer after = answer_of(handle, problem);
        loss_assert_same(problem, &before, &after, "shifted");
        loss_answer_free(&after);
        shift_rows(problem, -shifts[i]);
    }
    loss_answer_free(&before);
}

/* Small integers plus a power of two are exact, and so are their differences. */
START_TEST(shifts_leave_the_bits_alone) {
    loss_problem problem = random_rows(&kinds[_i / 2], _i % 2 == 1, 31000 + (uint64_t)_i);
    test_random random = test_random_start(31100);
    float *logits = problem.inputs[LOSS_logits];
    problem.description.objective = kinds[_i / 2].objective;
    problem.description.gamma = problem.description.objective == FOCL_MSE ? 0 : 1.5;
    for (size_t i = 0; i < loss_array_elements(&problem.description, LOSS_logits); i++)
        logits[i] = (float)test_random_below(&random, 17) - 8;
    assert_shift_leaves_bits(NULL, &problem);
    for (size_t device = 0; device < test_device_count(); device++)
        assert_shift_leaves_bits(test_device(device), &problem);
    loss_problem_free(&problem);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("softmax_rows");
    test_add_loop(suite, "adversarial", adversarial_rows, COUNT_OF(kinds));
    test_add_loop(suite, "soft", soft_targets_of_finite_rows, COUNT_OF(gammas));
    test_add_loop(suite, "equal", equal_logits, COUNT_OF(kinds));
    test_add_loop(suite, "one class", one_class_has_no_loss, COUNT_OF(gammas));
    test_add_loop(suite, "two classes", two_classes_are_one_logit, COUNT_OF(gammas));
    test_add_loop(suite, "label", gradient_of_the_label_is_exact, COUNT_OF(gammas));
    test_add_loop(suite, "cross entropy", gamma_0_is_cross_entropy, 6);
    test_add_loop(suite, "shift", shifts_leave_the_bits_alone, 2 * COUNT_OF(kinds));
    return test_main(suite);
}
