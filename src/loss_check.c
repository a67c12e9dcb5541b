/*
 * What is wrong with a loss's description, arrays or targets. Each field of the description has one rule; the rules run
 * in the order of the header, then the arrays are looked at in the order of their tables.
 */
#include "loss_check.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>

#include "error.h"

bool focl__loss_is_of_rows(const focl_loss_description *description) {
    return description->activation == FOCL_SOFTMAX || description->activation == FOCL_CATEGORICAL;
}

bool focl__loss_sums_rows(const focl_loss_description *description) {
    return focl__loss_is_of_rows(description) || description->target_only;
}

bool focl__loss_bounds_targets(const focl_loss_description *description) {
    return description->activation != FOCL_IDENTITY || description->objective != FOCL_MSE;
}

focl_type focl__loss_scalar_type(const focl_loss_description *description) {
    return description->logits_type == FOCL_F64 ? FOCL_F64 : FOCL_F32;
}

focl_loss_description focl_loss_default(focl_activation activation, focl_objective objective, focl_view shape) {
    static const struct {
        double gamma;
        double alpha;
    } usual[] = {
        [FOCL_FOCAL] = {2.0, 0.25},         [FOCL_CROSS_ENTROPY] = {0.0, -1.0}, [FOCL_MSE] = {0.0, -1.0},
        [FOCL_QUALITY_FOCAL] = {2.0, -1.0}, [FOCL_VARIFOCAL] = {2.0, 0.75},
    };
    const size_t known = (size_t)objective < sizeof usual / sizeof *usual ? (size_t)objective : FOCL_CROSS_ENTROPY;
    focl_loss_description description = {
        .activation = activation,
        .objective = objective,
        .shape = shape,
        .logits_type = FOCL_F32,
        .targets_type = FOCL_F32,
        .gamma = usual[known].gamma,
        .gamma_negative = -1.0,
        .alpha = usual[known].alpha,
        .upstream = 1.0,
        .loss_scale = 1.0,
        .reduction = FOCL_REDUCTION_MEAN,
        .normalizer = 1.0,
        .empty = FOCL_EMPTY_ZERO,
        .curvature = FOCL_CURVATURE_RAW,
    };
    if (focl__loss_is_of_rows(&description))
        description.alpha = -1.0;
    return description;
}

/* ---- The description ---- */

static bool is_dense(const focl_loss_description *description) {
    return focl_type_is_float(description->targets_type);
}

static bool is_focal(const focl_loss_description *description) {
    return description->objective == FOCL_FOCAL || description->objective == FOCL_CROSS_ENTROPY;
}

/* Whether a number can be calculated with. */
static bool fits(const focl_loss_description *description, double value) {
    return isfinite(value) && (focl__loss_scalar_type(description) == FOCL_F64 || fabs(value) <= (double)FLT_MAX);
}

static const char *scalar_name(const focl_loss_description *description) {
    return focl_type_name(focl__loss_scalar_type(description));
}

static focl_status check_choice(const char *field, long long value, int last) {
    if (value >= 0 && value <= last)
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, field, "must be one of the values 0..%d, is %lld", last, value);
}

static focl_status check_finite(const focl_loss_description *description, const char *field, double value) {
    if (fits(description, value))
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, field, "must be a finite %s, is %g", scalar_name(description), value);
}

static focl_status check_activation(const focl_loss_description *description) {
    return check_choice("activation", (long long)description->activation, FOCL_CATEGORICAL);
}

static focl_status check_objective(const focl_loss_description *description) {
    const focl_status status = check_choice("objective", (long long)description->objective, FOCL_VARIFOCAL);
    const bool of_logits = description->objective == FOCL_QUALITY_FOCAL || description->objective == FOCL_VARIFOCAL;
    if (!status && of_logits && description->activation != FOCL_SIGMOID)
        return focl__fail(FOCL_EINVAL, "objective", "quality focal and varifocal loss go with FOCL_SIGMOID only");
    return status;
}

static bool product_overflows(size_t a, size_t b) {
    return a != 0 && b > SIZE_MAX / a;
}

static focl_status check_shape(const focl_loss_description *description) {
    const focl_view view = description->shape;
    if (view.classes > INT32_MAX)
        return focl__fail(FOCL_ENOTSUP, "shape", "%zu classes are more than %" PRId32, view.classes, INT32_MAX);
    if (product_overflows(view.outer, view.inner) || product_overflows(view.outer * view.inner, view.classes))
        return focl__fail(FOCL_EINVAL, "shape", "%zu x %zu x %zu elements are more than a size can say", view.outer,
                          view.classes, view.inner);
    return FOCL_OK;
}

static focl_status check_strides(const focl_loss_description *description) {
    size_t span = 0;
    const focl_strides strides = description->strides;
    if (focl__loss_span(description, &span))
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, "strides", "%zu, %zu and %zu reach further than a size can say", strides.outer,
                      strides.classes, strides.inner);
}

static focl_status check_logits_type(const focl_loss_description *description) {
    const focl_type type = description->logits_type;
    if (focl_type_is_float(type))
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, "logits_type", "must be a float type, is %s (%lld)", focl_type_name(type),
                      (long long)type);
}

static focl_status check_targets_type(const focl_loss_description *description) {
    if (description->targets_type == FOCL_F64 && description->logits_type != FOCL_F64)
        return focl__fail(FOCL_EINVAL, "targets_type", "f64 goes with f64 logits only, not with %s",
                          focl_type_name(description->logits_type));
    return check_choice("targets_type", (long long)description->targets_type, FOCL_F64);
}

static focl_status check_gamma(const focl_loss_description *description) {
    const double gamma = description->gamma;
    if (!fits(description, gamma) || gamma < 0)
        return focl__fail(FOCL_EINVAL, "gamma", "must be a finite %s and at least 0, is %g", scalar_name(description),
                          gamma);
    if (gamma > 0 && (description->objective == FOCL_CROSS_ENTROPY || description->objective == FOCL_MSE))
        return focl__fail(FOCL_EINVAL, "gamma", "must be 0 for %s, is %g",
                          description->objective == FOCL_MSE ? "squared error" : "cross entropy", gamma);
    return FOCL_OK;
}

static bool is_sigmoid_focal(const focl_loss_description *description) {
    return description->activation == FOCL_SIGMOID && description->objective == FOCL_FOCAL;
}

static focl_status check_gamma_negative(const focl_loss_description *description) {
    const double gamma = description->gamma_negative;
    const focl_status status = check_finite(description, "gamma_negative", gamma);
    if (status)
        return status;
    if (gamma >= 0 && !is_sigmoid_focal(description))
        return focl__fail(FOCL_EINVAL, "gamma_negative", "must be negative but for FOCL_SIGMOID and FOCL_FOCAL, is %g",
                          gamma);
    return FOCL_OK;
}

static focl_status check_margin(const focl_loss_description *description) {
    const double margin = description->margin;
    if (!(margin >= 0 && margin < 1))
        return focl__fail(FOCL_EINVAL, "margin", "must be at least 0 and below 1, is %g", margin);
    if (margin > 0 && !is_sigmoid_focal(description))
        return focl__fail(FOCL_EINVAL, "margin", "must be 0 but for FOCL_SIGMOID and FOCL_FOCAL, is %g", margin);
    return FOCL_OK;
}

static focl_status check_poly1(const focl_loss_description *description) {
    const double poly1 = description->poly1;
    const bool of_logits = description->activation == FOCL_SIGMOID || description->activation == FOCL_SOFTMAX;
    const focl_status status = check_finite(description, "poly1", poly1);
    if (status)
        return status;
    if ((poly1 < 0 || poly1 > 0) && !(of_logits && is_focal(description)))
        return focl__fail(FOCL_EINVAL, "poly1", "must be 0 but for focal loss and cross entropy of logits, is %g",
                          poly1);
    return FOCL_OK;
}

static focl_status check_alpha(const focl_loss_description *description) {
    const double alpha = description->alpha;
    const bool has_none = description->objective == FOCL_MSE || description->objective == FOCL_QUALITY_FOCAL;
    if (alpha >= 0 && has_none)
        return focl__fail(FOCL_EINVAL, "alpha", "must be negative, that is off, for this objective, is %g", alpha);
    if (focl__loss_is_of_rows(description))
        return check_finite(description, "alpha", alpha);
    if (alpha <= 1)
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, "alpha", "must be in 0..1, or negative for off, is %g", alpha);
}

static focl_status check_label_smoothing(const focl_loss_description *description) {
    const double smoothing = description->label_smoothing;
    if (!(smoothing >= 0 && smoothing <= 1))
        return focl__fail(FOCL_EINVAL, "label_smoothing", "must be in 0..1, is %g", smoothing);
    if (smoothing > 0 && !is_focal(description))
        return focl__fail(FOCL_EINVAL, "label_smoothing", "must be 0 but for focal loss and cross entropy, is %g",
                          smoothing);
    if (smoothing > 0 && description->margin > 0)
        return focl__fail(FOCL_EINVAL, "label_smoothing", "must be 0 with a margin, is %g", smoothing);
    return FOCL_OK;
}

static focl_status check_clip(const focl_loss_description *description) {
    const double clip = description->clip;
    if (!(clip >= 0 && clip < 0.5))
        return focl__fail(FOCL_EINVAL, "clip", "must be at least 0 and below 0.5, is %g", clip);
    const bool of_logits = description->activation == FOCL_SIGMOID || description->activation == FOCL_SOFTMAX;
    if (clip > 0 && (of_logits || !focl__loss_bounds_targets(description)))
        return focl__fail(FOCL_EINVAL, "clip", "must be 0 for logits and values, is %g", clip);
    return FOCL_OK;
}

static focl_status check_sigmoid_only(const focl_loss_description *description, const char *field, bool set) {
    if (set && focl__loss_is_of_rows(description))
        return focl__fail(FOCL_EINVAL, field, "is not for the softmax family");
    return FOCL_OK;
}

static focl_status check_index_only(const focl_loss_description *description, const char *field, bool set) {
    if (set && is_dense(description))
        return focl__fail(FOCL_EINVAL, field, "needs class indices, and targets_type is %s: dense targets",
                          focl_type_name(description->targets_type));
    return FOCL_OK;
}

static focl_status check_ignore_index(const focl_loss_description *description) {
    return check_index_only(description, "has_ignore_index", description->has_ignore_index);
}

static focl_status check_background(const focl_loss_description *description) {
    const focl_status status = check_index_only(description, "has_background", description->has_background);
    return status ? status : check_sigmoid_only(description, "has_background", description->has_background);
}

static focl_status check_target_only(const focl_loss_description *description) {
    const focl_status status = check_index_only(description, "target_only", description->target_only);
    return status ? status : check_sigmoid_only(description, "target_only", description->target_only);
}

static focl_status check_weights_extent(const focl_loss_description *description) {
    return check_choice("weights_extent", (long long)description->weights_extent, FOCL_PER_ELEMENT);
}

static focl_status check_upstream_extent(const focl_loss_description *description) {
    return check_choice("upstream_extent", (long long)description->upstream_extent, FOCL_PER_ELEMENT);
}

static focl_status check_upstream(const focl_loss_description *description) {
    return check_finite(description, "upstream", description->upstream);
}

static focl_status check_loss_scale(const focl_loss_description *description) {
    const focl_status status = check_finite(description, "loss_scale", description->loss_scale);
    return status ? status : check_finite(description, "loss_scale", description->loss_scale * description->upstream);
}

static focl_status check_curvature(const focl_loss_description *description) {
    return check_choice("curvature", (long long)description->curvature, FOCL_CURVATURE_GAUSS_NEWTON);
}

static focl_status check_reduction(const focl_loss_description *description) {
    return check_choice("reduction", (long long)description->reduction, FOCL_REDUCTION_GIVEN);
}

static focl_status check_empty(const focl_loss_description *description) {
    return check_choice("empty", (long long)description->empty, FOCL_EMPTY_NAN);
}

static focl_status check_accumulate(const focl_loss_description *description) {
    return check_finite(description, "accumulate", description->accumulate);
}

static focl_status check_in_place(const focl_loss_description *description) {
    const double accumulate = description->accumulate;
    if (description->in_place && (accumulate < 0 || accumulate > 0))
        return focl__fail(FOCL_EINVAL, "in_place", "excludes accumulate, which is %g", accumulate);
    return FOCL_OK;
}

typedef focl_status (*description_rule)(const focl_loss_description *description);

/* In header order. The rules of pos_weight_count and normalizer need to know the arrays: see below. */
static const description_rule description_rules[] = {
    check_activation,     check_objective,       check_shape,      check_strides,
    check_logits_type,    check_targets_type,    check_gamma,      check_gamma_negative,
    check_margin,         check_poly1,           check_alpha,      check_label_smoothing,
    check_clip,           check_ignore_index,    check_background, check_target_only,
    check_weights_extent, check_upstream_extent, check_upstream,   check_loss_scale,
    check_reduction,      check_empty,           check_curvature,  check_in_place,
    check_accumulate,
};

static focl_status check_description(const focl_loss_description *description) {
    for (size_t i = 0; i < sizeof description_rules / sizeof *description_rules; i++) {
        const focl_status status = description_rules[i](description);
        if (status)
            return status;
    }
    return FOCL_OK;
}

/* ---- The arrays ---- */

enum array_type { TYPE_logits, TYPE_targets, TYPE_f32, TYPE_scalar, TYPE_counts };

enum array_extent {
    EXTENT_elements,
    EXTENT_losses,
    EXTENT_targets,
    EXTENT_classes,
    EXTENT_pos,
    EXTENT_weights,
    EXTENT_upstream,
    EXTENT_one
};

static const struct {
    const char *name;
    enum array_type type;
    enum array_extent extent;
} array_table[FOCL__LOSS_ARRAY_COUNT] = {
#define ARRAY_ROW(field, type, extent) [FOCL__LOSS_##field] = {#field, TYPE_##type, EXTENT_##extent},
    FOCL_LOSS_INPUT_TABLE(ARRAY_ROW) FOCL_LOSS_OUTPUT_TABLE(ARRAY_ROW)
#undef ARRAY_ROW
};

static size_t type_bytes(enum array_type type, const focl_loss_description *description) {
    switch (type) {
    case TYPE_logits:
        return focl_type_size(description->logits_type);
    case TYPE_targets:
        return focl_type_size(description->targets_type);
    case TYPE_f32:
        return sizeof(float);
    case TYPE_scalar:
        return focl_type_size(focl__loss_scalar_type(description));
    case TYPE_counts:
        return sizeof(focl_loss_counts);
    }
    return 0;
}

static size_t chosen_elements(focl_extent extent, const focl__loss_shape *shape) {
    return extent == FOCL_PER_ELEMENT ? shape->span : shape->rows;
}

static size_t extent_elements(enum array_extent extent, const focl_loss_description *description,
                              const focl__loss_shape *shape) {
    switch (extent) {
    case EXTENT_elements:
        return shape->span;
    case EXTENT_losses:
        return focl__loss_is_of_rows(description) ? shape->rows : shape->span;
    case EXTENT_targets:
        return shape->dense ? shape->span : shape->rows;
    case EXTENT_classes:
        return description->shape.classes;
    case EXTENT_pos:
        return description->pos_weight_count;
    case EXTENT_weights:
        return chosen_elements(description->weights_extent, shape);
    case EXTENT_upstream:
        return chosen_elements(description->upstream_extent, shape);
    case EXTENT_one:
        return 1;
    }
    return 0;
}

static focl__loss_range range_of(enum array_extent extent, const focl_loss_description *description) {
    switch (extent) {
    case EXTENT_elements:
        return FOCL__RANGE_ELEMENTS;
    case EXTENT_losses:
        return focl__loss_is_of_rows(description) ? FOCL__RANGE_ROWS : FOCL__RANGE_ELEMENTS;
    case EXTENT_targets:
        return is_dense(description) ? FOCL__RANGE_ELEMENTS : FOCL__RANGE_ROWS;
    case EXTENT_weights:
        return description->weights_extent == FOCL_PER_ELEMENT ? FOCL__RANGE_ELEMENTS : FOCL__RANGE_ROWS;
    case EXTENT_upstream:
        return description->upstream_extent == FOCL_PER_ELEMENT ? FOCL__RANGE_ELEMENTS : FOCL__RANGE_ROWS;
    default:
        return FOCL__RANGE_WHOLE;
    }
}

static void describe_arrays(const focl_loss_description *description, const bool given[FOCL__LOSS_ARRAY_COUNT],
                            size_t output_bytes, focl__loss_shape *shape) {
    *shape = (focl__loss_shape){0};
    shape->rows = description->shape.outer * description->shape.inner;
    shape->elements = shape->rows * description->shape.classes;
    shape->counts = focl__loss_is_of_rows(description) ? shape->rows : shape->elements;
    shape->dense = is_dense(description);
    (void)focl__loss_span(description, &shape->span);
    for (size_t i = 0; i < FOCL__LOSS_ARRAY_COUNT; i++) {
        const bool widened = output_bytes && i >= FOCL__LOSS_FIRST_OUTPUT && array_table[i].type != TYPE_counts;
        shape->arrays[i] = (focl__loss_array_shape){
            .name = array_table[i].name,
            .element_bytes = widened ? output_bytes : type_bytes(array_table[i].type, description),
            .elements = extent_elements(array_table[i].extent, description, shape),
            .range = range_of(array_table[i].extent, description),
            .given = given[i],
        };
    }
}

static focl_status check_pos_weight_count(const focl_loss_description *description, const focl__loss_shape *shape) {
    const size_t count = description->pos_weight_count;
    const size_t classes = description->shape.classes;
    if (!shape->arrays[FOCL__LOSS_pos_weights].given || count == classes || count == 1)
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, "pos_weight_count", "must be 1 or the %zu classes, is %zu", classes, count);
}

static focl_status check_row_factors(const focl_loss_description *description, const focl__loss_shape *shape) {
    if (!focl__loss_is_of_rows(description))
        return FOCL_OK;
    if (shape->arrays[FOCL__LOSS_weights].given && description->weights_extent == FOCL_PER_ELEMENT)
        return focl__fail(FOCL_EINVAL, "weights_extent", "must be per row in the softmax family");
    if (shape->arrays[FOCL__LOSS_upstream].given && description->upstream_extent == FOCL_PER_ELEMENT)
        return focl__fail(FOCL_EINVAL, "upstream_extent", "must be per row in the softmax family");
    return FOCL_OK;
}

/* A weight on the t = 1 term needs an objective with such a term. */
static focl_status check_pos_weights(const focl_loss_description *description, const focl__loss_shape *shape) {
    if (!shape->arrays[FOCL__LOSS_pos_weights].given)
        return FOCL_OK;
    if (focl__loss_is_of_rows(description) || description->objective == FOCL_MSE)
        return focl__fail(FOCL_EINVAL, "pos_weights", "are for the cross entropy of the sigmoid family");
    return FOCL_OK;
}

static focl_status check_hessian(const focl_loss_description *description, const focl__loss_shape *shape) {
    const bool of_probabilities = description->activation == FOCL_CATEGORICAL ||
                                  (description->activation == FOCL_IDENTITY && description->objective != FOCL_MSE);
    if (shape->arrays[FOCL__LOSS_hessian].given && of_probabilities)
        return focl__fail(FOCL_ENOTSUP, "hessian", "is there for logits and for FOCL_MSE of values only");
    return FOCL_OK;
}

/* A normaliser that is rounded to 0 would silently mean that nothing counted. */
static focl_status check_normalizer(const focl_loss_description *description, const focl__loss_shape *shape) {
    const double normalizer = description->normalizer;
    const bool array_given = shape->arrays[FOCL__LOSS_normalizer].given;
    if (description->reduction != FOCL_REDUCTION_GIVEN)
        return array_given ? focl__fail(FOCL_EINVAL, "normalizer", "is an array, and reduction is not given") : FOCL_OK;
    const bool is_f64 = focl__loss_scalar_type(description) == FOCL_F64;
    if (array_given || (fits(description, normalizer) && normalizer >= (is_f64 ? DBL_MIN : (double)FLT_MIN)))
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, "normalizer", "must be a finite %s of at least 2^%s, is %g",
                      scalar_name(description), is_f64 ? "-1022" : "-126", normalizer);
}

static focl_status check_required(const focl_loss_description *description, const focl__loss_shape *shape) {
    (void)description;
    for (size_t i = FOCL__LOSS_logits; i <= FOCL__LOSS_targets; i++) {
        const focl__loss_array_shape *array = &shape->arrays[i];
        if (!array->given && array->elements > 0)
            return focl__fail(FOCL_EINVAL, array->name, "is missing; %zu elements are needed", array->elements);
    }
    return FOCL_OK;
}

static focl_status check_bytes(const focl_loss_description *description, const focl__loss_shape *shape) {
    (void)description;
    for (size_t i = 0; i < FOCL__LOSS_ARRAY_COUNT; i++) {
        const focl__loss_array_shape *array = &shape->arrays[i];
        if (array->given && product_overflows(array->element_bytes, array->elements))
            return focl__fail(FOCL_EINVAL, array->name, "%zu elements of %zu bytes are more than a size can say",
                              array->elements, array->element_bytes);
    }
    return FOCL_OK;
}

static focl_status check_outputs(const focl_loss_description *description, const focl__loss_shape *shape) {
    bool any = false;
    for (size_t i = FOCL__LOSS_FIRST_OUTPUT; i < FOCL__LOSS_ARRAY_COUNT; i++)
        any = any || shape->arrays[i].given;
    if (!any)
        return focl__fail(FOCL_EINVAL, "outputs", "none is given; at least one must be");
    if (description->reduction != FOCL_REDUCTION_NONE)
        return FOCL_OK;
    static const enum focl__loss_array of_reduction[] = {FOCL__LOSS_reduced, FOCL__LOSS_used_normalizer};
    for (size_t i = 0; i < sizeof of_reduction / sizeof *of_reduction; i++) {
        const focl__loss_array_shape *array = &shape->arrays[of_reduction[i]];
        if (array->given)
            return focl__fail(FOCL_EINVAL, array->name, "is given, and the reduction is none");
    }
    return FOCL_OK;
}

/* Inputs may repeat their elements, outputs may not. */
static focl_status check_strided_outputs(const focl_loss_description *description, const focl__loss_shape *shape) {
    if (shape->elements == 0 || !focl__loss_is_strided(description) || !focl__loss_slots_may_be_shared(description))
        return FOCL_OK;
    for (size_t i = FOCL__LOSS_FIRST_OUTPUT; i < FOCL__LOSS_ARRAY_COUNT; i++) {
        const focl__loss_array_shape *array = &shape->arrays[i];
        if (array->given && array->range == FOCL__RANGE_ELEMENTS)
            return focl__fail(FOCL_EINVAL, "strides", "%zu, %zu and %zu let elements of %s share their places",
                              description->strides.outer, description->strides.classes, description->strides.inner,
                              array->name);
    }
    return FOCL_OK;
}

typedef focl_status (*array_rule)(const focl_loss_description *description, const focl__loss_shape *shape);

static const array_rule array_rules[] = {
    check_row_factors, check_pos_weights, check_pos_weight_count, check_normalizer,      check_required,
    check_bytes,       check_outputs,     check_hessian,          check_strided_outputs,
};

static focl_status check_arrays(const focl_loss_description *description, const focl__loss_shape *shape) {
    for (size_t i = 0; i < sizeof array_rules / sizeof *array_rules; i++) {
        const focl_status status = array_rules[i](description, shape);
        if (status)
            return status;
    }
    return FOCL_OK;
}

static focl_status check_call(const focl_loss_description *description, const bool given[FOCL__LOSS_ARRAY_COUNT],
                              size_t output_bytes, focl__loss_shape *shape) {
    if (!description)
        return focl__fail(FOCL_EINVAL, "description", "is NULL");
    const focl_status status = check_description(description);
    if (status)
        return status;
    describe_arrays(description, given, output_bytes, shape);
    return check_arrays(description, shape);
}

focl_status focl__loss_check(const focl_loss_description *description, const bool given[FOCL__LOSS_ARRAY_COUNT],
                             focl__loss_shape *shape) {
    return check_call(description, given, 0, shape);
}

/* ---- Host pointers ---- */

static size_t alignment_of(size_t element_bytes) {
    return element_bytes < sizeof(uint64_t) ? element_bytes : _Alignof(uint64_t);
}

static focl_status check_alignment(const focl__loss_array_shape *array, const void *pointer) {
    const size_t alignment = alignment_of(array->element_bytes);
    if ((uintptr_t)pointer % alignment == 0)
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, array->name, "must start at a multiple of %zu bytes", alignment);
}

static bool overlaps(const void *a, size_t a_bytes, const void *b, size_t b_bytes) {
    const uintptr_t a_start = (uintptr_t)a;
    const uintptr_t b_start = (uintptr_t)b;
    if (a_bytes == 0 || b_bytes == 0)
        return false;
    return a_start < b_start ? b_start - a_start < a_bytes : a_start - b_start < b_bytes;
}

static size_t array_bytes(const focl__loss_array_shape *array) {
    return array->elements * array->element_bytes;
}

static bool is_in_place(const focl_loss_description *description, const focl__loss_shape *shape,
                        const void *const pointers[FOCL__LOSS_ARRAY_COUNT], size_t output, size_t other) {
    return description->in_place && output == FOCL__LOSS_gradient && other == FOCL__LOSS_logits &&
           pointers[output] == pointers[other] &&
           array_bytes(&shape->arrays[output]) == array_bytes(&shape->arrays[other]);
}

static focl_status check_output_overlap(const focl_loss_description *description, const focl__loss_shape *shape,
                                        const void *const pointers[FOCL__LOSS_ARRAY_COUNT], size_t output) {
    const focl__loss_array_shape *arrays = shape->arrays;
    for (size_t other = 0; other < output; other++) {
        if (!arrays[other].given || is_in_place(description, shape, pointers, output, other))
            continue;
        if (overlaps(pointers[output], array_bytes(&arrays[output]), pointers[other], array_bytes(&arrays[other])))
            return focl__fail(FOCL_EOVERLAP, arrays[output].name, "%zu bytes overlap those of %s",
                              array_bytes(&arrays[output]), arrays[other].name);
    }
    return FOCL_OK;
}

focl_status focl__loss_check_host(const focl_loss_description *description,
                                  const void *const pointers[FOCL__LOSS_ARRAY_COUNT], size_t output_bytes,
                                  focl__loss_shape *shape) {
    bool given[FOCL__LOSS_ARRAY_COUNT];
    for (size_t i = 0; i < FOCL__LOSS_ARRAY_COUNT; i++)
        given[i] = pointers[i] != NULL;
    focl_status status = check_call(description, given, output_bytes, shape);
    for (size_t i = 0; !status && i < FOCL__LOSS_ARRAY_COUNT; i++)
        status = check_alignment(&shape->arrays[i], pointers[i]);
    for (size_t i = FOCL__LOSS_FIRST_OUTPUT; !status && i < FOCL__LOSS_ARRAY_COUNT; i++)
        if (given[i])
            status = check_output_overlap(description, shape, pointers, i);
    return status;
}

focl_status focl__loss_check_host_call(const focl_loss_description *description, const focl_loss_host_inputs *inputs,
                                       const focl_loss_host_outputs *outputs, focl__loss_shape *shape) {
    if (!inputs || !outputs)
        return focl__fail(FOCL_EINVAL, inputs ? "outputs" : "inputs", "is NULL");
    const void *const pointers[FOCL__LOSS_ARRAY_COUNT] = {
#define INPUT_POINTER(field, type, extent)  inputs->field,
#define OUTPUT_POINTER(field, type, extent) outputs->field,
        FOCL_LOSS_INPUT_TABLE(INPUT_POINTER) FOCL_LOSS_OUTPUT_TABLE(OUTPUT_POINTER)
#undef INPUT_POINTER
#undef OUTPUT_POINTER
    };
    return focl__loss_check_host(description, pointers, 0, shape);
}
