/* The numbers that focl loss gives: with every option, from every type of file, and for the digits. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_cli_results.h"

/* Every option, and what it must mean for the library. */
typedef void change(focl_loss_description *description, focl_loss_host_inputs *inputs);

#define CHANGE(name, ...)                                                                 \
    static void name(focl_loss_description *description, focl_loss_host_inputs *inputs) { \
        (void)description, (void)inputs;                                                  \
        __VA_ARGS__                                                                       \
    }

CHANGE(nothing, )
CHANGE(no_alpha, description->alpha = -1;)
CHANGE(some_alpha, description->alpha = 0.875;)
CHANGE(no_gamma, description->gamma = 0;)
CHANGE(some_gamma, description->gamma = 1.5;)
CHANGE(cross_entropy, description->objective = FOCL_CROSS_ENTROPY; description->gamma = 0; description->alpha = -1;)
CHANGE(with_class_weights, inputs->class_weights = class_weights;)
CHANGE(with_pos_weights, inputs->pos_weights = pos_weights; description->pos_weight_count = CLASSES;)
CHANGE(with_one_pos_weight, inputs->pos_weights = one_value; description->pos_weight_count = 1;)
CHANGE(with_row_weights, inputs->weights = row_weights; description->weights_extent = FOCL_PER_ROW;)
CHANGE(with_element_weights, inputs->weights = element_weights; description->weights_extent = FOCL_PER_ELEMENT;)
CHANGE(with_upstream_rows, inputs->upstream = upstream_rows; description->upstream_extent = FOCL_PER_ROW;)
CHANGE(with_upstream_elements, inputs->upstream = element_weights; description->upstream_extent = FOCL_PER_ELEMENT;)
CHANGE(with_upstream_value, description->upstream = -2.5;)
CHANGE(ignore_two, description->has_ignore_index = true; description->ignore_index = 2;)
CHANGE(background_two, description->has_background = true; description->background = 2;)
CHANGE(smoothing, description->label_smoothing = 0.125;)
CHANGE(only_targets, description->target_only = true;)
CHANGE(reduction_none, description->reduction = FOCL_REDUCTION_NONE;)
CHANGE(reduction_sum, description->reduction = FOCL_REDUCTION_SUM;)
CHANGE(reduction_row_mean, description->reduction = FOCL_REDUCTION_ROW_MEAN;)
CHANGE(reduction_weighted, description->reduction = FOCL_REDUCTION_WEIGHTED_MEAN; inputs->class_weights = class_weights;
       inputs->weights = row_weights;)
CHANGE(reduction_positive, description->reduction = FOCL_REDUCTION_POSITIVE_MEAN;)
CHANGE(given_normalizer, description->reduction = FOCL_REDUCTION_GIVEN; description->normalizer = 7.5;)
CHANGE(dense_targets, description->targets_type = FOCL_F32; inputs->targets = dense;)
CHANGE(from_probabilities, description->activation = FOCL_IDENTITY; inputs->logits = probabilities;
       description->clip = 0.03125;)
CHANGE(classes_first, description->shape = ((focl_view){1, CLASSES, ROWS}); inputs->logits = transposed;)

static const struct {
    const char *arguments;
    change *change;
    const char *shape;
} options[] = {
    {LOSS, nothing, NULL},
    {LOSS "--math strict", nothing, NULL},
    {"--math=strict " LOSS "--gamma=2 --alpha=0.25 --axis -1", nothing, NULL},
    {LOSS "--alpha none", no_alpha, NULL},
    {LOSS "--alpha -1", no_alpha, NULL},
    {LOSS "--alpha 0.875", some_alpha, NULL},
    {LOSS "--gamma 0", no_gamma, NULL},
    {LOSS "--gamma 15e-1", some_gamma, NULL},
    {"loss sigmoid-ce @x.npy @t.npy", cross_entropy, NULL},
    {"loss bce @x.npy @t.npy --gamma 0", cross_entropy, NULL},
    {LOSS "--class-weights @class.npy", with_class_weights, NULL},
    {LOSS "--pos-weight @pos.npy", with_pos_weights, NULL},
    {LOSS "--pos-weight @one.npy", with_one_pos_weight, NULL},
    {LOSS "--weights @rows.npy", with_row_weights, NULL},
    {LOSS "--weights @elements.npy", with_element_weights, NULL},
    {LOSS "--upstream @upstream.npy", with_upstream_rows, NULL},
    {LOSS "--upstream @elements.npy", with_upstream_elements, NULL},
    {LOSS "--upstream @one.npy", with_upstream_value, NULL},
    {LOSS "--ignore-index 2", ignore_two, NULL},
    {LOSS "--background 2", background_two, NULL},
    {LOSS "--label-smoothing 0.125", smoothing, NULL},
    {LOSS "--target-only", only_targets, NULL},
    {LOSS "--reduction none", reduction_none, NULL},
    {LOSS "--reduction sum", reduction_sum, NULL},
    {LOSS "--reduction mean", nothing, NULL},
    {LOSS "--reduction row-mean", reduction_row_mean, NULL},
    {LOSS "--reduction weighted-mean --class-weights @class.npy --weights @rows.npy", reduction_weighted, NULL},
    {LOSS "--reduction positive-mean", reduction_positive, NULL},
    {LOSS "--normalizer 7.5", given_normalizer, NULL},
    {LOSS "--reduction given --normalizer 7.5", given_normalizer, NULL},
    {"loss sigmoid-focal @x.npy @dense.npy", dense_targets, NULL},
    {"loss sigmoid-focal @p.npy @t.npy --input probabilities --clip 0.03125", from_probabilities, NULL},
    {"loss sigmoid-focal @transposed.npy @t.npy --axis 0", classes_first, "(3, 4)"},
    {"loss sigmoid-focal @transposed.npy @t.npy --axis -2", classes_first, "(3, 4)"},
};

START_TEST(every_option_agrees_with_the_reference) {
    loss_run run = {
        .arguments = options[_i].arguments,
        .shape = options[_i].shape ? options[_i].shape : "(4, 3)",
        .description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){ROWS, CLASSES, 1}),
        .inputs = {.logits = logits, .targets = labels},
        .ulps = 24,
    };
    run.description.targets_type = FOCL_U8;
    options[_i].change(&run.description, &run.inputs);
    write_problem();
    assert_agrees(&run);
}
END_TEST

/* ---- Types: the same numbers in any of them give the same bits ---- */

static void put_swapped(unsigned char *at, uint64_t bits, size_t bytes, bool big) {
    for (size_t i = 0; i < bytes; i++)
        at[big ? bytes - 1 - i : i] = (unsigned char)(bits >> (8 * i) & 0xff);
}

static void write_logits(size_t bytes, bool big) {
    unsigned char data[ELEMENTS * 4];
    char type[8];
    for (size_t i = 0; i < ELEMENTS; i++) {
        uint32_t bits;
        memcpy(&bits, &logits[i], sizeof bits);
        put_swapped(data + i * bytes, bytes == 2 ? half_bits(logits[i]) : bits, bytes, big);
    }
    (void)snprintf(type, sizeof type, "%cf%zu", big ? '>' : '<', bytes);
    scratch_npy("typed.npy", type, "(4, 3)", data, ELEMENTS * bytes);
}

static void write_labels(const char *type, bool is_dense) {
    unsigned char data[ELEMENTS * 8] = {0};
    const size_t bytes = (size_t)(type[2] - '0');
    const size_t count = is_dense ? ELEMENTS : ROWS;
    for (size_t i = 0; i < count; i++) {
        const uint64_t value = is_dense ? labels[i / CLASSES] == i % CLASSES : labels[i];
        put_swapped(data + i * bytes, value, bytes, type[0] == '>');
    }
    scratch_npy("labels.npy", type, is_dense ? "(4, 3)" : "(4,)", data, count * bytes);
}

static void assert_same_bits(const char *arguments, const char *bits) {
    command_result result = assert_works(arguments);
    ck_assert_msg(strncmp(json_find(result.out, "loss_bits"), bits, 12) == 0, "focl %s: %s, not %.12s", arguments,
                  result.out, bits);
    command_free(&result);
}

START_TEST(every_type_gives_the_same_bits) {
    static const char *const integers[] = {"|u1", "|i1", "<i2", ">i2", "<i4", ">i4", "<i8",
                                           ">i8", "<u2", ">u2", "<u4", ">u4", "<u8", ">u8"};
    char fortran[256];
    write_problem();
    command_result usual = assert_works(LOSS "--json");
    const char *bits = json_find(usual.out, "loss_bits");
    for (size_t i = 0; i < COUNT_OF(integers); i++) {
        write_labels(integers[i], false);
        assert_same_bits("loss sigmoid-focal @x.npy @labels.npy --json", bits);
        write_labels(integers[i], true);
        assert_same_bits("loss sigmoid-focal @x.npy @labels.npy --json", bits);
    }
    for (size_t bytes = 2; bytes <= 4; bytes += 2)
        for (int big = 0; big < 2; big++) {
            write_logits(bytes, big);
            assert_same_bits("loss sigmoid-focal @typed.npy @t.npy --json", bits);
        }
    (void)snprintf(fortran, sizeof fortran, "{'descr': '%s', 'fortran_order': True, 'shape': (4, 3), }", native_f4());
    scratch_npy_header("fortran.npy", 2, fortran, transposed, sizeof transposed);
    assert_same_bits("loss sigmoid-focal @fortran.npy @t.npy --json", bits);
    command_free(&usual);
}
END_TEST

START_TEST(booleans) {
    const unsigned char truths[ROWS] = {1, 0, 0, 1};
    const float as_floats[ROWS] = {1, 0, 0, 1};
    write_problem();
    scratch_npy("b.npy", "|b1", "(4,)", truths, sizeof truths);
    write_floats("f.npy", "(4,)", as_floats, ROWS);
    write_floats("flat.npy", "(4,)", logits, ROWS);
    command_result floats = assert_works("loss bce @flat.npy @f.npy --json");
    assert_same_bits("loss bce @flat.npy @b.npy --json", json_find(floats.out, "loss_bits"));
    command_free(&floats);
    scratch_npy("two.npy", "|b1", "(2, 2)", truths, sizeof truths);
    write_floats("deep.npy", "(2, 2, 2)", logits, 8);
    command_result result = assert_works("loss bce @deep.npy @two.npy --json");
    ck_assert_double_eq(json_number(result.out, "positive"), 4);
    command_free(&result);
}
END_TEST

/* ---- Empty and ignored ---- */

START_TEST(nothing_counted) {
    static const uint8_t all_two[ROWS] = {2, 2, 2, 2};
    write_problem();
    scratch_npy("two.npy", "|u1", "(4,)", all_two, sizeof all_two);
    command_result zero = assert_works("loss bce @x.npy @two.npy --ignore-index 2 --json --grad @g.npy");
    ck_assert_double_eq(json_number(zero.out, "loss"), 0);
    ck_assert_double_eq(json_number(zero.out, "ignored"), ROWS);
    float *gradient = read_floats("g.npy", "(4, 3)", ELEMENTS);
    for (size_t i = 0; i < ELEMENTS; i++)
        ck_assert(gradient[i] == 0);
    free(gradient);
    command_free(&zero);
    command_result nan = assert_works("loss bce @x.npy @two.npy --ignore-index 2 --json --empty nan");
    ck_assert(json_is_valid(nan.out));
    ck_assert_int_eq(strncmp(json_find(nan.out, "loss"), "null", 4), 0);
    ck_assert(isnan(loss_from_bits(nan.out)));
    command_free(&nan);
}
END_TEST

START_TEST(no_elements) {
    write_problem();
    write_floats("none.npy", "(0, 3)", logits, 0);
    scratch_npy("nolabels.npy", "|u1", "(0,)", labels, 0);
    command_result result = assert_works("loss bce @none.npy @nolabels.npy --json --grad @g.npy");
    ck_assert(json_is_valid(result.out));
    ck_assert_double_eq(json_number(result.out, "elements"), 0);
    free(read_floats("g.npy", "(0, 3)", 0));
    command_free(&result);
}
END_TEST

/* ---- The digits ---- */

static void assert_digits(bool focal, const char *arguments, size_t rows, const focl_loss_host_inputs *inputs) {
    const focl_view view = {rows, 10, 1};
    char shape[32];
    loss_run run = {
        .arguments = arguments,
        .shape = shape,
        .description = focl_loss_default(FOCL_SIGMOID, focal ? FOCL_FOCAL : FOCL_CROSS_ENTROPY, view),
        .inputs = *inputs,
        .ulps = 9,
    };
    (void)snprintf(shape, sizeof shape, "(%zu, 10)", rows);
    run.description.targets_type = FOCL_U8;
    assert_agrees(&run);
}

/* On every device, by its index. */
START_TEST(digits_agree_with_the_reference) {
    float *digits = NULL;
    char *digit_labels = NULL;
    const size_t rows = write_digits(&digits, &digit_labels);
    const focl_loss_host_inputs inputs = {.logits = digits, .targets = digit_labels};
    for (size_t i = 0; i < test_device_count(); i++) {
        char arguments[128];
        const size_t index = focl_handle_device(test_device(i))->index;
        (void)snprintf(arguments, sizeof arguments, "loss sigmoid-ce @digits.npy @digit_labels.npy --device #%zu",
                       index);
        assert_digits(false, arguments, rows, &inputs);
        (void)snprintf(arguments, sizeof arguments, "loss sigmoid-focal @digits.npy @digit_labels.npy --device #%zu",
                       index);
        assert_digits(true, arguments, rows, &inputs);
    }
    free(digits);
    free(digit_labels);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("cli_results");
    TCase *results = add_case(suite, "results");
    tcase_add_loop_test(results, every_option_agrees_with_the_reference, 0, (int)COUNT_OF(options));
    tcase_add_test(results, every_type_gives_the_same_bits);
    tcase_add_test(results, booleans);
    tcase_add_test(results, nothing_counted);
    tcase_add_test(results, no_elements);
    tcase_add_test(results, digits_agree_with_the_reference);
    return command_test_main(suite);
}
