/* The linear head beside its three products alone. */
#ifndef FOCL_BENCH_LINEAR_H
#define FOCL_BENCH_LINEAR_H

#include "bench_run.h"

extern const char bench_linear_name[];

/*
 * Measures and reports, and compares with the loss of all logits at once. False if something failed; *agreed says
 * whether the two are as near as the products' roundings. Without CLBlast nothing is measured, and that is said.
 */
bool bench_measure_linear(bench_run *run, bool *agreed);

#endif
