/* The table of statuses, the names of OpenCL codes, and the error record: per thread, kept by success, never overrun.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "support.h"

typedef struct expected_status {
    focl_status status;
    int value;
    const char *name;
} expected_status;

/* Written out, not taken from the table: the values are a promise to callers. */
static const expected_status expected_statuses[] = {
    {FOCL_OK, 0, "FOCL_OK"},
    {FOCL_EINVAL, -1, "FOCL_EINVAL"},
    {FOCL_EBOUNDS, -2, "FOCL_EBOUNDS"},
    {FOCL_EOVERLAP, -3, "FOCL_EOVERLAP"},
    {FOCL_ELABEL, -4, "FOCL_ELABEL"},
    {FOCL_ENOTSUP, -5, "FOCL_ENOTSUP"},
    {FOCL_ENODEVICE, -6, "FOCL_ENODEVICE"},
    {FOCL_EBUILD, -7, "FOCL_EBUILD"},
    {FOCL_ENOMEM, -8, "FOCL_ENOMEM"},
    {FOCL_EDEVICEMEM, -9, "FOCL_EDEVICEMEM"},
    {FOCL_EDEVICE, -10, "FOCL_EDEVICE"},
};

START_TEST(statuses_keep_their_values_and_names) {
    const expected_status *expected = &expected_statuses[_i];
    ck_assert_int_eq(expected->status, expected->value);
    ck_assert_str_eq(focl_status_name(expected->status), expected->name);
    ck_assert_uint_gt(strlen(focl_status_sentence(expected->status)), 0);
    for (int other = 0; other < _i; other++) {
        ck_assert_str_ne(focl_status_sentence(expected->status), focl_status_sentence(expected_statuses[other].status));
    }
}
END_TEST

START_TEST(unknown_status_has_a_name_and_a_sentence) {
    const focl_status unknown = (focl_status)-4711;
    ck_assert_str_eq(focl_status_name(unknown), "FOCL_UNKNOWN");
    ck_assert_uint_gt(strlen(focl_status_sentence(unknown)), 0);
}
END_TEST

static void *record_of_a_new_thread(void *unused) {
    (void)unused;
    const focl_error *error = focl_last_error();
    ck_assert_ptr_nonnull(error);
    const bool clean = error->status == FOCL_OK && error->cl_code == 0 && error->call[0] == '\0' &&
                       error->argument[0] == '\0' && error->message != NULL;
    (void)focl__fail(FOCL_ENOMEM, "thread", "failed");
    return clean ? "clean" : "dirty";
}

START_TEST(each_thread_has_its_own_record) {
    (void)focl__fail(FOCL_EINVAL, "gamma", "%s is not finite", "inf");
    pthread_t thread;
    void *result = NULL;
    ck_assert_int_eq(pthread_create(&thread, NULL, record_of_a_new_thread, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, &result), 0);
    ck_assert_str_eq(result, "clean");
    ck_assert_int_eq(focl_last_error()->status, FOCL_EINVAL);
    ck_assert_str_eq(focl_last_error()->message, "gamma: inf is not finite");
}
END_TEST

START_TEST(failing_returns_the_status_and_records_the_argument) {
    ck_assert_int_eq(
        focl__fail(FOCL_EBOUNDS, "weights", "needs %zu bytes at offset %d, buffer has %ld", (size_t)4096, 12, 4100L),
        FOCL_EBOUNDS);
    const focl_error *error = focl_last_error();
    ck_assert_int_eq(error->status, FOCL_EBOUNDS);
    ck_assert_int_eq(error->cl_code, 0);
    ck_assert_str_eq(error->call, "");
    ck_assert_str_eq(error->argument, "weights");
    ck_assert_str_eq(error->message, "weights: needs 4096 bytes at offset 12, buffer has 4100");
}
END_TEST

START_TEST(no_argument_means_no_prefix) {
    (void)focl__fail(FOCL_ENOMEM, "", "no memory");
    ck_assert_str_eq(focl_last_error()->message, "no memory");
}
END_TEST

START_TEST(the_record_may_be_an_argument_of_the_next_failure) {
    (void)focl__fail(FOCL_ENOMEM, "", "no memory for the list");
    (void)focl__fail(FOCL_ENODEVICE, "device", "cannot look: %s", focl_last_error()->message);
    ck_assert_str_eq(focl_last_error()->message, "device: cannot look: no memory for the list");
}
END_TEST

START_TEST(long_messages_are_cut_and_say_so) {
    char text[5000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    (void)focl__fail(FOCL_EINVAL, "selector", "%s", text);
    const char *message = focl_last_error()->message;
    const size_t length = strlen(message);
    ck_assert_uint_ge(length, 500);
    ck_assert_uint_lt(length, sizeof text);
    ck_assert_int_eq(strncmp(message, "selector: xxx", 13), 0);
    ck_assert_str_eq(message + length - 3, "...");
}
END_TEST

START_TEST(success_leaves_the_record) {
    (void)focl__fail(FOCL_EINVAL, "gamma", "is wrong");
    focl_device_list *list = NULL;
    ck_assert_int_eq(focl_device_list_create(&list), FOCL_OK);
    focl_device_list_free(list);
    ck_assert_str_eq(focl_last_error()->message, "gamma: is wrong");
}
END_TEST

typedef struct expected_code {
    cl_int code;
    focl_status status;
    const char *name;
} expected_code;

static const expected_code expected_codes[] = {
    {CL_MEM_OBJECT_ALLOCATION_FAILURE, FOCL_EDEVICEMEM, "CL_MEM_OBJECT_ALLOCATION_FAILURE"},
    {CL_OUT_OF_RESOURCES, FOCL_EDEVICEMEM, "CL_OUT_OF_RESOURCES"},
    {CL_INVALID_BUFFER_SIZE, FOCL_EDEVICEMEM, "CL_INVALID_BUFFER_SIZE"},
    {CL_OUT_OF_HOST_MEMORY, FOCL_ENOMEM, "CL_OUT_OF_HOST_MEMORY"},
    {CL_BUILD_PROGRAM_FAILURE, FOCL_EBUILD, "CL_BUILD_PROGRAM_FAILURE"},
    {CL_INVALID_KERNEL_NAME, FOCL_EBUILD, "CL_INVALID_KERNEL_NAME"},
    {CL_COMPILER_NOT_AVAILABLE, FOCL_ENOTSUP, "CL_COMPILER_NOT_AVAILABLE"},
    {CL_DEVICE_NOT_FOUND, FOCL_ENODEVICE, "CL_DEVICE_NOT_FOUND"},
    {-1001, FOCL_ENODEVICE, "CL_PLATFORM_NOT_FOUND_KHR"},
    {CL_INVALID_EVENT_WAIT_LIST, FOCL_EINVAL, "CL_INVALID_EVENT_WAIT_LIST"},
    {CL_INVALID_MEM_OBJECT, FOCL_EDEVICE, "CL_INVALID_MEM_OBJECT"},
    {CL_INVALID_WORK_GROUP_SIZE, FOCL_EDEVICE, "CL_INVALID_WORK_GROUP_SIZE"},
    {CL_INVALID_DEVICE_PARTITION_COUNT, FOCL_EDEVICE, "CL_INVALID_DEVICE_PARTITION_COUNT"},
    {-72, FOCL_EDEVICE, "CL_MAX_SIZE_RESTRICTION_EXCEEDED"},
    {-9999, FOCL_EDEVICE, "unknown OpenCL error"},
};

START_TEST(opencl_codes_become_statuses) {
    const expected_code *expected = &expected_codes[_i];
    ck_assert_int_eq(focl__fail_cl(expected->code, "clCreateBuffer"), expected->status);
    const focl_error *error = focl_last_error();
    char message[128];
    (void)snprintf(message, sizeof message, "clCreateBuffer: %s (%d)", expected->name, (int)expected->code);
    ck_assert_int_eq(error->status, expected->status);
    ck_assert_int_eq(error->cl_code, expected->code);
    ck_assert_str_eq(error->call, "clCreateBuffer");
    ck_assert_str_eq(error->argument, "");
    ck_assert_str_eq(error->message, message);
    ck_assert_str_eq(focl__cl_code_name(expected->code), expected->name);
}
END_TEST

START_TEST(a_failure_is_never_recorded_as_success) {
    ck_assert_int_eq(focl__fail_cl(CL_SUCCESS, "clBuildProgram"), FOCL_EDEVICE);
}
END_TEST

START_TEST(the_library_has_the_version_of_its_headers) {
    char version[64];
    (void)snprintf(version, sizeof version, "%d.%d.%d", FOCL_VERSION_MAJOR, FOCL_VERSION_MINOR, FOCL_VERSION_PATCH);
    ck_assert_str_eq(focl_version(), version);
}
END_TEST

START_TEST(element_types_have_sizes_and_names) {
    ck_assert_uint_eq(focl_type_size(FOCL_F32), sizeof(float));
    ck_assert_uint_eq(focl_type_size(FOCL_U8), 1);
    ck_assert_uint_eq(focl_type_size(FOCL_I32), 4);
    ck_assert_uint_eq(focl_type_size(FOCL_I64), 8);
    ck_assert_uint_eq(focl_type_size((focl_type)99), 0);
    ck_assert_str_eq(focl_type_name(FOCL_F32), "f32");
    ck_assert_str_eq(focl_type_name(FOCL_I64), "i64");
    ck_assert_str_eq(focl_type_name((focl_type)99), "unknown");
}
END_TEST

int main(void) {
    TCase *statuses = tcase_create("statuses");
    tcase_add_loop_test(statuses, statuses_keep_their_values_and_names, 0, COUNT_OF(expected_statuses));
    tcase_add_test(statuses, unknown_status_has_a_name_and_a_sentence);
    TCase *record = tcase_create("record");
    tcase_add_test(record, each_thread_has_its_own_record);
    tcase_add_test(record, failing_returns_the_status_and_records_the_argument);
    tcase_add_test(record, no_argument_means_no_prefix);
    tcase_add_test(record, the_record_may_be_an_argument_of_the_next_failure);
    tcase_add_test(record, long_messages_are_cut_and_say_so);
    tcase_add_test(record, success_leaves_the_record);
    TCase *codes = tcase_create("OpenCL codes");
    tcase_add_loop_test(codes, opencl_codes_become_statuses, 0, COUNT_OF(expected_codes));
    tcase_add_test(codes, a_failure_is_never_recorded_as_success);
    TCase *tables = tcase_create("version and types");
    tcase_add_test(tables, the_library_has_the_version_of_its_headers);
    tcase_add_test(tables, element_types_have_sizes_and_names);
    Suite *suite = suite_create("status");
    suite_add_tcase(suite, statuses);
    suite_add_tcase(suite, record);
    suite_add_tcase(suite, codes);
    suite_add_tcase(suite, tables);
    return test_main(suite);
}
