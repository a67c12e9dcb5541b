/*
 * Softmax and its logarithm, their vector-Jacobian products and what their Jacobians are made of, where neighbours in
 * memory are classes of one row: matrices of N x C.
 *
 * Algorithm. A group takes group_rows rows, one after the other. FOCL_LANES lanes share a row (row_lanes.clh): each
 * finds the maximum of its classes, then adds up what activation.clh asks for in the order of row_totals.clh, that of
 * softmax_loss_rows.cl, so that the bits of its probabilities are these; every item has the results, and writes its
 * classes. Memory traffic per element: x from memory and twice from the cache, upstream likewise, each output once.
 *
 * Barriers: in the joining of lanes. Loops around them have the same number of turns for every item: they depend on
 * group_rows and the number of classes alone.
 */
#include "activation_work.clh"

#include "row_classes.clh"
#include "row_lanes.clh"
#include "row_places.clh"

/* Which sums there are: joining lanes is not free. */
#define FOCL_NEEDS_rest          1
#define FOCL_NEEDS_tops          1
#define FOCL_NEEDS_slope         (FOCL_KIND == FOCL_KIND_SOFTMAX && FOCL_HAS_OUTPUT(PRODUCT))
#define FOCL_NEEDS_upstream_rest (FOCL_KIND == FOCL_KIND_LOG_SOFTMAX && FOCL_HAS_OUTPUT(PRODUCT))
#define FOCL_NEEDS_upstream_tops FOCL_NEEDS_upstream_rest

typedef struct {
    real values[FOCL_GROUP];
} focl_shared;

/* A row, its largest logit and the upstream gradient that others are measured from. */
typedef struct {
    focl_size slot;
    real maximum;
    real reference;
} focl_row_pass;

/* Behind the last class there is nothing that could be. */
FOCL_FUNCTION real focl_load_x(const focl_work *work, focl_classes classes) {
    const real x = focl_load_class_logits(work->x, classes, work);
    return classes.inside ? x : FOCL_REAL(-INFINITY);
}

FOCL_FUNCTION real focl_load_upstream(const focl_work *work, focl_classes classes) {
    if (!FOCL_HAS_OUTPUT(PRODUCT))
        return FOCL_REAL(0.0f);
    const real u = focl_load_class_logits(work->upstream, classes, work);
    return classes.inside ? u : FOCL_REAL(0.0f);
}

FOCL_FUNCTION void focl_find_peak(const focl_work *work, focl_row_pass *pass, __local focl_shared *shared) {
    const uint steps = focl_row_steps(work);
    real greatest[FOCL_ITEM_PARTS], joined[FOCL_ITEM_PARTS], references[FOCL_ITEM_PARTS];
    FOCL_EACH_PART
    greatest[part] = references[part] = FOCL_REAL(-INFINITY);
    for (uint step = 0; step < steps; ++step)
        FOCL_EACH_PART {
            const uint first = focl_part_start(step, part);
            if (first < work->layout.classes) {
                const focl_classes classes = focl_classes_at(work, pass->slot, first);
                const real x = focl_load_x(work, classes);
                const real u = focl_load_upstream(work, classes);
                const mask higher = x > greatest[part], tied = x == greatest[part];
                references[part] = higher ? u : tied && u > references[part] ? u : references[part];
                greatest[part] = FOCL_GREATER(x, greatest[part]);
            }
        }
    FOCL_EACH_PART
    joined[part] = greatest[part];
    const real maximum = FOCL_REAL(focl_join_greatest(joined, shared->values));
    pass->maximum = focl_row_maximum(maximum);
    pass->reference = FOCL_REAL(0.0f);
    if (FOCL_HAS_OUTPUT(PRODUCT)) {
        FOCL_EACH_PART
        references[part] = greatest[part] == maximum ? references[part] : FOCL_REAL(-INFINITY);
        pass->reference = focl_flush(FOCL_REAL(focl_join_greatest(references, shared->values)));
    }
}

FOCL_FUNCTION focl_row_sums focl_sum_classes(const focl_work *work, const focl_row_pass *pass, uint first) {
    const focl_classes classes = focl_classes_at(work, pass->slot, first);
    const real e = focl_exp_difference(focl_load_x(work, classes), pass->maximum);
    return focl_activation_part(e, focl_load_upstream(work, classes), pass->reference, FOCL_KIND,
                                FOCL_HAS_OUTPUT(PRODUCT));
}

#include "row_totals.clh"

FOCL_FUNCTION focl_activation_row focl_find_row(const focl_work *work, focl_row_pass *pass,
                                                __local focl_shared *shared) {
    focl_find_peak(work, pass, shared);
    const focl_scalar_sums totals = focl_sum_pass(work, pass, shared);
    focl_row_sums sums;
#define FOCL_SPREAD_SUM(name) sums.name = FOCL_REAL(totals.name);
    FOCL_ROW_SUMS(FOCL_SPREAD_SUM)
    return focl_activation_row_of(sums, pass->maximum, pass->reference);
}

/* Into an array that has the rows one after the other, without strides. */
FOCL_FUNCTION void focl_store_by_row(real value, __global focl_scalar *array, focl_size row, uint first,
                                     const focl_work *work) {
    const focl_size index = row * work->layout.classes + first;
    const uint left = work->layout.classes - first;
    if (left >= FOCL_VECTOR) {
        FOCL_VSTORE(value, index, array);
        return;
    }
    focl_scalar lanes[FOCL_VECTOR];
    FOCL_VSTORE(value, 0, lanes);
    FOCL_ROLLED
    for (uint lane = 0; lane < FOCL_VECTOR; ++lane)
        if (lane < left)
            array[index + lane] = lanes[lane];
}

FOCL_FUNCTION void focl_store_row_classes(const focl_work *work, focl_size row_number, focl_classes classes,
                                          focl_activation_row row) {
    const real x = focl_load_x(work, classes);
    const real e = focl_exp_difference(x, row.maximum);
    const focl_activated activated = focl_activate_class(x, e, focl_load_upstream(work, classes), row, FOCL_KIND);
    if (FOCL_HAS_OUTPUT(VALUE))
        focl_store_classes(activated.value, work->value, classes, work);
    if (FOCL_HAS_OUTPUT(PRODUCT))
        focl_store_classes(activated.product, work->product, classes, work);
    if (FOCL_HAS_OUTPUT(SHARES)) {
        focl_store_by_row(focl_activation_share(e, row), work->shares, row_number, classes.first, work);
        focl_store_by_row(focl_activation_complement(e, row), work->complements, row_number, classes.first, work);
    }
}

FOCL_FUNCTION void focl_activate_row(const focl_work *work, focl_size row_number, __local focl_shared *shared) {
    const uint steps = focl_row_steps(work);
    focl_row_pass pass;
    pass.slot = focl_row_slot(row_number, &work->layout);
    const focl_activation_row row = focl_find_row(work, &pass, shared);
    for (uint step = 0; step < steps; ++step)
        FOCL_EACH_PART {
            const uint first = focl_part_start(step, part);
            if (first < work->layout.classes)
                focl_store_row_classes(work, row_number, focl_classes_at(work, pass.slot, first), row);
        }
}

__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void activation_rows(FOCL_ACTIVATION_PARAMETERS) {
    __local focl_shared shared;
    FOCL_MAKE_ACTIVATION_WORK(work);
    const focl_size start = (focl_size)get_group_id(0) * group_rows;
    const focl_size left = work.rows_end - start;
    const uint count = left < group_rows ? (uint)left : group_rows;
    for (uint row = 0; row < count; ++row)
        focl_activate_row(&work, start + row, &shared);
}
