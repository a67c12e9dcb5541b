/*
 * The functions of cl/math.clh. Their screens, in roundings u: exp and log 4, log1p 5 (math_survey_screen.h). exp(-|x|)
 * enters the others: log1p(e) passes its error on at most as it is, and so do e / (1 + e) and 1 / (1 + e).
 */
#include "../cl/math.clh"
#include "math_survey.h"
#include "math_survey_screen.h"

/* Loops become vectors only if everything in them is inlined. */
#define FLAT static __attribute__((flatten))

static inline double rounded(focl_pair pair) {
    return (double)(pair.hi + pair.lo);
}

static inline double whole(focl_pair pair) {
    return (double)pair.hi + (double)pair.lo;
}

/* ---- exp ---- */

FLAT void strict_exp(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++)
        of->value[0][i] = (double)focl_exp_negative(at->x[i]);
}

FLAT void screen_exp(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++)
        of->value[0][i] = survey_exp(-(double)at->x[i]);
}

static void exact_exp(survey_point at, survey_truth *truth) {
    mpfr_set_flt(truth->value[0], -at.x, MPFR_RNDN);
    mpfr_exp(truth->value[0], truth->value[0], MPFR_RNDN);
}

FLAT void strict_exp_pair(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++)
        of->value[0][i] = whole(focl_exp_negative_pair(at->x[i]));
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

FLAT void strict_exp_difference(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++)
        of->value[0][i] = (double)focl_exp_difference(at->x[i], at->y[i]);
}

FLAT void screen_exp_difference(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++)
        of->value[0][i] = survey_exp((double)at->x[i] - (double)at->y[i]);
}

static void exact_exp_difference(survey_point at, survey_truth *truth) {
    mpfr_set_flt(truth->value[0], at.x, MPFR_RNDN);
    mpfr_set_flt(truth->scratch[1], at.y, MPFR_RNDN);
    mpfr_sub(truth->value[0], truth->value[0], truth->scratch[1], MPFR_RNDN);
    mpfr_exp(truth->value[0], truth->value[0], MPFR_RNDN);
}

/* ---- Logarithms ---- */

FLAT void strict_log1p(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++)
        of->value[0][i] = (double)focl_log1p_unit(at->x[i]);
}

FLAT void screen_log1p(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++)
        of->value[0][i] = survey_log1p((double)at->x[i]);
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

/* Within 2^-7 of 1, where a logarithm has to come from the lower part too. */
static survey_point pair_near_1(uint64_t index) {
    const uint64_t random = survey_scramble(index);
    const float hi = focl_as_real(FOCL_ONE_BITS - 0x10000 + (mask)(random >> 32 & 0x1ffff));
    return (survey_point){hi, lower_part(hi, random)};
}

/* To the end of the exponents, and near 1. */
static survey_point pair_from_1(uint64_t index) {
    const uint64_t random = survey_scramble(index);
    const uint64_t range = index & 1 ? 0x10000 : 0x3f000000;
    const float hi = focl_as_real(FOCL_ONE_BITS + (mask)((random >> 32) % range));
    const float lo = lower_part(hi, random);
    return (survey_point){hi, hi > 1.0F ? lo : fabsf(lo)};
}

FLAT void strict_negative_log_pair(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        const focl_pair log = focl_negative_log_pair((focl_pair){at->x[i], at->y[i]});
        of->value[0][i] = rounded(log);
        of->value[1][i] = whole(log);
    }
}

/* Of what is below the normal numbers: infinity. */
FLAT void screen_negative_log(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        const double x = (double)at->x[i] <= 0x1p-126 ? 0 : (double)at->x[i] + (double)at->y[i];
        of->value[0][i] = of->value[1][i] = -survey_log(x);
    }
}

static void set_sum(mpfr_t sum, survey_point at, survey_truth *truth) {
    mpfr_set_flt(sum, at.x, MPFR_RNDN);
    mpfr_set_flt(truth->scratch[1], at.y, MPFR_RNDN);
    mpfr_add(sum, sum, truth->scratch[1], MPFR_RNDN);
}

static void exact_negative_log(survey_point at, survey_truth *truth) {
    set_sum(truth->value[0], at, truth);
    if (at.x <= 0x1p-126F)
        mpfr_set_ui(truth->value[0], 0, MPFR_RNDN);
    mpfr_log(truth->value[0], truth->value[0], MPFR_RNDN);
    mpfr_neg(truth->value[0], truth->value[0], MPFR_RNDN);
    mpfr_set(truth->value[1], truth->value[0], MPFR_RNDN);
}

FLAT void strict_log_pair(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++)
        of->value[0][i] = (double)focl_log_pair((focl_pair){at->x[i], at->y[i]});
}

FLAT void screen_log_pair(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++)
        of->value[0][i] = survey_log((double)at->x[i] + (double)at->y[i]);
}

static void exact_log_pair(survey_point at, survey_truth *truth) {
    set_sum(truth->value[0], at, truth);
    mpfr_log(truth->value[0], truth->value[0], MPFR_RNDN);
}

/* ---- softplus and sigmoid ---- */

FLAT void strict_softplus_rounded(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++)
        of->value[0][i] = rounded(focl_softplus_pair(at->x[i]));
}

FLAT void strict_softplus_pair(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        const focl_pair softplus = focl_softplus_pair(at->x[i]);
        of->value[0][i] = rounded(softplus);
        of->value[1][i] = whole(softplus);
    }
}

FLAT void screen_softplus(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        const double x = (double)at->x[i];
        of->value[0][i] = (x > 0 ? x : 0) + survey_log1p(survey_exp(-fabs(x)));
    }
}

FLAT void screen_softplus_twice(const survey_batch *restrict at, survey_values *restrict of) {
    screen_softplus(at, of);
    for (size_t i = 0; i < SURVEY_BATCH; i++)
        of->value[1][i] = of->value[0][i];
}

static void exact_softplus(survey_point at, survey_truth *truth) {
    mpfr_set_flt(truth->value[0], -fabsf(at.x), MPFR_RNDN);
    mpfr_exp(truth->value[0], truth->value[0], MPFR_RNDN);
    mpfr_log1p(truth->value[0], truth->value[0], MPFR_RNDN);
    mpfr_set_flt(truth->scratch[1], at.x > 0 ? at.x : 0.0F, MPFR_RNDN);
    mpfr_add(truth->value[0], truth->value[0], truth->scratch[1], MPFR_RNDN);
    mpfr_set(truth->value[1], truth->value[0], MPFR_RNDN);
}

FLAT void strict_sigmoid(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        const focl_sigmoid_parts parts = focl_sigmoid(at->x[i]);
        of->value[0][i] = (double)parts.larger;
        of->value[1][i] = (double)parts.smaller;
        of->value[2][i] = (double)parts.log1p_exp;
    }
}

FLAT void screen_sigmoid(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        const double e = survey_exp(-fabs((double)at->x[i]));
        of->value[0][i] = 1 / (1 + e);
        of->value[1][i] = e / (1 + e);
        of->value[2][i] = survey_log1p(e);
    }
}

static void exact_sigmoid(survey_point at, survey_truth *truth) {
    mpfr_set_flt(truth->scratch[1], -fabsf(at.x), MPFR_RNDN);
    mpfr_exp(truth->scratch[1], truth->scratch[1], MPFR_RNDN);
    mpfr_add_ui(truth->scratch[2], truth->scratch[1], 1, MPFR_RNDN);
    mpfr_ui_div(truth->value[0], 1, truth->scratch[2], MPFR_RNDN);
    mpfr_div(truth->value[1], truth->scratch[1], truth->scratch[2], MPFR_RNDN);
    mpfr_log1p(truth->value[2], truth->scratch[1], MPFR_RNDN);
}

/* ---- The table ---- */

#define FLOOR      0x1p-126
#define PAIR_BOUND 0.1
#define EXP_ERROR  SURVEY_ROUNDINGS(4)
#define LOG_ERROR  SURVEY_ROUNDINGS(5)
#define SUM_ERROR  SURVEY_ROUNDINGS(88 + 4) /* the rounding of a difference of up to 88 */
#define BOTH_ERROR SURVEY_ROUNDINGS(10)     /* exp, log1p and a sum */
#define GRID       ((uint64_t)1 << 28)

/* Counts of floats from 0 on, by their bits. Pairs end at 2^-100, about exp(-69). */
static const survey_domain all = {"all floats", 0x80000000U, 0x80000000U, NULL};
static const survey_domain from_0 = {"all from 0 on", 0x80000000U, 0, NULL};
static const survey_domain to_1 = {"0 to 1", 0x3f800001U, 0, NULL};
static const survey_domain to_2 = {"0 to 2", 0x40000001U, 0, NULL};
static const survey_domain to_69 = {"0 to 69", 0x428a0001U, 0, NULL};
static const survey_domain about_0 = {"-69 to 174", 0x432e0001U, 0x428a0001U, NULL};
static const survey_domain near_pairs = {"2^28 x <= y", GRID, 0, near_pair};
static const survey_domain pairs_to_2 = {"2^28 pairs to 2", GRID, 0, pair_up_to_2};
static const survey_domain pairs_near_1 = {"2^28 pairs near 1", GRID, 0, pair_near_1};
static const survey_domain pairs_from_1 = {"2^28 pairs from 1 on", GRID, 0, pair_from_1};

/* Name, domain, the outputs (their number first) and the stems of the three functions. */
#define SUBJECT(name, domain, count, outputs, strict, screen, exact) \
    { name, &(domain), 0, FLOOR, count, outputs, strict, screen, exact }
#define OUTPUTS(...) \
    { __VA_ARGS__ }
#define ONE(bound, error)           \
    {                               \
        { "", bound, error, false } \
    }
#define LOGS       OUTPUTS({", rounded", 0.6, LOG_ERROR, false}, {", pair", PAIR_BOUND, LOG_ERROR, false})
#define SOFTPLUSES OUTPUTS({", rounded", 0.6, BOTH_ERROR, false}, {", pair", PAIR_BOUND, BOTH_ERROR, false})
#define SIGMOIDS                                                                       \
    OUTPUTS({"(abs x)", 1.3, BOTH_ERROR, false}, {"(-abs x)", 1.9, BOTH_ERROR, false}, \
            {", log(1 + exp(-abs x))", 2.1, BOTH_ERROR, false})

const survey_subject survey_functions[] = {
    SUBJECT("exp(-x)", from_0, 1, ONE(1, EXP_ERROR), strict_exp, screen_exp, exact_exp),
    SUBJECT("exp(-x), pair", to_69, 1, ONE(PAIR_BOUND, EXP_ERROR), strict_exp_pair, screen_exp, exact_exp),
    SUBJECT("exp(x - y)", near_pairs, 1, ONE(1.2, SUM_ERROR), strict_exp_difference, screen_exp_difference,
            exact_exp_difference),
    SUBJECT("log1p(x)", to_1, 1, ONE(1.4, LOG_ERROR), strict_log1p, screen_log1p, exact_log1p),
    SUBJECT("log(x + y)", pairs_from_1, 1, ONE(1.7, LOG_ERROR), strict_log_pair, screen_log_pair, exact_log_pair),
    SUBJECT("-log x", to_2, 2, LOGS, strict_negative_log_pair, screen_negative_log, exact_negative_log),
    SUBJECT("-log(x + y)", pairs_to_2, 2, LOGS, strict_negative_log_pair, screen_negative_log, exact_negative_log),
    SUBJECT("-log(x + y), x near 1", pairs_near_1, 2, LOGS, strict_negative_log_pair, screen_negative_log,
            exact_negative_log),
    SUBJECT("softplus(x) of any x, rounded", all, 1, ONE(1.2, BOTH_ERROR), strict_softplus_rounded, screen_softplus,
            exact_softplus),
    SUBJECT("softplus(x)", about_0, 2, SOFTPLUSES, strict_softplus_pair, screen_softplus_twice, exact_softplus),
    SUBJECT("sigmoid", all, 3, SIGMOIDS, strict_sigmoid, screen_sigmoid, exact_sigmoid),
    {.name = NULL},
};
