/* What a command that makes one array of others makes: the array, its file, and what is told about it. */
#ifndef FOCL_CLI_ARRAY_RESULT_H
#define FOCL_CLI_ARRAY_RESULT_H

#include "focl/handle.h"
#include "output_files.h"

typedef struct focl__array_result {
    const char *what;      /* "softmax" */
    const char *part;      /* "value" */
    focl__output file;     /* its values are the array */
    focl__npy_shape shape; /* of the file */
    void *values;          /* owned; what file.values points to */
    double kernel_seconds;
} focl__array_result;

/* The elements of a shape; false where they are more than a size can say. */
bool focl__npy_elements(const focl__npy_shape *shape, size_t *elements);

/* Makes the array. On failure the complaint names the option. */
bool focl__array_result_allocate(focl__array_result *result, focl__complaint *complaint);

/* Writes the file. */
bool focl__array_result_write(focl__array_result *result, focl__complaint *complaint);

/* Tells about it on stdout, in lines or as one JSON object. */
void focl__array_result_print(const focl__array_result *result, const focl_handle *handle, bool as_json);

void focl__array_result_free(focl__array_result *result);

#endif
