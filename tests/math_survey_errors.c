/* Errors in ulps of f32, by the screen and by MPFR. */
#include "math_survey.h"
#include "math_survey_screen.h"

#include <float.h>

/*
 * The strict arithmetic knows no subnormal numbers, and exp(-x) ends at a round number for x, a little above 2^-126:
 * what is below this many floors may be anything from 0 to it.
 */
static const double floors_that_may_be_0 = 1 + 0x1p-14;

/* One ulp of f32 at a magnitude. Just above a power of 2 it is that below: a screen must not be fooled by its rounding.
 */
static inline double ulp_at(double magnitude, double caution) {
    return survey_double(survey_bits(magnitude * (1 - caution)) & 0x7ff0000000000000U) * 0x1p-23;
}

/*
 * What flushing takes off a result and no rounding is to blame for: of sums every term and every factor may be gone,
 * and what it is multiplied with is at most gamma softplus, or softplus.
 */
static inline double flushed_away(const survey_subject *subject, bool is_sum, double gamma) {
    return is_sum ? subject->floor * (92 * (gamma > 1 ? gamma : 1)) : 0;
}

/* off is got - want, size what the ulps are of. */
static inline double error_of(double size, double off, double flushed, double floor, double caution) {
    const double limit = floor * floors_that_may_be_0;
    const double counted = fabs(off) - flushed;
    const double error = counted <= 0 ? 0 : counted / ulp_at(fabs(size), caution);
    const double of_normal = error >= 0 ? error : (double)INFINITY;
    return fabs(size) <= limit ? (counted <= limit ? 0 : (double)INFINITY) : of_normal;
}

/* An infinity is right where it is the truth. */
static inline double difference_of(double got, double want) {
    return got == want ? 0 : got - want;
}

/* NaN in, NaN out; tests/test_math.c and tests/test_loss.c have the infinities. */
static inline double error_at(double x, double got, double error) {
    const double of_nan = got != got ? 0 : (double)INFINITY;
    const double of_infinity = fabs(x) > (double)FLT_MAX ? 0 : error;
    return x != x ? of_nan : of_infinity;
}

void survey_screened_errors(const survey_subject *subject, size_t output, const survey_batch *batch,
                            const survey_values *got, const survey_values *want, double *restrict errors) {
    const double *restrict value = got->value[output];
    const double *restrict truth = want->value[output];
    const double *restrict size = subject->outputs[output].is_sum ? want->size[output] : truth;
    const bool is_sum = subject->outputs[output].is_sum;
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        const double flushed = flushed_away(subject, is_sum, (double)batch->y[i]);
        const double error = error_of(size[i], difference_of(value[i], truth[i]), flushed, subject->floor, 0x1p-48);
        errors[i] = error_at((double)batch->x[i], value[i], error);
    }
}

/* ---- MPFR ---- */

enum { NUMBERS = 2 * SURVEY_OUTPUTS + SURVEY_SCRATCH };

static mpfr_ptr number_of(survey_truth *truth, size_t index) {
    if (index < SURVEY_OUTPUTS)
        return truth->value[index];
    if (index < 2 * SURVEY_OUTPUTS)
        return truth->size[index - SURVEY_OUTPUTS];
    return truth->scratch[index - 2 * SURVEY_OUTPUTS];
}

void survey_truth_init(survey_truth *truth) {
    for (size_t i = 0; i < NUMBERS; i++)
        mpfr_init2(number_of(truth, i), SURVEY_BITS);
}

void survey_truth_clear(survey_truth *truth) {
    for (size_t i = 0; i < NUMBERS; i++)
        mpfr_clear(number_of(truth, i));
}

/* value - the truth. */
static double off_by(survey_truth *truth, size_t output, double value) {
    if (value == mpfr_get_d(truth->value[output], MPFR_RNDN) && isinf(value))
        return 0;
    mpfr_d_sub(truth->scratch[0], value, truth->value[output], MPFR_RNDN);
    return mpfr_get_d(truth->scratch[0], MPFR_RNDN);
}

/* What the ulps are of. */
static double size_of(const survey_subject *subject, size_t output, const survey_truth *truth) {
    return mpfr_get_d(subject->outputs[output].is_sum ? truth->size[output] : truth->value[output], MPFR_RNDZ);
}

static void fill(survey_batch *batch, survey_point point) {
    for (size_t i = 0; i < SURVEY_BATCH; i++) {
        batch->x[i] = point.x;
        batch->y[i] = point.y;
    }
}

double survey_exact_error(const survey_subject *subject, size_t output, survey_point point, survey_truth *truth) {
    survey_batch batch;
    survey_values got;
    fill(&batch, point);
    subject->strict(&batch, &got);
    const double value = got.value[output][0];
    if (!isfinite(point.x))
        return error_at((double)point.x, value, INFINITY);
    subject->exact(point, truth);
    const double flushed = flushed_away(subject, subject->outputs[output].is_sum, (double)point.y);
    return error_of(size_of(subject, output, truth), off_by(truth, output, value), flushed, subject->floor, 0);
}

double survey_screen_error(const survey_subject *subject, size_t output, survey_point point, survey_truth *truth) {
    survey_batch batch;
    survey_values screened;
    if (!isfinite(point.x))
        return 0;
    fill(&batch, point);
    subject->screen(&batch, &screened);
    subject->exact(point, truth);
    const double size = size_of(subject, output, truth);
    if (fabs(size) <= subject->floor)
        return 0;
    return error_of(size, off_by(truth, output, screened.value[output][0]), 0, subject->floor, 0);
}
