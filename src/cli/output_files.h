/* Result arrays written as .npy files that appear whole or not at all. */
#ifndef FOCL_CLI_OUTPUT_FILES_H
#define FOCL_CLI_OUTPUT_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "complaint.h"
#include "npy.h"

typedef struct focl__output {
    const char *option; /* "--grad": for complaints */
    const char *path;
    const float *values; /* as many as the shape has */
    char *partial;       /* the file's name until it is complete; the writer's own */
    bool in_place;       /* it has its final name; the writer's own */
} focl__output;

/* Before the work: the outputs are distinct, and each could be created now. */
bool focl__outputs_check(const focl__output *outputs, size_t count, focl__complaint *complaint);

/*
 * Writes every output beside its final name, then renames them all. On failure nothing that was asked for exists,
 * unless it stood there before and was not yet replaced.
 */
bool focl__outputs_write(focl__output *outputs, size_t count, const focl__npy_shape *shape, focl__complaint *complaint);

#endif
