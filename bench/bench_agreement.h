/* Whether those who solve a problem agree. */
#ifndef FOCL_BENCH_AGREEMENT_H
#define FOCL_BENCH_AGREEMENT_H

#include "bench_problem.h"

/* Calculates problem->group.agreement of focl and of the other peers with the first peer. False if something failed. */
bool bench_problem_compare(bench_problem *problem);

#endif
