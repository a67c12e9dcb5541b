/*
 * What the sum of losses is divided by, where it depends on the data: counters of the targets, and the sum of weights.
 * It must be known before the gradient can be written, so these kernels run before the loss.
 *
 * normalizer_count reads the targets once (1 to 8 bytes per row; dense: 4 per element), a group a tile of FOCL_TILE
 * rows or elements, and writes four counters per tile; integer sums have no order to keep. normalizer_count_fold adds
 * them up in one group. normalizer_weights walks the elements in the order of reduce.clh and sums the weights of those
 * that count; it reads the weights and the labels. Where a row is one summand it walks the rows and leaves their
 * weights to row_sum.cl.
 *
 * Barriers: one after the items have stored their part, then item 0 alone adds the parts; no item leaves before.
 */
#include "work.clh"
/* A file is embedded where it is first included: what both kinds of rows need must be outside the choice. */
#if FOCL_OPTIONS & (FOCL_OPTION_ROWS | FOCL_OPTION_TARGET_ONLY)
#define FOCL_WALK_ROWS
#include "rows_work.clh"

#include "pixels.clh"
#endif
#if FOCL_OPTIONS & FOCL_OPTION_ROWS
#include "softmax_work.clh"
#elif FOCL_OPTIONS & FOCL_OPTION_TARGET_ONLY
#include "target_row.clh"
#endif

/* A tile's counters; first is relative to the tile, FOCL_NONE if there is none. */
typedef struct {
    uint ignored;
    uint positive;
    uint out_of_range;
    uint first;
} focl_tile_counts;

#define FOCL_NONE 0xffffffffu

/* The squared error of values takes any finite target. */
#define FOCL_TARGETS_ARE_BOUNDED (FOCL_ACTIVATION != FOCL_ACTIVATION_IDENTITY || FOCL_OBJECTIVE != FOCL_OBJECTIVE_MSE)

FOCL_FUNCTION void focl_add_counts(focl_tile_counts *sum, uint ignored, uint positive, uint out_of_range) {
    sum->ignored += ignored;
    sum->positive += positive;
    sum->out_of_range += out_of_range;
}

FOCL_FUNCTION void focl_count_bad(focl_tile_counts *sum, uint position) {
    sum->out_of_range += 1;
    sum->first = min(sum->first, position);
}

/*
 * Counters of an item's lanes, added up once for all its vectors: from lane to lane is the long way. Comparisons are
 * added as they are, -1 in vectors: Oclgrind 21.10 mistakes what clang makes of a 1 or 0 that one of them chooses.
 */
typedef struct {
    mask ignored;
    mask positive;
} focl_lane_counts;

FOCL_FUNCTION uint focl_lanes_total(mask counts) {
    focl_lane lanes[FOCL_VECTOR];
    uint total = 0;
    FOCL_VSTORE(counts, 0, lanes);
    FOCL_ROLLED
    for (uint lane = 0; lane < FOCL_VECTOR; ++lane)
        total += (uint)lanes[lane];
    return FOCL_VECTOR == 1 ? total : 0u - total;
}

/* Counts the vector at an index: its labels, or its dense targets. */
FOCL_FUNCTION void focl_count_vector(const focl_work *work, focl_size index, uint position, focl_tile_counts *sum,
                                     focl_lane_counts *lane_counts) {
#if FOCL_TARGETS_ARE_DENSE
    const real t =
        focl_flush(focl_load_element_targets(work->targets, focl_place_of(index, work->layout), work->layout));
    const mask bad = FOCL_TARGETS_ARE_BOUNDED ? !(t >= 0.0f && t <= 1.0f) : !(focl_abs(t) <= FOCL_LARGEST);
    lane_counts->positive += t == 1.0f;
    const focl_size end = work->layout.end;
#else
    const focl_size end = work->rows_end;
    const focl_size left = end - index;
    const mask label =
        focl_load_labels(work->targets, index - work->layout.first_row, end - work->layout.first_row, work->labels);
    const mask bad = label == FOCL_LABEL_OUT_OF_RANGE;
    /* Rows behind the end come as ignored. */
    const mask inside = FOCL_LANE_NUMBERS < (mask)(left < FOCL_VECTOR ? (int)left : FOCL_VECTOR);
    lane_counts->ignored += inside && label == FOCL_LABEL_IGNORED;
    lane_counts->positive += label >= 0;
#endif
    if (!focl_any(bad))
        return;
    focl_lane lanes[FOCL_VECTOR];
    FOCL_VSTORE(bad, 0, lanes);
    for (uint lane = 0; lane < FOCL_VECTOR; ++lane)
        if (lanes[lane] && lane < end - index)
            focl_count_bad(sum, position + lane);
}

__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void
normalizer_count(FOCL_WORK_PARAMETERS __global focl_tile_counts *tile_counts, ulong first_tile) {
    __local focl_tile_counts parts[FOCL_GROUP];
    FOCL_MAKE_WORK(work);
    const uint item = (uint)get_local_id(0);
    const focl_size tile = (focl_size)get_group_id(0);
#if FOCL_TARGETS_ARE_DENSE
    const focl_size start = work.layout.first + tile * FOCL_TILE;
    const focl_size limit = work.layout.end;
#else
    const focl_size start = work.layout.first_row + tile * FOCL_TILE;
    const focl_size limit = work.rows_end;
#endif
    focl_tile_counts sum = {0, 0, 0, FOCL_NONE};
    focl_lane_counts lane_counts;
    lane_counts.ignored = lane_counts.positive = (mask)(0);
    FOCL_ROLLED
    for (uint position = item * FOCL_VECTOR; position < FOCL_TILE; position += FOCL_GROUP * FOCL_VECTOR)
        if (position < limit - start)
            focl_count_vector(&work, start + position, position, &sum, &lane_counts);
    focl_add_counts(&sum, focl_lanes_total(lane_counts.ignored), focl_lanes_total(lane_counts.positive), 0);
    parts[item] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (item == 0) {
        FOCL_ROLLED
        for (uint part = 1; part < FOCL_GROUP; ++part) {
            focl_add_counts(&sum, parts[part].ignored, parts[part].positive, parts[part].out_of_range);
            sum.first = min(sum.first, parts[part].first);
        }
        tile_counts[first_tile + tile] = sum;
    }
}

/* What normalizer_count_fold is to write as the normaliser. */
FOCL_FUNCTION ulong focl_chosen_count(int kind, ulong counted, ulong counted_rows, ulong positive) {
    switch (kind) {
    case FOCL_NORMALIZER_COUNTED:
        return counted;
    case FOCL_NORMALIZER_ROWS:
        return counted_rows;
    default:
        return max((ulong)1, positive);
    }
}

/* From the tiles' counters to focl_loss_counts and the normaliser; counts is one. */
__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void
normalizer_count_fold(__global const focl_tile_counts *tile_counts, ulong tiles, ulong elements, ulong rows,
                      ulong classes, int kind, __global ulong *counts, ulong counts_offset,
                      __global focl_scalar *normalizer, ulong normalizer_offset) {
    __local ulong parts[4][FOCL_GROUP];
    const uint item = (uint)get_local_id(0);
    ulong ignored = 0, positive = 0, out_of_range = 0, first = ULONG_MAX;
    for (ulong tile = item; tile < tiles; tile += FOCL_GROUP) {
        const focl_tile_counts part = tile_counts[tile];
        ignored += part.ignored;
        positive += part.positive;
        out_of_range += part.out_of_range;
        if (part.first != FOCL_NONE)
            first = min(first, tile * FOCL_TILE + part.first);
    }
    parts[0][item] = ignored;
    parts[1][item] = positive;
    parts[2][item] = out_of_range;
    parts[3][item] = first;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (item != 0)
        return;
    for (uint part = 1; part < FOCL_GROUP; ++part) {
        ignored += parts[0][part];
        positive += parts[1][part];
        out_of_range += parts[2][part];
        first = min(first, parts[3][part]);
    }
#if FOCL_TARGETS_ARE_DENSE
    const ulong counted = FOCL_HAS_OPTION(ROWS) ? rows : elements;
    const ulong counted_rows = rows;
#else
    const ulong counted_rows = rows - ignored;
    const ulong counted = FOCL_HAS_OPTION(ROWS)          ? counted_rows
                          : FOCL_HAS_OPTION(TARGET_ONLY) ? positive
                                                         : counted_rows * classes;
#endif
    if (FOCL_HAS_OPTION(ROWS))
        positive = counted;
    __global ulong *out = counts + counts_offset;
    out[FOCL_COUNT_ELEMENTS] = elements;
    out[FOCL_COUNT_ROWS] = rows;
    out[FOCL_COUNT_COUNTED] = counted;
    out[FOCL_COUNT_COUNTED_ROWS] = counted_rows;
    out[FOCL_COUNT_IGNORED] = ignored;
    out[FOCL_COUNT_POSITIVE] = positive;
    out[FOCL_COUNT_OUT_OF_RANGE] = out_of_range;
    out[FOCL_COUNT_FIRST] = first;
    if (kind != FOCL_NORMALIZER_NOT_COUNTED)
        normalizer[normalizer_offset] = (focl_scalar)focl_chosen_count(kind, counted, counted_rows, positive);
}

#if FOCL_OPTIONS & FOCL_OPTION_ROWS

/* sum of w_c y_c over the classes, in ascending order. */
FOCL_FUNCTION real focl_target_weights(focl_rows rows, const focl_work *work) {
#if FOCL_TARGETS_ARE_DENSE
    const focl_pixels pixels = focl_pixels_at(work, rows);
    focl_pair sum;
    sum.hi = sum.lo = FOCL_REAL(0.0f);
    for (uint c = 0; c < work->layout.classes; ++c) {
        const real y = focl_flush(focl_load_pixel_targets(work->targets, &pixels, c * work->layout.class_stride));
        const real weight = FOCL_HAS_OPTION(CLASS_WEIGHTS)
                                ? FOCL_REAL(focl_flush_scalar(focl_read_factors_one(work->class_weights, c)))
                                : FOCL_REAL(1.0f);
        const focl_pair joined = focl_two_sum(sum.hi, focl_times(weight, y));
        sum.hi = joined.hi;
        sum.lo = sum.lo + joined.lo;
    }
    return focl_flush(sum.hi + sum.lo);
#else
    return focl_label_weights(focl_load_row_labels(rows, work), work);
#endif
}

/* The weights of the vector of rows at an index, 0 for what does not count. They are summed by row_sum.cl. */
FOCL_FUNCTION real focl_process(const focl_work *work, focl_size row) {
    const focl_rows rows = focl_rows_at(work, row, work->rows_end);
    if (rows.count == 0)
        return FOCL_REAL(0.0f);
    focl_row_input input;
    focl_row_factors(rows, work, &input);
    real weight = focl_times(focl_target_weights(rows, work), input.factor);
#if !FOCL_TARGETS_ARE_DENSE
    weight = focl_load_row_labels(rows, work) == FOCL_LABEL_IGNORED ? FOCL_REAL(0.0f) : weight;
#endif
    focl_keep_row_values(weight, rows, work);
    return weight;
}

#elif FOCL_OPTIONS & FOCL_OPTION_TARGET_ONLY

/* The same, where only the label's element of a row counts. */
FOCL_FUNCTION real focl_process(const focl_work *work, focl_size row) {
    const focl_rows rows = focl_rows_at(work, row, work->rows_end);
    if (rows.count == 0)
        return FOCL_REAL(0.0f);
    const focl_pixels pixels = focl_pixels_at(work, rows);
    const mask label = focl_load_row_labels(rows, work);
    focl_label_places places;
    focl_find_pixels(&places, label, &pixels, work);
    const focl_target_factors factors = focl_target_factors_of(label, rows, &places, work);
    const real weight = label >= 0 ? focl_target_weighted(FOCL_REAL(1.0f), factors) : FOCL_REAL(0.0f);
    focl_keep_row_values(weight, rows, work);
    return weight;
}

#else

/* The weights of the vector at an element, 0 for what does not count. */
FOCL_FUNCTION real focl_process(const focl_work *work, focl_size element) {
    if (element >= work->layout.end)
        return FOCL_REAL(0.0f);
    const focl_place place = focl_place_of(element, work->layout);
    mask counts = focl_lanes_inside(element, work->layout);
#if !FOCL_TARGETS_ARE_DENSE
    const mask label = focl_load_element_labels(work->targets, place, work->layout, work->labels);
    counts = counts && label != FOCL_LABEL_IGNORED;
#endif
    return counts ? focl_weighted(FOCL_REAL(1.0f), work, place) : FOCL_REAL(0.0f);
}

#endif

#include "fold.clh"
#include "tile.clh"

__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void
normalizer_weights(FOCL_WORK_PARAMETERS __global focl_sum *tile_sums, ulong first_tile,
                   __global focl_scalar *row_values) {
    __local focl_sum lanes[FOCL_GROUP_TILES * FOCL_LANES];
    FOCL_MAKE_WORK(work);
    work.row_losses = row_values;
    focl_walk_tiles(&work, lanes, tile_sums, first_tile,
                    (FOCL_OPTIONS & (FOCL_OPTION_ROWS | FOCL_OPTION_TARGET_ONLY)) == 0);
}
