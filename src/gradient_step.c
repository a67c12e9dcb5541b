/* focl_gradient_step: its checks, its one kernel. */
#include "focl/gradient_step.h"

#include <float.h>
#include <math.h>

#include "array_calls.h"
#include "error.h"
#include "handle_private.h"
#include "launch.h"

/* ---- Checks, in the order of the header ---- */

static bool fits(focl_type type, double value) {
    return isfinite(value) && (type == FOCL_F64 || fabs(value) <= (double)FLT_MAX);
}

static focl_status check_rates(const focl_gradient_step_description *description) {
    const char *scalar = focl_type_name(description->type == FOCL_F64 ? FOCL_F64 : FOCL_F32);
    if (!fits(description->type, description->rate))
        return focl__fail(FOCL_EINVAL, "rate", "must be a finite %s, is %g", scalar, description->rate);
    if (!fits(description->type, description->decay) || description->decay < 0)
        return focl__fail(FOCL_EINVAL, "decay", "must be a finite %s and at least 0, is %g", scalar,
                          description->decay);
    return FOCL_OK;
}

focl_status focl__gradient_step_check(const focl_gradient_step_description *description, bool has_parameters,
                                      bool has_gradient) {
    if (!description)
        return focl__fail(FOCL_EINVAL, "description", "is NULL");
    focl_status status = focl__check_float_array("type", description->type, description->elements);
    if (!status)
        status = check_rates(description);
    if (!status && description->elements > 0 && !(has_parameters && has_gradient))
        status = focl__fail(FOCL_EINVAL, has_parameters ? "gradient" : "parameters",
                            "is missing; there are %zu elements", description->elements);
    return status;
}

static focl_status check_buffers(const focl_handle *handle, const focl_gradient_step_description *description,
                                 focl_buffer parameters, focl_buffer gradient) {
    enum { GRADIENT, PARAMETERS, ARRAYS };
    const size_t unit = focl_type_size(description->type);
    const size_t bytes = description->elements * unit;
    const focl__call_array arrays[ARRAYS] = {
        [GRADIENT] = {"gradient", gradient, bytes, unit},
        [PARAMETERS] = {"parameters", parameters, bytes, unit},
    };
    return focl__check_arrays(handle, arrays, ARRAYS, PARAMETERS);
}

static focl_status check_call(const focl_handle *handle, const focl_gradient_step_description *description,
                              focl_buffer parameters, focl_buffer gradient) {
    if (!handle)
        return focl__fail(FOCL_EINVAL, "handle", "is NULL");
    focl_status status = focl__gradient_step_check(description, parameters.memory != NULL, gradient.memory != NULL);
    if (!status)
        status = focl__check_float_device(handle, "type", description->type, 0);
    return status ? status : check_buffers(handle, description, parameters, gradient);
}

/* ---- The kernel ---- */

static focl_status launch(focl_handle *handle, focl__chain *chain, const focl_gradient_step_description *description,
                          focl_buffer parameters, focl_buffer gradient) {
    const bool is_f64 = description->type == FOCL_F64;
    const size_t unit = focl_type_size(description->type);
    const size_t scalar_bytes = is_f64 ? sizeof(cl_double) : sizeof(cl_float);
    const cl_ulong parameters_offset = parameters.offset / unit;
    const cl_ulong gradient_offset = gradient.offset / unit;
    const cl_ulong elements = description->elements;
    const focl__scalar rate = focl__scalar_make(description->type, description->rate);
    const focl__scalar decay = focl__scalar_make(description->type, description->decay);
    focl__arguments arguments = {0};
    focl__argument_add(&arguments, sizeof parameters.memory, &parameters.memory);
    focl__argument_add(&arguments, sizeof parameters_offset, &parameters_offset);
    focl__argument_add(&arguments, sizeof gradient.memory, &gradient.memory);
    focl__argument_add(&arguments, sizeof gradient_offset, &gradient_offset);
    focl__argument_add(&arguments, sizeof elements, &elements);
    focl__argument_add(&arguments, scalar_bytes, &rate);
    focl__argument_add(&arguments, scalar_bytes, &decay);
    const focl__launch_description how = {
        .kernel = "gradient_step_elements",
        .key = focl__array_key(handle, "gradient_step", description->type, description->elements),
        .spread = FOCL__SPREAD_SHARED,
        .tiles = focl__array_tiles(description->elements),
        .is_f64 = is_f64,
        .arguments = &arguments,
    };
    return focl__launch(handle, chain, &how);
}

focl_status focl_gradient_step(focl_handle *handle, const focl_gradient_step_description *description,
                               focl_buffer parameters, focl_buffer gradient, cl_command_queue queue, cl_uint wait_count,
                               const cl_event *wait_list, cl_event *event) {
    focl__chain chain = {.wait_count = wait_count, .wait_list = wait_list};
    if (event)
        *event = NULL;
    focl_status status = check_call(handle, description, parameters, gradient);
    if (!status)
        status = focl__check_start(handle, queue, wait_count, wait_list, &chain.queue);
    if (!status)
        status = description->elements > 0 ? launch(handle, &chain, description, parameters, gradient)
                                           : focl__chain_mark(&chain);
    focl__chain_end(&chain, status ? NULL : event);
    return status;
}
