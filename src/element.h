/* Elements of arrays of the float types, one at a time: read exactly, stored rounded to nearest. Internal. */
#ifndef FOCL_ELEMENT_H
#define FOCL_ELEMENT_H

#include "focl/view.h"

/* The element at an index of an array of f32, f16, bf16 or f64. */
double focl__element_at(focl_type type, const void *array, size_t index);

/* The same as f32: exact, save that f64 is rounded. */
float focl__element_f32(focl_type type, const void *array, size_t index);

/* The code of a float type: FOCL_STORAGE of cl/agreement.clh. */
int focl__storage_code(focl_type type);

/* Rounds to nearest, to even between two; too large for f16 is infinity. */
void focl__element_store(focl_type type, void *array, size_t index, float value);

#endif
