/* PyTorch beside the cases of a measured problem. */
#ifndef FOCL_BENCH_TORCH_PEER_H
#define FOCL_BENCH_TORCH_PEER_H

#include "bench_problem.h"
#include "bench_run.h"

/* Adds PyTorch's results to the findings, where the group's are already, and prints them. What the script does not know
 * is left out. *agreed becomes false where PyTorch and focl differ. False after a failure that is on stderr. */
bool bench_torch_measure(bench_run *run, bench_problem *problem, bool *agreed);

#endif
