#include "support.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Running ---- */

bool test_small(void) {
    const char *small = getenv("FOCL_TEST_SMALL");
    return small && *small && strcmp(small, "0") != 0;
}

size_t test_size(size_t usual, size_t small) {
    return test_small() ? small : usual;
}

bool test_has_turn(size_t number, size_t turns) {
    const char *share = getenv("FOCL_TEST_SHARE");
    if (share && strcmp(share, "all") == 0)
        return true;
    return (number + (share ? strtoul(share, NULL, 10) : 0)) % turns == 0;
}

void test_fail(const char *format, ...) {
    char text[1024];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(text, sizeof text, format, values);
    va_end(values);
    ck_abort_msg("%s", text);
    abort();
}

/* ---- Devices ---- */

enum { MOST_DEVICES = 16 };

static struct {
    bool looked;
    size_t count;
    focl_handle *handles[MOST_DEVICES];
} devices;

static void open_device(size_t index) {
    char selector[32];
    (void)snprintf(selector, sizeof selector, "#%zu", index);
    focl_handle *handle = NULL;
    ck_assert_msg(focl_create(&handle, selector) == FOCL_OK, "%s: %s", selector, focl_last_error()->message);
    devices.handles[devices.count++] = handle;
    const focl_device *device = focl_handle_device(handle);
    printf("device: %s (%s), %s\n", device->name, device->platform, device->bit_exact ? "bit-exact" : "not bit-exact");
}

static bool is_wanted(const focl_device *list, size_t count, size_t index) {
    const char *selector = getenv("FOCL_TEST_DEVICE");
    size_t chosen = count;
    if (!selector || !*selector)
        return list[index].available;
    const focl_status status = focl_device_choose(list, count, selector, &chosen, NULL, 0);
    ck_assert_msg(status == FOCL_OK, "FOCL_TEST_DEVICE: %s", focl_last_error()->message);
    return chosen == index;
}

static void look_for_devices(void) {
    focl_device_list *list = NULL;
    ck_assert_int_eq(focl_device_list_create(&list), FOCL_OK);
    const size_t count = focl_device_list_count(list);
    devices.looked = true;
    for (size_t i = 0; i < count && devices.count < MOST_DEVICES; i++)
        if (is_wanted(focl_device_list_devices(list), count, i))
            open_device(i);
    focl_device_list_free(list);
    (void)fflush(stdout);
}

size_t test_device_count(void) {
    if (!devices.looked)
        look_for_devices();
    ck_assert_msg(devices.count > 0, "there is no OpenCL device to test on");
    return devices.count;
}

focl_handle *test_device(size_t index) {
    ck_assert_uint_lt(index, test_device_count());
    return devices.handles[index];
}

const char *test_device_name(size_t index) {
    return focl_handle_device(test_device(index))->name;
}

static void close_devices(void) {
    for (size_t i = 0; i < devices.count; i++) {
        focl_handle *handle = devices.handles[i];
        printf("programs: %zu in %.1f s on %s\n", focl_handle_program_count(handle), focl_handle_build_seconds(handle),
               focl_handle_device(handle)->name);
        focl_destroy(handle);
    }
    devices.count = 0;
}

void test_add_loop(Suite *suite, const char *name, const TTest *test, size_t count) {
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, test, 0, (int)count);
    suite_add_tcase(suite, tcase);
}

int test_main(Suite *suite) {
    SRunner *runner = srunner_create(suite);
    /* OpenCL does not survive fork. */
    srunner_set_fork_status(runner, CK_NOFORK);
    printf("seed: %" PRIu64 "\n", test_seed());
    (void)fflush(stdout);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    close_devices();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
