/* What was measured, as a table. */
#include "bench_report.h"

#include <inttypes.h>

#include "bench_findings.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const char columns_text[] =
    "  us a call, ns/elem   %s, from the call to the end of clFinish; median, first and last tenth\n"
    "  us device            the device's clock, from when the first command could start to the last one's end\n"
    "  GB/s                 the bytes that must move, not what a cache fetches besides\n"
    "  share                that over the roofline's: triad's where two arrays are read and one is written, copy's "
    "for\n"
    "                       one and one, fill's for a gradient that is 0 but for the label's, read's for a loss alone\n"
    "  x ...                medians of the rounds' ratios to the group's first row, and to its first peer\n"
    "  ulp                  the worst of up to 65536 elements, loss and gradient, beside doubles; softmax: gradients "
    "in\n"
    "                       ulp of their row's largest\n"
    "  cold, cached         ms of a process's first call: nothing compiled before, and with what such a process left\n";

void bench_print_head(const bench_findings *findings) {
    const focl_device *device = findings->device;
    printf("focl %s on %s\n", focl_version(), device->name);
    printf("  %s, %s, %u compute units; %s\n", device->platform, device->version, (unsigned)device->compute_units,
           findings->reason);
    printf("  peers: %d threads; seed %" PRIu64 "; load average at the start %.2f\n", findings->threads, findings->seed,
           findings->load_average);
    printf(columns_text, findings->cpu_time ? "the processor's clock, of all threads together" : "the host's clock");
    fflush(stdout);
}

/* ---- Columns ---- */

static double microseconds(const bench_result *result) {
    return result->seconds.median * 1e6;
}

static double device_microseconds(const bench_result *result) {
    return result->device_seconds.median * 1e6;
}

static double nanoseconds_each(const bench_result *result) {
    return result->seconds.median * 1e9 / result->elements;
}

static double nanoseconds_each_p10(const bench_result *result) {
    return result->seconds.p10 * 1e9 / result->elements;
}

static double nanoseconds_each_p90(const bench_result *result) {
    return result->seconds.p90 * 1e9 / result->elements;
}

static double gigabytes_a_second(const bench_result *result) {
    return result->bytes / result->seconds.median * 1e-9;
}

static double share(const bench_result *result) {
    return result->share;
}

static double to_yardstick(const bench_result *result) {
    return result->to_yardstick.median;
}

static double to_peer(const bench_result *result) {
    return result->to_peer.median;
}

static double loss_ulp(const bench_result *result) {
    return result->worst_loss_ulp;
}

static double gradient_ulp(const bench_result *result) {
    return result->worst_gradient_ulp;
}

static double cold_milliseconds(const bench_result *result) {
    return result->first_cold * 1e3;
}

static double cached_milliseconds(const bench_result *result) {
    return result->first_cached * 1e3;
}

typedef struct column {
    const char *head; /* NULL: the group's word */
    int width;
    int digits;                                  /* after the point */
    double (*value)(const bench_result *result); /* negative: not measured */
} column;

static const column columns[] = {
    {"us a call", 11, 1, microseconds},
    {"us device", 11, 1, device_microseconds},
    {"ns/elem", 9, 3, nanoseconds_each},
    {"p10", 9, 3, nanoseconds_each_p10},
    {"p90", 9, 3, nanoseconds_each_p90},
    {"GB/s", 8, 1, gigabytes_a_second},
    {"share", 7, 2, share},
    {NULL, 9, 2, to_yardstick},
    {NULL, 8, 2, to_peer},
    {"ulp loss", 10, 2, loss_ulp},
    {"gradient", 9, 2, gradient_ulp},
    {"cold", 8, 0, cold_milliseconds},
    {"cached", 7, 0, cached_milliseconds},
};

enum { NAME_WIDTH = 34 };

static const char *head_of(const bench_group *group, const column *shown) {
    if (shown->head)
        return shown->head;
    return shown->value == to_yardstick ? group->yardstick_word : group->peer_word;
}

static void print_heads(const bench_group *group) {
    printf("  %-*s", NAME_WIDTH, "");
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        printf("%*s", columns[i].width, head_of(group, &columns[i]));
    putchar('\n');
}

/* With as many digits after the point as there is room for. NaN is worth seeing. */
static void print_value(const column *shown, double value) {
    char text[64];
    int length = shown->width;
    for (int digits = shown->digits; length >= shown->width && digits >= 0; digits--)
        length = snprintf(text, sizeof text, "%.*f", digits, value);
    printf("%*s", shown->width, value < 0.0 ? "-" : text);
}

static void print_result(const bench_result *result) {
    printf("  %-*s", NAME_WIDTH, result->what);
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        print_value(&columns[i], columns[i].value(result));
    putchar('\n');
}

static void print_foot(const bench_group *group) {
    const bench_agreement *agreement = &group->agreement;
    printf("  %zu rounds of %zu calls, load average %.2f", group->rounds, group->calls, bench_load_average());
    if (agreement->compared)
        printf("; device and peers agree within %.1e (loss), %.1e (gradient)%s", agreement->loss, agreement->gradient,
               agreement->holds ? "" : ": TOO MUCH, OR THE ULP BEYOND THE CONTRACT'S");
    putchar('\n');
}

bool bench_report_group(bench_findings *findings, const bench_group *group) {
    const size_t first = findings->count;
    if (!bench_findings_add(findings, group))
        return false;
    printf("\n%s: %s%s\n", group->name, group->shape, group->title);
    print_heads(group);
    for (size_t i = first; i < findings->count; i++)
        print_result(&findings->results[i]);
    print_foot(group);
    fflush(stdout);
    return true;
}

void bench_print_mappings(const bench_mappings *mappings) {
    for (size_t i = 0; i < BENCH_MOTIONS; i++) {
        const bench_mapping *mapping = &mappings->of[i];
        printf("  fastest mapping of %-9s vectors of %u, groups of %u, %u vectors an item\n",
               bench_motion_of((bench_motion)i)->name, mapping->vector, mapping->group, mapping->vectors_per_item);
    }
}
