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

/* Where a mapping came from. */
typedef enum focl_mapping_source {
    FOCL_MAPPING_TABLE,      /* focl's own, by class of device */
    FOCL_MAPPING_TUNING,     /* the user's tuning file */
    FOCL_MAPPING_ENVIRONMENT /* FOCL_MAPPING */
} focl_mapping_source;

/*
 * How elements are laid over work-items: a matter of speed alone, no mapping changes a bit of a strict result.
 *
 * The environment variable FOCL_MAPPING=16x1 (vector x group), or 16x1x256 (and prefetch), is first. Next comes the
 * user's tuning file, which `focl-bench --tune` measures and writes: `tuning` in the cache folder, which is
 * FOCL_CACHE_DIR, else $XDG_CACHE_HOME/focl, else ~/.cache/focl. It has a line for each device, of the device's name,
 * its driver's version and the mapping, with tabs between; a line of another driver's version does not count, nor does
 * a malformed one, and a file that cannot be read is no error. FOCL_TUNING=0 leaves the file alone. Last is focl's own
 * table. All of them are read when a handle is created.
 */
typedef struct focl_mapping {
    unsigned vector;   /* floats in a vector, 1..64, of doubles a half; more than 16 need a compiler that is clang */
    unsigned group;    /* work-items in a group, 1..256, and at most what the device takes */
    unsigned prefetch; /* how many floats ahead to ask memory for, 0..4096, 0 for not */
    focl_mapping_source source;
} focl_mapping;

/*
 * Makes a handle with its own context and in-order queue on the device that the selector names (see focl/device.h).
 * selector NULL: the environment variable FOCL_DEVICE, or the best device if it is unset. FOCL_MAPPING and FOCL_TUNING
 * say how it is used: see focl_mapping. FOCL_INDEX64=1 makes kernels count in 64 bits where 32 would do, for tests of
 * what arrays of 2^32 elements get. On failure *handle is NULL.
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

/* How elements are laid over the device's work-items, owned by the handle. NULL handle: NULL. */
FOCL_API const focl_mapping *focl_handle_mapping(const focl_handle *handle);

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
