/* What every form of an activation checks of its arguments before it does anything. Internal. */
#ifndef FOCL_ACTIVATION_CHECK_H
#define FOCL_ACTIVATION_CHECK_H

#include "focl/activation.h"

/* The arrays of FOCL_ACTIVATION_INPUT_TABLE and FOCL_ACTIVATION_OUTPUT_TABLE, in that order. */
enum focl__activation_array {
#define FOCL__ACTIVATION_ARRAY(field, extent) FOCL__ACTIVATION_##field,
    FOCL_ACTIVATION_INPUT_TABLE(FOCL__ACTIVATION_ARRAY) FOCL_ACTIVATION_OUTPUT_TABLE(FOCL__ACTIVATION_ARRAY)
#undef FOCL__ACTIVATION_ARRAY
        FOCL__ACTIVATION_ARRAY_COUNT,
    FOCL__ACTIVATION_FIRST_OUTPUT = FOCL__ACTIVATION_value
};

/* What an array of a call is; of arrays of elements, from the first element to the last. */
typedef struct focl__activation_array_shape {
    const char *name;
    size_t element_bytes;
    size_t elements;
    bool is_strided; /* as the description's elements are */
    bool given;
} focl__activation_array_shape;

typedef struct focl__activation_shape {
    size_t elements;
    size_t rows;
    focl_strides strides; /* those of the description, or of contiguous arrays: never all 0 */
    bool is_strided;
    focl__activation_array_shape arrays[FOCL__ACTIVATION_ARRAY_COUNT];
} focl__activation_shape;

/* Whether a row is one problem. */
bool focl__activation_is_of_rows(focl_activate_kind kind);

/* What is calculated with takes so many bytes: an f32, or an f64. */
size_t focl__activation_scalar_bytes(const focl_activation_description *description);

/* The FOCL_KIND of cl/activation_agreement.clh. */
int focl__activation_kind_code(focl_activate_kind kind);

/*
 * Checks the description, in header order, and which arrays are given; fills *shape. given[] says for each array
 * whether the caller gave it. FOCL_EINVAL or FOCL_ENOTSUP with the sentence recorded.
 */
focl_status focl__activation_check(const focl_activation_description *description,
                                   const bool given[FOCL__ACTIVATION_ARRAY_COUNT], focl__activation_shape *shape);

/*
 * The same from host pointers, plus their alignment and overlaps (FOCL_EOVERLAP); output_bytes is what an element of
 * the outputs takes, 0 for the type of the description.
 */
focl_status focl__activation_check_host(const focl_activation_description *description,
                                        const void *const pointers[FOCL__ACTIVATION_ARRAY_COUNT], size_t output_bytes,
                                        focl__activation_shape *shape);

/* The same for the arrays of focl_activate_host and focl_mirror_activate, which may be NULL: FOCL_EINVAL then. */
focl_status focl__activation_check_host_call(const focl_activation_description *description,
                                             const focl_activation_host_inputs *inputs,
                                             const focl_activation_host_outputs *outputs,
                                             focl__activation_shape *shape);

#endif
