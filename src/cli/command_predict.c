/* focl predict: what a model of focl train takes rows of features for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classification.h"
#include "command.h"
#include "console.h"
#include "device_option.h"
#include "json_writer.h"
#include "labelled_rows.h"
#include "linear_device.h"
#include "linear_model.h"
#include "output_files.h"

typedef struct predict_options {
    focl__common_options common;
    const char *out;
    const char *probabilities;
    const char *logits;
    const char *labels;
    focl__integer ignore_index;
    focl__integer one_vs_rest;
} predict_options;

#define PLACE(field) offsetof(predict_options, field)

static const focl__option options_table[] = {
    {"--out", "PRED.npy", "write the classes, i4: those with the largest score, the first of equals", focl__parse_text,
     PLACE(out)},
    {"--probabilities", "F.npy", "write the probabilities: softmax losses of a row, sigmoid losses of each class",
     focl__parse_text, PLACE(probabilities)},
    {"--logits", "F.npy", "write the scores, (rows, classes), f4", focl__parse_text, PLACE(logits)},
    {"--labels", "LABELS.npy", "judge the predictions by these", focl__parse_text, PLACE(labels)},
    {"--ignore-index", "I", "do not judge rows with this label", focl__parse_integer, PLACE(ignore_index)},
    {"--one-vs-rest", "LABEL", "of a model so trained: class 1 is this label, class 0 all others", focl__parse_integer,
     PLACE(one_vs_rest)},
    FOCL__DEVICE_OPTIONS(predict_options),
    FOCL__JSON_OPTION(predict_options),
};

static const focl__grammar grammar = {
    .command = "predict",
    .operands = "MODEL FEATURES.npy",
    .operand_count = 2,
    .about = "What a MODEL of focl train takes each row of FEATURES for: the class with the largest score.\n"
             "FEATURES are as they were given to focl train; the model standardises them itself. --labels gives\n"
             "recall, precision and confusion.\n",
    .options = options_table,
    .option_count = sizeof options_table / sizeof *options_table,
};

/* One run of the command. */
typedef struct job {
    predict_options options;
    const char *model_path;
    const char *features_path;
    focl__linear_model model;
    focl__feature_rows features;
    int32_t *classes_of; /* what --labels says, or NULL */
    focl_handle *handle;
    focl__linear_device device;
    int32_t *classes;
    float *logits;
    float *probabilities;
    focl__classification judgement;
} job;

/* ---- Files ---- */

/* The outputs that are asked for: with their values once those are there. */
static size_t list_outputs(const job *work, focl__output outputs[3]) {
    static const char *const names[] = {"--out", "--probabilities", "--logits"};
    const char *const paths[] = {work->options.out, work->options.probabilities, work->options.logits};
    const void *const values[] = {work->classes, work->probabilities, work->logits};
    static const focl_type types[] = {FOCL_I32, FOCL_F32, FOCL_F32};
    size_t count = 0;
    for (size_t i = 0; i < 3; i++)
        if (paths[i])
            outputs[count++] =
                (focl__output){.option = names[i], .path = paths[i], .values = values[i], .type = types[i]};
    return count;
}

static bool check_files(const job *work, focl__complaint *complaint) {
    focl__output outputs[3];
    const size_t count = list_outputs(work, outputs);
    const focl__input inputs[] = {{"the features'", work->features_path},
                                  {"the labels'", work->options.labels},
                                  {"the model's", work->model_path}};
    if (count == 0 && !work->options.labels)
        return focl__fail_usage(complaint, "--out, --probabilities, --logits or --labels: at least one is needed");
    return focl__outputs_check(outputs, count, complaint) &&
           focl__outputs_spare(outputs, count, inputs, sizeof inputs / sizeof *inputs, complaint);
}

static bool write_outputs(const job *work, focl__complaint *complaint) {
    const focl__npy_shape of_scores = {2, {work->features.rows, work->model.classes}};
    const focl__npy_shape of_classes = {1, {work->features.rows}};
    focl__output outputs[3];
    const size_t count = list_outputs(work, outputs);
    for (size_t i = 0; i < count; i++)
        outputs[i].shape = outputs[i].values == work->classes ? &of_classes : &of_scores;
    return focl__outputs_write(outputs, count, &of_scores, complaint);
}

/* ---- Data ---- */

static bool check_model(const job *work, focl__complaint *complaint) {
    if (work->features.columns != work->model.features)
        return focl__fail_data(complaint, "%s: has %zu %s a row, and %s was trained on %zu", work->features_path,
                               work->features.columns, focl__noun(work->features.columns, "feature", "features"),
                               work->model_path, work->model.features);
    if (work->options.probabilities && work->model.loss->activation == FOCL_IDENTITY)
        return focl__fail_data(complaint, "--probabilities: %s was trained with %s, whose scores are no logits",
                               work->model_path, work->model.loss->name);
    return true;
}

static bool read_labels(job *work, focl__complaint *complaint) {
    const focl__split split = {.ignore_index = work->options.ignore_index, .one_vs_rest = work->options.one_vs_rest};
    if (!work->options.labels)
        return true;
    work->classes_of =
        focl__classes_read(work->options.labels, &work->features, &split, &work->model.classes, complaint);
    return work->classes_of && focl__classification_start(&work->judgement, work->model.classes, complaint);
}

static bool allocate(job *work, focl__complaint *complaint) {
    const size_t rows = work->features.rows;
    const bool fits = rows <= SIZE_MAX / sizeof(float) / work->model.classes;
    const size_t scores = fits ? rows * work->model.classes : 0;
    work->classes = calloc(rows, sizeof *work->classes);
    work->logits = fits && work->options.logits ? calloc(scores, sizeof(float)) : NULL;
    work->probabilities = fits && work->options.probabilities ? calloc(scores, sizeof(float)) : NULL;
    if (work->classes && (work->logits || !work->options.logits) &&
        (work->probabilities || !work->options.probabilities))
        return true;
    return focl__fail_data(complaint, "no memory for %zu rows of %zu scores", rows, work->model.classes);
}

static bool load(job *work, focl__complaint *complaint) {
    focl__progress *progress = focl__progress_start("reading the files");
    const bool good = focl__linear_model_read(&work->model, work->model_path, complaint) &&
                      focl__feature_rows_open(&work->features, work->features_path, complaint) &&
                      check_model(work, complaint) && read_labels(work, complaint) && allocate(work, complaint);
    focl__progress_stop(progress);
    return good;
}

/* ---- Scores ---- */

static bool take_logits(void *context, const float *scores, size_t first, size_t rows, focl__complaint *complaint) {
    job *work = context;
    const size_t classes = work->model.classes;
    (void)complaint;
    if (work->logits)
        memcpy(work->logits + first * classes, scores, rows * classes * sizeof *scores);
    for (size_t i = 0; i < rows; i++)
        work->classes[first + i] = (int32_t)focl__best_class(scores + i * classes, classes);
    return true;
}

static bool take_probabilities(void *context, const float *scores, size_t first, size_t rows,
                               focl__complaint *complaint) {
    job *work = context;
    const size_t classes = work->model.classes;
    (void)complaint;
    memcpy(work->probabilities + first * classes, scores, rows * classes * sizeof *scores);
    return true;
}

static bool score(job *work, focl__complaint *complaint) {
    const focl__row_source rows = {&work->features, work->model.standard, NULL, work->features.rows};
    return focl__linear_device_score(&work->device, &rows, NULL, FOCL__SCORE_LOGITS, take_logits, work, NULL,
                                     complaint) &&
           (!work->probabilities || focl__linear_device_score(&work->device, &rows, NULL, FOCL__SCORE_PROBABILITIES,
                                                              take_probabilities, work, NULL, complaint));
}

static bool calculate(job *work, focl__complaint *complaint) {
    const focl_view shape = {1, work->model.classes, 1};
    const focl__linear_plan plan = {
        .loss = focl_loss_default(work->model.loss->activation, work->model.loss->objective, shape),
        .features = work->model.features,
    };
    if (!focl__open_device(&work->options.common, &work->handle, complaint) ||
        !focl__linear_device_open(&work->device, work->handle, &plan, work->features.rows, complaint) ||
        !focl__linear_device_write(&work->device, &work->model, complaint))
        return false;
    focl__progress *progress = focl__progress_start("predicting");
    const bool good = score(work, complaint);
    focl__progress_stop(progress);
    return good;
}

static void judge(job *work) {
    for (size_t row = 0; work->classes_of && row < work->features.rows; row++)
        if (work->classes_of[row] >= 0)
            focl__classification_count(&work->judgement, (size_t)work->classes_of[row], (size_t)work->classes[row]);
}

/* ---- Results ---- */

static void print_json(const job *work) {
    focl__json json = focl__json_start(stdout);
    focl__json_open(&json, NULL, '{');
    focl__json_string(&json, "model", work->model_path);
    focl__json_string(&json, "loss", work->model.loss->name);
    focl__json_unsigned(&json, "rows", work->features.rows);
    focl__json_unsigned(&json, "classes", work->model.classes);
    if (work->classes_of) {
        focl__json_open(&json, "report", '{');
        focl__classification_json(&work->judgement, &json);
        focl__json_close(&json, '}');
    } else {
        focl__json_null(&json, "report");
    }
    focl__json_string(&json, "device", focl_handle_device(work->handle)->name);
    focl__json_string(&json, "math", focl__math_word(work->handle));
    focl__json_close(&json, '}');
    putchar('\n');
}

static void print_text(const job *work) {
    const focl_device *device = focl_handle_device(work->handle);
    focl__output outputs[3];
    const size_t count = list_outputs(work, outputs);
    printf("%s%s%s: %zu %s of %zu classes\n", focl__bold(stdout), work->model_path, focl__plain(stdout),
           work->features.rows, focl__noun(work->features.rows, "row", "rows"), work->model.classes);
    printf("  %-13s #%zu %s, %s (%s arithmetic)\n", "device", device->index,
           focl_device_class_name(device->device_class), device->name, focl__math_word(work->handle));
    for (size_t i = 0; i < count; i++)
        printf("  %-13s %s\n", outputs[i].option + 2, outputs[i].path);
    if (work->classes_of) {
        putchar('\n');
        focl__classification_print(&work->judgement);
    }
}

static bool predict(job *work, focl__complaint *complaint) {
    if (!focl_has_linear_loss())
        return focl__fail_data(complaint, "this focl was built without CLBlast, which focl predict needs "
                                          "(libclblast-dev, found when focl is configured)");
    if (!load(work, complaint) || !calculate(work, complaint) || !write_outputs(work, complaint))
        return false;
    judge(work);
    if (work->options.common.json)
        print_json(work);
    else
        print_text(work);
    return true;
}

static void finish(job *work) {
    if (work->device.handle)
        focl__linear_device_close(&work->device);
    focl_destroy(work->handle);
    free(work->classes_of);
    free(work->classes);
    free(work->logits);
    free(work->probabilities);
    focl__classification_free(&work->judgement);
    focl__feature_rows_close(&work->features);
    focl__linear_model_free(&work->model);
}

bool focl__command_predict(int count, char **arguments, focl__complaint *complaint) {
    job work = {0};
    const char *operands[2] = {NULL, NULL};
    bool finished = false;
    if (!focl__parse_arguments(&grammar, count, arguments, &work.options, operands, &finished, complaint))
        return false;
    if (finished)
        return true;
    work.model_path = operands[0];
    work.features_path = operands[1];
    const bool good = check_files(&work, complaint) && predict(&work, complaint);
    finish(&work);
    return good;
}
