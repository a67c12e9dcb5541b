/*
 * Sizes that 32 bits cannot count: the kernels for them at small sizes, pieces of a whole that is never there, and more
 * than 2^32 elements of which all but a few are pages that nobody wrote to. And sizes that caches do not hold, whose
 * gradients are stored past them.
 */
#define _DEFAULT_SOURCE /* MAP_NORESERVE */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../cl/agreement.clh"
#include "handle_private.h"
#include "loss_job.h"
#include "support_device.h"
#include "support_loss.h"
#include "support_recipes.h"

/* ---- 64-bit kernels at small sizes ---- */

static void assert_same_bits(focl_handle *handle, const loss_problem *problem) {
    loss_answer mirror = loss_answer_create(problem, loss_outputs(&problem->description));
    loss_answer answer = loss_answer_create(problem, loss_outputs(&problem->description));
    ck_assert_int_eq(loss_on_mirror(problem, &mirror), FOCL_OK);
    const focl_status status = loss_on_device(handle, problem, &answer, 1);
    ck_assert_msg(status == FOCL_OK, "%s", focl_last_error()->message);
    loss_assert_same(problem, &mirror, &answer, focl_handle_device(handle)->name);
    loss_answer_free(&answer);
    loss_answer_free(&mirror);
}

/* Dense and index targets, every kind of factor, all stages: each is several programs to compile. */
static const size_t wide_recipes[] = {1, 3, 4, 5};

START_TEST(wide_indices_do_not_change_bits) {
    static const focl_view shapes[] = {{333, 1, 1}, {37, 3, 5}, {129, 80, 1}, {2, 19, 321}};
    static const focl_strides strides[] = {{0, 0, 0}, {17, 5, 1}, {83, 1, 1}, {1, 642, 2}};
    for (size_t device = 0; device < test_device_count(); device++) {
        if (!focl_handle_device(test_device(device))->bit_exact)
            continue;
        focl_handle *handle = device_handle_with("FOCL_INDEX64", "1", device);
        for (size_t i = 0; i < test_size(COUNT_OF(shapes), 2); i++) {
            loss_recipe shaped = loss_recipe_shaped(&loss_recipes[wide_recipes[_i]], shapes[i]);
            shaped.description.strides = _i % 2 ? strides[i] : (focl_strides){0};
            loss_problem problem = loss_problem_create(&shaped, 17000 + 10 * (uint64_t)_i + i);
            if (test_has_turn((size_t)_i + i, 3))
                assert_same_bits(handle, &problem);
            loss_problem_free(&problem);
        }
        focl_destroy(handle);
    }
}
END_TEST

START_TEST(wide_indices_are_0_or_1) {
    focl_handle *handle = NULL;
    ck_assert_int_eq(setenv("FOCL_INDEX64", "yes", 1), 0);
    ck_assert_int_eq(focl_create(&handle, "#0"), FOCL_EINVAL);
    ck_assert_str_eq(focl_last_error()->argument, "FOCL_INDEX64");
    ck_assert_int_eq(unsetenv("FOCL_INDEX64"), 0);
}
END_TEST

/* ---- Pieces of what is not there ---- */

enum { PIECE_ROWS = 4 * FOCL_TILE, LONG_PIECE_ROWS = 172 * FOCL_TILE, PIECE_CLASSES = 3 };

static const uint64_t far_elements[] = {(uint64_t)1 << 31, (uint64_t)1 << 32, (uint64_t)1 << 33};

/* A multiple of a tile and of a row, at most one of them before the element. */
static size_t start_before(uint64_t element) {
    const uint64_t unit = (uint64_t)FOCL_TILE * PIECE_CLASSES;
    return (size_t)(element / unit * unit);
}

static const enum loss_array far_arrays[] = {LOSS_logits,   LOSS_targets, LOSS_class_weights, LOSS_weights, LOSS_loss,
                                             LOSS_gradient, LOSS_pt};

static focl__loss_piece far_piece(const loss_buffers *buffers, size_t first, size_t rows) {
    const size_t end = first + rows * PIECE_CLASSES;
    focl__loss_piece piece = {
        .first = first,
        .end = end,
        .first_row = first / PIECE_CLASSES,
        .rows_end = first / PIECE_CLASSES + rows,
        .slots = {first, end},
    };
    for (size_t i = 0; i < COUNT_OF(far_arrays); i++)
        piece.arrays[far_arrays[i]] = (focl_buffer){buffers->memory[far_arrays[i]], TEST_GUARD_BYTES};
    return piece;
}

/* The kernel on the problem's arrays as if they were the last of so many. */
static focl_status run_far(focl_handle *handle, const loss_problem *problem, const loss_buffers *buffers,
                           size_t first) {
    bool given[FOCL__LOSS_ARRAY_COUNT] = {false};
    focl_loss_description description = problem->description;
    const focl__loss_piece piece = far_piece(buffers, first, description.shape.outer);
    focl__loss_shape shape;
    focl__loss_job job;
    description.shape.outer = piece.rows_end;
    for (size_t i = 0; i < COUNT_OF(far_arrays); i++)
        given[far_arrays[i]] = true;
    focl_status status = focl__loss_check(&description, given, &shape);
    if (status)
        return status;
    status = focl__loss_job_open(&job, handle, &description, &shape, (focl__chain){.queue = handle->queue}, true);
    if (!status)
        status = focl__loss_job_walk(&job, FOCL__STAGE_LOSS, &piece);
    focl__loss_job_close(&job, NULL);
    return status;
}

static void assert_far(const loss_problem *problem, const loss_answer *mirror, focl_handle *handle, size_t first) {
    const unsigned outputs = LOSS_BIT(loss) | LOSS_BIT(gradient) | LOSS_BIT(pt);
    loss_answer answer = loss_answer_create(problem, outputs);
    loss_buffers buffers = loss_buffers_create(focl_handle_context(handle), problem, &answer, 0);
    const focl_status status = run_far(handle, problem, &buffers, first);
    ck_assert_msg(status == FOCL_OK, "%s", focl_last_error()->message);
    loss_buffers_read(focl_handle_queue(handle), &buffers, problem, &answer);
    loss_assert_same(problem, mirror, &answer, focl_handle_device(handle)->name);
    loss_buffers_release(&buffers);
    loss_answer_free(&answer);
}

static void assert_pieces(size_t rows, uint64_t element, bool (*takes)(focl_handle *handle)) {
    loss_recipe recipe = {"far", focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){rows, PIECE_CLASSES, 1}),
                          LOSS_BIT(class_weights) | LOSS_BIT(weights), false};
    recipe.description.targets_type = FOCL_U8;
    recipe.description.reduction = FOCL_REDUCTION_SUM;
    loss_problem problem = loss_problem_create(&recipe, 17500);
    loss_answer mirror = loss_answer_create(&problem, LOSS_ELEMENTWISE);
    ck_assert_int_eq(loss_on_mirror(&problem, &mirror), FOCL_OK);
    for (size_t device = 0; device < test_device_count(); device++)
        if (takes(test_device(device)))
            assert_far(&problem, &mirror, test_device(device), start_before(element));
    loss_answer_free(&mirror);
    loss_problem_free(&problem);
}

static bool is_exact(focl_handle *handle) {
    return focl_handle_device(handle)->bit_exact;
}

START_TEST(pieces_far_from_the_first) {
    assert_pieces(PIECE_ROWS, far_elements[_i], is_exact);
}
END_TEST

/* ---- Past the caches ---- */

/* Kernels with narrow vectors store as ever. */
static bool stores_past_caches(focl_handle *handle) {
    return is_exact(handle) && focl_handle_mapping(handle)->vector >= 16;
}

static bool any_stores_past_caches(void) {
    for (size_t device = 0; device < test_device_count(); device++)
        if (stores_past_caches(test_device(device)))
            return true;
    return false;
}

START_TEST(long_pieces_far_from_the_first) {
    if (any_stores_past_caches())
        assert_pieces(LONG_PIECE_ROWS, far_elements[0], stores_past_caches);
}
END_TEST

/* Whole lines, lines cut by the offset, planes that begin anywhere in a line, and both types of storage. */
static const struct {
    focl_activation activation;
    focl_view shape;
    focl_type logits_type;
    focl_type targets_type;
    bool in_place;
    size_t offset;
} long_cases[] = {
    {FOCL_SIGMOID, {(1 << 21) + 77, 1, 1}, FOCL_F32, FOCL_F32, false, 0},
    {FOCL_SIGMOID, {(1 << 21) + 77, 1, 1}, FOCL_F32, FOCL_F32, true, 3},
    {FOCL_SIGMOID, {(1 << 21) + 77, 1, 1}, FOCL_BF16, FOCL_BF16, false, 32},
    {FOCL_SIGMOID, {26215, 81, 1}, FOCL_F32, FOCL_U8, false, 16},
    {FOCL_SOFTMAX, {1, 5, (1 << 19) + 16}, FOCL_F32, FOCL_U8, true, 16},
    {FOCL_SOFTMAX, {3, 5, (1 << 18) - 3}, FOCL_F16, FOCL_U8, false, 0},
};

START_TEST(long_gradients) {
    if (!any_stores_past_caches())
        return;
    loss_recipe recipe = {"long", focl_loss_default(long_cases[_i].activation, FOCL_FOCAL, long_cases[_i].shape), 0,
                          false};
    recipe.description.logits_type = long_cases[_i].logits_type;
    recipe.description.targets_type = long_cases[_i].targets_type;
    recipe.description.in_place = long_cases[_i].in_place;
    recipe.description.reduction = FOCL_REDUCTION_SUM;
    loss_problem problem = loss_problem_create(&recipe, 17600 + (uint64_t)_i);
    const unsigned outputs = LOSS_BIT(gradient) | LOSS_BIT(reduced);
    loss_answer mirror = loss_answer_create(&problem, outputs);
    ck_assert_int_eq(loss_on_mirror(&problem, &mirror), FOCL_OK);
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer answer = loss_answer_create(&problem, outputs);
        if (stores_past_caches(test_device(device))) {
            ck_assert_int_eq(loss_on_device(test_device(device), &problem, &answer, long_cases[_i].offset), FOCL_OK);
            loss_assert_same(&problem, &mirror, &answer, focl_handle_device(test_device(device))->name);
        }
        loss_answer_free(&answer);
    }
    loss_answer_free(&mirror);
    loss_problem_free(&problem);
}
END_TEST

/* ---- More than 2^32 elements ---- */

/* Anonymous pages cost nothing until they are written to; NULL where the system does not give so many. */
static void *untouched(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

enum { MANY_CLASSES = 1024, MANY_SPECIAL = 6 };

/* Rows that are not ignored, on both sides of every power of two that a counter could have. */
static const uint64_t special_elements[MANY_SPECIAL] = {
    0,
    ((uint64_t)1 << 31) - 1,
    (uint64_t)1 << 31,
    ((uint64_t)1 << 32) - 1,
    (uint64_t)1 << 32,
    ((uint64_t)1 << 32) + 12345,
};

typedef struct many {
    size_t rows;
    uint16_t *logits; /* bf16 */
    uint8_t *labels;
} many;

/* Squared error of the values: a special row's label and its value 2^i somewhere in it add 1 + 4^i. */
static float put_special_rows(const many *all) {
    float sum = 0;
    for (size_t i = 0; i < MANY_SPECIAL; i++) {
        const size_t row = (size_t)(special_elements[i] / MANY_CLASSES);
        const size_t column = special_elements[i] % MANY_CLASSES;
        const uint8_t label = column == 7 ? 8 : 7;
        all->labels[row] = label;
        loss_put_value(FOCL_BF16, all->logits, row * MANY_CLASSES + column, (double)((size_t)1 << i));
        sum += 1 + (float)((size_t)1 << 2 * i);
    }
    return sum;
}

static void assert_many(const many *all, float wanted) {
    focl_loss_description description =
        focl_loss_default(FOCL_IDENTITY, FOCL_MSE, (focl_view){all->rows, MANY_CLASSES, 1});
    description.logits_type = FOCL_BF16;
    description.targets_type = FOCL_U8;
    description.has_ignore_index = true;
    description.ignore_index = 0;
    description.reduction = FOCL_REDUCTION_SUM;
    float sum = 0;
    focl_loss_counts counts;
    const focl_loss_host_inputs inputs = {.logits = all->logits, .targets = all->labels};
    const focl_loss_host_outputs outputs = {.reduced = &sum, .counts = &counts};
    const focl_status status = focl_loss_host(test_device(0), &description, &inputs, &outputs, NULL);
    ck_assert_msg(status == FOCL_OK, "%s", focl_last_error()->message);
    ck_assert_float_eq(sum, wanted);
    ck_assert_uint_eq(counts.elements, (uint64_t)all->rows * MANY_CLASSES);
    ck_assert_uint_eq(counts.ignored, all->rows - counts.counted_rows);
    ck_assert_uint_eq(counts.counted, counts.counted_rows * MANY_CLASSES);
    ck_assert_uint_eq(counts.positive, counts.counted_rows);
}

static const char *why_not_many(void) {
    if (test_small())
        return "sizes are small";
    if (sizeof(size_t) < sizeof(uint64_t))
        return "memory has no 2^32 elements";
    return strstr(focl_handle_device(test_device(0))->platform, "Portable") ? NULL : "the first device is not PoCL";
}

START_TEST(more_than_32_bits_count) {
    const many all = {
        .rows = (size_t)((((uint64_t)1 << 32) + ((uint64_t)1 << 20)) / MANY_CLASSES),
        .logits = untouched((((uint64_t)1 << 32) + ((uint64_t)1 << 20)) * sizeof(uint16_t)),
        .labels = untouched((((uint64_t)1 << 32) + ((uint64_t)1 << 20)) / MANY_CLASSES),
    };
    const char *reason = all.logits && all.labels ? why_not_many() : "the system gives no such mapping";
    if (reason)
        printf("skipped: more than 2^32 elements: %s\n", reason);
    else
        assert_many(&all, put_special_rows(&all));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("loss_large");
    TCase *tcase = tcase_create("loss_large");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, wide_indices_do_not_change_bits, 0, (int)COUNT_OF(wide_recipes));
    tcase_add_test(tcase, wide_indices_are_0_or_1);
    tcase_add_loop_test(tcase, pieces_far_from_the_first, 0, (int)COUNT_OF(far_elements));
    tcase_add_test(tcase, long_pieces_far_from_the_first);
    tcase_add_loop_test(tcase, long_gradients, 0, (int)COUNT_OF(long_cases));
    suite_add_tcase(suite, tcase);
    TCase *slow = tcase_create("slow");
    tcase_set_timeout(slow, 0);
    tcase_add_test(slow, more_than_32_bits_count);
    suite_add_tcase(suite, slow);
    return test_main(suite);
}
