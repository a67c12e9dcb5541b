/*
 * The softmax family where neighbours in memory are different rows: NCHW and any other layout with inner > 1.
 *
 * Algorithm. A lane is a row (a pixel), so that every load and store of a class is of neighbouring lanes, and the few
 * classes of segmentation are a loop: first for the maximum, then for the sums of softmax_row.clh, then for what is
 * written. Classes are added up in ascending order, FOCL_BLOCK of them plainly, block after block into a pair. The
 * losses are summed over the rows in the order of reduce.clh. Up to FOCL_KEPT classes have their exponentials kept
 * between the second loop and the third; of more they are calculated again, which gives the same bits.
 *
 * Memory traffic per element: 4 bytes of logits from memory, twice more from the cache (three times in all), 4 bytes
 * for every output; dense targets 4 bytes, twice more from the cache. Per row: the label, row weights, upstream, a loss
 * and p_t where wanted. 8 bytes per 4096 rows for the tile sums.
 *
 * Barriers: only those of focl_join_lanes (tile.clh), which every item of the group reaches.
 */
#define FOCL_WALK_ROWS
#include "softmax_work.clh"

#include "pixels.clh"

/* Registers' worth of exponentials; an item that is one lane of a GPU has no place to keep them. */
#ifndef FOCL_KEPT
#if FOCL_VECTOR > 1
#define FOCL_KEPT 16
#else
#define FOCL_KEPT 1
#endif
#endif

/* A class of the rows; label: see label.clh. */
FOCL_FUNCTION focl_row_class focl_pixel_class(const focl_work *work, const focl_pixels *pixels, uint class_number,
                                              mask label) {
    const focl_size offset = class_number * work->layout.class_stride;
    focl_row_class of;
    of.x = focl_load_pixels_again(work->logits, pixels, offset);
    of.is_label = label == (mask)((int)class_number);
    of.weight = FOCL_REAL(1.0f);
    if (FOCL_ROW_WEIGHS_CLASSES)
        of.weight = FOCL_REAL(focl_flush_scalar(focl_read_factors_one(work->class_weights, class_number)));
#if FOCL_TARGETS_ARE_DENSE
    of.y = focl_load_pixel_targets(work->targets, pixels, offset);
#else
    of.y = FOCL_REAL(0.0f);
#endif
    return of;
}

/* The maximum of the rows, and with labels the label's logit. */
FOCL_FUNCTION real focl_pixel_maximum(const focl_work *work, const focl_pixels *pixels) {
    real maximum = focl_load_pixels(work->logits, pixels, 0);
    for (uint c = 1; c < work->layout.classes; ++c) {
        const real x = focl_load_pixels(work->logits, pixels, c * work->layout.class_stride);
        maximum = x > maximum ? x : maximum;
    }
    return focl_row_maximum(maximum);
}

/* e of a class: kept, or from what is in the cache. */
FOCL_FUNCTION real focl_pixel_exponential(const focl_work *work, const focl_pixels *pixels, uint class_number,
                                          real maximum, const real *kept) {
    if (class_number < FOCL_KEPT)
        return kept[class_number];
    const real x = focl_load_pixels_again(work->logits, pixels, class_number * work->layout.class_stride);
    return focl_row_exponential(x, maximum, work->rule);
}

/* The sums over the classes; fills in what the label's class gives, and keeps exponentials. */
FOCL_FUNCTION focl_row_sums focl_pixel_sums(const focl_work *work, const focl_pixels *pixels, mask label,
                                            focl_row_input *input, real *kept) {
    const focl_row_kind kind = focl_row_kind_here();
    const focl_scalar share = focl_smoothing_share(work);
    focl_row_pairs pairs = focl_row_pairs_zero();
    input->x_label = input->e_label = FOCL_REAL(0.0f);
    for (uint start = 0; start < work->layout.classes; start += FOCL_BLOCK) {
        focl_row_sums block = focl_row_sums_zero();
        for (uint step = 0; step < FOCL_BLOCK; ++step) {
            const uint c = start + step;
            if (c >= work->layout.classes)
                break;
            const focl_row_class of = focl_pixel_class(work, pixels, c, label);
            const real e = focl_row_exponential(of.x, input->maximum, work->rule);
            block = focl_row_sums_add(block, focl_row_first_part(of, e, input->maximum, kind, work->rule, share));
            input->x_label = of.is_label ? of.x : input->x_label;
            input->e_label = of.is_label ? e : input->e_label;
            if (c < FOCL_KEPT)
                kept[c] = e;
        }
        pairs = focl_row_pairs_add(pairs, block);
    }
    return focl_row_pairs_value(pairs);
}

#if FOCL_ROW_HAS_SECOND_PASS
/* The sums of the second pass (softmax_mse.clh). */
FOCL_FUNCTION focl_row_sums focl_pixel_second_sums(const focl_work *work, const focl_pixels *pixels, mask label,
                                                   focl_row_sums first, focl_row_input input, const real *kept) {
    const focl_row_kind kind = focl_row_kind_here();
    const focl_mse_shares shares = focl_mse_shares_of(first, input.e_label, kind);
    focl_row_pairs pairs = focl_row_pairs_zero();
    for (uint start = 0; start < work->layout.classes; start += FOCL_BLOCK) {
        focl_row_sums block = focl_row_sums_zero();
        for (uint step = 0; step < FOCL_BLOCK; ++step) {
            const uint c = start + step;
            if (c >= work->layout.classes)
                break;
            const real e = focl_pixel_exponential(work, pixels, c, input.maximum, kept);
            const focl_row_class of = focl_pixel_class(work, pixels, c, label);
            block = focl_row_sums_add(block, focl_mse_part(of, e, shares, kind));
        }
        pairs = focl_row_pairs_add(pairs, block);
    }
    return focl_row_pairs_value(pairs);
}
#endif

FOCL_FUNCTION void focl_store_pixel_gradient(const focl_work *work, const focl_pixels *pixels, focl_size offset,
                                             real gradient) {
    if (FOCL_HAS_OPTION(ACCUMULATE)) {
        const real old = focl_flush(focl_load_pixels(work->gradient, pixels, offset));
        gradient = focl_flush(focl_times(old, FOCL_REAL(work->accumulate)) + gradient);
        focl_store_pixels(gradient, work->gradient, pixels, offset);
    } else {
        focl_stream_pixels(gradient, work->gradient, pixels, offset, work);
    }
}

/* What is written for one class; where a lane does not count its derivatives are 0 whatever it holds. */
FOCL_FUNCTION void focl_store_pixel_class(const focl_work *work, const focl_pixels *pixels, uint class_number,
                                          mask label, focl_row row, real e, mask counts) {
    const focl_row_kind kind = focl_row_kind_here();
    const focl_size offset = class_number * work->layout.class_stride;
    const real zero = FOCL_REAL(0.0f);
    focl_row_slopes slopes;
    slopes.gradient = slopes.hessian = zero;
    if (!FOCL_ROW_IS_PLAIN || FOCL_HAS_OUTPUT(HESSIAN))
        slopes = focl_row_slopes_of(focl_pixel_class(work, pixels, class_number, label), e, row, kind, work->rule,
                                    focl_smoothing_share(work));
    if (FOCL_ROW_IS_PLAIN)
        slopes.gradient = focl_row_plain_gradient(label == (mask)((int)class_number), counts, e, row);
    if (FOCL_HAS_OUTPUT(GRADIENT))
        focl_store_pixel_gradient(work, pixels, offset, FOCL_ROW_IS_PLAIN || counts ? slopes.gradient : zero);
    if (FOCL_HAS_OUTPUT(HESSIAN))
        focl_store_pixels(counts ? slopes.hessian : zero, work->hessian, pixels, offset);
    if (FOCL_HAS_OUTPUT(PROBABILITIES))
        focl_store_pixels(focl_times(e, row.inverse), work->probabilities, pixels, offset);
}

/* Everything for the vector of rows at an index; their losses, 0 behind the end. */
FOCL_FUNCTION real focl_process(const focl_work *work, focl_size index) {
    const focl_rows rows = focl_rows_at(work, index, work->rows_end);
    if (rows.count == 0)
        return FOCL_REAL(0.0f);
    const focl_pixels pixels = focl_pixels_at(work, rows);
    real kept[FOCL_KEPT];
    focl_row_input input;
    input.maximum = FOCL_ACTIVATION == FOCL_ACTIVATION_SOFTMAX ? focl_pixel_maximum(work, &pixels) : FOCL_REAL(0.0f);
    input.weight_label = FOCL_REAL(1.0f);
    focl_row_factors(rows, work, &input);
#if FOCL_TARGETS_ARE_DENSE
    const mask label = (mask)(FOCL_LABEL_BACKGROUND);
    const mask counts = FOCL_LANE_NUMBERS < (mask)((int)rows.count);
#else
    const mask label = focl_load_row_labels(rows, work);
    const mask counts = label != FOCL_LABEL_IGNORED;
    input.weight_label = focl_label_weights(label, work);
    focl_spoil_rows(label == FOCL_LABEL_OUT_OF_RANGE, &input);
#endif
    const focl_row_sums first = focl_pixel_sums(work, &pixels, label, &input, kept);
    focl_row_sums second = focl_row_sums_zero();
#if FOCL_ROW_HAS_SECOND_PASS
    second = focl_pixel_second_sums(work, &pixels, label, first, input, kept);
#endif
    focl_row row =
        focl_row_finished(first, second, input, focl_row_kind_here(), work->rule, focl_smoothing_share(work));
    row.loss = counts ? row.loss : FOCL_REAL(0.0f);
    row.pt = counts ? row.pt : FOCL_REAL(0.0f);
    focl_store_row_results(row, rows, work);
    if (FOCL_HAS_OUTPUT(GRADIENT) || FOCL_HAS_OUTPUT(HESSIAN) || FOCL_HAS_OUTPUT(PROBABILITIES))
        for (uint c = 0; c < work->layout.classes; ++c) {
            const real e = focl_pixel_exponential(work, &pixels, c, input.maximum, kept);
            focl_store_pixel_class(work, &pixels, c, label, row, e, counts);
        }
    return row.loss;
}

#include "fold.clh"
#include "tile.clh"

__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void
softmax_loss_pixels(FOCL_WORK_PARAMETERS __global focl_sum *tile_sums, ulong first_tile,
                    __global focl_scalar *row_losses) {
    __local focl_sum lanes[FOCL_GROUP_TILES * FOCL_LANES];
    FOCL_MAKE_WORK(work);
    work.row_losses = row_losses;
    focl_walk_tiles(&work, lanes, tile_sums, first_tile, FOCL_HAS_OUTPUT(SUM));
}
