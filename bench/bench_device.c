/* The device under test. */
#include "bench_device.h"

#include <stdio.h>

bool bench_complain_cl(const char *call, cl_int code) {
    fprintf(stderr, "focl-bench: %s failed with %d\n", call, (int)code);
    return false;
}

bool bench_complain_focl(void) {
    fprintf(stderr, "focl-bench: %s\n", focl_last_error()->message);
    return false;
}

bool bench_device_open(bench_device *device, const char *selector) {
    *device = (bench_device){0};
    if (focl_create(&device->handle, selector) != FOCL_OK)
        return bench_complain_focl();
    device->context = focl_handle_context(device->handle);
    device->id = focl_handle_device(device->handle)->cl_device;
    cl_int code = CL_SUCCESS;
    device->queue = clCreateCommandQueue(device->context, device->id, 0, &code);
    if (code == CL_SUCCESS)
        device->profiling = clCreateCommandQueue(device->context, device->id, CL_QUEUE_PROFILING_ENABLE, &code);
    if (code == CL_SUCCESS)
        return true;
    bench_device_close(device);
    return bench_complain_cl("clCreateCommandQueue", code);
}

void bench_device_close(bench_device *device) {
    bench_kernel_free(device->hold.kernel);
    bench_buffer_free(device->held);
    if (device->queue)
        clReleaseCommandQueue(device->queue);
    if (device->profiling)
        clReleaseCommandQueue(device->profiling);
    focl_destroy(device->handle);
}

cl_mem bench_buffer(const bench_device *device, size_t bytes, const void *data) {
    cl_int code = CL_SUCCESS;
    cl_mem buffer = clCreateBuffer(device->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
    if (code != CL_SUCCESS) {
        bench_complain_cl("clCreateBuffer", code);
        return NULL;
    }
    if (data)
        code = clEnqueueWriteBuffer(device->queue, buffer, CL_TRUE, 0, bytes, data, 0, NULL, NULL);
    if (code == CL_SUCCESS)
        return buffer;
    bench_complain_cl("clEnqueueWriteBuffer", code);
    clReleaseMemObject(buffer);
    return NULL;
}

void bench_buffer_free(cl_mem buffer) {
    if (buffer)
        clReleaseMemObject(buffer);
}

bool bench_read(const bench_device *device, cl_mem buffer, size_t bytes, void *data) {
    const cl_int code = clEnqueueReadBuffer(device->queue, buffer, CL_TRUE, 0, bytes, data, 0, NULL, NULL);
    return code == CL_SUCCESS || bench_complain_cl("clEnqueueReadBuffer", code);
}

static void print_build_log(const bench_device *device, cl_program program) {
    char log[2048] = "";
    if (clGetProgramBuildInfo(program, device->id, CL_PROGRAM_BUILD_LOG, sizeof log - 1, log, NULL) == CL_SUCCESS)
        fprintf(stderr, "%s\n", log);
}

cl_kernel bench_kernel(const bench_device *device, const char *source, const char *options, const char *name,
                       bool quiet) {
    cl_int code = CL_SUCCESS;
    cl_kernel kernel = NULL;
    const char *call = "clCreateProgramWithSource";
    cl_program program = clCreateProgramWithSource(device->context, 1, &source, NULL, &code);
    if (code == CL_SUCCESS) {
        call = "clBuildProgram";
        code = clBuildProgram(program, 1, &device->id, options, NULL, NULL);
        if (code != CL_SUCCESS && !quiet)
            print_build_log(device, program);
    }
    if (code == CL_SUCCESS) {
        call = "clCreateKernel";
        kernel = clCreateKernel(program, name, &code);
    }
    if (program)
        clReleaseProgram(program);
    if (code != CL_SUCCESS && !quiet)
        bench_complain_cl(call, code);
    return code == CL_SUCCESS ? kernel : NULL;
}

void bench_kernel_free(cl_kernel kernel) {
    if (kernel)
        clReleaseKernel(kernel);
}

bool bench_fill_buffer(const bench_device *device, cl_mem buffer, size_t bytes, cl_uint pattern) {
    const cl_int code = clEnqueueFillBuffer(device->queue, buffer, &pattern, sizeof pattern, 0, bytes, 0, NULL, NULL);
    return code == CL_SUCCESS || bench_complain_cl("clEnqueueFillBuffer", code);
}

static bool finish(cl_command_queue queue) {
    const cl_int code = clFinish(queue);
    return code == CL_SUCCESS || bench_complain_cl("clFinish", code);
}

bool bench_enqueue_focl(const void *subject, cl_command_queue queue, cl_event *event) {
    const bench_focl_call *call = (const bench_focl_call *)subject;
    return focl_loss(call->device->handle, &call->description, &call->inputs, &call->outputs, queue, 0, NULL, event) ==
               FOCL_OK ||
           bench_complain_focl();
}

bool bench_enqueue_kernel(const void *subject, cl_command_queue queue, cl_event *event) {
    const bench_kernel_call *call = (const bench_kernel_call *)subject;
    const cl_int code = clEnqueueNDRangeKernel(queue, call->kernel, 1, NULL, &call->global,
                                               call->local ? &call->local : NULL, 0, NULL, event);
    return code == CL_SUCCESS || bench_complain_cl("clEnqueueNDRangeKernel", code);
}

bool bench_run_on_device(const bench_device *device, bench_enqueue *enqueue, const void *subject) {
    return enqueue(subject, device->queue, NULL) && finish(device->queue);
}

/* ---- The device's clock ---- */

/*
 * Keeps one item busy while the host enqueues what is to be timed, so that this waits for the device alone. An event
 * of the host would do as well, but not all devices take work that waits for the host.
 */
static const char hold_source[] = "__kernel void hold(__global uint *state) {\n"
                                  "    uint x = *state;\n"
                                  "    for (uint i = 0; i < 200000u; i++)\n"
                                  "        x = x * 1664525u + 1013904223u;\n"
                                  "    *state = x;\n"
                                  "}\n";

bool bench_device_prepare_clock(bench_device *device) {
    const cl_uint seed = 1;
    device->held = bench_buffer(device, sizeof seed, &seed);
    device->hold = (bench_kernel_call){.global = 1, .local = 1};
    device->hold.kernel = bench_kernel(device, hold_source, "-cl-std=CL1.2", "hold", false);
    return device->held && device->hold.kernel && bench_set_buffers(device->hold.kernel, 1, &device->held);
}

static bool end_of(cl_event event, cl_ulong *nanoseconds) {
    return clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof *nanoseconds, nanoseconds, NULL) ==
           CL_SUCCESS;
}

static double seconds_between(cl_event first, cl_event last) {
    cl_ulong start = 0;
    cl_ulong end = 0;
    if (!end_of(first, &start) || !end_of(last, &end) || end <= start)
        return -1.0;
    return (double)(end - start) * 1e-9;
}

static void release_event(cl_event event) {
    if (event)
        clReleaseEvent(event);
}

bool bench_time_on_device(const bench_device *device, bench_enqueue *enqueue, const void *subject, double *seconds) {
    cl_event held = NULL;
    cl_event last = NULL;
    const bool finished = bench_enqueue_kernel(&device->hold, device->profiling, &held) &&
                          enqueue(subject, device->profiling, &last) && finish(device->profiling);
    if (finished)
        *seconds = seconds_between(held, last);
    release_event(held);
    release_event(last);
    return finished;
}

bool bench_set_buffers(cl_kernel kernel, size_t count, const cl_mem *buffers) {
    for (size_t i = 0; i < count; i++) {
        const cl_int code = clSetKernelArg(kernel, (cl_uint)i, sizeof buffers[i], &buffers[i]);
        if (code != CL_SUCCESS)
            return bench_complain_cl("clSetKernelArg", code);
    }
    return true;
}
