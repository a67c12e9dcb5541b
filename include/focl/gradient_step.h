/*
 * A step of gradient descent on the device, elementwise, in place:
 *
 *   parameters -= rate * (gradient + decay * parameters)
 *
 * decay is L2 regularisation, as of weights ("weight decay" of plain gradient descent). For momentum let the call that
 * makes the gradient accumulate: with focl_loss_description.accumulate = momentum the gradient buffer is the velocity,
 * v = momentum v + gradient, and this is stochastic gradient descent with momentum (Polyak, 1964), as PyTorch's SGD
 * with dampening 0. (Decay is then added to the velocity here, not to the gradient before: it does not gather
 * momentum.)
 *
 * The arithmetic, strict: with p, g, rate and decay in f32, operation by operation, each rounded to nearest by itself,
 *
 *   s = g + decay * p      the product first; where decay is 0, s is g whatever p is
 *   p = p - rate * s       the product first
 *
 * and each operand, product, sum and result of magnitude 2^-126 or below taken as 0, so that devices which flush
 * subnormal numbers have the same bits. f16 and bf16 are read exactly, calculated in f32 and rounded once, to nearest,
 * when they are stored; with f64 all of it is in f64, and 2^-1022 stands for 2^-126. rate and decay are rounded to f32
 * (f64: taken as they are) first. Infinities and NaN go the way of IEEE 754. On devices with focl_device.bit_exact
 * every bit equals that of focl_mirror_gradient_step.
 */
#ifndef FOCL_GRADIENT_STEP_H
#define FOCL_GRADIENT_STEP_H

#include <stddef.h>

#include "focl/export.h"
#include "focl/handle.h"
#include "focl/loss.h"
#include "focl/opencl.h"
#include "focl/status.h"
#include "focl/view.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct focl_gradient_step_description {
    focl_type type;  /* of both arrays: FOCL_F32, _F16, _BF16, or _F64 on devices that have it (focl_device.fp64) */
    size_t elements; /* how many; 0 is fine */
    double rate;     /* finite, also in f32 unless type is f64; negative: uphill */
    double decay;    /* the same, and at least 0; 0: none */
} focl_gradient_step_description;

/*
 * Enqueues the step on the caller's queue and returns at once: it never waits, reads back or flushes.
 *
 * parameters are read and written, gradient is read; both have `elements` of type, their offsets are multiples of its
 * size, and they may not overlap. queue: in-order or not, of the handle's context and device; NULL takes the handle's
 * own queue. The work starts after the wait_count events of wait_list and *event, if event is not NULL, completes with
 * it (the caller releases it). All memory belongs to the caller and must live until the event; the description may go
 * on return. No other device memory is taken.
 *
 * No elements: nothing is written, and the arrays may be absent (memory NULL). f64 on a device without it is
 * FOCL_ENOTSUP. A wrong argument: FOCL_EINVAL, FOCL_EBOUNDS, FOCL_EOVERLAP or FOCL_ENOTSUP before any work is
 * enqueued. FOCL_EBUILD, FOCL_ENOMEM, FOCL_EDEVICEMEM, FOCL_EDEVICE: the parameters are undefined if the work had been
 * enqueued. *event is NULL after any failure. Any thread may call it, on the same handle too.
 */
FOCL_API focl_status focl_gradient_step(focl_handle *handle, const focl_gradient_step_description *description,
                                        focl_buffer parameters, focl_buffer gradient, cl_command_queue queue,
                                        cl_uint wait_count, const cl_event *wait_list, cl_event *event);

/*
 * The bit-exact mirror: what a bit-exact device leaves in parameters, calculated on the host, one element at a time.
 * Needs no device, is slow. parameters and gradient, of `elements` of type, may be NULL if there are none and may not
 * overlap. FOCL_EINVAL, FOCL_EOVERLAP.
 */
FOCL_API focl_status focl_mirror_gradient_step(const focl_gradient_step_description *description, void *parameters,
                                               const void *gradient);

#ifdef __cplusplus
}
#endif

#endif
