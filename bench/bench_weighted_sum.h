/* Sums of a loss in memory, weighted and not, beside reading the same memory and CLBlast's dot. */
#ifndef FOCL_BENCH_WEIGHTED_SUM_H
#define FOCL_BENCH_WEIGHTED_SUM_H

#include "bench_run.h"

extern const char bench_weighted_sum_name[];

/* Measures, compares with the peer and reports. False if something failed; *agreed says whether the sums do. */
bool bench_measure_weighted_sum(bench_run *run, bool *agreed);

#endif
