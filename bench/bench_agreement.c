/* Whether those who solve a problem agree. */
#include "bench_agreement.h"

#include <math.h>
#include <stdlib.h>

#include "bench_data.h"

static const double BOUND = 1e-5;
static const double NAIVE_BOUND = 1e-3;             /* 1 - p loses much */
static const double NARROW_GRADIENT_BOUND = 0x1p-8; /* bf16 has eight bits */

/* The larger one, or NaN if there is one: comparisons with NaN are false, and a bound is then not kept. */
static double worse(double a, double b) {
    return isnan(a) || a > b ? a : b;
}

static void compare_loss(bench_problem *problem, double loss, double peer_loss) {
    problem->group.agreement.loss = worse(fabs(loss - peer_loss) / fabs(peer_loss), problem->group.agreement.loss);
}

/* Of other_gradient, which is `scale` times what it should be, relative to the largest gradient. */
static double gradient_difference(const bench_problem *problem, double scale) {
    double largest = 0.0;
    double difference = 0.0;
    for (size_t i = 0; i < bench_elements(problem->outline); i++) {
        const double other = (double)problem->other_gradient[i] / scale;
        largest = fmax(largest, fabs((double)problem->gradient[i]));
        difference = worse(fabs(other - (double)problem->gradient[i]), difference);
    }
    return difference / largest;
}

static void compare_gradients(bench_problem *problem, double scale) {
    problem->group.agreement.gradient = worse(gradient_difference(problem, scale), problem->group.agreement.gradient);
}

/* Sets memory to NaNs, whatever its type. */
static bool clear(const bench_problem *problem, cl_mem memory, size_t bytes) {
    return bench_fill_buffer(problem->device, memory, bytes, 0xffffffffU);
}

static bool read_narrow(const bench_problem *problem, cl_mem memory, focl_type type) {
    const size_t elements = bench_elements(problem->outline);
    uint16_t *stored = bench_memory(elements * sizeof *stored);
    const bool read = stored && bench_read(problem->device, memory, elements * sizeof *stored, stored);
    for (size_t i = 0; read && i < elements; i++)
        problem->other_gradient[i] = bench_from_16_bits(type, stored[i]);
    free(stored);
    return read;
}

static bool read_gradient(const bench_problem *problem, cl_mem memory, focl_type type) {
    if (type != FOCL_F32)
        return read_narrow(problem, memory, type);
    return bench_read(problem->device, memory, bench_elements(problem->outline) * sizeof(float),
                      problem->other_gradient);
}

/* What an earlier call left in the outputs must not pass for this one's: they are cleared before. */
static bool compare_focl(bench_problem *problem, size_t index, double peer_loss) {
    const bench_variant *variant = &problem->outline->variants[index];
    const bench_focl_call *call = &problem->calls[index];
    const focl_type type = call->description.logits_type;
    const cl_mem gradient = problem->arrays[variant->storage].gradient;
    float reduced = 0.0F;
    if (!clear(problem, problem->reduced_memory, sizeof reduced) ||
        !clear(problem, gradient, bench_elements(problem->outline) * focl_type_size(type)) ||
        !bench_run_on_device(problem->device, bench_enqueue_focl, call))
        return false;
    if (variant->forward) {
        if (!bench_read(problem->device, problem->reduced_memory, sizeof reduced, &reduced))
            return false;
        compare_loss(problem, (double)reduced, peer_loss);
    }
    if (variant->gradient) {
        if (!read_gradient(problem, gradient, type))
            return false;
        compare_gradients(problem, call->description.loss_scale);
    }
    return true;
}

static void compare_peer(bench_problem *problem, const bench_peer *peer, double peer_loss) {
    peer_problem other = problem->peer;
    other.gradient = problem->other_gradient;
    compare_loss(problem, peer->solve(&other), peer_loss);
    if (problem->outline->variants[0].gradient)
        compare_gradients(problem, 1.0);
}

static bool compare_naive(bench_problem *problem) {
    const cl_mem gradient = problem->arrays[BENCH_F32].gradient;
    if (!clear(problem, gradient, bench_elements(problem->outline) * sizeof(float)) ||
        !bench_run_on_device(problem->device, bench_enqueue_kernel, &problem->naive) ||
        !read_gradient(problem, gradient, FOCL_F32))
        return false;
    if (!(gradient_difference(problem, 1.0) <= NAIVE_BOUND))
        problem->group.agreement.holds = false;
    return true;
}

bool bench_problem_compare(bench_problem *problem) {
    const bench_outline *outline = problem->outline;
    bench_agreement *agreement = &problem->group.agreement;
    const double peer_loss = outline->peers[0].solve(&problem->peer);
    *agreement = (bench_agreement){.compared = true};
    for (size_t i = 1; i < outline->peer_count; i++)
        compare_peer(problem, &outline->peers[i], peer_loss);
    for (size_t i = 0; i < outline->variant_count; i++)
        if (!outline->variants[i].other_gamma && !compare_focl(problem, i, peer_loss))
            return false;
    agreement->holds =
        agreement->loss <= BOUND && agreement->gradient <= (outline->narrow ? NARROW_GRADIENT_BOUND : BOUND);
    return !outline->naive || compare_naive(problem);
}
