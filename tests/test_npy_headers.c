/* The headers of .npy files: those that are taken, those that are not to be believed, and those that are written. */
#include <stdlib.h>

#include "support_npy.h"

/* ---- Reading ---- */

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
        focl__npy_write_preamble(&preamble, FOCL_F32, &shapes[i]);
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

START_TEST(preambles_of_every_type) {
    static const struct {
        focl_type type;
        const char *kind;
    } kinds[] = {{FOCL_F32, "f4"}, {FOCL_U8, "u1"},  {FOCL_I32, "i4"},  {FOCL_I64, "i8"},
                 {FOCL_I16, "i2"}, {FOCL_F16, "f2"}, {FOCL_BF16, "u2"}, {FOCL_F64, "f8"}};
    const focl__npy_shape shape = {1, {7}};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        focl__npy_preamble preamble;
        focl__npy file = {0};
        const char *problem = NULL;
        focl__npy_write_preamble(&preamble, kinds[i].type, &shape);
        ck_assert_msg(focl__npy_parse_header(preamble.text + 10, preamble.bytes - 10, &file, &problem), "%s", problem);
        ck_assert_str_eq(focl__npy_describe_type(&file).text, kinds[i].kind);
        ck_assert(!file.swapped);
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
    focl__npy_write_preamble(&preamble, FOCL_F32, &shape);
    ck_assert_msg(focl__npy_parse_header(preamble.text + 10, preamble.bytes - 10, &file, &problem), "%s", problem);
    ck_assert(focl__npy_same_shape(&file.shape, &shape));
    ck_assert_ptr_nonnull(strstr(focl__npy_describe_shape(&shape).text, "..."));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("npy_headers");
    TCase *reading = tcase_create("reading");
    tcase_set_timeout(reading, 120);
    tcase_add_test(reading, good_headers);
    tcase_add_test(reading, hostile_headers);
    tcase_add_test(reading, wrong_beginnings);
    tcase_add_test(reading, truncated_anywhere);
    tcase_add_test(reading, random_damage);
    suite_add_tcase(suite, reading);
    TCase *writing = tcase_create("writing");
    tcase_add_test(writing, preambles_read_back);
    tcase_add_test(writing, preambles_of_every_type);
    tcase_add_test(writing, largest_preamble);
    suite_add_tcase(suite, writing);
    const int status = test_main(suite);
    scratch_remove();
    return status;
}
