/* The cases of a problem whose data are there. */
#ifndef FOCL_BENCH_CASES_H
#define FOCL_BENCH_CASES_H

#include "bench_problem.h"

focl_loss_description bench_describe(const bench_outline *outline, const bench_variant *variant);

/* Fills problem->group. False after a failure, which is on stderr. */
bool bench_add_cases(bench_problem *problem);
void bench_free_cases(bench_problem *problem);

#endif
