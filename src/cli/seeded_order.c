#include "seeded_order.h"

focl__sequence focl__sequence_start(uint64_t seed) {
    const focl__sequence sequence = {seed};
    return sequence;
}

static uint64_t next(focl__sequence *sequence) {
    uint64_t bits = sequence->state += UINT64_C(0x9e3779b97f4a7c15);
    bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
    return bits ^ bits >> 31;
}

/* Those beyond the last whole multiple of bound would make small numbers likelier. */
static uint64_t below(focl__sequence *sequence, uint64_t bound) {
    const uint64_t surplus = (UINT64_MAX - bound + 1) % bound;
    uint64_t number = next(sequence);
    while (number > UINT64_MAX - surplus)
        number = next(sequence);
    return number % bound;
}

/* From the back: each place gets one of the numbers that are not placed yet (Fisher and Yates). */
void focl__shuffle(focl__sequence *sequence, size_t *numbers, size_t count) {
    for (size_t left = count; left > 1; left--) {
        const size_t chosen = (size_t)below(sequence, left);
        const size_t number = numbers[chosen];
        numbers[chosen] = numbers[left - 1];
        numbers[left - 1] = number;
    }
}
