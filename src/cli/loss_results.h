/* What `focl loss` tells of a calculation, as text or JSON. */
#ifndef FOCL_CLI_LOSS_RESULTS_H
#define FOCL_CLI_LOSS_RESULTS_H

#include "focl/handle.h"
#include "focl/loss.h"
#include "output_files.h"

/* An output of one value: f64 where the logits are, else f32. */
typedef union focl__scalar {
    float f32;
    double f64;
} focl__scalar;

typedef struct focl__loss_results {
    const char *name; /* of the loss */
    const char *like; /* the project that it is like, or NULL */
    focl_loss_description description;
    focl__scalar reduced; /* these two unless the reduction is none */
    focl__scalar normalizer;
    focl_loss_counts counts;
    double kernel_seconds;
    const focl_handle *handle;
    const focl__output *files;
    size_t file_count;
} focl__loss_results;

void focl__loss_results_print_text(const focl__loss_results *results);
void focl__loss_results_print_json(const focl__loss_results *results);

#endif
