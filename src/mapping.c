/* The mappings of devices. Any mapping gives the same bits: this is about speed alone. */
#include "mapping.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "tuning.h"

enum { LARGEST_VECTOR = 64, LARGEST_GROUP = 256, LARGEST_PREFETCH = 4096 };

/* OpenCL's own types are no wider; only compilers that are clang have wider ones. */
enum { LARGEST_PORTABLE_VECTOR = 16 };

typedef struct device_row {
    const char *platform; /* a part of the platform's name; "" is a part of each */
    focl_device_class device_class;
    focl_mapping mapping;
    size_t loop_turns;
} device_row;

/*
 * The first row that fits is the device's: special devices, then the classes. CPUs have wide vectors and no groups;
 * docs/performance.md has the measurements.
 *
 * GPUs have single floats. No GPU was at hand, so this is argued and not measured. Items next to each other take floats
 * next to each other: every load of a warp or wave is 128 or 256 bytes in a row, whole transactions on any GPU, so
 * float4 would move no byte less. What it would save is instructions, and what it costs can be seen in compiled code
 * (sm_90): twice the registers (dense sigmoid: 82 for 40, so 24 warps in a multiprocessor and not 48), and memory of
 * its own for the items of nearly all other kernels, whose labels and rows are looked up lane by lane. An item has 64
 * elements of a tile one after another, enough that its start and its joining of lanes are little of its work. A group
 * of 64 is two NVIDIA warps or one AMD wave, and within any limit. focl-bench --tune tries float2 and float4.
 */
static const device_row devices[] = {
    {"Portable Computing Language", FOCL_CPU, {64, 1, 256, 0}, 0}, /* four registers at once: limit_vector */
    /* llvmpipe vectorises over work-items: wide vectors are 4 times slower there. Its kernels take groups of 32, so
       that with 64 everything would be compiled twice. Its loops: docs/devices.md. */
    {"rusticl", FOCL_CPU, {1, 32, 0, 0}, 65535},
    {"", FOCL_GPU, {1, 64, 0, 0}, 0},
    {"", FOCL_IGPU, {1, 64, 0, 0}, 0},
    {"", FOCL_ACCELERATOR, {8, 1, 0, 0}, 0},
    {"", FOCL_CPU, {16, 1, 0, 0}, 0},
};

enum { DEVICE_ROWS = sizeof devices / sizeof *devices };

static const device_row *row_of(const focl_device *device) {
    for (size_t i = 0; i + 1 < DEVICE_ROWS; i++)
        if (device->device_class == devices[i].device_class && strstr(device->platform, devices[i].platform))
            return &devices[i];
    return &devices[DEVICE_ROWS - 1];
}

static bool is_power_of_two(unsigned value, unsigned most) {
    return value >= 1 && value <= most && (value & (value - 1)) == 0;
}

bool focl__mapping_parse(const char *text, focl_mapping *mapping) {
    unsigned vector = 0;
    unsigned group = 0;
    unsigned prefetch = mapping->prefetch;
    char rest = '\0';
    if (text[strspn(text, "0123456789x")])
        return false;
    const bool two = sscanf(text, "%3ux%3u%c", &vector, &group, &rest) == 2;
    const bool three = !two && sscanf(text, "%3ux%3ux%5u%c", &vector, &group, &prefetch, &rest) == 3;
    if ((!two && !three) || !is_power_of_two(vector, LARGEST_VECTOR) || !is_power_of_two(group, LARGEST_GROUP) ||
        prefetch > LARGEST_PREFETCH)
        return false;
    mapping->vector = vector;
    mapping->group = group;
    mapping->prefetch = prefetch;
    return true;
}

void focl__mapping_print(const focl_mapping *mapping, char text[FOCL__MAPPING_TEXT]) {
    snprintf(text, FOCL__MAPPING_TEXT, "%ux%ux%u", mapping->vector, mapping->group, mapping->prefetch);
}

/* The environment's, for measurements and for tests of every mapping. */
static focl_status read_environment(focl_mapping *mapping) {
    const char *text = getenv("FOCL_MAPPING");
    if (!text || !text[0])
        return FOCL_OK;
    if (!focl__mapping_parse(text, mapping))
        return focl__fail(FOCL_EINVAL, "FOCL_MAPPING",
                          "must be a vector width of 1..%d and a group size of 1..%d, powers of two, and may have a "
                          "prefetch of 0..%d, as in 16x1 or 16x1x256, is %s",
                          LARGEST_VECTOR, LARGEST_GROUP, LARGEST_PREFETCH, text);
    mapping->source = FOCL_MAPPING_ENVIRONMENT;
    return FOCL_OK;
}

static focl_status is_tuning_wanted(bool *wanted) {
    const char *text = getenv("FOCL_TUNING");
    *wanted = !text || !text[0] || strcmp(text, "1") == 0;
    if (*wanted || strcmp(text, "0") == 0)
        return FOCL_OK;
    return focl__fail(FOCL_EINVAL, "FOCL_TUNING", "must be 0 or 1, is %s", text);
}

/* A row that would not compile must not reach a program: vectors wider than OpenCL's only where the table has them,
 * too. */
static void read_tuning(const focl_device *device, focl_mapping *mapping) {
    focl_mapping tuned = *mapping;
    if (!focl__tuning_find(device, &tuned))
        return;
    if (tuned.vector > LARGEST_PORTABLE_VECTOR && tuned.vector > mapping->vector)
        return;
    *mapping = tuned;
    mapping->source = FOCL_MAPPING_TUNING;
}

static void limit_group(const focl_device *device, focl_mapping *mapping) {
    while (mapping->group > 1 && mapping->group > device->work_group_size)
        mapping->group /= 2;
}

/*
 * Beyond OpenCL's own types, four registers at once: independent chains of operations keep a core busy where one leaves
 * it waiting (docs/performance.md), and eight would no longer fit into its registers.
 */
enum { REGISTERS_AT_ONCE = 4 };

static void limit_vector(const focl_device *device, focl_mapping *mapping) {
    cl_uint width = 0;
    if (mapping->vector <= LARGEST_PORTABLE_VECTOR)
        return;
    const cl_int code =
        clGetDeviceInfo(device->cl_device, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, sizeof width, &width, NULL);
    while (code == CL_SUCCESS && mapping->vector > LARGEST_PORTABLE_VECTOR &&
           mapping->vector > REGISTERS_AT_ONCE * width)
        mapping->vector /= 2;
}

void focl__mapping_choose_from_table(const focl_device *device, focl_mapping *mapping) {
    *mapping = row_of(device)->mapping;
    limit_group(device, mapping);
    limit_vector(device, mapping);
}

focl_status focl__mapping_choose(const focl_device *device, focl_mapping *mapping) {
    bool tuning = false;
    focl_status status = is_tuning_wanted(&tuning);
    focl__mapping_choose_from_table(device, mapping);
    if (!status && tuning)
        read_tuning(device, mapping);
    if (!status)
        status = read_environment(mapping);
    limit_group(device, mapping);
    return status;
}

size_t focl__mapping_loop_turns(const focl_device *device) {
    return row_of(device)->loop_turns;
}
