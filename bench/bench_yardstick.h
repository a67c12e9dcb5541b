/* The kernels that focl is measured beside: the least that must move, and what one writes first. */
#ifndef FOCL_BENCH_YARDSTICK_H
#define FOCL_BENCH_YARDSTICK_H

#include "bench_device.h"

/* The memory that the yardsticks move through, of `elements` floats each. */
typedef struct bench_arrays {
    cl_mem logits;  /* NULL: nothing is read */
    cl_mem targets; /* NULL: nothing but the logits is read */
    cl_mem gradient;
    size_t elements;
} bench_arrays;

/* How a kernel that only moves is shared out; the fastest mapping on this device is taken. */
typedef struct bench_mapping {
    unsigned vector;
    unsigned group;
    unsigned vectors_per_item;
} bench_mapping;

/*
 * Reads logits and targets and writes the gradient, nothing else, in the mapping that is fastest here. streaming: with
 * stores that bypass the caches, which are no OpenCL but an extension of many compilers; call->kernel is NULL without.
 */
bool bench_make_triad(const bench_device *device, const bench_arrays *arrays, bool streaming, bench_kernel_call *call,
                      bench_mapping *mapping);

/* The textbook's formulas, one element an item, exp and log built in; element losses go to `loss`, nobody sums them. */
bool bench_make_naive(const bench_device *device, const bench_arrays *arrays, cl_mem loss, bench_kernel_call *call);

/* Does nothing, with one item. */
bool bench_make_empty(const bench_device *device, bench_kernel_call *call);

#endif
