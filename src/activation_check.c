/* What is wrong with an activation's description or arrays, in the order of the header. */
#include "activation_check.h"

#include <inttypes.h>

#include "../cl/activation_agreement.clh"
#include "error.h"
#include "loss_check.h"

bool focl__activation_is_of_rows(focl_activate_kind kind) {
    return kind == FOCL_ACTIVATE_SOFTMAX || kind == FOCL_ACTIVATE_LOG_SOFTMAX;
}

int focl__activation_kind_code(focl_activate_kind kind) {
    static const int codes[] = {
        [FOCL_ACTIVATE_SIGMOID] = FOCL_KIND_SIGMOID,
        [FOCL_ACTIVATE_LOG_SIGMOID] = FOCL_KIND_LOG_SIGMOID,
        [FOCL_ACTIVATE_SOFTMAX] = FOCL_KIND_SOFTMAX,
        [FOCL_ACTIVATE_LOG_SOFTMAX] = FOCL_KIND_LOG_SOFTMAX,
    };
    return codes[kind];
}

size_t focl__activation_scalar_bytes(const focl_activation_description *description) {
    return focl_type_size(description->type == FOCL_F64 ? FOCL_F64 : FOCL_F32);
}

/* Elements stand in their arrays as those of a loss do. */
static focl_loss_description places_of(const focl_activation_description *description) {
    return (focl_loss_description){.shape = description->shape, .strides = description->strides};
}

static bool product_overflows(size_t a, size_t b) {
    return a != 0 && b > SIZE_MAX / a;
}

/* ---- The description ---- */

static focl_status check_kind(const focl_activation_description *description) {
    const long long kind = (long long)description->kind;
    if (kind >= 0 && kind <= FOCL_ACTIVATE_LOG_SOFTMAX)
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, "kind", "must be one of the values 0..%d, is %lld", FOCL_ACTIVATE_LOG_SOFTMAX, kind);
}

static focl_status check_shape(const focl_activation_description *description) {
    const focl_view view = description->shape;
    if (view.classes > INT32_MAX)
        return focl__fail(FOCL_ENOTSUP, "shape", "%zu classes are more than %" PRId32, view.classes, INT32_MAX);
    if (product_overflows(view.outer, view.inner) || product_overflows(view.outer * view.inner, view.classes))
        return focl__fail(FOCL_EINVAL, "shape", "%zu x %zu x %zu elements are more than a size can say", view.outer,
                          view.classes, view.inner);
    return FOCL_OK;
}

static focl_status check_strides(const focl_activation_description *description) {
    const focl_loss_description places = places_of(description);
    const focl_strides strides = description->strides;
    size_t span = 0;
    if (focl__loss_span(&places, &span))
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, "strides", "%zu, %zu and %zu reach further than a size can say", strides.outer,
                      strides.classes, strides.inner);
}

static focl_status check_type(const focl_activation_description *description) {
    const focl_type type = description->type;
    if (focl_type_is_float(type))
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, "type", "must be a float type, is %s (%lld)", focl_type_name(type), (long long)type);
}

static focl_status check_description(const focl_activation_description *description) {
    if (!description)
        return focl__fail(FOCL_EINVAL, "description", "is NULL");
    focl_status status = check_kind(description);
    if (!status)
        status = check_shape(description);
    if (!status)
        status = check_strides(description);
    return status ? status : check_type(description);
}

/* ---- The arrays ---- */

enum array_extent { EXTENT_elements, EXTENT_squares };

static const struct {
    const char *name;
    enum array_extent extent;
} array_table[FOCL__ACTIVATION_ARRAY_COUNT] = {
#define ARRAY_ROW(field, extent) [FOCL__ACTIVATION_##field] = {#field, EXTENT_##extent},
    FOCL_ACTIVATION_INPUT_TABLE(ARRAY_ROW) FOCL_ACTIVATION_OUTPUT_TABLE(ARRAY_ROW)
#undef ARRAY_ROW
};

static focl_status describe_arrays(const focl_activation_description *description,
                                   const bool given[FOCL__ACTIVATION_ARRAY_COUNT], size_t output_bytes,
                                   focl__activation_shape *shape) {
    const focl_view view = description->shape;
    const focl_loss_description places = places_of(description);
    size_t span = 0;
    (void)focl__loss_span(&places, &span);
    *shape = (focl__activation_shape){.rows = view.outer * view.inner};
    shape->elements = shape->rows * view.classes;
    shape->is_strided = focl__loss_is_strided(&places);
    shape->strides =
        shape->is_strided ? description->strides : (focl_strides){view.classes * view.inner, view.inner, 1};
    for (size_t i = 0; i < FOCL__ACTIVATION_ARRAY_COUNT; i++) {
        const bool of_squares = array_table[i].extent == EXTENT_squares;
        const size_t type_bytes = focl_type_size(description->type);
        focl__activation_array_shape *array = &shape->arrays[i];
        array->name = array_table[i].name;
        array->given = given[i];
        array->is_strided = !of_squares && shape->is_strided;
        array->element_bytes = i >= FOCL__ACTIVATION_FIRST_OUTPUT && output_bytes ? output_bytes : type_bytes;
        if (of_squares && given[i] && product_overflows(shape->elements, view.classes))
            return focl__fail(FOCL_EINVAL, array->name, "%zu x %zu entries are more than a size can say",
                              shape->elements, view.classes);
        array->elements = of_squares ? shape->elements * view.classes : span;
    }
    return FOCL_OK;
}

static focl_status check_presence(const focl_activation_description *description, const focl__activation_shape *shape) {
    const focl__activation_array_shape *arrays = shape->arrays;
    bool any = false;
    for (size_t i = FOCL__ACTIVATION_FIRST_OUTPUT; i < FOCL__ACTIVATION_ARRAY_COUNT; i++)
        any = any || arrays[i].given;
    if (!arrays[FOCL__ACTIVATION_x].given && shape->elements > 0)
        return focl__fail(FOCL_EINVAL, "x", "is missing; %zu elements are needed", arrays[FOCL__ACTIVATION_x].elements);
    if (!arrays[FOCL__ACTIVATION_upstream].given && arrays[FOCL__ACTIVATION_product].given && shape->elements > 0)
        return focl__fail(FOCL_EINVAL, "upstream", "is missing; the product needs %zu elements of it",
                          arrays[FOCL__ACTIVATION_upstream].elements);
    if (!any)
        return focl__fail(FOCL_EINVAL, "outputs", "none is given; at least one must be");
    if (arrays[FOCL__ACTIVATION_jacobian].given && !focl__activation_is_of_rows(description->kind))
        return focl__fail(FOCL_ENOTSUP, "jacobian",
                          "is there for softmax and log-softmax only; that of elements is diagonal, and the product "
                          "with an upstream of 1 is its diagonal");
    return FOCL_OK;
}

static focl_status check_bytes(const focl__activation_shape *shape) {
    for (size_t i = 0; i < FOCL__ACTIVATION_ARRAY_COUNT; i++) {
        const focl__activation_array_shape *array = &shape->arrays[i];
        if (array->given && product_overflows(array->element_bytes, array->elements))
            return focl__fail(FOCL_EINVAL, array->name, "%zu elements of %zu bytes are more than a size can say",
                              array->elements, array->element_bytes);
    }
    return FOCL_OK;
}

/* Inputs may repeat their elements, outputs may not. */
static focl_status check_strided_outputs(const focl_activation_description *description,
                                         const focl__activation_shape *shape) {
    const focl_loss_description places = places_of(description);
    const focl_strides strides = description->strides;
    if (shape->elements == 0 || !shape->is_strided || !focl__loss_slots_may_be_shared(&places))
        return FOCL_OK;
    for (size_t i = FOCL__ACTIVATION_FIRST_OUTPUT; i < FOCL__ACTIVATION_ARRAY_COUNT; i++) {
        if (shape->arrays[i].given && shape->arrays[i].is_strided)
            return focl__fail(FOCL_EINVAL, "strides", "%zu, %zu and %zu let elements of %s share their places",
                              strides.outer, strides.classes, strides.inner, shape->arrays[i].name);
    }
    return FOCL_OK;
}

static focl_status check_call(const focl_activation_description *description,
                              const bool given[FOCL__ACTIVATION_ARRAY_COUNT], size_t output_bytes,
                              focl__activation_shape *shape) {
    focl_status status = check_description(description);
    if (!status)
        status = describe_arrays(description, given, output_bytes, shape);
    if (!status)
        status = check_presence(description, shape);
    if (!status)
        status = check_bytes(shape);
    return status ? status : check_strided_outputs(description, shape);
}

focl_status focl__activation_check(const focl_activation_description *description,
                                   const bool given[FOCL__ACTIVATION_ARRAY_COUNT], focl__activation_shape *shape) {
    return check_call(description, given, 0, shape);
}

/* ---- Host pointers ---- */

static focl_status check_alignment(const focl__activation_array_shape *array, const void *pointer) {
    if ((uintptr_t)pointer % array->element_bytes == 0)
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, array->name, "must start at a multiple of %zu bytes", array->element_bytes);
}

static size_t bytes_of(const focl__activation_array_shape *array) {
    return array->given ? array->elements * array->element_bytes : 0;
}

static bool overlap(const void *a, size_t a_bytes, const void *b, size_t b_bytes) {
    const uintptr_t a_start = (uintptr_t)a;
    const uintptr_t b_start = (uintptr_t)b;
    if (a_bytes == 0 || b_bytes == 0)
        return false;
    return a_start < b_start ? b_start - a_start < a_bytes : a_start - b_start < b_bytes;
}

static focl_status check_overlaps(const focl__activation_shape *shape,
                                  const void *const pointers[FOCL__ACTIVATION_ARRAY_COUNT]) {
    const focl__activation_array_shape *arrays = shape->arrays;
    for (size_t output = FOCL__ACTIVATION_FIRST_OUTPUT; output < FOCL__ACTIVATION_ARRAY_COUNT; output++)
        for (size_t other = 0; other < output; other++)
            if (overlap(pointers[output], bytes_of(&arrays[output]), pointers[other], bytes_of(&arrays[other])))
                return focl__fail(FOCL_EOVERLAP, arrays[output].name, "%zu bytes overlap those of %s",
                                  bytes_of(&arrays[output]), arrays[other].name);
    return FOCL_OK;
}

focl_status focl__activation_check_host(const focl_activation_description *description,
                                        const void *const pointers[FOCL__ACTIVATION_ARRAY_COUNT], size_t output_bytes,
                                        focl__activation_shape *shape) {
    bool given[FOCL__ACTIVATION_ARRAY_COUNT];
    for (size_t i = 0; i < FOCL__ACTIVATION_ARRAY_COUNT; i++)
        given[i] = pointers[i] != NULL;
    focl_status status = check_call(description, given, output_bytes, shape);
    for (size_t i = 0; !status && i < FOCL__ACTIVATION_ARRAY_COUNT; i++)
        status = check_alignment(&shape->arrays[i], pointers[i]);
    return status ? status : check_overlaps(shape, pointers);
}

focl_status focl__activation_check_host_call(const focl_activation_description *description,
                                             const focl_activation_host_inputs *inputs,
                                             const focl_activation_host_outputs *outputs,
                                             focl__activation_shape *shape) {
    const focl_status status = check_description(description);
    if (status)
        return status;
    if (!inputs || !outputs)
        return focl__fail(FOCL_EINVAL, inputs ? "outputs" : "inputs", "is NULL");
    const void *const pointers[FOCL__ACTIVATION_ARRAY_COUNT] = {
#define INPUT_POINTER(field, extent)  inputs->field,
#define OUTPUT_POINTER(field, extent) outputs->field,
        FOCL_ACTIVATION_INPUT_TABLE(INPUT_POINTER) FOCL_ACTIVATION_OUTPUT_TABLE(OUTPUT_POINTER)
#undef INPUT_POINTER
#undef OUTPUT_POINTER
    };
    return focl__activation_check_host(description, pointers, 0, shape);
}
