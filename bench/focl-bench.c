/* focl-bench: how fast focl is on a device, beside what is possible there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "bench_first_use.h"
#include "bench_report.h"
#include "focl/focl.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { EXIT_USAGE = 2, SEED = 20261123, QUICK_DIVISOR = 4 };

static const char help[] =
    "usage: focl-bench [options]\n"
    "\n"
    "Times focal loss and its gradient on an OpenCL device, beside reading and writing the same memory, beside C with\n"
    "OpenMP on the host and beside a naive kernel. Exit 0: everything ran and device and host agree within 1e-5.\n"
    "\n"
    "  --device SELECTOR  as for focl: gpu, cpu, #2, PLATFORM:CLASS:NAME; else FOCL_DEVICE, else the best device\n"
    "  --quick            a quarter of the rounds\n"
    "  --cpu-time         count this process's processor time instead of the wall clock's: for a CPU device on a busy\n"
    "                     machine\n"
    "  --json FILE        write the figures there, too\n"
    "  --first-use        only the time from the start of this process to its first loss; to see a cold machine's, "
    "clear\n"
    "                     the driver's cache of compiled kernels before (PoCL: ~/.cache/pocl)\n"
    "  --help\n";

static const bench_outline outlines[] = {
    {.name = "dense",
     .title = "2^24 elements, dense f32 targets, mean: loss and gradient, gamma 2",
     .rows = (size_t)1 << 24,
     .classes = 1,
     .dense = true,
     .yardstick = BENCH_MOVING,
     .naive = true,
     .variants = BENCH_VARIANTS,
     .calls = 1,
     .rounds = 40},
    {.name = "labels",
     .title = "200000 x 80, u8 labels, half of them background, mean over the positives: loss and gradient, gamma 2",
     .rows = 200000,
     .classes = 80,
     .yardstick = BENCH_MOVING,
     .variants = 3,
     .calls = 1,
     .rounds = 40},
    {.name = "small",
     .title = "256 x 10, dense f32 targets, mean: loss and gradient, gamma 2",
     .rows = 256,
     .classes = 10,
     .dense = true,
     .yardstick = BENCH_EMPTY,
     .variants = 3,
     .calls = 50,
     .rounds = 40},
    {.name = "small-labels",
     .title = "256 x 10, u8 labels, mean over the positives: loss and gradient, gamma 2",
     .rows = 256,
     .classes = 10,
     .yardstick = BENCH_EMPTY,
     .variants = 3,
     .calls = 50,
     .rounds = 40},
};

typedef struct options {
    const char *device;
    const char *json;
    bool quick;
    bool first_use;
    bool cpu_time;
    bool help;
} options;

/* Takes --name VALUE or --name=VALUE at *index, past which it moves; false if that is not there. */
static bool take_value(const char *name, int *index, int count, char **arguments, const char **value) {
    const char *argument = arguments[*index];
    const size_t length = strlen(name);
    const char *next = *index + 1 < count ? arguments[*index + 1] : NULL;
    if (strncmp(argument, name, length) != 0)
        return false;
    if (argument[length] == '=') {
        *value = argument + length + 1;
        return true;
    }
    if (argument[length] != '\0' || !next)
        return false;
    *value = next;
    ++*index;
    return true;
}

static bool take_flag(const char *argument, options *chosen) {
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--quick", &chosen->quick},
                 {"--first-use", &chosen->first_use},
                 {"--cpu-time", &chosen->cpu_time},
                 {"--help", &chosen->help}};
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        if (strcmp(argument, flags[i].name) == 0) {
            *flags[i].flag = true;
            return true;
        }
    }
    return false;
}

static bool parse(int count, char **arguments, options *chosen) {
    for (int i = 1; i < count; i++) {
        if (take_flag(arguments[i], chosen) || take_value("--device", &i, count, arguments, &chosen->device) ||
            take_value("--json", &i, count, arguments, &chosen->json))
            continue;
        fprintf(stderr, "focl-bench: %s: no such option, or its value is missing; see focl-bench --help\n",
                arguments[i]);
        return false;
    }
    return true;
}

static int peer_threads(void) {
#ifdef _OPENMP
    return omp_get_max_threads();
#else
    return 1;
#endif
}

/* Measures one problem and reports it; true if all ran and agreed. */
static bool bench_one(const bench_device *device, const bench_outline *outline, uint64_t *random_state, FILE *json,
                      bool first) {
    static bench_problem problem;
    const bool ran = bench_problem_open(&problem, device, outline, random_state) && bench_problem_compare(&problem) &&
                     bench_group_measure(&problem.group);
    if (ran)
        bench_print_problem(&problem);
    if (ran && json)
        bench_write_problem(json, &problem, first);
    bench_problem_close(&problem);
    return ran && problem.agreement.holds;
}

static bool bench_all(const bench_device *device, const options *chosen, FILE *json) {
    uint64_t random_state = SEED;
    const bench_circumstances circumstances = {.device = focl_handle_device(device->handle),
                                               .reason = focl_handle_reason(device->handle),
                                               .seed = SEED,
                                               .threads = peer_threads(),
                                               .cpu_time = chosen->cpu_time};
    bool passed = true;
    bench_print_head(&circumstances);
    if (json)
        bench_write_head(json, &circumstances);
    for (size_t i = 0; i < COUNT_OF(outlines) && passed; i++) {
        bench_outline outline = outlines[i];
        outline.rounds /= chosen->quick ? QUICK_DIVISOR : 1;
        passed = bench_one(device, &outline, &random_state, json, i == 0);
    }
    if (json)
        bench_write_foot(json, passed);
    return passed;
}

static bool run(const options *chosen) {
    bench_device device;
    FILE *json = NULL;
    if (chosen->json && !(json = fopen(chosen->json, "w"))) {
        perror(chosen->json);
        return false;
    }
    bool passed = bench_device_open(&device, chosen->device);
    if (passed) {
        passed = bench_all(&device, chosen, json);
        bench_device_close(&device);
    }
    if (json && fclose(json) != 0) {
        perror(chosen->json);
        passed = false;
    }
    return passed;
}

/*
 * Threads of OpenMP that wait do so by spinning, unless told otherwise before the program starts, and take the cores
 * from whatever is measured next. So start again with the setting, once; without it if that cannot be.
 */
static void wait_politely(char **arguments) {
    if (getenv("OMP_WAIT_POLICY") || setenv("OMP_WAIT_POLICY", "passive", 0) != 0)
        return;
    execv("/proc/self/exe", arguments);
}

int main(int count, char **arguments) {
    wait_politely(arguments);
    const double start = bench_now();
    options chosen = {0};
    if (!parse(count, arguments, &chosen))
        return EXIT_USAGE;
    if (chosen.help) {
        fputs(help, stdout);
        return EXIT_SUCCESS;
    }
    if (chosen.cpu_time)
        bench_use_cpu_time();
    const bool passed = chosen.first_use ? bench_first_use(chosen.device, start) : run(&chosen);
    return passed ? EXIT_SUCCESS : EXIT_FAILURE;
}
