/* The options of `focl loss`, and the description of the loss that they make. */
#ifndef FOCL_CLI_LOSS_OPTIONS_H
#define FOCL_CLI_LOSS_OPTIONS_H

#include "device_option.h"
#include "focl/loss.h"
#include "loss_data.h"

struct focl__loss_name;

/* One of several words. */
typedef struct focl__choice {
    bool given;
    size_t value;
} focl__choice;

typedef struct focl__loss_options {
    focl__common_options common;
    focl__loss_files files;
    const struct focl__loss_name *loss;
    const char *like; /* NULL: no other project */
    bool probabilities;
    focl__number gamma;
    focl__number gamma_negative;
    focl__number margin;
    focl__number poly1;
    focl__number alpha;
    focl__number label_smoothing;
    focl__number clip;
    focl__number normalizer;
    focl__number loss_scale;
    focl__integer ignore_index;
    focl__integer background;
    bool target_only;
    focl__choice reduction; /* a focl_reduction */
    focl__choice empty;     /* a focl_empty */
    focl__choice curvature; /* a focl_curvature */
    const char *loss_out;
    const char *grad;
    const char *hess;
    const char *prob;
    const char *pt;
} focl__loss_options;

extern const focl__grammar focl__loss_grammar;

/* Parsers that other commands use too. */
focl__option_parser focl__parse_dtype; /* focl_type, a float type */
focl__option_parser focl__parse_input; /* bool: probabilities, not logits */

/* Finds NAME among the losses and checks that the options agree with it and with each other. */
bool focl__loss_options_check(focl__loss_options *options, const char *name, focl__complaint *complaint);

/* What the loss that was found does with its input. */
focl_activation focl__loss_options_activation(const focl__loss_options *options);

/*
 * Writes the options into a description from focl_loss_default with the loss's activation and objective, in which the
 * data have their say already: first those of --like, then those that were given.
 */
bool focl__loss_options_describe(const focl__loss_options *options, focl_loss_description *description,
                                 focl__complaint *complaint);

/* "mean"; what its sum is divided by: "the elements that count". */
const char *focl__reduction_word(focl_reduction reduction);
const char *focl__reduction_divisor(focl_reduction reduction);

#endif
