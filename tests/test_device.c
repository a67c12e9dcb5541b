/* Ranking and selectors on fabricated descriptions; the enumeration of what is really here. */
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "support.h"

#define DEVICE(place, kind, platform_name, device_name, units, clock, memory)                       \
    {                                                                                               \
        .index = (place), .device_class = (kind), .platform = platform_name, .name = device_name,   \
        .compute_units = (units), .clock_mhz = (clock), .memory_bytes = (memory), .available = true \
    }

/* A machine with nearly everything. */
static const focl_device machine[] = {
    DEVICE(0, FOCL_CPU, "Portable Computing Language", "pthread-haswell", 64, 4000, 256),
    DEVICE(1, FOCL_IGPU, "Intel(R) OpenCL Graphics", "UHD Graphics 770", 32, 1550, 200),
    DEVICE(2, FOCL_GPU, "Clover", "Radeon RX 7600", 100, 3000, 300),
    DEVICE(3, FOCL_GPU, "AMD Accelerated Parallel Processing", "gfx1102", 16, 2250, 8),
    DEVICE(4, FOCL_ACCELERATOR, "Board Vendor", "Board 5", 900, 900, 900),
    DEVICE(5, FOCL_GPU, "NVIDIA CUDA", "GeForce RTX 4060", 24, 2460, 7),
    DEVICE(6, FOCL_GPU, "NVIDIA CUDA", "GeForce RTX 4060", 24, 2460, 8),
    DEVICE(7, FOCL_GPU, "NVIDIA CUDA", "GeForce RTX 4060", 24, 2460, 8),
    DEVICE(8, FOCL_CPU, "Intel(R) OpenCL", "Core i5: the second", 10, 4000, 100),
};

static focl_status choose(const char *selector, size_t *chosen, char reason[256]) {
    *chosen = SIZE_MAX;
    return focl_device_choose(machine, COUNT_OF(machine), selector, chosen, reason, 256);
}

typedef struct selector_case {
    const char *selector;
    size_t chosen;
    const char *reason; /* a part of the sentence */
} selector_case;

static const selector_case accepted[] = {
    {NULL, 6, "the best of 9 available devices: earlier in the enumeration than GeForce RTX 4060 (NVIDIA CUDA)"},
    {"", 6, "the best of 9 available devices"},
    {"gpu", 6, "the best of 5 available devices that match \"gpu\""},
    {"GPU", 6, "GPU"},
    {"igpu", 1, "the only available device that matches \"igpu\""},
    {"accelerator", 4, "the only"},
    {"cpu", 0, "more compute units times clock than Core i5: the second (Intel(R) OpenCL)"},
    {"#0", 0, "the only available device that matches \"#0\""},
    {"#2", 2, "#2"},
    {"#08", 8, "#08"},
    {"nvidia:", 6, "nvidia:"},
    {"NVIDIA:gpu", 6, ""},
    {"::4060", 6, ""},
    {"::", 6, "the best of 9"},
    {":", 6, "the best of 9"},
    {":cpu:", 0, ""},
    {":CPU:core", 8, ""},
    {"Clover::", 2, "the only"},
    {"intel", SIZE_MAX, ""}, /* a platform needs its colon */
    {"intel:", 1, "a faster class than Core i5: the second"},
    {"intel:cpu:i5", 8, ""},
    {"::i5: THE", 8, ""}, /* a name may have colons */
    {"amd:gpu:gfx", 3, ""},
};

START_TEST(selectors_choose) {
    const selector_case *expected = &accepted[_i];
    size_t chosen = 0;
    char reason[256] = "";
    const focl_status status = choose(expected->selector, &chosen, reason);
    if (expected->chosen == SIZE_MAX) {
        ck_assert_int_eq(status, FOCL_ENODEVICE);
        return;
    }
    ck_assert_msg(status == FOCL_OK, "%s", focl_last_error()->message);
    ck_assert_uint_eq(chosen, expected->chosen);
    ck_assert_msg(strstr(reason, expected->reason) != NULL, "\"%s\" is not in \"%s\"", expected->reason, reason);
}
END_TEST

typedef struct refusal {
    const char *selector;
    focl_status status;
} refusal;

static const refusal refused[] = {
    {"fpga", FOCL_ENODEVICE},
    {"gp", FOCL_ENODEVICE},
    {"gpus", FOCL_ENODEVICE},
    {" gpu", FOCL_ENODEVICE},
    {"0", FOCL_ENODEVICE},
    {"GeForce", FOCL_ENODEVICE},
    {"nvidia:cpu", FOCL_ENODEVICE},
    {"nvidia:tpu:", FOCL_ENODEVICE},
    {"::gfx1103", FOCL_ENODEVICE},
    {"#9", FOCL_ENODEVICE},
    {"#18446744073709551615", FOCL_ENODEVICE},
    {"#", FOCL_EINVAL},
    {"#1x", FOCL_EINVAL},
    {"#-1", FOCL_EINVAL},
    {"# 1", FOCL_EINVAL},
    {"#18446744073709551616", FOCL_EINVAL},
};

START_TEST(selectors_are_strict) {
    const refusal *expected = &refused[_i];
    size_t chosen = 0;
    char reason[256] = "untouched";
    ck_assert_int_eq(choose(expected->selector, &chosen, reason), expected->status);
    ck_assert_uint_eq(chosen, SIZE_MAX);
    ck_assert_str_eq(reason, "untouched");
    const focl_error *error = focl_last_error();
    ck_assert_str_eq(error->argument, "selector");
    ck_assert_ptr_nonnull(strstr(error->message, expected->selector));
    for (size_t i = 0; expected->status == FOCL_ENODEVICE && i < COUNT_OF(machine); i++) {
        ck_assert_msg(strstr(error->message, machine[i].name) != NULL, "no %s in: %s", machine[i].name, error->message);
    }
}
END_TEST

typedef struct duel {
    focl_device first;
    focl_device second;
    size_t winner;
    const char *reason;
} duel;

/* Each pair differs in one criterion for the second, and in all later ones against it. */
static const duel duels[] = {
    {DEVICE(0, FOCL_IGPU, "A", "a", 9, 9, 9), DEVICE(1, FOCL_GPU, "Clover", "b", 1, 1, 1), 1, "a faster class"},
    {DEVICE(0, FOCL_ACCELERATOR, "A", "a", 9, 9, 9), DEVICE(1, FOCL_IGPU, "A", "b", 1, 1, 1), 1, "a faster class"},
    {DEVICE(0, FOCL_CPU, "A", "a", 9, 9, 9), DEVICE(1, FOCL_ACCELERATOR, "A", "b", 1, 1, 1), 1, "a faster class"},
    {DEVICE(0, FOCL_GPU, "Clover", "a", 9, 9, 9), DEVICE(1, FOCL_GPU, "A", "b", 1, 1, 1), 1, "platform"},
    {DEVICE(0, FOCL_GPU, "OpenCLOn12", "a", 9, 9, 9), DEVICE(1, FOCL_GPU, "A", "b", 1, 1, 1), 1, "platform"},
    {DEVICE(0, FOCL_GPU, "clvk", "a", 9, 9, 9), DEVICE(1, FOCL_GPU, "A", "b", 1, 1, 1), 1, "platform"},
    {DEVICE(0, FOCL_GPU, "A", "a", 9, 9, 99), DEVICE(1, FOCL_GPU, "A", "b", 82, 1, 9), 1, "compute units"},
    {DEVICE(0, FOCL_GPU, "A", "a", 2147483648u, 2, 9), DEVICE(1, FOCL_GPU, "A", "b", 1, 4, 99), 0, "compute units"},
    {DEVICE(0, FOCL_GPU, "A", "a", 2, 3, 8), DEVICE(1, FOCL_GPU, "A", "b", 3, 2, 9), 1, "more memory"},
    {DEVICE(0, FOCL_GPU, "A", "a", 2, 3, 9), DEVICE(1, FOCL_GPU, "A", "b", 3, 2, 9), 0, "earlier"},
    {DEVICE(1, FOCL_GPU, "A", "a", 2, 3, 9), DEVICE(0, FOCL_GPU, "A", "b", 3, 2, 9), 1, "earlier"},
};

START_TEST(ranking_decides_by_one_criterion_after_the_other) {
    const duel *expected = &duels[_i];
    const focl_device both[] = {expected->first, expected->second};
    const focl_device reversed[] = {expected->second, expected->first};
    size_t chosen = SIZE_MAX;
    char reason[256] = "";
    ck_assert_int_eq(focl_device_choose(both, 2, NULL, &chosen, reason, sizeof reason), FOCL_OK);
    ck_assert_uint_eq(chosen, expected->winner);
    ck_assert_msg(strstr(reason, expected->reason) != NULL, "%s", reason);
    ck_assert_int_eq(focl_device_choose(reversed, 2, NULL, &chosen, NULL, 0), FOCL_OK);
    ck_assert_uint_eq(chosen, 1 - expected->winner);
}
END_TEST

START_TEST(the_reason_names_the_runner_up) {
    const focl_device three[] = {
        DEVICE(0, FOCL_CPU, "A", "last", 1, 1, 1),
        DEVICE(1, FOCL_GPU, "A", "winner", 2, 1, 1),
        DEVICE(2, FOCL_GPU, "A", "second", 1, 1, 1),
    };
    size_t chosen = SIZE_MAX;
    char reason[256] = "";
    ck_assert_int_eq(focl_device_choose(three, 3, NULL, &chosen, reason, sizeof reason), FOCL_OK);
    ck_assert_str_eq(reason, "the best of 3 available devices: more compute units times clock than second (A)");
}
END_TEST

START_TEST(unavailable_devices_are_listed_but_not_chosen) {
    focl_device devices[] = {
        DEVICE(0, FOCL_GPU, "A", "broken", 9, 9, 9),
        DEVICE(1, FOCL_CPU, "A", "working", 1, 1, 1),
    };
    devices[0].available = false;
    size_t chosen = SIZE_MAX;
    ck_assert_int_eq(focl_device_choose(devices, 2, NULL, &chosen, NULL, 0), FOCL_OK);
    ck_assert_uint_eq(chosen, 1);
    ck_assert_int_eq(focl_device_choose(devices, 2, "#0", &chosen, NULL, 0), FOCL_ENODEVICE);
    ck_assert_ptr_nonnull(strstr(focl_last_error()->message, "#0 gpu \"broken\" (A; not available)"));
}
END_TEST

START_TEST(no_devices_at_all) {
    size_t chosen = SIZE_MAX;
    ck_assert_int_eq(focl_device_choose(NULL, 0, "", &chosen, NULL, 0), FOCL_ENODEVICE);
    ck_assert_ptr_nonnull(strstr(focl_last_error()->message, "no OpenCL device was found"));
    ck_assert_uint_eq(chosen, SIZE_MAX);
}
END_TEST

START_TEST(null_arguments_are_named) {
    size_t chosen = 0;
    ck_assert_int_eq(focl_device_choose(NULL, 1, "", &chosen, NULL, 0), FOCL_EINVAL);
    ck_assert_str_eq(focl_last_error()->argument, "devices");
    ck_assert_int_eq(focl_device_choose(machine, 1, "", NULL, NULL, 0), FOCL_EINVAL);
    ck_assert_str_eq(focl_last_error()->argument, "chosen");
    ck_assert_int_eq(focl_device_list_create(NULL), FOCL_EINVAL);
    ck_assert_str_eq(focl_last_error()->argument, "list");
}
END_TEST

START_TEST(a_reason_is_cut_to_its_room) {
    char reason[12];
    memset(reason, '!', sizeof reason);
    size_t chosen = 0;
    ck_assert_int_eq(focl_device_choose(machine, COUNT_OF(machine), "cpu", &chosen, reason, 8), FOCL_OK);
    ck_assert_str_eq(reason, "the bes");
    ck_assert_int_eq(reason[8], '!');
}
END_TEST

START_TEST(many_candidates_are_cut_not_overrun) {
    focl_device many[64];
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        many[i] = machine[0];
        many[i].index = i;
    }
    size_t chosen = 0;
    ck_assert_int_eq(focl_device_choose(many, COUNT_OF(many), "tpu", &chosen, NULL, 0), FOCL_ENODEVICE);
    ck_assert_ptr_nonnull(strstr(focl_last_error()->message, "#5 cpu"));
}
END_TEST

START_TEST(class_names) {
    ck_assert_str_eq(focl_device_class_name(FOCL_GPU), "gpu");
    ck_assert_str_eq(focl_device_class_name(FOCL_IGPU), "igpu");
    ck_assert_str_eq(focl_device_class_name(FOCL_ACCELERATOR), "accelerator");
    ck_assert_str_eq(focl_device_class_name(FOCL_CPU), "cpu");
    ck_assert_str_eq(focl_device_class_name((focl_device_class)9), "unknown");
}
END_TEST

START_TEST(enumeration_describes_what_is_here) {
    focl_device_list *list = NULL;
    ck_assert_int_eq(focl_device_list_create(&list), FOCL_OK);
    const size_t count = focl_device_list_count(list);
    const focl_device *devices = focl_device_list_devices(list);
    ck_assert_msg(count > 0, "there is no OpenCL device to test on");
    for (size_t i = 0; i < count; i++) {
        printf("device: %s (%s): %s\n", devices[i].name, devices[i].platform, devices[i].bit_exact_reason);
        ck_assert_uint_eq(devices[i].index, i);
        ck_assert_ptr_nonnull(devices[i].cl_platform);
        ck_assert_ptr_nonnull(devices[i].cl_device);
        ck_assert_uint_gt(strlen(devices[i].name), 0);
        ck_assert_uint_gt(strlen(devices[i].platform), 0);
        ck_assert_int_eq(strncmp(devices[i].version, "OpenCL ", 7), 0);
        ck_assert_int_eq(strncmp(devices[i].opencl_c, "OpenCL C ", 9), 0);
        ck_assert_int_ne(devices[i].name[strlen(devices[i].name) - 1], ' ');
        ck_assert_uint_gt(devices[i].compute_units, 0);
        ck_assert_uint_gt(devices[i].work_group_size, 0);
        ck_assert_uint_ge(devices[i].memory_bytes, devices[i].allocation_bytes);
        ck_assert_uint_gt(strlen(devices[i].bit_exact_reason), 0);
    }
    focl_device_list_free(list);
}
END_TEST

START_TEST(a_null_list_is_empty) {
    ck_assert_uint_eq(focl_device_list_count(NULL), 0);
    ck_assert_uint_eq(focl_device_list_note_count(NULL), 0);
    ck_assert_ptr_null(focl_device_list_devices(NULL));
    ck_assert_str_eq(focl_device_list_note(NULL, 0), "");
    focl_device_list_free(NULL);
}
END_TEST

int main(void) {
    TCase *selectors = tcase_create("selectors");
    tcase_add_loop_test(selectors, selectors_choose, 0, COUNT_OF(accepted));
    tcase_add_loop_test(selectors, selectors_are_strict, 0, COUNT_OF(refused));
    tcase_add_test(selectors, unavailable_devices_are_listed_but_not_chosen);
    tcase_add_test(selectors, no_devices_at_all);
    tcase_add_test(selectors, null_arguments_are_named);
    TCase *ranking = tcase_create("ranking");
    tcase_add_loop_test(ranking, ranking_decides_by_one_criterion_after_the_other, 0, COUNT_OF(duels));
    tcase_add_test(ranking, the_reason_names_the_runner_up);
    tcase_add_test(ranking, a_reason_is_cut_to_its_room);
    tcase_add_test(ranking, many_candidates_are_cut_not_overrun);
    tcase_add_test(ranking, class_names);
    TCase *enumeration = tcase_create("enumeration");
    tcase_add_test(enumeration, enumeration_describes_what_is_here);
    tcase_add_test(enumeration, a_null_list_is_empty);
    Suite *suite = suite_create("device");
    suite_add_tcase(suite, selectors);
    suite_add_tcase(suite, ranking);
    suite_add_tcase(suite, enumeration);
    return test_main(suite);
}
