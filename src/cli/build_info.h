/* What this focl was built with. */
#ifndef FOCL_CLI_BUILD_INFO_H
#define FOCL_CLI_BUILD_INFO_H

#include <stddef.h>

typedef struct focl__build_fact {
    const char *name;  /* "compiler" */
    const char *value; /* "GCC 12.2.0" */
} focl__build_fact;

/* NULL behind the last one. */
const focl__build_fact *focl__build_fact_at(size_t index);

/* The version and the facts, a line each, to stdout. */
void focl__print_version(void);

#endif
