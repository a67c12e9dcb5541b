/* From the description's doubles to the kernels' numbers, and the choice of the normaliser. */
#include "loss_plan.h"

#include <float.h>
#include <math.h>

#include "../cl/agreement.clh"

static double rounded_to(focl_type type, double value) {
    return type == FOCL_F64 ? value : (double)(float)value;
}

/* As the kernels take it: they take no subnormal numbers. */
static double scalar_of(focl_type type, double value) {
    const double rounded = rounded_to(type, value);
    return fabs(rounded) <= (type == FOCL_F64 ? DBL_MIN : (double)FLT_MIN) ? 0.0 : rounded;
}

static double count_of(focl_type type, uint64_t count) {
    return type == FOCL_F64 ? (double)count : (double)(float)count;
}

static int gamma_kind_of(double gamma) {
    for (int kind = 0; kind < FOCL_GAMMA_ANY; kind++) {
        if (gamma == kind)
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
    /* A row of the softmax family weighs what its dense targets add up to, which need not be 1. */
    const bool weighted = shape->arrays[FOCL__LOSS_class_weights].given || shape->arrays[FOCL__LOSS_weights].given ||
                          (shape->dense && focl__loss_is_of_rows(description));
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

/* alpha is among the weights of a row of the softmax family. */
static double known_weight(const focl_loss_description *description) {
    return focl__loss_is_of_rows(description) && description->alpha >= 0 ? description->alpha : 1;
}

/* The divisor where no counting is needed. */
static double divisor_of(const focl_loss_description *description, const focl__loss_shape *shape) {
    const focl_type type = focl__loss_scalar_type(description);
    switch (description->reduction) {
    case FOCL_REDUCTION_MEAN:
        return count_of(type, shape->counts);
    case FOCL_REDUCTION_WEIGHTED_MEAN:
        return rounded_to(type, (double)shape->counts * known_weight(description));
    case FOCL_REDUCTION_ROW_MEAN:
        return count_of(type, shape->rows);
    case FOCL_REDUCTION_GIVEN:
        return scalar_of(type, description->normalizer);
    case FOCL_REDUCTION_NONE:
    case FOCL_REDUCTION_SUM:
    case FOCL_REDUCTION_POSITIVE_MEAN:
        break;
    }
    return 1.0;
}

static focl_view kernel_view(const focl_loss_description *description, const focl__loss_shape *shape) {
    if (description->shape.classes == 1 && !focl__loss_is_strided(description) && !focl__loss_is_of_rows(description))
        return (focl_view){1, 1, shape->elements};
    return description->shape;
}

static focl_strides kernel_strides(const focl_loss_description *description, focl_view view) {
    if (focl__loss_is_strided(description))
        return description->strides;
    return (focl_strides){view.classes * view.inner, view.inner, 1};
}

static int activation_of(focl_activation activation) {
    static const int codes[] = {
        [FOCL_SIGMOID] = FOCL_ACTIVATION_SIGMOID,
        [FOCL_IDENTITY] = FOCL_ACTIVATION_IDENTITY,
        [FOCL_SOFTMAX] = FOCL_ACTIVATION_SOFTMAX,
        [FOCL_CATEGORICAL] = FOCL_ACTIVATION_CATEGORICAL,
    };
    return codes[activation];
}

static int objective_of(focl_objective objective) {
    static const int codes[] = {
        [FOCL_FOCAL] = FOCL_OBJECTIVE_FOCAL,
        [FOCL_CROSS_ENTROPY] = FOCL_OBJECTIVE_FOCAL,
        [FOCL_MSE] = FOCL_OBJECTIVE_MSE,
        [FOCL_QUALITY_FOCAL] = FOCL_OBJECTIVE_QUALITY,
        [FOCL_VARIFOCAL] = FOCL_OBJECTIVE_VARIFOCAL,
    };
    return codes[objective];
}

static int curvature_of(focl_curvature curvature) {
    static const int codes[] = {
        [FOCL_CURVATURE_RAW] = FOCL_CURVATURE_OF_RAW,
        [FOCL_CURVATURE_ABSOLUTE] = FOCL_CURVATURE_OF_ABSOLUTE,
        [FOCL_CURVATURE_GAUSS_NEWTON] = FOCL_CURVATURE_OF_GAUSS_NEWTON,
    };
    return codes[curvature];
}

/* The weight of t = 0: alpha's complement; of varifocal loss, alpha itself. */
static double alpha_negative_of(const focl_loss_description *description) {
    if (description->alpha < 0)
        return 1;
    return description->objective == FOCL_VARIFOCAL ? description->alpha : 1 - description->alpha;
}

focl__loss_plan focl__loss_plan_make(const focl_loss_description *description, const focl__loss_shape *shape) {
    const focl_type type = focl__loss_scalar_type(description);
    const double gamma = scalar_of(type, description->gamma);
    const double gamma_negative =
        description->gamma_negative < 0 ? gamma : scalar_of(type, description->gamma_negative);
    const double margin = scalar_of(type, description->margin);
    const bool asymmetric = gamma_negative != gamma || margin > 0.0;
    const focl_view view = kernel_view(description, shape);
    return (focl__loss_plan){
        .shape = *shape,
        .view = view,
        .strides = kernel_strides(description, view),
        .strided = focl__loss_is_strided(description),
        .activation = activation_of(description->activation),
        .objective = objective_of(description->objective),
        .gamma_kind = asymmetric ? FOCL_GAMMA_ANY : gamma_kind_of(gamma),
        .curvature = curvature_of(description->curvature),
        .asymmetric = asymmetric,
        .scalar_type = type,
        .gamma = gamma,
        .gamma_negative = gamma_negative,
        .margin = margin,
        .poly1 = scalar_of(type, description->poly1),
        .alpha_positive = description->alpha < 0 || description->objective == FOCL_VARIFOCAL
                              ? 1.0
                              : scalar_of(type, description->alpha),
        .alpha_negative = scalar_of(type, alpha_negative_of(description)),
        .smoothing = scalar_of(type, description->label_smoothing),
        .clip = scalar_of(type, description->clip),
        .upstream = scalar_of(type, description->upstream * description->loss_scale),
        .accumulate = scalar_of(type, description->accumulate),
        .empty = description->empty == FOCL_EMPTY_NAN ? (double)NAN : 0.0,
        .source = source_of(description, shape),
        .divisor = divisor_of(description, shape),
    };
}

double focl__loss_plan_divisor(const focl__loss_plan *plan, const focl_loss_counts *counts) {
    switch (plan->source) {
    case FOCL__NORMALIZER_COUNTED:
        return count_of(plan->scalar_type, counts->counted);
    case FOCL__NORMALIZER_ROWS:
        return count_of(plan->scalar_type, counts->counted_rows);
    case FOCL__NORMALIZER_POSITIVE:
        return count_of(plan->scalar_type, counts->positive > 1 ? counts->positive : 1);
    case FOCL__NORMALIZER_VALUE:
    case FOCL__NORMALIZER_WEIGHTS:
    case FOCL__NORMALIZER_ARRAY:
        break;
    }
    return plan->divisor;
}
