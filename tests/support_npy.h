/* What the tests of .npy files share. */
#ifndef FOCL_TESTS_SUPPORT_NPY_H
#define FOCL_TESTS_SUPPORT_NPY_H

#include <stdio.h>
#include <string.h>

#include "npy_convert.h"
#include "npy_header.h"
#include "support_command.h"

/* The path of a file of the scratch folder, until the next call. */
static inline const char *data_path(const char *name) {
    static scratch_path path;
    path = scratch_file(name);
    return path.text;
}

static inline void open_good(focl__array *array, const char *name) {
    focl__complaint complaint = {0};
    memset(array, 0, sizeof *array);
    ck_assert_msg(focl__npy_open(&array->file, data_path(name), &complaint), "%s", complaint.text);
}

static inline void convert_good(focl__array *array, focl_type type) {
    focl__complaint complaint = {0};
    ck_assert_msg(focl__array_convert(array, type, &complaint), "%s", complaint.text);
}

/* A type in this machine's byte order: "<f4" for "f4". */
static inline const char *native(const char *type) {
    static char text[8];
    const char *order = type[1] == '1' ? "|" : focl__npy_big_endian_machine() ? ">" : "<";
    (void)snprintf(text, sizeof text, "%s%s", order, type);
    return text;
}

#endif
