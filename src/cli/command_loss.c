/* focl loss: a loss of .npy files, as text or JSON, and the arrays that were asked for. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "console.h"
#include "json_writer.h"
#include "loss_data.h"
#include "loss_options.h"
#include "output_files.h"

/* The arrays that can be asked for: which option names the file, which output of the call fills it. */
static const struct {
    const char *option;
    size_t path;   /* in focl__loss_options */
    size_t output; /* in focl_loss_host_outputs */
} array_outputs[] = {
    {"--loss-out", offsetof(focl__loss_options, loss_out), offsetof(focl_loss_host_outputs, loss)},
    {"--grad", offsetof(focl__loss_options, grad), offsetof(focl_loss_host_outputs, gradient)},
    {"--prob", offsetof(focl__loss_options, prob), offsetof(focl_loss_host_outputs, probabilities)},
    {"--pt", offsetof(focl__loss_options, pt), offsetof(focl_loss_host_outputs, pt)},
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
    const char *name;
    focl__loss_options options;
    focl__loss_data data;
    focl_loss_description description;
    focl_handle *handle;
    focl__output files[MAX_OUTPUTS];
    float *arrays[MAX_OUTPUTS];
    size_t file_count;
    float reduced;
    float normalizer;
    focl_loss_counts counts;
    double kernel_seconds;
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
            focl__output file = {.option = array_outputs[i].option, .path = path};
            work->files[work->file_count++] = file;
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

/* The library takes what it is given: outside [0, 1] a logarithm is NaN. Where it clips there is nothing outside. */
static bool check_probabilities(const job *work, focl__complaint *complaint) {
    const focl__array *logits = &work->data.logits;
    if (work->options.activation != FOCL_IDENTITY || work->options.clip.value > 0)
        return true;
    size_t bad = focl__array_first_outside_unit(logits);
    if (bad == logits->file.elements)
        return true;
    return focl__fail_data(complaint, "%s: probability %.9g at element %zu is outside 0..1 (--clip E clamps it)",
                           logits->file.path, (double)((const float *)logits->values)[bad], bad);
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
    if (work->data.targets.type != FOCL_F32)
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

static bool allocate_output(job *work, size_t index, focl_loss_host_outputs *outputs, focl__complaint *complaint) {
    size_t elements = work->data.logits.file.elements;
    focl__output *file = &work->files[index];
    float *values = calloc(elements ? elements : 1, sizeof *values);
    if (!values)
        return focl__fail_data(complaint, "%s: no memory for %zu elements of f32", file->option, elements);
    work->arrays[index] = values;
    file->values = values;
    for (size_t i = 0; i < MAX_OUTPUTS; i++)
        if (strcmp(array_outputs[i].option, file->option) == 0)
            memcpy((char *)outputs + array_outputs[i].output, &(void *){values}, sizeof(void *));
    return true;
}

static bool prepare_outputs(job *work, focl_loss_host_outputs *outputs, focl__complaint *complaint) {
    outputs->counts = &work->counts;
    if (work->description.reduction != FOCL_REDUCTION_NONE) {
        outputs->reduced = &work->reduced;
        outputs->used_normalizer = &work->normalizer;
    }
    for (size_t i = 0; i < work->file_count; i++)
        if (!allocate_output(work, i, outputs, complaint))
            return false;
    return true;
}

/* The file that the library's error is about, NULL if it is about something else. */
static const char *file_at_fault(const focl__loss_files *files) {
    for (size_t i = 0; i < MAX_INPUTS; i++)
        if (strcmp(array_inputs[i].argument, focl_last_error()->argument) == 0)
            return path_at(files, array_inputs[i].path);
    return NULL;
}

static bool calculate(job *work, focl__complaint *complaint) {
    focl_loss_host_inputs inputs = {0};
    focl_loss_host_outputs outputs = {0};
    work->description = focl__loss_options_describe(&work->options, work->data.view);
    focl__loss_data_describe(&work->data, &work->description, &inputs);
    if (!prepare_outputs(work, &outputs, complaint))
        return false;
    focl__progress *progress = focl__progress_start("calculating the loss");
    focl_status status = focl_loss_host(work->handle, &work->description, &inputs, &outputs, &work->kernel_seconds);
    focl__progress_stop(progress);
    return status == FOCL_OK || focl__fail_library(complaint, file_at_fault(&work->options.files), status);
}

static bool load(job *work, focl__complaint *complaint) {
    focl__progress *progress = focl__progress_start("reading the files");
    bool good = focl__loss_data_load(&work->data, &work->options.files, complaint);
    focl__progress_stop(progress);
    return good && check_probabilities(work, complaint) && check_index_options(work, complaint);
}

static bool write_outputs(job *work, focl__complaint *complaint) {
    focl__progress *progress = focl__progress_start("writing the results");
    bool good = focl__outputs_write(work->files, work->file_count, &work->data.logits.file.shape, complaint);
    focl__progress_stop(progress);
    return good;
}

/* ---- Results ---- */

static double elements_per_second(const job *work) {
    return work->kernel_seconds > 0 ? (double)work->counts.elements / work->kernel_seconds : 0;
}

static void print_json_loss(focl__json *json, const job *work) {
    char bits[16];
    uint32_t word;
    if (work->description.reduction == FOCL_REDUCTION_NONE) {
        focl__json_null(json, "loss");
        focl__json_null(json, "loss_bits");
        return;
    }
    memcpy(&word, &work->reduced, sizeof word);
    snprintf(bits, sizeof bits, "0x%08" PRIx32, word);
    focl__json_float(json, "loss", work->reduced);
    focl__json_string(json, "loss_bits", bits);
}

static void print_json_normalizer(focl__json *json, const job *work) {
    focl__json_string(json, "reduction", focl__reduction_word(work->description.reduction));
    if (work->description.reduction == FOCL_REDUCTION_NONE)
        focl__json_null(json, "normalizer");
    else
        focl__json_float(json, "normalizer", work->normalizer);
}

static void print_json_counts(focl__json *json, const focl_loss_counts *counts) {
    focl__json_open(json, "counts", '{');
    focl__json_unsigned(json, "elements", counts->elements);
    focl__json_unsigned(json, "rows", counts->rows);
    focl__json_unsigned(json, "counted", counts->counted);
    focl__json_unsigned(json, "ignored", counts->ignored);
    focl__json_unsigned(json, "positive", counts->positive);
    focl__json_close(json, '}');
}

static void print_json(const job *work) {
    focl__json json = focl__json_start(stdout);
    focl__json_open(&json, NULL, '{');
    print_json_loss(&json, work);
    print_json_normalizer(&json, work);
    print_json_counts(&json, &work->counts);
    focl__json_string(&json, "device", focl_handle_device(work->handle)->name);
    focl__json_string(&json, "math", focl__math_word(work->handle));
    if (elements_per_second(work) > 0)
        focl__json_double(&json, "elements_per_second", elements_per_second(work));
    else
        focl__json_null(&json, "elements_per_second");
    focl__json_double(&json, "kernel_ms", 1e3 * work->kernel_seconds);
    focl__json_double(&json, "build_ms", 1e3 * focl_handle_build_seconds(work->handle));
    focl__json_close(&json, '}');
    putchar('\n');
}

static void print_text_loss(const job *work) {
    focl_reduction reduction = work->description.reduction;
    if (reduction == FOCL_REDUCTION_NONE) {
        printf("%s: no reduced loss\n", work->name);
        return;
    }
    printf("%s loss  %s%.9g%s\n", work->name, focl__bold(stdout), (double)work->reduced, focl__plain(stdout));
    printf("  reduction  %s: the sum divided by %.9g", focl__reduction_word(reduction), (double)work->normalizer);
    if (reduction != FOCL_REDUCTION_SUM)
        printf(", %s", focl__reduction_divisor(reduction));
    putchar('\n');
}

static void print_text_counts(const focl_loss_counts *counts, size_t classes) {
    printf("  elements   %" PRIu64 ": %" PRIu64 " %s of %zu\n", counts->elements, counts->rows,
           focl__noun(counts->rows, "row", "rows"), classes);
    printf("  counted    %" PRIu64 " %s, %" PRIu64 " of them positive; %" PRIu64 " %s ignored\n", counts->counted,
           focl__noun(counts->counted, "element", "elements"), counts->positive, counts->ignored,
           focl__noun(counts->ignored, "row", "rows"));
}

static void print_text_time(const job *work) {
    printf("  time       %.3f ms in kernels", 1e3 * work->kernel_seconds);
    if (elements_per_second(work) > 0)
        printf(", %.4g million elements a second", 1e-6 * elements_per_second(work));
    printf("; %.0f ms compiling\n", 1e3 * focl_handle_build_seconds(work->handle));
}

static void print_text(const job *work) {
    const focl_device *device = focl_handle_device(work->handle);
    print_text_loss(work);
    print_text_counts(&work->counts, work->data.view.classes);
    printf("  device     #%zu %s, %s (%s arithmetic)\n", device->index, focl_device_class_name(device->device_class),
           device->name, focl__math_word(work->handle));
    print_text_time(work);
    for (size_t i = 0; i < work->file_count; i++)
        printf("  %-10s %s\n", work->files[i].option + 2, work->files[i].path);
}

static void print_results(const job *work) {
    if (work->options.common.json)
        print_json(work);
    else
        print_text(work);
}

static void finish(job *work) {
    for (size_t i = 0; i < MAX_OUTPUTS; i++)
        free(work->arrays[i]);
    focl_destroy(work->handle);
    focl__loss_data_close(&work->data);
}

static bool run(job *work, focl__complaint *complaint) {
    list_output_files(work);
    bool good = check_output_files(work, complaint) && load(work, complaint) &&
                focl__open_device(&work->options.common, &work->handle, complaint) && calculate(work, complaint) &&
                write_outputs(work, complaint);
    if (good)
        print_results(work);
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
    work.name = operands[0];
    work.options.files.logits = operands[1];
    work.options.files.targets = operands[2];
    return focl__loss_options_check(&work.options, work.name, complaint) && run(&work, complaint);
}
