/* The kernel sources embedded by the build: every cl/<name>.cl with its includes in place. Internal. */
#ifndef FOCL_KERNELS_H
#define FOCL_KERNELS_H

#include <stddef.h>

typedef struct focl__kernel_source {
    const char *name;   /* "sigmoid_loss" for cl/sigmoid_loss.cl */
    const char *text;   /* ends with a NUL that length does not count */
    size_t length;      /* in bytes */
    const char *sha256; /* of the text, 64 hexadecimal digits */
} focl__kernel_source;

/* NULL if there is no such source. Static storage. */
const focl__kernel_source *focl__kernel_source_find(const char *name);

#endif
