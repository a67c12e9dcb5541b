/*
 * Problems (a description and its input arrays), answers (the outputs asked for), the truth of a problem (the
 * reference) and by what errors are judged, and the ways to get an answer. Free of Check.
 */
#ifndef FOCL_TESTS_SUPPORT_PROBLEM_H
#define FOCL_TESTS_SUPPORT_PROBLEM_H

#include "support_common.h"

/* The arrays of a call, inputs first, in the order of the tables of focl/loss.h. */
enum loss_array {
#define LOSS_ARRAY(field, type, extent) LOSS_##field,
    FOCL_LOSS_INPUT_TABLE(LOSS_ARRAY) FOCL_LOSS_OUTPUT_TABLE(LOSS_ARRAY)
#undef LOSS_ARRAY
        LOSS_ARRAYS,
    LOSS_FIRST_OUTPUT = LOSS_reduced
};

/* Sets of arrays are words with these bits. */
#define LOSS_BIT(field) (1u << LOSS_##field)
#define LOSS_ELEMENTWISE \
    (LOSS_BIT(loss) | LOSS_BIT(gradient) | LOSS_BIT(hessian) | LOSS_BIT(probabilities) | LOSS_BIT(pt))
#define LOSS_OF_CALL     (LOSS_BIT(reduced) | LOSS_BIT(counts) | LOSS_BIT(used_normalizer))
#define LOSS_ALL_OUTPUTS (LOSS_ELEMENTWISE | LOSS_OF_CALL)

/* The outputs that the description's activation, objective and reduction allow. */
unsigned loss_outputs(const focl_loss_description *description);

/* Whether a row is one problem: the softmax family. */
bool loss_is_of_rows(const focl_loss_description *description);
bool loss_is_dense(const focl_loss_description *description);

/* ---- Arrays ---- */

const char *loss_array_name(enum loss_array array);

/* Entries from the first to the last; of strided arrays some of these are gaps. */
size_t loss_array_elements(const focl_loss_description *description, enum loss_array array);
size_t loss_array_element_bytes(const focl_loss_description *description, enum loss_array array);
size_t loss_array_bytes(const focl_loss_description *description, enum loss_array array);

/* The entries that are no gaps, and where the i-th of them is, in the order of the view. */
size_t loss_array_count(const focl_loss_description *description, enum loss_array array);
size_t loss_array_place(const focl_loss_description *description, enum loss_array array, size_t i);

/* FOCL_F32 to FOCL_I64; an array of counters has no type. */
focl_type loss_array_type(const focl_loss_description *description, enum loss_array array);

/* An entry of an array of any type; put rounds to nearest, ties to even. */
double loss_value_at(focl_type type, const void *values, size_t place);
void loss_put_value(focl_type type, void *values, size_t place, double value);

/* Half the distance between neighbours of that type at a value of this size: what storing it may change. */
double loss_storage_error(focl_type type, double value);

/* An element: its number is in the order of the view, its place is where it stands in arrays of elements. */
typedef struct loss_element {
    size_t place;
    size_t row;
    size_t column;
} loss_element;

size_t loss_row_count(const focl_loss_description *description);
loss_element loss_element_of(const focl_loss_description *description, size_t number);
loss_element loss_element_in_row(const focl_loss_description *description, size_t row, size_t column);

/* ---- Problems ---- */

/* What to make a random problem of. */
typedef struct loss_recipe {
    const char *name;
    focl_loss_description description;
    unsigned inputs; /* the optional inputs to give, as LOSS_BITs */
    bool soft;       /* dense targets between 0 and 1; softmax family: rows that are not one-hot; MSE of values: any */
} loss_recipe;

typedef struct loss_problem {
    const char *name;
    focl_loss_description description;
    void *inputs[LOSS_FIRST_OUTPUT]; /* guarded; NULL where absent */
    bool soft;                       /* some targets are neither 0 nor 1 */
    float *old_gradient;             /* what the gradient's memory holds before the call; NULL: poison */
} loss_problem;

/*
 * Random arrays: logits from 1e-30 to 1e4 in size and of every moderate size between, both signs; labels among the
 * classes, the ignored and the background; NaN and infinite logits in ignored rows and in gaps; weights with zeros
 * among them. Rows of the softmax family (support_rows.c) are moderate, extreme, certain and right or wrong by as much
 * as 1e4, tied, or have classes that cannot be.
 */
loss_problem loss_problem_create(const loss_recipe *recipe, uint64_t stream);
loss_problem loss_problem_create_from(const loss_recipe *recipe, test_random random);

/* Fills logits and targets of a problem of the softmax family; what is ignored is spoiled later. */
void loss_fill_rows(loss_problem *problem, test_random *random);

/* A problem whose arrays are all absent, to be filled by hand with loss_problem_set. */
loss_problem loss_problem_empty(const char *name, const focl_loss_description *description);
void loss_problem_set(loss_problem *problem, enum loss_array array, const void *values);

/* Something in f32 that the gradient's memory holds before, for gradients that accumulate. */
void loss_give_old_gradient(loss_problem *problem, uint64_t stream);

void loss_problem_free(loss_problem *problem);

/* ---- Answers ---- */

typedef struct loss_answer {
    void *outputs[LOSS_ARRAYS]; /* guarded, by enum loss_array; NULL where not asked for */
} loss_answer;

/* Memory for the outputs in the set, poisoned, save that the gradient holds the problem's old_gradient. */
loss_answer loss_answer_create(const loss_problem *problem, unsigned outputs);
void loss_answer_free(loss_answer *answer);

/* True if no byte of any output was written. */
bool loss_answer_is_untouched(const loss_problem *problem, const loss_answer *answer);

/* The ways to get an answer. Each checks guards and that the inputs are as they were. */
focl_status loss_on_mirror(const loss_problem *problem, const loss_answer *answer);
focl_status loss_on_host(focl_handle *handle, const loss_problem *problem, const loss_answer *answer);

/* Every array starts `offset` elements behind the guard of its buffer. With in_place one buffer has both. */
focl_status loss_on_device(focl_handle *handle, const loss_problem *problem, const loss_answer *answer, size_t offset);

/* ---- Buffers, for tests that call focl_loss themselves ---- */

typedef struct loss_buffers {
    focl_loss_inputs inputs;
    focl_loss_outputs outputs;
    cl_mem memory[LOSS_ARRAYS]; /* NULL where absent; gradient too where it shares the logits' */
    size_t offset;
} loss_buffers;

loss_buffers loss_buffers_create(cl_context context, const loss_problem *problem, const loss_answer *answer,
                                 size_t offset);
/* Waits for the queue, reads the outputs into the answer, and checks guards and inputs. */
void loss_buffers_read(cl_command_queue queue, const loss_buffers *buffers, const loss_problem *problem,
                       const loss_answer *answer);
void loss_buffers_release(loss_buffers *buffers);

/* ---- The truth ---- */

/*
 * By what the error of an entry is judged: `magnitude` is the sum of the absolute terms where the value is a sum that
 * may cancel, in the softmax family the row's largest of these for gradients and curvatures; `factor` is what a
 * product is multiplied by that may be below 2^-126, and 0, where the whole is not; `lost` says that such a product
 * may be but one of the terms of a sum.
 */
typedef struct loss_judge {
    double magnitude;
    double factor;
    bool lost;
} loss_judge;

/* The arrays have the places of the outputs that they are the truth of. */
typedef struct loss_truth {
    double reduced;
    loss_judge judge_reduced;
    double *loss;
    double *gradient;
    double *hessian;
    double *probabilities;
    double *pt;
    loss_judge *judge_loss;
    loss_judge *judge_gradient;
    loss_judge *judge_hessian;
    loss_judge *judge_pt;
    focl_loss_counts counts;
    double used_normalizer;
} loss_truth;

loss_truth loss_truth_of(const loss_problem *problem);
void loss_truth_free(loss_truth *truth);

#endif
