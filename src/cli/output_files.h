/* Result arrays written as .npy files, and other files, that appear whole or not at all. */
#ifndef FOCL_CLI_OUTPUT_FILES_H
#define FOCL_CLI_OUTPUT_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "complaint.h"
#include "npy.h"

typedef struct focl__output {
    const char *option; /* "--grad": for complaints */
    const char *path;
    const void *values;           /* as many as the shape has */
    size_t raw_bytes;             /* not 0: values are a file as it is, of so many bytes, and no array */
    focl_type type;               /* of the values: FOCL_F32 unless another is set */
    const focl__npy_shape *shape; /* NULL: that of the call */
    char *target;                 /* the path without symbolic links, while it is written; the writer's own */
    char *partial;                /* the file's name until it is complete; the writer's own */
    bool in_place;                /* it has its final name; the writer's own */
} focl__output;

/* A file that the outputs must not destroy. */
typedef struct focl__input {
    const char *owner; /* "the logits'": for complaints */
    const char *path;  /* NULL: not given */
} focl__input;

/* Before the work: the outputs are distinct, and each could be created now. */
bool focl__outputs_check(const focl__output *outputs, size_t count, focl__complaint *complaint);

/* Before the work: no output is the file of an input, by whatever name. */
bool focl__outputs_spare(const focl__output *outputs, size_t count, const focl__input *inputs, size_t input_count,
                         focl__complaint *complaint);

/*
 * Writes every output beside its final name, then renames them all; of a symbolic link, the file that it leads to. Each
 * file is on failure either complete or as it was before. shape is that of every output without one of its own.
 */
bool focl__outputs_write(focl__output *outputs, size_t count, const focl__npy_shape *shape, focl__complaint *complaint);

#endif
