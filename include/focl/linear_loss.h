/*
 * The linear head: a loss of the logits X W^T + b, and its gradients with respect to X, W and b, without the logits
 * ever being in memory as a whole.
 *
 *   logits   Z = X W^T + b           rows x classes, from X rows x features, W classes x features, b classes
 *   dX = G W,  dW = G^T X,  db = sum of G over rows,   G = dL/dZ of the reduced loss (focl/loss.h)
 *
 * Rows go through in chunks: a product makes a chunk's logits, the loss replaces them by their gradient, and two
 * products take it from there. The products are CLBlast's.
 */
#ifndef FOCL_LINEAR_LOSS_H
#define FOCL_LINEAR_LOSS_H

#include "focl/loss.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a chunk's logits where the caller names none. */
#define FOCL_LINEAR_LOSS_BUDGET (16u << 20)

typedef struct focl_linear_loss_description {
    focl_loss_description loss; /* of the logits: shape {rows, classes, 1}, contiguous, not in_place. accumulate is that
                                   of the three gradients: dX = accumulate * old dX + ..., so dW and db can be a
                                   momentum buffer. activation FOCL_SIGMOID, _SOFTMAX, or _IDENTITY with FOCL_MSE */
    size_t features;            /* of a row; >= 1 */
    size_t chunk_rows;          /* rows at a time; 0: as many as budget_bytes holds, at least one */
    size_t budget_bytes;        /* of a chunk's logits; 0: FOCL_LINEAR_LOSS_BUDGET */
} focl_linear_loss_description;

/* loss as of focl_loss_default; chunk_rows and budget_bytes 0. */
FOCL_API focl_linear_loss_description focl_linear_loss_default(focl_activation activation, focl_objective objective,
                                                               size_t rows, size_t features, size_t classes);

/* X(field, rows, columns): arrays of logits_type, row by row; `one` is a single row. */
#define FOCL_LINEAR_LOSS_INPUT_TABLE(X)            \
    X(features, rows, features)  /* X; required */ \
    X(matrix, classes, features) /* W; required */ \
    X(bias, one, classes)        /* b; absent: all 0 */

#define FOCL_LINEAR_LOSS_OUTPUT_TABLE(X)           \
    X(features_gradient, rows, features)  /* dX */ \
    X(matrix_gradient, classes, features) /* dW */ \
    X(bias_gradient, one, classes)        /* db */

/* Device arrays. Zero-initialise; absent ones have memory NULL. loss: as of focl_loss, its logits absent. */
typedef struct focl_linear_loss_inputs {
#define FOCL_LINEAR_LOSS_BUFFER(field, rows, columns) focl_buffer field;
    FOCL_LINEAR_LOSS_INPUT_TABLE(FOCL_LINEAR_LOSS_BUFFER)
    focl_loss_inputs loss;
} focl_linear_loss_inputs;

/* loss: as of focl_loss, without gradient, hessian and probabilities, which have the logits' extent. */
typedef struct focl_linear_loss_outputs {
    FOCL_LINEAR_LOSS_OUTPUT_TABLE(FOCL_LINEAR_LOSS_BUFFER)
#undef FOCL_LINEAR_LOSS_BUFFER
    focl_loss_outputs loss;
} focl_linear_loss_outputs;

/* Whether this focl was built with CLBlast; otherwise the calls below are FOCL_ENOTSUP. */
FOCL_API bool focl_has_linear_loss(void);

FOCL_API focl_status focl_linear_loss(focl_handle *handle, const focl_linear_loss_description *description,
                                      const focl_linear_loss_inputs *inputs, const focl_linear_loss_outputs *outputs,
                                      cl_command_queue queue, cl_uint wait_count, const cl_event *wait_list,
                                      cl_event *event);

/* The logits alone, rows x classes, for prediction; of description only the shape, features and logits_type count. */
FOCL_API focl_status focl_linear_logits(focl_handle *handle, const focl_linear_loss_description *description,
                                        const focl_linear_loss_inputs *inputs, focl_buffer logits,
                                        cl_command_queue queue, cl_uint wait_count, const cl_event *wait_list,
                                        cl_event *event);

#ifdef __cplusplus
}
#endif

#endif
