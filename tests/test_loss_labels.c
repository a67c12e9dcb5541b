/* What does not count and what should not be there: ignored rows, nothing counted, targets out of range. */
#include <math.h>
#include <string.h>

#include "support_loss.h"

enum { ROWS = 8, CLASSES = 3, ELEMENTS = ROWS * CLASSES };

static const float logits[ELEMENTS] = {0.5F, -1, 2, 0, 3, -3, 1, 1, -2, 0.25F, 7, -7,
                                       4,    -4, 9, 1, 0, -1, 2, 2, -2, 5,     6, -6};

static focl_loss_description labelled(focl_type type) {
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){ROWS, CLASSES, 1});
    description.targets_type = type;
    description.reduction = FOCL_REDUCTION_SUM;
    return description;
}

static void put_labels(loss_problem *problem, const int64_t *labels) {
    unsigned char narrow[ROWS];
    int32_t middle[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        narrow[i] = (unsigned char)labels[i];
        middle[i] = (int32_t)labels[i];
    }
    const void *const by_type[] = {[FOCL_U8] = narrow, [FOCL_I32] = middle, [FOCL_I64] = labels};
    loss_problem_set(problem, LOSS_logits, logits);
    loss_problem_set(problem, LOSS_targets, by_type[problem->description.targets_type]);
}

static loss_answer device_answer(size_t device, const loss_problem *problem) {
    loss_answer answer = loss_answer_create(problem, loss_outputs(&problem->description));
    ck_assert_msg(loss_on_device(test_device(device), problem, &answer, 0) == FOCL_OK, "%s",
                  focl_last_error()->message);
    return answer;
}

/* ---- Out of range ---- */

static void assert_refused_on_host(const loss_problem *problem, const char *in_message) {
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer answer = loss_answer_create(problem, loss_outputs(&problem->description));
        ck_assert_int_eq(loss_on_host(test_device(device), problem, &answer), FOCL_ELABEL);
        ck_assert_msg(strstr(focl_last_error()->message, in_message) != NULL, "\"%s\" lacks \"%s\"",
                      focl_last_error()->message, in_message);
        ck_assert(loss_answer_is_untouched(problem, &answer));
        ck_assert_int_eq(loss_on_mirror(problem, &answer), FOCL_ELABEL);
        ck_assert(loss_answer_is_untouched(problem, &answer));
        loss_answer_free(&answer);
    }
}

/* Bad elements are NaN; the others are those of the problem without bad targets. */
static void assert_nan_where_bad(const loss_problem *bad, const loss_problem *good, const bool is_bad[ELEMENTS]) {
    static const enum loss_array spoiled[] = {LOSS_loss, LOSS_gradient, LOSS_pt};
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer with = device_answer(device, bad);
        loss_answer without = device_answer(device, good);
        for (size_t a = 0; a < COUNT_OF(spoiled); a++)
            for (size_t i = 0; i < ELEMENTS; i++) {
                const float found = ((const float *)with.outputs[spoiled[a]])[i];
                const float expected = ((const float *)without.outputs[spoiled[a]])[i];
                ck_assert_msg(is_bad[i] ? isnan(found) : found == expected, "%s on %s: %s[%zu] is %a", bad->name,
                              test_device_name(device), loss_array_name(spoiled[a]), i, (double)found);
            }
        ck_assert_mem_eq(with.outputs[LOSS_probabilities], without.outputs[LOSS_probabilities], sizeof logits);
        ck_assert(isnan(*(const float *)with.outputs[LOSS_reduced]));
        loss_answer_free(&with);
        loss_answer_free(&without);
    }
}

static void assert_bad_counts(const loss_problem *bad, uint64_t bad_count, uint64_t first, uint64_t counted,
                              uint64_t positive) {
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer answer = device_answer(device, bad);
        const focl_loss_counts *counts = answer.outputs[LOSS_counts];
        ck_assert_uint_eq(counts->out_of_range, bad_count);
        ck_assert_uint_eq(counts->first_out_of_range, first);
        ck_assert_uint_eq(counts->counted, counted);
        ck_assert_uint_eq(counts->positive, positive);
        loss_answer_free(&answer);
    }
}

static const struct {
    focl_type type;
    int64_t bad[2];
    bool target_only;
} bad_labels[] = {
    {FOCL_U8, {3, 254}, false},
    {FOCL_I32, {-1, INT32_MIN}, false},
    {FOCL_I32, {3, INT32_MAX}, true},
    {FOCL_I64, {-1, INT64_MIN}, true},
    {FOCL_I64, {((int64_t)1 << 32) + 1, INT64_MAX}, false},
};

START_TEST(labels_out_of_range) {
    int64_t labels[ROWS] = {0, 1, 2, 255, 1, 0, 0, 2};
    bool is_bad[ELEMENTS] = {false};
    focl_loss_description description = labelled(bad_labels[_i].type);
    description.has_ignore_index = true;
    description.ignore_index = 255;
    description.target_only = bad_labels[_i].target_only;
    loss_problem good = loss_problem_empty("good labels", &description);
    put_labels(&good, labels);
    labels[2] = bad_labels[_i].bad[0];
    labels[6] = bad_labels[_i].bad[1];
    loss_problem bad = loss_problem_empty("bad labels", &description);
    put_labels(&bad, labels);
    for (size_t i = 0; i < ELEMENTS; i++)
        is_bad[i] = i / CLASSES == 2 || i / CLASSES == 6;
    assert_nan_where_bad(&bad, &good, is_bad);
    assert_bad_counts(&bad, 2, 2, description.target_only ? 5 : 7 * CLASSES, 5);
    assert_refused_on_host(&bad, "at row 2 is outside 0..2");
    loss_problem_free(&good);
    loss_problem_free(&bad);
}
END_TEST

START_TEST(dense_targets_out_of_range) {
    float targets[ELEMENTS] = {0, 1, 0.5F, 0, 1, 1};
    bool is_bad[ELEMENTS] = {[3] = true, [4] = true, [9] = true, [20] = true};
    const focl_loss_description description = labelled(FOCL_F32);
    loss_problem good = loss_problem_empty("good targets", &description);
    loss_problem_set(&good, LOSS_logits, logits);
    loss_problem_set(&good, LOSS_targets, targets);
    targets[3] = -0.25F;
    targets[4] = 1.00001F;
    targets[9] = NAN;
    targets[20] = INFINITY;
    loss_problem bad = loss_problem_empty("bad targets", &description);
    loss_problem_set(&bad, LOSS_logits, logits);
    loss_problem_set(&bad, LOSS_targets, targets);
    assert_nan_where_bad(&bad, &good, is_bad);
    assert_bad_counts(&bad, 4, 3, ELEMENTS, 2);
    assert_refused_on_host(&bad, "value -0.25 at element 3 is outside 0..1");
    loss_problem_free(&good);
    loss_problem_free(&bad);
}
END_TEST

/* ---- Nothing counted ---- */

/* Every reduction for one type of labels, one reduction for the others: each pair is a program to compile. */
START_TEST(nothing_counted) {
    static const int64_t labels[ROWS] = {255, 255, 255, 255, 255, 255, 255, 255};
    focl_loss_description description = labelled((focl_type)_i);
    description.has_ignore_index = true;
    description.ignore_index = 255;
    const int first = _i == FOCL_U8 ? 0 : FOCL_REDUCTION_MEAN;
    const int last = _i == FOCL_U8 ? FOCL_REDUCTION_POSITIVE_MEAN : FOCL_REDUCTION_MEAN;
    for (int reduction = first; reduction <= last; reduction++)
        for (int empty = 0; empty <= FOCL_EMPTY_NAN; empty++) {
            description.reduction = (focl_reduction)reduction;
            description.empty = (focl_empty)empty;
            loss_problem problem = loss_problem_empty("nothing counted", &description);
            put_labels(&problem, labels);
            loss_assert_everywhere(&problem, 0);
            loss_problem_free(&problem);
        }
}
END_TEST

START_TEST(given_normalizer_of_zero) {
    static const int64_t labels[ROWS] = {0, 1, 2, 0, 1, 2, 0, 1};
    static const float nothing = 0;
    focl_loss_description description = labelled(FOCL_I32);
    description.reduction = FOCL_REDUCTION_GIVEN;
    description.empty = (focl_empty)_i;
    loss_problem problem = loss_problem_empty("normalizer of 0", &description);
    put_labels(&problem, labels);
    loss_problem_set(&problem, LOSS_normalizer, &nothing);
    loss_assert_everywhere(&problem, 0);
    loss_problem_free(&problem);
}
END_TEST

/* A weighted mean whose weights are all 0 divides by 0 too: reduced as empty says, gradient 0. */
START_TEST(weights_of_zero) {
    static const int64_t labels[ROWS] = {0, 1, 2, 0, 1, 2, 0, 1};
    static const float zeros[CLASSES];
    focl_loss_description description = labelled(FOCL_I32);
    description.reduction = FOCL_REDUCTION_WEIGHTED_MEAN;
    description.empty = (focl_empty)_i;
    loss_problem problem = loss_problem_empty("weights of 0", &description);
    put_labels(&problem, labels);
    loss_problem_set(&problem, LOSS_class_weights, zeros);
    loss_assert_everywhere(&problem, 0);
    loss_problem_free(&problem);
}
END_TEST

/* ---- Precedence ---- */

static const struct {
    const char *name;
    int64_t ignore_index, background;
    bool has_ignore_index, has_background;
} precedences[] = {
    {"ignored class", 1, 0, true, false},
    {"background class", 0, 1, false, true},
    {"ignored background", 1, 1, true, true},
    {"background above the classes", 2, 3, true, true},
};

START_TEST(ignored_before_background_before_classes) {
    static const int64_t labels[ROWS] = {0, 1, 2, 1, 0, 2, 1, 1};
    focl_loss_description description = labelled(FOCL_U8);
    description.has_ignore_index = precedences[_i].has_ignore_index;
    description.ignore_index = precedences[_i].ignore_index;
    description.has_background = precedences[_i].has_background;
    description.background = precedences[_i].background;
    description.reduction = FOCL_REDUCTION_MEAN;
    for (int target_only = 0; target_only <= 1; target_only++) {
        description.target_only = target_only;
        loss_problem problem = loss_problem_empty(precedences[_i].name, &description);
        put_labels(&problem, labels);
        loss_assert_everywhere(&problem, 0);
        loss_problem_free(&problem);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("loss_labels");
    TCase *tcase = tcase_create("loss_labels");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, labels_out_of_range, 0, (int)COUNT_OF(bad_labels));
    tcase_add_test(tcase, dense_targets_out_of_range);
    tcase_add_loop_test(tcase, nothing_counted, FOCL_U8, FOCL_I64 + 1);
    tcase_add_loop_test(tcase, given_normalizer_of_zero, 0, 2);
    tcase_add_loop_test(tcase, weights_of_zero, 0, 2);
    tcase_add_loop_test(tcase, ignored_before_background_before_classes, 0, (int)COUNT_OF(precedences));
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
