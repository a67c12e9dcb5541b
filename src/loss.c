/* focl_loss on the caller's buffers: check them, then enqueue the stages. */
#include "focl/loss.h"

#include "error.h"
#include "handle_private.h"
#include "loss_job.h"

static void gather(const focl_loss_inputs *inputs, const focl_loss_outputs *outputs,
                   focl_buffer arrays[FOCL__LOSS_ARRAY_COUNT]) {
#define GATHER_INPUT(field, type, extent)  arrays[FOCL__LOSS_##field] = inputs->field;
#define GATHER_OUTPUT(field, type, extent) arrays[FOCL__LOSS_##field] = outputs->field;
    FOCL_LOSS_INPUT_TABLE(GATHER_INPUT)
    FOCL_LOSS_OUTPUT_TABLE(GATHER_OUTPUT)
#undef GATHER_INPUT
#undef GATHER_OUTPUT
}

static focl_status check_context(const focl_handle *handle, const char *name, cl_mem memory) {
    cl_context context = NULL;
    const cl_int code = clGetMemObjectInfo(memory, CL_MEM_CONTEXT, sizeof context, &context, NULL);
    if (code != CL_SUCCESS)
        return focl__fail(FOCL_EINVAL, name, "is no OpenCL buffer: %s", focl__cl_code_name(code));
    if (context != handle->context)
        return focl__fail(FOCL_EINVAL, name, "is a buffer of another context than the handle's");
    return FOCL_OK;
}

static focl_status check_bounds(const focl__loss_array_shape *array, const focl_buffer *buffer) {
    size_t size = 0;
    const size_t length = array->elements * array->element_bytes;
    const size_t unit = array->element_bytes == sizeof(focl_loss_counts) ? sizeof(uint64_t) : array->element_bytes;
    const cl_int code = clGetMemObjectInfo(buffer->memory, CL_MEM_SIZE, sizeof size, &size, NULL);
    if (code != CL_SUCCESS)
        return focl__fail_cl(code, "clGetMemObjectInfo");
    if (buffer->offset % unit != 0)
        return focl__fail(FOCL_EINVAL, array->name, "its offset must be a multiple of %zu bytes, is %llu", unit,
                          (unsigned long long)buffer->offset);
    if (buffer->offset > size || length > size - buffer->offset)
        return focl__fail(FOCL_EBOUNDS, array->name, "needs %zu bytes at offset %llu, buffer has %zu", length,
                          (unsigned long long)buffer->offset, size);
    return FOCL_OK;
}

static size_t bytes_of(const focl__loss_shape *shape, size_t array) {
    return shape->arrays[array].elements * shape->arrays[array].element_bytes;
}

/* A buffer's bytes within the memory that it is, or is a part of. */
typedef struct byte_span {
    cl_mem memory;
    uint64_t start;
    size_t length;
} byte_span;

static byte_span span_of(const focl__loss_shape *shape, const focl_buffer *arrays, size_t array) {
    byte_span span = {arrays[array].memory, arrays[array].offset, bytes_of(shape, array)};
    cl_mem whole = NULL;
    size_t origin = 0;
    if (clGetMemObjectInfo(span.memory, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof whole, &whole, NULL) == CL_SUCCESS &&
        whole && clGetMemObjectInfo(span.memory, CL_MEM_OFFSET, sizeof origin, &origin, NULL) == CL_SUCCESS) {
        span.memory = whole;
        span.start += origin;
    }
    return span;
}

static bool overlap(const focl__loss_shape *shape, const focl_buffer *arrays, size_t a, size_t b) {
    if (!arrays[a].memory || !arrays[b].memory)
        return false;
    const byte_span first = span_of(shape, arrays, a);
    const byte_span second = span_of(shape, arrays, b);
    if (first.memory != second.memory || first.length == 0 || second.length == 0)
        return false;
    return first.start < second.start ? second.start - first.start < first.length
                                      : first.start - second.start < second.length;
}

static bool is_in_place(const focl_loss_description *description, const focl_buffer *arrays, size_t output,
                        size_t other) {
    return description->in_place && output == FOCL__LOSS_gradient && other == FOCL__LOSS_logits &&
           arrays[output].memory == arrays[other].memory && arrays[output].offset == arrays[other].offset;
}

static focl_status check_overlaps(const focl_loss_description *description, const focl__loss_shape *shape,
                                  const focl_buffer *arrays) {
    for (size_t output = FOCL__LOSS_FIRST_OUTPUT; output < FOCL__LOSS_ARRAY_COUNT; output++) {
        for (size_t other = 0; other < output; other++) {
            if (!arrays[output].memory || is_in_place(description, arrays, output, other))
                continue;
            if (overlap(shape, arrays, output, other))
                return focl__fail(FOCL_EOVERLAP, shape->arrays[output].name, "%zu bytes overlap those of %s",
                                  bytes_of(shape, output), shape->arrays[other].name);
        }
    }
    return FOCL_OK;
}

static focl_status check_buffers(const focl_handle *handle, const focl_loss_description *description,
                                 const focl__loss_shape *shape, const focl_buffer *arrays) {
    for (size_t array = 0; array < FOCL__LOSS_ARRAY_COUNT; array++) {
        if (!arrays[array].memory)
            continue;
        focl_status status = check_context(handle, shape->arrays[array].name, arrays[array].memory);
        if (!status)
            status = check_bounds(&shape->arrays[array], &arrays[array]);
        if (status)
            return status;
    }
    return check_overlaps(description, shape, arrays);
}

static focl_status check_call(const focl_handle *handle, const focl_loss_description *description,
                              const focl_buffer *arrays, focl__loss_shape *shape) {
    bool given[FOCL__LOSS_ARRAY_COUNT];
    for (size_t array = 0; array < FOCL__LOSS_ARRAY_COUNT; array++)
        given[array] = arrays[array].memory != NULL;
    const focl_status status = focl__loss_check(description, given, shape);
    return status ? status : check_buffers(handle, description, shape, arrays);
}

/* A queue that does not belong to the handle's context would fail with a code that tells nothing. */
static focl_status choose_queue(const focl_handle *handle, cl_command_queue queue, cl_command_queue *chosen) {
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

static focl_status run(focl__loss_job *job, const focl__loss_piece *whole) {
    for (int stage = FOCL__STAGE_COUNT; stage < FOCL__STAGE_END; stage++) {
        if (!focl__loss_job_needs(job, (focl__loss_stage)stage))
            continue;
        focl_status status = focl__loss_job_walk(job, (focl__loss_stage)stage, whole);
        if (!status)
            status = focl__loss_job_fold(job, (focl__loss_stage)stage, whole->arrays);
        if (status)
            return status;
    }
    return job->chain.last ? FOCL_OK : focl__chain_mark(&job->chain);
}

focl_status focl_loss(focl_handle *handle, const focl_loss_description *description, const focl_loss_inputs *inputs,
                      const focl_loss_outputs *outputs, cl_command_queue queue, cl_uint wait_count,
                      const cl_event *wait_list, cl_event *event) {
    if (event)
        *event = NULL;
    if (!handle || !inputs || !outputs)
        return focl__fail(FOCL_EINVAL, !handle ? "handle" : !inputs ? "inputs" : "outputs", "is NULL");
    focl__loss_shape shape;
    focl__loss_piece whole = {0};
    focl__chain chain = {.wait_count = wait_count, .wait_list = wait_list};
    gather(inputs, outputs, whole.arrays);
    focl_status status = check_call(handle, description, whole.arrays, &shape);
    if (!status)
        status = choose_queue(handle, queue, &chain.queue);
    if (!status)
        status = check_wait_list(wait_count, wait_list);
    if (status)
        return status;

    whole.end = shape.elements;
    whole.rows_end = shape.rows;
    focl__loss_job job;
    status = focl__loss_job_open(&job, handle, description, &shape, chain);
    if (!status)
        status = run(&job, &whole);
    focl__loss_job_close(&job, status ? NULL : event);
    return status;
}
