/*
 * How arrays are described: element types, and the one view that every layout of logits is seen through.
 */
#ifndef FOCL_VIEW_H
#define FOCL_VIEW_H

#include <stddef.h>

#include "focl/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, bytes, word): the element types. */
#define FOCL_TYPE_TABLE(X) \
    X(FOCL_F32, 4, "f32")  \
    X(FOCL_U8, 1, "u8")    \
    X(FOCL_I32, 4, "i32")  \
    X(FOCL_I64, 8, "i64")

typedef enum focl_type {
#define FOCL_TYPE_ENUM(name, bytes, word) name,
    FOCL_TYPE_TABLE(FOCL_TYPE_ENUM)
#undef FOCL_TYPE_ENUM
} focl_type;

/* Bytes of one element; 0 for a value outside the table. */
FOCL_API size_t focl_type_size(focl_type type);

/* "f32"; "unknown" outside the table. Static storage. */
FOCL_API const char *focl_type_name(focl_type type);

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

#ifdef __cplusplus
}
#endif

#endif
