/* The focl command as its users meet it: run as a process, judged by its exit status, its output and its files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_cli.h"

/* ---- Refusals ---- */

START_TEST(wrong_command_lines) {
    static const struct {
        const char *arguments, *fragment;
    } cases[] = {
        {"", "needs a command"},
        {"frobnicate", "frobnicate"},
        {"devices extra", "extra"},
        {"devices --frob", "--frob"},
        {"devices --json --json", "twice"},
        {"devices --math fast", "--math"},
        {"demo @x.npy", "LABELS.npy"},
        {"loss", "NAME LOGITS.npy TARGETS.npy"},
        {"loss sigmoid-focal", "NAME LOGITS.npy TARGETS.npy"},
        {"loss sigmoid-focal @x.npy", "NAME LOGITS.npy TARGETS.npy"},
        {LOSS "@x.npy", "too many"},
        {"loss nonsense @x.npy @t.npy", "nonsense"},
        {LOSS "--frob", "--frob"},
        {LOSS "--grad", "--grad"},
        {LOSS "--grad=", "--grad"},
        {LOSS "--json=yes", "--json"},
        {LOSS "--gamma 1 --gamma 2", "twice"},
        {LOSS "--gamma two", "--gamma"},
        {LOSS "--gamma 1,5", "--gamma"},
        {LOSS "--gamma 1.5x", "--gamma"},
        {LOSS "--gamma 0x1", "--gamma"},
        {LOSS "--gamma nan", "--gamma"},
        {LOSS "--gamma inf", "--gamma"},
        {LOSS "--gamma 1e999", "--gamma"},
        {LOSS "--gamma 1e60", "--gamma"},
        {LOSS "--gamma -1", "--gamma"},
        {LOSS "--gamma=", "--gamma"},
        {"loss sigmoid-ce @x.npy @t.npy --gamma 2", "--gamma"},
        {LOSS "--alpha 1.5", "--alpha"},
        {LOSS "--alpha off", "--alpha"},
        {LOSS "--alpha nan", "--alpha"},
        {LOSS "--axis 1.0", "--axis"},
        {LOSS "--axis 99999999999999999999", "--axis"},
        {LOSS "--ignore-index none", "--ignore-index"},
        {LOSS "--background 1e3", "--background"},
        {LOSS "--label-smoothing 1.5", "--label-smoothing"},
        {LOSS "--label-smoothing -0.1", "--label-smoothing"},
        {LOSS "--input logarithms", "--input"},
        {LOSS "--clip 0.1", "--clip"},
        {LOSS "--input probabilities --clip 0.5", "--clip"},
        {LOSS "--input probabilities --clip -1", "--clip"},
        {LOSS "--reduction average", "row-mean"},
        {LOSS "--reduction given", "--normalizer"},
        {LOSS "--reduction sum --normalizer 3", "--normalizer"},
        {LOSS "--normalizer 0", "--normalizer"},
        {LOSS "--normalizer -2", "--normalizer"},
        {LOSS "--normalizer 1e-60", "--normalizer"},
        {LOSS "--empty one", "--empty"},
        {LOSS "--math fast", "--math"},
        {LOSS "--dtype f16", "--dtype"},
        {LOSS "--grad @out.npy --pt @out.npy", "--pt"},
        {LOSS "--grad @./out.npy --prob @out.npy", "is the file of --grad too"},
        {LOSS "--gamma 0x1p1", "decimal number"},
    };
    write_problem();
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_fails(cases[i].arguments, NULL, 2, cases[i].fragment);
}
END_TEST

/* What a loss does not take shows before any file is opened. */
START_TEST(options_of_other_losses) {
    static const struct {
        const char *arguments, *fragment;
    } cases[] = {
        {"softmax-ce @x.npy @t.npy --background 2", "--background: softmax-ce has a class in every row"},
        {"softmax-focal @x.npy @t.npy --target-only", "--target-only: softmax-focal has one loss per row"},
        {"softmax-mse @x.npy @t.npy --pos-weight @pos.npy", "--pos-weight: softmax-mse"},
        {"cross-entropy @x.npy @t.npy --gamma 2", "--gamma: cross-entropy has none"},
        {"mse @x.npy @t.npy --gamma 1", "--gamma: mse has none"},
        {"sigmoid-mse @x.npy @t.npy --alpha 0.5", "--alpha: sigmoid-mse has none"},
        {"quality-focal @x.npy @t.npy --alpha 0.5", "--alpha: quality-focal has none"},
        {"sigmoid-focal @x.npy @t.npy --alpha 2", "--alpha: 2 is not in [0, 1]"},
        {"softmax-mse @x.npy @t.npy --label-smoothing 0.1", "--label-smoothing: softmax-mse takes none"},
        {"varifocal @x.npy @t.npy --label-smoothing 0.1", "--label-smoothing: varifocal takes none"},
        {"softmax-focal @x.npy @t.npy --gamma-negative 4", "--gamma-negative: softmax-focal has none"},
        {"sigmoid-ce @x.npy @t.npy --gamma-negative 4", "--gamma-negative: sigmoid-ce has none"},
        {"sigmoid-focal @p.npy @t.npy --input probabilities --margin 0.1", "--margin: sigmoid-focal has none"},
        {"quality-focal @x.npy @t.npy --margin 0.1", "--margin: quality-focal has none"},
        {"sigmoid-focal @x.npy @t.npy --margin 1", "--margin: 1 is not in [0, 1)"},
        {"sigmoid-focal @x.npy @t.npy --margin 0.1 --label-smoothing 0.1", "--margin: excludes"},
        {"softmax-ce @p.npy @t.npy --input probabilities --poly1 1", "--poly1: softmax-ce has none"},
        {"varifocal @x.npy @t.npy --poly1 1", "--poly1: varifocal has none"},
        {"varifocal @p.npy @t.npy --input probabilities", "--input: varifocal is a loss of logits"},
        {"softmax-ce @p.npy @t.npy --input probabilities --hess @out.npy", "--hess: is for losses of logits"},
        {"softmax-mse @p.npy @t.npy --input probabilities --hess @out.npy", "--hess: is for losses of logits"},
        {"softmax-ce @x.npy @t.npy --clip 0.1", "--clip: needs --input probabilities"},
        {"softmax-ce @x.npy @t.npy --curvature absolute", "--curvature: needs --hess F"},
        {"softmax-ce @x.npy @t.npy --hess @out.npy --curvature positive", "raw, absolute or gauss-newton"},
        {"softmax-ce @x.npy @t.npy --loss-scale inf", "--loss-scale"},
        {"softmax-ce @x.npy @t.npy --loss-scale 1e39", "--loss-scale"},
        {"sigmoid-focal @x.npy @t.npy --like tensorflow", "\"tensorflow\" is not torchvision, "},
        {"softmax-ce @x.npy @t.npy --like mmcv", "--like: mmcv has no such loss; known are its ops.sigmoid"},
        {"mse @x.npy @t.npy --like pytorch-ce", "--like: pytorch-ce has no such loss"},
        {"sigmoid-focal @x.npy @t.npy --like apex", "--like: apex divides by what it is given; --normalizer V"},
        {"sigmoid-focal @x.npy @t.npy --like apex --reduction mean", "--like: apex's contrib.focal_loss has sum only"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char arguments[256];
        (void)snprintf(arguments, sizeof arguments, "loss %s", cases[i].arguments);
        assert_fails(arguments, NULL, 2, cases[i].fragment);
    }
}
END_TEST

static void write_bad_files(void) {
    static const float infinite[ROWS] = {1, 1, INFINITY, 1};
    static const float doubled[ELEMENTS] = {0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0};
    static const uint8_t wrong_labels[ROWS] = {2, 0, 1, 3};
    static const float above[ELEMENTS] = {NAN, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1.5f};
    write_floats("above.npy", "(4, 3)", above, ELEMENTS);
    scratch_npy("words.npy", "<u2", "(4, 3)", logits, ELEMENTS * sizeof(uint16_t));
    scratch_npy("integers.npy", "|u1", "(4, 3)", logits, ELEMENTS);
    scratch_npy("bad.npy", "|u1", "(4,)", wrong_labels, sizeof wrong_labels);
    scratch_npy("five.npy", "|u1", "(5,)", "\0\0\0\0", 5);
    write_floats("two.npy", "(4, 3)", doubled, ELEMENTS);
    write_floats("infinite.npy", "(4,)", infinite, ROWS);
    write_floats("square.npy", "(2, 2)", row_weights, 4);
    scratch_write("text.npy", "not an array", 12);
    scratch_write("empty.npy", "", 0);
    scratch_npy_header("short.npy", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3)}", logits, 40);
}

#define OUT " --grad @out.npy --loss-out @out2.npy"

START_TEST(wrong_data) {
    static const struct {
        const char *arguments, *fragment, *more;
    } cases[] = {
        {"loss sigmoid-focal @missing.npy @t.npy" OUT, "missing.npy", "No such file"},
        {"loss sigmoid-focal @x.npy @missing.npy" OUT, "missing.npy", "No such file"},
        {"loss sigmoid-focal @text.npy @t.npy" OUT, "text.npy", "not a .npy"},
        {"loss sigmoid-focal @empty.npy @t.npy" OUT, "empty.npy", "empty"},
        {"loss sigmoid-focal @short.npy @t.npy" OUT, "short.npy", "needs 48"},
        {"loss sigmoid-focal @ @t.npy" OUT, "not a regular file", ""},
        {"loss sigmoid-focal @integers.npy @t.npy" OUT, "integers.npy", "u1"},
        {"loss sigmoid-focal @words.npy @t.npy" OUT, "words.npy", "bf16 with --dtype bf16"},
        {"loss sigmoid-focal @words.npy @t.npy --dtype f2" OUT, "words.npy", "bf16 with --dtype bf16"},
        {"loss softmax-ce @x.npy @bad.npy" OUT, "bad.npy: label 3 at row 3", ""},
        {"loss softmax-ce @x.npy @two.npy" OUT, "two.npy: value 2 at element 7", ""},
        {"loss softmax-ce @rows.npy @t.npy" OUT, "rows.npy", "has no class axis (--axis 0"},
        {"loss softmax-ce @x.npy @t.npy --weights @elements.npy" OUT, "elements.npy", "one value per row, (4,)"},
        {"loss softmax-ce @x.npy @t.npy --upstream @elements.npy" OUT, "elements.npy", "one value per row, (4,)"},
        {"loss softmax-ce @x.npy @dense.npy --ignore-index 1" OUT, "--ignore-index", "dense.npy"},
        {"loss softmax-focal @x.npy @dense.npy --like kornia" OUT, "--like: ", "takes class indices, not f32"},
        {"loss softmax-ce @x.npy @t.npy --input probabilities" OUT, "x.npy", ": probability -1.25 at element 1 "},
        {"loss sigmoid-focal @x.npy @bad.npy" OUT, "bad.npy: label 3 at row 3", ""},
        {"loss sigmoid-focal @x.npy @t.npy --axis 0" OUT, "(4,)", "(3,)"},
        {"loss sigmoid-focal @x.npy @two.npy" OUT, "two.npy: value 2 at element 7", ""},
        {"loss sigmoid-focal @x.npy @five.npy" OUT, "(5,)", "(4, 3)"},
        {"loss sigmoid-focal @x.npy @transposed.npy" OUT, "(3, 4)", "(4, 3)"},
        {"loss sigmoid-focal @x.npy @rows.npy" OUT, "rows.npy", "without the class axis"},
        {"loss sigmoid-focal @rows.npy @t.npy --axis 1" OUT, "--axis", "(4,)"},
        {LOSS "--axis 2" OUT, "--axis", "(4, 3)"},
        {LOSS "--axis -3" OUT, "--axis", "-3"},
        {LOSS "--class-weights @rows.npy" OUT, "rows.npy", "3 classes"},
        {LOSS "--pos-weight @square.npy" OUT, "square.npy", "(2, 2)"},
        {LOSS "--weights @class.npy" OUT, "class.npy", "(3,)"},
        {LOSS "--weights @infinite.npy" OUT, "infinite.npy", "position 2"},
        {LOSS "--upstream @class.npy" OUT, "class.npy", "(3,)"},
        {"loss sigmoid-focal @x.npy @dense.npy --ignore-index 1" OUT, "--ignore-index", "dense.npy"},
        {"loss sigmoid-focal @x.npy @dense.npy --background 1" OUT, "--background", "dense.npy"},
        {"loss sigmoid-focal @x.npy @dense.npy --target-only" OUT, "--target-only", "dense.npy"},
        {LOSS "--grad @nowhere/out.npy --pt @out.npy", "nowhere/out.npy", "No such file"},
        {LOSS "--grad /dev/null --pt @out.npy", "/dev/null", "not a regular file"},
        {LOSS "--grad @ --pt @out.npy", "--grad", "not a regular file"},
        {LOSS "--device ::nosuchdevice" OUT, "nosuchdevice", "focl: --device: \""},
        {LOSS "--device #99" OUT, "99", "focl: --device: \""},
        {"devices --device ::nosuchdevice", "nosuchdevice", "focl: --device: \""},
        {"loss sigmoid-focal @x.npy @t.npy --input probabilities" OUT, "x.npy", ": probability -1.25 at element 1 "},
        {"loss sigmoid-ce @above.npy @t.npy --input probabilities" OUT, "above.npy", "probability 1.5 at element 11 "},
        {"loss sigmoid-ce @above.npy @t.npy --input probabilities --clip 0" OUT, "above.npy", "element 11 "},
        {"demo @x.npy @dense.npy", "dense.npy", "class indices"},
    };
    write_problem();
    write_bad_files();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_fails(cases[i].arguments, NULL, 1, cases[i].fragment);
        assert_fails(cases[i].arguments, NULL, 1, cases[i].more);
    }
    assert_fails(LOSS OUT, "FOCL_DEVICE=::nosuchdevice", 1, "focl: FOCL_DEVICE: \"");
    command_result clamped = assert_works("loss sigmoid-ce @p.npy @t.npy --input probabilities");
    command_free(&clamped);
    clamped = assert_works("loss sigmoid-ce @above.npy @t.npy --input probabilities --clip 0.01");
    command_free(&clamped);
}
END_TEST

START_TEST(no_device) {
    static const char *const commands[] = {LOSS "--grad @out.npy", "demo @x.npy @t.npy"};
    write_problem();
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        assert_fails(commands[i], "OCL_ICD_VENDORS=/nonexistent", 1, "pocl-opencl-icd");
        assert_fails(commands[i], "OCL_ICD_VENDORS=/nonexistent", 1, "RUSTICL_ENABLE=llvmpipe");
    }
}
END_TEST

/* What was refused is told all the same. */
START_TEST(devices_without_any) {
    static const char environment[] = "OCL_ICD_VENDORS=/nonexistent";
    command_result text = command_run("devices", environment);
    command_result json = command_run("devices --json", environment);
    ck_assert_int_eq(text.status, 1);
    ck_assert_int_eq(json.status, 1);
    ck_assert_msg(strstr(text.out, "refused: no OpenCL platform") != NULL, "%s", text.out);
    ck_assert_msg(json_is_valid(json.out), "%s", json.out);
    ck_assert_int_eq(strncmp(json_find(json.out, "devices"), "[]", 2), 0);
    ck_assert_int_eq(strncmp(json_find(json.out, "notes"), "[\"no OpenCL platform", 20), 0);
    ck_assert_ptr_nonnull(strstr(text.err, "pocl-opencl-icd"));
    ck_assert_ptr_nonnull(strstr(json.err, "pocl-opencl-icd"));
    command_free(&text);
    command_free(&json);
}
END_TEST

/* ---- Output files ---- */

START_TEST(old_files_stay_until_replaced) {
    char *file = NULL;
    write_problem();
    write_bad_files();
    scratch_write("g.npy", "old", 3);
    assert_fails("loss bce @x.npy @bad.npy --grad @g.npy", NULL, 1, "bad.npy");
    file = read_file(scratch_file("g.npy").text, NULL);
    ck_assert_str_eq(file, "old");
    free(file);
    const size_t files = scratch_count();
    command_result result = assert_works("loss bce @x.npy @t.npy --grad @g.npy");
    ck_assert_uint_eq(scratch_count(), files);
    free(read_floats("g.npy", "(4, 3)", ELEMENTS));
    command_free(&result);
}
END_TEST

START_TEST(inputs_are_not_replaced) {
    static const struct {
        const char *arguments, *file, *fragment;
    } cases[] = {
        {LOSS "--grad @x.npy", "x.npy", "is the logits' file too"},
        {LOSS "--grad @./t.npy", "t.npy", "is the targets' file too"},
        {LOSS "--class-weights @class.npy --pt @class.npy", "class.npy", "is the class weights' file too"},
        {LOSS "--pos-weight @pos.npy --prob @pos.npy", "pos.npy", "is the pos-weights' file too"},
        {LOSS "--weights @rows.npy --loss-out @rows.npy", "rows.npy", "is the weights' file too"},
        {LOSS "--upstream @one.npy --hess @one.npy", "one.npy", "is the upstream gradient's file too"},
    };
    write_problem();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const scratch_path path = scratch_file(cases[i].file);
        size_t bytes = 0, bytes_after = 0;
        char *before = read_file(path.text, &bytes);
        assert_fails(cases[i].arguments, NULL, 2, cases[i].fragment);
        char *after = read_file(path.text, &bytes_after);
        ck_assert_uint_eq(bytes, bytes_after);
        ck_assert_mem_eq(before, after, bytes);
        free(before);
        free(after);
    }
}
END_TEST

START_TEST(demo) {
    static const char *const parts[] = {"Devices",    "chosen: ", "cross entropy", "ulp", "hardest",   "p_t",
                                        "true class", "gamma 0",  "gamma 2",       "%",   "compiling", "reference"};
    float *digits = NULL;
    char *digit_labels = NULL;
    (void)write_digits(&digits, &digit_labels);
    command_result result = assert_works("demo @digits.npy @digit_labels.npy");
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        ck_assert_msg(strstr(result.out, parts[i]) != NULL, "no \"%s\" in %s", parts[i], result.out);
    if (!test_small())
        ck_assert_msg(strstr(result.out, "1202 ") != NULL, "row 1202 is the hardest: %s", result.out);
    command_free(&result);
    free(digits);
    free(digit_labels);
}
END_TEST

/* ---- Texts ---- */

START_TEST(devices) {
    command_result text = assert_works("devices");
    command_result json = assert_works("devices --json");
    ck_assert_ptr_nonnull(strstr(text.out, "chosen: "));
    ck_assert_ptr_nonnull(strstr(text.out, "bit-exact"));
    ck_assert_msg(json_is_valid(json.out), "%s", json.out);
    ck_assert_int_eq(strncmp(json.out, "{\"devices\": [{\"index\": 0, \"class\": \"", 36), 0);
    ck_assert_ptr_nonnull(strstr(json.out, "\"selected\": true"));
    ck_assert_ptr_nonnull(json_find(json.out, "reason"));
    ck_assert_ptr_nonnull(json_find(json.out, "bit_exact"));
    command_free(&text);
    command_free(&json);
}
END_TEST

/* What a device did stands above what its driver says: native math is exact nowhere. */
START_TEST(devices_probed) {
    command_result strict = assert_works("devices --probe --json");
    command_result native = assert_works("devices --probe --math native --json");
    ck_assert_msg(json_is_valid(strict.out), "%s", strict.out);
    ck_assert_ptr_nonnull(strstr(strict.out, "\"probe\": {\"status\": \"FOCL_OK\", \"bit_exact\": true"));
    ck_assert_ptr_nonnull(strstr(strict.out, "are the host's"));
    ck_assert_ptr_null(strstr(native.out, "\"bit_exact\": true"));
    ck_assert_ptr_nonnull(strstr(native.out, "native math"));
    command_free(&strict);
    command_free(&native);
}
END_TEST

/* Where something fails, all that matters stands in one text. */
START_TEST(devices_report) {
    static const char *const parts[] = {"focl 0.",           "  commit ",          "  compiler ",
                                        "\nSystem\n",        "\nEnvironment\n",    "POCL_MARK=17",
                                        "\nOpenCL loader\n", "\nPlatform 0\n",     "  VENDOR ",
                                        "\nDevice #0: ",     "  class ",           "  DRIVER_VERSION ",
                                        "  EXTENSIONS ",     "  GLOBAL_MEM_SIZE ", "  MAX_WORK_GROUP_SIZE ",
                                        "  mapping ",        "  probe ",           "; rounds yes",
                                        "are the host's",    "\nChoice\n",         "  chosen "};
    command_result report = command_run("devices --report", "POCL_MARK=17");
    ck_assert_int_eq(report.status, 0);
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        ck_assert_msg(strstr(report.out, parts[i]) != NULL, "no \"%s\" in %.4000s", parts[i], report.out);
    ck_assert_ptr_null(strstr(report.out, "no answer"));
    command_result nothing = command_run("devices --report", "OCL_ICD_VENDORS=/nonexistent");
    ck_assert_int_eq(nothing.status, 1);
    ck_assert_msg(strstr(nothing.out, "no OpenCL platform") != NULL, "%s", nothing.out);
    ck_assert_ptr_nonnull(strstr(nothing.out, "OCL_ICD_VENDORS=/nonexistent"));
    ck_assert_ptr_nonnull(strstr(nothing.err, "pocl-opencl-icd"));
    assert_fails("devices --report --json", NULL, 2, "--report");
    command_free(&report);
    command_free(&nothing);
}
END_TEST

START_TEST(loss_as_text) {
    write_problem();
    command_result text = assert_works(LOSS "--grad @g.npy");
    static const char *const parts[] = {"sigmoid-focal loss  0.",
                                        "mean: the sum divided by 12",
                                        "4 rows of 3",
                                        "12 elements, 4 of them positive",
                                        "strict",
                                        "g.npy"};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        ck_assert_msg(strstr(text.out, parts[i]) != NULL, "no \"%s\" in %s", parts[i], text.out);
    command_free(&text);
}
END_TEST

START_TEST(one_is_singular) {
    static const uint8_t label[1] = {0};
    write_floats("single.npy", "(1, 1)", logits, 1);
    scratch_npy("label.npy", "|u1", "(1,)", label, sizeof label);
    command_result text = assert_works("loss sigmoid-focal @single.npy @label.npy");
    ck_assert_msg(strstr(text.out, "1: 1 row of 1\n") != NULL, "%s", text.out);
    ck_assert_msg(strstr(text.out, "1 element, 1 of them positive; 0 rows ignored") != NULL, "%s", text.out);
    command_free(&text);
}
END_TEST

START_TEST(help_and_version) {
    static const char *const helps[] = {"--help",      "devices --help", "loss --help",
                                        "demo --help", "--help loss",    "loss sigmoid-focal --gamma 1 --help"};
    static const char *const versions[] = {"--version", "devices --version", "loss --version", "demo --version"};
    for (size_t i = 0; i < COUNT_OF(helps); i++) {
        command_result result = assert_works(helps[i]);
        ck_assert_msg(strstr(result.out, "--device") != NULL, "focl %s: %s", helps[i], result.out);
        command_free(&result);
    }
    static const char *const facts[] = {"\n  commit ", "\n  compiler ", "\n  build ", "\n  OpenCL ", "\n  CLBlast "};
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        command_result result = assert_works(versions[i]);
        for (size_t fact = 0; fact < COUNT_OF(facts); fact++)
            ck_assert_msg(strstr(result.out, facts[fact]) != NULL, "no \"%s\" in %s", facts[fact], result.out);
        ck_assert_int_eq(strncmp(result.out, "focl ", 5), 0);
        ck_assert_ptr_nonnull(strstr(result.out, focl_version()));
        command_free(&result);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("cli");
    TCase *refusals = add_case(suite, "refusals");
    tcase_add_test(refusals, wrong_command_lines);
    tcase_add_test(refusals, options_of_other_losses);
    tcase_add_test(refusals, wrong_data);
    tcase_add_test(refusals, no_device);
    tcase_add_test(refusals, devices_without_any);
    TCase *files = add_case(suite, "files");
    tcase_add_test(files, old_files_stay_until_replaced);
    tcase_add_test(files, inputs_are_not_replaced);
    TCase *texts = add_case(suite, "texts");
    tcase_add_test(texts, devices);
    tcase_add_test(texts, devices_probed);
    tcase_add_test(texts, devices_report);
    tcase_add_test(texts, loss_as_text);
    tcase_add_test(texts, one_is_singular);
    tcase_add_test(texts, help_and_version);
    tcase_add_test(texts, demo);
    return command_test_main(suite);
}
