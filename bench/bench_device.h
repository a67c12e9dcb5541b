/* The device under test as a user of the library has it: a handle, and a queue, buffers and kernels of one's own. */
#ifndef FOCL_BENCH_DEVICE_H
#define FOCL_BENCH_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "focl/focl.h"

/* A kernel with its arguments set. */
typedef struct bench_kernel_call {
    cl_kernel kernel;
    size_t global;
    size_t local; /* 0: as the implementation likes */
} bench_kernel_call;

typedef struct bench_device {
    focl_handle *handle;
    cl_context context;
    cl_device_id id;
    cl_command_queue queue;
    cl_command_queue profiling; /* another one, whose events have times */
    cl_mem held;                /* these two are there once bench_device_prepare_clock has run */
    bench_kernel_call hold;
} bench_device;

/* All of these print one sentence on stderr when they fail, and return false or NULL. */

bool bench_device_open(bench_device *device, const char *selector);
/* For bench_time_on_device. Not done on opening: where first calls are timed nothing else may compile. */
bool bench_device_prepare_clock(bench_device *device);
void bench_device_close(bench_device *device);

/* data NULL: not initialised. */
cl_mem bench_buffer(const bench_device *device, size_t bytes, const void *data);
void bench_buffer_free(cl_mem buffer);
bool bench_read(const bench_device *device, cl_mem buffer, size_t bytes, void *data);

/* quiet: a build that fails is no error, and nothing is printed. */
cl_kernel bench_kernel(const bench_device *device, const char *source, const char *options, const char *name,
                       bool quiet);
void bench_kernel_free(cl_kernel kernel);

/*
 * Enqueues the work that subject describes. event, if not NULL, becomes that of its last command, which the caller
 * releases.
 */
typedef bool bench_enqueue(const void *subject, cl_command_queue queue, cl_event *event);

/* Enqueues on the device's queue and waits. */
bool bench_run_on_device(const bench_device *device, bench_enqueue *enqueue, const void *subject);

/*
 * The same by the device's clock: *seconds from the end of a command before, that lasts until all is enqueued, to the
 * end of the last; negative where the device does not say.
 */
bool bench_time_on_device(const bench_device *device, bench_enqueue *enqueue, const void *subject, double *seconds);

/* A call of focl_loss. */
typedef struct bench_focl_call {
    const bench_device *device;
    focl_loss_description description;
    focl_loss_inputs inputs;
    focl_loss_outputs outputs;
} bench_focl_call;

bench_enqueue bench_enqueue_focl;

bench_enqueue bench_enqueue_kernel;

/* Prints what failed and why; false. */
bool bench_complain_cl(const char *call, cl_int code);
bool bench_complain_focl(void);

/* Sets every 32 bits of a buffer, whose size is a multiple of that. */
bool bench_fill_buffer(const bench_device *device, cl_mem buffer, size_t bytes, cl_uint pattern);

/* Sets the buffers as the first arguments of a kernel. */
bool bench_set_buffers(cl_kernel kernel, size_t count, const cl_mem *buffers);

#endif
