/*
 * Statuses and the error record.
 *
 * Every function that can fail returns a focl_status: FOCL_OK (0) or a negative code. The codes are few, stable, and
 * each is something the caller can act on. What exactly went wrong stands in a record of the calling thread.
 */
#ifndef FOCL_STATUS_H
#define FOCL_STATUS_H

#include "focl/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, value, sentence): the one table of statuses. */
#define FOCL_STATUS_TABLE(X)                                                                     \
    X(FOCL_OK, 0, "success")                                                                     \
    X(FOCL_EINVAL, -1, "an argument has a value that the function does not take")                \
    X(FOCL_EBOUNDS, -2, "a buffer is too small for what is to be read from it or written to it") \
    X(FOCL_EOVERLAP, -3, "an output overlaps another array")                                     \
    X(FOCL_ELABEL, -4, "a target is outside the classes or outside [0, 1]")                      \
    X(FOCL_ENOTSUP, -5, "this device or this version of focl cannot do it")                      \
    X(FOCL_ENODEVICE, -6, "no OpenCL device matches")                                            \
    X(FOCL_EBUILD, -7, "a kernel did not compile on this device")                                \
    X(FOCL_ENOMEM, -8, "out of host memory")                                                     \
    X(FOCL_EDEVICEMEM, -9, "out of device memory")                                               \
    X(FOCL_EDEVICE, -10, "the OpenCL device or driver failed")

typedef enum focl_status {
#define FOCL_STATUS_ENUM(name, value, sentence) name = (value),
    FOCL_STATUS_TABLE(FOCL_STATUS_ENUM)
#undef FOCL_STATUS_ENUM
} focl_status;

/* "FOCL_EINVAL"; "FOCL_UNKNOWN" for a value outside the table. Static storage, never NULL. */
FOCL_API const char *focl_status_name(focl_status status);

/* The table's sentence for a status. Static storage, never NULL. */
FOCL_API const char *focl_status_sentence(focl_status status);

typedef struct focl_error {
    focl_status status;
    int cl_code;          /* the OpenCL error code, 0 if OpenCL was not the cause */
    const char *call;     /* the OpenCL function that failed, "" if none */
    const char *argument; /* the name of the argument or structure field at fault, "" if none */
    const char *message;  /* one sentence with the names and numbers, for a person; never NULL */
} focl_error;

/*
 * The record of the last failure on the calling thread; before any failure, one that says FOCL_OK. Never NULL. The
 * record and its strings belong to focl and are good until the next call of a focl function on the same thread. A call
 * that succeeds leaves the record as it was.
 */
FOCL_API const focl_error *focl_last_error(void);

#ifdef __cplusplus
}
#endif

#endif
