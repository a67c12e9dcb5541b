/*
 * What the tests of the loss share: problems (a description and its input arrays), answers (the outputs asked for), the
 * truth of a problem (the reference), the ways to get an answer, and their comparison.
 */
#ifndef FOCL_TESTS_SUPPORT_LOSS_H
#define FOCL_TESTS_SUPPORT_LOSS_H

#include "support.h"

/* The arrays of a call, inputs first, in the order of the tables of focl/loss.h. */
enum loss_array {
#define LOSS_ARRAY(field, type, extent) LOSS_##field,
    FOCL_LOSS_INPUT_TABLE(LOSS_ARRAY) FOCL_LOSS_OUTPUT_TABLE(LOSS_ARRAY)
#undef LOSS_ARRAY
        LOSS_ARRAYS,
    LOSS_FIRST_OUTPUT = LOSS_reduced
};

/* Sets of arrays are words with these bits. */
#define LOSS_BIT(field)  (1u << LOSS_##field)
#define LOSS_ELEMENTWISE (LOSS_BIT(loss) | LOSS_BIT(gradient) | LOSS_BIT(probabilities) | LOSS_BIT(pt))
#define LOSS_OF_CALL     (LOSS_BIT(reduced) | LOSS_BIT(counts) | LOSS_BIT(used_normalizer))
#define LOSS_ALL_OUTPUTS (LOSS_ELEMENTWISE | LOSS_OF_CALL)

/* The outputs that the description's reduction allows. */
unsigned loss_outputs(const focl_loss_description *description);

const char *loss_array_name(enum loss_array array);
size_t loss_array_elements(const focl_loss_description *description, enum loss_array array);
size_t loss_array_element_bytes(const focl_loss_description *description, enum loss_array array);
size_t loss_array_bytes(const focl_loss_description *description, enum loss_array array);

/* ---- Problems ---- */

/* What to make a random problem of. */
typedef struct loss_recipe {
    const char *name;
    focl_loss_description description;
    unsigned inputs; /* the optional inputs to give, as LOSS_BITs */
    bool soft;       /* dense targets between 0 and 1, not only 0 and 1 */
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
 * classes, the ignored and the background; NaN and infinite logits in ignored rows; weights with zeros among them.
 */
loss_problem loss_problem_create(const loss_recipe *recipe, uint64_t stream);
loss_problem loss_problem_create_from(const loss_recipe *recipe, test_random random);

/* A problem whose arrays are all absent, to be filled by hand with loss_problem_set. */
loss_problem loss_problem_empty(const char *name, const focl_loss_description *description);
void loss_problem_set(loss_problem *problem, enum loss_array array, const void *values);

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

typedef struct loss_truth {
    double reduced;
    double *loss;
    double *gradient;
    double *gradient_magnitude; /* the sum of the absolute terms where the gradient is a sum that may cancel */
    double *gradient_factor;    /* what q^gamma is multiplied by in it */
    double *loss_factor;        /* and in the loss */
    double *probabilities;
    double *pt;
    focl_loss_counts counts;
    double used_normalizer;
} loss_truth;

loss_truth loss_truth_of(const loss_problem *problem);
void loss_truth_free(loss_truth *truth);

/* ---- Comparison ---- */

/* The bound that focl/loss.h gives: 8 or 16 for hard targets. A soft target's q is a sum, and its rounding is powered.
 */
double loss_ulps(const loss_problem *problem);

/* Every output of the answer within ulps of the truth, the sums within their bound, the counters equal. */
void loss_assert_close(const loss_problem *problem, const loss_truth *truth, const loss_answer *answer, double ulps,
                       const char *where);

/* The outputs that both answers have are equal to the bit, except that any NaN equals any NaN. */
void loss_assert_same(const loss_problem *problem, const loss_answer *expected, const loss_answer *found,
                      const char *where);

/*
 * The mirror is close to the truth; so is every device, whose bits are the mirror's where it says so. The arrays on the
 * device start `offset` elements behind a guard; the host form runs too.
 */
void loss_assert_everywhere(const loss_problem *problem, size_t offset);

#endif
