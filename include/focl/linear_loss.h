/*
 * The linear head: a loss of the logits X W^T + b, and its gradients with respect to X, W and b, without the logits
 * ever being in memory as a whole.
 *
 *   logits   Z = X W^T + b           rows x classes, from X rows x features, W classes x features, b classes
 *   dX = G W,  dW = G^T X,  db = sum of G over rows,   G = dL/dZ of the reduced loss (focl/loss.h)
 *
 * Rows go through in chunks. What the normaliser needs of the targets of all rows comes first; then, chunk by chunk, a
 * product makes the logits, the loss replaces them by their gradient, and two products take it from there. The products
 * are CLBlast's; everything else is focl's own. docs/linear-head.md has the figures.
 *
 * The loss. reduced, loss, pt, counts and used_normalizer have the bits that focl_loss would give them of the logits
 * that the products made (focl_linear_logits with the same description), whatever the chunks. accumulate and the old
 * values go with the three gradients, G itself is what focl_loss writes with accumulate 0.
 *
 * Accuracy. A logit is a sum of features + 1 terms, an element of dX of classes terms, one of dW or db of rows terms,
 * and each may be off by that many roundings: n terms by (n + 2) 2^-24 of the sum of the terms' magnitudes (f64: 2^-53;
 * f16, whose sums CLBlast keeps in f16, 2^-11: for small heads only). The order of a sum is CLBlast's and may depend on
 * sizes, device and its version, and so on the chunks: the same chunks give the same bits on the same device, other
 * chunks other roundings of the logits and so of all that follows.
 *
 * What does not count has G = 0 exactly, but 0 times infinity is NaN: an X or W that is not finite makes NaN of what it
 * is multiplied into, ignored rows included, while the reduced loss stays that of the others.
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

/*
 * Enqueues the loss and the gradients that are asked for on the caller's queue and returns: it never waits, reads back
 * or flushes. (CLBlast compiles its kernels in the first call of each kind, which takes seconds.)
 *
 * queue, wait_count, wait_list, event: as of focl_loss; in a queue that is not in order, barriers keep the products in
 * their place, and so also hold up what others enqueue behind them. Only the outputs given are calculated; at least one
 * must be. An output may overlap nothing. All memory belongs to the caller and must live until the event; the
 * structures may go on return.
 *
 * Beyond it the call takes device memory: the logits of a chunk; where there are several chunks, as much as W, for
 * its transpose; one workspace for CLBlast's copies of what does not suit its kernels, of at most W or its gradient
 * and a chunk of X and of logits; with bias_gradient a 64th of the chunk's logits, and a row at least; as much as its
 * logits again where elements are summed (the sigmoid family without target_only, with reduced) and the chunk is not
 * of whole tiles of 4096 elements; and what focl_loss takes. Chunks chosen by the budget are of whole tiles where it
 * has room for one; f16 has no others, whatever is said. It is all released when the work is done.
 *
 * No rows or no classes: the outputs of one value are as of focl_loss, the gradients become accumulate times the old.
 * FOCL_ENOTSUP: without CLBlast; a device whose work-groups have fewer than 64 items; bf16; f16 without cl_khr_fp16,
 * f64 without it; a W, or a chunk of chunk_rows, of more than about 2^31 elements, which is what CLBlast can index: X
 * as a whole may be larger. FOCL_EINVAL, FOCL_EBOUNDS, FOCL_EOVERLAP: a wrong argument, before any work is enqueued.
 * FOCL_EBUILD, FOCL_ENOMEM, FOCL_EDEVICEMEM, FOCL_EDEVICE, among them CLBlast's own codes: part of the work may have
 * been enqueued and still runs; the outputs are undefined. *event is NULL after any failure. Any thread may call it, on
 * the same handle too: CLBlast is entered by one thread at a time. A program that calls CLBlast itself at the same time
 * as focl needs CLBlast 1.6.1, whose calls may be concurrent. CLBlast keeps its programs, and with them the context,
 * until CLBlastClearCache or the end of the process.
 */
FOCL_API focl_status focl_linear_loss(focl_handle *handle, const focl_linear_loss_description *description,
                                      const focl_linear_loss_inputs *inputs, const focl_linear_loss_outputs *outputs,
                                      cl_command_queue queue, cl_uint wait_count, const cl_event *wait_list,
                                      cl_event *event);

/*
 * The logits alone, rows x classes and of logits_type, for prediction: all as of focl_linear_loss, chunk by chunk. Of
 * description the shape and strides, logits_type, features and chunks count, of inputs features, matrix and bias.
 */
FOCL_API focl_status focl_linear_logits(focl_handle *handle, const focl_linear_loss_description *description,
                                        const focl_linear_loss_inputs *inputs, focl_buffer logits,
                                        cl_command_queue queue, cl_uint wait_count, const cl_event *wait_list,
                                        cl_event *event);

#ifdef __cplusplus
}
#endif

#endif
