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

/* The marker is behind the gate, and the work behind the marker: nothing starts until all has been enqueued. */
typedef struct span {
    cl_event gate;
    cl_event marker;
    cl_event last;
} span;

static bool close_gate(const bench_device *device, span *timed) {
    cl_int code = CL_SUCCESS;
    timed->gate = clCreateUserEvent(device->context, &code);
    if (code != CL_SUCCESS)
        return bench_complain_cl("clCreateUserEvent", code);
    code = clEnqueueMarkerWithWaitList(device->profiling, 1, &timed->gate, &timed->marker);
    return code == CL_SUCCESS || bench_complain_cl("clEnqueueMarkerWithWaitList", code);
}

static bool open_gate(const span *timed) {
    const cl_int code = clSetUserEventStatus(timed->gate, CL_COMPLETE);
    return code == CL_SUCCESS || bench_complain_cl("clSetUserEventStatus", code);
}

static bool end_of(cl_event event, cl_ulong *nanoseconds) {
    return clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof *nanoseconds, nanoseconds, NULL) ==
           CL_SUCCESS;
}

static double span_seconds(const span *timed) {
    cl_ulong start = 0;
    cl_ulong end = 0;
    if (!end_of(timed->marker, &start) || !end_of(timed->last, &end) || end < start)
        return -1.0;
    return (double)(end - start) * 1e-9;
}

static void release_span(const span *timed) {
    const cl_event events[] = {timed->gate, timed->marker, timed->last};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (events[i])
            clReleaseEvent(events[i]);
}

bool bench_time_on_device(const bench_device *device, bench_enqueue *enqueue, const void *subject, double *seconds) {
    span timed = {0};
    bool timed_it = close_gate(device, &timed);
    if (timed_it) {
        const bool enqueued = enqueue(subject, device->profiling, &timed.last);
        timed_it = open_gate(&timed) && finish(device->profiling) && enqueued;
    }
    if (timed_it)
        *seconds = span_seconds(&timed);
    release_span(&timed);
    return timed_it;
}

bool bench_set_buffers(cl_kernel kernel, size_t count, const cl_mem *buffers) {
    for (size_t i = 0; i < count; i++) {
        const cl_int code = clSetKernelArg(kernel, (cl_uint)i, sizeof buffers[i], &buffers[i]);
        if (code != CL_SUCCESS)
            return bench_complain_cl("clSetKernelArg", code);
    }
    return true;
}
