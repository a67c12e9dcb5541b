/*
 * Activations: problems (a description and its inputs), answers (the outputs asked for), the ways to get an answer, and
 * how far it is from the truth. Free of Check.
 */
#ifndef FOCL_TESTS_SUPPORT_ACTIVATION_PROBLEM_H
#define FOCL_TESTS_SUPPORT_ACTIVATION_PROBLEM_H

#include "support_problem.h"

/* The arrays of a call, inputs first, in the order of the tables of focl/activation.h. */
enum activation_array {
#define ACTIVATION_ARRAY(field, extent) ACTIVATION_##field,
    FOCL_ACTIVATION_INPUT_TABLE(ACTIVATION_ARRAY) FOCL_ACTIVATION_OUTPUT_TABLE(ACTIVATION_ARRAY)
#undef ACTIVATION_ARRAY
        ACTIVATION_ARRAYS,
    ACTIVATION_FIRST_OUTPUT = ACTIVATION_value
};

/* Sets of outputs are words with these bits. */
#define ACTIVATION_BIT(field) (1u << ACTIVATION_##field)

typedef struct activation_problem {
    const char *name;
    focl_activation_description description;
    void *arrays[ACTIVATION_FIRST_OUTPUT]; /* guarded */
} activation_problem;

typedef struct activation_answer {
    void *arrays[ACTIVATION_ARRAYS]; /* guarded; NULL where not asked for */
} activation_answer;

const char *activation_array_name(enum activation_array array);
bool activation_is_of_rows(const focl_activation_description *description);

/* The outputs that there are: no Jacobian of elements. */
unsigned activation_outputs(const focl_activation_description *description);

/* Entries from the first to the last, gaps between strides included. */
size_t activation_array_elements(const focl_activation_description *description, enum activation_array array);
size_t activation_array_bytes(const focl_activation_description *description, enum activation_array array);

/* A loss with the same logits: dense targets, cross entropy; its places are those of the activation's elements. */
focl_loss_description activation_loss(const focl_activation_description *description);

/*
 * Random inputs: the logits are those of random losses (loss_problem_create); upstream gradients of every size, rows of
 * one value, of zeros, and of one class alone.
 */
activation_problem activation_problem_create(const char *name, const focl_activation_description *description,
                                             uint64_t stream);

/* The arrays by hand: f32 values, converted to the description's type; upstream may be NULL: all 1. */
activation_problem activation_problem_of(const char *name, const focl_activation_description *description,
                                         const float *x, const float *upstream);
void activation_problem_free(activation_problem *problem);

/* Memory for the outputs in the set, poisoned. */
activation_answer activation_answer_create(const activation_problem *problem, unsigned outputs);
void activation_answer_free(activation_answer *answer);

/* The ways to get an answer. On the device every array starts `offset` elements behind a guard. */
focl_status activation_on_mirror(const activation_problem *problem, const activation_answer *answer);
focl_status activation_on_host(focl_handle *handle, const activation_problem *problem, const activation_answer *answer);
focl_status activation_on_device(focl_handle *handle, const activation_problem *problem,
                                 const activation_answer *answer, size_t offset);

/* Buffers, for tests that call focl_activate themselves. */
typedef struct activation_buffers {
    focl_buffer places[ACTIVATION_ARRAYS];
    focl_activation_inputs inputs;
    focl_activation_outputs outputs;
} activation_buffers;

activation_buffers activation_buffers_create(cl_context context, const activation_problem *problem,
                                             const activation_answer *answer, size_t offset);
/* Waits for the queue, reads the outputs into the answer, and checks guards and inputs. */
void activation_buffers_read(cl_command_queue queue, const activation_buffers *buffers,
                             const activation_problem *problem, const activation_answer *answer);
void activation_buffers_release(activation_buffers *buffers);

/* ---- Judgement ---- */

/* An entry of an output beside its truth, by the bounds of focl/activation.h. */
typedef struct activation_comparison {
    enum activation_array array;
    size_t place;
    double truth;
    double magnitude; /* of the terms that it is a sum of, where they may cancel */
    double found;
    double error; /* in ulps of f32, of f64 for that type; what storing in 16 bits may change is none */
    double bound;
} activation_comparison;

/* Called for each entry of each output that the answer has. */
typedef void activation_visitor(void *context, const activation_problem *problem, const activation_comparison *of);
void activation_compare(const activation_problem *problem, const activation_answer *answer, activation_visitor *visit,
                        void *context);

/* The bound of an output of f32, f16 or bf16; 0: there is no such output. */
double activation_bound(focl_activate_kind kind, enum activation_array array);

/* The first entry of an output that both answers have with other bits, where NaN equals NaN. */
typedef struct activation_difference {
    bool any;
    enum activation_array array;
    size_t place;
    double expected, found;
} activation_difference;
activation_difference activation_first_difference(const activation_problem *problem, const activation_answer *expected,
                                                  const activation_answer *found);

#endif
