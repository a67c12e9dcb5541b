#include "classification.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"

/* ---- Counting ---- */

static size_t confusion_cells(size_t classes) {
    return classes <= FOCL__CONFUSION_CLASSES ? classes * classes : 0;
}

bool focl__classification_start(focl__classification *result, size_t classes, focl__complaint *complaint) {
    memset(result, 0, sizeof *result);
    result->classes = classes;
    result->support = calloc(classes, 3 * sizeof *result->support);
    if (confusion_cells(classes))
        result->confusion = calloc(confusion_cells(classes), sizeof *result->confusion);
    if (!result->support || (confusion_cells(classes) && !result->confusion))
        return focl__fail_data(complaint, "no memory for the counts of %zu classes", classes);
    result->predicted = result->support + classes;
    result->correct = result->predicted + classes;
    return true;
}

void focl__classification_free(focl__classification *result) {
    free(result->support);
    free(result->confusion);
}

void focl__classification_clear(focl__classification *result) {
    memset(result->support, 0, 3 * result->classes * sizeof *result->support);
    if (result->confusion)
        memset(result->confusion, 0, confusion_cells(result->classes) * sizeof *result->confusion);
    result->rows = result->right = 0;
}

void focl__classification_count(focl__classification *result, size_t truth, size_t prediction) {
    result->rows++;
    result->right += truth == prediction;
    result->support[truth]++;
    result->predicted[prediction]++;
    result->correct[truth] += truth == prediction;
    if (result->confusion)
        result->confusion[truth * result->classes + prediction]++;
}

size_t focl__best_class(const float *scores, size_t classes) {
    size_t best = 0;
    for (size_t c = 1; c < classes; c++)
        if (scores[c] > scores[best])
            best = c;
    return best;
}

/* ---- Figures ---- */

static double quotient(uint64_t part, uint64_t whole) {
    return whole ? (double)part / (double)whole : NAN;
}

double focl__recall(const focl__classification *result, size_t class_index) {
    return quotient(result->correct[class_index], result->support[class_index]);
}

double focl__precision(const focl__classification *result, size_t class_index) {
    return quotient(result->correct[class_index], result->predicted[class_index]);
}

double focl__f1(const focl__classification *result, size_t class_index) {
    return quotient(2 * result->correct[class_index], result->support[class_index] + result->predicted[class_index]);
}

double focl__accuracy(const focl__classification *result) {
    return quotient(result->right, result->rows);
}

double focl__macro_recall(const focl__classification *result) {
    double sum = 0;
    size_t present = 0;
    for (size_t c = 0; c < result->classes; c++) {
        sum += result->support[c] ? focl__recall(result, c) : 0;
        present += result->support[c] > 0;
    }
    return present ? sum / (double)present : NAN;
}

/* ---- Text ---- */

static void print_share(double share) {
    if (isnan(share))
        printf(" %10s", "-");
    else
        printf(" %9.2f%%", 100 * share);
}

static void print_classes(const focl__classification *result) {
    printf("%s%10s %10s %10s %10s %10s%s\n", focl__bold(stdout), "class", "support", "recall", "precision", "F1",
           focl__plain(stdout));
    for (size_t c = 0; c < result->classes; c++) {
        printf("%10zu %10" PRIu64, c, result->support[c]);
        print_share(focl__recall(result, c));
        print_share(focl__precision(result, c));
        print_share(focl__f1(result, c));
        putchar('\n');
    }
}

static void print_confusion(const focl__classification *result) {
    printf("\n%sconfusion%s: a line for what is true, a column for what it was taken for\n%10s", focl__bold(stdout),
           focl__plain(stdout), "");
    for (size_t c = 0; c < result->classes; c++)
        printf(" %6zu", c);
    putchar('\n');
    for (size_t truth = 0; truth < result->classes; truth++) {
        printf("%10zu", truth);
        for (size_t c = 0; c < result->classes; c++)
            printf(" %6" PRIu64, result->confusion[truth * result->classes + c]);
        putchar('\n');
    }
}

void focl__classification_print(const focl__classification *result) {
    enum { MOST_COLUMNS = 20 };
    print_classes(result);
    if (result->classes <= MOST_COLUMNS)
        print_confusion(result);
    printf("\n  accuracy     %.2f%% of %" PRIu64 " %s\n", 100 * focl__accuracy(result), result->rows,
           focl__noun(result->rows, "row", "rows"));
    printf("  macro recall %.2f%%, the mean of the classes'\n", 100 * focl__macro_recall(result));
}

/* ---- JSON ---- */

static void write_class(const focl__classification *result, size_t class_index, focl__json *json) {
    focl__json_open(json, NULL, '{');
    focl__json_unsigned(json, "class", class_index);
    focl__json_unsigned(json, "support", result->support[class_index]);
    focl__json_unsigned(json, "predicted", result->predicted[class_index]);
    focl__json_unsigned(json, "correct", result->correct[class_index]);
    focl__json_double(json, "recall", focl__recall(result, class_index));
    focl__json_double(json, "precision", focl__precision(result, class_index));
    focl__json_double(json, "f1", focl__f1(result, class_index));
    focl__json_close(json, '}');
}

static void write_confusion(const focl__classification *result, focl__json *json) {
    if (!result->confusion) {
        focl__json_null(json, "confusion");
        return;
    }
    focl__json_open(json, "confusion", '[');
    for (size_t truth = 0; truth < result->classes; truth++) {
        focl__json_open(json, NULL, '[');
        for (size_t c = 0; c < result->classes; c++)
            focl__json_unsigned(json, NULL, result->confusion[truth * result->classes + c]);
        focl__json_close(json, ']');
    }
    focl__json_close(json, ']');
}

void focl__classification_json(const focl__classification *result, focl__json *json) {
    focl__json_unsigned(json, "rows", result->rows);
    focl__json_double(json, "accuracy", focl__accuracy(result));
    focl__json_double(json, "macro_recall", focl__macro_recall(result));
    focl__json_open(json, "by_class", '[');
    for (size_t c = 0; c < result->classes; c++)
        write_class(result, c, json);
    focl__json_close(json, ']');
    write_confusion(result, json);
}
