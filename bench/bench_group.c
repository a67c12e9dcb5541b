/* Timing a group of cases. */
#include "bench_group.h"

#include <stdio.h>
#include <stdlib.h>

enum { WARM_UP_ROUNDS = 2 };

/* Long enough for the threads of the case before, which may spin for a while, to go to sleep. */
static const double PAUSE_SECONDS = 0.005;

size_t bench_group_add(bench_group *group, bench_case added) {
    if (group->count == BENCH_CASES_MAX) {
        fprintf(stderr, "focl-bench: the group %s has no room for %s\n", group->name, added.name);
        abort();
    }
    group->cases[group->count] = added;
    return group->count++;
}

static bool time_case(const bench_case *timed, size_t calls, double *seconds) {
    bench_pause(PAUSE_SECONDS);
    const double start = bench_now();
    for (size_t i = 0; i < calls; i++)
        if (!timed->run(timed->subject))
            return false;
    *seconds = (bench_now() - start) / (double)calls;
    return true;
}

/* Each round starts one case later, so that none is always behind the same one. */
static bool measure_round(bench_group *group, size_t round, size_t sample) {
    for (size_t i = 0; i < group->count; i++) {
        bench_case *timed = &group->cases[(round + i) % group->count];
        if (!time_case(timed, group->calls, &timed->seconds[sample]))
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
