/*
 * Activations and their derivatives on their own: sigmoid, softmax and their logarithms; vector-Jacobian products,
 * which carry a gradient back through them; and the whole Jacobian of each row.
 *
 * Of an input x and an upstream gradient u = dL/dvalue, the product is dL/dx. Elements, each of its own, p =
 * sigmoid(x):
 *
 *   sigmoid       value p                         product u p (1 - p)
 *   log-sigmoid   value log p                     product u (1 - p)
 *
 * Rows, of classes, p_c = exp(x_c) / sum_k exp(x_k):
 *
 *   softmax       value p_j                       product p_j (u_j - sum_k p_k u_k)
 *                                                 Jacobian_ij = p_i ([i = j] - p_j)
 *   log-softmax   value log p_j                   product u_j - p_j sum_k u_k
 *                                                 Jacobian_ij = [i = j] - p_j
 *
 * with Jacobian_ij = d value_i / d x_j. 1 - p is what the other classes add up to, and u is measured from that of the
 * largest class, so that nothing cancels where one class has nearly all of the share: see cl/activation.clh.
 *
 * Accuracy (strict arithmetic, any finite logit): values are within 6 ulp of the exact value, products of elements
 * within 5 and entries of a Jacobian within 12. The product of a row is within 12 ulp of the row's largest sum of
 * terms, p_j sum_k p_k |u_j - u_k| for softmax and |u_j| (1 - p_j) + p_j sum_(k != j) |u_k| for log-softmax; where all
 * upstreams of a row are the same, softmax's is exactly 0. f16 and bf16 are rounded once, at the end; f64 is calculated
 * in f64, and bounds are in its ulps. Magnitudes of 2^-126 (f64: 2^-1022) and below are 0, each share's too; subnormal
 * upstreams count as 0. The values of sigmoid have the bits of focl_loss's probabilities, and those of softmax the bits
 * that its probabilities have with dense targets (with labels the label's share is added last, and the last bit may
 * differ). On devices with focl_device.bit_exact every bit equals that of focl_mirror_activate.
 *
 * A logit of -infinity is a class that cannot be: its share is 0, its logarithm -infinity, and its softmax product 0,
 * whatever its upstream holds. A row whose largest logit is not finite, or that holds a NaN, is NaN. Another upstream
 * gradient that is not finite makes products of its row infinite or NaN.
 */
#ifndef FOCL_ACTIVATION_H
#define FOCL_ACTIVATION_H

#include "focl/export.h"
#include "focl/handle.h"
#include "focl/loss.h"
#include "focl/opencl.h"
#include "focl/status.h"
#include "focl/view.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, word): what can be activated how. The first two are of elements, the others of rows. */
#define FOCL_ACTIVATE_TABLE(X)                  \
    X(FOCL_ACTIVATE_SIGMOID, "sigmoid")         \
    X(FOCL_ACTIVATE_LOG_SIGMOID, "log-sigmoid") \
    X(FOCL_ACTIVATE_SOFTMAX, "softmax")         \
    X(FOCL_ACTIVATE_LOG_SOFTMAX, "log-softmax")

typedef enum focl_activate_kind {
#define FOCL_ACTIVATE_ENUM(name, word) name,
    FOCL_ACTIVATE_TABLE(FOCL_ACTIVATE_ENUM)
#undef FOCL_ACTIVATE_ENUM
} focl_activate_kind;

/* What is to be done to arrays of which shape. */
typedef struct focl_activation_description {
    focl_activate_kind kind;
    focl_view shape;      /* sigmoid and log-sigmoid: any that has as many elements */
    focl_strides strides; /* of every array but the Jacobian, where it is not contiguous */
    focl_type type; /* of every array: FOCL_F32, _F16, _BF16, or _F64 on devices that have it (focl_device.fp64) */
} focl_activation_description;

/*
 * X(field, extent): the arrays of a call. Extents: elements; squares, one of classes x classes for each row, row-major,
 * outer x inner of them one after the other, contiguous whatever the strides are.
 */
#define FOCL_ACTIVATION_INPUT_TABLE(X)   \
    X(x, elements)        /* required */ \
    X(upstream, elements) /* required for the product: dL/dvalue */

#define FOCL_ACTIVATION_OUTPUT_TABLE(X) \
    X(value, elements)                  \
    X(product, elements) /* dL/dx */    \
    X(jacobian, squares) /* softmax and log-softmax */

/* Device arrays. Zero-initialise; absent ones have memory NULL. */
typedef struct focl_activation_inputs {
#define FOCL_ACTIVATION_BUFFER(field, extent) focl_buffer field;
    FOCL_ACTIVATION_INPUT_TABLE(FOCL_ACTIVATION_BUFFER)
} focl_activation_inputs;

typedef struct focl_activation_outputs {
    FOCL_ACTIVATION_OUTPUT_TABLE(FOCL_ACTIVATION_BUFFER)
#undef FOCL_ACTIVATION_BUFFER
} focl_activation_outputs;

/* Host arrays of the same names, types and extents. Zero-initialise; absent ones are NULL. */
typedef struct focl_activation_host_inputs {
#define FOCL_ACTIVATION_POINTER(field, extent) const void *field;
    FOCL_ACTIVATION_INPUT_TABLE(FOCL_ACTIVATION_POINTER)
#undef FOCL_ACTIVATION_POINTER
} focl_activation_host_inputs;

typedef struct focl_activation_host_outputs {
#define FOCL_ACTIVATION_POINTER(field, extent) void *field;
    FOCL_ACTIVATION_OUTPUT_TABLE(FOCL_ACTIVATION_POINTER)
#undef FOCL_ACTIVATION_POINTER
} focl_activation_host_outputs;

/* The outputs of the reference: doubles with the description's strides; absent ones are NULL. */
typedef struct focl_activation_reference_outputs {
#define FOCL_ACTIVATION_DOUBLES(field, extent) double *field;
    FOCL_ACTIVATION_OUTPUT_TABLE(FOCL_ACTIVATION_DOUBLES)
#undef FOCL_ACTIVATION_DOUBLES
} focl_activation_reference_outputs;

/*
 * Enqueues the activation on the caller's queue and returns at once: it never waits, reads back or flushes.
 *
 * queue: in-order or not, of the handle's context and device; NULL takes the handle's own queue. The work starts after
 * the wait_count events of wait_list and *event, if event is not NULL, completes with it (the caller releases it).
 * Only the outputs given are calculated; at least one must be. Inputs may share memory with inputs; an output may
 * overlap nothing. All memory belongs to the caller and must live until the event; the structures may go on return.
 * Beyond it a Jacobian takes 8 bytes an element of device memory, of f64 16.
 *
 * No elements: nothing is written. A wrong argument: FOCL_EINVAL, FOCL_EBOUNDS, FOCL_EOVERLAP or FOCL_ENOTSUP before
 * any work is enqueued. FOCL_EBUILD, FOCL_ENOMEM, FOCL_EDEVICEMEM, FOCL_EDEVICE: part of the work may have been
 * enqueued and still runs; the outputs are undefined. *event is NULL after any failure. Any thread may call it, on the
 * same handle too.
 */
FOCL_API focl_status focl_activate(focl_handle *handle, const focl_activation_description *description,
                                   const focl_activation_inputs *inputs, const focl_activation_outputs *outputs,
                                   cl_command_queue queue, cl_uint wait_count, const cl_event *wait_list,
                                   cl_event *event);

/*
 * The same for arrays in host memory: moves the data in pieces that fit the device, those of one outer index at least
 * (contiguous sigmoid: any), waits, and moves the results back; the bits do not depend on the pieces. Bytes between the
 * elements of a strided output are read and written back as they were. kernel_seconds, if not NULL, becomes the time
 * the kernels took. Needs a handle with its own queue. The environment variable FOCL_PIECE_ELEMENTS makes the pieces
 * smaller. The statuses of focl_activate.
 */
FOCL_API focl_status focl_activate_host(focl_handle *handle, const focl_activation_description *description,
                                        const focl_activation_host_inputs *inputs,
                                        const focl_activation_host_outputs *outputs, double *kernel_seconds);

/*
 * The bit-exact mirror: what a bit-exact device gives, calculated on the host, one element at a time. Needs no device,
 * is slow. The statuses of focl_activate_host.
 */
FOCL_API focl_status focl_mirror_activate(const focl_activation_description *description,
                                          const focl_activation_host_inputs *inputs,
                                          const focl_activation_host_outputs *outputs);

/*
 * The textbook reference: the formulas above in double precision with the C library's functions, sharing nothing with
 * the kernels; the product of a row takes classes x classes steps. FOCL_ENOMEM, and the statuses of focl_activate_host.
 */
FOCL_API focl_status focl_reference_activate(const focl_activation_description *description,
                                             const focl_activation_host_inputs *inputs,
                                             const focl_activation_reference_outputs *outputs);

#ifdef __cplusplus
}
#endif

#endif
