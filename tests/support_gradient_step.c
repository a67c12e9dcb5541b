#include "support_gradient_step.h"

#include <math.h>
#include <string.h>

/* ---- Problems ---- */

size_t step_bytes(const step_problem *problem) {
    return problem->description.elements * focl_type_size(problem->description.type);
}

static void *random_array(const focl_gradient_step_description *description, test_random *random) {
    void *values = test_guarded(description->elements * focl_type_size(description->type));
    for (size_t i = 0; i < description->elements; i++)
        loss_put_value(description->type, values, i, step_random_number(random));
    return values;
}

static void *copy_of(const void *values, size_t bytes) {
    void *copy = test_guarded(bytes);
    if (bytes)
        memcpy(copy, values, bytes);
    return copy;
}

step_problem step_problem_create(focl_gradient_step_description description, uint64_t stream) {
    test_random random = test_random_start(stream);
    step_problem made = {.description = description};
    made.parameters = random_array(&description, &random);
    made.gradient = random_array(&description, &random);
    made.expected = copy_of(made.parameters, step_bytes(&made));
    ck_assert_msg(focl_mirror_gradient_step(&description, made.expected, made.gradient) == FOCL_OK, "%s",
                  focl_last_error()->message);
    return made;
}

void step_problem_free(step_problem *problem) {
    test_guarded_free(problem->parameters);
    test_guarded_free(problem->gradient);
    test_guarded_free(problem->expected);
}

/* ---- Answers ---- */

static bool is_same(focl_type type, const void *left, const void *right, size_t place) {
    const size_t bytes = focl_type_size(type);
    const bool nan = isnan(loss_value_at(type, left, place)) && isnan(loss_value_at(type, right, place));
    return nan || memcmp((const char *)left + place * bytes, (const char *)right + place * bytes, bytes) == 0;
}

void step_assert_same(const step_problem *problem, const void *found, const char *where) {
    const focl_type type = problem->description.type;
    for (size_t i = 0; i < problem->description.elements; i++)
        if (!is_same(type, problem->expected, found, i))
            ck_abort_msg("%s: %s, element %zu of %zu: %a less %a times (%a and %a times that) is %a, not %a", where,
                         focl_type_name(type), i, problem->description.elements,
                         loss_value_at(type, problem->parameters, i), problem->description.rate,
                         loss_value_at(type, problem->gradient, i), problem->description.decay,
                         loss_value_at(type, found, i), loss_value_at(type, problem->expected, i));
}

/* Not bit-exact: within a part of the largest number that takes part, where these are not at the end of the range. */
static void assert_close(const step_problem *problem, const void *found, const char *where) {
    const focl_gradient_step_description *asked = &problem->description;
    for (size_t i = 0; i < asked->elements; i++) {
        const double p = loss_value_at(asked->type, problem->parameters, i);
        const double g = loss_value_at(asked->type, problem->gradient, i);
        const double size = fabs(p) + fabs(asked->rate) * (fabs(g) + asked->decay * fabs(p));
        const double error = loss_value_at(asked->type, found, i) - loss_value_at(asked->type, problem->expected, i);
        if (size < 1e4 && !(fabs(error) <= 0x1p-20 * size + 0x1p-8 * (asked->type == FOCL_BF16) * size + 0x1p-24))
            ck_abort_msg("%s: %s, element %zu is off by %g", where, focl_type_name(asked->type), i, error);
    }
}

static bool is_refused(focl_handle *handle, focl_type type) {
    return type == FOCL_F64 && !focl_handle_device(handle)->fp64;
}

step_arrays step_arrays_create(focl_handle *handle, const step_problem *problem, size_t offset) {
    const size_t shift = offset * focl_type_size(problem->description.type);
    cl_context context = focl_handle_context(handle);
    return (step_arrays){device_array_create(context, problem->parameters, step_bytes(problem), shift),
                         device_array_create(context, problem->gradient, step_bytes(problem), 2 * shift)};
}

/* Waits, compares, and releases. */
void step_arrays_finish(focl_handle *handle, step_arrays *arrays, const step_problem *problem, const char *where) {
    void *found = test_guarded(step_bytes(problem));
    cl_command_queue queue = focl_handle_queue(handle);
    ck_assert_int_eq(clFinish(queue), CL_SUCCESS);
    device_array_finish(queue, &arrays->gradient, found);
    ck_assert_msg(memcmp(found, problem->gradient, step_bytes(problem)) == 0, "%s: the gradient was written", where);
    device_array_finish(queue, &arrays->parameters, found);
    if (focl_handle_device(handle)->bit_exact)
        step_assert_same(problem, found, where);
    else
        assert_close(problem, found, where);
    test_guarded_free(found);
}

void step_assert_on_device(focl_handle *handle, const step_problem *problem, size_t offset, const char *where) {
    step_arrays arrays = step_arrays_create(handle, problem, offset);
    const focl_status status = focl_gradient_step(handle, &problem->description, arrays.parameters.place,
                                                  arrays.gradient.place, NULL, 0, NULL, NULL);
    if (!is_refused(handle, problem->description.type)) {
        ck_assert_msg(status == FOCL_OK, "%s: %s", where, focl_last_error()->message);
        step_arrays_finish(handle, &arrays, problem, where);
        return;
    }
    device_assert_error(status, FOCL_ENOTSUP, "type", "cl_khr_fp64");
    clReleaseMemObject(arrays.parameters.place.memory);
    clReleaseMemObject(arrays.gradient.place.memory);
}
