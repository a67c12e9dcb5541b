/* Probing: what a device does is what is said of it. */
#include <stdio.h>
#include <string.h>

#include "support.h"

START_TEST(devices_are_what_they_say) {
    for (size_t device = 0; device < test_device_count(); device++) {
        focl_probe_report report;
        ck_assert_msg(focl_probe(test_device(device), &report) == FOCL_OK, "%s", focl_last_error()->message);
        printf("probe: %s: %s; products below the least normal number are %s\n", test_device_name(device),
               report.reason, report.flushes ? "flushed" : "kept");
        ck_assert_msg(report.bit_exact == focl_handle_device(test_device(device))->bit_exact, "%s: %s",
                      test_device_name(device), report.reason);
        ck_assert(!report.bit_exact || (report.rounds && report.divides && !report.contracts));
    }
}
END_TEST

/* Whether or not the device makes use of what it may do. */
START_TEST(native_math_is_not_exact) {
    for (size_t device = 0; device < test_device_count(); device++) {
        focl_probe_report report;
        ck_assert_int_eq(focl_set_math(test_device(device), FOCL_MATH_NATIVE), FOCL_OK);
        const focl_status status = focl_probe(test_device(device), &report);
        ck_assert_int_eq(focl_set_math(test_device(device), FOCL_MATH_STRICT), FOCL_OK);
        ck_assert_int_eq(status, FOCL_OK);
        ck_assert(!report.bit_exact);
        ck_assert_ptr_nonnull(strstr(report.reason, "native math"));
    }
}
END_TEST

START_TEST(refuses_null) {
    focl_probe_report report;
    ck_assert_int_eq(focl_probe(NULL, &report), FOCL_EINVAL);
    ck_assert_str_eq(focl_last_error()->argument, "handle");
    ck_assert_int_eq(focl_probe(test_device(0), NULL), FOCL_EINVAL);
    ck_assert_str_eq(focl_last_error()->argument, "report");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("probe");
    test_add_loop(suite, "devices", devices_are_what_they_say, 1);
    test_add_loop(suite, "native", native_math_is_not_exact, 1);
    test_add_loop(suite, "null", refuses_null, 1);
    return test_main(suite);
}
