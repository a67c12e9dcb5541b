/*
 * The sum of the losses of rows, or of elements, where the kernel that calculates them cannot add them up itself
 * because its groups are not tiles of them: 4 bytes a row, in the order of reduce.clh.
 *
 * Barriers: only those of focl_join_lanes (tile.clh and fold.clh), which every item of the group reaches.
 */
#define FOCL_WALK_ROWS
#include "work.clh"

FOCL_FUNCTION real focl_process(const focl_work *work, focl_size row) {
    focl_scalar lanes[FOCL_VECTOR];
    FOCL_ROLLED
    for (uint lane = 0; lane < FOCL_VECTOR; ++lane)
        lanes[lane] = row < work->rows_end && lane < work->rows_end - row ? work->row_losses[row + lane] : 0.0f;
    return FOCL_VLOAD(0, lanes);
}

#include "fold.clh"
#include "tile.clh"

__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void
row_sum_tiles(__global focl_scalar *row_losses, ulong rows, __global focl_sum *tile_sums, ulong first_tile) {
    __local focl_sum lanes[FOCL_GROUP_TILES * FOCL_LANES];
    focl_work work;
    work.row_losses = row_losses;
    work.layout.first_row = 0;
    work.rows_end = (focl_size)rows;
    focl_walk_tiles(&work, lanes, tile_sums, first_tile, 1);
}
