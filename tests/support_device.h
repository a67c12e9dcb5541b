/* What tests of device calls share: arrays between guards, handles with a setting, refusals. */
#ifndef FOCL_TESTS_SUPPORT_DEVICE_H
#define FOCL_TESTS_SUPPORT_DEVICE_H

#include "support.h"

/* Device memory: guard, offset, array, guard. */
typedef struct device_array {
    focl_buffer place;
    size_t bytes;
} device_array;

/* With these values, or poison for NULL. The offset counts bytes. */
device_array device_array_create(cl_context context, const void *values, size_t bytes, size_t offset);

/* Reads the array into *values, checks the guards, and releases the memory. */
void device_array_finish(cl_command_queue queue, device_array *array, void *values);

/* A handle of its own for a device under test, made while an environment variable has a value; name NULL: none has. */
focl_handle *device_handle_with(const char *name, const char *value, size_t device);

/* The status, and that the thread's last error names the argument and says this. */
void device_assert_error(focl_status status, focl_status expected, const char *argument, const char *in_message);

#endif
