/*
 * Sigmoid and its logarithm, and their vector-Jacobian product, in one pass.
 *
 * Algorithm. The elements are walked by tiles (tile.clh), FOCL_VECTOR at a time; nothing is summed. Memory traffic per
 * element: x and, for the product, its upstream gradient, read once; each output written once.
 *
 * Barriers: none.
 */
#include "activation_work.clh"

/* Everything for the vector at an element. */
FOCL_FUNCTION real focl_process(const focl_work *work, focl_size element) {
    if (element >= work->layout.end)
        return FOCL_REAL(0.0f);
    const focl_place place = focl_place_of(element, work->layout);
    const real x = focl_load_elements(work->x, place, work->layout);
    real upstream = FOCL_REAL(0.0f);
    if (FOCL_HAS_OUTPUT(PRODUCT))
        upstream = focl_load_elements(work->upstream, place, work->layout);
    const focl_activated activated = focl_activate_element(x, upstream, FOCL_KIND);
    if (FOCL_HAS_OUTPUT(VALUE))
        focl_store_elements(activated.value, work->value, place, work->layout);
    if (FOCL_HAS_OUTPUT(PRODUCT))
        focl_store_elements(activated.product, work->product, place, work->layout);
    return FOCL_REAL(0.0f);
}

#include "tile.clh"

__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void activation_elements(FOCL_ACTIVATION_PARAMETERS) {
    FOCL_MAKE_ACTIVATION_WORK(work);
    focl_walk_tiles(&work, 0, 0, 0, 0);
}
