/* A training run: from labelled rows to the best weights and what they are worth. */
#ifndef FOCL_CLI_TRAINING_H
#define FOCL_CLI_TRAINING_H

#include "classification.h"
#include "labelled_rows.h"
#include "linear_device.h"
#include "train_options.h"
#include "training_bar.h"

/* What an epoch came to. Without rows held out the last three are NAN. */
typedef struct focl__epoch {
    double training_loss; /* the mean while the weights changed */
    double holdout_loss;  /* with the weights at its end */
    double accuracy;
    double macro_recall;
} focl__epoch;

typedef struct focl__training {
    const focl__train_options *options;
    focl__labelled_rows rows;
    focl__linear_model model;
    focl__array class_weights_file;
    focl__array pos_weights_file;
    float *balance; /* the class weights of --balance */
    focl__linear_plan plan;
    focl_handle *handle;
    focl__linear_device device;
    focl__training_bar bar;
    focl__epoch *epochs; /* as many as were asked for */
    size_t epoch_count;  /* as many as there were; one that was interrupted counts */
    size_t best;         /* the epoch whose weights were kept, from 0 */
    bool interrupted;
    focl__classification judgement; /* of the best weights; before the end, of each epoch's */
    double seconds;
} focl__training;

/* Reads and splits the data, before any device is needed. Close it in any case. */
bool focl__training_open(focl__training *training, const focl__train_options *options, focl__complaint *complaint);
void focl__training_close(focl__training *training);

/* Trains; the model has the best weights then. */
bool focl__training_run(focl__training *training, focl__complaint *complaint);

/* Whether rows are held out, which then are those of the judgement. */
bool focl__training_has_holdout(const focl__training *training);

/* The class weights in force, or NULL. */
const float *focl__training_class_weights(const focl__training *training);

#endif
