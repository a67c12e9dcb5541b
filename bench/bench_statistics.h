/* The clock of the benchmark and what is told of many times: median, first and last tenth. */
#ifndef FOCL_BENCH_STATISTICS_H
#define FOCL_BENCH_STATISTICS_H

#include <stddef.h>

enum { BENCH_SAMPLES_MAX = 128 };

typedef struct bench_summary {
    double median;
    double p10;
    double p90;
} bench_summary;

/* Seconds of a clock that never goes back: the wall's, or, from the call of the second on, this process's processor
 * time, all threads added. */
double bench_now(void);
void bench_use_cpu_time(void);

void bench_pause(double seconds);

/* Of 1 to BENCH_SAMPLES_MAX values. */
bench_summary bench_summarise(const double *values, size_t count);

/* Of the quotients of values measured in the same rounds: noise that hits a round hits both, and cancels. */
bench_summary bench_summarise_ratio(const double *values, const double *to, size_t count);

#endif
