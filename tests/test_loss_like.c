/* The presets: published numbers of other projects with nothing but what their tests pass, and what is refused. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/published_cases.h"
#include "data/published_softmax_cases.h"
#include "support.h"

/* ---- Published numbers ---- */

/*
 * What a project's test passes to the function; the rest must come from the preset. BY_CLASS: alpha as the case's class
 * weights say it, which the preset has to find by itself.
 */
enum { GAMMA = 1, ALPHA = 2, SMOOTHING = 4, IGNORE = 8, BY_CLASS = 16 };

static const struct {
    const char *id;
    const char *project;
    unsigned passed;
    const char *reduction;
    double normalizer; /* 0: none is passed */
} calls[] = {
    {"mmcv_sigmoid_0", "mmcv", 0, NULL, 0},
    {"mmcv_sigmoid_1", "mmcv", 0, NULL, 0},
    {"mmcv_sigmoid_2", "mmcv", 0, NULL, 0},
    {"mmcv_softmax_0", "mmcv", 0, NULL, 0},
    {"mmcv_softmax_1", "mmcv", 0, NULL, 0},
    {"mmcv_softmax_2", "mmcv", 0, NULL, 0},
    {"monai_sigmoid_mean", "monai", 0, NULL, 0},
    {"monai_sigmoid_nobg", "monai", 0, NULL, 0},
    {"monai_sigmoid_alpha0.8", "monai", ALPHA, NULL, 0},
    {"monai_sigmoid_none", "monai", 0, "none", 0},
    {"monai_sigmoid_none_cw", "monai", 0, "none", 0},
    {"monai_foreground_all", "monai", 0, NULL, 0},
    {"monai_multiseg_pm500_sigmoid_alpha0.5", "monai", ALPHA, NULL, 0},
    {"monai_softmax_mean", "monai", 0, NULL, 0},
    {"monai_softmax_alpha0.8", "monai", BY_CLASS, NULL, 0},
    {"monai_multiseg_pm500_softmax", "monai", 0, NULL, 0},
    {"monai_multiseg_pm500_softmax_alpha0.5", "monai", BY_CLASS, NULL, 0},
    {"fvcore_ce_equiv", "fvcore", GAMMA, "mean", 0},
    {"fvcore_alpha0.5_g2", "fvcore", ALPHA, NULL, 0},
    {"fvcore_hard_g2", "fvcore", 0, NULL, 0},
    {"fvcore_alpha1_negzero", "fvcore", ALPHA, NULL, 0},
    {"fvcore_alpha0_poszero", "fvcore", ALPHA, NULL, 0},
    {"fvcore_mean_ce", "fvcore", GAMMA, "mean", 0},
    {"fvcore_sum_ce", "fvcore", GAMMA, "sum", 0},
    {"fvcore_multiclass_ce", "fvcore", GAMMA, "mean", 0},
    {"mmpre_focal", "torchvision", 0, "mean", 0}, /* mmpretrain's function is torchvision's */
    {"paddle_doc", "paddle", 0, NULL, 2},
    {"torchcpp_ce", "pytorch-ce", 0, NULL, 0},
    {"torchcpp_ce_ls", "pytorch-ce", SMOOTHING, NULL, 0},
    {"torchcpp_ce_prob_ls", "pytorch-ce", SMOOTHING, NULL, 0},
    {"onnx_sce_none_weights", "pytorch-ce", 0, "none", 0}, /* ONNX defines its operator as PyTorch's */
    {"onnx_sce_mean", "pytorch-ce", 0, NULL, 0},
    {"onnx_sce_mean_weight", "pytorch-ce", 0, NULL, 0},
    {"onnx_sce_mean_no_weight_ii", "pytorch-ce", IGNORE, NULL, 0},
    {"onnx_sce_mean_no_weight_ii_3d", "pytorch-ce", IGNORE, NULL, 0},
    {"onnx_sce_mean_no_weight_ii_4d", "pytorch-ce", IGNORE, NULL, 0},
    {"onnx_sce_NCd1d2d3_sum_weight_high_ii", "pytorch-ce", IGNORE, "sum", 0},
    {"torch_bcewl_doc", "pytorch-ce", 0, NULL, 0},
    {"torch_bcewl_stability", "pytorch-ce", 0, NULL, 0},
};

static const published_case *find_in(const published_case *cases, size_t count, const char *id) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(cases[i].id, id) == 0)
            return &cases[i];
    return NULL;
}

static const published_case *find_case(const char *id) {
    const published_case *found = find_in(published_cases, COUNT_OF(published_cases), id);
    if (!found)
        found = find_in(published_softmax_cases, COUNT_OF(published_softmax_cases), id);
    ck_assert_msg(found != NULL, "no case %s", id);
    return found;
}

/* A case's arrays, and the description that the preset makes of its call. */
typedef struct call {
    const published_case *published;
    focl_loss_description description;
    size_t elements;
    size_t losses;
    float *logits;
    void *targets;
    float *class_weights;
    float *pos_weights;
} call;

static float *floats_of(const struct numbers *numbers, size_t count) {
    float *values = malloc((count + 1) * sizeof *values);
    ck_assert_ptr_nonnull(values);
    for (size_t i = 0; i < count; i++)
        values[i] = numbers->count ? (float)numbers->values[i % numbers->count] : 1;
    return values;
}

static int64_t *labels_of(const struct numbers *numbers, size_t count) {
    int64_t *values = malloc((count + 1) * sizeof *values);
    ck_assert_ptr_nonnull(values);
    for (size_t i = 0; i < count; i++)
        values[i] = (int64_t)numbers->values[i % numbers->count];
    return values;
}

static void describe(call *made, size_t index) {
    const published_case *published = made->published;
    focl_loss_description *description = &made->description;
    bool changed = false;
    *description = focl_loss_default(published->activation, published->objective, published->shape);
    description->targets_type = published->labels ? FOCL_I64 : FOCL_F32;
    description->pos_weight_count = published->pos_weights.count;
    ck_assert_msg(focl_loss_like(calls[index].project, calls[index].reduction, description) == FOCL_OK, "%s: %s",
                  published->id, focl_last_error()->message);
    if (calls[index].passed & GAMMA)
        description->gamma = published->gamma;
    if (calls[index].passed & ALPHA)
        description->alpha = published->alpha;
    if (calls[index].passed & SMOOTHING)
        description->label_smoothing = published->label_smoothing;
    if (calls[index].passed & IGNORE)
        description->ignore_index = published->ignore_index;
    if (calls[index].passed & BY_CLASS)
        description->alpha = 1 - published->class_weights.values[0];
    if (calls[index].normalizer > 0) {
        description->reduction = FOCL_REDUCTION_GIVEN;
        description->normalizer = calls[index].normalizer;
    }
    ck_assert_int_eq(focl_loss_like_class_weights(calls[index].project, description, made->class_weights, &changed),
                     FOCL_OK);
}

static call call_of(size_t index) {
    static const struct numbers none = {0};
    call made = {.published = find_case(calls[index].id)};
    const focl_view shape = made.published->shape;
    const bool of_rows = made.published->activation == FOCL_SOFTMAX;
    const size_t rows = shape.outer * shape.inner;
    made.elements = rows * shape.classes;
    made.losses = of_rows ? rows : made.elements;
    made.logits = floats_of(&made.published->logits, made.elements);
    made.targets = made.published->labels ? (void *)labels_of(&made.published->targets, rows)
                                          : floats_of(&made.published->targets, made.elements);
    made.class_weights =
        floats_of(calls[index].passed & BY_CLASS ? &none : &made.published->class_weights, shape.classes);
    made.pos_weights = floats_of(&made.published->pos_weights, made.published->pos_weights.count);
    describe(&made, index);
    return made;
}

static focl_loss_host_inputs inputs_of(const call *made) {
    return (focl_loss_host_inputs){
        .logits = made->logits,
        .targets = made->targets,
        .class_weights = made->class_weights,
        .pos_weights = made->published->pos_weights.count ? made->pos_weights : NULL,
    };
}

static void free_call(call *made) {
    free(made->logits);
    free(made->targets);
    free(made->class_weights);
    free(made->pos_weights);
}

static void assert_numbers(const call *made, const char *where, const struct numbers *expected, const double *found,
                           size_t count) {
    for (size_t i = 0; expected->count && i < count; i++) {
        const double wanted = expected->values[i % expected->count];
        const double allowed = made->published->absolute + made->published->relative * fabs(wanted);
        ck_assert_msg(fabs(found[i] - wanted) <= allowed, "%s on %s: [%zu] is %.9g, published is %.9g",
                      made->published->id, where, i, found[i], wanted);
    }
}

static void assert_published(const call *made, const char *where, double reduced, const double *losses,
                             const double *gradient) {
    assert_numbers(made, where, &made->published->reduced, &reduced, 1);
    assert_numbers(made, where, &made->published->losses, losses, made->losses);
    assert_numbers(made, where, &made->published->gradient, gradient, made->elements);
}

static double *doubles(size_t count) {
    double *values = calloc(count + 1, sizeof *values);
    ck_assert_ptr_nonnull(values);
    return values;
}

static void run_reference(const call *made) {
    const bool reduces = made->description.reduction != FOCL_REDUCTION_NONE;
    const focl_loss_host_inputs inputs = inputs_of(made);
    double reduced = 0;
    double *losses = doubles(made->losses);
    double *gradient = doubles(made->elements);
    const focl_reference_outputs outputs = {.reduced = reduces ? &reduced : NULL, .loss = losses, .gradient = gradient};
    ck_assert_msg(focl_reference_loss(&made->description, &inputs, &outputs) == FOCL_OK, "%s: %s", made->published->id,
                  focl_last_error()->message);
    ck_assert_msg(reduces == (made->published->reduced.count > 0), "%s: the wrong reduction", made->published->id);
    assert_published(made, "the reference", reduced, losses, gradient);
    free(losses);
    free(gradient);
}

static void run_device(const call *made, size_t device) {
    const focl_loss_host_inputs inputs = inputs_of(made);
    float reduced = 0;
    float *losses = floats_of(&(struct numbers){0}, made->losses);
    float *gradient = floats_of(&(struct numbers){0}, made->elements);
    double *wide_losses = doubles(made->losses);
    double *wide_gradient = doubles(made->elements);
    const focl_loss_host_outputs outputs = {
        .reduced = made->description.reduction == FOCL_REDUCTION_NONE ? NULL : &reduced,
        .loss = losses,
        .gradient = gradient,
    };
    ck_assert_msg(focl_loss_host(test_device(device), &made->description, &inputs, &outputs, NULL) == FOCL_OK, "%s: %s",
                  made->published->id, focl_last_error()->message);
    for (size_t i = 0; i < made->losses; i++)
        wide_losses[i] = (double)losses[i];
    for (size_t i = 0; i < made->elements; i++)
        wide_gradient[i] = (double)gradient[i];
    assert_published(made, test_device_name(device), (double)reduced, wide_losses, wide_gradient);
    free(losses);
    free(gradient);
    free(wide_losses);
    free(wide_gradient);
}

START_TEST(published_numbers) {
    call made = call_of((size_t)_i);
    run_reference(&made);
    for (size_t device = 0; device < test_device_count(); device++)
        run_device(&made, device);
    free_call(&made);
}
END_TEST

/* ---- What is refused ---- */

START_TEST(refusals) {
    static const struct {
        const char *project;
        focl_activation activation;
        focl_objective objective;
        focl_type targets;
        const char *reduction;
        focl_status status;
        const char *fragment;
    } cases[] = {
        {NULL, FOCL_SIGMOID, FOCL_FOCAL, FOCL_F32, NULL, FOCL_EINVAL, "project: is NULL"},
        {"tensorflow", FOCL_SIGMOID, FOCL_FOCAL, FOCL_F32, NULL, FOCL_EINVAL, "\"tensorflow\""},
        {"", FOCL_SIGMOID, FOCL_FOCAL, FOCL_F32, NULL, FOCL_EINVAL, "project"},
        {"mmcv", FOCL_SIGMOID, FOCL_FOCAL, FOCL_I64, "median", FOCL_EINVAL, "\"median\""},
        {"mmcv", FOCL_SIGMOID, FOCL_FOCAL, FOCL_F32, NULL, FOCL_ENOTSUP, "mmcv's ops.sigmoid_focal_loss takes class"},
        {"apex", FOCL_SIGMOID, FOCL_FOCAL, FOCL_I64, "mean", FOCL_ENOTSUP, "has sum only, not mean"},
        {"apex", FOCL_SOFTMAX, FOCL_CROSS_ENTROPY, FOCL_I64, "mean", FOCL_ENOTSUP, "has none only, not mean"},
        {"kornia", FOCL_SOFTMAX, FOCL_FOCAL, FOCL_F32, NULL, FOCL_ENOTSUP, "takes class indices, not f32"},
        {"torchvision", FOCL_SOFTMAX, FOCL_FOCAL, FOCL_I64, NULL, FOCL_ENOTSUP, "known are its ops.sigmoid"},
        {"keras", FOCL_SIGMOID, FOCL_CROSS_ENTROPY, FOCL_F32, NULL, FOCL_ENOTSUP, "and categorical_focal"},
        {"monai", FOCL_SIGMOID, FOCL_MSE, FOCL_F32, NULL, FOCL_ENOTSUP, "monai has no such loss"},
        {"pytorch-ce", FOCL_CATEGORICAL, FOCL_CROSS_ENTROPY, FOCL_I64, NULL, FOCL_ENOTSUP, "nn.CrossEntropyLoss"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        focl_loss_description description =
            focl_loss_default(cases[i].activation, cases[i].objective, (focl_view){2, 3, 1});
        description.targets_type = cases[i].targets;
        description.gamma = 7;
        const focl_loss_description before = description;
        ck_assert_int_eq(focl_loss_like(cases[i].project, cases[i].reduction, &description), cases[i].status);
        ck_assert_msg(strstr(focl_last_error()->message, cases[i].fragment) != NULL, "%s", focl_last_error()->message);
        ck_assert_mem_eq(&before, &description, sizeof before);
    }
    ck_assert_int_eq(focl_loss_like("mmcv", NULL, NULL), FOCL_EINVAL);
}
END_TEST

START_TEST(projects) {
    static const char *const expected[] = {"torchvision", "fvcore", "mmcv",   "apex",      "monai",
                                           "kornia",      "keras",  "paddle", "pytorch-ce"};
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        ck_assert_str_eq(focl_loss_like_project(i), expected[i]);
    ck_assert_ptr_null(focl_loss_like_project(COUNT_OF(expected)));
}
END_TEST

/* What the preset does not name stays as the caller had it. */
START_TEST(the_rest_stays) {
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){2, 3, 1});
    description.logits_type = FOCL_F16;
    description.targets_type = FOCL_I16;
    description.upstream = 3;
    description.loss_scale = 4;
    description.accumulate = 0.5;
    description.weights_extent = FOCL_PER_ELEMENT;
    ck_assert_int_eq(focl_loss_like("apex", NULL, &description), FOCL_OK);
    ck_assert(description.logits_type == FOCL_F16 && description.targets_type == FOCL_I16);
    ck_assert(description.upstream == 3 && description.loss_scale == 4 && description.accumulate == 0.5);
    ck_assert(description.weights_extent == FOCL_PER_ELEMENT);
    ck_assert(description.normalizer == 1 && description.reduction == FOCL_REDUCTION_GIVEN);
    ck_assert(description.has_ignore_index && description.ignore_index == -2);
    ck_assert(description.has_background && description.background == -1);
}
END_TEST

/* A divisor of no elements is no normaliser; the mean then has nothing to count. */
START_TEST(empty_shapes) {
    focl_loss_description description = focl_loss_default(FOCL_SOFTMAX, FOCL_FOCAL, (focl_view){0, 3, 1});
    const focl_loss_host_inputs inputs = {0};
    double reduced = 0;
    const focl_reference_outputs outputs = {.reduced = &reduced};
    description.targets_type = FOCL_I64;
    ck_assert_int_eq(focl_loss_like("monai", NULL, &description), FOCL_OK);
    ck_assert_msg(focl_reference_loss(&description, &inputs, &outputs) == FOCL_OK, "%s", focl_last_error()->message);
    ck_assert(isnan(reduced));
}
END_TEST

/* ---- Class weights ---- */

START_TEST(alpha_becomes_class_weights) {
    static const struct {
        const char *project;
        double alpha;
        bool changed;
        float expected[3];
    } cases[] = {
        {"monai", 0.75, true, {0.5f, 2.25f, 0.75f}},
        {"kornia", 0, true, {2, 0, 0}},
        {"kornia", -1, false, {2, 3, 1}},
        {"mmcv", 0.75, false, {2, 3, 1}},
        {"keras", 0.75, false, {2, 3, 1}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        float weights[3] = {2, 3, 1};
        bool changed = !cases[i].changed;
        focl_loss_description description = focl_loss_default(FOCL_SOFTMAX, FOCL_FOCAL, (focl_view){2, 3, 1});
        description.targets_type = FOCL_U8;
        description.alpha = cases[i].alpha;
        ck_assert_int_eq(focl_loss_like_class_weights(cases[i].project, &description, weights, &changed), FOCL_OK);
        ck_assert(changed == cases[i].changed);
        ck_assert_mem_eq(weights, cases[i].expected, sizeof weights);
        ck_assert(description.alpha == (cases[i].changed ? -1 : cases[i].alpha));
    }
}
END_TEST

START_TEST(class_weights_need_arrays) {
    float weights[3] = {1, 1, 1};
    bool changed = false;
    focl_loss_description description = focl_loss_default(FOCL_SOFTMAX, FOCL_FOCAL, (focl_view){2, 3, 1});
    description.targets_type = FOCL_U8;
    ck_assert_int_eq(focl_loss_like_class_weights("monai", &description, NULL, &changed), FOCL_EINVAL);
    ck_assert_int_eq(focl_loss_like_class_weights("monai", &description, weights, NULL), FOCL_EINVAL);
    ck_assert_int_eq(focl_loss_like_class_weights("monai", NULL, weights, &changed), FOCL_EINVAL);
    ck_assert_int_eq(focl_loss_like_class_weights("torchvision", &description, weights, &changed), FOCL_ENOTSUP);
}
END_TEST

/* ---- Notes ---- */

static bool has_note(const char *project, const focl_loss_description *description, bool class_weights,
                     const char *fragment) {
    const char *note = NULL;
    for (size_t i = 0; (note = focl_loss_like_note(project, description, class_weights, i)); i++)
        if (strstr(note, fragment))
            return true;
    return false;
}

START_TEST(notes_come_with_their_occasion) {
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){2, 3, 1});
    ck_assert_ptr_null(focl_loss_like_note("torchvision", &description, true, 0));
    ck_assert_ptr_null(focl_loss_like_note("fvcore", &description, true, 0));
    ck_assert(has_note("keras", &description, false, "[1e-7, 1 - 1e-7]"));
    ck_assert(!has_note("keras", &description, false, "smooths"));
    description.label_smoothing = 0.1;
    ck_assert(has_note("keras", &description, false, "t (1 - s) + s / 2"));
    ck_assert(has_note("monai", &description, false, "neither 0 nor 1"));
    description.targets_type = FOCL_I32;
    ck_assert_ptr_null(focl_loss_like_note("monai", &description, true, 0));
    ck_assert(!has_note("mmcv", &description, false, "weights per row"));
    ck_assert(has_note("mmcv", &description, true, "weights per row"));
    description.activation = FOCL_SOFTMAX;
    description.alpha = 0.5;
    ck_assert(has_note("monai", &description, false, "a weight per class"));
    ck_assert(!has_note("monai", &description, false, "a loss per element"));
    description.reduction = FOCL_REDUCTION_NONE;
    ck_assert(has_note("kornia", &description, false, "a loss per element"));
    ck_assert_ptr_null(focl_loss_like_note("torchvision", &description, false, 0));
    ck_assert_ptr_null(focl_loss_like_note(NULL, &description, false, 0));
    ck_assert_ptr_null(focl_loss_like_note("monai", NULL, false, 0));
}
END_TEST

START_TEST(functions_have_names) {
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){2, 3, 1});
    ck_assert_str_eq(focl_loss_like_function("kornia", &description), "losses.binary_focal_loss_with_logits");
    ck_assert_ptr_null(focl_loss_like_function("mmcv", &description)); /* its targets are class indices */
    ck_assert_ptr_null(focl_loss_like_function("nobody", &description));
    description.targets_type = FOCL_U8;
    ck_assert_str_eq(focl_loss_like_function("mmcv", &description), "ops.sigmoid_focal_loss");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("loss_like");
    TCase *tests = tcase_create("loss_like");
    tcase_set_timeout(tests, 0);
    tcase_add_loop_test(tests, published_numbers, 0, (int)COUNT_OF(calls));
    tcase_add_test(tests, projects);
    tcase_add_test(tests, refusals);
    tcase_add_test(tests, the_rest_stays);
    tcase_add_test(tests, empty_shapes);
    tcase_add_test(tests, alpha_becomes_class_weights);
    tcase_add_test(tests, class_weights_need_arrays);
    tcase_add_test(tests, notes_come_with_their_occasion);
    tcase_add_test(tests, functions_have_names);
    suite_add_tcase(suite, tests);
    return test_main(suite);
}
