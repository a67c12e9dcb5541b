/* A run of the benchmark: what its groups are measured with, and where what they find goes. */
#ifndef FOCL_BENCH_RUN_H
#define FOCL_BENCH_RUN_H

#include "bench_result.h"
#include "bench_yardstick.h"

enum { BENCH_SEED = 20261123 };

typedef struct bench_run {
    const bench_device *device;
    const char *selector; /* that chose the device; NULL: none */
    bool quick;
    bench_mappings mappings;
    bench_findings findings;
} bench_run;

#endif
