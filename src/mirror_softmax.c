/*
 * The bit-exact mirror of the softmax family: the kernels' arithmetic (row_loss.clh) and both of their orders of a
 * row's sums, that of softmax_loss_pixels.cl where inner > 1 and that of softmax_loss_rows.cl where it is 1.
 */
#include <stdbool.h>

#include "../cl/agreement.clh"
#include "../cl/reduce.clh"
#include "../cl/row_loss.clh"
#include "mirror_private.h"

/* What a call is while it is walked through. */
typedef struct softmax_mirror {
    const focl_loss_description *description;
    const focl__loss_plan *plan;
    const focl_loss_host_inputs *inputs;
    const focl_loss_host_outputs *outputs;
    focl_rule rule;
    focl_row_kind kind;
    focl_scalar share; /* smoothing / classes */
} softmax_mirror;

/* A row while it is worked on. */
typedef struct softmax_row {
    size_t number;
    size_t slot; /* of its first class */
    int64_t label;
    bool ignored;
    focl_scalar maximum;
    const focl_mse_shares *shares; /* in the second pass over the classes */
} softmax_row;

static softmax_row row_at(const softmax_mirror *m, size_t number) {
    const focl_loss_description *description = m->description;
    const focl_strides strides = m->plan->strides;
    const size_t inner = m->plan->view.inner;
    softmax_row row = {
        .number = number,
        .slot = number / inner * strides.outer + number % inner * strides.inner,
        .label = -1,
    };
    if (!m->plan->shape.dense) {
        row.label = focl__label_at(description->targets_type, m->inputs->targets, number);
        row.ignored = description->has_ignore_index && row.label == description->ignore_index;
    }
    return row;
}

static size_t slot_of(const softmax_mirror *m, const softmax_row *row, size_t class_number) {
    return row->slot + class_number * m->plan->strides.classes;
}

static focl_scalar logit_at(const softmax_mirror *m, const softmax_row *row, size_t class_number) {
    return focl__mirror_element(m->description->logits_type, m->inputs->logits, slot_of(m, row, class_number));
}

static focl_scalar factor_at(const void *array, size_t index) {
    return array ? focl_flush(focl__mirror_factor(array, index)) : 1.0F;
}

static bool is_label(const softmax_row *row, size_t class_number) {
    return !row->ignored && row->label == (int64_t)class_number;
}

static focl_row_class class_of(const softmax_mirror *m, const softmax_row *row, size_t class_number) {
    focl_row_class of = {
        .x = logit_at(m, row, class_number),
        .is_label = is_label(row, class_number),
        .weight = factor_at(m->inputs->class_weights, class_number),
    };
    if (m->kind.is_dense)
        of.y = focl__mirror_element(m->description->targets_type, m->inputs->targets, slot_of(m, row, class_number));
    return of;
}

/* Rows of probabilities have no use for one. */
static focl_scalar maximum_of(const softmax_mirror *m, const softmax_row *row) {
    if (m->rule.activation != FOCL_ACTIVATION_SOFTMAX)
        return 0.0F;
    focl_scalar maximum = logit_at(m, row, 0);
    for (size_t c = 1; c < m->plan->view.classes; c++) {
        const focl_scalar x = logit_at(m, row, c);
        maximum = x > maximum ? x : maximum;
    }
    return focl_row_maximum(maximum);
}

static focl_row_sums part_of(const softmax_mirror *m, const softmax_row *row, size_t class_number) {
    const focl_row_class of = class_of(m, row, class_number);
    const focl_scalar e = focl_row_exponential(of.x, row->maximum, m->rule);
    return row->shares ? focl_mse_part(of, e, *row->shares, m->kind)
                       : focl_row_first_part(of, e, row->maximum, m->kind, m->rule, m->share);
}

/* ---- The orders of a row's sums ---- */

/* Of `step` classes apart, from first on, below end: blocks plainly, block after block into a pair. */
static focl_row_sums sum_blocks(const softmax_mirror *m, const softmax_row *row, size_t first, size_t end,
                                size_t step) {
    focl_row_pairs pairs = focl_row_pairs_zero();
    for (size_t start = first; start < end; start += FOCL_BLOCK * step) {
        focl_row_sums block = focl_row_sums_zero();
        for (size_t c = start; c < start + FOCL_BLOCK * step && c < end; c += step)
            block = focl_row_sums_add(block, part_of(m, row, c));
        pairs = focl_row_pairs_add(pairs, block);
    }
    return focl_row_pairs_value(pairs);
}

static focl_row_sums sum_chunk(const softmax_mirror *m, const softmax_row *row, size_t first, size_t end) {
    focl_row_sums lanes[FOCL_LANES];
    for (size_t lane = 0; lane < FOCL_LANES; lane++)
        lanes[lane] = sum_blocks(m, row, first + lane, end, FOCL_LANES);
    for (size_t reach = FOCL_LANES / 2; reach > 0; reach /= 2) {
        for (size_t lane = 0; lane < reach; lane++)
            lanes[lane] = focl_row_sums_add(lanes[lane], lanes[lane + reach]);
    }
    return lanes[0];
}

static focl_row_sums sums_of(const softmax_mirror *m, const softmax_row *row) {
    const size_t classes = m->plan->view.classes;
    if (m->plan->view.inner != 1)
        return sum_blocks(m, row, 0, classes, 1);
    focl_row_pairs pairs = focl_row_pairs_zero();
    for (size_t first = 0; first < classes; first += FOCL_TILE) {
        const size_t end = classes - first < FOCL_TILE ? classes : first + FOCL_TILE;
        pairs = focl_row_pairs_add(pairs, sum_chunk(m, row, first, end));
    }
    return focl_row_pairs_value(pairs);
}

/* ---- A row ---- */

static focl_row_input input_of(const softmax_mirror *m, const softmax_row *row) {
    const focl_scalar factor = m->inputs->weights
                                   ? focl_times(m->rule.alpha_positive, factor_at(m->inputs->weights, row->number))
                                   : m->rule.alpha_positive;
    const focl_scalar scale = focl_times(factor, m->rule.gradient_scale);
    focl_row_input input = {
        .maximum = row->maximum,
        .factor = factor,
        .scale = m->inputs->upstream ? focl_times(scale, factor_at(m->inputs->upstream, row->number)) : scale,
    };
    if (!m->kind.is_dense && !row->ignored) {
        input.x_label = logit_at(m, row, (size_t)row->label);
        input.e_label = focl_row_exponential(input.x_label, row->maximum, m->rule);
        input.weight_label = factor_at(m->inputs->class_weights, (size_t)row->label);
    }
    return input;
}

static focl_row_sums second_sums(const softmax_mirror *m, const softmax_row *row, focl_row_sums first,
                                 focl_scalar e_label) {
    if (!focl_row_has_second_pass(m->rule))
        return focl_row_sums_zero();
    const focl_mse_shares shares = focl_mse_shares_of(first, e_label, m->kind);
    softmax_row again = *row;
    again.shares = &shares;
    return sums_of(m, &again);
}

static focl_row finished(const softmax_mirror *m, const softmax_row *row) {
    const focl_row_sums first = sums_of(m, row);
    const focl_row_input input = input_of(m, row);
    const focl_row_sums second = second_sums(m, row, first, input.e_label);
    return focl_row_finished(first, second, input, m->kind, m->rule, m->share);
}

static bool is_plain(const softmax_mirror *m) {
    return !m->kind.is_dense && !m->kind.is_smoothed && m->rule.objective == FOCL_OBJECTIVE_FOCAL &&
           m->rule.activation == FOCL_ACTIVATION_SOFTMAX;
}

static void write_at(const softmax_mirror *m, void *array, size_t index, focl_scalar value) {
    if (array)
        focl__mirror_store(m->description->logits_type, array, index, value);
}

static void write_gradient(const softmax_mirror *m, size_t slot, focl_scalar gradient) {
    const focl_scalar accumulate = (focl_scalar)m->plan->accumulate;
    void *array = m->outputs->gradient;
    if (array && accumulate != 0.0F) {
        const focl_scalar old = focl_flush(focl__mirror_element(m->description->logits_type, array, slot));
        gradient = focl_flush(focl_times(old, accumulate) + gradient);
    }
    write_at(m, array, slot, gradient);
}

static void write_class(const softmax_mirror *m, const softmax_row *row, const focl_row *done, size_t class_number) {
    const focl_row_class of = class_of(m, row, class_number);
    const focl_scalar e = focl_row_exponential(of.x, row->maximum, m->rule);
    const size_t slot = slot_of(m, row, class_number);
    focl_row_slopes slopes = focl_row_slopes_of(of, e, *done, m->kind, m->rule, m->share);
    if (is_plain(m))
        slopes.gradient = focl_row_plain_gradient(of.is_label, !row->ignored, e, *done);
    write_gradient(m, slot, row->ignored ? 0.0F : slopes.gradient);
    write_at(m, m->outputs->hessian, slot, row->ignored ? 0.0F : slopes.hessian);
    write_at(m, m->outputs->probabilities, slot, focl_times(e, done->inverse));
}

/* Writes a row and gives its loss. */
static focl_scalar process_row(void *context, size_t number) {
    const softmax_mirror *m = context;
    softmax_row row = row_at(m, number);
    row.maximum = maximum_of(m, &row);
    const focl_row done = finished(m, &row);
    const focl_scalar loss = row.ignored ? 0.0F : done.loss;
    write_at(m, m->outputs->loss, number, loss);
    write_at(m, m->outputs->pt, number, row.ignored ? 0.0F : done.pt);
    for (size_t c = 0; c < m->plan->view.classes; c++)
        write_class(m, &row, &done, c);
    return loss;
}

/* ---- The whole ---- */

static focl_scalar target_weight(const softmax_mirror *m, const softmax_row *row) {
    focl_pair sum = {0.0F, 0.0F};
    if (!m->kind.is_dense)
        return factor_at(m->inputs->class_weights, (size_t)row->label);
    for (size_t c = 0; c < m->plan->view.classes; c++) {
        const focl_row_class of = class_of(m, row, c);
        const focl_pair joined = focl_two_sum(sum.hi, focl_times(of.weight, focl_flush(of.y)));
        sum.hi = joined.hi;
        sum.lo = sum.lo + joined.lo;
    }
    return focl_flush(sum.hi + sum.lo);
}

static focl_scalar weight_of_row(void *context, size_t number) {
    const softmax_mirror *m = context;
    const softmax_row row = row_at(m, number);
    return row.ignored ? 0.0F : focl_times(target_weight(m, &row), input_of(m, &row).factor);
}

void FOCL__MIRRORED(focl__mirror_softmax)(const focl_loss_description *description, const focl__loss_plan *plan,
                                          const focl_loss_counts *counts, const focl_loss_host_inputs *inputs,
                                          const focl_loss_host_outputs *outputs) {
    const bool is_smoothed = plan->smoothing != 0.0;
    softmax_mirror m = {
        .description = description,
        .plan = plan,
        .inputs = inputs,
        .outputs = outputs,
        .rule = focl__mirror_rule(plan),
        .kind = {.is_dense = plan->shape.dense,
                 .is_smoothed = is_smoothed,
                 .needs_tops = plan->shape.dense || is_smoothed || outputs->hessian != NULL ||
                               plan->objective == FOCL_OBJECTIVE_MSE},
        .share = is_smoothed ? focl_flush((focl_scalar)plan->smoothing / (focl_scalar)plan->view.classes) : 0.0F,
    };
    const focl_scalar normalizer =
        focl__mirror_normalizer(plan, counts, inputs->normalizer, plan->shape.rows, weight_of_row, &m);
    m.rule.gradient_scale = focl_gradient_scale((focl_scalar)plan->upstream, normalizer);
    const size_t rows = plan->view.classes ? plan->shape.rows : 0;
    const focl_scalar sum = focl__mirror_sum(rows, process_row, &m);
    if (outputs->reduced)
        *(focl_scalar *)outputs->reduced = focl_normalized(sum, normalizer, (focl_scalar)plan->empty);
    if (outputs->used_normalizer)
        *(focl_scalar *)outputs->used_normalizer = normalizer;
}
