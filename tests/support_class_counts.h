/*
 * What the tests of class counts share: labels with their plain count, and the two forms of a call compared with it.
 */
#ifndef FOCL_TESTS_SUPPORT_CLASS_COUNTS_H
#define FOCL_TESTS_SUPPORT_CLASS_COUNTS_H

#include "support_device.h"

/* ---- Problems ---- */

/* What labels are made of, beside classes at random and in runs. */
typedef struct counts_recipe {
    focl_type type;
    size_t labels;
    size_t classes;
    bool has_ignore_index;
    int64_t ignore_index;
    bool wrong; /* some labels are out of range */
} counts_recipe;

/* Labels, and what a plain loop counts. */
typedef struct counts_problem {
    focl_class_counts_description description;
    void *labels; /* guarded */
    uint64_t *counts;
    focl_class_counts_record record;
} counts_problem;

counts_problem counts_problem_create(const counts_recipe *from, uint64_t stream);
void counts_problem_free(counts_problem *made);

/* For labels that are put by hand: put them, then count; the old counts are the caller's to free. */
void counts_put_label(focl_type type, void *labels, size_t position, int64_t label);
void counts_count_plainly(counts_problem *made);

/* ---- Device arrays ---- */

typedef struct counts_arrays {
    device_array targets, counts, record;
} counts_arrays;

/* The offset counts elements. */
counts_arrays counts_arrays_create(cl_context context, const counts_problem *asked, size_t offset);
focl_class_counts_buffers counts_buffers_of(const counts_arrays *arrays);

/* Waits, compares, and releases. */
void counts_arrays_finish(cl_command_queue queue, counts_arrays *arrays, const counts_problem *asked,
                          const char *where);

/* ---- Comparison ---- */

void counts_assert_equal(const counts_problem *asked, const uint64_t *counts, const char *where);
void counts_assert_record(const counts_problem *asked, const focl_class_counts_record *record, const char *where);

/* The two forms of a call, called and compared. */
void counts_assert_on_device(focl_handle *handle, const counts_problem *asked, size_t offset, const char *where);
void counts_assert_on_host(focl_handle *handle, const counts_problem *asked, const char *where);

#endif
