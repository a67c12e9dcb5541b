/*
 * NumPy's .npy files, versions 1.0, 2.0 and 3.0: read through a mapping, written in version 1.0.
 *
 * A file may be hostile: nothing of it is believed before it has been checked against the length of the file. One that
 * is shortened by another program while it is mapped is beyond this.
 */
#ifndef FOCL_CLI_NPY_H
#define FOCL_CLI_NPY_H

#include <stdbool.h>
#include <stddef.h>

#include "complaint.h"
#include "focl/view.h"

#define FOCL__NPY_MAX_RANK 64 /* NumPy's own limit */

typedef struct focl__npy_shape {
    size_t rank;
    size_t extents[FOCL__NPY_MAX_RANK];
} focl__npy_shape;

typedef struct focl__npy {
    const char *path;   /* the caller's string */
    char kind;          /* 'b' boolean, 'u' unsigned, 'i' signed, 'f' floating point */
    size_t item_bytes;  /* 1, 2, 4 or 8 */
    bool swapped;       /* the bytes of an item are in the other order than this machine's */
    bool fortran_order; /* the first axis varies fastest */
    focl__npy_shape shape;
    size_t elements;
    const unsigned char *data; /* elements x item_bytes, not necessarily aligned */
    void *mapping;
    size_t mapping_bytes;
} focl__npy;

/* Maps a file and checks its header. On failure the complaint names the file, and there is nothing to close. */
bool focl__npy_open(focl__npy *array, const char *path, focl__complaint *complaint);

/* The same for a file that is in memory already, name for complaints: the bytes stay the caller's, as does the name. */
bool focl__npy_open_bytes(focl__npy *array, const char *name, const void *bytes, size_t count,
                          focl__complaint *complaint);

/* Unmaps. A zeroed array is fine. */
void focl__npy_close(focl__npy *array);

bool focl__npy_same_shape(const focl__npy_shape *left, const focl__npy_shape *right);

/* A shape as Python writes it: "(1797, 10)", "(5,)", "()"; shortened with "..." where it does not fit. */
typedef struct focl__npy_shape_text {
    char text[128];
} focl__npy_shape_text;
focl__npy_shape_text focl__npy_describe_shape(const focl__npy_shape *shape);

/* The element type as NumPy writes it, without byte order: "f4". */
typedef struct focl__npy_type_text {
    char text[8];
} focl__npy_type_text;
focl__npy_type_text focl__npy_describe_type(const focl__npy *array);

/* Which elements of a file are those of a type: 'f' and 2 for FOCL_F16. NumPy has no bf16: its bits are u2. */
typedef struct focl__npy_kind {
    char kind;
    size_t item_bytes;
} focl__npy_kind;
focl__npy_kind focl__npy_kind_of(focl_type type);

/* Everything before the data of an array in C order; bytes is a multiple of 64. */
typedef struct focl__npy_preamble {
    size_t bytes;
    char text[2048];
} focl__npy_preamble;
void focl__npy_write_preamble(focl__npy_preamble *preamble, focl_type type, const focl__npy_shape *shape);

#endif
