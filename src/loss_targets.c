/* What is wrong with a loss's targets, and how many of them are what. */
#include <float.h>
#include <inttypes.h>
#include <math.h>

#include "element.h"
#include "error.h"
#include "loss_check.h"

int64_t focl__label_at(focl_type targets_type, const void *targets, size_t row) {
    switch (targets_type) {
    case FOCL_U8:
        return ((const uint8_t *)targets)[row];
    case FOCL_I16:
        return ((const int16_t *)targets)[row];
    case FOCL_I32:
        return ((const int32_t *)targets)[row];
    default:
        return ((const int64_t *)targets)[row];
    }
}

/* The usual targets without a call. */
static double dense_target(const focl_loss_description *description, bool strided, const void *targets,
                           size_t element) {
    const size_t slot = strided ? focl__loss_slot(description, element) : element;
    return description->targets_type == FOCL_F32 ? (double)((const float *)targets)[slot]
                                                 : focl__element_at(description->targets_type, targets, slot);
}

static void count_out_of_range(focl_loss_counts *counts, size_t position) {
    if (counts->out_of_range++ == 0)
        counts->first_out_of_range = position;
}

/* Subnormal numbers of their type count as 0, whatever their sign. */
static bool is_target(double value, bool bounded, double least) {
    return bounded ? value > -least && value <= 1 : isfinite(value);
}

static void count_dense(const focl_loss_description *description, const focl__loss_shape *shape, const void *targets,
                        focl_loss_counts *counts) {
    const bool bounded = focl__loss_bounds_targets(description);
    const bool strided = focl__loss_is_strided(description);
    const double least = description->targets_type == FOCL_F64 ? DBL_MIN : (double)FLT_MIN;
    counts->counted = shape->elements;
    for (size_t i = 0; i < shape->elements; i++) {
        const double target = dense_target(description, strided, targets, i);
        if (!is_target(target, bounded, least))
            count_out_of_range(counts, i);
        else if (target >= 1 && target <= 1)
            counts->positive++;
    }
}

static void count_label(const focl_loss_description *description, int64_t label, size_t row, focl_loss_counts *counts) {
    const size_t classes = description->shape.classes;
    if (description->has_ignore_index && label == description->ignore_index) {
        counts->ignored++;
        return;
    }
    const bool background = description->has_background && label == description->background;
    const bool has_class = !background && label >= 0 && (uint64_t)label < classes;
    counts->positive += has_class;
    counts->counted += description->target_only ? has_class : classes;
    if (!background && !has_class)
        count_out_of_range(counts, row);
}

static void count_labels(const focl_loss_description *description, const focl__loss_shape *shape, const void *targets,
                         focl_loss_counts *counts) {
    for (size_t row = 0; row < shape->rows; row++)
        count_label(description, focl__label_at(description->targets_type, targets, row), row, counts);
}

static focl_status fail_label(const focl_loss_description *description, const void *targets, size_t position) {
    if (focl_type_is_float(description->targets_type))
        return focl__fail(FOCL_ELABEL, "targets", "value %g at element %zu is %s",
                          dense_target(description, focl__loss_is_strided(description), targets, position), position,
                          focl__loss_bounds_targets(description) ? "outside 0..1" : "no finite number");
    const int64_t label = focl__label_at(description->targets_type, targets, position);
    if (description->shape.classes == 0)
        return focl__fail(FOCL_ELABEL, "targets", "label %" PRId64 " at row %zu, and there are no classes", label,
                          position);
    return focl__fail(FOCL_ELABEL, "targets", "label %" PRId64 " at row %zu is outside 0..%zu", label, position,
                      description->shape.classes - 1);
}

focl_status focl__loss_check_targets(const focl_loss_description *description, const focl__loss_shape *shape,
                                     const void *targets, focl_loss_counts *counts) {
    focl_loss_counts found = {
        .elements = shape->elements,
        .rows = shape->rows,
        .first_out_of_range = UINT64_MAX,
    };
    if (shape->dense)
        count_dense(description, shape, targets, &found);
    else
        count_labels(description, shape, targets, &found);
    found.counted_rows = found.rows - found.ignored;
    if (focl__loss_is_of_rows(description))
        found.counted = found.positive = found.counted_rows;
    if (counts)
        *counts = found;
    return found.out_of_range ? fail_label(description, targets, (size_t)found.first_out_of_range) : FOCL_OK;
}
