/*
 * Activations as calls: the reference against closed forms and finite differences, wrong arguments, queues, events and
 * threads.
 */
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "support_activation.h"

enum { CLASSES = 5, KINDS = FOCL_ACTIVATE_LOG_SOFTMAX + 1 };

/* ---- The reference ---- */

static const float moderate[CLASSES] = {0.5F, -1.25F, 2, 0.75F, -3};
static const float upstream[CLASSES] = {1, -2, 0.5F, 3, -0.25F};

static focl_activation_description row_of(focl_activate_kind kind) {
    return (focl_activation_description){.kind = kind, .shape = {1, CLASSES, 1}};
}

static void reference_value(focl_activate_kind kind, const float *x, double *value) {
    const focl_activation_description description = row_of(kind);
    const focl_activation_host_inputs inputs = {.x = x};
    const focl_activation_reference_outputs outputs = {.value = value};
    ck_assert_int_eq(focl_reference_activate(&description, &inputs, &outputs), FOCL_OK);
}

static void assert_near(double found, double expected, double relative) {
    ck_assert_msg(fabs(found - expected) <= relative * fmax(fabs(expected), 1e-3), "%.17g, must be %.17g", found,
                  expected);
}

START_TEST(closed_forms) {
    static const float x[CLASSES] = {0, 0, 0, 0, 0};
    static const float certain[CLASSES] = {100, 0, 0, 0, 0};
    double value[CLASSES];
    reference_value(FOCL_ACTIVATE_SIGMOID, x, value);
    assert_near(value[0], 0.5, 0);
    reference_value(FOCL_ACTIVATE_SOFTMAX, x, value);
    assert_near(value[3], 0.2, 1e-16);
    reference_value(FOCL_ACTIVATE_LOG_SOFTMAX, x, value);
    assert_near(value[4], -1.6094379124341003, 1e-16);
    reference_value(FOCL_ACTIVATE_LOG_SIGMOID, certain, value);
    ck_assert_double_eq(value[0], -3.720075976020836e-44);
    reference_value(FOCL_ACTIVATE_LOG_SOFTMAX, certain, value);
    assert_near(value[0] * 1e44, -4 * 3.720075976020836, 1e-15);
    reference_value(FOCL_ACTIVATE_SOFTMAX, certain, value);
    assert_near(value[1] * 1e44, 3.720075976020836, 1e-15);
}
END_TEST

/* d value_i / d x_j by a step in f32 numbers whose sum and difference are exact. */
static double difference_quotient(focl_activate_kind kind, size_t i, size_t j) {
    const float step = 0x1p-12F;
    float above[CLASSES], below[CLASSES];
    double high[CLASSES], low[CLASSES];
    memcpy(above, moderate, sizeof above);
    memcpy(below, moderate, sizeof below);
    above[j] += step;
    below[j] -= step;
    reference_value(kind, above, high);
    reference_value(kind, below, low);
    return (high[i] - low[i]) / (2 * (double)step);
}

START_TEST(finite_differences) {
    const focl_activate_kind kind = (focl_activate_kind)_i;
    const focl_activation_description description = row_of(kind);
    const focl_activation_host_inputs inputs = {.x = moderate, .upstream = upstream};
    double product[CLASSES];
    double jacobian[CLASSES * CLASSES] = {0};
    const focl_activation_reference_outputs outputs = {
        .product = product,
        .jacobian = activation_is_of_rows(&description) ? jacobian : NULL,
    };
    ck_assert_int_eq(focl_reference_activate(&description, &inputs, &outputs), FOCL_OK);
    for (size_t j = 0; j < CLASSES; j++) {
        double expected = 0;
        for (size_t i = 0; i < CLASSES; i++) {
            const double quotient = difference_quotient(kind, i, j);
            expected += (double)upstream[i] * quotient;
            if (outputs.jacobian)
                assert_near(jacobian[i * CLASSES + j], quotient, 1e-6);
        }
        assert_near(product[j], expected, 1e-6);
    }
}
END_TEST

/* ---- Wrong arguments ---- */

static void assert_error(focl_status status, focl_status expected, const char *argument, const char *in_message) {
    const focl_error *error = focl_last_error();
    ck_assert_msg(status == expected, "%s (%s): %s, expected %s", argument, in_message, focl_status_name(status),
                  focl_status_name(expected));
    ck_assert_str_eq(error->argument, argument);
    ck_assert_msg(strstr(error->message, in_message) != NULL, "\"%s\" lacks \"%s\"", error->message, in_message);
}

static const struct {
    focl_status status;
    const char *argument;
    const char *in_message;
    focl_activation_description description;
} wrong_descriptions[] = {
    {FOCL_EINVAL, "kind", "is 4", {.kind = (focl_activate_kind)KINDS}},
    {FOCL_ENOTSUP, "shape", "2147483648 classes", {.shape = {1, (size_t)1 << 31, 1}}},
    {FOCL_EINVAL, "shape", "more than a size", {.shape = {SIZE_MAX, 2, 2}}},
    {FOCL_EINVAL, "strides", "reach further", {.shape = {4, 3, 1}, .strides = {SIZE_MAX / 2, 1, 1}}},
    {FOCL_EINVAL, "type", "is u8", {.shape = {4, 3, 1}, .type = FOCL_U8}},
    {FOCL_EINVAL,
     "strides",
     "of value share",
     {.kind = FOCL_ACTIVATE_SOFTMAX, .shape = {4, 3, 1}, .strides = {1, 1, 0}}},
    {FOCL_ENOTSUP, "jacobian", "softmax and log-softmax only", {.shape = {4, 3, 1}}},
    {FOCL_EINVAL,
     "jacobian",
     "more than a size",
     {.kind = FOCL_ACTIVATE_SOFTMAX, .shape = {SIZE_MAX / 8, 4, 1}, .type = FOCL_F16}},
};

START_TEST(refuses_descriptions) {
    const focl_activation_description *description = &wrong_descriptions[_i].description;
    float x[12] = {0}, value[12] = {42}, jacobian[36] = {42};
    const focl_activation_host_inputs inputs = {.x = x};
    const focl_activation_host_outputs outputs = {.value = value, .jacobian = jacobian};
    const focl_activation_reference_outputs doubles = {.value = (double[12]){0}, .jacobian = (double[36]){0}};
    const focl_status statuses[] = {
        focl_activate_host(test_device(0), description, &inputs, &outputs, NULL),
        focl_mirror_activate(description, &inputs, &outputs),
        focl_reference_activate(description, &inputs, &doubles),
    };
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        assert_error(statuses[i], wrong_descriptions[_i].status, wrong_descriptions[_i].argument,
                     wrong_descriptions[_i].in_message);
    ck_assert_float_eq(value[0], 42);
    ck_assert_float_eq(jacobian[0], 42);
}
END_TEST

START_TEST(refuses_host_arrays) {
    const focl_activation_description description = row_of(FOCL_ACTIVATE_SOFTMAX);
    float x[2 * CLASSES] = {0}, value[CLASSES];
    const focl_activation_host_inputs inputs = {.x = x};
    const focl_activation_host_outputs outputs = {.value = value};
    const focl_activation_host_outputs none = {0}, over = {.value = x + CLASSES - 1}, product = {.product = value};
    focl_handle *handle = test_device(0);
    assert_error(focl_activate_host(NULL, &description, &inputs, &outputs, NULL), FOCL_EINVAL, "handle", "is NULL");
    assert_error(focl_activate_host(handle, NULL, &inputs, &outputs, NULL), FOCL_EINVAL, "description", "is NULL");
    assert_error(focl_mirror_activate(&description, NULL, &outputs), FOCL_EINVAL, "inputs", "is NULL");
    assert_error(focl_mirror_activate(&description, &inputs, NULL), FOCL_EINVAL, "outputs", "is NULL");
    assert_error(focl_mirror_activate(&description, &inputs, &none), FOCL_EINVAL, "outputs", "none is given");
    assert_error(focl_mirror_activate(&description, &inputs, &product), FOCL_EINVAL, "upstream", "is missing");
    assert_error(focl_mirror_activate(&description, &(focl_activation_host_inputs){0}, &outputs), FOCL_EINVAL, "x",
                 "5 elements");
    assert_error(focl_activate_host(handle, &description, &inputs, &over, NULL), FOCL_EOVERLAP, "value",
                 "20 bytes overlap those of x");
    assert_error(
        focl_mirror_activate(&description, &inputs, &(focl_activation_host_outputs){.value = (char *)value + 1}),
        FOCL_EINVAL, "value", "multiple of 4");
}
END_TEST

/* ---- Buffers ---- */

typedef struct fixture {
    focl_handle *handle;
    activation_problem problem;
    activation_answer answer;
    activation_buffers buffers;
} fixture;

static fixture fixture_create(focl_handle *handle, focl_view shape) {
    const focl_activation_description description = {.kind = FOCL_ACTIVATE_SOFTMAX, .shape = shape};
    fixture made = {.handle = handle, .problem = activation_problem_create("a call", &description, 51000)};
    made.answer = activation_answer_create(&made.problem, activation_outputs(&description));
    made.buffers = activation_buffers_create(focl_handle_context(handle), &made.problem, &made.answer, 2);
    return made;
}

static void fixture_free(fixture *made) {
    activation_buffers_release(&made->buffers);
    activation_answer_free(&made->answer);
    activation_problem_free(&made->problem);
}

static focl_status call(const fixture *with) {
    return focl_activate(with->handle, &with->problem.description, &with->buffers.inputs, &with->buffers.outputs, NULL,
                         0, NULL, NULL);
}

static void assert_untouched(const fixture *with) {
    activation_buffers_read(focl_handle_queue(with->handle), &with->buffers, &with->problem, &with->answer);
    for (size_t i = ACTIVATION_FIRST_OUTPUT; i < ACTIVATION_ARRAYS; i++)
        ck_assert_msg(test_is_poison(with->answer.arrays[i],
                                     activation_array_bytes(&with->problem.description, (enum activation_array)i)),
                      "%s was written", activation_array_name((enum activation_array)i));
}

START_TEST(refuses_buffers) {
    fixture with = fixture_create(test_device(0), (focl_view){4, 3, 2});
    focl_buffer *const places[ACTIVATION_ARRAYS] = {
#define INPUT_PLACE(field, extent)  &with.buffers.inputs.field,
#define OUTPUT_PLACE(field, extent) &with.buffers.outputs.field,
        FOCL_ACTIVATION_INPUT_TABLE(INPUT_PLACE) FOCL_ACTIVATION_OUTPUT_TABLE(OUTPUT_PLACE)
#undef INPUT_PLACE
#undef OUTPUT_PLACE
    };
    for (size_t i = 0; i < ACTIVATION_ARRAYS; i++) {
        const focl_buffer good = *places[i];
        const char *name = activation_array_name((enum activation_array)i);
        places[i]->offset = good.offset + TEST_GUARD_BYTES + 4;
        assert_error(call(&with), FOCL_EBOUNDS, name, "needs");
        places[i]->offset = UINT64_MAX - 3;
        assert_error(call(&with), FOCL_EBOUNDS, name, "18446744073709551612");
        places[i]->offset = good.offset + 1;
        assert_error(call(&with), FOCL_EINVAL, name, "multiple of 4");
        *places[i] = good;
    }
    with.buffers.outputs.product = with.buffers.outputs.value;
    assert_error(call(&with), FOCL_EOVERLAP, "product", "overlap those of value");
    with.buffers.outputs.product = with.buffers.places[ACTIVATION_product];
    with.buffers.inputs.x.memory = NULL;
    assert_error(call(&with), FOCL_EINVAL, "x", "is missing");
    assert_untouched(&with);
    fixture_free(&with);
}
END_TEST

START_TEST(refuses_queues_and_wait_lists) {
    fixture with = fixture_create(test_device(0), (focl_view){4, 3, 2});
    const cl_event none[] = {NULL};
    cl_event event = NULL;
    const focl_activation_description *description = &with.problem.description;
    assert_error(
        focl_activate(with.handle, description, &with.buffers.inputs, &with.buffers.outputs, NULL, 1, none, &event),
        FOCL_EINVAL, "wait_list", "event 0 of 1 is NULL");
    assert_error(
        focl_activate(with.handle, description, &with.buffers.inputs, &with.buffers.outputs, NULL, 2, NULL, &event),
        FOCL_EINVAL, "wait_list", "wait_count is 2");
    ck_assert_ptr_null(event);
    assert_untouched(&with);
    fixture_free(&with);
}
END_TEST

/* ---- The caller's context, queue and events ---- */

/* Oclgrind runs one kernel at a time in the process, and its clFlush does not return before all is done. */
static bool is_synchronous(const focl_device *device) {
    return strcmp(device->platform, "Oclgrind") == 0;
}

static cl_command_queue make_queue(cl_context context, const focl_device *device) {
    cl_command_queue_properties can = 0;
    cl_int code = CL_SUCCESS;
    clGetDeviceInfo(device->cl_device, CL_DEVICE_QUEUE_PROPERTIES, sizeof can, &can, NULL);
    cl_command_queue queue =
        clCreateCommandQueue(context, device->cl_device, can & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    return queue;
}

/* With a user event to wait for, nothing happens before it; the event given comes after all of the work. */
static void assert_waits(const focl_device *device, cl_context context, size_t elements) {
    focl_handle *handle = NULL;
    cl_int code = CL_SUCCESS;
    cl_int state = CL_COMPLETE;
    cl_event done = NULL;
    ck_assert_int_eq(focl_create_from_cl(&handle, context, device->cl_device), FOCL_OK);
    cl_command_queue queue = make_queue(context, device);
    cl_event gate = clCreateUserEvent(context, &code);
    fixture with = fixture_create(handle, (focl_view){elements, 3, elements ? 2 : 0});
    ck_assert_int_eq(focl_activate(handle, &with.problem.description, &with.buffers.inputs, &with.buffers.outputs,
                                   queue, 1, &gate, &done),
                     FOCL_OK);
    if (!is_synchronous(device))
        ck_assert_int_eq(clFlush(queue), CL_SUCCESS);
    clGetEventInfo(done, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL);
    ck_assert_int_ne(state, CL_COMPLETE);
    ck_assert_int_eq(clSetUserEventStatus(gate, CL_COMPLETE), CL_SUCCESS);
    ck_assert_int_eq(clWaitForEvents(1, &done), CL_SUCCESS);
    activation_buffers_read(queue, &with.buffers, &with.problem, &with.answer);
    activation_assert_close(&with.problem, &with.answer, device->name);
    clReleaseEvent(done);
    clReleaseEvent(gate);
    clReleaseCommandQueue(queue);
    fixture_free(&with);
    focl_destroy(handle);
}

START_TEST(waits_for_the_callers_events) {
    for (size_t i = 0; i < test_device_count(); i++) {
        const focl_device *device = focl_handle_device(test_device(i));
        const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)device->cl_platform, 0};
        cl_int code = CL_SUCCESS;
        cl_context context = clCreateContext(properties, 1, &device->cl_device, NULL, NULL, &code);
        ck_assert_int_eq(code, CL_SUCCESS);
        assert_waits(device, context, 5);
        assert_waits(device, context, 0);
        clReleaseContext(context);
    }
}
END_TEST

/* ---- Threads ---- */

enum { THREADS = 4, CALLS = 8 };

static void *activate_often(void *context) {
    const fixture *with = context;
    for (size_t i = 0; i < CALLS; i++)
        if (activation_on_host(with->handle, &with->problem, &with->answer) != FOCL_OK)
            return context;
    return NULL;
}

START_TEST(threads_share_a_handle) {
    fixture with[THREADS];
    pthread_t threads[THREADS];
    if (is_synchronous(focl_handle_device(test_device(0))))
        return;
    for (size_t i = 0; i < THREADS; i++)
        with[i] = fixture_create(test_device(0), (focl_view){3 + i, 4, 5});
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, activate_often, &with[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *failed = NULL;
        ck_assert_int_eq(pthread_join(threads[i], &failed), 0);
        ck_assert_ptr_null(failed);
        activation_assert_close(&with[i].problem, &with[i].answer, "a thread");
        fixture_free(&with[i]);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("activation calls");
    test_add_loop(suite, "closed forms", closed_forms, 1);
    test_add_loop(suite, "finite differences", finite_differences, KINDS);
    test_add_loop(suite, "descriptions", refuses_descriptions, COUNT_OF(wrong_descriptions));
    test_add_loop(suite, "host arrays", refuses_host_arrays, 1);
    test_add_loop(suite, "buffers", refuses_buffers, 1);
    test_add_loop(suite, "queues", refuses_queues_and_wait_lists, 1);
    test_add_loop(suite, "events", waits_for_the_callers_events, 1);
    test_add_loop(suite, "threads", threads_share_a_handle, 1);
    return test_main(suite);
}
