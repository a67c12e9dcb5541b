/* The kernels that focl is measured beside: the least that must move, and what one writes first. */
#ifndef FOCL_BENCH_YARDSTICK_H
#define FOCL_BENCH_YARDSTICK_H

#include "bench_device.h"

/* X(name, word, what, arrays read, written): the ways to move through memory. */
#define BENCH_MOTION_TABLE(X)                                \
    X(BENCH_FILL, "fill", "fill: -> g", 0, true)             \
    X(BENCH_READ, "read", "read: x ->", 1, false)            \
    X(BENCH_READ_TWO, "read-two", "read: x, t ->", 2, false) \
    X(BENCH_COPY, "copy", "copy: x -> g", 1, true)           \
    X(BENCH_TRIAD, "triad", "triad: x, t -> g", 2, true)

typedef enum bench_motion {
#define BENCH_MOTION_ENUM(name, word, what, reads, writes) name,
    BENCH_MOTION_TABLE(BENCH_MOTION_ENUM)
#undef BENCH_MOTION_ENUM
        BENCH_MOTIONS,
    BENCH_NO_MOTION = BENCH_MOTIONS
} bench_motion;

typedef struct bench_motion_facts {
    const char *name;
    const char *what;
    unsigned reads;
    bool writes;
} bench_motion_facts;

const bench_motion_facts *bench_motion_of(bench_motion motion);

/* The memory that the motions go through, of `elements` floats each; those that a motion does not touch may be NULL. */
typedef struct bench_arrays {
    cl_mem logits;
    cl_mem targets;
    cl_mem gradient; /* where a motion only reads: any, may be written */
    size_t elements;
} bench_arrays;

/* How a kernel that only moves is shared out. */
typedef struct bench_mapping {
    unsigned vector;
    unsigned group;
    unsigned vectors_per_item;
} bench_mapping;

/* What is fastest on a device. */
typedef struct bench_mappings {
    bench_mapping of[BENCH_MOTIONS];
} bench_mappings;

/* Tries mappings for every motion. few: only those that are most often the fastest. */
bool bench_find_mappings(const bench_device *device, const bench_arrays *arrays, bool few, bench_mappings *found);

double bench_motion_bytes(bench_motion motion, const bench_arrays *arrays);

/*
 * call->kernel is NULL where the device does not take the mapping, or not the stores. streaming: with stores that
 * bypass the caches, which are no OpenCL but an extension of many compilers.
 */
bool bench_make_motion(const bench_device *device, const bench_arrays *arrays, bench_motion motion,
                       bench_mapping mapping, bool streaming, bench_kernel_call *call);

/* The textbook's formulas, one element an item, exp and log built in; element losses go to `loss`, nobody sums them. */
bool bench_make_naive(const bench_device *device, const bench_arrays *arrays, cl_mem loss, bench_kernel_call *call);

/*
 * The same for softmax cross entropy (gamma 0) and focal loss (gamma 2) of a row an item; rows of arrays->targets are
 * u8 labels.
 */
bool bench_make_naive_softmax(const bench_device *device, const bench_arrays *arrays, focl_view shape, int gamma,
                              cl_mem loss, bench_kernel_call *call);

/* Does nothing, with one item. */
bool bench_make_empty(const bench_device *device, bench_kernel_call *call);

#endif
