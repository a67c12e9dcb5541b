/* Which mapping a handle has: the tuning file in every state, the environment, and that neither changes a bit. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mapping.h"
#include "support_command.h"
#include "tuning.h"

/* ---- Handles and files ---- */

static const focl_device *device_under_test(void) {
    return focl_handle_device(test_device(0));
}

static focl_status create(focl_handle **handle) {
    char selector[32];
    (void)snprintf(selector, sizeof selector, "#%zu", device_under_test()->index);
    return focl_create(handle, selector);
}

/* The mapping that a new handle has. */
static focl_mapping created(void) {
    focl_handle *handle = NULL;
    ck_assert_msg(create(&handle) == FOCL_OK, "%s", focl_last_error()->message);
    const focl_mapping mapping = *focl_handle_mapping(handle);
    focl_destroy(handle);
    return mapping;
}

static void assert_created(const char *expected, focl_mapping_source source) {
    const focl_mapping mapping = created();
    char text[FOCL__MAPPING_TEXT];
    focl__mapping_print(&mapping, text);
    ck_assert_str_eq(text, expected);
    ck_assert_int_eq(mapping.source, source);
}

static focl_mapping of_table(void) {
    focl_mapping mapping;
    focl__mapping_choose_from_table(device_under_test(), &mapping);
    return mapping;
}

static void assert_created_of_table(void) {
    const focl_mapping expected = of_table();
    char text[FOCL__MAPPING_TEXT];
    focl__mapping_print(&expected, text);
    assert_created(text, FOCL_MAPPING_TABLE);
}

/* A line of the device, with something in the place of its driver's version and its mapping. */
typedef struct line {
    char text[512];
} line;

static line line_of(const char *driver, const char *rest) {
    line made;
    (void)snprintf(made.text, sizeof made.text, "%s\t%s\t%s", device_under_test()->name, driver, rest);
    return made;
}

static line own_line(const char *rest) {
    return line_of(device_under_test()->driver, rest);
}

static void write_tuning(const char *text) {
    scratch_write("tuning", text, strlen(text));
}

static void set_up(void) {
    ck_assert_int_eq(setenv("FOCL_CACHE_DIR", scratch_folder(), 1), 0);
    ck_assert_int_eq(unsetenv("FOCL_TUNING"), 0);
    ck_assert_int_eq(unsetenv("FOCL_MAPPING"), 0);
}

static void tear_down(void) {
    ck_assert_int_eq(unsetenv("FOCL_MAPPING"), 0);
    ck_assert_int_eq(unsetenv("FOCL_CACHE_DIR"), 0);
    ck_assert_int_eq(setenv("FOCL_TUNING", "0", 1), 0);
    scratch_remove();
}

/* ---- What is read ---- */

START_TEST(without_a_file_the_table_counts) {
    assert_created_of_table();
}
END_TEST

START_TEST(a_line_of_the_device_counts) {
    write_tuning(own_line("2x4x64\n").text);
    assert_created("2x4x64", FOCL_MAPPING_TUNING);
    write_tuning("another device\t1.0\t1x1x0\n\n");
    assert_created_of_table();
}
END_TEST

START_TEST(the_first_line_of_the_device_counts) {
    char text[2048];
    (void)snprintf(text, sizeof text, "one\ttwo\t1x1x1\n%s%s", own_line("2x4x64\n").text, own_line("4x8x0\n").text);
    write_tuning(text);
    assert_created("2x4x64", FOCL_MAPPING_TUNING);
}
END_TEST

START_TEST(another_version_of_the_driver_does_not_count) {
    write_tuning(line_of("0.0", "2x4x64\n").text);
    assert_created_of_table();
}
END_TEST

/* After the device's name and driver; the last has no end of its line. */
static const char *const malformed[] = {"\n",         "2\n",        "2x\n",           "2x4x\n",      "3x4x0\n",
                                        "2x3x0\n",    "128x1x0\n",  "2x512x0\n",      "2x4x5000\n",  "0x4x0\n",
                                        "2x4x64x1\n", "2x4x64 \n",  "-2x4x64\n",      "2x4x-1\n",    "\t2x4x64\n",
                                        "\r\n",       "2x4x64\r\n", "2x4x99999999\n", "2x4x64\t1\n", "twox4\n",
                                        "2x 4x64\n",  "2x4x64"};

START_TEST(malformed_lines_do_not_count) {
    char text[2048];
    write_tuning(own_line(malformed[_i]).text);
    assert_created_of_table();
    (void)snprintf(text, sizeof text, "%s%s%s", own_line(malformed[_i]).text, strchr(malformed[_i], '\n') ? "" : "\n",
                   own_line("2x4x32\n").text);
    write_tuning(text);
    if (strchr(malformed[_i], '\n'))
        assert_created("2x4x32", FOCL_MAPPING_TUNING);
    else
        assert_created(malformed[_i], FOCL_MAPPING_TUNING); /* its end has come */
}
END_TEST

START_TEST(a_file_cut_off_anywhere_does_no_harm) {
    const line whole = own_line("2x4x64\n");
    for (size_t length = 0; length < strlen(whole.text); length++) {
        scratch_write("tuning", whole.text, length);
        assert_created_of_table();
    }
}
END_TEST

START_TEST(bytes_that_are_no_text_do_no_harm) {
    char bytes[4096];
    test_random random = test_random_start(6001);
    for (int turn = 0; turn < 20; turn++) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (char)test_random_below(&random, 256);
        scratch_write("tuning", bytes, sizeof bytes);
        assert_created_of_table();
    }
}
END_TEST

/* Reading ends, and memory does not grow, whatever the file; a line behind a long one still counts. */
START_TEST(long_lines_and_huge_files_do_no_harm) {
    const size_t long_line = 1 << 16;
    const line own = own_line("2x4x64\n");
    char *text = test_zeros(long_line + sizeof own.text, 1);
    memset(text, 'x', long_line);
    text[long_line - 1] = '\n';
    memcpy(text + long_line, own.text, sizeof own.text);
    write_tuning(text);
    free(text);
    assert_created("2x4x64", FOCL_MAPPING_TUNING);
    ck_assert_int_eq(truncate(scratch_file("tuning").text, (off_t)1 << 40), 0);
    assert_created("2x4x64", FOCL_MAPPING_TUNING);
    scratch_write("tuning", "", 0);
    ck_assert_int_eq(truncate(scratch_file("tuning").text, (off_t)1 << 40), 0);
    assert_created_of_table();
}
END_TEST

START_TEST(what_is_no_file_does_no_harm) {
    ck_assert_int_eq(mkfifo(scratch_file("tuning").text, S_IRWXU), 0);
    assert_created_of_table();
    ck_assert_int_eq(unlink(scratch_file("tuning").text), 0);
    ck_assert_int_eq(mkdir(scratch_file("tuning").text, S_IRWXU), 0);
    assert_created_of_table();
    ck_assert_int_eq(rmdir(scratch_file("tuning").text), 0);
    ck_assert_int_eq(setenv("FOCL_CACHE_DIR", "/nowhere/at/all", 1), 0);
    assert_created_of_table();
}
END_TEST

/* Wider vectors than the device's compiler is known to take would be no mapping at all. */
START_TEST(vectors_too_wide_for_the_compiler_do_not_count) {
    write_tuning(own_line("32x1x0\n").text);
    if (of_table().vector < 32)
        assert_created_of_table();
    else
        assert_created("32x1x0", FOCL_MAPPING_TUNING);
}
END_TEST

/* ---- The environment ---- */

START_TEST(the_environment_comes_first) {
    write_tuning(own_line("2x4x64\n").text);
    ck_assert_int_eq(setenv("FOCL_MAPPING", "4x2x16", 1), 0);
    assert_created("4x2x16", FOCL_MAPPING_ENVIRONMENT);
    ck_assert_int_eq(setenv("FOCL_MAPPING", "", 1), 0);
    assert_created("2x4x64", FOCL_MAPPING_TUNING);
}
END_TEST

START_TEST(the_file_can_be_left_alone) {
    write_tuning(own_line("2x4x64\n").text);
    ck_assert_int_eq(setenv("FOCL_TUNING", "0", 1), 0);
    assert_created_of_table();
    ck_assert_int_eq(setenv("FOCL_TUNING", "1", 1), 0);
    assert_created("2x4x64", FOCL_MAPPING_TUNING);
}
END_TEST

static void assert_refused(const char *variable, const char *value) {
    focl_handle *handle = NULL;
    ck_assert_int_eq(setenv(variable, value, 1), 0);
    ck_assert_int_eq(create(&handle), FOCL_EINVAL);
    ck_assert_ptr_null(handle);
    ck_assert_str_eq(focl_last_error()->argument, variable);
    ck_assert_int_eq(unsetenv(variable), 0);
}

START_TEST(wrong_variables_are_refused) {
    assert_refused("FOCL_TUNING", "yes");
    assert_refused("FOCL_MAPPING", "16");
    assert_refused("FOCL_MAPPING", "16x1x");
    assert_refused("FOCL_MAPPING", "16x1x4097");
    assert_refused("FOCL_MAPPING", "16x1x0x0");
}
END_TEST

/* The folder is FOCL_CACHE_DIR, then XDG_CACHE_HOME's focl, then that of HOME. */
START_TEST(the_folder_follows_the_environment) {
    char *home = getenv("HOME") ? strdup(getenv("HOME")) : NULL;
    const focl_mapping mapping = {2, 4, 64, FOCL_MAPPING_TABLE};
    char path[512];
    ck_assert_int_eq(unsetenv("FOCL_CACHE_DIR"), 0);
    ck_assert_int_eq(setenv("HOME", scratch_folder(), 1), 0);
    ck_assert_int_eq(setenv("XDG_CACHE_HOME", "not/absolute", 1), 0);
    ck_assert(focl__tuning_store(device_under_test(), &mapping, path, sizeof path));
    ck_assert_str_eq(path, scratch_file(".cache/focl/tuning").text);
    assert_created("2x4x64", FOCL_MAPPING_TUNING);
    ck_assert_int_eq(setenv("XDG_CACHE_HOME", scratch_folder(), 1), 0);
    assert_created_of_table();
    ck_assert(focl__tuning_store(device_under_test(), &mapping, path, sizeof path));
    ck_assert_str_eq(path, scratch_file("focl/tuning").text);
    assert_created("2x4x64", FOCL_MAPPING_TUNING);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(scratch_file("focl").text), 0);
    ck_assert_int_eq(unlink(scratch_file(".cache/focl/tuning").text), 0);
    ck_assert_int_eq(rmdir(scratch_file(".cache/focl").text), 0);
    ck_assert_int_eq(rmdir(scratch_file(".cache").text), 0);
    ck_assert_int_eq(unsetenv("XDG_CACHE_HOME"), 0);
    if (home)
        ck_assert_int_eq(setenv("HOME", home, 1), 0);
    else
        ck_assert_int_eq(unsetenv("HOME"), 0);
    free(home);
}
END_TEST

/* ---- Writing ---- */

START_TEST(a_device_has_one_line_and_leaves_the_others) {
    const focl_mapping first = {2, 4, 64, FOCL_MAPPING_TABLE}, second = {4, 2, 0, FOCL_MAPPING_TABLE};
    char path[512];
    char expected[2048];
    write_tuning("another device\t1.0\t1x1x0\ncut off");
    ck_assert(focl__tuning_store(device_under_test(), &first, path, sizeof path));
    assert_created("2x4x64", FOCL_MAPPING_TUNING);
    ck_assert(focl__tuning_store(device_under_test(), &second, path, sizeof path));
    assert_created("4x2x0", FOCL_MAPPING_TUNING);
    char *text = read_file(path, &(size_t){0});
    (void)snprintf(expected, sizeof expected, "%sanother device\t1.0\t1x1x0\n", own_line("4x2x0\n").text);
    ck_assert_str_eq(text, expected);
    ck_assert_uint_eq(scratch_count(), 1);
    free(text);
}
END_TEST

/* Folders refuse root nothing: there the place is taken by a file. */
START_TEST(a_folder_that_cannot_be_written_is_told) {
    const focl_mapping mapping = {2, 4, 64, FOCL_MAPPING_TABLE};
    char path[512];
    scratch_write("plain", "", 0);
    ck_assert_int_eq(setenv("FOCL_CACHE_DIR", scratch_file("plain").text, 1), 0);
    ck_assert(!focl__tuning_store(device_under_test(), &mapping, path, sizeof path));
    assert_created_of_table();
    if (geteuid() == 0)
        return;
    write_tuning("as it was\n");
    ck_assert_int_eq(setenv("FOCL_CACHE_DIR", scratch_folder(), 1), 0);
    ck_assert_int_eq(chmod(scratch_folder(), S_IRUSR | S_IXUSR), 0);
    ck_assert(!focl__tuning_store(device_under_test(), &mapping, path, sizeof path));
    ck_assert_int_eq(chmod(scratch_folder(), S_IRWXU), 0);
    ck_assert_uint_eq(scratch_count(), 2);
}
END_TEST

/* ---- Results ---- */

/* A loss, its counters aside, in the mapping of a new handle. */
static void compute(float *reduced, float gradient[1000]) {
    static float logits[1000];
    static float targets[1000];
    focl_handle *handle = NULL;
    test_random random = test_random_start(6002);
    for (size_t i = 0; i < COUNT_OF(logits); i++) {
        logits[i] = (float)test_random_uniform(&random, -8.0, 8.0);
        targets[i] = (float)test_random_uniform(&random, 0.0, 1.0);
    }
    const focl_loss_description focal =
        focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){COUNT_OF(logits), 1, 1});
    const focl_loss_host_inputs inputs = {.logits = logits, .targets = targets};
    const focl_loss_host_outputs outputs = {.reduced = reduced, .gradient = gradient};
    ck_assert_int_eq(create(&handle), FOCL_OK);
    ck_assert_msg(focl_loss_host(handle, &focal, &inputs, &outputs, NULL) == FOCL_OK, "%s", focl_last_error()->message);
    focl_destroy(handle);
}

START_TEST(a_tuned_mapping_changes_no_bit) {
    float usual[1000], tuned[1000], usual_loss = 0.0F, tuned_loss = 1.0F;
    compute(&usual_loss, usual);
    write_tuning(own_line("2x4x0\n").text);
    compute(&tuned_loss, tuned);
    ck_assert_mem_eq(&usual_loss, &tuned_loss, sizeof usual_loss);
    ck_assert_mem_eq(usual, tuned, sizeof usual);
}
END_TEST

START_TEST(no_handle_has_no_mapping) {
    ck_assert_ptr_null(focl_handle_mapping(NULL));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("mapping");
    TCase *tcase = tcase_create("mapping");
    tcase_set_timeout(tcase, 0);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, without_a_file_the_table_counts);
    tcase_add_test(tcase, a_line_of_the_device_counts);
    tcase_add_test(tcase, the_first_line_of_the_device_counts);
    tcase_add_test(tcase, another_version_of_the_driver_does_not_count);
    tcase_add_loop_test(tcase, malformed_lines_do_not_count, 0, (int)COUNT_OF(malformed));
    tcase_add_test(tcase, a_file_cut_off_anywhere_does_no_harm);
    tcase_add_test(tcase, bytes_that_are_no_text_do_no_harm);
    tcase_add_test(tcase, long_lines_and_huge_files_do_no_harm);
    tcase_add_test(tcase, what_is_no_file_does_no_harm);
    tcase_add_test(tcase, vectors_too_wide_for_the_compiler_do_not_count);
    tcase_add_test(tcase, the_environment_comes_first);
    tcase_add_test(tcase, the_file_can_be_left_alone);
    tcase_add_test(tcase, wrong_variables_are_refused);
    tcase_add_test(tcase, the_folder_follows_the_environment);
    tcase_add_test(tcase, a_device_has_one_line_and_leaves_the_others);
    tcase_add_test(tcase, a_folder_that_cannot_be_written_is_told);
    tcase_add_test(tcase, a_tuned_mapping_changes_no_bit);
    tcase_add_test(tcase, no_handle_has_no_mapping);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
