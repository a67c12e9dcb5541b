/* focl loss for every loss of the family, every option that not all of them take, every type, and the presets. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "focl/loss_like.h"
#include "support_cli_results.h"

/* ---- More files ---- */

static const float distributions[ELEMENTS] = {0.25f, 0.25f, 0.5f, 1, 0, 0, 0, 0.125f, 0.875f, 0.5f, 0.5f, 0};
static const float rows_of_shares[ELEMENTS] = {0.5f, 0.25f, 0.25f, 0.125f, 0.75f, 0.125f,
                                               0,    0.5f,  0.5f,  0.25f,  0.5f,  0.25f};
static const float between[ELEMENTS] = {0.5f,   0.25f, 0.25f,  0.125f, 0.75f, 0.125f,
                                        0.375f, 0.5f,  0.875f, 0.25f,  0.5f,  0.25f};
static const float anything[ELEMENTS] = {-3, 2, 0.5f, 7, -0.25f, 1, 0, -100, 3, 2.5f, 1, 0.125f};
static const float raised[CLASSES] = {0.25f, 0.75f, 0.75f}; /* monai's and kornia's weights for alpha 0.75 */
static const float raised_weights[CLASSES] = {0.125f, 1.5f, 0.9375f};

static const int32_t background[ROWS] = {2, CLASSES, 1, 0};
static const int32_t marked[ROWS] = {2, -1, -2, 0};

static void write_family(void) {
    write_problem();
    write_floats("soft.npy", "(4, 3)", distributions, ELEMENTS);
    write_floats("shares.npy", "(4, 3)", rows_of_shares, ELEMENTS);
    write_floats("between.npy", "(4, 3)", between, ELEMENTS);
    write_floats("anything.npy", "(4, 3)", anything, ELEMENTS);
}

/* ---- Every loss, every option ---- */

typedef void change(focl_loss_description *description, focl_loss_host_inputs *inputs);

#define CHANGE(name, ...)                                                                 \
    static void name(focl_loss_description *description, focl_loss_host_inputs *inputs) { \
        (void)description, (void)inputs;                                                  \
        __VA_ARGS__                                                                       \
    }

CHANGE(nothing, )
CHANGE(some_gamma, description->gamma = 1.5;)
CHANGE(no_gamma, description->gamma = 0;)
CHANGE(some_alpha, description->alpha = 0.625;)
CHANGE(large_alpha, description->alpha = 3;)
CHANGE(asymmetric, description->gamma = 1; description->gamma_negative = 4; description->margin = 0.0625;)
CHANGE(poly, description->poly1 = -0.5;)
CHANGE(absolute, description->curvature = FOCL_CURVATURE_ABSOLUTE;)
CHANGE(gauss_newton, description->curvature = FOCL_CURVATURE_GAUSS_NEWTON;)
CHANGE(scaled, description->loss_scale = 1024;)
CHANGE(smoothed, description->label_smoothing = 0.125;)
CHANGE(ignore_two, description->has_ignore_index = true; description->ignore_index = 2;)
CHANGE(with_class_weights, inputs->class_weights = class_weights;)
CHANGE(with_row_weights, inputs->weights = row_weights;)
CHANGE(with_row_weights_and_gauss_newton, with_row_weights(description, inputs); gauss_newton(description, inputs);)
CHANGE(with_upstream, inputs->upstream = upstream_rows;)
CHANGE(with_upstream_value, description->upstream = -2.5;)
CHANGE(soft_targets, description->targets_type = FOCL_F32; inputs->targets = dense;)
CHANGE(soft_rows, description->targets_type = FOCL_F32; inputs->targets = distributions;)
CHANGE(soft_weighted, soft_rows(description, inputs); with_class_weights(description, inputs);)
CHANGE(soft_smoothed, soft_rows(description, inputs); smoothed(description, inputs);)
CHANGE(soft_anything, description->targets_type = FOCL_F32; inputs->targets = anything;)
CHANGE(of_shares, description->activation = FOCL_CATEGORICAL; inputs->logits = rows_of_shares;
       description->clip = 0.03125;)
CHANGE(of_probabilities, description->activation = FOCL_IDENTITY; inputs->logits = probabilities;)
CHANGE(of_probabilities_between, description->activation = FOCL_IDENTITY; inputs->logits = between;)
CHANGE(sum, description->reduction = FOCL_REDUCTION_SUM;)
CHANGE(none, description->reduction = FOCL_REDUCTION_NONE;)
CHANGE(row_mean, description->reduction = FOCL_REDUCTION_ROW_MEAN;)
CHANGE(positive_mean, description->reduction = FOCL_REDUCTION_POSITIVE_MEAN;)
CHANGE(weighted_mean, description->reduction = FOCL_REDUCTION_WEIGHTED_MEAN; inputs->class_weights = class_weights;
       inputs->weights = row_weights;)
CHANGE(ignored_weighted_mean, weighted_mean(description, inputs); ignore_two(description, inputs);)
CHANGE(given, description->reduction = FOCL_REDUCTION_GIVEN; description->normalizer = 7.5;)
CHANGE(background_labels, description->targets_type = FOCL_I32; inputs->targets = background;)
CHANGE(apex_labels, description->targets_type = FOCL_I32; inputs->targets = marked; given(description, inputs);)
CHANGE(by_class, inputs->class_weights = raised;)
CHANGE(by_class_with_weights, inputs->class_weights = raised_weights;)

/* Not NAME's own word for it, but what the library is to do. */
static const struct loss_kind {
    const char *name;
    focl_activation activation;
    focl_objective objective;
} kinds[] = {
    {"sigmoid-focal", FOCL_SIGMOID, FOCL_FOCAL},
    {"sigmoid-ce", FOCL_SIGMOID, FOCL_CROSS_ENTROPY},
    {"sigmoid-mse", FOCL_SIGMOID, FOCL_MSE},
    {"mse", FOCL_IDENTITY, FOCL_MSE},
    {"quality-focal", FOCL_SIGMOID, FOCL_QUALITY_FOCAL},
    {"varifocal", FOCL_SIGMOID, FOCL_VARIFOCAL},
    {"softmax-focal", FOCL_SOFTMAX, FOCL_FOCAL},
    {"softmax-ce", FOCL_SOFTMAX, FOCL_CROSS_ENTROPY},
    {"cross-entropy", FOCL_SOFTMAX, FOCL_CROSS_ENTROPY},
    {"softmax-mse", FOCL_SOFTMAX, FOCL_MSE},
};

static const struct {
    const char *name;
    const char *arguments;
    change *change;
} options[] = {
    {"sigmoid-mse", "@x.npy @t.npy", nothing},
    {"sigmoid-mse", "@x.npy @dense.npy", soft_targets},
    {"sigmoid-mse", "@p.npy @t.npy --input probabilities", of_probabilities},
    {"mse", "@x.npy @t.npy", nothing},
    {"mse", "@x.npy @anything.npy", soft_anything},
    {"mse", "@x.npy @t.npy --weights @rows.npy --curvature gauss-newton", with_row_weights_and_gauss_newton},
    {"quality-focal", "@x.npy @dense.npy", soft_targets},
    {"quality-focal", "@x.npy @t.npy --gamma 1.5", some_gamma},
    {"varifocal", "@x.npy @dense.npy", soft_targets},
    {"varifocal", "@x.npy @t.npy --alpha 0.625", some_alpha},
    {"sigmoid-focal", "@x.npy @t.npy --gamma 1 --gamma-negative 4 --margin 0.0625", asymmetric},
    {"sigmoid-focal", "@x.npy @t.npy --gamma-negative -1", nothing},
    {"sigmoid-focal", "@x.npy @t.npy --poly1 -0.5", poly},
    {"sigmoid-ce", "@x.npy @t.npy --poly1 -0.5", poly},
    {"sigmoid-focal", "@x.npy @t.npy --curvature absolute", absolute},
    {"sigmoid-focal", "@x.npy @t.npy --curvature gauss-newton", gauss_newton},
    {"sigmoid-focal", "@x.npy @t.npy --curvature raw --loss-scale 1024", scaled},
    {"softmax-focal", "@x.npy @t.npy", nothing},
    {"softmax-focal", "@x.npy @t.npy --alpha 3", large_alpha},
    {"softmax-focal", "@x.npy @t.npy --alpha none --gamma 0", no_gamma},
    {"softmax-focal", "@x.npy @t.npy --gamma 1.5", some_gamma},
    {"softmax-focal", "@x.npy @t.npy --poly1 -0.5", poly},
    {"softmax-focal", "@x.npy @t.npy --curvature gauss-newton", gauss_newton},
    {"softmax-focal", "@x.npy @t.npy --curvature absolute", absolute},
    {"softmax-focal", "@x.npy @t.npy --loss-scale 1024", scaled},
    {"softmax-focal", "@x.npy @t.npy --label-smoothing 0.125", smoothed},
    {"softmax-focal", "@x.npy @t.npy --ignore-index 2", ignore_two},
    {"softmax-focal", "@x.npy @t.npy --class-weights @class.npy", with_class_weights},
    {"softmax-focal", "@x.npy @t.npy --weights @rows.npy", with_row_weights},
    {"softmax-focal", "@x.npy @t.npy --upstream @upstream.npy", with_upstream},
    {"softmax-focal", "@x.npy @t.npy --upstream @one.npy", with_upstream_value},
    {"softmax-focal", "@x.npy @soft.npy", soft_rows},
    {"softmax-focal", "@x.npy @soft.npy --label-smoothing 0.125", soft_smoothed},
    {"softmax-focal", "@shares.npy @t.npy --input probabilities --clip 0.03125", of_shares},
    {"softmax-ce", "@x.npy @t.npy", nothing},
    {"cross-entropy", "@x.npy @soft.npy", soft_rows},
    {"cross-entropy", "@x.npy @t.npy --alpha 3", large_alpha},
    {"softmax-ce", "@shares.npy @t.npy --input probabilities --clip 0.03125", of_shares},
    {"softmax-ce", "@x.npy @t.npy --reduction sum", sum},
    {"softmax-ce", "@x.npy @t.npy --reduction none", none},
    {"softmax-ce", "@x.npy @t.npy --reduction row-mean", row_mean},
    {"softmax-ce", "@x.npy @t.npy --reduction positive-mean", positive_mean},
    {"softmax-ce", "@x.npy @t.npy --reduction weighted-mean --class-weights @class.npy --weights @rows.npy",
     weighted_mean},
    {"softmax-ce",
     "@x.npy @t.npy --reduction weighted-mean --class-weights @class.npy --weights @rows.npy --ignore-index 2",
     ignored_weighted_mean},
    {"softmax-ce", "@x.npy @t.npy --normalizer 7.5", given},
    {"softmax-mse", "@x.npy @t.npy", nothing},
    {"softmax-mse", "@x.npy @soft.npy --class-weights @class.npy", soft_weighted},
    {"softmax-mse", "@x.npy @t.npy --curvature gauss-newton", gauss_newton},
    {"softmax-mse", "@shares.npy @t.npy --input probabilities --clip 0.03125", of_shares},
};

static const struct loss_kind *kind_of(const char *name) {
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    ck_abort_msg("%s is not in the table", name);
    return NULL;
}

static loss_run run_of(const char *arguments, const char *name) {
    const struct loss_kind *kind = kind_of(name);
    loss_run run = {
        .arguments = arguments,
        .shape = "(4, 3)",
        .row_shape = "(4,)",
        .description = focl_loss_default(kind->activation, kind->objective, (focl_view){ROWS, CLASSES, 1}),
        .inputs = {.logits = logits, .targets = labels},
        .ulps = 32,
    };
    run.description.targets_type = FOCL_U8;
    return run;
}

/* Where compiling is slow, one of several cases has to do. */
static bool is_left_out(int index) {
    enum { SEVERAL = 6 };
    return test_small() && index % SEVERAL != 0;
}

START_TEST(every_option_agrees_with_the_reference) {
    char arguments[512];
    if (is_left_out(_i))
        return;
    (void)snprintf(arguments, sizeof arguments, "loss %s %s", options[_i].name, options[_i].arguments);
    loss_run run = run_of(arguments, options[_i].name);
    options[_i].change(&run.description, &run.inputs);
    write_family();
    assert_agrees(&run);
}
END_TEST

/* Row outputs have the logits' shape without the class axis, wherever that is. */
START_TEST(axes) {
    static const struct {
        const char *shape, *row_shape, *label_shape, *axis;
        focl_view view;
    } cases[] = {
        {"(3, 4)", "(4,)", "(4,)", "0", {1, CLASSES, ROWS}},
        {"(3, 4)", "(4,)", "(4,)", "-2", {1, CLASSES, ROWS}},
        {"(1, 3, 2, 2)", "(1, 2, 2)", "(1, 2, 2)", "1", {1, CLASSES, ROWS}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char arguments[256];
        (void)snprintf(arguments, sizeof arguments, "loss softmax-focal @first.npy @l.npy --axis %s", cases[i].axis);
        loss_run run = run_of(arguments, "softmax-focal");
        run.shape = cases[i].shape;
        run.row_shape = cases[i].row_shape;
        run.description.shape = cases[i].view;
        run.inputs.logits = transposed;
        write_floats("first.npy", cases[i].shape, transposed, ELEMENTS);
        scratch_npy("l.npy", "|u1", cases[i].label_shape, labels, sizeof labels);
        assert_agrees(&run);
    }
}
END_TEST

/* A vector is one row where that is said; its row arrays have one value and no axis. */
START_TEST(one_row) {
    static const uint8_t label[1] = {1};
    loss_run run = run_of("loss softmax-ce @vector.npy @label.npy --axis 0", "softmax-ce");
    run.shape = "(12,)";
    run.row_shape = "()";
    run.description.shape = (focl_view){1, ELEMENTS, 1};
    run.inputs.targets = label;
    write_floats("vector.npy", "(12,)", logits, ELEMENTS);
    scratch_npy("label.npy", "|u1", "()", label, sizeof label);
    assert_agrees(&run);
}
END_TEST

START_TEST(counts_of_rows_as_text) {
    write_family();
    command_result text = assert_works("loss softmax-ce @x.npy @t.npy --ignore-index 0");
    ck_assert_msg(strstr(text.out, "softmax-ce loss  ") != NULL, "%s", text.out);
    ck_assert_msg(strstr(text.out, "counted    3 rows, 3 of them positive; 1 row ignored") != NULL, "%s", text.out);
    command_free(&text);
}
END_TEST

/* ---- Types ---- */

/* Whether the device, and the library for it, calculates in f64. */
static bool has_f64(void) {
    const double one = 1;
    double loss = 0;
    const focl_loss_host_inputs inputs = {.logits = &one, .targets = &one};
    const focl_loss_host_outputs outputs = {.loss = &loss};
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){1, 1, 1});
    description.logits_type = FOCL_F64;
    description.targets_type = FOCL_F64;
    const focl_status status = focl_loss_host(test_device(0), &description, &inputs, &outputs, NULL);
    ck_assert_msg(status == FOCL_OK || status == FOCL_ENOTSUP, "%s", focl_last_error()->message);
    return status == FOCL_OK;
}

static uint16_t bf16_bits(float value) {
    uint32_t word;
    memcpy(&word, &value, sizeof word);
    return (uint16_t)(word >> 16);
}

/* The logits in a type; they are exact in all of them. */
typedef union typed_logits {
    float f32[ELEMENTS];
    uint16_t bits[ELEMENTS];
    double f64[ELEMENTS];
} typed_logits;

static typed_logits logits_as(focl_type type) {
    typed_logits result;
    for (size_t i = 0; i < ELEMENTS; i++)
        if (type == FOCL_F64)
            result.f64[i] = (double)logits[i];
        else if (type == FOCL_F32)
            result.f32[i] = logits[i];
        else
            result.bits[i] = type == FOCL_F16 ? half_bits(logits[i]) : bf16_bits(logits[i]);
    return result;
}

static void write_types(void) {
    const typed_logits wide = logits_as(FOCL_F64), half = logits_as(FOCL_F16), bits = logits_as(FOCL_BF16);
    write_family();
    scratch_npy("wide.npy", "<f8", "(4, 3)", wide.f64, sizeof wide.f64);
    scratch_npy("half.npy", "<f2", "(4, 3)", half.bits, sizeof half.bits);
    scratch_npy("bits.npy", "<u2", "(4, 3)", bits.bits, sizeof bits.bits);
}

static const struct {
    const char *arguments;
    focl_type type;
} typed[] = {
    {"@wide.npy @t.npy", FOCL_F32},
    {"@half.npy @t.npy", FOCL_F32},
    {"@x.npy @t.npy --dtype f4", FOCL_F32},
    {"@half.npy @t.npy --dtype f2", FOCL_F16},
    {"@wide.npy @t.npy --dtype f2", FOCL_F16},
    {"@bits.npy @t.npy --dtype bf16", FOCL_BF16},
    {"@x.npy @t.npy --dtype bf16", FOCL_BF16},
    {"@wide.npy @t.npy --dtype f8", FOCL_F64},
    {"@half.npy @t.npy --dtype f8", FOCL_F64},
};

static void assert_type(size_t index, const char *name) {
    char arguments[256];
    const focl_type type = typed[index].type;
    const typed_logits same = logits_as(type);
    (void)snprintf(arguments, sizeof arguments, "loss %s %s", name, typed[index].arguments);
    loss_run run = run_of(arguments, name);
    run.description.logits_type = type;
    run.inputs.logits = &same;
    if (type == FOCL_F64 && !has_f64())
        assert_fails(arguments, NULL, 1, "--dtype: ");
    else
        assert_agrees(&run);
}

START_TEST(every_type_agrees_with_the_reference) {
    write_types();
    assert_type((size_t)_i, "sigmoid-focal");
    assert_type((size_t)_i, "softmax-focal");
}
END_TEST

/* Dense targets of f8 keep their digits beside f8 logits. */
START_TEST(wide_targets) {
    static const double third[ELEMENTS] = {1.0 / 3, 1.0 / 3, 1.0 / 3, 1, 0, 0, 0.1, 0.2, 0.7, 0, 0.5, 0.5};
    const typed_logits wide = logits_as(FOCL_F64);
    loss_run run = run_of("loss softmax-ce @wide.npy @third.npy --dtype f8", "softmax-ce");
    run.description.logits_type = FOCL_F64;
    run.description.targets_type = FOCL_F64;
    run.inputs.logits = &wide;
    run.inputs.targets = third;
    write_types();
    scratch_npy("third.npy", "<f8", "(4, 3)", third, sizeof third);
    if (has_f64())
        assert_agrees(&run);
}
END_TEST

/* ---- Presets ---- */

static const struct {
    const char *name;
    const char *arguments;
    const char *project;
    const char *reduction; /* in the project's sense; NULL: its default */
    change *change;        /* on top of it */
    const char *says;      /* on stderr; NULL: nothing */
} presets[] = {
    {"sigmoid-focal", "@x.npy @t.npy --like torchvision", "torchvision", NULL, nothing, NULL},
    {"sigmoid-focal", "@x.npy @t.npy --like torchvision --reduction mean", "torchvision", "mean", nothing, NULL},
    {"sigmoid-focal", "@x.npy @t.npy --like fvcore --reduction sum --alpha 0.625", "fvcore", "sum", some_alpha, NULL},
    {"sigmoid-focal", "@x.npy @t.npy --like fvcore --reduction row-mean", "fvcore", NULL, row_mean, NULL},
    {"sigmoid-focal", "@x.npy @background.npy --like mmcv", "mmcv", NULL, background_labels,
     "label below 0 for a row without a class"},
    {"sigmoid-focal", "@x.npy @t.npy --like mmcv --class-weights @class.npy", "mmcv", NULL, with_class_weights,
     "weights per row"},
    {"softmax-focal", "@x.npy @t.npy --like mmcv", "mmcv", NULL, nothing, "label -1 are ignored"},
    {"sigmoid-focal", "@x.npy @apex.npy --like apex --normalizer 7.5", "apex", NULL, apex_labels, NULL},
    {"softmax-ce", "@x.npy @t.npy --like apex --label-smoothing 0.125", "apex", NULL, smoothed, NULL},
    {"softmax-ce", "@x.npy @t.npy --like apex --ignore-index 2", "apex", NULL, ignore_two, NULL},
    {"softmax-focal", "@x.npy @t.npy --like monai", "monai", NULL, nothing, NULL},
    {"softmax-focal", "@x.npy @t.npy --like monai --alpha 0.75", "monai", NULL, by_class, NULL},
    {"softmax-focal", "@x.npy @t.npy --like monai --reduction sum", "monai", "sum", nothing, NULL},
    {"softmax-focal", "@x.npy @soft.npy --like monai", "monai", NULL, soft_rows, "not one-hot"},
    {"softmax-focal", "@x.npy @t.npy --like kornia --alpha 0.75 --class-weights @class.npy", "kornia", NULL,
     by_class_with_weights, "a loss per element"},
    {"softmax-focal", "@x.npy @t.npy --like kornia --reduction mean --gamma 1.5", "kornia", "mean", some_gamma, NULL},
    {"sigmoid-focal", "@x.npy @t.npy --like keras --label-smoothing 0.125", "keras", NULL, smoothed,
     "t (1 - s) + s / 2"},
    {"sigmoid-focal", "@between.npy @t.npy --like keras --input probabilities", "keras", NULL, of_probabilities_between,
     "clipped everywhere"},
    {"sigmoid-focal", "@x.npy @t.npy --like paddle --normalizer 7.5", "paddle", NULL, given, NULL},
    {"softmax-ce", "@x.npy @t.npy --like pytorch-ce --class-weights @class.npy", "pytorch-ce", NULL, with_class_weights,
     NULL},
    {"softmax-ce", "@x.npy @soft.npy --like pytorch-ce --label-smoothing 0.125", "pytorch-ce", NULL, soft_smoothed,
     NULL},
    {"sigmoid-ce", "@x.npy @t.npy --like pytorch-ce --empty zero", "pytorch-ce", NULL, nothing, NULL},
};

/* The change comes before the preset for the types that it sets and again after it for what it overrides. */
static loss_run preset_run(size_t index, const char *arguments) {
    loss_run run = run_of(arguments, presets[index].name);
    presets[index].change(&run.description, &run.inputs);
    ck_assert_msg(focl_loss_like(presets[index].project, presets[index].reduction, &run.description) == FOCL_OK, "%s",
                  focl_last_error()->message);
    presets[index].change(&run.description, &run.inputs);
    return run;
}

START_TEST(every_preset_is_the_library_s) {
    char arguments[512];
    if (is_left_out(_i))
        return;
    (void)snprintf(arguments, sizeof arguments, "loss %s %s", presets[_i].name, presets[_i].arguments);
    const loss_run run = preset_run((size_t)_i, arguments);
    write_family();
    scratch_npy("background.npy", "<i4", "(4,)", background, sizeof background);
    scratch_npy("apex.npy", "<i4", "(4,)", marked, sizeof marked);
    if (presets[_i].says)
        assert_agrees_and_says(&run, presets[_i].says);
    else
        assert_agrees(&run);
}
END_TEST

START_TEST(presets_as_text) {
    write_family();
    command_result text = assert_works("loss softmax-focal @x.npy @t.npy --like monai --alpha 0.75");
    ck_assert_msg(strstr(text.out, "like       monai: losses.FocalLoss(use_softmax=True)\n") != NULL, "%s", text.out);
    ck_assert_msg(strstr(text.out, "given: the sum divided by 12") != NULL, "%s", text.out);
    command_free(&text);
    text = assert_works("loss softmax-ce @x.npy @t.npy --like pytorch-ce --ignore-index 0 --json");
    ck_assert_int_eq(strncmp(json_find(text.out, "reduction"), "\"weighted-mean\"", 15), 0);
    command_free(&text);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("cli_family");
    TCase *tests = add_case(suite, "family");
    tcase_add_loop_test(tests, every_option_agrees_with_the_reference, 0, (int)COUNT_OF(options));
    tcase_add_test(tests, axes);
    tcase_add_test(tests, one_row);
    tcase_add_test(tests, counts_of_rows_as_text);
    tcase_add_loop_test(tests, every_type_agrees_with_the_reference, 0, (int)COUNT_OF(typed));
    tcase_add_test(tests, wide_targets);
    tcase_add_loop_test(tests, every_preset_is_the_library_s, 0, (int)COUNT_OF(presets));
    tcase_add_test(tests, presets_as_text);
    return command_test_main(suite);
}
