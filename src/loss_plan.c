/* From the description's doubles to the kernels' floats, and the choice of the normaliser. */
#include "loss_plan.h"

#include <float.h>
#include <math.h>

#include "../cl/agreement.clh"

/* The kernels take no subnormal numbers. */
static float to_f32(double value) {
    const float rounded = (float)value;
    return fabsf(rounded) <= FLT_MIN ? 0.0F : rounded;
}

static int gamma_kind_of(float gamma) {
    for (int kind = 0; kind < FOCL_GAMMA_ANY; kind++) {
        if (gamma == (float)kind)
            return kind;
    }
    return FOCL_GAMMA_ANY;
}

static bool any_row_may_be_left_out(const focl_loss_description *description) {
    return description->has_ignore_index;
}

static focl__normalizer_source mean_source(const focl_loss_description *description) {
    return any_row_may_be_left_out(description) || description->target_only ? FOCL__NORMALIZER_COUNTED
                                                                            : FOCL__NORMALIZER_VALUE;
}

static focl__normalizer_source source_of(const focl_loss_description *description, const focl__loss_shape *shape) {
    const bool weighted = shape->arrays[FOCL__LOSS_class_weights].given || shape->arrays[FOCL__LOSS_weights].given;
    switch (description->reduction) {
    case FOCL_REDUCTION_MEAN:
        return mean_source(description);
    case FOCL_REDUCTION_ROW_MEAN:
        return any_row_may_be_left_out(description) ? FOCL__NORMALIZER_ROWS : FOCL__NORMALIZER_VALUE;
    case FOCL_REDUCTION_WEIGHTED_MEAN:
        return weighted ? FOCL__NORMALIZER_WEIGHTS : mean_source(description);
    case FOCL_REDUCTION_POSITIVE_MEAN:
        return FOCL__NORMALIZER_POSITIVE;
    case FOCL_REDUCTION_GIVEN:
        return shape->arrays[FOCL__LOSS_normalizer].given ? FOCL__NORMALIZER_ARRAY : FOCL__NORMALIZER_VALUE;
    case FOCL_REDUCTION_NONE:
    case FOCL_REDUCTION_SUM:
        break;
    }
    return FOCL__NORMALIZER_VALUE;
}

/* The divisor where no counting is needed. */
static float divisor_of(const focl_loss_description *description, const focl__loss_shape *shape) {
    switch (description->reduction) {
    case FOCL_REDUCTION_MEAN:
    case FOCL_REDUCTION_WEIGHTED_MEAN:
        return (float)shape->elements;
    case FOCL_REDUCTION_ROW_MEAN:
        return (float)shape->rows;
    case FOCL_REDUCTION_GIVEN:
        return to_f32(description->normalizer);
    case FOCL_REDUCTION_NONE:
    case FOCL_REDUCTION_SUM:
    case FOCL_REDUCTION_POSITIVE_MEAN:
        break;
    }
    return 1.0F;
}

static focl_view kernel_view(const focl_loss_description *description, const focl__loss_shape *shape) {
    if (description->shape.classes == 1)
        return (focl_view){1, 1, shape->elements};
    return description->shape;
}

focl__loss_plan focl__loss_plan_make(const focl_loss_description *description, const focl__loss_shape *shape) {
    const bool balanced = description->alpha >= 0;
    const float gamma = to_f32(description->gamma);
    return (focl__loss_plan){
        .shape = *shape,
        .view = kernel_view(description, shape),
        .activation = description->activation == FOCL_SIGMOID ? FOCL_ACTIVATION_SIGMOID : FOCL_ACTIVATION_IDENTITY,
        .gamma_kind = gamma_kind_of(gamma),
        .gamma = gamma,
        .alpha_positive = balanced ? to_f32(description->alpha) : 1.0F,
        .alpha_negative = balanced ? to_f32(1.0 - description->alpha) : 1.0F,
        .smoothing = to_f32(description->label_smoothing),
        .clip = to_f32(description->clip),
        .upstream = to_f32(description->upstream),
        .accumulate = to_f32(description->accumulate),
        .empty = description->empty == FOCL_EMPTY_NAN ? NAN : 0.0F,
        .source = source_of(description, shape),
        .divisor = divisor_of(description, shape),
    };
}

float focl__loss_plan_divisor(const focl__loss_plan *plan, const focl_loss_counts *counts) {
    switch (plan->source) {
    case FOCL__NORMALIZER_COUNTED:
        return (float)counts->counted;
    case FOCL__NORMALIZER_ROWS:
        return (float)counts->counted_rows;
    case FOCL__NORMALIZER_POSITIVE:
        return (float)(counts->positive > 1 ? counts->positive : 1);
    case FOCL__NORMALIZER_VALUE:
    case FOCL__NORMALIZER_WEIGHTS:
    case FOCL__NORMALIZER_ARRAY:
        break;
    }
    return plan->divisor;
}
