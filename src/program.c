/* Compiling the embedded sources, once per key. */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "kernels.h"

enum { OPTIONS_BYTES = 640, LOG_BYTES = 400 };

typedef enum entry_state { ENTRY_BUILDING, ENTRY_READY, ENTRY_FAILED } entry_state;

struct focl__program_entry {
    focl__program_entry *next;
    const char *source;
    char options[OPTIONS_BYTES];
    entry_state state;
    cl_program program;
};

focl_status focl__program_cache_create(focl__program_cache *cache) {
    *cache = (focl__program_cache){0};
    if (!focl__mutex_create(&cache->mutex))
        return focl__fail(FOCL_ENOMEM, "", "no mutex could be made");
    if (!focl__condition_create(&cache->built)) {
        focl__mutex_destroy(&cache->mutex);
        return focl__fail(FOCL_ENOMEM, "", "no condition variable could be made");
    }
    return FOCL_OK;
}

void focl__program_cache_destroy(focl__program_cache *cache) {
    while (cache->first) {
        focl__program_entry *entry = cache->first;
        cache->first = entry->next;
        if (entry->program)
            clReleaseProgram(entry->program);
        free(entry);
    }
    focl__condition_destroy(&cache->built);
    focl__mutex_destroy(&cache->mutex);
}

/* The counters are read under the lock although the cache is const to the reader: the lock is not part of its value. */
static focl__program_cache read_counters(const focl__program_cache *cache) {
    focl__mutex *mutex = (focl__mutex *)&cache->mutex;
    focl__mutex_lock(mutex);
    const focl__program_cache counters = {.count = cache->count, .build_seconds = cache->build_seconds};
    focl__mutex_unlock(mutex);
    return counters;
}

size_t focl__program_cache_count(const focl__program_cache *cache) {
    return read_counters(cache).count;
}

double focl__program_cache_seconds(const focl__program_cache *cache) {
    return read_counters(cache).build_seconds;
}

void focl__program_define(focl__program_key *key, const char *macro, int value) {
    key->defines[key->define_count++] = (focl__define){macro, value};
}

/* The options are the key's text as well: two keys are the same if they compile the same. */
static focl_status write_options(const focl__program_key *key, bool correct_division, char options[OPTIONS_BYTES]) {
    int length = snprintf(options, OPTIONS_BYTES, "-cl-std=CL1.2%s",
                          correct_division ? " -cl-fp32-correctly-rounded-divide-sqrt" : "");
    for (size_t i = 0; i < key->define_count && length >= 0 && length < OPTIONS_BYTES; i++)
        length += snprintf(options + length, (size_t)(OPTIONS_BYTES - length), " -D%s=%d", key->defines[i].macro,
                           key->defines[i].value);
    if (length < 0 || length >= OPTIONS_BYTES)
        return focl__fail(FOCL_EBUILD, "", "the options of %s are longer than %d bytes", key->source, OPTIONS_BYTES);
    return FOCL_OK;
}

/* Drivers end their logs with a NUL, with several, or not at all. */
static focl_status fail_build(cl_program program, cl_device_id device, const char *source) {
    size_t bytes = 0;
    char *log = NULL;
    if (clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, NULL, &bytes) == CL_SUCCESS)
        log = calloc(bytes + 1, 1);
    if (log && clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, bytes, log, NULL) != CL_SUCCESS)
        log[0] = '\0';
    const focl_status status = focl__fail(FOCL_EBUILD, "", "cl/%s.cl did not compile: %.*s", source, LOG_BYTES,
                                          log && log[0] ? log : "the driver left no log");
    free(log);
    return status;
}

static focl_status build(cl_context context, cl_device_id device, const char *name, const char *options,
                         cl_program *program) {
    const focl__kernel_source *source = focl__kernel_source_find(name);
    if (!source)
        return focl__fail(FOCL_EBUILD, "", "cl/%s.cl is not in this build of focl", name);
    const char *text = source->text;
    const size_t length = source->length;
    cl_int code = CL_SUCCESS;
    cl_program made = clCreateProgramWithSource(context, 1, &text, &length, &code);
    if (code != CL_SUCCESS)
        return focl__fail_cl(code, "clCreateProgramWithSource");
    code = clBuildProgram(made, 1, &device, options, NULL, NULL);
    if (code != CL_SUCCESS) {
        const focl_status status =
            code == CL_BUILD_PROGRAM_FAILURE ? fail_build(made, device, name) : focl__fail_cl(code, "clBuildProgram");
        clReleaseProgram(made);
        return status;
    }
    *program = made;
    return FOCL_OK;
}

static focl__program_entry *find(const focl__program_cache *cache, const char *source, const char *options) {
    for (focl__program_entry *entry = cache->first; entry; entry = entry->next) {
        if (strcmp(entry->source, source) == 0 && strcmp(entry->options, options) == 0)
            return entry;
    }
    return NULL;
}

/* The entry of a key, as this thread's to build (*mine) or built by another. The mutex is held. */
static focl__program_entry *claim(focl__program_cache *cache, const char *source, const char *options, bool *mine) {
    focl__program_entry *entry = find(cache, source, options);
    while (entry && entry->state == ENTRY_BUILDING)
        focl__condition_wait(&cache->built, &cache->mutex);
    *mine = !entry || entry->state == ENTRY_FAILED;
    if (entry) {
        if (*mine)
            entry->state = ENTRY_BUILDING;
        return entry;
    }
    entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    entry->source = source;
    memcpy(entry->options, options, OPTIONS_BYTES);
    entry->next = cache->first;
    cache->first = entry;
    return entry;
}

focl_status focl__program(focl__program_cache *cache, cl_context context, cl_device_id device, bool correct_division,
                          const focl__program_key *key, cl_program *program) {
    char options[OPTIONS_BYTES] = "";
    focl_status status = write_options(key, correct_division, options);
    if (status)
        return status;

    bool mine = false;
    focl__mutex_lock(&cache->mutex);
    focl__program_entry *entry = claim(cache, key->source, options, &mine);
    focl__mutex_unlock(&cache->mutex);
    if (!entry)
        return focl__fail(FOCL_ENOMEM, "", "no memory for a program's entry");
    if (mine) {
        const double start = focl__clock_seconds();
        cl_program built = NULL;
        status = build(context, device, key->source, options, &built);
        focl__mutex_lock(&cache->mutex);
        entry->program = built;
        entry->state = status ? ENTRY_FAILED : ENTRY_READY;
        cache->count += status ? 0 : 1;
        cache->build_seconds += focl__clock_seconds() - start;
        focl__condition_wake_all(&cache->built);
        focl__mutex_unlock(&cache->mutex);
        if (status)
            return status;
    }
    *program = entry->program;
    return FOCL_OK;
}
