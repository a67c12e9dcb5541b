#include "call_check.h"

#include "../cl/agreement.clh"
#include "error.h"
#include "handle_private.h"

static focl_status check_type(const focl_handle *handle, const focl__device_demand *demand) {
    if (demand->type != FOCL_F64 || handle->device.fp64)
        return FOCL_OK;
    return focl__fail(FOCL_ENOTSUP, demand->type_name,
                      "is f64, which needs cl_khr_fp64, and the device %s does not have it", handle->device.name);
}

/*
 * The turns that an item takes for a class, all its loops together: at most 6 where it goes through rows alone
 * (target_loss_rows with three outputs); a tenth where 64 items share a row, half of that for joining its chunks.
 */
enum { TURNS_OF_CLASS = 6, SHARED_CLASSES_OF_TURN = 8 };

static focl_status check_turns(const focl_handle *handle, const char *argument, size_t found, size_t most) {
    if (handle->loop_turns == 0 || found <= most)
        return FOCL_OK;
    return focl__fail(FOCL_ENOTSUP, argument,
                      "are %zu; the device %s leaves a loop after %zu turns, which is enough for %zu", found,
                      handle->device.name, handle->loop_turns, most);
}

static focl_status check_loops(const focl_handle *handle, const focl__device_demand *demand) {
    const size_t most =
        demand->are_shared ? handle->loop_turns * SHARED_CLASSES_OF_TURN : handle->loop_turns / TURNS_OF_CLASS;
    /* A turn for a tile, in each item of the group, and half of them for all else. */
    const size_t summed = handle->loop_turns / 2 * handle->mapping.group * FOCL_TILE;
    const focl_status status = check_turns(handle, "classes", demand->classes, most);
    return status ? status : check_turns(handle, "elements", demand->summands, summed);
}

focl_status focl__check_device(const focl_handle *handle, const focl__device_demand *demand) {
    const focl_status status = check_type(handle, demand);
    return status ? status : check_loops(handle, demand);
}

static focl_status check_context(const focl_handle *handle, const focl__call_array *array) {
    cl_context context = NULL;
    const cl_int code = clGetMemObjectInfo(array->buffer.memory, CL_MEM_CONTEXT, sizeof context, &context, NULL);
    if (code != CL_SUCCESS)
        return focl__fail(FOCL_EINVAL, array->name, "is no OpenCL buffer: %s", focl__cl_code_name(code));
    if (context != handle->context)
        return focl__fail(FOCL_EINVAL, array->name, "is a buffer of another context than the handle's");
    return FOCL_OK;
}

static focl_status check_bounds(const focl__call_array *array) {
    size_t size = 0;
    const uint64_t offset = array->buffer.offset;
    const cl_int code = clGetMemObjectInfo(array->buffer.memory, CL_MEM_SIZE, sizeof size, &size, NULL);
    if (code != CL_SUCCESS)
        return focl__fail_cl(code, "clGetMemObjectInfo");
    if (offset % array->unit != 0)
        return focl__fail(FOCL_EINVAL, array->name, "its offset must be a multiple of %zu bytes, is %llu", array->unit,
                          (unsigned long long)offset);
    if (offset > size || array->bytes > size - offset)
        return focl__fail(FOCL_EBOUNDS, array->name, "needs %zu bytes at offset %llu, buffer has %zu", array->bytes,
                          (unsigned long long)offset, size);
    return FOCL_OK;
}

focl_status focl__check_buffer(const focl_handle *handle, const focl__call_array *array) {
    const focl_status status = check_context(handle, array);
    return status ? status : check_bounds(array);
}

/* An array's bytes within the memory that its buffer is, or is a part of. */
typedef struct byte_span {
    cl_mem memory;
    uint64_t start;
    size_t length;
} byte_span;

static byte_span span_of(const focl__call_array *array) {
    byte_span span = {array->buffer.memory, array->buffer.offset, array->bytes};
    cl_mem whole = NULL;
    size_t origin = 0;
    if (clGetMemObjectInfo(span.memory, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof whole, &whole, NULL) == CL_SUCCESS &&
        whole && clGetMemObjectInfo(span.memory, CL_MEM_OFFSET, sizeof origin, &origin, NULL) == CL_SUCCESS) {
        span.memory = whole;
        span.start += origin;
    }
    return span;
}

bool focl__buffers_overlap(const focl__call_array *left, const focl__call_array *right) {
    if (!left->buffer.memory || !right->buffer.memory)
        return false;
    const byte_span first = span_of(left);
    const byte_span second = span_of(right);
    if (first.memory != second.memory || first.length == 0 || second.length == 0)
        return false;
    return first.start < second.start ? second.start - first.start < first.length
                                      : first.start - second.start < second.length;
}

static focl_status check_queue(const focl_handle *handle, cl_command_queue queue, cl_command_queue *chosen) {
    cl_context context = NULL;
    cl_device_id device = NULL;
    *chosen = queue ? queue : handle->queue;
    if (!*chosen)
        return focl__fail(FOCL_EINVAL, "queue", "is NULL, and the handle has none of its own");
    if (clGetCommandQueueInfo(*chosen, CL_QUEUE_CONTEXT, sizeof context, &context, NULL) != CL_SUCCESS ||
        clGetCommandQueueInfo(*chosen, CL_QUEUE_DEVICE, sizeof device, &device, NULL) != CL_SUCCESS)
        return focl__fail(FOCL_EINVAL, "queue", "is no OpenCL command queue");
    if (context != handle->context || device != handle->device.cl_device)
        return focl__fail(FOCL_EINVAL, "queue", "is of another context or device than the handle's");
    return FOCL_OK;
}

static focl_status check_wait_list(cl_uint wait_count, const cl_event *wait_list) {
    if ((wait_count == 0) != (wait_list == NULL))
        return focl__fail(FOCL_EINVAL, "wait_list", "is %s and wait_count is %u", wait_list ? "given" : "NULL",
                          wait_count);
    for (cl_uint i = 0; i < wait_count; i++) {
        if (!wait_list[i])
            return focl__fail(FOCL_EINVAL, "wait_list", "event %u of %u is NULL", i, wait_count);
    }
    return FOCL_OK;
}

focl_status focl__check_start(const focl_handle *handle, cl_command_queue queue, cl_uint wait_count,
                              const cl_event *wait_list, cl_command_queue *chosen) {
    const focl_status status = check_queue(handle, queue, chosen);
    return status ? status : check_wait_list(wait_count, wait_list);
}
