/* Asks one OpenCL device for everything that focl_device holds. */
#include "device_query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

/* Who is asked: the device, or the platform if there is no device. */
typedef struct subject {
    cl_platform_id platform;
    cl_device_id device;
} subject;

static cl_int ask(subject who, cl_uint what, size_t bytes, void *value, size_t *value_bytes) {
    if (who.device) {
        return clGetDeviceInfo(who.device, what, bytes, value, value_bytes);
    }
    return clGetPlatformInfo(who.platform, what, bytes, value, value_bytes);
}

/* The answer as a string of its own that the caller frees. Some drivers leave out the NUL, so one is added. */
static cl_int ask_text(subject who, cl_uint what, char **text) {
    *text = NULL;
    size_t bytes = 0;
    cl_int code = ask(who, what, 0, NULL, &bytes);
    if (code != CL_SUCCESS) {
        return code;
    }
    char *answer = calloc(bytes + 1, 1);
    if (!answer) {
        return CL_OUT_OF_HOST_MEMORY;
    }
    code = bytes > 0 ? ask(who, what, bytes, answer, NULL) : CL_SUCCESS;
    if (code != CL_SUCCESS) {
        free(answer);
        return code;
    }
    *text = answer;
    return CL_SUCCESS;
}

static void copy_trimmed(char *to, size_t bytes, const char *from) {
    from += strspn(from, " ");
    size_t length = strlen(from);
    while (length > 0 && from[length - 1] == ' ') {
        length--;
    }
    if (length > bytes - 1) {
        length = bytes - 1;
    }
    memcpy(to, from, length);
    to[length] = '\0';
}

static cl_int ask_trimmed(subject who, cl_uint what, char *to, size_t bytes) {
    char *text = NULL;
    cl_int code = ask_text(who, what, &text);
    copy_trimmed(to, bytes, text ? text : "");
    free(text);
    return code;
}

cl_int focl__platform_name(cl_platform_id platform, char *name, size_t bytes) {
    return ask_trimmed((subject){.platform = platform}, CL_PLATFORM_NAME, name, bytes);
}

bool focl__has_word(const char *list, const char *word) {
    size_t length = strlen(word);
    while (*list != '\0') {
        size_t token = strcspn(list, " ");
        if (token == length && memcmp(list, word, length) == 0) {
            return true;
        }
        list += token;
        list += strspn(list, " ");
    }
    return false;
}

/* A field of focl_device and where its value comes from. */
typedef struct field_source {
    cl_device_info what;
    size_t offset;
    size_t bytes;
} field_source;

#define FIELD_SOURCE(what, field) \
    { what, offsetof(focl_device, field), sizeof(((focl_device *)0)->field) }

/* Taken as the bytes that OpenCL gives. */
static const field_source numbers[] = {
    FIELD_SOURCE(CL_DEVICE_GLOBAL_MEM_SIZE, memory_bytes),
    FIELD_SOURCE(CL_DEVICE_MAX_MEM_ALLOC_SIZE, allocation_bytes),
    FIELD_SOURCE(CL_DEVICE_LOCAL_MEM_SIZE, local_bytes),
    FIELD_SOURCE(CL_DEVICE_MAX_COMPUTE_UNITS, compute_units),
    FIELD_SOURCE(CL_DEVICE_MAX_CLOCK_FREQUENCY, clock_mhz),
    FIELD_SOURCE(CL_DEVICE_MAX_WORK_GROUP_SIZE, work_group_size),
};

static const field_source texts[] = {
    FIELD_SOURCE(CL_DEVICE_NAME, name),
    FIELD_SOURCE(CL_DRIVER_VERSION, driver),
    FIELD_SOURCE(CL_DEVICE_VERSION, version),
    FIELD_SOURCE(CL_DEVICE_OPENCL_C_VERSION, opencl_c),
};

static void query_fields(subject who, focl_device *out) {
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char *field = (char *)out + numbers[i].offset;
        if (ask(who, numbers[i].what, numbers[i].bytes, field, NULL) != CL_SUCCESS) {
            memset(field, 0, numbers[i].bytes);
        }
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        (void)ask_trimmed(who, texts[i].what, (char *)out + texts[i].offset, texts[i].bytes);
    }
}

static bool query_flag(subject who, cl_device_info what) {
    cl_bool flag = CL_FALSE;
    return ask(who, what, sizeof flag, &flag, NULL) == CL_SUCCESS && flag != CL_FALSE;
}

static cl_device_fp_config query_fp_config(subject who, cl_device_info what) {
    cl_device_fp_config config = 0;
    return ask(who, what, sizeof config, &config, NULL) == CL_SUCCESS ? config : 0;
}

static bool query_extension(subject who, const char *extension) {
    char *extensions = NULL;
    bool has = ask_text(who, CL_DEVICE_EXTENSIONS, &extensions) == CL_SUCCESS && focl__has_word(extensions, extension);
    free(extensions);
    return has;
}

/* A device of several types at once is a simulator, which runs on the CPU: the CPU bit decides first. */
static focl_device_class class_of(cl_device_type type, bool unified_memory) {
    if (type & CL_DEVICE_TYPE_CPU) {
        return FOCL_CPU;
    }
    if (type & CL_DEVICE_TYPE_GPU) {
        return unified_memory ? FOCL_IGPU : FOCL_GPU;
    }
    return FOCL_ACCELERATOR;
}

/*
 * CPU devices that do not report correctly rounded division although they compile `/` to the processor's own divide
 * instruction, which IEEE 754 rounds correctly.
 */
typedef struct exact_divider {
    const char *platform; /* a part of the platform's name */
    const char *device;   /* a part of the device's name */
    const char *reason;
} exact_divider;

static const exact_divider exact_dividers[] = {
    {"Portable Computing Language", "", "PoCL divides with the CPU's instruction"}, /* old versions do not report it */
    {"rusticl", "llvmpipe", "llvmpipe divides with the CPU's instruction"},
    {"Oclgrind", "", "Oclgrind divides with the host's C++ division"},
    {"Intel(R)", "", "Intel's CPU runtime divides with the CPU's instruction"},
};

static const char *exact_division_reason(const focl_device *device) {
    if (device->correct_division) {
        return "division is correctly rounded when asked for";
    }
    for (size_t i = 0; device->device_class == FOCL_CPU && i < sizeof exact_dividers / sizeof exact_dividers[0]; i++) {
        if (strstr(device->platform, exact_dividers[i].platform) && strstr(device->name, exact_dividers[i].device)) {
            return exact_dividers[i].reason;
        }
    }
    return NULL;
}

/* Strict arithmetic flushes subnormals by itself, so what the device does with them does not matter here. */
static void query_bit_exact(subject who, focl_device *out) {
    cl_device_fp_config config = query_fp_config(who, CL_DEVICE_SINGLE_FP_CONFIG);
    out->correct_division = (config & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT) != 0;
    const char *division = exact_division_reason(out);
    const struct {
        bool holds;
        const char *otherwise;
    } conditions[] = {
        {query_flag(who, CL_DEVICE_ENDIAN_LITTLE), "the device is big-endian"},
        {(config & CL_FP_ROUND_TO_NEAREST) != 0, "the device does not round to nearest"},
        {(config & CL_FP_INF_NAN) != 0, "the device has no infinities and NaNs"},
        {division != NULL, "the device does not promise correctly rounded division"},
    };
    out->bit_exact = true;
    const char *reason = division;
    for (size_t i = 0; out->bit_exact && i < sizeof conditions / sizeof conditions[0]; i++) {
        out->bit_exact = conditions[i].holds;
        reason = conditions[i].holds ? reason : conditions[i].otherwise;
    }
    copy_trimmed(out->bit_exact_reason, sizeof out->bit_exact_reason, reason ? reason : "");
}

cl_int focl__device_query(cl_platform_id platform, cl_device_id device, size_t index, focl_device *out) {
    *out = (focl_device){.index = index, .cl_platform = platform, .cl_device = device};
    subject who = {.platform = platform, .device = device};
    cl_int code = focl__platform_name(platform, out->platform, sizeof out->platform);
    if (code != CL_SUCCESS) {
        return code;
    }
    cl_device_type type = 0;
    code = ask(who, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    if (code != CL_SUCCESS) {
        return code;
    }
    query_fields(who, out);
    out->unified_memory = query_flag(who, CL_DEVICE_HOST_UNIFIED_MEMORY);
    out->device_class = class_of(type, out->unified_memory);
    out->available = query_flag(who, CL_DEVICE_AVAILABLE) && query_flag(who, CL_DEVICE_COMPILER_AVAILABLE);
    out->fp16 = query_extension(who, "cl_khr_fp16");
    out->fp64 = query_fp_config(who, CL_DEVICE_DOUBLE_FP_CONFIG) != 0;
    query_bit_exact(who, out);
    return CL_SUCCESS;
}

focl_status focl__device_describe(cl_platform_id platform, cl_device_id device, size_t index, focl_device *out) {
    cl_int code = focl__device_query(platform, device, index, out);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clGetDeviceInfo");
}
