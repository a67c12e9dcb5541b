/* focl-conformance: how exact every operation is on a device, and whether it has the bits of all others. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conformance_report.h"
#include "console.h"
#include "device_option.h"

typedef struct conformance_options {
    focl__common_options common;
    bool all_devices;
    bool quick;
    bool list;
    focl__integer seed;
    const char *only; /* part of the names of the cases wanted; NULL: all */
    const char *json;
    const char *junit;
} conformance_options;

static const focl__option options_table[] = {
    {"--device", "SELECTOR", "gpu, igpu, accelerator, cpu, #INDEX or PLATFORM:CLASS:NAME (or FOCL_DEVICE)",
     focl__parse_text, offsetof(conformance_options, common.device)},
    {"--all-devices", NULL, "one after the other", focl__parse_flag, offsetof(conformance_options, all_devices)},
    {"--quick", NULL, "few combinations and small arrays: under a minute", focl__parse_flag,
     offsetof(conformance_options, quick)},
    {"--seed", "N", "of the random numbers (1708)", focl__parse_integer, offsetof(conformance_options, seed)},
    {"--case", "NAME", "only the lines that have this in their names", focl__parse_text,
     offsetof(conformance_options, only)},
    {"--list", NULL, "the names of the lines, and of the named ones what must come; runs nothing", focl__parse_flag,
     offsetof(conformance_options, list)},
    {"--json", "FILE", "write everything there, as one JSON object", focl__parse_text,
     offsetof(conformance_options, json)},
    {"--junit", "FILE", "write a test report there, as JUnit's XML", focl__parse_text,
     offsetof(conformance_options, junit)},
};

static const focl__grammar grammar = {
    .command = "focl-conformance",
    .is_program = true,
    .summary = "how exact focl is on an OpenCL device",
    .operands = "",
    .about =
        "Examines an OpenCL device: errors of every operation in ulps, beside the bounds of the headers, and\n"
        "whether its bits are those of all other devices. Exit status: 0 every bound holds, 1 one does not or the\n"
        "device failed, 2 the command line is wrong.\n",
    .options = options_table,
    .option_count = COUNT_OF(options_table),
};

/* The support's own complaints: no memory, an array written beyond its end, a reference that fails. */
void test_fail(const char *format, ...) {
    va_list values;
    va_start(values, format);
    (void)fflush(stdout);
    (void)fputs("focl-conformance: ", stderr);
    (void)vfprintf(stderr, format, values);
    (void)fputc('\n', stderr);
    va_end(values);
    exit(FOCL__EXIT_FAILED);
}

/* ---- Cases ---- */

static bool is_wanted(const conformance_options *options, const conformance_case *of) {
    return options->only ? strstr(of->name, options->only) != NULL : !options->quick || of->quick;
}

static size_t count_wanted(const conformance_options *options, const conformance_list *list) {
    size_t wanted = 0;
    for (size_t i = 0; i < list->count; i++)
        wanted += is_wanted(options, &list->cases[i]);
    return wanted;
}

static void print_list(const conformance_options *options, const conformance_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        const conformance_case *of = &list->cases[i];
        if (!is_wanted(options, of))
            continue;
        printf("%s\n", of->name);
        if (of->known_from)
            printf("    elsewhere: %s\n    expected: %s\n", of->known_from, of->expectation);
    }
}

/* ---- A device ---- */

static void show_progress(const char *name, size_t number, size_t count) {
    if (isatty(fileno(stderr)))
        fprintf(stderr, "\r\033[K%zu of %zu: %s", number, count, name);
}

static void hide_progress(void) {
    if (isatty(fileno(stderr)))
        fputs("\r\033[K", stderr);
}

static void run_case(conformance_run *run, conformance_result *result) {
    const double start = focl__now();
    run->line = &result->line;
    result->of->run(run, result->of);
    result->line.seconds = focl__now() - start;
}

static void run_cases(conformance_run *run, const conformance_options *options, const conformance_list *list,
                      conformance_device *device) {
    const size_t wanted = count_wanted(options, list);
    device->results = test_zeros(wanted, sizeof *device->results);
    for (size_t i = 0; i < list->count; i++) {
        if (!is_wanted(options, &list->cases[i]))
            continue;
        conformance_result *result = &device->results[device->count++];
        result->of = &list->cases[i];
        show_progress(result->of->name, device->count, wanted);
        run_case(run, result);
        hide_progress();
        conformance_print_result(result, device->count == 1);
    }
}

/* Strict, whatever FOCL_MATH says: only that has bounds. */
static bool open_strict(const focl__common_options *common, focl_handle **handle, focl__complaint *complaint) {
    focl__common_options strict = *common;
    strict.math_given = true;
    strict.math = FOCL_MATH_STRICT;
    return focl__open_device(&strict, handle, complaint);
}

static bool examine(const focl__common_options *common, const conformance_options *options,
                    const conformance_list *list, conformance_device *device, focl__complaint *complaint) {
    conformance_run run = {.quick = options->quick};
    const double start = focl__now();
    if (!open_strict(common, &run.handle, complaint))
        return false;
    device->description = *focl_handle_device(run.handle);
    const focl_status status = focl_probe(run.handle, &run.probe);
    if (status == FOCL_OK) {
        device->probe = run.probe;
        printf("focl %s, %s, seed %" PRIu64 "\n\n", focl_version(), options->quick ? "quick" : "full", test_seed());
        conformance_print_device(device);
        run_cases(&run, options, list, device);
        device->programs = focl_handle_program_count(run.handle);
        device->seconds = focl__now() - start;
        conformance_print_summary(device);
    }
    focl_destroy(run.handle);
    return status == FOCL_OK || focl__fail_library(complaint, device->description.name, status);
}

/* ---- The devices ---- */

static bool examine_all(const conformance_options *options, const conformance_list *list, conformance_report *report,
                        focl__complaint *complaint) {
    focl_device_list *found = NULL;
    const focl_status status = focl_device_list_create(&found);
    if (status != FOCL_OK)
        return focl__fail_library(complaint, NULL, status);
    const size_t count = focl_device_list_count(found);
    bool good = true;
    report->devices = test_zeros(count, sizeof *report->devices);
    for (size_t i = 0; good && i < count; i++) {
        char selector[32];
        const focl__common_options common = {.device = selector};
        if (!focl_device_list_devices(found)[i].available)
            continue;
        (void)snprintf(selector, sizeof selector, "#%zu", i);
        good = examine(&common, options, list, &report->devices[report->count++], complaint);
    }
    focl_device_list_free(found);
    return good && (report->count > 0 || focl__fail_device(complaint, &options->common, FOCL_ENODEVICE));
}

static bool examine_one(const conformance_options *options, const conformance_list *list, conformance_report *report,
                        focl__complaint *complaint) {
    report->devices = test_zeros(1, sizeof *report->devices);
    report->count = 1;
    return examine(&options->common, options, list, report->devices, complaint);
}

static bool all_hold(const conformance_report *report, focl__complaint *complaint) {
    for (size_t i = 0; i < report->count; i++) {
        const size_t failed = conformance_failed(&report->devices[i]);
        if (failed > 0)
            return focl__fail_data(complaint, "%s: %zu of %zu lines do not hold", report->devices[i].description.name,
                                   failed, report->devices[i].count);
    }
    return true;
}

static void report_free(conformance_report *report) {
    for (size_t i = 0; i < report->count; i++)
        free(report->devices[i].results);
    free(report->devices);
}

static bool examine_and_report(const conformance_options *options, const conformance_list *list,
                               focl__complaint *complaint) {
    const conformance_file files[] = {{"--json", options->json, conformance_write_json},
                                      {"--junit", options->junit, conformance_write_junit}};
    conformance_report report = {.quick = options->quick, .seed = test_seed()};
    bool good = true;
    for (size_t i = 0; good && i < COUNT_OF(files); i++)
        good = conformance_file_check(&files[i], complaint);
    if (!good)
        return false;
    good = options->all_devices ? examine_all(options, list, &report, complaint)
                                : examine_one(options, list, &report, complaint);
    for (size_t i = 0; good && i < COUNT_OF(files); i++)
        good = conformance_file_write(&files[i], &report, complaint);
    good = good && all_hold(&report, complaint);
    report_free(&report);
    return good;
}

static bool check_options(const conformance_options *options, const conformance_list *list,
                          focl__complaint *complaint) {
    if (options->all_devices && options->common.device)
        return focl__fail_usage(complaint, "--all-devices: not together with --device");
    if (options->seed.given && options->seed.value < 0)
        return focl__fail_usage(complaint, "--seed: must not be negative");
    if (options->json && options->junit && strcmp(options->json, options->junit) == 0)
        return focl__fail_usage(complaint, "--junit: %s is the file of --json too", options->junit);
    if (count_wanted(options, list) == 0)
        return focl__fail_usage(complaint, "--case: no line has \"%s\" in its name; --list tells them", options->only);
    return true;
}

static bool run(int count, char **arguments, focl__complaint *complaint) {
    conformance_options options = {0};
    bool finished = false;
    if (!focl__parse_arguments(&grammar, count, arguments, &options, NULL, &finished, complaint))
        return false;
    if (finished)
        return true;
    if (options.seed.given)
        test_set_seed((uint64_t)options.seed.value);
    conformance_list list = conformance_list_create();
    bool good = check_options(&options, &list, complaint);
    if (good && options.list)
        print_list(&options, &list);
    else
        good = good && examine_and_report(&options, &list, complaint);
    conformance_list_free(&list);
    return good;
}

int main(int count, char **arguments) {
    focl__complaint complaint = {0};
    bool good = run(count - 1, arguments + 1, &complaint);
    if (fflush(stdout) != 0 || ferror(stdout))
        good = focl__fail_data(&complaint, "standard output could not be written");
    if (good)
        return EXIT_SUCCESS;
    fprintf(stderr, "focl-conformance: %s%s\n", complaint.text,
            complaint.exit_status == FOCL__EXIT_USAGE ? " (see: focl-conformance --help)" : "");
    return complaint.exit_status;
}
