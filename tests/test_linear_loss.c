/*
 * The linear head. Its logits against products in double; its losses against those of the same logits, to the bit; its
 * gradients against products in double of the gradient of the same logits, and against differences of the reference.
 */
#include "support_linear.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support_recipes.h"

/* ---- A call ---- */

static cl_mem create_memory(cl_context context, size_t bytes) {
    cl_int code = CL_SUCCESS;
    cl_mem memory = clCreateBuffer(context, CL_MEM_READ_WRITE, bytes ? bytes : 1, NULL, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    return memory;
}

static void *read_memory(cl_command_queue queue, cl_mem memory, size_t bytes) {
    void *values = test_zeros(bytes, 1);
    ck_assert_int_eq(clFinish(queue), CL_SUCCESS);
    if (bytes)
        ck_assert_int_eq(clEnqueueReadBuffer(queue, memory, CL_TRUE, 0, bytes, values, 0, NULL, NULL), CL_SUCCESS);
    return values;
}

/* The logits that the products make of the head in its chunks. */
static void *logits_of(focl_handle *handle, const linear_head *head, const linear_buffers *buffers) {
    const focl_loss_description *loss = &head->description.loss;
    const size_t bytes = loss->shape.outer * loss->shape.classes * focl_type_size(loss->logits_type);
    cl_mem memory = create_memory(focl_handle_context(handle), bytes);
    const focl_status status =
        focl_linear_logits(handle, &head->description, &buffers->inputs, (focl_buffer){memory, 0}, NULL, 0, NULL, NULL);
    ck_assert_msg(status == FOCL_OK, "%s", focl_last_error()->message);
    void *logits = read_memory(focl_handle_queue(handle), memory, bytes);
    ck_assert_int_eq(clReleaseMemObject(memory), CL_SUCCESS);
    return logits;
}

static void assert_logits(const linear_head *head, const void *logits, const char *name) {
    const focl_type type = head->description.loss.logits_type;
    const focl_view shape = head->description.loss.shape;
    for (size_t i = 0; i < shape.outer * shape.classes; i++) {
        const linear_truth truth = linear_truth_of_logit(head, i / shape.classes, i % shape.classes);
        const double found = loss_value_at(type, logits, i);
        ck_assert_msg(linear_is_close(&truth, type, found), "%s: logit %zu is %a, not %a", name, i, found, truth.value);
    }
}

/* What a call gave: the loss's outputs and the three gradients. */
typedef struct linear_answer {
    loss_answer loss;
    void *matrices[LINEAR_ARRAYS];
} linear_answer;

/* The loss's outputs that a linear head has too. */
static unsigned outputs_of(const focl_loss_description *description) {
    return loss_outputs(description) & ~(LOSS_BIT(gradient) | LOSS_BIT(hessian) | LOSS_BIT(probabilities));
}

static linear_answer answer_of(focl_handle *handle, const linear_head *head, const loss_problem *problem,
                               cl_command_queue queue, size_t offset) {
    linear_answer answer = {.loss = loss_answer_create(problem, outputs_of(&problem->description))};
    loss_buffers of_loss = loss_buffers_create(focl_handle_context(handle), problem, &answer.loss, offset);
    linear_buffers buffers = linear_buffers_create(focl_handle_context(handle), head, offset);
    cl_event done = NULL;
    buffers.inputs.loss = of_loss.inputs;
    buffers.inputs.loss.logits = (focl_buffer){NULL, 0};
    buffers.outputs.loss = of_loss.outputs;
    const focl_status status =
        focl_linear_loss(handle, &head->description, &buffers.inputs, &buffers.outputs, queue, 0, NULL, &done);
    ck_assert_msg(status == FOCL_OK, "%s: %s", problem->name, focl_last_error()->message);
    ck_assert_int_eq(clWaitForEvents(1, &done), CL_SUCCESS);
    ck_assert_int_eq(clReleaseEvent(done), CL_SUCCESS);
    loss_buffers_read(queue, &of_loss, problem, &answer.loss);
    for (size_t i = 0; i < LINEAR_ARRAYS; i++)
        if (head->given & 1u << i)
            answer.matrices[i] = linear_buffers_read(queue, &buffers, head, (enum linear_array)i);
    linear_buffers_release(&buffers);
    loss_buffers_release(&of_loss);
    return answer;
}

static void answer_free(linear_answer *answer) {
    loss_answer_free(&answer->loss);
    for (size_t i = 0; i < LINEAR_ARRAYS; i++)
        free(answer->matrices[i]);
}

static void assert_matrix(const linear_head *head, const double *gradient, const linear_answer *answer,
                          enum linear_array output, const char *name) {
    const focl_type type = head->description.loss.logits_type;
    const size_t columns = head->columns[output];
    for (size_t i = 0; i < head->rows[output] * columns; i++) {
        const linear_truth truth = linear_truth_of(head, gradient, output, i / columns, i % columns);
        const double found = loss_value_at(type, answer->matrices[output], i);
        ck_assert_msg(linear_is_close(&truth, type, found), "%s: gradient %d [%zu] is %a, not %a", name, (int)output, i,
                      found, truth.value);
    }
}

static void assert_same_matrices(const linear_head *head, const linear_answer *first, const linear_answer *second,
                                 const char *name) {
    const size_t bytes = focl_type_size(head->description.loss.logits_type);
    for (size_t i = LINEAR_FIRST_OUTPUT; i < LINEAR_ARRAYS; i++)
        ck_assert_msg(!first->matrices[i] || memcmp(first->matrices[i], second->matrices[i],
                                                    head->rows[i] * head->columns[i] * bytes) == 0,
                      "%s: the second call gave other bits in gradient %zu", name, i);
}

/* ---- Recipes ---- */

enum { FEATURES = 13, CLASSES = 5 };

/* Rows at a time. */
static const size_t chunks[] = {0, 1, 7, 1000000};

static double *values_of(focl_type type, const void *stored, size_t count) {
    double *values = test_zeros(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = loss_value_at(type, stored, i);
    return values;
}

/* The loss of the logits that the head has, and its gradient with respect to them. */
static loss_answer unchunked(focl_handle *handle, loss_problem *problem, const void *logits) {
    loss_answer answer = loss_answer_create(problem, outputs_of(&problem->description) | LOSS_BIT(gradient));
    loss_problem_set(problem, LOSS_logits, logits);
    ck_assert_msg(loss_on_device(handle, problem, &answer, 0) == FOCL_OK, "%s", focl_last_error()->message);
    return answer;
}

static void assert_head(focl_handle *handle, const linear_head *head, loss_problem *problem) {
    const focl_type type = head->description.loss.logits_type;
    const size_t elements = head->description.loss.shape.outer * head->description.loss.shape.classes;
    linear_buffers buffers = linear_buffers_create(focl_handle_context(handle), head, 0);
    void *logits = logits_of(handle, head, &buffers);
    linear_buffers_release(&buffers);
    assert_logits(head, logits, problem->name);

    loss_answer expected = unchunked(handle, problem, logits);
    double *gradient = values_of(type, expected.outputs[LOSS_gradient], elements);
    linear_answer found = answer_of(handle, head, problem, focl_handle_queue(handle), 1);
    linear_answer again = answer_of(handle, head, problem, focl_handle_queue(handle), 1);
    loss_assert_same(problem, &expected, &found.loss, "in chunks");
    loss_assert_same(problem, &found.loss, &again.loss, "again");
    assert_same_matrices(head, &found, &again, problem->name);
    for (size_t i = LINEAR_FIRST_OUTPUT; i < LINEAR_ARRAYS; i++)
        if (head->given & 1u << i)
            assert_matrix(head, gradient, &found, (enum linear_array)i, problem->name);
    answer_free(&again);
    answer_free(&found);
    loss_answer_free(&expected);
    free(gradient);
    free(logits);
}

/* Of logits, or of values for squared error. */
static bool fits_a_head(const loss_recipe *recipe) {
    const focl_loss_description *description = &recipe->description;
    return description->activation == FOCL_SIGMOID || description->activation == FOCL_SOFTMAX ||
           (description->activation == FOCL_IDENTITY && description->objective == FOCL_MSE);
}

static const loss_recipe *recipe_at(size_t number) {
    return number < loss_recipe_count ? &loss_recipes[number] : &loss_row_recipes[number - loss_recipe_count];
}

static void assert_recipe(size_t device, size_t number, size_t chunk) {
    focl_handle *handle = test_device(device);
    const size_t rows = test_size(61, 17);
    const loss_recipe shaped = loss_recipe_shaped(recipe_at(number), (focl_view){rows, CLASSES, 1});
    loss_problem problem = loss_problem_create(&shaped, 300 + (uint64_t)number);
    focl_linear_loss_description description = {problem.description, FEATURES, chunks[chunk], 0};
    if (chunks[chunk] == 0)
        description.budget_bytes = 11 * CLASSES * sizeof(float);
    description.loss.accumulate = chunk % 2 ? 0.0 : -0.75;
    linear_head head = linear_head_create(&description, number % 3 == 2 ? LINEAR_BIT(bias) : 0, 400 + (uint64_t)number);
    assert_head(handle, &head, &problem);
    linear_head_free(&head);
    loss_problem_free(&problem);
}

START_TEST(chunks_are_as_the_whole) {
    const size_t number = (size_t)_i;
    if (!focl_has_linear_loss() || !fits_a_head(recipe_at(number)))
        return;
    for (size_t device = 0; device < test_device_count(); device++)
        for (size_t chunk = 0; chunk < COUNT_OF(chunks); chunk++)
            if (!test_small() || chunk == number % COUNT_OF(chunks))
                assert_recipe(device, number, chunk);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("linear_loss");
    if (!focl_has_linear_loss())
        printf("skipped but for what it says: this focl was built without CLBlast\n");
    test_add_loop(suite, "chunks", chunks_are_as_the_whole, loss_recipe_count + loss_row_recipe_count);
    return test_main(suite);
}
