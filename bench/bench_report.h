/* What was measured, as a table for a person and as JSON for a program. */
#ifndef FOCL_BENCH_REPORT_H
#define FOCL_BENCH_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include "bench_problem.h"

/* What holds for the whole run. */
typedef struct bench_circumstances {
    const focl_device *device;
    const char *reason;
    uint64_t seed;
    int threads; /* of the peers */
    bool cpu_time;
} bench_circumstances;

void bench_print_head(const bench_circumstances *circumstances);
void bench_print_problem(const bench_problem *problem);

/* One JSON object: head, then each problem, then foot. */
void bench_write_head(FILE *file, const bench_circumstances *circumstances);
void bench_write_problem(FILE *file, const bench_problem *problem, bool first);
void bench_write_foot(FILE *file, bool passed);

#endif
