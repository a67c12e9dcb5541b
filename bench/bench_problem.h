/* A problem of one shape: its data on host and device, and the cases that solve it. */
#ifndef FOCL_BENCH_PROBLEM_H
#define FOCL_BENCH_PROBLEM_H

#include <stdint.h>

#include "bench_device.h"
#include "bench_group.h"
#include "bench_outline.h"
#include "peer_clblast.h"

/* A kernel that only moves, with stores through the caches and past them. */
typedef struct bench_movement {
    bench_kernel_call plain;
    bench_kernel_call streaming;
} bench_movement;

typedef struct bench_peer_call {
    peer_function *solve;
    const peer_problem *problem;
} bench_peer_call;

typedef struct bench_problem {
    const bench_device *device;
    const bench_outline *outline;
    const bench_mappings *mappings;
    float *logits;
    float *targets;
    void *labels;
    float *gradient;
    float *other_gradient;
    bench_arrays arrays[BENCH_STORAGES]; /* logits is NULL where no variant is stored so */
    cl_mem labels_memory;
    cl_mem loss_memory;
    cl_mem reduced_memory;
    peer_problem peer;
    bench_movement moving;
    bench_movement filling;
    bench_kernel_call empty;
    bench_kernel_call naive;
    bench_clblast_call clblast;
    bench_focl_call calls[BENCH_VARIANTS_MAX];
    bench_peer_call peer_calls[BENCH_PEERS_MAX];
    size_t first_focl; /* the cases of the variants, one after another */
    bench_group group;
} bench_problem;

/* Makes data and cases. False after a failure, which is on stderr; close it then, too. */
bool bench_problem_open(bench_problem *problem, const bench_device *device, const bench_mappings *mappings,
                        const bench_outline *outline, uint64_t *random_state);
void bench_problem_close(bench_problem *problem);

#endif
