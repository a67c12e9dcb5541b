/* Linear heads to test with: their matrices on the host and on a device, their products in double, and what those may
   differ by. */
#ifndef FOCL_TESTS_SUPPORT_LINEAR_H
#define FOCL_TESTS_SUPPORT_LINEAR_H

#include "support_loss.h"

/* The matrices of a call, inputs first, in the order of the tables of focl/linear_loss.h. */
enum linear_array {
#define LINEAR_ARRAY(field, rows, columns) LINEAR_##field,
    FOCL_LINEAR_LOSS_INPUT_TABLE(LINEAR_ARRAY) FOCL_LINEAR_LOSS_OUTPUT_TABLE(LINEAR_ARRAY)
#undef LINEAR_ARRAY
        LINEAR_ARRAYS,
    LINEAR_FIRST_OUTPUT = LINEAR_features_gradient
};

#define LINEAR_BIT(field)  (1u << LINEAR_##field)
#define LINEAR_ALL_OUTPUTS (LINEAR_BIT(features_gradient) | LINEAR_BIT(matrix_gradient) | LINEAR_BIT(bias_gradient))

/* A description, X, W, b and what is in the gradients' memory before, as stored; values of doubles beside them. */
typedef struct linear_head {
    focl_linear_loss_description description;
    unsigned given; /* LINEAR_BITs */
    size_t rows[LINEAR_ARRAYS];
    size_t columns[LINEAR_ARRAYS];
    void *stored[LINEAR_ARRAYS];
    double *values[LINEAR_ARRAYS];
} linear_head;

/* Random matrices; bias is there, unless `without` has its bit. */
linear_head linear_head_create(const focl_linear_loss_description *description, unsigned without, uint64_t stream);
void linear_head_free(linear_head *head);

/* The matrices on a device, each `offset` elements behind a guard. */
typedef struct linear_buffers {
    cl_mem memory[LINEAR_ARRAYS];
    size_t offset;
    focl_linear_loss_inputs inputs;
    focl_linear_loss_outputs outputs;
} linear_buffers;

linear_buffers linear_buffers_create(cl_context context, const linear_head *head, size_t offset);
/* Waits for the queue; checks guards and inputs; gives a matrix as it is now, to be freed. */
void *linear_buffers_read(cl_command_queue queue, const linear_buffers *buffers, const linear_head *head,
                          enum linear_array array);
void linear_buffers_release(linear_buffers *buffers);

/* A sum of products in double, and the sum of their magnitudes. */
typedef struct linear_truth {
    double value;
    double magnitude;
    size_t terms;
} linear_truth;

/* An element of X W^T + b, and of an output, from the gradient of the logits: old values times accumulate included. */
linear_truth linear_truth_of_logit(const linear_head *head, size_t row, size_t column);
linear_truth linear_truth_of(const linear_head *head, const double *gradient, enum linear_array output, size_t row,
                             size_t column);

/* Whether a sum of so many products, in any order and fused or not, may be what was found. */
bool linear_is_close(const linear_truth *truth, focl_type type, double found);

#endif
