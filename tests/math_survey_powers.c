/*
 * Powers sigmoid(-x)^gamma = exp(-gamma softplus(x)), of x and of y = gamma. Their screens in roundings u: softplus 10
 * and its product with gamma 1, which count as often as the exponent is large, up to 132; exp 4.
 */
#include "../cl/math.clh"
#include "math_survey.h"
#include "math_survey_screen.h"

/* Loops become vectors only if everything in them is inlined. */
#define FLAT static __attribute__((flatten))

FLAT void strict_power(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        const focl_scaled power = focl_power(at->y[i], focl_softplus_pair(at->x[i]));
        of->value[0][i] = (double)power.value * (double)power.unscale;
    }
}

FLAT void screen_power(const survey_batch *restrict at, survey_values *restrict of) {
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        const double x = (double)at->x[i];
        const double softplus = (x > 0 ? x : 0) + survey_log1p(survey_exp(-fabs(x)));
        of->value[0][i] = survey_exp(-(double)at->y[i] * softplus);
    }
}

static void exact_power(survey_point at, survey_truth *truth) {
    mpfr_set_flt(truth->value[0], -fabsf(at.x), MPFR_RNDN);
    mpfr_exp(truth->value[0], truth->value[0], MPFR_RNDN);
    mpfr_log1p(truth->value[0], truth->value[0], MPFR_RNDN);
    mpfr_set_flt(truth->scratch[1], at.x > 0 ? at.x : 0.0F, MPFR_RNDN);
    mpfr_add(truth->value[0], truth->value[0], truth->scratch[1], MPFR_RNDN);
    mpfr_set_flt(truth->scratch[1], -at.y, MPFR_RNDN);
    mpfr_mul(truth->value[0], truth->value[0], truth->scratch[1], MPFR_RNDN);
    mpfr_exp(truth->value[0], truth->value[0], MPFR_RNDN);
}

/* ---- Pairs of logit and gamma ---- */

static double uniform(uint64_t *state, double from, double to) {
    *state = survey_scramble(*state);
    return from + (double)(*state >> 11) * 0x1p-53 * (to - from);
}

/* The logit whose softplus that is. */
static survey_point point_of(double softplus, double gamma) {
    const double x = softplus > 40 ? softplus : log(expm1(softplus));
    return (survey_point){(float)x, (float)gamma};
}

/* Exponents gamma softplus(x) from 2^-12 to 131, which is where a power ends, of gamma from 2^-12 to 2^34. */
static survey_point anywhere(uint64_t state) {
    const double gamma = exp2(uniform(&state, -12, 34));
    return point_of(exp2(uniform(&state, -12, 7.034)) / gamma, gamma);
}

/* Exponents where the remainder jumps, the scale comes in, or 0 begins. */
static survey_point at_a_jump(uint64_t state) {
    const double half_ln2 = 0.34657359027997264;
    const double gamma = exp2(uniform(&state, -6, 20));
    const double jump = half_ln2 * floor(uniform(&state, 1, 379));
    const double ends[] = {jump, 44.3614196, 87.3365, 131.6979};
    const size_t which = (size_t)uniform(&state, 0, 4);
    return point_of(ends[which] * (1 + uniform(&state, -0x1p-20, 0x1p-20)) / gamma, gamma);
}

/* Logits where softplus goes over from one formula to another. */
static survey_point at_a_seam(uint64_t state) {
    static const double seams[] = {8.31776617, -8.31776617, 0.881373587, -0.881373587,
                                   0,          0.34657359,  -0.34657359, 1.03972};
    const size_t which = (size_t)uniform(&state, 0, 8);
    const double gamma = exp2(uniform(&state, -4, 8));
    return (survey_point){(float)(seams[which] + uniform(&state, -0x1p-10, 0x1p-10)), (float)gamma};
}

/* gamma as people choose it, and next to that: 1/4, 1/2 ... 8. */
static survey_point of_a_round_gamma(uint64_t state) {
    const float gamma = (float)floor(uniform(&state, 1, 33)) / 4;
    const double side = uniform(&state, 0, 3);
    const float next = nextafterf(gamma, side < 1 ? 0.0F : 1e3F);
    return (survey_point){(float)uniform(&state, -20, 132 / (double)gamma), side < 2 ? next : gamma};
}

static survey_point power_point(uint64_t index) {
    static survey_point (*const kinds[])(uint64_t) = {anywhere, at_a_jump, at_a_seam, of_a_round_gamma};
    return kinds[index & 3](survey_scramble(index));
}

/* ---- The table ---- */

#define POWER_ERROR SURVEY_ROUNDINGS(11 * 132 + 4)

static const survey_domain all = {"all floats", 0x80000000U, 0x80000000U, NULL};
static const survey_domain grid = {"2^28 x, gamma", (uint64_t)1 << 28, 0, power_point};

/* Powers end at 2^-190: what they are multiplied with may be large. */
#define POWER(name, domain, gamma, bound)                                                                             \
    {                                                                                                                 \
        "power, " name, &(domain), gamma, 0x1p-190, 1, {{"", bound, POWER_ERROR, false}}, strict_power, screen_power, \
            exact_power                                                                                               \
    }

const survey_subject survey_powers[] = {
    POWER("gamma 0.001", all, 0.001F, 4),
    POWER("gamma 0.25", all, 0.25F, 4),
    POWER("gamma 0.5", all, 0.5F, 4),
    POWER("gamma 1.5", all, 1.5F, 4),
    POWER("gamma 3", all, 3, 4),
    POWER("gamma 5", all, 5, 4),
    POWER("gamma 10", all, 10, 4),
    POWER("gamma 64", all, 64, 5),
    POWER("gamma 1000", all, 1000, 8),
    POWER("gamma 1e6", all, 1e6F, 8),
    POWER("gamma 1e10", all, 1e10F, 12),
    POWER("any gamma", grid, 0, 16),
    {.name = NULL},
};
