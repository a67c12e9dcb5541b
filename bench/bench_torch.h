/* The peer that most people have: PyTorch, asked for the same losses of the same data in a process of its own. */
#ifndef FOCL_BENCH_TORCH_H
#define FOCL_BENCH_TORCH_H

#include <stdbool.h>
#include <stddef.h>

#include "bench_result.h"
#include "focl/focl.h"

/* One problem, and what focl makes of it, with which PyTorch is to agree. */
typedef struct bench_torch_case {
    const char *group;
    const focl_loss_description *description;
    const float *logits;
    const void *targets; /* f32, or labels */
    double loss;         /* focl's, reduced */
    const float *gradient;
} bench_torch_case;

typedef struct bench_torch_result {
    const char *group;          /* the case's */
    const char *name;           /* "torch-eager", "torch-compile", "torch-eager-cuda", "torch-compile-cuda" */
    const char *what;           /* for a person */
    bench_summary seconds;      /* of loss and gradient */
    double loss_difference;     /* from focl's, relative */
    double gradient_difference; /* the largest, relative to the largest gradient */
    bool agrees;
} bench_torch_result;

enum { BENCH_TORCH_RESULTS_PER_CASE = 4 };

/* Whether the script knows this loss: sigmoid or softmax, focal or cross entropy, f32 logits, hard or dense f32
 * targets, reduced by sum, mean or positive mean; background, if any, is the label after the classes. */
bool bench_torch_knows(const focl_loss_description *description);

/*
 * Writes the cases into a folder of its own, runs bench/peers/torch_peer.py on them, and reads what it found into
 * results, which has room for BENCH_TORCH_RESULTS_PER_CASE of each case. What PyTorch cannot do, such as compiling
 * without a compiler, is left out with a line on stderr. quick: few rounds. False, after a sentence on stderr, if a
 * case is not known or nothing could be run or read.
 *
 * Environment: FOCL_BENCH_PYTHON, the interpreter (python3); FOCL_BENCH_TORCH_SCRIPT, the script (the
 * source's, else the installed one); TMPDIR, where the folder is made (/tmp).
 */
bool bench_torch_run(const bench_torch_case *cases, size_t count, bool quick, bench_torch_result *results,
                     size_t *result_count);

/* What was measured as a result of the group, whose other results the findings have already. It was timed by itself:
 * ratios are to the medians of the group's yardstick and of its first peer. */
bench_result bench_torch_as_result(const bench_torch_result *measured, const bench_findings *findings);

#endif
