/* The losses by the names of the command line, and which options each of them takes. */
#ifndef FOCL_CLI_LOSS_NAMES_H
#define FOCL_CLI_LOSS_NAMES_H

#include "loss_options.h"

typedef struct focl__loss_name {
    const char *name;
    focl_objective objective;
    focl_activation activation;    /* of logits */
    focl_activation probabilities; /* of --input probabilities */
} focl__loss_name;

/* The names in their order; NULL behind the last. */
const char *focl__loss_name_at(size_t index);

/* NULL if no loss has that name. */
const focl__loss_name *focl__loss_name_find(const char *name);

/* Whether the loss that was found takes the options that were given. */
bool focl__loss_name_check_options(const focl__loss_options *options, focl__complaint *complaint);

#endif
