/* focl-bench: how fast focl is on a device, beside what is possible there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "bench_agreement.h"
#include "bench_first_use.h"
#include "bench_report.h"
#include "focl/focl.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { EXIT_USAGE = 2, SEED = 20261123, QUICK_DIVISOR = 4 };

static const char help_start[] =
    "usage: focl-bench [options]\n"
    "\n"
    "Times losses and their gradients on an OpenCL device, beside reading and writing the same memory, beside C with\n"
    "OpenMP on the host and beside a naive kernel. Exit 0: everything ran and device and host agree within 1e-5,\n"
    "gradients in 16 bits within 2^-8.\n"
    "\n"
    "  --device SELECTOR  as for focl: gpu, cpu, #2, PLATFORM:CLASS:NAME; else FOCL_DEVICE, else the best device\n"
    "  --case NAME        only the groups with NAME in their names, which are:\n";

static const char help_end[] =
    "  --quick            a quarter of the rounds\n"
    "  --cpu-time         count this process's processor time instead of the wall clock's: for a CPU device on a busy\n"
    "                     machine\n"
    "  --json FILE        write the figures there, too\n"
    "  --first-use        only the time from the start of this process to its first loss; to see a cold machine's, "
    "clear\n"
    "                     the driver's cache of compiled kernels before (PoCL: ~/.cache/pocl)\n"
    "  --help\n";

typedef struct options {
    const char *device;
    const char *json;
    const char *only; /* part of the names of the groups that are wanted; NULL: all */
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
            take_value("--json", &i, count, arguments, &chosen->json) ||
            take_value("--case", &i, count, arguments, &chosen->only))
            continue;
        fprintf(stderr, "focl-bench: %s: no such option, or its value is missing; see focl-bench --help\n",
                arguments[i]);
        return false;
    }
    return true;
}

static bool is_wanted(const options *chosen, const bench_outline *outline) {
    return !chosen->only || strstr(outline->name, chosen->only);
}

static bool any_is_wanted(const options *chosen) {
    size_t count = 0;
    const bench_outline *outlines = bench_outlines(&count);
    for (size_t i = 0; i < count; i++)
        if (is_wanted(chosen, &outlines[i]))
            return true;
    fprintf(stderr, "focl-bench: --case %s: no group has that in its name; see focl-bench --help\n", chosen->only);
    return false;
}

static void print_help(void) {
    size_t count = 0;
    const bench_outline *outlines = bench_outlines(&count);
    fputs(help_start, stdout);
    for (size_t i = 0; i < count; i++)
        printf("                       %s\n", outlines[i].name);
    fputs(help_end, stdout);
}

static int peer_threads(void) {
#ifdef _OPENMP
    return omp_get_max_threads();
#else
    return 1;
#endif
}

/* Measures one problem and reports it; true if all ran and agreed. Its data do not depend on what ran before. */
static bool bench_one(const bench_device *device, const bench_outline *outline, FILE *json, bool first) {
    static bench_problem problem;
    uint64_t random_state = SEED;
    const bool ran = bench_problem_open(&problem, device, outline, &random_state) && bench_problem_compare(&problem) &&
                     bench_group_measure(&problem.group);
    if (ran)
        bench_print_problem(&problem);
    if (ran && json)
        bench_write_problem(json, &problem, first);
    bench_problem_close(&problem);
    return ran && problem.agreement.holds;
}

static bool bench_all(const bench_device *device, const options *chosen, FILE *json) {
    size_t count = 0;
    const bench_outline *outlines = bench_outlines(&count);
    bool first = true;
    const bench_circumstances circumstances = {.device = focl_handle_device(device->handle),
                                               .reason = focl_handle_reason(device->handle),
                                               .seed = SEED,
                                               .threads = peer_threads(),
                                               .cpu_time = chosen->cpu_time};
    bool passed = true;
    bench_print_head(&circumstances);
    if (json)
        bench_write_head(json, &circumstances);
    for (size_t i = 0; i < count && passed; i++) {
        bench_outline outline = outlines[i];
        if (!is_wanted(chosen, &outline))
            continue;
        outline.rounds /= chosen->quick ? QUICK_DIVISOR : 1;
        passed = bench_one(device, &outline, json, first);
        first = false;
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
    if (!parse(count, arguments, &chosen) || !any_is_wanted(&chosen))
        return EXIT_USAGE;
    if (chosen.help) {
        print_help();
        return EXIT_SUCCESS;
    }
    if (chosen.cpu_time)
        bench_use_cpu_time();
    const bool passed = chosen.first_use ? bench_first_use(chosen.device, start) : run(&chosen);
    return passed ? EXIT_SUCCESS : EXIT_FAILURE;
}
