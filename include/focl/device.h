/*
 * OpenCL devices: which are there, which is best, and why.
 *
 * Every platform is asked. A platform that has no device or whose queries fail becomes a note, not an error. Classes
 * come from the device's type first; a GPU that shares memory with the host is an integrated one (igpu).
 *
 * Ranking: GPU, then integrated GPU, accelerator, CPU; within a class a platform that only layers over another API or
 * is retired (Clover, OpenCLOn12, clvk) ranks last, then compute units times clock decides, then memory, then the order
 * of enumeration. focl_device_choose is a pure function of its arguments.
 *
 * Selectors, as taken by focl_create, focl_device_choose, FOCL_DEVICE and --device; matched without regard to case:
 *   ""  or NULL         the best of all devices
 *   gpu igpu accelerator cpu   the best of that class
 *   #2                  the device with that index
 *   PLATFORM:CLASS:NAME any part may be empty; PLATFORM and NAME match a part of the platform's or device's name,
 *                       CLASS is one of the four words. "PLATFORM:" and "::NAME" are complete selectors.
 * They are strict: an unknown word, or no match, is FOCL_ENODEVICE with the candidates listed, never another device.
 *
 * Threads: everything here may be called from any thread; a list is read-only after its creation.
 */
#ifndef FOCL_DEVICE_H
#define FOCL_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "focl/export.h"
#include "focl/opencl.h"
#include "focl/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, word): in the order of preference. */
#define FOCL_DEVICE_CLASS_TABLE(X)     \
    X(FOCL_GPU, "gpu")                 \
    X(FOCL_IGPU, "igpu")               \
    X(FOCL_ACCELERATOR, "accelerator") \
    X(FOCL_CPU, "cpu")

typedef enum focl_device_class {
#define FOCL_DEVICE_CLASS_ENUM(name, word) name,
    FOCL_DEVICE_CLASS_TABLE(FOCL_DEVICE_CLASS_ENUM)
#undef FOCL_DEVICE_CLASS_ENUM
} focl_device_class;

/* "gpu"; "unknown" outside the table. Static storage. */
FOCL_API const char *focl_device_class_name(focl_device_class device_class);

typedef struct focl_device {
    size_t index; /* position in the enumeration: what "#index" selects */
    focl_device_class device_class;
    char name[128];
    char platform[128];
    char driver[128];           /* CL_DRIVER_VERSION */
    char version[128];          /* CL_DEVICE_VERSION */
    char opencl_c[128];         /* CL_DEVICE_OPENCL_C_VERSION */
    uint64_t memory_bytes;      /* CL_DEVICE_GLOBAL_MEM_SIZE */
    uint64_t allocation_bytes;  /* CL_DEVICE_MAX_MEM_ALLOC_SIZE: the largest single buffer */
    uint64_t local_bytes;       /* CL_DEVICE_LOCAL_MEM_SIZE */
    uint32_t compute_units;     /* CL_DEVICE_MAX_COMPUTE_UNITS */
    uint32_t clock_mhz;         /* CL_DEVICE_MAX_CLOCK_FREQUENCY */
    size_t work_group_size;     /* CL_DEVICE_MAX_WORK_GROUP_SIZE */
    bool fp16;                  /* half arithmetic (cl_khr_fp16); storage needs nothing */
    bool fp64;                  /* double arithmetic */
    bool unified_memory;        /* CL_DEVICE_HOST_UNIFIED_MEMORY */
    bool available;             /* CL_DEVICE_AVAILABLE and has a compiler */
    bool correct_division;      /* takes -cl-fp32-correctly-rounded-divide-sqrt */
    bool bit_exact;             /* strict results have the bits of focl_mirror_loss: see bit_exact_reason */
    char bit_exact_reason[128]; /* one clause */
    cl_platform_id cl_platform; /* NULL in descriptions that do not come from OpenCL */
    cl_device_id cl_device;
} focl_device;

typedef struct focl_device_list focl_device_list;

/*
 * Enumerates the devices of every platform into *list, to be freed with focl_device_list_free. No platform and no
 * device is success with an empty list. On failure *list is NULL. FOCL_EINVAL, FOCL_ENOMEM.
 */
FOCL_API focl_status focl_device_list_create(focl_device_list **list);

/* Frees a list; NULL is fine. What the functions below returned goes with it. */
FOCL_API void focl_device_list_free(focl_device_list *list);

/* The devices as an array of focl_device_list_count(list), in the order of their indices. */
FOCL_API const focl_device *focl_device_list_devices(const focl_device_list *list);
FOCL_API size_t focl_device_list_count(const focl_device_list *list);

/* What was refused and why ("platform Clover: no devices"), one sentence each. */
FOCL_API const char *focl_device_list_note(const focl_device_list *list, size_t note);
FOCL_API size_t focl_device_list_note_count(const focl_device_list *list);

/*
 * Chooses among count descriptions by the selector: *chosen becomes the position in devices[], and reason (of
 * reason_bytes, may be NULL) a sentence that says why. Unavailable devices are never chosen. FOCL_ENODEVICE with the
 * candidates in the error's message; FOCL_EINVAL for a malformed selector or NULL arguments.
 */
FOCL_API focl_status focl_device_choose(const focl_device *devices, size_t count, const char *selector, size_t *chosen,
                                        char *reason, size_t reason_bytes);

#ifdef __cplusplus
}
#endif

#endif
