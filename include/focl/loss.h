/*
 * The losses: focal loss and cross entropy of logits or probabilities, forward and gradient, in one pass over memory.
 *
 * With logit x, target t, z = (2t - 1) x, p = sigmoid(z), q = sigmoid(-z), S = softplus(-z) = log(1 + exp(-z)):
 *
 *   cross entropy   CE = S
 *   focal loss      FL = alpha_t q^gamma S,   alpha_t = alpha t + (1 - alpha)(1 - t)       (Lin et al., 2017, eq. 5)
 *   its gradient    dFL/dx = -(2t - 1) alpha_t q^gamma (gamma p S + q)
 *
 * which hold for every gamma >= 0: there is no power gamma - 1 and no difference 1 - p. Soft targets 0 < t < 1 have
 * torchvision's meaning: CE = t softplus(-x) + (1-t) softplus(x), and t sigmoid(-x) + (1-t) sigmoid(x) in q's place.
 * With activation FOCL_IDENTITY the input is p(t=1) itself, CE = -t log(input) - (1-t) log(1-input), and the gradient
 * is with respect to the input.
 *
 * The loss of an element is FL times the weights that apply to it:
 *   class_weights[c]  by column           pos_weights[c]  on the t = 1 term           weights  per row or per element
 * Reductions divide the sum of the element losses by a normaliser (enum focl_reduction). The gradient written is that
 * of the reduced loss times the upstream gradient; with FOCL_REDUCTION_NONE that of each element's loss times its
 * upstream.
 *
 * What counts: with dense targets, every element. With class indices, every element of a row that is not ignored
 * (one-vs-rest: the column of the label is t = 1, the others t = 0; the row of a `background` label is t = 0
 * throughout); with target_only, only the label's own element. An element that does not count has loss 0 and gradient 0
 * exactly, whatever its logit holds, infinities and NaN included. An element of weight 0 counts.
 *
 * Accuracy (strict arithmetic, any finite logit): element losses and gradients of hard targets are within 8 ulp of the
 * exact value for gamma 0, 1, 2 and within 16 ulp otherwise, and half an ulp more for each array of weights or
 * upstream; with soft targets or label smoothing 3 gamma ulp more, of the largest term of the sum. gamma, alpha and the
 * other scalars are rounded to f32 first. Magnitudes of 2^-126 and below are 0: q itself, and a product before as well
 * as after upstream, normaliser and weights are applied; subnormal inputs count as 0. Sums follow one fixed order
 * (docs/reduction.md) and are within 4 ulp of the exact sum of the element losses at any length, if none is negative.
 * On devices with focl_device.bit_exact every bit equals that of focl_mirror_loss.
 *
 * A label outside [0, classes) that is neither ignore_index nor background, or a dense target outside [0, 1], makes its
 * row's (its element's) losses and gradients NaN and so the reduced loss; it is counted in focl_loss_counts, and
 * focl_loss_host, which looks first, returns FOCL_ELABEL and writes nothing.
 */
#ifndef FOCL_LOSS_H
#define FOCL_LOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "focl/export.h"
#include "focl/handle.h"
#include "focl/opencl.h"
#include "focl/status.h"
#include "focl/view.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum focl_activation {
    FOCL_SIGMOID, /* the input is logits */
    FOCL_IDENTITY /* the input is probabilities in [0, 1] */
} focl_activation;

typedef enum focl_objective {
    FOCL_FOCAL,
    FOCL_CROSS_ENTROPY /* gamma must be 0: the same bits as FOCL_FOCAL with gamma 0 */
} focl_objective;

/* X(name, word, divisor): what the sum of the element losses is divided by. */
#define FOCL_REDUCTION_TABLE(X)                                                                                       \
    X(FOCL_REDUCTION_NONE, "none", "no reduced loss")                                                                 \
    X(FOCL_REDUCTION_SUM, "sum", "1")                                                                                 \
    X(FOCL_REDUCTION_MEAN, "mean", "the elements that count")                                                         \
    X(FOCL_REDUCTION_ROW_MEAN, "row-mean", "the rows that are not ignored")                                           \
    X(FOCL_REDUCTION_WEIGHTED_MEAN, "weighted-mean", "the sum of class weight x weight over the elements that count") \
    X(FOCL_REDUCTION_POSITIVE_MEAN, "positive-mean", "max(1, elements with t = 1)")                                   \
    X(FOCL_REDUCTION_GIVEN, "given", "the caller's normalizer")

typedef enum focl_reduction {
#define FOCL_REDUCTION_ENUM(name, word, divisor) name,
    FOCL_REDUCTION_TABLE(FOCL_REDUCTION_ENUM)
#undef FOCL_REDUCTION_ENUM
} focl_reduction;

/* The shape of an optional array of factors. */
typedef enum focl_extent {
    FOCL_PER_ROW,    /* outer x inner */
    FOCL_PER_ELEMENT /* outer x classes x inner */
} focl_extent;

/* The value of a reduced loss whose normaliser is 0, that is, with nothing counted. Its gradient is 0. */
typedef enum focl_empty { FOCL_EMPTY_ZERO, FOCL_EMPTY_NAN } focl_empty;

/*
 * The mathematics and the shape. Start from focl_loss_default and change what differs.
 * Scalars are rounded to f32 for the device.
 */
typedef struct focl_loss_description {
    focl_activation activation;
    focl_objective objective;
    focl_view shape;
    focl_type logits_type; /* FOCL_F32 */
    focl_type
        targets_type; /* FOCL_F32: dense, in the logits' shape; FOCL_U8, _I32, _I64: class indices, outer x inner */
    double gamma;     /* focusing exponent: finite, >= 0 */
    double alpha;     /* weight of t = 1, in [0, 1]; t = 0 has 1 - alpha. Negative: off, both have 1 */
    double label_smoothing; /* s in [0, 1]: the cross-entropy term sees t(1-s) + s/2, q and alpha_t the target itself */
    double clip;            /* FOCL_IDENTITY: probabilities are clamped to [clip, 1 - clip], in [0, 0.5); 0: not.
                               A clamped probability has gradient 0. */
    bool has_ignore_index;  /* index targets only */
    int64_t ignore_index;   /* looked at before background and the classes: it may be one of them */
    bool has_background;    /* index targets only */
    int64_t background;
    bool target_only;            /* index targets only */
    size_t pos_weight_count;     /* extent of pos_weights where given: classes, or 1 for one weight for all */
    focl_extent weights_extent;  /* of weights where given */
    focl_extent upstream_extent; /* of upstream where given */
    double upstream;             /* the upstream gradient as one value, times the array where that is given */
    focl_reduction reduction;
    double normalizer; /* FOCL_REDUCTION_GIVEN without a normalizer array: finite, > 0 */
    focl_empty empty;
    bool in_place;     /* the gradient may be written over the logits (same memory, same offset) */
    double accumulate; /* gradient = accumulate * old gradient + gradient; 0: the old is not read */
} focl_loss_description;

/*
 * The usual loss of that kind: focal has alpha 0.25 and gamma 2, cross entropy alpha off and gamma 0; f32 logits and
 * dense f32 targets, upstream 1, mean over the elements, FOCL_EMPTY_ZERO, everything else off.
 */
FOCL_API focl_loss_description focl_loss_default(focl_activation activation, focl_objective objective, focl_view shape);

/* A place in device memory: a buffer and an offset in bytes, a multiple of the element's size. memory NULL: absent. */
typedef struct focl_buffer {
    cl_mem memory;
    uint64_t offset;
} focl_buffer;

/* Counters of a call, exact. Eight uint64_t in this order, on the device as on the host. */
typedef struct focl_loss_counts {
    uint64_t elements;           /* outer x classes x inner */
    uint64_t rows;               /* outer x inner */
    uint64_t counted;            /* elements that count */
    uint64_t counted_rows;       /* rows that are not ignored (dense targets: all) */
    uint64_t ignored;            /* rows with ignore_index */
    uint64_t positive;           /* elements that count with t = 1 */
    uint64_t out_of_range;       /* rows (dense targets: elements) with a target outside its range */
    uint64_t first_out_of_range; /* the least row (element) of those; UINT64_MAX if there is none */
} focl_loss_counts;

/*
 * X(field, type, extent): the arrays of a call; `logits` means the type logits_type, `targets` targets_type.
 * Extents: elements, rows, classes, pos (pos_weight_count), chosen by weights_extent or upstream_extent, one.
 */
#define FOCL_LOSS_INPUT_TABLE(X)                                                                      \
    X(logits, logits, elements)    /* required */                                                     \
    X(targets, targets, targets)   /* required: rows for class indices, elements for dense targets */ \
    X(class_weights, f32, classes) /* finite */                                                       \
    X(pos_weights, f32, pos)       /* finite */                                                       \
    X(weights, f32, weights)       /* finite */                                                       \
    X(upstream, f32, upstream)                                                                        \
    X(normalizer, f32, one) /* with FOCL_REDUCTION_GIVEN: read when the call runs; 0 means nothing counted */

#define FOCL_LOSS_OUTPUT_TABLE(X)                                                                                      \
    X(reduced, f32, one)      /* the reduced loss; not with FOCL_REDUCTION_NONE */                                     \
    X(loss, logits, elements) /* each element's loss: weighted, not divided, no upstream in it */                      \
    X(gradient, logits, elements)                                                                                      \
    X(probabilities, logits, elements) /* sigmoid(x), or the (clamped) input, ignored or not */                        \
    X(pt, logits, elements)            /* t = 1: probability p; t = 0: 1 - p; between: t p + (1-t)(1-p); ignored: 0 */ \
    X(counts, counts, one)             /* a focl_loss_counts */                                                        \
    X(used_normalizer, f32, one)       /* what the sum was divided by */

/* Device arrays. Zero-initialise; absent ones have memory NULL. */
typedef struct focl_loss_inputs {
#define FOCL_LOSS_BUFFER(field, type, extent) focl_buffer field;
    FOCL_LOSS_INPUT_TABLE(FOCL_LOSS_BUFFER)
} focl_loss_inputs;

typedef struct focl_loss_outputs {
    FOCL_LOSS_OUTPUT_TABLE(FOCL_LOSS_BUFFER)
#undef FOCL_LOSS_BUFFER
} focl_loss_outputs;

/* Host arrays of the same names, types and extents. Zero-initialise; absent ones are NULL. */
typedef struct focl_loss_host_inputs {
#define FOCL_LOSS_POINTER(field, type, extent) const void *field;
    FOCL_LOSS_INPUT_TABLE(FOCL_LOSS_POINTER)
#undef FOCL_LOSS_POINTER
} focl_loss_host_inputs;

typedef struct focl_loss_host_outputs {
#define FOCL_LOSS_POINTER(field, type, extent) void *field;
    FOCL_LOSS_OUTPUT_TABLE(FOCL_LOSS_POINTER)
#undef FOCL_LOSS_POINTER
} focl_loss_host_outputs;

/*
 * Enqueues the loss on the caller's queue and returns at once: it never waits, reads back or flushes.
 *
 * queue: in-order or not, of the handle's context and device; NULL takes the handle's own queue. The work starts after
 * the wait_count events of wait_list and *event, if event is not NULL, completes with it (the caller releases it).
 * Only the outputs given are calculated; at least one must be. Inputs may share memory with inputs; an output may
 * overlap nothing, save the gradient over the logits with in_place. All memory belongs to the caller and must live
 * until the event; the structures may go on return. Beyond it the call takes 16 bytes per 4096 elements of device
 * memory.
 *
 * No elements: the outputs of one value are written, nothing else. A wrong argument: FOCL_EINVAL, FOCL_EBOUNDS,
 * FOCL_EOVERLAP or FOCL_ENOTSUP before any work is enqueued. FOCL_EBUILD, FOCL_ENOMEM, FOCL_EDEVICEMEM, FOCL_EDEVICE:
 * part of the work may have been enqueued and still runs; the outputs are undefined. *event is NULL after any failure.
 * Any thread may call it, on the same handle too.
 */
FOCL_API focl_status focl_loss(focl_handle *handle, const focl_loss_description *description,
                               const focl_loss_inputs *inputs, const focl_loss_outputs *outputs, cl_command_queue queue,
                               cl_uint wait_count, const cl_event *wait_list, cl_event *event);

/*
 * The same for arrays in host memory: moves the data in pieces that fit the device (of row arrays, the
 * rows of one outer index at least), waits, and moves the results back;
 * the bits do not depend on the pieces. Every target is looked at first: FOCL_ELABEL names the first bad one's position
 * and value, and nothing is written then. An output may overlap nothing, save the gradient over the logits with
 * in_place. kernel_seconds, if not NULL, becomes the time the kernels took. Needs a handle with its own queue.
 * The environment variable FOCL_PIECE_ELEMENTS makes the pieces smaller. FOCL_ELABEL and the statuses of focl_loss.
 */
FOCL_API focl_status focl_loss_host(focl_handle *handle, const focl_loss_description *description,
                                    const focl_loss_host_inputs *inputs, const focl_loss_host_outputs *outputs,
                                    double *kernel_seconds);

#ifdef __cplusplus
}
#endif

#endif
