/* Examples with their classes, and which of them are for training and which are held out. */
#ifndef FOCL_CLI_LABELLED_ROWS_H
#define FOCL_CLI_LABELLED_ROWS_H

#include "feature_rows.h"
#include "option_table.h"

/* A class of which only a share is trained on. */
typedef struct focl__keep {
    bool given;
    int64_t label;
    double share;
} focl__keep;

/* How labels become classes, and rows the two sets. */
typedef struct focl__split {
    focl__integer classes;      /* not given: the largest label and 1 */
    focl__integer ignore_index; /* rows with this label are in neither set */
    focl__integer one_vs_rest;  /* this label becomes class 1, every other class 0 */
    focl__keep keep;
    double holdout; /* in [0, 1) */
    uint64_t seed;
} focl__split;

typedef struct focl__labelled_rows {
    focl__feature_rows features;
    int32_t *classes_of; /* by row of the file; -1: ignored */
    size_t classes;
    size_t ignored;
    size_t left_out; /* by keep */
    size_t *order;   /* the rows of both sets, those held out first */
    size_t holdout_count;
    size_t training_count;
} focl__labelled_rows;

/*
 * Opens both files and splits their rows. The split is stratified: of each class that share is held out, rounded, but
 * never all of it, the rows chosen by the seed. Then --keep leaves out training rows alone. Close it in any case.
 */
bool focl__labelled_rows_open(focl__labelled_rows *rows, const char *features, const char *labels,
                              const focl__split *split, focl__complaint *complaint);
void focl__labelled_rows_close(focl__labelled_rows *rows);

/*
 * The classes of the rows of features; classes: how many there are, 0: as many as the largest label says, which is
 * written there. To be freed; NULL with a complaint.
 */
int32_t *focl__classes_read(const char *path, const focl__feature_rows *features, const focl__split *split,
                            size_t *classes, focl__complaint *complaint);

/* The two sets; standardised by what standard says. */
focl__row_source focl__training_rows(const focl__labelled_rows *rows, focl__standard standard);
focl__row_source focl__holdout_rows(const focl__labelled_rows *rows, focl__standard standard);

#endif
