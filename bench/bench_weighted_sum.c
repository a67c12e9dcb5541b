/* Weighted sums beside reading what they read. */
#include "bench_weighted_sum.h"

#include <math.h>
#include <stdlib.h>

#include "bench_data.h"
#include "bench_report.h"
#include "peer_clblast.h"
#include "peer_openmp.h"

enum { ELEMENTS = 1 << 24, QUICK_ELEMENTS = 1 << 21, ROUNDS = 20, QUICK_ROUNDS = 5 };

const char bench_weighted_sum_name[] = "weighted-sum";

static const double BOUND = 1e-5;

typedef struct sum_problem sum_problem;

/* A call of focl_weighted_sum. */
typedef struct sum_call {
    const sum_problem *problem;
    bool weighted;
} sum_call;

struct sum_problem {
    const bench_device *device;
    size_t count;
    float *losses;
    float *weights;
    cl_mem losses_memory;
    cl_mem weights_memory;
    cl_mem sum_memory;
    bench_kernel_call reading;
    bench_clblast_call clblast;
    sum_call weighted;
    sum_call plain;
    bench_group group;
};

static bool enqueue_sum(const void *subject, cl_command_queue queue, cl_event *event) {
    const sum_call *call = (const sum_call *)subject;
    const sum_problem *problem = call->problem;
    const focl_weighted_sum_description description = {.elements = problem->count};
    const focl_weighted_sum_buffers buffers = {.losses.memory = problem->losses_memory,
                                               .weights.memory = call->weighted ? problem->weights_memory : NULL,
                                               .sum.memory = problem->sum_memory};
    return focl_weighted_sum(problem->device->handle, &description, &buffers, queue, 0, NULL, event) == FOCL_OK ||
           bench_complain_focl();
}

static bool run_peer(const void *subject) {
    static double sum;
    const sum_problem *problem = (const sum_problem *)subject;
    sum = peer_dot(problem->losses, problem->weights, problem->count);
    return sum >= 0.0;
}

/* ---- Data ---- */

/* None negative, so that the sums agree in relation to their size. */
static void take_magnitudes(float *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        values[i] = fabsf(values[i]);
}

static bool make_data(sum_problem *problem) {
    uint64_t random_state = BENCH_SEED;
    const size_t bytes = problem->count * sizeof(float);
    problem->losses = (float *)bench_memory(bytes);
    problem->weights = (float *)bench_memory(bytes);
    if (!problem->losses || !problem->weights)
        return false;
    bench_fill_logits(problem->losses, problem->count, &random_state);
    bench_fill_logits(problem->weights, problem->count, &random_state);
    take_magnitudes(problem->losses, problem->count);
    take_magnitudes(problem->weights, problem->count);
    problem->losses_memory = bench_buffer(problem->device, bytes, problem->losses);
    problem->weights_memory = bench_buffer(problem->device, bytes, problem->weights);
    problem->sum_memory = bench_buffer(problem->device, sizeof(float), NULL);
    return problem->losses_memory && problem->weights_memory && problem->sum_memory;
}

/* ---- Cases ---- */

static bool add_reading(sum_problem *problem, const bench_mappings *mappings) {
    const bench_arrays arrays = {.logits = problem->losses_memory,
                                 .targets = problem->weights_memory,
                                 .gradient = problem->sum_memory,
                                 .elements = problem->count};
    if (!bench_make_motion(problem->device, &arrays, BENCH_READ_TWO, mappings->of[BENCH_READ_TWO], false,
                           &problem->reading))
        return false;
    bench_group_add_yardstick(&problem->group, "read-two", "read: losses, weights ->",
                              bench_motion_bytes(BENCH_READ_TWO, &arrays), BENCH_READ_TWO, &problem->reading);
    return true;
}

static void add_peers(sum_problem *problem, double bytes) {
    problem->group.peer = bench_group_add(&problem->group, (bench_case){.name = "peer",
                                                                        .what = "C, OpenMP",
                                                                        .kind = BENCH_KIND_PEER,
                                                                        .bytes = 2.0 * bytes,
                                                                        .limit = BENCH_READ_TWO,
                                                                        .run = run_peer,
                                                                        .subject = problem});
    if (!bench_has_clblast())
        return;
    problem->clblast = (bench_clblast_call){.x = problem->losses_memory,
                                            .y = problem->weights_memory,
                                            .result = problem->sum_memory,
                                            .count = problem->count};
    bench_group_add(&problem->group, (bench_case){.name = "clblast-dot",
                                                  .what = "CLBlast, dot",
                                                  .kind = BENCH_KIND_PEER,
                                                  .bytes = 2.0 * bytes,
                                                  .limit = BENCH_READ_TWO,
                                                  .enqueue = bench_enqueue_clblast_dot,
                                                  .subject = &problem->clblast});
}

static void add_focl(sum_problem *problem, double bytes) {
    problem->weighted = (sum_call){problem, true};
    problem->plain = (sum_call){problem, false};
    bench_group_add(&problem->group, (bench_case){.name = "weighted",
                                                  .what = "focl, weighted",
                                                  .kind = BENCH_KIND_FOCL,
                                                  .bytes = 2.0 * bytes,
                                                  .limit = BENCH_READ_TWO,
                                                  .enqueue = enqueue_sum,
                                                  .subject = &problem->weighted});
    bench_group_add(&problem->group, (bench_case){.name = "plain",
                                                  .what = "focl, without weights",
                                                  .kind = BENCH_KIND_FOCL,
                                                  .bytes = bytes,
                                                  .limit = BENCH_READ,
                                                  .enqueue = enqueue_sum,
                                                  .subject = &problem->plain});
}

static bool add_cases(sum_problem *problem, const bench_mappings *mappings) {
    const double bytes = (double)problem->count * sizeof(float);
    if (!add_reading(problem, mappings))
        return false;
    add_peers(problem, bytes);
    add_focl(problem, bytes);
    return true;
}

/* ---- Agreement ---- */

/* The relative difference; what an earlier call left must not pass for this one's sum, so it is NaN before. */
static bool difference_of(const sum_problem *problem, bench_enqueue *enqueue, const void *subject, double expected,
                          double *difference) {
    float sum = 0.0F;
    if (!bench_fill_buffer(problem->device, problem->sum_memory, sizeof sum, 0xffffffffU) ||
        !bench_run_on_device(problem->device, enqueue, subject) ||
        !bench_read(problem->device, problem->sum_memory, sizeof sum, &sum))
        return false;
    *difference = fabs((double)sum - expected) / expected;
    return true;
}

static bool compare(sum_problem *problem) {
    const double weighted = peer_dot(problem->losses, problem->weights, problem->count);
    const double plain = peer_sum(problem->losses, problem->count);
    double differences[3] = {0.0, 0.0, 0.0};
    if (!difference_of(problem, enqueue_sum, &problem->weighted, weighted, &differences[0]) ||
        !difference_of(problem, enqueue_sum, &problem->plain, plain, &differences[1]) ||
        (bench_has_clblast() &&
         !difference_of(problem, bench_enqueue_clblast_dot, &problem->clblast, weighted, &differences[2])))
        return false;
    bench_agreement agreement = {.compared = true, .holds = true};
    for (size_t i = 0; i < sizeof differences / sizeof *differences; i++) {
        agreement.holds = agreement.holds && differences[i] <= BOUND;
        agreement.loss = differences[i] <= agreement.loss ? agreement.loss : differences[i];
    }
    problem->group.agreement = agreement;
    return true;
}

static bool measure(bench_run *run, sum_problem *problem) {
    problem->group =
        (bench_group){.device = run->device,
                      .name = bench_weighted_sum_name,
                      .title = run->quick ? "2^21 losses and as many weights" : "2^24 losses and as many weights",
                      .yardstick_word = "x read",
                      .peer_word = "x peer",
                      .elements = problem->count,
                      .calls = 1,
                      .rounds = run->quick ? QUICK_ROUNDS : ROUNDS};
    return make_data(problem) && add_cases(problem, &run->mappings) && compare(problem) &&
           bench_group_measure(&problem->group) && bench_report_group(&run->findings, &problem->group);
}

bool bench_measure_weighted_sum(bench_run *run, bool *agreed) {
    static sum_problem problem;
    problem = (sum_problem){.device = run->device, .count = run->quick ? QUICK_ELEMENTS : ELEMENTS};
    const bool measured = measure(run, &problem);
    *agreed = problem.group.agreement.holds;
    free(problem.losses);
    free(problem.weights);
    bench_buffer_free(problem.losses_memory);
    bench_buffer_free(problem.weights_memory);
    bench_buffer_free(problem.sum_memory);
    bench_kernel_free(problem.reading.kernel);
    return measured;
}
