/* The options of `focl train`. */
#ifndef FOCL_CLI_TRAIN_OPTIONS_H
#define FOCL_CLI_TRAIN_OPTIONS_H

#include "labelled_rows.h"
#include "loss_options.h"

typedef struct focl__train_options {
    focl__loss_options loss; /* the first: the rows of its table are used here too */
    const char *features;
    const char *labels;
    const char *loss_name;
    const char *out;
    const char *plot;
    focl__integer epochs;
    focl__integer batch;
    focl__integer seed;
    focl__number rate;
    focl__number momentum;
    focl__number decay;
    focl__number holdout;
    focl__split split;
    focl__choice balance; /* a focl_weights_recipe */
    bool last;
    bool as_they_are; /* features are not standardised */
} focl__train_options;

/* Parses and checks; *finished: --help or --version was asked for and is answered. */
bool focl__train_options_parse(focl__train_options *options, int count, char **arguments, bool *finished,
                               focl__complaint *complaint);

#endif
