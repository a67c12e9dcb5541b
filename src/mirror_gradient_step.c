/* The bit-exact mirror of a step of gradient descent: the kernel's arithmetic (gradient_step_element.clh). */
#include "../cl/gradient_step_element.clh"
#include "mirror_private.h"

void FOCL__MIRRORED(focl__mirror_gradient_step)(const focl_gradient_step_description *description, void *parameters,
                                                const void *gradient) {
    const focl_type type = description->type;
    const focl_step step = focl_step_make((focl_scalar)description->rate, (focl_scalar)description->decay);
    for (size_t i = 0; i < description->elements; i++) {
        const focl_scalar parameter = focl__mirror_element(type, parameters, i);
        const focl_scalar slope = focl__mirror_element(type, gradient, i);
        focl__mirror_store(type, parameters, i, focl_stepped(parameter, slope, step));
    }
}
