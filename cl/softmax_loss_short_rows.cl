/*
 * The softmax family where neighbours in memory are classes of one row, and a row has so few of them that it would fill
 * no vector: the same results as softmax_loss_rows.cl, to the bit.
 *
 * Algorithm. A lane is a row, as in softmax_loss_pixels.cl. FOCL_VECTOR rows are read in pieces and turned, in
 * registers, into a vector for each class (row_block.clh); then their classes are a loop: for the maximum, for what
 * softmax_row.clh adds up, for what is written, which is turned back. The sums have the order of row_totals.clh, in
 * which a class of fewer than FOCL_LANES is a lane of its own: classes c and c + 32 are added, then c and c + 16, down
 * to c + 1. Lanes without a class would add 0, and are left out. The losses are summed over the rows in the order of
 * reduce.clh.
 *
 * Memory traffic per element: 4 bytes of logits, read once; 4 bytes for every output; dense targets 4 bytes. Per row:
 * the label, row weights, upstream, a loss and p_t where wanted. 8 bytes per 4096 rows for the tile sums. What the
 * loops share is private memory: up to three times FOCL_ROW_WIDTH vectors, which stay in the first cache.
 *
 * Barriers: only those of focl_join_lanes (tile.clh), which every item of the group reaches.
 */
#define FOCL_WALK_ROWS
#include "softmax_work.clh"

#include "row_block.clh"

/* The classes of FOCL_VECTOR rows, a row a lane. */
typedef struct {
    focl_row_block block;
    mask label; /* see label.clh */
    real x[FOCL_ROW_WIDTH];
    real e[FOCL_ROW_WIDTH];
#if FOCL_TARGETS_ARE_DENSE
    real y[FOCL_ROW_WIDTH];
#endif
} focl_short_rows;

FOCL_FUNCTION focl_row_class focl_short_class(const focl_work *work, const focl_short_rows *rows, uint class_number) {
    focl_row_class of;
    of.x = rows->x[class_number];
    of.is_label = rows->label == (mask)((int)class_number);
    of.weight = FOCL_REAL(1.0f);
    if (FOCL_ROW_WEIGHS_CLASSES)
        of.weight = FOCL_REAL(focl_flush_scalar(focl_read_factors_one(work->class_weights, class_number)));
#if FOCL_TARGETS_ARE_DENSE
    of.y = rows->y[class_number];
#else
    of.y = FOCL_REAL(0.0f);
#endif
    return of;
}

FOCL_FUNCTION real focl_short_maximum(const focl_work *work, const focl_short_rows *rows) {
    real maximum = FOCL_REAL(-INFINITY);
    for (uint c = 0; c < work->layout.classes; ++c)
        maximum = rows->x[c] > maximum ? rows->x[c] : maximum;
    return focl_row_maximum(maximum);
}

/* ---- Sums: what each class adds, then the classes in the order of row_totals.clh ---- */

typedef struct {
#define FOCL_CLASSES_SUM(name) real name[FOCL_ROW_WIDTH];
    FOCL_ROW_SUMS(FOCL_CLASSES_SUM)
} focl_class_sums;

/* From 0 on, as everywhere: a sum is never -0. */
#define FOCL_KEEP_PART(name) \
    if (FOCL_NEEDS_##name)   \
        parts.name[c] = FOCL_REAL(0.0f) + part.name;

#define FOCL_JOIN_CLASSES(name)                                                  \
    if (FOCL_NEEDS_##name) {                                                     \
        FOCL_WRITTEN_OUT                                                         \
        for (uint reach = FOCL_ROW_WIDTH / 2; reach > 0; reach /= 2)             \
            for (uint c = 0; c < reach && c + reach < work->layout.classes; ++c) \
                parts->name[c] = parts->name[c] + parts->name[c + reach];        \
        sums.name = parts->name[0];                                              \
    }

FOCL_FUNCTION focl_row_sums focl_join_classes(const focl_work *work, focl_class_sums *parts) {
    focl_row_sums sums = focl_row_sums_zero();
    FOCL_ROW_SUMS(FOCL_JOIN_CLASSES)
    return sums;
}

/* Fills in the exponentials, and what the label's class gives. */
FOCL_FUNCTION focl_row_sums focl_short_sums(const focl_work *work, focl_short_rows *rows, focl_row_input *input) {
    const focl_row_kind kind = focl_row_kind_here();
    const focl_scalar share = focl_smoothing_share(work);
    focl_class_sums parts;
    input->x_label = input->e_label = FOCL_REAL(0.0f);
    for (uint c = 0; c < work->layout.classes; ++c) {
        const focl_row_class of = focl_short_class(work, rows, c);
        const real e = focl_row_exponential(of.x, input->maximum, work->rule);
        const focl_row_sums part = focl_row_first_part(of, e, input->maximum, kind, work->rule, share);
        input->x_label = of.is_label ? of.x : input->x_label;
        input->e_label = of.is_label ? e : input->e_label;
        rows->e[c] = e;
        FOCL_ROW_SUMS(FOCL_KEEP_PART)
    }
    return focl_join_classes(work, &parts);
}

#if FOCL_ROW_HAS_SECOND_PASS
/* The sums of the second pass (softmax_mse.clh). */
FOCL_FUNCTION focl_row_sums focl_short_second_sums(const focl_work *work, const focl_short_rows *rows,
                                                   focl_row_sums first, focl_row_input input) {
    const focl_row_kind kind = focl_row_kind_here();
    const focl_mse_shares shares = focl_mse_shares_of(first, input.e_label, kind);
    focl_class_sums parts;
    for (uint c = 0; c < work->layout.classes; ++c) {
        const focl_row_sums part = focl_mse_part(focl_short_class(work, rows, c), rows->e[c], shares, kind);
        FOCL_ROW_SUMS(FOCL_KEEP_PART)
    }
    return focl_join_classes(work, &parts);
}
#endif

/* ---- What is written of the classes; where a row does not count its derivatives are 0 whatever it holds ---- */

FOCL_FUNCTION void focl_store_short_gradient(const focl_work *work, const focl_short_rows *rows, real *gradient) {
    if (FOCL_HAS_OPTION(ACCUMULATE)) {
        real old[FOCL_ROW_WIDTH];
        focl_load_block(work, work->gradient, rows->block, old);
        for (uint c = 0; c < work->layout.classes; ++c)
            gradient[c] = focl_flush(focl_times(focl_flush(old[c]), FOCL_REAL(work->accumulate)) + gradient[c]);
    }
    focl_store_block(work, gradient, work->gradient, rows->block);
}

FOCL_FUNCTION void focl_store_short_derivatives(const focl_work *work, const focl_short_rows *rows, focl_row row,
                                                mask counts) {
    const focl_row_kind kind = focl_row_kind_here();
    const focl_scalar share = focl_smoothing_share(work);
    const real zero = FOCL_REAL(0.0f);
    real gradient[FOCL_ROW_WIDTH];
    real hessian[FOCL_ROW_WIDTH];
    for (uint c = 0; c < work->layout.classes; ++c) {
        const focl_row_class of = focl_short_class(work, rows, c);
        focl_row_slopes slopes;
        slopes.gradient = slopes.hessian = zero;
        if (!FOCL_ROW_IS_PLAIN || FOCL_HAS_OUTPUT(HESSIAN))
            slopes = focl_row_slopes_of(of, rows->e[c], row, kind, work->rule, share);
        gradient[c] = FOCL_ROW_IS_PLAIN ? focl_row_plain_gradient(of.is_label, counts, rows->e[c], row)
                      : counts          ? slopes.gradient
                                        : zero;
        hessian[c] = counts ? slopes.hessian : zero;
    }
    if (FOCL_HAS_OUTPUT(GRADIENT))
        focl_store_short_gradient(work, rows, gradient);
    if (FOCL_HAS_OUTPUT(HESSIAN))
        focl_store_block(work, hessian, work->hessian, rows->block);
}

FOCL_FUNCTION void focl_store_short_probabilities(const focl_work *work, const focl_short_rows *rows, focl_row row) {
    real probabilities[FOCL_ROW_WIDTH];
    for (uint c = 0; c < work->layout.classes; ++c)
        probabilities[c] = focl_times(rows->e[c], row.inverse);
    focl_store_block(work, probabilities, work->probabilities, rows->block);
}

/* ---- A vector of rows ---- */

FOCL_FUNCTION void focl_load_short_rows(const focl_work *work, focl_rows at, focl_short_rows *rows) {
    rows->block = focl_row_block_at(work, at);
    focl_load_block(work, work->logits, rows->block, rows->x);
#if FOCL_TARGETS_ARE_DENSE
    focl_load_block_targets(work, work->targets, rows->block, rows->y);
    rows->label = (mask)(FOCL_LABEL_BACKGROUND);
#else
    rows->label = focl_load_row_labels(at, work);
#endif
}

/* Everything for the vector of rows at an index; their losses, 0 behind the end. */
FOCL_FUNCTION real focl_process(const focl_work *work, focl_size index) {
    const focl_rows at = focl_rows_at(work, index, work->rows_end);
    if (at.count == 0)
        return FOCL_REAL(0.0f);
    focl_short_rows rows;
    focl_load_short_rows(work, at, &rows);
    focl_row_input input;
    input.maximum = FOCL_ACTIVATION == FOCL_ACTIVATION_SOFTMAX ? focl_short_maximum(work, &rows) : FOCL_REAL(0.0f);
    input.weight_label = FOCL_REAL(1.0f);
    focl_row_factors(at, work, &input);
#if FOCL_TARGETS_ARE_DENSE
    const mask counts = FOCL_LANE_NUMBERS < (mask)((int)at.count);
#else
    const mask counts = rows.label != FOCL_LABEL_IGNORED;
    input.weight_label = focl_label_weights(rows.label, work);
    focl_spoil_rows(rows.label == FOCL_LABEL_OUT_OF_RANGE, &input);
#endif
    const focl_row_sums first = focl_short_sums(work, &rows, &input);
    focl_row_sums second = focl_row_sums_zero();
#if FOCL_ROW_HAS_SECOND_PASS
    second = focl_short_second_sums(work, &rows, first, input);
#endif
    focl_row row =
        focl_row_finished(first, second, input, focl_row_kind_here(), work->rule, focl_smoothing_share(work));
    row.loss = counts ? row.loss : FOCL_REAL(0.0f);
    row.pt = counts ? row.pt : FOCL_REAL(0.0f);
    focl_store_row_results(row, at, work);
    if (FOCL_HAS_OUTPUT(GRADIENT) || FOCL_HAS_OUTPUT(HESSIAN))
        focl_store_short_derivatives(work, &rows, row, counts);
    if (FOCL_HAS_OUTPUT(PROBABILITIES))
        focl_store_short_probabilities(work, &rows, row);
    return row.loss;
}

#include "fold.clh"
#include "tile.clh"

__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void
softmax_loss_short_rows(FOCL_WORK_PARAMETERS __global focl_sum *tile_sums, ulong first_tile,
                        __global focl_scalar *row_losses) {
    __local focl_sum lanes[FOCL_GROUP_TILES * FOCL_LANES];
    FOCL_MAKE_WORK(work);
    work.row_losses = row_losses;
    focl_walk_tiles(&work, lanes, tile_sums, first_tile, FOCL_HAS_OUTPUT(SUM));
}
