/* The reference's curvatures against their formulas written out, where no differences can be taken. */
#include <math.h>

#include "support_reference.h"

static const double log_2 = 0.69314718055994530942;

static double curvature_of(const focl_loss_description *description, float logit, float target) {
    double curvature;
    reference_of(description, &(focl_loss_host_inputs){.logits = &logit, .targets = &target},
                 &(focl_reference_outputs){.hessian = &curvature});
    return curvature;
}

static focl_loss_description element_of(focl_objective objective, double gamma, focl_curvature curvature) {
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, objective, (focl_view){1, 1, 1});
    description.gamma = gamma;
    description.alpha = -1;
    description.curvature = curvature;
    return description;
}

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

static double cross_entropy(double x, double t) {
    return -t * log(sigmoid(x)) - (1 - t) * log(sigmoid(-x));
}

/* Gauss-Newton of each objective at a few logits and soft targets. */
START_TEST(gauss_newton_of_elements) {
    static const float logits[] = {-2.5F, 0.25F, 3};
    static const float targets[] = {0, 0.25F, 0.875F, 1};
    const double gamma = 1.5;
    for (size_t i = 0; i < COUNT_OF(logits); i++)
        for (size_t k = 0; k < COUNT_OF(targets); k++) {
            const double x = (double)logits[i];
            const double t = (double)targets[k];
            const double p = sigmoid(x);
            const double u = p * (1 - p);
            const double m = t * (1 - p) + (1 - t) * p;
            const double slope = (1 - 2 * t) * u / m;
            const struct {
                focl_objective objective;
                double gamma, expected;
            } rows[] = {
                {FOCL_FOCAL, gamma, pow(m, gamma) * (u + gamma * slope * slope * cross_entropy(x, t))},
                {FOCL_QUALITY_FOCAL, gamma, pow(fabs(t - p), gamma) * u},
                {FOCL_VARIFOCAL, gamma, (t > 0 ? t : pow(p, gamma)) * u},
                {FOCL_MSE, 0, 2 * u * u},
            };
            for (size_t r = 0; r < COUNT_OF(rows); r++) {
                const focl_loss_description description =
                    element_of(rows[r].objective, rows[r].gamma, FOCL_CURVATURE_GAUSS_NEWTON);
                assert_near(curvature_of(&description, logits[i], targets[k]), rows[r].expected, 1e-13, "curvature");
            }
        }
}
END_TEST

START_TEST(gauss_newton_leaves_poly1_out) {
    focl_loss_description description = element_of(FOCL_FOCAL, 2, FOCL_CURVATURE_GAUSS_NEWTON);
    const double without = curvature_of(&description, 0.5F, 1);
    description.poly1 = 3;
    ck_assert_double_eq(curvature_of(&description, 0.5F, 1), without);
}
END_TEST

/* Wrong by much, a negative with a margin is concave: what Gauss-Newton says is 0, not below. */
START_TEST(gauss_newton_of_a_concave_negative) {
    focl_loss_description description = element_of(FOCL_FOCAL, 0, FOCL_CURVATURE_RAW);
    description.margin = 0.0625;
    ck_assert_double_lt(curvature_of(&description, 5, 0), 0);
    description.curvature = FOCL_CURVATURE_GAUSS_NEWTON;
    ck_assert_double_eq(curvature_of(&description, 5, 0), 0);
}
END_TEST

/* A quality focal loss at its target: |t - p|^gamma is at its corner or its bottom. */
START_TEST(quality_focal_at_its_target) {
    static const struct {
        double gamma, gradient, curvature;
    } rows[] = {{0, 0, 0.25}, {0.5, 0, 0}, {1, 0, 0}, {1.5, 0, 0}, {2, 0, 2. / 16}, {3, 0, 0}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const focl_loss_description description = element_of(FOCL_QUALITY_FOCAL, rows[i].gamma, FOCL_CURVATURE_RAW);
        const float logit = 0;
        const float target = 0.5F;
        double gradient;
        reference_of(&description, &(focl_loss_host_inputs){.logits = &logit, .targets = &target},
                     &(focl_reference_outputs){.gradient = &gradient});
        ck_assert_double_eq(gradient, rows[i].gradient);
        const double expected = rows[i].gamma == 2 ? rows[i].curvature * log_2 : rows[i].curvature;
        assert_near(curvature_of(&description, logit, target), expected, 1e-15, "curvature");
    }
}
END_TEST

START_TEST(squared_error_of_values_bends_by_2) {
    focl_loss_description description = focl_loss_default(FOCL_IDENTITY, FOCL_MSE, (focl_view){1, 1, 1});
    ck_assert_double_eq(curvature_of(&description, -7, 0.5F), 2);
    description.curvature = FOCL_CURVATURE_GAUSS_NEWTON;
    description.loss_scale = 8;
    ck_assert_double_eq(curvature_of(&description, -7, 0.5F), 16);
}
END_TEST

/* ---- Rows ---- */

enum { CLASSES = 3 };

static const float row_logits[CLASSES] = {0.5F, -1, 2};
static const float row_targets[CLASSES] = {0.25F, 0.625F, 0.125F};
static const float row_weights[CLASSES] = {2, 0.5F, 1};

static void find_shares(double p[CLASSES]) {
    double sum = 0;
    for (size_t c = 0; c < CLASSES; c++)
        sum += exp((double)row_logits[c]);
    for (size_t c = 0; c < CLASSES; c++)
        p[c] = exp((double)row_logits[c]) / sum;
}

static void find_curvature(const focl_loss_description *description, double curvature[CLASSES]) {
    reference_of(description,
                 &(focl_loss_host_inputs){.logits = row_logits, .targets = row_targets, .class_weights = row_weights},
                 &(focl_reference_outputs){.hessian = curvature});
}

START_TEST(gauss_newton_of_focal_rows) {
    focl_loss_description description = focl_loss_default(FOCL_SOFTMAX, FOCL_FOCAL, (focl_view){1, CLASSES, 1});
    description.gamma = 1.5;
    description.alpha = 0.5;
    description.poly1 = 2;
    description.curvature = FOCL_CURVATURE_GAUSS_NEWTON;
    double p[CLASSES];
    double a = 0;
    double cost = 0;
    double m = 0;
    double target_share = 0;
    find_shares(p);
    for (size_t c = 0; c < CLASSES; c++) {
        const double y = (double)row_targets[c];
        a += (double)row_weights[c] * y;
        cost -= (double)row_weights[c] * y * log(p[c]);
        m += y * (1 - p[c]);
        target_share += y * p[c];
    }
    double found[CLASSES];
    find_curvature(&description, found);
    for (size_t j = 0; j < CLASSES; j++) {
        const double expected = 0.5 * pow(m, 1.5) * (a + 1.5 * cost * target_share / m) * p[j] * (1 - p[j]);
        assert_near(found[j], expected, 1e-13, "curvature");
    }
}
END_TEST

START_TEST(gauss_newton_of_squared_rows) {
    focl_loss_description description = focl_loss_default(FOCL_SOFTMAX, FOCL_MSE, (focl_view){1, CLASSES, 1});
    description.curvature = FOCL_CURVATURE_GAUSS_NEWTON;
    double p[CLASSES];
    double found[CLASSES];
    double weight = 0;
    find_shares(p);
    find_curvature(&description, found);
    for (size_t c = 0; c < CLASSES; c++)
        weight += (double)row_weights[c] * (double)row_targets[c];
    for (size_t j = 0; j < CLASSES; j++) {
        double sum = 0;
        for (size_t i = 0; i < CLASSES; i++) {
            const double slope = i == j ? p[i] * (1 - p[i]) : -p[i] * p[j];
            sum += slope * slope;
        }
        assert_near(found[j], 2 * weight * sum, 1e-13, "curvature");
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reference curvature");
    TCase *tcase = tcase_create("reference curvature");
    tcase_add_test(tcase, gauss_newton_of_elements);
    tcase_add_test(tcase, gauss_newton_leaves_poly1_out);
    tcase_add_test(tcase, gauss_newton_of_a_concave_negative);
    tcase_add_test(tcase, quality_focal_at_its_target);
    tcase_add_test(tcase, squared_error_of_values_bends_by_2);
    tcase_add_test(tcase, gauss_newton_of_focal_rows);
    tcase_add_test(tcase, gauss_newton_of_squared_rows);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
