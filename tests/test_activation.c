/*
 * Activations and their derivatives: every kind, layout and type against the reference, closed forms and finite
 * differences, and from device to device.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_activation.h"

enum { KINDS = FOCL_ACTIVATE_LOG_SOFTMAX + 1 };

static const char *const kind_names[KINDS] = {
#define KIND_NAME(name, word) word,
    FOCL_ACTIVATE_TABLE(KIND_NAME)
#undef KIND_NAME
};

/* Jacobians that are not too large; the first layouts of a test have one. */
static unsigned outputs_for(const focl_activation_description *description) {
    const size_t most = test_size(50000, 3000);
    const focl_view view = description->shape;
    const unsigned all = activation_outputs(description);
    return view.outer * view.inner * view.classes * view.classes <= most ? all : all & ~ACTIVATION_BIT(jacobian);
}

/* By turns, which the last digits of the stream and the kind decide. */
static void assert_random(focl_activation_description description, uint64_t stream, size_t offset) {
    activation_problem problem = activation_problem_create(kind_names[description.kind], &description, stream);
    activation_assert_in_turn(&problem, outputs_for(&description), offset, stream % 100 + (size_t)description.kind);
    activation_problem_free(&problem);
}

/* ---- Layouts ---- */

static const size_t class_counts[] = {1, 2, 3, 10, 16, 33, 64, 65, 80, 257, 1000, 4097, 5000};

static size_t class_count_number(void) {
    return test_size(COUNT_OF(class_counts), 8);
}

static size_t rows_of(size_t classes) {
    const size_t elements = test_size(6000, 120);
    return classes < elements ? elements / classes : 1;
}

START_TEST(rows_of_every_length) {
    for (size_t i = 0; i < class_count_number(); i++)
        assert_random((focl_activation_description){.kind = (focl_activate_kind)_i,
                                                    .shape = {rows_of(class_counts[i]) + 1, class_counts[i], 1}},
                      40000 + 100 * (uint64_t)_i + i, i % 4);
}
END_TEST

START_TEST(pixels_of_every_depth) {
    for (size_t i = 0; i < class_count_number(); i++)
        assert_random((focl_activation_description){.kind = (focl_activate_kind)_i,
                                                    .shape = {2, class_counts[i], rows_of(class_counts[i]) / 2 | 1}},
                      41000 + 100 * (uint64_t)_i + i, (i + 1) % 4);
}
END_TEST

/* Inner extents around vectors, work-groups and tiles. */
START_TEST(planes_of_every_size) {
    static const size_t planes[] = {2, 7, 15, 16, 17, 63, 65, 257, 1023, 4097};
    for (size_t i = 0; i < test_size(COUNT_OF(planes), 6); i++)
        assert_random((focl_activation_description){.kind = (focl_activate_kind)_i, .shape = {1 + i % 3, 3, planes[i]}},
                      42000 + 100 * (uint64_t)_i + i, i % 4);
}
END_TEST

START_TEST(types) {
    static const focl_type kinds_of_floats[] = {FOCL_F16, FOCL_BF16, FOCL_F64};
    static const focl_view shapes[] = {{57, 10, 1}, {5, 81, 1}, {2, 19, 33}, {1, 1, 67}};
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        for (size_t type = 0; type < COUNT_OF(kinds_of_floats); type++)
            assert_random((focl_activation_description){.kind = (focl_activate_kind)_i,
                                                        .shape = shapes[i],
                                                        .type = kinds_of_floats[type]},
                          43000 + 100 * (uint64_t)_i + 4 * i + type, 1 + i % 3);
}
END_TEST

/* A view of some columns, NHWC as N x C x HW, a transposed matrix, every other row; the gaps stay as they are. */
START_TEST(strides) {
    static const struct {
        focl_view shape;
        focl_strides strides;
    } views[] = {
        {{13, 80, 1}, {84, 1, 0}}, {{2, 10, 35}, {350, 1, 10}}, {{50, 3, 1}, {1, 50, 0}},
        {{7, 5, 9}, {100, 9, 1}},  {{3, 33, 2}, {500, 3, 170}},
    };
    static const focl_type kinds_of_floats[] = {FOCL_F32, FOCL_F16, FOCL_F64};
    for (size_t i = 0; i < COUNT_OF(views); i++)
        assert_random((focl_activation_description){.kind = (focl_activate_kind)_i,
                                                    .shape = views[i].shape,
                                                    .strides = views[i].strides,
                                                    .type = kinds_of_floats[i % COUNT_OF(kinds_of_floats)]},
                      44000 + 100 * (uint64_t)_i + i, i % 4);
}
END_TEST

START_TEST(nothing_to_do) {
    static const focl_view empty[] = {{0, 3, 5}, {2, 3, 0}, {0, 5, 1}, {4, 0, 3}};
    for (size_t i = 0; i < COUNT_OF(empty); i++)
        assert_random((focl_activation_description){.kind = (focl_activate_kind)_i, .shape = empty[i]}, 45000, i);
}
END_TEST

/* ---- Adversarial rows ---- */

enum { ROW = 4 };

static const struct {
    const char *name;
    float x[ROW];
    float upstream[ROW];
} hard_rows[] = {
    {"all equal", {3, 3, 3, 3}, {1, 2, 3, -4}},
    {"equal upstreams", {3, -1, 2, 0.5F}, {7, 7, 7, 7}},
    {"dominated by 1e4", {1e4F, 0, 1, 2}, {1, 2, 3, 4}},
    {"dominated by 40, upstreams close to each other", {40, 0, 1, 2}, {1000, 1000.001F, 999.999F, 1000}},
    {"dominated by 80", {0, -80, -80, -79}, {5, 1e-3F, 2, -3}},
    {"impossible classes", {-INFINITY, 1, -INFINITY, 2}, {NAN, 1, INFINITY, -1}},
    {"one possible class", {-INFINITY, -INFINITY, 5, -INFINITY}, {3, 2, 1, 4}},
    {"two tops", {88, 88, -10, 87}, {-1, 1, 1e4F, 0.25F}},
    {"nearly two tops", {1, 1 - 0x1p-24F, -20, 1 - 0x1p-23F}, {-1, 1, 2, 3}},
    {"nothing possible", {-INFINITY, -INFINITY, -INFINITY, -INFINITY}, {1, 2, 3, 4}},
    {"infinite", {1, INFINITY, 2, 3}, {1, 2, 3, 4}},
    {"NaN", {1, 2, NAN, 3}, {1, 2, 3, 4}},
    {"NaN first", {NAN, 2, 1, -INFINITY}, {1, 2, 3, 4}},
    {"as large as can be", {3e38F, -3e38F, 3e38F, 0}, {1e-30F, 1e30F, -1e-30F, 1}},
    {"subnormal", {1e-40F, -1e-40F, 0, -0.0F}, {1e-40F, 1, -1e-40F, 1}},
};

/* Of log-softmax the upstream of an impossible class counts: its derivative is 1. */
static bool is_out_of_reach(focl_activate_kind kind, const float *upstream) {
    return kind != FOCL_ACTIVATE_SOFTMAX && !(isfinite(upstream[0]) && isfinite(upstream[2]));
}

START_TEST(hard_rows_of_every_kind) {
    static const focl_view layouts[] = {{1, ROW, 1}, {1, ROW, 3}};
    const focl_activate_kind kind = (focl_activate_kind)(_i % KINDS);
    const size_t number = (size_t)_i / KINDS;
    for (size_t i = 0; i < COUNT_OF(layouts); i++) {
        const size_t inner = layouts[i].inner;
        float x[ROW * 3], upstream[ROW * 3];
        for (size_t k = 0; k < ROW * inner; k++) {
            x[k] = hard_rows[number].x[k / inner];
            upstream[k] = hard_rows[number].upstream[k / inner];
        }
        const focl_activation_description description = {.kind = kind, .shape = layouts[i]};
        activation_problem problem = activation_problem_of(hard_rows[number].name, &description, x, upstream);
        const unsigned all = activation_outputs(&description);
        const bool unjudged = is_out_of_reach(kind, hard_rows[number].upstream);
        activation_assert_everywhere(&problem, unjudged ? all & ~ACTIVATION_BIT(product) : all, 1);
        activation_problem_free(&problem);
    }
}
END_TEST

/* So many equal logits that an item meets several: which of their upstreams leads must not depend on the order. */
START_TEST(long_ties) {
    static float x[600 * 2], upstream[600 * 2];
    const size_t classes = 600;
    const focl_view shape = {1, classes, (size_t)_i / KINDS + 1};
    const focl_activation_description description = {.kind = (focl_activate_kind)(_i % KINDS), .shape = shape};
    test_random random = test_random_start(7700 + (uint64_t)_i);
    for (size_t i = 0; i < classes * shape.inner; i++) {
        x[i] = i % 7 == 3 ? 0.25F : 1.5F;
        upstream[i] = (float)test_random_uniform(&random, -100, 100);
    }
    activation_problem problem = activation_problem_of("long ties", &description, x, upstream);
    activation_assert_everywhere(&problem, ACTIVATION_BIT(value) | ACTIVATION_BIT(product), 1);
    activation_problem_free(&problem);
}
END_TEST

/* Where an upstream is not finite the devices still have the mirror's bits. */
START_TEST(infinite_upstreams) {
    static const float x[ROW] = {1, 2, -3, 0.5F};
    static const float upstreams[][ROW] = {{INFINITY, 1, 2, 3}, {1, INFINITY, 2, 3}, {1, -INFINITY, NAN, 3}};
    for (size_t i = 0; i < COUNT_OF(upstreams); i++) {
        const focl_activation_description description = {.kind = (focl_activate_kind)_i, .shape = {1, ROW, 1}};
        activation_problem problem = activation_problem_of("infinite upstreams", &description, x, upstreams[i]);
        activation_answer mirror = activation_answer_create(&problem, ACTIVATION_BIT(product));
        activation_answer found = activation_answer_create(&problem, ACTIVATION_BIT(product));
        ck_assert_int_eq(activation_on_mirror(&problem, &mirror), FOCL_OK);
        for (size_t device = 0; device < test_device_count(); device++) {
            ck_assert_int_eq(activation_on_device(test_device(device), &problem, &found, 0), FOCL_OK);
            activation_assert_same(&problem, &mirror, &found, test_device_name(device));
        }
        activation_answer_free(&found);
        activation_answer_free(&mirror);
        activation_problem_free(&problem);
    }
}
END_TEST

/* ---- Bits ---- */

/* The value has the bits of the loss's probabilities. */
static void assert_bits_of_loss(focl_activation_description description, uint64_t stream) {
    const loss_recipe recipe = {.name = "probabilities", .description = activation_loss(&description)};
    loss_problem loss = loss_problem_create(&recipe, stream);
    loss_answer expected = loss_answer_create(&loss, LOSS_BIT(probabilities));
    activation_problem problem = activation_problem_create("the loss's probabilities", &description, stream);
    memcpy(problem.arrays[ACTIVATION_x], loss.inputs[LOSS_logits], activation_array_bytes(&description, ACTIVATION_x));
    activation_answer found = activation_answer_create(&problem, ACTIVATION_BIT(value));
    for (size_t device = 0; device < test_device_count(); device++) {
        const activation_answer wanted = {.arrays = {[ACTIVATION_value] = expected.outputs[LOSS_probabilities]}};
        ck_assert_int_eq(loss_on_host(test_device(device), &loss, &expected), FOCL_OK);
        ck_assert_int_eq(activation_on_host(test_device(device), &problem, &found), FOCL_OK);
        activation_assert_same(&problem, &wanted, &found, test_device_name(device));
    }
    activation_answer_free(&found);
    activation_problem_free(&problem);
    loss_answer_free(&expected);
    loss_problem_free(&loss);
}

START_TEST(values_have_the_bits_of_the_losses_probabilities) {
    static const focl_view shapes[] = {{301, 10, 1}, {3, 5000, 1}, {2, 19, 77}, {40, 33, 1}};
    static const focl_activate_kind kinds[] = {FOCL_ACTIVATE_SIGMOID, FOCL_ACTIVATE_SOFTMAX};
    static const focl_type kinds_of_floats[] = {FOCL_F32, FOCL_F32, FOCL_F32, FOCL_F16};
    assert_bits_of_loss(
        (focl_activation_description){.kind = kinds[_i % 2], .shape = shapes[_i / 2], .type = kinds_of_floats[_i / 2]},
        46000 + (uint64_t)_i);
}
END_TEST

/* Vector width x work-group size. */
static const char *const mappings[] = {"1x1", "2x4", "4x16", "8x8", "16x8", "1x64", "1x256"};

/* Kinds and shapes meet the mappings by turns. */
START_TEST(bits_do_not_depend_on_the_mapping) {
    static const focl_view shapes[] = {{9, 33, 1}, {2, 7, 45}, {2, 4200, 1}};
    ck_assert_int_eq(setenv("FOCL_MAPPING", mappings[_i], 1), 0);
    for (size_t i = 0; i < KINDS; i++) {
        const size_t shape = (i + (size_t)_i) % test_size(COUNT_OF(shapes), 2);
        const focl_activation_description description = {.kind = (focl_activate_kind)i, .shape = shapes[shape]};
        activation_problem problem = activation_problem_create(mappings[_i], &description, 47000 + i);
        const unsigned outputs = outputs_for(&description);
        activation_answer mirror = activation_answer_create(&problem, outputs);
        activation_answer found = activation_answer_create(&problem, outputs);
        ck_assert_int_eq(activation_on_mirror(&problem, &mirror), FOCL_OK);
        for (size_t device = 0; device < test_device_count(); device++) {
            focl_handle *handle = NULL;
            char selector[32];
            (void)snprintf(selector, sizeof selector, "#%zu", focl_handle_device(test_device(device))->index);
            ck_assert_int_eq(focl_create(&handle, selector), FOCL_OK);
            ck_assert_int_eq(activation_on_device(handle, &problem, &found, 1), FOCL_OK);
            if (focl_handle_device(handle)->bit_exact)
                activation_assert_same(&problem, &mirror, &found, test_device_name(device));
            focl_destroy(handle);
        }
        activation_answer_free(&found);
        activation_answer_free(&mirror);
        activation_problem_free(&problem);
    }
    ck_assert_int_eq(unsetenv("FOCL_MAPPING"), 0);
}
END_TEST

START_TEST(any_subset_of_outputs_has_the_same_bits) {
    static const focl_view shapes[] = {{21, 10, 1}, {2, 5, 17}};
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        const focl_activation_description description = {.kind = (focl_activate_kind)_i, .shape = shapes[i]};
        activation_problem problem = activation_problem_create("subsets", &description, 48000);
        activation_answer all = activation_answer_create(&problem, activation_outputs(&description));
        ck_assert_int_eq(activation_on_mirror(&problem, &all), FOCL_OK);
        for (unsigned bit = ACTIVATION_value; bit < ACTIVATION_ARRAYS; bit++) {
            if (!(activation_outputs(&description) & (1u << bit)))
                continue;
            activation_answer one = activation_answer_create(&problem, 1u << bit);
            for (size_t device = 0; device < test_device_count(); device++) {
                ck_assert_int_eq(activation_on_device(test_device(device), &problem, &one, 0), FOCL_OK);
                if (focl_handle_device(test_device(device))->bit_exact)
                    activation_assert_same(&problem, &all, &one, test_device_name(device));
            }
            activation_answer_free(&one);
        }
        activation_answer_free(&all);
        activation_problem_free(&problem);
    }
}
END_TEST

START_TEST(pieces_leave_the_bits_alone) {
    static const char *const sizes[] = {"1", "100", "1000"};
    static const focl_view shapes[] = {{41, 33, 1}, {9, 5, 65}, {300, 3, 1}};
    ck_assert_int_eq(setenv("FOCL_PIECE_ELEMENTS", sizes[_i % 3], 1), 0);
    for (size_t i = 0; i < test_size(COUNT_OF(shapes), 1); i++)
        assert_random((focl_activation_description){.kind = (focl_activate_kind)(_i / 3), .shape = shapes[i]},
                      49000 + (uint64_t)_i, 0);
    assert_random(
        (focl_activation_description){.kind = (focl_activate_kind)(_i / 3), .shape = {6, 5, 9}, .strides = {1, 60, 6}},
        49100 + (uint64_t)_i, 0);
    ck_assert_int_eq(unsetenv("FOCL_PIECE_ELEMENTS"), 0);
}
END_TEST

START_TEST(wide_indices_have_the_same_bits) {
    ck_assert_int_eq(setenv("FOCL_INDEX64", "1", 1), 0);
    const focl_activation_description description = {.kind = (focl_activate_kind)_i, .shape = {3, 10, 5}};
    activation_problem problem = activation_problem_create("64-bit indices", &description, 50000);
    activation_answer mirror = activation_answer_create(&problem, activation_outputs(&description));
    activation_answer found = activation_answer_create(&problem, activation_outputs(&description));
    focl_handle *handle = NULL;
    char selector[32];
    (void)snprintf(selector, sizeof selector, "#%zu", focl_handle_device(test_device(0))->index);
    ck_assert_int_eq(focl_create(&handle, selector), FOCL_OK);
    ck_assert_int_eq(activation_on_mirror(&problem, &mirror), FOCL_OK);
    ck_assert_int_eq(activation_on_device(handle, &problem, &found, 3), FOCL_OK);
    if (focl_handle_device(handle)->bit_exact)
        activation_assert_same(&problem, &mirror, &found, "a device with 64-bit indices");
    focl_destroy(handle);
    activation_answer_free(&found);
    activation_answer_free(&mirror);
    activation_problem_free(&problem);
    ck_assert_int_eq(unsetenv("FOCL_INDEX64"), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("activation");
    test_add_loop(suite, "hard rows", hard_rows_of_every_kind, KINDS * COUNT_OF(hard_rows));
    test_add_loop(suite, "long ties", long_ties, 2 * KINDS);
    test_add_loop(suite, "rows", rows_of_every_length, KINDS);
    test_add_loop(suite, "pixels", pixels_of_every_depth, KINDS);
    test_add_loop(suite, "planes", planes_of_every_size, KINDS);
    test_add_loop(suite, "types", types, KINDS);
    test_add_loop(suite, "strides", strides, KINDS);
    test_add_loop(suite, "nothing", nothing_to_do, KINDS);
    test_add_loop(suite, "infinite upstreams", infinite_upstreams, KINDS);
    test_add_loop(suite, "probabilities", values_have_the_bits_of_the_losses_probabilities, 8);
    test_add_loop(suite, "mappings", bits_do_not_depend_on_the_mapping, COUNT_OF(mappings));
    test_add_loop(suite, "subsets", any_subset_of_outputs_has_the_same_bits, KINDS);
    test_add_loop(suite, "pieces", pieces_leave_the_bits_alone, (size_t)3 * KINDS);
    test_add_loop(suite, "wide indices", wide_indices_have_the_same_bits, KINDS);
    const int status = test_main(suite);
    activation_print_errors();
    return status;
}
