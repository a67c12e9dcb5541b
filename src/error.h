/* The thread-local error record: how the library's own functions fail. Internal. */
#ifndef FOCL_ERROR_H
#define FOCL_ERROR_H

#include "focl/opencl.h"
#include "focl/status.h"

#if defined(__GNUC__)
#define FOCL__PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define FOCL__PRINTF(text, first)
#endif

/*
 * Records a failure on this thread and returns status, so that a function can `return focl__fail(...)`. argument is the
 * name of the field or parameter at fault ("" if none; a string literal: it is kept by address); the sentence follows
 * as a printf format and is recorded as "argument: sentence".
 */
focl_status focl__fail(focl_status status, const char *argument, const char *format, ...) FOCL__PRINTF(3, 4);

#ifdef __clang_analyzer__
/* Lets the analyser see that a failure returns the status it was given, and so never FOCL_OK. */
#define focl__fail(status, ...) ((void)focl__fail(status, __VA_ARGS__), (status))
#endif

/*
 * Records the failure of an OpenCL call and returns the status that its code maps to (FOCL_EDEVICEMEM, FOCL_ENOMEM,
 * FOCL_EBUILD, FOCL_EDEVICE, ...). call is a string literal such as "clCreateBuffer".
 */
focl_status focl__fail_cl(cl_int code, const char *call);

/* "CL_OUT_OF_RESOURCES" for a code of OpenCL 1.2 to 3.0 or the ICD loader; "unknown OpenCL error". Static storage. */
const char *focl__cl_code_name(cl_int code);

#endif
