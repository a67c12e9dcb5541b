/* A problem of one shape: its data. */
#include "bench_problem.h"

#include <stdlib.h>

#include "bench_cases.h"
#include "bench_data.h"

/* ---- On the host ---- */

static bool make_targets(bench_problem *problem, uint64_t *random_state) {
    const bench_outline *outline = problem->outline;
    const size_t rows = bench_rows(outline);
    const focl_type type = outline->targets_type;
    if (focl_type_is_float(type)) {
        problem->targets = bench_memory(bench_elements(outline) * sizeof(float));
        if (problem->targets)
            bench_fill_targets(problem->targets, bench_elements(outline), random_state);
        return problem->targets != NULL;
    }
    problem->labels = bench_memory(rows * focl_type_size(type));
    if (problem->labels)
        bench_fill_labels(problem->labels, type, rows, (unsigned)outline->shape.classes, outline->background,
                          random_state);
    return problem->labels != NULL;
}

static bool make_host_data(bench_problem *problem, uint64_t *random_state) {
    const bench_outline *outline = problem->outline;
    const size_t elements = bench_elements(outline);
    problem->logits = bench_memory(elements * sizeof(float));
    problem->gradient = bench_memory(elements * sizeof(float));
    problem->other_gradient = bench_memory(elements * sizeof(float));
    if (!problem->logits || !problem->gradient || !problem->other_gradient)
        return false;
    if (outline->narrow)
        bench_fill_coarse_logits(problem->logits, elements, random_state);
    else
        bench_fill_logits(problem->logits, elements, random_state);
    return make_targets(problem, random_state);
}

static peer_problem describe_for_peers(const bench_problem *problem) {
    const bench_outline *outline = problem->outline;
    return (peer_problem){.outer = outline->shape.outer,
                          .classes = outline->shape.classes,
                          .inner = outline->shape.inner,
                          .logits = problem->logits,
                          .targets = problem->targets,
                          .gradient = problem->gradient,
                          .labels = outline->targets_type == FOCL_U8 ? (const uint8_t *)problem->labels : NULL,
                          .wide_labels = outline->targets_type == FOCL_I32 ? (const int32_t *)problem->labels : NULL};
}

/* ---- On the device ---- */

/* A buffer of floats stored in another type. */
static cl_mem stored_buffer(const bench_device *device, focl_type type, const float *values, size_t count) {
    if (type == FOCL_F32)
        return bench_buffer(device, count * sizeof *values, values);
    uint16_t *stored = bench_stored(type, values, count);
    if (!stored)
        return NULL;
    cl_mem buffer = bench_buffer(device, count * sizeof *stored, stored);
    free(stored);
    return buffer;
}

static bool make_arrays(bench_problem *problem, bench_storage storage) {
    const bench_device *device = problem->device;
    const focl_type type = bench_storage_type(storage);
    const size_t elements = bench_elements(problem->outline);
    bench_arrays *arrays = &problem->arrays[storage];
    if (arrays->logits)
        return true;
    arrays->elements = elements;
    arrays->logits = stored_buffer(device, type, problem->logits, elements);
    arrays->gradient = bench_buffer(device, elements * focl_type_size(type), NULL);
    if (problem->targets)
        arrays->targets = stored_buffer(device, type, problem->targets, elements);
    return arrays->logits && arrays->gradient && (!problem->targets || arrays->targets);
}

static bool make_device_data(bench_problem *problem) {
    const bench_outline *outline = problem->outline;
    const bench_device *device = problem->device;
    for (size_t i = 0; i < outline->variant_count; i++)
        if (!make_arrays(problem, outline->variants[i].storage))
            return false;
    problem->reduced_memory = bench_buffer(device, sizeof(float), NULL);
    if (problem->labels)
        problem->labels_memory =
            bench_buffer(device, bench_rows(outline) * focl_type_size(outline->targets_type), problem->labels);
    if (outline->naive)
        problem->loss_memory = bench_buffer(device, bench_losses(outline) * sizeof(float), NULL);
    return problem->reduced_memory && (!problem->labels || problem->labels_memory) &&
           (!outline->naive || problem->loss_memory);
}

static void free_arrays(const bench_arrays *arrays) {
    bench_buffer_free(arrays->logits);
    bench_buffer_free(arrays->targets);
    bench_buffer_free(arrays->gradient);
}

/* ---- All ---- */

bool bench_problem_open(bench_problem *problem, const bench_device *device, const bench_mappings *mappings,
                        const bench_outline *outline, uint64_t *random_state) {
    *problem = (bench_problem){.device = device, .mappings = mappings, .outline = outline};
    if (!make_host_data(problem, random_state) || !make_device_data(problem))
        return false;
    problem->peer = describe_for_peers(problem);
    return bench_add_cases(problem);
}

void bench_problem_close(bench_problem *problem) {
    free(problem->logits);
    free(problem->targets);
    free(problem->labels);
    free(problem->gradient);
    free(problem->other_gradient);
    for (size_t i = 0; i < BENCH_STORAGES; i++)
        free_arrays(&problem->arrays[i]);
    bench_buffer_free(problem->labels_memory);
    bench_buffer_free(problem->loss_memory);
    bench_buffer_free(problem->reduced_memory);
    bench_free_cases(problem);
}
