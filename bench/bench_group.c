/* Timing a group of cases. */
#include "bench_group.h"

#include <stdio.h>
#include <stdlib.h>

enum { WARM_UP_ROUNDS = 2 };

/* Long enough for the threads of the case before, which may spin for a while, to go to sleep. */
static const double PAUSE_SECONDS = 0.005;

static const double NOT_MEASURED = -1.0;

size_t bench_group_add(bench_group *group, bench_case added) {
    if (group->count == BENCH_CASES_MAX) {
        fprintf(stderr, "focl-bench: the group %s has no room for %s\n", group->name, added.name);
        abort();
    }
    added.first_cold = added.first_cached = NOT_MEASURED;
    added.worst_loss_ulp = added.worst_gradient_ulp = NOT_MEASURED;
    group->cases[group->count] = added;
    return group->count++;
}

void bench_group_add_yardstick(bench_group *group, const char *name, const char *what, double bytes, bench_motion limit,
                               const bench_kernel_call *call) {
    if (call->kernel)
        bench_group_add(group, (bench_case){.name = name,
                                            .what = what,
                                            .kind = BENCH_KIND_YARDSTICK,
                                            .bytes = bytes,
                                            .limit = limit,
                                            .enqueue = bench_enqueue_kernel,
                                            .subject = call});
}

static bool call_once(const bench_group *group, const bench_case *timed) {
    return timed->enqueue ? bench_run_on_device(group->device, timed->enqueue, timed->subject)
                          : timed->run(timed->subject);
}

static bool time_case(const bench_group *group, const bench_case *timed, double *seconds) {
    const size_t calls = timed->calls ? timed->calls : group->calls;
    bench_pause(PAUSE_SECONDS);
    const double start = bench_now();
    for (size_t i = 0; i < calls; i++)
        if (!call_once(group, timed))
            return false;
    *seconds = (bench_now() - start) / (double)calls;
    return true;
}

/* After the host's clock has had its turn: the same machine, a moment later. */
static bool time_by_device(const bench_group *group, const bench_case *timed, double *seconds) {
    *seconds = NOT_MEASURED;
    return !timed->enqueue || bench_time_on_device(group->device, timed->enqueue, timed->subject, seconds);
}

/* Each round starts one case later, so that none is always behind the same one. */
static bool measure_round(bench_group *group, size_t round, size_t sample) {
    for (size_t i = 0; i < group->count; i++) {
        bench_case *timed = &group->cases[(round + i) % group->count];
        if (!time_case(group, timed, &timed->seconds[sample]) ||
            !time_by_device(group, timed, &timed->device_seconds[sample]))
            return false;
    }
    return true;
}

bool bench_group_measure(bench_group *group) {
    for (size_t round = 0; round < WARM_UP_ROUNDS; round++)
        if (!measure_round(group, round, 0))
            return false;
    for (size_t round = 0; round < group->rounds; round++)
        if (!measure_round(group, round, round))
            return false;
    return true;
}
