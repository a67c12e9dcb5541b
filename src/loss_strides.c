/* Where elements stand in their arrays. */
#include "loss_check.h"

typedef struct position {
    size_t outer;
    size_t class_number;
    size_t inner;
} position;

static position position_of(const focl_loss_description *description, size_t element) {
    const focl_view view = description->shape;
    const size_t plane = element / view.inner;
    return (position){plane / view.classes, plane % view.classes, element % view.inner};
}

static size_t slot_at(const focl_loss_description *description, position at) {
    const focl_strides strides = description->strides;
    return at.outer * strides.outer + at.class_number * strides.classes + at.inner * strides.inner;
}

bool focl__loss_is_strided(const focl_loss_description *description) {
    const focl_strides strides = description->strides;
    return strides.outer != 0 || strides.classes != 0 || strides.inner != 0;
}

size_t focl__loss_slot(const focl_loss_description *description, size_t element) {
    return focl__loss_is_strided(description) ? slot_at(description, position_of(description, element)) : element;
}

focl__loss_slots focl__loss_slots_of(const focl_loss_description *description, size_t first, size_t end) {
    const focl_view view = description->shape;
    if (!focl__loss_is_strided(description) || first == end)
        return (focl__loss_slots){first, end};
    position least = position_of(description, first);
    position greatest = position_of(description, end - 1);
    const bool many_outers = least.outer != greatest.outer;
    if (many_outers || least.class_number != greatest.class_number) {
        least.inner = 0;
        greatest.inner = view.inner - 1;
    }
    if (many_outers) {
        least.class_number = 0;
        greatest.class_number = view.classes - 1;
    }
    return (focl__loss_slots){slot_at(description, least), slot_at(description, greatest) + 1};
}

static bool product_overflows(size_t a, size_t b) {
    return a != 0 && b > SIZE_MAX / a;
}

/* The slots of one extent but the first; false where that is more than a size can say. */
static bool add_reach(size_t extent, size_t stride, size_t *span) {
    if (extent < 2)
        return true;
    if (product_overflows(extent - 1, stride) || (extent - 1) * stride > SIZE_MAX - *span)
        return false;
    *span += (extent - 1) * stride;
    return true;
}

bool focl__loss_span(const focl_loss_description *description, size_t *span) {
    const focl_view view = description->shape;
    const focl_strides strides = description->strides;
    *span = view.outer * view.classes * view.inner;
    if (*span == 0 || !focl__loss_is_strided(description))
        return true;
    *span = 1;
    return add_reach(view.outer, strides.outer, span) && add_reach(view.classes, strides.classes, span) &&
           add_reach(view.inner, strides.inner, span);
}

typedef struct dimension {
    size_t extent;
    size_t stride;
} dimension;

static void swap_if_descending(dimension *a, dimension *b) {
    const dimension first = *a;
    if (a->stride <= b->stride)
        return;
    *a = *b;
    *b = first;
}

/* Each stride, in ascending order, must lead beyond what the ones before can reach. */
bool focl__loss_slots_may_be_shared(const focl_loss_description *description) {
    const focl_view view = description->shape;
    const focl_strides strides = description->strides;
    dimension by_stride[] = {{view.outer, strides.outer}, {view.classes, strides.classes}, {view.inner, strides.inner}};
    size_t reach = 0;
    swap_if_descending(&by_stride[0], &by_stride[1]);
    swap_if_descending(&by_stride[1], &by_stride[2]);
    swap_if_descending(&by_stride[0], &by_stride[1]);
    for (size_t i = 0; i < sizeof by_stride / sizeof *by_stride; i++) {
        if (by_stride[i].extent > 1 && by_stride[i].stride <= reach)
            return true;
        reach += by_stride[i].extent > 1 ? (by_stride[i].extent - 1) * by_stride[i].stride : 0;
    }
    return false;
}
