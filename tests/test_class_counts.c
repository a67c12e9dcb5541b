/* Class counts against a plain count on the host: every type, size, mapping and form. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cl/class_slots.clh"
#include "support_class_counts.h"

static void assert_everywhere(const counts_recipe *from, uint64_t stream, size_t offset) {
    counts_problem asked = counts_problem_create(from, stream);
    for (size_t device = 0; device < test_device_count(); device++) {
        counts_assert_on_device(test_device(device), &asked, offset, test_device_name(device));
        counts_assert_on_host(test_device(device), &asked, test_device_name(device));
    }
    counts_problem_free(&asked);
}

static const focl_type types[] = {FOCL_U8, FOCL_I16, FOCL_I32, FOCL_I64};
static const size_t class_counts[] = {1,
                                      2,
                                      3,
                                      10,
                                      FOCL_COMPARED_MAX_NARROW,
                                      FOCL_COMPARED_MAX_NARROW + 1,
                                      FOCL_COMPARED_MAX,
                                      FOCL_COMPARED_MAX + 1,
                                      256,
                                      1000,
                                      100000};

/* ---- Sizes, classes, offsets ---- */

START_TEST(counts_of_every_size) {
    static const size_t sizes[] = {0, 1, 2, 3, 15, 16, 17, 127, 1000, 8191, 8192, 8193, 16384 + 5};
    static const size_t offsets[] = {0, 1, 3, 7};
    const size_t size_count = test_size(COUNT_OF(sizes), 9);
    const focl_type type = types[_i];
    for (size_t c = 0; c < COUNT_OF(class_counts); c++)
        for (size_t s = 0; s<size_count; s += class_counts[c]> 1000 ? 6 : 1) {
            const counts_recipe from = {type, sizes[s], class_counts[c], false, 0, s % 3 == 2};
            assert_everywhere(&from, 100 * c + s, offsets[(s + c) % COUNT_OF(offsets)]);
        }
}
END_TEST

START_TEST(counts_of_many_labels) {
    static const size_t few_classes[] = {10, 256, 100000};
    for (size_t c = 0; c < COUNT_OF(few_classes); c++) {
        const counts_recipe from = {types[_i], test_size(500003, 9011), few_classes[c], true, 3, true};
        assert_everywhere(&from, 2000 + c, 5);
    }
}
END_TEST

/* ---- What is ignored, and what is wrong ---- */

static const int64_t ignored[] = {0, 5, 9, 10, 255, -1, -100, 256, INT32_MIN, INT64_MAX};

/* An ignored label may be a class, and may be one that the type cannot hold: then it is never met. */
START_TEST(ignored_before_the_classes) {
    for (size_t t = 0; t < COUNT_OF(types); t += test_size(1, 3))
        for (size_t c = 0; c < 3; c++) {
            static const size_t classes[] = {10, 256, 1000};
            const counts_recipe from = {types[t], test_size(17001, 5001), classes[c], true, ignored[_i], t % 2 == 0};
            assert_everywhere(&from, 3000 + t, 1);
        }
}
END_TEST

START_TEST(everything_is_wrong) {
    static const int64_t wrong[] = {200, -1, INT32_MAX, INT64_MIN};
    for (size_t t = 0; t < COUNT_OF(types); t++) {
        counts_problem asked = {.description = {.labels = 20000, .targets_type = types[t], .classes = 100}};
        asked.labels = test_guarded(20000 * focl_type_size(types[t]));
        for (size_t i = 0; i < 20000; i++)
            counts_put_label(types[t], asked.labels, i, types[t] == FOCL_I16 ? -1 : wrong[t]);
        counts_count_plainly(&asked);
        ck_assert_uint_eq(asked.record.out_of_range, 20000);
        for (size_t device = 0; device < test_device_count(); device++) {
            counts_assert_on_device(test_device(device), &asked, 1, test_device_name(device));
            asked.description.classes = 10;
            counts_assert_on_host(test_device(device), &asked, test_device_name(device));
            asked.description.classes = 100;
        }
        counts_problem_free(&asked);
    }
}
END_TEST

/* One wrong label at any place of a block, a strip or an end is found there. */
START_TEST(the_first_wrong_label) {
    enum { LABELS = 70001 }; /* more than one strip */
    static const size_t places[] = {32768, 1, LABELS - 1, 0, 16, 8191, 8192, 32767, 65535, 69999};
    static const size_t classes[] = {10, 200, 70000};
    const size_t place_count = test_size(COUNT_OF(places), 2);
    for (size_t c = 0; c < COUNT_OF(classes); c++)
        for (size_t p = 0; p < place_count; p++) {
            const counts_recipe from = {_i == 0 && c < 2 ? FOCL_U8 : FOCL_I32, LABELS, classes[c], false, 0, false};
            counts_problem asked = counts_problem_create(&from, 4000 + c);
            counts_put_label(from.type, asked.labels, places[p], 250000 % 256 + 6);
            counts_put_label(from.type, asked.labels, LABELS - 1, from.type == FOCL_U8 ? 255 : 100000);
            free(asked.counts);
            counts_count_plainly(&asked);
            for (size_t device = 0; device < test_device_count(); device++)
                counts_assert_on_device(test_device(device), &asked, 3, test_device_name(device));
            counts_problem_free(&asked);
        }
}
END_TEST

/* ---- Mappings, pieces, repetition ---- */

/* More than one item has turns for where a device leaves its loops, in strips and in tables. */
START_TEST(one_item_counts_many) {
    const counts_recipe from = {FOCL_U8, test_size((size_t)1 << 26, 9011), _i == 0 ? 7 : 200, false, 0, true};
    counts_problem asked = counts_problem_create(&from, 5100);
    for (size_t device = 0; device < test_device_count(); device++) {
        focl_handle *handle = device_handle_with("FOCL_MAPPING", "1x1", device);
        counts_assert_on_device(handle, &asked, 0, "1x1");
        focl_destroy(handle);
    }
    counts_problem_free(&asked);
}
END_TEST

START_TEST(every_mapping_counts_the_same) {
    static const char *const mappings[] = {"1x1", "16x1", "1x2", "1x8", "1x64", "4x256"};
    for (size_t device = 0; device < test_device_count(); device++) {
        focl_handle *handle = device_handle_with("FOCL_MAPPING", mappings[_i], device);
        for (size_t t = 0; t < COUNT_OF(types); t++)
            for (size_t c = 1; c < COUNT_OF(class_counts); c += 2) {
                const counts_recipe from = {types[t], test_size(40007, 3001), class_counts[c], true, 1, true};
                counts_problem asked = counts_problem_create(&from, 5000 + t);
                counts_assert_on_device(handle, &asked, 3, mappings[_i]);
                counts_problem_free(&asked);
            }
        focl_destroy(handle);
    }
}
END_TEST

START_TEST(pieces_count_the_same) {
    static const char *const pieces[] = {"1", "7", "4096", "10000"};
    const size_t labels = _i == 0 ? 40 : test_size(30011, 11003);
    /* Each piece goes through all classes: not many of both. */
    const size_t class_count = COUNT_OF(class_counts) - (_i < 2);
    ck_assert_int_eq(setenv("FOCL_PIECE_ELEMENTS", pieces[_i], 1), 0);
    for (size_t t = 0; t < COUNT_OF(types); t++)
        for (size_t c = 2; c < class_count; c += 2) {
            const counts_recipe from = {types[t], _i == 1 ? 300 : labels, class_counts[c], true, 2, true};
            counts_problem asked = counts_problem_create(&from, 6000 + t);
            for (size_t device = 0; device < test_device_count(); device++)
                counts_assert_on_host(test_device(device), &asked, pieces[_i]);
            counts_problem_free(&asked);
        }
    ck_assert_int_eq(unsetenv("FOCL_PIECE_ELEMENTS"), 0);
}
END_TEST

START_TEST(runs_are_equal) {
    const counts_recipe from = {FOCL_U8, test_size(200003, 9001), 256, false, 0, false};
    counts_problem asked = counts_problem_create(&from, 7000);
    for (size_t device = 0; device < test_device_count(); device++)
        for (int run = 0; run < 5; run++)
            counts_assert_on_device(test_device(device), &asked, 1, test_device_name(device));
    counts_problem_free(&asked);
}
END_TEST

/* Many class counts are few programs: one, or several where a kernel wants smaller groups. */
START_TEST(class_count_is_no_program) {
    for (size_t device = 0; device < test_device_count(); device++) {
        focl_handle *handle = device_handle_with("FOCL_MATH", "strict", device);
        for (size_t classes = 1; classes <= 100; classes++) {
            const counts_recipe from = {FOCL_I32, 50, classes * classes, false, 0, false};
            counts_problem asked = counts_problem_create(&from, 7100);
            counts_assert_on_host(handle, &asked, test_device_name(device));
            counts_problem_free(&asked);
        }
        ck_assert_uint_le(focl_handle_program_count(handle), 3);
        focl_destroy(handle);
    }
}
END_TEST

START_TEST(one_output_is_enough) {
    const counts_recipe from = {FOCL_I16, 5000, 300, true, 7, true};
    counts_problem asked = counts_problem_create(&from, 7200);
    for (size_t device = 0; device < test_device_count(); device++) {
        focl_handle *handle = test_device(device);
        uint64_t counts[300];
        focl_class_counts_record record;
        ck_assert_int_eq(focl_class_counts_host(handle, &asked.description, asked.labels, counts, NULL, NULL), FOCL_OK);
        ck_assert_int_eq(focl_class_counts_host(handle, &asked.description, asked.labels, NULL, &record, NULL),
                         FOCL_OK);
        counts_assert_equal(&asked, counts, "counts alone");
        counts_assert_record(&asked, &record, "record alone");
    }
    counts_problem_free(&asked);
}
END_TEST

/* ---- Events ---- */

START_TEST(waits_and_gives_an_event) {
    for (size_t device = 0; device < test_device_count(); device++) {
        focl_handle *handle = test_device(device);
        const counts_recipe from = {FOCL_U8, _i ? 5000 : 0, 20, false, 0, false};
        counts_problem asked = counts_problem_create(&from, 7300);
        counts_arrays arrays = counts_arrays_create(focl_handle_context(handle), &asked, 1);
        const focl_class_counts_buffers buffers = counts_buffers_of(&arrays);
        cl_int code = CL_SUCCESS;
        cl_event go = clCreateUserEvent(focl_handle_context(handle), &code);
        cl_event done = NULL;
        cl_int state = CL_COMPLETE;
        ck_assert_int_eq(focl_class_counts(handle, &asked.description, &buffers, NULL, 1, &go, &done), FOCL_OK);
        ck_assert_ptr_nonnull(done);
        clGetEventInfo(done, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL);
        ck_assert_int_gt(state, CL_COMPLETE);
        ck_assert_int_eq(clSetUserEventStatus(go, CL_COMPLETE), CL_SUCCESS);
        ck_assert_int_eq(clWaitForEvents(1, &done), CL_SUCCESS);
        counts_arrays_finish(focl_handle_queue(handle), &arrays, &asked, test_device_name(device));
        ck_assert_int_eq(clReleaseEvent(done), CL_SUCCESS);
        ck_assert_int_eq(clReleaseEvent(go), CL_SUCCESS);
        counts_problem_free(&asked);
    }
}
END_TEST

/* ---- Wrong arguments ---- */

static const struct {
    focl_class_counts_description description;
    const char *argument, *in_message;
} wrong_descriptions[] = {
    {{4, FOCL_F32, 3, false, 0}, "targets_type", "f32"},
    {{4, (focl_type)99, 3, false, 0}, "targets_type", "unknown"},
    {{4, FOCL_U8, 0, false, 0}, "classes", "is 0"},
    {{4, FOCL_U8, (size_t)INT32_MAX + 1, false, 0}, "classes", "2147483648"},
    {{SIZE_MAX / 4, FOCL_I64, 3, false, 0}, "labels", "8 bytes"},
};

START_TEST(refuses_descriptions) {
    const focl_class_counts_description *description = &wrong_descriptions[_i].description;
    static const uint8_t labels[64];
    uint64_t counts[3] = {42, 42, 42};
    const focl_class_counts_buffers nothing = {0};
    device_assert_error(focl_class_counts_host(test_device(0), description, labels, counts, NULL, NULL), FOCL_EINVAL,
                        wrong_descriptions[_i].argument, wrong_descriptions[_i].in_message);
    ck_assert_uint_eq(counts[0], 42);
    cl_event event = (cl_event)&counts;
    device_assert_error(focl_class_counts(test_device(0), description, &nothing, NULL, 0, NULL, &event), FOCL_EINVAL,
                        wrong_descriptions[_i].argument, wrong_descriptions[_i].in_message);
    ck_assert_ptr_null(event);
}
END_TEST

START_TEST(refuses_host_arguments) {
    focl_handle *handle = test_device(0);
    const focl_class_counts_description good = {4, FOCL_U8, 3, false, 0};
    const uint8_t labels[4] = {0};
    uint64_t counts[3];
    device_assert_error(focl_class_counts_host(NULL, &good, labels, counts, NULL, NULL), FOCL_EINVAL, "handle", "NULL");
    device_assert_error(focl_class_counts_host(handle, NULL, labels, counts, NULL, NULL), FOCL_EINVAL, "description",
                        "NULL");
    device_assert_error(focl_class_counts_host(handle, &good, NULL, counts, NULL, NULL), FOCL_EINVAL, "targets",
                        "4 labels");
    device_assert_error(focl_class_counts_host(handle, &good, labels, NULL, NULL, NULL), FOCL_EINVAL, "counts",
                        "at least");
    ck_assert_int_eq(setenv("FOCL_PIECE_ELEMENTS", "many", 1), 0);
    device_assert_error(focl_class_counts_host(handle, &good, labels, counts, NULL, NULL), FOCL_EINVAL,
                        "FOCL_PIECE_ELEMENTS", "many");
    ck_assert_int_eq(unsetenv("FOCL_PIECE_ELEMENTS"), 0);
}
END_TEST

START_TEST(refuses_buffers) {
    focl_handle *handle = test_device(0);
    const counts_recipe from = {FOCL_I32, 10, 4, false, 0, false};
    counts_problem asked = counts_problem_create(&from, 7400);
    counts_arrays arrays = counts_arrays_create(focl_handle_context(handle), &asked, 1);
    const focl_class_counts_description *description = &asked.description;
    const focl_class_counts_buffers good = counts_buffers_of(&arrays);
    focl_class_counts_buffers bad = good;
    const cl_event no_event = NULL;
#define REFUSED(status, argument, message)                                                                             \
    device_assert_error(focl_class_counts(handle, description, &bad, NULL, 0, NULL, NULL), status, argument, message); \
    bad = good
    device_assert_error(focl_class_counts(handle, description, NULL, NULL, 0, NULL, NULL), FOCL_EINVAL, "buffers",
                        "NULL");
    bad.targets.memory = NULL;
    REFUSED(FOCL_EINVAL, "targets", "missing");
    bad.counts.memory = bad.record.memory = NULL;
    REFUSED(FOCL_EINVAL, "counts", "missing");
    bad.targets.offset += 2;
    REFUSED(FOCL_EINVAL, "targets", "multiple of 4");
    bad.targets.offset += TEST_GUARD_BYTES + 4;
    REFUSED(FOCL_EBOUNDS, "targets", "needs 40 bytes");
    bad.counts.offset += 4;
    REFUSED(FOCL_EINVAL, "counts", "multiple of 8");
    bad.counts.offset = UINT64_MAX - 7;
    REFUSED(FOCL_EBOUNDS, "counts", "18446744073709551608");
    bad.record.offset += TEST_GUARD_BYTES + 8;
    REFUSED(FOCL_EBOUNDS, "record", "needs 40 bytes");
    bad.record = bad.counts;
    REFUSED(FOCL_EOVERLAP, "record", "counts");
    bad.counts = bad.targets;
    bad.counts.offset = 64;
    REFUSED(FOCL_EOVERLAP, "counts", "targets");
#undef REFUSED
    device_assert_error(focl_class_counts(handle, description, &good, NULL, 1, &no_event, NULL), FOCL_EINVAL,
                        "wait_list", "NULL");
    device_assert_error(focl_class_counts(handle, description, &good, NULL, 1, NULL, NULL), FOCL_EINVAL, "wait_list",
                        "1");
    counts_assert_on_device(handle, &asked, 0, "after refusals");
    uint64_t counts[4];
    uint64_t record[5];
    int32_t labels[10];
    device_array_finish(focl_handle_queue(handle), &arrays.targets, labels);
    device_array_finish(focl_handle_queue(handle), &arrays.counts, counts);
    device_array_finish(focl_handle_queue(handle), &arrays.record, record);
    ck_assert(test_is_poison(counts, sizeof counts) && test_is_poison(record, sizeof record));
    counts_problem_free(&asked);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("class_counts");
    TCase *tcase = tcase_create("class_counts");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, counts_of_every_size, 0, (int)COUNT_OF(types));
    tcase_add_loop_test(tcase, counts_of_many_labels, 0, (int)COUNT_OF(types));
    tcase_add_loop_test(tcase, ignored_before_the_classes, 0, (int)COUNT_OF(ignored));
    tcase_add_test(tcase, everything_is_wrong);
    tcase_add_loop_test(tcase, the_first_wrong_label, 0, 2);
    tcase_add_loop_test(tcase, one_item_counts_many, 0, 2);
    tcase_add_loop_test(tcase, every_mapping_counts_the_same, 0, 6);
    tcase_add_loop_test(tcase, pieces_count_the_same, 0, 4);
    tcase_add_test(tcase, runs_are_equal);
    tcase_add_test(tcase, class_count_is_no_program);
    tcase_add_test(tcase, one_output_is_enough);
    tcase_add_loop_test(tcase, waits_and_gives_an_event, 0, 2);
    tcase_add_loop_test(tcase, refuses_descriptions, 0, (int)COUNT_OF(wrong_descriptions));
    tcase_add_test(tcase, refuses_host_arguments);
    tcase_add_test(tcase, refuses_buffers);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
