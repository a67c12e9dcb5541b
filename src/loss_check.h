/* What every form of the loss checks of its arguments before it does anything. Internal. */
#ifndef FOCL_LOSS_CHECK_H
#define FOCL_LOSS_CHECK_H

#include "focl/loss.h"

/* The arrays of FOCL_LOSS_INPUT_TABLE and FOCL_LOSS_OUTPUT_TABLE, in that order. */
enum focl__loss_array {
#define FOCL__LOSS_ARRAY(field, type, extent) FOCL__LOSS_##field,
    FOCL_LOSS_INPUT_TABLE(FOCL__LOSS_ARRAY) FOCL_LOSS_OUTPUT_TABLE(FOCL__LOSS_ARRAY)
#undef FOCL__LOSS_ARRAY
        FOCL__LOSS_ARRAY_COUNT,
    FOCL__LOSS_FIRST_OUTPUT = FOCL__LOSS_reduced
};

/* Which part of an array a part of the elements needs. */
typedef enum focl__loss_range { FOCL__RANGE_WHOLE, FOCL__RANGE_ROWS, FOCL__RANGE_ELEMENTS } focl__loss_range;

/* What an array of a call is: derived from the tables and the description. */
typedef struct focl__loss_array_shape {
    const char *name;
    size_t element_bytes;
    size_t elements;
    focl__loss_range range;
    bool given;
} focl__loss_array_shape;

typedef struct focl__loss_shape {
    size_t elements;
    size_t rows;
    size_t counts; /* what counts where nothing is left out: the elements, or the rows of the softmax family */
    size_t span;   /* slots from the first element to the last: the elements, unless there are strides */
    bool dense;
    focl__loss_array_shape arrays[FOCL__LOSS_ARRAY_COUNT];
} focl__loss_shape;

/* Whether a row is one problem: the softmax family. */
bool focl__loss_is_of_rows(const focl_loss_description *description);

/* Whether a row is one summand: the softmax family, and where the label's class alone has a loss. */
bool focl__loss_sums_rows(const focl_loss_description *description);

/* What is calculated with: FOCL_F32 or _F64. */
focl_type focl__loss_scalar_type(const focl_loss_description *description);

bool focl__loss_is_strided(const focl_loss_description *description);

/* Where an element stands in the arrays of elements. */
size_t focl__loss_slot(const focl_loss_description *description, size_t element);

/* The slots from `first` to before `end`. */
typedef struct focl__loss_slots {
    size_t first;
    size_t end;
} focl__loss_slots;

/* Slots that hold the elements from first to before end, and perhaps others. */
focl__loss_slots focl__loss_slots_of(const focl_loss_description *description, size_t first, size_t end);

/* The slots from the first element to the last; false where that is more than a size can say. */
bool focl__loss_span(const focl_loss_description *description, size_t *span);

/* True unless the strides make sure that every element has a slot of its own: inputs may share, outputs may not. */
bool focl__loss_slots_may_be_shared(const focl_loss_description *description);

/* Whether dense targets must lie in [0, 1]: not for the squared error of values as they are. */
bool focl__loss_bounds_targets(const focl_loss_description *description);

/*
 * Checks the description, in header order, and which arrays are given; fills *shape. given[] says for each array
 * whether the caller gave it. FOCL_EINVAL or FOCL_ENOTSUP with the sentence recorded.
 */
focl_status focl__loss_check(const focl_loss_description *description, const bool given[FOCL__LOSS_ARRAY_COUNT],
                             focl__loss_shape *shape);

/*
 * The same from host pointers (reference outputs too: output_bytes is sizeof(double) there, 0 for the types of the
 * table), plus their overlaps (FOCL_EOVERLAP): pointers[] in the order of enum focl__loss_array, NULL for absent ones.
 */
focl_status focl__loss_check_host(const focl_loss_description *description,
                                  const void *const pointers[FOCL__LOSS_ARRAY_COUNT], size_t output_bytes,
                                  focl__loss_shape *shape);

/* The same for the arrays of focl_loss_host and focl_mirror_loss, which may be NULL: FOCL_EINVAL then. */
focl_status focl__loss_check_host_call(const focl_loss_description *description, const focl_loss_host_inputs *inputs,
                                       const focl_loss_host_outputs *outputs, focl__loss_shape *shape);

/* The label of a row of index targets. */
int64_t focl__label_at(focl_type targets_type, const void *targets, size_t row);

/*
 * Looks at every target on the host: FOCL_ELABEL with the first position and value outside, e.g. "targets: label 12 at
 * row 7 is outside 0..9". *counts, if not NULL, becomes the call's counters either way.
 */
focl_status focl__loss_check_targets(const focl_loss_description *description, const focl__loss_shape *shape,
                                     const void *targets, focl_loss_counts *counts);

#endif
