#include "support_weighted_sum.h"

#include <math.h>
#include <string.h>

/* ---- Problems ---- */

static double number_of(sum_kind kind, test_random *random, size_t place, double before) {
    switch (kind) {
    case SUM_LOSSES:
        return fabs(test_random_size(random, 0x1p-20, 0x1p+10));
    case SUM_SIGNED:
        return test_random_size(random, 0x1p-10, 0x1p+4);
    case SUM_CANCELLING:
        return place % 7 == 3  ? test_random_uniform(random, -0x1p-10, 0x1p-10)
               : place % 7 % 2 ? -before
                               : test_random_size(random, 0x1p-2, 0x1p+10);
    default:
        return test_random_size(random, 0x1p-130, 0x1p-120);
    }
}

static void *random_array(focl_type type, size_t elements, sum_kind kind, test_random *random) {
    void *values = test_guarded(elements * focl_type_size(type));
    double before = 0;
    for (size_t i = 0; i < elements; i++) {
        loss_put_value(type, values, i, number_of(kind, random, i, before));
        before = loss_value_at(type, values, i);
    }
    return values;
}

void sum_problem_mirror(sum_problem *problem) {
    float sum = 0;
    void *to = problem->description.losses_type == FOCL_F64 ? (void *)&problem->mirror : (void *)&sum;
    const focl_status status = focl_mirror_weighted_sum(&problem->description, problem->losses, problem->weights, to);
    ck_assert_msg(status == FOCL_OK, "the mirror: %s", focl_last_error()->message);
    if (to == &sum)
        problem->mirror = (double)sum;
}

sum_problem sum_problem_create(const sum_recipe *from, uint64_t stream) {
    test_random random = test_random_start(stream);
    sum_problem made = {.description = {from->elements, from->losses_type, from->weights_type}};
    made.losses = random_array(from->losses_type, from->elements, from->kind, &random);
    if (from->weighted)
        made.weights = random_array(from->weights_type, from->elements,
                                    from->kind == SUM_TINY ? SUM_SIGNED : (sum_kind)(from->kind & SUM_SIGNED), &random);
    sum_problem_mirror(&made);
    return made;
}

void sum_problem_free(sum_problem *problem) {
    test_guarded_free(problem->losses);
    test_guarded_free(problem->weights);
}

size_t sum_loss_bytes(const sum_problem *problem) {
    return focl_type_size(problem->description.losses_type);
}

size_t sum_weight_bytes(const sum_problem *problem) {
    return focl_type_size(problem->description.weights_type);
}

static bool is_f64(const sum_problem *problem) {
    return problem->description.losses_type == FOCL_F64;
}

size_t sum_result_bytes(const sum_problem *problem) {
    return is_f64(problem) ? sizeof(double) : sizeof(float);
}

bool sum_is_same(double left, double right) {
    return isnan(left) ? isnan(right) : memcmp(&left, &right, sizeof left) == 0;
}

/* ---- Device arrays ---- */

sum_arrays sum_arrays_create(focl_handle *handle, const sum_problem *problem, size_t offset) {
    const size_t elements = problem->description.elements;
    const size_t of_losses = sum_loss_bytes(problem);
    const size_t of_weights = problem->weights ? sum_weight_bytes(problem) : 0;
    const size_t of_sum = sum_result_bytes(problem);
    cl_context context = focl_handle_context(handle);
    return (sum_arrays){device_array_create(context, problem->losses, elements * of_losses, offset * of_losses),
                        device_array_create(context, problem->weights, elements * of_weights, 2 * offset * of_weights),
                        device_array_create(context, NULL, of_sum, offset * of_sum)};
}

focl_weighted_sum_buffers sum_buffers_of(const sum_arrays *arrays, const sum_problem *problem) {
    focl_weighted_sum_buffers buffers = {.losses = arrays->losses.place, .sum = arrays->sum.place};
    if (problem->weights)
        buffers.weights = arrays->weights.place;
    return buffers;
}

static void assert_unchanged(cl_command_queue queue, device_array *array, const void *values, const char *where) {
    void *found = test_guarded(array->bytes);
    device_array_finish(queue, array, found);
    ck_assert_msg(!values || memcmp(found, values, array->bytes) == 0, "%s: an input was written", where);
    test_guarded_free(found);
}

double sum_arrays_finish(focl_handle *handle, sum_arrays *arrays, const sum_problem *problem, const char *where) {
    unsigned char sum[sizeof(double)];
    cl_command_queue queue = focl_handle_queue(handle);
    ck_assert_int_eq(clFinish(queue), CL_SUCCESS);
    assert_unchanged(queue, &arrays->losses, problem->losses, where);
    assert_unchanged(queue, &arrays->weights, problem->weights, where);
    device_array_finish(queue, &arrays->sum, sum);
    return sum_value(&problem->description, sum);
}

/* ---- The two forms ---- */

static void assert_sum(const focl_handle *handle, const sum_problem *problem, double found, const char *where) {
    const focl_weighted_sum_description *of = &problem->description;
    bool holds = sum_is_same(found, problem->mirror);
    if (!holds && !focl_handle_device(handle)->bit_exact) {
        const sum_truth truth = sum_truth_of(&problem->description, problem->losses, problem->weights);
        holds = fabsl((long double)found - truth.sum) <= truth.bound;
    }
    if (!holds)
        ck_abort_msg("%s: %zu %s losses, weights %s: %a, the mirror has %a", where, of->elements,
                     focl_type_name(of->losses_type), problem->weights ? focl_type_name(of->weights_type) : "absent",
                     found, problem->mirror);
}

/* A device without fp64 says so. */
static bool is_refused(const focl_handle *handle, const sum_problem *problem, focl_status status) {
    if (!is_f64(problem) || focl_handle_device(handle)->fp64)
        return false;
    device_assert_error(status, FOCL_ENOTSUP, "losses_type", "cl_khr_fp64");
    return true;
}

void sum_assert_on_device(focl_handle *handle, const sum_problem *problem, size_t offset, const char *where) {
    sum_arrays arrays = sum_arrays_create(handle, problem, offset);
    const focl_weighted_sum_buffers buffers = sum_buffers_of(&arrays, problem);
    const focl_status status = focl_weighted_sum(handle, &problem->description, &buffers, NULL, 0, NULL, NULL);
    const bool refused = is_refused(handle, problem, status);
    ck_assert_msg(refused || status == FOCL_OK, "%s: %s", where, focl_last_error()->message);
    const double found = sum_arrays_finish(handle, &arrays, problem, where);
    if (!refused)
        assert_sum(handle, problem, found, where);
}

void sum_assert_on_host(focl_handle *handle, const sum_problem *problem, const char *where) {
    void *sum = test_guarded(sum_result_bytes(problem));
    double seconds = -1;
    const focl_status status =
        focl_weighted_sum_host(handle, &problem->description, problem->losses, problem->weights, sum, &seconds);
    if (!is_refused(handle, problem, status)) {
        ck_assert_msg(status == FOCL_OK, "%s: %s", where, focl_last_error()->message);
        assert_sum(handle, problem, sum_value(&problem->description, sum), where);
        ck_assert(seconds >= 0);
    }
    test_guarded_free(sum);
}
