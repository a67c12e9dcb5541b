/* What the peers on the host solve. */
#ifndef FOCL_BENCH_PEER_PROBLEM_H
#define FOCL_BENCH_PEER_PROBLEM_H

#include <stddef.h>
#include <stdint.h>

enum { PEER_ALIGNMENT = 64 };

/*
 * outer x classes x inner logits, of which outer x inner rows. Targets are dense, or NULL, and then one of the other
 * two has a class per row; any number >= classes is none.
 */
typedef struct peer_problem {
    size_t outer;
    size_t classes;
    size_t inner;
    const float *logits; /* these three aligned to PEER_ALIGNMENT */
    const float *targets;
    float *gradient;
    const uint8_t *labels;
    const int32_t *wide_labels;
} peer_problem;

/* Writes the gradient of the reduced loss, which it gives. */
typedef double peer_function(const peer_problem *problem);

#endif
