/* Random logits and targets in host memory. */
#include "bench_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer_problem.h"

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

void bench_fill_coarse_logits(float *logits, size_t count, uint64_t *state) {
    for (size_t i = 0; i < count; i++)
        logits[i] = (float)(next_random(state) >> 23) * 0x1p-5F - 8.0F;
}

void bench_fill_labels(void *labels, focl_type type, size_t count, unsigned classes, bool background, uint64_t *state) {
    uint8_t *bytes = (uint8_t *)labels;
    int32_t *words = (int32_t *)labels;
    for (size_t i = 0; i < count; i++) {
        const uint32_t drawn = next_random(state) % (background ? 2 * classes : classes);
        const uint32_t label = drawn < classes ? drawn : classes;
        if (type == FOCL_U8)
            bytes[i] = (uint8_t)label;
        else
            words[i] = (int32_t)label;
    }
}

enum {
    HALF_FRACTION = 10,   /* bits */
    HALF_REBIAS = 112,    /* 127 - 15 */
    HALF_LEAST_SHIFT = 24 /* the least f16 is 2^-24 */
};

static uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

uint16_t bench_to_16_bits(focl_type type, float value) {
    const uint32_t bits = bits_of(value);
    if (type == FOCL_BF16 || value == 0.0F)
        return (uint16_t)(bits >> 16);
    const uint32_t magnitude =
        ((bits & 0x7fffffffU) >> (23 - HALF_FRACTION)) - ((uint32_t)HALF_REBIAS << HALF_FRACTION);
    return (uint16_t)((bits >> 31 << 15) | magnitude);
}

uint16_t *bench_stored(focl_type type, const float *values, size_t count) {
    uint16_t *stored = bench_memory(count * sizeof *stored);
    for (size_t i = 0; stored && i < count; i++)
        stored[i] = bench_to_16_bits(type, values[i]);
    return stored;
}

float bench_from_16_bits(focl_type type, uint16_t stored) {
    if (type == FOCL_BF16)
        return float_of((uint32_t)stored << 16);
    const uint32_t fraction = stored & ((1U << HALF_FRACTION) - 1U);
    const int exponent = stored >> HALF_FRACTION & 0x1f;
    const float sign = stored >> 15 ? -1.0F : 1.0F;
    if (exponent == 0x1f)
        return fraction ? NAN : sign * INFINITY;
    if (exponent == 0)
        return sign * ldexpf((float)fraction, -HALF_LEAST_SHIFT);
    return sign * ldexpf((float)(fraction | 1U << HALF_FRACTION), exponent - 1 - HALF_LEAST_SHIFT);
}
