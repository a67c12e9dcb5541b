/*
 * The handle: a device, a context, and the programs compiled for them.
 *
 * Threads: a handle may be used by any number of threads at once; create and destroy it on one. Programs are compiled
 * on first use, once per specialisation, and kept until the handle goes. After fork() a handle of the parent must not
 * be used in the child (OpenCL's own rule). Nothing is released at process exit: destroying a handle is optional there.
 */
#ifndef FOCL_HANDLE_H
#define FOCL_HANDLE_H

#include "focl/device.h"
#include "focl/export.h"
#include "focl/opencl.h"
#include "focl/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct focl_handle focl_handle;

/* How the kernels calculate. */
typedef enum focl_math {
    FOCL_MATH_STRICT, /* focl's own exp, log1p and power: the same bits on every device that is bit-exact */
    FOCL_MATH_NATIVE  /* the device's built-ins and fused multiply-add: faster on some devices, accuracy is theirs */
} focl_math;

/*
 * Makes a handle with its own context and in-order queue on the device that the selector names (see focl/device.h).
 * selector NULL: the environment variable FOCL_DEVICE, or the best device if it is unset. FOCL_MAPPING=16x1 overrides
 * the vector width (1..32; 32 needs a compiler that is clang) and work-group size (1..256) that focl would choose, for
 * measurements: no choice changes a bit of a strict result. FOCL_INDEX64=1 makes kernels count in 64 bits where 32
 * would do, for tests of what arrays of 2^32 elements get. On failure *handle is NULL.
 * FOCL_EINVAL, FOCL_ENODEVICE, FOCL_ENOMEM, FOCL_EDEVICE.
 */
FOCL_API focl_status focl_create(focl_handle **handle, const char *selector);

/*
 * Makes a handle in the caller's context, on one of its devices or a part of one (a sub-device). The handle retains
 * both; the caller may release theirs at any time. Such a handle has no queue of its own. FOCL_EINVAL, FOCL_ENOMEM,
 * FOCL_EDEVICE.
 */
FOCL_API focl_status focl_create_from_cl(focl_handle **handle, cl_context context, cl_device_id device);

/* Releases the handle and what it owns; work already enqueued still completes. NULL is fine. */
FOCL_API void focl_destroy(focl_handle *handle);

/*
 * Strict or native arithmetic for the calls that follow; a handle starts with what the environment variable FOCL_MATH
 * says ("strict" or "native"), strict if it is unset. FOCL_EINVAL.
 */
FOCL_API focl_status focl_set_math(focl_handle *handle, focl_math math);

/* What is set; NULL handle: FOCL_MATH_STRICT. */
FOCL_API focl_math focl_handle_math(const focl_handle *handle);

/* The description of the handle's device, owned by the handle; why it was chosen. NULL handle: NULL, "". */
FOCL_API const focl_device *focl_handle_device(const focl_handle *handle);
FOCL_API const char *focl_handle_reason(const focl_handle *handle);

/* The handle's context, and its own queue (NULL if made by focl_create_from_cl); not retained for the caller. */
FOCL_API cl_context focl_handle_context(const focl_handle *handle);
FOCL_API cl_command_queue focl_handle_queue(const focl_handle *handle);

/* Seconds spent so far in compiling programs for this handle, and how many were compiled. NULL handle: 0. */
FOCL_API double focl_handle_build_seconds(const focl_handle *handle);
FOCL_API size_t focl_handle_program_count(const focl_handle *handle);

#ifdef __cplusplus
}
#endif

#endif
