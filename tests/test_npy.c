/* The .npy files of the command: every type, order and version that is taken, and what they are converted to. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_npy.h"

enum { ROWS = 2, COLUMNS = 3, ITEMS = ROWS * COLUMNS };

static void assert_floats(const float *found, const float *expected, size_t count) {
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(found[i] == expected[i], "item %zu is %a, not %a", i, (double)found[i], (double)expected[i]);
}

/* ---- Types, byte orders, element orders, versions ---- */

static const struct {
    const char *type; /* without the byte order */
    size_t bytes;
    double values[ITEMS];
    uint64_t bits[ITEMS]; /* the same as the file has them */
} types[] = {
    {"b1", 1, {0, 1, 1, 0, 0, 1}, {0, 1, 1, 0, 0, 1}},
    {"u1", 1, {0, 1, 127, 128, 254, 255}, {0, 1, 127, 128, 254, 255}},
    {"u2", 2, {0, 1, 255, 256, 32768, 65535}, {0, 1, 255, 256, 32768, 65535}},
    {"u4", 4, {0, 1, 255, 65536, 2147483648.0, 4278190080.0}, {0, 1, 255, 65536, 0x80000000, 0xff000000}},
    {"u8", 8, {0, 1, 255, 65536, 4294967296.0, 0x1p62}, {0, 1, 255, 65536, UINT64_C(1) << 32, UINT64_C(1) << 62}},
    {"i1", 1, {0, 1, -1, 127, -128, -2}, {0, 1, 255, 127, 128, 254}},
    {"i2", 2, {0, 1, -1, 32767, -32768, -2}, {0, 1, 0xffff, 0x7fff, 0x8000, 0xfffe}},
    {"i4", 4, {0, 1, -1, 65536, -0x1p31, -2}, {0, 1, 0xffffffff, 65536, 0x80000000, 0xfffffffe}},
    {"i8", 8, {0, 1, -1, 65536, -0x1p63, -2}, {0, 1, UINT64_MAX, 65536, UINT64_C(1) << 63, UINT64_MAX - 1}},
    {"f2", 2, {0, 1, -1.5, 65504, 0x1p-24, -0x1p-14}, {0, 0x3c00, 0xbe00, 0x7bff, 0x0001, 0x8400}},
    {"f4",
     4,
     {0, 1, -1.5, 0x1.fffffep127, 0x1p-149, -0x1p-126},
     {0, 0x3f800000, 0xbfc00000, 0x7f7fffff, 0x00000001, 0x80800000}},
    {"f8",
     8,
     {0, 1, -1.5, 0x1p100, 0x1p-149, -0x1p-126},
     {0, UINT64_C(0x3ff0000000000000), UINT64_C(0xbff8000000000000), UINT64_C(0x4630000000000000),
      UINT64_C(0x36a0000000000000), UINT64_C(0xb810000000000000)}},
};

static void put_item(unsigned char *at, uint64_t bits, size_t bytes, bool big) {
    for (size_t i = 0; i < bytes; i++)
        at[big ? bytes - 1 - i : i] = (unsigned char)(bits >> (8 * i) & 0xff);
}

/* Item i of C order stands at position i of the file, or where Fortran order has it. */
static void write_typed(size_t type, bool big, bool fortran, int version) {
    unsigned char data[ITEMS * 8];
    char header[256];
    const size_t bytes = types[type].bytes;
    for (size_t i = 0; i < ITEMS; i++) {
        const size_t place = fortran ? i % COLUMNS * ROWS + i / COLUMNS : i;
        put_item(data + place * bytes, types[type].bits[i], bytes, big);
    }
    (void)snprintf(header, sizeof header, "{'descr': '%c%s', 'fortran_order': %s, 'shape': (%d, %d), }\n",
                   bytes == 1 ? '|'
                   : big      ? '>'
                              : '<',
                   types[type].type, fortran ? "True" : "False", ROWS, COLUMNS);
    scratch_npy_header("typed.npy", version, header, data, ITEMS * bytes);
}

static void check_typed(size_t type, focl_type wanted) {
    focl__array array;
    open_good(&array, "typed.npy");
    ck_assert_uint_eq(array.file.elements, ITEMS);
    ck_assert_str_eq(focl__npy_describe_shape(&array.file.shape).text, "(2, 3)");
    ck_assert_str_eq(focl__npy_describe_type(&array.file).text, types[type].type);
    convert_good(&array, wanted);
    for (size_t i = 0; i < ITEMS; i++) {
        const double expected = wanted == FOCL_F64 ? types[type].values[i] : (double)(float)types[type].values[i];
        ck_assert_msg(focl__array_value(&array, i) == expected, "%s: item %zu is %a, not %a", types[type].type, i,
                      focl__array_value(&array, i), expected);
    }
    focl__array_close(&array);
}

START_TEST(every_type_order_and_version) {
    for (int version = 1; version <= 3; version++)
        for (int big = 0; big < 2; big++)
            for (int fortran = 0; fortran < 2; fortran++) {
                write_typed((size_t)_i, big, fortran, version);
                check_typed((size_t)_i, FOCL_F32);
                check_typed((size_t)_i, FOCL_F64);
            }
}
END_TEST

START_TEST(every_integer_as_label) {
    for (int big = 0; big < 2; big++)
        for (int fortran = 0; fortran < 2; fortran++) {
            focl__array array;
            write_typed((size_t)_i, big, fortran, 1);
            open_good(&array, "typed.npy");
            convert_good(&array, focl__array_label_type(&array.file));
            for (size_t i = 0; i < ITEMS; i++)
                ck_assert_double_eq((double)focl__array_label(&array, i), types[_i].values[i]);
            focl__array_close(&array);
        }
}
END_TEST

START_TEST(label_types) {
    static const struct {
        char kind;
        size_t bytes;
        focl_type type;
    } expected[] = {{'b', 1, FOCL_U8},  {'u', 1, FOCL_U8},  {'i', 1, FOCL_I32}, {'i', 2, FOCL_I16}, {'u', 2, FOCL_I32},
                    {'i', 4, FOCL_I32}, {'u', 4, FOCL_I64}, {'i', 8, FOCL_I64}, {'u', 8, FOCL_I64}};
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        const focl__npy file = {.kind = expected[i].kind, .item_bytes = expected[i].bytes};
        ck_assert_int_eq(focl__array_label_type(&file), expected[i].type);
    }
}
END_TEST

START_TEST(too_large_for_a_label) {
    const uint64_t values[3] = {5, INT64_MAX, UINT64_C(1) << 63};
    focl__complaint complaint = {0};
    focl__array array;
    scratch_npy("large.npy", native("u8"), "(3,)", values, sizeof values);
    open_good(&array, "large.npy");
    ck_assert(!focl__array_convert(&array, FOCL_I64, &complaint));
    ck_assert_ptr_nonnull(strstr(complaint.text, "large.npy"));
    ck_assert_ptr_nonnull(strstr(complaint.text, "9223372036854775808 at position 2"));
    focl__array_close(&array);
}
END_TEST

START_TEST(doubles_are_rounded_to_nearest) {
    const double values[6] = {1 + 0x1p-24, 1 + 0x1.8p-23, 1 + 0x1.000001p-24, 1e300, -INFINITY, NAN};
    const float expected[5] = {1, 1 + 0x1p-22f, 1 + 0x1p-23f, INFINITY, -INFINITY};
    focl__array array;
    scratch_npy("double.npy", native("f8"), "(6,)", values, sizeof values);
    open_good(&array, "double.npy");
    convert_good(&array, FOCL_F32);
    assert_floats(array.values, expected, COUNT_OF(expected));
    ck_assert(isnan(((const float *)array.values)[5]));
    ck_assert_uint_eq(focl__array_first_not_finite(&array), 3);
    focl__array_close(&array);
}
END_TEST

START_TEST(halves_that_are_no_numbers) {
    const unsigned char bits[] = {0x00, 0x7c, 0x00, 0xfc, 0x01, 0x7c, 0x00, 0x80, 0xff, 0x03};
    focl__array array;
    scratch_npy("half.npy", "<f2", "(5,)", bits, sizeof bits);
    open_good(&array, "half.npy");
    convert_good(&array, FOCL_F32);
    const float *values = array.values;
    ck_assert(isinf(values[0]) && values[0] > 0);
    ck_assert(isinf(values[1]) && values[1] < 0);
    ck_assert(isnan(values[2]));
    ck_assert(values[3] == 0 && signbit(values[3]));
    ck_assert(values[4] == 1023 * 0x1p-24f);
    focl__array_close(&array);
}
END_TEST

/* Every f2 goes to a wider type and back unchanged, bit for bit; NaN stays NaN. */
START_TEST(every_half_survives) {
    enum { HALVES = 1 << 16 };
    uint16_t *bits = malloc(HALVES * sizeof *bits);
    double *wide = malloc(HALVES * sizeof *wide);
    focl__array array;
    ck_assert(bits && wide);
    for (size_t i = 0; i < HALVES; i++)
        bits[i] = (uint16_t)i;
    scratch_npy("halves.npy", native("f2"), "(65536,)", bits, HALVES * sizeof *bits);
    open_good(&array, "halves.npy");
    convert_good(&array, FOCL_F64);
    memcpy(wide, array.values, HALVES * sizeof *wide);
    focl__array_close(&array);
    scratch_npy("wide.npy", native("f8"), "(65536,)", wide, HALVES * sizeof *wide);
    open_good(&array, "wide.npy");
    convert_good(&array, FOCL_F16);
    for (size_t i = 0; i < HALVES; i++)
        if (isnan(wide[i]))
            ck_assert(isnan(focl__array_value(&array, i)));
        else
            ck_assert_uint_eq(((const uint16_t *)array.values)[i], i);
    focl__array_close(&array);
    free(bits);
    free(wide);
}
END_TEST

START_TEST(doubles_are_rounded_to_narrow_types) {
    static const struct {
        double value;
        uint16_t half, bf16;
    } cases[] = {
        {0, 0, 0},
        {-0.0, 0x8000, 0x8000},
        {1, 0x3c00, 0x3f80},
        {1 + 0x1p-11, 0x3c00, 0x3f80},           /* half way in f2: the even one */
        {1 + 0x3p-11, 0x3c02, 0x3f80},           /* likewise, upwards */
        {1 + 0x1p-11 + 0x1p-50, 0x3c01, 0x3f80}, /* just above, which an f4 between would not see */
        {1 + 0x1p-8, 0x3c04, 0x3f80},            /* half way in bf16 */
        {1 + 0x3p-8, 0x3c0c, 0x3f82},
        {2 - 0x1p-12, 0x4000, 0x4000}, /* the carry goes into the exponent */
        {65504, 0x7bff, 0x4780},
        {65519.99, 0x7bff, 0x4780},
        {65520, 0x7c00, 0x4780},   /* beyond f2 */
        {-1e39, 0xfc00, 0xff80},   /* and bf16 */
        {0x1p-24, 0x0001, 0x3380}, /* the smallest f2 */
        {0x1p-25, 0x0000, 0x3300}, /* half of it: the even one */
        {0x1.8p-25, 0x0001, 0x3340},
        {0x1.ffcp-15, 0x0400, 0x3880}, /* a subnormal f2 that becomes normal */
        {0x1p-133, 0x0000, 0x0001},    /* the smallest bf16 */
        {-INFINITY, 0xfc00, 0xff80},
    };
    double values[COUNT_OF(cases)];
    focl__array array;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        values[i] = cases[i].value;
    scratch_npy("double.npy", native("f8"), "(19,)", values, sizeof values);
    for (int bf16 = 0; bf16 < 2; bf16++) {
        open_good(&array, "double.npy");
        convert_good(&array, bf16 ? FOCL_BF16 : FOCL_F16);
        for (size_t i = 0; i < COUNT_OF(cases); i++)
            ck_assert_msg(((const uint16_t *)array.values)[i] == (bf16 ? cases[i].bf16 : cases[i].half),
                          "%s of %a is %#x", bf16 ? "bf16" : "f2", cases[i].value,
                          (unsigned)((const uint16_t *)array.values)[i]);
        focl__array_close(&array);
    }
}
END_TEST

START_TEST(bits_of_bf16) {
    const uint16_t bits[4] = {0x3f80, 0xc020, 0x7f80, 0x0001};
    const double values[4] = {1, -2.5, INFINITY, 0x1p-133};
    focl__array array;
    for (int big = 0; big < 2; big++) {
        unsigned char data[8];
        for (size_t i = 0; i < 4; i++)
            put_item(data + 2 * i, bits[i], 2, big);
        scratch_npy("bf16.npy", big ? ">u2" : "<u2", "(4,)", data, sizeof data);
        open_good(&array, "bf16.npy");
        convert_good(&array, FOCL_BF16);
        for (size_t i = 0; i < 4; i++)
            ck_assert_double_eq(focl__array_value(&array, i), values[i]);
        focl__array_close(&array);
    }
}
END_TEST

START_TEST(outside_unit_in_every_float_type) {
    static const focl_type floats[] = {FOCL_F32, FOCL_F16, FOCL_BF16, FOCL_F64};
    const float values[4] = {0, 1, NAN, 1.5f};
    focl__array array;
    scratch_npy("values.npy", native("f4"), "(4,)", values, sizeof values);
    for (size_t i = 0; i < COUNT_OF(floats); i++) {
        open_good(&array, "values.npy");
        convert_good(&array, floats[i]);
        ck_assert_uint_eq(focl__array_first_outside_unit(&array), 3);
        focl__array_close(&array);
    }
}
END_TEST

START_TEST(native_files_are_not_copied) {
    static const struct {
        const char *type;
        focl_type wanted;
    } cases[] = {{"f4", FOCL_F32}, {"f2", FOCL_F16}, {"u2", FOCL_BF16}, {"f8", FOCL_F64},
                 {"u1", FOCL_U8},  {"i2", FOCL_I16}, {"i4", FOCL_I32},  {"i8", FOCL_I64}};
    const double data[4] = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        focl__array array;
        scratch_npy("native.npy", native(cases[i].type), "(4,)", data, 4 * focl_type_size(cases[i].wanted));
        open_good(&array, "native.npy");
        convert_good(&array, cases[i].wanted);
        ck_assert_msg(array.values == array.file.data && !array.copy, "%s is copied", cases[i].type);
        focl__array_close(&array);
    }
}
END_TEST

START_TEST(misaligned_data) {
    const float values[2] = {1.25f, -3};
    focl__array array;
    scratch_npy_header("odd.npy", 1,
                       focl__npy_big_endian_machine() ? "{'descr': '>f4', 'fortran_order': False, 'shape': (2,)}  "
                                                      : "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}  ",
                       values, sizeof values);
    open_good(&array, "odd.npy");
    ck_assert_uint_ne((uintptr_t)array.file.data % sizeof(float), 0);
    convert_good(&array, FOCL_F32);
    ck_assert_uint_eq((uintptr_t)array.values % sizeof(float), 0);
    assert_floats(array.values, values, COUNT_OF(values));
    focl__array_close(&array);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("npy");
    TCase *reading = tcase_create("reading");
    enum { FIRST_FLOAT = 9 };
    tcase_set_timeout(reading, 120);
    tcase_add_loop_test(reading, every_type_order_and_version, 0, (int)COUNT_OF(types));
    tcase_add_loop_test(reading, every_integer_as_label, 0, FIRST_FLOAT);
    tcase_add_test(reading, label_types);
    tcase_add_test(reading, too_large_for_a_label);
    tcase_add_test(reading, doubles_are_rounded_to_nearest);
    tcase_add_test(reading, halves_that_are_no_numbers);
    tcase_add_test(reading, every_half_survives);
    tcase_add_test(reading, doubles_are_rounded_to_narrow_types);
    tcase_add_test(reading, bits_of_bf16);
    tcase_add_test(reading, outside_unit_in_every_float_type);
    tcase_add_test(reading, native_files_are_not_copied);
    tcase_add_test(reading, misaligned_data);
    suite_add_tcase(suite, reading);
    const int status = test_main(suite);
    scratch_remove();
    return status;
}
