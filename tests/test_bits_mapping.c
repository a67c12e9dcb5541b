/* Bits depend on the data and nothing else: not on work-groups, vectors, compute units, nor on how often one asks. */
#include <stdio.h>

#include "support_device.h"
#include "support_hash.h"
#include "support_loss.h"
#include "support_recipes.h"

/* ---- Vectors and work-groups ---- */

static const char *const mappings[] = {"1x1", "2x2", "4x16", "8x8", "16x8", "1x64", "1x256", "16x64", "2x128"};

/* Every mapping has recipes of its own, so that together they have many; first and step are those of hash_of_family. */
static void assert_mapping(size_t number, const hash_family *family, focl_type type, size_t step) {
    const size_t first = number % step;
    const uint64_t expected = hash_of_family(family, type, first, step, &(hash_source){NULL, NULL});
    for (size_t device = 0; device < test_device_count(); device++) {
        const focl_device *described = focl_handle_device(test_device(device));
        if (!hash_is_promised(type, described))
            continue;
        focl_handle *handle = device_handle_with("FOCL_MAPPING", mappings[number], device);
        ck_assert_msg(hash_of_family(family, type, first, step, &(hash_source){handle, NULL}) == expected,
                      "other bits of %s in %s with %s on %s", family->name, focl_type_name(type), mappings[number],
                      described->name);
        focl_destroy(handle);
    }
}

START_TEST(sigmoid_bits_do_not_depend_on_the_mapping) {
    if (test_has_turn((size_t)_i, 3))
        assert_mapping((size_t)_i, &hash_families[0], FOCL_F32, 6);
}
END_TEST

START_TEST(softmax_bits_do_not_depend_on_the_mapping) {
    if (test_has_turn((size_t)_i, 3))
        assert_mapping((size_t)_i, &hash_families[1], FOCL_F32, 8);
}
END_TEST

START_TEST(double_bits_do_not_depend_on_the_mapping) {
    if (test_has_turn((size_t)_i, 3))
        for (size_t family = 0; family < HASH_FAMILIES; family++)
            assert_mapping((size_t)_i, &hash_families[family], FOCL_F64, 16);
}
END_TEST

/* Classes enough that items share a row, which none of the families has: the last part of lanes is not full. */
START_TEST(shared_rows_do_not_depend_on_the_mapping) {
    static const focl_view shapes[] = {{67, 80, 1}, {5, 1000, 1}};
    const loss_recipe recipe = loss_recipe_shaped(&loss_row_recipes[(size_t)_i % loss_row_recipe_count],
                                                  shapes[(size_t)_i % COUNT_OF(shapes)]);
    loss_problem problem = loss_problem_create(&recipe, 52000 + (uint64_t)_i);
    loss_answer mirror = loss_answer_create(&problem, loss_outputs(&problem.description));
    ck_assert_int_eq(loss_on_mirror(&problem, &mirror), FOCL_OK);
    for (size_t device = 0; test_has_turn((size_t)_i + 2, 3) && device < test_device_count(); device++) {
        focl_handle *handle = device_handle_with("FOCL_MAPPING", mappings[_i], device);
        loss_answer answer = loss_answer_create(&problem, loss_outputs(&problem.description));
        ck_assert_int_eq(loss_on_device(handle, &problem, &answer, 1), FOCL_OK);
        if (hash_is_promised(FOCL_F32, focl_handle_device(handle)))
            loss_assert_same(&problem, &mirror, &answer, mappings[_i]);
        loss_answer_free(&answer);
        focl_destroy(handle);
    }
    loss_answer_free(&mirror);
    loss_problem_free(&problem);
}
END_TEST

/* ---- Compute units ---- */

/* Where a driver has no parts at all the function may be missing: it is not called then. */
static bool is_divisible(const focl_device *device) {
    cl_device_partition_property kinds[16] = {0};
    size_t bytes = 0;
    if (clGetDeviceInfo(device->cl_device, CL_DEVICE_PARTITION_PROPERTIES, sizeof kinds, kinds, &bytes) != CL_SUCCESS)
        return false;
    for (size_t i = 0; i < bytes / sizeof *kinds; i++)
        if (kinds[i] == CL_DEVICE_PARTITION_BY_COUNTS)
            return true;
    return false;
}

/* A part of a device with that many units of it; NULL: it has no such part. */
static cl_device_id part_of(const focl_device *device, cl_uint units) {
    const cl_device_partition_property by_counts[] = {
        CL_DEVICE_PARTITION_BY_COUNTS, (cl_device_partition_property)units, CL_DEVICE_PARTITION_BY_COUNTS_LIST_END, 0};
    cl_device_id part = NULL;
    cl_uint count = 0;
    if (units >= device->compute_units || !is_divisible(device))
        return NULL;
    const cl_int code = clCreateSubDevices(device->cl_device, by_counts, 1, &part, &count);
    return code == CL_SUCCESS && count == 1 ? part : NULL;
}

static void assert_part(cl_device_id part, const char *name) {
    cl_int code = CL_SUCCESS;
    focl_handle *handle = NULL;
    cl_context context = clCreateContext(NULL, 1, &part, NULL, NULL, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    cl_command_queue queue = clCreateCommandQueue(context, part, 0, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    ck_assert_msg(focl_create_from_cl(&handle, context, part) == FOCL_OK, "%s", focl_last_error()->message);
    printf("%u of the compute units of %s\n", focl_handle_device(handle)->compute_units, name);
    for (size_t i = 0; i < HASH_FAMILIES; i++)
        ck_assert_msg(hash_of_family(&hash_families[i], FOCL_F32, 0, 6, &(hash_source){handle, queue}) ==
                          hash_of_family(&hash_families[i], FOCL_F32, 0, 6, &(hash_source){NULL, NULL}),
                      "other bits of %s with fewer compute units on %s", hash_families[i].name, name);
    focl_destroy(handle);
    ck_assert_int_eq(clReleaseCommandQueue(queue), CL_SUCCESS);
    ck_assert_int_eq(clReleaseContext(context), CL_SUCCESS);
}

START_TEST(bits_do_not_depend_on_the_compute_units) {
    for (size_t device = 0; device < test_device_count(); device++) {
        const focl_device *described = focl_handle_device(test_device(device));
        for (cl_uint units = 1; hash_is_promised(FOCL_F32, described) && units < described->compute_units; units *= 2) {
            cl_device_id part = part_of(described, units);
            if (!part)
                break;
            assert_part(part, described->name);
            ck_assert_int_eq(clReleaseDevice(part), CL_SUCCESS);
        }
    }
}
END_TEST

/* ---- Again and again ---- */

enum { REPETITIONS = 100 };

static const focl_view repeated_shapes[] = {{129, 80, 1}, {2, 19, 321}};

/* Through the device form, which leaves it to the device which work-group comes first. */
static void assert_repeats(size_t device, const hash_family *family, size_t shape) {
    const loss_recipe shaped = loss_recipe_shaped(&family->recipes[1], repeated_shapes[shape]);
    loss_problem problem = loss_problem_create(&shaped, 9900 + shape);
    const unsigned outputs = loss_outputs(&problem.description);
    loss_answer first = loss_answer_create(&problem, outputs);
    ck_assert_int_eq(loss_on_device(test_device(device), &problem, &first, 0), FOCL_OK);
    for (size_t i = 1; i < test_size(REPETITIONS, 3); i++) {
        loss_answer again = loss_answer_create(&problem, outputs);
        ck_assert_int_eq(loss_on_device(test_device(device), &problem, &again, i % 7), FOCL_OK);
        loss_assert_same(&problem, &first, &again, test_device_name(device));
        loss_answer_free(&again);
    }
    loss_answer_free(&first);
    loss_problem_free(&problem);
}

START_TEST(bits_are_the_same_every_time) {
    for (size_t device = 0; device < test_device_count(); device++)
        for (size_t shape = 0; shape < COUNT_OF(repeated_shapes); shape++)
            assert_repeats(device, &hash_families[_i], shape);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("bits_mapping");
    TCase *tcase = tcase_create("bits_mapping");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, sigmoid_bits_do_not_depend_on_the_mapping, 0, (int)COUNT_OF(mappings));
    tcase_add_loop_test(tcase, softmax_bits_do_not_depend_on_the_mapping, 0, (int)COUNT_OF(mappings));
    tcase_add_loop_test(tcase, double_bits_do_not_depend_on_the_mapping, 0, (int)COUNT_OF(mappings));
    tcase_add_loop_test(tcase, shared_rows_do_not_depend_on_the_mapping, 0, (int)COUNT_OF(mappings));
    tcase_add_test(tcase, bits_do_not_depend_on_the_compute_units);
    tcase_add_loop_test(tcase, bits_are_the_same_every_time, 0, HASH_FAMILIES);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
