/* PyTorch as a peer: request, run, answers. */
#include "bench_torch.h"

#include <stdio.h>
#include <string.h>

bool bench_torch_knows(const focl_loss_description *description) {
    const focl_loss_description *d = description;
    const bool family = d->activation == FOCL_SIGMOID || d->activation == FOCL_SOFTMAX;
    const bool objective = d->objective == FOCL_FOCAL || d->objective == FOCL_CROSS_ENTROPY;
    const bool index = !focl_type_is_float(d->targets_type);
    const bool targets = d->targets_type == FOCL_F32 ? d->activation == FOCL_SIGMOID : index;
    const bool contiguous = d->strides.outer == 0 && d->strides.classes == 0 && d->strides.inner == 0;
    const bool reduction = d->reduction == FOCL_REDUCTION_SUM || d->reduction == FOCL_REDUCTION_MEAN ||
                           d->reduction == FOCL_REDUCTION_POSITIVE_MEAN;
    const bool plain = d->gamma_negative < 0.0 && d->margin == 0.0 && d->poly1 == 0.0 && d->label_smoothing == 0.0 &&
                       d->upstream == 1.0 && d->loss_scale == 1.0 && d->accumulate == 0.0 && !d->has_ignore_index;
    const bool background = !d->has_background || (!d->target_only && d->background == (int64_t)d->shape.classes);
    return family && objective && background && d->logits_type == FOCL_F32 && targets && contiguous && reduction &&
           plain;
}

/* The first of a kind in a group; NULL: none. */
static const bench_result *first_of(const bench_findings *findings, const char *group, bench_kind kind) {
    for (size_t i = 0; i < findings->count; i++)
        if (findings->results[i].kind == kind && strcmp(findings->results[i].group, group) == 0)
            return &findings->results[i];
    return NULL;
}

/* Negative, that is not measured, without anything to divide by. */
static bench_summary ratio(bench_summary seconds, const bench_result *to) {
    if (!to || !(to->seconds.median > 0.0))
        return (bench_summary){-1.0, -1.0, -1.0};
    const double divisor = to->seconds.median;
    return (bench_summary){seconds.median / divisor, seconds.p10 / divisor, seconds.p90 / divisor};
}

bench_result bench_torch_as_result(const bench_torch_result *measured, const bench_findings *findings) {
    const bench_result *focl = first_of(findings, measured->group, BENCH_KIND_FOCL);
    bench_result result = {.group = measured->group,
                           .name = measured->name,
                           .what = measured->what,
                           .kind = BENCH_KIND_PEER,
                           .elements = focl ? focl->elements : -1.0,
                           .bytes = focl ? focl->bytes : -1.0,
                           .seconds = measured->seconds,
                           .device_seconds = {-1.0, -1.0, -1.0},
                           .share = -1.0,
                           .first_cold = -1.0,
                           .first_cached = -1.0,
                           .worst_loss_ulp = -1.0,
                           .worst_gradient_ulp = -1.0};
    result.to_yardstick = ratio(measured->seconds, first_of(findings, measured->group, BENCH_KIND_YARDSTICK));
    result.to_peer = ratio(measured->seconds, first_of(findings, measured->group, BENCH_KIND_PEER));
    if (focl && focl->share >= 0.0 && measured->seconds.median > 0.0)
        result.share = focl->share * focl->seconds.median / measured->seconds.median;
    return result;
}

#ifndef FOCL_BENCH_HAS_JANSSON

bool bench_torch_run(const bench_torch_case *cases, size_t count, bool quick, bench_torch_result *results,
                     size_t *result_count) {
    (void)cases, (void)count, (void)quick, (void)results;
    *result_count = 0;
    fputs("focl-bench: PyTorch is not asked: this focl-bench was built without jansson, a library that reads JSON\n",
          stderr);
    return false;
}

#else

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "json_writer.h"
#include "npy.h"

extern char **environ;

static const double largest_difference = 1e-4;

static const struct {
    const char *name;
    const char *what;
} ways[BENCH_TORCH_RESULTS_PER_CASE] = {{"torch-eager", "PyTorch, eager"},
                                        {"torch-compile", "PyTorch, torch.compile"},
                                        {"torch-eager-cuda", "PyTorch, eager, CUDA"},
                                        {"torch-compile-cuda", "PyTorch, torch.compile, CUDA"}};

/* ---- The folder ---- */

enum { PATH_BYTES = 512, NAME_BYTES = 48 };

typedef struct exchange {
    char folder[PATH_BYTES];
    size_t cases;
} exchange;

typedef struct exchange_path {
    char text[PATH_BYTES + NAME_BYTES + 2];
} exchange_path;

typedef struct exchange_name {
    char text[NAME_BYTES];
} exchange_name;

static const char *const array_names[] = {"logits", "targets", "gradient"};
static const char request_name[] = "request.json";
static const char answer_name[] = "answers.jsonl";

static exchange_name array_name(size_t number, const char *what) {
    exchange_name name;
    snprintf(name.text, sizeof name.text, "%zu_%s.npy", number, what);
    return name;
}

static exchange_path path_of(const exchange *files, const char *name) {
    exchange_path path;
    snprintf(path.text, sizeof path.text, "%s/%s", files->folder, name);
    return path;
}

static bool make_folder(exchange *files) {
    const char *parent = getenv("TMPDIR");
    const int length =
        snprintf(files->folder, sizeof files->folder, "%s/focl-bench-XXXXXX", parent && *parent ? parent : "/tmp");
    if (length > 0 && (size_t)length < sizeof files->folder && mkdtemp(files->folder))
        return true;
    fprintf(stderr, "focl-bench: no folder %s: %s\n", files->folder, strerror(errno));
    return false;
}

static void remove_folder(const exchange *files) {
    for (size_t i = 0; i < files->cases; i++)
        for (size_t a = 0; a < sizeof array_names / sizeof *array_names; a++)
            unlink(path_of(files, array_name(i, array_names[a]).text).text);
    unlink(path_of(files, request_name).text);
    unlink(path_of(files, answer_name).text);
    rmdir(files->folder);
}

/* ---- The request ---- */

static bool close_written(FILE *file, const char *path) {
    const bool whole = !ferror(file);
    if (fclose(file) == 0 && whole)
        return true;
    fprintf(stderr, "focl-bench: %s could not be written: %s\n", path, strerror(errno));
    return false;
}

static FILE *open_to_write(const char *path) {
    FILE *file = fopen(path, "wb");
    if (!file)
        fprintf(stderr, "focl-bench: %s could not be written: %s\n", path, strerror(errno));
    return file;
}

static size_t elements_of(const focl__npy_shape *shape) {
    size_t elements = 1;
    for (size_t i = 0; i < shape->rank; i++)
        elements *= shape->extents[i];
    return elements;
}

static bool write_array(const exchange *files, const char *name, focl_type type, const focl__npy_shape *shape,
                        const void *values) {
    const exchange_path path = path_of(files, name);
    focl__npy_preamble preamble;
    FILE *file = open_to_write(path.text);
    if (!file)
        return false;
    focl__npy_write_preamble(&preamble, type, shape);
    fwrite(preamble.text, 1, preamble.bytes, file);
    fwrite(values, focl_type_size(type), elements_of(shape), file);
    return close_written(file, path.text);
}

static bool write_arrays(const exchange *files, size_t number, const bench_torch_case *asked) {
    const focl_loss_description *description = asked->description;
    const focl_view view = description->shape;
    const focl__npy_shape whole = {3, {view.outer, view.classes, view.inner}};
    const focl__npy_shape rows = {2, {view.outer, view.inner}};
    const bool dense = focl_type_is_float(description->targets_type);
    return write_array(files, array_name(number, "logits").text, FOCL_F32, &whole, asked->logits) &&
           write_array(files, array_name(number, "targets").text, description->targets_type, dense ? &whole : &rows,
                       asked->targets) &&
           write_array(files, array_name(number, "gradient").text, FOCL_F32, &whole, asked->gradient);
}

static const char *reduction_word(focl_reduction reduction) {
#define REDUCTION_WORD(name, word, divisor) [name] = (word),
    static const char *const words[] = {FOCL_REDUCTION_TABLE(REDUCTION_WORD)};
#undef REDUCTION_WORD
    return words[reduction];
}

static void write_case(focl__json *json, size_t number, const bench_torch_case *asked) {
    const focl_loss_description *description = asked->description;
    focl__json_open(json, NULL, '{');
    for (size_t a = 0; a < sizeof array_names / sizeof *array_names; a++)
        focl__json_string(json, array_names[a], array_name(number, array_names[a]).text);
    focl__json_string(json, "group", asked->group);
    focl__json_double(json, "loss", asked->loss);
    focl__json_bool(json, "softmax", description->activation == FOCL_SOFTMAX);
    focl__json_bool(json, "dense", focl_type_is_float(description->targets_type));
    focl__json_bool(json, "target_only", description->target_only);
    focl__json_double(json, "gamma", description->gamma);
    if (description->alpha >= 0.0)
        focl__json_double(json, "alpha", description->alpha);
    else
        focl__json_null(json, "alpha");
    focl__json_string(json, "reduction", reduction_word(description->reduction));
    focl__json_close(json, '}');
}

static bool write_request(const exchange *files, const bench_torch_case *cases, bool quick) {
    const exchange_path path = path_of(files, request_name);
    for (size_t i = 0; i < files->cases; i++)
        if (!write_arrays(files, i, &cases[i]))
            return false;
    FILE *file = open_to_write(path.text);
    if (!file)
        return false;
    focl__json json = focl__json_start(file);
    focl__json_open(&json, NULL, '{');
    focl__json_bool(&json, "quick", quick);
    focl__json_open(&json, "cases", '[');
    for (size_t i = 0; i < files->cases; i++)
        write_case(&json, i, &cases[i]);
    focl__json_close(&json, ']');
    focl__json_close(&json, '}');
    fputc('\n', file);
    return close_written(file, path.text);
}

/* ---- The run ---- */

static const char *from_environment(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value && *value ? value : otherwise;
}

/* Starts a program whose standard output is a file; an errno. */
static int start(pid_t *child, char *const arguments[], const char *output) {
    posix_spawn_file_actions_t actions;
    int problem = posix_spawn_file_actions_init(&actions);
    if (problem)
        return problem;
    problem = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (!problem)
        problem = posix_spawnp(child, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return problem;
}

/* The source's, as long as it is there, else the installed one. */
static const char *usual_script(void) {
    return access(FOCL_BENCH_TORCH_SCRIPT, R_OK) == 0 ? FOCL_BENCH_TORCH_SCRIPT : FOCL_BENCH_TORCH_INSTALLED;
}

static bool run_script(const exchange *files) {
    exchange_path request = path_of(files, request_name);
    const exchange_path answers = path_of(files, answer_name);
    char interpreter[PATH_BYTES], script[4 * PATH_BYTES];
    snprintf(interpreter, sizeof interpreter, "%s", from_environment("FOCL_BENCH_PYTHON", "python3"));
    snprintf(script, sizeof script, "%s", from_environment("FOCL_BENCH_TORCH_SCRIPT", usual_script()));
    char *const arguments[] = {interpreter, script, request.text, NULL};
    pid_t child = 0;
    int status = 0;
    const int problem = start(&child, arguments, answers.text);
    if (problem) {
        fprintf(stderr, "focl-bench: %s could not be run: %s\n", interpreter, strerror(problem));
        return false;
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    fprintf(stderr, "focl-bench: %s %s failed\n", interpreter, script);
    return false;
}

/* ---- The answers ---- */

static double number_of(const json_t *object, const char *key) {
    const json_t *number = json_object_get(object, key);
    return json_is_number(number) ? json_number_value(number) : -1.0;
}

static bool within(double difference) {
    return difference >= 0.0 && difference <= largest_difference;
}

/* The way of that name; BENCH_TORCH_RESULTS_PER_CASE: none. */
static size_t way_of(const char *name) {
    size_t way = 0;
    while (way < BENCH_TORCH_RESULTS_PER_CASE && (!name || strcmp(name, ways[way].name) != 0))
        way++;
    return way;
}

/* One answer: a result, or the reason why there is none. False if it is neither. */
static bool read_answer(const json_t *answer, const bench_torch_case *cases, size_t count, bench_torch_result *results,
                        size_t *result_count) {
    const json_t *number = json_object_get(answer, "case");
    const char *problem = json_string_value(json_object_get(answer, "error"));
    const size_t way = way_of(json_string_value(json_object_get(answer, "name")));
    const json_t *seconds = json_object_get(answer, "seconds");
    const json_int_t asked = json_is_integer(number) ? json_integer_value(number) : -1;
    if (asked < 0 || (uintmax_t)asked >= count || way == BENCH_TORCH_RESULTS_PER_CASE)
        return false;
    if (problem) {
        fprintf(stderr, "focl-bench: %s: no %s: %s\n", cases[asked].group, ways[way].what, problem);
        return true;
    }
    const bench_torch_result result = {
        .group = cases[asked].group,
        .name = ways[way].name,
        .what = ways[way].what,
        .seconds = {number_of(seconds, "median"), number_of(seconds, "p10"), number_of(seconds, "p90")},
        .loss_difference = number_of(answer, "loss_difference"),
        .gradient_difference = number_of(answer, "gradient_difference"),
        .agrees = within(number_of(answer, "loss_difference")) && within(number_of(answer, "gradient_difference"))};
    if (!(result.seconds.median > 0.0) || *result_count == count * BENCH_TORCH_RESULTS_PER_CASE)
        return false;
    results[(*result_count)++] = result;
    return true;
}

static bool read_line(const char *line, const bench_torch_case *cases, size_t count, bench_torch_result *results,
                      size_t *result_count) {
    json_error_t error;
    json_t *answer = json_loads(line, 0, &error);
    const bool good = answer && read_answer(answer, cases, count, results, result_count);
    if (!good)
        fprintf(stderr, "focl-bench: no answer of the PyTorch script: %.*s\n", (int)strcspn(line, "\n"), line);
    json_decref(answer);
    return good;
}

/* A JSON object on every line. */
static bool read_answers(const exchange *files, const bench_torch_case *cases, bench_torch_result *results,
                         size_t *result_count) {
    const exchange_path path = path_of(files, answer_name);
    FILE *file = fopen(path.text, "rb");
    char *line = NULL;
    size_t bytes = 0;
    bool good = file != NULL;
    while (good && getline(&line, &bytes, file) >= 0)
        good = read_line(line, cases, files->cases, results, result_count);
    good = good && !ferror(file);
    if (!file)
        fprintf(stderr, "focl-bench: %s: %s\n", path.text, strerror(errno));
    else
        fclose(file);
    free(line);
    return good;
}

static bool all_known(const bench_torch_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!bench_torch_knows(cases[i].description)) {
            fprintf(stderr, "focl-bench: %s: the PyTorch script does not know this loss\n", cases[i].group);
            return false;
        }
    return true;
}

bool bench_torch_run(const bench_torch_case *cases, size_t count, bool quick, bench_torch_result *results,
                     size_t *result_count) {
    exchange files = {.cases = count};
    *result_count = 0;
    if (!all_known(cases, count) || !make_folder(&files))
        return false;
    const bool good =
        write_request(&files, cases, quick) && run_script(&files) && read_answers(&files, cases, results, result_count);
    remove_folder(&files);
    return good;
}

#endif
