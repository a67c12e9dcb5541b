#include "npy_convert.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "npy_header.h"

/* Goes through the items of a file in C order, whatever the order in the file. */
typedef struct walk {
    const focl__npy *file;
    const unsigned char *at;
    size_t strides[FOCL__NPY_MAX_RANK]; /* bytes */
    size_t index[FOCL__NPY_MAX_RANK];
} walk;

static void walk_start(walk *state, const focl__npy *file) {
    size_t rank = file->shape.rank;
    size_t stride = file->item_bytes;
    memset(state, 0, sizeof *state);
    state->file = file;
    state->at = file->data;
    for (size_t i = 0; i < rank; i++) {
        size_t axis = file->fortran_order ? i : rank - 1 - i;
        state->strides[axis] = stride;
        stride *= file->shape.extents[axis];
    }
}

static void walk_next(walk *state) {
    for (size_t axis = state->file->shape.rank; axis-- > 0;) {
        size_t extent = state->file->shape.extents[axis];
        if (++state->index[axis] < extent) {
            state->at += state->strides[axis];
            return;
        }
        state->at -= state->strides[axis] * (extent - 1);
        state->index[axis] = 0;
    }
}

/* The item's bits in the low end of the word. */
static uint64_t load(const walk *state) {
    size_t bytes = state->file->item_bytes;
    bool high_first = state->file->swapped != focl__npy_big_endian_machine();
    uint64_t bits = 0;
    for (size_t i = 0; i < bytes; i++)
        bits = bits << 8 | state->at[high_first ? i : bytes - 1 - i];
    return bits;
}

static double half_value(uint64_t bits) {
    int exponent = (int)(bits >> 10 & 31);
    double fraction = (double)(bits & 1023);
    double magnitude = exponent == 0    ? ldexp(fraction, -24)
                       : exponent == 31 ? (fraction != 0 ? NAN : INFINITY)
                                        : ldexp(1024 + fraction, exponent - 25);
    return bits >> 15 & 1 ? -magnitude : magnitude;
}

static double float_value(uint64_t bits) {
    uint32_t word = (uint32_t)bits;
    float value;
    memcpy(&value, &word, sizeof value);
    return (double)value;
}

static double double_value(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int64_t signed_value(uint64_t bits, size_t bytes) {
    uint64_t sign = UINT64_C(1) << (8 * bytes - 1);
    uint64_t extended = (bits ^ sign) - sign;
    int64_t value;
    memcpy(&value, &extended, sizeof value);
    return value;
}

static bool store_f32(const focl__npy *file, uint64_t bits, void *copy, size_t position) {
    float value;
    if (file->kind == 'i')
        value = (float)signed_value(bits, file->item_bytes);
    else if (file->kind != 'f')
        value = (float)bits;
    else if (file->item_bytes == 2)
        value = (float)half_value(bits);
    else
        value = (float)(file->item_bytes == 4 ? float_value(bits) : double_value(bits));
    ((float *)copy)[position] = value;
    return true;
}

static bool store_u8(const focl__npy *file, uint64_t bits, void *copy, size_t position) {
    (void)file;
    ((uint8_t *)copy)[position] = (uint8_t)bits;
    return true;
}

static bool store_i32(const focl__npy *file, uint64_t bits, void *copy, size_t position) {
    ((int32_t *)copy)[position] = (int32_t)(file->kind == 'i' ? signed_value(bits, file->item_bytes) : (int64_t)bits);
    return true;
}

static bool store_i64(const focl__npy *file, uint64_t bits, void *copy, size_t position) {
    if (file->kind != 'i' && bits > INT64_MAX)
        return false;
    ((int64_t *)copy)[position] = file->kind == 'i' ? signed_value(bits, file->item_bytes) : (int64_t)bits;
    return true;
}

typedef bool store_function(const focl__npy *file, uint64_t bits, void *copy, size_t position);

/* How each type is stored, and as what a file holds it already. */
static const struct {
    focl_type type;
    char kind;
    store_function *store;
} stores[] = {
    {FOCL_F32, 'f', store_f32},
    {FOCL_U8, 'u', store_u8},
    {FOCL_I32, 'i', store_i32},
    {FOCL_I64, 'i', store_i64},
};

static size_t find_store(focl_type type) {
    size_t i = 0;
    while (stores[i].type != type)
        i++;
    return i;
}

static bool in_c_order(const focl__npy *file) {
    size_t long_axes = 0;
    for (size_t axis = 0; axis < file->shape.rank; axis++)
        long_axes += file->shape.extents[axis] > 1;
    return !file->fortran_order || long_axes < 2 || file->elements == 0;
}

/* Booleans are bytes already. */
static bool usable_as_it_is(const focl__npy *file, size_t store) {
    size_t bytes = focl_type_size(stores[store].type);
    bool same_kind = file->kind == stores[store].kind || (file->kind == 'b' && stores[store].kind == 'u');
    return same_kind && file->item_bytes == bytes && !file->swapped && in_c_order(file) &&
           (uintptr_t)file->data % bytes == 0;
}

static bool convert_items(focl__array *array, store_function *store, focl__complaint *complaint) {
    walk state;
    walk_start(&state, &array->file);
    for (size_t i = 0; i < array->file.elements; i++) {
        uint64_t bits = load(&state);
        if (!store(&array->file, bits, array->copy, i))
            return focl__fail_data(complaint, "%s: the value %" PRIu64 " at position %zu is too large for a label",
                                   array->file.path, bits, i);
        walk_next(&state);
    }
    return true;
}

bool focl__array_convert(focl__array *array, focl_type type, focl__complaint *complaint) {
    size_t store = find_store(type);
    size_t bytes = focl_type_size(type);
    array->type = type;
    if (usable_as_it_is(&array->file, store)) {
        array->values = array->file.data;
        return true;
    }
    size_t count = array->file.elements ? array->file.elements : 1;
    array->copy = count <= SIZE_MAX / bytes ? malloc(count * bytes) : NULL;
    array->values = array->copy;
    if (!array->copy)
        return focl__fail_data(complaint, "%s: no memory for %zu elements of %s", array->file.path, count,
                               focl_type_name(type));
    return convert_items(array, stores[store].store, complaint);
}

focl_type focl__array_label_type(const focl__npy *file) {
    if (file->item_bytes == 1 && file->kind != 'i')
        return FOCL_U8;
    if (file->item_bytes <= 2 || (file->item_bytes == 4 && file->kind == 'i'))
        return FOCL_I32;
    return FOCL_I64;
}

size_t focl__array_first_not_finite(const focl__array *array) {
    const float *values = array->values;
    size_t i = 0;
    while (i < array->file.elements && isfinite(values[i]))
        i++;
    return i;
}

size_t focl__array_first_outside_unit(const focl__array *array) {
    const float *values = array->values;
    size_t i = 0;
    while (i < array->file.elements && !(values[i] < 0 || values[i] > 1))
        i++;
    return i;
}

void focl__array_close(focl__array *array) {
    free(array->copy);
    array->copy = NULL;
    array->values = NULL;
    focl__npy_close(&array->file);
}
