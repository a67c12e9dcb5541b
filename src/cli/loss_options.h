/* The options of `focl loss`, and the description of the loss that they make. */
#ifndef FOCL_CLI_LOSS_OPTIONS_H
#define FOCL_CLI_LOSS_OPTIONS_H

#include "device_option.h"
#include "focl/loss.h"
#include "loss_data.h"

typedef struct focl__loss_options {
    focl__common_options common;
    focl__loss_files files;
    focl_objective objective;
    focl_activation activation;
    focl__number gamma;
    focl__number alpha;
    focl__number label_smoothing;
    focl__number clip;
    focl__number normalizer;
    focl__integer ignore_index;
    focl__integer background;
    bool target_only;
    bool reduction_given;
    focl_reduction reduction;
    focl_empty empty;
    const char *loss_out;
    const char *grad;
    const char *prob;
    const char *pt;
} focl__loss_options;

extern const focl__grammar focl__loss_grammar;

/* Finds NAME among the losses and checks that the options agree with it and with each other. */
bool focl__loss_options_check(focl__loss_options *options, const char *name, focl__complaint *complaint);

/* The description of the loss for data whose view is given; what the data determine is not yet in it. */
focl_loss_description focl__loss_options_describe(const focl__loss_options *options, focl_view view);

/* "mean"; what its sum is divided by: "the elements that count". */
const char *focl__reduction_word(focl_reduction reduction);
const char *focl__reduction_divisor(focl_reduction reduction);

#endif
