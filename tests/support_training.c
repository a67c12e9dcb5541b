#include "support_training.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "focl/reference.h"

void training_rows_write(training_rows *rows) {
    test_random random = test_random_start(71);
    for (size_t row = 0; row < TRAIN_ROWS; row++) {
        rows->labels[row] = (uint8_t)(row % TRAIN_CLASSES);
        for (size_t f = 0; f < TRAIN_FEATURES; f++) {
            const double centre = f == rows->labels[row] ? 1.5 : 0;
            rows->features[row][f] = (float)(centre + test_random_uniform(&random, -1, 1));
        }
    }
    char shape[64];
    (void)snprintf(shape, sizeof shape, "(%d, %d)", TRAIN_ROWS, TRAIN_FEATURES);
    write_floats("rows.npy", shape, &rows->features[0][0], (size_t)TRAIN_ROWS * TRAIN_FEATURES);
    (void)snprintf(shape, sizeof shape, "(%d,)", TRAIN_ROWS);
    scratch_npy("row_labels.npy", "|u1", shape, rows->labels, sizeof rows->labels);
}

/* A batch of logits with its gradient. */
typedef struct head {
    double logits[TRAIN_ROWS][TRAIN_CLASSES];
    double gradient[TRAIN_ROWS][TRAIN_CLASSES];
    int64_t labels[TRAIN_ROWS];
} head;

static void take_gradient(head *of, const training_rows *rows, const training_rule *rule, const training_truth *truth,
                          const size_t *order, size_t count) {
    for (size_t i = 0; i < count; i++) {
        of->labels[i] = rows->labels[order[i]];
        for (size_t c = 0; c < TRAIN_CLASSES; c++) {
            of->logits[i][c] = truth->bias[c];
            for (size_t f = 0; f < TRAIN_FEATURES; f++)
                of->logits[i][c] += (double)rows->features[order[i]][f] * truth->weights[c][f];
        }
    }
    focl_loss_description loss = rule->loss;
    loss.logits_type = FOCL_F64;
    loss.targets_type = FOCL_I64;
    loss.shape = (focl_view){count, TRAIN_CLASSES, 1};
    const focl_loss_host_inputs inputs = {.logits = of->logits, .targets = of->labels};
    const focl_reference_outputs outputs = {.gradient = &of->gradient[0][0]};
    ck_assert_int_eq(focl_reference_loss(&loss, &inputs, &outputs), FOCL_OK);
}

/* Velocity and parameter of one weight or bias, by the gradients of the rows and what each is multiplied by. */
typedef struct parameter {
    double *value, *velocity, *bound;
} parameter;

static void move(const parameter *of, const training_rule *rule, double gradient, double magnitude, double decay,
                 size_t terms) {
    const double roundings = (double)terms + 32;
    *of->velocity = rule->momentum * *of->velocity + gradient;
    const double step = rule->rate * (*of->velocity + decay * *of->value);
    *of->value -= step;
    *of->bound += roundings * 0x1p-24 * rule->rate * magnitude / (1 - rule->momentum) +
                  4 * 0x1p-24 * (fabs(step) + fabs(*of->value));
}

static void step(const training_rows *rows, const training_rule *rule, const size_t *order, size_t count,
                 training_truth *truth, training_truth *velocity) {
    static head of;
    take_gradient(&of, rows, rule, truth, order, count);
    for (size_t c = 0; c < TRAIN_CLASSES; c++) {
        double sum = 0;
        double size = 0;
        for (size_t i = 0; i < count; i++) {
            sum += of.gradient[i][c];
            size += fabs(of.gradient[i][c]);
        }
        const parameter bias = {&truth->bias[c], &velocity->bias[c], &truth->bias_bound[c]};
        move(&bias, rule, sum, size, 0, count);
        for (size_t f = 0; f < TRAIN_FEATURES; f++) {
            sum = size = 0;
            for (size_t i = 0; i < count; i++) {
                sum += of.gradient[i][c] * (double)rows->features[order[i]][f];
                size += fabs(of.gradient[i][c] * (double)rows->features[order[i]][f]);
            }
            const parameter weight = {&truth->weights[c][f], &velocity->weights[c][f], &truth->weights_bound[c][f]};
            move(&weight, rule, sum, size, rule->decay, count);
        }
    }
}

training_truth train_by_rule(const training_rows *rows, const training_rule *rule, const size_t *orders) {
    training_truth truth;
    training_truth velocity;
    memset(&truth, 0, sizeof truth);
    memset(&velocity, 0, sizeof velocity);
    for (size_t epoch = 0; epoch < rule->epochs; epoch++)
        for (size_t first = 0; first < TRAIN_ROWS; first += rule->batch) {
            const size_t count = first + rule->batch < TRAIN_ROWS ? rule->batch : TRAIN_ROWS - first;
            step(rows, rule, orders + epoch * TRAIN_ROWS + first, count, &truth, &velocity);
        }
    return truth;
}
