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

/* What a call asks of a device that not every device can do. */
typedef struct focl__device_demand {
    const char *type_name; /* of the argument, for complaints: a string literal */
    focl_type type;
    size_t classes;  /* of rows that items go through */
    bool are_shared; /* by the items of a group */
    size_t summands; /* that one group sums, a tile after the other; 0: none */
} focl__device_demand;

/* The device knows the type, and its loops are long enough. FOCL_ENOTSUP. */
focl_status focl__check_device(const focl_handle *handle, const focl__device_demand *demand);

/* It is a buffer of the handle's context, and the bytes are inside. FOCL_EINVAL, FOCL_EBOUNDS. */
focl_status focl__check_buffer(const focl_handle *handle, const focl__call_array *array);

/* The arrays have bytes in common, sub-buffers of one memory included. Absent ones have none. */
bool focl__buffers_overlap(const focl__call_array *left, const focl__call_array *right);

/*
 * What every call starts from. *chosen becomes the queue, of the handle's context and device, or the handle's own for
 * NULL; there are events where there is a count, and none is NULL. FOCL_EINVAL.
 */
focl_status focl__check_start(const focl_handle *handle, cl_command_queue queue, cl_uint wait_count,
                              const cl_event *wait_list, cl_command_queue *chosen);

#endif
