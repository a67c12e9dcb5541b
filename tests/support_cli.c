#include "support_cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- A small problem: 4 rows of 3 classes ---- */

/* Exact in f2, so that every type of logits holds the same. */
const float logits[ELEMENTS] = {0.5f, -1.25f, 3, -4, 0.125f, 2.5f, 8, -0.75f, -6, 1.5f, -2, 0.0625f};
const uint8_t labels[ROWS] = {2, 0, 1, 2};
const float dense[ELEMENTS] = {0, 0, 1, 1, 0, 0, 0.25f, 1, 0.5f, 0, 0, 1};
const float class_weights[CLASSES] = {0.5f, 2, 1.25f};
const float pos_weights[CLASSES] = {3, 1, 0.25f};
const float row_weights[ROWS] = {1, 0.5f, 0, 4};
const float element_weights[ELEMENTS] = {1, 2, 3, 0, 0.5f, 1, 1, 2, 0.25f, 5, 1, 0.5f};
const float upstream_rows[ROWS] = {2, -1, 0.5f, 3};
const float one_value[1] = {-2.5f};
const float probabilities[ELEMENTS] = {0.5f, 0.25f, 0.125f, 0.75f, 0.9375f, 0.5f, 1, 0.0625f, 0.25f, 0, 0.375f, 0.625f};

const float transposed[ELEMENTS] = {0.5f, -4, 8, 1.5f, -1.25f, 0.125f, -0.75f, -2, 3, 2.5f, -6, 0.0625f};

static bool big_endian(void) {
    const uint16_t one = 1;
    return *(const unsigned char *)&one == 0;
}

const char *native_f4(void) {
    return big_endian() ? ">f4" : "<f4";
}

void write_floats(const char *name, const char *shape, const float *values, size_t count) {
    scratch_npy(name, native_f4(), shape, values, count * sizeof *values);
}

void write_problem(void) {
    write_floats("x.npy", "(4, 3)", logits, ELEMENTS);
    write_floats("transposed.npy", "(3, 4)", transposed, ELEMENTS);
    write_floats("dense.npy", "(4, 3)", dense, ELEMENTS);
    write_floats("class.npy", "(3,)", class_weights, CLASSES);
    write_floats("pos.npy", "(3,)", pos_weights, CLASSES);
    write_floats("rows.npy", "(4,)", row_weights, ROWS);
    write_floats("elements.npy", "(4, 3)", element_weights, ELEMENTS);
    write_floats("upstream.npy", "(4,)", upstream_rows, ROWS);
    write_floats("one.npy", "()", one_value, 1);
    write_floats("p.npy", "(4, 3)", probabilities, ELEMENTS);
    scratch_npy("t.npy", "|u1", "(4,)", labels, sizeof labels);
}

float *read_floats(const char *name, const char *shape, size_t count) {
    size_t bytes = 0;
    char *file = read_file(scratch_file(name).text, &bytes);
    const size_t header = 10 + (size_t)(unsigned char)file[8] + 256 * (size_t)(unsigned char)file[9];
    ck_assert_mem_eq(file, "\x93NUMPY\x01\x00", 8);
    ck_assert_msg(strstr(file + 10, shape) != NULL, "%s: no %s in %s", name, shape, file + 10);
    ck_assert_msg(strstr(file + 10, native_f4()) != NULL, "%s: no %s in %s", name, native_f4(), file + 10);
    ck_assert_uint_eq(bytes - header, count * sizeof(float));
    float *values = malloc(count * sizeof *values);
    ck_assert_ptr_nonnull(values);
    memcpy(values, file + header, count * sizeof *values);
    free(file);
    return values;
}

/* All of them, or the first few on a slow device. */
size_t write_digits(float **digits, char **digit_labels) {
    enum { HEADER = 128, DIGITS = 1797, FEW = 40 };
    const size_t rows = test_size(DIGITS, FEW);
    char shape[32];
    size_t bytes = 0;
    char *file = read_file(FOCL_TEST_DATA "/digits_logits.npy", &bytes);
    ck_assert_uint_eq(bytes, HEADER + (size_t)DIGITS * 10 * sizeof(float));
    *digits = malloc(rows * 10 * sizeof **digits);
    ck_assert_ptr_nonnull(*digits);
    memcpy(*digits, file + HEADER, rows * 10 * sizeof **digits);
    free(file);
    *digit_labels = read_file(FOCL_TEST_DATA "/digits_labels.npy", &bytes);
    ck_assert_uint_eq(bytes, HEADER + DIGITS);
    (void)snprintf(shape, sizeof shape, "(%zu, 10)", rows);
    scratch_npy("digits.npy", "<f4", shape, *digits, rows * 10 * sizeof **digits);
    (void)snprintf(shape, sizeof shape, "(%zu,)", rows);
    scratch_npy("digit_labels.npy", "|u1", shape, *digit_labels + HEADER, rows);
    memmove(*digit_labels, *digit_labels + HEADER, rows);
    return rows;
}

/* ---- Outcomes ---- */

static void assert_status(const command_result *result, int status, const char *arguments) {
    ck_assert_msg(result->status == status, "focl %s: exit status %d, not %d\n%s%s", arguments, result->status, status,
                  result->out, result->err);
}

/* One sentence on stderr, nothing on stdout, no new file. */
void assert_fails(const char *arguments, const char *environment, int status, const char *fragment) {
    const size_t files = scratch_count();
    command_result result = command_run(arguments, environment);
    assert_status(&result, status, arguments);
    ck_assert_msg(strncmp(result.err, "focl: ", 6) == 0, "focl %s: %s", arguments, result.err);
    const char *end = strchr(result.err, '\n');
    ck_assert_msg(end && end[1] == '\0', "focl %s: not one line: %s", arguments, result.err);
    ck_assert_msg(strstr(result.err, fragment) != NULL, "focl %s: no \"%s\" in: %s", arguments, fragment, result.err);
    ck_assert_msg((strstr(result.err, "(see: focl ") != NULL) == (status == 2), "focl %s: %s", arguments, result.err);
    ck_assert_str_eq(result.out, "");
    ck_assert_uint_eq(scratch_count(), files);
    command_free(&result);
}

command_result assert_works(const char *arguments) {
    command_result result = command_run(arguments, NULL);
    assert_status(&result, 0, arguments);
    ck_assert_str_eq(result.err, "");
    ck_assert_msg(strchr(result.out, '\033') == NULL, "focl %s: colours without a terminal", arguments);
    return result;
}

/* ---- Suites ---- */

TCase *add_case(Suite *suite, const char *name) {
    TCase *tests = tcase_create(name);
    tcase_add_checked_fixture(tests, NULL, scratch_remove);
    tcase_set_timeout(tests, 600);
    suite_add_tcase(suite, tests);
    return tests;
}

int command_test_main(Suite *suite) {
    enum { SKIPPED = 77 };
    if (!getenv("FOCL_COMMAND")) {
        puts("SKIP: FOCL_COMMAND does not name the focl to run");
        return SKIPPED;
    }
    const int status = test_main(suite);
    scratch_remove();
    return status;
}
