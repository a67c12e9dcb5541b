/*
 * The sum of losses that are in memory, each times a weight if there are weights.
 *
 * Algorithm. The elements are walked by tiles (tile.clh), FOCL_VECTOR at a time, and added in the order of reduce.clh;
 * fold.clh makes one number of the tiles' sums. Memory traffic per element: loss and weight read once; 8 bytes (f64:
 * 16) per 4096 elements for the tile sums.
 *
 * Barriers: only those of focl_join_lanes (tile.clh and fold.clh), which every item of the group reaches: items whose
 * tile lies behind the end go through its steps with nothing inside.
 */
#include "weighted_sum_agreement.clh"

#ifndef FOCL_WEIGHTS
#define FOCL_WEIGHTS FOCL_WEIGHTS_NONE
#endif
#ifndef FOCL_GROUP
#define FOCL_GROUP 1
#endif

#include "layout.clh"

/* Weights of doubles stand beside losses of doubles only: one way to read both. */
#if FOCL_WEIGHTS == FOCL_WEIGHTS_F64
typedef focl_storage focl_weight;
#define focl_read_weights      focl_read
#define focl_read_weights_part focl_read_part
#else
typedef float focl_weight;
#define focl_read_weights      focl_read_factors
#define focl_read_weights_part focl_read_factors_part
#endif

/* The arguments of the kernel: of a flat piece of the whole. */
typedef struct {
    __global const focl_storage *losses;
    __global const focl_weight *weights;
    focl_layout layout;
} focl_work;

FOCL_FUNCTION real focl_whole_terms(const focl_work *work, focl_size element) {
    const real losses = focl_read(work->losses, element);
    if (FOCL_WEIGHTS == FOCL_WEIGHTS_NONE)
        return focl_flush(losses);
    return focl_weighted_term(losses, focl_read_weights(work->weights, element));
}

/* Lanes behind the end are 0. */
FOCL_FUNCTION real focl_part_of_terms(const focl_work *work, focl_size element, uint count) {
    const real losses = focl_read_part(work->losses, element, count);
    if (FOCL_WEIGHTS == FOCL_WEIGHTS_NONE)
        return focl_flush(losses);
    return focl_weighted_term(losses, focl_read_weights_part(work->weights, element, count));
}

FOCL_FUNCTION real focl_process(const focl_work *work, focl_size element) {
    if (element >= work->layout.end)
        return FOCL_REAL(0.0f);
    const focl_size left = work->layout.end - element;
    return left >= FOCL_VECTOR ? focl_whole_terms(work, element) : focl_part_of_terms(work, element, (uint)left);
}

#include "fold.clh"
#include "tile.clh"

__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void
weighted_sum_tiles(__global const focl_storage *losses_memory, ulong losses_offset,
                   __global const focl_weight *weights_memory, ulong weights_offset, ulong elements,
                   __global focl_sum *tile_sums, ulong first_tile) {
    __local focl_sum lanes[FOCL_GROUP_TILES * FOCL_LANES];
    focl_work work;
    work.losses = losses_memory + losses_offset;
    work.weights = weights_memory + weights_offset;
    work.layout.first = 0;
    work.layout.end = (focl_size)elements;
    focl_walk_tiles(&work, lanes, tile_sums, first_tile, 1);
}
