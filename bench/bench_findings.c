/* Filling what a run finds. */
#include "bench_findings.h"

#include <stdio.h>
#include <stdlib.h>

static const bench_summary not_measured = {-1.0, -1.0, -1.0};

/* Bytes a second; not positive: not known. */
static double limit_of(const bench_roofline *roofline, bench_motion limit) {
    const double rates[BENCH_MOTIONS] = {[BENCH_FILL] = roofline->fill,
                                         [BENCH_READ] = roofline->read,
                                         [BENCH_READ_TWO] = roofline->read,
                                         [BENCH_COPY] = roofline->copy,
                                         [BENCH_TRIAD] = roofline->triad};
    return limit < BENCH_MOTIONS ? rates[limit] : -1.0;
}

static double share_of(const bench_roofline *roofline, const bench_case *timed, double seconds) {
    const double limit = limit_of(roofline, timed->limit);
    return limit > 0.0 && timed->bytes > 0.0 ? timed->bytes / seconds / limit : -1.0;
}

/* One sample without the device's clock spoils them all. */
static bench_summary summarise_device(const bench_case *timed, size_t rounds) {
    for (size_t i = 0; i < rounds; i++)
        if (timed->device_seconds[i] < 0.0)
            return not_measured;
    return bench_summarise(timed->device_seconds, rounds);
}

static bench_summary ratio_to(const bench_group *group, const bench_case *timed, size_t other) {
    return other == BENCH_NO_CASE ? not_measured
                                  : bench_summarise_ratio(timed->seconds, group->cases[other].seconds, group->rounds);
}

static bench_result result_of(const bench_roofline *roofline, const bench_group *group, const bench_case *timed) {
    const bench_summary seconds = bench_summarise(timed->seconds, group->rounds);
    return (bench_result){.group = group->name,
                          .name = timed->name,
                          .what = timed->what,
                          .kind = timed->kind,
                          .elements = (double)group->elements,
                          .bytes = timed->bytes > 0.0 ? timed->bytes : -1.0,
                          .seconds = seconds,
                          .device_seconds = summarise_device(timed, group->rounds),
                          .to_yardstick = ratio_to(group, timed, 0),
                          .to_peer = ratio_to(group, timed, group->peer),
                          .share = share_of(roofline, timed, seconds.median),
                          .first_cold = timed->first_cold,
                          .first_cached = timed->first_cached,
                          .worst_loss_ulp = timed->worst_loss_ulp,
                          .worst_gradient_ulp = timed->worst_gradient_ulp};
}

bool bench_findings_append(bench_findings *findings, const bench_result *result) {
    const size_t count = findings->count + 1;
    bench_result *results = (bench_result *)realloc(findings->results, count * sizeof *results);
    if (!results) {
        fprintf(stderr, "focl-bench: no memory for %zu results\n", count);
        return false;
    }
    results[findings->count] = *result;
    findings->results = results;
    findings->count = count;
    return true;
}

bool bench_findings_add(bench_findings *findings, const bench_group *group) {
    for (size_t i = 0; i < group->count; i++) {
        const bench_result result = result_of(&findings->roofline, group, &group->cases[i]);
        if (!bench_findings_append(findings, &result))
            return false;
    }
    return true;
}

void bench_findings_free(bench_findings *findings) {
    free(findings->results);
    findings->results = NULL;
    findings->count = 0;
}

double bench_load_average(void) {
    double load = -1.0;
    FILE *file = fopen("/proc/loadavg", "r");
    if (!file)
        return load;
    if (fscanf(file, "%lf", &load) != 1)
        load = -1.0;
    fclose(file);
    return load;
}
