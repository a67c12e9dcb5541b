/* The cases of a problem. */
#include "bench_cases.h"

/* ---- What a case must move ---- */

static double read_bytes(const bench_outline *outline, double element_size) {
    const double elements = (double)bench_elements(outline);
    const double rows = (double)bench_rows(outline);
    if (focl_type_is_float(outline->targets_type))
        return 2.0 * elements * element_size;
    const double logits = outline->target_only ? rows : elements;
    return logits * element_size + rows * (double)focl_type_size(outline->targets_type);
}

static double variant_bytes(const bench_outline *outline, const bench_variant *variant) {
    const double element_size = (double)focl_type_size(bench_storage_type(variant->storage));
    const double written = variant->gradient ? (double)bench_elements(outline) * element_size : 0.0;
    return read_bytes(outline, element_size) + written;
}

/* The logits, dense targets and the gradient in f32, and `more` for each element. */
static double whole_bytes(const bench_outline *outline, double more) {
    return read_bytes(outline, sizeof(float)) + (double)bench_elements(outline) * (sizeof(float) + more);
}

static double movement_bytes(const bench_arrays *arrays) {
    const double touched = 1.0 + (arrays->logits != NULL) + (arrays->targets != NULL);
    return touched * (double)arrays->elements * sizeof(float);
}

/* ---- Yardsticks ---- */

static void add_kernel(bench_problem *problem, const char *name, const char *what, double bytes,
                       const bench_kernel_call *call) {
    if (call->kernel)
        bench_group_add(
            &problem->group,
            (bench_case){.name = name, .what = what, .bytes = bytes, .run = bench_run_kernel, .subject = call});
}

static bool make_movement(const bench_device *device, bench_arrays arrays, bench_movement *movement) {
    movement->arrays = arrays;
    return bench_make_triad(device, &movement->arrays, false, &movement->plain, &movement->mapping) &&
           bench_make_triad(device, &movement->arrays, true, &movement->streaming, &movement->streaming_mapping);
}

/* The bytes of 16-bit arrays are those of half as many floats. */
static bench_arrays moved_arrays(const bench_problem *problem) {
    bench_arrays arrays = problem->arrays[problem->outline->narrow ? BENCH_F16 : BENCH_F32];
    if (problem->outline->narrow)
        arrays.elements /= 2;
    return arrays;
}

static bool add_moving(bench_problem *problem) {
    bench_movement *moving = &problem->moving;
    if (!make_movement(problem->device, moved_arrays(problem), moving))
        return false;
    const char *what = problem->outline->narrow ? "triad: x, t -> g, in 16 bits"
                       : problem->targets       ? "triad: x, t -> g"
                                                : "copy: x -> g";
    const double bytes = movement_bytes(&moving->arrays);
    add_kernel(problem, "triad", what, bytes, &moving->plain);
    add_kernel(problem, "triad-streaming", "the same, stores past the caches", bytes, &moving->streaming);
    return true;
}

static bool add_filling(bench_problem *problem) {
    bench_movement *filling = &problem->filling;
    const bench_arrays *arrays = &problem->arrays[BENCH_F32];
    const bench_arrays written = {.gradient = arrays->gradient, .elements = arrays->elements};
    if (!make_movement(problem->device, written, filling))
        return false;
    const double bytes = movement_bytes(&filling->arrays);
    add_kernel(problem, "fill", "fill: -> g", bytes, &filling->plain);
    add_kernel(problem, "fill-streaming", "the same, stores past the caches", bytes, &filling->streaming);
    return true;
}

static bool add_empty(bench_problem *problem) {
    if (!bench_make_empty(problem->device, &problem->empty))
        return false;
    add_kernel(problem, "empty", "a kernel that does nothing", 0.0, &problem->empty);
    return true;
}

static bool add_naive(bench_problem *problem) {
    if (!bench_make_naive(problem->device, &problem->arrays[BENCH_F32], problem->loss_memory, &problem->naive))
        return false;
    add_kernel(problem, "naive", "naive OpenCL, nothing summed", whole_bytes(problem->outline, sizeof(float)),
               &problem->naive);
    return true;
}

static bool add_yardsticks(bench_problem *problem) {
    if (problem->outline->yardstick == BENCH_EMPTY)
        return add_empty(problem);
    return add_moving(problem) && (!problem->outline->target_only || add_filling(problem));
}

/* ---- Peers ---- */

static bool run_peer(const void *peer_call) {
    const bench_peer_call *call = (const bench_peer_call *)peer_call;
    call->solve(call->problem);
    return true;
}

static void add_peer(bench_problem *problem, size_t index) {
    const bench_peer *peer = &problem->outline->peers[index];
    bench_peer_call *call = &problem->peer_calls[index];
    *call = (bench_peer_call){.solve = peer->solve, .problem = &problem->peer};
    bench_group_add(&problem->group, (bench_case){.name = peer->name,
                                                  .what = peer->what,
                                                  .bytes = whole_bytes(problem->outline, 0.0),
                                                  .run = run_peer,
                                                  .subject = call});
}

/* ---- focl ---- */

static focl_loss_description describe(const bench_outline *outline, const bench_variant *variant) {
    focl_loss_description description = focl_loss_default(outline->activation, outline->objective, outline->shape);
    description.logits_type = bench_storage_type(variant->storage);
    description.target_only = outline->target_only;
    description.targets_type =
        focl_type_is_float(outline->targets_type) ? description.logits_type : outline->targets_type;
    if (variant->other_gamma)
        description.gamma = variant->gamma;
    if (outline->background) {
        description.has_background = true;
        description.background = (int64_t)outline->shape.classes;
        description.reduction = FOCL_REDUCTION_POSITIVE_MEAN;
    }
    if (outline->narrow) /* or the mean's gradients would be too small for f16 */
        description.loss_scale = (double)bench_elements(outline);
    return description;
}

static void add_focl(bench_problem *problem, size_t index) {
    const bench_variant *variant = &problem->outline->variants[index];
    const bench_arrays *arrays = &problem->arrays[variant->storage];
    bench_focl_call *call = &problem->calls[index];
    *call = (bench_focl_call){.device = problem->device, .description = describe(problem->outline, variant)};
    call->inputs.logits.memory = arrays->logits;
    call->inputs.targets.memory = arrays->targets ? arrays->targets : problem->labels_memory;
    if (variant->forward)
        call->outputs.reduced.memory = problem->reduced_memory;
    if (variant->gradient)
        call->outputs.gradient.memory = arrays->gradient;
    bench_group_add(&problem->group, (bench_case){.name = variant->name,
                                                  .what = variant->what,
                                                  .bytes = variant_bytes(problem->outline, variant),
                                                  .run = bench_run_focl,
                                                  .subject = call});
}

/* ---- All ---- */

static const char *yardstick_word(const bench_outline *outline) {
    if (outline->yardstick == BENCH_EMPTY)
        return "x empty";
    return focl_type_is_float(outline->targets_type) ? "x triad" : "x copy";
}

bool bench_add_cases(bench_problem *problem) {
    const bench_outline *outline = problem->outline;
    problem->group = (bench_group){.name = outline->name,
                                   .title = outline->title,
                                   .yardstick_word = yardstick_word(outline),
                                   .peer_word = outline->narrow ? "x f32" : "x peer",
                                   .elements = bench_elements(outline),
                                   .calls = outline->calls,
                                   .rounds = outline->rounds};
    if (!add_yardsticks(problem))
        return false;
    const size_t first_peer = problem->group.count;
    for (size_t i = 0; i < outline->peer_count; i++)
        add_peer(problem, i);
    const size_t first_focl = problem->group.count;
    for (size_t i = 0; i < outline->variant_count; i++)
        add_focl(problem, i);
    problem->group.peer = outline->narrow ? first_focl : first_peer;
    return !outline->naive || add_naive(problem);
}

void bench_free_cases(bench_problem *problem) {
    const bench_kernel_call *calls[] = {&problem->moving.plain,  &problem->moving.streaming,
                                        &problem->filling.plain, &problem->filling.streaming,
                                        &problem->empty,         &problem->naive};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        bench_kernel_free(calls[i]->kernel);
}
