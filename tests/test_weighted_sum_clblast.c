/*
 * Weighted sums against CLBlast's dot and gemv: another's kernels on the same buffers. Theirs are plain float sums in
 * an order of their own, which n terms of sum of magnitudes M take at most n u / (1 - n u) M, u = 2^-24, from the exact
 * sum, in any order; ours have their own bound.
 */
#include "support_weighted_sum.h"

#ifdef FOCL_TEST_CLBLAST

#include <clblast_c.h>
#include <math.h>

static long double plain_bound(size_t terms, long double magnitude) {
    const long double rounded = (long double)terms * 0x1p-24L;
    return rounded / (1 - rounded) * magnitude;
}

/* Each within its own bound, and so the two within the sum of both. */
static void assert_near(const sum_problem *problem, double found, double of_clblast, const char *where) {
    const sum_truth truth = sum_truth_of(&problem->description, problem->losses, problem->weights);
    const size_t terms = problem->description.elements;
    const long double bound = plain_bound(terms, truth.magnitude) + fabsl(truth.sum) * 0x1p-24L;
    ck_assert_msg(fabsl((long double)found - truth.sum) <= truth.bound, "%s: %zu terms: focl has %a, exact is %La",
                  where, terms, found, truth.sum);
    ck_assert_msg(fabsl((long double)of_clblast - truth.sum) <= bound, "%s: %zu terms: CLBlast has %a, exact is %La",
                  where, terms, of_clblast, truth.sum);
    ck_assert_msg(fabsl((long double)found - (long double)of_clblast) <= truth.bound + bound,
                  "%s: %zu terms: focl has %a, CLBlast %a", where, terms, found, of_clblast);
}

static void wait_for(cl_event event) {
    ck_assert_int_eq(clWaitForEvents(1, &event), CL_SUCCESS);
    ck_assert_int_eq(clReleaseEvent(event), CL_SUCCESS);
}

/* ---- Dot ---- */

/* Into the memory that the sum goes to afterwards. */
static float clblast_dot(focl_handle *handle, const sum_arrays *arrays, size_t elements) {
    const size_t unit = sizeof(float);
    cl_command_queue queue = focl_handle_queue(handle);
    cl_event done = NULL;
    float dot = 0;
    ck_assert_int_eq(CLBlastSdot(elements, arrays->sum.place.memory, arrays->sum.place.offset / unit,
                                 arrays->losses.place.memory, arrays->losses.place.offset / unit, 1,
                                 arrays->weights.place.memory, arrays->weights.place.offset / unit, 1, &queue, &done),
                     CLBlastSuccess);
    wait_for(done);
    ck_assert_int_eq(clEnqueueReadBuffer(queue, arrays->sum.place.memory, CL_TRUE, arrays->sum.place.offset, unit, &dot,
                                         0, NULL, NULL),
                     CL_SUCCESS);
    return dot;
}

START_TEST(dot_is_near) {
    static const size_t sizes[] = {1, 3, 64, 1000, 4097, 70001, 1000003};
    for (size_t s = 0; s < COUNT_OF(sizes) - test_size(0, 2); s++) {
        const sum_recipe from = {FOCL_F32, true, FOCL_F32, sizes[s], (sum_kind)_i};
        sum_problem problem = sum_problem_create(&from, 100 * (uint64_t)_i + s);
        for (size_t device = 0; device < test_device_count(); device++) {
            focl_handle *handle = test_device(device);
            sum_arrays arrays = sum_arrays_create(handle, &problem, 3);
            const focl_weighted_sum_buffers buffers = sum_buffers_of(&arrays, &problem);
            const float dot = clblast_dot(handle, &arrays, sizes[s]);
            ck_assert_int_eq(focl_weighted_sum(handle, &problem.description, &buffers, NULL, 0, NULL, NULL), FOCL_OK);
            const double found = sum_arrays_finish(handle, &arrays, &problem, test_device_name(device));
            assert_near(&problem, found, (double)dot, test_device_name(device));
        }
        sum_problem_free(&problem);
    }
}
END_TEST

/* ---- Gemv: the sums of the rows of a matrix of losses, one set of weights for all ---- */

enum { ROWS = 7 };

/* A row's problem, within a matrix. */
static sum_problem row_of(const sum_problem *matrix, void *weights, size_t row, size_t columns) {
    sum_problem made = *matrix;
    made.description.elements = columns;
    made.losses = (float *)matrix->losses + row * columns;
    made.weights = weights;
    return made;
}

static void clblast_gemv(focl_handle *handle, focl_buffer matrix, focl_buffer weights, focl_buffer sums,
                         size_t columns) {
    const size_t unit = sizeof(float);
    cl_command_queue queue = focl_handle_queue(handle);
    cl_event done = NULL;
    ck_assert_int_eq(CLBlastSgemv(CLBlastLayoutRowMajor, CLBlastTransposeNo, ROWS, columns, 1.0F, matrix.memory,
                                  matrix.offset / unit, columns, weights.memory, weights.offset / unit, 1, 0.0F,
                                  sums.memory, sums.offset / unit, 1, &queue, &done),
                     CLBlastSuccess);
    wait_for(done);
}

static void sum_rows(focl_handle *handle, focl_buffer matrix, focl_buffer weights, focl_buffer sums, size_t columns) {
    const focl_weighted_sum_description description = {.elements = columns};
    for (size_t row = 0; row < ROWS; row++) {
        const focl_weighted_sum_buffers buffers = {{matrix.memory, matrix.offset + row * columns * sizeof(float)},
                                                   weights,
                                                   {sums.memory, sums.offset + row * sizeof(float)}};
        ck_assert_int_eq(focl_weighted_sum(handle, &description, &buffers, NULL, 0, NULL, NULL), FOCL_OK);
    }
    ck_assert_int_eq(clFinish(focl_handle_queue(handle)), CL_SUCCESS);
}

static void assert_rows(focl_handle *handle, const sum_problem *matrix, size_t columns, const char *where) {
    cl_context context = focl_handle_context(handle);
    cl_command_queue queue = focl_handle_queue(handle);
    const float zeros[ROWS] = {0};
    float found[ROWS];
    float of_clblast[ROWS];
    void *rest = test_guarded(ROWS * columns * sizeof(float));
    device_array losses = device_array_create(context, matrix->losses, ROWS * columns * sizeof(float), 4);
    device_array weights = device_array_create(context, matrix->weights, columns * sizeof(float), 8);
    device_array sums = device_array_create(context, zeros, sizeof found, 0);
    device_array gemv = device_array_create(context, zeros, sizeof of_clblast, 0);
    sum_rows(handle, losses.place, weights.place, sums.place, columns);
    clblast_gemv(handle, losses.place, weights.place, gemv.place, columns);
    device_array_finish(queue, &sums, found);
    device_array_finish(queue, &gemv, of_clblast);
    device_array_finish(queue, &weights, rest);
    device_array_finish(queue, &losses, rest);
    for (size_t row = 0; row < ROWS; row++) {
        const sum_problem one = row_of(matrix, matrix->weights, row, columns);
        assert_near(&one, (double)found[row], (double)of_clblast[row], where);
    }
    test_guarded_free(rest);
}

START_TEST(gemv_is_near) {
    static const size_t sizes[] = {1, 64, 300, 4100, 30001};
    for (size_t s = 0; s < COUNT_OF(sizes) - test_size(0, 2); s++) {
        const sum_recipe from = {FOCL_F32, true, FOCL_F32, ROWS * sizes[s], (sum_kind)_i};
        sum_problem matrix = sum_problem_create(&from, 1000 + 100 * (uint64_t)_i + s);
        for (size_t device = 0; device < test_device_count(); device++)
            assert_rows(test_device(device), &matrix, sizes[s], test_device_name(device));
        sum_problem_free(&matrix);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("weighted sum, CLBlast");
    test_add_loop(suite, "dot", dot_is_near, SUM_TINY);
    test_add_loop(suite, "gemv", gemv_is_near, SUM_TINY);
    const int status = test_main(suite);
    (void)CLBlastClearCache();
    return status;
}

#else

#include <stdio.h>

/* A test that is one test, as ./dev test counts. */
int main(void) {
    puts("SKIP: built without CLBlast (libclblast-dev)");
    return 77;
}

#endif
