/* What a process's first call costs. */
#define _XOPEN_SOURCE 700 /* nftw */

#include "bench_first_call.h"

#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_cases.h"
#include "bench_outline.h"
#include "bench_statistics.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

extern char **environ;

const char bench_first_call_option[] = "--first-call";

static bool complain(const char *what) {
    perror(what);
    return false;
}

/* ---- The child ---- */

typedef struct child_memory {
    cl_mem logits;
    cl_mem targets;
    cl_mem reduced;
    cl_mem gradient;
} child_memory;

/* Zeros, in whole words. */
static cl_mem zeros(const bench_device *device, size_t bytes) {
    const size_t rounded = (bytes + sizeof(cl_uint) - 1) / sizeof(cl_uint) * sizeof(cl_uint);
    cl_mem buffer = bench_buffer(device, rounded, NULL);
    if (buffer && bench_fill_buffer(device, buffer, rounded, 0))
        return buffer;
    bench_buffer_free(buffer);
    return NULL;
}

static bool make_memory(const bench_device *device, const bench_outline *outline, child_memory *memory) {
    const bool dense = focl_type_is_float(outline->targets_type);
    const size_t elements = bench_elements(outline);
    const size_t targets = dense ? elements : bench_rows(outline);
    *memory = (child_memory){.logits = zeros(device, elements * sizeof(float)),
                             .targets = zeros(device, targets * focl_type_size(outline->targets_type)),
                             .reduced = zeros(device, sizeof(float)),
                             .gradient = zeros(device, elements * sizeof(float))};
    return memory->logits && memory->targets && memory->reduced && memory->gradient;
}

static void free_memory(const child_memory *memory) {
    bench_buffer_free(memory->logits);
    bench_buffer_free(memory->targets);
    bench_buffer_free(memory->reduced);
    bench_buffer_free(memory->gradient);
}

static bool time_call(const bench_device *device, const bench_outline *outline, const child_memory *memory) {
    bench_focl_call call = {.device = device, .description = bench_describe(outline, &outline->variants[0])};
    call.inputs.logits.memory = memory->logits;
    call.inputs.targets.memory = memory->targets;
    call.outputs.reduced.memory = memory->reduced;
    if (outline->variants[0].gradient)
        call.outputs.gradient.memory = memory->gradient;
    const double start = bench_now();
    if (!bench_run_on_device(device, bench_enqueue_focl, &call))
        return false;
    printf("%.9f\n", bench_now() - start);
    return true;
}

bool bench_make_first_call(const char *selector, const char *group) {
    const bench_outline *named = bench_outline_named(group);
    bench_device device;
    child_memory memory;
    if (!named) {
        fprintf(stderr, "focl-bench: %s: no such group\n", group);
        return false;
    }
    const bench_outline outline = bench_quick_outline(named);
    if (!bench_device_open(&device, selector))
        return false;
    const bool passed = make_memory(&device, &outline, &memory) && time_call(&device, &outline, &memory);
    free_memory(&memory);
    bench_device_close(&device);
    return passed;
}

/* ---- The parent ---- */

/* Where drivers keep what they have compiled: PoCL, Mesa, those that follow the desktop's rules, NVIDIA. */
static const char *const cache_variables[] = {"POCL_CACHE_DIR", "MESA_SHADER_CACHE_DIR", "XDG_CACHE_HOME",
                                              "CUDA_CACHE_PATH"};

enum { PATH_BYTES = 4096, SETTING_BYTES = PATH_BYTES + 32 };

/* The environment with other caches; setting[i] belongs to cache_variables[i]. */
typedef struct child_environment {
    char settings[COUNT_OF(cache_variables)][SETTING_BYTES];
    char **variables;
} child_environment;

static bool is_cache_setting(const char *setting) {
    for (size_t i = 0; i < COUNT_OF(cache_variables); i++) {
        const size_t length = strlen(cache_variables[i]);
        if (strncmp(setting, cache_variables[i], length) == 0 && setting[length] == '=')
            return true;
    }
    return false;
}

static bool make_environment(const char *folder, child_environment *made) {
    size_t count = 0;
    while (environ[count])
        count++;
    made->variables = calloc(count + COUNT_OF(cache_variables) + 1, sizeof *made->variables);
    if (!made->variables)
        return complain("calloc");
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!is_cache_setting(environ[i]))
            made->variables[kept++] = environ[i];
    for (size_t i = 0; i < COUNT_OF(cache_variables); i++) {
        snprintf(made->settings[i], sizeof made->settings[i], "%s=%s", cache_variables[i], folder);
        made->variables[kept++] = made->settings[i];
    }
    return true;
}

static bool read_seconds(int input, double *seconds) {
    FILE *stream = fdopen(input, "r");
    if (!stream) {
        close(input);
        return complain("fdopen");
    }
    const bool read = fscanf(stream, "%lf", seconds) == 1;
    fclose(stream);
    return read;
}

static bool start_child(char *const *arguments, char *const *variables, int output, int input, pid_t *child) {
    posix_spawn_file_actions_t actions;
    int code = posix_spawn_file_actions_init(&actions);
    if (code == 0) {
        code = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        if (code == 0)
            code = posix_spawn_file_actions_addclose(&actions, input);
        if (code == 0)
            code = posix_spawn(child, "/proc/self/exe", &actions, NULL, arguments, variables);
        posix_spawn_file_actions_destroy(&actions);
    }
    if (code != 0)
        fprintf(stderr, "focl-bench: cannot start itself: %s\n", strerror(code));
    return code == 0;
}

static bool ask_child(char *const *arguments, char *const *variables, double *seconds) {
    int ends[2];
    pid_t child = 0;
    if (pipe(ends) != 0)
        return complain("pipe");
    const bool started = start_child(arguments, variables, ends[1], ends[0], &child);
    close(ends[1]);
    if (!started) {
        close(ends[0]);
        return false;
    }
    const bool told = read_seconds(ends[0], seconds);
    int status = 0;
    if (waitpid(child, &status, 0) < 0)
        return complain("waitpid");
    if (!told || status != 0)
        fprintf(stderr, "focl-bench: the process of a first call failed\n");
    return told && status == 0;
}

static bool ask_twice(const char *folder, const char *selector, const char *group, double *cold, double *cached) {
    static child_environment environment;
    char program[] = "focl-bench";
    char device_option[] = "--device";
    char *arguments[] = {program,
                         strdup(bench_first_call_option),
                         strdup(group),
                         selector ? device_option : NULL,
                         selector ? strdup(selector) : NULL,
                         NULL};
    const bool passed = arguments[1] && arguments[2] && (!selector || arguments[4]) &&
                        make_environment(folder, &environment) && ask_child(arguments, environment.variables, cold) &&
                        ask_child(arguments, environment.variables, cached);
    free(arguments[1]);
    free(arguments[2]);
    free(arguments[4]);
    free(environment.variables);
    environment.variables = NULL;
    return passed;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status, (void)kind, (void)place;
    return remove(path);
}

bool bench_measure_first_calls(const char *selector, const char *group, double *cold, double *cached) {
    enum { OPEN_FOLDERS = 16 };
    const char *parent = getenv("TMPDIR");
    char folder[PATH_BYTES];
    snprintf(folder, sizeof folder, "%s/focl-bench-XXXXXX", parent ? parent : "/tmp");
    if (!mkdtemp(folder))
        return complain(folder);
    const bool passed = ask_twice(folder, selector, group, cold, cached);
    if (nftw(folder, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) != 0)
        complain(folder);
    return passed;
}
