/* Handles: choosing a device, and owning what belongs to it. */
#include "handle_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device_query.h"
#include "error.h"
#include "mapping.h"

static focl_status read_math(focl_math *math) {
    const char *text = getenv("FOCL_MATH");
    *math = FOCL_MATH_STRICT;
    if (!text || !text[0] || strcmp(text, "strict") == 0)
        return FOCL_OK;
    if (strcmp(text, "native") != 0)
        return focl__fail(FOCL_EINVAL, "FOCL_MATH", "must be strict or native, is %s", text);
    *math = FOCL_MATH_NATIVE;
    return FOCL_OK;
}

static focl_status read_wide_indices(bool *wide) {
    const char *text = getenv("FOCL_INDEX64");
    *wide = text && strcmp(text, "1") == 0;
    if (*wide || !text || !text[0] || strcmp(text, "0") == 0)
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, "FOCL_INDEX64", "must be 0 or 1, is %s", text);
}

/* What both ways of making a handle share; handle->device is there. */
static focl_status set_up(focl_handle *handle) {
    focl_status status = read_math(&handle->math);
    if (!status)
        status = read_wide_indices(&handle->wide_indices);
    if (!status)
        status = focl__mapping_choose(&handle->device, &handle->mapping);
    handle->loop_turns = focl__mapping_loop_turns(&handle->device);
    if (!status)
        status = focl__program_cache_create(&handle->programs);
    return status;
}

static focl_status choose_device(focl_handle *handle, const char *selector) {
    focl_device_list *list = NULL;
    focl_status status = focl_device_list_create(&list);
    if (status)
        return status;
    size_t chosen = 0;
    status = focl_device_choose(focl_device_list_devices(list), focl_device_list_count(list), selector, &chosen,
                                handle->reason, sizeof handle->reason);
    if (!status)
        handle->device = focl_device_list_devices(list)[chosen];
    focl_device_list_free(list);
    return status;
}

/* Some drivers do not stand contexts and queues being made by several threads at once. */
static focl__mutex creation_mutex = FOCL__MUTEX_INITIALIZER;

static focl_status make_context(focl_handle *handle) {
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)handle->device.cl_platform,
                                                0};
    cl_int code = CL_SUCCESS;
    handle->context = clCreateContext(properties, 1, &handle->device.cl_device, NULL, NULL, &code);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clCreateContext");
}

static focl_status make_queue(focl_handle *handle) {
    cl_int code = CL_SUCCESS;
    handle->queue = clCreateCommandQueue(handle->context, handle->device.cl_device, CL_QUEUE_PROFILING_ENABLE, &code);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clCreateCommandQueue");
}

static void release_cl(focl_handle *handle) {
    if (handle->queue)
        clReleaseCommandQueue(handle->queue);
    if (handle->context)
        clReleaseContext(handle->context);
    if (handle->owns_device)
        clReleaseDevice(handle->device.cl_device);
}

static focl_status open_own(focl_handle *handle) {
    focl__mutex_lock(&creation_mutex);
    focl_status status = make_context(handle);
    if (!status)
        status = make_queue(handle);
    focl__mutex_unlock(&creation_mutex);
    return status;
}

static focl_status open_from_cl(focl_handle *handle, cl_context context) {
    cl_int code = clRetainDevice(handle->device.cl_device);
    if (code != CL_SUCCESS)
        return focl__fail_cl(code, "clRetainDevice");
    handle->owns_device = true;
    code = clRetainContext(context);
    if (code != CL_SUCCESS)
        return focl__fail_cl(code, "clRetainContext");
    handle->context = context;
    return FOCL_OK;
}

static focl_status finish(focl_handle *made, focl_status status, focl_handle **handle) {
    if (!status)
        status = set_up(made);
    if (status) {
        release_cl(made);
        free(made);
        return status;
    }
    *handle = made;
    return FOCL_OK;
}

static focl_status allocate(focl_handle **handle, focl_handle **made) {
    if (!handle)
        return focl__fail(FOCL_EINVAL, "handle", "is NULL");
    *handle = NULL;
    *made = calloc(1, sizeof **made);
    return *made ? FOCL_OK : focl__fail(FOCL_ENOMEM, "", "no memory for a handle");
}

focl_status focl_create(focl_handle **handle, const char *selector) {
    focl_handle *made = NULL;
    focl_status status = allocate(handle, &made);
    if (status)
        return status;
    status = choose_device(made, selector ? selector : getenv("FOCL_DEVICE"));
    if (!status)
        status = open_own(made);
    return finish(made, status, handle);
}

static bool context_lists(cl_context context, cl_device_id device) {
    cl_device_id devices[64];
    size_t bytes = 0;
    if (clGetContextInfo(context, CL_CONTEXT_DEVICES, sizeof devices, devices, &bytes) != CL_SUCCESS)
        return false;
    for (size_t i = 0; i < bytes / sizeof *devices; i++) {
        if (devices[i] == device)
            return true;
    }
    return false;
}

/* Of a context of sub-devices PoCL lists the devices that they are parts of. */
static bool context_has(cl_context context, cl_device_id device) {
    while (device && !context_lists(context, device)) {
        cl_device_id whole = NULL;
        if (clGetDeviceInfo(device, CL_DEVICE_PARENT_DEVICE, sizeof whole, &whole, NULL) != CL_SUCCESS)
            return false;
        device = whole;
    }
    return device != NULL;
}

focl_status focl_create_from_cl(focl_handle **handle, cl_context context, cl_device_id device) {
    focl_handle *made = NULL;
    focl_status status = allocate(handle, &made);
    if (status)
        return status;
    cl_platform_id platform = NULL;
    if (!context || !device || !context_has(context, device))
        status = focl__fail(FOCL_EINVAL, context ? "device" : "context",
                            context && device ? "is not one of the context's devices" : "is NULL");
    if (!status && clGetDeviceInfo(device, CL_DEVICE_PLATFORM, sizeof platform, &platform, NULL) != CL_SUCCESS)
        status = focl__fail(FOCL_EDEVICE, "device", "does not tell its platform");
    if (!status)
        status = focl__device_describe(platform, device, 0, &made->device);
    if (!status)
        status = open_from_cl(made, context);
    snprintf(made->reason, sizeof made->reason, "the caller chose it");
    return finish(made, status, handle);
}

void focl_destroy(focl_handle *handle) {
    if (!handle)
        return;
    focl__program_cache_destroy(&handle->programs);
    release_cl(handle);
    free(handle);
}

focl_status focl_set_math(focl_handle *handle, focl_math math) {
    if (!handle)
        return focl__fail(FOCL_EINVAL, "handle", "is NULL");
    if (math != FOCL_MATH_STRICT && math != FOCL_MATH_NATIVE)
        return focl__fail(FOCL_EINVAL, "math", "must be FOCL_MATH_STRICT or FOCL_MATH_NATIVE, is %d", (int)math);
    handle->math = math;
    return FOCL_OK;
}

focl_math focl_handle_math(const focl_handle *handle) {
    return handle ? handle->math : FOCL_MATH_STRICT;
}

const focl_device *focl_handle_device(const focl_handle *handle) {
    return handle ? &handle->device : NULL;
}

const char *focl_handle_reason(const focl_handle *handle) {
    return handle ? handle->reason : "";
}

const focl_mapping *focl_handle_mapping(const focl_handle *handle) {
    return handle ? &handle->mapping : NULL;
}

cl_context focl_handle_context(const focl_handle *handle) {
    return handle ? handle->context : NULL;
}

cl_command_queue focl_handle_queue(const focl_handle *handle) {
    return handle ? handle->queue : NULL;
}

double focl_handle_build_seconds(const focl_handle *handle) {
    return handle ? focl__program_cache_seconds(&handle->programs) : 0;
}

size_t focl_handle_program_count(const focl_handle *handle) {
    return handle ? focl__program_cache_count(&handle->programs) : 0;
}
