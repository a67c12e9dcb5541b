/* Steps of gradient descent: against each operation rounded by itself, against the mirror, and with momentum. */
#include <math.h>
#include <string.h>

#include "support_gradient_step.h"

static const focl_type types[] = {FOCL_F32, FOCL_F16, FOCL_BF16, FOCL_F64};

static void assert_everywhere(focl_gradient_step_description description, uint64_t stream, size_t offset) {
    step_problem problem = step_problem_create(description, stream);
    for (size_t device = 0; device < test_device_count(); device++)
        step_assert_on_device(test_device(device), &problem, offset, test_device_name(device));
    step_problem_free(&problem);
}

/* ---- The mirror against each operation by itself ---- */

static const struct {
    double rate, decay;
} rates[] = {{0.1, 0.01}, {0.1, 0}, {-0.03, 1e-4}, {0, 0.5}, {1, 1}, {1e30, 1e-30}, {1e-42, 3}, {0.7, 1e-42}};

START_TEST(every_operation_is_rounded_by_itself) {
    for (size_t t = 0; t < COUNT_OF(types); t++) {
        const focl_gradient_step_description description = {types[t], test_size(20000, 2000), rates[_i].rate,
                                                            rates[_i].decay};
        step_problem problem = step_problem_create(description, 10 * (uint64_t)_i + t);
        void *plain = test_guarded(step_bytes(&problem));
        for (size_t i = 0; i < description.elements; i++)
            loss_put_value(types[t], plain, i,
                           step_truth(&description, loss_value_at(types[t], problem.parameters, i),
                                      loss_value_at(types[t], problem.gradient, i)));
        step_assert_same(&problem, plain, "plain arithmetic against the mirror");
        test_guarded_free(plain);
        step_problem_free(&problem);
    }
}
END_TEST

/* ---- Devices against the mirror ---- */

START_TEST(rates_on_devices) {
    for (size_t t = 0; t < COUNT_OF(types); t++)
        assert_everywhere(
            (focl_gradient_step_description){types[t], test_size(20000, 1000), rates[_i].rate, rates[_i].decay},
            100 + 10 * (uint64_t)_i + t, 1);
}
END_TEST

START_TEST(every_size) {
    static const size_t sizes[] = {0,    1,    2,    3,    5,    7,     15,     16,           17,  31,
                                   32,   33,   47,   63,   64,   65,    127,    128,          129, 1000,
                                   4095, 4096, 4097, 8192, 8193, 12289, 100003, 4096 * 65 + 1};
    static const size_t offsets[] = {0, 1, 3, 16};
    for (size_t s = 0; s < COUNT_OF(sizes) - test_size(0, 3); s++)
        assert_everywhere((focl_gradient_step_description){types[_i], sizes[s], 0.1, 0.01}, 200 + s,
                          offsets[s % COUNT_OF(offsets)]);
}
END_TEST

static const struct {
    const char *name, *value;
} settings[] = {
    {"FOCL_MAPPING", "1x1"}, {"FOCL_MAPPING", "16x1"},  {"FOCL_MAPPING", "1x64"},
    {"FOCL_MAPPING", "2x8"}, {"FOCL_MAPPING", "4x256"}, {"FOCL_INDEX64", "1"},
};

START_TEST(no_mapping_changes_a_bit) {
    for (size_t device = 0; device < test_device_count(); device++) {
        focl_handle *handle = device_handle_with(settings[_i].name, settings[_i].value, device);
        for (size_t t = 0; t < COUNT_OF(types); t++) {
            const focl_gradient_step_description description = {types[t], test_size(30011, 5003), 0.3, 0.02};
            step_problem problem = step_problem_create(description, 300 + t);
            step_assert_on_device(handle, &problem, 3, settings[_i].value);
            step_problem_free(&problem);
        }
        focl_destroy(handle);
    }
}
END_TEST

/* ---- With focl_loss: momentum ---- */

enum { WEIGHTS = 37, STEPS = 60 };

static const double momentum = 0.9;
static const double rate = 0.02;

/* The squared distance from the targets, as one loss: its gradient is twice the difference. */
static focl_status descend(focl_handle *handle, focl_buffer values, focl_buffer targets, focl_buffer velocity) {
    focl_loss_description loss = focl_loss_default(FOCL_IDENTITY, FOCL_MSE, (focl_view){WEIGHTS, 1, 1});
    loss.reduction = FOCL_REDUCTION_SUM;
    loss.accumulate = momentum;
    const focl_loss_inputs inputs = {.logits = values, .targets = targets};
    const focl_loss_outputs outputs = {.gradient = velocity};
    const focl_gradient_step_description step = {.elements = WEIGHTS, .rate = rate};
    focl_status status = focl_loss(handle, &loss, &inputs, &outputs, NULL, 0, NULL, NULL);
    if (!status)
        status = focl_gradient_step(handle, &step, values, velocity, NULL, 0, NULL, NULL);
    return status;
}

/* The same in double. */
static double descended(double value, double target) {
    double velocity = 0;
    for (size_t step = 0; step < STEPS; step++) {
        velocity = momentum * velocity + 2 * (value - target);
        value -= rate * velocity;
    }
    return value;
}

START_TEST(momentum_goes_the_known_way) {
    test_random random = test_random_start(400);
    float start[WEIGHTS];
    float targets[WEIGHTS];
    const float zeros[WEIGHTS] = {0};
    for (size_t i = 0; i < WEIGHTS; i++) {
        start[i] = (float)test_random_uniform(&random, -3, 3);
        targets[i] = (float)test_random_uniform(&random, 0, 1);
    }
    for (size_t device = 0; device < test_device_count(); device++) {
        focl_handle *handle = test_device(device);
        cl_context context = focl_handle_context(handle);
        device_array of_values = device_array_create(context, start, sizeof start, 0);
        device_array of_targets = device_array_create(context, targets, sizeof targets, 0);
        device_array of_velocity = device_array_create(context, zeros, sizeof zeros, 0);
        float found[WEIGHTS];
        for (size_t step = 0; step < STEPS; step++)
            ck_assert_int_eq(descend(handle, of_values.place, of_targets.place, of_velocity.place), FOCL_OK);
        ck_assert_int_eq(clFinish(focl_handle_queue(handle)), CL_SUCCESS);
        device_array_finish(focl_handle_queue(handle), &of_targets, found);
        device_array_finish(focl_handle_queue(handle), &of_velocity, found);
        device_array_finish(focl_handle_queue(handle), &of_values, found);
        for (size_t i = 0; i < WEIGHTS; i++)
            ck_assert_double_eq_tol((double)found[i], descended((double)start[i], (double)targets[i]), 1e-5);
    }
}
END_TEST

/* ---- Events ---- */

START_TEST(waits_and_gives_an_event) {
    for (size_t device = 0; device < test_device_count(); device++) {
        focl_handle *handle = test_device(device);
        step_problem problem =
            step_problem_create((focl_gradient_step_description){FOCL_F32, _i ? 5000 : 0, 0.1, 0}, 500);
        step_arrays arrays = step_arrays_create(handle, &problem, 1);
        cl_int code = CL_SUCCESS;
        cl_event go = clCreateUserEvent(focl_handle_context(handle), &code);
        cl_event done = NULL;
        cl_int state = CL_COMPLETE;
        ck_assert_int_eq(focl_gradient_step(handle, &problem.description, arrays.parameters.place,
                                            arrays.gradient.place, focl_handle_queue(handle), 1, &go, &done),
                         FOCL_OK);
        ck_assert_ptr_nonnull(done);
        clGetEventInfo(done, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL);
        ck_assert_int_gt(state, CL_COMPLETE);
        ck_assert_int_eq(clSetUserEventStatus(go, CL_COMPLETE), CL_SUCCESS);
        ck_assert_int_eq(clWaitForEvents(1, &done), CL_SUCCESS);
        step_arrays_finish(handle, &arrays, &problem, test_device_name(device));
        ck_assert_int_eq(clReleaseEvent(done), CL_SUCCESS);
        ck_assert_int_eq(clReleaseEvent(go), CL_SUCCESS);
        step_problem_free(&problem);
    }
}
END_TEST

/* ---- Wrong arguments ---- */

static const struct {
    focl_gradient_step_description description;
    const char *argument, *in_message;
} wrong_descriptions[] = {
    {{FOCL_U8, 4, 0.1, 0}, "type", "u8"},
    {{(focl_type)99, 4, 0.1, 0}, "type", "unknown"},
    {{FOCL_F32, SIZE_MAX / 3, 0.1, 0}, "elements", "4 bytes"},
    {{FOCL_F32, 4, (double)NAN, 0}, "rate", "nan"},
    {{FOCL_F64, 4, INFINITY, 0}, "rate", "finite f64"},
    {{FOCL_F16, 4, 1e39, 0}, "rate", "finite f32, is 1e+39"},
    {{FOCL_F32, 4, 0.1, -0.5}, "decay", "at least 0, is -0.5"},
    {{FOCL_BF16, 4, 0.1, 1e39}, "decay", "finite f32"},
    {{FOCL_F32, 4, 0.1, (double)NAN}, "decay", "nan"},
};

START_TEST(refuses_descriptions) {
    const focl_gradient_step_description *description = &wrong_descriptions[_i].description;
    const char *argument = wrong_descriptions[_i].argument;
    const char *in_message = wrong_descriptions[_i].in_message;
    unsigned char parameters[64];
    const unsigned char gradient[64] = {0};
    memset(parameters, TEST_POISON, sizeof parameters);
    device_assert_error(focl_mirror_gradient_step(description, parameters, gradient), FOCL_EINVAL, argument,
                        in_message);
    ck_assert(test_is_poison(parameters, sizeof parameters));
    cl_event event = (cl_event)&parameters;
    const focl_buffer nothing = {0};
    device_assert_error(focl_gradient_step(test_device(0), description, nothing, nothing, NULL, 0, NULL, &event),
                        FOCL_EINVAL, argument, in_message);
    ck_assert_ptr_null(event);
}
END_TEST

START_TEST(accepts_what_f64_can_say) {
    const focl_gradient_step_description description = {FOCL_F64, 1, 1e39, 1e-39};
    double parameter = 2;
    const double gradient = 3;
    ck_assert_int_eq(focl_mirror_gradient_step(&description, &parameter, &gradient), FOCL_OK);
    ck_assert_double_eq(parameter, 2 - 1e39 * (3 + 1e-39 * 2));
}
END_TEST

START_TEST(refuses_mirror_arguments) {
    const focl_gradient_step_description good = {FOCL_F32, 4, 0.1, 0};
    float values[8] = {0};
    device_assert_error(focl_mirror_gradient_step(NULL, values, values + 4), FOCL_EINVAL, "description", "NULL");
    device_assert_error(focl_mirror_gradient_step(&good, NULL, values), FOCL_EINVAL, "parameters", "4 elements");
    device_assert_error(focl_mirror_gradient_step(&good, values, NULL), FOCL_EINVAL, "gradient", "4 elements");
    device_assert_error(focl_mirror_gradient_step(&good, values, values + 3), FOCL_EOVERLAP, "parameters", "overlap");
    device_assert_error(focl_mirror_gradient_step(&good, values + 3, values), FOCL_EOVERLAP, "parameters", "overlap");
    ck_assert_int_eq(focl_mirror_gradient_step(&good, values + 4, values), FOCL_OK);
    const focl_gradient_step_description none = {FOCL_F32, 0, 0.1, 0};
    ck_assert_int_eq(focl_mirror_gradient_step(&none, NULL, NULL), FOCL_OK);
}
END_TEST

START_TEST(refuses_buffers) {
    focl_handle *handle = test_device(0);
    step_problem problem = step_problem_create((focl_gradient_step_description){FOCL_F32, 10, 0.1, 0}, 600);
    const focl_gradient_step_description *description = &problem.description;
    step_arrays arrays = step_arrays_create(handle, &problem, 1);
    const focl_buffer parameters = arrays.parameters.place;
    const focl_buffer gradient = arrays.gradient.place;
    const focl_buffer nothing = {0};
    const cl_event no_event = NULL;
#define REFUSED(status, argument, message, to, from)                                                              \
    device_assert_error(focl_gradient_step(handle, description, to, from, NULL, 0, NULL, NULL), status, argument, \
                        message)
#define MOVED(buffer, bytes) ((focl_buffer){(buffer).memory, (buffer).offset + (bytes)})
    device_assert_error(focl_gradient_step(NULL, description, parameters, gradient, NULL, 0, NULL, NULL), FOCL_EINVAL,
                        "handle", "NULL");
    device_assert_error(focl_gradient_step(handle, NULL, parameters, gradient, NULL, 0, NULL, NULL), FOCL_EINVAL,
                        "description", "NULL");
    REFUSED(FOCL_EINVAL, "parameters", "missing", nothing, gradient);
    REFUSED(FOCL_EINVAL, "gradient", "missing", parameters, nothing);
    REFUSED(FOCL_EINVAL, "parameters", "multiple of 4", MOVED(parameters, 2), gradient);
    REFUSED(FOCL_EINVAL, "gradient", "multiple of 4", parameters, MOVED(gradient, 1));
    REFUSED(FOCL_EBOUNDS, "parameters", "needs 40 bytes", MOVED(parameters, TEST_GUARD_BYTES + 4), gradient);
    REFUSED(FOCL_EBOUNDS, "gradient", "needs 40 bytes", parameters, MOVED(gradient, TEST_GUARD_BYTES + 4));
    REFUSED(FOCL_EOVERLAP, "parameters", "gradient", parameters, parameters);
    REFUSED(FOCL_EOVERLAP, "parameters", "gradient", parameters, MOVED(parameters, 36));
    REFUSED(FOCL_EOVERLAP, "parameters", "gradient", MOVED(parameters, 36), parameters);
#undef REFUSED
    device_assert_error(focl_gradient_step(handle, description, parameters, gradient, NULL, 1, &no_event, NULL),
                        FOCL_EINVAL, "wait_list", "NULL");
    device_assert_error(focl_gradient_step(handle, description, parameters, gradient, NULL, 1, NULL, NULL), FOCL_EINVAL,
                        "wait_list", "1");
    /* Side by side in one memory is fine. */
    ck_assert_int_eq(focl_gradient_step(handle, &(focl_gradient_step_description){FOCL_F32, 5, 0, 0}, parameters,
                                        MOVED(parameters, 20), NULL, 0, NULL, NULL),
                     FOCL_OK);
    ck_assert_int_eq(clFinish(focl_handle_queue(handle)), CL_SUCCESS);
    unsigned char found[40];
    device_array_finish(focl_handle_queue(handle), &arrays.gradient, found);
    ck_assert_mem_eq(found, problem.gradient, sizeof found);
    clReleaseMemObject(arrays.parameters.place.memory);
    step_problem_free(&problem);
}
END_TEST

START_TEST(no_elements_need_no_arrays) {
    const focl_gradient_step_description none = {FOCL_F32, 0, 0.1, 0};
    const focl_buffer nothing = {0};
    for (size_t device = 0; device < test_device_count(); device++) {
        cl_event done = NULL;
        ck_assert_int_eq(focl_gradient_step(test_device(device), &none, nothing, nothing, NULL, 0, NULL, &done),
                         FOCL_OK);
        ck_assert_int_eq(clWaitForEvents(1, &done), CL_SUCCESS);
        ck_assert_int_eq(clReleaseEvent(done), CL_SUCCESS);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("gradient step");
    test_add_loop(suite, "plain", every_operation_is_rounded_by_itself, COUNT_OF(rates));
    test_add_loop(suite, "rates", rates_on_devices, COUNT_OF(rates));
    test_add_loop(suite, "sizes", every_size, COUNT_OF(types));
    test_add_loop(suite, "mappings", no_mapping_changes_a_bit, COUNT_OF(settings));
    test_add_loop(suite, "momentum", momentum_goes_the_known_way, 1);
    test_add_loop(suite, "events", waits_and_gives_an_event, 2);
    test_add_loop(suite, "descriptions", refuses_descriptions, COUNT_OF(wrong_descriptions));
    test_add_loop(suite, "f64", accepts_what_f64_can_say, 1);
    test_add_loop(suite, "mirror", refuses_mirror_arguments, 1);
    test_add_loop(suite, "buffers", refuses_buffers, 1);
    test_add_loop(suite, "nothing", no_elements_need_no_arrays, 1);
    return test_main(suite);
}
