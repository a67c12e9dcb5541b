#include "feature_rows.h"

#include <math.h>
#include <string.h>

static bool check_finite(const focl__feature_rows *features, focl__complaint *complaint) {
    const size_t bad = focl__array_first_not_finite(&features->file);
    if (bad == features->file.file.elements)
        return true;
    return focl__fail_data(complaint, "%s: row %zu, column %zu is not finite in f4; focl needs every feature to be",
                           features->file.file.path, bad / features->columns, bad % features->columns);
}

bool focl__feature_rows_open(focl__feature_rows *features, const char *path, focl__complaint *complaint) {
    const focl__npy *file = &features->file.file;
    if (!focl__npy_open(&features->file.file, path, complaint))
        return false;
    if (file->shape.rank < 2)
        return focl__fail_data(complaint, "%s: its shape %s has no axis of features; (rows, features) has", path,
                               focl__npy_describe_shape(&file->shape).text);
    if (file->elements == 0)
        return focl__fail_data(complaint, "%s: its shape %s has no features", path,
                               focl__npy_describe_shape(&file->shape).text);
    if (!focl__array_convert(&features->file, FOCL_F32, complaint))
        return false;
    features->rows = file->shape.extents[0];
    features->columns = file->elements / features->rows;
    features->values = features->file.values;
    return check_finite(features, complaint);
}

void focl__feature_rows_close(focl__feature_rows *features) {
    focl__array_close(&features->file);
}

/* ---- Standardising ---- */

/* Twice over the rows, so that the deviation of features far from 0 keeps its digits. */
static void measure_column(focl__standard *standard, const focl__feature_rows *features, const size_t *order,
                           size_t count, size_t column) {
    const float *values = features->values + column;
    const size_t stride = features->columns;
    double sum = 0;
    double squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[order[i] * stride];
    const double mean = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += ((double)values[order[i] * stride] - mean) * ((double)values[order[i] * stride] - mean);
    const float scale = (float)sqrt(squares / (double)count);
    standard->mean[column] = (float)mean;
    standard->scale[column] = scale > 0 ? scale : 1;
}

void focl__standard_measure(focl__standard *standard, const focl__feature_rows *features, const size_t *order,
                            size_t count) {
    for (size_t column = 0; column < features->columns; column++)
        measure_column(standard, features, order, count, column);
}

/* ---- Picking ---- */

size_t focl__row_at(const focl__row_source *source, size_t position) {
    return source->order ? source->order[position] : position;
}

static void standardise(const focl__standard *standard, float *row, size_t columns) {
    for (size_t column = 0; column < columns; column++)
        row[column] = (row[column] - standard->mean[column]) / standard->scale[column];
}

void focl__rows_copy(const focl__row_source *source, size_t first, size_t count, float *to) {
    const size_t columns = source->features->columns;
    for (size_t i = 0; i < count; i++) {
        float *row = to + i * columns;
        memcpy(row, source->features->values + focl__row_at(source, first + i) * columns, columns * sizeof *row);
        if (source->standard.mean)
            standardise(&source->standard, row, columns);
    }
}
