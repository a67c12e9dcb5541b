/* focl_weighted_sum on the caller's buffers, and on host memory in pieces. */
#include "focl/weighted_sum.h"

#include "../cl/agreement.clh"
#include "../cl/weighted_sum_agreement.clh"
#include "array_calls.h"
#include "error.h"
#include "handle_private.h"
#include "launch.h"
#include "piece.h"

enum { PIECE_ELEMENTS_MAX = 1 << 26 };

/* What is calculated with, and what the sum is. */
static focl_type scalar_type(const focl_weighted_sum_description *description) {
    return description->losses_type == FOCL_F64 ? FOCL_F64 : FOCL_F32;
}

/* ---- Checks, in the order of the header ---- */

static focl_status check_weights(const focl_weighted_sum_description *description) {
    const focl_type type = description->weights_type;
    if (type == FOCL_F32 || (type == FOCL_F64 && description->losses_type == FOCL_F64))
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, "weights_type", "must be f32, or f64 beside f64 losses, is %s",
                      focl_type_name(type));
}

focl_status focl__weighted_sum_check(const focl_weighted_sum_description *description, focl__weighted_sum_given given) {
    if (!description)
        return focl__fail(FOCL_EINVAL, "description", "is NULL");
    focl_status status = focl__check_float_array("losses_type", description->losses_type, description->elements);
    if (!status && given.weights)
        status = check_weights(description);
    if (!status && given.weights)
        status = focl__check_float_array("weights_type", description->weights_type, description->elements);
    if (!status && !given.losses && description->elements > 0)
        status = focl__fail(FOCL_EINVAL, "losses", "is missing; there are %zu elements", description->elements);
    if (!status && !given.sum)
        status = focl__fail(FOCL_EINVAL, "sum", "is missing");
    return status;
}

static focl_status check_device(const focl_handle *handle, const focl_weighted_sum_description *description) {
    return focl__check_float_device(handle, "losses_type", description->losses_type, description->elements);
}

static focl_status check_buffers(const focl_handle *handle, const focl_weighted_sum_description *description,
                                 const focl_weighted_sum_buffers *buffers) {
    enum { LOSSES, WEIGHTS, SUM, ARRAYS };
    const size_t loss_bytes = focl_type_size(description->losses_type);
    const size_t weight_bytes = buffers->weights.memory ? focl_type_size(description->weights_type) : 1;
    const size_t sum_bytes = focl_type_size(scalar_type(description));
    const focl__call_array arrays[ARRAYS] = {
        [LOSSES] = {"losses", buffers->losses, description->elements * loss_bytes, loss_bytes},
        [WEIGHTS] = {"weights", buffers->weights, description->elements * weight_bytes, weight_bytes},
        [SUM] = {"sum", buffers->sum, sum_bytes, sum_bytes},
    };
    return focl__check_arrays(handle, arrays, ARRAYS, SUM);
}

static focl_status check_call(const focl_handle *handle, const focl_weighted_sum_description *description,
                              const focl_weighted_sum_buffers *buffers) {
    if (!handle)
        return focl__fail(FOCL_EINVAL, "handle", "is NULL");
    if (!buffers)
        return focl__fail(FOCL_EINVAL, "buffers", "is NULL");
    const focl__weighted_sum_given given = {buffers->losses.memory != NULL, buffers->weights.memory != NULL,
                                            buffers->sum.memory != NULL};
    focl_status status = focl__weighted_sum_check(description, given);
    if (!status)
        status = check_device(handle, description);
    return status ? status : check_buffers(handle, description, buffers);
}

/* ---- The kernels ---- */

/* A call while it is enqueued: the whole at once or one piece after another, each a run of whole tiles. */
typedef struct sum_job {
    focl_handle *handle;
    const focl_weighted_sum_description *description;
    bool is_weighted;
    focl__chain chain;
    cl_mem tiles; /* their sums, pairs */
} sum_job;

static focl_status job_open(sum_job *job, focl_handle *handle, const focl_weighted_sum_description *description,
                            bool is_weighted, focl__chain chain) {
    *job = (sum_job){.handle = handle, .description = description, .is_weighted = is_weighted, .chain = chain};
    const size_t tiles = focl__array_tiles(description->elements);
    const size_t bytes = 2 * focl_type_size(scalar_type(description)) * (tiles ? tiles : 1);
    return focl__make_memory(handle, bytes, &job->tiles);
}

static void job_close(sum_job *job, cl_event *event) {
    if (job->tiles)
        clReleaseMemObject(job->tiles);
    focl__chain_end(&job->chain, event);
}

static int weights_code(const sum_job *job) {
    if (!job->is_weighted)
        return FOCL_WEIGHTS_NONE;
    return job->description->weights_type == FOCL_F64 ? FOCL_WEIGHTS_F64 : FOCL_WEIGHTS_F32;
}

static focl_status launch(sum_job *job, const char *kernel, focl__spread spread, size_t tiles,
                          const focl__arguments *arguments) {
    const focl_weighted_sum_description *description = job->description;
    focl__launch_description how = {
        .kernel = kernel,
        .key = focl__array_key(job->handle, "weighted_sum", description->losses_type, description->elements),
        .spread = spread,
        .tiles = tiles,
        .vector_max = FOCL_LANES,
        .is_f64 = scalar_type(description) == FOCL_F64,
        .arguments = arguments,
    };
    focl__program_define(&how.key, "FOCL_WEIGHTS", weights_code(job));
    return focl__launch(job->handle, &job->chain, &how);
}

/* The sums of the tiles of elements that stand at `position` of the whole. */
static focl_status walk(sum_job *job, focl_buffer losses, focl_buffer weights, size_t position, size_t count) {
    const cl_ulong losses_offset = losses.offset / focl_type_size(job->description->losses_type);
    const cl_ulong weights_offset =
        job->is_weighted ? weights.offset / focl_type_size(job->description->weights_type) : 0;
    const cl_ulong elements = count;
    const cl_ulong first_tile = focl__array_tiles(position);
    focl__arguments arguments = {0};
    focl__argument_add(&arguments, sizeof losses.memory, &losses.memory);
    focl__argument_add(&arguments, sizeof losses_offset, &losses_offset);
    focl__argument_add(&arguments, sizeof weights.memory, &weights.memory);
    focl__argument_add(&arguments, sizeof weights_offset, &weights_offset);
    focl__argument_add(&arguments, sizeof elements, &elements);
    focl__argument_add(&arguments, sizeof job->tiles, &job->tiles);
    focl__argument_add(&arguments, sizeof first_tile, &first_tile);
    return launch(job, "weighted_sum_tiles", FOCL__SPREAD_SHARED, focl__array_tiles(count), &arguments);
}

/* The sum of the tiles, divided by 1. What a sum does not have takes the place of an argument only. */
static focl_status fold(sum_job *job, focl_buffer sum) {
    const size_t scalar_bytes = focl_type_size(scalar_type(job->description));
    const cl_ulong tiles = focl__array_tiles(job->description->elements);
    const focl__array_argument none = {NULL, 0};
    const focl__array_argument to = {sum.memory, sum.offset / scalar_bytes};
    const focl__scalar divisor = focl__scalar_make(scalar_type(job->description), 1);
    const focl__scalar empty = focl__scalar_make(scalar_type(job->description), 0);
    const cl_int yes = 1;
    const cl_int no = 0;
    focl__arguments arguments = {0};
    focl__argument_add(&arguments, sizeof job->tiles, &job->tiles);
    focl__argument_add(&arguments, sizeof tiles, &tiles);
    focl__argument_add(&arguments, sizeof none.memory, &none.memory);
    focl__argument_add(&arguments, sizeof none.offset, &none.offset);
    focl__argument_add(&arguments, sizeof no, &no);
    focl__argument_add(&arguments, scalar_bytes, &divisor);
    focl__argument_add(&arguments, scalar_bytes, &empty);
    focl__argument_add(&arguments, sizeof yes, &yes);
    focl__argument_add(&arguments, sizeof to.memory, &to.memory);
    focl__argument_add(&arguments, sizeof to.offset, &to.offset);
    focl__argument_add(&arguments, sizeof no, &no);
    focl__argument_add(&arguments, sizeof none.memory, &none.memory);
    focl__argument_add(&arguments, sizeof none.offset, &none.offset);
    return launch(job, "reduce_fold", FOCL__SPREAD_ONE, 1, &arguments);
}

focl_status focl_weighted_sum(focl_handle *handle, const focl_weighted_sum_description *description,
                              const focl_weighted_sum_buffers *buffers, cl_command_queue queue, cl_uint wait_count,
                              const cl_event *wait_list, cl_event *event) {
    focl__chain chain = {.wait_count = wait_count, .wait_list = wait_list};
    if (event)
        *event = NULL;
    focl_status status = check_call(handle, description, buffers);
    if (!status)
        status = focl__check_start(handle, queue, wait_count, wait_list, &chain.queue);
    if (status)
        return status;

    sum_job job;
    status = job_open(&job, handle, description, buffers->weights.memory != NULL, chain);
    if (!status && description->elements > 0)
        status = walk(&job, buffers->losses, buffers->weights, 0, description->elements);
    if (!status)
        status = fold(&job, buffers->sum);
    job_close(&job, status ? NULL : event);
    return status;
}

/* ---- Host memory ---- */

/* A call on host memory while it runs. */
typedef struct host_call {
    sum_job job;
    const char *losses;
    const char *weights;
    void *sum;
    size_t piece_elements;
    focl_weighted_sum_buffers buffers; /* of a piece, and the sum */
} host_call;

static focl_status check_host_call(const focl_handle *handle, const focl_weighted_sum_description *description,
                                   const host_call *call) {
    if (!handle)
        return focl__fail(FOCL_EINVAL, "handle", "is NULL");
    if (!handle->queue)
        return focl__fail(FOCL_EINVAL, "handle", "has no queue of its own: it was made from the caller's context");
    const focl__weighted_sum_given given = {call->losses != NULL, call->weights != NULL, call->sum != NULL};
    const focl_status status = focl__weighted_sum_check(description, given);
    return status ? status : check_device(handle, description);
}

static focl_status choose_piece(const focl_handle *handle, const focl_weighted_sum_description *description,
                                host_call *call) {
    const size_t loss_bytes = focl_type_size(description->losses_type);
    const size_t weight_bytes = call->weights ? focl_type_size(description->weights_type) : 0;
    const size_t widest = loss_bytes > weight_bytes ? loss_bytes : weight_bytes;
    size_t most = 0;
    const focl_status status = focl__piece_choose(handle, loss_bytes + weight_bytes, widest, PIECE_ELEMENTS_MAX, &most);
    call->piece_elements = most < FOCL_TILE ? FOCL_TILE : most / FOCL_TILE * FOCL_TILE;
    if (call->piece_elements > description->elements)
        call->piece_elements = description->elements;
    return status;
}

static focl_status make_buffers(host_call *call) {
    const focl_weighted_sum_description *description = call->job.description;
    focl_handle *handle = call->job.handle;
    const size_t elements = call->piece_elements;
    focl_status status = focl__make_memory(handle, focl_type_size(scalar_type(description)), &call->buffers.sum.memory);
    if (!status && elements > 0)
        status = focl__make_memory(handle, elements * focl_type_size(description->losses_type),
                                   &call->buffers.losses.memory);
    if (!status && elements > 0 && call->weights)
        status = focl__make_memory(handle, elements * focl_type_size(description->weights_type),
                                   &call->buffers.weights.memory);
    return status;
}

static void release_buffers(host_call *call) {
    const cl_mem memories[] = {call->buffers.losses.memory, call->buffers.weights.memory, call->buffers.sum.memory};
    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++)
        if (memories[i])
            clReleaseMemObject(memories[i]);
}

static focl_status upload(host_call *call, cl_mem memory, const char *from, size_t bytes) {
    const cl_int code = clEnqueueWriteBuffer(call->job.chain.queue, memory, CL_TRUE, 0, bytes, from, 0, NULL, NULL);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clEnqueueWriteBuffer");
}

/* The memory of a piece is used by one after another: the queue is in order, so each waits for the last. */
static focl_status run_piece(host_call *call, size_t position) {
    const focl_weighted_sum_description *description = call->job.description;
    const size_t loss_bytes = focl_type_size(description->losses_type);
    const size_t weight_bytes = call->weights ? focl_type_size(description->weights_type) : 0;
    const size_t left = description->elements - position;
    const size_t count = left < call->piece_elements ? left : call->piece_elements;
    focl_status status =
        upload(call, call->buffers.losses.memory, call->losses + position * loss_bytes, count * loss_bytes);
    if (!status && call->weights)
        status =
            upload(call, call->buffers.weights.memory, call->weights + position * weight_bytes, count * weight_bytes);
    return status ? status : walk(&call->job, call->buffers.losses, call->buffers.weights, position, count);
}

static focl_status read_sum(host_call *call) {
    const cl_int code = clEnqueueReadBuffer(call->job.chain.queue, call->buffers.sum.memory, CL_TRUE, 0,
                                            focl_type_size(scalar_type(call->job.description)), call->sum, 1,
                                            &call->job.chain.last, NULL);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clEnqueueReadBuffer");
}

static focl_status run(host_call *call) {
    focl_status status = make_buffers(call);
    for (size_t position = 0; !status && position < call->job.description->elements; position += call->piece_elements)
        status = run_piece(call, position);
    if (!status)
        status = fold(&call->job, call->buffers.sum);
    if (!status)
        status = read_sum(call);
    release_buffers(call);
    return status;
}

focl_status focl_weighted_sum_host(focl_handle *handle, const focl_weighted_sum_description *description,
                                   const void *losses, const void *weights, void *sum, double *kernel_seconds) {
    double seconds = 0;
    host_call call = {.losses = losses, .weights = weights, .sum = sum};
    focl_status status = check_host_call(handle, description, &call);
    if (!status)
        status = choose_piece(handle, description, &call);
    if (status)
        return status;

    const focl__chain chain = {.queue = handle->queue, .kernel_seconds = kernel_seconds ? &seconds : NULL};
    status = job_open(&call.job, handle, description, weights != NULL, chain);
    if (!status)
        status = run(&call);
    job_close(&call.job, NULL);
    if (kernel_seconds)
        *kernel_seconds = seconds;
    return status;
}
