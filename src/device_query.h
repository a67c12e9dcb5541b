/* What one OpenCL device says of itself, as a focl_device. Internal. */
#ifndef FOCL_DEVICE_QUERY_H
#define FOCL_DEVICE_QUERY_H

#include "focl/device.h"

/*
 * Describes a device as the index-th of its list. A property that cannot be had stays 0, "" or false; what makes the
 * device unusable is only a platform without a name or a device without a type. FOCL_EDEVICE, ...
 */
focl_status focl__device_describe(cl_platform_id platform, cl_device_id device, size_t index, focl_device *out);

/* The same without touching the error record. */
cl_int focl__device_query(cl_platform_id platform, cl_device_id device, size_t index, focl_device *out);

/* The platform's name; "" if the code is not CL_SUCCESS. */
cl_int focl__platform_name(cl_platform_id platform, char *name, size_t bytes);

/* Whether word is one of the space-separated words of list: cl_khr_fp16 is not in "cl_khr_fp16x". */
bool focl__has_word(const char *list, const char *word);

#endif
