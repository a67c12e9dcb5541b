/*
 * The focal loss of semantic segmentation: NCHW logits, a label per pixel, a sigmoid per class, only the true class's
 * term, weights 1 / (count / total), summed and divided by the number of pixels. Against the same written out step by
 * step in double: one-hot labels, permuted to the logits' shape, sigmoid, where, pow, log.
 */
#include <math.h>
#include <stdlib.h>

#include "support_loss.h"

enum { CLASSES = 8 };

/* Pixels of each class in the training set that the loss comes from. */
static const uint64_t counts[CLASSES] = {381155699, 4830287, 861159, 440608, 37987, 4061447, 1235420, 593393};

static const double gamma_of_loss = 2;

typedef struct image_batch {
    size_t images;
    size_t height;
    size_t width;
} image_batch;

static const image_batch batches[] = {{1, 3, 5}, {2, 48, 64}, {3, 7, 11}};

static size_t pixels_of(image_batch batch) {
    return batch.images * batch.height * batch.width;
}

/* ---- The loss, step by step ---- */

static void fill_alpha(double alpha[CLASSES]) {
    double total = 0;
    for (size_t c = 0; c < CLASSES; c++)
        total += (double)counts[c];
    for (size_t c = 0; c < CLASSES; c++)
        alpha[c] = 1 / ((double)counts[c] / total);
}

/* N x H x W x C: 1 where the label is the class. */
static double *one_hot(const unsigned char *labels, size_t pixels) {
    double *hot = calloc(pixels * CLASSES, sizeof *hot);
    ck_assert_ptr_nonnull(hot);
    for (size_t i = 0; i < pixels; i++)
        hot[i * CLASSES + labels[i]] = 1;
    return hot;
}

/* N x H x W x C to N x C x H x W. */
static double *permuted(const double *from, image_batch batch) {
    const size_t plane = batch.height * batch.width;
    double *to = calloc(pixels_of(batch) * CLASSES, sizeof *to);
    ck_assert_ptr_nonnull(to);
    for (size_t n = 0; n < batch.images; n++)
        for (size_t i = 0; i < plane; i++)
            for (size_t c = 0; c < CLASSES; c++)
                to[(n * CLASSES + c) * plane + i] = from[(n * plane + i) * CLASSES + c];
    return to;
}

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

static double focal(double alpha, double p) {
    return -alpha * pow(1 - p, gamma_of_loss) * log(p);
}

/* By the chain rule, with dp/dx = p (1 - p). */
static double focal_slope(double alpha, double p) {
    const double of_power = gamma_of_loss * pow(1 - p, gamma_of_loss - 1) * log(p);
    const double of_log = -pow(1 - p, gamma_of_loss) / p;
    return alpha * (of_power + of_log) * p * (1 - p);
}

/* What should come of the logits: the loss, and its gradient in their shape. */
typedef struct expectation {
    double loss;
    double *gradient;
} expectation;

static expectation expected_of(const float *logits, const unsigned char *labels, image_batch batch) {
    const size_t plane = batch.height * batch.width;
    const size_t pixels = pixels_of(batch);
    double alpha[CLASSES];
    double *hot = one_hot(labels, pixels);
    double *target = permuted(hot, batch);
    expectation expected = {.gradient = calloc(pixels * CLASSES, sizeof(double))};
    ck_assert_ptr_nonnull(expected.gradient);
    fill_alpha(alpha);
    for (size_t i = 0; i < pixels * CLASSES; i++) {
        const double weight = alpha[i / plane % CLASSES];
        const double p = sigmoid((double)logits[i]);
        expected.loss += target[i] > 0 ? focal(weight, p) : 0;
        expected.gradient[i] = target[i] > 0 ? focal_slope(weight, p) / (double)pixels : 0;
    }
    expected.loss /= (double)pixels;
    free(target);
    free(hot);
    return expected;
}

/* ---- The same by focl ---- */

static loss_problem problem_of(image_batch batch, uint64_t stream) {
    const focl_view shape = {batch.images, CLASSES, batch.height * batch.width};
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, shape);
    description.targets_type = FOCL_U8;
    description.alpha = -1;
    description.gamma = gamma_of_loss;
    description.target_only = true;
    description.reduction = FOCL_REDUCTION_ROW_MEAN;
    loss_problem problem = loss_problem_empty("segmentation", &description);
    test_random random = test_random_start(stream);
    float *logits = problem.inputs[LOSS_logits] = test_guarded(pixels_of(batch) * CLASSES * sizeof(float));
    unsigned char *labels = problem.inputs[LOSS_targets] = test_guarded(pixels_of(batch));
    float *weights = problem.inputs[LOSS_class_weights] = test_guarded(CLASSES * sizeof(float));
    double alpha[CLASSES];
    ck_assert_int_eq(focl_class_weights(FOCL_WEIGHTS_INVERSE, 0, CLASSES, counts, alpha), FOCL_OK);
    for (size_t c = 0; c < CLASSES; c++)
        weights[c] = (float)alpha[c];
    for (size_t i = 0; i < pixels_of(batch) * CLASSES; i++)
        logits[i] = (float)test_random_uniform(&random, -9, 9);
    for (size_t i = 0; i < pixels_of(batch); i++)
        labels[i] = (unsigned char)test_random_below(&random, CLASSES);
    return problem;
}

/* The bounds of focl/loss.h: 8 ulp, half an ulp for the weights, and 4 ulp for a sum. */
static void assert_expected(const loss_problem *problem, const expectation *expected, const loss_answer *answer,
                            const char *where) {
    const double ulps = loss_ulps(problem);
    const float loss = *(const float *)answer->outputs[LOSS_reduced];
    const float *gradient = answer->outputs[LOSS_gradient];
    ck_assert_msg(test_is_close(expected->loss, 0, loss, ulps + 4), "%s: loss is %a, should be %a", where, (double)loss,
                  expected->loss);
    for (size_t i = 0; i < loss_array_count(&problem->description, LOSS_gradient); i++)
        ck_assert_msg(test_is_close(expected->gradient[i], 0, gradient[i], ulps),
                      "%s: gradient[%zu] is %a, should be %a", where, i, (double)gradient[i], expected->gradient[i]);
}

static void assert_on_device(size_t device, const loss_problem *problem, const expectation *expected,
                             const loss_answer *mirror) {
    const char *where = test_device_name(device);
    loss_answer answer = loss_answer_create(problem, LOSS_BIT(reduced) | LOSS_BIT(gradient));
    ck_assert_msg(loss_on_device(test_device(device), problem, &answer, 0) == FOCL_OK, "%s: %s", where,
                  focl_last_error()->message);
    assert_expected(problem, expected, &answer, where);
    if (focl_handle_device(test_device(device))->bit_exact)
        loss_assert_same(problem, mirror, &answer, where);
    ck_assert_int_eq(loss_on_host(test_device(device), problem, &answer), FOCL_OK);
    if (focl_handle_device(test_device(device))->bit_exact)
        loss_assert_same(problem, mirror, &answer, "the host form");
    loss_answer_free(&answer);
}

START_TEST(loss_and_gradient_of_a_batch) {
    loss_problem problem = problem_of(batches[_i], 33000 + (uint64_t)_i);
    expectation expected = expected_of(problem.inputs[LOSS_logits], problem.inputs[LOSS_targets], batches[_i]);
    loss_answer mirror = loss_answer_create(&problem, LOSS_BIT(reduced) | LOSS_BIT(gradient));
    ck_assert_int_eq(loss_on_mirror(&problem, &mirror), FOCL_OK);
    assert_expected(&problem, &expected, &mirror, "the mirror");
    for (size_t device = 0; device < test_device_count(); device++)
        assert_on_device(device, &problem, &expected, &mirror);
    loss_answer_free(&mirror);
    free(expected.gradient);
    loss_problem_free(&problem);
}
END_TEST

/* The weights are those of the formula, to the last bit. */
START_TEST(weights_from_counts) {
    double expected[CLASSES];
    double found[CLASSES];
    fill_alpha(expected);
    ck_assert_int_eq(focl_class_weights(FOCL_WEIGHTS_INVERSE, 0, CLASSES, counts, found), FOCL_OK);
    ck_assert_mem_eq(found, expected, sizeof expected);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("segmentation");
    TCase *tcase = tcase_create("segmentation");
    tcase_set_timeout(tcase, 0);
    tcase_add_test(tcase, weights_from_counts);
    tcase_add_loop_test(tcase, loss_and_gradient_of_a_batch, 0, (int)COUNT_OF(batches));
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
