/*
 * focl_linear_loss and focl_linear_logits. The counters and normalisers of all rows come first; then chunk by chunk the
 * logits, the loss, which leaves its gradient in their place, and the products that take it; then the folds. So the
 * sums are those of focl_loss, whatever the chunks.
 */
#include "focl/linear_loss.h"

#include "../cl/agreement.clh"
#include "call_check.h"
#include "error.h"
#include "handle_private.h"
#include "linear_head.h"
#include "linear_loss_check.h"
#include "loss_job.h"

bool focl_has_linear_loss(void) {
    return focl__has_blas();
}

focl_linear_loss_description focl_linear_loss_default(focl_activation activation, focl_objective objective, size_t rows,
                                                      size_t features, size_t classes) {
    return (focl_linear_loss_description){
        .loss = focl_loss_default(activation, objective, (focl_view){rows, classes, 1}),
        .features = features,
    };
}

/* ---- Matrices ---- */

static bool given(const focl__linear_call *call, enum focl__linear_array array) {
    return call->matrices[array].memory != NULL;
}

/* Rows of a matrix that has rows like the features. */
static focl__matrix rows_of(const focl__matrix *matrix, size_t first, size_t count) {
    focl__matrix part = *matrix;
    part.offset += (uint64_t)first * matrix->columns;
    part.rows = count;
    return part;
}

/* ---- Logits ---- */

/*
 * What the logits of every chunk are made with. The products would copy W with its sides changed for every chunk, so
 * that is done once where there are several.
 */
typedef struct projection {
    focl_handle *handle;
    const focl__linear_call *call;
    focl__matrix matrix;
    bool transposes;
    cl_mem memory; /* owned: the transposed copy, or NULL */
    focl__workspace workspace;
} projection;

static focl_status open_projection(projection *by, focl_handle *handle, const focl__linear_call *call,
                                   focl__chain *chain) {
    const focl__matrix *matrix = &call->matrices[FOCL__LINEAR_matrix];
    *by = (projection){.handle = handle, .call = call, .matrix = *matrix, .transposes = true};
    if (call->chunk_rows >= call->rows)
        return FOCL_OK;
    const focl_status status =
        focl__make_memory(handle, matrix->rows * matrix->columns * focl_type_size(call->type), &by->memory);
    if (status)
        return status;
    by->matrix = (focl__matrix){matrix->name, by->memory, 0, matrix->columns, matrix->rows};
    by->transposes = false;
    return focl__blas_transpose(handle, chain, call->type, matrix, &by->matrix);
}

static void close_projection(projection *by) {
    if (by->memory)
        clReleaseMemObject(by->memory);
    focl__workspace_close(&by->workspace);
}

/* Enqueues the logits of the rows from first on. */
static focl_status project(projection *by, focl__chain *chain, size_t first, const focl__matrix *logits) {
    const focl__linear_call *call = by->call;
    const bool has_bias = given(call, FOCL__LINEAR_bias);
    const focl__product product = {
        .left = rows_of(&call->matrices[FOCL__LINEAR_features], first, logits->rows),
        .right = by->matrix,
        .result = *logits,
        .transposes_right = by->transposes,
        .old_factor = has_bias ? 1.0 : 0.0,
    };
    focl_status status = FOCL_OK;
    if (has_bias)
        status = focl__linear_head_fill(by->handle, chain, call->type, &call->matrices[FOCL__LINEAR_bias], logits);
    return status ? status : focl__blas_multiply(by->handle, chain, &by->workspace, call->type, &product);
}

/* A call while it is enqueued. */
typedef struct linear_job {
    focl_handle *handle;
    const focl__linear_call *call;
    focl_loss_description loss; /* of a chunk's logits in the scratch memory, its gradient in place */
    double accumulate;          /* of the gradients with respect to the call's matrices */
    focl__loss_job job;
    projection by;
    cl_mem logits;  /* of a chunk */
    cl_mem sums;    /* of strips of its rows */
    cl_mem losses;  /* where chunks split tiles: what is not summed yet */
    size_t pending; /* how many that are */
    size_t tile;    /* the one that they begin */
} linear_job;

/* ---- Gradients ---- */

static focl_status add_features_gradient(linear_job *job, size_t first, const focl__matrix *gradient) {
    const focl__linear_call *call = job->call;
    const focl__product product = {
        .left = *gradient,
        .right = call->matrices[FOCL__LINEAR_matrix],
        .result = rows_of(&call->matrices[FOCL__LINEAR_features_gradient], first, gradient->rows),
        .old_factor = job->accumulate,
    };
    return focl__blas_multiply(job->handle, &job->job.chain, &job->by.workspace, call->type, &product);
}

static focl_status add_matrix_gradient(linear_job *job, size_t first, const focl__matrix *gradient, double old_factor) {
    const focl__linear_call *call = job->call;
    const focl__product product = {
        .left = *gradient,
        .right = rows_of(&call->matrices[FOCL__LINEAR_features], first, gradient->rows),
        .result = call->matrices[FOCL__LINEAR_matrix_gradient],
        .transposes_left = true,
        .old_factor = old_factor,
    };
    return focl__blas_multiply(job->handle, &job->job.chain, &job->by.workspace, call->type, &product);
}

static focl_status add_gradients(linear_job *job, size_t first, const focl__matrix *gradient) {
    const focl__linear_call *call = job->call;
    const double old_factor = first == 0 ? job->accumulate : 1.0;
    focl_status status = FOCL_OK;
    if (given(call, FOCL__LINEAR_features_gradient))
        status = add_features_gradient(job, first, gradient);
    if (!status && given(call, FOCL__LINEAR_matrix_gradient))
        status = add_matrix_gradient(job, first, gradient, old_factor);
    if (!status && given(call, FOCL__LINEAR_bias_gradient))
        status = focl__linear_head_sum(job->handle, &job->job.chain, call->type, gradient, job->sums,
                                       &call->matrices[FOCL__LINEAR_bias_gradient], old_factor);
    return status;
}

/* Without logits there is nothing to add. */
static focl_status scale_gradients(linear_job *job) {
    focl_status status = FOCL_OK;
    for (size_t i = FOCL__LINEAR_FIRST_OUTPUT; !status && i < FOCL__LINEAR_ARRAY_COUNT; i++)
        if (job->call->matrices[i].memory)
            status = focl__blas_scale(job->handle, &job->job.chain, job->call->type, &job->call->matrices[i],
                                      job->accumulate);
    return status;
}

/* ---- Losses of elements that do not begin with a tile ---- */

static size_t scalar_bytes(const linear_job *job) {
    return focl_type_size(focl__loss_scalar_type(&job->loss));
}

static focl_status copy(linear_job *job, focl_buffer from, size_t to_entry, size_t count) {
    focl__chain *chain = &job->job.chain;
    const size_t unit = scalar_bytes(job);
    cl_event next = NULL;
    if (count == 0)
        return FOCL_OK;
    const cl_int code =
        clEnqueueCopyBuffer(chain->queue, from.memory, job->losses, (size_t)from.offset, to_entry * unit, count * unit,
                            focl__chain_wait_count(chain), focl__chain_wait_list(chain), &next);
    if (code != CL_SUCCESS)
        return focl__fail_cl(code, "clEnqueueCopyBuffer");
    focl__chain_advance(chain, next);
    return FOCL_OK;
}

/* Sums the tiles that are full, or at the end all; what is left moves to the front. */
static focl_status sum_losses(linear_job *job, bool at_end) {
    const size_t full = at_end ? job->pending : job->pending / FOCL_TILE * FOCL_TILE;
    focl_status status = focl__loss_job_sum(&job->job, job->losses, full, job->tile);
    if (!status && full > 0)
        status = copy(job, (focl_buffer){job->losses, full * scalar_bytes(job)}, 0, job->pending - full);
    job->pending -= full;
    job->tile += full / FOCL_TILE;
    return status;
}

/* The losses of the piece are where its array of losses is: the caller's, or already among those to be summed. */
static focl_status take_losses(linear_job *job, const focl__loss_piece *piece) {
    const focl_buffer from = piece->arrays[FOCL__LOSS_loss];
    const size_t count = piece->end - piece->first;
    const focl_status status = from.memory == job->losses ? FOCL_OK : copy(job, from, job->pending, count);
    job->pending += count;
    return status ? status : sum_losses(job, piece->rows_end == job->call->rows);
}

/* ---- Chunks ---- */

/* Where a loss array's part for the piece begins. */
static focl_buffer part_of(const focl__loss_array_shape *array, focl_buffer whole, const focl__loss_piece *piece) {
    const size_t entries = array->range == FOCL__RANGE_ELEMENTS ? piece->first
                           : array->range == FOCL__RANGE_ROWS   ? piece->first_row
                                                                : 0;
    whole.offset += (uint64_t)entries * array->element_bytes;
    return whole;
}

static focl__loss_piece piece_at(const linear_job *job, size_t first, size_t rows) {
    const size_t classes = job->call->classes;
    focl__loss_piece piece = {
        .first = first * classes,
        .end = (first + rows) * classes,
        .first_row = first,
        .rows_end = first + rows,
        .slots = {first * classes, (first + rows) * classes},
    };
    for (size_t i = 0; i < FOCL__LOSS_ARRAY_COUNT; i++)
        piece.arrays[i] = part_of(&job->call->shape.arrays[i], job->call->arrays[i], &piece);
    return piece;
}

static focl_status run_chunk(linear_job *job, size_t first, size_t rows) {
    const focl__matrix logits = {"logits", job->logits, 0, rows, job->call->classes};
    focl__loss_piece piece = piece_at(job, first, rows);
    piece.arrays[FOCL__LOSS_logits] = (focl_buffer){job->logits, 0};
    if (job->call->shape.arrays[FOCL__LOSS_gradient].given)
        piece.arrays[FOCL__LOSS_gradient] = piece.arrays[FOCL__LOSS_logits];
    if (job->losses && !piece.arrays[FOCL__LOSS_loss].memory)
        piece.arrays[FOCL__LOSS_loss] = (focl_buffer){job->losses, job->pending * scalar_bytes(job)};
    focl_status status = project(&job->by, &job->job.chain, first, &logits);
    for (int stage = FOCL__STAGE_PROBABILITIES; !status && stage < FOCL__STAGE_END; stage++)
        if (focl__loss_job_needs(&job->job, (focl__loss_stage)stage))
            status = focl__loss_job_walk(&job->job, (focl__loss_stage)stage, &piece);
    if (!status && job->losses)
        status = take_losses(job, &piece);
    return status ? status : add_gradients(job, first, &logits);
}

static focl_status make_scratch(linear_job *job) {
    const focl__linear_call *call = job->call;
    const size_t elements = call->chunk_rows * call->classes;
    focl_status status = focl__make_memory(job->handle, elements * focl_type_size(call->type), &job->logits);
    if (!status && given(call, FOCL__LINEAR_bias_gradient))
        status = focl__make_memory(
            job->handle, focl__linear_head_sums_bytes(call->type, call->chunk_rows, call->classes), &job->sums);
    if (!status && job->job.sums_apart)
        status = focl__make_memory(job->handle, (elements + FOCL_TILE) * scalar_bytes(job), &job->losses);
    return status;
}

static focl_status run_chunks(linear_job *job) {
    const focl__linear_call *call = job->call;
    if (call->shape.elements == 0)
        return scale_gradients(job);
    focl_status status = make_scratch(job);
    if (!status)
        status = open_projection(&job->by, job->handle, call, &job->job.chain);
    for (size_t first = 0; !status && first < call->rows; first += call->chunk_rows) {
        const size_t left = call->rows - first;
        status = run_chunk(job, first, left < call->chunk_rows ? left : call->chunk_rows);
    }
    return status;
}

/* The stages that need the targets alone. */
static focl_status run_normalizers(linear_job *job) {
    const focl__loss_piece whole = piece_at(job, 0, job->call->rows);
    for (int stage = FOCL__STAGE_COUNT; stage < FOCL__STAGE_PROBABILITIES; stage++) {
        if (!focl__loss_job_needs(&job->job, (focl__loss_stage)stage))
            continue;
        focl_status status = focl__loss_job_walk(&job->job, (focl__loss_stage)stage, &whole);
        if (!status)
            status = focl__loss_job_fold(&job->job, (focl__loss_stage)stage, whole.arrays);
        if (status)
            return status;
    }
    return FOCL_OK;
}

static focl_status run(linear_job *job) {
    focl_status status = run_normalizers(job);
    if (!status && focl__loss_job_needs(&job->job, FOCL__STAGE_LOSS))
        status = run_chunks(job);
    if (!status && focl__loss_job_needs(&job->job, FOCL__STAGE_LOSS))
        status = focl__loss_job_fold(&job->job, FOCL__STAGE_LOSS, job->call->arrays);
    if (status)
        return status;
    return job->job.chain.last ? FOCL_OK : focl__chain_mark(&job->job.chain);
}

/* ---- The calls ---- */

static focl_status check_arguments(const focl_handle *handle, const focl_linear_loss_inputs *inputs,
                                   const void *outputs) {
    if (!handle || !inputs || !outputs)
        return focl__fail(FOCL_EINVAL, !handle ? "handle" : !inputs ? "inputs" : "outputs", "is NULL");
    return FOCL_OK;
}

static void release(cl_mem memory) {
    if (memory)
        clReleaseMemObject(memory);
}

focl_status focl_linear_loss(focl_handle *handle, const focl_linear_loss_description *description,
                             const focl_linear_loss_inputs *inputs, const focl_linear_loss_outputs *outputs,
                             cl_command_queue queue, cl_uint wait_count, const cl_event *wait_list, cl_event *event) {
    focl__linear_call call;
    focl__chain chain = {.wait_count = wait_count, .wait_list = wait_list};
    if (event)
        *event = NULL;
    focl_status status = check_arguments(handle, inputs, outputs);
    if (!status)
        status = focl__linear_loss_check(handle, description, inputs, outputs, &call);
    if (!status)
        status = focl__check_start(handle, queue, wait_count, wait_list, &chain.queue);
    if (status)
        return status;

    linear_job job = {.handle = handle, .call = &call, .loss = description->loss};
    job.accumulate = call.type == FOCL_F64 ? job.loss.accumulate : (double)(float)job.loss.accumulate;
    job.loss.accumulate = 0.0;
    job.loss.in_place = true;
    focl__loss_shape shape = call.shape;
    shape.arrays[FOCL__LOSS_loss].given |= call.splits_tiles;
    status = focl__loss_job_open(&job.job, handle, &job.loss, &shape, chain, true);
    job.job.sums_apart = call.splits_tiles;
    if (!status)
        status = run(&job);
    close_projection(&job.by);
    release(job.logits);
    release(job.sums);
    release(job.losses);
    focl__loss_job_close(&job.job, status ? NULL : event);
    return status;
}

static focl_status run_logits(projection *by, focl__chain *chain) {
    const focl__linear_call *call = by->call;
    const focl_buffer *to = &call->arrays[FOCL__LOSS_logits];
    const focl__matrix logits = {"logits", to->memory, to->offset / focl_type_size(call->type), call->rows,
                                 call->classes};
    for (size_t first = 0; first < call->rows; first += call->chunk_rows) {
        const size_t left = call->rows - first;
        const focl__matrix chunk = rows_of(&logits, first, left < call->chunk_rows ? left : call->chunk_rows);
        const focl_status status = project(by, chain, first, &chunk);
        if (status)
            return status;
    }
    return FOCL_OK;
}

static focl_status make_all_logits(focl_handle *handle, const focl__linear_call *call, focl__chain *chain) {
    projection by;
    if (call->chunk_rows == 0)
        return focl__chain_mark(chain);
    focl_status status = open_projection(&by, handle, call, chain);
    if (!status)
        status = run_logits(&by, chain);
    close_projection(&by);
    return status;
}

focl_status focl_linear_logits(focl_handle *handle, const focl_linear_loss_description *description,
                               const focl_linear_loss_inputs *inputs, focl_buffer logits, cl_command_queue queue,
                               cl_uint wait_count, const cl_event *wait_list, cl_event *event) {
    focl__linear_call call;
    focl__chain chain = {.wait_count = wait_count, .wait_list = wait_list};
    if (event)
        *event = NULL;
    focl_status status = check_arguments(handle, inputs, &logits);
    if (!status)
        status = focl__linear_logits_check(handle, description, inputs, logits, &call);
    if (!status)
        status = focl__check_start(handle, queue, wait_count, wait_list, &chain.queue);
    if (!status)
        status = make_all_logits(handle, &call, &chain);
    focl__chain_end(&chain, status ? NULL : event);
    return status;
}
