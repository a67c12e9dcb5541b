/* The device under test as a user of the library has it: a handle, and a queue, buffers and kernels of one's own. */
#ifndef FOCL_BENCH_DEVICE_H
#define FOCL_BENCH_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "focl/focl.h"

typedef struct bench_device {
    focl_handle *handle;
    cl_context context;
    cl_device_id id;
    cl_command_queue queue;
} bench_device;

/* All of these print one sentence on stderr when they fail, and return false or NULL. */

bool bench_device_open(bench_device *device, const char *selector);
void bench_device_close(bench_device *device);

/* data NULL: not initialised. */
cl_mem bench_buffer(const bench_device *device, size_t bytes, const void *data);
void bench_buffer_free(cl_mem buffer);
bool bench_read(const bench_device *device, cl_mem buffer, size_t bytes, void *data);

/* quiet: a build that fails is no error, and nothing is printed. */
cl_kernel bench_kernel(const bench_device *device, const char *source, const char *options, const char *name,
                       bool quiet);
void bench_kernel_free(cl_kernel kernel);

/* A call of focl_loss; bench_run_focl takes one and waits for it. */
typedef struct bench_focl_call {
    const bench_device *device;
    focl_loss_description description;
    focl_loss_inputs inputs;
    focl_loss_outputs outputs;
} bench_focl_call;

bool bench_run_focl(const void *focl_call);

/* A kernel with its arguments set; bench_run_kernel takes one and waits for it. */
typedef struct bench_kernel_call {
    const bench_device *device;
    cl_kernel kernel;
    size_t global;
    size_t local; /* 0: as the implementation likes */
} bench_kernel_call;

bool bench_run_kernel(const void *kernel_call);

/* Sets the buffers as the first arguments of a kernel. */
bool bench_set_buffers(cl_kernel kernel, size_t count, const cl_mem *buffers);

#endif
