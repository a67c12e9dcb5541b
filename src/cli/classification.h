/* How well classes were told apart: counts of what was taken for what, and the figures made of them. */
#ifndef FOCL_CLI_CLASSIFICATION_H
#define FOCL_CLI_CLASSIFICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "complaint.h"
#include "json_writer.h"

typedef struct focl__classification {
    size_t classes;
    uint64_t rows;
    uint64_t right;
    uint64_t *support;   /* by class: rows that are of it */
    uint64_t *predicted; /* by class: rows taken for it */
    uint64_t *correct;   /* by class: both */
    uint64_t *confusion; /* classes x classes, row: what is true; NULL with more than FOCL__CONFUSION_CLASSES */
} focl__classification;

enum { FOCL__CONFUSION_CLASSES = 1000 };

/* All zero. Free it in any case. */
bool focl__classification_start(focl__classification *result, size_t classes, focl__complaint *complaint);
void focl__classification_free(focl__classification *result);
void focl__classification_clear(focl__classification *result);

/* Counts a row. */
void focl__classification_count(focl__classification *result, size_t truth, size_t prediction);

/* The class with the largest score, the first of equals. */
size_t focl__best_class(const float *scores, size_t classes);

/* NAN where there is nothing to divide by. */
double focl__recall(const focl__classification *result, size_t class_index);    /* correct / support */
double focl__precision(const focl__classification *result, size_t class_index); /* correct / predicted */
double focl__f1(const focl__classification *result, size_t class_index);        /* 2 correct / (support + predicted) */
double focl__accuracy(const focl__classification *result);
double focl__macro_recall(const focl__classification *result); /* the mean recall of the classes that occur */

/* The figures by class, the confusion matrix of few classes, and those of all, to stdout. */
void focl__classification_print(const focl__classification *result);

/* The same as members of an object. */
void focl__classification_json(const focl__classification *result, focl__json *json);

#endif
