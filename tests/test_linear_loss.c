/*
 * The linear head. Its logits against products in double; its losses against those of the same logits, to the bit; its
 * gradients against products in double of the gradient of the same logits, and against differences of the reference.
 */
#include "support_linear.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support_device.h"
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
static const size_t chunks[] = {0, 1, 397, 1000000};

static double *values_of(focl_type type, const void *stored, size_t count) {
    double *values = test_zeros(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = loss_value_at(type, stored, i);
    return values;
}

/* The loss of the logits that the head has, and its gradient with respect to them. */
static loss_answer unchunked(focl_handle *handle, loss_problem *problem, const void *logits) {
    loss_answer answer = loss_answer_create(problem, outputs_of(&problem->description) | LOSS_BIT(gradient));
    test_guarded_free(problem->inputs[LOSS_logits]);
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
    /* Enough elements for several tiles, whose edges are no chunk's; one row at a time that would be many. */
    const bool is_long = chunks[chunk] != 1 && !loss_is_of_rows(&recipe_at(number)->description);
    const size_t rows = is_long ? test_size(2500, 900) : test_size(61, 17);
    const loss_recipe shaped = loss_recipe_shaped(recipe_at(number), (focl_view){rows, CLASSES, 1});
    loss_problem problem = loss_problem_create(&shaped, 300 + (uint64_t)number);
    focl_linear_loss_description description = {problem.description, FEATURES, chunks[chunk], 0};
    if (chunks[chunk] == 0)
        description.budget_bytes = rows / 5 * CLASSES * sizeof(float);
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
            if (test_small() ? chunk == number % COUNT_OF(chunks) : test_has_turn(number + chunk, 3))
                assert_recipe(device, number, chunk);
}
END_TEST

/* ---- Other types and indices ---- */

static void assert_usual(focl_handle *handle, focl_activation activation, focl_type type, uint64_t stream) {
    loss_recipe recipe = {.name = focl_type_name(type), .inputs = LOSS_BIT(weights)};
    recipe.description = focl_loss_default(activation, FOCL_FOCAL, (focl_view){test_size(900, 30), CLASSES, 1});
    recipe.description.logits_type = type;
    recipe.description.targets_type = FOCL_I16;
    loss_problem problem = loss_problem_create(&recipe, stream);
    focl_linear_loss_description description = {problem.description, FEATURES, 250, 0};
    description.loss.accumulate = 0.5;
    linear_head head = linear_head_create(&description, 0, stream + 1);
    assert_head(handle, &head, &problem);
    linear_head_free(&head);
    loss_problem_free(&problem);
}

START_TEST(doubles_where_the_device_has_them) {
    for (size_t device = 0; device < test_device_count(); device++) {
        focl_handle *handle = test_device(device);
        if (focl_handle_device(handle)->fp64)
            assert_usual(handle, _i == 0 ? FOCL_SIGMOID : FOCL_SOFTMAX, FOCL_F64, 500);
        else
            printf("%s has no f64\n", test_device_name(device));
    }
}
END_TEST

START_TEST(halves_are_refused_where_the_device_has_none) {
    for (size_t device = 0; device < test_device_count(); device++) {
        focl_handle *handle = test_device(device);
        focl_linear_loss_description description =
            focl_linear_loss_default(FOCL_SOFTMAX, FOCL_FOCAL, 1, FEATURES, CLASSES);
        description.loss.logits_type = FOCL_F16;
        linear_head head = linear_head_create(&description, 0, 600);
        linear_buffers buffers = linear_buffers_create(focl_handle_context(handle), &head, 0);
        cl_mem logits = create_memory(focl_handle_context(handle), 64);
        const focl_status status =
            focl_linear_logits(handle, &description, &buffers.inputs, (focl_buffer){logits, 0}, NULL, 0, NULL, NULL);
        ck_assert_int_eq(status, focl_handle_device(handle)->fp16 ? FOCL_OK : FOCL_ENOTSUP);
        ck_assert_int_eq(clFinish(focl_handle_queue(handle)), CL_SUCCESS);
        ck_assert_int_eq(clReleaseMemObject(logits), CL_SUCCESS);
        linear_buffers_release(&buffers);
        linear_head_free(&head);
    }
}
END_TEST

/* With 64-bit indices forced, every matrix is reached through a sub-buffer, as those beyond an int's reach are. */
START_TEST(far_matrices_have_the_same_bits) {
    for (size_t device = 0; device < test_device_count(); device++) {
        focl_handle *handle = device_handle_with("FOCL_INDEX64", "1", device);
        assert_usual(handle, FOCL_SIGMOID, FOCL_F32, 700);
        focl_destroy(handle);
    }
}
END_TEST

/* ---- Differences of the reference ---- */

/* Every family, kind of target and normaliser that makes another function of the weights. */
static const loss_recipe differentiated[] = {
    {
        .name = "one against the rest",
        .description = {LOSS_AS_USUAL, .targets_type = FOCL_U8, .gamma = 2, .alpha = 0.25, .upstream = 1,
                        .has_ignore_index = true, .ignore_index = 2, .reduction = FOCL_REDUCTION_POSITIVE_MEAN},
    },
    {
        .name = "dense",
        .description = {LOSS_AS_USUAL, .gamma = 1.5, .alpha = 0.5, .upstream = 1, .reduction = FOCL_REDUCTION_MEAN},
        .inputs = LOSS_BIT(weights),
        .soft = true,
    },
    {
        .name = "softmax cross entropy",
        .description = {LOSS_AS_USUAL, .activation = FOCL_SOFTMAX, .objective = FOCL_CROSS_ENTROPY,
                        .targets_type = FOCL_I64, .alpha = -1, .upstream = 1,
                        .reduction = FOCL_REDUCTION_WEIGHTED_MEAN},
        .inputs = LOSS_BIT(class_weights),
    },
    {
        .name = "softmax focal",
        .description = {LOSS_AS_USUAL, .activation = FOCL_SOFTMAX, .targets_type = FOCL_I32, .gamma = 2, .alpha = -1,
                        .upstream = 1, .has_ignore_index = true, .ignore_index = -100,
                        .reduction = FOCL_REDUCTION_ROW_MEAN},
    },
    {
        .name = "softmax squared error",
        .description = {LOSS_AS_USUAL, .activation = FOCL_SOFTMAX, .objective = FOCL_MSE, .alpha = -1, .upstream = 1,
                        .reduction = FOCL_REDUCTION_GIVEN, .normalizer = 7},
        .soft = true,
    },
    {
        .name = "linear regression",
        .description = {LOSS_AS_USUAL, .activation = FOCL_IDENTITY, .objective = FOCL_MSE, .alpha = -1, .upstream = 1,
                        .reduction = FOCL_REDUCTION_SUM},
        .soft = true,
    },
};

/* The reduced loss of the head's values, all in double. */
static double reference_of(const linear_head *head, const loss_problem *problem) {
    const focl_view shape = problem->description.shape;
    focl_loss_description description = problem->description;
    double *logits = test_zeros(shape.outer * shape.classes, sizeof *logits);
    double reduced = 0;
    for (size_t i = 0; i < shape.outer * shape.classes; i++)
        logits[i] = linear_truth_of_logit(head, i / shape.classes, i % shape.classes).value;
    description.logits_type = FOCL_F64;
    const focl_loss_host_inputs inputs = {
        .logits = logits,
        .targets = problem->inputs[LOSS_targets],
        .class_weights = problem->inputs[LOSS_class_weights],
        .weights = problem->inputs[LOSS_weights],
    };
    const focl_reference_outputs outputs = {.reduced = &reduced};
    ck_assert_msg(focl_reference_loss(&description, &inputs, &outputs) == FOCL_OK, "%s", focl_last_error()->message);
    free(logits);
    return reduced;
}

/* The matrix that a gradient is with respect to. */
static enum linear_array input_of(enum linear_array output) {
    return (enum linear_array)(output - LINEAR_FIRST_OUTPUT);
}

static double difference(const linear_head *head, const loss_problem *problem, enum linear_array input, size_t place) {
    static const double step = 0x1p-16;
    double *value = &head->values[input][place];
    const double here = *value;
    *value = here + step;
    const double after = reference_of(head, problem);
    *value = here - step;
    const double before = reference_of(head, problem);
    *value = here;
    return (after - before) / (2 * step);
}

static double largest_of(const float *values, size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fabs((double)values[i]) > largest ? fabs((double)values[i]) : largest;
    return largest;
}

START_TEST(gradients_are_differences_of_the_reference) {
    const loss_recipe shaped = loss_recipe_shaped(&differentiated[_i], (focl_view){11, CLASSES, 1});
    loss_problem problem = loss_problem_create(&shaped, 800 + (uint64_t)_i);
    const focl_linear_loss_description description = {problem.description, FEATURES, 4, 0};
    linear_head head = linear_head_create(&description, 0, 900 + (uint64_t)_i);
    for (size_t device = 0; device < test_device_count(); device++) {
        linear_answer found =
            answer_of(test_device(device), &head, &problem, focl_handle_queue(test_device(device)), 0);
        for (size_t output = LINEAR_FIRST_OUTPUT; output < LINEAR_ARRAYS; output++) {
            const size_t count = head.rows[output] * head.columns[output];
            const float *gradient = found.matrices[output];
            const double tolerance = 1e-5 * (largest_of(gradient, count) + 1e-3);
            for (size_t i = 0; i < count; i++) {
                const double expected = difference(&head, &problem, input_of((enum linear_array)output), i);
                ck_assert_msg(fabs((double)gradient[i] - expected) <= tolerance, "%s: gradient %zu [%zu] is %g, not %g",
                              problem.name, output, i, (double)gradient[i], expected);
            }
        }
        answer_free(&found);
    }
    linear_head_free(&head);
    loss_problem_free(&problem);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("linear_loss");
    if (!focl_has_linear_loss())
        printf("skipped but for what it says: this focl was built without CLBlast\n");
    test_add_loop(suite, "chunks", chunks_are_as_the_whole, loss_recipe_count + loss_row_recipe_count);
    if (focl_has_linear_loss()) {
        test_add_loop(suite, "doubles", doubles_where_the_device_has_them, 2);
        test_add_loop(suite, "halves", halves_are_refused_where_the_device_has_none, 1);
        test_add_loop(suite, "far", far_matrices_have_the_same_bits, 1);
        test_add_loop(suite, "differences", gradients_are_differences_of_the_reference, COUNT_OF(differentiated));
    }
    return test_main(suite);
}
