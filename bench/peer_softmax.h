/*
 * The peers on the host for the softmax family and for segmentation, in C with OpenMP, as plain C gets fast: means over
 * the rows, gamma 2. They allow the compiler everything (-Ofast), like those of peer_openmp.h, and come twice, with the
 * C library's functions and with polynomials.
 */
#ifndef FOCL_BENCH_PEER_SOFTMAX_H
#define FOCL_BENCH_PEER_SOFTMAX_H

#include "peer_problem.h"

/* For a large inner: neighbouring pixels side by side; u8 labels. */
peer_function peer_softmax_focal;
peer_function peer_softmax_focal_polynomials;

/* For inner 1: the classes of a row side by side; any labels. */
peer_function peer_cross_entropy;
peer_function peer_cross_entropy_polynomials;

/* The label's own sigmoid focal term, alpha 0.25; u8 labels, a large inner. */
peer_function peer_target_only;
peer_function peer_target_only_polynomials;

#endif
