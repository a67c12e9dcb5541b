#include "training.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "device_option.h"
#include "focl/class_weights.h"
#include "interrupt.h"
#include "loss_names.h"
#include "seeded_order.h"

bool focl__training_has_holdout(const focl__training *training) {
    return training->rows.holdout_count > 0;
}

const float *focl__training_class_weights(const focl__training *training) {
    return training->plan.class_weights;
}

/* ---- The loss ---- */

/* A vector of factors from a file, one for each class, or perhaps one for all. */
static bool load_factors(const focl__training *training, const char *option, const char *path, bool one_for_all,
                         focl__array *array, focl__complaint *complaint) {
    const focl__npy *file = &array->file;
    const size_t classes = training->rows.classes;
    if (!path)
        return true;
    if (!focl__npy_open(&array->file, path, complaint))
        return false;
    if (file->shape.rank > 1 || (file->elements != classes && !(one_for_all && file->elements == 1)))
        return focl__fail_data(complaint, "%s: %s has the shape %s, and there are %zu classes", option, path,
                               focl__npy_describe_shape(&file->shape).text, classes);
    if (!focl__array_convert(array, FOCL_F32, complaint))
        return false;
    const size_t bad = focl__array_first_not_finite(array);
    return bad == file->elements ||
           focl__fail_data(complaint, "%s: the value at position %zu is not finite in f32", path, bad);
}

static bool balance(focl__training *training, focl__complaint *complaint) {
    const focl__labelled_rows *rows = &training->rows;
    const focl__row_source trained = focl__training_rows(rows, (focl__standard){NULL, NULL});
    uint64_t *counts = calloc(rows->classes, sizeof *counts);
    double *weights = calloc(rows->classes, sizeof *weights);
    training->balance = calloc(rows->classes, sizeof *training->balance);
    bool good = counts && weights && training->balance;
    for (size_t i = 0; good && i < trained.count; i++)
        counts[rows->classes_of[focl__row_at(&trained, i)]]++;
    good = good && focl_class_weights((focl_weights_recipe)training->options->balance.value, FOCL_WEIGHTS_BETA,
                                      rows->classes, counts, weights) == FOCL_OK;
    for (size_t c = 0; good && c < rows->classes; c++)
        training->balance[c] = (float)weights[c];
    free(counts);
    free(weights);
    return good || focl__fail_data(complaint, "--balance: no memory for %zu class weights", rows->classes);
}

static bool describe_loss(focl__training *training, focl__complaint *complaint) {
    const focl__loss_options *options = &training->options->loss;
    focl_loss_description *loss = &training->plan.loss;
    const focl_view shape = {1, training->rows.classes, 1};
    *loss = focl_loss_default(focl__loss_options_activation(options), options->loss->objective, shape);
    loss->targets_type = FOCL_I32;
    if (!focl__loss_options_describe(options, loss, complaint))
        return false;
    loss->has_ignore_index = false; /* such rows are in neither set */
    loss->pos_weight_count = training->pos_weights_file.file.elements;
    training->plan.pos_weights = training->pos_weights_file.values;
    training->plan.class_weights = training->balance ? training->balance : training->class_weights_file.values;
    return true;
}

static bool plan(focl__training *training, focl__complaint *complaint) {
    const focl__train_options *options = training->options;
    const focl__loss_files *files = &options->loss.files;
    const size_t batch = (size_t)options->batch.value;
    training->plan.features = training->rows.features.columns;
    training->plan.batch = batch < training->rows.training_count ? batch : training->rows.training_count;
    training->plan.rate = options->rate.value;
    training->plan.momentum = options->momentum.value;
    training->plan.decay = options->decay.value;
    return load_factors(training, "--class-weights", files->class_weights, false, &training->class_weights_file,
                        complaint) &&
           load_factors(training, "--pos-weight", files->pos_weights, true, &training->pos_weights_file, complaint) &&
           (!options->balance.given || balance(training, complaint)) && describe_loss(training, complaint);
}

/* ---- The model ---- */

static bool make_model(focl__training *training, focl__complaint *complaint) {
    focl__linear_model *model = &training->model;
    const focl__row_source trained = focl__training_rows(&training->rows, (focl__standard){NULL, NULL});
    model->loss = training->options->loss.loss;
    model->classes = training->rows.classes;
    model->features = training->rows.features.columns;
    if (!focl__linear_model_allocate(model, !training->options->as_they_are, complaint))
        return false;
    if (model->standard.mean)
        focl__standard_measure(&model->standard, trained.features, trained.order, trained.count);
    return true;
}

static bool make_history(focl__training *training, focl__complaint *complaint) {
    const size_t epochs = (size_t)training->options->epochs.value;
    training->epochs = calloc(epochs, sizeof *training->epochs);
    return training->epochs || focl__fail_data(complaint, "--epochs: no memory for %zu", epochs);
}

bool focl__training_open(focl__training *training, const focl__train_options *options, focl__complaint *complaint) {
    memset(training, 0, sizeof *training);
    training->options = options;
    focl__progress *progress = focl__progress_start("reading the files");
    const bool good =
        focl__labelled_rows_open(&training->rows, options->features, options->labels, &options->split, complaint) &&
        plan(training, complaint) && make_model(training, complaint) && make_history(training, complaint) &&
        focl__classification_start(&training->judgement, training->rows.classes, complaint);
    focl__progress_stop(progress);
    return good;
}

void focl__training_close(focl__training *training) {
    if (training->device.handle)
        focl__linear_device_close(&training->device);
    focl_destroy(training->handle);
    focl__array_close(&training->class_weights_file);
    focl__array_close(&training->pos_weights_file);
    free(training->balance);
    free(training->epochs);
    focl__classification_free(&training->judgement);
    focl__linear_model_free(&training->model);
    focl__labelled_rows_close(&training->rows);
}

/* ---- Judging ---- */

typedef struct judge {
    focl__classification *judgement;
    const focl__row_source *rows;
    const int32_t *classes_of;
} judge;

static bool count_right(void *context, const float *scores, size_t first, size_t rows, focl__complaint *complaint) {
    const judge *of = context;
    const size_t classes = of->judgement->classes;
    (void)complaint;
    for (size_t i = 0; i < rows; i++)
        focl__classification_count(of->judgement, (size_t)of->classes_of[focl__row_at(of->rows, first + i)],
                                   focl__best_class(scores + i * classes, classes));
    return true;
}

static bool judge_rows(focl__training *training, const focl__row_source *rows, double *loss,
                       focl__complaint *complaint) {
    judge context = {&training->judgement, rows, training->rows.classes_of};
    focl__classification_clear(&training->judgement);
    return focl__linear_device_score(&training->device, rows, training->rows.classes_of, FOCL__SCORE_LOGITS,
                                     count_right, &context, loss, complaint);
}

static bool judge_epoch(focl__training *training, focl__epoch *epoch, focl__complaint *complaint) {
    const focl__row_source rows = focl__holdout_rows(&training->rows, training->model.standard);
    epoch->holdout_loss = epoch->accuracy = epoch->macro_recall = NAN;
    if (!focl__training_has_holdout(training))
        return true;
    if (!judge_rows(training, &rows, &epoch->holdout_loss, complaint))
        return false;
    epoch->accuracy = focl__accuracy(&training->judgement);
    epoch->macro_recall = focl__macro_recall(&training->judgement);
    return true;
}

/* ---- Epochs ---- */

static bool keep_going(void *context, size_t rows_done) {
    focl__training *training = context;
    focl__training_bar_update(&training->bar, training->epoch_count,
                              (double)rows_done / (double)training->rows.training_count);
    return !focl__interrupted();
}

static double criterion(const focl__training *training, const focl__epoch *epoch) {
    return focl__training_has_holdout(training) ? epoch->holdout_loss : epoch->training_loss;
}

static bool keep_if_best(focl__training *training, focl__complaint *complaint) {
    const size_t now = training->epoch_count - 1;
    const focl__epoch *epochs = training->epochs;
    const bool better = criterion(training, &epochs[now]) < criterion(training, &epochs[training->best]);
    if (now > 0 && !better && !training->options->last)
        return true;
    training->best = now;
    return focl__linear_device_keep(&training->device, complaint);
}

static bool check_finite(const focl__training *training, const focl__epoch *epoch, focl__complaint *complaint) {
    if (isfinite(epoch->training_loss) && !isinf(epoch->holdout_loss))
        return true;
    return focl__fail_data(complaint, "the loss is no longer finite in epoch %zu; a smaller --rate than %g may help%s",
                           training->epoch_count, training->plan.rate,
                           training->options->as_they_are ? ", or features that are standardised" : "");
}

static bool run_epoch(focl__training *training, focl__sequence *sequence, focl__complaint *complaint) {
    focl__epoch *epoch = &training->epochs[training->epoch_count];
    const focl__row_source rows = focl__training_rows(&training->rows, training->model.standard);
    focl__shuffle(sequence, training->rows.order + training->rows.holdout_count, training->rows.training_count);
    if (!focl__linear_device_train(&training->device, &rows, training->rows.classes_of, keep_going, training,
                                   &epoch->training_loss, complaint) ||
        !judge_epoch(training, epoch, complaint))
        return false;
    training->epoch_count++;
    training->bar.loss = epoch->training_loss;
    training->bar.accuracy = epoch->accuracy;
    return check_finite(training, epoch, complaint) && keep_if_best(training, complaint);
}

/* The split has taken its numbers from the seed itself. */
static bool run_epochs(focl__training *training, focl__complaint *complaint) {
    const size_t wanted = (size_t)training->options->epochs.value;
    focl__sequence sequence = focl__sequence_start(~training->options->split.seed);
    bool good = true;
    training->bar = focl__training_bar_start(wanted);
    focl__interrupt_watch();
    while (good && training->epoch_count < wanted && !focl__interrupted())
        good = run_epoch(training, &sequence, complaint);
    training->interrupted = focl__interrupted();
    focl__interrupt_unwatch();
    focl__training_bar_stop(&training->bar);
    return good;
}

static bool judge_best(focl__training *training, focl__complaint *complaint) {
    const focl__standard standard = training->model.standard;
    const focl__row_source rows = focl__training_has_holdout(training) ? focl__holdout_rows(&training->rows, standard)
                                                                       : focl__training_rows(&training->rows, standard);
    return focl__linear_device_restore(&training->device, complaint) && judge_rows(training, &rows, NULL, complaint) &&
           focl__linear_device_read(&training->device, &training->model, complaint);
}

bool focl__training_run(focl__training *training, focl__complaint *complaint) {
    const focl__labelled_rows *rows = &training->rows;
    const size_t most_rows = rows->training_count > rows->holdout_count ? rows->training_count : rows->holdout_count;
    const double start = focl__now();
    const bool good =
        focl__open_device(&training->options->loss.common, &training->handle, complaint) &&
        focl__linear_device_open(&training->device, training->handle, &training->plan, most_rows, complaint) &&
        run_epochs(training, complaint) && judge_best(training, complaint);
    training->seconds = focl__now() - start;
    return good;
}
