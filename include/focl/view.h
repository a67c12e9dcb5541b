/*
 * How arrays are described: element types, and the one view that every layout of logits is seen through.
 */
#ifndef FOCL_VIEW_H
#define FOCL_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "focl/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, bytes, word): the element types. */
#define FOCL_TYPE_TABLE(X)  \
    X(FOCL_F32, 4, "f32")   \
    X(FOCL_U8, 1, "u8")     \
    X(FOCL_I32, 4, "i32")   \
    X(FOCL_I64, 8, "i64")   \
    X(FOCL_I16, 2, "i16")   \
    X(FOCL_F16, 2, "f16")   \
    X(FOCL_BF16, 2, "bf16") \
    X(FOCL_F64, 8, "f64")

typedef enum focl_type {
#define FOCL_TYPE_ENUM(name, bytes, word) name,
    FOCL_TYPE_TABLE(FOCL_TYPE_ENUM)
#undef FOCL_TYPE_ENUM
} focl_type;

/* Bytes of one element; 0 for a value outside the table. */
FOCL_API size_t focl_type_size(focl_type type);

/* "f32"; "unknown" outside the table. Static storage. */
FOCL_API const char *focl_type_name(focl_type type);

/* True for f16, bf16, f32 and f64; the others are the types of class indices. */
FOCL_API bool focl_type_is_float(focl_type type);

/*
 * outer x classes x inner, contiguous, the last varying fastest. N x C logits are {N, C, 1}; N x C x H x W are
 * {N, C, H*W}; a flat array of n binary logits is {n, 1, 1}. A *row* is one outer x inner position (a sample, an
 * anchor, a pixel), an *element* one entry: row (o, i) holds the elements (o, c, i) for every class c. Row arrays have
 * the shape outer x inner. Any extent may be 0, the array then has no elements.
 */
typedef struct focl_view {
    size_t outer;
    size_t classes;
    size_t inner;
} focl_view;

/*
 * Where element (o, c, i) stands, counted in elements: o * outer + c * classes + i * inner from the array's start. All
 * three 0: contiguous, that is {classes * inner, inner, 1}. The first 80 of 84 columns of a matrix are {N, 80, 1} with
 * {84, 1, 1}; NHWC logits as an N x C x HW view are {HW * C, 1, C}. Inputs may repeat their elements, with strides of 0
 * for example; outputs may not: their strides, in ascending order, must each reach beyond the ones before.
 */
typedef struct focl_strides {
    size_t outer;
    size_t classes;
    size_t inner;
} focl_strides;

#ifdef __cplusplus
}
#endif

#endif
