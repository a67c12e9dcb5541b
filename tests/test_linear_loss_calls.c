/* How focl_linear_loss and focl_linear_logits are called: wrong arguments, nothing to do, queues and events. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "support_device.h"
#include "support_linear.h"

enum { ROWS = 9, FEATURES = 3, CLASSES = 4 };

/* ---- A good call ---- */

typedef struct call {
    focl_handle *handle;
    linear_head head;
    loss_problem problem;
    loss_answer answer;
    loss_buffers of_loss;
    linear_buffers buffers;
    focl_linear_loss_description description; /* what is passed */
} call;

static loss_recipe recipe_of(focl_activation activation, focl_objective objective, size_t rows) {
    loss_recipe recipe = {.name = "a call"};
    recipe.description = focl_loss_default(activation, objective, (focl_view){rows, CLASSES, 1});
    recipe.description.targets_type = FOCL_I32;
    recipe.description.reduction = FOCL_REDUCTION_MEAN;
    return recipe;
}

static call call_create(focl_handle *handle, const loss_recipe *recipe, size_t offset) {
    call made = {.handle = handle, .problem = loss_problem_create(recipe, 8100)};
    made.description = focl_linear_loss_default(FOCL_SOFTMAX, FOCL_FOCAL, 0, FEATURES, 0);
    made.description.loss = made.problem.description;
    made.description.chunk_rows = 4;
    made.head = linear_head_create(&made.description, 0, 8200);
    made.answer = loss_answer_create(&made.problem, LOSS_BIT(reduced) | LOSS_BIT(loss) | LOSS_BIT(counts));
    made.of_loss = loss_buffers_create(focl_handle_context(handle), &made.problem, &made.answer, offset);
    made.buffers = linear_buffers_create(focl_handle_context(handle), &made.head, offset);
    made.buffers.inputs.loss = made.of_loss.inputs;
    made.buffers.inputs.loss.logits = (focl_buffer){NULL, 0};
    made.buffers.outputs.loss = made.of_loss.outputs;
    return made;
}

static void call_free(call *made) {
    linear_buffers_release(&made->buffers);
    loss_buffers_release(&made->of_loss);
    loss_answer_free(&made->answer);
    loss_problem_free(&made->problem);
    linear_head_free(&made->head);
}

static focl_status run(const call *with) {
    return focl_linear_loss(with->handle, &with->description, &with->buffers.inputs, &with->buffers.outputs, NULL, 0,
                            NULL, NULL);
}

static bool is_as_before(const call *with, enum linear_array output) {
    void *now = linear_buffers_read(focl_handle_queue(with->handle), &with->buffers, &with->head, output);
    const size_t bytes = with->head.rows[output] * with->head.columns[output] * sizeof(float);
    const bool same = memcmp(now, with->head.stored[output], bytes) == 0;
    free(now);
    return same;
}

/* ---- Wrong arguments ---- */

static void no_softmax_probabilities(call *made) {
    made->description.loss.activation = FOCL_CATEGORICAL;
}
static void values_without_mse(call *made) {
    made->description.loss.activation = FOCL_IDENTITY;
}
static void wrong_gamma(call *made) {
    made->description.loss.gamma = -1;
}
static void inner(call *made) {
    made->description.loss.shape = (focl_view){ROWS, 2, 2};
}
static void strides(call *made) {
    made->description.loss.strides = (focl_strides){(size_t)2 * CLASSES, 1, 1};
    made->buffers.outputs.loss.loss = (focl_buffer){NULL, 0};
}
static void in_place(call *made) {
    made->description.loss.in_place = true;
}
static void no_features(call *made) {
    made->description.features = 0;
}
static void endless_features(call *made) {
    made->description.features = SIZE_MAX / 8;
}
static void logits_given(call *made) {
    made->buffers.inputs.loss.logits = made->of_loss.inputs.logits;
}
static void gradient_given(call *made) {
    made->buffers.outputs.loss.gradient = made->of_loss.inputs.logits;
}
static void features_missing(call *made) {
    made->buffers.inputs.features.memory = NULL;
}
static void matrix_missing(call *made) {
    made->buffers.inputs.matrix.memory = NULL;
}
static void targets_missing(call *made) {
    made->buffers.inputs.loss.targets.memory = NULL;
}
static void no_outputs(call *made) {
    made->buffers.outputs = (focl_linear_loss_outputs){.loss = {.reduced = {NULL, 0}}};
}
static void odd_offset(call *made) {
    made->buffers.inputs.bias.offset += 2;
}
static void features_end(call *made) {
    made->buffers.inputs.features.offset = 1000;
}
static void gradient_ends(call *made) {
    made->buffers.outputs.matrix_gradient.offset = 1 << 20;
}
static void gradient_over_features(call *made) {
    made->buffers.outputs.features_gradient = made->buffers.inputs.features;
}
static void gradients_over_each_other(call *made) {
    made->buffers.outputs.bias_gradient = made->buffers.outputs.matrix_gradient;
}
static void loss_over_matrix(call *made) {
    made->buffers.outputs.loss.loss = made->buffers.inputs.matrix;
}
static void bf16(call *made) {
    made->description.loss.logits_type = FOCL_BF16;
}
static void too_many_rows_at_once(call *made) {
    made->description.loss.shape.outer = (size_t)1 << 28;
    made->description.chunk_rows = (size_t)1 << 28;
}

static const struct {
    void (*spoil)(call *made);
    focl_status status;
    const char *argument;
    const char *in_message;
} wrong[] = {
    {no_softmax_probabilities, FOCL_EINVAL, "activation", "probabilities"},
    {values_without_mse, FOCL_EINVAL, "activation", "FOCL_MSE"},
    {wrong_gamma, FOCL_EINVAL, "gamma", "at least 0, is -1"},
    {inner, FOCL_EINVAL, "shape", "its inner is 2"},
    {strides, FOCL_EINVAL, "strides", "contiguous"},
    {in_place, FOCL_EINVAL, "in_place", "no logits"},
    {no_features, FOCL_EINVAL, "features", "at least 1"},
    {endless_features, FOCL_EINVAL, "features", "more than a size can say"},
    {logits_given, FOCL_EINVAL, "logits", "must be absent"},
    {gradient_given, FOCL_EINVAL, "gradient", "must be absent"},
    {features_missing, FOCL_EINVAL, "features", "is missing; 9 x 3"},
    {matrix_missing, FOCL_EINVAL, "matrix", "is missing; 4 x 3"},
    {targets_missing, FOCL_EINVAL, "targets", "is missing"},
    {no_outputs, FOCL_EINVAL, "outputs", "at least one"},
    {bf16, FOCL_ENOTSUP, "logits_type", "bf16"},
    {too_many_rows_at_once, FOCL_ENOTSUP, "chunk_rows", "31 bits"},
    {odd_offset, FOCL_EINVAL, "bias", "multiple of 4"},
    {features_end, FOCL_EBOUNDS, "features", "needs 108 bytes at offset 1000"},
    {gradient_ends, FOCL_EBOUNDS, "matrix_gradient", "needs 48 bytes"},
    {gradient_over_features, FOCL_EOVERLAP, "features_gradient", "those of features"},
    {gradients_over_each_other, FOCL_EOVERLAP, "bias_gradient", "those of matrix_gradient"},
    {loss_over_matrix, FOCL_EOVERLAP, "loss", "those of matrix"},
};

static void assert_error(focl_status status, focl_status expected, const char *argument, const char *in_message) {
    const focl_error *error = focl_last_error();
    ck_assert_msg(status == expected, "%s (%s): %s, expected %s: %s", argument, in_message, focl_status_name(status),
                  focl_status_name(expected), error->message);
    ck_assert_str_eq(error->argument, argument);
    ck_assert_msg(strstr(error->message, in_message) != NULL, "\"%s\" lacks \"%s\"", error->message, in_message);
}

START_TEST(wrong_arguments_are_told) {
    const loss_recipe recipe = recipe_of(FOCL_SOFTMAX, FOCL_FOCAL, ROWS);
    call made = call_create(test_device(0), &recipe, 1);
    wrong[_i].spoil(&made);
    assert_error(run(&made), wrong[_i].status, wrong[_i].argument, wrong[_i].in_message);
    for (size_t output = LINEAR_FIRST_OUTPUT; output < LINEAR_ARRAYS; output++)
        ck_assert_msg(is_as_before(&made, (enum linear_array)output), "output %zu was written", output);
    call_free(&made);
}
END_TEST

START_TEST(nulls_are_told) {
    const loss_recipe recipe = recipe_of(FOCL_SOFTMAX, FOCL_FOCAL, ROWS);
    call made = call_create(test_device(0), &recipe, 1);
    const focl_linear_loss_inputs *inputs = &made.buffers.inputs;
    const focl_linear_loss_outputs *outputs = &made.buffers.outputs;
    const focl_linear_loss_description *description = &made.description;
    const cl_event none = NULL;
    const focl_buffer absent = {NULL, 0};
    assert_error(focl_linear_loss(NULL, description, inputs, outputs, NULL, 0, NULL, NULL), FOCL_EINVAL, "handle",
                 "NULL");
    assert_error(focl_linear_loss(made.handle, NULL, inputs, outputs, NULL, 0, NULL, NULL), FOCL_EINVAL, "description",
                 "NULL");
    assert_error(focl_linear_loss(made.handle, description, NULL, outputs, NULL, 0, NULL, NULL), FOCL_EINVAL, "inputs",
                 "NULL");
    assert_error(focl_linear_loss(made.handle, description, inputs, NULL, NULL, 0, NULL, NULL), FOCL_EINVAL, "outputs",
                 "NULL");
    assert_error(focl_linear_loss(made.handle, description, inputs, outputs, NULL, 1, &none, NULL), FOCL_EINVAL,
                 "wait_list", "NULL");
    assert_error(focl_linear_logits(made.handle, description, inputs, absent, NULL, 0, NULL, NULL), FOCL_EINVAL,
                 "logits", "is missing; 9 x 4");
    call_free(&made);
}
END_TEST

START_TEST(logits_are_checked_too) {
    const loss_recipe recipe = recipe_of(FOCL_SOFTMAX, FOCL_FOCAL, ROWS);
    call made = call_create(test_device(0), &recipe, 1);
    const focl_buffer over = made.buffers.inputs.matrix;
    const focl_buffer small = {made.buffers.outputs.bias_gradient.memory, 0};
    assert_error(focl_linear_logits(made.handle, &made.description, &made.buffers.inputs, small, NULL, 0, NULL, NULL),
                 FOCL_EBOUNDS, "logits", "needs 144 bytes");
    made.description.loss.shape.outer = 1;
    assert_error(focl_linear_logits(made.handle, &made.description, &made.buffers.inputs, over, NULL, 0, NULL, NULL),
                 FOCL_EOVERLAP, "logits", "those of matrix");
    made.description.features = 0;
    assert_error(focl_linear_logits(made.handle, &made.description, &made.buffers.inputs, over, NULL, 0, NULL, NULL),
                 FOCL_EINVAL, "features", "at least 1");
    call_free(&made);
}
END_TEST

/* ---- Nothing to do ---- */

static float single(const call *with) {
    loss_buffers_read(focl_handle_queue(with->handle), &with->of_loss, &with->problem, &with->answer);
    return *(const float *)with->answer.outputs[LOSS_reduced];
}

/* The gradients are what was there before times accumulate, and 0, whatever was there, without it. */
static void assert_scaled(const call *with, double factor) {
    for (size_t output = LINEAR_FIRST_OUTPUT; output < LINEAR_ARRAYS; output++) {
        const size_t count = with->head.rows[output] * with->head.columns[output];
        float *now = linear_buffers_read(focl_handle_queue(with->handle), &with->buffers, &with->head,
                                         (enum linear_array)output);
        for (size_t i = 0; i < count; i++)
            ck_assert_msg(test_is_close(factor * with->head.values[output][i], 0, now[i], 1),
                          "gradient %zu [%zu] is %a, was %a", output, i, (double)now[i], with->head.values[output][i]);
        free(now);
    }
}

static const double factors[] = {0, 1, -0.5};

START_TEST(no_rows_have_no_loss) {
    for (size_t device = 0; device < test_device_count(); device++) {
        const loss_recipe recipe = recipe_of(FOCL_SOFTMAX, FOCL_FOCAL, 0);
        call made = call_create(test_device(device), &recipe, 1);
        made.description.loss.accumulate = factors[_i];
        made.description.loss.empty = _i == 0 ? FOCL_EMPTY_NAN : FOCL_EMPTY_ZERO;
        ck_assert_msg(run(&made) == FOCL_OK, "%s", focl_last_error()->message);
        ck_assert(_i == 0 ? isnan(single(&made)) : test_is_close(0, 0, single(&made), 0));
        assert_scaled(&made, factors[_i]);
        call_free(&made);
    }
}
END_TEST

/* Every row ignored: no gradient, whatever stood in the outputs' memory. */
START_TEST(ignored_rows_leave_zeros) {
    static const float nan_of_old = NAN;
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_recipe recipe = recipe_of(FOCL_SIGMOID, FOCL_FOCAL, ROWS);
        recipe.description.has_ignore_index = true;
        recipe.description.ignore_index = 1;
        call made = call_create(test_device(device), &recipe, 1);
        const int32_t one = 1;
        cl_command_queue queue = focl_handle_queue(made.handle);
        for (size_t output = LINEAR_FIRST_OUTPUT; output < LINEAR_ARRAYS; output++)
            ck_assert_int_eq(clEnqueueFillBuffer(
                                 queue, made.buffers.memory[output], &nan_of_old, sizeof nan_of_old, 9 * sizeof(float),
                                 made.head.rows[output] * made.head.columns[output] * sizeof(float), 0, NULL, NULL),
                             CL_SUCCESS);
        cl_mem labels = made.of_loss.inputs.targets.memory;
        ck_assert_int_eq(clEnqueueFillBuffer(queue, labels, &one, sizeof one, made.of_loss.inputs.targets.offset,
                                             ROWS * sizeof one, 0, NULL, NULL),
                         CL_SUCCESS);
        made.buffers.outputs.loss.loss = (focl_buffer){NULL, 0};
        ck_assert_int_eq(clFinish(queue), CL_SUCCESS);
        ck_assert_msg(run(&made) == FOCL_OK, "%s", focl_last_error()->message);
        assert_scaled(&made, 0);
        call_free(&made);
    }
}
END_TEST

/* ---- Queues and events ---- */

static cl_command_queue create_queue(focl_handle *handle, bool reorders) {
    const focl_device *device = focl_handle_device(handle);
    cl_command_queue_properties can = 0;
    cl_int code = CL_SUCCESS;
    ck_assert_int_eq(clGetDeviceInfo(device->cl_device, CL_DEVICE_QUEUE_PROPERTIES, sizeof can, &can, NULL),
                     CL_SUCCESS);
    if (reorders && !(can & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE))
        printf("%s has no out-of-order queues\n", device->name);
    cl_command_queue queue = clCreateCommandQueue(focl_handle_context(handle), device->cl_device,
                                                  reorders ? can & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE : 0, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    return queue;
}

static cl_int event_status(cl_event event) {
    cl_int status = CL_SUCCESS;
    ck_assert_int_eq(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL),
                     CL_SUCCESS);
    return status;
}

static bool is_synchronous(focl_handle *handle) {
    return strcmp(focl_handle_device(handle)->platform, "Oclgrind") == 0;
}

/* The same bits as the call on the handle's own queue gave, after nothing before what is waited for. */
static void assert_waits(focl_handle *handle, bool reorders) {
    const loss_recipe recipe = recipe_of(FOCL_SIGMOID, FOCL_FOCAL, ROWS);
    call plain = call_create(handle, &recipe, 1);
    call waiting = call_create(handle, &recipe, 1);
    cl_command_queue queue = create_queue(handle, reorders);
    cl_int code = CL_SUCCESS;
    cl_event go = clCreateUserEvent(focl_handle_context(handle), &code);
    cl_event done = NULL;
    ck_assert_int_eq(code, CL_SUCCESS);
    ck_assert_msg(run(&plain) == FOCL_OK, "%s", focl_last_error()->message);
    ck_assert_msg(focl_linear_loss(handle, &waiting.description, &waiting.buffers.inputs, &waiting.buffers.outputs,
                                   queue, 1, &go, &done) == FOCL_OK,
                  "%s", focl_last_error()->message);
    ck_assert_ptr_nonnull(done);
    if (!is_synchronous(handle))
        ck_assert_int_eq(clFlush(queue), CL_SUCCESS);
    ck_assert_int_gt(event_status(done), CL_COMPLETE);
    ck_assert_int_eq(clSetUserEventStatus(go, CL_COMPLETE), CL_SUCCESS);
    ck_assert_int_eq(clWaitForEvents(1, &done), CL_SUCCESS);
    ck_assert_int_eq(event_status(done), CL_COMPLETE);
    loss_buffers_read(focl_handle_queue(handle), &plain.of_loss, &plain.problem, &plain.answer);
    loss_buffers_read(queue, &waiting.of_loss, &waiting.problem, &waiting.answer);
    loss_assert_same(&plain.problem, &plain.answer, &waiting.answer, "another queue");
    for (size_t output = LINEAR_FIRST_OUTPUT; output < LINEAR_ARRAYS; output++) {
        const size_t bytes = plain.head.rows[output] * plain.head.columns[output] * sizeof(float);
        void *first =
            linear_buffers_read(focl_handle_queue(handle), &plain.buffers, &plain.head, (enum linear_array)output);
        void *second = linear_buffers_read(queue, &waiting.buffers, &waiting.head, (enum linear_array)output);
        ck_assert_msg(memcmp(first, second, bytes) == 0, "gradient %zu has other bits on another queue", output);
        free(first);
        free(second);
    }
    ck_assert_int_eq(clReleaseEvent(done), CL_SUCCESS);
    ck_assert_int_eq(clReleaseEvent(go), CL_SUCCESS);
    ck_assert_int_eq(clReleaseCommandQueue(queue), CL_SUCCESS);
    call_free(&waiting);
    call_free(&plain);
}

START_TEST(waits_for_events_and_gives_one) {
    for (size_t device = 0; device < test_device_count(); device++)
        if (_i == 1 && is_synchronous(test_device(device)))
            printf("%s: skipped, commands behind a barrier overtake it in its out-of-order queues\n",
                   test_device_name(device));
        else
            assert_waits(test_device(device), _i == 1);
}
END_TEST

/* ---- Threads ---- */

enum { THREADS = 4, CALLS = 6 };

/* A thread asserts nothing itself: a failed assertion leaves the test from the wrong thread. */
typedef struct worker {
    pthread_t thread;
    cl_command_queue queue;
    call with;
    int failures;
} worker;

static void *work(void *argument) {
    worker *own = argument;
    for (int i = 0; i < CALLS; i++)
        own->failures += focl_linear_loss(own->with.handle, &own->with.description, &own->with.buffers.inputs,
                                          &own->with.buffers.outputs, own->queue, 0, NULL, NULL) != FOCL_OK ||
                         clFinish(own->queue) != CL_SUCCESS;
    return NULL;
}

/* On a handle of their own, whose first calls these are, each with a queue. */
START_TEST(threads_may_share_a_handle) {
    for (size_t device = 0; device < test_device_count(); device++) {
        static worker workers[THREADS];
        const loss_recipe recipe = recipe_of(FOCL_SOFTMAX, FOCL_FOCAL, ROWS);
        if (is_synchronous(test_device(device))) {
            printf("%s: skipped, it runs one kernel at a time in the process\n", test_device_name(device));
            continue;
        }
        focl_handle *handle = device_handle_with(NULL, NULL, device);
        for (size_t i = 0; i < THREADS; i++)
            workers[i] = (worker){.queue = create_queue(handle, false), .with = call_create(handle, &recipe, i)};
        for (size_t i = 0; i < THREADS; i++)
            ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
        for (size_t i = 0; i < THREADS; i++)
            ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
        for (size_t i = 0; i < THREADS; i++) {
            ck_assert_int_eq(workers[i].failures, 0);
            loss_buffers_read(workers[i].queue, &workers[i].with.of_loss, &workers[i].with.problem,
                              &workers[i].with.answer);
            loss_assert_same(&workers[0].with.problem, &workers[0].with.answer, &workers[i].with.answer, "a thread");
        }
        for (size_t i = 0; i < THREADS; i++) {
            call_free(&workers[i].with);
            ck_assert_int_eq(clReleaseCommandQueue(workers[i].queue), CL_SUCCESS);
        }
        focl_destroy(handle);
    }
}
END_TEST

/* ---- Without CLBlast ---- */

START_TEST(says_that_it_cannot) {
    const loss_recipe recipe = recipe_of(FOCL_SOFTMAX, FOCL_FOCAL, ROWS);
    call made = call_create(test_device(0), &recipe, 1);
    ck_assert_int_eq(run(&made), FOCL_ENOTSUP);
    ck_assert_ptr_nonnull(strstr(focl_last_error()->message, "without CLBlast"));
    ck_assert_int_eq(focl_linear_logits(made.handle, &made.description, &made.buffers.inputs,
                                        made.buffers.outputs.features_gradient, NULL, 0, NULL, NULL),
                     FOCL_ENOTSUP);
    call_free(&made);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("linear_loss_calls");
    if (!focl_has_linear_loss()) {
        printf("skipped but for what it says: this focl was built without CLBlast\n");
        test_add_loop(suite, "without CLBlast", says_that_it_cannot, 1);
        return test_main(suite);
    }
    test_add_loop(suite, "wrong arguments", wrong_arguments_are_told, COUNT_OF(wrong));
    test_add_loop(suite, "nulls", nulls_are_told, 1);
    test_add_loop(suite, "logits", logits_are_checked_too, 1);
    test_add_loop(suite, "no rows", no_rows_have_no_loss, COUNT_OF(factors));
    test_add_loop(suite, "ignored", ignored_rows_leave_zeros, 1);
    test_add_loop(suite, "events", waits_for_events_and_gives_one, 2);
    test_add_loop(suite, "threads", threads_may_share_a_handle, 1);
    return test_main(suite);
}
