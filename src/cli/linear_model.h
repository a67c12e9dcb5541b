/*
 * A linear classifier as it is kept: a folder of .npy files and model.json, or an archive of the same files (.npz),
 * which numpy.load reads.
 *
 *   weights.npy   classes x features, f4          mean.npy, scale.npy   features, f4, if features are standardised
 *   bias.npy      classes, f4                     model.json            the loss, and how the model came about
 *
 * scores = ((x - mean) / scale) weights^T + bias. The bytes depend on what is in them alone: no date, no name.
 */
#ifndef FOCL_CLI_LINEAR_MODEL_H
#define FOCL_CLI_LINEAR_MODEL_H

#include "feature_rows.h"
#include "loss_names.h"

typedef struct focl__linear_model {
    const focl__loss_name *loss;
    size_t classes;
    size_t features;
    float *weights; /* these four are owned */
    float *bias;
    focl__standard standard; /* NULL, NULL: features are taken as they are */
} focl__linear_model;

/* All zero. Free it in any case. */
bool focl__linear_model_allocate(focl__linear_model *model, bool standardised, focl__complaint *complaint);
void focl__linear_model_free(focl__linear_model *model);

/* Before the work: whether a model could be written to --out path now. */
bool focl__linear_model_check_path(const char *path, focl__complaint *complaint);

/* Writes the model whole or not at all; json: the text of model.json. A path that ends with .npz is an archive. */
bool focl__linear_model_write(const focl__linear_model *model, const char *json, const char *path,
                              focl__complaint *complaint);

/* Reads either form, and believes nothing of it before it is checked. Free it in any case. */
bool focl__linear_model_read(focl__linear_model *model, const char *path, focl__complaint *complaint);

#endif
