#include "support_activation_problem.h"

#include <math.h>
#include <string.h>

static const char *const array_names[ACTIVATION_ARRAYS] = {
#define ARRAY_NAME(field, extent) #field,
    FOCL_ACTIVATION_INPUT_TABLE(ARRAY_NAME) FOCL_ACTIVATION_OUTPUT_TABLE(ARRAY_NAME)
#undef ARRAY_NAME
};

const char *activation_array_name(enum activation_array array) {
    return array_names[array];
}

bool activation_is_of_rows(const focl_activation_description *description) {
    return description->kind == FOCL_ACTIVATE_SOFTMAX || description->kind == FOCL_ACTIVATE_LOG_SOFTMAX;
}

unsigned activation_outputs(const focl_activation_description *description) {
    const unsigned elements = ACTIVATION_BIT(value) | ACTIVATION_BIT(product);
    return activation_is_of_rows(description) ? elements | ACTIVATION_BIT(jacobian) : elements;
}

focl_loss_description activation_loss(const focl_activation_description *description) {
    focl_loss_description loss = focl_loss_default(activation_is_of_rows(description) ? FOCL_SOFTMAX : FOCL_SIGMOID,
                                                   FOCL_CROSS_ENTROPY, description->shape);
    loss.strides = description->strides;
    loss.logits_type = description->type;
    return loss;
}

size_t activation_array_elements(const focl_activation_description *description, enum activation_array array) {
    const focl_loss_description loss = activation_loss(description);
    const focl_view view = description->shape;
    if (array == ACTIVATION_jacobian)
        return view.outer * view.inner * view.classes * view.classes;
    return loss_array_elements(&loss, LOSS_logits);
}

size_t activation_array_bytes(const focl_activation_description *description, enum activation_array array) {
    return activation_array_elements(description, array) * focl_type_size(description->type);
}

/* ---- Problems ---- */

static void *create_array(const focl_activation_description *description, enum activation_array array) {
    return test_guarded(activation_array_bytes(description, array));
}

static void random_row(test_random *random, double *upstream, size_t classes) {
    const size_t kind = test_random_below(random, 6);
    const double value = test_random_uniform(random, -2, 2);
    const size_t one = test_random_below(random, classes);
    for (size_t c = 0; c < classes; c++)
        upstream[c] = kind == 0   ? value
                      : kind == 1 ? 0
                      : kind == 2 ? -(double)(c == one)
                      : kind == 3 ? test_random_size(random, 1e-30, 1e4)
                      : kind == 4 ? 1000 + test_random_uniform(random, -1, 1)
                                  : test_random_uniform(random, -1, 1);
}

static void fill_upstream(const activation_problem *problem, test_random *random) {
    const focl_loss_description loss = activation_loss(&problem->description);
    const size_t classes = problem->description.shape.classes;
    double *row = test_guarded(classes * sizeof *row);
    for (size_t i = 0; i < loss_row_count(&loss) && classes > 0; i++) {
        random_row(random, row, classes);
        for (size_t c = 0; c < classes; c++)
            loss_put_value(problem->description.type, problem->arrays[ACTIVATION_upstream],
                           loss_element_in_row(&loss, i, c).place, row[c]);
    }
    test_guarded_free(row);
}

activation_problem activation_problem_create(const char *name, const focl_activation_description *description,
                                             uint64_t stream) {
    const loss_recipe recipe = {.name = name, .description = activation_loss(description), .soft = true};
    loss_problem loss = loss_problem_create(&recipe, stream);
    test_random random = test_random_start(stream + 1);
    activation_problem problem = {.name = name, .description = *description};
    for (size_t i = 0; i < ACTIVATION_FIRST_OUTPUT; i++)
        problem.arrays[i] = create_array(description, (enum activation_array)i);
    memcpy(problem.arrays[ACTIVATION_x], loss.inputs[LOSS_logits], activation_array_bytes(description, ACTIVATION_x));
    fill_upstream(&problem, &random);
    loss_problem_free(&loss);
    return problem;
}

activation_problem activation_problem_of(const char *name, const focl_activation_description *description,
                                         const float *x, const float *upstream) {
    activation_problem problem = {.name = name, .description = *description};
    for (size_t i = 0; i < ACTIVATION_FIRST_OUTPUT; i++) {
        const float *from = i == ACTIVATION_x ? x : upstream;
        problem.arrays[i] = create_array(description, (enum activation_array)i);
        for (size_t k = 0; k < activation_array_elements(description, (enum activation_array)i); k++)
            loss_put_value(description->type, problem.arrays[i], k, from ? (double)from[k] : 1);
    }
    return problem;
}

void activation_problem_free(activation_problem *problem) {
    for (size_t i = 0; i < ACTIVATION_FIRST_OUTPUT; i++)
        test_guarded_free(problem->arrays[i]);
    *problem = (activation_problem){0};
}

/* ---- Answers ---- */

activation_answer activation_answer_create(const activation_problem *problem, unsigned outputs) {
    activation_answer answer = {{0}};
    for (size_t i = ACTIVATION_FIRST_OUTPUT; i < ACTIVATION_ARRAYS; i++)
        if (outputs & (1u << i))
            answer.arrays[i] = create_array(&problem->description, (enum activation_array)i);
    return answer;
}

void activation_answer_free(activation_answer *answer) {
    for (size_t i = 0; i < ACTIVATION_ARRAYS; i++)
        test_guarded_free(answer->arrays[i]);
    *answer = (activation_answer){{0}};
}

static focl_activation_host_inputs host_inputs(const activation_problem *problem) {
    return (focl_activation_host_inputs){
#define INPUT(field, extent) .field = problem->arrays[ACTIVATION_##field],
        FOCL_ACTIVATION_INPUT_TABLE(INPUT)
#undef INPUT
    };
}

static focl_activation_host_outputs host_outputs(const activation_answer *answer) {
    return (focl_activation_host_outputs){
#define OUTPUT(field, extent) .field = answer->arrays[ACTIVATION_##field],
        FOCL_ACTIVATION_OUTPUT_TABLE(OUTPUT)
#undef OUTPUT
    };
}

focl_status activation_on_mirror(const activation_problem *problem, const activation_answer *answer) {
    const focl_activation_host_inputs inputs = host_inputs(problem);
    const focl_activation_host_outputs outputs = host_outputs(answer);
    return focl_mirror_activate(&problem->description, &inputs, &outputs);
}

focl_status activation_on_host(focl_handle *handle, const activation_problem *problem,
                               const activation_answer *answer) {
    const focl_activation_host_inputs inputs = host_inputs(problem);
    const focl_activation_host_outputs outputs = host_outputs(answer);
    return focl_activate_host(handle, &problem->description, &inputs, &outputs, NULL);
}

/* ---- Buffers ---- */

static size_t start_of(const activation_problem *problem, size_t offset) {
    return TEST_GUARD_BYTES + offset * focl_type_size(problem->description.type);
}

static size_t buffer_bytes(const activation_problem *problem, enum activation_array array, size_t offset) {
    return start_of(problem, offset) + activation_array_bytes(&problem->description, array) + TEST_GUARD_BYTES;
}

static focl_buffer create_buffer(cl_context context, const activation_problem *problem, enum activation_array array,
                                 const void *contents, size_t offset) {
    const size_t bytes = buffer_bytes(problem, array, offset);
    focl_buffer buffer = {NULL, start_of(problem, offset)};
    cl_int code = CL_SUCCESS;
    unsigned char *staging = test_guarded(bytes);
    memcpy(staging + buffer.offset, contents, activation_array_bytes(&problem->description, array));
    buffer.memory = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, bytes, staging, &code);
    test_guarded_free(staging);
    test_require(code == CL_SUCCESS, "%s: clCreateBuffer: %d", problem->name, (int)code);
    return buffer;
}

activation_buffers activation_buffers_create(cl_context context, const activation_problem *problem,
                                             const activation_answer *answer, size_t offset) {
    activation_buffers buffers = {0};
    for (size_t i = 0; i < ACTIVATION_ARRAYS; i++) {
        const void *contents = i < ACTIVATION_FIRST_OUTPUT ? problem->arrays[i] : answer->arrays[i];
        if (contents)
            buffers.places[i] = create_buffer(context, problem, (enum activation_array)i, contents, offset);
    }
#define BUFFER_INPUT(field, extent)  buffers.inputs.field = buffers.places[ACTIVATION_##field];
#define BUFFER_OUTPUT(field, extent) buffers.outputs.field = buffers.places[ACTIVATION_##field];
    FOCL_ACTIVATION_INPUT_TABLE(BUFFER_INPUT)
    FOCL_ACTIVATION_OUTPUT_TABLE(BUFFER_OUTPUT)
#undef BUFFER_INPUT
#undef BUFFER_OUTPUT
    return buffers;
}

static void read_array(cl_command_queue queue, const focl_buffer *buffer, const activation_problem *problem,
                       enum activation_array array, const activation_answer *answer) {
    const size_t length = activation_array_bytes(&problem->description, array);
    const size_t bytes = (size_t)buffer->offset + length + TEST_GUARD_BYTES;
    unsigned char *contents = test_guarded(bytes);
    const cl_int code = clEnqueueReadBuffer(queue, buffer->memory, CL_TRUE, 0, bytes, contents, 0, NULL, NULL);
    test_require(code == CL_SUCCESS, "%s: clEnqueueReadBuffer: %d", problem->name, (int)code);
    test_require(test_is_poison(contents, (size_t)buffer->offset), "%s: written before %s", problem->name,
                 array_names[array]);
    test_require(test_is_poison(contents + buffer->offset + length, TEST_GUARD_BYTES), "%s: written behind %s",
                 problem->name, array_names[array]);
    if (array < ACTIVATION_FIRST_OUTPUT)
        test_require(memcmp(contents + buffer->offset, problem->arrays[array], length) == 0,
                     "%s: the call wrote to its input %s", problem->name, array_names[array]);
    else
        memcpy(answer->arrays[array], contents + buffer->offset, length);
    test_guarded_free(contents);
}

void activation_buffers_read(cl_command_queue queue, const activation_buffers *buffers,
                             const activation_problem *problem, const activation_answer *answer) {
    test_require(clFinish(queue) == CL_SUCCESS, "%s: clFinish failed", problem->name);
    for (size_t i = 0; i < ACTIVATION_ARRAYS; i++)
        if (buffers->places[i].memory)
            read_array(queue, &buffers->places[i], problem, (enum activation_array)i, answer);
}

void activation_buffers_release(activation_buffers *buffers) {
    for (size_t i = 0; i < ACTIVATION_ARRAYS; i++)
        if (buffers->places[i].memory)
            test_require(clReleaseMemObject(buffers->places[i].memory) == CL_SUCCESS, "clReleaseMemObject failed");
    *buffers = (activation_buffers){0};
}

focl_status activation_on_device(focl_handle *handle, const activation_problem *problem,
                                 const activation_answer *answer, size_t offset) {
    activation_buffers buffers = activation_buffers_create(focl_handle_context(handle), problem, answer, offset);
    const focl_status status =
        focl_activate(handle, &problem->description, &buffers.inputs, &buffers.outputs, NULL, 0, NULL, NULL);
    activation_buffers_read(focl_handle_queue(handle), &buffers, problem, answer);
    activation_buffers_release(&buffers);
    return status;
}
