/*
 * The softmax family where neighbours in memory are classes of one row: matrices of N x C, from two classes to those of
 * a language model.
 *
 * Algorithm. A group takes group_rows rows, at most as many as it has lanes, in three steps. First each row in turn:
 * its classes are FOCL_LANES lanes wide, a lane finds the maximum of its classes, then adds up what softmax_row.clh
 * asks for; lanes and chunks of FOCL_TILE classes are joined in the order of row_totals.clh. The row's sums go to one
 * lane, so that the second step, from sums to loss, is done for all the rows of the group at once. Third, each row in
 * turn is read again, from the cache, and what is wanted of its classes is written. The maximum comes before the sums,
 * not with them: a running maximum would rescale, and round, the sums, and the second reading is one from the cache. It
 * comes one row ahead, so that the joining of one row and the arithmetic of another overlap. A row is never several
 * groups': calls have more rows than a device has compute units, and the groups of a row would have to meet twice,
 * which is two more launches.
 *
 * Memory traffic per element: 4 bytes of logits from memory, twice more from the cache (as long as group_rows rows stay
 * there), 4 bytes for every output; dense targets 4 bytes, twice more from the cache. Per row: the label, row weights,
 * upstream, 4 bytes for the loss, which row_sum.cl adds up.
 *
 * Barriers: in focl_join_values and focl_share_rows. Loops around them have the same number of turns for every item:
 * they depend on group_rows and the number of classes alone.
 */
#include "softmax_work.clh"

#include "row_classes.clh"
#include "row_lanes.clh"

/*
 * Whether the exponentials wait in the gradient's memory, which is in the cache, for the third step. Where an item has
 * a row to itself that is cheaper than to calculate them again; the bits are the same.
 */
#define FOCL_KEEPS_IN_GRADIENT                                                                                \
    (FOCL_GROUP == 1 && FOCL_HAS_OUTPUT(GRADIENT) && FOCL_ROW_IS_PLAIN && FOCL_STORAGE == FOCL_STORAGE_F32 && \
     !FOCL_HAS_OUTPUT(HESSIAN) && !FOCL_HAS_OPTION(ACCUMULATE))

/* What items tell each other: a value each while they are joined, and the rows' results. */
typedef struct {
#define FOCL_SHARED_ROWS(name) focl_scalar name[FOCL_GROUP_ROWS];
    FOCL_ROW_SUMS(FOCL_SHARED_ROWS)
    focl_scalar maximum[FOCL_GROUP_ROWS];
    focl_scalar x_label[FOCL_GROUP_ROWS];
    focl_lane label[FOCL_GROUP_ROWS];
} focl_shared_sums;

typedef struct {
    FOCL_ROW_RESULTS(FOCL_SHARED_ROWS)
} focl_shared_results;

typedef struct {
    real values[FOCL_GROUP];
    focl_shared_sums sums;
#if FOCL_ROW_HAS_SECOND_PASS
    focl_shared_sums second;
#endif
    focl_shared_results results;
} focl_shared;

/* ---- The classes of a row ---- */

/* An input of a class that is not there: a share of 0. */
#if FOCL_ACTIVATION == FOCL_ACTIVATION_CATEGORICAL
#define FOCL_ABSENT 0.0f
#else
#define FOCL_ABSENT -INFINITY
#endif

FOCL_DEFINE_LOAD_CLASSES(focl_load_class_gradients, focl_read, focl_read_again, focl_storage)
#if FOCL_TARGETS_ARE_DENSE
FOCL_DEFINE_LOAD_CLASSES(focl_load_class_targets, focl_read_targets, focl_read_targets, focl_target)
#endif

FOCL_FUNCTION real focl_load_logits_inside(const focl_work *work, focl_classes classes) {
    const real x = focl_load_class_logits(work->logits, classes, work);
    return classes.inside ? x : FOCL_REAL(FOCL_ABSENT);
}

FOCL_FUNCTION focl_row_class focl_row_class_at(const focl_work *work, focl_classes classes, int label) {
    focl_row_class of;
    of.x = focl_load_logits_inside(work, classes);
    of.is_label = (mask)(label) == (int)classes.first + FOCL_LANE_NUMBERS;
    of.weight = classes.inside ? FOCL_REAL(1.0f) : FOCL_REAL(0.0f);
    of.y = FOCL_REAL(0.0f);
    if (FOCL_ROW_WEIGHS_CLASSES) {
        const uint left = work->layout.classes - classes.first;
        of.weight = focl_flush(left >= FOCL_VECTOR ? focl_read_factors(work->class_weights, classes.first)
                                                   : focl_read_factors_part(work->class_weights, classes.first, left));
    }
#if FOCL_TARGETS_ARE_DENSE
    const real y = focl_load_class_targets(work->targets, classes, work);
    of.y = classes.inside ? y : FOCL_REAL(0.0f);
#endif
    return of;
}

/* ---- First: the sums of a row ---- */

FOCL_FUNCTION focl_scalar focl_find_maximum(const focl_work *work, focl_size slot, __local focl_shared *shared) {
    const uint steps = focl_row_steps(work);
    real parts[FOCL_ITEM_PARTS];
    FOCL_EACH_PART
    parts[part] = FOCL_REAL(-INFINITY);
    for (uint step = 0; step < steps; ++step)
        FOCL_EACH_PART {
            const uint first = focl_part_start(step, part);
            if (first < work->layout.classes) {
                const real x = focl_load_logits_inside(work, focl_classes_at(work, slot, first));
                parts[part] = FOCL_GREATER(x, parts[part]);
            }
        }
    return focl_join_greatest(parts, shared->values);
}

/* What the sums of a row are taken from. */
typedef struct {
    focl_size slot;
    int label;
    int is_second_pass;
    real maximum;
    focl_mse_shares shares; /* in the second pass */
} focl_row_pass;

FOCL_FUNCTION focl_row_sums focl_sum_classes(const focl_work *work, const focl_row_pass *pass, uint first) {
    const focl_row_kind kind = focl_row_kind_here();
    const focl_classes classes = focl_classes_at(work, pass->slot, first);
    const focl_row_class of = focl_row_class_at(work, classes, pass->label);
    const real share = focl_row_exponential(of.x, pass->maximum, work->rule);
    /* An exponential of what is not there is 0 already; a clamped probability is not. */
    const real e = FOCL_ACTIVATION == FOCL_ACTIVATION_SOFTMAX ? share : classes.inside ? share : FOCL_REAL(0.0f);
    if (FOCL_KEEPS_IN_GRADIENT)
        focl_store_classes(e, work->gradient, classes, work);
    if (FOCL_ROW_HAS_SECOND_PASS && pass->is_second_pass)
        return focl_mse_part(of, e, pass->shares, kind);
    return focl_row_first_part(of, e, pass->maximum, kind, work->rule, focl_smoothing_share(work));
}

#include "row_totals.clh"

#if FOCL_ROW_HAS_SECOND_PASS
/* The same number in every lane. */
FOCL_FUNCTION focl_row_sums focl_spread_sums(focl_scalar_sums from) {
    focl_row_sums sums;
#define FOCL_SPREAD_SUM(name) sums.name = FOCL_REAL(from.name);
    FOCL_ROW_SUMS(FOCL_SPREAD_SUM)
    return sums;
}

FOCL_FUNCTION void focl_sum_again(const focl_work *work, focl_row_pass *pass, focl_scalar_sums first,
                                  focl_scalar x_label, uint place, __local focl_shared *shared) {
    const real e_label = pass->label >= 0 ? focl_exp_difference(FOCL_REAL(x_label), pass->maximum) : FOCL_REAL(0.0f);
    pass->is_second_pass = 1;
    pass->shares = focl_mse_shares_of(focl_spread_sums(first), e_label, focl_row_kind_here());
    const focl_scalar_sums second = focl_sum_pass(work, pass, shared);
    if (get_local_id(0) == 0) {
#define FOCL_SHARE_SECOND(name) shared->second.name[place] = second.name;
        FOCL_ROW_SUMS(FOCL_SHARE_SECOND)
    }
}
#endif

FOCL_FUNCTION focl_scalar focl_row_greatest(const focl_work *work, focl_size row, __local focl_shared *shared) {
    if (FOCL_ACTIVATION != FOCL_ACTIVATION_SOFTMAX)
        return 0.0f;
    const focl_scalar greatest = focl_find_maximum(work, focl_matrix_row_slot(row, &work->layout), shared);
    return focl_abs_scalar(greatest) <= FOCL_LARGEST ? greatest : (focl_scalar)NAN;
}

FOCL_FUNCTION void focl_sum_row(const focl_work *work, focl_size row, uint place, focl_scalar maximum,
                                __local focl_shared *shared) {
    focl_row_pass pass;
    pass.slot = focl_matrix_row_slot(row, &work->layout);
    pass.label = (int)shared->sums.label[place];
    pass.is_second_pass = 0;
    /* Before the gradient is written, which may be over the logits. */
    const focl_scalar x_label =
        pass.label >= 0 ? focl_read_one(work->logits, pass.slot + (focl_size)pass.label * work->layout.class_stride)
                        : 0.0f;
    pass.maximum = FOCL_REAL(maximum);
    const focl_scalar_sums first = focl_sum_pass(work, &pass, shared);
    if (get_local_id(0) == 0) {
        shared->sums.maximum[place] = maximum;
        shared->sums.x_label[place] = x_label;
#define FOCL_SHARE_FIRST(name) \
    if (FOCL_NEEDS_##name)     \
        shared->sums.name[place] = first.name;
        FOCL_ROW_SUMS(FOCL_SHARE_FIRST)
    }
#if FOCL_ROW_HAS_SECOND_PASS
    focl_sum_again(work, &pass, first, x_label, place, shared);
#endif
}

/* A row's maximum is looked for before the sums of the row before it, which do not wait for it. */
FOCL_FUNCTION void focl_sum_rows(const focl_work *work, focl_size start, uint count, __local focl_shared *shared) {
    focl_scalar maximum = focl_row_greatest(work, start, shared);
    for (uint row = 0; row < count; ++row) {
        focl_scalar next_maximum = 0.0f;
        if (row + 1 < count)
            next_maximum = focl_row_greatest(work, start + row + 1, shared);
        focl_sum_row(work, start + row, row, maximum, shared);
        maximum = next_maximum;
    }
}

/* ---- Second: from the sums to the losses, a row a lane ---- */

FOCL_FUNCTION void focl_finish_rows(const focl_work *work, focl_rows rows, uint place, __local focl_shared *shared) {
    focl_row_sums sums;
    focl_row_input input;
#define FOCL_LOAD_SUM(name) sums.name = FOCL_NEEDS_##name ? FOCL_VLOAD(place, shared->sums.name) : FOCL_REAL(0.0f);
    FOCL_ROW_SUMS(FOCL_LOAD_SUM)
    input.maximum = FOCL_VLOAD(place, shared->sums.maximum);
    focl_row_factors(rows, work, &input);
    input.x_label = input.e_label = FOCL_REAL(0.0f);
    input.weight_label = FOCL_REAL(1.0f);
    mask counts = (mask)(-1);
#if !FOCL_TARGETS_ARE_DENSE
    const mask label = FOCL_VLOAD(place, shared->sums.label);
    counts = label != FOCL_LABEL_IGNORED;
    input.x_label = FOCL_VLOAD(place, shared->sums.x_label);
    const real e_label = focl_row_exponential(input.x_label, input.maximum, work->rule);
    input.e_label = label >= 0 ? e_label : FOCL_REAL(0.0f);
    input.weight_label = focl_label_weights(label, work);
    focl_spoil_rows(label == FOCL_LABEL_OUT_OF_RANGE, &input);
#endif
    focl_row_sums second = focl_row_sums_zero();
#if FOCL_ROW_HAS_SECOND_PASS
#define FOCL_LOAD_SECOND(name) second.name = FOCL_VLOAD(place, shared->second.name);
    FOCL_ROW_SUMS(FOCL_LOAD_SECOND)
#endif
    focl_row row = focl_row_finished(sums, second, input, focl_row_kind_here(), work->rule, focl_smoothing_share(work));
    row.loss = counts ? row.loss : FOCL_REAL(0.0f);
    row.pt = counts ? row.pt : FOCL_REAL(0.0f);
    focl_store_row_results(row, rows, work);
#define FOCL_SHARE_RESULT(name) FOCL_VSTORE(row.name, place, shared->results.name);
    FOCL_ROW_RESULTS(FOCL_SHARE_RESULT)
}

/* ---- Third: what is written of the classes ---- */

FOCL_FUNCTION focl_row focl_row_at(uint place, __local const focl_shared *shared) {
    focl_row row;
#define FOCL_SPREAD_RESULT(name) row.name = FOCL_REAL(shared->results.name[place]);
    FOCL_ROW_RESULTS(FOCL_SPREAD_RESULT)
    return row;
}

FOCL_FUNCTION void focl_store_row_gradient(const focl_work *work, focl_classes classes, real gradient) {
    if (FOCL_HAS_OPTION(ACCUMULATE)) {
        const real old = focl_flush(focl_load_class_logits(work->gradient, classes, work));
        gradient = focl_flush(focl_times(old, FOCL_REAL(work->accumulate)) + gradient);
    }
    focl_store_classes(gradient, work->gradient, classes, work);
}

/* From the exponentials that wait in the gradient's memory. */
FOCL_FUNCTION void focl_store_kept_classes(const focl_work *work, focl_classes classes, int label, focl_row row) {
    const real e = focl_load_class_gradients(work->gradient, classes, work);
    const mask is_label = (mask)(label) == (int)classes.first + FOCL_LANE_NUMBERS;
    const mask counts = (mask)(label == FOCL_LABEL_IGNORED ? 0 : -1);
    focl_store_classes(focl_row_plain_gradient(is_label, counts, e, row), work->gradient, classes, work);
    if (FOCL_HAS_OUTPUT(PROBABILITIES))
        focl_store_classes(focl_times(e, row.inverse), work->probabilities, classes, work);
}

FOCL_FUNCTION void focl_store_row_classes(const focl_work *work, focl_classes classes, int label, focl_row row,
                                          real maximum) {
    const focl_row_kind kind = focl_row_kind_here();
    const focl_row_class of = focl_row_class_at(work, classes, label);
    const real e = focl_row_exponential(of.x, maximum, work->rule);
    const int counts = label != FOCL_LABEL_IGNORED;
    const real zero = FOCL_REAL(0.0f);
    focl_row_slopes slopes;
    slopes.gradient = slopes.hessian = zero;
    if (!FOCL_ROW_IS_PLAIN || FOCL_HAS_OUTPUT(HESSIAN))
        slopes = focl_row_slopes_of(of, e, row, kind, work->rule, focl_smoothing_share(work));
    if (FOCL_ROW_IS_PLAIN)
        slopes.gradient = focl_row_plain_gradient(of.is_label, (mask)(counts ? -1 : 0), e, row);
    if (FOCL_HAS_OUTPUT(GRADIENT))
        focl_store_row_gradient(work, classes, counts ? slopes.gradient : zero);
    if (FOCL_HAS_OUTPUT(HESSIAN))
        focl_store_classes(counts ? slopes.hessian : zero, work->hessian, classes, work);
    if (FOCL_HAS_OUTPUT(PROBABILITIES))
        focl_store_classes(focl_times(e, row.inverse), work->probabilities, classes, work);
}

FOCL_FUNCTION void focl_store_row(const focl_work *work, focl_size row_number, uint place,
                                  __local const focl_shared *shared) {
    const focl_size slot = focl_matrix_row_slot(row_number, &work->layout);
    const uint steps = focl_row_steps(work);
    const focl_row row = focl_row_at(place, shared);
    const real maximum = FOCL_REAL(shared->sums.maximum[place]);
    const int label = (int)shared->sums.label[place];
    for (uint step = 0; step < steps; ++step)
        FOCL_EACH_PART {
            const uint first = focl_part_start(step, part);
            if (first >= work->layout.classes)
                continue;
            if (FOCL_KEEPS_IN_GRADIENT)
                focl_store_kept_classes(work, focl_classes_at(work, slot, first), label, row);
            else
                focl_store_row_classes(work, focl_classes_at(work, slot, first), label, row, maximum);
        }
}

/* The labels of the group's rows; behind the end they count as ignored. */
FOCL_FUNCTION void focl_share_labels(const focl_work *work, focl_rows rows, uint place, __local focl_shared *shared) {
#if FOCL_TARGETS_ARE_DENSE
    FOCL_VSTORE((mask)(FOCL_LABEL_BACKGROUND), place, shared->sums.label);
#else
    const mask label = focl_load_row_labels(rows, work);
    FOCL_VSTORE(label, place, shared->sums.label);
#endif
}

__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void
softmax_loss_rows(FOCL_WORK_PARAMETERS __global focl_scalar *row_losses, uint group_rows) {
    __local focl_shared shared;
    FOCL_MAKE_WORK(work);
    work.row_losses = row_losses;
    const focl_size start = work.layout.first_row + (focl_size)get_group_id(0) * group_rows;
    const focl_size left = work.rows_end - start;
    const uint count = left < group_rows ? (uint)left : group_rows;
    const uint place = (uint)get_local_id(0) * FOCL_VECTOR;
    const focl_rows rows = focl_rows_at(&work, start + place, start + count);
    focl_share_labels(&work, rows, place, &shared);
    barrier(CLK_LOCAL_MEM_FENCE);
    focl_sum_rows(&work, start, count, &shared);
    barrier(CLK_LOCAL_MEM_FENCE);
    if (rows.count > 0)
        focl_finish_rows(&work, rows, place, &shared);
    barrier(CLK_LOCAL_MEM_FENCE);
    if (FOCL_HAS_OUTPUT(GRADIENT) || FOCL_HAS_OUTPUT(HESSIAN) || FOCL_HAS_OUTPUT(PROBABILITIES))
        for (uint row = 0; row < count; ++row)
            focl_store_row(&work, start + row, row, &shared);
}
