/*
 * The losses: focal loss, cross entropy, squared error and their relatives, of logits or probabilities: loss, gradient
 * and curvature in one pass over memory.
 *
 * Two families. In the sigmoid family (activation FOCL_SIGMOID or FOCL_IDENTITY) every element is a problem of its own:
 * with logit x, target t, z = (2t - 1) x, p = sigmoid(z), q = sigmoid(-z), S = softplus(-z) = log(1 + exp(-z)):
 *
 *   cross entropy   CE = S
 *   focal loss      FL = alpha_t q^gamma S,   alpha_t = alpha t + (1 - alpha)(1 - t)       (Lin et al., 2017, eq. 5)
 *   its gradient    dFL/dx = -(2t - 1) alpha_t q^gamma (gamma p S + q)
 *   its curvature   d2FL/dx2 = alpha_t q^gamma p [q (1 + 2 gamma) + gamma S (gamma p - q)]
 *
 * which hold for every gamma >= 0: there is no power gamma - 1 and no difference 1 - p. Soft targets 0 < t < 1 have
 * torchvision's meaning: CE = t softplus(-x) + (1-t) softplus(x), and t sigmoid(-x) + (1-t) sigmoid(x) in q's place.
 * With activation FOCL_IDENTITY the input is p(t=1) itself, CE = -t log(input) - (1-t) log(1-input), and the gradient
 * is with respect to the input.
 *
 * In the softmax family (FOCL_SOFTMAX or FOCL_CATEGORICAL) a row is one problem: with p_c = exp(x_c) / sum_k exp(x_k),
 * the row's distribution y (y_c = [c = label], or the dense row), smoothed y' = y (1-s) + s/C, l_c = -log p_c, class
 * weights w_c and q_c = 1 - p_c, the sum of the other classes' shares:
 *
 *   cross entropy   CE = sum_c w_c y'_c l_c
 *   focal loss      FL = alpha m^gamma CE,   m = sum_c y_c q_c,   which is alpha w_t q_t^gamma l_t for a label t
 *   its gradient    dFL/dx_j = alpha m^gamma [A p_j - a_j + gamma CE p_j (P - y_j) / m],
 *                   a_c = w_c y'_c,  A = sum_c a_c,  P = sum_c y_c p_c; that is B (p_j - [j = t]) for a label, with
 *                   B = alpha w_t q^gamma (1 + gamma p_t l_t / q), and exactly -B q at j = t
 * With FOCL_CATEGORICAL the input is the p_c themselves, taken as they are, and the gradient is with respect to them.
 *
 * Other objectives. FOCL_MSE: (p - t)^2 of an element, p = sigmoid(x) or, with FOCL_IDENTITY, the input itself,
 * whatever its range; sum_c (p_c - y_c)^2 of a row. FOCL_QUALITY_FOCAL (Li et al., 2020, eq. 3): |t - p|^gamma CE with
 * soft t. FOCL_VARIFOCAL (Zhang et al., 2021, eq. 2): t CE where t > 0, alpha p^gamma softplus(x) where t = 0. poly1 e
 * adds e q^(gamma + 1) to a focal loss or cross entropy before alpha (Leng et al., 2022, Poly-1). gamma_negative and
 * margin (Ridnik et al., 2021, asymmetric loss): the exponent where t = 0 (gamma is that where t = 1, interpolated
 * between), and a probability below which a negative has no loss: p - margin, at least 0, in p's place where t = 0.
 *
 * The loss of an element or a row is that times the weights that apply to it:
 *   sigmoid family   class_weights[c] by column, pos_weights[c] on the t = 1 term, weights per row or per element
 *   softmax family   class_weights by class, as above (mse: times sum_c w_c y_c), weights per row
 * Reductions divide the sum of the losses by a normaliser (enum focl_reduction). The gradient written is that of the
 * reduced loss times the upstream gradient and loss_scale; with FOCL_REDUCTION_NONE that of each loss times its
 * upstream. So is the curvature: the diagonal of the matrix of second derivatives, made positive if asked.
 *
 * What counts: with dense targets, everything. With class indices, every element of a row that is not ignored
 * (one-vs-rest: the column of the label is t = 1, the others t = 0; the row of a `background` label is t = 0
 * throughout); with target_only, only the label's own element. What does not count has loss, gradient and curvature 0
 * exactly, whatever its logits hold, infinities and NaN included. What has weight 0 counts.
 *
 * Accuracy (strict arithmetic, any finite logit). Sigmoid family: losses and gradients of hard targets are within 8 ulp
 * of the exact value for gamma 0, 1, 2 and within 16 ulp otherwise, and half an ulp more for each array of weights or
 * upstream; with soft targets or label smoothing 3 gamma ulp more, of the largest term of the sum. Softmax family: q is
 * a sum of rounded terms, and its rounding is powered: the same and 4 gamma ulp more, of the loss itself and of the
 * row's largest gradient (of the largest term of their sums, with soft targets or smoothing). Curvatures are within
 * these bounds of the largest term of their sums. f16 and bf16 are rounded once, at the end. gamma, alpha and the other
 * scalars are rounded to f32 first. Magnitudes of 2^-126 and below are 0: q itself, and a product before as well as
 * after upstream, normaliser and weights are applied; subnormal inputs count as 0. With f64 logits everything is
 * calculated in f64, the same bounds are in ulps of f64, and 2^-1022 stands for 2^-126; what is f32 or less beside them
 * is taken as it is, its subnormal numbers but those of f16 as 0. Sums follow one fixed order (docs/reduction.md) and
 * are within 4 ulp of the exact sum of the losses at any length, if none is negative. On devices with
 * focl_device.bit_exact every bit equals that of focl_mirror_loss.
 *
 * A logit of -infinity is a class that cannot be: its share is 0, and a target there has an infinite loss. A row of the
 * softmax family whose largest logit is not finite, or that holds a NaN, has NaN losses and gradients.
 *
 * A label outside [0, classes) that is neither ignore_index nor background, or a dense target outside [0, 1], makes its
 * row's (sigmoid family, dense: its element's) losses and gradients NaN and so the reduced loss; it is counted in
 * focl_loss_counts, and focl_loss_host, which looks first, returns FOCL_ELABEL and writes nothing.
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
    FOCL_SIGMOID,    /* the input is logits, each of its own */
    FOCL_IDENTITY,   /* the input is probabilities in [0, 1], each of its own; FOCL_MSE: any values */
    FOCL_SOFTMAX,    /* the input is logits, a row at a time */
    FOCL_CATEGORICAL /* the input is probabilities of the classes, a row at a time */
} focl_activation;

typedef enum focl_objective {
    FOCL_FOCAL,
    FOCL_CROSS_ENTROPY, /* gamma must be 0: the same bits as FOCL_FOCAL with gamma 0 */
    FOCL_MSE,           /* squared error; gamma must be 0, alpha off, no smoothing */
    FOCL_QUALITY_FOCAL, /* FOCL_SIGMOID, dense or index; alpha off */
    FOCL_VARIFOCAL      /* FOCL_SIGMOID, dense or index; alpha is the weight of t = 0, off: 1 */
} focl_objective;

/* X(name, word, divisor): what the sum of the losses is divided by. */
#define FOCL_REDUCTION_TABLE(X)                                                                           \
    X(FOCL_REDUCTION_NONE, "none", "no reduced loss")                                                     \
    X(FOCL_REDUCTION_SUM, "sum", "1")                                                                     \
    X(FOCL_REDUCTION_MEAN, "mean", "the elements (softmax family: rows) that count")                      \
    X(FOCL_REDUCTION_ROW_MEAN, "row-mean", "the rows that are not ignored")                               \
    X(FOCL_REDUCTION_WEIGHTED_MEAN, "weighted-mean", "the sum of class weight x weight over what counts") \
    X(FOCL_REDUCTION_POSITIVE_MEAN, "positive-mean", "max(1, elements with t = 1; softmax family: rows)") \
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
 * X(name, word): what is written as the curvature. A focal loss is not convex: its second derivative is negative for
 * examples that are wrong by much, which Newton's method, and gradient boosting with it, cannot use.
 */
#define FOCL_CURVATURE_TABLE(X)                                \
    X(FOCL_CURVATURE_RAW, "raw")           /* as it is */      \
    X(FOCL_CURVATURE_ABSOLUTE, "absolute") /* its magnitude */ \
    X(FOCL_CURVATURE_GAUSS_NEWTON, "gauss-newton")

/*
 * Gauss-Newton, never negative, and equal to the curvature where the loss is convex:
 *   focal, poly-1, asymmetric   alpha m^gamma (CE'' + gamma (m'/m)^2 CE), in the sigmoid family: for hard targets
 *                               alpha_t q^gamma p (q + gamma p S), so that gradient / curvature is cross entropy's;
 *                               alpha m^gamma (A + gamma CE P / m) p_j (1 - p_j), in the softmax family. poly1 is left
 *                               out of it
 *   quality focal, varifocal    the weight, as a constant, times p (1 - p)
 *   squared error               2 (p (1 - p))^2, of FOCL_IDENTITY 2; 2 sum_i (dp_i/dx_j)^2
 */
typedef enum focl_curvature {
#define FOCL_CURVATURE_ENUM(name, word) name,
    FOCL_CURVATURE_TABLE(FOCL_CURVATURE_ENUM)
#undef FOCL_CURVATURE_ENUM
} focl_curvature;

/*
 * The mathematics and the shape. Start from focl_loss_default and change what differs.
 * Scalars are rounded to f32 for the device, to f64 where logits_type is f64.
 */
typedef struct focl_loss_description {
    focl_activation activation;
    focl_objective objective;
    focl_view shape;
    focl_strides strides;   /* of every array of `elements` below, where it is not contiguous */
    focl_type logits_type;  /* FOCL_F32, _F16, _BF16, or _F64 on devices that have it (focl_device.fp64); outputs too */
    focl_type targets_type; /* a float type: dense, in the logits' shape (f64 goes with f64 logits only); FOCL_U8, _I16,
                               _I32, _I64: class indices, outer x inner */
    double gamma;           /* focusing exponent: finite, >= 0 */
    double gamma_negative;  /* the exponent where t = 0; negative: gamma. FOCL_SIGMOID and FOCL_FOCAL only */
    double margin;          /* in [0, 1): see above. FOCL_SIGMOID and FOCL_FOCAL only, without label_smoothing */
    double poly1;           /* finite; FOCL_SIGMOID, FOCL_SOFTMAX and FOCL_FOCAL, FOCL_CROSS_ENTROPY only */
    double alpha;           /* sigmoid family: weight of t = 1, in [0, 1]; t = 0 has 1 - alpha. softmax family: a factor
                               on every row. Negative: off, both have 1 */
    double label_smoothing; /* s in [0, 1]: the cross-entropy term sees t(1-s) + s/2 (softmax family: y(1-s) + s/C), q
                               and alpha_t the target itself */
    double clip;            /* FOCL_IDENTITY, FOCL_CATEGORICAL: probabilities are clamped to [clip, 1 - clip], in
                               [0, 0.5); 0: not. A clamped probability has gradient 0. */
    bool has_ignore_index;  /* index targets only */
    int64_t ignore_index;   /* looked at before background and the classes: it may be one of them */
    bool has_background;    /* index targets of the sigmoid family only */
    int64_t background;
    bool target_only;            /* index targets of the sigmoid family only */
    size_t pos_weight_count;     /* extent of pos_weights where given: classes, or 1 for one weight for all */
    focl_extent weights_extent;  /* of weights where given; softmax family: per row */
    focl_extent upstream_extent; /* of upstream where given; softmax family: per row */
    double upstream;             /* the upstream gradient as one value, times the array where that is given */
    double loss_scale;           /* another factor of gradient and hessian, not of the loss: keeps small ones from
                                    vanishing in f16 */
    focl_reduction reduction;
    double normalizer; /* FOCL_REDUCTION_GIVEN without a normalizer array: finite, > 0 */
    focl_empty empty;
    focl_curvature curvature; /* of hessian where given */
    bool in_place;            /* the gradient may be written over the logits (same memory, same offset) */
    double accumulate;        /* gradient = accumulate * old gradient + gradient; 0: the old is not read */
} focl_loss_description;

/*
 * The usual loss of that kind: focal has gamma 2 and alpha 0.25 (softmax family: off), quality focal gamma 2, varifocal
 * gamma 2 and alpha 0.75, the others gamma 0 and alpha off; f32 logits and dense f32 targets, contiguous, upstream and
 * loss_scale 1, mean, FOCL_EMPTY_ZERO, FOCL_CURVATURE_RAW, gamma_negative -1, everything else off.
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
    uint64_t counted;            /* elements (softmax family: rows) that count */
    uint64_t counted_rows;       /* rows that are not ignored (dense targets: all) */
    uint64_t ignored;            /* rows with ignore_index */
    uint64_t positive;           /* elements that count with t = 1 (softmax family: the rows that count) */
    uint64_t out_of_range;       /* rows (dense targets: elements) with a target outside its range */
    uint64_t first_out_of_range; /* the least row (element) of those; UINT64_MAX if there is none */
} focl_loss_counts;

/*
 * X(field, type, extent): the arrays of a call; `logits` means the type logits_type, `targets` targets_type, `scalar`
 * f32, or f64 where logits_type is f64.
 * Extents: elements, rows, losses (elements; softmax family: rows), classes, pos (pos_weight_count), chosen by
 * weights_extent or upstream_extent, one.
 */
#define FOCL_LOSS_INPUT_TABLE(X)                                                                      \
    X(logits, logits, elements)    /* required */                                                     \
    X(targets, targets, targets)   /* required: rows for class indices, elements for dense targets */ \
    X(class_weights, f32, classes) /* finite */                                                       \
    X(pos_weights, f32, pos)       /* finite; sigmoid family */                                       \
    X(weights, f32, weights)       /* finite */                                                       \
    X(upstream, f32, upstream)                                                                        \
    X(normalizer, scalar, one) /* with FOCL_REDUCTION_GIVEN: read when the call runs; 0 means nothing counted */

#define FOCL_LOSS_OUTPUT_TABLE(X)                                                                                     \
    X(reduced, scalar, one) /* the reduced loss; not with FOCL_REDUCTION_NONE */                                      \
    X(loss, logits, losses) /* each element's or row's loss: weighted, not divided, no upstream in it */              \
    X(gradient, logits, elements)                                                                                     \
    X(hessian, logits, elements)       /* not with FOCL_CATEGORICAL, nor with FOCL_IDENTITY except for FOCL_MSE */    \
    X(probabilities, logits, elements) /* sigmoid, softmax, or the (clamped) input; ignored or not */                 \
    X(pt, logits, losses)           /* t = 1: probability p; t = 0: 1 - p; between: t p + (1-t)(1-p); softmax family: \
                                       sum_c y_c p_c; ignored: 0 */                                                   \
    X(counts, counts, one)          /* a focl_loss_counts */                                                          \
    X(used_normalizer, scalar, one) /* what the sum was divided by */

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
 * memory; where rows are summed (the softmax family, target_only) and inner is 1 or there are more than 64 classes,
 * 4 bytes a row (f64: 8), and 64 bytes per 4096 classes of a row of more.
 *
 * No elements: the outputs of one value are written, nothing else. f64 on a device without it is FOCL_ENOTSUP, and so
 * are rows of more classes, or more elements, than a device has turns for, which is known of llvmpipe alone. A wrong
 * argument: FOCL_EINVAL, FOCL_EBOUNDS, FOCL_EOVERLAP or FOCL_ENOTSUP before any work is enqueued. FOCL_EBUILD,
 * FOCL_ENOMEM, FOCL_EDEVICEMEM, FOCL_EDEVICE: part of the work may have been enqueued and still runs; the outputs are
 * undefined.
 * *event is NULL after any failure. Any thread may call it, on the same handle too.
 */
FOCL_API focl_status focl_loss(focl_handle *handle, const focl_loss_description *description,
                               const focl_loss_inputs *inputs, const focl_loss_outputs *outputs, cl_command_queue queue,
                               cl_uint wait_count, const cl_event *wait_list, cl_event *event);

/*
 * The same for arrays in host memory: moves the data in pieces that fit the device (of row arrays and of rows of the
 * softmax family, those of one outer index at least), waits, and moves the results back;
 * the bits do not depend on the pieces. Every target is looked at first: FOCL_ELABEL names the first bad one's position
 * and value, and nothing is written then. An output may overlap nothing, save the gradient over the logits with
 * in_place; bytes between the elements of a strided output are read and written back as they were. kernel_seconds, if
 * not NULL, becomes the time the kernels took. Needs a handle with its own queue.
 * The environment variable FOCL_PIECE_ELEMENTS makes the pieces smaller. FOCL_ELABEL and the statuses of focl_loss.
 */
FOCL_API focl_status focl_loss_host(focl_handle *handle, const focl_loss_description *description,
                                    const focl_loss_host_inputs *inputs, const focl_loss_host_outputs *outputs,
                                    double *kernel_seconds);

#ifdef __cplusplus
}
#endif

#endif
