/* focl train: a linear classifier from features and labels. */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "console.h"
#include "device_option.h"
#include "interrupt.h"
#include "output_files.h"
#include "training.h"
#include "training_results.h"

static focl__output plot_of(const focl__train_options *options) {
    return (focl__output){.option = "--plot", .path = options->plot};
}

static bool check_files(const focl__train_options *options, focl__complaint *complaint) {
    const focl__output outputs[] = {plot_of(options), {.option = "--out", .path = options->out}};
    const focl__input inputs[] = {
        {"the features'", options->features},
        {"the labels'", options->labels},
        {"the class weights'", options->loss.files.class_weights},
        {"the pos-weights'", options->loss.files.pos_weights},
    };
    const size_t first = options->plot ? 0 : 1; /* of the outputs there are */
    return focl__outputs_spare(outputs + first, 2 - first, inputs, sizeof inputs / sizeof *inputs, complaint) &&
           (!options->plot || focl__outputs_check(outputs, 1, complaint)) &&
           focl__linear_model_check_path(options->out, complaint);
}

static bool write_model(const focl__training *training, focl__complaint *complaint) {
    char *json = focl__training_describe(training);
    const bool good = json ? focl__linear_model_write(&training->model, json, training->options->out, complaint)
                           : focl__fail_data(complaint, "--out: no memory for the description of the model");
    free(json);
    return good;
}

static bool write_plot(const focl__training *training, focl__complaint *complaint) {
    focl__output plot = plot_of(training->options);
    if (!plot.path)
        return true;
    char *picture = focl__training_draw(training);
    plot.values = picture;
    plot.raw_bytes = picture ? strlen(picture) : 0;
    const bool good = picture ? focl__outputs_write(&plot, 1, NULL, complaint)
                              : focl__fail_data(complaint, "--plot: no memory for the picture");
    free(picture);
    return good;
}

/* It is not done, and yet there is a model: both have to be told. */
static bool end(const focl__training *training, focl__complaint *complaint) {
    return !training->interrupted ||
           focl__complain(complaint, FOCL__EXIT_INTERRUPTED, "interrupted in epoch %zu of %zu; %s has the %s weights",
                          training->epoch_count, (size_t)training->options->epochs.value, training->options->out,
                          training->options->last ? "last" : "best");
}

static bool train(focl__training *training, const focl__train_options *options, focl__complaint *complaint) {
    if (!focl_has_linear_loss())
        return focl__fail_data(complaint, "this focl was built without CLBlast, which focl train needs "
                                          "(libclblast-dev, found when focl is configured)");
    if (!focl__training_open(training, options, complaint) || !focl__training_run(training, complaint) ||
        !write_model(training, complaint) || !write_plot(training, complaint))
        return false;
    focl__training_print(training, options->loss.common.json);
    return end(training, complaint);
}

bool focl__command_train(int count, char **arguments, focl__complaint *complaint) {
    focl__train_options options;
    focl__training training = {0};
    bool finished = false;
    if (!focl__train_options_parse(&options, count, arguments, &finished, complaint))
        return false;
    if (finished)
        return true;
    const bool good = check_files(&options, complaint) && train(&training, &options, complaint);
    focl__training_close(&training);
    return good;
}
