#include "array_result.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "console.h"
#include "device_option.h"
#include "json_writer.h"

bool focl__npy_elements(const focl__npy_shape *shape, size_t *elements) {
    *elements = 1;
    for (size_t axis = 0; axis < shape->rank; axis++) {
        if (shape->extents[axis] != 0 && *elements > SIZE_MAX / shape->extents[axis])
            return false;
        *elements *= shape->extents[axis];
    }
    return true;
}

bool focl__array_result_allocate(focl__array_result *result, focl__complaint *complaint) {
    size_t elements = 0;
    result->file.shape = &result->shape;
    if (focl__npy_elements(&result->shape, &elements))
        result->values = calloc(elements ? elements : 1, focl_type_size(result->file.type));
    if (!result->values)
        return focl__fail_data(complaint, "%s: no memory for an array of shape %s of %s", result->file.option,
                               focl__npy_describe_shape(&result->shape).text, focl_type_name(result->file.type));
    result->file.values = result->values;
    return true;
}

bool focl__array_result_write(focl__array_result *result, focl__complaint *complaint) {
    focl__progress *progress = focl__progress_start("writing the result");
    bool good = focl__outputs_write(&result->file, 1, &result->shape, complaint);
    focl__progress_stop(progress);
    return good;
}

static void print_json(const focl__array_result *result, const focl_handle *handle) {
    focl__json json = focl__json_start(stdout);
    focl__json_open(&json, NULL, '{');
    focl__json_string(&json, "of", result->what);
    focl__json_string(&json, "part", result->part);
    focl__json_open(&json, "shape", '[');
    for (size_t axis = 0; axis < result->shape.rank; axis++)
        focl__json_unsigned(&json, NULL, result->shape.extents[axis]);
    focl__json_close(&json, ']');
    focl__json_string(&json, "type", focl_type_name(result->file.type));
    focl__json_string(&json, "device", focl_handle_device(handle)->name);
    focl__json_string(&json, "math", focl__math_word(handle));
    focl__json_double(&json, "kernel_ms", 1e3 * result->kernel_seconds);
    focl__json_double(&json, "build_ms", 1e3 * focl_handle_build_seconds(handle));
    focl__json_close(&json, '}');
    putchar('\n');
}

static void print_text(const focl__array_result *result, const focl_handle *handle) {
    const focl_device *device = focl_handle_device(handle);
    printf("%s: %s%s%s of shape %s, %s\n", result->what, focl__bold(stdout), result->part, focl__plain(stdout),
           focl__npy_describe_shape(&result->shape).text, focl_type_name(result->file.type));
    printf("  device     #%zu %s, %s (%s arithmetic)\n", device->index, focl_device_class_name(device->device_class),
           device->name, focl__math_word(handle));
    printf("  time       %.3f ms in kernels; %.0f ms compiling\n", 1e3 * result->kernel_seconds,
           1e3 * focl_handle_build_seconds(handle));
    printf("  %-10s %s\n", result->file.option + 2, result->file.path);
}

void focl__array_result_print(const focl__array_result *result, const focl_handle *handle, bool as_json) {
    if (as_json)
        print_json(result, handle);
    else
        print_text(result, handle);
}

void focl__array_result_free(focl__array_result *result) {
    free(result->values);
    result->values = NULL;
}
