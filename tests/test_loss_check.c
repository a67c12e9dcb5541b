/* What the check of a loss's arguments refuses, and in which words. */
#include <float.h>
#include <string.h>

#include "data/wrong_descriptions.h"
#include "loss_check.h"
#include "support.h"

#define BIT(field) (1u << FOCL__LOSS_##field)
#define USUAL      (BIT(logits) | BIT(targets) | BIT(gradient))

static focl_status check(const focl_loss_description *description, unsigned arrays, focl__loss_shape *shape) {
    bool given[FOCL__LOSS_ARRAY_COUNT];
    for (size_t i = 0; i < FOCL__LOSS_ARRAY_COUNT; i++)
        given[i] = arrays & (1u << i);
    return focl__loss_check(description, given, shape);
}

static void assert_error(focl_status status, focl_status expected, const char *argument, const char *in_message) {
    const focl_error *error = focl_last_error();
    ck_assert_msg(status == expected, "%s: %s, expected %s", argument, focl_status_name(status),
                  focl_status_name(expected));
    ck_assert_int_eq(error->status, expected);
    ck_assert_str_eq(error->argument, argument);
    ck_assert_msg(strstr(error->message, in_message) != NULL, "\"%s\" lacks \"%s\"", error->message, in_message);
    ck_assert_msg(strncmp(error->message, argument, strlen(argument)) == 0, "\"%s\" lacks its argument",
                  error->message);
}

START_TEST(refuses_wrong_descriptions) {
    const struct wrong_description *wrong = &wrong_descriptions[_i];
    focl__loss_shape shape;
    assert_error(check(&wrong->description, USUAL, &shape), wrong->status, wrong->argument, wrong->in_message);
}
END_TEST

START_TEST(takes_the_limits) {
    static const focl_loss_description good[] = {
        {.gamma = 0},
        {.gamma = (double)FLT_MAX},
        {.alpha = 1},
        {.alpha = -1},
        {.alpha = -INFINITY},
        {.label_smoothing = 1},
        {.activation = FOCL_IDENTITY, .gamma_negative = -1, .clip = 0.499},
        {.activation = FOCL_CATEGORICAL, .gamma_negative = -1, .clip = 0.499},
        {.gamma_negative = (double)FLT_MAX},
        {.gamma_negative = 0, .margin = 0.999},
        {.poly1 = -(double)FLT_MAX},
        {.activation = FOCL_SOFTMAX, .gamma_negative = -1, .poly1 = -1, .alpha = (double)FLT_MAX},
        {.activation = FOCL_SOFTMAX, .gamma_negative = -1, .alpha = -(double)FLT_MAX, .label_smoothing = 1},
        {.activation = FOCL_IDENTITY, .objective = FOCL_MSE, .gamma_negative = -1, .alpha = -1},
        {.objective = FOCL_VARIFOCAL, .gamma = 2, .gamma_negative = -1, .alpha = 1, .targets_type = FOCL_I16},
        {.objective = FOCL_QUALITY_FOCAL, .gamma = 2, .gamma_negative = -1, .alpha = -1, .targets_type = FOCL_U8},
        {.logits_type = FOCL_F16, .targets_type = FOCL_F32},
        {.logits_type = FOCL_BF16, .targets_type = FOCL_F16},
        {.upstream = 1e20, .loss_scale = 1e18},
        {.curvature = FOCL_CURVATURE_GAUSS_NEWTON},
        {.shape = {2, 3, 2}, .strides = {SIZE_MAX / 8 - 8, 2, 1}},
        {.shape = {0, 3, 2}, .strides = {SIZE_MAX, SIZE_MAX, SIZE_MAX}},
        {.targets_type = FOCL_I64, .has_ignore_index = true, .ignore_index = INT64_MIN},
        {.targets_type = FOCL_U8, .has_background = true, .background = 300, .target_only = true},
        {.reduction = FOCL_REDUCTION_GIVEN, .normalizer = (double)FLT_MIN},
        {.shape = {1, INT32_MAX, 1}},
        {.shape = {SIZE_MAX, 0, 1}},
        {.shape = {SIZE_MAX, 4, 0}},
        {.in_place = true},
        {.accumulate = -1},
    };
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        focl__loss_shape shape;
        ck_assert_msg(check(&good[i], USUAL, &shape) == FOCL_OK, "%zu: %s", i, focl_last_error()->message);
    }
    focl__loss_shape shape;
    for (int activation = 0; activation <= FOCL_CATEGORICAL; activation++)
        for (int objective = 0; objective <= FOCL_VARIFOCAL; objective++) {
            const focl_loss_description description =
                focl_loss_default((focl_activation)activation, (focl_objective)objective, (focl_view){2, 3, 1});
            const bool there = objective <= FOCL_MSE || activation == FOCL_SIGMOID;
            ck_assert_int_eq(check(&description, USUAL, &shape), there ? FOCL_OK : FOCL_EINVAL);
        }
}
END_TEST

START_TEST(defaults_are_the_usual_losses) {
    const focl_loss_description focal = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){2, 3, 5});
    ck_assert_double_eq(focal.gamma, 2);
    ck_assert_double_eq(focal.alpha, 0.25);
    ck_assert_double_eq(focal.upstream, 1);
    ck_assert_int_eq(focal.reduction, FOCL_REDUCTION_MEAN);
    ck_assert_uint_eq(focal.shape.inner, 5);
    const focl_loss_description entropy = focl_loss_default(FOCL_IDENTITY, FOCL_CROSS_ENTROPY, (focl_view){2, 3, 5});
    ck_assert_double_eq(entropy.gamma, 0);
    ck_assert_double_lt(entropy.alpha, 0);
    ck_assert_int_eq(entropy.activation, FOCL_IDENTITY);
    ck_assert_double_lt(focal.gamma_negative, 0);
    ck_assert_double_eq(focal.loss_scale, 1);
    ck_assert_int_eq(focal.curvature, FOCL_CURVATURE_RAW);
}
END_TEST

START_TEST(defaults_of_the_others) {
    static const struct {
        focl_activation activation;
        focl_objective objective;
        double gamma, alpha;
    } expected[] = {
        {FOCL_SOFTMAX, FOCL_FOCAL, 2, -1},         {FOCL_SOFTMAX, FOCL_CROSS_ENTROPY, 0, -1},
        {FOCL_SOFTMAX, FOCL_MSE, 0, -1},           {FOCL_CATEGORICAL, FOCL_FOCAL, 2, -1},
        {FOCL_SIGMOID, FOCL_MSE, 0, -1},           {FOCL_IDENTITY, FOCL_MSE, 0, -1},
        {FOCL_SIGMOID, FOCL_QUALITY_FOCAL, 2, -1}, {FOCL_SIGMOID, FOCL_VARIFOCAL, 2, 0.75},
    };
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        const focl_loss_description found =
            focl_loss_default(expected[i].activation, expected[i].objective, (focl_view){2, 3, 5});
        ck_assert_double_eq(found.gamma, expected[i].gamma);
        ck_assert_double_eq(found.alpha, expected[i].alpha);
    }
}
END_TEST

#define OF(kind) .shape = {2, 3, 1}, .activation = (kind), .gamma_negative = -1
#define OF_ROWS  OF(FOCL_SOFTMAX)
#define OF_MSE   OF(FOCL_SIGMOID), .objective = FOCL_MSE, .alpha = -1

static const struct wrong_arrays {
    focl_status status;
    const char *argument;
    const char *in_message;
    unsigned arrays;
    focl_loss_description description;
} wrong_arrays[] = {
    /* clang-format off */
    {FOCL_EINVAL, "logits", "6 elements", BIT(targets) | BIT(gradient), {.shape = {2, 3, 1}}},
    {FOCL_EINVAL, "targets", "6 elements", BIT(logits) | BIT(gradient), {.shape = {2, 3, 1}}},
    {FOCL_EINVAL, "targets", "2 elements", BIT(logits) | BIT(gradient), {.shape = {2, 3, 1}, .targets_type = FOCL_I32}},
    {FOCL_EINVAL, "targets", "2 elements", BIT(logits) | BIT(gradient), {.shape = {2, 0, 1}, .targets_type = FOCL_I32}},
    {FOCL_EINVAL, "pos_weight_count", "is 2", USUAL | BIT(pos_weights), {.shape = {2, 3, 1}, .pos_weight_count = 2}},
    {FOCL_EINVAL, "pos_weight_count", "is 0", USUAL | BIT(pos_weights), {.shape = {2, 3, 1}}},
    {FOCL_EINVAL, "normalizer", "reduction", USUAL | BIT(normalizer), {.reduction = FOCL_REDUCTION_SUM}},
    {FOCL_EINVAL, "logits", "4 bytes", USUAL, {.shape = {SIZE_MAX / 2, 1, 1}}},
    {FOCL_EINVAL, "targets", "8 bytes", USUAL & ~BIT(logits), {.shape = {SIZE_MAX / 2, 0, 1}, .targets_type = FOCL_I64}},
    {FOCL_EINVAL, "outputs", "at least one", BIT(logits) | BIT(targets), {.shape = {2, 3, 1}}},
    {FOCL_EINVAL, "reduced", "none", USUAL | BIT(reduced), {.shape = {2, 3, 1}}},
    {FOCL_EINVAL, "used_normalizer", "none", USUAL | BIT(used_normalizer), {.shape = {2, 3, 1}}},
    {FOCL_EINVAL, "weights_extent", "softmax", USUAL | BIT(weights), {OF_ROWS, .weights_extent = FOCL_PER_ELEMENT}},
    {FOCL_EINVAL, "upstream_extent", "softmax", USUAL | BIT(upstream), {OF_ROWS, .upstream_extent = FOCL_PER_ELEMENT}},
    {FOCL_EINVAL, "pos_weights", "sigmoid", USUAL | BIT(pos_weights), {OF_ROWS, .pos_weight_count = 1}},
    {FOCL_EINVAL, "pos_weights", "cross entropy", USUAL | BIT(pos_weights), {OF_MSE, .pos_weight_count = 1}},
    {FOCL_ENOTSUP, "hessian", "logits", USUAL | BIT(hessian), {OF(FOCL_CATEGORICAL)}},
    {FOCL_ENOTSUP, "hessian", "logits", USUAL | BIT(hessian), {OF(FOCL_IDENTITY)}},
    {FOCL_EINVAL, "targets", "12 elements", USUAL & ~BIT(targets), {.shape = {2, 3, 1}, .strides = {7, 2, 1}}},
    {FOCL_EINVAL, "strides", "gradient", USUAL, {.shape = {2, 3, 1}, .strides = {1, 1, 1}}},
    {FOCL_EINVAL, "strides", "loss", BIT(logits) | BIT(targets) | BIT(loss),
     {.shape = {4, 1, 1}, .strides = {0, 1, 1}}},
    /* clang-format on */
};

START_TEST(refuses_wrong_arrays) {
    const struct wrong_arrays *wrong = &wrong_arrays[_i];
    focl__loss_shape shape;
    assert_error(check(&wrong->description, wrong->arrays, &shape), wrong->status, wrong->argument, wrong->in_message);
}
END_TEST

/* What is refused of an array is taken without it, and of another kind of loss. */
START_TEST(takes_these_arrays) {
    static const struct {
        unsigned arrays;
        focl_loss_description description;
    } good[] = {
        /* clang-format off */
        {USUAL, {OF_ROWS, .weights_extent = FOCL_PER_ELEMENT, .upstream_extent = FOCL_PER_ELEMENT}},
        {USUAL | BIT(weights) | BIT(upstream) | BIT(class_weights), {OF_ROWS}},
        {USUAL | BIT(hessian) | BIT(loss), {OF_ROWS}},
        {USUAL | BIT(hessian), {OF(FOCL_IDENTITY), .objective = FOCL_MSE, .alpha = -1}},
        {USUAL | BIT(hessian), {OF_MSE}},
        {USUAL, {.shape = {2, 3, 1}, .strides = {4, 1, 1}}},
        {USUAL, {.shape = {2, 3, 5}, .strides = {15, 1, 3}}},
        {BIT(logits) | BIT(targets) | BIT(counts), {.shape = {2, 3, 1}, .strides = {1, 1, 1}}},
        {BIT(logits) | BIT(targets) | BIT(loss), {OF_ROWS, .strides = {1, 1, 1}}},
        {USUAL, {.shape = {1, 3, 1}, .strides = {0, 1, 0}}},
        /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        focl__loss_shape shape;
        ck_assert_msg(check(&good[i].description, good[i].arrays, &shape) == FOCL_OK, "%zu: %s", i,
                      focl_last_error()->message);
    }
}
END_TEST

START_TEST(refuses_no_description) {
    focl__loss_shape shape;
    assert_error(check(NULL, USUAL, &shape), FOCL_EINVAL, "description", "NULL");
}
END_TEST

START_TEST(describes_the_arrays) {
    const focl_loss_description description = {.shape = {2, 3, 5},
                                               .targets_type = FOCL_I64,
                                               .pos_weight_count = 1,
                                               .weights_extent = FOCL_PER_ELEMENT,
                                               .reduction = FOCL_REDUCTION_SUM};
    static const struct {
        const char *name;
        size_t bytes, elements;
    } expected[FOCL__LOSS_ARRAY_COUNT] = {
        {"logits", 4, 30},  {"targets", 8, 10},  {"class_weights", 4, 3},   {"pos_weights", 4, 1},
        {"weights", 4, 30}, {"upstream", 4, 10}, {"normalizer", 4, 1},      {"reduced", 4, 1},
        {"loss", 4, 30},    {"gradient", 4, 30}, {"hessian", 4, 30},        {"probabilities", 4, 30},
        {"pt", 4, 30},      {"counts", 64, 1},   {"used_normalizer", 4, 1},
    };
    focl__loss_shape shape;
    ck_assert_int_eq(check(&description, USUAL, &shape), FOCL_OK);
    ck_assert_uint_eq(shape.elements, 30);
    ck_assert_uint_eq(shape.rows, 10);
    ck_assert(!shape.dense);
    for (size_t i = 0; i < FOCL__LOSS_ARRAY_COUNT; i++) {
        ck_assert_str_eq(shape.arrays[i].name, expected[i].name);
        ck_assert_uint_eq(shape.arrays[i].element_bytes, expected[i].bytes);
        ck_assert_uint_eq(shape.arrays[i].elements, expected[i].elements);
        ck_assert_int_eq(shape.arrays[i].given, (USUAL >> i) & 1);
    }
}
END_TEST

/* Of the softmax family losses are of rows; with strides arrays of elements reach from the first to the last. */
START_TEST(describes_rows_strides_and_types) {
    const focl_loss_description description = {.activation = FOCL_SOFTMAX,
                                               .shape = {2, 3, 5},
                                               .strides = {20, 6, 1},
                                               .logits_type = FOCL_BF16,
                                               .targets_type = FOCL_F16,
                                               .gamma_negative = -1,
                                               .reduction = FOCL_REDUCTION_SUM};
    static const struct {
        enum focl__loss_array array;
        size_t bytes, elements;
    } expected[] = {
        {FOCL__LOSS_logits, 2, 37},  {FOCL__LOSS_targets, 2, 37},  {FOCL__LOSS_weights, 4, 10},
        {FOCL__LOSS_reduced, 4, 1},  {FOCL__LOSS_loss, 2, 10},     {FOCL__LOSS_gradient, 2, 37},
        {FOCL__LOSS_hessian, 2, 37}, {FOCL__LOSS_upstream, 4, 10}, {FOCL__LOSS_pt, 2, 10},
    };
    focl__loss_shape shape;
    ck_assert_int_eq(check(&description, USUAL, &shape), FOCL_OK);
    ck_assert_uint_eq(shape.elements, 30);
    ck_assert_uint_eq(shape.span, 37);
    ck_assert_uint_eq(shape.counts, 10);
    ck_assert(shape.dense);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        const focl__loss_array_shape *array = &shape.arrays[expected[i].array];
        ck_assert_msg(array->element_bytes == expected[i].bytes && array->elements == expected[i].elements,
                      "%s: %zu of %zu bytes", array->name, array->elements, array->element_bytes);
    }
}
END_TEST

/* ---- Host pointers ---- */

typedef struct host_call {
    focl_loss_description description;
    const void *pointers[FOCL__LOSS_ARRAY_COUNT];
    size_t output_bytes;
} host_call;

static _Alignas(16) char memory[256];

/* Logits are 24 bytes at 0, targets 24 at 24, the outputs behind. */
static host_call usual_call(void) {
    host_call call = {.description = {.shape = {2, 3, 1}, .reduction = FOCL_REDUCTION_SUM}};
    call.pointers[FOCL__LOSS_logits] = memory;
    call.pointers[FOCL__LOSS_targets] = memory + 24;
    call.pointers[FOCL__LOSS_gradient] = memory + 48;
    return call;
}

static focl_status check_host(const host_call *call) {
    focl__loss_shape shape;
    return focl__loss_check_host(&call->description, call->pointers, call->output_bytes, &shape);
}

START_TEST(outputs_overlap_nothing) {
    host_call call = usual_call();
    ck_assert_int_eq(check_host(&call), FOCL_OK);
    call.pointers[FOCL__LOSS_gradient] = memory + 44;
    assert_error(check_host(&call), FOCL_EOVERLAP, "gradient", "targets");
    call.pointers[FOCL__LOSS_gradient] = memory;
    assert_error(check_host(&call), FOCL_EOVERLAP, "gradient", "logits");
    call.description.in_place = true;
    ck_assert_int_eq(check_host(&call), FOCL_OK);
    call.pointers[FOCL__LOSS_gradient] = memory + 4;
    assert_error(check_host(&call), FOCL_EOVERLAP, "gradient", "logits");
    call.pointers[FOCL__LOSS_gradient] = NULL;
    call.pointers[FOCL__LOSS_loss] = memory;
    assert_error(check_host(&call), FOCL_EOVERLAP, "loss", "logits");
    call = usual_call();
    call.pointers[FOCL__LOSS_reduced] = memory + 68;
    assert_error(check_host(&call), FOCL_EOVERLAP, "gradient", "reduced");
    call.pointers[FOCL__LOSS_reduced] = memory + 72;
    ck_assert_int_eq(check_host(&call), FOCL_OK);
}
END_TEST

START_TEST(inputs_may_share) {
    host_call call = usual_call();
    call.pointers[FOCL__LOSS_targets] = memory;
    call.pointers[FOCL__LOSS_weights] = memory + 4;
    ck_assert_int_eq(check_host(&call), FOCL_OK);
}
END_TEST

START_TEST(wide_outputs_are_wider) {
    host_call call = usual_call();
    call.output_bytes = sizeof(double);
    call.pointers[FOCL__LOSS_loss] = memory + 72;
    assert_error(check_host(&call), FOCL_EOVERLAP, "gradient", "48 bytes");
    call.pointers[FOCL__LOSS_loss] = memory + 96;
    ck_assert_int_eq(check_host(&call), FOCL_OK);
    call.pointers[FOCL__LOSS_counts] = memory + 144;
    ck_assert_int_eq(check_host(&call), FOCL_OK);
}
END_TEST

START_TEST(empty_arrays_overlap_nothing) {
    host_call call = usual_call();
    call.description.shape.outer = 0;
    call.pointers[FOCL__LOSS_gradient] = memory;
    ck_assert_int_eq(check_host(&call), FOCL_OK);
}
END_TEST

START_TEST(refuses_crooked_pointers) {
    host_call call = usual_call();
    call.pointers[FOCL__LOSS_gradient] = memory + 50;
    assert_error(check_host(&call), FOCL_EINVAL, "gradient", "multiple of 4");
}
END_TEST

/* ---- Targets ---- */

static focl_status check_targets(const focl_loss_description *description, const void *targets,
                                 focl_loss_counts *counts) {
    focl__loss_shape shape;
    ck_assert_int_eq(check(description, USUAL, &shape), FOCL_OK);
    return focl__loss_check_targets(description, &shape, targets, counts);
}

static void assert_counts(const focl_loss_counts *found, uint64_t counted, uint64_t counted_rows, uint64_t ignored,
                          uint64_t positive, uint64_t out_of_range, uint64_t first) {
    ck_assert_uint_eq(found->counted, counted);
    ck_assert_uint_eq(found->counted_rows, counted_rows);
    ck_assert_uint_eq(found->ignored, ignored);
    ck_assert_uint_eq(found->positive, positive);
    ck_assert_uint_eq(found->out_of_range, out_of_range);
    ck_assert_uint_eq(found->first_out_of_range, first);
}

START_TEST(counts_labels) {
    static const int32_t labels[] = {0, 2, 255, 3, -1, 1};
    focl_loss_description description = {.shape = {3, 3, 2},
                                         .targets_type = FOCL_I32,
                                         .has_ignore_index = true,
                                         .ignore_index = 255,
                                         .has_background = true,
                                         .background = 3};
    focl_loss_counts counts;
    assert_error(check_targets(&description, labels, &counts), FOCL_ELABEL, "targets",
                 "label -1 at row 4 is outside 0..2");
    assert_counts(&counts, 15, 5, 1, 3, 1, 4);
    ck_assert_uint_eq(counts.elements, 18);
    ck_assert_uint_eq(counts.rows, 6);
    description.target_only = true;
    ck_assert_int_eq(check_targets(&description, labels, &counts), FOCL_ELABEL);
    assert_counts(&counts, 3, 5, 1, 3, 1, 4);
    description.background = -1;
    assert_error(check_targets(&description, labels, NULL), FOCL_ELABEL, "targets", "label 3 at row 3");
    description.ignore_index = 3;
    assert_error(check_targets(&description, labels, NULL), FOCL_ELABEL, "targets", "label 255 at row 2");
}
END_TEST

START_TEST(ignoring_comes_before_everything) {
    static const uint8_t labels[] = {1, 1, 0};
    const focl_loss_description description = {.shape = {3, 2, 1},
                                               .targets_type = FOCL_U8,
                                               .has_ignore_index = true,
                                               .ignore_index = 1,
                                               .has_background = true,
                                               .background = 1};
    focl_loss_counts counts;
    ck_assert_int_eq(check_targets(&description, labels, &counts), FOCL_OK);
    assert_counts(&counts, 2, 1, 2, 1, 0, UINT64_MAX);
}
END_TEST

START_TEST(background_comes_before_the_classes) {
    static const int64_t labels[] = {0, 1, 0};
    const focl_loss_description description = {
        .shape = {3, 2, 1}, .targets_type = FOCL_I64, .has_background = true, .background = 0};
    focl_loss_counts counts;
    ck_assert_int_eq(check_targets(&description, labels, &counts), FOCL_OK);
    assert_counts(&counts, 6, 3, 0, 1, 0, UINT64_MAX);
}
END_TEST

START_TEST(wide_labels_are_not_cut) {
    static const int64_t labels[] = {1, ((int64_t)1 << 32) + 1};
    const focl_loss_description description = {.shape = {2, 2, 1}, .targets_type = FOCL_I64};
    assert_error(check_targets(&description, labels, NULL), FOCL_ELABEL, "targets", "label 4294967297 at row 1");
}
END_TEST

START_TEST(no_class_has_no_label) {
    static const int64_t labels[] = {0};
    const focl_loss_description description = {.shape = {1, 0, 1}, .targets_type = FOCL_I64};
    assert_error(check_targets(&description, labels, NULL), FOCL_ELABEL, "targets", "no classes");
}
END_TEST

START_TEST(counts_rows) {
    static const int16_t labels[] = {0, -7, 2, 3, -1, 1};
    const focl_loss_description description = {.activation = FOCL_SOFTMAX,
                                               .shape = {3, 3, 2},
                                               .targets_type = FOCL_I16,
                                               .gamma_negative = -1,
                                               .has_ignore_index = true,
                                               .ignore_index = -7};
    focl_loss_counts counts;
    assert_error(check_targets(&description, labels, &counts), FOCL_ELABEL, "targets",
                 "label 3 at row 3 is outside 0..2");
    assert_counts(&counts, 5, 5, 1, 5, 2, 3);
    ck_assert_uint_eq(counts.elements, 18);
}
END_TEST

START_TEST(counts_dense_rows) {
    static const float targets[] = {1, 0, 0.5F, 0.5F, 0, 0};
    const focl_loss_description description = {.activation = FOCL_SOFTMAX, .shape = {3, 2, 1}, .gamma_negative = -1};
    focl_loss_counts counts;
    ck_assert_int_eq(check_targets(&description, targets, &counts), FOCL_OK);
    assert_counts(&counts, 3, 3, 0, 3, 0, UINT64_MAX);
}
END_TEST

/* The squared error of values takes any number, and positives are still those that are 1. */
START_TEST(counts_values) {
    static const float targets[] = {1, -3, 1e30F, 0.5F, INFINITY, NAN};
    const focl_loss_description description = {
        .activation = FOCL_IDENTITY, .objective = FOCL_MSE, .shape = {6, 1, 1}, .gamma_negative = -1, .alpha = -1};
    focl_loss_counts counts;
    assert_error(check_targets(&description, targets, &counts), FOCL_ELABEL, "targets", "at element 4");
    assert_counts(&counts, 6, 6, 0, 1, 2, 4);
}
END_TEST

START_TEST(counts_dense_targets) {
    static const float targets[] = {1, 0, 0.5F, 1, 1.25F, NAN, -0.25F, 0};
    const focl_loss_description description = {.shape = {2, 4, 1}};
    focl_loss_counts counts;
    assert_error(check_targets(&description, targets, &counts), FOCL_ELABEL, "targets",
                 "value 1.25 at element 4 is outside 0..1");
    assert_counts(&counts, 8, 2, 0, 2, 3, 4);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("loss_check");
    TCase *tcase = tcase_create("loss_check");
    tcase_add_loop_test(tcase, refuses_wrong_descriptions, 0, (int)COUNT_OF(wrong_descriptions));
    tcase_add_loop_test(tcase, refuses_wrong_arrays, 0, (int)COUNT_OF(wrong_arrays));
    tcase_add_test(tcase, takes_the_limits);
    tcase_add_test(tcase, defaults_are_the_usual_losses);
    tcase_add_test(tcase, refuses_no_description);
    tcase_add_test(tcase, describes_the_arrays);
    tcase_add_test(tcase, describes_rows_strides_and_types);
    tcase_add_test(tcase, takes_these_arrays);
    tcase_add_test(tcase, defaults_of_the_others);
    tcase_add_test(tcase, outputs_overlap_nothing);
    tcase_add_test(tcase, inputs_may_share);
    tcase_add_test(tcase, wide_outputs_are_wider);
    tcase_add_test(tcase, empty_arrays_overlap_nothing);
    tcase_add_test(tcase, refuses_crooked_pointers);
    tcase_add_test(tcase, counts_labels);
    tcase_add_test(tcase, ignoring_comes_before_everything);
    tcase_add_test(tcase, background_comes_before_the_classes);
    tcase_add_test(tcase, wide_labels_are_not_cut);
    tcase_add_test(tcase, no_class_has_no_label);
    tcase_add_test(tcase, counts_dense_targets);
    tcase_add_test(tcase, counts_rows);
    tcase_add_test(tcase, counts_dense_rows);
    tcase_add_test(tcase, counts_values);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
