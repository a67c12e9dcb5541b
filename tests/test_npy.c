/* The .npy files of the command: every type, order and version that is taken, and files that are not to be believed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "npy_convert.h"
#include "npy_header.h"
#include "support_command.h"

enum { ROWS = 2, COLUMNS = 3, ITEMS = ROWS * COLUMNS };

static const char *data_path(const char *name) {
    static scratch_path path;
    path = scratch_file(name);
    return path.text;
}

static void open_good(focl__array *array, const char *name) {
    focl__complaint complaint = {0};
    memset(array, 0, sizeof *array);
    ck_assert_msg(focl__npy_open(&array->file, data_path(name), &complaint), "%s", complaint.text);
}

static void convert_good(focl__array *array, focl_type type) {
    focl__complaint complaint = {0};
    ck_assert_msg(focl__array_convert(array, type, &complaint), "%s", complaint.text);
}

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

static void check_typed(size_t type) {
    focl__array array;
    open_good(&array, "typed.npy");
    ck_assert_uint_eq(array.file.elements, ITEMS);
    ck_assert_str_eq(focl__npy_describe_shape(&array.file.shape).text, "(2, 3)");
    ck_assert_str_eq(focl__npy_describe_type(&array.file).text, types[type].type);
    convert_good(&array, FOCL_F32);
    for (size_t i = 0; i < ITEMS; i++)
        ck_assert_msg(((const float *)array.values)[i] == (float)types[type].values[i], "%s: item %zu is %a, not %a",
                      types[type].type, i, (double)((const float *)array.values)[i], types[type].values[i]);
    focl__array_close(&array);
}

START_TEST(every_type_order_and_version) {
    for (int version = 1; version <= 3; version++)
        for (int big = 0; big < 2; big++)
            for (int fortran = 0; fortran < 2; fortran++) {
                write_typed((size_t)_i, big, fortran, version);
                check_typed((size_t)_i);
            }
}
END_TEST

static double label_at(const focl__array *array, size_t i) {
    if (array->type == FOCL_U8)
        return ((const uint8_t *)array->values)[i];
    if (array->type == FOCL_I32)
        return ((const int32_t *)array->values)[i];
    return (double)((const int64_t *)array->values)[i];
}

START_TEST(every_integer_as_label) {
    for (int big = 0; big < 2; big++)
        for (int fortran = 0; fortran < 2; fortran++) {
            focl__array array;
            write_typed((size_t)_i, big, fortran, 1);
            open_good(&array, "typed.npy");
            convert_good(&array, focl__array_label_type(&array.file));
            for (size_t i = 0; i < ITEMS; i++)
                ck_assert_double_eq(label_at(&array, i), types[_i].values[i]);
            focl__array_close(&array);
        }
}
END_TEST

START_TEST(label_types) {
    static const struct {
        char kind;
        size_t bytes;
        focl_type type;
    } expected[] = {{'b', 1, FOCL_U8},  {'u', 1, FOCL_U8},  {'i', 1, FOCL_I32}, {'i', 2, FOCL_I32}, {'u', 2, FOCL_I32},
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
    scratch_npy("large.npy", focl__npy_big_endian_machine() ? ">u8" : "<u8", "(3,)", values, sizeof values);
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
    scratch_npy("double.npy", focl__npy_big_endian_machine() ? ">f8" : "<f8", "(6,)", values, sizeof values);
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

START_TEST(native_files_are_not_copied) {
    const float values[4] = {1, 2, 3, 4};
    focl__array array;
    scratch_npy("native.npy", focl__npy_big_endian_machine() ? ">f4" : "<f4", "(4,)", values, sizeof values);
    open_good(&array, "native.npy");
    convert_good(&array, FOCL_F32);
    ck_assert_ptr_eq(array.values, array.file.data);
    ck_assert_ptr_null(array.copy);
    focl__array_close(&array);
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

/* ---- Headers ---- */

START_TEST(good_headers) {
    static const struct {
        const char *header, *shape;
        size_t bytes;
    } headers[] = {
        {"{'shape': (2, 3), 'fortran_order': False, 'descr': '|u1'}", "(2, 3)", 6},
        {"{\"descr\":\"|u1\",\"fortran_order\":False,\"shape\":(2,3),}", "(2, 3)", 6},
        {" {  'descr' : '|u1' , 'fortran_order' : True , 'shape' : ( 2 , 3 , ) , } \n\n", "(2, 3)", 6},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2L, 3L), }", "(2, 3)", 6},
        {"{'descr': '<u1', 'fortran_order': False, 'shape': (), }", "()", 1},
        {"{'descr': '|b1', 'fortran_order': False, 'shape': (4,), }", "(4,)", 4},
        {"{'descr': '|b1', 'fortran_order': True, 'shape': (4, 0, 7), }", "(4, 0, 7)", 0},
    };
    const unsigned char data[8] = {0, 1, 0, 1, 0, 1, 0, 1};
    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        focl__array array;
        scratch_npy_header("header.npy", 1, headers[i].header, data, headers[i].bytes);
        open_good(&array, "header.npy");
        ck_assert_str_eq(focl__npy_describe_shape(&array.file.shape).text, headers[i].shape);
        ck_assert_uint_eq(array.file.elements, headers[i].bytes);
        convert_good(&array, FOCL_F32);
        focl__array_close(&array);
    }
}
END_TEST

static void assert_refused(const char *name, const char *fragment) {
    focl__complaint complaint = {0};
    focl__npy file;
    ck_assert_msg(!focl__npy_open(&file, data_path(name), &complaint), "opened; expected: %s", fragment);
    ck_assert_int_eq(complaint.exit_status, FOCL__EXIT_FAILED);
    ck_assert_msg(strstr(complaint.text, name) != NULL, "\"%s\" does not name %s", complaint.text, name);
    ck_assert_msg(strstr(complaint.text, fragment) != NULL, "\"%s\" does not say \"%s\"", complaint.text, fragment);
    ck_assert_msg(strchr(complaint.text, '\n') == NULL, "\"%s\" is more than a line", complaint.text);
}

#define HEADER(descr, order, shape) "{'descr': " descr ", 'fortran_order': " order ", 'shape': " shape ", }"

START_TEST(hostile_headers) {
    static const struct {
        const char *header, *fragment;
    } headers[] = {
        {"", "not a dictionary"},
        {"{", "not a dictionary"},
        {"{}", "no 'descr'"},
        {"[1, 2]", "not a dictionary"},
        {"{'descr': '<f4', 'fortran_order': False}", "no 'shape'"},
        {"{'descr': '<f4', 'shape': (2,)}", "no 'fortran_order'"},
        {"{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}", "not a dictionary"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}", "does not know"},
        {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "twice"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x", "more than a dictionary"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)", "not a dictionary"},
        {"{'descr': '<f4", "not a string"},
        {"{'de\\x73cr': '<f4', 'fortran_order': False, 'shape': (2,)}", "not a dictionary"},
        {HEADER("'<c8'", "False", "(2,)"), "element type"},
        {HEADER("'|O'", "False", "(2,)"), "element type"},
        {HEADER("'<U4'", "False", "(2,)"), "element type"},
        {HEADER("'<f16'", "False", "(2,)"), "element type"},
        {HEADER("'<f3'", "False", "(2,)"), "element type"},
        {HEADER("'<f0'", "False", "(2,)"), "element type"},
        {HEADER("'<u/'", "False", "(2,)"), "element type"},
        {HEADER("'<b4'", "False", "(2,)"), "element type"},
        {HEADER("'f4'", "False", "(2,)"), "element type"},
        {HEADER("'|f4'", "False", "(2,)"), "byte order"},
        {HEADER("[('a', '<f4')]", "False", "(2,)"), "structures"},
        {HEADER("4", "False", "(2,)"), "not a string"},
        {HEADER("'<f4'", "0", "(2,)"), "fortran_order"},
        {HEADER("'<f4'", "'False'", "(2,)"), "fortran_order"},
        {HEADER("'<f4'", "False", "2"), "tuple"},
        {HEADER("'<f4'", "False", "(2)"), "tuple"},
        {HEADER("'<f4'", "False", "[2]"), "tuple"},
        {HEADER("'<f4'", "False", "(,)"), "whole numbers"},
        {HEADER("'<f4'", "False", "(1 2)"), "whole numbers"},
        {HEADER("'<f4'", "False", "(-2,)"), "whole numbers"},
        {HEADER("'<f4'", "False", "(2.0,)"), "whole numbers"},
        {HEADER("'<f4'", "False", "(0x2,)"), "whole numbers"},
        {HEADER("'<f4'", "False", "(18446744073709551616,)"), "too large"},
        {HEADER("'<f4'", "False", "(99999999999999999999999999,)"), "too large"},
        {HEADER("'<f4'", "False", "(4294967296, 4294967296)"), "can be addressed"},
        {HEADER("'<f4'", "False", "(18446744073709551615, 2)"), "can be addressed"},
        {HEADER("'<f4'", "False", "(4611686018427387905,)"), "can be addressed"},
        {HEADER("'<f4'", "False", "(0, 4294967296, 4294967296)"), "can be addressed"},
        {HEADER("'<f4'", "False", "(3,)"), "8 bytes of data where its shape (3,) of f4 needs 12"},
        {HEADER("'<f4'", "False", "(1,)"), "8 bytes of data where its shape (1,) of f4 needs 4"},
        {HEADER("'<f4'", "False", "(1000000000000,)"), "needs 4000000000000"},
        {HEADER("'<f4'", "False",
                "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
                "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)"),
         "64 axes"},
    };
    const float data[2] = {1, 2};
    for (size_t i = 0; i < COUNT_OF(headers); i++)
        for (int version = 1; version <= 3; version++) {
            scratch_npy_header("hostile.npy", version, headers[i].header, data, sizeof data);
            assert_refused("hostile.npy", headers[i].fragment);
        }
}
END_TEST

START_TEST(wrong_beginnings) {
    static const struct {
        const char *bytes;
        size_t count;
        const char *fragment;
    } files[] = {
        {"", 0, "empty"},
        {"\x93NUMP", 5, "not a .npy"},
        {"hello, world, this is text", 26, "not a .npy"},
        {"PK\x03\x04 a .npz file is another thing", 33, "not a .npy"},
        {"\x93NUMPY\x00\x00\x08\x00", 10, "version 0.0"},
        {"\x93NUMPY\x04\x00\x08\x00\x00\x00", 12, "version 4.0"},
        {"\x93NUMPY\x01\x01\x08\x00", 10, "version 1.1"},
        {"\x93NUMPY\x01\x00", 8, "within its header"},
        {"\x93NUMPY\x02\x00\x08\x00\x00", 11, "within its header"},
        {"\x93NUMPY\x01\x00\xff\xff{}", 12, "within its header"},
        {"\x93NUMPY\x02\x00\xff\xff\xff\xff{}", 14, "within its header"},
    };
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        scratch_write("beginning.npy", files[i].bytes, files[i].count);
        assert_refused("beginning.npy", files[i].fragment);
    }
    assert_refused("missing.npy", "No such file");
    assert_refused(".", "not a regular file");
}
END_TEST

START_TEST(truncated_anywhere) {
    const float values[4] = {1, 2, 3, 4};
    size_t bytes = 0;
    scratch_npy("whole.npy", "<f4", "(2, 2)", values, sizeof values);
    char *whole = read_file(data_path("whole.npy"), &bytes);
    for (size_t length = 0; length < bytes; length++) {
        scratch_write("part.npy", whole, length);
        assert_refused("part.npy", "");
    }
    free(whole);
}
END_TEST

/* Whatever a file says, what was opened must be all there; sanitizers watch the rest. */
START_TEST(random_damage) {
    test_random random = test_random_start(11);
    const float values[6] = {1, 2, 3, 4, 5, 6};
    static const char interesting[] = "0123456789(),'\"{}: <>|fuibTL\\\n\xff";
    size_t bytes = 0, opened = 0;
    scratch_npy("whole.npy", "<f4", "(2, 3)", values, sizeof values);
    char *file = read_file(data_path("whole.npy"), &bytes);
    for (int round = 0; round < 1000; round++) {
        char damaged[512];
        focl__complaint complaint = {0};
        focl__array array = {0};
        ck_assert_uint_le(bytes, sizeof damaged);
        memcpy(damaged, file, bytes);
        for (size_t k = 1 + test_random_below(&random, 3); k > 0; k--)
            damaged[test_random_below(&random, 80)] = interesting[test_random_below(&random, sizeof interesting - 1)];
        scratch_write("damaged.npy", damaged, bytes);
        if (!focl__npy_open(&array.file, data_path("damaged.npy"), &complaint))
            continue;
        opened++;
        ck_assert_ptr_eq(array.file.data + array.file.elements * array.file.item_bytes,
                         (unsigned char *)array.file.mapping + bytes);
        convert_good(&array, FOCL_F32);
        focl__array_close(&array);
    }
    ck_assert_uint_gt(opened, 0);
    free(file);
}
END_TEST

/* ---- Writing ---- */

START_TEST(preambles_read_back) {
    static const focl__npy_shape shapes[] = {{0, {0}}, {1, {7}}, {2, {1797, 10}}, {3, {4, 0, 9}}};
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        focl__npy_preamble preamble;
        focl__npy file = {0};
        const char *problem = NULL;
        focl__npy_write_preamble(&preamble, &shapes[i]);
        ck_assert_uint_eq(preamble.bytes % 64, 0);
        ck_assert_int_eq(preamble.text[preamble.bytes - 1], '\n');
        ck_assert_mem_eq(preamble.text, "\x93NUMPY\x01\x00", 8);
        const size_t length = (unsigned char)preamble.text[8] | (size_t)(unsigned char)preamble.text[9] << 8;
        ck_assert_uint_eq(length, preamble.bytes - 10);
        ck_assert_msg(focl__npy_parse_header(preamble.text + 10, length, &file, &problem), "%s", problem);
        ck_assert(focl__npy_same_shape(&file.shape, &shapes[i]));
        ck_assert(file.kind == 'f' && file.item_bytes == 4 && !file.swapped && !file.fortran_order);
    }
}
END_TEST

START_TEST(largest_preamble) {
    focl__npy_shape shape = {.rank = FOCL__NPY_MAX_RANK};
    focl__npy_preamble preamble;
    focl__npy file = {0};
    const char *problem = NULL;
    for (size_t axis = 0; axis < shape.rank; axis++)
        shape.extents[axis] = SIZE_MAX;
    focl__npy_write_preamble(&preamble, &shape);
    ck_assert_msg(focl__npy_parse_header(preamble.text + 10, preamble.bytes - 10, &file, &problem), "%s", problem);
    ck_assert(focl__npy_same_shape(&file.shape, &shape));
    ck_assert_ptr_nonnull(strstr(focl__npy_describe_shape(&shape).text, "..."));
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
    tcase_add_test(reading, native_files_are_not_copied);
    tcase_add_test(reading, misaligned_data);
    tcase_add_test(reading, good_headers);
    tcase_add_test(reading, hostile_headers);
    tcase_add_test(reading, wrong_beginnings);
    tcase_add_test(reading, truncated_anywhere);
    tcase_add_test(reading, random_damage);
    suite_add_tcase(suite, reading);
    TCase *writing = tcase_create("writing");
    tcase_add_test(writing, preambles_read_back);
    tcase_add_test(writing, largest_preamble);
    suite_add_tcase(suite, writing);
    const int status = test_main(suite);
    scratch_remove();
    return status;
}
