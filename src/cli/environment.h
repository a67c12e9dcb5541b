/* The environment variables that focl reads, for its manual pages. */
#ifndef FOCL_CLI_ENVIRONMENT_H
#define FOCL_CLI_ENVIRONMENT_H

#include <stddef.h>

typedef struct focl__variable {
    const char *name;
    const char *help;
} focl__variable;

/* NULL behind the last one. */
const focl__variable *focl__variable_at(size_t index);

#endif
