/*
 * The sigmoid family in one pass: sum of losses, element losses, gradient, curvature, probabilities and p_t, any
 * subset.
 *
 * Algorithm. The elements are walked by tiles (tile.clh), FOCL_VECTOR at a time. Each vector is loaded, sent through
 * sigmoid_element.clh, weighted and stored, and its losses are added in the order of reduce.clh.
 *
 * Memory traffic per element: 4 bytes of logits and the target (4 dense; a label is read once per vector of its row, or
 * once per element in a plane), 4 bytes for every output, read once more each for weights per element, upstream per
 * element and an accumulated gradient; 8 bytes per 4096 elements for the tile sums.
 *
 * Barriers: only those of focl_join_lanes, which every item of the group reaches: items whose tile lies behind the end
 * go through its steps with nothing inside.
 */
#include "sigmoid_element.clh"
#include "work.clh"

FOCL_FUNCTION real focl_times_upstream(real derivative, const focl_work *work, focl_place place) {
    if (FOCL_HAS_OPTION(ROW_UPSTREAM))
        derivative = focl_times(derivative, focl_flush(focl_load_rows(work->upstream, place, work->layout)));
    if (FOCL_HAS_OPTION(ELEMENT_UPSTREAM))
        derivative = focl_times(derivative, focl_flush(focl_load_element_factors(work->upstream, place, work->layout)));
    return derivative;
}

FOCL_FUNCTION real focl_pos_weight(const focl_work *work, focl_place place) {
    if (FOCL_HAS_OPTION(POS_WEIGHTS))
        return focl_flush(focl_load_classes(work->pos_weights, place, work->layout));
    if (FOCL_HAS_OPTION(POS_WEIGHT))
        return focl_flush(FOCL_REAL(focl_read_factors_one(work->pos_weights, 0)));
    return FOCL_REAL(1.0f);
}

/* One vector with everything but its stores; a lane that does not count has loss, gradient and curvature 0. */
FOCL_FUNCTION focl_element focl_evaluate(const focl_work *work, focl_place place) {
    const real x = focl_load_elements(work->logits, place, work->layout);
    const real pos_weight = focl_pos_weight(work, place);
#if FOCL_TARGETS_ARE_DENSE
    const real t = focl_load_element_targets(work->targets, place, work->layout);
    focl_element element = focl_dense_element(x, t, pos_weight, work->rule);
#else
    const mask label = focl_load_element_labels(work->targets, place, work->layout, work->labels);
    const mask positive = label == focl_class_numbers(place, work->layout);
    focl_element element = focl_index_element(x, positive, pos_weight, work->rule);
#endif
    element.loss = focl_weighted(element.loss, work, place);
    element.gradient = focl_times_upstream(focl_weighted(element.gradient, work, place), work, place);
    if (FOCL_HAS_OUTPUT(HESSIAN)) {
        const real hessian = focl_times_upstream(focl_weighted(element.hessian, work, place), work, place);
        element.hessian = focl_curvature_written(hessian, work->rule);
    }
#if !FOCL_TARGETS_ARE_DENSE
    const mask counts = FOCL_HAS_OPTION(TARGET_ONLY) ? positive : label != FOCL_LABEL_IGNORED;
    const mask bad = label == FOCL_LABEL_OUT_OF_RANGE;
    element.loss = bad ? FOCL_NAN : counts ? element.loss : FOCL_REAL(0.0f);
    element.gradient = bad ? FOCL_NAN : counts ? element.gradient : FOCL_REAL(0.0f);
    element.hessian = bad ? FOCL_NAN : counts ? element.hessian : FOCL_REAL(0.0f);
    element.pt = bad ? FOCL_NAN : label == FOCL_LABEL_IGNORED ? FOCL_REAL(0.0f) : element.pt;
#endif
    return element;
}

FOCL_FUNCTION void focl_store(const focl_work *work, focl_place place, focl_element element) {
    if (FOCL_HAS_OUTPUT(LOSS))
        focl_store_elements(element.loss, work->loss, place, work->layout);
    if (FOCL_HAS_OUTPUT(GRADIENT)) {
        if (FOCL_HAS_OPTION(ACCUMULATE)) {
            const real old = focl_flush(focl_load_elements(work->gradient, place, work->layout));
            element.gradient = focl_flush(focl_times(old, FOCL_REAL(work->accumulate)) + element.gradient);
            focl_store_elements(element.gradient, work->gradient, place, work->layout);
        } else {
            focl_stream_elements(element.gradient, work->gradient, place, work->layout);
        }
    }
    if (FOCL_HAS_OUTPUT(HESSIAN))
        focl_store_elements(element.hessian, work->hessian, place, work->layout);
    if (FOCL_HAS_OUTPUT(PROBABILITIES))
        focl_store_elements(element.probability, work->probabilities, place, work->layout);
    if (FOCL_HAS_OUTPUT(PT))
        focl_store_elements(element.pt, work->pt, place, work->layout);
}

/* Everything for the vector at an element; its losses, 0 behind the end. */
FOCL_FUNCTION real focl_process(const focl_work *work, focl_size element_index) {
    if (element_index >= work->layout.end)
        return FOCL_REAL(0.0f);
    const focl_place place = focl_place_of(element_index, work->layout);
    const focl_element element = focl_evaluate(work, place);
    focl_store(work, place, element);
    if (work->layout.end - element_index >= FOCL_VECTOR)
        return element.loss;
    return focl_lanes_inside(element_index, work->layout) ? element.loss : FOCL_REAL(0.0f);
}

#include "fold.clh"
#include "tile.clh"

__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void
sigmoid_loss_elements(FOCL_WORK_PARAMETERS __global focl_sum *tile_sums, ulong first_tile) {
    __local focl_sum lanes[FOCL_GROUP_TILES * FOCL_LANES];
    FOCL_MAKE_WORK(work);
    focl_walk_tiles(&work, lanes, tile_sums, first_tile, FOCL_HAS_OUTPUT(SUM));
}
