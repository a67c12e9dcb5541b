/* A problem of one shape. */
#include "bench_problem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench_data.h"

static const double AGREEMENT_BOUND = 1e-5;

typedef struct variant {
    const char *name;
    const char *what;
    bool forward;
    bool gradient;
    double gamma;
} variant;

static const double PEER_GAMMA = 2.0;

static const variant variants[BENCH_VARIANTS] = {
    {"focl", "focl", true, true, PEER_GAMMA},
    {"focl-forward", "focl, loss alone", true, false, PEER_GAMMA},
    {"focl-gradient", "focl, gradient alone", false, true, PEER_GAMMA},
    {"focl-gamma-0", "focl, gamma 0", true, true, 0.0},
    {"focl-gamma-1", "focl, gamma 1", true, true, 1.0},
    {"focl-gamma-1.5", "focl, gamma 1.5", true, true, 1.5},
};

static size_t elements_of(const bench_outline *outline) {
    return outline->rows * outline->classes;
}

/* ---- Data ---- */

static bool make_host_data(bench_problem *problem, uint64_t *random_state) {
    const bench_outline *outline = problem->outline;
    const size_t elements = elements_of(outline);
    problem->logits = bench_memory(elements * sizeof(float));
    problem->gradient = bench_memory(elements * sizeof(float));
    problem->other_gradient = bench_memory(elements * sizeof(float));
    if (outline->dense)
        problem->targets = bench_memory(elements * sizeof(float));
    else
        problem->labels = bench_memory(outline->rows);
    if (!problem->logits || !problem->gradient || !problem->other_gradient || !(problem->targets || problem->labels))
        return false;
    bench_fill_logits(problem->logits, elements, random_state);
    if (problem->targets)
        bench_fill_targets(problem->targets, elements, random_state);
    if (problem->labels)
        bench_fill_labels(problem->labels, outline->rows, (unsigned)outline->classes, random_state);
    problem->peer = (peer_problem){.rows = outline->rows,
                                   .classes = outline->classes,
                                   .logits = problem->logits,
                                   .targets = problem->targets,
                                   .gradient = problem->gradient,
                                   .labels = problem->labels};
    return true;
}

static bool make_device_data(bench_problem *problem) {
    const size_t bytes = elements_of(problem->outline) * sizeof(float);
    const bench_device *device = problem->device;
    problem->arrays.elements = elements_of(problem->outline);
    problem->arrays.logits = bench_buffer(device, bytes, problem->logits);
    problem->arrays.gradient = bench_buffer(device, bytes, NULL);
    problem->reduced_memory = bench_buffer(device, sizeof(float), NULL);
    if (problem->targets)
        problem->arrays.targets = bench_buffer(device, bytes, problem->targets);
    else
        problem->labels_memory = bench_buffer(device, problem->outline->rows, problem->labels);
    if (problem->outline->naive)
        problem->loss_memory = bench_buffer(device, bytes, NULL);
    return problem->arrays.logits && problem->arrays.gradient && problem->reduced_memory &&
           (problem->arrays.targets || problem->labels_memory) && (!problem->outline->naive || problem->loss_memory);
}

/* ---- Cases ---- */

static bool run_library_peer(const void *peer) {
    peer_library_functions((const peer_problem *)peer);
    return true;
}

static bool run_polynomial_peer(const void *peer) {
    peer_polynomials((const peer_problem *)peer);
    return true;
}

/* What must be read, and what is written besides. */
static double bytes_moved(const bench_outline *outline, double written_per_element) {
    const double elements = (double)elements_of(outline);
    const double targets = outline->dense ? elements * sizeof(float) : (double)outline->rows;
    return elements * sizeof(float) + targets + elements * written_per_element;
}

static bool add_moving(bench_problem *problem) {
    const double bytes = bytes_moved(problem->outline, sizeof(float));
    const bench_device *device = problem->device;
    if (!bench_make_triad(device, &problem->arrays, false, &problem->yardstick, &problem->mapping) ||
        !bench_make_triad(device, &problem->arrays, true, &problem->streaming, &problem->streaming_mapping))
        return false;
    bench_group_add(&problem->group, (bench_case){.name = "triad",
                                                  .what = problem->targets ? "triad: x, t -> g" : "copy: x -> g",
                                                  .bytes = bytes,
                                                  .run = bench_run_kernel,
                                                  .subject = &problem->yardstick});
    if (problem->streaming.kernel)
        bench_group_add(&problem->group, (bench_case){.name = "triad-streaming",
                                                      .what = "the same, stores past the caches",
                                                      .bytes = bytes,
                                                      .run = bench_run_kernel,
                                                      .subject = &problem->streaming});
    return true;
}

static bool add_empty(bench_problem *problem) {
    if (!bench_make_empty(problem->device, &problem->yardstick))
        return false;
    bench_group_add(&problem->group, (bench_case){.name = "empty",
                                                  .what = "a kernel that does nothing",
                                                  .run = bench_run_kernel,
                                                  .subject = &problem->yardstick});
    return true;
}

static bool add_naive(bench_problem *problem) {
    if (!bench_make_naive(problem->device, &problem->arrays, problem->loss_memory, &problem->naive))
        return false;
    bench_group_add(&problem->group, (bench_case){.name = "naive",
                                                  .what = "naive OpenCL, nothing summed",
                                                  .bytes = bytes_moved(problem->outline, 2 * sizeof(float)),
                                                  .run = bench_run_kernel,
                                                  .subject = &problem->naive});
    return true;
}

static void add_peers(bench_problem *problem) {
    const double bytes = bytes_moved(problem->outline, sizeof(float));
    problem->group.peer = bench_group_add(&problem->group, (bench_case){.name = "peer",
                                                                        .what = "C, OpenMP, expf and logf",
                                                                        .bytes = bytes,
                                                                        .run = run_library_peer,
                                                                        .subject = &problem->peer});
    bench_group_add(&problem->group, (bench_case){.name = "peer-polynomials",
                                                  .what = "C, OpenMP, polynomials",
                                                  .bytes = bytes,
                                                  .run = run_polynomial_peer,
                                                  .subject = &problem->peer});
}

static focl_loss_description describe(const bench_outline *outline, double gamma) {
    const focl_view shape = {outline->rows, outline->classes, 1};
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, shape);
    description.gamma = gamma;
    if (!outline->dense) {
        description.targets_type = FOCL_U8;
        description.has_background = true;
        description.background = (int64_t)outline->classes;
        description.reduction = FOCL_REDUCTION_POSITIVE_MEAN;
    }
    return description;
}

static void add_focl(bench_problem *problem, size_t index) {
    const variant *chosen = &variants[index];
    bench_focl_call *call = &problem->calls[index];
    *call = (bench_focl_call){.device = problem->device, .description = describe(problem->outline, chosen->gamma)};
    call->inputs.logits.memory = problem->arrays.logits;
    call->inputs.targets.memory = problem->targets ? problem->arrays.targets : problem->labels_memory;
    if (chosen->forward)
        call->outputs.reduced.memory = problem->reduced_memory;
    if (chosen->gradient)
        call->outputs.gradient.memory = problem->arrays.gradient;
    bench_group_add(&problem->group,
                    (bench_case){.name = chosen->name,
                                 .what = chosen->what,
                                 .bytes = bytes_moved(problem->outline, chosen->gradient ? sizeof(float) : 0.0),
                                 .run = bench_run_focl,
                                 .subject = call});
}

static bool add_cases(bench_problem *problem) {
    const bench_outline *outline = problem->outline;
    const bool moving = outline->yardstick == BENCH_MOVING;
    problem->group = (bench_group){.name = outline->name,
                                   .title = outline->title,
                                   .yardstick_word = !moving          ? "x empty"
                                                     : outline->dense ? "x triad"
                                                                      : "x copy",
                                   .elements = elements_of(outline),
                                   .calls = outline->calls,
                                   .rounds = outline->rounds};
    if (!(moving ? add_moving(problem) : add_empty(problem)))
        return false;
    add_peers(problem);
    for (size_t i = 0; i < outline->variants; i++)
        add_focl(problem, i);
    return !outline->naive || add_naive(problem);
}

bool bench_problem_open(bench_problem *problem, const bench_device *device, const bench_outline *outline,
                        uint64_t *random_state) {
    *problem = (bench_problem){.device = device, .outline = outline};
    return make_host_data(problem, random_state) && make_device_data(problem) && add_cases(problem);
}

void bench_problem_close(bench_problem *problem) {
    free(problem->logits);
    free(problem->targets);
    free(problem->labels);
    free(problem->gradient);
    free(problem->other_gradient);
    bench_buffer_free(problem->arrays.logits);
    bench_buffer_free(problem->arrays.targets);
    bench_buffer_free(problem->arrays.gradient);
    bench_buffer_free(problem->labels_memory);
    bench_buffer_free(problem->loss_memory);
    bench_buffer_free(problem->reduced_memory);
    bench_kernel_free(problem->yardstick.kernel);
    bench_kernel_free(problem->streaming.kernel);
    bench_kernel_free(problem->naive.kernel);
}

/* ---- Agreement ---- */

/* The larger one, or NaN if there is one: comparisons with NaN are false, and a bound is then not kept. */
static double worse(double a, double b) {
    return isnan(a) || a > b ? a : b;
}

static void compare_loss(bench_problem *problem, double loss, double peer_loss) {
    problem->agreement.loss = worse(fabs(loss - peer_loss) / fabs(peer_loss), problem->agreement.loss);
}

static void compare_gradients(bench_problem *problem) {
    double largest = 0.0;
    double difference = 0.0;
    for (size_t i = 0; i < elements_of(problem->outline); i++) {
        largest = fmax(largest, fabs((double)problem->gradient[i]));
        difference = worse(fabs((double)problem->other_gradient[i] - (double)problem->gradient[i]), difference);
    }
    problem->agreement.gradient = worse(difference / largest, problem->agreement.gradient);
}

/* What an earlier call left in the outputs must not pass for this one's. */
static bool clear_outputs(const bench_problem *problem) {
    const float none = NAN;
    const size_t bytes = elements_of(problem->outline) * sizeof none;
    cl_command_queue queue = problem->device->queue;
    if (clEnqueueFillBuffer(queue, problem->reduced_memory, &none, sizeof none, 0, sizeof none, 0, NULL, NULL) ==
            CL_SUCCESS &&
        clEnqueueFillBuffer(queue, problem->arrays.gradient, &none, sizeof none, 0, bytes, 0, NULL, NULL) == CL_SUCCESS)
        return true;
    fprintf(stderr, "focl-bench: clEnqueueFillBuffer failed\n");
    return false;
}

static bool compare_focl(bench_problem *problem, size_t index, double peer_loss) {
    const size_t bytes = elements_of(problem->outline) * sizeof(float);
    float reduced = 0.0F;
    if (!clear_outputs(problem) || !bench_run_focl(&problem->calls[index]))
        return false;
    if (variants[index].forward) {
        if (!bench_read(problem->device, problem->reduced_memory, sizeof reduced, &reduced))
            return false;
        compare_loss(problem, (double)reduced, peer_loss);
    }
    if (variants[index].gradient) {
        if (!bench_read(problem->device, problem->arrays.gradient, bytes, problem->other_gradient))
            return false;
        compare_gradients(problem);
    }
    return true;
}

static void compare_second_peer(bench_problem *problem, double peer_loss) {
    peer_problem second = problem->peer;
    second.gradient = problem->other_gradient;
    compare_loss(problem, peer_polynomials(&second), peer_loss);
    compare_gradients(problem);
}

bool bench_problem_compare(bench_problem *problem) {
    const double peer_loss = peer_library_functions(&problem->peer);
    problem->agreement = (bench_agreement){0};
    compare_second_peer(problem, peer_loss);
    for (size_t i = 0; i < problem->outline->variants; i++)
        if (variants[i].gamma == PEER_GAMMA && !compare_focl(problem, i, peer_loss))
            return false;
    problem->agreement.holds =
        problem->agreement.loss <= AGREEMENT_BOUND && problem->agreement.gradient <= AGREEMENT_BOUND;
    return true;
}
