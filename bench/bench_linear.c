/* The linear head beside its products alone, and beside the same with all logits in memory. */
#include "bench_linear.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench_data.h"
#include "bench_group.h"
#include "bench_report.h"
#include "peer_clblast.h"

enum {
    ROWS = 1024,
    FEATURES = 512,
    CLASSES = 8192,
    QUICK_ROWS = 256,
    QUICK_FEATURES = 64,
    QUICK_CLASSES = 512,
    ROUNDS = 5,
    QUICK_ROUNDS = 3,
    ROUNDINGS = 8 /* of the largest gradient, times the features */
};

const char bench_linear_name[] = "linear-head";

typedef enum linear_memory {
    MEMORY_FEATURES,
    MEMORY_MATRIX,
    MEMORY_LABELS,
    MEMORY_FEATURES_GRADIENT,
    MEMORY_MATRIX_GRADIENT,
    MEMORY_BIAS_GRADIENT,
    MEMORY_LOGITS, /* all of them */
    MEMORIES
} linear_memory;

typedef struct linear_problem {
    const bench_device *device;
    focl_linear_loss_description description;
    cl_mem memory[MEMORIES];
    bench_group group;
} linear_problem;

static bool enqueue_focl(const void *subject, cl_command_queue queue, cl_event *event) {
    const linear_problem *problem = (const linear_problem *)subject;
    const focl_linear_loss_inputs inputs = {.features = {problem->memory[MEMORY_FEATURES], 0},
                                            .matrix = {problem->memory[MEMORY_MATRIX], 0},
                                            .loss = {.targets = {problem->memory[MEMORY_LABELS], 0}}};
    const focl_linear_loss_outputs outputs = {.features_gradient = {problem->memory[MEMORY_FEATURES_GRADIENT], 0},
                                              .matrix_gradient = {problem->memory[MEMORY_MATRIX_GRADIENT], 0},
                                              .bias_gradient = {problem->memory[MEMORY_BIAS_GRADIENT], 0}};
    return focl_linear_loss(problem->device->handle, &problem->description, &inputs, &outputs, queue, 0, NULL, event) ==
               FOCL_OK ||
           bench_complain_focl();
}

/* The three products of all rows at once; the loss between is focl's, or left out. */
static bool enqueue_products(const linear_problem *problem, bool with_loss, cl_command_queue queue, cl_event *event) {
    const focl_linear_loss_description *description = &problem->description;
    const bench_clblast_head head = {
        .rows = description->loss.shape.outer,
        .features = description->features,
        .classes = description->loss.shape.classes,
        .x = problem->memory[MEMORY_FEATURES],
        .w = problem->memory[MEMORY_MATRIX],
        .logits = problem->memory[MEMORY_LOGITS],
        .dx = problem->memory[MEMORY_FEATURES_GRADIENT],
        .dw = problem->memory[MEMORY_MATRIX_GRADIENT],
    };
    focl_loss_description loss = description->loss;
    loss.in_place = true;
    const focl_loss_inputs inputs = {.logits = {head.logits, 0}, .targets = {problem->memory[MEMORY_LABELS], 0}};
    const focl_loss_outputs outputs = {.gradient = {head.logits, 0}};
    if (!bench_enqueue_clblast_logits(&head, queue))
        return false;
    if (with_loss && focl_loss(problem->device->handle, &loss, &inputs, &outputs, queue, 0, NULL, NULL) != FOCL_OK)
        return bench_complain_focl();
    return bench_enqueue_clblast_gradients(&head, queue, event);
}

static bool enqueue_alone(const void *subject, cl_command_queue queue, cl_event *event) {
    return enqueue_products((const linear_problem *)subject, false, queue, event);
}

static bool enqueue_unfused(const void *subject, cl_command_queue queue, cl_event *event) {
    return enqueue_products((const linear_problem *)subject, true, queue, event);
}

/* ---- Data ---- */

static bool make_floats(linear_problem *problem, linear_memory of, size_t count, uint64_t *state) {
    float *values = (float *)bench_memory(count * sizeof *values);
    if (!values)
        return false;
    bench_fill_logits(values, count, state);
    for (size_t i = 0; i < count; i++)
        values[i] /= 64.0F; /* so that logits are of a few units */
    problem->memory[of] = bench_buffer(problem->device, count * sizeof *values, values);
    free(values);
    return problem->memory[of] != NULL;
}

static bool make_labels(linear_problem *problem, uint64_t *state) {
    const focl_view shape = problem->description.loss.shape;
    const size_t bytes = shape.outer * sizeof(int32_t);
    void *labels = bench_memory(bytes);
    if (!labels)
        return false;
    bench_fill_labels(labels, FOCL_I32, shape.outer, (unsigned)shape.classes, false, state);
    problem->memory[MEMORY_LABELS] = bench_buffer(problem->device, bytes, labels);
    free(labels);
    return problem->memory[MEMORY_LABELS] != NULL;
}

static bool make_outputs(linear_problem *problem) {
    const focl_view shape = problem->description.loss.shape;
    const size_t features = problem->description.features;
    const struct {
        linear_memory of;
        size_t count;
    } outputs[] = {{MEMORY_FEATURES_GRADIENT, shape.outer * features},
                   {MEMORY_MATRIX_GRADIENT, shape.classes * features},
                   {MEMORY_BIAS_GRADIENT, shape.classes},
                   {MEMORY_LOGITS, shape.outer * shape.classes}};
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        problem->memory[outputs[i].of] = bench_buffer(problem->device, outputs[i].count * sizeof(float), NULL);
        if (!problem->memory[outputs[i].of])
            return false;
    }
    return true;
}

static bool make_data(linear_problem *problem) {
    uint64_t random_state = BENCH_SEED;
    const focl_view shape = problem->description.loss.shape;
    const size_t features = problem->description.features;
    return make_floats(problem, MEMORY_FEATURES, shape.outer * features, &random_state) &&
           make_floats(problem, MEMORY_MATRIX, shape.classes * features, &random_state) &&
           make_labels(problem, &random_state) && make_outputs(problem);
}

/* ---- Agreement ---- */

static float *gradient_after(const linear_problem *problem, bench_enqueue *enqueue, size_t count) {
    float *values = (float *)bench_memory(count * sizeof *values);
    if (values && bench_run_on_device(problem->device, enqueue, problem) &&
        bench_read(problem->device, problem->memory[MEMORY_MATRIX_GRADIENT], count * sizeof *values, values))
        return values;
    free(values);
    return NULL;
}

/* NaN where there is one. */
static double distance(const float *left, const float *right, size_t count) {
    double largest = 0;
    double difference = 0;
    for (size_t i = 0; i < count; i++) {
        const double apart = fabs((double)left[i] - (double)right[i]);
        largest = fmax(largest, fabs((double)right[i]));
        difference = apart <= difference ? difference : apart;
    }
    return largest > 0 ? difference / largest : difference;
}

/* By the gradient of the weights: everything is in it. */
static bool compare(linear_problem *problem) {
    const size_t count = problem->description.loss.shape.classes * problem->description.features;
    const double bound = ROUNDINGS * (double)problem->description.features * 0x1p-24;
    float *unfused = gradient_after(problem, enqueue_unfused, count);
    float *chunked = gradient_after(problem, enqueue_focl, count);
    const bool ran = unfused && chunked;
    if (ran) {
        const double apart = distance(chunked, unfused, count);
        problem->group.agreement = (bench_agreement){.compared = true, .holds = apart <= bound, .gradient = apart};
    }
    free(unfused);
    free(chunked);
    return ran;
}

/* ---- Cases ---- */

static void add_cases(linear_problem *problem) {
    bench_group *group = &problem->group;
    bench_group_add(group, (bench_case){.name = "products",
                                        .what = "CLBlast, the three products alone",
                                        .kind = BENCH_KIND_YARDSTICK,
                                        .enqueue = enqueue_alone,
                                        .subject = problem});
    group->peer = bench_group_add(group, (bench_case){.name = "unfused",
                                                      .what = "all logits in memory: CLBlast, focl_loss",
                                                      .kind = BENCH_KIND_PEER,
                                                      .enqueue = enqueue_unfused,
                                                      .subject = problem});
    bench_group_add(group, (bench_case){.name = "focl",
                                        .what = "focl, in chunks",
                                        .kind = BENCH_KIND_FOCL,
                                        .enqueue = enqueue_focl,
                                        .subject = problem});
}

static bool measure(bench_run *run, linear_problem *problem) {
    const focl_view shape = problem->description.loss.shape;
    problem->group = (bench_group){.device = run->device,
                                   .name = bench_linear_name,
                                   .title = run->quick ? "256 x 64 features to 512 classes, softmax cross entropy"
                                                       : "1024 x 512 features to 8192 classes, softmax cross entropy",
                                   .yardstick_word = "x products",
                                   .peer_word = "x unfused",
                                   .elements = shape.outer * shape.classes,
                                   .calls = 1,
                                   .rounds = run->quick ? QUICK_ROUNDS : ROUNDS};
    add_cases(problem);
    return make_data(problem) && compare(problem) && bench_group_measure(&problem->group) &&
           bench_report_group(&run->findings, &problem->group);
}

bool bench_measure_linear(bench_run *run, bool *agreed) {
    static linear_problem problem;
    *agreed = true;
    if (!focl_has_linear_loss() || !bench_has_clblast()) {
        printf("\n%s: not measured, configured without CLBlast\n", bench_linear_name);
        return true;
    }
    problem = (linear_problem){.device = run->device};
    problem.description =
        focl_linear_loss_default(FOCL_SOFTMAX, FOCL_CROSS_ENTROPY, run->quick ? QUICK_ROWS : ROWS,
                                 run->quick ? QUICK_FEATURES : FEATURES, run->quick ? QUICK_CLASSES : CLASSES);
    problem.description.loss.targets_type = FOCL_I32;
    problem.description.budget_bytes = run->quick ? (size_t)1 << 17 : 0;
    const bool measured = measure(run, &problem);
    *agreed = problem.group.agreement.holds;
    for (size_t i = 0; i < MEMORIES; i++)
        bench_buffer_free(problem.memory[i]);
    return measured;
}
