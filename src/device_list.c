/* The enumeration of all devices of all platforms, and of what was refused. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "device_query.h"
#include "error.h"
#include "focl/device.h"

/* The ICD loader's own code for "no platform installed"; it stands in an extension header that not all have. */
enum { NO_PLATFORMS = -1001 };

typedef struct list_note {
    char text[256];
} list_note;

struct focl_device_list {
    focl_device *devices;
    size_t device_count;
    list_note *notes;
    size_t note_count;
};

/* Room for one more element at the end; NULL, with the array as it was, if there is no memory. */
static void *grow(void *array, size_t count, size_t element_bytes) {
    return count < SIZE_MAX / element_bytes - 1 ? realloc(array, (count + 1) * element_bytes) : NULL;
}

static bool add_note(focl_device_list *list, const char *format, ...) FOCL__PRINTF(2, 3);

static bool add_note(focl_device_list *list, const char *format, ...) {
    list_note *notes = grow(list->notes, list->note_count, sizeof *notes);
    if (!notes) {
        return false;
    }
    list->notes = notes;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(notes[list->note_count].text, sizeof notes->text, format, arguments);
    va_end(arguments);
    list->note_count++;
    return true;
}

static bool add_device(focl_device_list *list, cl_platform_id platform, const char *platform_name,
                       cl_device_id device) {
    focl_device description;
    cl_int code = focl__device_query(platform, device, list->device_count, &description);
    if (code != CL_SUCCESS) {
        return add_note(list, "platform %s: a device does not answer: %s", platform_name, focl__cl_code_name(code));
    }
    focl_device *devices = grow(list->devices, list->device_count, sizeof *devices);
    if (!devices) {
        return false;
    }
    list->devices = devices;
    devices[list->device_count++] = description;
    return true;
}

static bool add_devices(focl_device_list *list, cl_platform_id platform, const char *platform_name) {
    cl_uint count = 0;
    cl_int code = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &count);
    if (code == CL_DEVICE_NOT_FOUND || (code == CL_SUCCESS && count == 0)) {
        return add_note(list, "platform %s: no devices", platform_name);
    }
    if (code != CL_SUCCESS) {
        return add_note(list, "platform %s: %s", platform_name, focl__cl_code_name(code));
    }
    cl_device_id *devices = calloc(count, sizeof *devices);
    if (!devices) {
        return false;
    }
    bool added = true;
    code = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, devices, NULL);
    if (code != CL_SUCCESS) {
        added = add_note(list, "platform %s: %s", platform_name, focl__cl_code_name(code));
        count = 0;
    }
    for (cl_uint i = 0; added && i < count; i++) {
        added = add_device(list, platform, platform_name, devices[i]);
    }
    free(devices);
    return added;
}

static bool add_platform(focl_device_list *list, cl_platform_id platform, size_t number) {
    char name[sizeof((focl_device *)0)->platform];
    cl_int code = focl__platform_name(platform, name, sizeof name);
    if (code != CL_SUCCESS) {
        return add_note(list, "platform number %zu: its name: %s", number, focl__cl_code_name(code));
    }
    return add_devices(list, platform, name);
}

static bool add_platforms(focl_device_list *list) {
    cl_uint count = 0;
    cl_int code = clGetPlatformIDs(0, NULL, &count);
    if (code == NO_PLATFORMS || (code == CL_SUCCESS && count == 0)) {
        return add_note(list, "no OpenCL platform is installed");
    }
    if (code != CL_SUCCESS) {
        return add_note(list, "the OpenCL loader: %s", focl__cl_code_name(code));
    }
    cl_platform_id *platforms = calloc(count, sizeof *platforms);
    if (!platforms) {
        return false;
    }
    bool added = true;
    code = clGetPlatformIDs(count, platforms, NULL);
    if (code != CL_SUCCESS) {
        added = add_note(list, "the OpenCL loader: %s", focl__cl_code_name(code));
        count = 0;
    }
    for (cl_uint i = 0; added && i < count; i++) {
        added = add_platform(list, platforms[i], i);
    }
    free(platforms);
    return added;
}

focl_status focl_device_list_create(focl_device_list **list) {
    if (!list) {
        return focl__fail(FOCL_EINVAL, "list", "must not be NULL");
    }
    *list = NULL;
    focl_device_list *created = calloc(1, sizeof *created);
    if (!created || !add_platforms(created)) {
        focl_device_list_free(created);
        return focl__fail(FOCL_ENOMEM, "", "no memory for the list of devices");
    }
    *list = created;
    return FOCL_OK;
}

void focl_device_list_free(focl_device_list *list) {
    if (list) {
        free(list->devices);
        free(list->notes);
        free(list);
    }
}

const focl_device *focl_device_list_devices(const focl_device_list *list) {
    return list ? list->devices : NULL;
}

size_t focl_device_list_count(const focl_device_list *list) {
    return list ? list->device_count : 0;
}

const char *focl_device_list_note(const focl_device_list *list, size_t note) {
    return list && note < list->note_count ? list->notes[note].text : "";
}

size_t focl_device_list_note_count(const focl_device_list *list) {
    return list ? list->note_count : 0;
}
