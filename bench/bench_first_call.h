/* What a process's first call costs, before and after its kernels have been compiled by another. */
#ifndef FOCL_BENCH_FIRST_CALL_H
#define FOCL_BENCH_FIRST_CALL_H

#include <stdbool.h>

/* The option that a child is started with, followed by the name of a group. */
extern const char bench_first_call_option[];

/*
 * Starts this program twice with an empty folder as the drivers' caches, and gives the seconds of the first variant of
 * the group each time. selector: of the device; NULL: none. False, after a sentence on stderr, if that cannot be.
 */
bool bench_measure_first_calls(const char *selector, const char *group, double *cold, double *cached);

/* What the child does: prints the seconds on stdout. */
bool bench_make_first_call(const char *selector, const char *group);

#endif
