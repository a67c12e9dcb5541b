/* Going through a subject: threads take chunks of its points, keep the worst of each binade, and give them to MPFR. */
#include "math_survey.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BINADES = 512, KEPT = 4, CHUNK = 1 << 16, TEMPORARIES = SURVEY_OUTPUTS + SURVEY_SCRATCH };

/*
 * The strict arithmetic knows no subnormal numbers, and exp(-x) ends at a round number for x, a little above 2^-126:
 * what is below this many floors may be anything from 0 to it. How far zeros really reach is reported.
 */
static const double floors_that_may_be_0 = 1 + 0x1p-14;

/* ---- Points ---- */

uint64_t survey_scramble(uint64_t number) {
    number += 0x9e3779b97f4a7c15U;
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9U;
    number = (number ^ number >> 27) * 0x94d049bb133111ebU;
    return number ^ number >> 31;
}

uint64_t survey_count(const survey_subject *subject) {
    return subject->domain.positive + subject->domain.negative;
}

survey_point survey_point_at(const survey_subject *subject, uint64_t index) {
    const survey_domain *domain = &subject->domain;
    if (domain->generate)
        return domain->generate(index);
    const bool is_negative = index >= domain->positive;
    const uint32_t bits = (uint32_t)(is_negative ? index - domain->positive + 0x80000000U : index);
    survey_point point = {.y = subject->y};
    memcpy(&point.x, &bits, sizeof bits);
    return point;
}

static size_t binade_of(survey_point point) {
    uint32_t bits = 0;
    memcpy(&bits, &point.x, sizeof bits);
    return bits >> 23;
}

/* ---- Errors ---- */

/* One ulp of f32 at a magnitude that is not 0. */
static double ulp_at(double magnitude) {
    uint64_t bits = 0;
    memcpy(&bits, &magnitude, sizeof bits);
    bits &= 0x7ff0000000000000U;
    memcpy(&magnitude, &bits, sizeof bits);
    return magnitude * 0x1p-23;
}

/* In ulps of f32; off is got - want. */
static double error_of(double got, double want, double off, double floor) {
    const double limit = floor * floors_that_may_be_0;
    const double magnitude = fabs(want);
    if (magnitude <= limit)
        return fabs(got) <= limit ? 0 : INFINITY;
    const double error = fabs(off) / ulp_at(magnitude);
    return error >= 0 ? error : (double)INFINITY;
}

/* ---- What a thread does ---- */

typedef struct candidate {
    double error;
    survey_point point;
} candidate;

/* The worst first; those never filled have an error below 0. */
typedef struct worst_list {
    candidate kept[KEPT];
} worst_list;

typedef struct sweep {
    const survey_subject *subject;
    const survey_plan *plan;
    pthread_mutex_t lock;
    uint64_t next; /* point, of those that the stride leaves */
    uint64_t next_check;
} sweep;

typedef struct worker {
    pthread_t thread;
    sweep *shared;
    worst_list *lists; /* outputs x binades */
    survey_truth truth;
    survey_result result;
} worker;

static uint64_t chosen_count(const sweep *shared) {
    return (survey_count(shared->subject) + shared->plan->stride - 1) / shared->plan->stride;
}

/* The start of a thread's next share of so many, and how much it is. */
static uint64_t take(sweep *shared, uint64_t *next, uint64_t count, uint64_t share, uint64_t *taken) {
    pthread_mutex_lock(&shared->lock);
    const uint64_t start = *next;
    *taken = count - start < share ? count - start : share;
    *next += *taken;
    pthread_mutex_unlock(&shared->lock);
    return start;
}

static void keep(worst_list *list, double error, survey_point point) {
    size_t place = KEPT - 1;
    if (error <= list->kept[place].error)
        return;
    for (; place > 0 && list->kept[place - 1].error < error; place--)
        list->kept[place] = list->kept[place - 1];
    list->kept[place] = (candidate){error, point};
}

static void note_zero(survey_finding *finding, double got, double want, double floor) {
    const double magnitude = fabs(want) / floor;
    if (fabs(got) <= 0 && magnitude > finding->zeros && magnitude <= floors_that_may_be_0)
        finding->zeros = magnitude;
}

static void screen_point(worker *self, survey_point point) {
    const survey_subject *subject = self->shared->subject;
    double got[SURVEY_OUTPUTS];
    double want[SURVEY_OUTPUTS];
    if (isinf(point.x)) /* tests/test_math.c and tests/test_loss.c have them */
        return;
    subject->strict(point, got);
    subject->screen(point, want);
    for (size_t i = 0; i < subject->output_count; i++) {
        const double nan_error = isnan(got[i]) ? 0 : INFINITY;
        const double error =
            isnan(point.x) ? nan_error : error_of(got[i], want[i], got[i] - want[i], subject->floor);
        keep(&self->lists[i * BINADES + binade_of(point)], error, point);
        note_zero(&self->result.findings[i], got[i], want[i], subject->floor);
    }
    self->result.points++;
}

static void screen_all(worker *self) {
    sweep *shared = self->shared;
    const uint64_t count = chosen_count(shared);
    uint64_t taken = 0;
    for (;;) {
        const uint64_t start = take(shared, &shared->next, count, CHUNK, &taken);
        if (taken == 0)
            return;
        for (uint64_t i = 0; i < taken; i++)
            screen_point(self, survey_point_at(shared->subject, (start + i) * shared->plan->stride));
    }
}

/* value - the truth. */
static double difference(survey_truth *truth, size_t output, double value) {
    mpfr_d_sub(truth->scratch[0], value, truth->value[output], MPFR_RNDN);
    return mpfr_get_d(truth->scratch[0], MPFR_RNDN);
}

static double exact_error(worker *self, size_t output, survey_point point) {
    const survey_subject *subject = self->shared->subject;
    double got[SURVEY_OUTPUTS];
    if (isnan(point.x))
        return INFINITY;
    subject->strict(point, got);
    subject->exact(point, &self->truth);
    const double off = difference(&self->truth, output, got[output]);
    return error_of(got[output], mpfr_get_d(self->truth.value[output], MPFR_RNDN), off, subject->floor);
}

static void judge_candidates(worker *self) {
    for (size_t i = 0; i < self->shared->subject->output_count * BINADES * KEPT; i++) {
        const candidate *candidate = &self->lists[i / KEPT].kept[i % KEPT];
        survey_finding *finding = &self->result.findings[i / KEPT / BINADES];
        if (candidate->error <= 0)
            continue;
        const double error = exact_error(self, i / KEPT / BINADES, candidate->point);
        if (error > finding->worst) {
            finding->worst = error;
            finding->at = candidate->point;
        }
    }
}

static void check_screen_at(worker *self, survey_point point) {
    const survey_subject *subject = self->shared->subject;
    double screened[SURVEY_OUTPUTS];
    if (!isfinite(point.x))
        return;
    subject->screen(point, screened);
    subject->exact(point, &self->truth);
    for (size_t i = 0; i < subject->output_count; i++) {
        const double want = mpfr_get_d(self->truth.value[i], MPFR_RNDN);
        survey_finding *finding = &self->result.findings[i];
        if (fabs(want) > subject->floor)
            finding->screen_worst =
                fmax(finding->screen_worst, fabs(difference(&self->truth, i, screened[i])) / ulp_at(fabs(want)));
    }
}

static void check_screen(worker *self) {
    sweep *shared = self->shared;
    uint64_t taken = 0;
    for (;;) {
        const uint64_t start = take(shared, &shared->next_check, shared->plan->checks, 256, &taken);
        if (taken == 0)
            return;
        for (uint64_t i = 0; i < taken; i++) {
            const uint64_t random = survey_scramble(shared->plan->seed + start + i);
            check_screen_at(self, survey_point_at(shared->subject, random % survey_count(shared->subject)));
        }
    }
}

static void *work(void *argument) {
    worker *self = argument;
    screen_all(self);
    judge_candidates(self);
    check_screen(self);
    mpfr_free_cache();
    return NULL;
}

/* ---- Threads ---- */

static mpfr_t *temporary(survey_truth *truth, size_t index) {
    return index < SURVEY_OUTPUTS ? &truth->value[index] : &truth->scratch[index - SURVEY_OUTPUTS];
}

static bool start_worker(worker *self, sweep *shared) {
    const size_t lists = shared->subject->output_count * BINADES;
    self->shared = shared;
    self->lists = malloc(lists * sizeof *self->lists);
    if (!self->lists)
        return false;
    for (size_t i = 0; i < lists * KEPT; i++)
        self->lists[i / KEPT].kept[i % KEPT] = (candidate){.error = -1};
    for (size_t i = 0; i < TEMPORARIES; i++)
        mpfr_init2(*temporary(&self->truth, i), SURVEY_BITS);
    if (pthread_create(&self->thread, NULL, work, self) == 0)
        return true;
    for (size_t i = 0; i < TEMPORARIES; i++)
        mpfr_clear(*temporary(&self->truth, i));
    free(self->lists);
    return false;
}

static void add_findings(survey_result *result, const survey_result *more) {
    result->points += more->points;
    for (size_t i = 0; i < SURVEY_OUTPUTS; i++) {
        survey_finding *finding = &result->findings[i];
        const survey_finding *other = &more->findings[i];
        if (other->worst > finding->worst) {
            finding->worst = other->worst;
            finding->at = other->at;
        }
        finding->zeros = fmax(finding->zeros, other->zeros);
        finding->screen_worst = fmax(finding->screen_worst, other->screen_worst);
    }
}

static void finish_worker(worker *self, survey_result *result) {
    pthread_join(self->thread, NULL);
    add_findings(result, &self->result);
    for (size_t i = 0; i < TEMPORARIES; i++)
        mpfr_clear(*temporary(&self->truth, i));
    free(self->lists);
}

bool survey_sweep(const survey_subject *subject, const survey_plan *plan, survey_result *result) {
    sweep shared = {.subject = subject, .plan = plan};
    worker *workers = calloc(plan->threads, sizeof *workers);
    unsigned started = 0;
    *result = (survey_result){.points = 0};
    if (!workers || pthread_mutex_init(&shared.lock, NULL) != 0) {
        free(workers);
        return false;
    }
    while (started < plan->threads && start_worker(&workers[started], &shared))
        started++;
    for (unsigned i = 0; i < started; i++)
        finish_worker(&workers[i], result);
    pthread_mutex_destroy(&shared.lock);
    free(workers);
    return started > 0;
}
