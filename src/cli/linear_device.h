/*
 * A linear classifier on a device: its weights, a step of training, and scores.
 *
 * Rows go up to the device batch by batch, picked from the file and standardised on the host while the device works at
 * the batch before. What returns is the losses, once an epoch. The other way, all rows on the device and a kernel that
 * picks them, spares the bus 4 bytes a feature and batch, which the work on the batch before hides; it would not train
 * on more than the device holds. Logits, gradients, momentum and weights never leave the device.
 */
#ifndef FOCL_CLI_LINEAR_DEVICE_H
#define FOCL_CLI_LINEAR_DEVICE_H

#include "feature_rows.h"
#include "focl/linear_loss.h"
#include "linear_model.h"

/* What to do, the same for all batches. */
typedef struct focl__linear_plan {
    focl_loss_description loss; /* its rows are set by the batch */
    size_t features;
    size_t batch;               /* rows of a step; 0: there is no training, only scores */
    double rate;                /* the step: velocity = momentum velocity + gradient, */
    double momentum;            /* weights -= rate (velocity + decay weights), */
    double decay;               /* bias -= rate velocity */
    const float *class_weights; /* NULL: none */
    const float *pos_weights;
} focl__linear_plan;

/* Memory for batches on both sides; two on the host, so that one is filled while the other is on its way. */
typedef struct focl__batch_memory {
    size_t rows;
    cl_mem features;
    cl_mem classes;
    float *staged_features[2];
    int32_t *staged_classes[2];
    cl_event uploaded[2]; /* the last upload from each; NULL: none */
    size_t next;
} focl__batch_memory;

typedef struct focl__linear_device {
    focl_handle *handle;
    focl__linear_plan plan;
    cl_mem weights, bias;
    cl_mem weights_velocity, bias_velocity;
    cl_mem best_weights, best_bias;
    cl_mem class_weights, pos_weights;
    cl_mem logits; /* of a piece that is scored */
    cl_mem probabilities;
    cl_mem losses;            /* for each batch or piece of a pass: the reduced loss and what its sum was divided by */
    focl__batch_memory batch; /* of training */
    focl__batch_memory piece; /* of scoring */
    float *scores;            /* of a piece, on the host */
} focl__linear_device;

/* Makes a classifier whose weights are 0; most_rows: those of the longest pass. Close it in any case. */
bool focl__linear_device_open(focl__linear_device *device, focl_handle *handle, const focl__linear_plan *plan,
                              size_t most_rows, focl__complaint *complaint);
void focl__linear_device_close(focl__linear_device *device);

/* Called between batches; false ends the pass. */
typedef bool focl__keep_going(void *context, size_t rows_done);

/*
 * Goes through the rows once in steps of a batch; the last may be smaller. *loss becomes the mean loss of what has been
 * gone through, each batch with the weights it met. classes_of is by row of the file.
 */
bool focl__linear_device_train(focl__linear_device *device, const focl__row_source *rows, const int32_t *classes_of,
                               focl__keep_going *keep_going, void *context, double *loss, focl__complaint *complaint);

/* Gets a piece's scores, rows x classes, from the row at a position of the source on; false ends with a failure. */
typedef bool focl__take_scores(void *context, const float *scores, size_t first, size_t rows,
                               focl__complaint *complaint);

typedef enum focl__score_kind { FOCL__SCORE_LOGITS, FOCL__SCORE_PROBABILITIES } focl__score_kind;

/* Scores of all rows, piece by piece; loss, if not NULL, becomes their mean loss for the classes. */
bool focl__linear_device_score(focl__linear_device *device, const focl__row_source *rows, const int32_t *classes_of,
                               focl__score_kind kind, focl__take_scores *take, void *context, double *loss,
                               focl__complaint *complaint);

/* Notes the weights as the best so far; takes up those again. */
bool focl__linear_device_keep(focl__linear_device *device, focl__complaint *complaint);
bool focl__linear_device_restore(focl__linear_device *device, focl__complaint *complaint);

/* Copies the weights to a model, or from one. */
bool focl__linear_device_read(focl__linear_device *device, focl__linear_model *model, focl__complaint *complaint);
bool focl__linear_device_write(focl__linear_device *device, const focl__linear_model *model,
                               focl__complaint *complaint);

#endif
