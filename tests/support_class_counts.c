#include "support_class_counts.h"

#include <stdlib.h>
#include <string.h>

/* ---- Problems ---- */

void counts_put_label(focl_type type, void *labels, size_t position, int64_t label) {
    if (type == FOCL_U8)
        ((uint8_t *)labels)[position] = (uint8_t)label;
    else if (type == FOCL_I16)
        ((int16_t *)labels)[position] = (int16_t)label;
    else if (type == FOCL_I32)
        ((int32_t *)labels)[position] = (int32_t)label;
    else
        ((int64_t *)labels)[position] = label;
}

static int64_t label_at(focl_type type, const void *labels, size_t position) {
    if (type == FOCL_U8)
        return ((const uint8_t *)labels)[position];
    if (type == FOCL_I16)
        return ((const int16_t *)labels)[position];
    if (type == FOCL_I32)
        return ((const int32_t *)labels)[position];
    return ((const int64_t *)labels)[position];
}

/* Largest values of the types, which no class reaches here, and what a careless conversion would take for a class. */
static int64_t wrong_label(const counts_recipe *from, test_random *random) {
    const int64_t wrong[] = {-1,
                             INT8_MIN,
                             INT16_MIN,
                             INT16_MAX,
                             INT32_MIN,
                             INT32_MAX,
                             INT64_MIN,
                             INT64_MAX,
                             255,
                             (int64_t)from->classes,
                             -2,
                             65536,
                             (int64_t)1 << 32,
                             -((int64_t)1 << 32)};
    return wrong[test_random_below(random, COUNT_OF(wrong))];
}

/* Few enough different classes that some occur often, the last one among them. */
static int64_t class_label(const counts_recipe *from, test_random *random) {
    const size_t classes = from->type == FOCL_U8 && from->classes > 256 ? 256 : from->classes;
    return test_random_below(random, 4) == 0 ? (int64_t)classes - 1 : (int64_t)test_random_below(random, classes);
}

static int64_t random_label(const counts_recipe *from, test_random *random) {
    if (from->has_ignore_index && test_random_below(random, 8) == 0)
        return from->ignore_index;
    if (from->wrong && test_random_below(random, 100) == 0)
        return wrong_label(from, random);
    return class_label(from, random);
}

void counts_count_plainly(counts_problem *made) {
    const focl_class_counts_description *description = &made->description;
    made->counts = calloc(description->classes, sizeof *made->counts);
    ck_assert_ptr_nonnull(made->counts);
    made->record = (focl_class_counts_record){.labels = description->labels, .first_out_of_range = UINT64_MAX};
    for (size_t i = 0; i < description->labels; i++) {
        const int64_t label = label_at(description->targets_type, made->labels, i);
        if (description->has_ignore_index && label == description->ignore_index) {
            made->record.ignored++;
        } else if (label < 0 || label >= (int64_t)description->classes) {
            if (made->record.out_of_range++ == 0)
                made->record.first_out_of_range = i;
        } else {
            made->record.counted++;
            made->counts[label]++;
        }
    }
}

counts_problem counts_problem_create(const counts_recipe *from, uint64_t stream) {
    enum { LONGEST_RUN = 40 };
    counts_problem made = {.description = {.labels = from->labels,
                                           .targets_type = from->type,
                                           .classes = from->classes,
                                           .has_ignore_index = from->has_ignore_index,
                                           .ignore_index = from->ignore_index}};
    test_random random = test_random_start(stream);
    made.labels = test_guarded(from->labels * focl_type_size(from->type));
    size_t run = 0;
    int64_t label = 0;
    for (size_t i = 0; i < from->labels; i++, run--) {
        if (run == 0) {
            run = test_random_below(&random, 3) == 0 ? 1 + test_random_below(&random, LONGEST_RUN) : 1;
            label = random_label(from, &random);
        }
        counts_put_label(from->type, made.labels, i, label);
    }
    counts_count_plainly(&made);
    return made;
}

void counts_problem_free(counts_problem *made) {
    test_guarded_free(made->labels);
    free(made->counts);
}

/* ---- Answers ---- */

void counts_assert_equal(const counts_problem *asked, const uint64_t *counts, const char *where) {
    for (size_t i = 0; i < asked->description.classes; i++)
        ck_assert_msg(counts[i] == asked->counts[i], "%s: %s, %zu labels, %zu classes: class %zu: %llu, not %llu",
                      where, focl_type_name(asked->description.targets_type), asked->description.labels,
                      asked->description.classes, i, (unsigned long long)counts[i],
                      (unsigned long long)asked->counts[i]);
}

void counts_assert_record(const counts_problem *asked, const focl_class_counts_record *record, const char *where) {
    const uint64_t *found = (const uint64_t *)record;
    const uint64_t *expected = (const uint64_t *)&asked->record;
    static const char *const names[] = {"labels", "counted", "ignored", "out_of_range", "first_out_of_range"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        ck_assert_msg(found[i] == expected[i], "%s: %s, %zu labels, %zu classes: %s is %llu, not %llu", where,
                      focl_type_name(asked->description.targets_type), asked->description.labels,
                      asked->description.classes, names[i], (unsigned long long)found[i],
                      (unsigned long long)expected[i]);
}

/* ---- Device buffers ---- */

counts_arrays counts_arrays_create(cl_context context, const counts_problem *asked, size_t offset) {
    const size_t bytes = focl_type_size(asked->description.targets_type);
    return (counts_arrays){
        device_array_create(context, asked->labels, asked->description.labels * bytes, offset * bytes),
        device_array_create(context, NULL, asked->description.classes * sizeof(uint64_t), offset * sizeof(uint64_t)),
        device_array_create(context, NULL, sizeof(focl_class_counts_record), offset * sizeof(uint64_t))};
}

focl_class_counts_buffers counts_buffers_of(const counts_arrays *arrays) {
    return (focl_class_counts_buffers){arrays->targets.place, arrays->counts.place, arrays->record.place};
}

void counts_arrays_finish(cl_command_queue queue, counts_arrays *arrays, const counts_problem *asked,
                          const char *where) {
    const size_t bytes = asked->description.labels * focl_type_size(asked->description.targets_type);
    void *labels = malloc(bytes + 1);
    uint64_t *counts = malloc(asked->description.classes * sizeof *counts);
    focl_class_counts_record record;
    ck_assert(labels && counts);
    ck_assert_int_eq(clFinish(queue), CL_SUCCESS);
    device_array_finish(queue, &arrays->targets, labels);
    device_array_finish(queue, &arrays->counts, counts);
    device_array_finish(queue, &arrays->record, &record);
    ck_assert_msg(memcmp(labels, asked->labels, bytes) == 0, "%s: the labels were written", where);
    counts_assert_equal(asked, counts, where);
    counts_assert_record(asked, &record, where);
    free(labels);
    free(counts);
}

/* ---- The two forms ---- */

void counts_assert_on_device(focl_handle *handle, const counts_problem *asked, size_t offset, const char *where) {
    counts_arrays arrays = counts_arrays_create(focl_handle_context(handle), asked, offset);
    const focl_class_counts_buffers buffers = counts_buffers_of(&arrays);
    const focl_status status = focl_class_counts(handle, &asked->description, &buffers, NULL, 0, NULL, NULL);
    ck_assert_msg(status == FOCL_OK, "%s: %s", where, focl_last_error()->message);
    counts_arrays_finish(focl_handle_queue(handle), &arrays, asked, where);
}

void counts_assert_on_host(focl_handle *handle, const counts_problem *asked, const char *where) {
    uint64_t *counts = test_guarded(asked->description.classes * sizeof *counts);
    focl_class_counts_record *record = test_guarded(sizeof *record);
    double seconds = -1;
    const focl_status status =
        focl_class_counts_host(handle, &asked->description, asked->labels, counts, record, &seconds);
    ck_assert_msg(status == FOCL_OK, "%s: %s", where, focl_last_error()->message);
    counts_assert_equal(asked, counts, where);
    counts_assert_record(asked, record, where);
    ck_assert(seconds >= 0);
    test_guarded_free(counts);
    test_guarded_free(record);
}
