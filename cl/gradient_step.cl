/*
 * A step of gradient descent: parameters -= rate * (gradient + decay * parameters).
 *
 * Algorithm. The elements are walked by tiles (tile.clh), FOCL_VECTOR at a time; nothing is summed. Memory traffic per
 * element: parameter and gradient read once, the parameter written once.
 *
 * Barriers: none.
 */
#ifndef FOCL_GROUP
#define FOCL_GROUP 1
#endif

#include "gradient_step_element.clh"
#include "layout.clh"

/* The arguments of the kernel. Of the layout only the end matters: arrays are flat and whole. */
typedef struct {
    __global focl_storage *parameters;
    __global const focl_storage *gradient;
    focl_layout layout;
    focl_step step;
} focl_work;

FOCL_FUNCTION void focl_step_whole(const focl_work *work, focl_size element) {
    const real parameter = focl_read(work->parameters, element);
    const real gradient = focl_read(work->gradient, element);
    focl_write(focl_stepped(parameter, gradient, work->step), work->parameters, element);
}

FOCL_FUNCTION void focl_step_part(const focl_work *work, focl_size element, uint count) {
    const real parameter = focl_read_part(work->parameters, element, count);
    const real gradient = focl_read_part(work->gradient, element, count);
    focl_write_part(focl_stepped(parameter, gradient, work->step), work->parameters, element, count);
}

/* Everything for the vector at an element. */
FOCL_FUNCTION real focl_process(const focl_work *work, focl_size element) {
    if (element >= work->layout.end)
        return FOCL_REAL(0.0f);
    const focl_size left = work->layout.end - element;
    if (left >= FOCL_VECTOR)
        focl_step_whole(work, element);
    else
        focl_step_part(work, element, (uint)left);
    return FOCL_REAL(0.0f);
}

#include "tile.clh"

__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void
gradient_step_elements(__global focl_storage *parameters_memory, ulong parameters_offset,
                       __global const focl_storage *gradient_memory, ulong gradient_offset, ulong elements,
                       focl_scalar rate, focl_scalar decay) {
    focl_work work;
    work.parameters = parameters_memory + parameters_offset;
    work.gradient = gradient_memory + gradient_offset;
    work.layout.first = 0;
    work.layout.end = (focl_size)elements;
    work.step = focl_step_make(rate, decay);
    focl_walk_tiles(&work, 0, 0, 0, 0);
}
