/* The report as one JSON object. */
#include "conformance_report.h"
#include "json_writer.h"

static void write_errors(focl__json *json, const conformance_line *line) {
    focl__json_open(json, "errors", '{');
    for (size_t i = 0; i < CONFORMANCE_OUTPUTS; i++) {
        const conformance_errors *errors = &line->errors[i];
        if (errors->count == 0)
            continue;
        focl__json_open(json, conformance_output_name((conformance_output)i), '{');
        focl__json_unsigned(json, "numbers", errors->count);
        focl__json_double(json, "worst_ulps", errors->worst);
        focl__json_double(json, "mean_ulps", conformance_mean(errors));
        focl__json_double(json, "bound_ulps", errors->bound);
        focl__json_string(json, "worst_at", errors->where);
        focl__json_close(json, '}');
    }
    focl__json_close(json, '}');
}

static const char *status_of(const conformance_line *line) {
    if (line->failures > 0)
        return "failed";
    return *line->unsupported && line->numbers == 0 ? "unsupported" : "held";
}

/* NULL where there was nothing to compare with. */
static const char *bits_of(const conformance_line *line) {
    static const char *const words[] = {NULL, "same", "other"};
    return words[line->bits];
}

static const char *or_null(const char *text) {
    return *text ? text : NULL;
}

static void write_result(focl__json *json, const conformance_result *result) {
    const conformance_case *of = result->of;
    const conformance_line *line = &result->line;
    focl__json_open(json, NULL, '{');
    focl__json_string(json, "name", of->name);
    focl__json_string(json, "operation", of->operation);
    focl__json_string(json, "objective", of->objective);
    focl__json_string(json, "type", of->type);
    focl__json_string(json, "targets", of->targets);
    focl__json_string(json, "mapping", of->mapping);
    focl__json_string(json, "known_from", of->known_from);
    focl__json_string(json, "expectation", of->expectation);
    focl__json_string(json, "status", status_of(line));
    focl__json_string(json, "failure", or_null(line->failure));
    focl__json_unsigned(json, "failures", line->failures);
    focl__json_string(json, "unsupported", or_null(line->unsupported));
    focl__json_unsigned(json, "problems", line->problems);
    focl__json_unsigned(json, "numbers", line->numbers);
    focl__json_double(json, "bound_ulps", line->bound);
    write_errors(json, line);
    focl__json_string(json, "bits", bits_of(line));
    focl__json_string(json, "first_difference", or_null(line->difference));
    focl__json_double(json, "seconds", line->seconds);
    focl__json_close(json, '}');
}

static void write_probe(focl__json *json, const focl_probe_report *probe) {
    focl__json_open(json, "probe", '{');
    focl__json_bool(json, "rounds", probe->rounds);
    focl__json_bool(json, "divides", probe->divides);
    focl__json_bool(json, "contracts", probe->contracts);
    focl__json_bool(json, "flushes", probe->flushes);
    focl__json_bool(json, "bit_exact", probe->bit_exact);
    focl__json_string(json, "reason", probe->reason);
    focl__json_close(json, '}');
}

static void write_device(focl__json *json, const conformance_device *device) {
    const focl_device *of = &device->description;
    focl__json_open(json, NULL, '{');
    focl__json_unsigned(json, "index", of->index);
    focl__json_string(json, "class", focl_device_class_name(of->device_class));
    focl__json_string(json, "name", of->name);
    focl__json_string(json, "platform", of->platform);
    focl__json_string(json, "driver", of->driver);
    focl__json_string(json, "version", of->version);
    write_probe(json, &device->probe);
    focl__json_unsigned(json, "failed", conformance_failed(device));
    focl__json_unsigned(json, "unsupported", conformance_unsupported(device));
    focl__json_unsigned(json, "programs", device->programs);
    focl__json_double(json, "seconds", device->seconds);
    focl__json_open(json, "lines", '[');
    for (size_t i = 0; i < device->count; i++)
        write_result(json, &device->results[i]);
    focl__json_close(json, ']');
    focl__json_close(json, '}');
}

void conformance_write_json(FILE *stream, const conformance_report *report) {
    focl__json json = focl__json_start(stream);
    focl__json_open(&json, NULL, '{');
    focl__json_string(&json, "focl", focl_version());
    focl__json_bool(&json, "quick", report->quick);
    focl__json_unsigned(&json, "seed", report->seed);
    focl__json_open(&json, "devices", '[');
    for (size_t i = 0; i < report->count; i++)
        write_device(&json, &report->devices[i]);
    focl__json_close(&json, ']');
    focl__json_close(&json, '}');
    (void)fputc('\n', stream);
}
