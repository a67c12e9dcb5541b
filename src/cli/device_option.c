#include "device_option.h"

#include <stdlib.h>
#include <string.h>

static const char *const math_words[] = {"strict", "native", NULL}; /* in the order of focl_math */

static const char installation[] =
    "no OpenCL device: install the driver of your GPU's vendor, or pocl-opencl-icd for the CPU, or mesa-opencl-icd and "
    "set RUSTICL_ENABLE=llvmpipe (or the name of your GPU's driver)";

bool focl__parse_math(const char *option, const char *text, void *place, focl__complaint *complaint) {
    focl__common_options *common = place;
    size_t word = 0;
    if (!focl__parse_word(option, text, math_words, &word, complaint))
        return false;
    common->math_given = true;
    common->math = (focl_math)word;
    return true;
}

const char *focl__device_selector(const focl__common_options *common) {
    const char *environment = getenv("FOCL_DEVICE");
    if (common->device)
        return common->device;
    return environment ? environment : "";
}

const char *focl__math_word(const focl_handle *handle) {
    return math_words[focl_handle_math(handle)];
}

/* The library names its argument in front; the subject is the same thing in the user's words. */
static const char *without_argument(const focl_error *error) {
    size_t length = strlen(error->argument);
    bool named = length > 0 && strncmp(error->message, error->argument, length) == 0 &&
                 strncmp(error->message + length, ": ", 2) == 0;
    return error->message + (named ? length + 2 : 0);
}

bool focl__fail_library(focl__complaint *complaint, const char *subject, focl_status status) {
    const focl_error *error = focl_last_error();
    const char *message = error->status == status ? error->message : focl_status_sentence(status);
    if (subject && message == error->message)
        message = without_argument(error);
    return focl__fail_data(complaint, "%s%s%s", subject ? subject : "", subject ? ": " : "", message);
}

/* Where the selector in force comes from; NULL: there is none. */
static const char *selector_source(const focl__common_options *common) {
    if (common->device)
        return "--device";
    return *focl__device_selector(common) ? "FOCL_DEVICE" : NULL;
}

static bool no_device_at_all(void) {
    focl_device_list *list = NULL;
    bool none = focl_device_list_create(&list) == FOCL_OK && focl_device_list_count(list) == 0;
    focl_device_list_free(list);
    return none;
}

bool focl__fail_device(focl__complaint *complaint, const focl__common_options *common, focl_status status) {
    focl__fail_library(complaint, selector_source(common), status);
    if (status == FOCL_ENODEVICE && no_device_at_all())
        return focl__fail_data(complaint, "%s", installation);
    if (status == FOCL_EINVAL && common->device)
        complaint->exit_status = FOCL__EXIT_USAGE;
    return false;
}

bool focl__open_device(const focl__common_options *common, focl_handle **handle, focl__complaint *complaint) {
    focl_status status = focl_create(handle, common->device);
    if (status != FOCL_OK)
        return focl__fail_device(complaint, common, status);
    status = common->math_given ? focl_set_math(*handle, common->math) : FOCL_OK;
    if (status == FOCL_OK)
        return true;
    focl_destroy(*handle);
    *handle = NULL;
    return focl__fail_library(complaint, "--math", status);
}
