/* The version of these headers; focl_version() gives that of the library at run time. */
#ifndef FOCL_VERSION_H
#define FOCL_VERSION_H

#include "focl/export.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FOCL_VERSION_MAJOR 0
#define FOCL_VERSION_MINOR 1
#define FOCL_VERSION_PATCH 0

/* "0.1.0"; static storage. */
FOCL_API const char *focl_version(void);

#ifdef __cplusplus
}
#endif

#endif
