/* The problems that are measured, as a table. */
#ifndef FOCL_BENCH_OUTLINE_H
#define FOCL_BENCH_OUTLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "focl/focl.h"
#include "peer_problem.h"

/* What the cases are measured beside. */
typedef enum bench_yardstick {
    BENCH_MOVING, /* reading what must be read and writing the gradient */
    BENCH_EMPTY   /* a kernel that does nothing */
} bench_yardstick;

/* The types that logits, dense targets and gradient are stored in. */
typedef enum bench_storage { BENCH_F32, BENCH_F16, BENCH_BF16, BENCH_STORAGES } bench_storage;

focl_type bench_storage_type(bench_storage storage);

/* One of focl's cases. */
typedef struct bench_variant {
    const char *name;
    const char *what;
    bool forward;
    bool gradient;
    bool other_gamma; /* gamma below, which the peers do not solve, instead of the objective's usual one */
    double gamma;
    bench_storage storage;
} bench_variant;

typedef struct bench_peer {
    const char *name;
    const char *what;
    peer_function *solve;
} bench_peer;

enum { BENCH_VARIANTS_MAX = 6, BENCH_PEERS_MAX = 2 };

typedef struct bench_outline {
    const char *name;
    const char *title; /* what follows the shape */
    focl_activation activation;
    focl_objective objective;
    focl_view shape;
    focl_type targets_type; /* FOCL_F32: dense, in the type of the logits; FOCL_U8, FOCL_I32: labels */
    bool background;        /* half of the labels are `classes`, the background; positive-mean instead of mean */
    bool target_only;       /* is also measured beside filling the gradient, reading nothing */
    bool narrow;  /* with storage in 16 bits: the first variant, in f32, is what the others are compared with beside the
                     yardstick, which moves their bytes */
    bool naive;   /* with the naive kernel: dense targets, or softmax and u8 labels */
    bool clblast; /* with CLBlast's sums, where it is there: dense targets only */
    bool slow;    /* left out of a quick run of all */
    bench_yardstick yardstick;
    const bench_variant *variants;
    size_t variant_count;
    const bench_peer *peers; /* the first is what all are compared with */
    size_t peer_count;
    size_t calls;
    size_t rounds;
} bench_outline;

const bench_outline *bench_outlines(size_t *count);

/* NULL: there is none of that name. */
const bench_outline *bench_outline_named(const char *name);

/* The same for a quick run: the beginning of the shape, the usual variants, fewer rounds. */
bench_outline bench_quick_outline(const bench_outline *outline);

size_t bench_elements(const bench_outline *outline);
size_t bench_rows(const bench_outline *outline);
size_t bench_losses(const bench_outline *outline); /* of a row each or of an element */

#endif
