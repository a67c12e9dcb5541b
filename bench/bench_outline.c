/* The problems that are measured. */
#include "bench_outline.h"

#include <string.h>

#include "peer_openmp.h"
#include "peer_softmax.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const bench_variant variants[] = {
    {.name = "focl", .what = "focl", .forward = true, .gradient = true},
    {.name = "focl-forward", .what = "focl, loss alone", .forward = true},
    {.name = "focl-gradient", .what = "focl, gradient alone", .gradient = true},
    {.name = "focl-gamma-0", .what = "focl, gamma 0", .forward = true, .gradient = true, .other_gamma = true},
    {.name = "focl-gamma-1",
     .what = "focl, gamma 1",
     .forward = true,
     .gradient = true,
     .other_gamma = true,
     .gamma = 1.0},
    {.name = "focl-gamma-1.5",
     .what = "focl, gamma 1.5",
     .forward = true,
     .gradient = true,
     .other_gamma = true,
     .gamma = 1.5},
};

enum { USUAL_VARIANTS = 3, ALL_VARIANTS = COUNT_OF(variants) };

static const bench_variant forward_variants[] = {{.name = "focl", .what = "focl", .forward = true}};

static const bench_variant storage_variants[] = {
    {.name = "focl", .what = "focl, f32", .forward = true, .gradient = true},
    {.name = "focl-f16", .what = "focl, f16", .forward = true, .gradient = true, .storage = BENCH_F16},
    {.name = "focl-bf16", .what = "focl, bf16", .forward = true, .gradient = true, .storage = BENCH_BF16},
};

#define LIBRARY_PEER     "peer", "C, OpenMP, expf and logf"
#define POLYNOMIALS_PEER "peer-polynomials", "C, OpenMP, polynomials"

static const bench_peer sigmoid_peers[] = {{LIBRARY_PEER, peer_library_functions},
                                           {POLYNOMIALS_PEER, peer_polynomials}};
static const bench_peer softmax_focal_peers[] = {{LIBRARY_PEER, peer_softmax_focal},
                                                 {POLYNOMIALS_PEER, peer_softmax_focal_polynomials}};
static const bench_peer target_only_peers[] = {{LIBRARY_PEER, peer_target_only},
                                               {POLYNOMIALS_PEER, peer_target_only_polynomials}};
static const bench_peer cross_entropy_peers[] = {{LIBRARY_PEER, peer_cross_entropy},
                                                 {POLYNOMIALS_PEER, peer_cross_entropy_polynomials}};
static const bench_peer squared_error_peers[] = {{"peer", "C, OpenMP", peer_squared_error}};

#define USUAL         .variants = variants, .variant_count = USUAL_VARIANTS
#define STORED        .narrow = true, .variants = storage_variants, .variant_count = COUNT_OF(storage_variants)
#define PEERS(table)  .peers = (table), .peer_count = COUNT_OF(table)
#define SIGMOID_FOCAL .activation = FOCL_SIGMOID, .objective = FOCL_FOCAL, PEERS(sigmoid_peers)
#define SOFTMAX_FOCAL .activation = FOCL_SOFTMAX, .objective = FOCL_FOCAL, PEERS(softmax_focal_peers)
#define CROSS_ENTROPY .activation = FOCL_SOFTMAX, .objective = FOCL_CROSS_ENTROPY, PEERS(cross_entropy_peers)
#define DENSE         .targets_type = FOCL_F32
#define LABELS(type)  .targets_type = (type), .background = true
#define CLASSES(type) .targets_type = (type)

/* One call a sample where a call is long; where it is short, several, and nothing beside it but an empty kernel. */
#define LARGE        .calls = 1, .rounds = 40
#define LARGER       .calls = 1, .rounds = 20
#define SMALL        .calls = 50, .rounds = 40, .yardstick = BENCH_EMPTY

#define DENSE_TITLE  ", sigmoid focal loss, dense targets, mean: loss and gradient, gamma 2"
#define LABELS_TITLE ", sigmoid focal loss, labels, mean over the positives: loss and gradient, gamma 2"

/* Batches of images: of street scenes, and as scene parsing has them. */
#define STREETS \
    { 8, 8, (size_t)384 * 1024 }
#define SCENES(count, classes) \
    { (count), (classes), (size_t)512 * 512 }

/* The anchors of an image of 800 x 1333 pixels at five scales, nine at a place, 80 classes. */
#define DETECTIONS \
    { (size_t)8 * 120087, 80, 1 }

static const bench_outline outlines[] = {
    {.name = "dense",
     .title = DENSE_TITLE,
     SIGMOID_FOCAL,
     DENSE,
     .shape = {(size_t)1 << 24, 1, 1},
     .naive = true,
     .variants = variants,
     .variant_count = ALL_VARIANTS,
     LARGE},
    {.name = "labels",
     .title = LABELS_TITLE,
     SIGMOID_FOCAL,
     LABELS(FOCL_U8),
     .shape = {200000, 80, 1},
     USUAL,
     LARGE,
     .slow = true},
    {.name = "retinanet", .title = LABELS_TITLE, SIGMOID_FOCAL, LABELS(FOCL_U8), .shape = DETECTIONS, USUAL, LARGER},
    {.name = "retinanet-i32",
     .title = LABELS_TITLE,
     SIGMOID_FOCAL,
     LABELS(FOCL_I32),
     .shape = DETECTIONS,
     USUAL,
     LARGER,
     .slow = true},
    {.name = "retinanet-dense",
     .title = DENSE_TITLE,
     SIGMOID_FOCAL,
     DENSE,
     .shape = DETECTIONS,
     USUAL,
     LARGER,
     .slow = true},
    {.name = "tabular",
     .title = DENSE_TITLE,
     SIGMOID_FOCAL,
     DENSE,
     .shape = {10000000, 1, 1},
     USUAL,
     LARGE,
     .slow = true},
    {.name = "tabular-labels",
     .title = LABELS_TITLE,
     SIGMOID_FOCAL,
     LABELS(FOCL_U8),
     .shape = {10000000, 1, 1},
     USUAL,
     LARGE,
     .slow = true},
    {.name = "small", .title = DENSE_TITLE, SIGMOID_FOCAL, DENSE, .shape = {256, 10, 1}, USUAL, SMALL},
    {.name = "small-labels",
     .title = LABELS_TITLE,
     SIGMOID_FOCAL,
     LABELS(FOCL_U8),
     .shape = {256, 10, 1},
     USUAL,
     SMALL},
    {.name = "small-1x10", .title = DENSE_TITLE, SIGMOID_FOCAL, DENSE, .shape = {1, 10, 1}, USUAL, SMALL, .slow = true},
    {.name = "small-1x10-labels",
     .title = LABELS_TITLE,
     SIGMOID_FOCAL,
     LABELS(FOCL_U8),
     .shape = {1, 10, 1},
     USUAL,
     SMALL,
     .slow = true},
    {.name = "small-4096x80",
     .title = DENSE_TITLE,
     SIGMOID_FOCAL,
     DENSE,
     .shape = {4096, 80, 1},
     USUAL,
     SMALL,
     .slow = true},
    {.name = "small-4096x80-labels",
     .title = LABELS_TITLE,
     SIGMOID_FOCAL,
     LABELS(FOCL_U8),
     .shape = {4096, 80, 1},
     USUAL,
     SMALL,
     .slow = true},
    {.name = "storage", .title = DENSE_TITLE, SIGMOID_FOCAL, DENSE, .shape = {(size_t)1 << 24, 1, 1}, STORED, LARGER},
    {.name = "storage-softmax-focal",
     .title = ", softmax focal loss, u8 labels, mean: loss and gradient, gamma 2",
     SOFTMAX_FOCAL,
     CLASSES(FOCL_U8),
     .shape = STREETS,
     STORED,
     LARGER,
     .slow = true},
    {.name = "softmax-focal",
     .title = ", softmax focal loss, u8 labels, mean: loss and gradient, gamma 2",
     SOFTMAX_FOCAL,
     CLASSES(FOCL_U8),
     .shape = STREETS,
     .naive = true,
     USUAL,
     LARGER},
    {.name = "softmax-focal-21",
     .title = ", softmax focal loss, u8 labels, mean: loss and gradient, gamma 2",
     SOFTMAX_FOCAL,
     CLASSES(FOCL_U8),
     .shape = SCENES(4, 21),
     USUAL,
     LARGER,
     .slow = true},
    {.name = "softmax-focal-150",
     .title = ", softmax focal loss, u8 labels, mean: loss and gradient, gamma 2",
     SOFTMAX_FOCAL,
     CLASSES(FOCL_U8),
     .shape = SCENES(1, 150),
     USUAL,
     LARGER,
     .slow = true},
    {.name = "target-only",
     .title = ", sigmoid focal loss of the label's logit alone, u8 labels, mean: loss and gradient, gamma 2",
     .activation = FOCL_SIGMOID,
     .objective = FOCL_FOCAL,
     PEERS(target_only_peers),
     CLASSES(FOCL_U8),
     .shape = STREETS,
     .target_only = true,
     USUAL,
     LARGER},
    {.name = "cross-entropy-10",
     .title = ", softmax cross entropy, u8 labels, mean: loss and gradient",
     CROSS_ENTROPY,
     CLASSES(FOCL_U8),
     .shape = {100000, 10, 1},
     USUAL,
     LARGE,
     .slow = true},
    {.name = "cross-entropy-80",
     .title = ", softmax cross entropy, u8 labels, mean: loss and gradient",
     CROSS_ENTROPY,
     CLASSES(FOCL_U8),
     .shape = {65536, 80, 1},
     .naive = true,
     USUAL,
     LARGE},
    {.name = "cross-entropy-32000",
     .title = ", softmax cross entropy, i32 labels, mean: loss and gradient",
     CROSS_ENTROPY,
     CLASSES(FOCL_I32),
     .shape = {1024, 32000, 1},
     USUAL,
     LARGER,
     .slow = true},
    {.name = "cross-entropy-128256",
     .title = ", softmax cross entropy, i32 labels, mean: loss and gradient",
     CROSS_ENTROPY,
     CLASSES(FOCL_I32),
     .shape = {512, 128256, 1},
     USUAL,
     LARGER,
     .slow = true},
    {.name = "reduction",
     .title = ", the reduction alone: squared error without activation, dense targets, mean: loss",
     .activation = FOCL_IDENTITY,
     .objective = FOCL_MSE,
     PEERS(squared_error_peers),
     DENSE,
     .shape = {(size_t)1 << 24, 1, 1},
     .variants = forward_variants,
     .variant_count = COUNT_OF(forward_variants),
     .clblast = true,
     LARGER,
     .slow = true},
};

enum { QUICK_ELEMENTS = 1 << 21, QUICK_ROUNDS = 5, QUICK_CALLS = 20 };

const bench_outline *bench_outlines(size_t *count) {
    *count = COUNT_OF(outlines);
    return outlines;
}

const bench_outline *bench_outline_named(const char *name) {
    for (size_t i = 0; i < COUNT_OF(outlines); i++)
        if (strcmp(outlines[i].name, name) == 0)
            return &outlines[i];
    return NULL;
}

static focl_view quick_shape(focl_view shape) {
    size_t *extents[] = {&shape.outer, &shape.inner};
    for (size_t i = 0; i < COUNT_OF(extents); i++)
        while (*extents[i] > 1 && shape.outer * shape.classes * shape.inner > QUICK_ELEMENTS)
            *extents[i] /= 2;
    return shape;
}

bench_outline bench_quick_outline(const bench_outline *outline) {
    bench_outline quick = *outline;
    quick.shape = quick_shape(outline->shape);
    quick.rounds = QUICK_ROUNDS;
    if (quick.variant_count > USUAL_VARIANTS)
        quick.variant_count = USUAL_VARIANTS;
    if (quick.calls > QUICK_CALLS)
        quick.calls = QUICK_CALLS;
    return quick;
}

size_t bench_rows(const bench_outline *outline) {
    return outline->shape.outer * outline->shape.inner;
}

size_t bench_elements(const bench_outline *outline) {
    return bench_rows(outline) * outline->shape.classes;
}

size_t bench_losses(const bench_outline *outline) {
    const bool by_row = outline->activation == FOCL_SOFTMAX || outline->activation == FOCL_CATEGORICAL;
    return by_row ? bench_rows(outline) : bench_elements(outline);
}

focl_type bench_storage_type(bench_storage storage) {
    static const focl_type types[BENCH_STORAGES] = {FOCL_F32, FOCL_F16, FOCL_BF16};
    return types[storage];
}
