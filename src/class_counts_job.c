/* The kernels of cl/class_counts.cl: their programs, their arguments, their order. */
#include "class_counts_job.h"

#include <inttypes.h>

#include "../cl/class_slots.clh"
#include "error.h"
#include "handle_private.h"

static focl__counts_device described(const focl_handle *handle) {
    return (focl__counts_device){
        .compute_units = handle->device.compute_units,
        .local_bytes = handle->device.local_bytes,
        .group = handle->mapping.group,
        .vector = handle->mapping.vector,
        .loop_turns = handle->loop_turns,
    };
}

static focl_status check_labels(const focl_handle *handle, size_t labels) {
    const uint64_t most = focl__counts_labels_most(described(handle));
    if (labels <= most)
        return FOCL_OK;
    return focl__fail(FOCL_ENOTSUP, "labels",
                      "are %zu; the device %s leaves a loop after %zu turns, which is enough for %" PRIu64, labels,
                      handle->device.name, handle->loop_turns, most);
}

static size_t table_words(const focl__counts_plan *plan) {
    return plan->tables * plan->slots;
}

focl_status focl__counts_job_open(focl__counts_job *job, focl_handle *handle,
                                  const focl_class_counts_description *description, size_t piece_labels,
                                  focl__chain chain) {
    *job = (focl__counts_job){.handle = handle, .description = description, .chain = chain};
    focl_status status = check_labels(handle, piece_labels);
    if (status)
        return status;
    job->plan = focl__counts_plan_make(described(handle), piece_labels, description->classes);
    status = focl__make_memory(job->handle, table_words(&job->plan) * sizeof(cl_uint), &job->tables);
    return status ? status : focl__make_memory(job->handle, job->plan.strips * sizeof(cl_ulong), &job->firsts);
}

void focl__counts_job_close(focl__counts_job *job, cl_event *event) {
    if (job->tables)
        clReleaseMemObject(job->tables);
    if (job->firsts)
        clReleaseMemObject(job->firsts);
    focl__chain_end(&job->chain, event);
}

static focl_status launch(focl__counts_job *job, const char *kernel, size_t groups, const focl__arguments *arguments) {
    focl__launch_description description = {
        .kernel = kernel,
        .key = {.source = "class_counts"},
        .spread = FOCL__SPREAD_PER_TILE,
        .tiles = groups,
        .arguments = arguments,
    };
    focl__program_define(&description.key, "FOCL_LABEL_BYTES", (int)focl_type_size(job->description->targets_type));
    return focl__launch(job->handle, &job->chain, &description);
}

static size_t rounded_up(size_t value, size_t unit) {
    return value / unit + (value % unit != 0);
}

/* Tables in global memory are counted into as they are; the others are written whole. */
static focl_status clear(focl__counts_job *job) {
    if (job->plan.mapping != FOCL__COUNTS_GLOBAL)
        return FOCL_OK;
    const cl_ulong words = table_words(&job->plan);
    focl__arguments arguments = {0};
    focl__argument_add(&arguments, sizeof job->tables, &job->tables);
    focl__argument_add(&arguments, sizeof words, &words);
    return launch(job, "class_counts_clear", rounded_up(words, FOCL_CLEAR_WORDS), &arguments);
}

/* A label type that cannot hold ignore_index never meets it. */
static bool can_be_ignored(const focl_class_counts_description *description) {
    const size_t bits = 8 * focl_type_size(description->targets_type);
    const int64_t index = description->ignore_index;
    if (!description->has_ignore_index)
        return false;
    if (description->targets_type == FOCL_U8)
        return index >= 0 && index <= UINT8_MAX;
    return bits == 64 || (index >= -(INT64_C(1) << (bits - 1)) && index < INT64_C(1) << (bits - 1));
}

static focl_status walk(focl__counts_job *job, const focl_buffer *targets, size_t position, size_t labels) {
    const focl_class_counts_description *description = job->description;
    const focl__counts_plan *plan = &job->plan;
    static const char *const kernels[] = {
        [FOCL__COUNTS_COMPARED] = "class_counts_compared",
        [FOCL__COUNTS_LOCAL] = "class_counts_local",
        [FOCL__COUNTS_GLOBAL] = "class_counts_global",
    };
    const cl_ulong offset = targets->offset / focl_type_size(description->targets_type);
    const cl_ulong count = labels;
    const cl_ulong base = position;
    const cl_ulong strip_labels = plan->strip_labels;
    const cl_uint classes = (cl_uint)description->classes;
    const cl_int has_ignore_index = can_be_ignored(description);
    const cl_long ignore_index = description->ignore_index;
    const cl_uint copies_shift = plan->copies_shift;
    const cl_uint tables = (cl_uint)plan->tables;
    const cl_uint one = 1;
    focl__arguments arguments = {0};
    focl__argument_add(&arguments, sizeof targets->memory, &targets->memory);
    focl__argument_add(&arguments, sizeof offset, &offset);
    focl__argument_add(&arguments, sizeof count, &count);
    focl__argument_add(&arguments, sizeof base, &base);
    focl__argument_add(&arguments, sizeof strip_labels, &strip_labels);
    focl__argument_add(&arguments, sizeof classes, &classes);
    focl__argument_add(&arguments, sizeof has_ignore_index, &has_ignore_index);
    focl__argument_add(&arguments, sizeof ignore_index, &ignore_index);
    focl__argument_add(&arguments, sizeof job->tables, &job->tables);
    focl__argument_add(&arguments, sizeof job->firsts, &job->firsts);
    if (plan->mapping == FOCL__COUNTS_COMPARED)
        focl__argument_add(&arguments, sizeof one, &one);
    if (plan->mapping == FOCL__COUNTS_LOCAL) {
        focl__argument_add(&arguments, sizeof copies_shift, &copies_shift);
        focl__argument_add(&arguments, plan->local_bytes, NULL);
    }
    if (plan->mapping == FOCL__COUNTS_GLOBAL)
        focl__argument_add(&arguments, sizeof tables, &tables);
    return launch(job, kernels[plan->mapping], plan->strips, &arguments);
}

static focl_status fold(focl__counts_job *job, const focl_class_counts_buffers *buffers, size_t position,
                        size_t labels) {
    const focl__counts_plan *plan = &job->plan;
    const cl_uint tables = (cl_uint)plan->tables;
    const cl_uint strips = (cl_uint)plan->strips;
    const cl_uint classes = (cl_uint)job->description->classes;
    const cl_ulong count = labels;
    const cl_int add = position > 0;
    const cl_int has_counts = buffers->counts.memory != NULL;
    const cl_ulong counts_offset = buffers->counts.offset / sizeof(cl_ulong);
    const cl_int has_record = buffers->record.memory != NULL;
    const cl_ulong record_offset = buffers->record.offset / sizeof(cl_ulong);
    focl__arguments arguments = {0};
    focl__argument_add(&arguments, sizeof job->tables, &job->tables);
    focl__argument_add(&arguments, sizeof tables, &tables);
    focl__argument_add(&arguments, sizeof job->firsts, &job->firsts);
    focl__argument_add(&arguments, sizeof strips, &strips);
    focl__argument_add(&arguments, sizeof classes, &classes);
    focl__argument_add(&arguments, sizeof count, &count);
    focl__argument_add(&arguments, sizeof add, &add);
    focl__argument_add(&arguments, sizeof has_counts, &has_counts);
    focl__argument_add(&arguments, sizeof buffers->counts.memory, &buffers->counts.memory);
    focl__argument_add(&arguments, sizeof counts_offset, &counts_offset);
    focl__argument_add(&arguments, sizeof has_record, &has_record);
    focl__argument_add(&arguments, sizeof buffers->record.memory, &buffers->record.memory);
    focl__argument_add(&arguments, sizeof record_offset, &record_offset);
    return launch(job, "class_counts_fold", has_counts ? rounded_up(plan->slots, FOCL_FOLD_SLOTS) : 1, &arguments);
}

focl_status focl__counts_job_run(focl__counts_job *job, const focl_class_counts_buffers *buffers, size_t position,
                                 size_t labels) {
    /* Without labels there may be no memory of labels either, which every kernel argument must be. */
    const focl_buffer none = {job->tables, 0};
    focl_status status = clear(job);
    if (!status)
        status = walk(job, labels ? &buffers->targets : &none, position, labels);
    return status ? status : fold(job, buffers, position, labels);
}
