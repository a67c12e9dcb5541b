/* The mirror's calls: they are checked here, and go to the mirror of their type. */
#include "mirror_calls.h"

#include "array_calls.h"
#include "error.h"
#include "focl/mirror.h"

static focl__mirror_loss *mirror_of(const focl_loss_description *description) {
    const bool is_f64 = focl__loss_scalar_type(description) == FOCL_F64;
    if (focl__loss_is_of_rows(description))
        return is_f64 ? focl__mirror_softmax_f64 : focl__mirror_softmax_f32;
    return is_f64 ? focl__mirror_sigmoid_f64 : focl__mirror_sigmoid_f32;
}

focl_status focl_mirror_loss(const focl_loss_description *description, const focl_loss_host_inputs *inputs,
                             const focl_loss_host_outputs *outputs) {
    focl__loss_shape shape;
    focl_loss_counts counts;
    focl_status status = focl__loss_check_host_call(description, inputs, outputs, &shape);
    if (status)
        return status;
    status = focl__loss_check_targets(description, &shape, inputs->targets, &counts);
    if (status)
        return status;

    const focl__loss_plan plan = focl__loss_plan_make(description, &shape);
    if (outputs->counts)
        *(focl_loss_counts *)outputs->counts = counts;
    mirror_of(description)(description, &plan, &counts, inputs, outputs);
    return FOCL_OK;
}

focl_status focl_mirror_activate(const focl_activation_description *description,
                                 const focl_activation_host_inputs *inputs,
                                 const focl_activation_host_outputs *outputs) {
    focl__activation_shape shape;
    const focl_status status = focl__activation_check_host_call(description, inputs, outputs, &shape);
    if (status)
        return status;
    if (description->type == FOCL_F64)
        focl__mirror_activate_f64(description, &shape, inputs, outputs);
    else
        focl__mirror_activate_f32(description, &shape, inputs, outputs);
    return FOCL_OK;
}

/* As addresses: the arrays may be parts of different objects. */
static bool memory_overlaps(const void *left, const void *right, size_t bytes) {
    const uintptr_t a = (uintptr_t)left;
    const uintptr_t b = (uintptr_t)right;
    return bytes > 0 && (a < b ? b - a : a - b) < bytes;
}

focl_status focl_mirror_gradient_step(const focl_gradient_step_description *description, void *parameters,
                                      const void *gradient) {
    const focl_status status = focl__gradient_step_check(description, parameters != NULL, gradient != NULL);
    if (status)
        return status;
    if (memory_overlaps(parameters, gradient, description->elements * focl_type_size(description->type)))
        return focl__fail(FOCL_EOVERLAP, "parameters", "overlap gradient");
    if (description->type == FOCL_F64)
        focl__mirror_gradient_step_f64(description, parameters, gradient);
    else
        focl__mirror_gradient_step_f32(description, parameters, gradient);
    return FOCL_OK;
}

focl_status focl_mirror_weighted_sum(const focl_weighted_sum_description *description, const void *losses,
                                     const void *weights, void *sum) {
    const focl__weighted_sum_given given = {losses != NULL, weights != NULL, sum != NULL};
    const focl_status status = focl__weighted_sum_check(description, given);
    if (status)
        return status;
    if (description->losses_type == FOCL_F64)
        focl__mirror_weighted_sum_f64(description, losses, weights, sum);
    else
        focl__mirror_weighted_sum_f32(description, losses, weights, sum);
    return FOCL_OK;
}
