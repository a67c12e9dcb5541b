/* What every call on the caller's OpenCL objects checks: buffers, queue, wait list. Internal. */
#ifndef FOCL_CALL_CHECK_H
#define FOCL_CALL_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "focl/handle.h"
#include "focl/loss.h"

/* An array of a call in device memory. */
typedef struct focl__call_array {
    const char *name; /* of the argument, for complaints: a string literal */
    focl_buffer buffer;
    size_t bytes; /* from the offset on */
    size_t unit;  /* the offset is a multiple of it */
} focl__call_array;

/* The device calculates with an element type: not every one knows f64. FOCL_ENOTSUP. */
focl_status focl__check_type(const focl_handle *handle, const char *name, focl_type type);

/* It is a buffer of the handle's context, and the bytes are inside. FOCL_EINVAL, FOCL_EBOUNDS. */
focl_status focl__check_buffer(const focl_handle *handle, const focl__call_array *array);

/* The arrays have bytes in common, sub-buffers of one memory included. Absent ones have none. */
bool focl__buffers_overlap(const focl__call_array *left, const focl__call_array *right);

/* The queue itself, or the handle's own for NULL; of the handle's context and device. FOCL_EINVAL. */
focl_status focl__check_queue(const focl_handle *handle, cl_command_queue queue, cl_command_queue *chosen);

/* Events where there is a count, and none is NULL. FOCL_EINVAL. */
focl_status focl__check_wait_list(cl_uint wait_count, const cl_event *wait_list);

#endif
