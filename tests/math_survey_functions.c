/*
 * The functions of cl/math.clh. Their screens, in roundings u (math_survey.h): exp, log and log1p of a float 2 u each.
 * exp(-|x|) enters the others: log1p(e) passes its error on at most as it is, and so do e / (1 + e) and 1 / (1 + e).
 */
#include "../cl/math.clh"
#include "math_survey.h"

/* Numbers of floats from 0 on, by their bits. */
#define TO_NAN      0x80000000U /* all of a sign */
#define TO_INFINITY 0x7f800001U
#define TO_1        0x3f800001U
#define TO_2        0x40000001U
#define TO_69       0x428a0001U /* pairs end at 2^-100, about exp(-69) */
#define TO_174      0x432e0001U /* and where the exponential of a softplus is lost beside it */

static double rounded(focl_pair pair) {
    return (double)(pair.hi + pair.lo);
}

static double whole(focl_pair pair) {
    return (double)pair.hi + (double)pair.lo;
}

/* ---- exp ---- */

static void strict_exp(survey_point at, double *values) {
    values[0] = (double)focl_exp_negative(at.x);
}

static void screen_exp(survey_point at, double *values) {
    values[0] = exp(-(double)at.x);
}

static void exact_exp(survey_point at, survey_truth *truth) {
    mpfr_set_flt(truth->value[0], -at.x, MPFR_RNDN);
    mpfr_exp(truth->value[0], truth->value[0], MPFR_RNDN);
}

static void strict_exp_pair(survey_point at, double *values) {
    values[0] = whole(focl_exp_negative_pair(at.x));
}

/* exp(x - y) of logits of every size and nearness. */
static survey_point near_pair(uint64_t index) {
    const uint64_t random = survey_scramble(index);
    const double limit = ldexp((double)(int32_t)(uint32_t)random * 0x1p-31, (int)(random >> 32 & 31) - 12);
    const double less = ldexp(1 + (double)(random >> 37 & 0xffff) * 0x1p-16, (int)(random >> 53 & 31) - 25);
    const float y = (float)limit;
    const float x = (float)(limit - less);
    return (survey_point){x < y ? x : y, y};
}

static void strict_exp_difference(survey_point at, double *values) {
    values[0] = (double)focl_exp_difference(at.x, at.y);
}

static void screen_exp_difference(survey_point at, double *values) {
    values[0] = exp((double)at.x - (double)at.y);
}

static void exact_exp_difference(survey_point at, survey_truth *truth) {
    mpfr_set_flt(truth->value[0], at.x, MPFR_RNDN);
    mpfr_set_flt(truth->scratch[1], at.y, MPFR_RNDN);
    mpfr_sub(truth->value[0], truth->value[0], truth->scratch[1], MPFR_RNDN);
    mpfr_exp(truth->value[0], truth->value[0], MPFR_RNDN);
}

/* ---- Logarithms ---- */

static void strict_log1p(survey_point at, double *values) {
    values[0] = (double)focl_log1p_unit(at.x);
}

static void screen_log1p(survey_point at, double *values) {
    values[0] = log1p((double)at.x);
}

static void exact_log1p(survey_point at, survey_truth *truth) {
    mpfr_set_flt(truth->value[0], at.x, MPFR_RNDN);
    mpfr_log1p(truth->value[0], truth->value[0], MPFR_RNDN);
}

/* A second float less than half an ulp of the first; their sum is exact as a double. */
static float lower_part(float hi, uint64_t random) {
    const double part = (double)(int32_t)(random & 0xffffe) - 0x80000;
    return (float)(part * 0x1p-20 * ((double)nextafterf(hi, INFINITY) - (double)hi));
}

static survey_point pair_up_to_2(uint64_t index) {
    const uint64_t random = survey_scramble(index);
    const float hi = focl_as_real((mask)(random >> 32) & 0x3fffffff);
    const float normal = hi < 0x1p-100F ? hi + 1 : hi;
    return (survey_point){normal, lower_part(normal, random)};
}

/* Half of them within 2^-8 of 1, where a logarithm has to come from the lower part too. */
static survey_point pair_near_1(uint64_t index) {
    const uint64_t random = survey_scramble(index);
    const float hi = focl_as_real(FOCL_ONE_BITS - 0x10000 + (mask)(random >> 32 & 0x1ffff));
    return (survey_point){hi, lower_part(hi, random)};
}

static survey_point pair_from_1(uint64_t index) {
    const uint64_t random = survey_scramble(index);
    const mask range = index & 1 ? 0x10000 : 0x3f000000; /* to the end of the exponents, or near 1 */
    const float hi = focl_as_real(FOCL_ONE_BITS + (mask)((random >> 32) % (uint64_t)range));
    const float lo = lower_part(hi, random);
    return (survey_point){hi, hi > 1.0F ? lo : fabsf(lo)};
}

static void strict_negative_log_pair(survey_point at, double *values) {
    const focl_pair log = focl_negative_log_pair((focl_pair){at.x, at.y});
    values[0] = rounded(log);
    values[1] = whole(log);
}

static void screen_negative_log(survey_point at, double *values) {
    values[0] = values[1] = -log((double)at.x + (double)at.y);
}

static void set_sum(mpfr_t sum, survey_point at, survey_truth *truth) {
    mpfr_set_flt(sum, at.x, MPFR_RNDN);
    mpfr_set_flt(truth->scratch[1], at.y, MPFR_RNDN);
    mpfr_add(sum, sum, truth->scratch[1], MPFR_RNDN);
}

static void exact_negative_log(survey_point at, survey_truth *truth) {
    set_sum(truth->value[0], at, truth);
    mpfr_log(truth->value[0], truth->value[0], MPFR_RNDN);
    mpfr_neg(truth->value[0], truth->value[0], MPFR_RNDN);
    mpfr_set(truth->value[1], truth->value[0], MPFR_RNDN);
}

static void strict_log_pair(survey_point at, double *values) {
    values[0] = (double)focl_log_pair((focl_pair){at.x, at.y});
}

static void screen_log_pair(survey_point at, double *values) {
    values[0] = log((double)at.x + (double)at.y);
}

static void exact_log_pair(survey_point at, survey_truth *truth) {
    set_sum(truth->value[0], at, truth);
    mpfr_log(truth->value[0], truth->value[0], MPFR_RNDN);
}

/* ---- softplus and sigmoid ---- */

static double screened_softplus(double x) {
    return (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
}

/* softplus of a float. */
static void set_softplus(mpfr_t softplus, float x, survey_truth *truth) {
    mpfr_set_flt(softplus, -fabsf(x), MPFR_RNDN);
    mpfr_exp(softplus, softplus, MPFR_RNDN);
    mpfr_log1p(softplus, softplus, MPFR_RNDN);
    mpfr_set_flt(truth->scratch[1], x > 0 ? x : 0.0F, MPFR_RNDN);
    mpfr_add(softplus, softplus, truth->scratch[1], MPFR_RNDN);
}

static void strict_softplus_rounded(survey_point at, double *values) {
    values[0] = rounded(focl_softplus_pair(at.x));
}

static void strict_softplus_pair(survey_point at, double *values) {
    values[0] = whole(focl_softplus_pair(at.x));
}

static void screen_softplus(survey_point at, double *values) {
    values[0] = screened_softplus((double)at.x);
}

static void exact_softplus(survey_point at, survey_truth *truth) {
    set_softplus(truth->value[0], at.x, truth);
}

static void strict_sigmoid(survey_point at, double *values) {
    const focl_sigmoid_parts parts = focl_sigmoid(at.x);
    values[0] = (double)parts.larger;
    values[1] = (double)parts.smaller;
    values[2] = (double)parts.log1p_exp;
}

static void screen_sigmoid(survey_point at, double *values) {
    const double e = exp(-fabs((double)at.x));
    values[0] = 1 / (1 + e);
    values[1] = e / (1 + e);
    values[2] = log1p(e);
}

static void exact_sigmoid(survey_point at, survey_truth *truth) {
    mpfr_set_flt(truth->scratch[1], -fabsf(at.x), MPFR_RNDN);
    mpfr_exp(truth->scratch[1], truth->scratch[1], MPFR_RNDN);
    mpfr_add_ui(truth->scratch[2], truth->scratch[1], 1, MPFR_RNDN);
    mpfr_ui_div(truth->value[0], 1, truth->scratch[2], MPFR_RNDN);
    mpfr_div(truth->value[1], truth->scratch[1], truth->scratch[2], MPFR_RNDN);
    mpfr_log1p(truth->value[2], truth->scratch[1], MPFR_RNDN);
}

/* ---- power ---- */

/* Exponents gamma softplus(x) from 2^-12 to 131, which is where a power ends, of gamma from 2^-12 to 2^34. */
static survey_point power_point(uint64_t index) {
    const uint64_t random = survey_scramble(index);
    const double gamma = exp2((double)(random >> 40) * (46 * 0x1p-24) - 12);
    const double softplus = exp2((double)(random & 0xffffff) * (19.03 * 0x1p-24) - 12) / gamma;
    const double x = softplus > 40 ? softplus : log(expm1(softplus));
    return (survey_point){(float)x, (float)gamma};
}

static void strict_power(survey_point at, double *values) {
    const focl_scaled power = focl_power(at.y, focl_softplus_pair(at.x));
    values[0] = (double)power.value * (double)power.unscale;
}

static void screen_power(survey_point at, double *values) {
    values[0] = exp(-(double)at.y * screened_softplus((double)at.x));
}

static void exact_power(survey_point at, survey_truth *truth) {
    set_softplus(truth->value[0], at.x, truth);
    mpfr_set_flt(truth->scratch[1], -at.y, MPFR_RNDN);
    mpfr_mul(truth->value[0], truth->value[0], truth->scratch[1], MPFR_RNDN);
    mpfr_exp(truth->value[0], truth->value[0], MPFR_RNDN);
}

/* ---- The table ---- */

#define FLOOR          0x1p-126
#define PAIR_BOUND     0x1p-6
#define GRID           ((uint64_t)1 << 30)
#define EXPONENT_ERROR SURVEY_ROUNDINGS(88 + 2) /* 1 u of an exponent up to 88 */
#define POWER_ERROR    SURVEY_ROUNDINGS(6 * 132 + 2) /* softplus 5 u, its product with gamma one more */

/* Powers end at 2^-190: what they are multiplied with may be large. */
#define POWER(gamma_name, gamma, bound)                                                                           \
    {                                                                                                             \
        "power, gamma " gamma_name, {TO_NAN, TO_NAN, NULL}, gamma, 0x1p-190, 1, {{"", bound, POWER_ERROR}},       \
            strict_power, screen_power, exact_power                                                               \
    }

const survey_subject survey_functions[] = {
    {"exp(-x)", {TO_NAN, 0, NULL}, 0, FLOOR, 1, {{"", 0.95, SURVEY_ROUNDINGS(2)}}, strict_exp, screen_exp, exact_exp},
    {"exp(-x) as a pair",
     {TO_69, 0, NULL},
     0,
     FLOOR,
     1,
     {{"", PAIR_BOUND, SURVEY_ROUNDINGS(2)}},
     strict_exp_pair,
     screen_exp,
     exact_exp},
    {"exp(x - y)",
     {GRID, 0, near_pair},
     0,
     FLOOR,
     1,
     {{"", 0.95, EXPONENT_ERROR}},
     strict_exp_difference,
     screen_exp_difference,
     exact_exp_difference},
    {"log1p", {TO_1, 0, NULL}, 0, FLOOR, 1, {{"", 1.2, SURVEY_ROUNDINGS(2)}}, strict_log1p, screen_log1p, exact_log1p},
    {"-log x",
     {TO_2, 0, NULL},
     0,
     FLOOR,
     2,
     {{", rounded", 0.52, SURVEY_ROUNDINGS(2)}, {" as a pair", PAIR_BOUND, SURVEY_ROUNDINGS(2)}},
     strict_negative_log_pair,
     screen_negative_log,
     exact_negative_log},
    {"-log(x + y)",
     {GRID, 0, pair_up_to_2},
     0,
     FLOOR,
     2,
     {{", rounded", 0.52, SURVEY_ROUNDINGS(2)}, {" as a pair", PAIR_BOUND, SURVEY_ROUNDINGS(2)}},
     strict_negative_log_pair,
     screen_negative_log,
     exact_negative_log},
    {"-log(x + y) near 1",
     {GRID, 0, pair_near_1},
     0,
     FLOOR,
     2,
     {{", rounded", 0.52, SURVEY_ROUNDINGS(2)}, {" as a pair", PAIR_BOUND, SURVEY_ROUNDINGS(2)}},
     strict_negative_log_pair,
     screen_negative_log,
     exact_negative_log},
    {"log(x + y), of at least 1",
     {GRID, 0, pair_from_1},
     0,
     FLOOR,
     1,
     {{"", 1.6, SURVEY_ROUNDINGS(2)}},
     strict_log_pair,
     screen_log_pair,
     exact_log_pair},
    {"softplus(x), rounded",
     {TO_NAN, TO_NAN, NULL},
     0,
     FLOOR,
     1,
     {{"", 0.6, SURVEY_ROUNDINGS(5)}},
     strict_softplus_rounded,
     screen_softplus,
     exact_softplus},
    {"softplus(x) as a pair",
     {TO_174, TO_69, NULL},
     0,
     FLOOR,
     1,
     {{"", PAIR_BOUND, SURVEY_ROUNDINGS(5)}},
     strict_softplus_pair,
     screen_softplus,
     exact_softplus},
    {"sigmoid",
     {TO_NAN, TO_NAN, NULL},
     0,
     FLOOR,
     3,
     {{"(|x|)", 1.3, SURVEY_ROUNDINGS(4)}, {"(-|x|)", 1.8, SURVEY_ROUNDINGS(4)}, {", log(1 + exp(-|x|))", 1.8, SURVEY_ROUNDINGS(4)}},
     strict_sigmoid,
     screen_sigmoid,
     exact_sigmoid},
    POWER("0.001", 0.001F, 8),
    POWER("0.25", 0.25F, 8),
    POWER("0.5", 0.5F, 8),
    POWER("1.5", 1.5F, 8),
    POWER("3", 3, 8),
    POWER("5", 5, 8),
    POWER("10", 10, 8),
    POWER("64", 64, 8),
    POWER("1000", 1000, 8),
    POWER("1e6", 1e6F, 8),
    POWER("1e10", 1e10F, 8),
    {"power, any gamma",
     {GRID, 0, power_point},
     0,
     0x1p-190,
     1,
     {{"", 8, POWER_ERROR}},
     strict_power,
     screen_power,
     exact_power},
    {NULL, {0, 0, NULL}, 0, 0, 0, {{NULL, 0, 0}}, NULL, NULL, NULL},
};
