/* Every wrong argument: the status, the sentence, and nothing written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/wrong_descriptions.h"
#include "support_device.h"
#include "support_loss.h"
#include "support_recipes.h"

static void assert_error(focl_status status, focl_status expected, const char *argument, const char *in_message) {
    const focl_error *error = focl_last_error();
    ck_assert_msg(status == expected, "%s (%s): %s, expected %s", argument, in_message, focl_status_name(status),
                  focl_status_name(expected));
    ck_assert_str_eq(error->argument, argument);
    ck_assert_msg(strstr(error->message, in_message) != NULL, "\"%s\" lacks \"%s\"", error->message, in_message);
}

/* ---- Descriptions ---- */

/* The arrays are those of a small good problem: a wrong description is told before anything is read or written. */
static loss_problem small_problem(void) {
    static const float zeros[6];
    const focl_loss_description description = {.shape = {2, 3, 1}, .upstream = 1, .loss_scale = 1};
    loss_problem problem = loss_problem_empty("a wrong description", &description);
    loss_problem_set(&problem, LOSS_logits, zeros);
    loss_problem_set(&problem, LOSS_targets, zeros);
    return problem;
}

static void assert_untouched(focl_handle *handle, const loss_buffers *buffers, const loss_problem *problem,
                             const loss_answer *answer) {
    loss_buffers_read(focl_handle_queue(handle), buffers, problem, answer);
    ck_assert_msg(loss_answer_is_untouched(problem, answer), "an output was written");
}

START_TEST(device_form_refuses_descriptions) {
    const struct wrong_description *wrong = &wrong_descriptions[_i];
    focl_handle *handle = test_device(0);
    loss_problem problem = small_problem();
    loss_answer answer = loss_answer_create(&problem, LOSS_ELEMENTWISE | LOSS_BIT(counts));
    loss_buffers buffers = loss_buffers_create(focl_handle_context(handle), &problem, &answer, 0);
    cl_event event = NULL;
    const focl_status status =
        focl_loss(handle, &wrong->description, &buffers.inputs, &buffers.outputs, NULL, 0, NULL, &event);
    assert_error(status, wrong->status, wrong->argument, wrong->in_message);
    ck_assert_ptr_null(event);
    assert_untouched(handle, &buffers, &problem, &answer);
    loss_buffers_release(&buffers);
    loss_answer_free(&answer);
    loss_problem_free(&problem);
}
END_TEST

START_TEST(host_forms_refuse_descriptions) {
    const struct wrong_description *wrong = &wrong_descriptions[_i];
    static const float zeros[6];
    float gradient[6] = {42};
    const focl_loss_host_inputs inputs = {.logits = zeros, .targets = zeros};
    const focl_loss_host_outputs outputs = {.gradient = gradient};
    assert_error(focl_loss_host(test_device(0), &wrong->description, &inputs, &outputs, NULL), wrong->status,
                 wrong->argument, wrong->in_message);
    assert_error(focl_mirror_loss(&wrong->description, &inputs, &outputs), wrong->status, wrong->argument,
                 wrong->in_message);
    ck_assert_float_eq(gradient[0], 42);
}
END_TEST

/* ---- Buffers ---- */

typedef struct fixture {
    focl_handle *handle;
    loss_problem problem;
    loss_answer answer;
    loss_buffers buffers;
} fixture;

/* Every array is given. */
static fixture fixture_create(void) {
    const loss_recipe recipe = {
        .name = "every array",
        .description = {.shape = {5, 3, 2},
                        .targets_type = FOCL_I32,
                        .gamma = 2,
                        .gamma_negative = -1,
                        .alpha = 0.25,
                        .pos_weight_count = 3,
                        .upstream_extent = FOCL_PER_ELEMENT,
                        .upstream = 1,
                        .loss_scale = 1,
                        .reduction = FOCL_REDUCTION_GIVEN},
        .inputs = LOSS_BIT(class_weights) | LOSS_BIT(pos_weights) | LOSS_BIT(weights) | LOSS_BIT(upstream) |
                  LOSS_BIT(normalizer),
    };
    fixture made = {.handle = test_device(0), .problem = loss_problem_create(&recipe, 8000)};
    made.answer = loss_answer_create(&made.problem, LOSS_ALL_OUTPUTS);
    made.buffers = loss_buffers_create(focl_handle_context(made.handle), &made.problem, &made.answer, 2);
    return made;
}

static void fixture_free(fixture *made) {
    assert_untouched(made->handle, &made->buffers, &made->problem, &made->answer);
    loss_buffers_release(&made->buffers);
    loss_answer_free(&made->answer);
    loss_problem_free(&made->problem);
}

static focl_status call(const fixture *with) {
    return focl_loss(with->handle, &with->problem.description, &with->buffers.inputs, &with->buffers.outputs, NULL, 0,
                     NULL, NULL);
}

static focl_buffer *place_of(loss_buffers *buffers, size_t array) {
    focl_buffer *const places[LOSS_ARRAYS] = {
#define INPUT_PLACE(field, type, extent)  [LOSS_##field] = &buffers->inputs.field,
#define OUTPUT_PLACE(field, type, extent) [LOSS_##field] = &buffers->outputs.field,
        FOCL_LOSS_INPUT_TABLE(INPUT_PLACE) FOCL_LOSS_OUTPUT_TABLE(OUTPUT_PLACE)
#undef INPUT_PLACE
#undef OUTPUT_PLACE
    };
    return places[array];
}

START_TEST(refuses_places_outside_the_buffer) {
    fixture with = fixture_create();
    focl_buffer *place = place_of(&with.buffers, (size_t)_i);
    const char *name = loss_array_name((enum loss_array)_i);
    /* Behind each array is a guard: beyond that the buffer ends. */
    place->offset += TEST_GUARD_BYTES + 8;
    assert_error(call(&with), FOCL_EBOUNDS, name, "needs");
    place->offset = UINT64_MAX - 7;
    assert_error(call(&with), FOCL_EBOUNDS, name, "18446744073709551608");
    place->offset = (uint64_t)1 << 32;
    assert_error(call(&with), FOCL_EBOUNDS, name, "4294967296");
    place->offset = 65;
    assert_error(call(&with), FOCL_EINVAL, name, "65");
    fixture_free(&with);
}
END_TEST

START_TEST(refuses_missing_inputs) {
    fixture with = fixture_create();
    with.buffers.inputs.logits.memory = NULL;
    assert_error(call(&with), FOCL_EINVAL, "logits", "missing");
    with.buffers.inputs.logits.memory = with.buffers.memory[LOSS_logits];
    with.buffers.inputs.targets.memory = NULL;
    assert_error(call(&with), FOCL_EINVAL, "targets", "missing");
    fixture_free(&with);
}
END_TEST

START_TEST(refuses_no_output) {
    fixture with = fixture_create();
    const focl_loss_outputs none = {0};
    assert_error(focl_loss(with.handle, &with.problem.description, &with.buffers.inputs, &none, NULL, 0, NULL, NULL),
                 FOCL_EINVAL, "outputs", "at least one");
    fixture_free(&with);
}
END_TEST

/* ---- Overlaps ---- */

START_TEST(refuses_an_output_over_an_input) {
    fixture with = fixture_create();
    with.buffers.outputs.used_normalizer = *place_of(&with.buffers, (size_t)_i);
    assert_error(call(&with), FOCL_EOVERLAP, "used_normalizer", loss_array_name((enum loss_array)_i));
    with.buffers.outputs = (focl_loss_outputs){.gradient = with.buffers.inputs.logits};
    assert_error(call(&with), FOCL_EOVERLAP, "gradient", "logits");
    fixture_free(&with);
}
END_TEST

START_TEST(refuses_an_output_over_an_output) {
    fixture with = fixture_create();
    with.buffers.outputs.pt = with.buffers.outputs.loss;
    with.buffers.outputs.pt.offset += sizeof(float);
    assert_error(call(&with), FOCL_EOVERLAP, "pt", "loss");
    fixture_free(&with);
}
END_TEST

START_TEST(in_place_is_exact) {
    fixture with = fixture_create();
    with.problem.description.in_place = true;
    with.buffers.outputs.gradient = with.buffers.inputs.logits;
    with.buffers.outputs.gradient.offset += sizeof(float);
    assert_error(call(&with), FOCL_EOVERLAP, "gradient", "logits");
    with.buffers.outputs.gradient = with.buffers.inputs.upstream;
    assert_error(call(&with), FOCL_EOVERLAP, "gradient", "upstream");
    with.problem.description.in_place = false;
    fixture_free(&with);
}
END_TEST

/* ---- What is not an array ---- */

START_TEST(refuses_null_and_foreign_things) {
    fixture with = fixture_create();
    const focl_loss_description *description = &with.problem.description;
    const focl_loss_inputs *inputs = &with.buffers.inputs;
    const focl_loss_outputs *outputs = &with.buffers.outputs;
    ck_assert_int_eq(focl_loss(NULL, description, inputs, outputs, NULL, 0, NULL, NULL), FOCL_EINVAL);
    ck_assert_int_eq(focl_loss(with.handle, NULL, inputs, outputs, NULL, 0, NULL, NULL), FOCL_EINVAL);
    ck_assert_int_eq(focl_loss(with.handle, description, NULL, outputs, NULL, 0, NULL, NULL), FOCL_EINVAL);
    ck_assert_int_eq(focl_loss(with.handle, description, inputs, NULL, NULL, 0, NULL, NULL), FOCL_EINVAL);
    ck_assert_int_eq(focl_loss(with.handle, description, inputs, outputs, NULL, 1, NULL, NULL), FOCL_EINVAL);
    const cl_event no_event = NULL;
    ck_assert_int_eq(focl_loss(with.handle, description, inputs, outputs, NULL, 0, &no_event, NULL), FOCL_EINVAL);
    fixture_free(&with);
}
END_TEST

START_TEST(host_forms_refuse_null) {
    static const float zeros[6];
    float gradient[6] = {42};
    const focl_loss_description description = {.shape = {2, 3, 1}};
    const focl_loss_host_inputs inputs = {.logits = zeros, .targets = zeros};
    const focl_loss_host_outputs outputs = {.gradient = gradient};
    focl_handle *handle = test_device(0);
    ck_assert_int_eq(focl_loss_host(NULL, &description, &inputs, &outputs, NULL), FOCL_EINVAL);
    ck_assert_int_eq(focl_loss_host(handle, NULL, &inputs, &outputs, NULL), FOCL_EINVAL);
    ck_assert_int_eq(focl_loss_host(handle, &description, NULL, &outputs, NULL), FOCL_EINVAL);
    ck_assert_int_eq(focl_loss_host(handle, &description, &inputs, NULL, NULL), FOCL_EINVAL);
    ck_assert_int_eq(focl_mirror_loss(NULL, &inputs, &outputs), FOCL_EINVAL);
    ck_assert_int_eq(focl_mirror_loss(&description, NULL, &outputs), FOCL_EINVAL);
    ck_assert_int_eq(focl_mirror_loss(&description, &inputs, NULL), FOCL_EINVAL);
    const focl_loss_host_inputs over = {.logits = gradient, .targets = zeros};
    assert_error(focl_loss_host(handle, &description, &over, &outputs, NULL), FOCL_EOVERLAP, "gradient", "logits");
    assert_error(focl_mirror_loss(&description, &over, &outputs), FOCL_EOVERLAP, "gradient", "logits");
    ck_assert_float_eq(gradient[0], 42);
}
END_TEST

static cl_command_queue foreign_queue(focl_handle *handle, cl_context *context) {
    const focl_device *device = focl_handle_device(handle);
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)device->cl_platform, 0};
    cl_int code = CL_SUCCESS;
    *context = clCreateContext(properties, 1, &device->cl_device, NULL, NULL, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    cl_command_queue queue = clCreateCommandQueue(*context, device->cl_device, 0, &code);
    ck_assert_int_eq(code, CL_SUCCESS);
    return queue;
}

START_TEST(refuses_a_queue_of_another_context) {
    fixture with = fixture_create();
    cl_context context = NULL;
    cl_command_queue queue = foreign_queue(with.handle, &context);
    assert_error(focl_loss(with.handle, &with.problem.description, &with.buffers.inputs, &with.buffers.outputs, queue,
                           0, NULL, NULL),
                 FOCL_EINVAL, "queue", "context");
    ck_assert_int_eq(clReleaseCommandQueue(queue), CL_SUCCESS);
    ck_assert_int_eq(clReleaseContext(context), CL_SUCCESS);
    fixture_free(&with);
}
END_TEST

/* A refusal leaves the handle as it was. */
START_TEST(refuses_a_wait_list_that_is_none) {
    fixture with = fixture_create();
    const cl_event nothing[1] = {NULL};
    cl_event event = NULL;
    assert_error(focl_loss(with.handle, &with.problem.description, &with.buffers.inputs, &with.buffers.outputs, NULL, 1,
                           nothing, &event),
                 FOCL_EINVAL, "wait_list", "event 0 of 1 is NULL");
    assert_error(focl_loss(with.handle, &with.problem.description, &with.buffers.inputs, &with.buffers.outputs, NULL, 2,
                           NULL, &event),
                 FOCL_EINVAL, "wait_list", "is NULL and wait_count is 2");
    ck_assert_ptr_null(event);
    fixture_free(&with);
}
END_TEST

/* ---- Rows longer than a device's loops ---- */

static bool has_short_loops(size_t device) {
    return strstr(focl_handle_device(test_device(device))->name, "llvmpipe") != NULL;
}

/* Refused where the device would leave them unfinished, done elsewhere. */
START_TEST(refuses_rows_longer_than_loops) {
    static const focl_view shapes[] = {{1, 10001, 2}, {1, 10923, 2}, {1, 600000, 1}};
    const loss_recipe shaped = loss_recipe_shaped(&loss_row_recipes[0], shapes[_i]);
    loss_recipe changed = shaped;
    changed.description.targets_type = FOCL_I32;
    loss_problem problem = loss_problem_create(&changed, 8200);
    loss_answer answer = loss_answer_create(&problem, LOSS_BIT(gradient));
    for (size_t device = 0; device < test_device_count(); device++) {
        const focl_status status = loss_on_device(test_device(device), &problem, &answer, 0);
        if (_i > 0 && has_short_loops(device))
            assert_error(status, FOCL_ENOTSUP, "classes", "leaves a loop after 65535 turns");
        else
            ck_assert_msg(status == FOCL_OK, "%s: %s", test_device_name(device), focl_last_error()->message);
    }
    loss_answer_free(&answer);
    loss_problem_free(&problem);
}
END_TEST

/* A sum of more than a group of one item has turns for is refused before the buffers are looked at. */
START_TEST(refuses_sums_longer_than_loops) {
    static const char *const mappings[] = {"1x1", "1x4"};
    const focl_view shape = {(size_t)1 << 28, 1, 1};
    const focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, shape);
    for (size_t device = 0; device < test_device_count(); device++) {
        focl_handle *handle = device_handle_with("FOCL_MAPPING", mappings[_i], device);
        const bool refused = _i == 0 && has_short_loops(device);
        const focl_buffer few = {clCreateBuffer(focl_handle_context(handle), CL_MEM_READ_WRITE, 64, NULL, NULL), 0};
        ck_assert_ptr_nonnull(few.memory);
        const focl_loss_inputs inputs = {.logits = few, .targets = few};
        const focl_loss_outputs outputs = {.reduced = few};
        const focl_status status = focl_loss(handle, &description, &inputs, &outputs, NULL, 0, NULL, NULL);
        if (refused)
            assert_error(status, FOCL_ENOTSUP, "elements", "are 268435456; ");
        else
            assert_error(status, FOCL_EBOUNDS, "logits", "1073741824");
        clReleaseMemObject(few.memory);
        focl_destroy(handle);
    }
}
END_TEST

/* The longest that is done, with every output of an element, and once in each kernel that goes through rows. */
START_TEST(the_longest_rows_are_whole) {
    static const focl_view shapes[] = {{3, 10922, 1}, {1, 10922, 3}};
    loss_recipe recipe = loss_recipe_shaped(&loss_row_recipes[0], shapes[_i % 2]);
    recipe.description.targets_type = FOCL_I32;
    if (_i / 2) {
        recipe.description.activation = FOCL_SIGMOID;
        recipe.description.target_only = true;
    }
    if (!test_small()) {
        loss_problem problem = loss_problem_create(&recipe, 8300);
        loss_assert_everywhere(&problem, 1);
        loss_problem_free(&problem);
    }
}
END_TEST

START_TEST(works_after_refusals) {
    fixture with = fixture_create();
    with.buffers.inputs.logits.offset = 3;
    ck_assert_int_eq(call(&with), FOCL_EINVAL);
    fixture_free(&with);
    const loss_recipe shaped = loss_recipe_shaped(&loss_recipes[0], (focl_view){10, 1, 1});
    loss_problem problem = loss_problem_create(&shaped, 8100);
    loss_assert_everywhere(&problem, 0);
    loss_problem_free(&problem);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("loss_arguments");
    TCase *tcase = tcase_create("loss_arguments");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, device_form_refuses_descriptions, 0, (int)COUNT_OF(wrong_descriptions));
    tcase_add_loop_test(tcase, host_forms_refuse_descriptions, 0, (int)COUNT_OF(wrong_descriptions));
    tcase_add_loop_test(tcase, refuses_places_outside_the_buffer, 0, LOSS_ARRAYS);
    tcase_add_test(tcase, refuses_missing_inputs);
    tcase_add_test(tcase, refuses_no_output);
    tcase_add_loop_test(tcase, refuses_an_output_over_an_input, 0, LOSS_FIRST_OUTPUT);
    tcase_add_test(tcase, refuses_an_output_over_an_output);
    tcase_add_test(tcase, in_place_is_exact);
    tcase_add_test(tcase, refuses_null_and_foreign_things);
    tcase_add_test(tcase, host_forms_refuse_null);
    tcase_add_test(tcase, refuses_a_queue_of_another_context);
    tcase_add_test(tcase, refuses_a_wait_list_that_is_none);
    tcase_add_loop_test(tcase, refuses_rows_longer_than_loops, 0, 3);
    tcase_add_loop_test(tcase, refuses_sums_longer_than_loops, 0, 2);
    tcase_add_loop_test(tcase, the_longest_rows_are_whole, 0, 4);
    tcase_add_test(tcase, works_after_refusals);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
