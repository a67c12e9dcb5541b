/*
 * focl_loss on host memory: the same stages as the device API, over pieces that fit the device. A piece is a run of
 * whole tiles, so that the tiles' sums, which stay on the device, do not depend on the pieces.
 */
#include "focl/loss.h"

#include "../cl/agreement.clh"
#include "call_check.h"
#include "error.h"
#include "handle_private.h"
#include "loss_job.h"
#include "piece.h"

enum { PIECE_ELEMENTS_MAX = 1 << 26, ELEMENT_ARRAYS_MAX = 9 };

/* A call while it runs. */
typedef struct host_call {
    focl__loss_job job;
    const void *from[FOCL__LOSS_ARRAY_COUNT]; /* host memory that inputs are read from */
    void *to[FOCL__LOSS_ARRAY_COUNT];         /* and outputs written to */
    size_t piece_elements;
} host_call;

static void gather(host_call *call, const focl_loss_host_inputs *inputs, const focl_loss_host_outputs *outputs) {
#define GATHER_INPUT(field, type, extent)  call->from[FOCL__LOSS_##field] = inputs->field;
#define GATHER_OUTPUT(field, type, extent) call->to[FOCL__LOSS_##field] = outputs->field;
    FOCL_LOSS_INPUT_TABLE(GATHER_INPUT)
    FOCL_LOSS_OUTPUT_TABLE(GATHER_OUTPUT)
#undef GATHER_INPUT
#undef GATHER_OUTPUT
}

/* ---- Pieces ---- */

/* Strides make a piece of as many elements larger. */
static size_t slots_per_element(const focl__loss_shape *shape) {
    return shape->span > shape->elements ? (shape->span - 1) / shape->elements + 1 : 1;
}

/* Pieces are of whole tiles, so that the sums do not depend on them; of whole rows where rows are summed. */
static size_t piece_unit(const focl_loss_description *description) {
    const size_t slab = description->shape.classes * description->shape.inner;
    return focl__loss_sums_rows(description) && slab > 0 ? slab : FOCL_TILE;
}

static focl_status choose_piece(host_call *call) {
    const size_t widest = sizeof(double); /* of logits, weights and labels */
    size_t elements = 0;
    const focl_status status =
        focl__piece_choose(call->job.handle, widest * ELEMENT_ARRAYS_MAX, widest, PIECE_ELEMENTS_MAX, &elements);
    if (status)
        return status;
    elements /= slots_per_element(&call->job.plan.shape);
    const size_t unit = piece_unit(call->job.description);
    call->piece_elements = elements / unit > 0 ? elements / unit * unit : unit;
    return FOCL_OK;
}

/* The piece of elements that begins at first, and the rows that it needs. */
static focl__loss_piece piece_at(const host_call *call, size_t first) {
    const focl_view view = call->job.description->shape;
    const size_t left = call->job.plan.shape.elements - first;
    focl__loss_piece piece = {.first = first};
    piece.end = first + (left < call->piece_elements ? left : call->piece_elements);
    if (view.classes == 1) {
        piece.first_row = piece.first;
        piece.rows_end = piece.end;
    } else {
        const size_t slab = view.classes * view.inner;
        piece.first_row = piece.first / slab * view.inner;
        piece.rows_end = ((piece.end - 1) / slab + 1) * view.inner;
    }
    piece.slots = focl__loss_slots_of(call->job.description, piece.first, piece.end);
    return piece;
}

/* ---- Moving ---- */

typedef struct byte_range {
    size_t start;
    size_t length;
} byte_range;

static byte_range range_in(const focl__loss_array_shape *array, const focl__loss_piece *piece) {
    const size_t bytes = array->element_bytes;
    switch (array->range) {
    case FOCL__RANGE_ELEMENTS:
        return (byte_range){piece->slots.first * bytes, (piece->slots.end - piece->slots.first) * bytes};
    case FOCL__RANGE_ROWS:
        return (byte_range){piece->first_row * bytes, (piece->rows_end - piece->first_row) * bytes};
    case FOCL__RANGE_WHOLE:
        break;
    }
    return (byte_range){0, array->elements * bytes};
}

static bool is_output(size_t array) {
    return array >= FOCL__LOSS_FIRST_OUTPUT;
}

static bool has_gaps(const host_call *call, size_t array) {
    return call->job.plan.strided && call->job.plan.shape.arrays[array].range == FOCL__RANGE_ELEMENTS;
}

/* What must be on the device before the kernel: inputs, what is between outputs, and the gradient that is added to. */
static const void *source_of(const host_call *call, size_t array) {
    if (!is_output(array))
        return call->from[array];
    if (has_gaps(call, array))
        return call->to[array];
    return array == FOCL__LOSS_gradient && call->job.plan.accumulate != 0.0 ? call->to[array] : NULL;
}

static focl_status upload(host_call *call, size_t array, const focl__loss_piece *piece, cl_mem *memory) {
    const byte_range range = range_in(&call->job.plan.shape.arrays[array], piece);
    const char *source = source_of(call, array);
    cl_int code = CL_SUCCESS;
    if (range.length == 0)
        return FOCL_OK;
    *memory = clCreateBuffer(call->job.handle->context, CL_MEM_READ_WRITE, range.length, NULL, &code);
    if (code != CL_SUCCESS)
        return focl__fail_cl(code, "clCreateBuffer");
    if (source)
        code = clEnqueueWriteBuffer(call->job.chain.queue, *memory, CL_TRUE, 0, range.length, source + range.start, 0,
                                    NULL, NULL);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clEnqueueWriteBuffer");
}

static focl_status download(host_call *call, size_t array, const focl__loss_piece *piece, cl_mem memory) {
    const byte_range range = range_in(&call->job.plan.shape.arrays[array], piece);
    const cl_uint waits = call->job.chain.last ? 1 : 0;
    if (range.length == 0)
        return FOCL_OK;
    const cl_int code =
        clEnqueueReadBuffer(call->job.chain.queue, memory, CL_TRUE, 0, range.length,
                            (char *)call->to[array] + range.start, waits, waits ? &call->job.chain.last : NULL, NULL);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clEnqueueReadBuffer");
}

/* The arrays of one value come and go with the fold, all others with the pieces. */
static bool is_single(size_t array) {
    return array == FOCL__LOSS_reduced || array == FOCL__LOSS_counts || array == FOCL__LOSS_used_normalizer;
}

static bool moves_with_piece(const host_call *call, focl__loss_stage stage, size_t array) {
    return !is_single(array) && focl__loss_stage_uses(&call->job, stage, (enum focl__loss_array)array);
}

static void release(focl__loss_piece *piece) {
    for (size_t array = 0; array < FOCL__LOSS_ARRAY_COUNT; array++) {
        if (piece->arrays[array].memory)
            clReleaseMemObject(piece->arrays[array].memory);
        piece->arrays[array].memory = NULL;
    }
}

static focl_status run_piece(host_call *call, focl__loss_stage stage, focl__loss_piece *piece) {
    focl_status status = FOCL_OK;
    for (size_t array = 0; !status && array < FOCL__LOSS_ARRAY_COUNT; array++) {
        if (moves_with_piece(call, stage, array))
            status = upload(call, array, piece, &piece->arrays[array].memory);
    }
    if (!status)
        status = focl__loss_job_walk(&call->job, stage, piece);
    for (size_t array = FOCL__LOSS_FIRST_OUTPUT; !status && array < FOCL__LOSS_ARRAY_COUNT; array++) {
        if (moves_with_piece(call, stage, array))
            status = download(call, array, piece, piece->arrays[array].memory);
    }
    release(piece);
    return status;
}

/* The normaliser that the caller gave as an array, and the outputs of one value. */
static focl_status run_fold(host_call *call, focl__loss_stage stage) {
    static const enum focl__loss_array singles[] = {FOCL__LOSS_normalizer, FOCL__LOSS_reduced,
                                                    FOCL__LOSS_used_normalizer};
    const size_t count = sizeof singles / sizeof *singles;
    focl__loss_piece piece = {0};
    focl_status status = FOCL_OK;
    for (size_t i = 0; !status && i < count; i++) {
        if (call->job.plan.shape.arrays[singles[i]].given)
            status = upload(call, singles[i], &piece, &piece.arrays[singles[i]].memory);
    }
    if (!status)
        status = focl__loss_job_fold(&call->job, stage, piece.arrays);
    for (size_t i = 0; !status && stage == FOCL__STAGE_LOSS && i < count; i++) {
        if (is_output(singles[i]) && piece.arrays[singles[i]].memory)
            status = download(call, singles[i], &piece, piece.arrays[singles[i]].memory);
    }
    release(&piece);
    return status;
}

static focl_status run_stage(host_call *call, focl__loss_stage stage) {
    const size_t elements = call->job.plan.shape.elements;
    if (!focl__loss_job_needs(&call->job, stage))
        return FOCL_OK;
    for (size_t first = 0; first < elements; first += call->piece_elements) {
        focl__loss_piece piece = piece_at(call, first);
        const focl_status status = run_piece(call, stage, &piece);
        if (status)
            return status;
    }
    return run_fold(call, stage);
}

/* The targets have been counted on the host already: what the count decides is known. */
static void settle_counts(host_call *call, const focl_loss_counts *counts) {
    focl__loss_plan *plan = &call->job.plan;
    focl_loss_counts *wanted = call->to[FOCL__LOSS_counts];
    plan->divisor = focl__loss_plan_divisor(plan, counts);
    if (plan->source != FOCL__NORMALIZER_WEIGHTS && plan->source != FOCL__NORMALIZER_ARRAY)
        plan->source = FOCL__NORMALIZER_VALUE;
    plan->shape.arrays[FOCL__LOSS_counts].given = false;
    if (wanted)
        *wanted = *counts;
}

static focl_status run(host_call *call, const focl_loss_counts *counts) {
    focl_status status = choose_piece(call);
    if (status)
        return status;
    settle_counts(call, counts);
    for (int stage = FOCL__STAGE_COUNT; !status && stage < FOCL__STAGE_END; stage++)
        status = run_stage(call, (focl__loss_stage)stage);
    return status;
}

focl_status focl_loss_host(focl_handle *handle, const focl_loss_description *description,
                           const focl_loss_host_inputs *inputs, const focl_loss_host_outputs *outputs,
                           double *kernel_seconds) {
    focl__loss_shape shape;
    focl_loss_counts counts;
    double seconds = 0;
    if (!handle)
        return focl__fail(FOCL_EINVAL, "handle", "is NULL");
    if (!handle->queue)
        return focl__fail(FOCL_EINVAL, "handle", "has no queue of its own: it was made from the caller's context");
    focl_status status = focl__loss_check_host_call(description, inputs, outputs, &shape);
    if (!status) {
        const focl__device_demand demand = focl__loss_demand(description);
        status = focl__check_device(handle, &demand);
    }
    if (!status)
        status = focl__loss_check_targets(description, &shape, inputs->targets, &counts);
    if (status)
        return status;

    host_call call = {0};
    gather(&call, inputs, outputs);
    const focl__chain chain = {.queue = handle->queue, .kernel_seconds = kernel_seconds ? &seconds : NULL};
    status = focl__loss_job_open(&call.job, handle, description, &shape, chain, true);
    if (!status)
        status = run(&call, &counts);
    focl__loss_job_close(&call.job, NULL);
    if (kernel_seconds)
        *kernel_seconds = seconds;
    return status;
}
