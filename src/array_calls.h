/* What calls on flat arrays of elements share: gradient_step, weighted_sum, their mirrors. Internal. */
#ifndef FOCL_ARRAY_CALLS_H
#define FOCL_ARRAY_CALLS_H

#include "call_check.h"
#include "focl/gradient_step.h"
#include "focl/weighted_sum.h"
#include "program.h"

/* A float type, and elements of it whose bytes a size can say. FOCL_EINVAL. */
focl_status focl__check_float_array(const char *type_name, focl_type type, size_t elements);

/* The device has the type, and turns for the tiles of so many summands; 0: nothing is summed. FOCL_ENOTSUP. */
focl_status focl__check_float_device(const focl_handle *handle, const char *type_name, focl_type type, size_t summands);

/*
 * Each array given is a good buffer, and those from first_output on overlap none. FOCL_EINVAL, FOCL_EBOUNDS,
 * FOCL_EOVERLAP.
 */
focl_status focl__check_arrays(const focl_handle *handle, const focl__call_array *arrays, size_t count,
                               size_t first_output);

/* The key of a program for arrays of so many elements of a float type. */
focl__program_key focl__array_key(const focl_handle *handle, const char *source, focl_type type, size_t elements);

/* Tiles of cl/reduce.clh in so many elements. */
size_t focl__array_tiles(size_t elements);

/* What focl_gradient_step checks before it looks at buffers; the mirror checks it too. FOCL_EINVAL. */
focl_status focl__gradient_step_check(const focl_gradient_step_description *description, bool has_parameters,
                                      bool has_gradient);

/* Which arrays a weighted sum was given. */
typedef struct focl__weighted_sum_given {
    bool losses;
    bool weights;
    bool sum;
} focl__weighted_sum_given;

/* The same of focl_weighted_sum. */
focl_status focl__weighted_sum_check(const focl_weighted_sum_description *description, focl__weighted_sum_given given);

#endif
