#include "training_results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "console.h"
#include "device_option.h"
#include "focl/version.h"
#include "json_writer.h"
#include "line_chart.h"
#include "loss_names.h"

static const focl__epoch *best_epoch(const focl__training *training) {
    return &training->epochs[training->best];
}

/* ---- model.json ---- */

static void describe_loss(const focl__training *training, focl__json *json) {
    const focl_loss_description *loss = &training->plan.loss;
    const struct {
        const char *name;
        double value;
    } numbers[] = {
        {"gamma", loss->gamma},   {"gamma_negative", loss->gamma_negative},
        {"margin", loss->margin}, {"poly1", loss->poly1},
        {"alpha", loss->alpha},   {"label_smoothing", loss->label_smoothing},
    };
    const float *weights = focl__training_class_weights(training);
    focl__json_open(json, "loss_options", '{');
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        focl__json_double(json, numbers[i].name, numbers[i].value);
    focl__json_string(json, "reduction", focl__reduction_word(loss->reduction));
    if (weights) {
        focl__json_open(json, "class_weights", '[');
        for (size_t c = 0; c < training->model.classes; c++)
            focl__json_float(json, NULL, weights[c]);
        focl__json_close(json, ']');
    }
    focl__json_close(json, '}');
}

static void describe_rows(const focl__training *training, focl__json *json) {
    const focl__labelled_rows *rows = &training->rows;
    focl__json_open(json, "rows", '{');
    focl__json_unsigned(json, "trained_on", rows->training_count);
    focl__json_unsigned(json, "held_out", rows->holdout_count);
    focl__json_unsigned(json, "ignored", rows->ignored);
    focl__json_unsigned(json, "left_out", rows->left_out);
    focl__json_close(json, '}');
}

static void describe_settings(const focl__training *training, focl__json *json) {
    const focl__linear_plan *plan = &training->plan;
    focl__json_open(json, "training", '{');
    focl__json_unsigned(json, "epochs", training->epoch_count);
    focl__json_unsigned(json, "kept_epoch", training->best + 1);
    focl__json_unsigned(json, "batch", plan->batch);
    focl__json_double(json, "rate", plan->rate);
    focl__json_double(json, "momentum", plan->momentum);
    focl__json_double(json, "decay", plan->decay);
    focl__json_double(json, "holdout", training->options->split.holdout);
    focl__json_unsigned(json, "seed", training->options->split.seed);
    focl__json_close(json, '}');
}

/* What the model's own description and the report have in common. */
static void describe(const focl__training *training, focl__json *json) {
    focl__json_string(json, "loss", training->model.loss->name);
    describe_loss(training, json);
    focl__json_unsigned(json, "classes", training->model.classes);
    focl__json_unsigned(json, "features", training->model.features);
    focl__json_bool(json, "standardized", training->model.standard.mean != NULL);
    describe_rows(training, json);
    describe_settings(training, json);
}

char *focl__training_describe(const focl__training *training) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream)
        return NULL;
    focl__json json = focl__json_start(stream);
    focl__json_open(&json, NULL, '{');
    describe(training, &json);
    focl__json_string(&json, "focl", focl_version());
    focl__json_close(&json, '}');
    fputc('\n', stream);
    if (fclose(stream) == 0)
        return text;
    free(text);
    return NULL;
}

/* ---- The picture ---- */

char *focl__training_draw(const focl__training *training) {
    const size_t stride = sizeof *training->epochs / sizeof(double);
    const focl__chart_line lines[] = {
        {"rows trained on", "#0969da", &training->epochs[0].training_loss, stride},
        {"rows held out", "#e0892b", &training->epochs[0].holdout_loss, stride},
    };
    char title[256];
    char mark[64];
    char y_label[64];
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream)
        return NULL;
    (void)snprintf(title, sizeof title, "%s, %zu classes of %zu features", training->model.loss->name,
                   training->model.classes, training->model.features);
    (void)snprintf(mark, sizeof mark, "kept: epoch %zu", training->best + 1);
    (void)snprintf(y_label, sizeof y_label, "loss (%s%s)", focl__reduction_word(training->plan.loss.reduction),
                   training->plan.loss.objective == FOCL_MSE ? "" : ", nats");
    const focl__line_chart chart = {
        .title = title,
        .x_label = "epoch",
        .y_label = y_label,
        .points = training->epoch_count,
        .lines = lines,
        .line_count = focl__training_has_holdout(training) ? 2 : 1,
        .marked = training->best + 1,
        .marked_label = mark,
    };
    focl__line_chart_write(&chart, stream);
    if (fclose(stream) == 0)
        return text;
    free(text);
    return NULL;
}

/* ---- JSON ---- */

static void write_history(const focl__training *training, focl__json *json) {
    focl__json_open(json, "history", '[');
    for (size_t i = 0; i < training->epoch_count; i++) {
        const focl__epoch *epoch = &training->epochs[i];
        focl__json_open(json, NULL, '{');
        focl__json_unsigned(json, "epoch", i + 1);
        focl__json_double(json, "training_loss", epoch->training_loss);
        focl__json_double(json, "holdout_loss", epoch->holdout_loss);
        focl__json_double(json, "holdout_accuracy", epoch->accuracy);
        focl__json_double(json, "holdout_macro_recall", epoch->macro_recall);
        focl__json_close(json, '}');
    }
    focl__json_close(json, ']');
}

static void print_json(const focl__training *training) {
    focl__json json = focl__json_start(stdout);
    focl__json_open(&json, NULL, '{');
    describe(training, &json);
    focl__json_string(&json, "model", training->options->out);
    focl__json_bool(&json, "interrupted", training->interrupted);
    write_history(training, &json);
    focl__json_open(&json, "report", '{');
    focl__json_string(&json, "of", focl__training_has_holdout(training) ? "held out" : "trained on");
    focl__classification_json(&training->judgement, &json);
    focl__json_close(&json, '}');
    focl__json_string(&json, "device", focl_handle_device(training->handle)->name);
    focl__json_string(&json, "math", focl__math_word(training->handle));
    focl__json_double(&json, "seconds", training->seconds);
    focl__json_double(&json, "build_ms", 1e3 * focl_handle_build_seconds(training->handle));
    focl__json_close(&json, '}');
    putchar('\n');
}

/* ---- Text ---- */

static void print_rows(const focl__training *training) {
    const focl__labelled_rows *rows = &training->rows;
    printf("  rows         %zu trained on, %zu held out", rows->training_count, rows->holdout_count);
    if (rows->ignored)
        printf(", %zu ignored", rows->ignored);
    if (rows->left_out)
        printf(", %zu left out by --keep", rows->left_out);
    putchar('\n');
}

static void print_epoch(const focl__training *training) {
    const focl__epoch *epoch = best_epoch(training);
    printf("  kept         epoch %zu of %zu: loss %.6g in training", training->best + 1, training->epoch_count,
           epoch->training_loss);
    if (focl__training_has_holdout(training))
        printf(", %.6g of the rows held out", epoch->holdout_loss);
    putchar('\n');
}

static void print_run(const focl__training *training) {
    const focl_device *device = focl_handle_device(training->handle);
    printf("%s%s%s: %zu classes of %zu %s%s\n", focl__bold(stdout), training->model.loss->name, focl__plain(stdout),
           training->model.classes, training->model.features,
           focl__noun(training->model.features, "feature", "features"),
           training->model.standard.mean ? ", standardised" : "");
    print_rows(training);
    print_epoch(training);
    printf("  device       #%zu %s, %s (%s arithmetic)\n", device->index, focl_device_class_name(device->device_class),
           device->name, focl__math_word(training->handle));
    printf("  time         %.2f s, %.2f s of it compiling\n", training->seconds,
           focl_handle_build_seconds(training->handle));
    printf("  model        %s\n", training->options->out);
    if (training->options->plot)
        printf("  plot         %s\n", training->options->plot);
}

void focl__training_print(const focl__training *training, bool as_json) {
    if (as_json) {
        print_json(training);
        return;
    }
    print_run(training);
    printf("\nThe rows %s:\n", focl__training_has_holdout(training) ? "held out" : "trained on");
    focl__classification_print(&training->judgement);
}
