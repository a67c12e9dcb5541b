/* Class counts beside reading the labels. */
#include "bench_counts.h"

#include <math.h>
#include <stdlib.h>

#include "bench_data.h"
#include "bench_report.h"
#include "peer_openmp.h"

enum {
    LABELS = 1 << 26,
    QUICK_LABELS = 1 << 22,
    CLASSES = 80,
    VALUES = 256, /* of a label */
    ROUNDS = 20,
    QUICK_ROUNDS = 5
};

const char bench_counts_name[] = "class-counts";

typedef struct counts_problem {
    const bench_device *device;
    size_t count;
    uint8_t *labels;
    cl_mem labels_memory;
    cl_mem counts_memory;
    bench_kernel_call reading;
    uint64_t peer_counts[VALUES];
    uint64_t counts[CLASSES];
    bench_group group;
} counts_problem;

static bool enqueue_counts(const void *subject, cl_command_queue queue, cl_event *event) {
    const counts_problem *problem = (const counts_problem *)subject;
    const focl_class_counts_description description = {
        .labels = problem->count, .targets_type = FOCL_U8, .classes = CLASSES};
    const focl_class_counts_buffers buffers = {.targets.memory = problem->labels_memory,
                                               .counts.memory = problem->counts_memory};
    return focl_class_counts(problem->device->handle, &description, &buffers, queue, 0, NULL, event) == FOCL_OK ||
           bench_complain_focl();
}

static bool run_peer(const void *subject) {
    static uint64_t counts[VALUES];
    const counts_problem *problem = (const counts_problem *)subject;
    peer_class_counts(problem->labels, problem->count, counts);
    return true;
}

static bool make_data(counts_problem *problem) {
    uint64_t random_state = BENCH_SEED;
    problem->labels = (uint8_t *)bench_memory(problem->count);
    if (!problem->labels)
        return false;
    bench_fill_labels(problem->labels, FOCL_U8, problem->count, CLASSES, false, &random_state);
    problem->labels_memory = bench_buffer(problem->device, problem->count, problem->labels);
    problem->counts_memory = bench_buffer(problem->device, sizeof problem->counts, NULL);
    return problem->labels_memory && problem->counts_memory;
}

static bool add_cases(counts_problem *problem, const bench_mappings *mappings) {
    const bench_arrays arrays = {.logits = problem->labels_memory,
                                 .gradient = problem->counts_memory,
                                 .elements = problem->count / sizeof(float)};
    bench_group *group = &problem->group;
    if (!bench_make_motion(problem->device, &arrays, BENCH_READ, mappings->of[BENCH_READ], false, &problem->reading))
        return false;
    bench_group_add_yardstick(group, "read", bench_motion_of(BENCH_READ)->what, (double)problem->count, BENCH_READ,
                              &problem->reading);
    group->peer = bench_group_add(group, (bench_case){.name = "peer",
                                                      .what = "C, OpenMP, eight tables a thread",
                                                      .kind = BENCH_KIND_PEER,
                                                      .bytes = (double)problem->count,
                                                      .limit = BENCH_READ,
                                                      .run = run_peer,
                                                      .subject = problem});
    bench_group_add(group, (bench_case){.name = "focl",
                                        .what = "focl",
                                        .kind = BENCH_KIND_FOCL,
                                        .bytes = (double)problem->count,
                                        .limit = BENCH_READ,
                                        .enqueue = enqueue_counts,
                                        .subject = problem});
    return true;
}

/* NaN: not the same. */
static bool compare(counts_problem *problem) {
    peer_class_counts(problem->labels, problem->count, problem->peer_counts);
    if (!bench_fill_buffer(problem->device, problem->counts_memory, sizeof problem->counts, 0xffffffffU) ||
        !bench_run_on_device(problem->device, enqueue_counts, problem) ||
        !bench_read(problem->device, problem->counts_memory, sizeof problem->counts, problem->counts))
        return false;
    bool equal = true;
    for (size_t c = 0; c < CLASSES; c++)
        equal = equal && problem->counts[c] == problem->peer_counts[c];
    problem->group.agreement = (bench_agreement){.compared = true, .holds = equal, .loss = equal ? 0.0 : (double)NAN};
    return true;
}

static bool measure(bench_run *run, counts_problem *problem) {
    problem->group =
        (bench_group){.device = run->device,
                      .name = bench_counts_name,
                      .title = run->quick ? "2^22 u8 labels of 80 classes" : "2^26 u8 labels of 80 classes",
                      .yardstick_word = "x read",
                      .peer_word = "x peer",
                      .elements = problem->count,
                      .calls = 1,
                      .rounds = run->quick ? QUICK_ROUNDS : ROUNDS};
    return make_data(problem) && add_cases(problem, &run->mappings) && compare(problem) &&
           bench_group_measure(&problem->group) && bench_report_group(&run->findings, &problem->group);
}

bool bench_measure_counts(bench_run *run, bool *agreed) {
    static counts_problem problem;
    problem = (counts_problem){.device = run->device, .count = run->quick ? QUICK_LABELS : LABELS};
    const bool measured = measure(run, &problem);
    *agreed = problem.group.agreement.holds;
    free(problem.labels);
    bench_buffer_free(problem.labels_memory);
    bench_buffer_free(problem.counts_memory);
    bench_kernel_free(problem.reading.kernel);
    return measured;
}
