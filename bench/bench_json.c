/* What a run found as one JSON object. */
#include "bench_json.h"

#include "bench_kind.h"
#include "json_writer.h"

/* Negative is how the findings say: not measured. */
static void write_measured(focl__json *json, const char *key, double value) {
    if (value >= 0.0)
        focl__json_double(json, key, value);
    else
        focl__json_null(json, key);
}

static void write_summary(focl__json *json, const char *key, bench_summary summary) {
    if (!(summary.median >= 0.0)) {
        focl__json_null(json, key);
        return;
    }
    focl__json_open(json, key, '{');
    focl__json_double(json, "median", summary.median);
    write_measured(json, "p10", summary.p10);
    write_measured(json, "p90", summary.p90);
    focl__json_close(json, '}');
}

static void write_device(focl__json *json, const bench_findings *findings) {
    const focl_device *device = findings->device;
    focl__json_open(json, "device", '{');
    focl__json_string(json, "name", device->name);
    focl__json_string(json, "platform", device->platform);
    focl__json_string(json, "driver", device->driver);
    focl__json_string(json, "version", device->version);
    focl__json_unsigned(json, "compute_units", device->compute_units);
    focl__json_string(json, "reason", findings->reason);
    focl__json_close(json, '}');
}

static void write_roofline(focl__json *json, const bench_roofline *roofline) {
    focl__json_open(json, "roofline", '{');
    write_measured(json, "fill_bytes_per_second", roofline->fill);
    write_measured(json, "read_bytes_per_second", roofline->read);
    write_measured(json, "copy_bytes_per_second", roofline->copy);
    write_measured(json, "triad_bytes_per_second", roofline->triad);
    write_measured(json, "empty_kernel_seconds", roofline->empty_seconds);
    focl__json_close(json, '}');
}

static void write_result(focl__json *json, const bench_result *result) {
    focl__json_open(json, NULL, '{');
    focl__json_string(json, "group", result->group);
    focl__json_string(json, "name", result->name);
    focl__json_string(json, "what", result->what);
    focl__json_string(json, "kind", bench_kind_word(result->kind));
    write_measured(json, "elements", result->elements);
    write_measured(json, "bytes", result->bytes);
    write_summary(json, "seconds", result->seconds);
    write_summary(json, "device_seconds", result->device_seconds);
    write_summary(json, "to_yardstick", result->to_yardstick);
    write_summary(json, "to_peer", result->to_peer);
    write_measured(json, "share", result->share);
    write_measured(json, "first_cold_seconds", result->first_cold);
    write_measured(json, "first_cached_seconds", result->first_cached);
    write_measured(json, "worst_loss_ulp", result->worst_loss_ulp);
    write_measured(json, "worst_gradient_ulp", result->worst_gradient_ulp);
    focl__json_close(json, '}');
    fputc('\n', json->stream);
}

bool bench_json_write(FILE *stream, const bench_findings *findings) {
    focl__json json = focl__json_start(stream);
    focl__json_open(&json, NULL, '{');
    focl__json_string(&json, "version", focl_version());
    write_device(&json, findings);
    focl__json_unsigned(&json, "seed", findings->seed);
    focl__json_unsigned(&json, "threads", findings->threads > 0 ? (uint64_t)findings->threads : 0);
    focl__json_string(&json, "clock", bench_clock_word(findings->cpu_time));
    write_measured(&json, "load_average", findings->load_average);
    write_roofline(&json, &findings->roofline);
    focl__json_bool(&json, "passed", findings->passed);
    focl__json_open(&json, "results", '[');
    fputc('\n', stream);
    for (size_t i = 0; i < findings->count; i++)
        write_result(&json, &findings->results[i]);
    focl__json_close(&json, ']');
    focl__json_close(&json, '}');
    fputc('\n', stream);
    return fflush(stream) == 0 && !ferror(stream);
}
