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

/* Each in its own type and shape. */
START_TEST(types_and_shapes) {
    static const focl__npy_shape row = {1, {3}};
    static const double wide[3] = {1, 0.1, -3};
    static const uint16_t narrow[3] = {0x3f80, 0, 0xc020};
    static const focl_type types[2] = {FOCL_F64, FOCL_BF16};
    static const char *const headers[2] = {"f8', 'fortran_order': False, 'shape': (3,)",
                                           "u2', 'fortran_order': False, 'shape': (3,)"};
    const scratch_path paths[2] = {scratch_file("wide.npy"), scratch_file("narrow.npy")};
    const void *const arrays[2] = {wide, narrow};
    focl__output outputs[2] = {output_to(paths[0].text), output_to(paths[1].text)};
    focl__complaint complaint = {0};
    for (size_t i = 0; i < 2; i++) {
        outputs[i].values = arrays[i];
        outputs[i].type = types[i];
        outputs[i].shape = &row;
    }
    ck_assert_msg(focl__outputs_write(outputs, COUNT_OF(outputs), &shape, &complaint), "%s", complaint.text);
    for (size_t i = 0; i < 2; i++) {
        size_t bytes = 0;
        const size_t data = 3 * focl_type_size(types[i]);
        char *file = read_file(paths[i].text, &bytes);
        ck_assert_uint_eq((bytes - data) % 64, 0);
        ck_assert_int_eq(memcmp(file + bytes - data, arrays[i], data), 0);
        ck_assert_msg(strstr(file + 10, headers[i]) != NULL, "no %s in %s", headers[i], file + 10);
        free(file);
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

/* A folder cannot be replaced by a file: the first has its name already then, and what it replaced is gone. */
START_TEST(the_second_cannot_be_renamed) {
    const scratch_path first = scratch_file("first.npy");
    const scratch_path second = scratch_file("folder");
    focl__complaint complaint = {0};
    scratch_write("first.npy", "old", 3);
    ck_assert_int_eq(mkdir(second.text, 0700), 0);
    const bool written = write_two(first.text, second.text, &complaint);
    ck_assert_int_eq(rmdir(second.text), 0);
    ck_assert(!written);
    ck_assert_int_eq(complaint.exit_status, FOCL__EXIT_FAILED);
    ck_assert_msg(strstr(complaint.text, "folder") != NULL, "%s", complaint.text);
    ck_assert_uint_eq(scratch_count(), 1);
    free(read_floats("first.npy", "(100, 10)", COUNT));
}
END_TEST

/* ---- Symbolic links ---- */

static void make_link(const char *name, const char *target) {
    ck_assert_int_eq(symlink(target, scratch_file(name).text), 0);
}

static void assert_link(const char *name) {
    struct stat status;
    ck_assert_int_eq(lstat(scratch_file(name).text, &status), 0);
    ck_assert_msg(S_ISLNK(status.st_mode), "%s is no symbolic link any more", name);
}

static bool check_and_write(const char *path, focl__complaint *complaint) {
    focl__output output = output_to(path);
    return focl__outputs_check(&output, 1, complaint) && focl__outputs_write(&output, 1, &shape, complaint);
}

/* To an old file and to none yet, straight and through another link with an absolute path. */
START_TEST(links_stay_and_their_targets_are_written) {
    static const struct {
        const char *target, *file;
        bool old;
    } cases[] = {
        {"real.npy", "real.npy", true},
        {"real.npy", "real.npy", false},
        {"second-link.npy", "real.npy", true},
        {"second-link.npy", "real.npy", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        focl__complaint complaint = {0};
        if (cases[i].old)
            scratch_write(cases[i].file, "old", 3);
        make_link("second-link.npy", scratch_file("real.npy").text);
        make_link("link.npy", cases[i].target);
        ck_assert_msg(check_and_write(scratch_file("link.npy").text, &complaint), "%s", complaint.text);
        assert_link("link.npy");
        assert_link("second-link.npy");
        ck_assert_uint_eq(scratch_count(), 3);
        free(read_floats(cases[i].file, "(100, 10)", COUNT));
        scratch_remove();
    }
}
END_TEST

START_TEST(links_to_what_is_no_file_are_refused) {
    static const struct {
        const char *target, *fragment;
    } cases[] = {
        {"pipe", "not a regular file"},
        {".", "not a regular file"},
        {"nowhere/out.npy", "No such file"},
        {"link.npy", "symbolic links"},
    };
    ck_assert_int_eq(mkfifo(scratch_file("pipe").text, 0600), 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        focl__complaint complaint = {0};
        make_link("link.npy", cases[i].target);
        ck_assert(!check_and_write(scratch_file("link.npy").text, &complaint));
        ck_assert_int_eq(complaint.exit_status, FOCL__EXIT_FAILED);
        ck_assert_msg(strstr(complaint.text, cases[i].fragment) != NULL, "%s", complaint.text);
        assert_link("link.npy");
        ck_assert_uint_eq(scratch_count(), 2);
        ck_assert_int_eq(unlink(scratch_file("link.npy").text), 0);
    }
}
END_TEST

/* What becomes a pipe between the check and the end is not replaced either. */
START_TEST(a_pipe_is_not_replaced) {
    const scratch_path first = scratch_file("first.npy");
    const scratch_path pipe_path = scratch_file("pipe");
    struct stat status;
    focl__complaint complaint = {0};
    ck_assert_int_eq(mkfifo(pipe_path.text, 0600), 0);
    ck_assert(!write_two(first.text, pipe_path.text, &complaint));
    ck_assert_int_eq(stat(pipe_path.text, &status), 0);
    ck_assert(S_ISFIFO(status.st_mode));
}
END_TEST

START_TEST(inputs_are_spared) {
    static const char *const names[] = {"input.npy", "link.npy", "hard-link.npy"};
    const scratch_path input = scratch_file("input.npy");
    const focl__input inputs[] = {{"the weights'", NULL}, {"the logits'", input.text}};
    scratch_write("input.npy", "old", 3);
    make_link("link.npy", "input.npy");
    ck_assert_int_eq(link(input.text, scratch_file("hard-link.npy").text), 0);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const scratch_path path = scratch_file(names[i]);
        const focl__output output = output_to(path.text);
        focl__complaint complaint = {0};
        ck_assert(!focl__outputs_spare(&output, 1, inputs, COUNT_OF(inputs), &complaint));
        ck_assert_int_eq(complaint.exit_status, FOCL__EXIT_USAGE);
        ck_assert_msg(strstr(complaint.text, "is the logits' file too") != NULL, "%s", complaint.text);
    }
    const scratch_path apart = scratch_file("apart.npy");
    const focl__output output = output_to(apart.text);
    focl__complaint complaint = {0};
    ck_assert(focl__outputs_spare(&output, 1, inputs, COUNT_OF(inputs), &complaint));
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
    const scratch_path by_folder = scratch_file("./good.npy");
    const scratch_path by_link = scratch_file("link.npy");
    const struct {
        const char *path, *fragment;
        int status;
    } cases[] = {
        {nowhere.text, "No such file", FOCL__EXIT_FAILED},
        {scratch_folder(), "not a regular file", FOCL__EXIT_FAILED},
        {"/dev/null", "not a regular file", FOCL__EXIT_FAILED},
        {good.text, "--pt too", FOCL__EXIT_USAGE},
        {by_folder.text, "--pt too", FOCL__EXIT_USAGE},
        {by_link.text, "--pt too", FOCL__EXIT_USAGE},
    };
    make_link("link.npy", "good.npy");
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
    tcase_add_test(tests, types_and_shapes);
    tcase_add_test(tests, the_second_cannot_be_created);
    tcase_add_test(tests, what_was_there_stays);
    tcase_add_test(tests, the_second_cannot_be_renamed);
    tcase_add_test(tests, the_disk_is_full);
    tcase_add_test(tests, checked_beforehand);
    tcase_add_test(tests, links_stay_and_their_targets_are_written);
    tcase_add_test(tests, links_to_what_is_no_file_are_refused);
    tcase_add_test(tests, a_pipe_is_not_replaced);
    tcase_add_test(tests, inputs_are_spared);
    const int status = test_main(suite);
    scratch_remove();
    return status;
}
