/* What focl-bench writes, compares and asks PyTorch, from findings that are made up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_compare.h"
#include "bench_csv.h"
#include "bench_json.h"
#include "bench_svg.h"
#include "support_command.h"

#ifdef FOCL_BENCH_HAS_JANSSON
#include <jansson.h>
#endif

/* ---- Findings ---- */

static const bench_summary none = {-1.0, -1.0, -1.0};

enum { TRIAD, FOCL, PEER, EMPTY, SMALL, RESULTS };

static focl_device device;
static bench_result results[RESULTS];
static bench_findings findings;

static bench_result result(const char *group, const char *name, bench_kind kind, double seconds, double ratio) {
    return (bench_result){.group = group,
                          .name = name,
                          .what = "plain, \"quoted\"\nand broken",
                          .kind = kind,
                          .elements = 1024.0,
                          .bytes = 12288.0,
                          .seconds = {seconds, seconds * 0.95, seconds * 1.05},
                          .device_seconds = none,
                          .to_yardstick = {ratio, ratio * 0.99, ratio * 1.01},
                          .to_peer = none,
                          .share = 0.97 / ratio,
                          .first_cold = 1.5,
                          .first_cached = -1.0,
                          .worst_loss_ulp = 2.25,
                          .worst_gradient_ulp = -1.0};
}

static void make_findings(void) {
    device =
        (focl_device){.name = "a <device> & its \"name\"", .platform = "platform", .driver = "1.0", .version = "3"};
    results[TRIAD] = result("dense", "triad", BENCH_KIND_YARDSTICK, 1e-3, 1.0);
    results[FOCL] = result("dense", "focl", BENCH_KIND_FOCL, 1.25e-3, 1.25);
    results[PEER] = result("dense", "peer", BENCH_KIND_PEER, 2e-3, 2.0);
    results[EMPTY] = result("small", "empty", BENCH_KIND_YARDSTICK, 5e-5, 1.0);
    results[SMALL] = result("small", "focl", BENCH_KIND_FOCL, 6e-5, 1.2);
    results[EMPTY].bytes = 0.0;
    results[EMPTY].share = results[SMALL].share = -1.0;
    findings = (bench_findings){.device = &device,
                                .reason = "the only one",
                                .seed = UINT64_MAX,
                                .threads = 2,
                                .load_average = -1.0,
                                .roofline = {1e9, 2e9, 3e9, 0.1, -1.0},
                                .passed = true,
                                .results = results,
                                .count = RESULTS};
}

typedef bool writer(FILE *stream);

static bool write_json(FILE *stream) {
    return bench_json_write(stream, &findings);
}

static bool write_csv(FILE *stream) {
    return bench_csv_write(stream, &findings);
}

static bool write_svg_without_date(FILE *stream) {
    return bench_svg_write(stream, &findings);
}

static bool write_svg(FILE *stream) {
    return bench_svg_write_dated(stream, &findings, "2026-01-31");
}

/* What is written, to be freed. */
static char *written(writer *write, const char *name) {
    const scratch_path path = scratch_file(name);
    size_t bytes = 0;
    FILE *file = fopen(path.text, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert(write(file));
    ck_assert_int_eq(fclose(file), 0);
    return read_file(path.text, &bytes);
}

static size_t occurrences(const char *text, const char *part) {
    size_t count = 0;
    while ((text = strstr(text, part)) != NULL) {
        count++;
        text += strlen(part);
    }
    return count;
}

/* ---- Files ---- */

START_TEST(json_is_whole) {
    char *text = written(write_json, "now.json");
    ck_assert(json_is_valid(text));
    ck_assert_double_eq(json_number(text, "seed"), (double)UINT64_MAX);
    ck_assert_double_eq(json_number(text, "triad_bytes_per_second"), 0.1);
    ck_assert_uint_eq(occurrences(text, "\"worst_gradient_ulp\": null"), RESULTS);
    ck_assert_uint_eq(occurrences(text, "\"device_seconds\": null"), RESULTS);
    ck_assert_uint_eq(occurrences(text, "\"load_average\": null"), 1);
    ck_assert_uint_eq(occurrences(text, "\"kind\": \"yardstick\""), 2);
    ck_assert_uint_eq(occurrences(text, "-1"), 0);
    free(text);
}
END_TEST

/* The fields of a record, and where the next starts: the grammar of RFC 4180. */
static const char *count_fields(const char *at, size_t *fields) {
    bool quoted = false;
    *fields = 1;
    for (; *at && (quoted || strncmp(at, "\r\n", 2) != 0); at++) {
        ck_assert(quoted || *at != '\n');
        if (*at == '"')
            quoted = !quoted;
        else if (*at == ',' && !quoted)
            ++*fields;
    }
    ck_assert(!quoted);
    return *at ? at + 2 : at;
}

START_TEST(csv_has_a_field_for_each_column) {
    char *text = written(write_csv, "now.csv");
    size_t columns = 0, fields = 0, rows = 0;
    const char *at = count_fields(text, &columns);
    ck_assert_uint_gt(columns, 20);
    for (; *at; rows++) {
        at = count_fields(at, &fields);
        ck_assert_uint_eq(fields, columns);
    }
    ck_assert_uint_eq(rows, RESULTS);
    ck_assert_uint_eq(occurrences(text, "\"plain, \"\"quoted\"\"\nand broken\""), RESULTS);
    ck_assert_uint_eq(occurrences(text, "\"a <device> & its \"\"name\"\"\""), RESULTS);
    ck_assert_uint_eq(occurrences(text, "-1"), 0);
    ck_assert_uint_eq(occurrences(text, ",18446744073709551615\r\n"), RESULTS);
    free(text);
}
END_TEST

/* Every element that is opened is closed in order; no stray '&'. Enough for what is written without comments. */
static void assert_elements_match(const char *text) {
    char open[16][16];
    size_t depth = 0;
    for (const char *at = strchr(text, '<'); at; at = strchr(at + 1, '<')) {
        const char *end = strchr(at, '>');
        ck_assert_ptr_nonnull(end);
        char name[16] = "";
        ck_assert_int_eq(sscanf(at + 1 + (at[1] == '/'), "%15[a-z]", name), 1);
        if (at[1] == '/') {
            ck_assert_uint_gt(depth, 0);
            ck_assert_str_eq(open[--depth], name);
        } else if (end[-1] != '/') {
            ck_assert_uint_lt(depth, COUNT_OF(open));
            memcpy(open[depth++], name, sizeof name);
        }
    }
    ck_assert_uint_eq(depth, 0);
    ck_assert_uint_eq(occurrences(text, "&"), occurrences(text, "&amp;") + occurrences(text, "&lt;") +
                                                  occurrences(text, "&gt;") + occurrences(text, "&quot;"));
}

START_TEST(svg_shows_both_panels) {
    char *text = written(write_svg, "now.svg");
    char *again = written(write_svg, "again.svg");
    char *without_date = written(write_svg_without_date, "undated.svg");
    ck_assert_str_eq(text, again);
    ck_assert(!strstr(without_date, "2026"));
    assert_elements_match(without_date);
    assert_elements_match(text);
    ck_assert(strstr(text, "a &lt;device&gt; &amp; its &quot;name&quot;"));
    ck_assert(strstr(text, "2026-01-31"));
    ck_assert(strstr(text, ">78 %</text>"));
    ck_assert(strstr(text, ">1.20</text>"));
    ck_assert(strstr(text, "C, OpenMP"));
    ck_assert(!strstr(text, "PyTorch"));
    ck_assert(!strstr(text, "script"));
    free(text);
    free(again);
    free(without_date);
}
END_TEST

START_TEST(svg_of_nothing) {
    findings.count = 0;
    char *text = written(write_svg, "now.svg");
    assert_elements_match(text);
    free(text);
}
END_TEST

START_TEST(a_full_disk_is_seen) {
    writer *const writers[] = {write_json, write_csv, write_svg};
    for (size_t i = 0; i < COUNT_OF(writers); i++) {
        FILE *full = fopen("/dev/full", "wb");
        if (!full)
            continue;
        ck_assert(!writers[i](full));
        fclose(full);
    }
}
END_TEST

/* ---- Comparisons ---- */

#ifdef FOCL_BENCH_HAS_JANSSON

START_TEST(json_reads_back) {
    json_error_t error;
    char *text = written(write_json, "now.json");
    findings.seed = 7;
    char *small_seed = written(write_json, "now.json");
    json_t *whole = json_loads(small_seed, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(whole != NULL, "%s", error.text);
    const json_t *read = json_array_get(json_object_get(whole, "results"), FOCL);
    ck_assert_str_eq(json_string_value(json_object_get(read, "what")), results[FOCL].what);
    ck_assert_double_eq(json_real_value(json_object_get(json_object_get(read, "seconds"), "median")), 1.25e-3);
    ck_assert(json_is_null(json_object_get(read, "to_peer")));
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(whole, "device"), "name")), device.name);
    json_decref(whole);
    free(small_seed);
    free(text);
}
END_TEST

/* What is said now about an older run, which was the findings before `change`; to be freed. */
static char *compared(void (*change)(void)) {
    const scratch_path said = scratch_file("said.txt");
    const scratch_path older = scratch_file("older.json");
    size_t bytes = 0;
    findings.seed = 7;
    findings.load_average = 0.5;
    free(written(write_json, "older.json"));
    change();
    FILE *out = fopen(said.text, "wb");
    ck_assert_ptr_nonnull(out);
    ck_assert(bench_compare(older.text, &findings, out));
    fclose(out);
    return read_file(said.text, &bytes);
}

static void nothing(void) {
}

static void scale(bench_summary *summary, double factor) {
    *summary = (bench_summary){summary->median * factor, summary->p10 * factor, summary->p90 * factor};
}

/* The memory is twice as slow for all, and so is what is compared only by its seconds. */
static void slower_memory(void) {
    for (size_t i = 0; i < RESULTS; i++)
        scale(&results[i].seconds, 2.0);
}

static void focl_slower(void) {
    scale(&results[FOCL].to_yardstick, 1.10);
}

static void focl_faster(void) {
    scale(&results[FOCL].to_yardstick, 0.90);
}

/* By as much, but within what times differ anyway. */
static void focl_slower_in_noise(void) {
    scale(&results[FOCL].to_yardstick, 1.10);
    results[FOCL].to_yardstick.p10 = 1.2;
}

/* Apart, but by little: narrow intervals do not make 2.5 % much. */
static void focl_a_little_slower(void) {
    scale(&results[FOCL].to_yardstick, 1.025);
}

static void other_names(void) {
    results[FOCL].name = "focl-new";
}

static void another_device(void) {
    strcpy(device.name, "another");
    strcpy(device.driver, "2.0");
}

static void another_clock(void) {
    findings.cpu_time = true;
}

static void not_measured(void) {
    results[FOCL].seconds = results[FOCL].to_yardstick = none;
}

static void quick(void) {
    results[FOCL].elements /= 4.0;
    scale(&results[FOCL].to_yardstick, 0.5);
}

static void busy(void) {
    findings.load_average = 3.0;
}

static const struct {
    void (*change)(void);
    const char *said; /* a part of it */
    const char *counts;
} comparisons[] = {
    {nothing, "compared with",
     "0 faster, 0 slower, 5 within the noise, 0 new, 0 gone, 0 not measured in both, 0 of another size\n"},
    {slower_memory, "slower:\n  dense                  triad ", "0 faster, 2 slower, 3 within the noise, 0 new, "},
    {focl_slower, "slower:\n  dense                  focl                     1.10 x", "0 faster, 1 slower, 4 within"},
    {focl_faster, "faster:\n  dense                  focl                     0.90 x", "1 faster, 0 slower, 4 within"},
    {focl_slower_in_noise, "compared with", "0 faster, 0 slower, 5 within the noise"},
    {focl_a_little_slower, "compared with", "0 faster, 0 slower, 5 within the noise"},
    {other_names, "new:\n  dense                  focl-new\ngone:\n  dense                  focl\n",
     "4 within the noise, 1 new, 1 gone, 0 not measured in both, "},
    {another_device,
     "json\nanother device: another, before a <device> & its \"name\"\nanother driver: 2.0, before 1.0\n",
     "5 within the noise"},
    {another_clock, "another clock: cpu, before wall\n", "5 within the noise"},
    {quick, "of another size than before:\n  dense                  focl\n",
     "0 faster, 0 slower, 4 within the noise, 0 new, 0 gone, 0 not measured in both, 1 of another size\n"},
    {busy, "load average at the start 3.00, before 0.50\n", "5 within the noise"},
    {not_measured, "not measured in both:\n  dense                  focl\n",
     "4 within the noise, 0 new, 0 gone, 1 not"},
};

START_TEST(compares) {
    char *text = compared(comparisons[_i].change);
    ck_assert_msg(strstr(text, comparisons[_i].said) != NULL, "no \"%s\" in:\n%s", comparisons[_i].said, text);
    ck_assert_msg(strstr(text, comparisons[_i].counts) != NULL, "no \"%s\" in:\n%s", comparisons[_i].counts, text);
    free(text);
}
END_TEST

START_TEST(refuses_what_is_no_older_run) {
    static const char *const texts[] = {"", "{", "[]", "{}", "{\"results\": []}", "{\"results\": {}, \"device\": {}}"};
    const scratch_path path = scratch_file("older.json");
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        scratch_write("older.json", texts[i], strlen(texts[i]));
        ck_assert_msg(!bench_compare(path.text, &findings, stdout), "%s", texts[i]);
    }
    ck_assert(!bench_compare(scratch_file("missing.json").text, &findings, stdout));
}
END_TEST

/* Nulls, other types and missing members of an older format are like what was not measured. */
START_TEST(takes_results_that_lack_members) {
    static const char text[] = "{\"device\": {}, \"results\": [{}, 3, null, {\"group\": \"dense\", \"name\": \"focl\","
                               " \"seconds\": {\"median\": \"1\"}, \"to_yardstick\": []}]}";
    const scratch_path path = scratch_file("older.json");
    scratch_write("older.json", text, strlen(text));
    ck_assert(bench_compare(path.text, &findings, stdout));
}
END_TEST

#endif

int main(void) {
    Suite *suite = suite_create("bench_results");
    TCase *tests = tcase_create("bench_results");
    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, make_findings, scratch_remove);
    tcase_add_test(tests, json_is_whole);
    tcase_add_test(tests, csv_has_a_field_for_each_column);
    tcase_add_test(tests, svg_shows_both_panels);
    tcase_add_test(tests, svg_of_nothing);
    tcase_add_test(tests, a_full_disk_is_seen);
#ifdef FOCL_BENCH_HAS_JANSSON
    tcase_add_test(tests, json_reads_back);
    tcase_add_loop_test(tests, compares, 0, COUNT_OF(comparisons));
    tcase_add_test(tests, refuses_what_is_no_older_run);
    tcase_add_test(tests, takes_results_that_lack_members);
#else
    puts("SKIP: comparisons: built without jansson");
#endif
    return test_main(suite);
}
