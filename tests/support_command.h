/*
 * What the tests of the command and of .npy files share: a scratch folder, .npy files made of literal bytes, runs of
 * the built command, and a look at its JSON.
 *
 * Environment:
 *   FOCL_COMMAND   the focl to run; ctest sets it
 */
#ifndef FOCL_TESTS_SUPPORT_COMMAND_H
#define FOCL_TESTS_SUPPORT_COMMAND_H

#include "support.h"

/* ---- Files ---- */

/* A folder of this process's own, made on first use and removed with all its files by scratch_remove. */
const char *scratch_folder(void);
void scratch_remove(void);

typedef struct scratch_path {
    char text[512];
} scratch_path;
scratch_path scratch_file(const char *name);

bool scratch_exists(const char *name);
size_t scratch_count(void); /* the files in the folder */
void scratch_write(const char *name, const void *bytes, size_t count);

/* A .npy file: version 1, 2 or 3, the header as given, then the data. */
void scratch_npy_header(const char *name, int version, const char *header, const void *data, size_t bytes);

/* The same with the usual header; type such as "<f4", shape such as "(2, 3)". */
void scratch_npy(const char *name, const char *type, const char *shape, const void *data, size_t bytes);

/* Everything in a file, with a NUL behind; to be freed. */
char *read_file(const char *path, size_t *bytes);

/* ---- Runs ---- */

typedef struct command_result {
    int status; /* -1: it did not end by itself */
    char *out;
    char *err;
} command_result;

/*
 * Runs focl with arguments separated by blanks. "@name" stands for that file of the scratch folder and "$name" for that
 * file of tests/data. environment, if not NULL, is one more "NAME=value". Without other orders the device is
 * FOCL_TEST_DEVICE's.
 */
command_result command_run(const char *arguments, const char *environment);
void command_free(command_result *result);

/*
 * The same with stderr on a terminal, whose text becomes err, and Ctrl-C as soon as `awaited` has been shown there. The
 * text has all that was ever shown.
 */
command_result command_interrupt(const char *arguments, const char *awaited);

/* ---- JSON ---- */

/* True if the text is one JSON value and a newline. */
bool json_is_valid(const char *text);

/* Where the value of the first such key starts; the test fails if there is none. */
const char *json_find(const char *text, const char *key);
double json_number(const char *text, const char *key);

#endif
