/* Random logits and targets in host memory, the same for the same seed. */
#ifndef FOCL_BENCH_DATA_H
#define FOCL_BENCH_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "focl/focl.h"

/* Aligned for the peers; NULL, after a sentence on stderr, without memory. Freed with free(). */
void *bench_memory(size_t bytes);

/* These take their random numbers from *state, which must not be 0. */

void bench_fill_logits(float *logits, size_t count, uint64_t *state);        /* uniform in [-8, 8) */
void bench_fill_coarse_logits(float *logits, size_t count, uint64_t *state); /* the same in steps that bf16 holds */
void bench_fill_targets(float *targets, size_t count, uint64_t *state);      /* one in eight is 1 */

/* FOCL_U8 or FOCL_I32 labels; background: half of them are `classes`, that is none. */
void bench_fill_labels(void *labels, focl_type type, size_t count, unsigned classes, bool background, uint64_t *state);

/* FOCL_F16 or FOCL_BF16; the first for coarse logits and targets, which are exact, alone. */
uint16_t bench_to_16_bits(focl_type type, float value);
uint16_t *bench_stored(focl_type type, const float *values, size_t count); /* freed with free() */
float bench_from_16_bits(focl_type type, uint16_t stored);

#endif
