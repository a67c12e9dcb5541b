/* What a training run tells: its model's description, the report, and the picture of its losses. */
#ifndef FOCL_CLI_TRAINING_RESULTS_H
#define FOCL_CLI_TRAINING_RESULTS_H

#include "training.h"

/* The text of model.json, to be freed; NULL without memory. */
char *focl__training_describe(const focl__training *training);

/* The losses by epoch as SVG, to be freed; NULL without memory. */
char *focl__training_draw(const focl__training *training);

/* On stdout, in lines or as one JSON object. */
void focl__training_print(const focl__training *training, bool as_json);

#endif
