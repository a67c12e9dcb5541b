/* The status table, the names of OpenCL's error codes, and the error record of each thread. */
#include "focl/status.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

enum { MESSAGE_BYTES = 1024 };

/* In the thread's own storage, so that failing for want of memory can still be told. */
static _Thread_local char thread_message[MESSAGE_BYTES];
static _Thread_local focl_error thread_record = {FOCL_OK, 0, "", "", "success"};

typedef struct status_entry {
    focl_status status;
    const char *name;
    const char *sentence;
} status_entry;

static const status_entry status_table[] = {
#define STATUS_ENTRY(name, value, sentence) {name, #name, sentence},
    FOCL_STATUS_TABLE(STATUS_ENTRY)
#undef STATUS_ENTRY
};

typedef struct cl_code_entry {
    cl_int code;
    const char *name;
    focl_status status; /* what it means to the caller of focl */
} cl_code_entry;

/* By number: the headers of OpenCL 1.2 lack the later names. */
static const cl_code_entry cl_code_table[] = {
    {0, "CL_SUCCESS", FOCL_OK},
    {-1, "CL_DEVICE_NOT_FOUND", FOCL_ENODEVICE},
    {-2, "CL_DEVICE_NOT_AVAILABLE", FOCL_ENODEVICE},
    {-3, "CL_COMPILER_NOT_AVAILABLE", FOCL_ENOTSUP},
    {-4, "CL_MEM_OBJECT_ALLOCATION_FAILURE", FOCL_EDEVICEMEM},
    {-5, "CL_OUT_OF_RESOURCES", FOCL_EDEVICEMEM},
    {-6, "CL_OUT_OF_HOST_MEMORY", FOCL_ENOMEM},
    {-7, "CL_PROFILING_INFO_NOT_AVAILABLE", FOCL_EDEVICE},
    {-8, "CL_MEM_COPY_OVERLAP", FOCL_EOVERLAP},
    {-9, "CL_IMAGE_FORMAT_MISMATCH", FOCL_EDEVICE},
    {-10, "CL_IMAGE_FORMAT_NOT_SUPPORTED", FOCL_EDEVICE},
    {-11, "CL_BUILD_PROGRAM_FAILURE", FOCL_EBUILD},
    {-12, "CL_MAP_FAILURE", FOCL_EDEVICE},
    {-13, "CL_MISALIGNED_SUB_BUFFER_OFFSET", FOCL_EDEVICE},
    {-14, "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST", FOCL_EDEVICE},
    {-15, "CL_COMPILE_PROGRAM_FAILURE", FOCL_EBUILD},
    {-16, "CL_LINKER_NOT_AVAILABLE", FOCL_ENOTSUP},
    {-17, "CL_LINK_PROGRAM_FAILURE", FOCL_EBUILD},
    {-18, "CL_DEVICE_PARTITION_FAILED", FOCL_EDEVICE},
    {-19, "CL_KERNEL_ARG_INFO_NOT_AVAILABLE", FOCL_EDEVICE},
    {-30, "CL_INVALID_VALUE", FOCL_EDEVICE},
    {-31, "CL_INVALID_DEVICE_TYPE", FOCL_EDEVICE},
    {-32, "CL_INVALID_PLATFORM", FOCL_EDEVICE},
    {-33, "CL_INVALID_DEVICE", FOCL_EDEVICE},
    {-34, "CL_INVALID_CONTEXT", FOCL_EDEVICE},
    {-35, "CL_INVALID_QUEUE_PROPERTIES", FOCL_EDEVICE},
    {-36, "CL_INVALID_COMMAND_QUEUE", FOCL_EDEVICE},
    {-37, "CL_INVALID_HOST_PTR", FOCL_EDEVICE},
    {-38, "CL_INVALID_MEM_OBJECT", FOCL_EDEVICE},
    {-39, "CL_INVALID_IMAGE_FORMAT_DESCRIPTOR", FOCL_EDEVICE},
    {-40, "CL_INVALID_IMAGE_SIZE", FOCL_EDEVICE},
    {-41, "CL_INVALID_SAMPLER", FOCL_EDEVICE},
    {-42, "CL_INVALID_BINARY", FOCL_EBUILD},
    {-43, "CL_INVALID_BUILD_OPTIONS", FOCL_EBUILD},
    {-44, "CL_INVALID_PROGRAM", FOCL_EDEVICE},
    {-45, "CL_INVALID_PROGRAM_EXECUTABLE", FOCL_EBUILD},
    {-46, "CL_INVALID_KERNEL_NAME", FOCL_EBUILD},
    {-47, "CL_INVALID_KERNEL_DEFINITION", FOCL_EBUILD},
    {-48, "CL_INVALID_KERNEL", FOCL_EDEVICE},
    {-49, "CL_INVALID_ARG_INDEX", FOCL_EDEVICE},
    {-50, "CL_INVALID_ARG_VALUE", FOCL_EDEVICE},
    {-51, "CL_INVALID_ARG_SIZE", FOCL_EDEVICE},
    {-52, "CL_INVALID_KERNEL_ARGS", FOCL_EDEVICE},
    {-53, "CL_INVALID_WORK_DIMENSION", FOCL_EDEVICE},
    {-54, "CL_INVALID_WORK_GROUP_SIZE", FOCL_EDEVICE},
    {-55, "CL_INVALID_WORK_ITEM_SIZE", FOCL_EDEVICE},
    {-56, "CL_INVALID_GLOBAL_OFFSET", FOCL_EDEVICE},
    {-57, "CL_INVALID_EVENT_WAIT_LIST", FOCL_EINVAL},
    {-58, "CL_INVALID_EVENT", FOCL_EDEVICE},
    {-59, "CL_INVALID_OPERATION", FOCL_EDEVICE},
    {-60, "CL_INVALID_GL_OBJECT", FOCL_EDEVICE},
    {-61, "CL_INVALID_BUFFER_SIZE", FOCL_EDEVICEMEM},
    {-62, "CL_INVALID_MIP_LEVEL", FOCL_EDEVICE},
    {-63, "CL_INVALID_GLOBAL_WORK_SIZE", FOCL_EDEVICE},
    {-64, "CL_INVALID_PROPERTY", FOCL_EDEVICE},
    {-65, "CL_INVALID_IMAGE_DESCRIPTOR", FOCL_EDEVICE},
    {-66, "CL_INVALID_COMPILER_OPTIONS", FOCL_EBUILD},
    {-67, "CL_INVALID_LINKER_OPTIONS", FOCL_EBUILD},
    {-68, "CL_INVALID_DEVICE_PARTITION_COUNT", FOCL_EDEVICE},
    {-69, "CL_INVALID_PIPE_SIZE", FOCL_EDEVICE},
    {-70, "CL_INVALID_DEVICE_QUEUE", FOCL_EDEVICE},
    {-71, "CL_INVALID_SPEC_ID", FOCL_EDEVICE},
    {-72, "CL_MAX_SIZE_RESTRICTION_EXCEEDED", FOCL_EDEVICE},
    {-1001, "CL_PLATFORM_NOT_FOUND_KHR", FOCL_ENODEVICE},
};

static const status_entry *status_find(focl_status status) {
    for (size_t i = 0; i < sizeof status_table / sizeof status_table[0]; i++) {
        if (status_table[i].status == status) {
            return &status_table[i];
        }
    }
    return NULL;
}

static const cl_code_entry *cl_code_find(cl_int code) {
    for (size_t i = 0; i < sizeof cl_code_table / sizeof cl_code_table[0]; i++) {
        if (cl_code_table[i].code == code) {
            return &cl_code_table[i];
        }
    }
    return NULL;
}

const char *focl_status_name(focl_status status) {
    const status_entry *entry = status_find(status);
    return entry ? entry->name : "FOCL_UNKNOWN";
}

const char *focl_status_sentence(focl_status status) {
    const status_entry *entry = status_find(status);
    return entry ? entry->sentence : "a status that this version of focl does not know";
}

const focl_error *focl_last_error(void) {
    return &thread_record;
}

static focl_status record(focl_error error, const char *message) {
    (void)snprintf(thread_message, sizeof thread_message, "%s", message);
    thread_record = error;
    thread_record.message = thread_message;
    return error.status;
}

/* A message too long for the record ends in "..." rather than in the middle of a word. */
static void mark_cut(char *message, size_t bytes, int written) {
    if (written >= 0 && (size_t)written >= bytes) {
        static const char mark[] = "...";
        memcpy(message + bytes - sizeof mark, mark, sizeof mark);
    }
}

focl_status(focl__fail)(focl_status status, const char *argument, const char *format, ...) {
    /* Formatted aside first: an argument may be the message of the record itself. */
    char sentence[MESSAGE_BYTES];
    char message[MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    if (written < 0) {
        (void)snprintf(sentence, sizeof sentence, "%s", focl_status_sentence(status));
    }
    mark_cut(sentence, sizeof sentence, written);
    const char *separator = argument[0] != '\0' ? ": " : "";
    written = snprintf(message, sizeof message, "%s%s%s", argument, separator, sentence);
    mark_cut(message, sizeof message, written);
    return record((focl_error){.status = status, .call = "", .argument = argument}, message);
}

focl_status focl__fail_cl(cl_int code, const char *call) {
    const cl_code_entry *entry = cl_code_find(code);
    /* Success is no failure: that the caller ended here is the driver's fault or focl's own. */
    focl_status status = entry && entry->status != FOCL_OK ? entry->status : FOCL_EDEVICE;
    char message[MESSAGE_BYTES];
    (void)snprintf(message, sizeof message, "%s: %s (%d)", call, focl__cl_code_name(code), (int)code);
    return record((focl_error){.status = status, .cl_code = code, .call = call, .argument = ""}, message);
}

const char *focl__cl_code_name(cl_int code) {
    const cl_code_entry *entry = cl_code_find(code);
    return entry ? entry->name : "unknown OpenCL error";
}
