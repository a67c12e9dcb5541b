/*
 * The strict arithmetic against MPFR: see math_survey.h. Prints what is worst of each function, and fails if that is
 * beyond its bound or if the screen is worse than it claims.
 *
 *   math_survey [--quick] [--stride N] [--function TEXT] [--threads N] [--check N] [--seed N]
 *
 * TEXT is a part of the names of the functions wanted. --quick: every 4099th float, a minute's work at most.
 */
#include "math_survey.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct survey_options {
    survey_plan plan;
    const char *function;
} survey_options;

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void print_heading(const survey_plan *plan) {
    printf("every %llu-th point; screens checked at %llu random points, seed %llu; %u threads\n",
           (unsigned long long)plan->stride, (unsigned long long)plan->checks, (unsigned long long)plan->seed,
           plan->threads);
    printf("%-36s %7s %10s  %-31s %9s %9s %11s %6s\n", "function", "bound", "worst, ulp", "at", "0 up to", "screen off",
           "points", "s");
}

/* Whether the bound and the screen's claim hold. */
static bool print_output(const survey_subject *subject, size_t index, const survey_result *result, double seconds) {
    const survey_output *output = &subject->outputs[index];
    const survey_finding *finding = &result->findings[index];
    const bool is_good = finding->worst <= output->bound && finding->screen_worst <= output->screen_error;
    char name[64];
    char at[64];
    snprintf(name, sizeof name, "%s%s", subject->name, output->name);
    if (subject->domain.generate)
        snprintf(at, sizeof at, "%a, %a", (double)finding->at.x, (double)finding->at.y);
    else
        snprintf(at, sizeof at, "%a", (double)finding->at.x);
    printf("%-36s %7.4g %10.4f  %-31s %9.6f   2^%-6.1f %11llu %6.1f%s\n", name, output->bound, finding->worst, at,
           finding->zeros, log2(finding->screen_worst), (unsigned long long)result->points, seconds,
           is_good ? "" : "  BEYOND");
    fflush(stdout);
    return is_good;
}

static bool survey(const survey_subject *subject, const survey_options *options) {
    survey_result result;
    bool is_good = true;
    const double start = seconds_now();
    if (!survey_sweep(subject, &options->plan, &result)) {
        fprintf(stderr, "math_survey: %s: no memory or no thread\n", subject->name);
        return false;
    }
    for (size_t i = 0; i < subject->output_count; i++)
        is_good = print_output(subject, i, &result, seconds_now() - start) && is_good;
    return is_good;
}

static bool survey_all(const survey_subject *subjects, const survey_options *options, size_t *surveyed) {
    bool is_good = true;
    for (const survey_subject *subject = subjects; subject->name; subject++) {
        if (options->function && !strstr(subject->name, options->function))
            continue;
        is_good = survey(subject, options) && is_good;
        ++*surveyed;
    }
    return is_good;
}

/* ---- Options ---- */

static bool read_number(const char *text, uint64_t least, uint64_t *number) {
    char *end = NULL;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (errno || end == text || *end || value < least)
        return false;
    *number = value;
    return true;
}

static bool read_option(const char *name, const char *value, survey_options *options, uint64_t *threads) {
    if (strcmp(name, "--function") == 0) {
        options->function = value;
        return true;
    }
    if (strcmp(name, "--stride") == 0)
        return read_number(value, 1, &options->plan.stride);
    if (strcmp(name, "--check") == 0)
        return read_number(value, 0, &options->plan.checks);
    if (strcmp(name, "--seed") == 0)
        return read_number(value, 0, &options->plan.seed);
    return strcmp(name, "--threads") == 0 && read_number(value, 1, threads) && *threads <= 1024;
}

static bool read_options(int count, char **words, survey_options *options) {
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t threads = cores > 0 ? (uint64_t)cores : 1;
    options->plan = (survey_plan){.stride = 1, .checks = 1000000, .seed = 20261124};
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "--quick") == 0) {
            options->plan.stride = 4099; /* prime, so that no pattern of bits is favoured */
            options->plan.checks = 2000;
        } else if (i + 1 == count || !read_option(words[i], words[i + 1], options, &threads)) {
            fprintf(stderr, "math_survey: cannot do with %s; see the top of tests/math_survey.c\n", words[i]);
            return false;
        } else {
            i++;
        }
    }
    options->plan.threads = (unsigned)threads;
    return true;
}

int main(int count, char **words) {
    survey_options options = {.function = NULL};
    size_t surveyed = 0;
    if (!read_options(count, words, &options))
        return 2;
    print_heading(&options.plan);
    const bool functions_are_good = survey_all(survey_functions, &options, &surveyed);
    const bool elements_are_good = survey_all(survey_elements, &options, &surveyed);
    mpfr_free_cache();
    if (surveyed == 0)
        fprintf(stderr, "math_survey: no function has %s in its name\n", options.function);
    return surveyed > 0 && functions_are_good && elements_are_good ? 0 : 1;
}
