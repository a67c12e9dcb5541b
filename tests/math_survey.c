/*
 * The strict arithmetic against MPFR: see math_survey.h. Prints what is worst of each function, and fails if that is
 * beyond its bound, if the screen is worse than it claims, or if the table of docs/accuracy.md says otherwise.
 *
 *   math_survey [--quick] [--function TEXT] [--threads N] [--check N] [--seed N] [--markdown FILE] [--table FILE]
 *
 * --quick goes through every 1021st float, through those about whatever is special, and about the places in the table.
 * --function: of the functions with TEXT in their names alone. --markdown writes the table to a file, --table compares
 * it with that in a file.
 */
#include "math_survey.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct survey_options {
    survey_plan plan;
    uint64_t threads;
    const char *function;
    const char *markdown;
    const char *table;
} survey_options;

/* What goes through all subjects. */
typedef struct survey_run {
    const survey_options *options;
    survey_records records;
    FILE *markdown;
    size_t surveyed;
} survey_run;

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void print_heading(const survey_plan *plan) {
    printf("%s; screens checked at %llu random points, seed %llu; %u threads\n",
           plan->is_quick ? "quick" : "all points", (unsigned long long)plan->checks, (unsigned long long)plan->seed,
           plan->threads);
    printf("%-40s %7s %10s  %-31s %9s %11s %6s\n", "function", "bound", "worst, ulp", "at", "screen off", "points",
           "s");
}

static void print_output(const survey_subject *subject, size_t index, const survey_result *result, double seconds,
                         bool is_good) {
    const survey_finding *finding = &result->findings[index];
    char name[SURVEY_NAME];
    char at[64];
    survey_name(subject, index, name);
    if (subject->domain->generate)
        snprintf(at, sizeof at, "%a, %a", (double)finding->at.x, (double)finding->at.y);
    else
        snprintf(at, sizeof at, "%a", (double)finding->at.x);
    printf("%-40s %7.4g %10.4f  %-31s   2^%-6.1f %11llu %6.1f%s\n", name, subject->outputs[index].bound, finding->worst,
           at, log2(finding->screen_off), (unsigned long long)result->points, seconds, is_good ? "" : "  BEYOND");
    fflush(stdout);
}

/* Whether bounds, the screens' claims and the records hold. */
static bool report(const survey_subject *subject, const survey_result *result, double seconds, survey_run *run) {
    bool is_good = true;
    for (size_t i = 0; i < subject->output_count; i++) {
        const survey_output *output = &subject->outputs[i];
        const survey_finding *finding = &result->findings[i];
        const bool holds = finding->worst <= output->bound && finding->screen_off <= output->screen_error;
        print_output(subject, i, result, seconds, holds);
        if (run->markdown)
            survey_write_record(run->markdown, subject, i, finding);
        is_good = is_good && holds;
        if (run->options->table)
            is_good = survey_record_holds(subject, i, &run->records, finding) && is_good;
    }
    return is_good;
}

static bool survey(const survey_subject *subject, survey_run *run) {
    const survey_plan *plan = &run->options->plan;
    const double start = seconds_now();
    survey_result result;
    survey_spans spans;
    const bool is_done = survey_plan_spans(subject, plan->is_quick, &run->records, &spans) &&
                         survey_sweep(subject, plan, &spans, &result);
    free(spans.spans);
    if (!is_done) {
        fprintf(stderr, "math_survey: %s: no memory or no thread\n", subject->name);
        return false;
    }
    return report(subject, &result, seconds_now() - start, run);
}

static bool survey_all(const survey_subject *subjects, survey_run *run) {
    bool is_good = true;
    if (run->markdown)
        survey_write_heading(run->markdown);
    for (const survey_subject *subject = subjects; subject->name; subject++) {
        if (run->options->function && !strstr(subject->name, run->options->function))
            continue;
        is_good = survey(subject, run) && is_good;
        run->surveyed++;
    }
    return is_good;
}

static bool survey_everything(survey_run *run) {
    const bool functions_are_good = survey_all(survey_functions, run);
    const bool powers_are_good = survey_all(survey_powers, run);
    const bool elements_are_good = survey_all(survey_elements, run);
    if (run->surveyed == 0)
        fprintf(stderr, "math_survey: no function has %s in its name\n", run->options->function);
    return run->surveyed > 0 && functions_are_good && powers_are_good && elements_are_good;
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

static bool read_text(const char *text, const char **place) {
    *place = text;
    return true;
}

static bool read_option(const char *name, const char *value, survey_options *options) {
    if (strcmp(name, "--function") == 0)
        return read_text(value, &options->function);
    if (strcmp(name, "--markdown") == 0)
        return read_text(value, &options->markdown);
    if (strcmp(name, "--table") == 0)
        return read_text(value, &options->table);
    if (strcmp(name, "--check") == 0)
        return read_number(value, 0, &options->plan.checks);
    if (strcmp(name, "--seed") == 0)
        return read_number(value, 0, &options->plan.seed);
    return strcmp(name, "--threads") == 0 && read_number(value, 1, &options->threads) && options->threads <= 1024;
}

static bool read_options(int count, char **words, survey_options *options) {
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    options->threads = cores > 0 ? (uint64_t)cores : 1;
    options->plan = (survey_plan){.checks = 50000, .seed = 20261124};
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "--quick") == 0) {
            options->plan.is_quick = true;
            options->plan.checks = 1000;
        } else if (i + 1 == count || !read_option(words[i], words[i + 1], options)) {
            fprintf(stderr, "math_survey: cannot do with %s; see the top of tests/math_survey.c\n", words[i]);
            return false;
        } else {
            i++;
        }
    }
    options->plan.threads = (unsigned)options->threads;
    return true;
}

static bool open_markdown(const char *path, FILE **file) {
    *file = path ? fopen(path, "w") : NULL;
    if (path && !*file)
        fprintf(stderr, "math_survey: cannot write %s: %s\n", path, strerror(errno));
    return !path || *file;
}

static bool close_markdown(FILE *file) {
    return !file || fclose(file) == 0;
}

int main(int count, char **words) {
    survey_options options = {.function = NULL};
    survey_run run = {.options = &options};
    if (!read_options(count, words, &options))
        return 2;
    if (options.table && !survey_read_records(options.table, &run.records))
        return 2;
    if (!open_markdown(options.markdown, &run.markdown))
        return 2;
    print_heading(&options.plan);
    bool is_good = survey_everything(&run);
    is_good = close_markdown(run.markdown) && is_good;
    free(run.records.records);
    mpfr_free_cache();
    return is_good ? 0 : 1;
}
