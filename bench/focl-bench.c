/* focl-bench: how fast focl is on a device, beside what is possible there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "bench_accuracy.h"
#include "bench_agreement.h"
#include "bench_compare.h"
#include "bench_counts.h"
#include "bench_csv.h"
#include "bench_findings.h"
#include "bench_first_call.h"
#include "bench_first_use.h"
#include "bench_json.h"
#include "bench_linear.h"
#include "bench_report.h"
#include "bench_roofline.h"
#include "bench_svg.h"
#include "bench_torch_peer.h"
#include "bench_tune.h"
#include "focl/focl.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { EXIT_USAGE = 2, OPTION_WIDTH = 18 };

/* ---- Options ---- */

typedef struct options {
    const char *device;
    const char *only; /* part of the names of the groups that are wanted; NULL: all */
    const char *json;
    const char *csv;
    const char *plot;
    const char *compare;
    const char *first_call; /* the name of a group: this is a child that times its first call of it */
    bool quick;
    bool tune;
    bool torch;
    bool first_use;
    bool cpu_time;
    bool help;
} options;

static options chosen;

typedef struct option {
    const char *name;
    const char *argument; /* as the help calls it; then `value` is set, else `flag` */
    const char **value;
    bool *flag;
    const char *help; /* NULL: not for people */
} option;

static const option known_options[] = {
    {"--device", "SELECTOR", &chosen.device, NULL,
     "as for focl: gpu, cpu, #2, PLATFORM:CLASS:NAME; else FOCL_DEVICE, else the best device"},
    {"--case", "NAME[,...]", &chosen.only, NULL,
     "only these groups, of those listed below; what is no name stands for all names with it inside"},
    {"--quick", NULL, NULL, &chosen.quick,
     "smaller shapes, fewer rounds, and without --case the most important groups; no first calls"},
    {"--json", "FILE", &chosen.json, NULL, "write the figures there, too"},
    {"--csv", "FILE", &chosen.csv, NULL, "the same as comma-separated values"},
    {"--plot", "FILE.svg", &chosen.plot, NULL, "a picture of the shares of the roofline"},
    {"--compare", "OLD.json", &chosen.compare, NULL, "say what moved since then beyond the noise"},
    {"--tune", NULL, NULL, &chosen.tune, "find this device's fastest mappings and keep them for focl"},
    {"--torch", NULL, NULL, &chosen.torch, "with PyTorch, eager and compiled, as a peer"},
    {"--cpu-time", NULL, NULL, &chosen.cpu_time,
     "count this process's processor time instead of the wall clock's: for a CPU device on a busy machine"},
    {"--first-use", NULL, NULL, &chosen.first_use,
     "only the time from the start of this process to its first loss, with the drivers' caches as they are"},
    {bench_first_call_option, "GROUP", &chosen.first_call, NULL, NULL},
    {"--help", NULL, NULL, &chosen.help, "this"},
};

/* NAME VALUE or NAME=VALUE at *index, which moves past a value of its own; false if that is not there. */
static bool take_value(const option *known, int *index, int count, char **arguments) {
    const char *argument = arguments[*index];
    const size_t length = strlen(known->name);
    const char *next = *index + 1 < count ? arguments[*index + 1] : NULL;
    if (strncmp(argument, known->name, length) != 0)
        return false;
    if (argument[length] == '=') {
        *known->value = argument + length + 1;
        return true;
    }
    if (argument[length] != '\0' || !next)
        return false;
    *known->value = next;
    ++*index;
    return true;
}

static bool take_flag(const option *known, const char *argument) {
    if (strcmp(argument, known->name) != 0)
        return false;
    *known->flag = true;
    return true;
}

static bool take_option(int *index, int count, char **arguments) {
    for (size_t i = 0; i < COUNT_OF(known_options); i++) {
        const option *known = &known_options[i];
        if (known->flag ? take_flag(known, arguments[*index]) : take_value(known, index, count, arguments))
            return true;
    }
    return false;
}

static bool parse(int count, char **arguments) {
    for (int i = 1; i < count; i++) {
        if (take_option(&i, count, arguments))
            continue;
        fprintf(stderr, "focl-bench: %s: no such option, or its value is missing; see focl-bench --help\n",
                arguments[i]);
        return false;
    }
    return true;
}

/* ---- What is there to be chosen ---- */

static const char roofline_name[] = "roofline"; /* always measured, and alone if asked for */

static bool has_name(const char *name, const char *text, size_t length) {
    return strlen(name) == length && strncmp(name, text, length) == 0;
}

static bool is_a_name(const char *text, size_t length) {
    size_t count = 0;
    const bench_outline *outlines = bench_outlines(&count);
    bool found = has_name(roofline_name, text, length) || has_name(bench_counts_name, text, length) ||
                 has_name(bench_linear_name, text, length);
    for (size_t i = 0; i < count; i++)
        found = found || has_name(outlines[i].name, text, length);
    return found;
}

static bool has_part(const char *name, const char *text, size_t length) {
    for (; strlen(name) >= length; name++)
        if (strncmp(name, text, length) == 0)
            return true;
    return false;
}

/* --case has names, with commas between; what is no group's name is a part of some. */
static bool is_named(const char *name) {
    if (!chosen.only)
        return true;
    bool named = false;
    for (const char *text = chosen.only; text; text = strchr(text, ',')) {
        text += *text == ',';
        const size_t length = strcspn(text, ",");
        if (length > 0)
            named = named || (is_a_name(text, length) ? has_name(name, text, length) : has_part(name, text, length));
    }
    return named;
}

static bool is_wanted(const bench_outline *outline) {
    return is_named(outline->name) && (chosen.only || !chosen.quick || !outline->slow);
}

static bool any_is_wanted(void) {
    size_t count = 0;
    const bench_outline *outlines = bench_outlines(&count);
    bool any = is_named(roofline_name) || is_named(bench_counts_name) || is_named(bench_linear_name);
    for (size_t i = 0; i < count; i++)
        any = any || is_named(outlines[i].name);
    if (!any)
        fprintf(stderr, "focl-bench: --case %s: no group has that in its name; see focl-bench --help\n", chosen.only);
    return any;
}

static void print_option(const option *known) {
    const char *argument = known->argument ? known->argument : "";
    const int left = OPTION_WIDTH - (int)strlen(known->name);
    printf("  %s %-*s %s\n", known->name, left, argument, known->help);
}

static void print_help(void) {
    size_t count = 0;
    const bench_outline *outlines = bench_outlines(&count);
    fputs("usage: focl-bench [options]\n\n"
          "Times losses and their gradients on an OpenCL device, beside reading and writing the same memory, beside C\n"
          "with OpenMP on the host, beside a naive kernel and CLBlast. Exit 0: everything ran, device and host agree\n"
          "within 1e-5, gradients in 16 bits within 2^-8, and every error is within what focl promises.\n\n",
          stdout);
    for (size_t i = 0; i < COUNT_OF(known_options); i++)
        if (known_options[i].help)
            print_option(&known_options[i]);
    printf("\ngroups (* also in a quick run of all):\n  %s*\n", roofline_name);
    for (size_t i = 0; i < count; i++)
        printf("  %s%s\n", outlines[i].name, outlines[i].slow ? "" : "*");
    printf("  %s*\n  %s*\n", bench_counts_name, bench_linear_name);
}

/* ---- Measuring ---- */

static int peer_threads(void) {
#ifdef _OPENMP
    return omp_get_max_threads();
#else
    return 1;
#endif
}

/* Of the group's first variant of focl. */
static bool measure_first_calls(const bench_run *run, bench_problem *problem) {
    bench_case *first = &problem->group.cases[problem->first_focl];
    return run->quick ||
           bench_measure_first_calls(run->selector, problem->outline->name, &first->first_cold, &first->first_cached);
}

/* False after a failure; the data do not depend on what ran before. */
static bool measure_problem(bench_run *run, const bench_outline *outline, bool *agreed) {
    static bench_problem problem;
    uint64_t random_state = BENCH_SEED;
    const bool ran = bench_problem_open(&problem, run->device, &run->mappings, outline, &random_state) &&
                     bench_problem_compare(&problem) && bench_measure_accuracy(&problem) &&
                     measure_first_calls(run, &problem) && bench_group_measure(&problem.group) &&
                     bench_report_group(&run->findings, &problem.group);
    *agreed = ran && problem.group.agreement.holds;
    const bool asked = ran && (!chosen.torch || bench_torch_measure(run, &problem, agreed));
    bench_problem_close(&problem);
    return asked;
}

static bool measure_outline(bench_run *run, const bench_outline *outline) {
    bool agreed = false;
    const bench_outline shaped = run->quick ? bench_quick_outline(outline) : *outline;
    if (!measure_problem(run, &shaped, &agreed))
        return false;
    run->findings.passed = run->findings.passed && agreed;
    return true;
}

static bool measure_apart(bench_run *run, const char *name, bool (*measure)(bench_run *run, bool *agreed)) {
    bool agreed = true;
    if (is_named(name) && !measure(run, &agreed))
        return false;
    run->findings.passed = run->findings.passed && agreed;
    return true;
}

static bool measure_all(bench_run *run) {
    size_t count = 0;
    const bench_outline *outlines = bench_outlines(&count);
    if (!bench_measure_roofline(run))
        return false;
    for (size_t i = 0; i < count; i++)
        if (is_wanted(&outlines[i]) && !measure_outline(run, &outlines[i]))
            return false;
    return measure_apart(run, bench_counts_name, bench_measure_counts) &&
           measure_apart(run, bench_linear_name, bench_measure_linear);
}

/* ---- What becomes of the findings ---- */

typedef struct output {
    const char *option;
    const char **path;
    bool (*write)(FILE *file, const bench_findings *findings);
} output;

static const output outputs[] = {
    {"--json", &chosen.json, bench_json_write},
    {"--csv", &chosen.csv, bench_csv_write},
    {"--plot", &chosen.plot, bench_svg_write},
};

static bool open_output(const output *wanted, FILE **file) {
    *file = *wanted->path ? fopen(*wanted->path, "w") : NULL;
    if (*file || !*wanted->path)
        return true;
    perror(*wanted->path);
    return false;
}

static bool write_output(const output *wanted, FILE *file, const bench_findings *findings) {
    const bool written = wanted->write(file, findings);
    if (fclose(file) == 0 && written)
        return true;
    perror(*wanted->path);
    return false;
}

/* Files are opened first: better to fail before all the measuring than after it. */
static bool measure_and_write(bench_run *run) {
    FILE *files[COUNT_OF(outputs)] = {NULL};
    bool ready = true;
    for (size_t i = 0; ready && i < COUNT_OF(outputs); i++)
        ready = open_output(&outputs[i], &files[i]);
    const bool ran = ready && measure_all(run);
    run->findings.passed = run->findings.passed && ran;
    bool written = true;
    for (size_t i = 0; i < COUNT_OF(outputs); i++)
        if (files[i])
            written = write_output(&outputs[i], files[i], &run->findings) && written;
    return run->findings.passed && written &&
           (!chosen.compare || bench_compare(chosen.compare, &run->findings, stdout));
}

static bool run_all(void) {
    bench_device device;
    if (!bench_device_open(&device, chosen.device))
        return false;
    bench_run run = {.device = &device, .selector = chosen.device, .quick = chosen.quick};
    run.findings = (bench_findings){.device = focl_handle_device(device.handle),
                                    .reason = focl_handle_reason(device.handle),
                                    .seed = BENCH_SEED,
                                    .threads = peer_threads(),
                                    .cpu_time = chosen.cpu_time,
                                    .load_average = bench_load_average(),
                                    .passed = true};
    bench_print_head(&run.findings);
    if (chosen.quick)
        printf("  quick: roofline and problems of at most about 2^21 elements, which caches may hold%s\n",
               chosen.only ? "" : ", and only the groups that --help marks");
    const bool passed = bench_device_prepare_clock(&device) && measure_and_write(&run);
    bench_findings_free(&run.findings);
    bench_device_close(&device);
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

static bool run_chosen(double start) {
    if (chosen.first_call)
        return bench_make_first_call(chosen.device, chosen.first_call);
    if (chosen.cpu_time)
        bench_use_cpu_time();
    if (chosen.first_use)
        return bench_first_use(chosen.device, start);
    return chosen.tune ? bench_tune(chosen.device, chosen.quick, stdout) : run_all();
}

int main(int count, char **arguments) {
    wait_politely(arguments);
    const double start = bench_now();
    if (!parse(count, arguments) || !any_is_wanted())
        return EXIT_USAGE;
    if (chosen.help) {
        print_help();
        return EXIT_SUCCESS;
    }
    return run_chosen(start) ? EXIT_SUCCESS : EXIT_FAILURE;
}
