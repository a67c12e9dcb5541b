/* What the tests of steps of gradient descent share: problems, and the call compared with the mirror. */
#ifndef FOCL_TESTS_SUPPORT_GRADIENT_STEP_H
#define FOCL_TESTS_SUPPORT_GRADIENT_STEP_H

#include "support_array_truth.h"
#include "support_device.h"

typedef struct step_problem {
    focl_gradient_step_description description;
    void *parameters; /* as all that follow, guarded */
    void *gradient;
    void *expected; /* of the mirror */
} step_problem;

step_problem step_problem_create(focl_gradient_step_description description, uint64_t stream);
void step_problem_free(step_problem *problem);

/* Of one of its arrays. */
size_t step_bytes(const step_problem *problem);

/* The bits that the mirror has, where NaN equals NaN. */
void step_assert_same(const step_problem *problem, const void *found, const char *where);

/* The two arrays on a device. */
typedef struct step_arrays {
    device_array parameters, gradient;
} step_arrays;

/* The offset counts elements. */
step_arrays step_arrays_create(focl_handle *handle, const step_problem *problem, size_t offset);

/* Waits, compares, and releases. */
void step_arrays_finish(focl_handle *handle, step_arrays *arrays, const step_problem *problem, const char *where);

/* The call, compared: the mirror's bits, or near them on devices that are not bit-exact. */
void step_assert_on_device(focl_handle *handle, const step_problem *problem, size_t offset, const char *where);

#endif
