/* Handles made for measuring have one mapping after another; their programs stay compiled, so rounds take turns. */
#include "bench_tune.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench_data.h"
#include "bench_device.h"
#include "bench_statistics.h"
#include "handle_private.h"
#include "mapping.h"
#include "tuning.h"

enum { ROUNDS = 15, QUICK_ROUNDS = 3, QUICK_DIVISOR = 64, CANDIDATES_MAX = 8, PATH_BYTES = 4096 };

static const uint64_t SEED = 20261124;

/* Less is noise. */
static const double WORTHWHILE_GAIN = 0.02;

/* ---- The kernels ---- */

typedef struct tune_case {
    const char *name;
    focl_activation activation;
    focl_objective objective;
    focl_view shape;
    focl_type targets_type;
} tune_case;

static const tune_case cases[] = {
    {"dense", FOCL_SIGMOID, FOCL_FOCAL, {1 << 23, 1, 1}, FOCL_F32},
    {"labels", FOCL_SIGMOID, FOCL_FOCAL, {100000, 80, 1}, FOCL_U8},
    {"pixels", FOCL_SOFTMAX, FOCL_FOCAL, {4, 8, (size_t)512 * 512}, FOCL_U8},
    {"rows-80", FOCL_SOFTMAX, FOCL_CROSS_ENTROPY, {65536, 80, 1}, FOCL_I32},
    {"rows-32000", FOCL_SOFTMAX, FOCL_CROSS_ENTROPY, {256, 32000, 1}, FOCL_I32},
};

enum { CASES = sizeof cases / sizeof *cases };

/* A case with its arrays on the device. */
typedef struct problem {
    focl_loss_description description;
    cl_mem logits;
    cl_mem targets;
    cl_mem gradient;
    cl_mem reduced;
} problem;

static focl_view shape_of(const tune_case *of, bool quick) {
    const size_t divisor = quick ? QUICK_DIVISOR : 1;
    focl_view shape = of->shape;
    size_t *longest = shape.inner > 1 ? &shape.inner : &shape.outer;
    *longest = *longest / divisor + 1;
    return shape;
}

static cl_mem make_logits(const bench_device *device, size_t elements, uint64_t *state) {
    float *values = bench_memory(elements * sizeof *values);
    if (!values)
        return NULL;
    bench_fill_logits(values, elements, state);
    cl_mem made = bench_buffer(device, elements * sizeof *values, values);
    free(values);
    return made;
}

static cl_mem make_targets(const bench_device *device, const focl_loss_description *description, uint64_t *state) {
    const focl_view view = description->shape;
    const bool dense = description->targets_type == FOCL_F32;
    const size_t count = view.outer * view.inner * (dense ? view.classes : 1);
    const size_t bytes = count * focl_type_size(description->targets_type);
    void *values = bench_memory(bytes);
    if (!values)
        return NULL;
    if (dense)
        bench_fill_targets(values, count, state);
    else
        bench_fill_labels(values, description->targets_type, count, (unsigned)view.classes, false, state);
    cl_mem made = bench_buffer(device, bytes, values);
    free(values);
    return made;
}

static bool make_problem(const bench_device *device, const tune_case *of, bool quick, problem *made) {
    uint64_t state = SEED;
    focl_loss_description *description = &made->description;
    *made = (problem){.description = focl_loss_default(of->activation, of->objective, shape_of(of, quick))};
    description->targets_type = of->targets_type;
    const size_t elements = description->shape.outer * description->shape.classes * description->shape.inner;
    made->logits = make_logits(device, elements, &state);
    made->targets = made->logits ? make_targets(device, description, &state) : NULL;
    made->gradient = made->targets ? bench_buffer(device, elements * sizeof(float), NULL) : NULL;
    made->reduced = made->gradient ? bench_buffer(device, sizeof(float), NULL) : NULL;
    return made->reduced != NULL;
}

static void free_problem(const problem *made) {
    bench_buffer_free(made->logits);
    bench_buffer_free(made->targets);
    bench_buffer_free(made->gradient);
    bench_buffer_free(made->reduced);
}

static bool run(const bench_device *device, const problem *solved) {
    const focl_loss_inputs inputs = {.logits = {solved->logits, 0}, .targets = {solved->targets, 0}};
    const focl_loss_outputs outputs = {.reduced = {solved->reduced, 0}, .gradient = {solved->gradient, 0}};
    return focl_loss(device->handle, &solved->description, &inputs, &outputs, device->queue, 0, NULL, NULL) ==
               FOCL_OK &&
           clFinish(device->queue) == CL_SUCCESS;
}

/* ---- Candidates ---- */

typedef struct candidate {
    focl_mapping mapping;
    bool works;
    double seconds[CASES];
    double relative; /* the geometric mean of its times over those of the first candidate of the stage */
} candidate;

typedef struct tuner {
    const bench_device *device;
    const problem *problems;
    size_t rounds;
    FILE *out;
    focl_mapping table; /* what focl has for the device */
    focl_mapping best;
    double best_relative; /* to the table's mapping */
    candidate candidates[CANDIDATES_MAX];
    size_t count;
} tuner;

static bool is_same(const focl_mapping *one, const focl_mapping *other) {
    return one->vector == other->vector && one->group == other->group && one->prefetch == other->prefetch;
}

static void add_candidate(tuner *tuning, focl_mapping mapping) {
    for (size_t i = 0; i < tuning->count; i++)
        if (is_same(&tuning->candidates[i].mapping, &mapping))
            return;
    if (tuning->count < CANDIDATES_MAX && mapping.group <= tuning->device->handle->device.work_group_size)
        tuning->candidates[tuning->count++] = (candidate){.mapping = mapping, .works = true};
}

/*
 * Devices whose items work side by side, GPUs above all, want narrow vectors, others wide ones; compilers take long for
 * what does not suit them. Vectors of 32 and prefetching need a compiler known to be clang: the table knows.
 */
static bool is_side_by_side(const focl_mapping *table) {
    return table->group > 1;
}

static void add_vectors(tuner *tuning) {
    const unsigned least = is_side_by_side(&tuning->table) ? 1 : 4;
    const unsigned widest = is_side_by_side(&tuning->table) ? 4 : 16;
    const unsigned most = tuning->table.vector > widest ? tuning->table.vector : widest;
    for (unsigned vector = least; vector <= most; vector *= 2) {
        focl_mapping mapping = tuning->best;
        mapping.vector = vector;
        add_candidate(tuning, mapping);
    }
}

static void add_groups(tuner *tuning) {
    static const unsigned side_by_side[] = {32, 64, 128, 256};
    static const unsigned alone[] = {1, 4};
    const bool many = is_side_by_side(&tuning->table);
    const size_t count = many ? sizeof side_by_side / sizeof *side_by_side : sizeof alone / sizeof *alone;
    for (size_t i = 0; i < count; i++) {
        focl_mapping mapping = tuning->best;
        mapping.group = many ? side_by_side[i] : alone[i];
        add_candidate(tuning, mapping);
    }
}

static void add_prefetches(tuner *tuning) {
    static const unsigned distances[] = {0, 64, 128, 256, 512, 1024};
    for (size_t i = 0; tuning->table.prefetch && i < sizeof distances / sizeof *distances; i++) {
        focl_mapping mapping = tuning->best;
        mapping.prefetch = distances[i];
        add_candidate(tuning, mapping);
    }
}

typedef struct stage {
    const char *name;
    void (*add)(tuner *tuning);
} stage;

static const stage stages[] = {{"vectors", add_vectors}, {"groups", add_groups}, {"prefetching", add_prefetches}};

enum { STAGES = sizeof stages / sizeof *stages };

/* ---- Measuring ---- */

static bool time_candidate(tuner *tuning, const candidate *timed, const problem *solved, double *seconds) {
    tuning->device->handle->mapping = timed->mapping;
    const double start = bench_now();
    if (!run(tuning->device, solved))
        return false;
    *seconds = bench_now() - start;
    return true;
}

/* The first call compiles. A candidate that fails is out, and says why. */
static void warm_up(tuner *tuning, candidate *warmed, const problem *solved) {
    double ignored = 0.0;
    char text[FOCL__MAPPING_TEXT];
    warmed->works = warmed->works && time_candidate(tuning, warmed, solved, &ignored) &&
                    time_candidate(tuning, warmed, solved, &ignored);
    if (warmed->works)
        return;
    focl__mapping_print(&warmed->mapping, text);
    fprintf(stderr, "focl-bench: %s: %s\n", text, focl_last_error()->message);
}

/* All candidates in every round, each round one later, so that noise hits all of them. */
static void measure_case(tuner *tuning, size_t number) {
    static double seconds[CANDIDATES_MAX][BENCH_SAMPLES_MAX];
    for (size_t i = 0; i < tuning->count; i++)
        if (tuning->candidates[i].works)
            warm_up(tuning, &tuning->candidates[i], &tuning->problems[number]);
    for (size_t round = 0; round < tuning->rounds; round++)
        for (size_t i = 0; i < tuning->count; i++) {
            const size_t turn = (round + i) % tuning->count;
            candidate *timed = &tuning->candidates[turn];
            timed->works =
                timed->works && time_candidate(tuning, timed, &tuning->problems[number], &seconds[turn][round]);
        }
    for (size_t i = 0; i < tuning->count; i++)
        if (tuning->candidates[i].works)
            tuning->candidates[i].seconds[number] = bench_summarise(seconds[i], tuning->rounds).median;
}

static double relative_of(const candidate *of, const candidate *to) {
    double sum = 0.0;
    for (size_t i = 0; i < CASES; i++)
        sum += log(of->seconds[i] / to->seconds[i]);
    return exp(sum / CASES);
}

/* ---- Telling ---- */

static void print_stage(const tuner *tuning, const stage *of) {
    fprintf(tuning->out, "\n%-14s", of->name);
    for (size_t i = 0; i < CASES; i++)
        fprintf(tuning->out, " %11s", cases[i].name);
    fprintf(tuning->out, "    relative\n");
    for (size_t i = 0; i < tuning->count; i++) {
        const candidate *told = &tuning->candidates[i];
        char text[FOCL__MAPPING_TEXT];
        focl__mapping_print(&told->mapping, text);
        fprintf(tuning->out, "  %-12s", text);
        for (size_t k = 0; told->works && k < CASES; k++)
            fprintf(tuning->out, " %11.3f", told->seconds[k] * 1e3);
        if (told->works)
            fprintf(tuning->out, " %11.3f\n", told->relative);
        else
            fprintf(tuning->out, " does not work\n");
    }
}

/* The best so far is the first candidate, and stays unless another is better beyond the noise. */
static bool run_stage(tuner *tuning, const stage *of) {
    tuning->count = 0;
    add_candidate(tuning, tuning->best);
    of->add(tuning);
    if (tuning->count < 2)
        return true;
    for (size_t i = 0; i < CASES; i++)
        measure_case(tuning, i);
    const candidate *best = &tuning->candidates[0];
    if (!best->works)
        return false;
    for (size_t i = 0; i < tuning->count; i++) {
        candidate *judged = &tuning->candidates[i];
        judged->relative = judged->works ? relative_of(judged, &tuning->candidates[0]) : HUGE_VAL;
        if (judged->relative < best->relative && judged->relative < 1.0 - WORTHWHILE_GAIN)
            best = judged;
    }
    tuning->best = best->mapping;
    tuning->best_relative *= best->relative;
    print_stage(tuning, of);
    return true;
}

static bool store(const tuner *tuning) {
    const focl_device *device = &tuning->device->handle->device;
    char path[PATH_BYTES];
    char text[FOCL__MAPPING_TEXT];
    focl__mapping_print(&tuning->best, text);
    if (is_same(&tuning->best, &tuning->table))
        fprintf(tuning->out, "\nbest: %s, which is focl's own choice\n", text);
    else
        fprintf(tuning->out, "\nbest: %s, %.2f of the time of focl's own choice\n", text, tuning->best_relative);
    if (!focl__tuning_store(device, &tuning->best, path, sizeof path)) {
        fprintf(stderr, "focl-bench: %s: %s\n", *path ? path : "no folder for the tuning file: HOME is not set",
                strerror(errno));
        return false;
    }
    fprintf(tuning->out, "written to %s; FOCL_TUNING=0 leaves it alone\n", path);
    return true;
}

static bool tune(const bench_device *device, const problem *problems, bool quick, FILE *out) {
    const focl_mapping *table = &device->handle->mapping;
    tuner tuning = {.device = device,
                    .problems = problems,
                    .rounds = quick ? QUICK_ROUNDS : ROUNDS,
                    .out = out,
                    .table = *table,
                    .best = *table,
                    .best_relative = 1.0};
    fprintf(out, "mappings of %s, driver %s: vector x group x prefetch\n", device->handle->device.name,
            device->handle->device.driver);
    fprintf(out, "loss and gradient, median of %zu, ms a call; relative: the mean over the kernels\n", tuning.rounds);
    for (size_t i = 0; i < STAGES; i++)
        if (!run_stage(&tuning, &stages[i])) {
            fprintf(stderr, "focl-bench: focl's own mapping does not work: %s\n", focl_last_error()->message);
            return false;
        }
    if (quick)
        fputs("quick: too short to be kept, nothing is written\n", out);
    return quick || store(&tuning);
}

bool bench_tune(const char *selector, bool quick, FILE *out) {
    bench_device device;
    problem problems[CASES] = {0};
    bool done = true;
    if (!bench_device_open(&device, selector))
        return false;
    focl__mapping_choose_from_table(&device.handle->device, &device.handle->mapping);
    for (size_t i = 0; i < CASES && done; i++)
        done = make_problem(&device, &cases[i], quick, &problems[i]);
    done = done && tune(&device, problems, quick, out);
    for (size_t i = 0; i < CASES; i++)
        free_problem(&problems[i]);
    bench_device_close(&device);
    return done;
}
