/* Going through a subject: threads take spans of its points and keep the worst, and these are given to MPFR. */
#include "math_survey.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

enum { KEPT = 8 };

typedef struct candidate {
    double error;
    survey_point point;
} candidate;

/* The worst first; those never filled have an error of 0. */
typedef struct worst_list {
    candidate kept[KEPT];
} worst_list;

typedef struct sweep {
    const survey_subject *subject;
    const survey_plan *plan;
    const survey_spans *spans;
    pthread_mutex_t lock;
    size_t next_span;
    uint64_t next_check;
} sweep;

typedef struct worker {
    pthread_t thread;
    sweep *shared;
    survey_batch batch;
    survey_values got;
    survey_values want;
    double errors[SURVEY_BATCH];
    worst_list lists[SURVEY_OUTPUTS];
    survey_truth truth;
    survey_result result;
} worker;

/* ---- Screening ---- */

static void keep(worst_list *list, double error, survey_point point) {
    size_t place = KEPT - 1;
    if (error <= list->kept[place].error)
        return;
    for (; place > 0 && list->kept[place - 1].error < error; place--)
        list->kept[place] = list->kept[place - 1];
    list->kept[place] = (candidate){error, point};
}

/* How many are above the limit: what compilers can count in vectors. */
static unsigned count_above(const double *errors, double limit) {
    unsigned count = 0;
    for (size_t i = 0; i < SURVEY_BATCH; i++)
        count += errors[i] > limit;
    return count;
}

static void keep_worst(worker *self, size_t output) {
    worst_list *list = &self->lists[output];
    if (count_above(self->errors, list->kept[KEPT - 1].error) == 0)
        return;
    for (size_t i = 0; i < SURVEY_BATCH; i++)
        keep(list, self->errors[i], (survey_point){self->batch.x[i], self->batch.y[i]});
}

/* Of a last batch that is not full the rest repeats the last point. */
static void screen_batch(worker *self, const survey_span *span, uint64_t done) {
    const survey_subject *subject = self->shared->subject;
    for (uint64_t i = 0; i < SURVEY_BATCH; i++) {
        const uint64_t place = done + i < span->count ? done + i : span->count - 1;
        const survey_point point = survey_point_at(subject, span->first + place * span->stride);
        self->batch.x[i] = point.x;
        self->batch.y[i] = point.y;
    }
    subject->strict(&self->batch, &self->got);
    subject->screen(&self->batch, &self->want);
    for (size_t i = 0; i < subject->output_count; i++) {
        survey_screened_errors(subject, i, &self->batch, &self->got, &self->want, self->errors);
        keep_worst(self, i);
    }
}

static void screen_all(worker *self) {
    sweep *shared = self->shared;
    for (;;) {
        pthread_mutex_lock(&shared->lock);
        const size_t taken = shared->next_span++;
        pthread_mutex_unlock(&shared->lock);
        if (taken >= shared->spans->count)
            return;
        const survey_span *span = &shared->spans->spans[taken];
        for (uint64_t done = 0; done < span->count; done += SURVEY_BATCH)
            screen_batch(self, span, done);
        self->result.points += span->count;
    }
}

/* ---- Judging ---- */

static void check_screen_at(worker *self, survey_point point) {
    const survey_subject *subject = self->shared->subject;
    for (size_t i = 0; i < subject->output_count; i++) {
        survey_finding *finding = &self->result.findings[i];
        finding->screen_off = fmax(finding->screen_off, survey_screen_error(subject, i, point, &self->truth));
    }
}

static void judge_candidates(worker *self) {
    const survey_subject *subject = self->shared->subject;
    for (size_t i = 0; i < subject->output_count * KEPT; i++) {
        const candidate *kept = &self->lists[i / KEPT].kept[i % KEPT];
        survey_finding *finding = &self->result.findings[i / KEPT];
        if (kept->error <= 0)
            continue;
        const double error = survey_exact_error(subject, i / KEPT, kept->point, &self->truth);
        check_screen_at(self, kept->point);
        if (error > finding->worst) {
            finding->worst = error;
            finding->at = kept->point;
        }
    }
}

static void check_screen(worker *self) {
    sweep *shared = self->shared;
    for (;;) {
        pthread_mutex_lock(&shared->lock);
        const uint64_t taken = shared->next_check++;
        pthread_mutex_unlock(&shared->lock);
        if (taken >= shared->plan->checks)
            return;
        const uint64_t random = survey_scramble(shared->plan->seed + taken);
        check_screen_at(self, survey_point_at(shared->subject, random % survey_count(shared->subject)));
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

static bool start_worker(worker *self, sweep *shared) {
    self->shared = shared;
    survey_truth_init(&self->truth);
    if (pthread_create(&self->thread, NULL, work, self) == 0)
        return true;
    survey_truth_clear(&self->truth);
    return false;
}

static void finish_worker(worker *self, survey_result *result) {
    pthread_join(self->thread, NULL);
    survey_truth_clear(&self->truth);
    result->points += self->result.points;
    for (size_t i = 0; i < SURVEY_OUTPUTS; i++) {
        survey_finding *finding = &result->findings[i];
        const survey_finding *other = &self->result.findings[i];
        if (other->worst > finding->worst) {
            finding->worst = other->worst;
            finding->at = other->at;
        }
        finding->screen_off = fmax(finding->screen_off, other->screen_off);
    }
}

bool survey_sweep(const survey_subject *subject, const survey_plan *plan, const survey_spans *spans,
                  survey_result *result) {
    sweep shared = {.subject = subject, .plan = plan, .spans = spans};
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
