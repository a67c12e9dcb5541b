/*
 * A run of one case on one device: answers are judged by the tests' truth, compared with the mirror's, and written to
 * the case's line of the table.
 */
#ifndef FOCL_TESTS_CONFORMANCE_RUN_H
#define FOCL_TESTS_CONFORMANCE_RUN_H

#include "support_problem.h"

/* X(name, word): what errors are told of. */
#define CONFORMANCE_OUTPUT_TABLE(X)         \
    X(CONFORMANCE_LOSS, "loss")             \
    X(CONFORMANCE_GRADIENT, "gradient")     \
    X(CONFORMANCE_HESSIAN, "curvature")     \
    X(CONFORMANCE_SHARE, "probabilities")   \
    X(CONFORMANCE_PT, "p_t")                \
    X(CONFORMANCE_REDUCED, "reduced")       \
    X(CONFORMANCE_SUM, "sum")               \
    X(CONFORMANCE_NORMALIZER, "normaliser") \
    X(CONFORMANCE_VALUE, "value")           \
    X(CONFORMANCE_PRODUCT, "product")       \
    X(CONFORMANCE_JACOBIAN, "jacobian")     \
    X(CONFORMANCE_WEIGHT, "class weight")

typedef enum conformance_output {
#define CONFORMANCE_OUTPUT_ENUM(name, word) name,
    CONFORMANCE_OUTPUT_TABLE(CONFORMANCE_OUTPUT_ENUM)
#undef CONFORMANCE_OUTPUT_ENUM
        CONFORMANCE_OUTPUTS
} conformance_output;

/* "loss". */
const char *conformance_output_name(conformance_output output);

/* The errors of an output, in ulps. The worst is the one that is closest to its bound, or furthest beyond it. */
typedef struct conformance_errors {
    size_t count;
    double sum;
    double worst;
    double bound;    /* of the worst */
    char where[320]; /* its inputs, what was found and what is true */
} conformance_errors;

double conformance_mean(const conformance_errors *errors);

/* How much of its bound the worst takes; above 1 it does not hold. */
double conformance_share(const conformance_errors *errors);

typedef enum conformance_bits { CONFORMANCE_NOT_COMPARED, CONFORMANCE_SAME, CONFORMANCE_OTHER } conformance_bits;

/* What came of a case. */
typedef struct conformance_line {
    size_t problems; /* calls with data of their own */
    size_t numbers;  /* entries judged */
    double bound;    /* of losses and gradients; 0: by its nature exact */
    conformance_errors errors[CONFORMANCE_OUTPUTS];
    conformance_bits bits;
    char difference[320]; /* the first entry whose bits are not the mirror's */
    size_t failures;
    char failure[480];     /* the first */
    char unsupported[160]; /* why the device cannot have the case; "": it can */
    double seconds;
} conformance_line;

/* A device under examination. */
typedef struct conformance_run {
    focl_handle *handle;
    focl_probe_report probe;
    bool quick;
    conformance_line *line; /* of the case that runs */
} conformance_run;

/* One of two sizes: the thin run's and the full one's. */
size_t conformance_size(const conformance_run *run, size_t quick, size_t full);

/* ---- Judgement ---- */

#if defined(__GNUC__)
#define CONFORMANCE_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define CONFORMANCE_PRINTF(text, first)
#endif

/* Notes a failure with its sentence. */
void conformance_fail(conformance_run *run, const char *format, ...) CONFORMANCE_PRINTF(2, 3);

/* Counts as a number judged; fails with the sentence unless it holds. */
#define conformance_require(run, holds, ...) \
    ((run)->line->numbers++, (holds) ? (void)0 : conformance_fail(run, __VA_ARGS__))

/* True if the call worked; else the line has a failure, or says that the device cannot have it. */
bool conformance_worked(conformance_run *run, const char *name, focl_status status);

/* An error beside its bound; `where` is called only if it is the worst. */
typedef struct conformance_entry {
    conformance_output output;
    double error;
    double bound;
    bool holds;
} conformance_entry;
typedef void conformance_describe(char *text, size_t bytes, const void *context);
void conformance_note(conformance_run *run, const conformance_entry *entry, conformance_describe *describe,
                      const void *context);

/* Every entry of the answer, its counters too, beside the truth of the problem. */
void conformance_judge(conformance_run *run, const loss_problem *problem, const loss_answer *answer);

/* The outputs that both have; other bits are a failure where the device has been found to be bit-exact. */
void conformance_compare(conformance_run *run, const loss_problem *problem, const loss_answer *expected,
                         const loss_answer *found, const char *whose);

/* The same for other kinds of answers: their bits were compared, and this is the first difference, NULL for none. */
void conformance_compared(conformance_run *run, const char *difference);

/* Asks the device and the mirror for these outputs, judges the device and compares. */
void conformance_loss_outputs(conformance_run *run, const loss_problem *problem, unsigned outputs);

/* The same for all outputs there are. */
void conformance_loss(conformance_run *run, const loss_problem *problem);

#endif
