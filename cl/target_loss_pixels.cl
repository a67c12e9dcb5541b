/*
 * Losses of the sigmoid family whose label's class alone counts (target_only), where neighbours in memory are different
 * rows: NCHW and any other layout with inner > 1.
 *
 * Algorithm. A lane is a row (a pixel). The logit of each row's label is read, and no other; its loss and derivatives
 * are those of sigmoid_element.clh. Then the classes are gone through, and of each a vector of neighbouring rows is
 * written: 0 but where the class is the label. A row is one summand, in the order of reduce.clh.
 *
 * Memory traffic: per row the label, one logit (of a line that neighbouring rows share if they have the same label),
 * and an entry of each array of weights and upstream; per element 4 bytes for every output, and 4 more for a gradient
 * that is accumulated. 8 bytes per 4096 rows for the tile sums, or 4 bytes a row for row_sum.cl.
 *
 * Barriers: only those of focl_join_lanes (tile.clh), which every item of the group reaches.
 */
#define FOCL_WALK_ROWS
#include "agreement.clh"
#ifndef FOCL_TARGETS
#define FOCL_TARGETS FOCL_TARGETS_U8
#endif
#include "target_row.clh"

FOCL_FUNCTION void focl_store_target_class(const focl_work *work, const focl_pixels *pixels, uint class_number,
                                           focl_target_row row) {
    const focl_size offset = class_number * work->layout.class_stride;
    const mask is_label = row.label == (mask)((int)class_number);
    if (FOCL_HAS_OUTPUT(LOSS))
        focl_stream_pixels(is_label ? row.at_label.loss : row.elsewhere, work->loss, pixels, offset, work);
    if (FOCL_HAS_OUTPUT(HESSIAN))
        focl_stream_pixels(is_label ? row.at_label.hessian : row.elsewhere, work->hessian, pixels, offset, work);
    if (FOCL_HAS_OUTPUT(GRADIENT)) {
        real gradient = is_label ? row.at_label.gradient : row.elsewhere;
        if (FOCL_HAS_OPTION(ACCUMULATE))
            gradient = focl_accumulated(gradient, focl_load_pixels(work->gradient, pixels, offset), work);
        focl_stream_pixels(gradient, work->gradient, pixels, offset, work);
    }
}

/* Everything for the vector of rows at an index; their losses, 0 behind the end. */
FOCL_FUNCTION real focl_process(const focl_work *work, focl_size index) {
    const focl_rows rows = focl_rows_at(work, index, work->rows_end);
    if (rows.count == 0)
        return FOCL_REAL(0.0f);
    const focl_pixels pixels = focl_pixels_at(work, rows);
    focl_ask_for_pixels(&pixels, work);
    const mask label = focl_load_row_labels(rows, work);
    focl_label_places places;
    focl_find_pixels(&places, label, &pixels, work);
    const focl_target_row row = focl_target_row_of(focl_gather(work->logits, &places), label, rows, &places, work);
    if (FOCL_HAS_OUTPUT(LOSS) || FOCL_HAS_OUTPUT(GRADIENT) || FOCL_HAS_OUTPUT(HESSIAN))
        for (uint c = 0; c < work->layout.classes; ++c)
            focl_store_target_class(work, &pixels, c, row);
    if (FOCL_HAS_OUTPUT(ROW_LOSSES))
        focl_keep_row_values(row.at_label.loss, rows, work);
    return row.at_label.loss;
}

#include "fold.clh"
#include "tile.clh"

__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void
target_loss_pixels(FOCL_WORK_PARAMETERS __global focl_sum *tile_sums, ulong first_tile,
                   __global focl_scalar *row_losses) {
    __local focl_sum lanes[FOCL_GROUP_TILES * FOCL_LANES];
    FOCL_MAKE_WORK(work);
    work.row_losses = row_losses;
    focl_walk_tiles(&work, lanes, tile_sums, first_tile, FOCL_HAS_OUTPUT(SUM));
}
