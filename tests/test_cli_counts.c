/* focl counts as its users meet it: counts and weights from files, as text and JSON, and what it refuses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_cli.h"

enum { LABELS = 12, KINDS = 5 };

/* 255 is neither of 5 classes; class 3 never occurs. */
static const uint8_t kinds[LABELS] = {0, 4, 4, 255, 2, 0, 1, 1, 4, 255, 4, 4};
static const char counts_text[] = "[2, 2, 1, 0, 5]";
static const double inverse_weights[KINDS] = {5, 5, 10, 0, 2};

/* The same labels in every type of integer, in both byte orders, in Fortran order, and as a scalar and nothing. */
static void write_labels(void) {
    static const int64_t seed_counts[8] = {381155699, 4830287, 861159, 440608, 37987, 4061447, 1235420, 593393};
    static const int64_t negative[2] = {3, -2};
    static const double floats[2] = {0, 1};
    static const uint8_t flags[4] = {1, 0, 1, 1};
    int16_t i2[LABELS];
    int32_t i4[LABELS];
    int64_t i8[LABELS];
    unsigned char swapped[LABELS * 4] = {0};
    uint8_t columns[LABELS];
    for (size_t i = 0; i < LABELS; i++) {
        const int label = kinds[i] == 255 ? -1 : kinds[i];
        i2[i] = (int16_t)label;
        i4[i] = (int32_t)label;
        i8[i] = label;
        memset(swapped + 4 * i, label < 0 ? 0xff : 0, 4);
        swapped[4 * i + 3] = (unsigned char)label;
        columns[i % 4 * 3 + i / 4] = kinds[i];
    }
    scratch_npy("u1.npy", "|u1", "(3, 4)", kinds, sizeof kinds);
    scratch_npy("i2.npy", "<i2", "(12,)", i2, sizeof i2);
    scratch_npy("i4.npy", "<i4", "(12, 1)", i4, sizeof i4);
    scratch_npy("i8.npy", "<i8", "(2, 3, 2)", i8, sizeof i8);
    scratch_npy("swapped.npy", ">i4", "(12,)", swapped, sizeof swapped);
    scratch_npy_header("fortran.npy", 1, "{'descr': '|u1', 'fortran_order': True, 'shape': (3, 4)}", columns, LABELS);
    scratch_npy("scalar.npy", "|u1", "()", kinds + 1, 1);
    scratch_npy("nothing.npy", "|u1", "(0,)", kinds, 0);
    scratch_npy("flags.npy", "|b1", "(4,)", flags, sizeof flags);
    scratch_npy("floats.npy", "<f8", "(2,)", floats, sizeof floats);
    scratch_npy("seed.npy", "<i8", "(8,)", seed_counts, sizeof seed_counts);
    scratch_npy("negative.npy", "<i8", "(2,)", negative, sizeof negative);
}

static void assert_json_list(const char *json, const char *key, const char *list) {
    const char *found = json_find(json, key);
    ck_assert_msg(strncmp(found, list, strlen(list)) == 0, "\"%s\" is not %s: %s", key, list, json);
}

static void assert_json_numbers(const char *json, const char *key, const double *numbers, size_t count) {
    const char *at = json_find(json, key) + 1;
    for (size_t i = 0; i < count; i++) {
        char *end = NULL;
        const double found = strtod(at, &end);
        ck_assert_msg(end != at && found == numbers[i], "%s[%zu] is not %.17g: %s", key, i, numbers[i], json);
        at = end + 1;
    }
    ck_assert_msg(at[-1] == ']', "%s has more than %zu numbers: %s", key, count, json);
}

/* A run that works and has something to say on stderr. */
static command_result assert_notes(const char *arguments, const char *note) {
    command_result result = command_run(arguments, NULL);
    ck_assert_msg(result.status == 0, "focl %s: %s", arguments, result.err);
    ck_assert_msg(strstr(result.err, note) != NULL, "focl %s: no \"%s\" in: %s", arguments, note, result.err);
    return result;
}

/* ---- Counts ---- */

START_TEST(counts_of_every_type) {
    static const struct {
        const char *arguments;
        double ignored, out_of_range;
    } cases[] = {
        {"counts @u1.npy --classes 5 --json", 0, 2},
        {"counts @u1.npy --classes 5 --ignore-index 255 --json", 2, 0},
        {"counts @i2.npy --classes 5 --ignore-index -1 --json", 2, 0},
        {"counts @i4.npy --classes 5 --ignore-index -1 --json", 2, 0},
        {"counts @i8.npy --classes 5 --ignore-index -1 --json", 2, 0},
        {"counts @i8.npy --classes 5 --ignore-index -2 --json", 0, 2},
        {"counts @swapped.npy --classes 5 --json", 0, 2},
        {"counts @fortran.npy --classes=5 --json", 0, 2},
    };
    write_labels();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        command_result result = assert_notes(cases[i].arguments, "1 class never occurs and has weight 0: 3\n");
        ck_assert_msg(json_is_valid(result.out), "%s", result.out);
        assert_json_list(result.out, "counts", counts_text);
        assert_json_numbers(result.out, "weights", inverse_weights, KINDS);
        ck_assert_double_eq(json_number(result.out, "labels"), 12);
        ck_assert_double_eq(json_number(result.out, "counted"), 10);
        ck_assert_double_eq(json_number(result.out, "ignored"), cases[i].ignored);
        ck_assert_double_eq(json_number(result.out, "out_of_range"), cases[i].out_of_range);
        command_free(&result);
    }
}
END_TEST

START_TEST(counts_of_special_files) {
    write_labels();
    command_result flags = assert_works("counts @flags.npy --classes 2 --json");
    assert_json_list(flags.out, "counts", "[1, 3]");
    command_free(&flags);
    command_result scalar = assert_notes("counts @scalar.npy --classes 5 --json", "4 classes never occur");
    assert_json_list(scalar.out, "counts", "[0, 0, 0, 0, 1]");
    command_free(&scalar);
    command_result nothing = assert_notes("counts @nothing.npy --classes 2 --json", "0, 1\n");
    assert_json_list(nothing.out, "counts", "[0, 0]");
    assert_json_list(nothing.out, "weights", "[0, 0]");
    command_free(&nothing);
}
END_TEST

START_TEST(notes) {
    write_labels();
    command_result result = assert_notes("counts @u1.npy --classes 5", "2 labels are outside 0..4; the first is 255 at "
                                                                       "position 3\n");
    ck_assert_ptr_nonnull(strstr(result.out, "10 counted, 0 ignored, 2 out of range"));
    ck_assert_ptr_nonnull(strstr(result.out, "inverse"));
    ck_assert_ptr_nonnull(strstr(result.out, "50.0000%"));
    command_free(&result);
    command_result many = assert_notes("counts @u1.npy --classes 300", " 295 classes never occur and have weight 0: 3, "
                                                                       "5, 6, 7, 8, 9, 10, 11, 12, 13, ...\n");
    command_free(&many);
    command_result silent = assert_works("counts @flags.npy --classes 2");
    command_free(&silent);
}
END_TEST

/* ---- Weights ---- */

START_TEST(weights_from_counts) {
    static const struct {
        const char *arguments, *recipe, *first;
    } cases[] = {
        {"counts --from-counts @seed.npy --json", "\"inverse\"", "1.0316414027958"},
        {"counts --from-counts @seed.npy --classes 8 --recipe inverse --json", "\"inverse\"", "1.0316414027958"},
        {"counts --from-counts @seed.npy --recipe sqrt-inverse --json", "\"sqrt-inverse\"", "1.0156974957121"},
        {"counts --from-counts @seed.npy --recipe median --json", "\"median\"", "0.002750292079458"},
        {"counts --from-counts @seed.npy --recipe effective --json", "\"effective\"", "0.997144592667"},
        {"counts --from-counts @seed.npy --recipe effective --beta 0 --json", "\"effective\"", "1,"},
        {"counts --from-counts @seed.npy --recipe enet --json", "\"enet\"", "1.453916452472"},
    };
    write_labels();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        command_result result = assert_works(cases[i].arguments);
        ck_assert_msg(json_is_valid(result.out), "%s", result.out);
        assert_json_list(result.out, "counts", "[381155699, 4830287, 861159, 440608, 37987, 4061447, 1235420, 593393]");
        assert_json_list(result.out, "recipe", cases[i].recipe);
        const char *weights = json_find(result.out, "weights") + 1;
        ck_assert_msg(strncmp(weights, cases[i].first, strlen(cases[i].first)) == 0, "%s", result.out);
        command_free(&result);
    }
}
END_TEST

/* No device is needed where nothing is counted. */
START_TEST(from_counts_needs_no_device) {
    write_labels();
    command_result result = command_run("counts --from-counts @seed.npy --json", "OCL_ICD_VENDORS=/nonexistent");
    ck_assert_int_eq(result.status, 0);
    assert_json_list(result.out, "device", "null");
    command_free(&result);
}
END_TEST

START_TEST(writes_files) {
    size_t bytes = 0;
    write_labels();
    command_result result = assert_notes("counts @u1.npy --classes 5 --out @w.npy --counts-out @n.npy", "never occurs");
    command_free(&result);
    char *file = read_file(scratch_file("w.npy").text, &bytes);
    ck_assert_ptr_nonnull(strstr(file + 10, "f8', 'fortran_order': False, 'shape': (5,)"));
    ck_assert_mem_eq(file + bytes - sizeof inverse_weights, inverse_weights, sizeof inverse_weights);
    free(file);
    file = read_file(scratch_file("n.npy").text, &bytes);
    ck_assert_ptr_nonnull(strstr(file + 10, "i8', 'fortran_order': False, 'shape': (5,)"));
    free(file);
    command_result again = assert_notes("counts --from-counts @n.npy --json", "never occurs");
    assert_json_list(again.out, "counts", counts_text);
    assert_json_numbers(again.out, "weights", inverse_weights, KINDS);
    command_free(&again);
}
END_TEST

/* What --out writes is what --class-weights of focl loss takes. */
START_TEST(weights_go_into_a_loss) {
    write_problem();
    command_result counts = assert_works("counts @t.npy --classes 3 --out @w.npy");
    command_free(&counts);
    command_result loss = assert_works(LOSS "--class-weights @w.npy --json");
    ck_assert(json_number(loss.out, "loss") > 0);
    command_free(&loss);
}
END_TEST

/* ---- Refusals ---- */

START_TEST(wrong_command_lines) {
    static const struct {
        const char *arguments, *fragment;
    } cases[] = {
        {"counts", "needs TARGETS.npy"},
        {"counts @u1.npy", "--classes: is needed"},
        {"counts @u1.npy @u1.npy --classes 3", "too many"},
        {"counts @u1.npy --classes 0", "--classes"},
        {"counts @u1.npy --classes -3", "--classes"},
        {"counts @u1.npy --classes 2147483648", "2147483647"},
        {"counts @u1.npy --classes three", "--classes"},
        {"counts @u1.npy --classes 3 --recipe magic", "sqrt-inverse"},
        {"counts @u1.npy --classes 3 --beta 0.9", "--recipe effective"},
        {"counts @u1.npy --classes 3 --recipe effective --beta 1", "below 1"},
        {"counts @u1.npy --classes 3 --recipe effective --beta -1", "at least 0"},
        {"counts @u1.npy --from-counts @seed.npy", "takes the place"},
        {"counts --from-counts @seed.npy --ignore-index 1", "--ignore-index"},
        {"counts @u1.npy --classes 5 --out @u1.npy", "is the targets' file too"},
        {"counts --from-counts @seed.npy --out @seed.npy", "is the counts' file too"},
        {"counts @u1.npy --classes 5 --out @w.npy --counts-out @w.npy", "is the file of --out too"},
    };
    write_labels();
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_fails(cases[i].arguments, NULL, 2, cases[i].fragment);
}
END_TEST

START_TEST(wrong_data) {
    static const struct {
        const char *arguments, *fragment;
    } cases[] = {
        {"counts @missing.npy --classes 3", "missing.npy: No such file"},
        {"counts @floats.npy --classes 3 --out @w.npy",
         "floats.npy: its elements are f8, and class indices are integers"},
        {"counts --from-counts @floats.npy --out @w.npy", "floats.npy: its elements are f8, and counts are integers"},
        {"counts --from-counts @negative.npy --out @w.npy", "negative.npy: the count -2 at position 1 is negative"},
        {"counts --from-counts @seed.npy --classes 7 --out @w.npy", "seed.npy: has 8 counts, and --classes is 7"},
        {"counts @u1.npy --classes 3 --out @nowhere/w.npy", "nowhere/w.npy"},
        {"counts @u1.npy --classes 3 --device ::nosuchdevice --out @w.npy", "nosuchdevice"},
    };
    write_labels();
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_fails(cases[i].arguments, NULL, 1, cases[i].fragment);
    assert_fails("counts @u1.npy --classes 3 --out @w.npy", "OCL_ICD_VENDORS=/nonexistent", 1, "pocl-opencl-icd");
}
END_TEST

START_TEST(help) {
    command_result result = assert_works("counts --help");
    ck_assert_ptr_nonnull(strstr(result.out, "--from-counts"));
    ck_assert_ptr_nonnull(strstr(result.out, "sqrt-inverse"));
    command_free(&result);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("cli_counts");
    TCase *results = add_case(suite, "results");
    tcase_add_test(results, counts_of_every_type);
    tcase_add_test(results, counts_of_special_files);
    tcase_add_test(results, notes);
    tcase_add_test(results, weights_from_counts);
    tcase_add_test(results, from_counts_needs_no_device);
    tcase_add_test(results, writes_files);
    tcase_add_test(results, weights_go_into_a_loss);
    tcase_add_test(results, help);
    TCase *refusals = add_case(suite, "refusals");
    tcase_add_test(refusals, wrong_command_lines);
    tcase_add_test(refusals, wrong_data);
    return command_test_main(suite);
}
