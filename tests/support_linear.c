/* Linear heads. */
#include "support_linear.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static size_t element_bytes(const linear_head *head) {
    return focl_type_size(head->description.loss.logits_type);
}

static size_t count_of(const linear_head *head, size_t array) {
    return head->rows[array] * head->columns[array];
}

static void set_shapes(linear_head *head) {
    const size_t rows = head->description.loss.shape.outer;
    const size_t features = head->description.features;
    const size_t classes = head->description.loss.shape.classes;
    const size_t one = 1;
#define SET_SHAPE(field, rows_of, columns_of) \
    head->rows[LINEAR_##field] = rows_of;     \
    head->columns[LINEAR_##field] = columns_of;
    FOCL_LINEAR_LOSS_INPUT_TABLE(SET_SHAPE)
    FOCL_LINEAR_LOSS_OUTPUT_TABLE(SET_SHAPE)
#undef SET_SHAPE
}

/* Logits of a few units, whatever the number of features. */
static double largest_of(const linear_head *head, size_t array) {
    return array == LINEAR_matrix ? 6 / sqrt((double)head->description.features) : 1;
}

linear_head linear_head_create(const focl_linear_loss_description *description, unsigned without, uint64_t stream) {
    linear_head head = {.description = *description, .given = ~without};
    test_random random = test_random_start(stream);
    set_shapes(&head);
    for (size_t array = 0; array < LINEAR_ARRAYS; array++) {
        const size_t count = count_of(&head, array);
        const double largest = largest_of(&head, array);
        head.stored[array] = test_zeros(count, element_bytes(&head));
        head.values[array] = test_zeros(count, sizeof(double));
        for (size_t i = 0; i < count; i++) {
            loss_put_value(description->loss.logits_type, head.stored[array], i,
                           test_random_uniform(&random, -largest, largest));
            head.values[array][i] = loss_value_at(description->loss.logits_type, head.stored[array], i);
        }
    }
    return head;
}

void linear_head_free(linear_head *head) {
    for (size_t array = 0; array < LINEAR_ARRAYS; array++) {
        free(head->stored[array]);
        free(head->values[array]);
    }
}

/* ---- Buffers ---- */

enum { GUARD_ELEMENTS = 8 };

static cl_mem create_memory(cl_context context, const linear_head *head, size_t array, size_t offset) {
    const size_t bytes = count_of(head, array) * element_bytes(head);
    const size_t before = (GUARD_ELEMENTS + offset) * element_bytes(head);
    const size_t whole = before + bytes + GUARD_ELEMENTS * element_bytes(head);
    unsigned char *image = test_zeros(whole, 1);
    cl_int code = CL_SUCCESS;
    memset(image, TEST_POISON, whole);
    memcpy(image + before, head->stored[array], bytes);
    cl_mem memory = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, whole, image, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    free(image);
    return memory;
}

linear_buffers linear_buffers_create(cl_context context, const linear_head *head, size_t offset) {
    linear_buffers made = {.offset = offset};
    const uint64_t start = (GUARD_ELEMENTS + offset) * element_bytes(head);
    for (size_t array = 0; array < LINEAR_ARRAYS; array++)
        if (head->given & 1u << array)
            made.memory[array] = create_memory(context, head, array, offset);
#define PLACE_INPUT(field, rows, columns)  made.inputs.field = (focl_buffer){made.memory[LINEAR_##field], start};
#define PLACE_OUTPUT(field, rows, columns) made.outputs.field = (focl_buffer){made.memory[LINEAR_##field], start};
    FOCL_LINEAR_LOSS_INPUT_TABLE(PLACE_INPUT)
    FOCL_LINEAR_LOSS_OUTPUT_TABLE(PLACE_OUTPUT)
#undef PLACE_INPUT
#undef PLACE_OUTPUT
    return made;
}

void *linear_buffers_read(cl_command_queue queue, const linear_buffers *buffers, const linear_head *head,
                          enum linear_array array) {
    const size_t bytes = count_of(head, array) * element_bytes(head);
    const size_t before = (GUARD_ELEMENTS + buffers->offset) * element_bytes(head);
    const size_t after = GUARD_ELEMENTS * element_bytes(head);
    unsigned char *image = test_zeros(before + bytes + after, 1);
    void *values = test_zeros(bytes, 1);
    ck_assert_int_eq(clFinish(queue), CL_SUCCESS);
    ck_assert_int_eq(
        clEnqueueReadBuffer(queue, buffers->memory[array], CL_TRUE, 0, before + bytes + after, image, 0, NULL, NULL),
        CL_SUCCESS);
    memcpy(values, image + before, bytes);
    ck_assert_msg(test_is_poison(image, before) && test_is_poison(image + before + bytes, after),
                  "something around matrix %d was written", (int)array);
    ck_assert_msg(array >= LINEAR_FIRST_OUTPUT || memcmp(values, head->stored[array], bytes) == 0,
                  "input %d was written", (int)array);
    free(image);
    return values;
}

void linear_buffers_release(linear_buffers *buffers) {
    for (size_t array = 0; array < LINEAR_ARRAYS; array++)
        if (buffers->memory[array])
            ck_assert_int_eq(clReleaseMemObject(buffers->memory[array]), CL_SUCCESS);
}

/* ---- The truth ---- */

static void add(linear_truth *truth, double left, double right) {
    truth->value += left * right;
    truth->magnitude += fabs(left * right);
    truth->terms++;
}

static double at(const linear_head *head, enum linear_array array, size_t row, size_t column) {
    return head->values[array][row * head->columns[array] + column];
}

linear_truth linear_truth_of_logit(const linear_head *head, size_t row, size_t column) {
    linear_truth truth = {0};
    for (size_t i = 0; i < head->description.features; i++)
        add(&truth, at(head, LINEAR_features, row, i), at(head, LINEAR_matrix, column, i));
    if (head->given & LINEAR_BIT(bias))
        add(&truth, 1, at(head, LINEAR_bias, 0, column));
    return truth;
}

linear_truth linear_truth_of(const linear_head *head, const double *gradient, enum linear_array output, size_t row,
                             size_t column) {
    const size_t rows = head->description.loss.shape.outer;
    const size_t classes = head->description.loss.shape.classes;
    linear_truth truth = {0};
    if (output == LINEAR_features_gradient)
        for (size_t i = 0; i < classes; i++)
            add(&truth, gradient[row * classes + i], at(head, LINEAR_matrix, i, column));
    else if (output == LINEAR_matrix_gradient)
        for (size_t i = 0; i < rows; i++)
            add(&truth, gradient[i * classes + row], at(head, LINEAR_features, i, column));
    else
        for (size_t i = 0; i < rows; i++)
            add(&truth, gradient[i * classes + column], 1);
    if (fabs(head->description.loss.accumulate) > 0)
        add(&truth, head->description.loss.accumulate, at(head, output, row, column));
    return truth;
}

bool linear_is_close(const linear_truth *truth, focl_type type, double found) {
    const double unit = type == FOCL_F64 ? DBL_EPSILON / 2 : (double)FLT_EPSILON / 2;
    const double least = type == FOCL_F64 ? DBL_MIN : (double)FLT_MIN;
    const double terms = (double)truth->terms + 2;
    /* Each product is rounded, and each of the sums that it goes through; what is subnormal may be lost. */
    const double bound = terms * unit / (1 - terms * unit) * truth->magnitude + terms * least;
    if (isnan(truth->value) || isnan(found))
        return isnan(truth->value) && isnan(found);
    return fabs(found - truth->value) <= bound;
}
