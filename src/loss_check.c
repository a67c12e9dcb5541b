/*
 * What is wrong with a loss's description, arrays or targets. Each field of the description has one rule; the rules run
 * in the order of the header, then the arrays are looked at in the order of their tables.
 */
#include "loss_check.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>

#include "error.h"

focl_loss_description focl_loss_default(focl_activation activation, focl_objective objective, focl_view shape) {
    const bool focal = objective == FOCL_FOCAL;
    return (focl_loss_description){
        .activation = activation,
        .objective = objective,
        .shape = shape,
        .logits_type = FOCL_F32,
        .targets_type = FOCL_F32,
        .gamma = focal ? 2.0 : 0.0,
        .alpha = focal ? 0.25 : -1.0,
        .upstream = 1.0,
        .reduction = FOCL_REDUCTION_MEAN,
        .normalizer = 1.0,
        .empty = FOCL_EMPTY_ZERO,
    };
}

/* ---- The description ---- */

static bool is_dense(const focl_loss_description *description) {
    return description->targets_type == FOCL_F32;
}

static bool fits_f32(double value) {
    return isfinite(value) && fabs(value) <= (double)FLT_MAX;
}

static focl_status check_choice(const char *field, long long value, int last) {
    if (value >= 0 && value <= last)
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, field, "must be one of the values 0..%d, is %lld", last, value);
}

static focl_status check_finite(const char *field, double value) {
    if (fits_f32(value))
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, field, "must be a finite f32, is %g", value);
}

static focl_status check_activation(const focl_loss_description *description) {
    return check_choice("activation", (long long)description->activation, FOCL_IDENTITY);
}

static focl_status check_objective(const focl_loss_description *description) {
    return check_choice("objective", (long long)description->objective, FOCL_CROSS_ENTROPY);
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

static focl_status check_logits_type(const focl_loss_description *description) {
    if (description->logits_type == FOCL_F32)
        return FOCL_OK;
    return focl__fail(FOCL_ENOTSUP, "logits_type", "only f32 is there, not %s (%lld)",
                      focl_type_name(description->logits_type), (long long)description->logits_type);
}

static focl_status check_targets_type(const focl_loss_description *description) {
    return check_choice("targets_type", (long long)description->targets_type, FOCL_I64);
}

static focl_status check_gamma(const focl_loss_description *description) {
    const double gamma = description->gamma;
    if (!fits_f32(gamma) || gamma < 0)
        return focl__fail(FOCL_EINVAL, "gamma", "must be a finite f32 and at least 0, is %g", gamma);
    if (description->objective == FOCL_CROSS_ENTROPY && gamma > 0)
        return focl__fail(FOCL_EINVAL, "gamma", "must be 0 for cross entropy, is %g", gamma);
    return FOCL_OK;
}

static focl_status check_alpha(const focl_loss_description *description) {
    if (description->alpha <= 1)
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, "alpha", "must be in 0..1, or negative for off, is %g", description->alpha);
}

static focl_status check_label_smoothing(const focl_loss_description *description) {
    const double smoothing = description->label_smoothing;
    if (smoothing >= 0 && smoothing <= 1)
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, "label_smoothing", "must be in 0..1, is %g", smoothing);
}

static focl_status check_clip(const focl_loss_description *description) {
    const double clip = description->clip;
    if (!(clip >= 0 && clip < 0.5))
        return focl__fail(FOCL_EINVAL, "clip", "must be at least 0 and below 0.5, is %g", clip);
    if (clip > 0 && description->activation == FOCL_SIGMOID)
        return focl__fail(FOCL_EINVAL, "clip", "must be 0 for logits, is %g", clip);
    return FOCL_OK;
}

static focl_status check_index_only(const focl_loss_description *description, const char *field, bool set) {
    if (set && is_dense(description))
        return focl__fail(FOCL_EINVAL, field, "needs class indices, and targets_type is f32: dense targets");
    return FOCL_OK;
}

static focl_status check_ignore_index(const focl_loss_description *description) {
    return check_index_only(description, "has_ignore_index", description->has_ignore_index);
}

static focl_status check_background(const focl_loss_description *description) {
    return check_index_only(description, "has_background", description->has_background);
}

static focl_status check_target_only(const focl_loss_description *description) {
    return check_index_only(description, "target_only", description->target_only);
}

static focl_status check_weights_extent(const focl_loss_description *description) {
    return check_choice("weights_extent", (long long)description->weights_extent, FOCL_PER_ELEMENT);
}

static focl_status check_upstream_extent(const focl_loss_description *description) {
    return check_choice("upstream_extent", (long long)description->upstream_extent, FOCL_PER_ELEMENT);
}

static focl_status check_upstream(const focl_loss_description *description) {
    return check_finite("upstream", description->upstream);
}

static focl_status check_reduction(const focl_loss_description *description) {
    return check_choice("reduction", (long long)description->reduction, FOCL_REDUCTION_GIVEN);
}

static focl_status check_empty(const focl_loss_description *description) {
    return check_choice("empty", (long long)description->empty, FOCL_EMPTY_NAN);
}

static focl_status check_accumulate(const focl_loss_description *description) {
    return check_finite("accumulate", description->accumulate);
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
    check_activation,     check_objective,       check_shape,      check_logits_type,
    check_targets_type,   check_gamma,           check_alpha,      check_label_smoothing,
    check_clip,           check_ignore_index,    check_background, check_target_only,
    check_weights_extent, check_upstream_extent, check_upstream,   check_reduction,
    check_empty,          check_in_place,        check_accumulate,
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

enum array_type { TYPE_logits, TYPE_targets, TYPE_f32, TYPE_counts };

enum array_extent {
    EXTENT_elements,
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
    case TYPE_counts:
        return sizeof(focl_loss_counts);
    }
    return 0;
}

static size_t chosen_elements(focl_extent extent, const focl__loss_shape *shape) {
    return extent == FOCL_PER_ELEMENT ? shape->elements : shape->rows;
}

static size_t extent_elements(enum array_extent extent, const focl_loss_description *description,
                              const focl__loss_shape *shape) {
    switch (extent) {
    case EXTENT_elements:
        return shape->elements;
    case EXTENT_targets:
        return shape->dense ? shape->elements : shape->rows;
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
    shape->dense = is_dense(description);
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

/* A normaliser that f32 rounds to 0 would silently mean that nothing counted. */
static focl_status check_normalizer(const focl_loss_description *description, const focl__loss_shape *shape) {
    const double normalizer = description->normalizer;
    const bool array_given = shape->arrays[FOCL__LOSS_normalizer].given;
    if (description->reduction != FOCL_REDUCTION_GIVEN)
        return array_given ? focl__fail(FOCL_EINVAL, "normalizer", "is an array, and reduction is not given") : FOCL_OK;
    if (array_given || (fits_f32(normalizer) && normalizer >= (double)FLT_MIN))
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, "normalizer", "must be a finite f32 of at least 2^-126, is %g", normalizer);
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

typedef focl_status (*array_rule)(const focl_loss_description *description, const focl__loss_shape *shape);

static const array_rule array_rules[] = {
    check_pos_weight_count, check_normalizer, check_required, check_bytes, check_outputs,
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

/* ---- The targets ---- */

int64_t focl__label_at(focl_type targets_type, const void *targets, size_t row) {
    switch (targets_type) {
    case FOCL_U8:
        return ((const uint8_t *)targets)[row];
    case FOCL_I32:
        return ((const int32_t *)targets)[row];
    default:
        return ((const int64_t *)targets)[row];
    }
}

static void count_out_of_range(focl_loss_counts *counts, size_t position) {
    if (counts->out_of_range++ == 0)
        counts->first_out_of_range = position;
}

static void count_dense(const focl__loss_shape *shape, const float *targets, focl_loss_counts *counts) {
    counts->counted = shape->elements;
    for (size_t i = 0; i < shape->elements; i++) {
        /* Subnormal numbers count as 0, whatever their sign. */
        if (!(targets[i] > -FLT_MIN && targets[i] <= 1))
            count_out_of_range(counts, i);
        else if (targets[i] >= 1)
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
    if (is_dense(description))
        return focl__fail(FOCL_ELABEL, "targets", "value %g at element %zu is outside 0..1",
                          (double)((const float *)targets)[position], position);
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
        count_dense(shape, targets, &found);
    else
        count_labels(description, shape, targets, &found);
    found.counted_rows = found.rows - found.ignored;
    if (counts)
        *counts = found;
    return found.out_of_range ? fail_label(description, targets, (size_t)found.first_out_of_range) : FOCL_OK;
}
