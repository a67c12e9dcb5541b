/* Output files appear whole or not at all, whatever fails on the way. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output_files.h"
#include "support_cli.h"

enum { COUNT = 1000 };

static const focl__npy_shape shape = {2, {COUNT / 10, 10}};
static float values[COUNT];

static focl__output output_to(const char *path) {
    return (focl__output){.option = "--grad", .path = path, .values = values};
}

static bool write_two(const char *first, const char *second, focl__complaint *complaint) {
    focl__output outputs[2] = {output_to(first), output_to(second)};
    return focl__outputs_write(outputs, COUNT_OF(outputs), &shape, complaint);
}

static void assert_no_files(const char *fragment, const focl__complaint *complaint) {
    ck_assert_int_eq(complaint->exit_status, FOCL__EXIT_FAILED);
    ck_assert_msg(strstr(complaint->text, fragment) != NULL, "no \"%s\" in %s", fragment, complaint->text);
    ck_assert_uint_eq(scratch_count(), 0);
}

START_TEST(both_appear) {
    const scratch_path first = scratch_file("first.npy");
    const scratch_path second = scratch_file("second.npy");
    focl__complaint complaint = {0};
    for (size_t i = 0; i < COUNT; i++)
        values[i] = (float)i / 8;
    ck_assert_msg(write_two(first.text, second.text, &complaint), "%s", complaint.text);
    ck_assert_uint_eq(scratch_count(), 2);
    for (int file = 0; file < 2; file++) {
        float *found = read_floats(file ? "second.npy" : "first.npy", "(100, 10)", COUNT);
        for (size_t i = 0; i < COUNT; i++)
            ck_assert(found[i] == values[i]);
        free(found);
    }
}
END_TEST

START_TEST(the_second_cannot_be_created) {
    const scratch_path first = scratch_file("first.npy");
    const scratch_path second = scratch_file("nowhere/second.npy");
    focl__complaint complaint = {0};
    ck_assert(!write_two(first.text, second.text, &complaint));
    assert_no_files("nowhere/second.npy", &complaint);
}
END_TEST

START_TEST(what_was_there_stays) {
    const scratch_path first = scratch_file("first.npy");
    const scratch_path second = scratch_file("nowhere/second.npy");
    focl__complaint complaint = {0};
    scratch_write("first.npy", "old", 3);
    ck_assert(!write_two(first.text, second.text, &complaint));
    ck_assert_uint_eq(scratch_count(), 1);
    char *old = read_file(first.text, NULL);
    ck_assert_str_eq(old, "old");
    free(old);
}
END_TEST

/* A folder cannot be replaced by a file: the first has its name already then. */
START_TEST(the_second_cannot_be_renamed) {
    const scratch_path first = scratch_file("first.npy");
    const scratch_path second = scratch_file("folder");
    focl__complaint complaint = {0};
    ck_assert_int_eq(mkdir(second.text, 0700), 0);
    const bool written = write_two(first.text, second.text, &complaint);
    ck_assert_int_eq(rmdir(second.text), 0);
    ck_assert(!written);
    assert_no_files("folder", &complaint);
}
END_TEST

/* A limit on the size of files stands in for a full disk. */
START_TEST(the_disk_is_full) {
    const scratch_path first = scratch_file("first.npy");
    const scratch_path second = scratch_file("second.npy");
    struct rlimit usual;
    focl__complaint complaint = {0};
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &usual), 0);
    const struct rlimit small = {.rlim_cur = COUNT * sizeof(float), .rlim_max = usual.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    const bool written = write_two(first.text, second.text, &complaint);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &usual), 0);
    (void)signal(SIGXFSZ, handler);
    ck_assert(!written);
    assert_no_files("first.npy", &complaint);
}
END_TEST

START_TEST(checked_beforehand) {
    const scratch_path good = scratch_file("good.npy");
    const scratch_path nowhere = scratch_file("nowhere/out.npy");
    const struct {
        const char *path, *fragment;
        int status;
    } cases[] = {
        {nowhere.text, "No such file", FOCL__EXIT_FAILED},
        {scratch_folder(), "not a regular file", FOCL__EXIT_FAILED},
        {"/dev/null", "not a regular file", FOCL__EXIT_FAILED},
        {good.text, "--pt too", FOCL__EXIT_USAGE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        focl__output outputs[2] = {output_to(good.text), output_to(cases[i].path)};
        focl__complaint complaint = {0};
        outputs[0].option = "--pt";
        ck_assert(!focl__outputs_check(outputs, COUNT_OF(outputs), &complaint));
        ck_assert_int_eq(complaint.exit_status, cases[i].status);
        ck_assert_msg(strstr(complaint.text, cases[i].fragment) != NULL, "%s", complaint.text);
        ck_assert(focl__outputs_check(outputs, 1, &complaint));
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("output_files");
    TCase *tests = add_case(suite, "output_files");
    tcase_add_test(tests, both_appear);
    tcase_add_test(tests, the_second_cannot_be_created);
    tcase_add_test(tests, what_was_there_stays);
    tcase_add_test(tests, the_second_cannot_be_renamed);
    tcase_add_test(tests, the_disk_is_full);
    tcase_add_test(tests, checked_beforehand);
    const int status = test_main(suite);
    scratch_remove();
    return status;
}
