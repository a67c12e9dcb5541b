/* focl activate: sigmoid, softmax and their logarithms of a .npy file, and their derivatives. */
#include <stdio.h>
#include <string.h>

#include "array_result.h"
#include "command.h"
#include "console.h"
#include "focl/activation.h"
#include "loss_data.h"
#include "loss_options.h"

typedef struct activate_options {
    focl__common_options common;
    focl__loss_files files; /* logits, axis and their type */
    const char *out;
    const char *backward;
    bool jacobian;
} activate_options;

static const focl__option options_table[] = {
    {"--out", "F.npy", "write the result: the value, unless a derivative is asked for", focl__parse_text,
     offsetof(activate_options, out)},
    {"--axis", "K", "class axis of X, from the end if negative (1; none for a vector)", focl__parse_integer,
     offsetof(activate_options, files.axis)},
    {"--backward", "U.npy", "write dL/dX from U = dL/dvalue, in the shape of X", focl__parse_text,
     offsetof(activate_options, backward)},
    {"--jacobian", NULL, "write the C x C derivatives of each row of a softmax or log-softmax", focl__parse_flag,
     offsetof(activate_options, jacobian)},
    {"--dtype", "TYPE", "f4, f2, bf16 or f8: of X and U on the device and of the result (f4)", focl__parse_dtype,
     offsetof(activate_options, files.logits_type)},
    FOCL__DEVICE_OPTIONS(activate_options),
    FOCL__JSON_OPTION(activate_options),
};

static const char *const kind_words[] = {
#define KIND_WORD(name, word) word,
    FOCL_ACTIVATE_TABLE(KIND_WORD)
#undef KIND_WORD
        NULL};

static const char *kind_at(size_t index) {
    return kind_words[index];
}

static const focl__grammar grammar = {
    .command = "activate",
    .operands = "NAME X.npy",
    .operand_count = 2,
    .name_at = kind_at,
    .about = "An activation of X, or its derivative, on an OpenCL device. NAME is one of\n"
             "  sigmoid, log-sigmoid   of every element\n"
             "  softmax, log-softmax   over the classes of a row\n"
             "\n"
             "--backward U gives the vector-Jacobian product, sum_i U_i dvalue_i/dX_j, in the shape of X. --jacobian\n"
             "gives all of them: the shape of X without its class axis, then C x C, d value_i / d X_j at [..., i, j].\n"
             "X and U are f2, f4 or f8, or the bits of bf16 as u2 with --dtype bf16, and become --dtype.\n",
    .options = options_table,
    .option_count = sizeof options_table / sizeof *options_table,
};

/* One run of the command. */
typedef struct job {
    activate_options options;
    focl_activate_kind kind;
    focl__loss_data data;
    focl__array upstream;
    focl_handle *handle;
    focl__array_result result;
} job;

/* ---- The command line ---- */

static bool is_of_rows(const job *work) {
    return work->kind == FOCL_ACTIVATE_SOFTMAX || work->kind == FOCL_ACTIVATE_LOG_SOFTMAX;
}

static bool check_options(job *work, const char *name, focl__complaint *complaint) {
    const activate_options *options = &work->options;
    size_t kind = 0;
    if (!focl__parse_word("NAME", name, kind_words, &kind, complaint))
        return false;
    work->kind = (focl_activate_kind)kind;
    work->result.what = kind_words[kind];
    work->result.part = options->backward ? "product" : options->jacobian ? "jacobian" : "value";
    if (!options->out)
        return focl__fail_usage(complaint, "--out: is needed");
    if (options->backward && options->jacobian)
        return focl__fail_usage(complaint, "--jacobian: --backward is given too; one --out has room for one of them");
    if (options->jacobian && !is_of_rows(work))
        return focl__fail_usage(complaint,
                                "--jacobian: is for softmax and log-softmax; of %s, --backward with ones gives all "
                                "derivatives that are not 0",
                                work->result.what);
    return true;
}

static bool check_file(job *work, focl__complaint *complaint) {
    const focl__input inputs[] = {{"the logits'", work->options.files.logits},
                                  {"the upstream gradient's", work->options.backward}};
    work->result.file = (focl__output){.option = "--out", .path = work->options.out};
    return focl__outputs_check(&work->result.file, 1, complaint) &&
           focl__outputs_spare(&work->result.file, 1, inputs, sizeof inputs / sizeof *inputs, complaint);
}

/* ---- Data ---- */

static bool load_upstream(job *work, focl__complaint *complaint) {
    const focl__npy *logits = &work->data.logits.file;
    const focl__npy *file = &work->upstream.file;
    if (!work->options.backward)
        return true;
    if (!focl__npy_open(&work->upstream.file, work->options.backward, complaint))
        return false;
    if (!focl__npy_same_shape(&file->shape, &logits->shape))
        return focl__fail_data(complaint, "--backward: %s has the shape %s, and X has %s", file->path,
                               focl__npy_describe_shape(&file->shape).text,
                               focl__npy_describe_shape(&logits->shape).text);
    return focl__array_convert(&work->upstream, work->data.logits.type, complaint);
}

static bool load(job *work, focl__complaint *complaint) {
    focl__progress *progress = focl__progress_start("reading the files");
    bool good = focl__loss_data_load(&work->data, &work->options.files, complaint) && load_upstream(work, complaint);
    focl__progress_stop(progress);
    return good && (!is_of_rows(work) || focl__loss_data_check_rows(&work->data, complaint));
}

/* The row's shape and its classes twice. */
static bool make_square_shape(job *work, focl__complaint *complaint) {
    focl__npy_shape *shape = &work->result.shape;
    *shape = work->data.row_shape;
    if (shape->rank + 2 > FOCL__NPY_MAX_RANK)
        return focl__fail_data(complaint, "--jacobian: %s has %zu axes, and a file with one more cannot be written",
                               work->data.logits.file.path, work->data.logits.file.shape.rank);
    shape->extents[shape->rank++] = work->data.view.classes;
    shape->extents[shape->rank++] = work->data.view.classes;
    return true;
}

static bool make_result(job *work, focl__complaint *complaint) {
    work->result.shape = work->data.logits.file.shape;
    work->result.file.type = work->data.logits.type;
    return (!work->options.jacobian || make_square_shape(work, complaint)) &&
           focl__array_result_allocate(&work->result, complaint);
}

/* ---- The calculation ---- */

/* The file or option that the library's error is about, NULL if it is about something else. */
static const char *subject_at_fault(const activate_options *options) {
    const char *argument = focl_last_error()->argument;
    if (strcmp(argument, "type") == 0)
        return "--dtype";
    if (strcmp(argument, "jacobian") == 0)
        return "--jacobian";
    return strcmp(argument, "x") == 0 ? options->files.logits : NULL;
}

static bool calculate(job *work, focl__complaint *complaint) {
    const activate_options *options = &work->options;
    const focl_activation_description description = {
        .kind = work->kind,
        .shape = work->data.view,
        .type = work->data.logits.type,
    };
    const focl_activation_host_inputs inputs = {.x = work->data.logits.values, .upstream = work->upstream.values};
    const bool is_value = !options->backward && !options->jacobian;
    const focl_activation_host_outputs outputs = {
        .value = is_value ? work->result.values : NULL,
        .product = options->backward ? work->result.values : NULL,
        .jacobian = options->jacobian ? work->result.values : NULL,
    };
    focl__progress *progress = focl__progress_start("calculating");
    const focl_status status =
        focl_activate_host(work->handle, &description, &inputs, &outputs, &work->result.kernel_seconds);
    focl__progress_stop(progress);
    return status == FOCL_OK || focl__fail_library(complaint, subject_at_fault(options), status);
}

static bool run(job *work, focl__complaint *complaint) {
    bool good = check_file(work, complaint) && load(work, complaint) && make_result(work, complaint) &&
                focl__open_device(&work->options.common, &work->handle, complaint) && calculate(work, complaint) &&
                focl__array_result_write(&work->result, complaint);
    if (good)
        focl__array_result_print(&work->result, work->handle, work->options.common.json);
    focl__array_result_free(&work->result);
    focl_destroy(work->handle);
    focl__array_close(&work->upstream);
    focl__loss_data_close(&work->data);
    return good;
}

bool focl__command_activate(int count, char **arguments, focl__complaint *complaint) {
    job work = {0};
    const char *operands[2] = {NULL, NULL};
    bool finished = false;
    if (!focl__parse_arguments(&grammar, count, arguments, &work.options, operands, &finished, complaint))
        return false;
    if (finished)
        return true;
    work.options.files.logits = operands[1];
    return check_options(&work, operands[0], complaint) && run(&work, complaint);
}
