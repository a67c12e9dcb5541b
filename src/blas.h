/*
 * Matrix products on a chain of commands. blas.c is the one file that knows CLBlast; without it the library is whole,
 * and this says that it cannot. Internal.
 */
#ifndef FOCL_BLAS_H
#define FOCL_BLAS_H

#include <stdbool.h>
#include <stddef.h>

#include "focl/handle.h"
#include "focl/view.h"
#include "launch.h"

/* Contiguous and row by row in memory. */
typedef struct focl__matrix {
    const char *name; /* of the argument, for complaints: a string literal */
    cl_mem memory;
    uint64_t offset; /* in elements */
    size_t rows;
    size_t columns;
} focl__matrix;

/* result = left right + old_factor result; a factor may be taken as its transpose. old_factor 0: result is not read. */
typedef struct focl__product {
    focl__matrix left;
    focl__matrix right;
    focl__matrix result;
    bool transposes_left;
    bool transposes_right;
    double old_factor;
} focl__product;

/*
 * Memory that products use one after another on a chain, for copies that suit their kernels: they would each take their
 * own when they are enqueued, long before they run. Zero-initialise; close it when all is enqueued.
 */
typedef struct focl__workspace {
    cl_mem memory;
    size_t bytes;
} focl__workspace;

void focl__workspace_close(focl__workspace *workspace);

bool focl__has_blas(void);

/* Whether there are products of the type, on the handle's device. FOCL_ENOTSUP. */
focl_status focl__blas_check(const focl_handle *handle, focl_type type);

/* The most rows that a matrix of so many columns may have; 0 where one is too many. */
size_t focl__blas_rows_max(size_t columns);

/* The matrix is not larger than focl__blas_rows_max says. FOCL_ENOTSUP. */
focl_status focl__blas_check_matrix(const focl__matrix *matrix);

/*
 * Enqueues a product as the next of the chain, on queues of any kind. Nothing to be summed: the result is scaled;
 * no result: nothing. FOCL_ENOTSUP, FOCL_EBUILD, FOCL_EDEVICEMEM, FOCL_EDEVICE.
 */
focl_status focl__blas_multiply(const focl_handle *handle, focl__chain *chain, focl__workspace *workspace,
                                focl_type type, const focl__product *product);

/* Enqueues: to, of as many columns as from has rows and the other way round, becomes from's transpose. */
focl_status focl__blas_transpose(const focl_handle *handle, focl__chain *chain, focl_type type,
                                 const focl__matrix *from, const focl__matrix *to);

/* Enqueues matrix = factor matrix; factor 0: the matrix is not read. */
focl_status focl__blas_scale(const focl_handle *handle, focl__chain *chain, focl_type type, const focl__matrix *matrix,
                             double factor);

#endif
