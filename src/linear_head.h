/* The kernels of cl/linear_head.cl: the bias in the logits, and the sums of the columns of their gradient. Internal. */
#ifndef FOCL_LINEAR_HEAD_H
#define FOCL_LINEAR_HEAD_H

#include "blas.h"

/* Enqueues: every row of logits becomes bias, a matrix of one row. Both have columns. */
focl_status focl__linear_head_fill(focl_handle *handle, focl__chain *chain, focl_type type, const focl__matrix *bias,
                                   const focl__matrix *logits);

/* Bytes of device memory that the sums of `rows` rows take on their way. */
size_t focl__linear_head_sums_bytes(focl_type type, size_t rows, size_t classes);

/* Enqueues: total, a matrix of one row, becomes the sum of the rows of gradient + old_factor total. Both have rows. */
focl_status focl__linear_head_sum(focl_handle *handle, focl__chain *chain, focl_type type, const focl__matrix *gradient,
                                  cl_mem sums, const focl__matrix *total, double old_factor);

#endif
