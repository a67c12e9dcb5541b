/* Orders that look random and depend on a seed alone: the same on every machine. */
#ifndef FOCL_CLI_SEEDED_ORDER_H
#define FOCL_CLI_SEEDED_ORDER_H

#include <stddef.h>
#include <stdint.h>

/* A sequence of numbers: splitmix64 (Steele, Lea and Flood, 2014). */
typedef struct focl__sequence {
    uint64_t state;
} focl__sequence;

focl__sequence focl__sequence_start(uint64_t seed);

/* Puts the numbers into an order in which every one of the possible orders is as likely. */
void focl__shuffle(focl__sequence *sequence, size_t *numbers, size_t count);

#endif
