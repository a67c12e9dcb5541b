/*
 * The survey of the strict arithmetic: every float, or a dense walk through pairs of them, through the functions of
 * cl/math.clh and the elements made of them, against MPFR.
 *
 * MPFR at each of 2^32 arguments would take days. So every result is screened with doubles, the arguments with the
 * greatest errors of each binade go through MPFR, and what is reported is MPFR's. A screen that is never off by more
 * than d ulp hides at most 2 d: whatever is worst of all has a screened error of at least its own less d, and what is
 * taken instead has one as great, and is itself at least that less d.
 *
 * What the screen is off by, in u = 2^-53, the rounding of a double: relative errors add up along sums of what has one
 * sign and along products, and one of the argument is passed on by the functions here at most as it is. The C library
 * promises 1 ulp, 2 u, of exp, log and log1p (glibc manual, "Known Maximum Errors in Math Functions"). An ulp of f32 is
 * at least 2^-24 of the value, so n u are n 2^-29 ulp; SURVEY_ROUNDINGS makes that of n, and each table says how n
 * comes about. It is tested too: against MPFR at random arguments, and a screen that is worse than its claim fails.
 */
#ifndef FOCL_MATH_SURVEY_H
#define FOCL_MATH_SURVEY_H

#include <mpfr.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SURVEY_ROUNDINGS(n) ((n)*0x1p-29)

enum { SURVEY_OUTPUTS = 3, SURVEY_SCRATCH = 8, SURVEY_BITS = 128 };

/* The arguments. Where a function has one, y is the subject's parameter. */
typedef struct survey_point {
    float x;
    float y;
} survey_point;

/* MPFR's values of one point, and what they are calculated with; by one thread. */
typedef struct survey_truth {
    mpfr_t value[SURVEY_OUTPUTS];
    mpfr_t scratch[SURVEY_SCRATCH];
} survey_truth;

/* Which points: floats x by their bits, so many of either sign from 0 on; or those of a generator. */
typedef struct survey_domain {
    uint64_t positive;
    uint64_t negative;
    survey_point (*generate)(uint64_t index);
} survey_domain;

/* One result, its documented bound in ulps, and what the screen of it may be off by, in ulps. */
typedef struct survey_output {
    const char *name;
    double bound;
    double screen_error;
} survey_output;

typedef void survey_function(survey_point point, double *values);

/* Several results of one argument, which cost little more than one. */
typedef struct survey_subject {
    const char *name;
    survey_domain domain;
    float y;
    double floor; /* results of at most this may be 0: see survey_error */
    size_t output_count;
    survey_output outputs[SURVEY_OUTPUTS];
    survey_function *strict;
    survey_function *screen;
    void (*exact)(survey_point point, survey_truth *truth);
} survey_subject;

/* How a subject is gone through. */
typedef struct survey_plan {
    uint64_t stride; /* every so many-th point */
    uint64_t checks; /* random points at which the screen is compared with MPFR */
    uint64_t seed;
    unsigned threads;
} survey_plan;

/* What was found of one output. */
typedef struct survey_finding {
    double worst; /* in ulps, by MPFR */
    survey_point at;
    double zeros;        /* the greatest magnitude given as 0, over the floor */
    double screen_worst; /* what the screen was off by */
} survey_finding;

typedef struct survey_result {
    survey_finding findings[SURVEY_OUTPUTS];
    uint64_t points;
} survey_result;

/* False if there is no memory or no thread. */
bool survey_sweep(const survey_subject *subject, const survey_plan *plan, survey_result *result);

/* How many there are of a domain, and the index-th. */
uint64_t survey_count(const survey_subject *subject);
survey_point survey_point_at(const survey_subject *subject, uint64_t index);

/* 64 bits that look random, of any number. */
uint64_t survey_scramble(uint64_t number);

/* The subjects; both end with one without a name. */
extern const survey_subject survey_functions[];
extern const survey_subject survey_elements[];

#endif
