/* What a run of the benchmark found: what measuring fills in, and tables, files and comparisons are made from. */
#ifndef FOCL_BENCH_RESULT_H
#define FOCL_BENCH_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench_statistics.h"
#include "focl/focl.h"

typedef enum bench_kind { BENCH_KIND_YARDSTICK, BENCH_KIND_PEER, BENCH_KIND_FOCL } bench_kind;

/* One timed thing. What was not measured or has no meaning is negative; strings are the program's own constants. */
typedef struct bench_result {
    const char *group; /* one word: the problem */
    const char *name;  /* one word, unique in its group */
    const char *what;  /* for a person */
    bench_kind kind;
    double elements;
    double bytes;                 /* that one call must move */
    bench_summary seconds;        /* of one call by the host's clock, to the end of clFinish */
    bench_summary device_seconds; /* the same by the device's clock, from its first command's start to its last's end */
    bench_summary to_yardstick;   /* ratios to the group's yardstick and to its peer, round by round */
    bench_summary to_peer;
    double share;          /* of the roofline: bytes / seconds over those of the triad (run's head) */
    double first_cold;     /* seconds of a process's first call, nothing compiled before */
    double first_cached;   /* the same with the compiled programs of an earlier process */
    double worst_loss_ulp; /* against the double reference, over a sample */
    double worst_gradient_ulp;
} bench_result;

/* What the device can do at best, with the best mapping found: bytes a second, and seconds of an empty kernel. */
typedef struct bench_roofline {
    double fill;
    double read;
    double copy;
    double triad;
    double empty_seconds;
} bench_roofline;

typedef struct bench_findings {
    const focl_device *device;
    const char *reason; /* why this device was chosen */
    uint64_t seed;
    int threads;
    bool cpu_time;
    double load_average; /* at the start; negative: not known */
    bench_roofline roofline;
    bool passed;
    bench_result *results;
    size_t count;
} bench_findings;

#endif
