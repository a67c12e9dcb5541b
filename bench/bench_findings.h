/* Filling what a run finds. */
#ifndef FOCL_BENCH_FINDINGS_H
#define FOCL_BENCH_FINDINGS_H

#include "bench_group.h"

/* Appends a result for each case of a measured group. False, after a sentence on stderr, without memory. */
bool bench_findings_add(bench_findings *findings, const bench_group *group);
/* Appends one that was measured elsewhere; the same. */
bool bench_findings_append(bench_findings *findings, const bench_result *result);

void bench_findings_free(bench_findings *findings);

/* How busy the machine is with everything: what the figures' noise depends on. Negative: not known. */
double bench_load_average(void);

#endif
