#include "linear_device.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "device_option.h"
#include "focl/activation.h"
#include "focl/gradient_step.h"

enum { PIECE_BYTES = 64 << 20, LOSS_BYTES = 2 * sizeof(float) };

static cl_command_queue queue_of(const focl__linear_device *device) {
    return focl_handle_queue(device->handle);
}

static size_t classes_in(const focl__linear_device *device) {
    return device->plan.loss.shape.classes;
}

static bool fail_cl(focl__complaint *complaint, const char *what, cl_int code) {
    return focl__fail_data(complaint, "the device failed: %s (OpenCL error %d)", what, (int)code);
}

static bool succeed(focl_status status, focl__complaint *complaint) {
    return status == FOCL_OK || focl__fail_library(complaint, NULL, status);
}

/* ---- Memory ---- */

/* count elements of 4 bytes, filled with values, or 0 where those are NULL. */
static bool make(focl__linear_device *device, cl_mem *memory, size_t count, const float *values,
                 focl__complaint *complaint) {
    const size_t bytes = count * sizeof(float);
    const cl_uint zero = 0;
    cl_int code = CL_SUCCESS;
    *memory = clCreateBuffer(focl_handle_context(device->handle), CL_MEM_READ_WRITE, bytes, NULL, &code);
    if (code != CL_SUCCESS)
        return focl__fail_data(complaint, "the device has no memory for %zu bytes (OpenCL error %d)", bytes, (int)code);
    code = values ? clEnqueueWriteBuffer(queue_of(device), *memory, CL_TRUE, 0, bytes, values, 0, NULL, NULL)
                  : clEnqueueFillBuffer(queue_of(device), *memory, &zero, sizeof zero, 0, bytes, 0, NULL, NULL);
    return code == CL_SUCCESS || fail_cl(complaint, "filling a buffer", code);
}

static bool make_weights(focl__linear_device *device, focl__complaint *complaint) {
    return make(device, &device->weights, classes_in(device) * device->plan.features, NULL, complaint) &&
           make(device, &device->bias, classes_in(device), NULL, complaint);
}

static bool make_factors(focl__linear_device *device, focl__complaint *complaint) {
    const focl__linear_plan *plan = &device->plan;
    return (!plan->class_weights ||
            make(device, &device->class_weights, classes_in(device), plan->class_weights, complaint)) &&
           (!plan->pos_weights ||
            make(device, &device->pos_weights, plan->loss.pos_weight_count, plan->pos_weights, complaint));
}

static bool make_batch(focl__linear_device *device, focl__batch_memory *batch, size_t rows,
                       focl__complaint *complaint) {
    const size_t features = device->plan.features;
    batch->rows = rows;
    if (!make(device, &batch->features, rows * features, NULL, complaint) ||
        !make(device, &batch->classes, rows, NULL, complaint))
        return false;
    for (size_t i = 0; i < 2; i++) {
        batch->staged_features[i] = calloc(rows, features * sizeof(float));
        batch->staged_classes[i] = calloc(rows, sizeof(int32_t));
        if (!batch->staged_features[i] || !batch->staged_classes[i])
            return focl__fail_data(complaint, "no memory for batches of %zu rows", rows);
    }
    return true;
}

static size_t smaller(size_t left, size_t right) {
    return left < right ? left : right;
}

/* What a pass of so many rows has of batches of a size. */
static size_t batches_of(size_t rows, size_t batch) {
    return batch ? rows / batch + (rows % batch != 0) : 0;
}

static bool make_pieces(focl__linear_device *device, size_t most_rows, focl__complaint *complaint) {
    const size_t columns = device->plan.features + classes_in(device);
    const size_t fitting = PIECE_BYTES / sizeof(float) / columns;
    const size_t rows = fitting && most_rows ? smaller(most_rows, fitting) : 1;
    device->scores = calloc(rows, (classes_in(device) + 1) * sizeof *device->scores);
    return (device->scores || focl__fail_data(complaint, "no memory for the scores of %zu rows", rows)) &&
           make_batch(device, &device->piece, rows, complaint) &&
           make(device, &device->logits, rows * classes_in(device), NULL, complaint) &&
           make(device, &device->probabilities, rows * classes_in(device), NULL, complaint);
}

/* What only training needs. A pass has no more losses than batches, or pieces, whichever are smaller. */
static bool make_training(focl__linear_device *device, size_t most_rows, focl__complaint *complaint) {
    const size_t classes = classes_in(device);
    const size_t weights = classes * device->plan.features;
    const size_t slots = batches_of(most_rows, smaller(device->piece.rows, device->plan.batch));
    if (device->plan.batch == 0)
        return true;
    return make_factors(device, complaint) && make_batch(device, &device->batch, device->plan.batch, complaint) &&
           make(device, &device->weights_velocity, weights, NULL, complaint) &&
           make(device, &device->bias_velocity, classes, NULL, complaint) &&
           make(device, &device->best_weights, weights, NULL, complaint) &&
           make(device, &device->best_bias, classes, NULL, complaint) &&
           make(device, &device->losses, slots * LOSS_BYTES / sizeof(float), NULL, complaint);
}

bool focl__linear_device_open(focl__linear_device *device, focl_handle *handle, const focl__linear_plan *plan,
                              size_t most_rows, focl__complaint *complaint) {
    memset(device, 0, sizeof *device);
    device->handle = handle;
    device->plan = *plan;
    return make_weights(device, complaint) && make_pieces(device, most_rows, complaint) &&
           make_training(device, most_rows, complaint);
}

static void release(cl_mem memory) {
    if (memory)
        clReleaseMemObject(memory);
}

static void release_batch(focl__batch_memory *batch) {
    release(batch->features);
    release(batch->classes);
    for (size_t i = 0; i < 2; i++) {
        if (batch->uploaded[i])
            clReleaseEvent(batch->uploaded[i]);
        free(batch->staged_features[i]);
        free(batch->staged_classes[i]);
    }
}

void focl__linear_device_close(focl__linear_device *device) {
    const cl_mem memories[] = {
        device->weights,      device->bias,      device->weights_velocity, device->bias_velocity,
        device->best_weights, device->best_bias, device->class_weights,    device->pos_weights,
        device->logits,       device->losses,    device->probabilities,
    };
    if (device->handle)
        clFinish(queue_of(device)); /* uploads may still read what is freed here */
    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++)
        release(memories[i]);
    release_batch(&device->batch);
    release_batch(&device->piece);
    free(device->scores);
}

/* ---- Uploads ---- */

/* Waits until the memory's last upload has read it. */
static bool await_staging(focl__batch_memory *batch, size_t slot, focl__complaint *complaint) {
    if (!batch->uploaded[slot])
        return true;
    const cl_int code = clWaitForEvents(1, &batch->uploaded[slot]);
    clReleaseEvent(batch->uploaded[slot]);
    batch->uploaded[slot] = NULL;
    return code == CL_SUCCESS || fail_cl(complaint, "uploading rows", code);
}

static void stage(focl__batch_memory *batch, size_t slot, const focl__row_source *rows, const int32_t *classes_of,
                  size_t first, size_t count) {
    focl__rows_copy(rows, first, count, batch->staged_features[slot]);
    for (size_t i = 0; classes_of && i < count; i++)
        batch->staged_classes[slot][i] = classes_of[focl__row_at(rows, first + i)];
}

/* The queue is in order: the upload comes after all that read the batch before, and ends with its last part. */
static bool upload(focl__linear_device *device, focl__batch_memory *batch, const focl__row_source *rows,
                   const int32_t *classes_of, size_t first, size_t count, focl__complaint *complaint) {
    const size_t slot = batch->next;
    const size_t bytes = count * device->plan.features * sizeof(float);
    if (!await_staging(batch, slot, complaint))
        return false;
    stage(batch, slot, rows, classes_of, first, count);
    cl_int code = clEnqueueWriteBuffer(queue_of(device), batch->classes, CL_FALSE, 0, count * sizeof(int32_t),
                                       batch->staged_classes[slot], 0, NULL, NULL);
    if (code == CL_SUCCESS)
        code = clEnqueueWriteBuffer(queue_of(device), batch->features, CL_FALSE, 0, bytes, batch->staged_features[slot],
                                    0, NULL, &batch->uploaded[slot]);
    batch->next = 1 - slot;
    return code == CL_SUCCESS || fail_cl(complaint, "uploading rows", code);
}

/* ---- Training ---- */

static focl_buffer buffer_of(cl_mem memory) {
    return (focl_buffer){memory, 0};
}

static focl_linear_loss_description describe(const focl__linear_device *device, size_t rows) {
    const focl_loss_description *loss = &device->plan.loss;
    focl_linear_loss_description description =
        focl_linear_loss_default(loss->activation, loss->objective, rows, device->plan.features, loss->shape.classes);
    description.loss = *loss;
    description.loss.shape.outer = rows;
    return description;
}

static focl_linear_loss_inputs inputs_of(const focl__linear_device *device, const focl__batch_memory *batch) {
    return (focl_linear_loss_inputs){
        .features = buffer_of(batch->features),
        .matrix = buffer_of(device->weights),
        .bias = buffer_of(device->bias),
        .loss = {.targets = buffer_of(batch->classes),
                 .class_weights = buffer_of(device->class_weights),
                 .pos_weights = buffer_of(device->pos_weights)},
    };
}

static focl_loss_outputs loss_outputs(const focl__linear_device *device, size_t slot) {
    return (focl_loss_outputs){
        .reduced = {device->losses, slot * LOSS_BYTES},
        .used_normalizer = {device->losses, slot * LOSS_BYTES + sizeof(float)},
    };
}

static bool step_weights(focl__linear_device *device, focl__complaint *complaint) {
    const focl__linear_plan *plan = &device->plan;
    const focl_gradient_step_description weights = {
        .type = FOCL_F32, .elements = classes_in(device) * plan->features, .rate = plan->rate, .decay = plan->decay};
    const focl_gradient_step_description bias = {
        .type = FOCL_F32, .elements = classes_in(device), .rate = plan->rate, .decay = 0};
    focl_status status = focl_gradient_step(device->handle, &weights, buffer_of(device->weights),
                                            buffer_of(device->weights_velocity), NULL, 0, NULL, NULL);
    if (!status)
        status = focl_gradient_step(device->handle, &bias, buffer_of(device->bias), buffer_of(device->bias_velocity),
                                    NULL, 0, NULL, NULL);
    return succeed(status, complaint);
}

static bool step(focl__linear_device *device, size_t rows, size_t slot, focl__complaint *complaint) {
    focl_linear_loss_description description = describe(device, rows);
    description.loss.accumulate = device->plan.momentum;
    const focl_linear_loss_inputs inputs = inputs_of(device, &device->batch);
    const focl_linear_loss_outputs outputs = {.matrix_gradient = buffer_of(device->weights_velocity),
                                              .bias_gradient = buffer_of(device->bias_velocity),
                                              .loss = loss_outputs(device, slot)};
    return succeed(focl_linear_loss(device->handle, &description, &inputs, &outputs, NULL, 0, NULL, NULL), complaint) &&
           step_weights(device, complaint);
}

/* The mean of a pass: the sums of its parts, over what these were divided by. */
static bool read_loss(focl__linear_device *device, size_t slots, double *loss, focl__complaint *complaint) {
    float *pairs = calloc(slots + 1, LOSS_BYTES);
    double sum = 0;
    double divisor = 0;
    if (!pairs)
        return focl__fail_data(complaint, "no memory for %zu losses", slots);
    const cl_int code =
        clEnqueueReadBuffer(queue_of(device), device->losses, CL_TRUE, 0, slots * LOSS_BYTES, pairs, 0, NULL, NULL);
    for (size_t i = 0; i < slots; i++) {
        sum += (double)pairs[2 * i] * (double)pairs[2 * i + 1];
        divisor += (double)pairs[2 * i + 1];
    }
    free(pairs);
    *loss = divisor > 0 ? sum / divisor : 0;
    return code == CL_SUCCESS || fail_cl(complaint, "reading the losses", code);
}

bool focl__linear_device_train(focl__linear_device *device, const focl__row_source *rows, const int32_t *classes_of,
                               focl__keep_going *keep_going, void *context, double *loss, focl__complaint *complaint) {
    size_t slot = 0;
    size_t first = 0;
    while (first < rows->count && (first == 0 || keep_going(context, first))) {
        const size_t count = smaller(device->plan.batch, rows->count - first);
        if (!upload(device, &device->batch, rows, classes_of, first, count, complaint) ||
            !step(device, count, slot, complaint))
            return false;
        clFlush(queue_of(device));
        first += count;
        slot++;
    }
    return read_loss(device, slot, loss, complaint);
}

/* ---- Scores ---- */

static bool calculate_loss(focl__linear_device *device, size_t rows, size_t slot, focl__complaint *complaint) {
    const focl_linear_loss_description description = describe(device, rows);
    const focl_linear_loss_inputs inputs = inputs_of(device, &device->piece);
    focl_loss_inputs of_logits = inputs.loss;
    const focl_loss_outputs outputs = loss_outputs(device, slot);
    of_logits.logits = buffer_of(device->logits);
    return succeed(focl_loss(device->handle, &description.loss, &of_logits, &outputs, NULL, 0, NULL, NULL), complaint);
}

static bool activate(focl__linear_device *device, size_t rows, focl__complaint *complaint) {
    const bool of_rows = device->plan.loss.activation == FOCL_SOFTMAX;
    const focl_activation_description description = {.kind = of_rows ? FOCL_ACTIVATE_SOFTMAX : FOCL_ACTIVATE_SIGMOID,
                                                     .shape = {rows, classes_in(device), 1},
                                                     .type = FOCL_F32};
    const focl_activation_inputs inputs = {.x = buffer_of(device->logits)};
    const focl_activation_outputs outputs = {.value = buffer_of(device->probabilities)};
    return succeed(focl_activate(device->handle, &description, &inputs, &outputs, NULL, 0, NULL, NULL), complaint);
}

static bool score_piece(focl__linear_device *device, size_t rows, focl__score_kind kind, focl__complaint *complaint) {
    const focl_linear_loss_description description = describe(device, rows);
    const focl_linear_loss_inputs inputs = inputs_of(device, &device->piece);
    const bool of_logits = kind == FOCL__SCORE_LOGITS;
    const cl_mem scores = of_logits ? device->logits : device->probabilities;
    if (!succeed(
            focl_linear_logits(device->handle, &description, &inputs, buffer_of(device->logits), NULL, 0, NULL, NULL),
            complaint) ||
        (!of_logits && !activate(device, rows, complaint)))
        return false;
    const cl_int code = clEnqueueReadBuffer(queue_of(device), scores, CL_TRUE, 0,
                                            rows * classes_in(device) * sizeof(float), device->scores, 0, NULL, NULL);
    return code == CL_SUCCESS || fail_cl(complaint, "reading the scores", code);
}

bool focl__linear_device_score(focl__linear_device *device, const focl__row_source *rows, const int32_t *classes_of,
                               focl__score_kind kind, focl__take_scores *take, void *context, double *loss,
                               focl__complaint *complaint) {
    size_t slot = 0;
    for (size_t first = 0; first < rows->count; first += device->piece.rows) {
        const size_t count = smaller(device->piece.rows, rows->count - first);
        if (!upload(device, &device->piece, rows, classes_of, first, count, complaint) ||
            !score_piece(device, count, kind, complaint) ||
            (loss && !calculate_loss(device, count, slot++, complaint)) ||
            !take(context, device->scores, first, count, complaint))
            return false;
    }
    return !loss || read_loss(device, slot, loss, complaint);
}

/* ---- The weights ---- */

static bool copy_weights(focl__linear_device *device, cl_mem weights, cl_mem bias, cl_mem to_weights, cl_mem to_bias,
                         focl__complaint *complaint) {
    const size_t classes = classes_in(device);
    cl_int code = clEnqueueCopyBuffer(queue_of(device), weights, to_weights, 0, 0,
                                      classes * device->plan.features * sizeof(float), 0, NULL, NULL);
    if (code == CL_SUCCESS)
        code = clEnqueueCopyBuffer(queue_of(device), bias, to_bias, 0, 0, classes * sizeof(float), 0, NULL, NULL);
    return code == CL_SUCCESS || fail_cl(complaint, "copying the weights", code);
}

bool focl__linear_device_keep(focl__linear_device *device, focl__complaint *complaint) {
    return copy_weights(device, device->weights, device->bias, device->best_weights, device->best_bias, complaint);
}

bool focl__linear_device_restore(focl__linear_device *device, focl__complaint *complaint) {
    return copy_weights(device, device->best_weights, device->best_bias, device->weights, device->bias, complaint);
}

bool focl__linear_device_read(focl__linear_device *device, focl__linear_model *model, focl__complaint *complaint) {
    const size_t bytes = model->classes * sizeof(float);
    cl_int code = clEnqueueReadBuffer(queue_of(device), device->weights, CL_TRUE, 0, bytes * model->features,
                                      model->weights, 0, NULL, NULL);
    if (code == CL_SUCCESS)
        code = clEnqueueReadBuffer(queue_of(device), device->bias, CL_TRUE, 0, bytes, model->bias, 0, NULL, NULL);
    return code == CL_SUCCESS || fail_cl(complaint, "reading the weights", code);
}

bool focl__linear_device_write(focl__linear_device *device, const focl__linear_model *model,
                               focl__complaint *complaint) {
    const size_t bytes = model->classes * sizeof(float);
    cl_int code = clEnqueueWriteBuffer(queue_of(device), device->weights, CL_TRUE, 0, bytes * model->features,
                                       model->weights, 0, NULL, NULL);
    if (code == CL_SUCCESS)
        code = clEnqueueWriteBuffer(queue_of(device), device->bias, CL_TRUE, 0, bytes, model->bias, 0, NULL, NULL);
    return code == CL_SUCCESS || fail_cl(complaint, "writing the weights", code);
}
