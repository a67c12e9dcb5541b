/* What the linear loss checks of its arguments before it does anything, and what follows from them. Internal. */
#ifndef FOCL_LINEAR_LOSS_CHECK_H
#define FOCL_LINEAR_LOSS_CHECK_H

#include "blas.h"
#include "focl/linear_loss.h"
#include "loss_check.h"

/* The arrays of FOCL_LINEAR_LOSS_INPUT_TABLE and FOCL_LINEAR_LOSS_OUTPUT_TABLE, in that order. */
enum focl__linear_array {
#define FOCL__LINEAR_ARRAY(field, rows, columns) FOCL__LINEAR_##field,
    FOCL_LINEAR_LOSS_INPUT_TABLE(FOCL__LINEAR_ARRAY) FOCL_LINEAR_LOSS_OUTPUT_TABLE(FOCL__LINEAR_ARRAY)
#undef FOCL__LINEAR_ARRAY
        FOCL__LINEAR_ARRAY_COUNT,
    FOCL__LINEAR_FIRST_OUTPUT = FOCL__LINEAR_features_gradient
};

/* A call's arguments in one form. Absent matrices have memory NULL. */
typedef struct focl__linear_call {
    focl_type type;
    size_t rows;
    size_t features;
    size_t classes;
    size_t chunk_rows; /* at most rows */
    bool splits_tiles; /* elements are summed, and chunks are not of whole tiles of them */
    focl__matrix matrices[FOCL__LINEAR_ARRAY_COUNT];
    focl__loss_shape shape; /* of the loss */
    focl_buffer arrays[FOCL__LOSS_ARRAY_COUNT];
} focl__linear_call;

/* focl_linear_loss. FOCL_EINVAL, FOCL_EBOUNDS, FOCL_EOVERLAP, FOCL_ENOTSUP. */
focl_status focl__linear_loss_check(const focl_handle *handle, const focl_linear_loss_description *description,
                                    const focl_linear_loss_inputs *inputs, const focl_linear_loss_outputs *outputs,
                                    focl__linear_call *call);

/* focl_linear_logits; arrays[FOCL__LOSS_logits] becomes the output. */
focl_status focl__linear_logits_check(const focl_handle *handle, const focl_linear_loss_description *description,
                                      const focl_linear_loss_inputs *inputs, focl_buffer logits,
                                      focl__linear_call *call);

#endif
