/* focl_class_counts on the caller's buffers, and on host memory in pieces. */
#include "focl/class_counts.h"

#include "call_check.h"
#include "class_counts_job.h"
#include "error.h"
#include "handle_private.h"
#include "piece.h"

enum { PIECE_LABELS_MAX = 1 << 26 };

/* ---- Checks, in the order of the header ---- */

static bool is_label_type(focl_type type) {
    return type == FOCL_U8 || type == FOCL_I16 || type == FOCL_I32 || type == FOCL_I64;
}

static focl_status check_description(const focl_class_counts_description *description) {
    if (!description)
        return focl__fail(FOCL_EINVAL, "description", "is NULL");
    if (!is_label_type(description->targets_type))
        return focl__fail(FOCL_EINVAL, "targets_type", "must be u8, i16, i32 or i64, is %s",
                          focl_type_name(description->targets_type));
    if (description->labels > SIZE_MAX / focl_type_size(description->targets_type))
        return focl__fail(FOCL_EINVAL, "labels", "%zu labels of %zu bytes are more than a size can say",
                          description->labels, focl_type_size(description->targets_type));
    if (description->classes < 1 || description->classes > INT32_MAX)
        return focl__fail(FOCL_EINVAL, "classes", "must be from 1 to 2147483647, is %zu", description->classes);
    return FOCL_OK;
}

static focl_status check_presence(const focl_class_counts_description *description, bool targets, bool outputs) {
    if (!targets && description->labels > 0)
        return focl__fail(FOCL_EINVAL, "targets", "is missing; there are %zu labels", description->labels);
    if (!outputs)
        return focl__fail(FOCL_EINVAL, "counts", "is missing, and so is record; at least one must be given");
    return FOCL_OK;
}

/* ---- Device memory ---- */

enum { TARGETS, COUNTS, RECORD, ARRAYS };

static void describe_arrays(const focl_class_counts_description *description, const focl_class_counts_buffers *buffers,
                            focl__call_array arrays[ARRAYS]) {
    const size_t label_bytes = focl_type_size(description->targets_type);
    arrays[TARGETS] = (focl__call_array){"targets", buffers->targets, description->labels * label_bytes, label_bytes};
    arrays[COUNTS] =
        (focl__call_array){"counts", buffers->counts, description->classes * sizeof(uint64_t), sizeof(uint64_t)};
    arrays[RECORD] = (focl__call_array){"record", buffers->record, sizeof(focl_class_counts_record), sizeof(uint64_t)};
}

static focl_status check_buffers(const focl_handle *handle, const focl_class_counts_description *description,
                                 const focl_class_counts_buffers *buffers) {
    focl__call_array arrays[ARRAYS];
    describe_arrays(description, buffers, arrays);
    for (int i = TARGETS; i < ARRAYS; i++) {
        const focl_status status = arrays[i].buffer.memory ? focl__check_buffer(handle, &arrays[i]) : FOCL_OK;
        if (status)
            return status;
    }
    for (int output = COUNTS; output < ARRAYS; output++)
        for (int other = TARGETS; other < output; other++)
            if (focl__buffers_overlap(&arrays[output], &arrays[other]))
                return focl__fail(FOCL_EOVERLAP, arrays[output].name, "%zu bytes overlap those of %s",
                                  arrays[output].bytes, arrays[other].name);
    return FOCL_OK;
}

static focl_status check_call(const focl_handle *handle, const focl_class_counts_description *description,
                              const focl_class_counts_buffers *buffers) {
    if (!handle)
        return focl__fail(FOCL_EINVAL, "handle", "is NULL");
    focl_status status = check_description(description);
    if (!status && !buffers)
        status = focl__fail(FOCL_EINVAL, "buffers", "is NULL");
    if (!status)
        status = check_presence(description, buffers->targets.memory, buffers->counts.memory || buffers->record.memory);
    return status ? status : check_buffers(handle, description, buffers);
}

focl_status focl_class_counts(focl_handle *handle, const focl_class_counts_description *description,
                              const focl_class_counts_buffers *buffers, cl_command_queue queue, cl_uint wait_count,
                              const cl_event *wait_list, cl_event *event) {
    focl__chain chain = {.wait_count = wait_count, .wait_list = wait_list};
    if (event)
        *event = NULL;
    focl_status status = check_call(handle, description, buffers);
    if (!status)
        status = focl__check_start(handle, queue, wait_count, wait_list, &chain.queue);
    if (status)
        return status;

    focl__counts_job job;
    status = focl__counts_job_open(&job, handle, description, description->labels, chain);
    if (!status)
        status = focl__counts_job_run(&job, buffers, 0, description->labels);
    focl__counts_job_close(&job, status ? NULL : event);
    return status;
}

/* ---- Host memory ---- */

/* A call on host memory while it runs. */
typedef struct host_call {
    focl__counts_job job;
    focl_class_counts_buffers buffers;
    const char *targets;
    uint64_t *counts;
    focl_class_counts_record *record;
    size_t piece_labels;
} host_call;

static focl_status check_host_call(const focl_handle *handle, const focl_class_counts_description *description,
                                   const void *targets, const uint64_t *counts,
                                   const focl_class_counts_record *record) {
    if (!handle)
        return focl__fail(FOCL_EINVAL, "handle", "is NULL");
    if (!handle->queue)
        return focl__fail(FOCL_EINVAL, "handle", "has no queue of its own: it was made from the caller's context");
    const focl_status status = check_description(description);
    return status ? status : check_presence(description, targets, counts || record);
}

static size_t label_bytes(const host_call *call) {
    return focl_type_size(call->job.description->targets_type);
}

static focl_status make_buffer(host_call *call, size_t bytes, focl_buffer *buffer) {
    cl_int code = CL_SUCCESS;
    if (bytes == 0)
        return FOCL_OK;
    buffer->memory = clCreateBuffer(call->job.handle->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clCreateBuffer");
}

static focl_status make_buffers(host_call *call) {
    focl_status status = make_buffer(call, call->piece_labels * label_bytes(call), &call->buffers.targets);
    if (!status && call->counts)
        status = make_buffer(call, call->job.description->classes * sizeof(uint64_t), &call->buffers.counts);
    return status ? status : make_buffer(call, sizeof(focl_class_counts_record), &call->buffers.record);
}

static void release_buffers(host_call *call) {
    const cl_mem memories[] = {call->buffers.targets.memory, call->buffers.counts.memory, call->buffers.record.memory};
    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++)
        if (memories[i])
            clReleaseMemObject(memories[i]);
}

/* The memory of the labels is used by one piece after another: the queue is in order, so each waits for the last. */
static focl_status run_piece(host_call *call, size_t position) {
    const size_t left = call->job.description->labels - position;
    const size_t labels = left < call->piece_labels ? left : call->piece_labels;
    cl_int code = CL_SUCCESS;
    if (labels > 0)
        code = clEnqueueWriteBuffer(call->job.chain.queue, call->buffers.targets.memory, CL_TRUE, 0,
                                    labels * label_bytes(call), call->targets + position * label_bytes(call), 0, NULL,
                                    NULL);
    if (code != CL_SUCCESS)
        return focl__fail_cl(code, "clEnqueueWriteBuffer");
    return focl__counts_job_run(&call->job, &call->buffers, position, labels);
}

static focl_status run_pieces(host_call *call) {
    size_t position = 0;
    focl_status status = FOCL_OK;
    do {
        status = run_piece(call, position);
        position += call->piece_labels;
    } while (!status && position < call->job.description->labels && call->piece_labels > 0);
    return status;
}

static focl_status read_back(host_call *call, cl_mem memory, size_t bytes, void *to) {
    const cl_event *last = &call->job.chain.last;
    const cl_int code = clEnqueueReadBuffer(call->job.chain.queue, memory, CL_TRUE, 0, bytes, to, 1, last, NULL);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clEnqueueReadBuffer");
}

static focl_status run(host_call *call) {
    focl_status status = make_buffers(call);
    if (!status)
        status = run_pieces(call);
    if (!status && call->record)
        status = read_back(call, call->buffers.record.memory, sizeof *call->record, call->record);
    if (!status && call->counts)
        status = read_back(call, call->buffers.counts.memory, call->job.description->classes * sizeof(uint64_t),
                           call->counts);
    release_buffers(call);
    return status;
}

focl_status focl_class_counts_host(focl_handle *handle, const focl_class_counts_description *description,
                                   const void *targets, uint64_t *counts, focl_class_counts_record *record,
                                   double *kernel_seconds) {
    double seconds = 0;
    host_call call = {.targets = targets, .counts = counts, .record = record};
    focl_status status = check_host_call(handle, description, targets, counts, record);
    if (!status)
        status = focl__piece_choose(handle, focl_type_size(description->targets_type),
                                    focl_type_size(description->targets_type), PIECE_LABELS_MAX, &call.piece_labels);
    if (status)
        return status;
    if (call.piece_labels > description->labels)
        call.piece_labels = description->labels;

    const focl__chain chain = {.queue = handle->queue, .kernel_seconds = kernel_seconds ? &seconds : NULL};
    status = focl__counts_job_open(&call.job, handle, description, call.piece_labels, chain);
    if (!status)
        status = run(&call);
    focl__counts_job_close(&call.job, NULL);
    if (kernel_seconds)
        *kernel_seconds = seconds;
    return status;
}
