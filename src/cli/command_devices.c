/* focl devices: what OpenCL offers here, which device is taken and why; and, if wanted, what each does with numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "console.h"
#include "device_option.h"
#include "focl/device.h"
#include "focl/probe.h"
#include "json_writer.h"
#include "report_devices.h"

typedef struct devices_options {
    focl__common_options common;
    bool probe;
    bool report;
} devices_options;

static const focl__option options_table[] = {
    FOCL__DEVICE_OPTIONS(devices_options),
    {"--probe", NULL, "have each device calculate, and tell whether it is bit-exact by its results", focl__parse_flag,
     offsetof(devices_options, probe)},
    {"--report", NULL, "all that a bug report needs, of every device, of focl and of the system", focl__parse_flag,
     offsetof(devices_options, report)},
    FOCL__JSON_OPTION(devices_options),
};

static const focl__grammar grammar = {
    .command = "devices",
    .operands = "",
    .about = "Every device of every OpenCL platform; which one is chosen and why; what was refused and why.\n",
    .options = options_table,
    .option_count = sizeof options_table / sizeof *options_table,
};

/* What a device did when it was asked to calculate. */
typedef struct answer {
    bool asked;
    focl_status status;
    focl_probe_report report;
    char failure[128];
} answer;

typedef struct survey {
    focl_device_list *list;
    const focl_device *devices;
    size_t count;
    size_t chosen;
    char reason[256];
    answer *answers;     /* of each device; NULL: none was asked */
    focl_device *probed; /* the devices as they answered */
} survey;

/* ---- Asking the devices ---- */

static focl_status probe_device(const focl_device *device, const focl__common_options *common,
                                focl_probe_report *report) {
    char selector[32];
    focl_handle *handle = NULL;
    snprintf(selector, sizeof selector, "#%zu", device->index);
    focl_status status = focl_create(&handle, selector);
    if (!status && common->math_given)
        status = focl_set_math(handle, common->math);
    if (!status)
        status = focl_probe(handle, report);
    focl_destroy(handle);
    return status;
}

/* What a device did stands above what its driver says; one that fails is told of like the others. */
static void probe_device_at(survey *found, size_t i, const focl__common_options *common) {
    focl_device *device = &found->probed[i];
    answer *of = &found->answers[i];
    of->asked = true;
    of->status = probe_device(device, common, &of->report);
    if (of->status)
        snprintf(of->failure, sizeof of->failure, "the probe failed: %s", focl_last_error()->message);
    device->bit_exact = !of->status && of->report.bit_exact;
    snprintf(device->bit_exact_reason, sizeof device->bit_exact_reason, "%s",
             of->status ? of->failure : of->report.reason);
}

static bool probe_devices(survey *found, const focl__common_options *common, focl__complaint *complaint) {
    found->answers = calloc(found->count, sizeof *found->answers);
    found->probed = malloc(found->count * sizeof *found->probed);
    if (!found->answers || !found->probed)
        return focl__fail_data(complaint, "no memory for %zu devices", found->count);
    memcpy(found->probed, found->devices, found->count * sizeof *found->probed);
    found->devices = found->probed;
    for (size_t i = 0; i < found->count; i++)
        if (found->probed[i].available)
            probe_device_at(found, i, common);
    return true;
}

static const answer *answer_of(const survey *found, size_t device) {
    return found->answers && found->answers[device].asked ? &found->answers[device] : NULL;
}

/* ---- JSON ---- */

static const char *reason_of(const survey *found, size_t device) {
    if (device == found->chosen)
        return found->reason;
    return found->devices[device].available ? "another device ranks before it or was asked for"
                                            : "it is not available or has no compiler";
}

static void print_json_answer(focl__json *json, const answer *of) {
    focl__json_open(json, "probe", '{');
    focl__json_string(json, "status", focl_status_name(of->status));
    if (of->status) {
        focl__json_string(json, "reason", of->failure);
    } else {
        focl__json_bool(json, "bit_exact", of->report.bit_exact);
        focl__json_string(json, "reason", of->report.reason);
        focl__json_bool(json, "rounds", of->report.rounds);
        focl__json_bool(json, "divides", of->report.divides);
        focl__json_bool(json, "contracts", of->report.contracts);
        focl__json_bool(json, "flushes", of->report.flushes);
    }
    focl__json_close(json, '}');
}

static void print_json_device(focl__json *json, const survey *found, size_t i) {
    const focl_device *device = &found->devices[i];
    focl__json_open(json, NULL, '{');
    focl__json_unsigned(json, "index", device->index);
    focl__json_string(json, "class", focl_device_class_name(device->device_class));
    focl__json_string(json, "name", device->name);
    focl__json_string(json, "platform", device->platform);
    focl__json_string(json, "driver", device->driver);
    focl__json_string(json, "version", device->version);
    focl__json_string(json, "opencl_c", device->opencl_c);
    focl__json_unsigned(json, "memory_bytes", device->memory_bytes);
    focl__json_unsigned(json, "allocation_bytes", device->allocation_bytes);
    focl__json_unsigned(json, "local_bytes", device->local_bytes);
    focl__json_unsigned(json, "compute_units", device->compute_units);
    focl__json_unsigned(json, "clock_mhz", device->clock_mhz);
    focl__json_bool(json, "fp16", device->fp16);
    focl__json_bool(json, "fp64", device->fp64);
    focl__json_bool(json, "unified_memory", device->unified_memory);
    focl__json_bool(json, "available", device->available);
    focl__json_bool(json, "bit_exact", device->bit_exact);
    focl__json_string(json, "bit_exact_reason", device->bit_exact_reason);
    focl__json_bool(json, "selected", i == found->chosen);
    focl__json_string(json, "reason", reason_of(found, i));
    if (answer_of(found, i))
        print_json_answer(json, answer_of(found, i));
    focl__json_close(json, '}');
}

static void print_json(const survey *found) {
    focl__json json = focl__json_start(stdout);
    focl__json_open(&json, NULL, '{');
    focl__json_open(&json, "devices", '[');
    for (size_t i = 0; i < found->count; i++)
        print_json_device(&json, found, i);
    focl__json_close(&json, ']');
    focl__json_open(&json, "notes", '[');
    for (size_t i = 0; i < focl_device_list_note_count(found->list); i++)
        focl__json_string(&json, NULL, focl_device_list_note(found->list, i));
    focl__json_close(&json, ']');
    focl__json_close(&json, '}');
    putchar('\n');
}

/* ---- The table ---- */

/* Its columns: a heading and what a device has under it. */
typedef struct cell {
    char text[132];
} cell;

static cell words(const char *text) {
    cell result;
    snprintf(result.text, sizeof result.text, "%s", text);
    return result;
}

static cell index_cell(const focl_device *device) {
    cell result;
    snprintf(result.text, sizeof result.text, "#%zu", device->index);
    return result;
}

static cell class_cell(const focl_device *device) {
    return words(focl_device_class_name(device->device_class));
}

static cell name_cell(const focl_device *device) {
    return words(device->name);
}

static cell platform_cell(const focl_device *device) {
    return words(device->platform);
}

static cell driver_cell(const focl_device *device) {
    return words(device->driver);
}

/* The version stands behind "OpenCL C " in every device's answer. */
static cell language_cell(const focl_device *device) {
    static const char prefix[] = "OpenCL C ";
    size_t length = sizeof prefix - 1;
    bool usual = strncmp(device->opencl_c, prefix, length) == 0;
    return words(device->opencl_c + (usual ? length : 0));
}

static cell memory_cell(const focl_device *device) {
    return words(focl__describe_bytes(device->memory_bytes).text);
}

static cell units_cell(const focl_device *device) {
    cell result;
    snprintf(result.text, sizeof result.text, "%u", (unsigned)device->compute_units);
    return result;
}

static cell fp16_cell(const focl_device *device) {
    return words(device->fp16 ? "yes" : "no");
}

static cell fp64_cell(const focl_device *device) {
    return words(device->fp64 ? "yes" : "no");
}

static cell bit_exact_cell(const focl_device *device) {
    return words(device->bit_exact ? "yes" : "no");
}

static const struct {
    const char *heading;
    cell (*cell)(const focl_device *device);
} columns[] = {
    {"index", index_cell},   {"class", class_cell},       {"name", name_cell},           {"platform", platform_cell},
    {"driver", driver_cell}, {"OpenCL C", language_cell}, {"memory", memory_cell},       {"units", units_cell},
    {"fp16", fp16_cell},     {"fp64", fp64_cell},         {"bit-exact", bit_exact_cell},
};
enum { COLUMN_COUNT = sizeof columns / sizeof *columns };

static void measure_columns(const survey *found, int widths[COLUMN_COUNT]) {
    for (size_t column = 0; column < COLUMN_COUNT; column++) {
        size_t width = strlen(columns[column].heading);
        for (size_t i = 0; i < found->count; i++) {
            size_t length = strlen(columns[column].cell(&found->devices[i]).text);
            width = length > width ? length : width;
        }
        widths[column] = (int)width;
    }
}

static void print_row(const focl_device *device, const int widths[COLUMN_COUNT], bool chosen) {
    fputs(chosen ? "* " : "  ", stdout);
    for (size_t column = 0; column < COLUMN_COUNT; column++) {
        cell text = device ? columns[column].cell(device) : words(columns[column].heading);
        bool last = column + 1 == COLUMN_COUNT;
        printf("%-*s%s", last ? 0 : widths[column], text.text, last ? "\n" : "  ");
    }
}

static void print_notes(const survey *found) {
    for (size_t i = 0; i < focl_device_list_note_count(found->list); i++)
        printf("  refused: %s\n", focl_device_list_note(found->list, i));
}

static void print_table(const survey *found) {
    int widths[COLUMN_COUNT];
    measure_columns(found, widths);
    print_row(NULL, widths, false);
    for (size_t i = 0; i < found->count; i++) {
        bool chosen = i == found->chosen;
        fputs(chosen ? focl__bold(stdout) : "", stdout);
        print_row(&found->devices[i], widths, chosen);
        fputs(chosen ? focl__plain(stdout) : "", stdout);
    }
    printf("\n* chosen: %s\n", found->reason);
    for (size_t i = 0; i < found->count; i++)
        printf("  #%zu bit-exact: %s%s%s\n", found->devices[i].index, found->devices[i].bit_exact ? "yes" : "no",
               *found->devices[i].bit_exact_reason ? ", " : "", found->devices[i].bit_exact_reason);
    print_notes(found);
}

static bool choose(survey *found, const focl__common_options *common, focl__complaint *complaint) {
    found->devices = focl_device_list_devices(found->list);
    found->count = focl_device_list_count(found->list);
    focl_status status = focl_device_choose(found->devices, found->count, focl__device_selector(common), &found->chosen,
                                            found->reason, sizeof found->reason);
    return status == FOCL_OK || focl__fail_device(complaint, common, status);
}

/* Without any device what was refused is all the more worth knowing. */
static void print_nothing_found(const survey *found, bool json) {
    if (json)
        print_json(found);
    else
        print_notes(found);
}

static bool show(survey *found, const devices_options *options, focl__complaint *complaint) {
    if (options->report)
        focl__report(found->list, &options->common);
    if (!choose(found, &options->common, complaint)) {
        if (found->count == 0 && complaint->exit_status == FOCL__EXIT_FAILED && !options->report)
            print_nothing_found(found, options->common.json);
        return false;
    }
    if (options->report)
        return true;
    if (options->probe && !probe_devices(found, &options->common, complaint))
        return false;
    if (options->common.json)
        print_json(found);
    else
        print_table(found);
    return true;
}

bool focl__command_devices(int count, char **arguments, focl__complaint *complaint) {
    devices_options options = {0};
    survey found = {0};
    bool finished = false;
    if (!focl__parse_arguments(&grammar, count, arguments, &options, NULL, &finished, complaint))
        return false;
    if (finished)
        return true;
    if (options.report && options.common.json)
        return focl__fail_usage(complaint, "--report: is a text for people; --json has the devices for programs");
    focl_status status = focl_device_list_create(&found.list);
    if (status != FOCL_OK)
        return focl__fail_library(complaint, NULL, status);
    bool good = show(&found, &options, complaint);
    free(found.answers);
    free(found.probed);
    focl_device_list_free(found.list);
    return good;
}
