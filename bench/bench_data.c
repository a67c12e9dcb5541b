/* Random logits and targets in host memory. */
#include "bench_data.h"

#include <stdio.h>
#include <stdlib.h>

#include "peer_openmp.h"

void *bench_memory(size_t bytes) {
    const size_t rounded = (bytes + PEER_ALIGNMENT - 1) / PEER_ALIGNMENT * PEER_ALIGNMENT;
    void *memory = aligned_alloc(PEER_ALIGNMENT, rounded);
    if (!memory)
        fprintf(stderr, "focl-bench: no memory for %zu bytes\n", bytes);
    return memory;
}

/* Marsaglia's xorshift; the upper half is the better one. */
static uint32_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

void bench_fill_logits(float *logits, size_t count, uint64_t *state) {
    for (size_t i = 0; i < count; i++)
        logits[i] = (float)(next_random(state) >> 8) * 0x1p-20F - 8.0F;
}

void bench_fill_targets(float *targets, size_t count, uint64_t *state) {
    for (size_t i = 0; i < count; i++)
        targets[i] = next_random(state) >> 29 == 0 ? 1.0F : 0.0F;
}

void bench_fill_labels(uint8_t *labels, size_t count, unsigned classes, uint64_t *state) {
    for (size_t i = 0; i < count; i++) {
        const uint32_t drawn = next_random(state) % (2 * classes);
        labels[i] = (uint8_t)(drawn < classes ? drawn : classes);
    }
}
