#include "support_device.h"

#include <stdio.h>
#include <string.h>

device_array device_array_create(cl_context context, const void *values, size_t bytes, size_t offset) {
    const size_t before = TEST_GUARD_BYTES + offset;
    const size_t all = before + bytes + TEST_GUARD_BYTES;
    unsigned char *content = malloc(all);
    cl_int code = CL_SUCCESS;
    ck_assert_ptr_nonnull(content);
    memset(content, TEST_POISON, all);
    if (values && bytes)
        memcpy(content + before, values, bytes);
    device_array made = {.bytes = bytes};
    made.place.memory = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, all, content, &code);
    made.place.offset = before;
    ck_assert_int_eq(code, CL_SUCCESS);
    free(content);
    return made;
}

void device_array_finish(cl_command_queue queue, device_array *array, void *values) {
    const size_t before = (size_t)array->place.offset;
    const size_t all = before + array->bytes + TEST_GUARD_BYTES;
    unsigned char *content = malloc(all);
    ck_assert_ptr_nonnull(content);
    ck_assert_int_eq(clEnqueueReadBuffer(queue, array->place.memory, CL_TRUE, 0, all, content, 0, NULL, NULL),
                     CL_SUCCESS);
    ck_assert_msg(test_is_poison(content, before), "written before an array");
    ck_assert_msg(test_is_poison(content + before + array->bytes, TEST_GUARD_BYTES), "written behind an array");
    if (array->bytes)
        memcpy(values, content + before, array->bytes);
    ck_assert_int_eq(clReleaseMemObject(array->place.memory), CL_SUCCESS);
    free(content);
}

focl_handle *device_handle_with(const char *name, const char *value, size_t device) {
    char selector[32];
    focl_handle *handle = NULL;
    (void)snprintf(selector, sizeof selector, "#%zu", focl_handle_device(test_device(device))->index);
    ck_assert_int_eq(name ? setenv(name, value, 1) : 0, 0);
    ck_assert_msg(focl_create(&handle, selector) == FOCL_OK, "%s", focl_last_error()->message);
    ck_assert_int_eq(name ? unsetenv(name) : 0, 0);
    return handle;
}

void device_assert_error(focl_status status, focl_status expected, const char *argument, const char *in_message) {
    const focl_error *error = focl_last_error();
    ck_assert_msg(status == expected, "%s (%s): %s", argument, in_message, focl_status_name(status));
    ck_assert_str_eq(error->argument, argument);
    ck_assert_msg(strstr(error->message, in_message) != NULL, "\"%s\" lacks \"%s\"", error->message, in_message);
}
