/*
 * Training as it should be: gradient descent with momentum in double precision, from the library's reference of the
 * losses. And rows to train on.
 */
#ifndef FOCL_TESTS_SUPPORT_TRAINING_H
#define FOCL_TESTS_SUPPORT_TRAINING_H

#include "focl/loss.h"
#include "support_cli.h"

enum { TRAIN_ROWS = 90, TRAIN_FEATURES = 4, TRAIN_CLASSES = 3 };

/* Three clouds of points that overlap a little. */
typedef struct training_rows {
    float features[TRAIN_ROWS][TRAIN_FEATURES];
    uint8_t labels[TRAIN_ROWS];
} training_rows;

/* The same for the same seed of the tests; written as rows.npy, f4, and row_labels.npy, u1. */
void training_rows_write(training_rows *rows);

typedef struct training_rule {
    focl_loss_description loss; /* its shape but for the rows; i64 labels */
    double rate, momentum, decay;
    size_t batch;
    size_t epochs;
} training_rule;

/*
 * Weights and bias after the epochs, each of which takes the rows in the order of its own: TRAIN_ROWS numbers an epoch.
 * bound becomes, for each weight, then each bias, how far f32 arithmetic may be away: in each step a gradient is a sum
 * of as many products as a batch has rows, each with a few roundings, whose terms are at most those absolute ones; what
 * momentum carries on of it is a geometric series; and what a weight that is off by it changes in the next gradient is
 * small beside it.
 */
typedef struct training_truth {
    double weights[TRAIN_CLASSES][TRAIN_FEATURES];
    double bias[TRAIN_CLASSES];
    double weights_bound[TRAIN_CLASSES][TRAIN_FEATURES];
    double bias_bound[TRAIN_CLASSES];
} training_truth;
training_truth train_by_rule(const training_rows *rows, const training_rule *rule, const size_t *orders);

#endif
