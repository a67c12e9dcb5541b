#include "npy_convert.h"

#include <inttypes.h>
#include <math.h>
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

static double bf16_value(uint64_t bits) {
    return float_value(bits << 16);
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

static double item_value(const focl__npy *file, uint64_t bits) {
    if (file->kind == 'i')
        return (double)signed_value(bits, file->item_bytes);
    if (file->kind != 'f')
        return (double)bits;
    return file->item_bytes == 2 ? half_value(bits) : file->item_bytes == 4 ? float_value(bits) : double_value(bits);
}

static bool store_f64(const focl__npy *file, uint64_t bits, void *copy, size_t position) {
    ((double *)copy)[position] = item_value(file, bits);
    return true;
}

/* The bits of the nearest number of so many bits of exponent and fraction; of two, that with the even fraction. */
static uint64_t narrow(double value, int exponent_bits, int fraction_bits) {
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const uint64_t sign = signbit(value) ? UINT64_C(1) << (exponent_bits + fraction_bits) : 0;
    const uint64_t infinity = ((UINT64_C(1) << exponent_bits) - 1) << fraction_bits;
    int exponent = 0; /* |value| is in [2^exponent / 2, 2^exponent) */
    if (isnan(value))
        return sign | infinity | UINT64_C(1) << (fraction_bits - 1);
    if (isinf(value) || frexp(fabs(value), &exponent) == 0)
        return sign | (isinf(value) ? infinity : 0);
    const int lowest_exponent = 1 - bias;
    const int place = (exponent - 1 > lowest_exponent ? exponent - 1 : lowest_exponent) - fraction_bits;
    const uint64_t units = (uint64_t)rint(ldexp(fabs(value), -place));
    /* The leading 1 of the units of a normal number, or the carry of rounding, adds to the exponent. */
    const uint64_t bits = ((uint64_t)(place + fraction_bits + bias - 1) << fraction_bits) + units;
    return sign | (bits < infinity ? bits : infinity);
}

static bool store_f16(const focl__npy *file, uint64_t bits, void *copy, size_t position) {
    const bool is_half = file->kind == 'f' && file->item_bytes == 2;
    ((uint16_t *)copy)[position] = (uint16_t)(is_half ? bits : narrow(item_value(file, bits), 5, 10));
    return true;
}

static bool store_bf16(const focl__npy *file, uint64_t bits, void *copy, size_t position) {
    const bool is_bf16 = file->kind == 'u' && file->item_bytes == 2;
    ((uint16_t *)copy)[position] = (uint16_t)(is_bf16 ? bits : narrow(item_value(file, bits), 8, 7));
    return true;
}

static bool store_u8(const focl__npy *file, uint64_t bits, void *copy, size_t position) {
    (void)file;
    ((uint8_t *)copy)[position] = (uint8_t)bits;
    return true;
}

static bool store_i16(const focl__npy *file, uint64_t bits, void *copy, size_t position) {
    ((int16_t *)copy)[position] = (int16_t)(file->kind == 'i' ? signed_value(bits, file->item_bytes) : (int64_t)bits);
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

static store_function *const stores[] = {
    [FOCL_F32] = store_f32, [FOCL_U8] = store_u8,   [FOCL_I32] = store_i32,   [FOCL_I64] = store_i64,
    [FOCL_I16] = store_i16, [FOCL_F16] = store_f16, [FOCL_BF16] = store_bf16, [FOCL_F64] = store_f64,
};

static bool in_c_order(const focl__npy *file) {
    size_t long_axes = 0;
    for (size_t axis = 0; axis < file->shape.rank; axis++)
        long_axes += file->shape.extents[axis] > 1;
    return !file->fortran_order || long_axes < 2 || file->elements == 0;
}

/* Booleans are bytes already. */
static bool usable_as_it_is(const focl__npy *file, focl_type type) {
    const focl__npy_kind wanted = focl__npy_kind_of(type);
    bool same_kind = file->kind == wanted.kind || (file->kind == 'b' && wanted.kind == 'u');
    return same_kind && file->item_bytes == wanted.item_bytes && !file->swapped && in_c_order(file) &&
           (uintptr_t)file->data % wanted.item_bytes == 0;
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
    size_t bytes = focl_type_size(type);
    array->type = type;
    if (usable_as_it_is(&array->file, type)) {
        array->values = array->file.data;
        return true;
    }
    size_t count = array->file.elements ? array->file.elements : 1;
    array->copy = count <= SIZE_MAX / bytes ? malloc(count * bytes) : NULL;
    array->values = array->copy;
    if (!array->copy)
        return focl__fail_data(complaint, "%s: no memory for %zu elements of %s", array->file.path, count,
                               focl_type_name(type));
    return convert_items(array, stores[type], complaint);
}

focl_type focl__array_label_type(const focl__npy *file) {
    if (file->item_bytes == 1 && file->kind != 'i')
        return FOCL_U8;
    if (file->item_bytes == 2 && file->kind == 'i')
        return FOCL_I16;
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

double focl__array_value(const focl__array *array, size_t position) {
    switch (array->type) {
    case FOCL_F16:
        return half_value(((const uint16_t *)array->values)[position]);
    case FOCL_BF16:
        return bf16_value(((const uint16_t *)array->values)[position]);
    case FOCL_F64:
        return ((const double *)array->values)[position];
    default:
        return (double)((const float *)array->values)[position];
    }
}

int64_t focl__array_label(const focl__array *array, size_t position) {
    switch (array->type) {
    case FOCL_U8:
        return ((const uint8_t *)array->values)[position];
    case FOCL_I16:
        return ((const int16_t *)array->values)[position];
    case FOCL_I32:
        return ((const int32_t *)array->values)[position];
    default:
        return ((const int64_t *)array->values)[position];
    }
}

size_t focl__array_first_outside_unit(const focl__array *array) {
    size_t i = 0;
    while (i < array->file.elements && !(focl__array_value(array, i) < 0 || focl__array_value(array, i) > 1))
        i++;
    return i;
}

void focl__array_close(focl__array *array) {
    free(array->copy);
    array->copy = NULL;
    array->values = NULL;
    focl__npy_close(&array->file);
}
