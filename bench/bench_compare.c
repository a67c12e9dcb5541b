/* What moved beyond the noise since an earlier run. */
#include "bench_compare.h"

#ifndef FOCL_BENCH_HAS_JANSSON

bool bench_compare(const char *old_json_path, const bench_findings *now, FILE *out) {
    (void)now, (void)out;
    fprintf(stderr,
            "focl-bench: %s cannot be read: this focl-bench was built without jansson, a library that reads JSON\n",
            old_json_path);
    return false;
}

#else

#include <jansson.h>
#include <string.h>

#include "bench_kind.h"

static const double least_change = 1.03;

typedef enum verdict { SAME, FASTER, SLOWER, NEW, GONE, NOT_MEASURED, RESIZED, VERDICTS } verdict;

typedef struct comparison {
    const char *measure; /* what is compared: the member's name in the JSON */
    bench_summary before;
    bench_summary now;
} comparison;

/* ---- The older run ---- */

static json_t *read_older(const char *path) {
    json_error_t error;
    json_t *older = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!older) {
        fprintf(stderr, "focl-bench: %s: %s (line %d)\n", path, error.text, error.line);
    } else if (!json_is_array(json_object_get(older, "results")) || !json_is_object(json_object_get(older, "device"))) {
        fprintf(stderr, "focl-bench: %s is not what focl-bench --json writes\n", path);
        json_decref(older);
        older = NULL;
    }
    return older;
}

/* The text of a member, or "" where there is none. */
static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static double number_of(const json_t *object, const char *key) {
    const json_t *number = json_object_get(object, key);
    return json_is_number(number) ? json_number_value(number) : -1.0;
}

static bench_summary summary_of(const json_t *result, const char *key) {
    const json_t *summary = json_object_get(result, key);
    return (bench_summary){number_of(summary, "median"), number_of(summary, "p10"), number_of(summary, "p90")};
}

/* NULL if the older run has no such result. */
static const json_t *find_older(const json_t *results, const bench_result *wanted) {
    size_t index = 0;
    const json_t *result = NULL;
    json_array_foreach(results, index, result) {
        if (strcmp(text_of(result, "group"), wanted->group) == 0 && strcmp(text_of(result, "name"), wanted->name) == 0)
            return result;
    }
    return NULL;
}

static bool still_there(const json_t *older, const bench_findings *now) {
    for (size_t i = 0; i < now->count; i++)
        if (strcmp(text_of(older, "group"), now->results[i].group) == 0 &&
            strcmp(text_of(older, "name"), now->results[i].name) == 0)
            return true;
    return false;
}

/* ---- One result in both ---- */

static bool measured(bench_summary summary) {
    return summary.median > 0.0 && summary.p10 > 0.0 && summary.p90 > 0.0;
}

/* The speed of a machine's memory wanders from run to run; the ratio to what moved the same bytes in the same rounds
 * does so less. A yardstick has nothing but its seconds. */
static comparison compare_result(const json_t *older, const bench_result *now) {
    const comparison relative = {"to_yardstick", summary_of(older, "to_yardstick"), now->to_yardstick};
    if (now->kind != BENCH_KIND_YARDSTICK && measured(relative.before) && measured(relative.now))
        return relative;
    return (comparison){"seconds", summary_of(older, "seconds"), now->seconds};
}

static verdict judge(const json_t *older, const bench_result *result, const comparison *compared) {
    const bench_summary before = compared->before, now = compared->now;
    if (!older)
        return NEW;
    if (!measured(before) || !measured(now))
        return NOT_MEASURED;
    if (number_of(older, "elements") != result->elements)
        return RESIZED;
    if (now.p90 < before.p10 && now.median * least_change < before.median)
        return FASTER;
    if (now.p10 > before.p90 && now.median > before.median * least_change)
        return SLOWER;
    return SAME;
}

/* ---- What is printed ---- */

static void print_measure(FILE *out, const char *measure, bench_summary summary) {
    const bool time = strcmp(measure, "seconds") == 0;
    const double scale = time ? 1e6 : 1.0;
    fprintf(out, "%.*f%s (%.*f to %.*f)", time ? 1 : 3, summary.median * scale, time ? " us" : "", time ? 1 : 3,
            summary.p10 * scale, time ? 1 : 3, summary.p90 * scale);
}

static void print_moved(FILE *out, const bench_result *result, const comparison *compared) {
    fprintf(out, "  %-22s %-22s %6.2f x the time, ", result->group, result->name,
            compared->now.median / compared->before.median);
    fputs(strcmp(compared->measure, "seconds") == 0 ? "" : "yardstick's: ", out);
    print_measure(out, compared->measure, compared->before);
    fputs(" -> ", out);
    print_measure(out, compared->measure, compared->now);
    fputc('\n', out);
}

/* Prints every result with that verdict under a title, and counts them. */
static size_t print_with(FILE *out, const char *title, verdict wanted, const json_t *older, const bench_findings *now) {
    size_t count = 0;
    for (size_t i = 0; i < now->count; i++) {
        const bench_result *result = &now->results[i];
        const json_t *before = find_older(older, result);
        const comparison compared = compare_result(before, result);
        if (judge(before, result, &compared) != wanted)
            continue;
        if (count++ == 0 && title)
            fprintf(out, "%s\n", title);
        if (!title)
            continue;
        if (wanted == FASTER || wanted == SLOWER)
            print_moved(out, result, &compared);
        else
            fprintf(out, "  %-22s %s\n", result->group, result->name);
    }
    return count;
}

static size_t print_gone(FILE *out, const json_t *older, const bench_findings *now) {
    size_t count = 0, index = 0;
    const json_t *result = NULL;
    json_array_foreach(older, index, result) {
        if (still_there(result, now))
            continue;
        if (count++ == 0)
            fputs("gone:\n", out);
        fprintf(out, "  %-22s %s\n", text_of(result, "group"), text_of(result, "name"));
    }
    return count;
}

/* Whatever else the figures say, they say less if this differs. */
static void print_circumstances(FILE *out, const json_t *older, const bench_findings *now) {
    const json_t *device = json_object_get(older, "device");
    const struct {
        const char *what, *before, *now;
    } facts[] = {{"device", text_of(device, "name"), now->device->name},
                 {"platform", text_of(device, "platform"), now->device->platform},
                 {"driver", text_of(device, "driver"), now->device->driver},
                 {"clock", text_of(older, "clock"), bench_clock_word(now->cpu_time)},
                 {"focl", text_of(older, "version"), focl_version()}};
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (strcmp(facts[i].before, facts[i].now) != 0)
            fprintf(out, "another %s: %s, before %s\n", facts[i].what, facts[i].now, facts[i].before);
    const double load = number_of(older, "load_average");
    if (load >= 0.0 && now->load_average >= 0.0)
        fprintf(out, "load average at the start %.2f, before %.2f\n", now->load_average, load);
}

bool bench_compare(const char *old_json_path, const bench_findings *now, FILE *out) {
    json_t *older = read_older(old_json_path);
    if (!older)
        return false;
    const json_t *results = json_object_get(older, "results");
    size_t counts[VERDICTS] = {0};
    fprintf(out, "compared with %s\n", old_json_path);
    print_circumstances(out, older, now);
    counts[FASTER] = print_with(out, "faster:", FASTER, results, now);
    counts[SLOWER] = print_with(out, "slower:", SLOWER, results, now);
    counts[NEW] = print_with(out, "new:", NEW, results, now);
    counts[GONE] = print_gone(out, results, now);
    counts[NOT_MEASURED] = print_with(out, "not measured in both:", NOT_MEASURED, results, now);
    counts[RESIZED] = print_with(out, "of another size than before:", RESIZED, results, now);
    counts[SAME] = print_with(out, NULL, SAME, results, now);
    fprintf(out,
            "%zu faster, %zu slower, %zu within the noise, %zu new, %zu gone, %zu not measured in both, "
            "%zu of another size\n",
            counts[FASTER], counts[SLOWER], counts[SAME], counts[NEW], counts[GONE], counts[NOT_MEASURED],
            counts[RESIZED]);
    json_decref(older);
    return fflush(out) == 0 && !ferror(out);
}

#endif
