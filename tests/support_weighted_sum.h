/* What the tests of weighted sums share: problems, their truth and bound, and the ways to an answer. */
#ifndef FOCL_TESTS_SUPPORT_WEIGHTED_SUM_H
#define FOCL_TESTS_SUPPORT_WEIGHTED_SUM_H

#include "support_array_truth.h"
#include "support_device.h"

/* What the numbers of a problem are like. */
typedef enum sum_kind {
    SUM_LOSSES,     /* none negative, of many sizes */
    SUM_SIGNED,     /* of either sign */
    SUM_CANCELLING, /* nearly each has its opposite */
    SUM_TINY,       /* around what counts as 0 */
    SUM_KINDS
} sum_kind;

typedef struct sum_recipe {
    focl_type losses_type;
    bool weighted;
    focl_type weights_type;
    size_t elements;
    sum_kind kind;
} sum_recipe;

typedef struct sum_problem {
    focl_weighted_sum_description description;
    void *losses;  /* guarded */
    void *weights; /* guarded; NULL: absent */
    double mirror; /* what focl_mirror_weighted_sum gives */
} sum_problem;

sum_problem sum_problem_create(const sum_recipe *from, uint64_t stream);
void sum_problem_free(sum_problem *problem);

/* Bytes of an element, and of the sum. */
size_t sum_loss_bytes(const sum_problem *problem);
size_t sum_weight_bytes(const sum_problem *problem);
size_t sum_result_bytes(const sum_problem *problem);

/* After losses or weights have been put by hand. */
void sum_problem_mirror(sum_problem *problem);

/* The same number; NaN is NaN. */
bool sum_is_same(double left, double right);

/* ---- Device arrays ---- */

typedef struct sum_arrays {
    device_array losses, weights, sum;
} sum_arrays;

/* The offset counts elements. */
sum_arrays sum_arrays_create(focl_handle *handle, const sum_problem *problem, size_t offset);
focl_weighted_sum_buffers sum_buffers_of(const sum_arrays *arrays, const sum_problem *problem);

/* Waits, checks that nothing else was written, releases, and gives the sum. */
double sum_arrays_finish(focl_handle *handle, sum_arrays *arrays, const sum_problem *problem, const char *where);

/* ---- The two forms of a call, compared with the mirror: its bits, or the bound on devices that have not ---- */

void sum_assert_on_device(focl_handle *handle, const sum_problem *problem, size_t offset, const char *where);
void sum_assert_on_host(focl_handle *handle, const sum_problem *problem, const char *where);

#endif
