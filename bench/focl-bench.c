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
#include "bench_weighted_sum.h"
#include "focl/focl.h"
#include "option_table.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

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
} options;

static options chosen;

static const focl__option known_options[] = {
    {"--device", "SELECTOR", "as for focl: gpu, cpu, #2, PLATFORM:CLASS:NAME; else FOCL_DEVICE, else the best device",
     focl__parse_text, offsetof(options, device)},
    {"--case", "NAME[,...]",
     "only these groups, of those listed above; what is no name stands for all names with it inside", focl__parse_text,
     offsetof(options, only)},
    {"--quick", NULL, "smaller shapes, fewer rounds, and without --case the most important groups; no first calls",
     focl__parse_flag, offsetof(options, quick)},
    {"--json", "FILE", "write the figures there, too", focl__parse_text, offsetof(options, json)},
    {"--csv", "FILE", "the same as comma-separated values", focl__parse_text, offsetof(options, csv)},
    {"--plot", "FILE.svg", "a picture of the shares of the roofline", focl__parse_text, offsetof(options, plot)},
    {"--compare", "OLD.json", "say what moved since then beyond the noise", focl__parse_text,
     offsetof(options, compare)},
    {"--tune", NULL, "find this device's fastest mappings and keep them for focl", focl__parse_flag,
     offsetof(options, tune)},
    {"--torch", NULL, "with PyTorch, eager and compiled, as a peer", focl__parse_flag, offsetof(options, torch)},
    {"--cpu-time", NULL,
     "count this process's processor time instead of the wall clock's: for a CPU device on a busy machine",
     focl__parse_flag, offsetof(options, cpu_time)},
    {"--first-use", NULL,
     "only the time from the start of this process to its first loss, with the drivers' caches as they are",
     focl__parse_flag, offsetof(options, first_use)},
    {bench_first_call_option, "GROUP", NULL, focl__parse_text, offsetof(options, first_call)},
};

/* ---- What is there to be chosen ---- */

static const char roofline_name[] = "roofline"; /* always measured, and alone if asked for */

/* Groups that are no losses. */
static const struct {
    const char *name;
    bool (*measure)(bench_run *run, bool *agreed);
} operations[] = {
    {bench_counts_name, bench_measure_counts},
    {bench_linear_name, bench_measure_linear},
    {bench_weighted_sum_name, bench_measure_weighted_sum},
};

static bool has_name(const char *name, const char *text, size_t length) {
    return strlen(name) == length && strncmp(name, text, length) == 0;
}

static bool is_a_name(const char *text, size_t length) {
    size_t count = 0;
    const bench_outline *outlines = bench_outlines(&count);
    bool found = has_name(roofline_name, text, length);
    for (size_t i = 0; i < COUNT_OF(operations); i++)
        found = found || has_name(operations[i].name, text, length);
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
    bool any = is_named(roofline_name);
    for (size_t i = 0; i < COUNT_OF(operations); i++)
        any = any || is_named(operations[i].name);
    for (size_t i = 0; i < count; i++)
        any = any || is_named(outlines[i].name);
    if (!any)
        fprintf(stderr, "focl-bench: --case %s: no group has that in its name; see focl-bench --help\n", chosen.only);
    return any;
}

/* What --help says before the options, with the names of all groups; false if they do not fit. */
static bool describe(char *text, size_t bytes) {
    size_t count = 0;
    const bench_outline *outlines = bench_outlines(&count);
    int used = snprintf(text, bytes,
                        "Times losses and their gradients on an OpenCL device, beside reading and writing the same "
                        "memory, beside C\n"
                        "with OpenMP on the host, beside a naive kernel and CLBlast. Exit status: 0 everything ran, "
                        "device and host agree\n"
                        "within 1e-5, gradients in 16 bits within 2^-8, and every error is within what focl promises; "
                        "1 something\n"
                        "of that is not so; 2 the command line is wrong.\n\n"
                        "The groups, with * also in a quick run of all:\n  %s*\n",
                        roofline_name);
    for (size_t i = 0; i < count && used > 0 && (size_t)used < bytes; i++)
        used += snprintf(text + used, bytes - (size_t)used, "  %s%s\n", outlines[i].name, outlines[i].slow ? "" : "*");
    for (size_t i = 0; i < COUNT_OF(operations) && used > 0 && (size_t)used < bytes; i++)
        used += snprintf(text + used, bytes - (size_t)used, "  %s*\n", operations[i].name);
    return used > 0 && (size_t)used < bytes;
}

static bool parse(int count, char **arguments, bool *finished, focl__complaint *complaint) {
    static char about[4096];
    const focl__grammar grammar = {
        .command = "focl-bench",
        .is_program = true,
        .summary = "how fast focl is on an OpenCL device, beside what is possible there",
        .operands = "",
        .about = about,
        .options = known_options,
        .option_count = COUNT_OF(known_options),
    };
    if (!describe(about, sizeof about))
        return focl__fail_data(complaint, "the help has no room for the names of all groups");
    return focl__parse_arguments(&grammar, count - 1, arguments + 1, &chosen, NULL, finished, complaint);
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

static bool measure_operation(bench_run *run, size_t operation) {
    bool agreed = true;
    if (!operations[operation].measure(run, &agreed))
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
    for (size_t i = 0; i < COUNT_OF(operations); i++)
        if (is_named(operations[i].name) && !measure_operation(run, i))
            return false;
    return true;
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
    focl__complaint complaint = {0};
    bool finished = false;
    wait_politely(arguments);
    const double start = bench_now();
    if (!parse(count, arguments, &finished, &complaint)) {
        fprintf(stderr, "focl-bench: %s (see: focl-bench --help)\n", complaint.text);
        return complaint.exit_status;
    }
    if (finished)
        return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    if (!any_is_wanted())
        return FOCL__EXIT_USAGE;
    return run_chosen(start) ? EXIT_SUCCESS : EXIT_FAILURE;
}
