#include "labelled_rows.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "seeded_order.h"

/* ---- Labels ---- */

static bool check_labels(const focl__npy *labels, const focl__feature_rows *features, focl__complaint *complaint) {
    if (labels->kind == 'f')
        return focl__fail_data(complaint, "%s: its elements are %s, and class indices are integers", labels->path,
                               focl__npy_describe_type(labels).text);
    if (labels->shape.rank == 0 || labels->shape.extents[0] != labels->elements || labels->elements != features->rows)
        return focl__fail_data(complaint, "%s: its shape %s is not one label for each of the %zu %s of %s",
                               labels->path, focl__npy_describe_shape(&labels->shape).text, features->rows,
                               focl__noun(features->rows, "row", "rows"), features->file.file.path);
    return true;
}

static bool is_ignored(const focl__split *split, int64_t label) {
    return split->ignore_index.given && label == split->ignore_index.value;
}

/* The class of a label, or -1 for one that counts nowhere. */
static int64_t class_of(const focl__split *split, int64_t label) {
    if (is_ignored(split, label))
        return -1;
    return split->one_vs_rest.given ? label == split->one_vs_rest.value : label;
}

static bool check_label(const focl__array *labels, size_t row, size_t classes, const focl__split *split,
                        focl__complaint *complaint) {
    const int64_t label = focl__array_label(labels, row);
    const int64_t limit = classes ? (int64_t)classes : INT32_MAX;
    const int64_t found = class_of(split, label);
    if (is_ignored(split, label) || (found >= 0 && found < limit))
        return true;
    return focl__fail_data(complaint, "%s: label %" PRId64 " at position %zu is outside 0..%" PRId64, labels->file.path,
                           label, row, limit - 1);
}

static bool read_classes(int32_t *classes_of, const focl__array *labels, const focl__split *split, size_t *classes,
                         focl__complaint *complaint) {
    int64_t largest = 0;
    for (size_t row = 0; row < labels->file.elements; row++) {
        if (!check_label(labels, row, *classes, split, complaint))
            return false;
        const int64_t found = class_of(split, focl__array_label(labels, row));
        classes_of[row] = (int32_t)found;
        largest = found > largest ? found : largest;
    }
    if (!*classes)
        *classes = (size_t)largest + 1;
    return true;
}

/* As many as there are rows, or NULL. */
static int32_t *make_classes(const focl__array *labels, const focl__feature_rows *features, const focl__split *split,
                             size_t *classes, focl__complaint *complaint) {
    int32_t *classes_of = calloc(features->rows, sizeof *classes_of);
    if (!classes_of) {
        focl__fail_data(complaint, "%s: no memory for %zu labels", labels->file.path, features->rows);
        return NULL;
    }
    if (read_classes(classes_of, labels, split, classes, complaint))
        return classes_of;
    free(classes_of);
    return NULL;
}

int32_t *focl__classes_read(const char *path, const focl__feature_rows *features, const focl__split *split,
                            size_t *classes, focl__complaint *complaint) {
    focl__array labels = {0};
    int32_t *classes_of = NULL;
    if (focl__npy_open(&labels.file, path, complaint) && check_labels(&labels.file, features, complaint) &&
        focl__array_convert(&labels, focl__array_label_type(&labels.file), complaint))
        classes_of = make_classes(&labels, features, split, classes, complaint);
    focl__array_close(&labels);
    return classes_of;
}

/* ---- The split ---- */

/* Of each class: how many rows there are, are to be held out, and are to be trained on. */
typedef struct quotas {
    size_t *rows;
    size_t *holdout;
    size_t *training;
} quotas;

static size_t rounded_share(double share, size_t count) {
    return (size_t)floor(share * (double)count + 0.5);
}

static void fill_quotas(quotas *quota, const focl__labelled_rows *rows, const focl__split *split) {
    for (size_t row = 0; row < rows->features.rows; row++)
        if (rows->classes_of[row] >= 0)
            quota->rows[rows->classes_of[row]]++;
    for (size_t c = 0; c < rows->classes; c++) {
        const size_t count = quota->rows[c];
        const size_t held = rounded_share(split->holdout, count);
        quota->holdout[c] = held < count ? held : count - (count > 0);
        quota->training[c] = count - quota->holdout[c];
        if (split->keep.given && split->keep.label == (int64_t)c && count > 0) {
            const size_t kept = rounded_share(split->keep.share, quota->training[c]);
            quota->training[c] = kept ? kept : 1;
        }
    }
}

static bool take(size_t *quota) {
    if (*quota == 0)
        return false;
    --*quota;
    return true;
}

/* The first rows of a class are held out, the next are trained on, and the others of a class that is made rare not. */
static void place_rows(focl__labelled_rows *rows, const quotas *quota, const size_t *shuffled) {
    size_t held = 0;
    for (size_t c = 0; c < rows->classes; c++)
        rows->holdout_count += quota->holdout[c];
    for (size_t i = 0; i < rows->features.rows; i++) {
        const size_t row = shuffled[i];
        const int32_t found = rows->classes_of[row];
        if (found < 0)
            rows->ignored++;
        else if (take(&quota->holdout[found]))
            rows->order[held++] = row;
        else if (take(&quota->training[found]))
            rows->order[rows->holdout_count + rows->training_count++] = row;
        else
            rows->left_out++;
    }
}

static void shuffle_and_place(focl__labelled_rows *rows, const focl__split *split, quotas *quota, size_t *shuffled) {
    focl__sequence sequence = focl__sequence_start(split->seed);
    for (size_t row = 0; row < rows->features.rows; row++)
        shuffled[row] = row;
    focl__shuffle(&sequence, shuffled, rows->features.rows);
    fill_quotas(quota, rows, split);
    place_rows(rows, quota, shuffled);
}

static bool split_rows(focl__labelled_rows *rows, const focl__split *split, focl__complaint *complaint) {
    size_t *counts = calloc(rows->classes, 3 * sizeof *counts);
    size_t *shuffled = calloc(rows->features.rows, sizeof *shuffled);
    quotas quota = {counts, counts ? counts + rows->classes : NULL, counts ? counts + 2 * rows->classes : NULL};
    rows->order = calloc(rows->features.rows, sizeof *rows->order);
    const bool good = counts && shuffled && rows->order;
    if (good)
        shuffle_and_place(rows, split, &quota, shuffled);
    free(counts);
    free(shuffled);
    return good || focl__fail_data(complaint, "no memory for the order of %zu rows", rows->features.rows);
}

static bool check_classes(const focl__labelled_rows *rows, const char *labels, focl__complaint *complaint) {
    int32_t first = -1;
    for (size_t row = 0; row < rows->features.rows; row++) {
        const int32_t found = rows->classes_of[row];
        if (first >= 0 && found >= 0 && found != first)
            return true;
        first = first < 0 ? found : first;
    }
    if (first < 0)
        return focl__fail_data(complaint, "%s: every label is ignored; there is nothing to learn from", labels);
    return focl__fail_data(complaint, "%s: every row is of class %" PRId32 "; there is nothing to tell apart", labels,
                           first);
}

static bool check_keep(const focl__labelled_rows *rows, const focl__split *split, focl__complaint *complaint) {
    if (!split->keep.given || split->keep.label < (int64_t)rows->classes)
        return true;
    return focl__fail_data(complaint, "--keep: %" PRId64 " is none of the classes 0..%zu", split->keep.label,
                           rows->classes - 1);
}

bool focl__labelled_rows_open(focl__labelled_rows *rows, const char *features, const char *labels,
                              const focl__split *split, focl__complaint *complaint) {
    memset(rows, 0, sizeof *rows);
    rows->classes = split->one_vs_rest.given ? 2 : (size_t)split->classes.value;
    if (!focl__feature_rows_open(&rows->features, features, complaint))
        return false;
    rows->classes_of = focl__classes_read(labels, &rows->features, split, &rows->classes, complaint);
    return rows->classes_of && check_classes(rows, labels, complaint) && check_keep(rows, split, complaint) &&
           split_rows(rows, split, complaint);
}

void focl__labelled_rows_close(focl__labelled_rows *rows) {
    free(rows->classes_of);
    free(rows->order);
    focl__feature_rows_close(&rows->features);
}

focl__row_source focl__training_rows(const focl__labelled_rows *rows, focl__standard standard) {
    return (focl__row_source){&rows->features, standard, rows->order + rows->holdout_count, rows->training_count};
}

focl__row_source focl__holdout_rows(const focl__labelled_rows *rows, focl__standard standard) {
    return (focl__row_source){&rows->features, standard, rows->order, rows->holdout_count};
}
