/*
 * Losses of the sigmoid family whose label's class alone counts (target_only), where neighbours in memory are classes
 * of one row: contiguous matrices of N x C.
 *
 * Algorithm. A lane is a row. The logit of each row's label is read, and no other; its loss and derivatives are those
 * of sigmoid_element.clh. The rows that the items of a tile have at hand are one run of memory: the items fill it with
 * zeros together, neighbours writing next to each other, and then each puts in what its rows' labels have. A row is one
 * summand, in the order of reduce.clh.
 *
 * Memory traffic: per row the label, the line of one logit, and an entry of each array of weights and upstream; per
 * element 4 bytes for every output, and 4 more for a gradient that is accumulated. 8 bytes per 4096 rows for the tile
 * sums, or 4 bytes a row for row_sum.cl.
 *
 * Barriers: those of focl_join_lanes (tile.clh), and in focl_process one before the filling, which may write over
 * logits, and one behind it. tile.clh has every item call it the same number of times.
 */
#define FOCL_WALK_ROWS
#include "agreement.clh"
#ifndef FOCL_TARGETS
#define FOCL_TARGETS FOCL_TARGETS_U8
#endif
#include "target_row.clh"
/* After these, tile.clh's FOCL_TILE_ITEMS: it wants focl_process first. */
FOCL_FUNCTION real focl_process(const focl_work *work, focl_size index);
#include "fold.clh"
#include "tile.clh"

#define FOCL_WRITES_ELEMENTS (FOCL_HAS_OUTPUT(LOSS) || FOCL_HAS_OUTPUT(GRADIENT) || FOCL_HAS_OUTPUT(HESSIAN))

FOCL_FUNCTION void focl_find_rows(focl_label_places *places, mask label, focl_rows rows, const focl_work *work) {
    const focl_size classes = work->layout.classes;
    places->label = label;
    places->is_by_class = 0;
    FOCL_VSTORE(label, 0, places->labels);
    FOCL_ROLLED
    for (uint lane = 0; lane < FOCL_VECTOR; ++lane)
        places->slots[lane] =
            (rows.row + lane) * classes + (focl_size)max(places->labels[lane], (focl_lane)0) - work->layout.first_slot;
}

/* A line of memory may have logits of one row alone; so many vectors of rows ahead it is wanted. */
#define FOCL_VECTORS_AHEAD 4

FOCL_FUNCTION void focl_ask_for_rows(focl_rows rows, const focl_work *work) {
#ifdef FOCL_PREFETCH_AHEAD
    const focl_size first = rows.row + FOCL_VECTORS_AHEAD * FOCL_VECTOR;
    if (rows.count < FOCL_VECTOR || work->rows_end - rows.row < (FOCL_VECTORS_AHEAD + 1) * FOCL_VECTOR)
        return;
    FOCL_ROLLED
    for (uint lane = 0; lane < FOCL_VECTOR; ++lane)
        focl_ask_for_label(first + lane, (first + lane) * work->layout.classes - work->layout.first_slot, work);
#endif
}

/* A run of entries in an array of elements that the items of a tile go through together. */
typedef struct {
    focl_size start;
    focl_size count;
} focl_run;

/* The rows at hand: those of the item at index, and of its neighbours in the tile. */
FOCL_FUNCTION focl_run focl_run_at(focl_size index, const focl_work *work) {
    const focl_size first = index - (get_local_id(0) % FOCL_TILE_ITEMS) * FOCL_VECTOR;
    const focl_size most = FOCL_TILE_ITEMS * FOCL_VECTOR;
    const focl_size end = work->rows_end;
    const focl_size rows = first >= end ? 0 : end - first < most ? end - first : most;
    focl_run run;
    run.start = first * work->layout.classes - work->layout.first_slot;
    run.count = rows * work->layout.classes;
    return run;
}

/* What is written where there is no label. */
FOCL_FUNCTION void focl_fill_vector(__global focl_storage *array, focl_size index, uint count, int accumulate,
                                    const focl_work *work) {
    const real zero = FOCL_REAL(0.0f);
    const int whole = count >= FOCL_VECTOR;
    real value = zero;
    if (accumulate)
        value = focl_accumulated(zero, whole ? focl_read(array, index) : focl_read_part(array, index, count), work);
    if (whole)
        focl_write(value, array, index);
    else
        focl_write_part(value, array, index, count);
}

/* Every item takes as many turns as there are classes: llvmpipe wants the same number for all. */
FOCL_FUNCTION void focl_fill_run(__global focl_storage *array, focl_run run, int accumulate, const focl_work *work) {
    focl_size entry = (get_local_id(0) % FOCL_TILE_ITEMS) * FOCL_VECTOR;
    for (uint turn = 0; turn < work->layout.classes; ++turn)
        if (entry < run.count) {
            const focl_size left = run.count - entry;
            focl_fill_vector(array, run.start + entry, left < FOCL_VECTOR ? (uint)left : FOCL_VECTOR, accumulate, work);
            entry += FOCL_TILE_ITEMS * FOCL_VECTOR;
        }
}

FOCL_FUNCTION void focl_fill(focl_run run, const focl_work *work) {
    if (FOCL_HAS_OUTPUT(LOSS))
        focl_fill_run(work->loss, run, 0, work);
    if (FOCL_HAS_OUTPUT(HESSIAN))
        focl_fill_run(work->hessian, run, 0, work);
    if (FOCL_HAS_OUTPUT(GRADIENT))
        focl_fill_run(work->gradient, run, FOCL_HAS_OPTION(ACCUMULATE), work);
}

FOCL_FUNCTION void focl_put_values(real value, __global focl_storage *array, const focl_label_places *places) {
    focl_storage lanes[FOCL_VECTOR];
    focl_write_lanes(value, lanes);
    FOCL_ROLLED
    for (uint lane = 0; lane < FOCL_VECTOR; ++lane)
        if (places->labels[lane] >= 0)
            array[places->slots[lane]] = lanes[lane];
}

/* Rows whose label is out of range have no numbers. */
FOCL_FUNCTION void focl_put_nan(__global focl_storage *array, const focl_label_places *places, const focl_work *work) {
    FOCL_ROLLED
    for (uint lane = 0; lane < FOCL_VECTOR; ++lane)
        for (uint c = 0; c < work->layout.classes; ++c)
            if (places->labels[lane] == FOCL_LABEL_OUT_OF_RANGE)
                focl_write_one(FOCL_FIRST_LANE(FOCL_NAN), array, places->slots[lane] + c);
}

FOCL_FUNCTION void focl_put_array(real value, __global focl_storage *array, focl_target_row row,
                                  const focl_work *work) {
    focl_put_values(value, array, row.places);
    if (focl_any(row.label == FOCL_LABEL_OUT_OF_RANGE))
        focl_put_nan(array, row.places, work);
}

FOCL_FUNCTION void focl_put(focl_target_row row, const focl_work *work) {
    if (FOCL_HAS_OUTPUT(LOSS))
        focl_put_array(row.at_label.loss, work->loss, row, work);
    if (FOCL_HAS_OUTPUT(HESSIAN))
        focl_put_array(row.at_label.hessian, work->hessian, row, work);
    if (FOCL_HAS_OUTPUT(GRADIENT))
        focl_put_array(row.at_label.gradient, work->gradient, row, work);
}

/* A group of one item waits for nobody. */
FOCL_FUNCTION void focl_wait_for_group(void) {
#if FOCL_GROUP > 1
    barrier(CLK_GLOBAL_MEM_FENCE);
#endif
}

/* Everything for the vector of rows at an index; their losses, 0 behind the end. */
FOCL_FUNCTION real focl_process(const focl_work *work, focl_size index) {
    const focl_rows rows = focl_rows_at(work, index, work->rows_end);
    if (FOCL_GROUP == 1 && rows.count == 0)
        return FOCL_REAL(0.0f);
    focl_ask_for_rows(rows, work);
    const mask label = focl_load_row_labels(rows, work);
    focl_label_places places;
    focl_find_rows(&places, label, rows, work);
    focl_target_row row = focl_target_row_of(focl_gather(work->logits, &places), label, rows, &places, work);
    if (FOCL_HAS_OUTPUT(ROW_LOSSES))
        focl_keep_row_values(row.at_label.loss, rows, work);
    if (FOCL_WRITES_ELEMENTS) {
        if (FOCL_HAS_OPTION(ACCUMULATE))
            row.at_label.gradient = focl_accumulated(row.at_label.gradient, focl_gather(work->gradient, &places), work);
        focl_wait_for_group();
        focl_fill(focl_run_at(index, work), work);
        focl_wait_for_group();
        focl_put(row, work);
    }
    return row.at_label.loss;
}

__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void
target_loss_rows(FOCL_WORK_PARAMETERS __global focl_sum *tile_sums, ulong first_tile,
                 __global focl_scalar *row_losses) {
    __local focl_sum lanes[FOCL_GROUP_TILES * FOCL_LANES];
    FOCL_MAKE_WORK(work);
    work.row_losses = row_losses;
    focl_walk_tiles(&work, lanes, tile_sums, first_tile, FOCL_HAS_OUTPUT(SUM));
}
