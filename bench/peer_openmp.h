/*
 * The peers on the host: focal loss and gradient in C with OpenMP, as fast as plain C gets, for gamma 2 and alpha 0.25.
 *
 * They allow the compiler everything (-Ofast), so they have neither focl's accuracy nor its reproducible sums.
 */
#ifndef FOCL_BENCH_PEER_OPENMP_H
#define FOCL_BENCH_PEER_OPENMP_H

#include "peer_problem.h"

/* The mean over the elements (dense targets) or over the positives (labels); inner is 1. */
peer_function peer_library_functions; /* with the expf and logf of the C library's vector side */
peer_function peer_polynomials;       /* with polynomials that are just good enough */

/* The mean of (logit - target)^2; no gradient. */
peer_function peer_squared_error;

/* The sum of losses[i] weights[i], and that of the losses. */
double peer_dot(const float *losses, const float *weights, size_t count);
double peer_sum(const float *losses, size_t count);

/* How often each of the 256 labels occurs. */
void peer_class_counts(const uint8_t *labels, size_t count, uint64_t counts[256]);

#endif
