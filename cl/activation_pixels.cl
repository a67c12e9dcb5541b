/*
 * Softmax and its logarithm, their vector-Jacobian products and what their Jacobians are made of, where neighbours in
 * memory are different rows: NCHW and any other layout with inner > 1.
 *
 * Algorithm. A lane is a row (a pixel), and the classes are a loop: for the maximum, for the sums of activation.clh,
 * for what is written. Classes are added up in ascending order, FOCL_BLOCK of them plainly, block after block into a
 * pair: the order of softmax_loss_pixels.cl, and so the bits of its probabilities. Memory traffic per element: x from
 * memory and twice from the cache, upstream likewise, each output once; shares and complements lie row by row, so that
 * their stores are scattered, which the Jacobian, C times as large, makes up for.
 *
 * Barriers: none.
 */
#include "activation_work.clh"

#include "pixels.clh"

/* The largest logit of each row and the upstream gradient that others are measured from. */
typedef struct {
    real maximum;
    real reference;
} focl_peaks;

FOCL_FUNCTION real focl_load_upstream(const focl_work *work, const focl_pixels *pixels, focl_size offset) {
    return FOCL_HAS_OUTPUT(PRODUCT) ? focl_load_pixels(work->upstream, pixels, offset) : FOCL_REAL(0.0f);
}

FOCL_FUNCTION focl_peaks focl_find_peaks(const focl_work *work, const focl_pixels *pixels) {
    real maximum = focl_load_pixels(work->x, pixels, 0);
    real reference = focl_load_upstream(work, pixels, 0);
    for (uint c = 1; c < work->layout.classes; ++c) {
        const focl_size offset = c * work->layout.class_stride;
        const real x = focl_load_pixels(work->x, pixels, offset);
        const real u = focl_load_upstream(work, pixels, offset);
        reference = x > maximum ? u : x == maximum && u > reference ? u : reference;
        maximum = x > maximum ? x : maximum;
    }
    focl_peaks peaks;
    peaks.maximum = focl_row_maximum(maximum);
    peaks.reference = focl_flush(reference);
    return peaks;
}

FOCL_FUNCTION focl_row_sums focl_pixel_part(const focl_work *work, const focl_pixels *pixels, uint c,
                                            focl_peaks peaks) {
    const focl_size offset = c * work->layout.class_stride;
    const real e = focl_exp_difference(focl_load_pixels_again(work->x, pixels, offset), peaks.maximum);
    const real u = focl_load_upstream(work, pixels, offset);
    return focl_activation_part(e, u, peaks.reference, FOCL_KIND, FOCL_HAS_OUTPUT(PRODUCT));
}

FOCL_FUNCTION focl_row_sums focl_pixel_sums(const focl_work *work, const focl_pixels *pixels, focl_peaks peaks) {
    focl_row_pairs pairs = focl_row_pairs_zero();
    for (uint start = 0; start < work->layout.classes; start += FOCL_BLOCK) {
        focl_row_sums block = focl_row_sums_zero();
        for (uint step = 0; step < FOCL_BLOCK; ++step)
            if (start + step < work->layout.classes)
                block = focl_row_sums_add(block, focl_pixel_part(work, pixels, start + step, peaks));
        pairs = focl_row_pairs_add(pairs, block);
    }
    return focl_row_pairs_value(pairs);
}

/* A class's entry in an array that has the rows one after the other. */
FOCL_FUNCTION void focl_store_by_row(real value, __global focl_scalar *array, focl_rows rows, uint c,
                                     const focl_work *work) {
    focl_scalar lanes[FOCL_VECTOR];
    FOCL_VSTORE(value, 0, lanes);
    FOCL_ROLLED
    for (uint lane = 0; lane < FOCL_VECTOR; ++lane)
        if (lane < rows.count)
            array[(rows.row + lane) * work->layout.classes + c] = lanes[lane];
}

FOCL_FUNCTION void focl_store_pixel_class(const focl_work *work, const focl_pixels *pixels, uint c,
                                          focl_activation_row row) {
    const focl_size offset = c * work->layout.class_stride;
    const real x = focl_load_pixels_again(work->x, pixels, offset);
    const real e = focl_exp_difference(x, row.maximum);
    const focl_activated activated =
        focl_activate_class(x, e, focl_load_upstream(work, pixels, offset), row, FOCL_KIND);
    if (FOCL_HAS_OUTPUT(VALUE))
        focl_store_pixels(activated.value, work->value, pixels, offset);
    if (FOCL_HAS_OUTPUT(PRODUCT))
        focl_store_pixels(activated.product, work->product, pixels, offset);
    if (FOCL_HAS_OUTPUT(SHARES)) {
        focl_store_by_row(focl_activation_share(e, row), work->shares, pixels->rows, c, work);
        focl_store_by_row(focl_activation_complement(e, row), work->complements, pixels->rows, c, work);
    }
}

/* Everything for the vector of rows at an index. */
FOCL_FUNCTION real focl_process(const focl_work *work, focl_size index) {
    const focl_rows rows = focl_rows_at(work, index, work->rows_end);
    if (rows.count == 0)
        return FOCL_REAL(0.0f);
    const focl_pixels pixels = focl_pixels_at(work, rows);
    const focl_peaks peaks = focl_find_peaks(work, &pixels);
    const focl_row_sums sums = focl_pixel_sums(work, &pixels, peaks);
    const focl_activation_row row = focl_activation_row_of(sums, peaks.maximum, peaks.reference);
    for (uint c = 0; c < work->layout.classes; ++c)
        focl_store_pixel_class(work, &pixels, c, row);
    return FOCL_REAL(0.0f);
}

#define FOCL_WALK_ROWS
#include "tile.clh"

__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void activation_pixels(FOCL_ACTIVATION_PARAMETERS) {
    FOCL_MAKE_ACTIVATION_WORK(work);
    focl_walk_tiles(&work, 0, 0, 0, 0);
}
