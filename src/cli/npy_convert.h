/*
 * Arrays of files in the element types that the library takes: the mapped file itself where it fits, else a copy with
 * the bytes swapped, the axes in C order and the values converted, each exactly or rounded to the nearest.
 */
#ifndef FOCL_CLI_NPY_CONVERT_H
#define FOCL_CLI_NPY_CONVERT_H

#include <stdint.h>

#include "focl/view.h"
#include "npy.h"

typedef struct focl__array {
    focl__npy file;
    focl_type type;
    const void *values; /* file.elements of type, aligned, in C order */
    void *copy;         /* what values points to if that is not the file */
} focl__array;

/*
 * Brings an opened file to `type`: the float types from every type, the integers from types whose values all fit (see
 * focl__array_label_type) or, where they need not, with a complaint about the first that does not. FOCL_BF16 takes u2
 * files for the bits of bf16.
 */
bool focl__array_convert(focl__array *array, focl_type type, focl__complaint *complaint);

/* The label type that holds every value of an integer file; for u8, FOCL_I64. */
focl_type focl__array_label_type(const focl__npy *file);

/* The position of the first value of an f32 array that is an infinity or NaN; file.elements if there is none. */
size_t focl__array_first_not_finite(const focl__array *array);

/* The position of the first value of a float array that is below 0 or above 1; file.elements if there is none. */
size_t focl__array_first_outside_unit(const focl__array *array);

/* A value of a converted array of a float type, exactly. */
double focl__array_value(const focl__array *array, size_t position);

/* A label of a converted array of an integer type. */
int64_t focl__array_label(const focl__array *array, size_t position);

/* Frees the copy and closes the file. A zeroed array is fine. */
void focl__array_close(focl__array *array);

#endif
