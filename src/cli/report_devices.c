#include "report_devices.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_info.h"
#include "focl/probe.h"
#include "report_system.h"

/* ---- What OpenCL is asked ---- */

typedef enum answer_kind { TEXT, NUMBER, BITS, SIZES } answer_kind;

typedef struct question {
    const char *name;
    cl_uint parameter; /* of clGetPlatformInfo or clGetDeviceInfo */
    answer_kind kind;
} question;

#define OF_PLATFORM(name, kind) \
    { #name, CL_PLATFORM_##name, kind }
static const question platform_questions[] = {
    OF_PLATFORM(NAME, TEXT),    OF_PLATFORM(VENDOR, TEXT),     OF_PLATFORM(VERSION, TEXT),
    OF_PLATFORM(PROFILE, TEXT), OF_PLATFORM(EXTENSIONS, TEXT),
};

#define OF_DEVICE(name, kind) \
    { #name, CL_DEVICE_##name, kind }
static const question device_questions[] = {
    {"DRIVER_VERSION", CL_DRIVER_VERSION, TEXT},
    OF_DEVICE(VERSION, TEXT),
    OF_DEVICE(OPENCL_C_VERSION, TEXT),
    OF_DEVICE(VENDOR, TEXT),
    OF_DEVICE(VENDOR_ID, BITS),
    OF_DEVICE(PROFILE, TEXT),
    OF_DEVICE(TYPE, BITS),
    OF_DEVICE(AVAILABLE, NUMBER),
    OF_DEVICE(COMPILER_AVAILABLE, NUMBER),
    OF_DEVICE(LINKER_AVAILABLE, NUMBER),
    OF_DEVICE(HOST_UNIFIED_MEMORY, NUMBER),
    OF_DEVICE(ENDIAN_LITTLE, NUMBER),
    OF_DEVICE(ADDRESS_BITS, NUMBER),
    OF_DEVICE(MAX_COMPUTE_UNITS, NUMBER),
    OF_DEVICE(MAX_CLOCK_FREQUENCY, NUMBER),
    OF_DEVICE(GLOBAL_MEM_SIZE, NUMBER),
    OF_DEVICE(MAX_MEM_ALLOC_SIZE, NUMBER),
    OF_DEVICE(GLOBAL_MEM_CACHE_SIZE, NUMBER),
    OF_DEVICE(GLOBAL_MEM_CACHELINE_SIZE, NUMBER),
    OF_DEVICE(LOCAL_MEM_TYPE, NUMBER),
    OF_DEVICE(LOCAL_MEM_SIZE, NUMBER),
    OF_DEVICE(MAX_CONSTANT_BUFFER_SIZE, NUMBER),
    OF_DEVICE(MEM_BASE_ADDR_ALIGN, NUMBER),
    OF_DEVICE(MAX_PARAMETER_SIZE, NUMBER),
    OF_DEVICE(MAX_WORK_GROUP_SIZE, NUMBER),
    OF_DEVICE(MAX_WORK_ITEM_SIZES, SIZES),
    OF_DEVICE(NATIVE_VECTOR_WIDTH_FLOAT, NUMBER),
    OF_DEVICE(PREFERRED_VECTOR_WIDTH_FLOAT, NUMBER),
    OF_DEVICE(PREFERRED_VECTOR_WIDTH_DOUBLE, NUMBER),
    OF_DEVICE(PREFERRED_VECTOR_WIDTH_HALF, NUMBER),
    OF_DEVICE(SINGLE_FP_CONFIG, BITS),
    OF_DEVICE(DOUBLE_FP_CONFIG, BITS),
    OF_DEVICE(QUEUE_PROPERTIES, BITS),
    OF_DEVICE(PROFILING_TIMER_RESOLUTION, NUMBER),
    OF_DEVICE(PARTITION_MAX_SUB_DEVICES, NUMBER),
    OF_DEVICE(EXTENSIONS, TEXT),
};

/* ---- Answers ---- */

/* Integers come in four bytes or in eight. */
static uint64_t number_of(const void *bytes, size_t count) {
    uint32_t narrow = 0;
    uint64_t wide = 0;
    if (count == sizeof wide)
        memcpy(&wide, bytes, sizeof wide);
    if (count == sizeof narrow)
        memcpy(&narrow, bytes, sizeof narrow);
    return count == sizeof narrow ? narrow : wide;
}

static void print_answer(const question *asked, const char *bytes, size_t count) {
    char text[128] = "";
    size_t used = 0;
    switch (asked->kind) {
    case TEXT:
        focl__report_line(asked->name, bytes);
        return;
    case NUMBER:
        (void)snprintf(text, sizeof text, "%" PRIu64, number_of(bytes, count));
        break;
    case BITS:
        (void)snprintf(text, sizeof text, "0x%" PRIx64, number_of(bytes, count));
        break;
    case SIZES:
        for (size_t at = 0; at + sizeof(size_t) <= count && used < sizeof text; at += sizeof(size_t))
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%" PRIu64, at ? " x " : "",
                                     number_of(bytes + at, sizeof(size_t)));
        break;
    }
    focl__report_line(asked->name, text);
}

/* Asks a platform, or where device is not NULL that device; code and bytes are OpenCL's answer. */
static cl_int ask(cl_platform_id platform, cl_device_id device, const question *asked, size_t bytes, void *answer,
                  size_t *needed) {
    return device ? clGetDeviceInfo(device, asked->parameter, bytes, answer, needed)
                  : clGetPlatformInfo(platform, asked->parameter, bytes, answer, needed);
}

/* Drivers fail in every way: what cannot be had is reported as just that. */
static void report_answer(cl_platform_id platform, cl_device_id device, const question *asked) {
    char failure[64];
    size_t needed = 0;
    cl_int code = ask(platform, device, asked, 0, NULL, &needed);
    char *answer = code == CL_SUCCESS ? calloc(needed + 1, 1) : NULL;
    if (answer)
        code = ask(platform, device, asked, needed, answer, NULL);
    if (answer && code == CL_SUCCESS) {
        print_answer(asked, answer, needed);
    } else {
        (void)snprintf(failure, sizeof failure, "no answer, code %d", (int)code);
        focl__report_line(asked->name, failure);
    }
    free(answer);
}

static void report_platform(cl_platform_id platform, size_t number) {
    char heading[64];
    (void)snprintf(heading, sizeof heading, "Platform %zu", number);
    focl__report_heading(heading);
    for (size_t i = 0; i < sizeof platform_questions / sizeof *platform_questions; i++)
        report_answer(platform, NULL, &platform_questions[i]);
}

static void report_platforms(void) {
    enum { MOST_PLATFORMS = 64 };
    cl_platform_id platforms[MOST_PLATFORMS];
    cl_uint count = 0;
    if (clGetPlatformIDs(MOST_PLATFORMS, platforms, &count) != CL_SUCCESS)
        return;
    for (cl_uint i = 0; i < count && i < MOST_PLATFORMS; i++)
        report_platform(platforms[i], i);
}

/* ---- What focl makes of a device ---- */

static void report_mapping(const focl_handle *handle) {
    static const char *const sources[] = {[FOCL_MAPPING_TABLE] = "focl's table",
                                          [FOCL_MAPPING_TUNING] = "the tuning file",
                                          [FOCL_MAPPING_ENVIRONMENT] = "FOCL_MAPPING"};
    const focl_mapping *mapping = focl_handle_mapping(handle);
    char text[128];
    (void)snprintf(text, sizeof text, "%ux%ux%u, from %s", mapping->vector, mapping->group, mapping->prefetch,
                   sources[mapping->source]);
    focl__report_line("mapping", text);
}

static void report_probe(focl_handle *handle) {
    focl_probe_report report;
    char text[512];
    const focl_status status = focl_probe(handle, &report);
    if (status != FOCL_OK)
        (void)snprintf(text, sizeof text, "%s: %s", focl_status_name(status), focl_last_error()->message);
    else
        (void)snprintf(text, sizeof text, "bit-exact %s, %s; rounds %s, divides %s, contracts %s, flushes %s",
                       report.bit_exact ? "yes" : "no", report.reason, report.rounds ? "yes" : "no",
                       report.divides ? "yes" : "no", report.contracts ? "yes" : "no", report.flushes ? "yes" : "no");
    focl__report_line("probe", text);
}

static void report_use(const focl_device *device, const focl__common_options *common) {
    char selector[32];
    focl_handle *handle = NULL;
    (void)snprintf(selector, sizeof selector, "#%zu", device->index);
    focl_status status = focl_create(&handle, selector);
    if (status == FOCL_OK && common->math_given)
        status = focl_set_math(handle, common->math);
    if (status == FOCL_OK) {
        focl__report_line("math", focl__math_word(handle));
        report_mapping(handle);
        report_probe(handle);
    } else {
        focl__report_line("focl_create", focl_last_error()->message);
    }
    focl_destroy(handle);
}

static void report_device(const focl_device *device, const focl__common_options *common) {
    char text[300];
    (void)snprintf(text, sizeof text, "Device #%zu: %s (%s)", device->index, device->name, device->platform);
    focl__report_heading(text);
    focl__report_line("class", focl_device_class_name(device->device_class));
    focl__report_line("fp16", device->fp16 ? "yes" : "no");
    focl__report_line("fp64", device->fp64 ? "yes" : "no");
    (void)snprintf(text, sizeof text, "%s%s%s", device->bit_exact ? "yes" : "no", *device->bit_exact_reason ? ", " : "",
                   device->bit_exact_reason);
    focl__report_line("bit-exact by its driver", text);
    for (size_t i = 0; i < sizeof device_questions / sizeof *device_questions; i++)
        report_answer(device->cl_platform, device->cl_device, &device_questions[i]);
    if (device->available)
        report_use(device, common);
    (void)fflush(stdout); /* a driver may end the process at the next device */
}

/* ---- The report ---- */

static void report_choice(const focl_device_list *list, const focl__common_options *common) {
    char reason[256] = "";
    size_t chosen = 0;
    focl__report_heading("Choice");
    for (size_t i = 0; i < focl_device_list_note_count(list); i++)
        focl__report_line("refused", focl_device_list_note(list, i));
    const focl_status status = focl_device_choose(focl_device_list_devices(list), focl_device_list_count(list),
                                                  focl__device_selector(common), &chosen, reason, sizeof reason);
    focl__report_line("chosen", status == FOCL_OK ? reason : focl_last_error()->message);
}

void focl__report(const focl_device_list *list, const focl__common_options *common) {
    focl__print_version();
    focl__report_system();
    focl__report_loader();
    report_platforms();
    for (size_t i = 0; i < focl_device_list_count(list); i++)
        report_device(&focl_device_list_devices(list)[i], common);
    report_choice(list, common);
}
