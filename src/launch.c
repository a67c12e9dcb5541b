/* Launching kernels. */
#include "launch.h"

#include "../cl/agreement.clh"
#include "error.h"
#include "handle_private.h"

/* The handle's mapping as it suits one launch. */
typedef struct launch_mapping {
    unsigned vector;
    unsigned group;
    unsigned prefetch;
    bool native;
} launch_mapping;

void focl__argument_add(focl__arguments *arguments, size_t bytes, const void *value) {
    if (arguments->count < FOCL__ARGUMENTS_MAX)
        arguments->list[arguments->count] = (focl__argument){bytes, value};
    arguments->count++;
}

focl__scalar focl__scalar_make(focl_type type, double value) {
    return type == FOCL_F64 ? (focl__scalar){.f64 = value} : (focl__scalar){.f32 = (float)value};
}

static size_t tiles_of_group(launch_mapping mapping) {
    const size_t vectors = FOCL_LANES / mapping.vector;
    return mapping.group < vectors ? 1 : mapping.group / vectors;
}

static size_t divided_up(size_t count, size_t by) {
    return count / by + (count % by != 0);
}

static size_t rows_of_group(const focl__launch_description *launch, launch_mapping mapping) {
    const size_t most = (size_t)mapping.vector * mapping.group;
    return launch->group_rows < most ? launch->group_rows : most;
}

static size_t groups_of(const focl__launch_description *launch, launch_mapping mapping) {
    const size_t shared = tiles_of_group(mapping);
    switch (launch->spread) {
    case FOCL__SPREAD_SHARED:
        return divided_up(launch->tiles, shared);
    case FOCL__SPREAD_PER_TILE:
        return launch->tiles;
    case FOCL__SPREAD_VECTORS:
        return divided_up(launch->rows, (size_t)mapping.vector * mapping.group);
    case FOCL__SPREAD_ROWS:
        return divided_up(launch->rows, rows_of_group(launch, mapping));
    case FOCL__SPREAD_ONE:
        break;
    }
    return 1;
}

static focl_status get_program(focl_handle *handle, const focl__launch_description *launch, launch_mapping mapping,
                               cl_program *program) {
    focl__program_key key = launch->key;
    focl__program_define(&key, "FOCL_VECTOR", (int)mapping.vector);
    focl__program_define(&key, "FOCL_GROUP", (int)mapping.group);
    if (launch->spread == FOCL__SPREAD_VECTORS)
        focl__program_define(&key, "FOCL_WALK_VECTORS", 1);
    if (mapping.prefetch)
        focl__program_define(&key, "FOCL_PREFETCH_AHEAD", (int)mapping.prefetch);
    if (mapping.native)
        focl__program_define(&key, "FOCL_NATIVE", 1);
    return focl__program(&handle->programs, handle->context, handle->device.cl_device, handle->device.correct_division,
                         &key, program);
}

/* A kernel object of this call alone: OpenCL kernels must not be shared between threads. */
static focl_status make_kernel(focl_handle *handle, const focl__launch_description *launch, launch_mapping mapping,
                               cl_kernel *kernel) {
    cl_program program = NULL;
    const focl_status status = get_program(handle, launch, mapping, &program);
    if (status)
        return status;
    cl_int code = CL_SUCCESS;
    *kernel = clCreateKernel(program, launch->kernel, &code);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clCreateKernel");
}

static bool fits(const focl_handle *handle, cl_kernel kernel, launch_mapping mapping) {
    size_t most = 0;
    const cl_int code =
        clGetKernelWorkGroupInfo(kernel, handle->device.cl_device, CL_KERNEL_WORK_GROUP_SIZE, sizeof most, &most, NULL);
    return code != CL_SUCCESS || most == 0 || mapping.group <= most;
}

/* The kernel with the handle's group size, or the largest half, quarter, ... of it that the kernel can take. */
static focl_status make_fitting_kernel(focl_handle *handle, const focl__launch_description *launch,
                                       launch_mapping *mapping, cl_kernel *kernel) {
    focl_status status = make_kernel(handle, launch, *mapping, kernel);
    while (!status && mapping->group > 1 && !fits(handle, *kernel, *mapping)) {
        clReleaseKernel(*kernel);
        *kernel = NULL;
        mapping->group /= 2;
        status = make_kernel(handle, launch, *mapping, kernel);
    }
    return status;
}

static focl_status set_group_rows(cl_kernel kernel, const focl__launch_description *launch, launch_mapping mapping) {
    const cl_uint rows = (cl_uint)rows_of_group(launch, mapping);
    if (launch->spread != FOCL__SPREAD_ROWS)
        return FOCL_OK;
    const cl_int code = clSetKernelArg(kernel, (cl_uint)launch->arguments->count, sizeof rows, &rows);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clSetKernelArg");
}

static focl_status set_arguments(cl_kernel kernel, const focl__arguments *arguments) {
    for (size_t i = 0; i < arguments->count; i++) {
        const focl__argument *argument = &arguments->list[i];
        const cl_int code = clSetKernelArg(kernel, (cl_uint)i, argument->bytes, argument->value);
        if (code != CL_SUCCESS)
            return focl__fail_cl(code, "clSetKernelArg");
    }
    return FOCL_OK;
}

cl_uint focl__chain_wait_count(const focl__chain *chain) {
    return chain->last ? 1 : chain->wait_count;
}

const cl_event *focl__chain_wait_list(const focl__chain *chain) {
    if (chain->last)
        return &chain->last;
    return chain->wait_count ? chain->wait_list : NULL;
}

void focl__chain_advance(focl__chain *chain, cl_event next) {
    if (chain->last)
        clReleaseEvent(chain->last);
    chain->last = next;
}

/* Some drivers report an end before the start; such a time is none. */
static focl_status add_time(focl__chain *chain) {
    cl_ulong start = 0;
    cl_ulong end = 0;
    const cl_int code = clWaitForEvents(1, &chain->last);
    if (code != CL_SUCCESS)
        return focl__fail_cl(code, "clWaitForEvents");
    if (clGetEventProfilingInfo(chain->last, CL_PROFILING_COMMAND_START, sizeof start, &start, NULL) == CL_SUCCESS &&
        clGetEventProfilingInfo(chain->last, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL) == CL_SUCCESS &&
        end > start)
        *chain->kernel_seconds += (double)(end - start) * 1e-9;
    return FOCL_OK;
}

static focl_status enqueue(focl__chain *chain, cl_kernel kernel, size_t groups, launch_mapping mapping) {
    const size_t local = mapping.group;
    const size_t global = groups * local;
    cl_event next = NULL;
    const cl_int code = clEnqueueNDRangeKernel(chain->queue, kernel, 1, NULL, &global, &local,
                                               focl__chain_wait_count(chain), focl__chain_wait_list(chain), &next);
    if (code != CL_SUCCESS)
        return focl__fail_cl(code, "clEnqueueNDRangeKernel");
    focl__chain_advance(chain, next);
    return chain->kernel_seconds ? add_time(chain) : FOCL_OK;
}

static void limit_vector(launch_mapping *mapping, unsigned most) {
    if (mapping->vector > most)
        mapping->vector = most;
}

/* Narrower vectors before smaller groups: a GPU has as many items at work as a group has, up to some number. */
static void limit_lanes(launch_mapping *mapping, unsigned most) {
    while (most && mapping->group > 1 && mapping->group * mapping->vector > most) {
        if (mapping->vector > 1)
            mapping->vector /= 2;
        else
            mapping->group /= 2;
    }
}

static launch_mapping mapping_of(const focl_handle *handle, const focl__launch_description *launch) {
    launch_mapping mapping = {handle->mapping.vector, handle->mapping.group, handle->mapping.prefetch, false};
    if (launch->is_f64) {
        mapping.vector = mapping.vector > 1 ? mapping.vector / 2 : 1;
        mapping.prefetch /= 2;
        limit_vector(&mapping, FOCL__PORTABLE_VECTOR);
    }
    limit_vector(&mapping, launch->vector_max ? launch->vector_max : FOCL__USUAL_VECTOR);
    limit_lanes(&mapping, launch->lanes_max);
    mapping.native = handle->math == FOCL_MATH_NATIVE;
    if (mapping.native)
        limit_vector(&mapping, FOCL__PORTABLE_VECTOR); /* OpenCL's built-in functions know no wider ones */
    return mapping;
}

focl_status focl__make_memory(const focl_handle *handle, size_t bytes, cl_mem *memory) {
    cl_int code = CL_SUCCESS;
    *memory = clCreateBuffer(handle->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clCreateBuffer");
}

focl_status focl__launch(focl_handle *handle, focl__chain *chain, const focl__launch_description *launch) {
    launch_mapping mapping = mapping_of(handle, launch);
    cl_kernel kernel = NULL;
    focl_status status = make_fitting_kernel(handle, launch, &mapping, &kernel);
    if (!status)
        status = set_arguments(kernel, launch->arguments);
    if (!status)
        status = set_group_rows(kernel, launch, mapping);
    if (!status)
        status = enqueue(chain, kernel, groups_of(launch, mapping), mapping);
    if (kernel)
        clReleaseKernel(kernel);
    return status;
}

focl_status focl__chain_mark(focl__chain *chain) {
    cl_event next = NULL;
    const cl_int code =
        clEnqueueMarkerWithWaitList(chain->queue, focl__chain_wait_count(chain), focl__chain_wait_list(chain), &next);
    if (code != CL_SUCCESS)
        return focl__fail_cl(code, "clEnqueueMarkerWithWaitList");
    focl__chain_advance(chain, next);
    return FOCL_OK;
}

void focl__chain_end(focl__chain *chain, cl_event *event) {
    if (event)
        *event = chain->last;
    else if (chain->last)
        clReleaseEvent(chain->last);
    chain->last = NULL;
}
