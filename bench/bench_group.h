/* Cases that do comparable work, timed in turn, round by round. */
#ifndef FOCL_BENCH_GROUP_H
#define FOCL_BENCH_GROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "bench_statistics.h"

enum { BENCH_CASES_MAX = 16 };

typedef struct bench_case {
    const char *name;                 /* one word, for programs */
    const char *what;                 /* for a person */
    double bytes;                     /* that one call must move; 0: not told */
    bool (*run)(const void *subject); /* one call from start to finish; false after a failure that it has printed */
    const void *subject;
    double seconds[BENCH_SAMPLES_MAX]; /* of one call, by round */
} bench_case;

typedef struct bench_group {
    const char *name;
    const char *title;
    const char *yardstick_word; /* what the first case is called in the table's head */
    const char *peer_word;      /* and the case `peer` */
    size_t elements;
    size_t calls; /* timed together as one sample */
    size_t rounds;
    size_t peer; /* the case that the others are compared with beside the first */
    size_t count;
    bench_case cases[BENCH_CASES_MAX];
} bench_group;

/* Adds a case and gives its index. */
size_t bench_group_add(bench_group *group, bench_case added);

/* Warms every case up, then times all of them in every round. False if a case failed. */
bool bench_group_measure(bench_group *group);

#endif
