/* How far results are from the truth. */
#ifndef FOCL_BENCH_ACCURACY_H
#define FOCL_BENCH_ACCURACY_H

#include "bench_problem.h"

/*
 * Solves the beginning of the problem once more, by calls of their own, compares every loss and gradient with
 * focl_reference_loss, and fills worst_loss_ulp and worst_gradient_ulp of focl's cases. With strict arithmetic the
 * group's agreement no longer holds if one is beyond what focl/loss.h promises. False if something failed.
 */
bool bench_measure_accuracy(bench_problem *problem);

#endif
