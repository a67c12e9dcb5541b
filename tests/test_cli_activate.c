/* focl activate and focl pt as their users meet them: arrays from files, compared with the reference, and refusals. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_cli_results.h"
#include "support_loss.h"

static const float upstream_elements[ELEMENTS] = {1, -2, 0.5f, 3, 0, 0.25f, -1, 1, 1, 4, -0.5f, 2};
static const float distributions[ELEMENTS] = {0.25f, 0.25f, 0.5f, 1, 0, 0, 0, 0.125f, 0.875f, 0.5f, 0.5f, 0};
static const float shares[ELEMENTS] = {0.5f, 0.25f, 0.25f, 0.125f, 0.75f, 0.125f, 0, 0.5f, 0.5f, 0.25f, 0.5f, 0.25f};

static void write_more(void) {
    write_problem();
    write_floats("u.npy", "(4, 3)", upstream_elements, ELEMENTS);
    write_floats("soft.npy", "(4, 3)", distributions, ELEMENTS);
    write_floats("shares.npy", "(4, 3)", shares, ELEMENTS);
    scratch_npy_header("fortran.npy", 1, "{'descr': '<f4', 'fortran_order': True, 'shape': (4, 3)}", transposed,
                       sizeof transposed);
}

static void assert_file(const char *shape, focl_type type, const double *expected, size_t count, const char *where) {
    const double steps[] = {[FOCL_F32] = 0x1p-21, [FOCL_F16] = 0x1p-11, [FOCL_BF16] = 0x1p-8};
    double *found = read_values("out.npy", shape, type, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabs(found[i] - expected[i]) <= steps[type] * fmax(fabs(expected[i]), 1e-3),
                      "focl %s: %.9g at %zu, must be %.9g", where, found[i], i, expected[i]);
    free(found);
}

/* ---- focl activate ---- */

typedef struct activate_case {
    const char *arguments; /* without --out */
    focl_activate_kind kind;
    enum { VALUE, PRODUCT, JACOBIAN } part;
    focl_view view;
    const char *shape;
    focl_type type;
} activate_case;

static const activate_case activate_cases[] = {
    {"activate sigmoid @x.npy", FOCL_ACTIVATE_SIGMOID, VALUE, {4, 3, 1}, "(4, 3)", FOCL_F32},
    {"activate sigmoid @x.npy --backward @u.npy", FOCL_ACTIVATE_SIGMOID, PRODUCT, {4, 3, 1}, "(4, 3)", FOCL_F32},
    {"activate log-sigmoid @x.npy", FOCL_ACTIVATE_LOG_SIGMOID, VALUE, {4, 3, 1}, "(4, 3)", FOCL_F32},
    {"activate log-sigmoid @x.npy --backward @u.npy",
     FOCL_ACTIVATE_LOG_SIGMOID,
     PRODUCT,
     {4, 3, 1},
     "(4, 3)",
     FOCL_F32},
    {"activate softmax @x.npy", FOCL_ACTIVATE_SOFTMAX, VALUE, {4, 3, 1}, "(4, 3)", FOCL_F32},
    {"activate softmax @fortran.npy", FOCL_ACTIVATE_SOFTMAX, VALUE, {4, 3, 1}, "(4, 3)", FOCL_F32},
    {"activate softmax @x.npy --axis 0", FOCL_ACTIVATE_SOFTMAX, VALUE, {1, 4, 3}, "(4, 3)", FOCL_F32},
    {"activate softmax @x.npy --axis -2 --backward @u.npy",
     FOCL_ACTIVATE_SOFTMAX,
     PRODUCT,
     {1, 4, 3},
     "(4, 3)",
     FOCL_F32},
    {"activate softmax @x.npy --backward @u.npy", FOCL_ACTIVATE_SOFTMAX, PRODUCT, {4, 3, 1}, "(4, 3)", FOCL_F32},
    {"activate softmax @x.npy --jacobian", FOCL_ACTIVATE_SOFTMAX, JACOBIAN, {4, 3, 1}, "(4, 3, 3)", FOCL_F32},
    {"activate softmax @x.npy --jacobian --axis 0", FOCL_ACTIVATE_SOFTMAX, JACOBIAN, {1, 4, 3}, "(3, 4, 4)", FOCL_F32},
    {"activate log-softmax @x.npy --jacobian", FOCL_ACTIVATE_LOG_SOFTMAX, JACOBIAN, {4, 3, 1}, "(4, 3, 3)", FOCL_F32},
    {"activate log-softmax @x.npy --dtype f2", FOCL_ACTIVATE_LOG_SOFTMAX, VALUE, {4, 3, 1}, "(4, 3)", FOCL_F16},
    {"activate log-softmax @x.npy --dtype bf16 --backward @u.npy",
     FOCL_ACTIVATE_LOG_SOFTMAX,
     PRODUCT,
     {4, 3, 1},
     "(4, 3)",
     FOCL_BF16},
};

static size_t elements_of(const activate_case *with) {
    return with->view.outer * with->view.inner * with->view.classes;
}

static void reference_of(const activate_case *with, double *values) {
    const focl_activation_description description = {.kind = with->kind, .shape = with->view};
    const focl_activation_host_inputs inputs = {.x = logits, .upstream = upstream_elements};
    const focl_activation_reference_outputs outputs = {
        .value = with->part == VALUE ? values : NULL,
        .product = with->part == PRODUCT ? values : NULL,
        .jacobian = with->part == JACOBIAN ? values : NULL,
    };
    ck_assert_int_eq(focl_reference_activate(&description, &inputs, &outputs), FOCL_OK);
}

START_TEST(activates) {
    const activate_case *with = &activate_cases[_i];
    const size_t count = elements_of(with) * (with->part == JACOBIAN ? with->view.classes : 1);
    double expected[ELEMENTS * 4];
    char arguments[128];
    write_more();
    (void)snprintf(arguments, sizeof arguments, "%s --out @out.npy", with->arguments);
    command_result result = assert_works(arguments);
    ck_assert_msg(strstr(result.out, with->shape) != NULL, "focl %s: no %s in: %s", arguments, with->shape, result.out);
    command_free(&result);
    reference_of(with, expected);
    assert_file(with->shape, with->type, expected, count, with->arguments);
}
END_TEST

START_TEST(activates_nothing) {
    scratch_npy("nothing.npy", native_f4(), "(0, 3)", logits, 0);
    command_result result = assert_works("activate softmax @nothing.npy --jacobian --out @out.npy");
    command_free(&result);
    free(read_values("out.npy", "(0, 3, 3)", FOCL_F32, 0));
}
END_TEST

START_TEST(prints_json) {
    static const char *const runs[] = {
        "activate softmax @x.npy --out @out.npy --json --jacobian",
        "pt @p.npy @dense.npy --out @out.npy --json",
    };
    write_more();
    for (size_t i = 0; i < COUNT_OF(runs); i++) {
        command_result result = assert_works(runs[i]);
        ck_assert_msg(json_is_valid(result.out), "%s", result.out);
        ck_assert_msg(strncmp(json_find(result.out, "shape"), "[4, 3", 5) == 0, "%s", result.out);
        ck_assert_double_ge(json_number(result.out, "kernel_ms"), 0);
        command_free(&result);
    }
}
END_TEST

/* ---- focl pt ---- */

typedef struct pt_case {
    const char *arguments; /* without --out */
    focl_activation activation;
    const float *input;
    const void *targets;
    focl_type targets_type;
    bool ignores_two;
} pt_case;

static const pt_case pt_cases[] = {
    {"pt @p.npy @dense.npy", FOCL_IDENTITY, probabilities, dense, FOCL_F32, false},
    {"pt @x.npy @dense.npy --input logits", FOCL_SIGMOID, logits, dense, FOCL_F32, false},
    {"pt @shares.npy @t.npy", FOCL_CATEGORICAL, shares, labels, FOCL_U8, false},
    {"pt @shares.npy @t.npy --ignore-index 2", FOCL_CATEGORICAL, shares, labels, FOCL_U8, true},
    {"pt @x.npy @t.npy --input logits", FOCL_SOFTMAX, logits, labels, FOCL_U8, false},
    {"pt @x.npy @t.npy --input logits --activation softmax", FOCL_SOFTMAX, logits, labels, FOCL_U8, false},
    {"pt @p.npy @t.npy --activation sigmoid", FOCL_IDENTITY, probabilities, labels, FOCL_U8, false},
    {"pt @x.npy @t.npy --input logits --activation sigmoid", FOCL_SIGMOID, logits, labels, FOCL_U8, false},
    {"pt @shares.npy @soft.npy --activation softmax", FOCL_CATEGORICAL, shares, distributions, FOCL_F32, false},
    {"pt @x.npy @soft.npy --input logits --activation softmax", FOCL_SOFTMAX, logits, distributions, FOCL_F32, false},
};

START_TEST(picks_pt) {
    const pt_case *with = &pt_cases[_i];
    focl_loss_description description = focl_loss_default(with->activation, FOCL_CROSS_ENTROPY, (focl_view){4, 3, 1});
    const focl_loss_host_inputs inputs = {.logits = with->input, .targets = with->targets};
    const bool per_row = loss_is_of_rows(&description);
    double expected[ELEMENTS];
    char arguments[128];
    write_more();
    (void)snprintf(arguments, sizeof arguments, "%s --out @out.npy", with->arguments);
    command_result result = assert_works(arguments);
    command_free(&result);
    description.targets_type = with->targets_type;
    description.reduction = FOCL_REDUCTION_NONE;
    description.has_ignore_index = with->ignores_two;
    description.ignore_index = 2;
    ck_assert_int_eq(focl_reference_loss(&description, &inputs, &(focl_reference_outputs){.pt = expected}), FOCL_OK);
    assert_file(per_row ? "(4,)" : "(4, 3)", FOCL_F32, expected, per_row ? ROWS : ELEMENTS, with->arguments);
}
END_TEST

/* ---- Refusals ---- */

static const struct {
    const char *arguments;
    int status;
    const char *fragment;
} refusals[] = {
    {"activate softmax @x.npy", 2, "--out: is needed"},
    {"activate softmax --out @out.npy", 2, "needs NAME X.npy"},
    {"activate tanh @x.npy --out @out.npy", 2, "\"tanh\" is not sigmoid, log-sigmoid, softmax or log-softmax"},
    {"activate sigmoid @x.npy --out @out.npy --jacobian", 2, "--jacobian: is for softmax"},
    {"activate softmax @x.npy --out @out.npy --jacobian --backward @u.npy", 2, "--backward is given too"},
    {"activate softmax @x.npy --out @x.npy", 2, "is the logits' file too"},
    {"activate softmax @x.npy --out @u.npy --backward @u.npy", 2, "is the upstream gradient's file too"},
    {"activate softmax @x.npy --out @out.npy --backward @t.npy", 1, "has the shape (4,), and X has (4, 3)"},
    {"activate softmax @x.npy --out @out.npy --axis 2", 1, "--axis: 2 is no axis"},
    {"activate softmax @x.npy --out @out.npy --dtype f16", 2, "\"f16\" is not f4, f2, f8 or bf16"},
    {"activate softmax @rows.npy --out @out.npy", 1, "has no class axis"},
    {"activate softmax @t.npy --out @out.npy", 1, "its elements are u1"},
    {"activate softmax @missing.npy --out @out.npy", 1, "missing.npy"},
    {"pt @p.npy @t.npy", 2, "--out: is needed"},
    {"pt @p.npy --out @out.npy", 2, "needs INPUT.npy TARGETS.npy"},
    {"pt @p.npy @t.npy --out @p.npy", 2, "is the input's file too"},
    {"pt @p.npy @t.npy --out @t.npy", 2, "is the targets' file too"},
    {"pt @x.npy @t.npy --out @out.npy", 1, "outside 0..1 (--input logits?)"},
    {"pt @p.npy @rows.npy --out @out.npy", 1, "is a float array without the class axis"},
    {"pt @p.npy @dense.npy --out @out.npy --ignore-index 1", 1, "--ignore-index: needs class indices"},
    {"pt @p.npy @t.npy --out @out.npy --activation relu", 2, "\"relu\" is not sigmoid or softmax"},
    {"pt @rows.npy @one.npy --out @out.npy", 1, "one.npy"},
    {"pt @shares.npy @wrong.npy --out @out.npy", 1, "wrong.npy: label 7 at row 1 is outside 0..2"},
};

START_TEST(refuses) {
    static const uint8_t wrong[ROWS] = {0, 7, 1, 2};
    write_more();
    scratch_npy("wrong.npy", "|u1", "(4,)", wrong, sizeof wrong);
    assert_fails(refusals[_i].arguments, NULL, refusals[_i].status, refusals[_i].fragment);
}
END_TEST

START_TEST(help) {
    static const char *const runs[] = {"activate --help", "pt --help", "--help"};
    static const char *const fragments[] = {"log-softmax", "without the class axis", "p_t, the probability"};
    for (size_t i = 0; i < COUNT_OF(runs); i++) {
        command_result result = assert_works(runs[i]);
        ck_assert_msg(strstr(result.out, fragments[i]) != NULL, "focl %s: no %s", runs[i], fragments[i]);
        command_free(&result);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("activate and pt");
    tcase_add_loop_test(add_case(suite, "activate"), activates, 0, (int)COUNT_OF(activate_cases));
    tcase_add_test(add_case(suite, "nothing"), activates_nothing);
    tcase_add_test(add_case(suite, "json"), prints_json);
    tcase_add_loop_test(add_case(suite, "pt"), picks_pt, 0, (int)COUNT_OF(pt_cases));
    tcase_add_loop_test(add_case(suite, "refusals"), refuses, 0, (int)COUNT_OF(refusals));
    tcase_add_test(add_case(suite, "help"), help);
    return command_test_main(suite);
}
