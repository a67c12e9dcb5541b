/* Compiled programs: one per specialisation, kept in the handle. Internal. */
#ifndef FOCL_PROGRAM_H
#define FOCL_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "focl/opencl.h"
#include "focl/status.h"
#include "sys.h"

/* A macro of a program and its value; the options of a build are made of these alone, so that they stay integers. */
typedef struct focl__define {
    const char *macro;
    int value;
} focl__define;

enum { FOCL__DEFINES_MAX = 20 };

/* What a program is specialised for. */
typedef struct focl__program_key {
    const char *source; /* the stem of its .cl file */
    size_t define_count;
    focl__define defines[FOCL__DEFINES_MAX];
} focl__program_key;

typedef struct focl__program_entry focl__program_entry;

typedef struct focl__program_cache {
    focl__mutex mutex;
    focl__condition built;
    focl__program_entry *first;
    size_t count;
    double build_seconds;
} focl__program_cache;

/* FOCL_ENOMEM. */
focl_status focl__program_cache_create(focl__program_cache *cache);
void focl__program_cache_destroy(focl__program_cache *cache);

/* How many were compiled, and the seconds that took. */
size_t focl__program_cache_count(const focl__program_cache *cache);
double focl__program_cache_seconds(const focl__program_cache *cache);

/* Adds a macro to a key. */
void focl__program_define(focl__program_key *key, const char *macro, int value);

/*
 * The program for a key, compiled now if it is not there yet; threads that ask for the same one meanwhile wait, others
 * go on. It belongs to the cache. A failed build is tried again by the next call. FOCL_EBUILD with the start of the
 * log.
 */
focl_status focl__program(focl__program_cache *cache, cl_context context, cl_device_id device, bool correct_division,
                          const focl__program_key *key, cl_program *program);

#endif
