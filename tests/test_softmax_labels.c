/* Rows that do not count and labels that are none, in the softmax family; and what a sum is divided by. */
#include <math.h>
#include <string.h>

#include "support_loss.h"

enum { ROWS = 6, CLASSES = 3, ELEMENTS = ROWS * CLASSES, IGNORED = 100 };

static const double logits[ROWS][CLASSES] = {{0.5, -1, 2}, {3, -3, 1}, {1, -2, 0.25},
                                             {7, -7, 4},   {-4, 9, 1}, {0, -1, 2}};

static focl_loss_description described(bool pixels) {
    const focl_view shape = pixels ? (focl_view){2, CLASSES, ROWS / 2} : (focl_view){ROWS, CLASSES, 1};
    focl_loss_description description = focl_loss_default(FOCL_SOFTMAX, FOCL_FOCAL, shape);
    description.targets_type = FOCL_I32;
    description.has_ignore_index = true;
    description.ignore_index = IGNORED;
    description.reduction = FOCL_REDUCTION_SUM;
    return description;
}

static loss_problem problem_of(const char *name, const focl_loss_description *description, const int *labels) {
    loss_problem problem = loss_problem_empty(name, description);
    problem.inputs[LOSS_logits] = test_guarded(loss_array_bytes(description, LOSS_logits));
    problem.inputs[LOSS_targets] = test_guarded(loss_array_bytes(description, LOSS_targets));
    for (size_t row = 0; row < ROWS; row++) {
        loss_put_value(description->targets_type, problem.inputs[LOSS_targets], row, labels[row]);
        for (size_t c = 0; c < CLASSES; c++)
            loss_put_value(FOCL_F32, problem.inputs[LOSS_logits], loss_element_in_row(description, row, c).place,
                           logits[row][c]);
    }
    return problem;
}

static loss_answer device_answer(size_t device, const loss_problem *problem) {
    loss_answer answer = loss_answer_create(problem, loss_outputs(&problem->description));
    ck_assert_msg(loss_on_device(test_device(device), problem, &answer, 1) == FOCL_OK, "%s: %s", problem->name,
                  focl_last_error()->message);
    return answer;
}

/* ---- Ignored rows ---- */

static void put_in_row(loss_problem *problem, size_t row, const double *values) {
    for (size_t c = 0; c < CLASSES; c++)
        loss_put_value(FOCL_F32, problem->inputs[LOSS_logits], loss_element_in_row(&problem->description, row, c).place,
                       values[c]);
}

/* The probabilities of an ignored row are those of its logits. */
static void forget_probabilities(loss_answer *answer) {
    test_guarded_free(answer->outputs[LOSS_probabilities]);
    answer->outputs[LOSS_probabilities] = NULL;
}

static void assert_zero_row(const loss_problem *problem, const loss_answer *answer, size_t row) {
    const float *loss = answer->outputs[LOSS_loss];
    const float *pt = answer->outputs[LOSS_pt];
    ck_assert(loss[row] <= 0 && loss[row] >= 0 && pt[row] <= 0 && pt[row] >= 0);
    for (size_t c = 0; c < CLASSES; c++) {
        const size_t place = loss_element_in_row(&problem->description, row, c).place;
        const float gradient = ((const float *)answer->outputs[LOSS_gradient])[place];
        const float hessian = ((const float *)answer->outputs[LOSS_hessian])[place];
        ck_assert_msg(gradient <= 0 && gradient >= 0 && hessian <= 0 && hessian >= 0,
                      "%s: row %zu is ignored and has gradient %a, hessian %a", problem->name, row, (double)gradient,
                      (double)hessian);
    }
}

static const double spoiled[][CLASSES] = {
    {(double)NAN, 0, 0},
    {(double)INFINITY, 1, (double)INFINITY},
    {-(double)INFINITY, -(double)INFINITY, -(double)INFINITY},
    {(double)NAN, (double)INFINITY, -(double)INFINITY},
};

START_TEST(ignored_rows_leave_no_trace) {
    static const int labels[ROWS] = {2, IGNORED, 0, 1, IGNORED, 2};
    focl_loss_description description = described(_i % 2 == 1);
    description.label_smoothing = _i / 2 % 2 == 1 ? 0.125 : 0;
    description.reduction = FOCL_REDUCTION_MEAN;
    loss_problem clean = problem_of("ignored rows", &description, labels);
    loss_problem dirty = problem_of("ignored rows that are spoiled", &description, labels);
    put_in_row(&dirty, 1, spoiled[_i / 4]);
    put_in_row(&dirty, 4, spoiled[(_i / 4 + 1) % (int)COUNT_OF(spoiled)]);
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer without = device_answer(device, &clean);
        loss_answer with = device_answer(device, &dirty);
        forget_probabilities(&with);
        loss_assert_same(&dirty, &without, &with, test_device_name(device));
        assert_zero_row(&dirty, &with, 1);
        assert_zero_row(&dirty, &with, 4);
        loss_answer_free(&without);
        loss_answer_free(&with);
    }
    loss_assert_everywhere(&dirty, 3);
    loss_problem_free(&clean);
    loss_problem_free(&dirty);
}
END_TEST

START_TEST(nothing_counted) {
    static const int labels[ROWS] = {IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED};
    focl_loss_description description = described(_i % 2 == 1);
    description.empty = _i / 2 % 2 == 1 ? FOCL_EMPTY_NAN : FOCL_EMPTY_ZERO;
    for (int reduction = FOCL_REDUCTION_NONE; reduction <= FOCL_REDUCTION_POSITIVE_MEAN; reduction++) {
        description.reduction = (focl_reduction)reduction;
        loss_problem problem = problem_of("nothing counted", &description, labels);
        put_in_row(&problem, 2, spoiled[0]);
        loss_assert_everywhere(&problem, 0);
        loss_problem_free(&problem);
    }
}
END_TEST

/* ---- Out of range ---- */

static void assert_refused_on_host(const loss_problem *problem, const char *in_message) {
    loss_answer answer = loss_answer_create(problem, loss_outputs(&problem->description));
    ck_assert_int_eq(loss_on_mirror(problem, &answer), FOCL_ELABEL);
    for (size_t device = 0; device < test_device_count(); device++) {
        ck_assert_int_eq(loss_on_host(test_device(device), problem, &answer), FOCL_ELABEL);
        ck_assert_msg(strstr(focl_last_error()->message, in_message) != NULL, "\"%s\" lacks \"%s\"",
                      focl_last_error()->message, in_message);
    }
    ck_assert(loss_answer_is_untouched(problem, &answer));
    loss_answer_free(&answer);
}

/* A bad row is NaN, its probabilities apart; the others are those of the problem without. */
static void assert_bad_row(const loss_problem *bad, const loss_answer *with, const loss_answer *without, size_t row,
                           bool is_bad) {
    static const enum loss_array spoilt[] = {LOSS_gradient, LOSS_hessian};
    const float losses[] = {((const float *)with->outputs[LOSS_loss])[row],
                            ((const float *)without->outputs[LOSS_loss])[row]};
    ck_assert_msg(is_bad ? isnan(losses[0]) : losses[0] == losses[1], "%s: loss[%zu] is %a", bad->name, row,
                  (double)losses[0]);
    for (size_t i = 0; i < COUNT_OF(spoilt) * CLASSES; i++) {
        const size_t place = loss_element_in_row(&bad->description, row, i % CLASSES).place;
        const float found = ((const float *)with->outputs[spoilt[i / CLASSES]])[place];
        const float expected = ((const float *)without->outputs[spoilt[i / CLASSES]])[place];
        ck_assert_msg(is_bad ? isnan(found) : found == expected, "%s: %s of row %zu is %a", bad->name,
                      loss_array_name(spoilt[i / CLASSES]), row, (double)found);
    }
}

static void assert_bad_rows(const loss_problem *bad, const loss_problem *good, const bool is_bad[ROWS],
                            uint64_t bad_count, uint64_t first) {
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer with = device_answer(device, bad);
        loss_answer without = device_answer(device, good);
        const focl_loss_counts *counts = with.outputs[LOSS_counts];
        for (size_t row = 0; row < ROWS; row++)
            assert_bad_row(bad, &with, &without, row, is_bad[row]);
        ck_assert_mem_eq(with.outputs[LOSS_probabilities], without.outputs[LOSS_probabilities],
                         ELEMENTS * sizeof(float));
        ck_assert(isnan(*(const float *)with.outputs[LOSS_reduced]));
        ck_assert_uint_eq(counts->out_of_range, bad_count);
        ck_assert_uint_eq(counts->first_out_of_range, first);
        loss_answer_free(&with);
        loss_answer_free(&without);
    }
}

static const struct {
    focl_type type;
    int bad[2];
    double label_smoothing;
} bad_labels[] = {
    {FOCL_U8, {3, 254}, 0},
    {FOCL_I16, {-1, INT16_MIN}, 0.25},
    {FOCL_I32, {INT32_MIN, INT32_MAX}, 0},
    {FOCL_I64, {-100, 3}, 0},
};

START_TEST(labels_out_of_range) {
    static const bool is_bad[ROWS] = {[2] = true, [4] = true};
    int labels[ROWS] = {0, 1, 2, IGNORED, 1, 0};
    focl_loss_description description = described(_i % 2 == 1);
    description.targets_type = bad_labels[_i / 2].type;
    description.label_smoothing = bad_labels[_i / 2].label_smoothing;
    loss_problem good = problem_of("good labels", &description, labels);
    labels[2] = bad_labels[_i / 2].bad[0];
    labels[4] = bad_labels[_i / 2].bad[1];
    loss_problem bad = problem_of("bad labels", &description, labels);
    assert_bad_rows(&bad, &good, is_bad, 2, 2);
    assert_refused_on_host(&bad, "at row 2 is outside 0..2");
    loss_problem_free(&good);
    loss_problem_free(&bad);
}
END_TEST

/* Of dense rows the elements are counted, and the row is NaN. */
START_TEST(dense_rows_out_of_range) {
    static const double wrong[] = {-0.25, 1.00001, (double)NAN, (double)INFINITY};
    static const bool is_bad[ROWS] = {[3] = true};
    static const int labels[ROWS] = {0, 1, 2, 1, 1, 0};
    focl_loss_description description = described(_i % 2 == 1);
    const size_t element = _i % 2 == 1 ? ELEMENTS / 2 + 2 * (ROWS / 2) : 3 * CLASSES + 2;
    description.has_ignore_index = false;
    description.targets_type = FOCL_F32;
    loss_problem good = problem_of("good rows", &description, (const int[ROWS]){0});
    for (size_t i = 0; i < ELEMENTS; i++) {
        const loss_element at = loss_element_of(&description, i);
        loss_put_value(FOCL_F32, good.inputs[LOSS_targets], at.place,
                       (size_t)labels[at.row] == at.column ? 0.75 : 0.125);
    }
    loss_problem bad = loss_problem_empty("bad rows", &description);
    loss_problem_set(&bad, LOSS_logits, good.inputs[LOSS_logits]);
    loss_problem_set(&bad, LOSS_targets, good.inputs[LOSS_targets]);
    loss_put_value(FOCL_F32, bad.inputs[LOSS_targets], loss_element_in_row(&description, 3, 2).place, wrong[_i / 2]);
    assert_bad_rows(&bad, &good, is_bad, 1, element);
    assert_refused_on_host(&bad, "outside 0..1");
    loss_problem_free(&good);
    loss_problem_free(&bad);
}
END_TEST

/* ---- Normalisers ---- */

static const struct {
    focl_reduction reduction;
    double expected;
} normalizers[] = {
    {FOCL_REDUCTION_SUM, 1},           {FOCL_REDUCTION_MEAN, 5},
    {FOCL_REDUCTION_ROW_MEAN, 5},      {FOCL_REDUCTION_WEIGHTED_MEAN, 0.5 * (1 * 2 + 3 * 0.5 + 0 * 4 + 3 * 8 + 1 * 1)},
    {FOCL_REDUCTION_POSITIVE_MEAN, 5},
};

static void assert_normalizer(const loss_problem *problem, const loss_answer *answer, double expected,
                              const char *where) {
    const double found = (double)*(const float *)answer->outputs[LOSS_used_normalizer];
    ck_assert_msg(found <= expected && found >= expected, "%s: divided by %g, not by %g (reduction %d)", where, found,
                  expected, (int)problem->description.reduction);
}

/* alpha is a weight in the softmax family; a weight of 0 counts, an ignored row does not. */
START_TEST(what_sums_are_divided_by) {
    static const int labels[ROWS] = {0, 1, 2, 1, IGNORED, 0};
    static const float class_weights[CLASSES] = {1, 3, 0};
    static const float weights[ROWS] = {2, 0.5F, 4, 8, 16, 1};
    for (size_t i = 0; i < COUNT_OF(normalizers); i++) {
        focl_loss_description description = described(_i == 1);
        description.alpha = 0.5;
        description.reduction = normalizers[i].reduction;
        loss_problem problem = problem_of("divided", &description, labels);
        loss_problem_set(&problem, LOSS_class_weights, class_weights);
        loss_problem_set(&problem, LOSS_weights, weights);
        for (size_t device = 0; device < test_device_count(); device++) {
            loss_answer answer = device_answer(device, &problem);
            assert_normalizer(&problem, &answer, normalizers[i].expected, test_device_name(device));
            loss_answer_free(&answer);
        }
        loss_assert_everywhere(&problem, 0);
        loss_problem_free(&problem);
    }
}
END_TEST

/* Of a dense row the class weight is sum w_c y_c. */
START_TEST(weights_of_dense_rows) {
    static const float class_weights[CLASSES] = {1, 3, 0.5F};
    focl_loss_description description = described(_i == 1);
    description.has_ignore_index = false;
    description.targets_type = FOCL_F32;
    description.reduction = FOCL_REDUCTION_WEIGHTED_MEAN;
    loss_problem problem = problem_of("weighted dense rows", &description, (const int[ROWS]){0});
    problem.soft = true;
    for (size_t i = 0; i < ELEMENTS; i++) {
        const loss_element at = loss_element_of(&description, i);
        loss_put_value(FOCL_F32, problem.inputs[LOSS_targets], at.place, at.column == 0 ? 0.5 : 0.25);
    }
    loss_problem_set(&problem, LOSS_class_weights, class_weights);
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer answer = device_answer(device, &problem);
        assert_normalizer(&problem, &answer, ROWS * (0.5 + 0.75 + 0.125), test_device_name(device));
        loss_answer_free(&answer);
    }
    loss_assert_everywhere(&problem, 0);
    loss_problem_free(&problem);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("softmax_labels");
    TCase *tcase = tcase_create("softmax_labels");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, ignored_rows_leave_no_trace, 0, 4 * (int)COUNT_OF(spoiled));
    tcase_add_loop_test(tcase, nothing_counted, 0, 4);
    tcase_add_loop_test(tcase, labels_out_of_range, 0, 2 * (int)COUNT_OF(bad_labels));
    tcase_add_loop_test(tcase, dense_rows_out_of_range, 0, 8);
    tcase_add_loop_test(tcase, what_sums_are_divided_by, 0, 2);
    tcase_add_loop_test(tcase, weights_of_dense_rows, 0, 2);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
