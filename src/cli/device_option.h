/* What every command that uses a device has in common: --device, --math, --json, and the library's errors as sentences.
 */
#ifndef FOCL_CLI_DEVICE_OPTION_H
#define FOCL_CLI_DEVICE_OPTION_H

#include "focl/device.h"
#include "focl/handle.h"
#include "option_table.h"

typedef struct focl__common_options {
    const char *device; /* NULL: FOCL_DEVICE or the best */
    bool math_given;
    focl_math math;
    bool json;
} focl__common_options;

focl__option_parser focl__parse_math; /* focl__common_options */

/* The rows of an option table for a structure that has a focl__common_options named `common`. */
#define FOCL__DEVICE_OPTIONS(type)                                                                                   \
    {"--device", "SELECTOR", "gpu, igpu, accelerator, cpu, #INDEX or PLATFORM:CLASS:NAME (or FOCL_DEVICE)",          \
     focl__parse_text, offsetof(type, common.device)},                                                               \
    {                                                                                                                \
        "--math", "strict|native", "focl's own functions, or the device's (strict; or FOCL_MATH)", focl__parse_math, \
            offsetof(type, common)                                                                                   \
    }
#define FOCL__JSON_OPTION(type) \
    { "--json", NULL, "print one JSON object", focl__parse_flag, offsetof(type, common.json) }

/* The selector in force: --device, FOCL_DEVICE, or "". */
const char *focl__device_selector(const focl__common_options *common);

/* "strict" or "native": how the handle calculates. */
const char *focl__math_word(const focl_handle *handle);

/* Makes the handle that the options ask for. */
bool focl__open_device(const focl__common_options *common, focl_handle **handle, focl__complaint *complaint);

/* Complains with the library's last error; subject, if not NULL, is the file it is about. */
bool focl__fail_library(focl__complaint *complaint, const char *subject, focl_status status);

/* Complains about a failed choice of a device; says what to install where there is none at all. */
bool focl__fail_device(focl__complaint *complaint, const focl__common_options *common, focl_status status);

#endif
