/* focl_loss on the caller's buffers: check them, then enqueue the stages. */
#include "focl/loss.h"

#include "call_check.h"
#include "error.h"
#include "loss_job.h"

void focl__loss_gather(const focl_loss_inputs *inputs, const focl_loss_outputs *outputs,
                       focl_buffer arrays[FOCL__LOSS_ARRAY_COUNT]) {
#define GATHER_INPUT(field, type, extent)  arrays[FOCL__LOSS_##field] = inputs->field;
#define GATHER_OUTPUT(field, type, extent) arrays[FOCL__LOSS_##field] = outputs->field;
    FOCL_LOSS_INPUT_TABLE(GATHER_INPUT)
    FOCL_LOSS_OUTPUT_TABLE(GATHER_OUTPUT)
#undef GATHER_INPUT
#undef GATHER_OUTPUT
}

void focl__loss_describe(const focl__loss_shape *shape, const focl_buffer *arrays,
                         focl__call_array described[FOCL__LOSS_ARRAY_COUNT]) {
    for (size_t i = 0; i < FOCL__LOSS_ARRAY_COUNT; i++) {
        const focl__loss_array_shape *array = &shape->arrays[i];
        described[i] = (focl__call_array){
            .name = array->name,
            .buffer = arrays[i],
            .bytes = array->elements * array->element_bytes,
            .unit = array->element_bytes == sizeof(focl_loss_counts) ? sizeof(uint64_t) : array->element_bytes,
        };
    }
}

static bool is_in_place(const focl_loss_description *description, const focl_buffer *arrays, size_t output,
                        size_t other) {
    return description->in_place && output == FOCL__LOSS_gradient && other == FOCL__LOSS_logits &&
           arrays[output].memory == arrays[other].memory && arrays[output].offset == arrays[other].offset;
}

static focl_status check_overlaps(const focl_loss_description *description, const focl_buffer *arrays,
                                  const focl__call_array *described) {
    for (size_t output = FOCL__LOSS_FIRST_OUTPUT; output < FOCL__LOSS_ARRAY_COUNT; output++) {
        for (size_t other = 0; other < output; other++) {
            if (!is_in_place(description, arrays, output, other) &&
                focl__buffers_overlap(&described[output], &described[other]))
                return focl__fail(FOCL_EOVERLAP, described[output].name, "%zu bytes overlap those of %s",
                                  described[output].bytes, described[other].name);
        }
    }
    return FOCL_OK;
}

static focl_status check_buffers(const focl_handle *handle, const focl_loss_description *description,
                                 const focl__loss_shape *shape, const focl_buffer *arrays) {
    focl__call_array described[FOCL__LOSS_ARRAY_COUNT];
    focl__loss_describe(shape, arrays, described);
    for (size_t array = 0; array < FOCL__LOSS_ARRAY_COUNT; array++) {
        const focl_status status = arrays[array].memory ? focl__check_buffer(handle, &described[array]) : FOCL_OK;
        if (status)
            return status;
    }
    return check_overlaps(description, arrays, described);
}

static focl_status check_call(const focl_handle *handle, const focl_loss_description *description,
                              const focl_buffer *arrays, focl__loss_shape *shape) {
    bool given[FOCL__LOSS_ARRAY_COUNT];
    for (size_t array = 0; array < FOCL__LOSS_ARRAY_COUNT; array++)
        given[array] = arrays[array].memory != NULL;
    const focl_status status = focl__loss_check(description, given, shape);
    if (status)
        return status;
    const focl__device_demand demand = focl__loss_demand(description);
    const focl_status of_device = focl__check_device(handle, &demand);
    return of_device ? of_device : check_buffers(handle, description, shape, arrays);
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
    focl__loss_gather(inputs, outputs, whole.arrays);
    focl_status status = check_call(handle, description, whole.arrays, &shape);
    if (!status)
        status = focl__check_start(handle, queue, wait_count, wait_list, &chain.queue);
    if (status)
        return status;

    whole.end = shape.elements;
    whole.slots.end = shape.span;
    whole.rows_end = shape.rows;
    focl__loss_job job;
    status = focl__loss_job_open(&job, handle, description, &shape, chain, false);
    if (!status)
        status = run(&job, &whole);
    focl__loss_job_close(&job, status ? NULL : event);
    return status;
}
