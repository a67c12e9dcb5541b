/* focl counts: how often each class occurs, and what each class weighs. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "console.h"
#include "device_option.h"
#include "focl/class_counts.h"
#include "focl/class_weights.h"
#include "json_writer.h"
#include "npy_convert.h"
#include "output_files.h"

typedef struct counts_options {
    focl__common_options common;
    focl__integer classes;
    focl__integer ignore_index;
    focl_weights_recipe recipe;
    focl__number beta;
    const char *from_counts;
    const char *out;
    const char *counts_out;
} counts_options;

static const char *const recipe_words[] = {
#define RECIPE_WORD(name, word, formula) word,
    FOCL_WEIGHTS_TABLE(RECIPE_WORD)
#undef RECIPE_WORD
        NULL};

static bool parse_recipe(const char *option, const char *text, void *place, focl__complaint *complaint) {
    size_t word = 0;
    if (!focl__parse_word(option, text, recipe_words, &word, complaint))
        return false;
    *(focl_weights_recipe *)place = (focl_weights_recipe)word;
    return true;
}

static const focl__option options_table[] = {
    {"--classes", "C", "how many classes there are: labels are 0 to C-1", focl__parse_integer,
     offsetof(counts_options, classes)},
    {"--ignore-index", "I", "labels that count nowhere", focl__parse_integer, offsetof(counts_options, ignore_index)},
    {"--recipe", "R", "of the weights: inverse, sqrt-inverse, median, effective or enet (inverse)", parse_recipe,
     offsetof(counts_options, recipe)},
    {"--beta", "B", "of --recipe effective, in [0, 1) (0.9999)", focl__parse_number, offsetof(counts_options, beta)},
    {"--from-counts", "COUNTS.npy", "take the counts from a file instead of counting", focl__parse_text,
     offsetof(counts_options, from_counts)},
    {"--out", "W.npy", "write the weights, f8", focl__parse_text, offsetof(counts_options, out)},
    {"--counts-out", "COUNTS.npy", "write the counts, i8", focl__parse_text, offsetof(counts_options, counts_out)},
    FOCL__DEVICE_OPTIONS(counts_options),
    FOCL__JSON_OPTION(counts_options),
};

static const focl__grammar grammar = {
    .command = "counts",
    .operands = "TARGETS.npy",
    .operand_count = 1,
    .optional_operands = 1,
    .about =
        "How often each class occurs among class indices of any shape, counted on the device, and the weights that\n"
        "a recipe makes of the counts: what --class-weights of focl loss takes. A class that never occurs has\n"
        "weight 0. --from-counts takes the place of TARGETS.npy. Of a class's count n_c and the sum of all, total:\n"
#define RECIPE_LINE(name, word, formula) "  " word ": " formula "\n"
    FOCL_WEIGHTS_TABLE(RECIPE_LINE),
#undef RECIPE_LINE
    .options = options_table,
    .option_count = sizeof options_table / sizeof *options_table,
};

/* One run of the command. */
typedef struct job {
    counts_options options;
    const char *targets_path; /* NULL with --from-counts */
    focl__array input;        /* the targets or the counts */
    focl_handle *handle;      /* NULL with --from-counts */
    size_t classes;
    uint64_t *counts;
    double *weights;
    focl_class_counts_record record;
    double kernel_seconds;
    focl__output files[2];
    size_t file_count;
} job;

/* ---- The command line ---- */

static bool check_source(const job *work, focl__complaint *complaint) {
    const counts_options *options = &work->options;
    if (options->from_counts && work->targets_path)
        return focl__fail_usage(complaint, "--from-counts: takes the place of TARGETS.npy, and \"%s\" is given too",
                                work->targets_path);
    if (!options->from_counts && !work->targets_path)
        return focl__fail_usage(complaint, "focl counts needs TARGETS.npy, or --from-counts COUNTS.npy");
    if (options->from_counts && options->ignore_index.given)
        return focl__fail_usage(complaint, "--ignore-index: no labels are read with --from-counts");
    if (!options->from_counts && !options->classes.given)
        return focl__fail_usage(complaint, "--classes: is needed");
    return true;
}

static bool check_numbers(const counts_options *options, focl__complaint *complaint) {
    const int64_t classes = options->classes.value;
    const double beta = options->beta.value;
    if (options->classes.given && (classes < 1 || classes > INT32_MAX))
        return focl__fail_usage(complaint, "--classes: %" PRId64 " is not from 1 to %d", classes, INT32_MAX);
    if (options->beta.given && options->recipe != FOCL_WEIGHTS_EFFECTIVE)
        return focl__fail_usage(complaint, "--beta: is for --recipe effective");
    if (options->beta.given && !(beta >= 0 && beta < 1))
        return focl__fail_usage(complaint, "--beta: %.17g is not at least 0 and below 1", beta);
    return true;
}

/* ---- Data ---- */

static void list_files(job *work) {
    const struct {
        const char *option, *path;
        focl_type type;
    } asked[] = {{"--out", work->options.out, FOCL_F64}, {"--counts-out", work->options.counts_out, FOCL_I64}};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        if (asked[i].path)
            work->files[work->file_count++] =
                (focl__output){.option = asked[i].option, .path = asked[i].path, .type = asked[i].type};
}

static bool check_files(const job *work, focl__complaint *complaint) {
    const focl__input inputs[] = {{"the targets'", work->targets_path}, {"the counts'", work->options.from_counts}};
    return focl__outputs_check(work->files, work->file_count, complaint) &&
           focl__outputs_spare(work->files, work->file_count, inputs, sizeof inputs / sizeof *inputs, complaint);
}

static bool open_integers(job *work, const char *path, const char *what, focl__complaint *complaint) {
    if (!focl__npy_open(&work->input.file, path, complaint))
        return false;
    if (work->input.file.kind != 'f')
        return true;
    return focl__fail_data(complaint, "%s: its elements are %s, and %s are integers", path,
                           focl__npy_describe_type(&work->input.file).text, what);
}

static bool allocate(job *work, focl__complaint *complaint) {
    work->counts = calloc(work->classes ? work->classes : 1, sizeof *work->counts);
    work->weights = calloc(work->classes ? work->classes : 1, sizeof *work->weights);
    return (work->counts && work->weights) ||
           focl__fail_data(complaint, "--classes: no memory for the counts of %zu", work->classes);
}

static bool count(job *work, focl__complaint *complaint) {
    const focl__array *targets = &work->input;
    const focl_class_counts_description description = {
        .labels = targets->file.elements,
        .targets_type = targets->type,
        .classes = work->classes,
        .has_ignore_index = work->options.ignore_index.given,
        .ignore_index = work->options.ignore_index.value,
    };
    focl__progress *progress = focl__progress_start("counting");
    const focl_status status = focl_class_counts_host(work->handle, &description, targets->values, work->counts,
                                                      &work->record, &work->kernel_seconds);
    focl__progress_stop(progress);
    return status == FOCL_OK || focl__fail_library(complaint, NULL, status);
}

static bool count_targets(job *work, focl__complaint *complaint) {
    work->classes = (size_t)work->options.classes.value;
    return open_integers(work, work->targets_path, "class indices", complaint) &&
           focl__array_convert(&work->input, focl__array_label_type(&work->input.file), complaint) &&
           allocate(work, complaint) && focl__open_device(&work->options.common, &work->handle, complaint) &&
           count(work, complaint);
}

static bool take_counts(job *work, focl__complaint *complaint) {
    const int64_t *values = work->input.values;
    for (size_t i = 0; i < work->classes; i++) {
        if (values[i] < 0)
            return focl__fail_data(complaint, "%s: the count %" PRId64 " at position %zu is negative",
                                   work->input.file.path, values[i], i);
        work->counts[i] = (uint64_t)values[i];
        work->record.counted += work->counts[i];
    }
    work->record.labels = work->record.counted;
    work->record.first_out_of_range = UINT64_MAX;
    return true;
}

static bool read_counts(job *work, focl__complaint *complaint) {
    const focl__integer *classes = &work->options.classes;
    if (!open_integers(work, work->options.from_counts, "counts", complaint))
        return false;
    work->classes = work->input.file.elements;
    if (classes->given && (uint64_t)classes->value != work->classes)
        return focl__fail_data(complaint, "%s: has %zu %s, and --classes is %" PRId64, work->options.from_counts,
                               work->classes, focl__noun(work->classes, "count", "counts"), classes->value);
    return focl__array_convert(&work->input, FOCL_I64, complaint) && allocate(work, complaint) &&
           take_counts(work, complaint);
}

static bool weigh(job *work, focl__complaint *complaint) {
    const double beta = work->options.beta.given ? work->options.beta.value : FOCL_WEIGHTS_BETA;
    const focl_status status =
        focl_class_weights(work->options.recipe, beta, work->classes, work->counts, work->weights);
    return status == FOCL_OK || focl__fail_library(complaint, work->options.from_counts, status);
}

static bool write_files(job *work, focl__complaint *complaint) {
    const focl__npy_shape shape = {.rank = 1, .extents = {work->classes}};
    for (size_t i = 0; i < work->file_count; i++)
        work->files[i].values =
            work->files[i].type == FOCL_F64 ? (const void *)work->weights : (const void *)work->counts;
    return focl__outputs_write(work->files, work->file_count, &shape, complaint);
}

/* ---- Results ---- */

static void print_json(const job *work) {
    focl__json json = focl__json_start(stdout);
    focl__json_open(&json, NULL, '{');
    focl__json_open(&json, "counts", '[');
    for (size_t i = 0; i < work->classes; i++)
        focl__json_unsigned(&json, NULL, work->counts[i]);
    focl__json_close(&json, ']');
    focl__json_open(&json, "weights", '[');
    for (size_t i = 0; i < work->classes; i++)
        focl__json_double(&json, NULL, work->weights[i]);
    focl__json_close(&json, ']');
    focl__json_string(&json, "recipe", focl_weights_recipe_name(work->options.recipe));
    focl__json_unsigned(&json, "labels", work->record.labels);
    focl__json_unsigned(&json, "counted", work->record.counted);
    focl__json_unsigned(&json, "ignored", work->record.ignored);
    focl__json_unsigned(&json, "out_of_range", work->record.out_of_range);
    if (work->record.out_of_range)
        focl__json_unsigned(&json, "first_out_of_range", work->record.first_out_of_range);
    else
        focl__json_null(&json, "first_out_of_range");
    focl__json_string(&json, "device", work->handle ? focl_handle_device(work->handle)->name : NULL);
    focl__json_double(&json, "kernel_ms", 1e3 * work->kernel_seconds);
    focl__json_close(&json, '}');
    putchar('\n');
}

static double percent(uint64_t part, uint64_t whole) {
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void print_table(const job *work) {
    printf("%s%10s %20s %9s %24s%s\n", focl__bold(stdout), "class", "count", "share",
           focl_weights_recipe_name(work->options.recipe), focl__plain(stdout));
    for (size_t i = 0; i < work->classes; i++)
        printf("%10zu %20" PRIu64 " %8.4f%% %24.17g\n", i, work->counts[i],
               percent(work->counts[i], work->record.counted), work->weights[i]);
}

static void print_labels(const job *work) {
    const focl_class_counts_record *record = &work->record;
    printf("  labels       %" PRIu64 ": %" PRIu64 " counted, %" PRIu64 " ignored, %" PRIu64 " out of range\n",
           record->labels, record->counted, record->ignored, record->out_of_range);
    if (!work->handle)
        return;
    const focl_device *device = focl_handle_device(work->handle);
    printf("  device       #%zu %s, %s\n", device->index, focl_device_class_name(device->device_class), device->name);
    printf("  time         %.3f ms in kernels\n", 1e3 * work->kernel_seconds);
}

static void print_text(const job *work) {
    print_table(work);
    print_labels(work);
    for (size_t i = 0; i < work->file_count; i++)
        printf("  %-12s %s\n", work->files[i].option + 2, work->files[i].path);
}

/* ---- Notes on stderr: what is no failure, and may be a mistake ---- */

static void note_absent(const job *work) {
    enum { MOST_NAMED = 10 };
    size_t absent = 0;
    for (size_t i = 0; i < work->classes; i++)
        absent += work->counts[i] == 0;
    if (absent == 0)
        return;
    fprintf(stderr, "focl: note: %zu %s weight 0:", absent,
            focl__noun(absent, "class never occurs and has", "classes never occur and have"));
    size_t named = 0;
    for (size_t i = 0; i < work->classes && named < MOST_NAMED; i++)
        if (work->counts[i] == 0)
            fprintf(stderr, "%s %zu", named++ ? "," : "", i);
    fputs(absent > named ? ", ...\n" : "\n", stderr);
}

static void note_out_of_range(const job *work) {
    const focl_class_counts_record *record = &work->record;
    if (record->out_of_range == 0)
        return;
    fprintf(stderr, "focl: note: %" PRIu64 " %s outside 0..%zu; the first is %" PRId64 " at position %" PRIu64 "\n",
            record->out_of_range, focl__noun(record->out_of_range, "label is", "labels are"), work->classes - 1,
            focl__array_label(&work->input, (size_t)record->first_out_of_range), record->first_out_of_range);
}

static void print_results(const job *work) {
    if (work->options.common.json)
        print_json(work);
    else
        print_text(work);
    note_absent(work);
    note_out_of_range(work);
}

static bool run(job *work, focl__complaint *complaint) {
    list_files(work);
    bool good = check_files(work, complaint) &&
                (work->options.from_counts ? read_counts(work, complaint) : count_targets(work, complaint)) &&
                weigh(work, complaint) && write_files(work, complaint);
    if (good)
        print_results(work);
    free(work->counts);
    free(work->weights);
    focl_destroy(work->handle);
    focl__array_close(&work->input);
    return good;
}

bool focl__command_counts(int count_of_arguments, char **arguments, focl__complaint *complaint) {
    job work = {0};
    bool finished = false;
    if (!focl__parse_arguments(&grammar, count_of_arguments, arguments, &work.options, &work.targets_path, &finished,
                               complaint))
        return false;
    if (finished)
        return true;
    return check_source(&work, complaint) && check_numbers(&work.options, complaint) && run(&work, complaint);
}
