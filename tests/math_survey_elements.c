/*
 * The elements of the sigmoid family as kernels and mirror calculate them: hard targets, alpha off, y = gamma. Of a
 * logit, x is that which speaks for the target (x of t = 1, -x of t = 0), and both targets must have the same bits but
 * for the gradient's sign: a difference is NaN here, which is an infinite error.
 *
 * The screens in roundings u, of e = exp(-|x|) 4, sigmoids 6, S = softplus 10, a power of any gamma 11 times an
 * exponent of up to 132 and 4 more: everything is a product of three of these at most, or a sum of what has one sign.
 */
#include "../cl/activation.clh"
#include "../cl/sigmoid_element.clh"
#include "math_survey.h"
#include "math_survey_screen.h"

/* Loops become vectors only if everything in them is inlined. */
#define INLINE static inline __attribute__((always_inline))
#define FLAT   static __attribute__((flatten))

INLINE focl_rule rule_of(int activation, int objective, int kind, float gamma) {
    return (focl_rule){
        .activation = activation,
        .objective = objective,
        .gamma_kind = kind,
        .gamma = gamma,
        .alpha_positive = 1,
        .alpha_negative = 1,
        .gradient_scale = 1,
    };
}

/* ---- What losses are made of ---- */

/* Probability of the target and of the other, minus their logarithms, and a power of the other's. */
typedef struct parts {
    double p;
    double q;
    double s;
    double log_q;
    double power;
} parts;

INLINE double power_of(double q, double log_q, int kind, double gamma) {
    if (kind == FOCL_GAMMA_ANY)
        return survey_exp(-gamma * log_q);
    return kind == 0 ? 1 : kind == 1 ? q : q * q;
}

INLINE parts parts_of_logit(double x, int kind, double gamma) {
    const double e = survey_exp(-fabs(x));
    const double larger = 1 / (1 + e);
    const double smaller = e / (1 + e);
    const double rest = survey_log1p(e);
    parts of;
    of.p = x >= 0 ? larger : smaller;
    of.q = x >= 0 ? smaller : larger;
    of.s = (x < 0 ? -x : 0) + rest;
    of.log_q = (x > 0 ? x : 0) + rest;
    of.power = power_of(of.q, of.log_q, kind, gamma);
    return of;
}

/* The same in MPFR. */
typedef struct exact_parts {
    mpfr_ptr p;
    mpfr_ptr q;
    mpfr_ptr s;
    mpfr_ptr log_q;
    mpfr_ptr power;
} exact_parts;

/* scratch[0] is the errors', the last ones are free. */
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

/* ---- Focal loss of logits: loss, gradient, curvature ---- */

INLINE double same(float of_one, float of_zero) {
    return of_one == of_zero ? (double)of_one : (double)NAN;
}

INLINE void strict_loss(const survey_batch *restrict at, survey_values *restrict of, int kind) {
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        const focl_rule rule = rule_of(FOCL_ACTIVATION_SIGMOID, FOCL_OBJECTIVE_FOCAL, kind, at->y[i]);
        const focl_element one = focl_dense_element(at->x[i], 1.0F, 1.0F, rule);
        const focl_element zero = focl_dense_element(-at->x[i], 0.0F, 1.0F, rule);
        of->value[0][i] = same(one.loss, zero.loss);
        of->value[1][i] = same(one.gradient, -zero.gradient);
    }
}

INLINE void screen_loss(const survey_batch *restrict at, survey_values *restrict to, int kind) {
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        const double gamma = (double)at->y[i];
        const parts of = parts_of_logit((double)at->x[i], kind, gamma);
        to->value[0][i] = of.power * of.s;
        to->value[1][i] = -of.power * (gamma * of.p * of.s + of.q);
    }
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

/*
 * The curvature q^gamma p [q (1 + 2 gamma) + gamma S (gamma p - q)] is a sum of either sign, and counted in ulps of the
 * largest of it and its terms q^gamma p times q, 2 gamma q, gamma S p, gamma S q and gamma |gamma - 1| S p.
 */
INLINE void strict_curvature(const survey_batch *restrict at, survey_values *restrict of, int kind) {
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        focl_rule rule = rule_of(FOCL_ACTIVATION_SIGMOID, FOCL_OBJECTIVE_FOCAL, kind, at->y[i]);
        rule.has_hessian = 1;
        rule.curvature = FOCL_CURVATURE_OF_RAW;
        const focl_element one = focl_dense_element(at->x[i], 1.0F, 1.0F, rule);
        const focl_element zero = focl_dense_element(-at->x[i], 0.0F, 1.0F, rule);
        of->value[0][i] = same(one.hessian, zero.hessian);
    }
}

INLINE double greater(double a, double b) {
    return a > b ? a : b;
}

INLINE void screen_curvature(const survey_batch *restrict at, survey_values *restrict to, int kind) {
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        const double gamma = (double)at->y[i];
        const parts of = parts_of_logit((double)at->x[i], kind, gamma);
        const double factor = of.power * of.p;
        const double focused = gamma * of.s;
        const double focusing = focused * greater(greater(of.p, of.q), fabs(gamma - 1) * of.p);
        to->value[0][i] = factor * (of.q * (1 + 2 * gamma) + focused * (gamma * of.p - of.q));
        const double largest = factor * greater(of.q * greater(1, 2 * gamma), focusing);
        to->size[0][i] = greater(largest, fabs(to->value[0][i]));
    }
}

static void keep_greater(mpfr_ptr largest, mpfr_ptr other) {
    mpfr_max(largest, largest, other, MPFR_RNDN);
}

static void exact_curvature(survey_point at, survey_truth *truth) {
    const exact_parts of = exact_parts_of_logit(at, truth);
    mpfr_ptr value = truth->value[0];
    mpfr_ptr size = truth->size[0];
    mpfr_ptr term = truth->scratch[FREE];
    mpfr_ptr focused = truth->scratch[FREE + 1];
    mpfr_set_flt(focused, at.y, MPFR_RNDN);
    mpfr_mul(focused, focused, of.s, MPFR_RNDN);
    /* gamma S (gamma p - q) */
    mpfr_set_flt(term, at.y, MPFR_RNDN);
    mpfr_mul(value, of.p, term, MPFR_RNDN);
    mpfr_sub(value, value, of.q, MPFR_RNDN);
    mpfr_mul(value, value, focused, MPFR_RNDN);
    /* gamma S times the greater of p, q and |gamma - 1| p */
    mpfr_sub_ui(size, term, 1, MPFR_RNDN);
    mpfr_abs(size, size, MPFR_RNDN);
    mpfr_mul(size, size, of.p, MPFR_RNDN);
    keep_greater(size, of.p);
    keep_greater(size, of.q);
    mpfr_mul(size, size, focused, MPFR_RNDN);
    /* q and 2 gamma q */
    mpfr_mul_2ui(term, term, 1, MPFR_RNDN);
    mpfr_mul(term, term, of.q, MPFR_RNDN);
    keep_greater(size, of.q);
    keep_greater(size, term);
    mpfr_add(value, value, term, MPFR_RNDN);
    mpfr_add(value, value, of.q, MPFR_RNDN);
    mpfr_mul(term, of.power, of.p, MPFR_RNDN);
    mpfr_mul(value, value, term, MPFR_RNDN);
    mpfr_mul(size, size, term, MPFR_RNDN);
    mpfr_abs(term, value, MPFR_RNDN);
    keep_greater(size, term);
}

/*
 * gamma from 2^-12 to 2^12 with exponents gamma softplus(x) from 2^-12 to 88; and every other one above 44, of logits
 * from -4 to 4, where an exponent multiplies the error of a softplus with a logarithm in it.
 */
static survey_point loss_point(uint64_t index) {
    const uint64_t random = survey_scramble(index);
    const double first = (double)(random >> 40) * 0x1p-24;
    const double second = (double)(random & 0xffffff) * 0x1p-24;
    if (index & 1) {
        const double x = 8 * first - 4;
        return (survey_point){(float)x, (float)((44 + 44 * second) / log1p(exp(x)))};
    }
    const double gamma = exp2(first * 24 - 12);
    const double softplus = exp2(second * 18.46 - 12) / gamma;
    return (survey_point){(float)(softplus > 40 ? softplus : log(expm1(softplus))), (float)gamma};
}

/* ---- Focal loss of probabilities ---- */

/* x counts as 0 where it may be subnormal. What is certain has no loss, and s / q goes to 1. */
INLINE parts parts_of_probability(double x, bool is_positive, int kind, double gamma) {
    const double flushed = x <= 0x1p-126 ? 0 : x;
    const double log_x = -survey_log(flushed);
    const double log_complement = -survey_log1p(-flushed);
    parts of;
    of.p = is_positive ? flushed : 1 - flushed;
    of.q = is_positive ? 1 - flushed : flushed;
    of.s = is_positive ? log_x : log_complement;
    of.log_q = is_positive ? log_complement : log_x;
    of.power = power_of(of.q, of.log_q, kind, gamma);
    of.power = of.q > 0 || kind == 0 ? of.power : 0;
    return of;
}

INLINE void strict_of_probability(const survey_batch *restrict at, survey_values *restrict of, bool is_positive,
                                  int kind) {
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        const focl_rule rule = rule_of(FOCL_ACTIVATION_IDENTITY, FOCL_OBJECTIVE_FOCAL, kind, at->y[i]);
        const focl_element element = focl_dense_element(at->x[i], is_positive ? 1.0F : 0.0F, 1.0F, rule);
        of->value[0][i] = (double)element.loss;
        of->value[1][i] = (double)element.gradient;
    }
}

INLINE void screen_of_probability(const survey_batch *restrict at, survey_values *restrict to, bool is_positive,
                                  int kind) {
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        const double gamma = (double)at->y[i];
        const parts of = parts_of_probability((double)at->x[i], is_positive, kind, gamma);
        const double ratio = of.q > 0 ? of.s / of.q : 1;
        const double focusing = kind == 0 ? 0 : gamma * ratio;
        const double slope = of.power * (1 / of.p + focusing);
        to->value[0][i] = of.power * of.s;
        to->value[1][i] = is_positive ? -slope : slope;
    }
}

static exact_parts exact_parts_of_probability(survey_point at, bool is_positive, survey_truth *truth) {
    exact_parts of = exact_places(truth);
    mpfr_ptr x = is_positive ? of.p : of.q;
    mpfr_ptr log_x = is_positive ? of.s : of.log_q;
    mpfr_ptr complement = is_positive ? of.q : of.p;
    mpfr_ptr log_complement = is_positive ? of.log_q : of.s;
    mpfr_set_flt(x, at.x <= 0x1p-126F ? 0 : at.x, MPFR_RNDN);
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

static void exact_of_true(survey_point at, survey_truth *truth) {
    exact_of_probability(at, true, truth);
}

static void exact_of_false(survey_point at, survey_truth *truth) {
    exact_of_probability(at, false, truth);
}

/* ---- Squared error of logits ---- */

FLAT void strict_squared(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        const focl_rule rule = rule_of(FOCL_ACTIVATION_SIGMOID, FOCL_OBJECTIVE_MSE, 0, 0);
        const focl_element one = focl_dense_element(at->x[i], 1.0F, 1.0F, rule);
        const focl_element zero = focl_dense_element(-at->x[i], 0.0F, 1.0F, rule);
        of->value[0][i] = same(one.loss, zero.loss);
        of->value[1][i] = same(one.gradient, -zero.gradient);
    }
}

static void screen_squared(const survey_batch *restrict at, survey_values *restrict to) {
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        const parts of = parts_of_logit((double)at->x[i], 2, 2);
        to->value[0][i] = of.power;
        to->value[1][i] = -2 * of.power * of.p;
    }
}

static void exact_squared(survey_point at, survey_truth *truth) {
    const exact_parts of = exact_parts_of_logit(at, truth);
    mpfr_sqr(truth->value[0], of.q, MPFR_RNDN);
    mpfr_mul(truth->value[1], truth->value[0], of.p, MPFR_RNDN);
    mpfr_mul_si(truth->value[1], truth->value[1], -2, MPFR_RNDN);
}

/* ---- Activations, with an upstream gradient of 1 ---- */

FLAT void strict_activations(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        const focl_activated sigmoid = focl_activate_element(at->x[i], 1.0F, FOCL_KIND_SIGMOID);
        const focl_activated log_sigmoid = focl_activate_element(at->x[i], 1.0F, FOCL_KIND_LOG_SIGMOID);
        of->value[0][i] = (double)sigmoid.product;
        of->value[1][i] = (double)log_sigmoid.value;
        of->value[2][i] = (double)log_sigmoid.product;
    }
}

static void screen_activations(const survey_batch *restrict at, survey_values *restrict to) {
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        const parts of = parts_of_logit((double)at->x[i], 0, 0);
        to->value[0][i] = of.p * of.q;
        to->value[1][i] = -of.s;
        to->value[2][i] = of.q;
    }
}

static void exact_activations(survey_point at, survey_truth *truth) {
    const exact_parts of = exact_parts_of_logit(at, truth);
    mpfr_mul(truth->value[0], of.p, of.q, MPFR_RNDN);
    mpfr_neg(truth->value[1], of.s, MPFR_RNDN);
    mpfr_set(truth->value[2], of.q, MPFR_RNDN);
}

/* ---- The functions of each kind of gamma ---- */

typedef const survey_batch *restrict batch_in;
typedef survey_values *restrict values_out;

#define OF_KIND(kind, suffix)                                         \
    FLAT void strict_loss_##suffix(batch_in at, values_out of) {      \
        strict_loss(at, of, kind);                                    \
    }                                                                 \
    FLAT void screen_loss_##suffix(batch_in at, values_out of) {      \
        screen_loss(at, of, kind);                                    \
    }                                                                 \
    FLAT void strict_curvature_##suffix(batch_in at, values_out of) { \
        strict_curvature(at, of, kind);                               \
    }                                                                 \
    FLAT void screen_curvature_##suffix(batch_in at, values_out of) { \
        screen_curvature(at, of, kind);                               \
    }                                                                 \
    FLAT void strict_of_true_##suffix(batch_in at, values_out of) {   \
        strict_of_probability(at, of, true, kind);                    \
    }                                                                 \
    FLAT void screen_of_true_##suffix(batch_in at, values_out of) {   \
        screen_of_probability(at, of, true, kind);                    \
    }                                                                 \
    FLAT void strict_of_false_##suffix(batch_in at, values_out of) {  \
        strict_of_probability(at, of, false, kind);                   \
    }                                                                 \
    FLAT void screen_of_false_##suffix(batch_in at, values_out of) {  \
        screen_of_probability(at, of, false, kind);                   \
    }

OF_KIND(0, 0)
OF_KIND(1, 1)
OF_KIND(2, 2)
OF_KIND(FOCL_GAMMA_ANY, any)

/* ---- The table ---- */

#define FLOOR     0x1p-126
#define ERROR_0   SURVEY_ROUNDINGS(40)
#define ERROR_1   SURVEY_ROUNDINGS(40)
#define ERROR_2   SURVEY_ROUNDINGS(40)
#define ERROR_any SURVEY_ROUNDINGS(11 * 132 + 40)

static const survey_domain all = {"all floats", 0x80000000U, 0x80000000U, NULL};
static const survey_domain to_1 = {"0 to 1", 0x3f800001U, 0, NULL};
static const survey_domain grid = {"2^28 x, gamma", (uint64_t)1 << 28, 0, loss_point};

#define LOSS(name, domain, gamma, suffix, bound, stem)                                                \
    {                                                                                                 \
        name, &(domain), gamma, FLOOR, 2,                                                             \
            {{": loss", bound, ERROR_##suffix, false}, {": gradient", bound, ERROR_##suffix, false}}, \
            strict_##stem##_##suffix, screen_##stem##_##suffix, exact_##stem                          \
    }
#define CURVATURE(name, domain, gamma, suffix, bound)                                                                \
    {                                                                                                                \
        name, &(domain), gamma, FLOOR, 1, {{": curvature", bound, ERROR_##suffix, true}}, strict_curvature_##suffix, \
            screen_curvature_##suffix, exact_curvature                                                               \
    }
#define OF_LOGIT(gamma, suffix, bound)                                      \
    LOSS("focal, gamma " #gamma, all, (float)(gamma), suffix, bound, loss), \
        CURVATURE("focal, gamma " #gamma, all, (float)(gamma), suffix, bound)
#define OF_PROBABILITY(gamma, suffix, bound)                                          \
    LOSS("of p, t = 1, gamma " #gamma, to_1, (float)(gamma), suffix, bound, of_true), \
        LOSS("of p, t = 0, gamma " #gamma, to_1, (float)(gamma), suffix, bound, of_false)
#define OUTPUTS(...) \
    { __VA_ARGS__ }
#define SQUARED OUTPUTS({": loss", 8, ERROR_2, false}, {": gradient", 8, ERROR_2, false})
#define ACTIVATIONS                                                                                    \
    OUTPUTS({", sigmoid: derivative", 5, ERROR_2, false}, {", log-sigmoid: value", 6, ERROR_2, false}, \
            {", log-sigmoid: derivative", 5, ERROR_2, false})

const survey_subject survey_elements[] = {
    OF_LOGIT(0, 0, 8),
    OF_LOGIT(1, 1, 8),
    OF_LOGIT(2, 2, 8),
    OF_LOGIT(0.25, any, 16),
    OF_LOGIT(0.5, any, 16),
    OF_LOGIT(3, any, 16),
    LOSS("focal, any gamma", grid, 0, any, 16, loss),
    CURVATURE("focal, any gamma", grid, 0, any, 16),
    OF_PROBABILITY(0, 0, 8),
    OF_PROBABILITY(1, 1, 8),
    OF_PROBABILITY(2, 2, 8),
    OF_PROBABILITY(3, any, 16),
    {"squared error", &all, 0, 2 * FLOOR, 2, SQUARED, strict_squared, screen_squared, exact_squared},
    {"activation", &all, 0, FLOOR, 3, ACTIVATIONS, strict_activations, screen_activations, exact_activations},
    {.name = NULL},
};
