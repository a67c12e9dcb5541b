/* What is told of a device: lines of a table for a person, one JSON object and one JUnit file for programs. */
#ifndef FOCL_TESTS_CONFORMANCE_REPORT_H
#define FOCL_TESTS_CONFORMANCE_REPORT_H

#include <stdio.h>

#include "complaint.h"
#include "conformance_case.h"

/* A case that was run, with what came of it. */
typedef struct conformance_result {
    const conformance_case *of;
    conformance_line line;
} conformance_result;

/* A device that was examined. */
typedef struct conformance_device {
    focl_device description;
    focl_probe_report probe;
    conformance_result *results;
    size_t count;
    size_t programs; /* compiled */
    double seconds;
} conformance_device;

typedef struct conformance_report {
    bool quick;
    uint64_t seed;
    conformance_device *devices;
    size_t count;
} conformance_report;

size_t conformance_failed(const conformance_device *device);
size_t conformance_unsupported(const conformance_device *device);

/* The table, in the order of the run: the device and its probe, the lines, what was worst. */
void conformance_print_device(const conformance_device *device);
void conformance_print_result(const conformance_result *result, bool first);
void conformance_print_summary(const conformance_device *device);

typedef void conformance_writer(FILE *stream, const conformance_report *report);
conformance_writer conformance_write_json;
conformance_writer conformance_write_junit;

/* A file that a report goes to; option names it in complaints. NULL path: none. */
typedef struct conformance_file {
    const char *option;
    const char *path;
    conformance_writer *write;
} conformance_file;

/* Before the work: could it be written? */
bool conformance_file_check(const conformance_file *file, focl__complaint *complaint);

/* Writes the file whole, or leaves what was there. */
bool conformance_file_write(const conformance_file *file, const conformance_report *report, focl__complaint *complaint);

#endif
