/* The device under test. */
#include "bench_device.h"

#include <stdio.h>

static bool complain_cl(const char *call, cl_int code) {
    fprintf(stderr, "focl-bench: %s failed with %d\n", call, (int)code);
    return false;
}

static bool complain_focl(void) {
    fprintf(stderr, "focl-bench: %s\n", focl_last_error()->message);
    return false;
}

bool bench_device_open(bench_device *device, const char *selector) {
    *device = (bench_device){0};
    if (focl_create(&device->handle, selector) != FOCL_OK)
        return complain_focl();
    device->context = focl_handle_context(device->handle);
    device->id = focl_handle_device(device->handle)->cl_device;
    cl_int code = CL_SUCCESS;
    device->queue = clCreateCommandQueue(device->context, device->id, 0, &code);
    if (code == CL_SUCCESS)
        return true;
    focl_destroy(device->handle);
    return complain_cl("clCreateCommandQueue", code);
}

void bench_device_close(bench_device *device) {
    clReleaseCommandQueue(device->queue);
    focl_destroy(device->handle);
}

cl_mem bench_buffer(const bench_device *device, size_t bytes, const void *data) {
    cl_int code = CL_SUCCESS;
    cl_mem buffer = clCreateBuffer(device->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
    if (code != CL_SUCCESS) {
        complain_cl("clCreateBuffer", code);
        return NULL;
    }
    if (data)
        code = clEnqueueWriteBuffer(device->queue, buffer, CL_TRUE, 0, bytes, data, 0, NULL, NULL);
    if (code == CL_SUCCESS)
        return buffer;
    complain_cl("clEnqueueWriteBuffer", code);
    clReleaseMemObject(buffer);
    return NULL;
}

void bench_buffer_free(cl_mem buffer) {
    if (buffer)
        clReleaseMemObject(buffer);
}

bool bench_read(const bench_device *device, cl_mem buffer, size_t bytes, void *data) {
    const cl_int code = clEnqueueReadBuffer(device->queue, buffer, CL_TRUE, 0, bytes, data, 0, NULL, NULL);
    return code == CL_SUCCESS || complain_cl("clEnqueueReadBuffer", code);
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
        complain_cl(call, code);
    return code == CL_SUCCESS ? kernel : NULL;
}

void bench_kernel_free(cl_kernel kernel) {
    if (kernel)
        clReleaseKernel(kernel);
}

static bool finish(const bench_device *device) {
    const cl_int code = clFinish(device->queue);
    return code == CL_SUCCESS || complain_cl("clFinish", code);
}

bool bench_run_focl(const void *focl_call) {
    const bench_focl_call *call = (const bench_focl_call *)focl_call;
    const focl_status status = focl_loss(call->device->handle, &call->description, &call->inputs, &call->outputs,
                                         call->device->queue, 0, NULL, NULL);
    return status == FOCL_OK ? finish(call->device) : complain_focl();
}

bool bench_run_kernel(const void *kernel_call) {
    const bench_kernel_call *call = (const bench_kernel_call *)kernel_call;
    const cl_int code = clEnqueueNDRangeKernel(call->device->queue, call->kernel, 1, NULL, &call->global,
                                               call->local ? &call->local : NULL, 0, NULL, NULL);
    return code == CL_SUCCESS ? finish(call->device) : complain_cl("clEnqueueNDRangeKernel", code);
}

bool bench_set_buffers(cl_kernel kernel, size_t count, const cl_mem *buffers) {
    for (size_t i = 0; i < count; i++) {
        const cl_int code = clSetKernelArg(kernel, (cl_uint)i, sizeof buffers[i], &buffers[i]);
        if (code != CL_SUCCESS)
            return complain_cl("clSetKernelArg", code);
    }
    return true;
}
