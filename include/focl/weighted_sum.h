/*
 * The sum of a materialised loss, weighted or not: sum of w_i L_i over flat arrays, on the device, for losses that have
 * been written by focl_loss (its output `loss`) or by anything else, and of either sign.
 *
 * The order of the sum is that of the reduced loss (docs/reduction.md) and depends on the indices alone: not on the
 * device, the mapping or the pieces. So the sum of the losses that focl_loss writes of a dense call of the sigmoid
 * family in f32 or f64 has exactly the bits of its `reduced` with FOCL_REDUCTION_SUM.
 *
 * Terms, strict: L_i, or w_i L_i rounded to nearest by itself, where L_i, w_i and the product are 0 if they are of
 * magnitude 2^-126 or below, so that devices which flush subnormal numbers have the same bits; f16 and bf16 are read
 * exactly, and terms are f32. With f64 losses everything is in f64, and 2^-1022 stands for 2^-126; f32 weights beside
 * them are taken as they are, their subnormal numbers as 0. A loss that is not finite makes the sum so, whatever its
 * weight; 0 times infinity is NaN.
 *
 * Accuracy: with M the sum of the magnitudes of the exact terms, the error is at most 3 x 2^-24 M, with weights
 * 4 x 2^-24 M (f64: 2^-53 for 2^-24), and half an ulp of the sum, at any length, where nothing overflows or falls to
 * 2^-126. If no term is negative that is within 4 ulp, with weights within 5. On devices with focl_device.bit_exact
 * every bit equals that of focl_mirror_weighted_sum.
 */
#ifndef FOCL_WEIGHTED_SUM_H
#define FOCL_WEIGHTED_SUM_H

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

typedef struct focl_weighted_sum_description {
    size_t elements;        /* of losses, and of weights; 0 is fine */
    focl_type losses_type;  /* FOCL_F32, _F16, _BF16, or _F64 on devices that have it (focl_device.fp64) */
    focl_type weights_type; /* of weights where given: FOCL_F32, or _F64 beside f64 losses */
} focl_weighted_sum_description;

/* Device arrays. Zero-initialise; weights with memory NULL are absent: every weight is 1. */
typedef struct focl_weighted_sum_buffers {
    focl_buffer losses;  /* of losses_type; may be absent if there are none */
    focl_buffer weights; /* of weights_type */
    focl_buffer sum;     /* output: one float, or double with f64 losses */
} focl_weighted_sum_buffers;

/*
 * Enqueues the sum on the caller's queue and returns at once: it never waits, reads back or flushes.
 *
 * queue: in-order or not, of the handle's context and device; NULL takes the handle's own queue. The work starts after
 * the wait_count events of wait_list and *event, if event is not NULL, completes with it (the caller releases it).
 * Offsets are multiples of the element's size. Inputs may share memory; the sum may overlap nothing. All memory belongs
 * to the caller and must live until the event; the structures may go on return. Beyond it the call takes 8 bytes per
 * 4096 elements of device memory, 16 with f64.
 *
 * No elements: the sum is 0. f64 on a device without it is FOCL_ENOTSUP, and so are more elements than a device has
 * turns for, which is known of llvmpipe alone. A wrong argument: FOCL_EINVAL, FOCL_EBOUNDS, FOCL_EOVERLAP or
 * FOCL_ENOTSUP before any work is enqueued. FOCL_EBUILD, FOCL_ENOMEM, FOCL_EDEVICEMEM, FOCL_EDEVICE: part of the work
 * may have been enqueued and still runs; the sum is undefined. *event is NULL after any failure. Any thread may call
 * it, on the same handle too.
 */
FOCL_API focl_status focl_weighted_sum(focl_handle *handle, const focl_weighted_sum_description *description,
                                       const focl_weighted_sum_buffers *buffers, cl_command_queue queue,
                                       cl_uint wait_count, const cl_event *wait_list, cl_event *event);

/*
 * The same for arrays in host memory: moves them in pieces that fit the device, waits, and moves the sum back; the bits
 * do not depend on the pieces. weights may be NULL. kernel_seconds, if not NULL, becomes the time the kernels took.
 * Needs a handle with its own queue. The environment variable FOCL_PIECE_ELEMENTS makes the pieces smaller, down to
 * 4096. The statuses of focl_weighted_sum; after a wrong argument *sum is as it was.
 */
FOCL_API focl_status focl_weighted_sum_host(focl_handle *handle, const focl_weighted_sum_description *description,
                                            const void *losses, const void *weights, void *sum, double *kernel_seconds);

/*
 * The bit-exact mirror: what a bit-exact device gives, calculated on the host, one element at a time. Needs no device,
 * is slow. FOCL_EINVAL.
 */
FOCL_API focl_status focl_mirror_weighted_sum(const focl_weighted_sum_description *description, const void *losses,
                                              const void *weights, void *sum);

#ifdef __cplusplus
}
#endif

#endif
