/*
 * What a linear head needs beside its matrix products: the bias in every row of the logits before, and the sums of the
 * columns of their gradient after.
 *
 * Algorithm. A matrix of rows x classes is cut into strips of rows; an item has FOCL_VECTOR neighbouring columns of a
 * strip and goes down its rows. Sums are plain additions in the order of the rows, first within strips, then over them:
 * the order depends on the sizes alone. Sums of strips stand in rows of `pitch` numbers, a multiple of every vector.
 *
 * Traffic: the matrix once; 1 / strip_rows of it for the sums of strips.
 *
 * Barriers: none.
 */
#include "storage.clh"

#ifndef FOCL_GROUP
#define FOCL_GROUP 1
#endif

/* The part of a matrix that an item has: FOCL_VECTOR columns, the first `lanes` of them inside, of some rows. */
typedef struct {
    ulong strip;
    ulong first_row;
    ulong rows_end;
    uint column;
    uint lanes;
} focl_strip;

FOCL_FUNCTION focl_strip focl_strip_of_item(ulong rows, uint classes, ulong strip_rows) {
    const ulong item = (ulong)get_group_id(0) * FOCL_GROUP + get_local_id(0);
    const uint vectors = (classes - 1) / FOCL_VECTOR + 1;
    focl_strip strip;
    strip.strip = item / vectors;
    strip.column = (uint)(item % vectors) * FOCL_VECTOR;
    strip.lanes = min(classes - strip.column, (uint)FOCL_VECTOR);
    strip.first_row = min(strip.strip * strip_rows, rows);
    strip.rows_end = min(strip.first_row + strip_rows, rows);
    return strip;
}

FOCL_FUNCTION real focl_read_columns(__global const focl_storage *row, focl_strip strip) {
    return strip.lanes == FOCL_VECTOR ? focl_read(row, strip.column) : focl_read_part(row, strip.column, strip.lanes);
}

FOCL_FUNCTION void focl_write_columns(real value, __global focl_storage *row, focl_strip strip) {
    if (strip.lanes == FOCL_VECTOR)
        focl_write(value, row, strip.column);
    else
        focl_write_part(value, row, strip.column, strip.lanes);
}

__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void
linear_head_bias(__global const focl_storage *bias, ulong bias_offset, ulong rows, uint classes, ulong strip_rows,
                 __global focl_storage *logits, ulong logits_offset) {
    const focl_strip strip = focl_strip_of_item(rows, classes, strip_rows);
    if (strip.first_row >= strip.rows_end)
        return;
    const real value = focl_read_columns(bias + bias_offset, strip);
    for (ulong row = strip.first_row; row < strip.rows_end; ++row)
        focl_write_columns(value, logits + logits_offset + row * classes, strip);
}

__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void
linear_head_strips(__global const focl_storage *gradient, ulong rows, uint classes, ulong strip_rows,
                   __global focl_scalar *sums, uint pitch) {
    const focl_strip strip = focl_strip_of_item(rows, classes, strip_rows);
    if (strip.first_row >= strip.rows_end)
        return;
    real sum = FOCL_REAL(0.0f);
    for (ulong row = strip.first_row; row < strip.rows_end; ++row)
        sum += focl_read_columns(gradient + row * classes, strip);
    FOCL_VSTORE(sum, strip.column, sums + strip.strip * pitch);
}

/* total = sum of the strips + old_factor * total; without has_old the total is not read. */
__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void
linear_head_join(__global const focl_scalar *sums, uint strips, uint classes, uint pitch, int has_old,
                 focl_scalar old_factor, __global focl_storage *total, ulong total_offset) {
    const focl_strip strip = focl_strip_of_item(1, classes, 1);
    if (strip.first_row >= strip.rows_end)
        return;
    real sum = FOCL_REAL(0.0f);
    for (uint from = 0; from < strips; ++from)
        sum += FOCL_VLOAD(strip.column, sums + (ulong)from * pitch);
    if (has_old)
        sum += FOCL_REAL(old_factor) * focl_read_columns(total + total_offset, strip);
    focl_write_columns(sum, total + total_offset, strip);
}
