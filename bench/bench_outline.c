/* The problems that are measured. */
#include "bench_outline.h"

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

static const bench_variant storage_variants[] = {
    {.name = "focl", .what = "focl, f32", .forward = true, .gradient = true},
    {.name = "focl-f16", .what = "focl, f16", .forward = true, .gradient = true, .storage = BENCH_F16},
    {.name = "focl-bf16", .what = "focl, bf16", .forward = true, .gradient = true, .storage = BENCH_BF16},
};

static const bench_peer sigmoid_peers[] = {
    {"peer", "C, OpenMP, expf and logf", peer_library_functions},
    {"peer-polynomials", "C, OpenMP, polynomials", peer_polynomials},
};

static const bench_peer softmax_focal_peers[] = {{"peer", "C, OpenMP, expf and logf", peer_softmax_focal}};
static const bench_peer target_only_peers[] = {{"peer", "C, OpenMP, expf and logf", peer_target_only}};
static const bench_peer cross_entropy_peers[] = {{"peer", "C, OpenMP, expf and logf", peer_cross_entropy}};

#define USUAL         .variants = variants, .variant_count = USUAL_VARIANTS
#define PEERS(table)  .peers = (table), .peer_count = COUNT_OF(table)
#define SIGMOID_FOCAL .activation = FOCL_SIGMOID, .objective = FOCL_FOCAL, PEERS(sigmoid_peers)
#define CROSS_ENTROPY .activation = FOCL_SOFTMAX, .objective = FOCL_CROSS_ENTROPY, PEERS(cross_entropy_peers)

/* A batch of images of street scenes. */
#define IMAGES \
    { 8, 8, (size_t)384 * 1024 }

static const bench_outline outlines[] = {
    {.name = "dense",
     .title = "2^24 elements, dense f32 targets, mean: loss and gradient, gamma 2",
     SIGMOID_FOCAL,
     .shape = {(size_t)1 << 24, 1, 1},
     .targets_type = FOCL_F32,
     .naive = true,
     .variants = variants,
     .variant_count = ALL_VARIANTS,
     .calls = 1,
     .rounds = 40},
    {.name = "labels",
     .title = "200000 x 80, u8 labels, half of them background, mean over the positives: loss and gradient, gamma 2",
     SIGMOID_FOCAL,
     .shape = {200000, 80, 1},
     .targets_type = FOCL_U8,
     .background = true,
     USUAL,
     .calls = 1,
     .rounds = 40},
    {.name = "small",
     .title = "256 x 10, dense f32 targets, mean: loss and gradient, gamma 2",
     SIGMOID_FOCAL,
     .shape = {256, 10, 1},
     .targets_type = FOCL_F32,
     .yardstick = BENCH_EMPTY,
     USUAL,
     .calls = 50,
     .rounds = 40},
    {.name = "small-labels",
     .title = "256 x 10, u8 labels, mean over the positives: loss and gradient, gamma 2",
     SIGMOID_FOCAL,
     .shape = {256, 10, 1},
     .targets_type = FOCL_U8,
     .background = true,
     .yardstick = BENCH_EMPTY,
     USUAL,
     .calls = 50,
     .rounds = 40},
    {.name = "storage",
     .title = "2^24 elements, dense targets, stored in 16 and 32 bits, mean: loss and gradient, gamma 2",
     SIGMOID_FOCAL,
     .shape = {(size_t)1 << 24, 1, 1},
     .targets_type = FOCL_F32,
     .narrow = true,
     .variants = storage_variants,
     .variant_count = COUNT_OF(storage_variants),
     .calls = 1,
     .rounds = 20},
    {.name = "softmax-focal",
     .title = "softmax focal loss, 8 x 8 x 384 x 1024, u8 labels, mean: loss and gradient, gamma 2",
     .activation = FOCL_SOFTMAX,
     .objective = FOCL_FOCAL,
     PEERS(softmax_focal_peers),
     .shape = IMAGES,
     .targets_type = FOCL_U8,
     USUAL,
     .calls = 1,
     .rounds = 20},
    {.name = "target-only",
     .title = "sigmoid focal loss of the label's logit alone, 8 x 8 x 384 x 1024, u8 labels, mean: loss and gradient, "
              "gamma 2",
     .activation = FOCL_SIGMOID,
     .objective = FOCL_FOCAL,
     PEERS(target_only_peers),
     .shape = IMAGES,
     .targets_type = FOCL_U8,
     .target_only = true,
     USUAL,
     .calls = 1,
     .rounds = 20},
    {.name = "cross-entropy-80",
     .title = "softmax cross entropy, 65536 x 80, u8 labels, mean: loss and gradient",
     CROSS_ENTROPY,
     .shape = {65536, 80, 1},
     .targets_type = FOCL_U8,
     USUAL,
     .calls = 1,
     .rounds = 40},
    {.name = "cross-entropy-32000",
     .title = "softmax cross entropy, 1024 x 32000, i32 labels, mean: loss and gradient",
     CROSS_ENTROPY,
     .shape = {1024, 32000, 1},
     .targets_type = FOCL_I32,
     USUAL,
     .calls = 1,
     .rounds = 20},
    {.name = "cross-entropy-10",
     .title = "softmax cross entropy, 100000 x 10, u8 labels, mean: loss and gradient",
     CROSS_ENTROPY,
     .shape = {100000, 10, 1},
     .targets_type = FOCL_U8,
     USUAL,
     .calls = 4,
     .rounds = 40},
};

const bench_outline *bench_outlines(size_t *count) {
    *count = COUNT_OF(outlines);
    return outlines;
}

size_t bench_rows(const bench_outline *outline) {
    return outline->shape.outer * outline->shape.inner;
}

size_t bench_elements(const bench_outline *outline) {
    return bench_rows(outline) * outline->shape.classes;
}

focl_type bench_storage_type(bench_storage storage) {
    static const focl_type types[BENCH_STORAGES] = {FOCL_F32, FOCL_F16, FOCL_BF16};
    return types[storage];
}
