/* Random logits and targets in host memory, the same for the same seed. */
#ifndef FOCL_BENCH_DATA_H
#define FOCL_BENCH_DATA_H

#include <stddef.h>
#include <stdint.h>

/* Aligned for the peers; NULL, after a sentence on stderr, without memory. Freed with free(). */
void *bench_memory(size_t bytes);

/* The three take their random numbers from *state, which must not be 0. */

void bench_fill_logits(float *logits, size_t count, uint64_t *state);                     /* uniform in [-8, 8) */
void bench_fill_targets(float *targets, size_t count, uint64_t *state);                   /* one in eight is 1 */
void bench_fill_labels(uint8_t *labels, size_t count, unsigned classes, uint64_t *state); /* half of them: none */

#endif
