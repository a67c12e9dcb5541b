/* Class counts beside reading the labels. */
#ifndef FOCL_BENCH_COUNTS_H
#define FOCL_BENCH_COUNTS_H

#include "bench_run.h"

extern const char bench_counts_name[];

/* Measures, compares with the peer and reports. False if something failed; *agreed says whether the counts are equal.
 */
bool bench_measure_counts(bench_run *run, bool *agreed);

#endif
