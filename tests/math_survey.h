/*
 * The survey of the strict arithmetic: every float, or a dense walk through pairs of them, through the functions of
 * cl/math.clh and the elements made of them, against MPFR.
 *
 * MPFR at each of 2^32 arguments would take days. So every result is screened with doubles, the arguments with the
 * greatest errors go through MPFR, and what is reported is MPFR's. A screen that is never off by more than d ulp hides
 * at most 2 d: whatever is worst of all has a screened error of at least its own less d, and what is taken instead has
 * one as great, and is itself at least that less d.
 *
 * What the screen is off by, in u = 2^-53, the rounding of a double: relative errors add up along sums of what has one
 * sign and along products, and one of the argument is passed on by the functions here at most as it is. An ulp of f32
 * is at least 2^-24 of the value, so n u are n 2^-29 ulp; SURVEY_ROUNDINGS makes that of n, and each table says how n
 * comes about. It is tested too: against MPFR at random arguments and at those with the greatest errors, and a screen
 * that is worse than its claim fails.
 */
#ifndef FOCL_MATH_SURVEY_H
#define FOCL_MATH_SURVEY_H

#include <mpfr.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SURVEY_ROUNDINGS(n) ((n)*0x1p-29)

enum { SURVEY_OUTPUTS = 3, SURVEY_SCRATCH = 8, SURVEY_BITS = 128, SURVEY_BATCH = 256, SURVEY_NAME = 64 };

/* The arguments. Where a function has one, y is the subject's parameter. */
typedef struct survey_point {
    float x;
    float y;
} survey_point;

/* So many at once that compilers make vectors of them. */
typedef struct survey_batch {
    float x[SURVEY_BATCH];
    float y[SURVEY_BATCH];
} survey_batch;

/* size is that of the largest term of a sum, whose ulps count then; only where the output says so. */
typedef struct survey_values {
    double value[SURVEY_OUTPUTS][SURVEY_BATCH];
    double size[SURVEY_OUTPUTS][SURVEY_BATCH];
} survey_values;

/* The same in MPFR at one point, and what they are calculated with. */
typedef struct survey_truth {
    mpfr_t value[SURVEY_OUTPUTS];
    mpfr_t size[SURVEY_OUTPUTS];
    mpfr_t scratch[SURVEY_SCRATCH];
} survey_truth;

/* Which points: floats x by their bits, so many of either sign from 0 on; or those of a generator. */
typedef struct survey_domain {
    const char *words;
    uint64_t positive;
    uint64_t negative;
    survey_point (*generate)(uint64_t index);
} survey_domain;

/* One result, its documented bound in ulps, and what the screen of it may be off by, in ulps. */
typedef struct survey_output {
    const char *name;
    double bound;
    double screen_error;
    bool is_sum;
} survey_output;

typedef void survey_function(const survey_batch *restrict batch, survey_values *restrict values);

/* Several results of one argument, which cost little more than one. */
typedef struct survey_subject {
    const char *name;
    const survey_domain *domain;
    float y;
    double floor; /* what is not above this may be 0 */
    size_t output_count;
    survey_output outputs[SURVEY_OUTPUTS];
    survey_function *strict;
    survey_function *screen;
    void (*exact)(survey_point point, survey_truth *truth);
} survey_subject;

/* So many points of a subject, every stride-th from the first. */
typedef struct survey_span {
    uint64_t first;
    uint64_t count;
    uint64_t stride;
} survey_span;

typedef struct survey_spans {
    survey_span *spans;
    size_t count;
    size_t room;
} survey_spans;

/* What was found of one output. */
typedef struct survey_finding {
    double worst; /* in ulps, by MPFR */
    survey_point at;
    double screen_off; /* the most that the screen was off by, in ulps */
} survey_finding;

typedef struct survey_result {
    survey_finding findings[SURVEY_OUTPUTS];
    uint64_t points;
} survey_result;

/* A line of the documented table. */
typedef struct survey_record {
    char name[SURVEY_NAME];
    double bound;
    double worst;
    survey_point at;
} survey_record;

typedef struct survey_records {
    survey_record *records;
    size_t count;
} survey_records;

/* How subjects are gone through. */
typedef struct survey_plan {
    bool is_quick;   /* every so many-th point, and the neighbourhoods of what is special or on record */
    uint64_t checks; /* random points at which the screen is compared with MPFR */
    uint64_t seed;
    unsigned threads;
} survey_plan;

/* ---- tests/math_survey_points.c ---- */

uint64_t survey_count(const survey_subject *subject);
survey_point survey_point_at(const survey_subject *subject, uint64_t index);

/* 64 bits that look random, of any number. */
uint64_t survey_scramble(uint64_t number);

/* What a plan goes through. False if there is no memory; to be freed either way. */
bool survey_plan_spans(const survey_subject *subject, bool is_quick, const survey_records *records,
                       survey_spans *spans);

/* ---- tests/math_survey_errors.c ---- */

void survey_truth_init(survey_truth *truth);
void survey_truth_clear(survey_truth *truth);

/* Errors of a batch's results in ulps, by the screen. */
void survey_screened_errors(const survey_subject *subject, size_t output, const survey_batch *batch,
                            const survey_values *got, const survey_values *want, double *errors);

/* The same of one point, by MPFR; and how far the screen is off there. */
double survey_exact_error(const survey_subject *subject, size_t output, survey_point point, survey_truth *truth);
double survey_screen_error(const survey_subject *subject, size_t output, survey_point point, survey_truth *truth);

/* ---- tests/math_survey_sweep.c ---- */

/* False if there is no memory or no thread. */
bool survey_sweep(const survey_subject *subject, const survey_plan *plan, const survey_spans *spans,
                  survey_result *result);

/* ---- tests/math_survey_records.c ---- */

/* The full name of an output. */
void survey_name(const survey_subject *subject, size_t output, char name[SURVEY_NAME]);

/* The lines of a Markdown table that look like records; false, with a word on stderr, if the file cannot be read. */
bool survey_read_records(const char *path, survey_records *records);
const survey_record *survey_find_record(const survey_records *records, const char *name);

/* Whether the record is what the output's bound and MPFR say, and nothing worse has been found. */
bool survey_record_holds(const survey_subject *subject, size_t output, const survey_records *records,
                         const survey_finding *finding);

/* The heading of a table, and a line. */
void survey_write_heading(FILE *file);
void survey_write_record(FILE *file, const survey_subject *subject, size_t output, const survey_finding *finding);

/* ---- The subjects; all end with one without a name ---- */

extern const survey_subject survey_functions[]; /* tests/math_survey_functions.c */
extern const survey_subject survey_powers[];    /* tests/math_survey_powers.c */
extern const survey_subject survey_elements[];  /* tests/math_survey_elements.c */

#endif
