/* The report as JUnit's XML: a test suite per device, a test case per line of the table. */
#include <stdint.h>
#include <string.h>

#include "conformance_report.h"

/* What XML must not have as it is; bytes that are no ASCII become "?", since drivers' names may be in any encoding. */
static void write_text(FILE *stream, const char *text) {
    static const struct {
        char character;
        const char *entity;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}};
    for (const char *at = text; *at; at++) {
        size_t i = 0;
        while (i < COUNT_OF(entities) && entities[i].character != *at)
            i++;
        if (i < COUNT_OF(entities))
            (void)fputs(entities[i].entity, stream);
        else
            (void)fputc(*at >= 0x20 && *at < 0x7f ? *at : '?', stream);
    }
}

static void write_attribute(FILE *stream, const char *name, const char *text) {
    fprintf(stream, " %s=\"", name);
    write_text(stream, text);
    (void)fputc('"', stream);
}

static void write_element(FILE *stream, const char *element, const char *message) {
    fprintf(stream, "      <%s", element);
    write_attribute(stream, "message", message);
    (void)fputs("/>\n", stream);
}

static void write_result(FILE *stream, const conformance_result *result, const char *device) {
    const conformance_line *line = &result->line;
    (void)fputs("    <testcase", stream);
    write_attribute(stream, "classname", device);
    write_attribute(stream, "name", result->of->name);
    fprintf(stream, " time=\"%.3f\">\n", line->seconds);
    if (line->failures > 0)
        write_element(stream, "failure", line->failure);
    else if (*line->unsupported && line->numbers == 0)
        write_element(stream, "skipped", line->unsupported);
    (void)fputs("    </testcase>\n", stream);
}

static void write_device(FILE *stream, const conformance_device *device) {
    (void)fputs("  <testsuite", stream);
    write_attribute(stream, "name", device->description.name);
    fprintf(stream, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"%.3f\">\n", device->count,
            conformance_failed(device), conformance_unsupported(device), device->seconds);
    for (size_t i = 0; i < device->count; i++)
        write_result(stream, &device->results[i], device->description.name);
    (void)fputs("  </testsuite>\n", stream);
}

void conformance_write_junit(FILE *stream, const conformance_report *report) {
    (void)fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"focl-conformance\">\n", stream);
    for (size_t i = 0; i < report->count; i++)
        write_device(stream, &report->devices[i]);
    (void)fputs("</testsuites>\n", stream);
}
