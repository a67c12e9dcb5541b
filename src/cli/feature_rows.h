/* Examples from a file: a row of features each, as f4, and rows picked from them and standardised. */
#ifndef FOCL_CLI_FEATURE_ROWS_H
#define FOCL_CLI_FEATURE_ROWS_H

#include "npy_convert.h"

typedef struct focl__feature_rows {
    focl__array file;
    size_t rows;
    size_t columns; /* the axes after the first are one */
    const float *values;
} focl__feature_rows;

/* Opens a file of rank 2 or more, of any type but complex, whose values are all finite in f4. Close it in any case. */
bool focl__feature_rows_open(focl__feature_rows *features, const char *path, focl__complaint *complaint);
void focl__feature_rows_close(focl__feature_rows *features);

/* What makes features comparable: x becomes (x - mean) / scale. Each has a value per column; NULL: x stays. */
typedef struct focl__standard {
    float *mean;
    float *scale;
} focl__standard;

/* Mean and standard deviation of the columns of some rows; the scale of a column that never changes is 1. */
void focl__standard_measure(focl__standard *standard, const focl__feature_rows *features, const size_t *order,
                            size_t count);

/* Rows in an order. */
typedef struct focl__row_source {
    const focl__feature_rows *features;
    focl__standard standard;
    const size_t *order; /* NULL: that of the file */
    size_t count;
} focl__row_source;

/* The row of the file that is at a position of the source. */
size_t focl__row_at(const focl__row_source *source, size_t position);

/* Copies the rows at `first` and after, one behind the other, standardised. */
void focl__rows_copy(const focl__row_source *source, size_t first, size_t count, float *to);

#endif
