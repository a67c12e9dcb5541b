/* The clock of the benchmark and what is told of many times. */
#include "bench_statistics.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static clockid_t chosen_clock = CLOCK_MONOTONIC;

void bench_use_cpu_time(void) {
    chosen_clock = CLOCK_PROCESS_CPUTIME_ID;
}

double bench_now(void) {
    struct timespec now;
    clock_gettime(chosen_clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void bench_pause(double seconds) {
    const struct timespec pause = {.tv_sec = (time_t)seconds,
                                   .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&pause, NULL);
}

static int compare(const void *left, const void *right) {
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Between the two neighbours of the place, in proportion. */
static double quantile(const double *sorted, size_t count, double share) {
    const double place = share * (double)(count - 1);
    const size_t below = (size_t)place;
    if (below + 1 >= count)
        return sorted[count - 1];
    return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

bench_summary bench_summarise(const double *values, size_t count) {
    double sorted[BENCH_SAMPLES_MAX];
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);
    return (bench_summary){
        .median = quantile(sorted, count, 0.5),
        .p10 = quantile(sorted, count, 0.1),
        .p90 = quantile(sorted, count, 0.9),
    };
}

bench_summary bench_summarise_ratio(const double *values, const double *to, size_t count) {
    double ratios[BENCH_SAMPLES_MAX];
    for (size_t i = 0; i < count; i++)
        ratios[i] = values[i] / to[i];
    return bench_summarise(ratios, count);
}
