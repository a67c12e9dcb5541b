/* What was measured, as a table and as JSON. */
#include "bench_report.h"

#include <inttypes.h>

/* How busy the machine is with everything: what the figures' noise depends on. Negative: not known. */
static double load_average(void) {
    double load = -1.0;
    FILE *file = fopen("/proc/loadavg", "r");
    if (!file)
        return load;
    if (fscanf(file, "%lf", &load) != 1)
        load = -1.0;
    fclose(file);
    return load;
}

void bench_print_head(const bench_circumstances *circumstances) {
    const focl_device *device = circumstances->device;
    printf("focl %s on %s\n", focl_version(), device->name);
    printf("  %s, %s, %u compute units; %s\n", device->platform, device->version, (unsigned)device->compute_units,
           circumstances->reason);
    printf("  peers: %d threads; seed %" PRIu64 "; load average at the start %.2f\n", circumstances->threads,
           circumstances->seed, load_average());
    printf("  times are %s, from the call to the end of clFinish; ratios are medians over the rounds\n",
           circumstances->cpu_time ? "the processor's, of all threads together" : "of the host's clock");
    fflush(stdout);
}

static void print_case(const bench_group *group, const bench_case *timed) {
    const bench_summary time = bench_summarise(timed->seconds, group->rounds);
    const double to_yardstick = bench_summarise_ratio(timed->seconds, group->cases[0].seconds, group->rounds).median;
    const double to_peer =
        bench_summarise_ratio(timed->seconds, group->cases[group->peer].seconds, group->rounds).median;
    const double per_element = 1e9 / (double)group->elements;
    printf("  %-33s%11.1f%9.3f%9.3f%9.3f", timed->what, time.median * 1e6, time.median * per_element,
           time.p10 * per_element, time.p90 * per_element);
    if (timed->bytes > 0.0)
        printf("%9.1f", timed->bytes / time.median * 1e-9);
    else
        printf("%9s", "-");
    printf("%9.2f%9.2f\n", to_yardstick, to_peer);
}

void bench_print_problem(const bench_problem *problem) {
    const bench_group *group = &problem->group;
    const bench_mapping *mapping = &problem->moving.mapping;
    printf("\n%s\n", group->title);
    printf("  %-33s%11s%9s%9s%9s%9s%9s%9s\n", "", "us a call", "ns/elem", "p10", "p90", "GB/s", group->yardstick_word,
           group->peer_word);
    for (size_t i = 0; i < group->count; i++)
        print_case(group, &group->cases[i]);
    if (mapping->vector)
        printf("  fastest mapping of the first: vectors of %u, groups of %u, %u vectors an item\n", mapping->vector,
               mapping->group, mapping->vectors_per_item);
    printf(
        "  %zu rounds of %zu calls, load average %.2f; device and peers agree within %.1e (loss), %.1e (gradient)%s\n",
        group->rounds, group->calls, load_average(), problem->agreement.loss, problem->agreement.gradient,
        problem->agreement.holds ? "" : ": TOO MUCH");
    fflush(stdout);
}

static void write_string(FILE *file, const char *text) {
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fprintf(file, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            fprintf(file, "\\u%04x", (unsigned)(unsigned char)*text);
        else
            fputc(*text, file);
    }
    fputc('"', file);
}

static void write_summary(FILE *file, const char *name, bench_summary summary) {
    fprintf(file, "\"%s\":{\"median\":%.6g,\"p10\":%.6g,\"p90\":%.6g}", name, summary.median, summary.p10, summary.p90);
}

void bench_write_head(FILE *file, const bench_circumstances *circumstances) {
    fprintf(file, "{\"version\":\"%s\",\"device\":", focl_version());
    write_string(file, circumstances->device->name);
    fputs(",\"platform\":", file);
    write_string(file, circumstances->device->platform);
    fputs(",\"driver\":", file);
    write_string(file, circumstances->device->driver);
    fprintf(file, ",\"seed\":%" PRIu64 ",\"peer_threads\":%d,\"load_average\":%.2f,\"clock\":\"%s\",\"groups\":[",
            circumstances->seed, circumstances->threads, load_average(), circumstances->cpu_time ? "cpu" : "wall");
}

static void write_case(FILE *file, const bench_group *group, const bench_case *timed) {
    const bench_summary time = bench_summarise(timed->seconds, group->rounds);
    fprintf(file, "{\"name\":\"%s\",", timed->name);
    write_summary(file, "seconds", time);
    fprintf(file, ",\"ns_per_element\":%.6g", time.median * 1e9 / (double)group->elements);
    if (timed->bytes > 0.0)
        fprintf(file, ",\"bytes\":%.0f,\"gb_per_second\":%.6g", timed->bytes, timed->bytes / time.median * 1e-9);
    fputc(',', file);
    write_summary(file, "to_yardstick", bench_summarise_ratio(timed->seconds, group->cases[0].seconds, group->rounds));
    fputc(',', file);
    write_summary(file, "to_peer",
                  bench_summarise_ratio(timed->seconds, group->cases[group->peer].seconds, group->rounds));
    fputc('}', file);
}

/* JSON has no NaN. */
static void write_difference(FILE *file, const char *name, double difference) {
    if (difference >= 0.0)
        fprintf(file, "\"%s\":%.3g", name, difference);
    else
        fprintf(file, "\"%s\":null", name);
}

void bench_write_problem(FILE *file, const bench_problem *problem, bool first) {
    const bench_group *group = &problem->group;
    fprintf(file, "%s\n{\"name\":\"%s\",\"elements\":%zu,\"rounds\":%zu,\"calls\":%zu,\"agreement\":{",
            first ? "" : ",", group->name, group->elements, group->rounds, group->calls);
    write_difference(file, "loss", problem->agreement.loss);
    fputc(',', file);
    write_difference(file, "gradient", problem->agreement.gradient);
    fprintf(file, ",\"holds\":%s},\"cases\":[", problem->agreement.holds ? "true" : "false");
    for (size_t i = 0; i < group->count; i++) {
        fputs(i ? ",\n " : "\n ", file);
        write_case(file, group, &group->cases[i]);
    }
    fputs("]}", file);
}

void bench_write_foot(FILE *file, bool passed) {
    fprintf(file, "],\"passed\":%s}\n", passed ? "true" : "false");
}
