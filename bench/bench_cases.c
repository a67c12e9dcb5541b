/* The cases of a problem. */
#include "bench_cases.h"

#include <stdio.h>

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

/* What all peers move: f32, the loss and the gradient if focl's first variant has one. */
static double peer_bytes(const bench_outline *outline) {
    const bench_variant whole = {.gradient = outline->variants[0].gradient};
    return variant_bytes(outline, &whole);
}

/* Which of the device's rates is the limit of those who read, and write the gradient or not. */
static bench_motion limit_of(const bench_outline *outline, bool gradient) {
    if (outline->yardstick == BENCH_EMPTY)
        return BENCH_NO_MOTION;
    if (!gradient)
        return BENCH_READ;
    if (outline->target_only)
        return BENCH_FILL;
    return focl_type_is_float(outline->targets_type) ? BENCH_TRIAD : BENCH_COPY;
}

/* ---- Yardsticks ---- */

/* The bytes of 16-bit arrays are those of half as many floats. */
static bench_arrays moved_arrays(const bench_problem *problem) {
    bench_arrays arrays = problem->arrays[problem->outline->narrow ? BENCH_F16 : BENCH_F32];
    if (problem->outline->narrow)
        arrays.elements /= 2;
    return arrays;
}

static bool add_motion(bench_problem *problem, bench_motion motion, bench_movement *movement) {
    static const char *const streaming_names[BENCH_MOTIONS] = {
        [BENCH_FILL] = "fill-streaming", [BENCH_COPY] = "copy-streaming", [BENCH_TRIAD] = "triad-streaming"};
    static const char *const narrow_what[BENCH_MOTIONS] = {
        [BENCH_COPY] = "copy: x -> g, in 16 bits", [BENCH_TRIAD] = "triad: x, t -> g, in 16 bits"};
    const bench_device *device = problem->device;
    const bench_motion_facts *facts = bench_motion_of(motion);
    const bench_mapping mapping = problem->mappings->of[motion];
    const bench_arrays arrays = moved_arrays(problem);
    const double bytes = bench_motion_bytes(motion, &arrays);
    if (!bench_make_motion(device, &arrays, motion, mapping, false, &movement->plain))
        return false;
    bench_group_add_yardstick(&problem->group, facts->name,
                              problem->outline->narrow ? narrow_what[motion] : facts->what, bytes, motion,
                              &movement->plain);
    if (!facts->writes)
        return true;
    if (!bench_make_motion(device, &arrays, motion, mapping, true, &movement->streaming))
        return false;
    bench_group_add_yardstick(&problem->group, streaming_names[motion], "the same, stores past the caches", bytes,
                              motion, &movement->streaming);
    return true;
}

static bool add_empty(bench_problem *problem) {
    if (!bench_make_empty(problem->device, &problem->empty))
        return false;
    bench_group_add_yardstick(&problem->group, "empty", "a kernel that does nothing", 0.0, BENCH_NO_MOTION,
                              &problem->empty);
    return true;
}

static bench_motion whole_motion(const bench_outline *outline) {
    const bool dense = focl_type_is_float(outline->targets_type);
    if (!outline->variants[0].gradient)
        return dense ? BENCH_READ_TWO : BENCH_READ;
    return dense ? BENCH_TRIAD : BENCH_COPY;
}

static bool add_yardsticks(bench_problem *problem) {
    if (problem->outline->yardstick == BENCH_EMPTY)
        return add_empty(problem);
    return add_motion(problem, whole_motion(problem->outline), &problem->moving) &&
           (!problem->outline->target_only || add_motion(problem, BENCH_FILL, &problem->filling));
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
    bench_group_add(&problem->group,
                    (bench_case){.name = peer->name,
                                 .what = peer->what,
                                 .kind = BENCH_KIND_PEER,
                                 .bytes = peer_bytes(problem->outline),
                                 .limit = limit_of(problem->outline, problem->outline->variants[0].gradient),
                                 .run = run_peer,
                                 .subject = call});
}

static bool make_naive(bench_problem *problem) {
    const bench_outline *outline = problem->outline;
    bench_arrays arrays = problem->arrays[BENCH_F32];
    if (problem->targets)
        return bench_make_naive(problem->device, &arrays, problem->loss_memory, &problem->naive);
    arrays.targets = problem->labels_memory;
    return bench_make_naive_softmax(problem->device, &arrays, outline->shape, outline->objective == FOCL_FOCAL ? 2 : 0,
                                    problem->loss_memory, &problem->naive);
}

static bool add_naive(bench_problem *problem) {
    if (!make_naive(problem))
        return false;
    const double losses = (double)bench_losses(problem->outline) * sizeof(float);
    bench_group_add(&problem->group, (bench_case){.name = "naive",
                                                  .what = "naive OpenCL, nothing summed",
                                                  .kind = BENCH_KIND_PEER,
                                                  .bytes = peer_bytes(problem->outline) + losses,
                                                  .limit = limit_of(problem->outline, true),
                                                  .enqueue = bench_enqueue_kernel,
                                                  .subject = &problem->naive});
    return true;
}

/* What CLBlast can express: x . t, and the sum of the magnitudes of x. */
static void add_clblast(bench_problem *problem) {
    const bench_arrays *arrays = &problem->arrays[BENCH_F32];
    const double bytes = (double)arrays->elements * sizeof(float);
    if (!bench_has_clblast())
        return;
    problem->clblast = (bench_clblast_call){
        .x = arrays->logits, .y = arrays->targets, .result = problem->reduced_memory, .count = arrays->elements};
    bench_group_add(&problem->group, (bench_case){.name = "clblast-dot",
                                                  .what = "CLBlast, dot",
                                                  .kind = BENCH_KIND_PEER,
                                                  .bytes = 2.0 * bytes,
                                                  .limit = BENCH_READ,
                                                  .enqueue = bench_enqueue_clblast_dot,
                                                  .subject = &problem->clblast});
    bench_group_add(&problem->group, (bench_case){.name = "clblast-asum",
                                                  .what = "CLBlast, asum: x alone",
                                                  .kind = BENCH_KIND_PEER,
                                                  .bytes = bytes,
                                                  .limit = BENCH_READ,
                                                  .enqueue = bench_enqueue_clblast_asum,
                                                  .subject = &problem->clblast});
}

/* ---- focl ---- */

focl_loss_description bench_describe(const bench_outline *outline, const bench_variant *variant) {
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
    *call = (bench_focl_call){.device = problem->device, .description = bench_describe(problem->outline, variant)};
    call->inputs.logits.memory = arrays->logits;
    call->inputs.targets.memory = arrays->targets ? arrays->targets : problem->labels_memory;
    if (variant->forward)
        call->outputs.reduced.memory = problem->reduced_memory;
    if (variant->gradient)
        call->outputs.gradient.memory = arrays->gradient;
    bench_group_add(&problem->group, (bench_case){.name = variant->name,
                                                  .what = variant->what,
                                                  .kind = BENCH_KIND_FOCL,
                                                  .bytes = variant_bytes(problem->outline, variant),
                                                  .limit = limit_of(problem->outline, variant->gradient),
                                                  .enqueue = bench_enqueue_focl,
                                                  .subject = call});
}

/* ---- All ---- */

static const char *yardstick_word(const bench_outline *outline) {
    static const char *const words[BENCH_MOTIONS] = {"x fill", "x read", "x read", "x copy", "x triad"};
    return outline->yardstick == BENCH_EMPTY ? "x empty" : words[whole_motion(outline)];
}

static void describe_shape(focl_view shape, char *text, size_t bytes) {
    if (shape.inner != 1)
        snprintf(text, bytes, "%zu x %zu x %zu", shape.outer, shape.classes, shape.inner);
    else if (shape.classes != 1)
        snprintf(text, bytes, "%zu x %zu", shape.outer, shape.classes);
    else
        snprintf(text, bytes, "%zu elements", shape.outer);
}

bool bench_add_cases(bench_problem *problem) {
    const bench_outline *outline = problem->outline;
    bench_group *group = &problem->group;
    *group = (bench_group){.device = problem->device,
                           .name = outline->name,
                           .title = outline->title,
                           .yardstick_word = yardstick_word(outline),
                           .peer_word = outline->narrow ? "x f32" : "x peer",
                           .elements = bench_elements(outline),
                           .calls = outline->calls,
                           .rounds = outline->rounds};
    describe_shape(outline->shape, group->shape, sizeof group->shape);
    if (!add_yardsticks(problem))
        return false;
    const size_t first_peer = group->count;
    for (size_t i = 0; i < outline->peer_count; i++)
        add_peer(problem, i);
    if (outline->clblast)
        add_clblast(problem);
    problem->first_focl = group->count;
    for (size_t i = 0; i < outline->variant_count; i++)
        add_focl(problem, i);
    group->peer = outline->narrow ? problem->first_focl : first_peer;
    return !outline->naive || add_naive(problem);
}

void bench_free_cases(bench_problem *problem) {
    const bench_kernel_call *calls[] = {&problem->moving.plain,  &problem->moving.streaming,
                                        &problem->filling.plain, &problem->filling.streaming,
                                        &problem->empty,         &problem->naive};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        bench_kernel_free(calls[i]->kernel);
}
