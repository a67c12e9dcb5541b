#include "support_loss.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- The arrays ---- */

enum array_type { TYPE_logits, TYPE_targets, TYPE_f32, TYPE_counts };
enum array_extent {
    EXTENT_elements,
    EXTENT_targets,
    EXTENT_classes,
    EXTENT_pos,
    EXTENT_weights,
    EXTENT_upstream,
    EXTENT_one
};

static const struct {
    const char *name;
    enum array_type type;
    enum array_extent extent;
} arrays[LOSS_ARRAYS] = {
#define ARRAY_ROW(field, type, extent) [LOSS_##field] = {#field, TYPE_##type, EXTENT_##extent},
    FOCL_LOSS_INPUT_TABLE(ARRAY_ROW) FOCL_LOSS_OUTPUT_TABLE(ARRAY_ROW)
#undef ARRAY_ROW
};

const char *loss_array_name(enum loss_array array) {
    return arrays[array].name;
}

static size_t row_count(const focl_loss_description *description) {
    return description->shape.outer * description->shape.inner;
}

static size_t element_count(const focl_loss_description *description) {
    return row_count(description) * description->shape.classes;
}

size_t loss_array_elements(const focl_loss_description *description, enum loss_array array) {
    const size_t rows = row_count(description);
    const size_t elements = element_count(description);
    switch (arrays[array].extent) {
    case EXTENT_elements:
        return elements;
    case EXTENT_targets:
        return description->targets_type == FOCL_F32 ? elements : rows;
    case EXTENT_classes:
        return description->shape.classes;
    case EXTENT_pos:
        return description->pos_weight_count;
    case EXTENT_weights:
        return description->weights_extent == FOCL_PER_ROW ? rows : elements;
    case EXTENT_upstream:
        return description->upstream_extent == FOCL_PER_ROW ? rows : elements;
    case EXTENT_one:
        return 1;
    }
    return 0;
}

size_t loss_array_element_bytes(const focl_loss_description *description, enum loss_array array) {
    switch (arrays[array].type) {
    case TYPE_targets:
        return focl_type_size(description->targets_type);
    case TYPE_counts:
        return sizeof(focl_loss_counts);
    default:
        return sizeof(float);
    }
}

size_t loss_array_bytes(const focl_loss_description *description, enum loss_array array) {
    return loss_array_elements(description, array) * loss_array_element_bytes(description, array);
}

unsigned loss_outputs(const focl_loss_description *description) {
    const unsigned of_reduction = LOSS_BIT(reduced) | LOSS_BIT(used_normalizer);
    return description->reduction == FOCL_REDUCTION_NONE ? LOSS_ALL_OUTPUTS & ~of_reduction : LOSS_ALL_OUTPUTS;
}

/* ---- Problems ---- */

static float random_logit(test_random *random) {
    const bool moderate = test_random_below(random, 3) == 0;
    return (float)(moderate ? test_random_uniform(random, -20, 20) : test_random_size(random, 1e-30, 1e4));
}

/* Uniform, near one of the ends, or an end itself. */
static float random_probability(test_random *random) {
    const double near_end = fabs(test_random_size(random, 1e-30, 0.5));
    switch (test_random_below(random, 16)) {
    case 0:
        return (float)test_random_below(random, 2);
    case 1:
    case 2:
    case 3:
        return (float)near_end;
    case 4:
    case 5:
    case 6:
        return (float)(1 - near_end);
    default:
        return (float)test_random_uniform(random, 0, 1);
    }
}

static float random_soft_target(test_random *random) {
    return test_random_below(random, 4) == 0 ? (float)test_random_below(random, 2)
                                             : (float)test_random_uniform(random, 0, 1);
}

static float random_weight(test_random *random) {
    return test_random_below(random, 8) == 0 ? 0 : (float)test_random_uniform(random, 0.25, 4);
}

static int64_t random_label(const focl_loss_description *description, test_random *random) {
    const size_t choice = test_random_below(random, 8);
    if (choice == 0 && description->has_ignore_index)
        return description->ignore_index;
    if (choice == 1 && description->has_background)
        return description->background;
    return (int64_t)test_random_below(random, description->shape.classes);
}

static void put_label(focl_type type, void *labels, size_t row, int64_t label) {
    switch (type) {
    case FOCL_U8:
        ((uint8_t *)labels)[row] = (uint8_t)label;
        break;
    case FOCL_I32:
        ((int32_t *)labels)[row] = (int32_t)label;
        break;
    default:
        ((int64_t *)labels)[row] = label;
    }
}

static int64_t get_label(const loss_problem *problem, size_t row) {
    const void *labels = problem->inputs[LOSS_targets];
    switch (problem->description.targets_type) {
    case FOCL_U8:
        return ((const uint8_t *)labels)[row];
    case FOCL_I32:
        return ((const int32_t *)labels)[row];
    default:
        return ((const int64_t *)labels)[row];
    }
}

static void fill_floats(loss_problem *problem, enum loss_array array, test_random *random,
                        float (*next)(test_random *random)) {
    const size_t count = loss_array_elements(&problem->description, array);
    float *values = test_guarded(loss_array_bytes(&problem->description, array));
    for (size_t i = 0; i < count; i++)
        values[i] = next(random);
    problem->inputs[array] = values;
}

static float random_hard_target(test_random *random) {
    return (float)test_random_below(random, 2);
}

static float random_factor(test_random *random) {
    return (float)test_random_uniform(random, -2, 2);
}

static void fill_labels(loss_problem *problem, test_random *random) {
    const focl_loss_description *description = &problem->description;
    void *labels = test_guarded(loss_array_bytes(description, LOSS_targets));
    for (size_t row = 0; description->shape.classes > 0 && row < row_count(description); row++)
        put_label(description->targets_type, labels, row, random_label(description, random));
    problem->inputs[LOSS_targets] = labels;
}

static size_t row_of(const focl_view *view, size_t element) {
    return element / view->inner / view->classes * view->inner + element % view->inner;
}

static void spoil_ignored_rows(loss_problem *problem) {
    static const float spoiled[] = {NAN, INFINITY, -INFINITY, 1};
    const focl_loss_description *description = &problem->description;
    float *logits = problem->inputs[LOSS_logits];
    for (size_t i = 0; i < element_count(description); i++)
        if (get_label(problem, row_of(&description->shape, i)) == description->ignore_index)
            logits[i] = spoiled[i % COUNT_OF(spoiled)];
}

static void fill_targets(loss_problem *problem, bool soft, test_random *random) {
    if (problem->description.targets_type == FOCL_F32)
        fill_floats(problem, LOSS_targets, random, soft ? random_soft_target : random_hard_target);
    else
        fill_labels(problem, random);
    if (problem->description.has_ignore_index)
        spoil_ignored_rows(problem);
}

loss_problem loss_problem_empty(const char *name, const focl_loss_description *description) {
    return (loss_problem){.name = name, .description = *description};
}

void loss_problem_set(loss_problem *problem, enum loss_array array, const void *values) {
    const size_t bytes = loss_array_bytes(&problem->description, array);
    problem->inputs[array] = test_guarded(bytes);
    memcpy(problem->inputs[array], values, bytes);
}

loss_problem loss_problem_create(const loss_recipe *recipe, uint64_t stream) {
    return loss_problem_create_from(recipe, test_random_start(stream));
}

loss_problem loss_problem_create_from(const loss_recipe *recipe, test_random random) {
    static float (*const optional[LOSS_FIRST_OUTPUT])(test_random * random) = {
        [LOSS_class_weights] = random_weight, [LOSS_pos_weights] = random_weight, [LOSS_weights] = random_weight,
        [LOSS_upstream] = random_factor,      [LOSS_normalizer] = random_weight,
    };
    loss_problem problem = loss_problem_empty(recipe->name, &recipe->description);
    const bool logits = recipe->description.activation == FOCL_SIGMOID;
    problem.soft = recipe->soft;
    fill_floats(&problem, LOSS_logits, &random, logits ? random_logit : random_probability);
    fill_targets(&problem, recipe->soft, &random);
    for (size_t i = 0; i < LOSS_FIRST_OUTPUT; i++)
        if (optional[i] && recipe->inputs & (1u << i))
            fill_floats(&problem, (enum loss_array)i, &random, optional[i]);
    return problem;
}

void loss_problem_free(loss_problem *problem) {
    for (size_t i = 0; i < LOSS_FIRST_OUTPUT; i++)
        test_guarded_free(problem->inputs[i]);
    test_guarded_free(problem->old_gradient);
    *problem = (loss_problem){0};
}

/* ---- Answers ---- */

static void reset_output(const loss_problem *problem, enum loss_array array, void *output) {
    const size_t bytes = loss_array_bytes(&problem->description, array);
    if (array == LOSS_gradient && problem->old_gradient)
        memcpy(output, problem->old_gradient, bytes);
    else
        memset(output, TEST_POISON, bytes);
}

loss_answer loss_answer_create(const loss_problem *problem, unsigned outputs) {
    loss_answer answer = {0};
    for (size_t i = LOSS_FIRST_OUTPUT; i < LOSS_ARRAYS; i++) {
        if (!(outputs & (1u << i)))
            continue;
        answer.outputs[i] = test_guarded(loss_array_bytes(&problem->description, (enum loss_array)i));
        reset_output(problem, (enum loss_array)i, answer.outputs[i]);
    }
    return answer;
}

void loss_answer_free(loss_answer *answer) {
    for (size_t i = 0; i < LOSS_ARRAYS; i++)
        test_guarded_free(answer->outputs[i]);
    *answer = (loss_answer){0};
}

bool loss_answer_is_untouched(const loss_problem *problem, const loss_answer *answer) {
    for (size_t i = LOSS_FIRST_OUTPUT; i < LOSS_ARRAYS; i++)
        if (answer->outputs[i] &&
            !test_is_poison(answer->outputs[i], loss_array_bytes(&problem->description, (enum loss_array)i)))
            return false;
    return true;
}

typedef focl_status (*host_call)(focl_handle *handle, const loss_problem *problem, const focl_loss_host_inputs *inputs,
                                 const focl_loss_host_outputs *outputs);

static focl_status call_mirror(focl_handle *handle, const loss_problem *problem, const focl_loss_host_inputs *inputs,
                               const focl_loss_host_outputs *outputs) {
    (void)handle;
    return focl_mirror_loss(&problem->description, inputs, outputs);
}

static focl_status call_host(focl_handle *handle, const loss_problem *problem, const focl_loss_host_inputs *inputs,
                             const focl_loss_host_outputs *outputs) {
    return focl_loss_host(handle, &problem->description, inputs, outputs, NULL);
}

static focl_loss_host_inputs host_inputs(void *const inputs[LOSS_FIRST_OUTPUT]) {
    return (focl_loss_host_inputs){
#define INPUT(field, type, extent) .field = inputs[LOSS_##field],
        FOCL_LOSS_INPUT_TABLE(INPUT)
#undef INPUT
    };
}

static focl_loss_host_outputs host_outputs(const loss_answer *answer) {
    return (focl_loss_host_outputs){
#define OUTPUT(field, type, extent) .field = answer->outputs[LOSS_##field],
        FOCL_LOSS_OUTPUT_TABLE(OUTPUT)
#undef OUTPUT
    };
}

static void copy_inputs(const loss_problem *problem, void *copies[LOSS_FIRST_OUTPUT]) {
    for (size_t i = 0; i < LOSS_FIRST_OUTPUT; i++) {
        const size_t bytes = loss_array_bytes(&problem->description, (enum loss_array)i);
        copies[i] = problem->inputs[i] ? test_guarded(bytes) : NULL;
        if (copies[i])
            memcpy(copies[i], problem->inputs[i], bytes);
    }
}

static void assert_input_unchanged(const loss_problem *problem, enum loss_array array, const void *now) {
    ck_assert_msg(memcmp(problem->inputs[array], now, loss_array_bytes(&problem->description, array)) == 0,
                  "%s: the call wrote to its input %s", problem->name, arrays[array].name);
}

static void free_copies(const loss_problem *problem, void *copies[LOSS_FIRST_OUTPUT], bool logits_written) {
    for (size_t i = 0; i < LOSS_FIRST_OUTPUT; i++) {
        if (copies[i] && !(i == LOSS_logits && logits_written))
            assert_input_unchanged(problem, (enum loss_array)i, copies[i]);
        test_guarded_free(copies[i]);
    }
}

/* The call works on copies of the inputs, so that in_place and stray writes leave the problem as it is. */
static focl_status run_on_host(host_call call, focl_handle *handle, const loss_problem *problem,
                               const loss_answer *answer) {
    void *copies[LOSS_FIRST_OUTPUT];
    copy_inputs(problem, copies);
    const focl_loss_host_inputs inputs = host_inputs(copies);
    focl_loss_host_outputs outputs = host_outputs(answer);
    const bool in_place = problem->description.in_place && outputs.gradient;
    if (in_place)
        outputs.gradient = copies[LOSS_logits];
    const focl_status status = call(handle, problem, &inputs, &outputs);
    if (in_place)
        memcpy(answer->outputs[LOSS_gradient], copies[LOSS_logits],
               loss_array_bytes(&problem->description, LOSS_logits));
    free_copies(problem, copies, in_place);
    return status;
}

focl_status loss_on_mirror(const loss_problem *problem, const loss_answer *answer) {
    return run_on_host(call_mirror, NULL, problem, answer);
}

focl_status loss_on_host(focl_handle *handle, const loss_problem *problem, const loss_answer *answer) {
    return run_on_host(call_host, handle, problem, answer);
}

/* ---- Buffers ---- */

static size_t start_of(const loss_problem *problem, enum loss_array array, size_t offset) {
    const size_t element_bytes = loss_array_element_bytes(&problem->description, array);
    return TEST_GUARD_BYTES + offset * element_bytes;
}

static size_t buffer_bytes(const loss_problem *problem, enum loss_array array, size_t offset) {
    return start_of(problem, array, offset) + loss_array_bytes(&problem->description, array) + TEST_GUARD_BYTES;
}

static cl_mem create_buffer(cl_context context, const loss_problem *problem, enum loss_array array, size_t offset,
                            const void *contents) {
    const size_t bytes = buffer_bytes(problem, array, offset);
    const size_t start = start_of(problem, array, offset);
    unsigned char *staging = test_guarded(bytes);
    memcpy(staging + start, contents, bytes - start - TEST_GUARD_BYTES);
    cl_int code = CL_SUCCESS;
    cl_mem memory = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, bytes, staging, &code);
    test_guarded_free(staging);
    ck_assert_int_eq(code, CL_SUCCESS);
    return memory;
}

static bool shares_logits(const loss_problem *problem, size_t array) {
    return array == LOSS_gradient && problem->description.in_place;
}

static focl_buffer buffer_at(const loss_problem *problem, const loss_buffers *buffers, enum loss_array array) {
    if (!buffers->memory[array])
        return (focl_buffer){0};
    return (focl_buffer){buffers->memory[array], start_of(problem, array, buffers->offset)};
}

loss_buffers loss_buffers_create(cl_context context, const loss_problem *problem, const loss_answer *answer,
                                 size_t offset) {
    loss_buffers buffers = {.offset = offset};
    for (size_t i = 0; i < LOSS_ARRAYS; i++) {
        const void *contents = i < LOSS_FIRST_OUTPUT ? problem->inputs[i] : answer->outputs[i];
        if (contents && shares_logits(problem, i))
            buffers.memory[i] = buffers.memory[LOSS_logits];
        else if (contents)
            buffers.memory[i] = create_buffer(context, problem, (enum loss_array)i, offset, contents);
    }
#define BUFFER_INPUT(field, type, extent)  buffers.inputs.field = buffer_at(problem, &buffers, LOSS_##field);
#define BUFFER_OUTPUT(field, type, extent) buffers.outputs.field = buffer_at(problem, &buffers, LOSS_##field);
    FOCL_LOSS_INPUT_TABLE(BUFFER_INPUT)
    FOCL_LOSS_OUTPUT_TABLE(BUFFER_OUTPUT)
#undef BUFFER_INPUT
#undef BUFFER_OUTPUT
    return buffers;
}

static unsigned char *read_buffer(cl_command_queue queue, const loss_buffers *buffers, const loss_problem *problem,
                                  enum loss_array array) {
    const size_t bytes = buffer_bytes(problem, array, buffers->offset);
    const size_t start = start_of(problem, array, buffers->offset);
    unsigned char *contents = test_guarded(bytes);
    ck_assert_int_eq(clEnqueueReadBuffer(queue, buffers->memory[array], CL_TRUE, 0, bytes, contents, 0, NULL, NULL),
                     CL_SUCCESS);
    ck_assert_msg(test_is_poison(contents, start), "%s: written before %s", problem->name, arrays[array].name);
    ck_assert_msg(test_is_poison(contents + bytes - TEST_GUARD_BYTES, TEST_GUARD_BYTES), "%s: written behind %s",
                  problem->name, arrays[array].name);
    return contents;
}

void loss_buffers_read(cl_command_queue queue, const loss_buffers *buffers, const loss_problem *problem,
                       const loss_answer *answer) {
    const bool in_place = problem->description.in_place && answer->outputs[LOSS_gradient];
    ck_assert_int_eq(clFinish(queue), CL_SUCCESS);
    for (size_t i = 0; i < LOSS_ARRAYS; i++) {
        if (!buffers->memory[i])
            continue;
        unsigned char *contents = read_buffer(queue, buffers, problem, (enum loss_array)i);
        const unsigned char *start = contents + start_of(problem, (enum loss_array)i, buffers->offset);
        if (i >= LOSS_FIRST_OUTPUT)
            memcpy(answer->outputs[i], start, loss_array_bytes(&problem->description, (enum loss_array)i));
        else if (!(i == LOSS_logits && in_place))
            assert_input_unchanged(problem, (enum loss_array)i, start);
        test_guarded_free(contents);
    }
}

void loss_buffers_release(loss_buffers *buffers) {
    for (size_t i = 0; i < LOSS_ARRAYS; i++) {
        const bool shared = i == LOSS_gradient && buffers->memory[i] == buffers->memory[LOSS_logits];
        if (buffers->memory[i] && !shared)
            ck_assert_int_eq(clReleaseMemObject(buffers->memory[i]), CL_SUCCESS);
    }
    *buffers = (loss_buffers){0};
}

focl_status loss_on_device(focl_handle *handle, const loss_problem *problem, const loss_answer *answer, size_t offset) {
    loss_buffers buffers = loss_buffers_create(focl_handle_context(handle), problem, answer, offset);
    const focl_status status =
        focl_loss(handle, &problem->description, &buffers.inputs, &buffers.outputs, NULL, 0, NULL, NULL);
    loss_buffers_read(focl_handle_queue(handle), &buffers, problem, answer);
    loss_buffers_release(&buffers);
    return status;
}
