/* focl pt: the probability given to what is true, picked out of probabilities or logits. */
#include <stdio.h>
#include <string.h>

#include "array_result.h"
#include "command.h"
#include "console.h"
#include "loss_data.h"
#include "loss_options.h"

/* What the classes of the input are: each of its own, or the classes of a row. */
typedef enum pt_family { OF_SIGMOID, OF_SOFTMAX } pt_family;

typedef struct pt_options {
    focl__common_options common;
    focl__loss_files files;
    const char *out;
    bool probabilities;
    focl__choice family; /* a pt_family */
    focl__integer ignore_index;
} pt_options;

static bool parse_family(const char *option, const char *text, void *place, focl__complaint *complaint) {
    static const char *const words[] = {[OF_SIGMOID] = "sigmoid", [OF_SOFTMAX] = "softmax", NULL};
    focl__choice *choice = place;
    choice->given = true;
    return focl__parse_word(option, text, words, &choice->value, complaint);
}

static const focl__option options_table[] = {
    {"--out", "F.npy", "write p_t", focl__parse_text, offsetof(pt_options, out)},
    {"--input", "KIND", "probabilities or logits (probabilities)", focl__parse_input,
     offsetof(pt_options, probabilities)},
    {"--activation", "NAME", "sigmoid: each element of its own; softmax: a row at a time (see above)", parse_family,
     offsetof(pt_options, family)},
    {"--axis", "K", "class axis of INPUT, from the end if negative (1; none for a vector)", focl__parse_integer,
     offsetof(pt_options, files.axis)},
    {"--ignore-index", "I", "class indices with this value: p_t is 0 there", focl__parse_integer,
     offsetof(pt_options, ignore_index)},
    {"--dtype", "TYPE", "f4, f2, bf16 or f8: of INPUT on the device and of p_t (f4)", focl__parse_dtype,
     offsetof(pt_options, files.logits_type)},
    FOCL__DEVICE_OPTIONS(pt_options),
    FOCL__JSON_OPTION(pt_options),
};

static const focl__grammar grammar = {
    .command = "pt",
    .operands = "INPUT.npy TARGETS.npy",
    .operand_count = 2,
    .about =
        "p_t, the probability that INPUT gives to what is true. It depends on the shape of TARGETS what they say:\n"
        "  in the shape of INPUT   values t in [0, 1]: p_t = t p + (1 - t) (1 - p) of every element, which is p\n"
        "                          where t = 1 and 1 - p where t = 0\n"
        "  without the class axis  class indices: p of that class, one for each row\n"
        "--activation asks for the other sense: with sigmoid, indices are one class against the rest, p_t of every\n"
        "element; with softmax, values are a distribution y of each row, p_t = sum_c y_c p_c, one for each row.\n"
        "\n"
        "INPUT is probabilities in [0, 1]; with --input logits they are activated first: by a sigmoid for elements,\n"
        "by a softmax for rows. It is f2, f4 or f8, or the bits of bf16 as u2 with --dtype bf16.\n",
    .options = options_table,
    .option_count = sizeof options_table / sizeof *options_table,
};

/* One run of the command. */
typedef struct job {
    pt_options options;
    pt_family family;
    focl__loss_data data;
    focl_handle *handle;
    focl__array_result result;
} job;

static bool check_file(job *work, focl__complaint *complaint) {
    const focl__input inputs[] = {{"the input's", work->options.files.logits},
                                  {"the targets'", work->options.files.targets}};
    if (!work->options.out)
        return focl__fail_usage(complaint, "--out: is needed");
    work->result.file = (focl__output){.option = "--out", .path = work->options.out};
    return focl__outputs_check(&work->result.file, 1, complaint) &&
           focl__outputs_spare(&work->result.file, 1, inputs, sizeof inputs / sizeof *inputs, complaint);
}

/* ---- Data ---- */

/* The library takes what it is given: outside [0, 1] a p_t means nothing. */
static bool check_probabilities(const job *work, focl__complaint *complaint) {
    const focl__array *input = &work->data.logits;
    if (!work->options.probabilities)
        return true;
    size_t bad = focl__array_first_outside_unit(input);
    if (bad == input->file.elements)
        return true;
    return focl__fail_data(complaint, "%s: probability %.9g at element %zu is outside 0..1 (--input logits?)",
                           input->file.path, focl__array_value(input, bad), bad);
}

static bool check_ignore_index(const job *work, focl__complaint *complaint) {
    if (!work->options.ignore_index.given || !focl_type_is_float(work->data.targets.type))
        return true;
    return focl__fail_data(complaint, "--ignore-index: needs class indices, and %s has the input's shape %s: values",
                           work->options.files.targets, focl__npy_describe_shape(&work->data.targets.file.shape).text);
}

static bool load(job *work, focl__complaint *complaint) {
    focl__progress *progress = focl__progress_start("reading the files");
    bool good = focl__loss_data_load(&work->data, &work->options.files, complaint);
    focl__progress_stop(progress);
    if (!good)
        return false;
    work->family = focl_type_is_float(work->data.targets.type) ? OF_SIGMOID : OF_SOFTMAX;
    if (work->options.family.given)
        work->family = (pt_family)work->options.family.value;
    return check_probabilities(work, complaint) && check_ignore_index(work, complaint) &&
           (work->family == OF_SIGMOID || focl__loss_data_check_rows(&work->data, complaint));
}

static bool make_result(job *work, focl__complaint *complaint) {
    const focl__loss_data *data = &work->data;
    work->result.what = "p_t";
    work->result.part = work->family == OF_SOFTMAX ? "rows" : "elements";
    work->result.shape = work->family == OF_SOFTMAX ? data->row_shape : data->logits.file.shape;
    work->result.file.type = data->logits.type;
    return focl__array_result_allocate(&work->result, complaint);
}

/* ---- The calculation ---- */

/* A loss of which only p_t is asked. */
static focl_loss_description describe(const job *work, focl_loss_host_inputs *inputs) {
    static const focl_activation activations[][2] = {
        [OF_SIGMOID] = {FOCL_SIGMOID, FOCL_IDENTITY},
        [OF_SOFTMAX] = {FOCL_SOFTMAX, FOCL_CATEGORICAL},
    };
    const focl_activation activation = activations[work->family][work->options.probabilities];
    focl_loss_description description = focl_loss_default(activation, FOCL_CROSS_ENTROPY, work->data.view);
    focl__loss_data_describe(&work->data, &description, inputs);
    description.reduction = FOCL_REDUCTION_NONE;
    description.has_ignore_index = work->options.ignore_index.given;
    description.ignore_index = work->options.ignore_index.value;
    return description;
}

/* The file or option that the library's error is about, NULL if it is about something else. */
static const char *subject_at_fault(const pt_options *options) {
    const char *argument = focl_last_error()->argument;
    if (strcmp(argument, "logits_type") == 0)
        return "--dtype";
    if (strcmp(argument, "targets") == 0)
        return options->files.targets;
    return strcmp(argument, "logits") == 0 ? options->files.logits : NULL;
}

static bool calculate(job *work, focl__complaint *complaint) {
    focl_loss_host_inputs inputs = {0};
    const focl_loss_description description = describe(work, &inputs);
    const focl_loss_host_outputs outputs = {.pt = work->result.values};
    focl__progress *progress = focl__progress_start("calculating");
    const focl_status status =
        focl_loss_host(work->handle, &description, &inputs, &outputs, &work->result.kernel_seconds);
    focl__progress_stop(progress);
    return status == FOCL_OK || focl__fail_library(complaint, subject_at_fault(&work->options), status);
}

static bool run(job *work, focl__complaint *complaint) {
    bool good = check_file(work, complaint) && load(work, complaint) && make_result(work, complaint) &&
                focl__open_device(&work->options.common, &work->handle, complaint) && calculate(work, complaint) &&
                focl__array_result_write(&work->result, complaint);
    if (good)
        focl__array_result_print(&work->result, work->handle, work->options.common.json);
    focl__array_result_free(&work->result);
    focl_destroy(work->handle);
    focl__loss_data_close(&work->data);
    return good;
}

bool focl__command_pt(int count, char **arguments, focl__complaint *complaint) {
    job work = {.options = {.probabilities = true}};
    const char *operands[2] = {NULL, NULL};
    bool finished = false;
    if (!focl__parse_arguments(&grammar, count, arguments, &work.options, operands, &finished, complaint))
        return false;
    if (finished)
        return true;
    work.options.files.logits = operands[0];
    work.options.files.targets = operands[1];
    return run(&work, complaint);
}
