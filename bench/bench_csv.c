/* What a run found as comma-separated values. */
#include "bench_csv.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "bench_kind.h"

typedef struct csv_row {
    FILE *stream;
    const bench_findings *findings;
    const bench_result *result;
} csv_row;

/* ---- One field ---- */

static void write_text(FILE *stream, const char *text) {
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, stream);
        return;
    }
    fputc('"', stream);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', stream);
        fputc(*text, stream);
    }
    fputc('"', stream);
}

static void write_measured(FILE *stream, double value) {
    if (value >= 0.0 && isfinite(value))
        fprintf(stream, "%.9g", value);
}

/* ---- Columns that are calculated ---- */

static double gigabytes_per_second(const bench_result *result) {
    const bool known = result->bytes > 0.0 && result->seconds.median > 0.0;
    return known ? result->bytes / result->seconds.median * 1e-9 : -1.0;
}

static double nanoseconds_per_element(const bench_result *result) {
    const bool known = result->elements > 0.0 && result->seconds.median >= 0.0;
    return known ? result->seconds.median * 1e9 / result->elements : -1.0;
}

/* ---- The table ---- */

/* X(column, what it holds): text first, then numbers; each in terms of `row`. */
#define TEXT_COLUMNS(X)                           \
    X("group", row->result->group)                \
    X("name", row->result->name)                  \
    X("what", row->result->what)                  \
    X("kind", bench_kind_word(row->result->kind)) \
    X("device", row->findings->device->name)      \
    X("driver", row->findings->device->driver)    \
    X("focl_version", focl_version())             \
    X("clock", bench_clock_word(row->findings->cpu_time))

#define SUMMARY_COLUMNS(X, stem, unit, member)         \
    X(stem "_median" unit, row->result->member.median) \
    X(stem "_p10" unit, row->result->member.p10)       \
    X(stem "_p90" unit, row->result->member.p90)

#define NUMBER_COLUMNS(X)                                          \
    X("elements", row->result->elements)                           \
    X("bytes", row->result->bytes)                                 \
    SUMMARY_COLUMNS(X, "host", "_s", seconds)                      \
    SUMMARY_COLUMNS(X, "device", "_s", device_seconds)             \
    X("time_per_element_ns", nanoseconds_per_element(row->result)) \
    X("throughput_gb_per_s", gigabytes_per_second(row->result))    \
    X("share_of_roofline_ratio", row->result->share)               \
    SUMMARY_COLUMNS(X, "to_yardstick", "_ratio", to_yardstick)     \
    SUMMARY_COLUMNS(X, "to_peer", "_ratio", to_peer)               \
    X("first_call_cold_s", row->result->first_cold)                \
    X("first_call_cached_s", row->result->first_cached)            \
    X("worst_loss_ulp", row->result->worst_loss_ulp)               \
    X("worst_gradient_ulp", row->result->worst_gradient_ulp)       \
    X("load_average", row->findings->load_average)

static void write_names(FILE *stream) {
#define NAME_TEXT(column, value)   column ","
#define NAME_NUMBER(column, value) column ","
    fputs(TEXT_COLUMNS(NAME_TEXT) NUMBER_COLUMNS(NAME_NUMBER) "seed\r\n", stream);
#undef NAME_TEXT
#undef NAME_NUMBER
}

static void write_row(const csv_row *row) {
    FILE *const stream = row->stream;
#define WRITE_TEXT(column, value)   write_text(stream, value), fputc(',', stream);
#define WRITE_NUMBER(column, value) write_measured(stream, value), fputc(',', stream);
    TEXT_COLUMNS(WRITE_TEXT)
    NUMBER_COLUMNS(WRITE_NUMBER)
#undef WRITE_TEXT
#undef WRITE_NUMBER
    fprintf(stream, "%" PRIu64 "\r\n", row->findings->seed);
}

bool bench_csv_write(FILE *stream, const bench_findings *findings) {
    write_names(stream);
    for (size_t i = 0; i < findings->count; i++) {
        const csv_row row = {stream, findings, &findings->results[i]};
        write_row(&row);
    }
    return fflush(stream) == 0 && !ferror(stream);
}
