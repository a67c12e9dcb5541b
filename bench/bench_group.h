/* Cases that do comparable work, timed in turn, round by round. */
#ifndef FOCL_BENCH_GROUP_H
#define FOCL_BENCH_GROUP_H

#include <stdint.h>

#include "bench_device.h"
#include "bench_result.h"
#include "bench_yardstick.h"

enum { BENCH_CASES_MAX = 16 };

/* Where a group has no peer. */
#define BENCH_NO_CASE SIZE_MAX

typedef struct bench_case {
    const char *name; /* one word, for programs */
    const char *what; /* for a person */
    bench_kind kind;
    double bytes;                     /* that one call must move; 0: not told */
    bench_motion limit;               /* what its bytes a second are a share of */
    size_t calls;                     /* of this case, timed together; 0: as many as of the others */
    bench_enqueue *enqueue;           /* work of the device, or */
    bool (*run)(const void *subject); /* of the host: from start to finish; false after a failure that is printed */
    const void *subject;
    double seconds[BENCH_SAMPLES_MAX];        /* of one call, by round */
    double device_seconds[BENCH_SAMPLES_MAX]; /* the same by the device's clock; negative: not known */
    double first_cold;                        /* what follows is negative where it has not been measured */
    double first_cached;
    double worst_loss_ulp;
    double worst_gradient_ulp;
} bench_case;

/* How far those who solve a problem are apart at most. */
typedef struct bench_agreement {
    bool compared;
    bool holds;
    double loss;     /* relative */
    double gradient; /* relative to the largest gradient */
} bench_agreement;

typedef struct bench_group {
    const bench_device *device;
    const char *name;
    const char *title;
    char shape[64];             /* for a person */
    const char *yardstick_word; /* what the first case is called in the table's head */
    const char *peer_word;      /* and the case `peer` */
    size_t elements;
    size_t calls; /* timed together as one sample */
    size_t rounds;
    size_t peer; /* the case that the others are compared with beside the first, or BENCH_NO_CASE */
    bench_agreement agreement;
    size_t count;
    bench_case cases[BENCH_CASES_MAX];
} bench_group;

/* Adds a case, with nothing measured yet, and gives its index. */
size_t bench_group_add(bench_group *group, bench_case added);

/* Adds a kernel that moves or does nothing, if there is one. */
void bench_group_add_yardstick(bench_group *group, const char *name, const char *what, double bytes, bench_motion limit,
                               const bench_kernel_call *call);

/* Warms every case up, then times all of them in every round. False if a case failed. */
bool bench_group_measure(bench_group *group);

#endif
