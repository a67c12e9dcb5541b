/* Named cases of labels: which element is positive, and what counts. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "conformance_named.h"

enum { ROWS = 6, CLASSES = 4 };

static const float logits[ROWS * CLASSES] = {2, -1,   0, 0.5F, -3,    4, 1, -0.5F, 0,     0, 0, 0,
                                             5, 2.5F, 1, -9,   -2.5F, 7, 3, 0.25F, -1.5F, 1, 2, 8};

static focl_loss_description labelled(focl_activation activation) {
    focl_loss_description description = focl_loss_default(activation, FOCL_FOCAL, (focl_view){ROWS, CLASSES, 1});
    description.alpha = 0.25;
    return description;
}

static void examine(conformance_run *run, const conformance_case *of, const focl_loss_description *description,
                    const int32_t *labels) {
    loss_problem problem = conformance_rows(of->name, description, logits, labels);
    conformance_loss(run, &problem);
    loss_problem_free(&problem);
}

/* The conventions of mmcv, of one that counts from 1 with 0 as background, and of apex. */
void conformance_background(conformance_run *run, const conformance_case *of) {
    static const int32_t backgrounds[] = {CLASSES, 0, -1};
    focl_loss_description description = labelled(FOCL_SIGMOID);
    description.has_background = true;
    description.has_ignore_index = true;
    description.ignore_index = -2;
    for (size_t i = 0; i < COUNT_OF(backgrounds); i++) {
        const int32_t labels[ROWS] = {1, backgrounds[i], 3, backgrounds[i], 2, -2};
        description.background = backgrounds[i];
        examine(run, of, &description, labels);
    }
}

/* Logits of ignored rows may hold anything. */
static void spoil(loss_problem *problem) {
    static const float spoiled[] = {NAN, INFINITY, -INFINITY, 1};
    float *values = problem->inputs[LOSS_logits];
    for (size_t i = 0; i < CLASSES; i++)
        values[CLASSES + i] = values[4 * CLASSES + i] = spoiled[i];
}

void conformance_ignored(conformance_run *run, const conformance_case *of) {
    static const int32_t ignored[] = {-100, -2, 255, INT32_MIN};
    static const focl_activation families[] = {FOCL_SIGMOID, FOCL_SOFTMAX};
    for (size_t family = 0; family < COUNT_OF(families); family++) {
        focl_loss_description description = labelled(families[family]);
        description.has_ignore_index = true;
        for (size_t i = 0; i < COUNT_OF(ignored); i++) {
            const int32_t labels[ROWS] = {1, ignored[i], 3, 0, ignored[i], 2};
            description.ignore_index = ignored[i];
            loss_problem problem = conformance_rows(of->name, &description, logits, labels);
            spoil(&problem);
            conformance_loss(run, &problem);
            loss_problem_free(&problem);
        }
    }
}

static void refuse_label(conformance_run *run, const conformance_case *of, const focl_loss_description *description,
                         int32_t wrong) {
    const int32_t labels[ROWS] = {1, 0, wrong, 3, wrong, 2};
    char value[32];
    loss_problem problem = conformance_rows(of->name, description, logits, labels);
    loss_answer answer = loss_answer_create(&problem, loss_outputs(description));
    const focl_status status = loss_on_host(run->handle, &problem, &answer);
    const char *message = focl_last_error()->message;
    (void)snprintf(value, sizeof value, "%" PRId32, wrong);
    conformance_require(run, status == FOCL_ELABEL, "label %" PRId32 ": status %d", wrong, (int)status);
    conformance_require(run, strstr(message, value) && strchr(message, '2'), "label %" PRId32 ": \"%s\"", wrong,
                        message);
    conformance_require(run, loss_answer_is_untouched(&problem, &answer), "label %" PRId32 ": something was written",
                        wrong);
    loss_answer_free(&answer);
    loss_problem_free(&problem);
}

/* On buffers nobody looks first: such rows are NaN and counted, the others are numbers. */
static void examine_on_device(conformance_run *run, const conformance_case *of,
                              const focl_loss_description *description) {
    const int32_t labels[ROWS] = {1, 0, CLASSES, 3, INT32_MIN, 2};
    loss_problem problem = conformance_rows(of->name, description, logits, labels);
    loss_answer answer = loss_answer_create(&problem, loss_outputs(description));
    if (conformance_worked(run, of->name, loss_on_device(run->handle, &problem, &answer, 1))) {
        const focl_loss_counts *counts = answer.outputs[LOSS_counts];
        const float *gradient = answer.outputs[LOSS_gradient];
        conformance_require(run, counts->out_of_range == 2 && counts->first_out_of_range == 2,
                            "%" PRIu64 " out of range, the first at %" PRIu64, counts->out_of_range,
                            counts->first_out_of_range);
        for (size_t i = 0; i < ROWS * CLASSES; i++) {
            const bool wrong = i / CLASSES == 2 || i / CLASSES == 4;
            const bool is_nan = isnan(gradient[i]) != 0;
            conformance_require(run, is_nan == wrong, "gradient of row %zu is %a", i / CLASSES, (double)gradient[i]);
        }
    }
    loss_answer_free(&answer);
    loss_problem_free(&problem);
}

void conformance_out_of_range(conformance_run *run, const conformance_case *of) {
    static const int32_t wrong[] = {CLASSES, -1, -2, -100, 255, INT32_MIN, INT32_MAX};
    focl_loss_description description = labelled(FOCL_SIGMOID);
    description.reduction = FOCL_REDUCTION_SUM;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        refuse_label(run, of, &description, wrong[i]);
    run->line->problems += COUNT_OF(wrong) + 1;
    examine_on_device(run, of, &description);
}

void conformance_all_ignored(conformance_run *run, const conformance_case *of) {
    static const int32_t labels[ROWS] = {-100, -100, -100, -100, -100, -100};
    static const focl_activation families[] = {FOCL_SIGMOID, FOCL_SOFTMAX};
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        focl_loss_description description = labelled(families[i]);
        description.has_ignore_index = true;
        description.ignore_index = -100;
        for (int empty = FOCL_EMPTY_ZERO; empty <= FOCL_EMPTY_NAN; empty++) {
            description.empty = (focl_empty)empty;
            examine(run, of, &description, labels);
        }
    }
}

void conformance_no_positives(conformance_run *run, const conformance_case *of) {
    static const int32_t labels[ROWS] = {-1, -1, -1, -1, -1, -1};
    focl_loss_description description = labelled(FOCL_SIGMOID);
    description.has_background = true;
    description.background = -1;
    description.has_ignore_index = true;
    description.ignore_index = -2;
    description.reduction = FOCL_REDUCTION_POSITIVE_MEAN;
    examine(run, of, &description, labels);
}

void conformance_empty(conformance_run *run, const conformance_case *of) {
    static const focl_view shapes[] = {{0, CLASSES, 1}, {3, CLASSES, 0}, {0, CLASSES, 7}};
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        focl_loss_description description = labelled(FOCL_SIGMOID);
        description.shape = shapes[i];
        examine(run, of, &description, (const int32_t[]){0});
    }
}
