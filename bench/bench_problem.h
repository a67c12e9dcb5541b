/* A problem of one shape: its data on host and device, the cases that solve it, and whether they agree. */
#ifndef FOCL_BENCH_PROBLEM_H
#define FOCL_BENCH_PROBLEM_H

#include <stdint.h>

#include "bench_device.h"
#include "bench_group.h"
#include "bench_yardstick.h"
#include "peer_openmp.h"

/* What the cases are measured beside. */
typedef enum bench_yardstick {
    BENCH_MOVING, /* reading what must be read and writing the gradient */
    BENCH_EMPTY   /* a kernel that does nothing */
} bench_yardstick;

typedef struct bench_outline {
    const char *name;
    const char *title;
    size_t rows;
    size_t classes;
    bool dense; /* f32 targets and mean; otherwise u8 labels, `classes` for none, and positive-mean */
    bench_yardstick yardstick;
    bool naive;      /* with the naive kernel: dense targets only */
    size_t variants; /* the first so many of bench_problem.c's table */
    size_t calls;
    size_t rounds;
} bench_outline;

enum { BENCH_VARIANTS = 6 };

/* The largest relative differences between the device and the peer. */
typedef struct bench_agreement {
    double loss;
    double gradient; /* relative to the largest gradient */
    bool holds;
} bench_agreement;

typedef struct bench_problem {
    const bench_device *device;
    const bench_outline *outline;
    float *logits;
    float *targets;
    uint8_t *labels;
    float *gradient;
    float *other_gradient;
    bench_arrays arrays;
    cl_mem labels_memory;
    cl_mem loss_memory;
    cl_mem reduced_memory;
    peer_problem peer;
    bench_mapping mapping;           /* of triad */
    bench_mapping streaming_mapping; /* of triad with streaming stores */
    bench_kernel_call yardstick;
    bench_kernel_call streaming;
    bench_kernel_call naive;
    bench_focl_call calls[BENCH_VARIANTS];
    bench_agreement agreement;
    bench_group group;
} bench_problem;

/* Makes data and cases. False after a failure, which is on stderr; close it then, too. */
bool bench_problem_open(bench_problem *problem, const bench_device *device, const bench_outline *outline,
                        uint64_t *random_state);
void bench_problem_close(bench_problem *problem);

/* Calculates problem->agreement of focl and of the second peer with the first peer. False if something failed. */
bool bench_problem_compare(bench_problem *problem);

#endif
