#include "support_problem.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- The arrays ---- */

enum array_type { TYPE_logits, TYPE_targets, TYPE_f32, TYPE_scalar, TYPE_counts };
enum array_extent {
    EXTENT_elements,
    EXTENT_losses,
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

bool loss_is_of_rows(const focl_loss_description *description) {
    return description->activation == FOCL_SOFTMAX || description->activation == FOCL_CATEGORICAL;
}

bool loss_is_dense(const focl_loss_description *description) {
    return focl_type_is_float(description->targets_type);
}

size_t loss_row_count(const focl_loss_description *description) {
    return description->shape.outer * description->shape.inner;
}

static size_t element_count(const focl_loss_description *description) {
    return loss_row_count(description) * description->shape.classes;
}

/* Whether an array has an entry for each element, a gap included, or one for each row. */
enum granularity { OF_ELEMENTS, OF_ROWS, OF_CALL };

static enum granularity granularity_of(const focl_loss_description *description, enum loss_array array) {
    switch (arrays[array].extent) {
    case EXTENT_elements:
        return OF_ELEMENTS;
    case EXTENT_losses:
        return loss_is_of_rows(description) ? OF_ROWS : OF_ELEMENTS;
    case EXTENT_targets:
        return loss_is_dense(description) ? OF_ELEMENTS : OF_ROWS;
    case EXTENT_weights:
        return description->weights_extent == FOCL_PER_ROW ? OF_ROWS : OF_ELEMENTS;
    case EXTENT_upstream:
        return description->upstream_extent == FOCL_PER_ROW ? OF_ROWS : OF_ELEMENTS;
    default:
        return OF_CALL;
    }
}

static focl_strides strides_of(const focl_loss_description *description) {
    const focl_strides given = description->strides;
    const focl_view view = description->shape;
    const bool contiguous = given.outer == 0 && given.classes == 0 && given.inner == 0;
    return contiguous ? (focl_strides){view.classes * view.inner, view.inner, 1} : given;
}

static size_t reach(size_t extent, size_t stride) {
    return extent < 2 ? 0 : (extent - 1) * stride;
}

static size_t span_of(const focl_loss_description *description) {
    const focl_view view = description->shape;
    const focl_strides strides = strides_of(description);
    if (element_count(description) == 0)
        return 0;
    return 1 + reach(view.outer, strides.outer) + reach(view.classes, strides.classes) +
           reach(view.inner, strides.inner);
}

static size_t count_of_call(const focl_loss_description *description, enum loss_array array) {
    switch (arrays[array].extent) {
    case EXTENT_classes:
        return description->shape.classes;
    case EXTENT_pos:
        return description->pos_weight_count;
    default:
        return 1;
    }
}

size_t loss_array_elements(const focl_loss_description *description, enum loss_array array) {
    switch (granularity_of(description, array)) {
    case OF_ELEMENTS:
        return span_of(description);
    case OF_ROWS:
        return loss_row_count(description);
    case OF_CALL:
        break;
    }
    return count_of_call(description, array);
}

size_t loss_array_count(const focl_loss_description *description, enum loss_array array) {
    return granularity_of(description, array) == OF_ELEMENTS ? element_count(description)
                                                             : loss_array_elements(description, array);
}

static size_t place_of(const focl_loss_description *description, size_t outer, size_t column, size_t inner) {
    const focl_strides strides = strides_of(description);
    return outer * strides.outer + column * strides.classes + inner * strides.inner;
}

/* No element has a number in an empty view. */
static size_t at_least_1(size_t extent) {
    return extent > 0 ? extent : 1;
}

loss_element loss_element_of(const focl_loss_description *description, size_t number) {
    const size_t inners = at_least_1(description->shape.inner);
    const size_t classes = at_least_1(description->shape.classes);
    const size_t inner = number % inners;
    const size_t column = number / inners % classes;
    const size_t outer = number / inners / classes;
    return (loss_element){place_of(description, outer, column, inner), outer * inners + inner, column};
}

loss_element loss_element_in_row(const focl_loss_description *description, size_t row, size_t column) {
    const size_t inners = at_least_1(description->shape.inner);
    return (loss_element){place_of(description, row / inners, column, row % inners), row, column};
}

size_t loss_array_place(const focl_loss_description *description, enum loss_array array, size_t i) {
    return granularity_of(description, array) == OF_ELEMENTS ? loss_element_of(description, i).place : i;
}

focl_type loss_array_type(const focl_loss_description *description, enum loss_array array) {
    switch (arrays[array].type) {
    case TYPE_logits:
        return description->logits_type;
    case TYPE_targets:
        return description->targets_type;
    case TYPE_scalar:
        return description->logits_type == FOCL_F64 ? FOCL_F64 : FOCL_F32;
    default:
        return FOCL_F32;
    }
}

size_t loss_array_element_bytes(const focl_loss_description *description, enum loss_array array) {
    return arrays[array].type == TYPE_counts ? sizeof(focl_loss_counts)
                                             : focl_type_size(loss_array_type(description, array));
}

size_t loss_array_bytes(const focl_loss_description *description, enum loss_array array) {
    return loss_array_elements(description, array) * loss_array_element_bytes(description, array);
}

static bool has_hessian(const focl_loss_description *description) {
    if (description->activation == FOCL_IDENTITY)
        return description->objective == FOCL_MSE;
    return description->activation != FOCL_CATEGORICAL;
}

unsigned loss_outputs(const focl_loss_description *description) {
    unsigned outputs = LOSS_ALL_OUTPUTS;
    if (description->reduction == FOCL_REDUCTION_NONE)
        outputs &= ~(LOSS_BIT(reduced) | LOSS_BIT(used_normalizer));
    if (!has_hessian(description))
        outputs &= ~LOSS_BIT(hessian);
    return outputs;
}

/* ---- Answers ---- */

static void reset_output(const loss_problem *problem, enum loss_array array, void *output) {
    const size_t bytes = loss_array_bytes(&problem->description, array);
    memset(output, TEST_POISON, bytes);
    if (array != LOSS_gradient || !problem->old_gradient)
        return;
    for (size_t i = 0; i < loss_array_elements(&problem->description, array); i++)
        loss_put_value(problem->description.logits_type, output, i, (double)problem->old_gradient[i]);
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

/* The bytes that an entry of an array has where nothing was written. */
static bool is_as_before(const loss_problem *problem, const loss_answer *before, const loss_answer *answer,
                         enum loss_array array, size_t place) {
    const size_t bytes = loss_array_element_bytes(&problem->description, array);
    const unsigned char *expected = before->outputs[array];
    const unsigned char *found = answer->outputs[array];
    return memcmp(expected + place * bytes, found + place * bytes, bytes) == 0;
}

static bool *mark_entries(const focl_loss_description *description, enum loss_array array) {
    bool *is_entry = test_zeros(loss_array_elements(description, array), sizeof *is_entry);
    for (size_t i = 0; i < loss_array_count(description, array); i++)
        is_entry[loss_array_place(description, array, i)] = true;
    return is_entry;
}

void loss_assert_gaps(const loss_problem *problem, const loss_answer *answer) {
    const focl_loss_description *description = &problem->description;
    loss_answer before = loss_answer_create(problem, loss_outputs(description));
    for (size_t array = LOSS_FIRST_OUTPUT; array < LOSS_ARRAYS; array++) {
        if (!answer->outputs[array] || (array == LOSS_gradient && description->in_place))
            continue;
        bool *is_entry = mark_entries(description, (enum loss_array)array);
        for (size_t i = 0; i < loss_array_elements(description, (enum loss_array)array); i++)
            if (!is_entry[i] && !is_as_before(problem, &before, answer, (enum loss_array)array, i))
                test_fail("%s: written between the elements of %s, at %zu", problem->name, arrays[array].name, i);
        free(is_entry);
    }
    loss_answer_free(&before);
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
    test_require(memcmp(problem->inputs[array], now, loss_array_bytes(&problem->description, array)) == 0,
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
    test_require(code == CL_SUCCESS, "%s: clCreateBuffer: %d", problem->name, (int)code);
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
    const cl_int code =
        clEnqueueReadBuffer(queue, buffers->memory[array], CL_TRUE, 0, bytes, contents, 0, NULL, NULL);
    test_require(code == CL_SUCCESS, "%s: clEnqueueReadBuffer: %d", problem->name, (int)code);
    test_require(test_is_poison(contents, start), "%s: written before %s", problem->name, arrays[array].name);
    test_require(test_is_poison(contents + bytes - TEST_GUARD_BYTES, TEST_GUARD_BYTES), "%s: written behind %s",
                  problem->name, arrays[array].name);
    return contents;
}

void loss_buffers_read(cl_command_queue queue, const loss_buffers *buffers, const loss_problem *problem,
                       const loss_answer *answer) {
    const bool in_place = problem->description.in_place && answer->outputs[LOSS_gradient];
    const cl_int code = clFinish(queue);
    test_require(code == CL_SUCCESS, "%s: clFinish: %d", problem->name, (int)code);
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
            test_require(clReleaseMemObject(buffers->memory[i]) == CL_SUCCESS, "clReleaseMemObject failed");
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
