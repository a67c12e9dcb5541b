/*
 * The peers on the host: focal loss and gradient in C with OpenMP, as fast as plain C gets, for gamma 2 and alpha 0.25.
 *
 * They allow the compiler everything (-Ofast), so they have neither focl's accuracy nor its reproducible sums.
 */
#ifndef FOCL_BENCH_PEER_OPENMP_H
#define FOCL_BENCH_PEER_OPENMP_H

#include <stddef.h>

enum { PEER_ALIGNMENT = 64 };

/* rows x classes logits; targets are dense, or NULL and labels has a class per row, any number >= classes for none. */
typedef struct peer_problem {
    size_t rows;
    size_t classes;
    const float *logits; /* these three aligned to PEER_ALIGNMENT */
    const float *targets;
    float *gradient;
    const unsigned char *labels;
} peer_problem;

/* The mean over the elements (dense targets) or over the positives (labels), and its gradient. */
double peer_library_functions(const peer_problem *problem); /* with the expf and logf of the C library's vector side */
double peer_polynomials(const peer_problem *problem);       /* with polynomials that are just good enough */

#endif
