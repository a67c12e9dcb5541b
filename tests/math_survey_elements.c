/*
 * The elements of the sigmoid family, as focl_mirror_loss and focl_mirror_activate calculate them: loss and gradient of
 * hard targets, alpha off. x is the logit that speaks for the target (x of t = 1, -x of t = 0: only a sign differs),
 * and y the exponent gamma.
 *
 * The screens in roundings u: e = exp(-|x|) 2; sigmoids 4; S = softplus 5; loss S, q S and q^2 S 5, 10 and 15; gradient
 * q (p S + q) 16 and q^2 (2 p S + q) 21. A power of any gamma has an exponent up to 132, six roundings of which count
 * each as much.
 */
#include "../cl/activation.clh"
#include "../cl/sigmoid_element.clh"
#include "math_survey.h"

#define FLOOR       0x1p-126
#define TO_NAN      0x80000000U
#define TO_1        0x3f800001U
#define GRID        ((uint64_t)1 << 29)
#define FEW         SURVEY_ROUNDINGS(21)
#define POWER_ERROR SURVEY_ROUNDINGS(6 * 132 + 21)

static int gamma_kind(float gamma) {
    const bool is_small_integer = gamma == 0.0F || gamma == 1.0F || gamma == 2.0F;
    return is_small_integer ? (int)gamma : FOCL_GAMMA_ANY;
}

static focl_rule rule_of(int activation, int objective, float gamma) {
    return (focl_rule){
        .activation = activation,
        .objective = objective,
        .gamma_kind = gamma_kind(gamma),
        .gamma = gamma,
        .alpha_positive = 1,
        .alpha_negative = 1,
        .gradient_scale = 1,
    };
}

/* ---- What losses are made of ---- */

/* Probability of the target and of the other, minus their logarithms, and what the gradient is with respect to. */
typedef struct parts {
    double p;
    double q;
    double s;
    double log_q;
} parts;

static parts parts_of_logit(float logit) {
    const double x = (double)logit;
    const double e = exp(-fabs(x));
    const double larger = 1 / (1 + e);
    const double smaller = e / (1 + e);
    const double rest = log1p(e);
    return (parts){
        .p = x >= 0 ? larger : smaller,
        .q = x >= 0 ? smaller : larger,
        .s = (x < 0 ? -x : 0) + rest,
        .log_q = (x > 0 ? x : 0) + rest,
    };
}

static double power_of(parts of, float gamma) {
    switch (gamma_kind(gamma)) {
    case 0:
        return 1;
    case 1:
        return of.q;
    case 2:
        return of.q * of.q;
    default:
        return exp(-(double)gamma * of.log_q);
    }
}

/* The same in MPFR. */
typedef struct exact_parts {
    mpfr_ptr p;
    mpfr_ptr q;
    mpfr_ptr s;
    mpfr_ptr log_q;
    mpfr_ptr power;
} exact_parts;

/* scratch[0] is the sweep's, the last ones are free. */
enum { FREE = 6 };

static exact_parts exact_places(survey_truth *truth) {
    return (exact_parts){truth->scratch[1], truth->scratch[2], truth->scratch[3], truth->scratch[4], truth->scratch[5]};
}

static void set_power(exact_parts *of, float gamma, survey_truth *truth) {
    mpfr_set_flt(truth->scratch[FREE], -gamma, MPFR_RNDN);
    mpfr_mul(of->power, of->log_q, truth->scratch[FREE], MPFR_RNDN);
    mpfr_exp(of->power, of->power, MPFR_RNDN);
    if (gamma == 0.0F) /* of an infinite logarithm too */
        mpfr_set_ui(of->power, 1, MPFR_RNDN);
}

static exact_parts exact_parts_of_logit(survey_point at, survey_truth *truth) {
    exact_parts of = exact_places(truth);
    mpfr_ptr larger = at.x >= 0.0F ? of.p : of.q;
    mpfr_ptr smaller = at.x >= 0.0F ? of.q : of.p;
    mpfr_ptr e = truth->scratch[FREE];
    mpfr_ptr sum = truth->scratch[FREE + 1];
    mpfr_set_flt(e, -fabsf(at.x), MPFR_RNDN);
    mpfr_exp(e, e, MPFR_RNDN);
    mpfr_add_ui(sum, e, 1, MPFR_RNDN);
    mpfr_ui_div(larger, 1, sum, MPFR_RNDN);
    mpfr_div(smaller, e, sum, MPFR_RNDN);
    mpfr_log1p(e, e, MPFR_RNDN);
    mpfr_set_flt(sum, fabsf(at.x), MPFR_RNDN);
    mpfr_add(sum, sum, e, MPFR_RNDN);
    mpfr_set(of.s, at.x < 0.0F ? sum : e, MPFR_RNDN);
    mpfr_set(of.log_q, at.x > 0.0F ? sum : e, MPFR_RNDN);
    set_power(&of, at.y, truth);
    return of;
}

/* ---- Focal loss of logits ---- */

static void strict_loss(survey_point at, double *values) {
    const focl_rule rule = rule_of(FOCL_ACTIVATION_SIGMOID, FOCL_OBJECTIVE_FOCAL, at.y);
    const focl_element element = focl_dense_element(at.x, 1.0F, 1.0F, rule);
    values[0] = (double)element.loss;
    values[1] = (double)element.gradient;
}

static void screen_loss(survey_point at, double *values) {
    const parts of = parts_of_logit(at.x);
    const double power = power_of(of, at.y);
    values[0] = power * of.s;
    values[1] = -power * ((double)at.y * of.p * of.s + of.q);
}

static void exact_loss(survey_point at, survey_truth *truth) {
    const exact_parts of = exact_parts_of_logit(at, truth);
    mpfr_mul(truth->value[0], of.power, of.s, MPFR_RNDN);
    mpfr_set_flt(truth->value[1], at.y, MPFR_RNDN);
    mpfr_mul(truth->value[1], truth->value[1], of.p, MPFR_RNDN);
    mpfr_mul(truth->value[1], truth->value[1], of.s, MPFR_RNDN);
    mpfr_add(truth->value[1], truth->value[1], of.q, MPFR_RNDN);
    mpfr_mul(truth->value[1], truth->value[1], of.power, MPFR_RNDN);
    mpfr_neg(truth->value[1], truth->value[1], MPFR_RNDN);
}

/* gamma from 2^-12 to 2^12 with exponents gamma softplus(x) from 2^-12 to 88. */
static survey_point loss_point(uint64_t index) {
    const uint64_t random = survey_scramble(index);
    const double gamma = exp2((double)(random >> 40) * (24 * 0x1p-24) - 12);
    const double softplus = exp2((double)(random & 0xffffff) * (18.46 * 0x1p-24) - 12) / gamma;
    return (survey_point){(float)(softplus > 40 ? softplus : log(expm1(softplus))), (float)gamma};
}

/* ---- Focal loss of probabilities ---- */

/* x counts as 0 where it may be subnormal. */
static parts parts_of_probability(float probability, bool is_positive) {
    const double x = (double)focl_flush(probability);
    const parts of = {.p = x, .q = 1 - x, .s = -log(x), .log_q = -log1p(-x)};
    return is_positive ? of : (parts){.p = of.q, .q = of.p, .s = of.log_q, .log_q = of.s};
}

static void strict_of_probability(survey_point at, bool is_positive, double *values) {
    const focl_rule rule = rule_of(FOCL_ACTIVATION_IDENTITY, FOCL_OBJECTIVE_FOCAL, at.y);
    const focl_element element = focl_dense_element(at.x, is_positive ? 1.0F : 0.0F, 1.0F, rule);
    values[0] = (double)element.loss;
    values[1] = (double)element.gradient;
}

/* What is certain has no loss, and s / q goes to 1. */
static void screen_of_probability(survey_point at, bool is_positive, double *values) {
    const parts of = parts_of_probability(at.x, is_positive);
    const double power = of.q > 0 || at.y == 0.0F ? power_of(of, at.y) : 0;
    const double ratio = of.q > 0 ? of.s / of.q : 1;
    const double focusing = at.y == 0.0F ? 0 : (double)at.y * ratio;
    const double slope = power * (1 / of.p + focusing);
    values[0] = power * of.s;
    values[1] = is_positive ? -slope : slope;
}

static exact_parts exact_parts_of_probability(survey_point at, bool is_positive, survey_truth *truth) {
    exact_parts of = exact_places(truth);
    mpfr_ptr x = is_positive ? of.p : of.q;
    mpfr_ptr log_x = is_positive ? of.s : of.log_q;
    mpfr_ptr complement = is_positive ? of.q : of.p;
    mpfr_ptr log_complement = is_positive ? of.log_q : of.s;
    mpfr_set_flt(x, focl_flush(at.x), MPFR_RNDN);
    mpfr_ui_sub(complement, 1, x, MPFR_RNDN);
    mpfr_log(log_x, x, MPFR_RNDN);
    mpfr_neg(log_x, log_x, MPFR_RNDN);
    mpfr_neg(log_complement, x, MPFR_RNDN);
    mpfr_log1p(log_complement, log_complement, MPFR_RNDN);
    mpfr_neg(log_complement, log_complement, MPFR_RNDN);
    set_power(&of, at.y, truth);
    return of;
}

static void exact_of_probability(survey_point at, bool is_positive, survey_truth *truth) {
    const exact_parts of = exact_parts_of_probability(at, is_positive, truth);
    mpfr_ptr focusing = truth->scratch[FREE];
    mpfr_mul(truth->value[0], of.power, of.s, MPFR_RNDN);
    mpfr_set_flt(focusing, at.y, MPFR_RNDN);
    if (mpfr_sgn(of.q) > 0 && at.y != 0.0F) {
        mpfr_mul(focusing, focusing, of.s, MPFR_RNDN);
        mpfr_div(focusing, focusing, of.q, MPFR_RNDN);
    }
    mpfr_ui_div(truth->value[1], 1, of.p, MPFR_RNDN);
    mpfr_add(truth->value[1], truth->value[1], focusing, MPFR_RNDN);
    mpfr_mul(truth->value[1], truth->value[1], of.power, MPFR_RNDN);
    mpfr_setsign(truth->value[1], truth->value[1], is_positive, MPFR_RNDN);
}

static void strict_of_true(survey_point at, double *values) {
    strict_of_probability(at, true, values);
}

static void screen_of_true(survey_point at, double *values) {
    screen_of_probability(at, true, values);
}

static void exact_of_true(survey_point at, survey_truth *truth) {
    exact_of_probability(at, true, truth);
}

static void strict_of_false(survey_point at, double *values) {
    strict_of_probability(at, false, values);
}

static void screen_of_false(survey_point at, double *values) {
    screen_of_probability(at, false, values);
}

static void exact_of_false(survey_point at, survey_truth *truth) {
    exact_of_probability(at, false, truth);
}

/* ---- Squared error of logits ---- */

static void strict_squared(survey_point at, double *values) {
    const focl_rule rule = rule_of(FOCL_ACTIVATION_SIGMOID, FOCL_OBJECTIVE_MSE, 0);
    const focl_element element = focl_dense_element(at.x, 1.0F, 1.0F, rule);
    values[0] = (double)element.loss;
    values[1] = (double)element.gradient;
}

static void screen_squared(survey_point at, double *values) {
    const parts of = parts_of_logit(at.x);
    values[0] = of.q * of.q;
    values[1] = -2 * of.q * of.q * of.p;
}

static void exact_squared(survey_point at, survey_truth *truth) {
    const exact_parts of = exact_parts_of_logit(at, truth);
    mpfr_sqr(truth->value[0], of.q, MPFR_RNDN);
    mpfr_mul(truth->value[1], truth->value[0], of.p, MPFR_RNDN);
    mpfr_mul_si(truth->value[1], truth->value[1], -2, MPFR_RNDN);
}

/* ---- Activations, with an upstream gradient of 1 ---- */

static void strict_activations(survey_point at, double *values) {
    const focl_activated sigmoid = focl_activate_element(at.x, 1.0F, FOCL_KIND_SIGMOID);
    const focl_activated log_sigmoid = focl_activate_element(at.x, 1.0F, FOCL_KIND_LOG_SIGMOID);
    values[0] = (double)sigmoid.product;
    values[1] = (double)log_sigmoid.value;
    values[2] = (double)log_sigmoid.product;
}

static void screen_activations(survey_point at, double *values) {
    const parts of = parts_of_logit(at.x);
    values[0] = of.p * of.q;
    values[1] = -of.s;
    values[2] = of.q;
}

static void exact_activations(survey_point at, survey_truth *truth) {
    const exact_parts of = exact_parts_of_logit(at, truth);
    mpfr_mul(truth->value[0], of.p, of.q, MPFR_RNDN);
    mpfr_neg(truth->value[1], of.s, MPFR_RNDN);
    mpfr_set(truth->value[2], of.q, MPFR_RNDN);
}

/* ---- The table ---- */

#define ELEMENT(name, domain, gamma, bound, error, stem)                                                        \
    {                                                                                                             \
        name, domain, gamma, FLOOR, 2, {{": loss", bound, error}, {": gradient", bound, error}},              \
            strict_##stem, screen_##stem, exact_##stem                                                            \
    }
#define ALL_FLOATS {TO_NAN, TO_NAN, NULL}
#define UP_TO_1 {TO_1, 0, NULL}
#define OF_LOGIT(gamma, bound, error)    ELEMENT("focal, gamma " #gamma, BOTH, (float)(gamma), bound, error, loss)
#define OF_TRUE(gamma, bound, error)     ELEMENT("of p, t = 1, gamma " #gamma, UP, (float)(gamma), bound, error, of_true)
#define OF_FALSE(gamma, bound, error)    ELEMENT("of p, t = 0, gamma " #gamma, UP, (float)(gamma), bound, error, of_false)

const survey_subject survey_elements[] = {
    OF_LOGIT(0, 8, FEW),
    OF_LOGIT(1, 8, FEW),
    OF_LOGIT(2, 8, FEW),
    OF_LOGIT(0.25, 16, POWER_ERROR),
    OF_LOGIT(0.5, 16, POWER_ERROR),
    OF_LOGIT(1.5, 16, POWER_ERROR),
    OF_LOGIT(3, 16, POWER_ERROR),
    OF_LOGIT(5, 16, POWER_ERROR),
    OF_LOGIT(10, 16, POWER_ERROR),
    OF_LOGIT(50, 16, POWER_ERROR),
    OF_LOGIT(1000, 16, POWER_ERROR),
    ELEMENT("focal, any gamma", GRID_OF_BOTH, 0, 16, POWER_ERROR, loss),
    OF_TRUE(0, 8, FEW),
    OF_TRUE(1, 8, FEW),
    OF_TRUE(2, 8, FEW),
    OF_TRUE(0.5, 16, POWER_ERROR),
    OF_TRUE(3, 16, POWER_ERROR),
    OF_FALSE(0, 8, FEW),
    OF_FALSE(1, 8, FEW),
    OF_FALSE(2, 8, FEW),
    OF_FALSE(0.5, 16, POWER_ERROR),
    OF_FALSE(3, 16, POWER_ERROR),
    ELEMENT("squared error", BOTH, 0, 8, FEW, squared),
    {"activation",
     {TO_NAN, TO_NAN, NULL},
     0,
     FLOOR,
     3,
     {{", sigmoid: product", 5, FEW}, {", log-sigmoid: value", 6, FEW}, {", log-sigmoid: product", 5, FEW}},
     strict_activations,
     screen_activations,
     exact_activations},
    {NULL, {0, 0, NULL}, 0, 0, 0, {{NULL, 0, 0}}, NULL, NULL, NULL},
};
