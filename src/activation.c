/* focl_activate on the caller's buffers, and on host memory in pieces. */
#include "focl/activation.h"

#include "activation_job.h"
#include "call_check.h"
#include "error.h"
#include "handle_private.h"
#include "piece.h"

enum { PIECE_ELEMENTS_MAX = 1 << 26 };

/* ---- Device memory ---- */

static void gather(const focl_activation_inputs *inputs, const focl_activation_outputs *outputs,
                   focl_buffer arrays[FOCL__ACTIVATION_ARRAY_COUNT]) {
#define GATHER_INPUT(field, extent)  arrays[FOCL__ACTIVATION_##field] = inputs->field;
#define GATHER_OUTPUT(field, extent) arrays[FOCL__ACTIVATION_##field] = outputs->field;
    FOCL_ACTIVATION_INPUT_TABLE(GATHER_INPUT)
    FOCL_ACTIVATION_OUTPUT_TABLE(GATHER_OUTPUT)
#undef GATHER_INPUT
#undef GATHER_OUTPUT
}

static focl_status check_buffers(const focl_handle *handle, const focl__activation_shape *shape,
                                 const focl_buffer buffers[FOCL__ACTIVATION_ARRAY_COUNT]) {
    focl__call_array arrays[FOCL__ACTIVATION_ARRAY_COUNT];
    for (size_t i = 0; i < FOCL__ACTIVATION_ARRAY_COUNT; i++) {
        const focl__activation_array_shape *array = &shape->arrays[i];
        arrays[i] = (focl__call_array){array->name, buffers[i], 0, array->element_bytes};
        arrays[i].bytes = array->given ? array->elements * array->element_bytes : 0;
        const focl_status status = array->given ? focl__check_buffer(handle, &arrays[i]) : FOCL_OK;
        if (status)
            return status;
    }
    for (size_t output = FOCL__ACTIVATION_FIRST_OUTPUT; output < FOCL__ACTIVATION_ARRAY_COUNT; output++)
        for (size_t other = 0; other < output; other++)
            if (focl__buffers_overlap(&arrays[output], &arrays[other]))
                return focl__fail(FOCL_EOVERLAP, arrays[output].name, "%zu bytes overlap those of %s",
                                  arrays[output].bytes, arrays[other].name);
    return FOCL_OK;
}

static focl_status check_call(const focl_handle *handle, const focl_activation_description *description,
                              const focl_buffer arrays[FOCL__ACTIVATION_ARRAY_COUNT], focl__activation_shape *shape) {
    bool given[FOCL__ACTIVATION_ARRAY_COUNT];
    for (size_t i = 0; i < FOCL__ACTIVATION_ARRAY_COUNT; i++)
        given[i] = arrays[i].memory != NULL;
    const focl_status status = focl__activation_check(description, given, shape);
    if (status)
        return status;
    const focl__device_demand demand = focl__activation_demand(description);
    const focl_status of_device = focl__check_device(handle, &demand);
    return of_device ? of_device : check_buffers(handle, shape, arrays);
}

focl_status focl_activate(focl_handle *handle, const focl_activation_description *description,
                          const focl_activation_inputs *inputs, const focl_activation_outputs *outputs,
                          cl_command_queue queue, cl_uint wait_count, const cl_event *wait_list, cl_event *event) {
    focl__chain chain = {.wait_count = wait_count, .wait_list = wait_list};
    focl__activation_shape shape;
    focl_buffer arrays[FOCL__ACTIVATION_ARRAY_COUNT];
    if (event)
        *event = NULL;
    if (!handle || !inputs || !outputs)
        return focl__fail(FOCL_EINVAL, !handle ? "handle" : !inputs ? "inputs" : "outputs", "is NULL");
    gather(inputs, outputs, arrays);
    focl_status status = check_call(handle, description, arrays, &shape);
    if (!status)
        status = focl__check_start(handle, queue, wait_count, wait_list, &chain.queue);
    if (!status)
        status = focl__activation_run(handle, &chain, description, &shape, arrays);
    if (!status && !chain.last)
        status = focl__chain_mark(&chain);
    focl__chain_end(&chain, status ? NULL : event);
    return status;
}

/* ---- Host memory ---- */

/* A call on host memory while it runs: one outer index after another, some at a time. */
typedef struct host_call {
    focl_handle *handle;
    focl_activation_description description;
    focl__activation_shape shape;
    focl__chain chain;
    const void *from[FOCL__ACTIVATION_ARRAY_COUNT]; /* what must be on the device before */
    void *to[FOCL__ACTIVATION_ARRAY_COUNT];         /* what comes back; NULL for inputs */
    size_t piece_outer;
} host_call;

/* Between the elements of a strided output is what must stay. */
static void gather_host(host_call *call, const focl_activation_host_inputs *inputs,
                        const focl_activation_host_outputs *outputs) {
#define GATHER_INPUT(field, extent)  call->from[FOCL__ACTIVATION_##field] = inputs->field;
#define GATHER_OUTPUT(field, extent) call->to[FOCL__ACTIVATION_##field] = outputs->field;
    FOCL_ACTIVATION_INPUT_TABLE(GATHER_INPUT)
    FOCL_ACTIVATION_OUTPUT_TABLE(GATHER_OUTPUT)
#undef GATHER_INPUT
#undef GATHER_OUTPUT
    for (size_t i = FOCL__ACTIVATION_FIRST_OUTPUT; i < FOCL__ACTIVATION_ARRAY_COUNT; i++)
        if (call->shape.arrays[i].is_strided)
            call->from[i] = call->to[i];
}

/* Elements that have nothing to do with each other can be cut anywhere. */
static void loosen_shape(host_call *call) {
    if (focl__activation_is_of_rows(call->description.kind) || call->shape.is_strided)
        return;
    call->description.shape = (focl_view){call->shape.elements, 1, 1};
    call->shape.strides = (focl_strides){1, 1, 1};
}

/* What an element takes on the device: of every array its part, and what a Jacobian is made of; and of one array. */
typedef struct element_bytes {
    size_t total;
    size_t largest;
} element_bytes;

static element_bytes bytes_of_element(const host_call *call) {
    element_bytes bytes = {0, 0};
    for (size_t i = 0; i < FOCL__ACTIVATION_ARRAY_COUNT; i++) {
        const focl__activation_array_shape *array = &call->shape.arrays[i];
        const size_t own = (array->elements / call->shape.elements + 1) * array->element_bytes;
        bytes.total += array->given ? own : 0;
        bytes.largest = array->given && own > bytes.largest ? own : bytes.largest;
    }
    if (call->shape.arrays[FOCL__ACTIVATION_jacobian].given)
        bytes.total += 2 * focl__activation_scalar_bytes(&call->description);
    return bytes;
}

static focl_status choose_piece(host_call *call) {
    const size_t slab = call->shape.elements / call->description.shape.outer;
    const element_bytes bytes = bytes_of_element(call);
    size_t elements = 0;
    const focl_status status =
        focl__piece_choose(call->handle, bytes.total, bytes.largest, PIECE_ELEMENTS_MAX, &elements);
    call->piece_outer = elements / slab > 0 ? elements / slab : 1;
    return status;
}

/* A piece is a call of its own: so many outer indices from first on. */
typedef struct piece {
    size_t first;
    focl_activation_description description;
    focl__activation_shape shape;
    focl_buffer arrays[FOCL__ACTIVATION_ARRAY_COUNT];
} piece;

static focl_status make_piece(const host_call *call, size_t first, piece *made) {
    const size_t left = call->description.shape.outer - first;
    bool given[FOCL__ACTIVATION_ARRAY_COUNT];
    for (size_t i = 0; i < FOCL__ACTIVATION_ARRAY_COUNT; i++)
        given[i] = call->shape.arrays[i].given;
    *made = (piece){.first = first, .description = call->description};
    made->description.shape.outer = left < call->piece_outer ? left : call->piece_outer;
    return focl__activation_check(&made->description, given, &made->shape);
}

/* How far into the whole array the piece begins. */
static size_t start_of(const host_call *call, const piece *part, size_t array) {
    const focl_view view = call->description.shape;
    const size_t stride =
        array == FOCL__ACTIVATION_jacobian ? view.inner * view.classes * view.classes : call->shape.strides.outer;
    return part->first * stride * part->shape.arrays[array].element_bytes;
}

static size_t bytes_of(const piece *part, size_t array) {
    return part->shape.arrays[array].elements * part->shape.arrays[array].element_bytes;
}

static focl_status upload(const host_call *call, piece *part, size_t array) {
    cl_int code = CL_SUCCESS;
    cl_mem *memory = &part->arrays[array].memory;
    *memory = clCreateBuffer(call->handle->context, CL_MEM_READ_WRITE, bytes_of(part, array), NULL, &code);
    if (code != CL_SUCCESS)
        return focl__fail_cl(code, "clCreateBuffer");
    if (call->from[array])
        code = clEnqueueWriteBuffer(call->chain.queue, *memory, CL_TRUE, 0, bytes_of(part, array),
                                    (const char *)call->from[array] + start_of(call, part, array), 0, NULL, NULL);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clEnqueueWriteBuffer");
}

static focl_status download(const host_call *call, const piece *part, size_t array) {
    const cl_int code =
        clEnqueueReadBuffer(call->chain.queue, part->arrays[array].memory, CL_TRUE, 0, bytes_of(part, array),
                            (char *)call->to[array] + start_of(call, part, array), 1, &call->chain.last, NULL);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clEnqueueReadBuffer");
}

static focl_status run_piece(host_call *call, piece *part) {
    focl_status status = FOCL_OK;
    for (size_t i = 0; !status && i < FOCL__ACTIVATION_ARRAY_COUNT; i++)
        if (part->shape.arrays[i].given)
            status = upload(call, part, i);
    if (!status)
        status = focl__activation_run(call->handle, &call->chain, &part->description, &part->shape, part->arrays);
    for (size_t i = FOCL__ACTIVATION_FIRST_OUTPUT; !status && i < FOCL__ACTIVATION_ARRAY_COUNT; i++)
        if (part->shape.arrays[i].given)
            status = download(call, part, i);
    for (size_t i = 0; i < FOCL__ACTIVATION_ARRAY_COUNT; i++)
        if (part->arrays[i].memory)
            clReleaseMemObject(part->arrays[i].memory);
    return status;
}

static focl_status run(host_call *call) {
    focl_status status = choose_piece(call);
    for (size_t first = 0; !status && first < call->description.shape.outer; first += call->piece_outer) {
        piece part;
        status = make_piece(call, first, &part);
        if (!status)
            status = run_piece(call, &part);
    }
    return status;
}

focl_status focl_activate_host(focl_handle *handle, const focl_activation_description *description,
                               const focl_activation_host_inputs *inputs, const focl_activation_host_outputs *outputs,
                               double *kernel_seconds) {
    double seconds = 0;
    host_call call = {.handle = handle};
    if (!handle)
        return focl__fail(FOCL_EINVAL, "handle", "is NULL");
    if (!handle->queue)
        return focl__fail(FOCL_EINVAL, "handle", "has no queue of its own: it was made from the caller's context");
    focl_status status = focl__activation_check_host_call(description, inputs, outputs, &call.shape);
    if (!status) {
        const focl__device_demand demand = focl__activation_demand(description);
        status = focl__check_device(handle, &demand);
    }
    if (status)
        return status;

    call.description = *description;
    call.chain = (focl__chain){.queue = handle->queue, .kernel_seconds = kernel_seconds ? &seconds : NULL};
    gather_host(&call, inputs, outputs);
    loosen_shape(&call);
    if (call.shape.elements > 0)
        status = run(&call);
    focl__chain_end(&call.chain, NULL);
    if (kernel_seconds)
        *kernel_seconds = seconds;
    return status;
}
