/* The caller's context, queues and events: waited for, given, and left with the reference counts they had. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support_device.h"
#include "support_loss.h"
#include "support_recipes.h"

static const char *own_path;

/* ---- The caller's side ---- */

typedef struct caller {
    cl_context context;
    cl_command_queue queue;
} caller;

static bool can_reorder(const focl_device *device) {
    cl_command_queue_properties properties = 0;
    ck_assert_int_eq(
        clGetDeviceInfo(device->cl_device, CL_DEVICE_QUEUE_PROPERTIES, sizeof properties, &properties, NULL),
        CL_SUCCESS);
    return properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE;
}

static cl_command_queue create_queue(cl_context context, const focl_device *device, bool reorders) {
    cl_int code = CL_SUCCESS;
    const cl_command_queue_properties properties =
        reorders && can_reorder(device) ? CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE : 0;
    cl_command_queue queue = clCreateCommandQueue(context, device->cl_device, properties, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    return queue;
}

static caller caller_create(const focl_device *device, bool reorders) {
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)device->cl_platform, 0};
    cl_int code = CL_SUCCESS;
    caller made = {.context = clCreateContext(properties, 1, &device->cl_device, NULL, NULL, &code)};
    ck_assert_int_eq(code, CL_SUCCESS);
    made.queue = create_queue(made.context, device, reorders);
    return made;
}

static void caller_release(caller *made) {
    ck_assert_int_eq(clReleaseCommandQueue(made->queue), CL_SUCCESS);
    ck_assert_int_eq(clReleaseContext(made->context), CL_SUCCESS);
}

static focl_handle *handle_of(const caller *by, const focl_device *device) {
    focl_handle *handle = NULL;
    ck_assert_msg(focl_create_from_cl(&handle, by->context, device->cl_device) == FOCL_OK, "%s",
                  focl_last_error()->message);
    ck_assert_ptr_null(focl_handle_queue(handle));
    ck_assert_ptr_eq(focl_handle_context(handle), by->context);
    return handle;
}

static cl_event user_event(cl_context context) {
    cl_int code = CL_SUCCESS;
    cl_event event = clCreateUserEvent(context, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    return event;
}

static cl_int event_status(cl_event event) {
    cl_int status = CL_SUCCESS;
    ck_assert_int_eq(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL),
                     CL_SUCCESS);
    return status;
}

static void release_event(cl_event event) {
    ck_assert_int_eq(clReleaseEvent(event), CL_SUCCESS);
}

/* ---- Reference counts ---- */

enum { COUNTED = LOSS_ARRAYS + 3 };

typedef struct reference_counts {
    cl_uint of[COUNTED];
} reference_counts;

static reference_counts count_references(const caller *by, const loss_buffers *buffers, cl_event waited_for) {
    reference_counts counts = {{0}};
    const size_t bytes = sizeof(cl_uint);
    for (size_t i = 0; i < LOSS_ARRAYS; i++)
        if (buffers->memory[i])
            clGetMemObjectInfo(buffers->memory[i], CL_MEM_REFERENCE_COUNT, bytes, &counts.of[i], NULL);
    clGetContextInfo(by->context, CL_CONTEXT_REFERENCE_COUNT, bytes, &counts.of[LOSS_ARRAYS], NULL);
    clGetCommandQueueInfo(by->queue, CL_QUEUE_REFERENCE_COUNT, bytes, &counts.of[LOSS_ARRAYS + 1], NULL);
    clGetEventInfo(waited_for, CL_EVENT_REFERENCE_COUNT, bytes, &counts.of[LOSS_ARRAYS + 2], NULL);
    return counts;
}

static void pause_briefly(void) {
    const struct timespec duration = {0, 10000000};
    (void)nanosleep(&duration, NULL);
}

/* The counts once they have stood still for a while: drivers drop their own references when they get to it. */
static reference_counts settled_references(const caller *by, const loss_buffers *buffers, cl_event waited_for) {
    enum { STILL = 20, LONGEST = 500 };
    reference_counts counts = count_references(by, buffers, waited_for);
    for (int i = 0, still = 0; i < LONGEST && still < STILL; i++) {
        pause_briefly();
        const reference_counts next = count_references(by, buffers, waited_for);
        still = memcmp(&next, &counts, sizeof next) == 0 ? still + 1 : 0;
        counts = next;
    }
    return counts;
}

/* A difference has two seconds to go away. */
static void assert_references(const reference_counts *before, const caller *by, const loss_buffers *buffers,
                              cl_event waited_for) {
    reference_counts after = count_references(by, buffers, waited_for);
    for (int i = 0; i < 200 && memcmp(before, &after, sizeof after) != 0; i++) {
        pause_briefly();
        after = count_references(by, buffers, waited_for);
    }
    for (size_t i = 0; i < COUNTED; i++)
        ck_assert_msg(after.of[i] == before->of[i], "reference count %zu was %u and is %u", i, before->of[i],
                      after.of[i]);
}

/* ---- A call that has to wait ---- */

/* Oclgrind runs one kernel at a time in the process, and its clFlush does not return before all is done. */
static bool is_synchronous(const focl_device *device) {
    return strcmp(device->platform, "Oclgrind") == 0;
}

/* Lets the queue start, were it not for what it waits for. */
static void let_start(const focl_device *device, cl_command_queue queue) {
    if (!is_synchronous(device))
        ck_assert_int_eq(clFlush(queue), CL_SUCCESS);
    pause_briefly();
}

static loss_problem problem_at(size_t recipe, uint64_t stream) {
    const loss_recipe shaped = loss_recipe_shaped(&loss_recipes[recipe], (focl_view){test_size(3000, 50), 3, 1});
    return loss_problem_create(&shaped, stream);
}

static loss_answer expected_answer(focl_handle *handle, const loss_problem *problem) {
    loss_answer answer = loss_answer_create(problem, loss_outputs(&problem->description));
    ck_assert_int_eq(loss_on_host(handle, problem, &answer), FOCL_OK);
    return answer;
}

static void assert_waits_and_gives(size_t device, bool reorders) {
    const focl_device *on = focl_handle_device(test_device(device));
    loss_problem problem = problem_at(4, 11000);
    loss_answer expected = expected_answer(test_device(device), &problem);
    loss_answer answer = loss_answer_create(&problem, loss_outputs(&problem.description));
    caller by = caller_create(on, reorders);
    loss_buffers buffers = loss_buffers_create(by.context, &problem, &answer, 1);
    const cl_event go = user_event(by.context);
    /* A driver may let a buffer keep its last event and so its queue: each has been used before counting. */
    loss_buffers_read(by.queue, &buffers, &problem, &answer);
    const reference_counts before = settled_references(&by, &buffers, go);
    focl_handle *handle = handle_of(&by, on);
    cl_event done = NULL;

    /* Returns while what it waits for has not happened. */
    const focl_status status =
        focl_loss(handle, &problem.description, &buffers.inputs, &buffers.outputs, by.queue, 1, &go, &done);
    ck_assert_msg(status == FOCL_OK, "%s", focl_last_error()->message);
    ck_assert_ptr_nonnull(done);
    let_start(on, by.queue);
    ck_assert_int_gt(event_status(done), CL_COMPLETE);

    ck_assert_int_eq(clSetUserEventStatus(go, CL_COMPLETE), CL_SUCCESS);
    ck_assert_int_eq(clWaitForEvents(1, &done), CL_SUCCESS);
    loss_buffers_read(by.queue, &buffers, &problem, &answer);
    loss_assert_same(&problem, &expected, &answer, on->name);
    release_event(done);
    focl_destroy(handle);
    assert_references(&before, &by, &buffers, go);

    release_event(go);
    loss_buffers_release(&buffers);
    caller_release(&by);
    loss_answer_free(&answer);
    loss_answer_free(&expected);
    loss_problem_free(&problem);
}

START_TEST(waits_for_events_and_gives_one) {
    for (size_t device = 0; device < test_device_count(); device++)
        assert_waits_and_gives(device, _i == 1);
}
END_TEST

/* With nothing to do the event still comes after what was waited for. */
START_TEST(no_elements_wait_too) {
    for (size_t device = 0; device < test_device_count(); device++) {
        const focl_device *on = focl_handle_device(test_device(device));
        const focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){0, 3, 1});
        loss_problem problem = loss_problem_empty("no elements", &description);
        caller by = caller_create(on, true);
        focl_handle *handle = handle_of(&by, on);
        cl_event go = user_event(by.context);
        cl_event done = NULL;
        cl_int code = CL_SUCCESS;
        cl_mem gradient = clCreateBuffer(by.context, CL_MEM_READ_WRITE, 64, NULL, &code);
        ck_assert_int_eq(code, CL_SUCCESS);
        const focl_loss_inputs inputs = {.logits = {NULL, 0}};
        const focl_loss_outputs outputs = {.gradient = {gradient, 0}};
        ck_assert_int_eq(focl_loss(handle, &description, &inputs, &outputs, by.queue, 1, &go, &done), FOCL_OK);
        let_start(on, by.queue);
        ck_assert_int_gt(event_status(done), CL_COMPLETE);
        ck_assert_int_eq(clSetUserEventStatus(go, CL_COMPLETE), CL_SUCCESS);
        ck_assert_int_eq(clWaitForEvents(1, &done), CL_SUCCESS);
        release_event(done);
        release_event(go);
        ck_assert_int_eq(clReleaseMemObject(gradient), CL_SUCCESS);
        focl_destroy(handle);
        caller_release(&by);
        loss_problem_free(&problem);
    }
}
END_TEST

/* ---- A chain on one queue ---- */

/* Two calls, the second of which adds to the first one's gradient, tied by nothing but an event. */
START_TEST(calls_are_tied_by_events) {
    for (size_t device = 0; device < test_device_count(); device++) {
        focl_handle *own = test_device(device);
        caller by = caller_create(focl_handle_device(own), true);
        focl_handle *handle = handle_of(&by, focl_handle_device(own));
        loss_problem problem = problem_at(1, 11100);
        loss_answer expected = expected_answer(own, &problem);
        loss_answer answer = loss_answer_create(&problem, LOSS_BIT(gradient));
        loss_buffers buffers = loss_buffers_create(by.context, &problem, &answer, 0);
        cl_event events[2];
        ck_assert_int_eq(
            focl_loss(handle, &problem.description, &buffers.inputs, &buffers.outputs, by.queue, 0, NULL, &events[0]),
            FOCL_OK);
        problem.description.accumulate = 1;
        ck_assert_int_eq(focl_loss(handle, &problem.description, &buffers.inputs, &buffers.outputs, by.queue, 1,
                                   &events[0], &events[1]),
                         FOCL_OK);
        ck_assert_int_eq(clWaitForEvents(1, &events[1]), CL_SUCCESS);
        ck_assert_int_eq(event_status(events[0]), CL_COMPLETE);
        loss_buffers_read(by.queue, &buffers, &problem, &answer);
        const float *twice = answer.outputs[LOSS_gradient];
        const float *once = expected.outputs[LOSS_gradient];
        for (size_t i = 0; i < loss_array_elements(&problem.description, LOSS_gradient); i++)
            if (!test_is_close(2 * (double)once[i], 0, twice[i], 1))
                ck_abort_msg("gradient[%zu] is %a, not twice %a", i, (double)twice[i], (double)once[i]);
        release_event(events[0]);
        release_event(events[1]);
        loss_buffers_release(&buffers);
        loss_answer_free(&answer);
        loss_answer_free(&expected);
        loss_problem_free(&problem);
        focl_destroy(handle);
        caller_release(&by);
    }
}
END_TEST

/* The caller may let go of context and queue while work is under way and the handle lives. */
START_TEST(handle_keeps_the_context) {
    for (size_t device = 0; device < test_device_count(); device++) {
        const focl_device *on = focl_handle_device(test_device(device));
        caller by = caller_create(on, false);
        focl_handle *handle = handle_of(&by, on);
        caller_release(&by);
        ck_assert_ptr_eq(focl_handle_context(handle), by.context);
        cl_command_queue queue = create_queue(by.context, on, false);
        loss_problem problem = problem_at(0, 11200);
        loss_answer expected = expected_answer(test_device(device), &problem);
        loss_answer answer = loss_answer_create(&problem, loss_outputs(&problem.description));
        loss_buffers buffers = loss_buffers_create(by.context, &problem, &answer, 0);
        ck_assert_int_eq(
            focl_loss(handle, &problem.description, &buffers.inputs, &buffers.outputs, queue, 0, NULL, NULL), FOCL_OK);
        focl_destroy(handle);
        loss_buffers_read(queue, &buffers, &problem, &answer);
        loss_assert_same(&problem, &expected, &answer, on->name);
        loss_buffers_release(&buffers);
        ck_assert_int_eq(clReleaseCommandQueue(queue), CL_SUCCESS);
        loss_answer_free(&answer);
        loss_answer_free(&expected);
        loss_problem_free(&problem);
    }
}
END_TEST

START_TEST(a_handle_without_a_queue_needs_one) {
    const focl_device *on = focl_handle_device(test_device(0));
    caller by = caller_create(on, false);
    focl_handle *handle = handle_of(&by, on);
    loss_problem problem = problem_at(0, 11300);
    loss_answer answer = loss_answer_create(&problem, LOSS_BIT(gradient));
    loss_buffers buffers = loss_buffers_create(by.context, &problem, &answer, 0);
    ck_assert_int_eq(focl_loss(handle, &problem.description, &buffers.inputs, &buffers.outputs, NULL, 0, NULL, NULL),
                     FOCL_EINVAL);
    ck_assert_str_eq(focl_last_error()->argument, "queue");
    ck_assert_int_eq(loss_on_host(handle, &problem, &answer), FOCL_EINVAL);
    ck_assert(loss_answer_is_untouched(&problem, &answer));
    loss_buffers_release(&buffers);
    focl_destroy(handle);
    caller_release(&by);
    loss_answer_free(&answer);
    loss_problem_free(&problem);
}
END_TEST

/* ---- Threads ---- */

enum { THREADS = 8, CALLS = 12 };

/* A thread asserts nothing itself: a failed assertion leaves the test from the wrong thread. */
typedef struct worker {
    pthread_t thread;
    focl_handle *handle;
    cl_command_queue queue;
    const loss_problem *problem;
    loss_answer answer;
    loss_buffers buffers;
    int failures;
} worker;

static void *work(void *argument) {
    worker *self = argument;
    for (int i = 0; i < CALLS; i++) {
        cl_event done = NULL;
        const focl_status status = focl_loss(self->handle, &self->problem->description, &self->buffers.inputs,
                                             &self->buffers.outputs, self->queue, 0, NULL, &done);
        self->failures += status != FOCL_OK || clWaitForEvents(1, &done) != CL_SUCCESS;
        if (done)
            (void)clReleaseEvent(done);
    }
    return NULL;
}

static void start_worker(worker *self, focl_handle *handle, const loss_problem *problem) {
    self->handle = handle;
    self->problem = problem;
    self->queue = create_queue(focl_handle_context(handle), focl_handle_device(handle), false);
    self->answer = loss_answer_create(problem, loss_outputs(&problem->description));
    self->buffers = loss_buffers_create(focl_handle_context(handle), problem, &self->answer, 0);
    ck_assert_int_eq(pthread_create(&self->thread, NULL, work, self), 0);
}

static void finish_worker(worker *self, const loss_answer *expected) {
    ck_assert_int_eq(pthread_join(self->thread, NULL), 0);
    ck_assert_int_eq(self->failures, 0);
    loss_buffers_read(self->queue, &self->buffers, self->problem, &self->answer);
    loss_assert_same(self->problem, expected, &self->answer, "a thread");
    loss_buffers_release(&self->buffers);
    loss_answer_free(&self->answer);
    ck_assert_int_eq(clReleaseCommandQueue(self->queue), CL_SUCCESS);
}

/* Half of the threads want one program, half another, and none is compiled yet. */
static void assert_threads(focl_handle *fresh, focl_handle *other) {
    loss_problem problems[] = {problem_at(0, 11400), problem_at(4, 11401)};
    loss_answer expected[] = {expected_answer(other, &problems[0]), expected_answer(other, &problems[1])};
    worker workers[THREADS] = {{0}};
    for (size_t i = 0; i < THREADS; i++)
        start_worker(&workers[i], fresh, &problems[i % 2]);
    for (size_t i = 0; i < THREADS; i++)
        finish_worker(&workers[i], &expected[i % 2]);
    for (size_t i = 0; i < COUNT_OF(problems); i++) {
        loss_answer_free(&expected[i]);
        loss_problem_free(&problems[i]);
    }
}

START_TEST(threads_share_a_handle) {
    for (size_t device = 0; device < test_device_count(); device++) {
        if (is_synchronous(focl_handle_device(test_device(device)))) {
            printf("without threads on %s: it runs one kernel at a time\n", test_device_name(device));
            continue;
        }
        focl_handle *fresh = device_handle_with(NULL, NULL, device);
        assert_threads(fresh, test_device(device));
        focl_destroy(fresh);
    }
}
END_TEST

/* ---- Exit ---- */

static const char exit_word[] = "exit-with-a-live-handle";

/* What the child does: leaves main with a handle that has worked. */
static int exit_with_a_live_handle(void) {
    static const float logits[] = {1, -1};
    static const float targets[] = {1, 0};
    float gradient[2];
    focl_handle *handle = NULL;
    const focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){2, 1, 1});
    const focl_loss_host_inputs inputs = {.logits = logits, .targets = targets};
    const focl_loss_host_outputs outputs = {.gradient = gradient};
    if (focl_create(&handle, NULL) || focl_loss_host(handle, &description, &inputs, &outputs, NULL))
        return EXIT_FAILURE;
    return EXIT_SUCCESS;
}

START_TEST(exits_with_a_live_handle) {
    char command[4096];
    char output[256];
    (void)snprintf(command, sizeof command, "ASAN_OPTIONS=detect_leaks=0 '%s' %s 2>&1", own_path, exit_word);
    FILE *child = popen(command, "r");
    ck_assert_ptr_nonnull(child);
    const size_t bytes = fread(output, 1, sizeof output - 1, child);
    output[bytes] = 0;
    ck_assert_str_eq(output, "");
    ck_assert_int_eq(pclose(child), 0);
}
END_TEST

int main(int argument_count, char **arguments) {
    if (argument_count > 1 && strcmp(arguments[1], exit_word) == 0)
        return exit_with_a_live_handle();
    own_path = arguments[0];
    Suite *suite = suite_create("interop");
    TCase *tcase = tcase_create("interop");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, waits_for_events_and_gives_one, 0, 2);
    tcase_add_test(tcase, no_elements_wait_too);
    tcase_add_test(tcase, calls_are_tied_by_events);
    tcase_add_test(tcase, handle_keeps_the_context);
    tcase_add_test(tcase, a_handle_without_a_queue_needs_one);
    tcase_add_test(tcase, threads_share_a_handle);
    tcase_add_test(tcase, exits_with_a_live_handle);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
