/* focl loss: a loss of .npy files, as text or JSON, and the arrays that were asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "console.h"
#include "focl/loss_like.h"
#include "loss_data.h"
#include "loss_names.h"
#include "loss_options.h"
#include "loss_results.h"
#include "output_files.h"

/* The arrays that can be asked for: which option names the file, which output of the call fills it. */
static const struct {
    const char *option;
    size_t path;    /* in focl__loss_options */
    size_t output;  /* in focl_loss_host_outputs */
    bool of_losses; /* one value per loss: of a softmax loss, per row */
} array_outputs[] = {
    {"--loss-out", offsetof(focl__loss_options, loss_out), offsetof(focl_loss_host_outputs, loss), true},
    {"--grad", offsetof(focl__loss_options, grad), offsetof(focl_loss_host_outputs, gradient), false},
    {"--hess", offsetof(focl__loss_options, hess), offsetof(focl_loss_host_outputs, hessian), false},
    {"--prob", offsetof(focl__loss_options, prob), offsetof(focl_loss_host_outputs, probabilities), false},
    {"--pt", offsetof(focl__loss_options, pt), offsetof(focl_loss_host_outputs, pt), true},
};
enum { MAX_OUTPUTS = sizeof array_outputs / sizeof *array_outputs };

/* The arrays that are read: what the library calls them, whose file it is, which option or operand names it. */
static const struct {
    const char *argument;
    const char *owner;
    size_t path; /* in focl__loss_files */
} array_inputs[] = {
    {"logits", "the logits'", offsetof(focl__loss_files, logits)},
    {"targets", "the targets'", offsetof(focl__loss_files, targets)},
    {"class_weights", "the class weights'", offsetof(focl__loss_files, class_weights)},
    {"pos_weights", "the pos-weights'", offsetof(focl__loss_files, pos_weights)},
    {"weights", "the weights'", offsetof(focl__loss_files, weights)},
    {"upstream", "the upstream gradient's", offsetof(focl__loss_files, upstream)},
};
enum { MAX_INPUTS = sizeof array_inputs / sizeof *array_inputs };

/* One run of the command. */
typedef struct job {
    focl__loss_options options;
    focl__loss_data data;
    focl_loss_host_inputs inputs;
    focl_handle *handle;
    focl__loss_results results;
    focl__output files[MAX_OUTPUTS];
    size_t kinds[MAX_OUTPUTS]; /* of the files: in array_outputs */
    void *arrays[MAX_OUTPUTS];
    size_t file_count;
    float *class_weights; /* those that alpha changed, or NULL */
} job;

/* The path at an offset in a structure. */
static const char *path_at(const void *structure, size_t offset) {
    const char *path = NULL;
    memcpy(&path, (const char *)structure + offset, sizeof path);
    return path;
}

static void list_output_files(job *work) {
    for (size_t i = 0; i < MAX_OUTPUTS; i++) {
        const char *path = path_at(&work->options, array_outputs[i].path);
        if (path) {
            work->files[work->file_count] = (focl__output){.option = array_outputs[i].option, .path = path};
            work->kinds[work->file_count++] = i;
        }
    }
}

static bool check_output_files(const job *work, focl__complaint *complaint) {
    focl__input inputs[MAX_INPUTS];
    for (size_t i = 0; i < MAX_INPUTS; i++)
        inputs[i] = (focl__input){array_inputs[i].owner, path_at(&work->options.files, array_inputs[i].path)};
    return focl__outputs_check(work->files, work->file_count, complaint) &&
           focl__outputs_spare(work->files, work->file_count, inputs, MAX_INPUTS, complaint);
}

/* ---- The data ---- */

static bool is_of_rows(const job *work) {
    const focl_activation activation = focl__loss_options_activation(&work->options);
    return activation == FOCL_SOFTMAX || activation == FOCL_CATEGORICAL;
}

/* The library takes what it is given: outside [0, 1] a logarithm is NaN. Where it clips there is nothing outside. */
static bool check_probabilities(const job *work, focl__complaint *complaint) {
    const focl__array *logits = &work->data.logits;
    if (!work->options.probabilities || work->results.description.clip > 0)
        return true;
    size_t bad = focl__array_first_outside_unit(logits);
    if (bad == logits->file.elements)
        return true;
    return focl__fail_data(complaint, "%s: probability %.9g at element %zu is outside 0..1 (--clip E clamps it)",
                           logits->file.path, focl__array_value(logits, bad), bad);
}

static bool check_index_options(const job *work, focl__complaint *complaint) {
    const struct {
        const char *option;
        bool given;
    } index_options[] = {
        {"--ignore-index", work->options.ignore_index.given},
        {"--background", work->options.background.given},
        {"--target-only", work->options.target_only},
    };
    if (!focl_type_is_float(work->data.targets.type))
        return true;
    for (size_t i = 0; i < sizeof index_options / sizeof *index_options; i++)
        if (index_options[i].given)
            return focl__fail_data(complaint,
                                   "%s: needs class indices, and %s has the logits' shape %s: values in "
                                   "[0, 1]",
                                   index_options[i].option, work->options.files.targets,
                                   focl__npy_describe_shape(&work->data.targets.file.shape).text);
    return true;
}

static bool load(job *work, focl__complaint *complaint) {
    focl__progress *progress = focl__progress_start("reading the files");
    bool good = focl__loss_data_load(&work->data, &work->options.files, complaint);
    focl__progress_stop(progress);
    return good && check_index_options(work, complaint) &&
           (!is_of_rows(work) || focl__loss_data_check_rows(&work->data, complaint));
}

/* ---- The description ---- */

/* Where a project's alpha is a weight per class, it goes into these. */
static bool describe_class_weights(job *work, focl__complaint *complaint) {
    const size_t classes = work->data.view.classes;
    const float *given = work->inputs.class_weights;
    bool changed = false;
    if (!work->options.like)
        return true;
    work->class_weights = malloc((classes ? classes : 1) * sizeof *work->class_weights);
    if (!work->class_weights)
        return focl__fail_data(complaint, "--like: no memory for %zu class weights", classes);
    for (size_t c = 0; c < classes; c++)
        work->class_weights[c] = given ? given[c] : 1;
    focl_status status =
        focl_loss_like_class_weights(work->options.like, &work->results.description, work->class_weights, &changed);
    if (changed)
        work->inputs.class_weights = work->class_weights;
    return status == FOCL_OK || focl__fail_library(complaint, "--like", status);
}

static bool describe(job *work, focl__complaint *complaint) {
    focl_loss_description *description = &work->results.description;
    *description = focl_loss_default(focl__loss_options_activation(&work->options), work->options.loss->objective,
                                     work->data.view);
    focl__loss_data_describe(&work->data, description, &work->inputs);
    return focl__loss_options_describe(&work->options, description, complaint) &&
           check_probabilities(work, complaint) && describe_class_weights(work, complaint);
}

static void print_notes(const job *work) {
    const char *like = work->options.like;
    const bool weighted = work->options.files.class_weights != NULL;
    const char *note = NULL;
    for (size_t i = 0; like && (note = focl_loss_like_note(like, &work->results.description, weighted, i)); i++)
        fprintf(stderr, "%sfocl:%s --like %s: %s\n", focl__bold(stderr), focl__plain(stderr), like, note);
}

/* ---- The calculation ---- */

static size_t elements_of(const focl__npy_shape *shape) {
    size_t elements = 1;
    for (size_t axis = 0; axis < shape->rank; axis++)
        elements *= shape->extents[axis];
    return elements;
}

static bool allocate_output(job *work, size_t index, focl_loss_host_outputs *outputs, focl__complaint *complaint) {
    const size_t kind = work->kinds[index];
    const bool per_row = array_outputs[kind].of_losses && is_of_rows(work);
    focl__output *file = &work->files[index];
    file->shape = per_row ? &work->data.row_shape : &work->data.logits.file.shape;
    file->type = work->data.logits.type;
    const size_t elements = elements_of(file->shape);
    void *values = calloc(elements ? elements : 1, focl_type_size(file->type));
    if (!values)
        return focl__fail_data(complaint, "%s: no memory for %zu elements of %s", file->option, elements,
                               focl_type_name(file->type));
    work->arrays[index] = values;
    file->values = values;
    memcpy((char *)outputs + array_outputs[kind].output, &values, sizeof values);
    return true;
}

static bool prepare_outputs(job *work, focl_loss_host_outputs *outputs, focl__complaint *complaint) {
    outputs->counts = &work->results.counts;
    if (work->results.description.reduction != FOCL_REDUCTION_NONE) {
        outputs->reduced = &work->results.reduced;
        outputs->used_normalizer = &work->results.normalizer;
    }
    for (size_t i = 0; i < work->file_count; i++)
        if (!allocate_output(work, i, outputs, complaint))
            return false;
    return true;
}

/* The file or option that the library's error is about, NULL if it is about something else. */
static const char *subject_at_fault(const focl__loss_files *files) {
    if (strcmp(focl_last_error()->argument, "logits_type") == 0)
        return "--dtype";
    for (size_t i = 0; i < MAX_INPUTS; i++)
        if (strcmp(array_inputs[i].argument, focl_last_error()->argument) == 0)
            return path_at(files, array_inputs[i].path);
    return NULL;
}

static bool calculate(job *work, focl__complaint *complaint) {
    focl_loss_host_outputs outputs = {0};
    if (!prepare_outputs(work, &outputs, complaint))
        return false;
    focl__progress *progress = focl__progress_start("calculating the loss");
    focl_status status = focl_loss_host(work->handle, &work->results.description, &work->inputs, &outputs,
                                        &work->results.kernel_seconds);
    focl__progress_stop(progress);
    return status == FOCL_OK || focl__fail_library(complaint, subject_at_fault(&work->options.files), status);
}

static bool write_outputs(job *work, focl__complaint *complaint) {
    focl__progress *progress = focl__progress_start("writing the results");
    bool good = focl__outputs_write(work->files, work->file_count, &work->data.logits.file.shape, complaint);
    focl__progress_stop(progress);
    return good;
}

static void print_results(job *work, const char *name) {
    focl__loss_results *results = &work->results;
    results->name = name;
    results->like = work->options.like;
    results->handle = work->handle;
    results->files = work->files;
    results->file_count = work->file_count;
    print_notes(work);
    if (work->options.common.json)
        focl__loss_results_print_json(results);
    else
        focl__loss_results_print_text(results);
}

static void finish(job *work) {
    for (size_t i = 0; i < MAX_OUTPUTS; i++)
        free(work->arrays[i]);
    free(work->class_weights);
    focl_destroy(work->handle);
    focl__loss_data_close(&work->data);
}

static bool run(job *work, focl__complaint *complaint) {
    list_output_files(work);
    bool good = check_output_files(work, complaint) && load(work, complaint) && describe(work, complaint) &&
                focl__open_device(&work->options.common, &work->handle, complaint) && calculate(work, complaint) &&
                write_outputs(work, complaint);
    if (good)
        print_results(work, work->options.loss->name);
    finish(work);
    return good;
}

bool focl__command_loss(int count, char **arguments, focl__complaint *complaint) {
    job work = {0};
    const char *operands[3] = {NULL, NULL, NULL};
    bool finished = false;
    if (!focl__parse_arguments(&focl__loss_grammar, count, arguments, &work.options, operands, &finished, complaint))
        return false;
    if (finished)
        return true;
    work.options.files.logits = operands[1];
    work.options.files.targets = operands[2];
    return focl__loss_options_check(&work.options, operands[0], complaint) && run(&work, complaint);
}
