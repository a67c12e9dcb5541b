/*
 * The bit-exact mirror: the kernels' arithmetic (sigmoid_element.clh) and their order of sums (reduce.clh), one element
 * after the other. What a vector does in its lanes and a tile in its items is written out here as plain loops.
 */
#include <stdbool.h>

#include "../cl/agreement.clh"
#include "../cl/reduce.clh"
#include "../cl/sigmoid_element.clh"
#include "mirror_private.h"

/* What a call is while it is walked through. */
typedef struct mirror {
    const focl_loss_description *description;
    focl__loss_plan plan;
    focl_rule rule;
    const void *logits;
    const void *targets;
    const float *class_weights;
    const float *pos_weights;
    const float *weights;
    const float *upstream;
    void *loss;
    void *gradient;
    void *hessian;
    void *probabilities;
    void *pt;
} mirror;

/* An element's place. */
typedef struct place {
    size_t slot; /* in arrays of elements */
    size_t row;
    size_t class_number;
} place;

static place place_in(const mirror *m, size_t row, size_t class_number) {
    const size_t inner = m->plan.view.inner;
    const focl_strides strides = m->plan.strides;
    return (place){
        .slot = row / inner * strides.outer + class_number * strides.classes + row % inner * strides.inner,
        .row = row,
        .class_number = class_number,
    };
}

static place place_of(const mirror *m, size_t element) {
    const focl_view view = m->plan.view;
    const size_t plane = element / view.inner;
    return place_in(m, plane / view.classes * view.inner + element % view.inner, plane % view.classes);
}

static focl_scalar read_at(const mirror *m, const void *array, place at) {
    return focl__mirror_element(m->description->logits_type, array, at.slot);
}

static void write_at(const mirror *m, void *array, place at, focl_scalar value) {
    if (array)
        focl__mirror_store(m->description->logits_type, array, at.slot, value);
}

static bool is_ignored(const mirror *m, int64_t label) {
    return m->description->has_ignore_index && label == m->description->ignore_index;
}

/* Whether the label names this column: an ignored or background label names none. */
static bool is_positive(const mirror *m, int64_t label, size_t class_number) {
    const bool background = m->description->has_background && label == m->description->background;
    return !is_ignored(m, label) && !background && label == (int64_t)class_number;
}

static bool element_counts(const mirror *m, place at) {
    if (m->plan.shape.dense)
        return true;
    const int64_t label = focl__label_at(m->description->targets_type, m->targets, at.row);
    return m->description->target_only ? is_positive(m, label, at.class_number) : !is_ignored(m, label);
}

static focl_scalar weighted(const mirror *m, focl_scalar value, place at) {
    if (m->class_weights)
        value = focl_times(value, focl_flush(focl__mirror_factor(m->class_weights, at.class_number)));
    if (m->weights) {
        const size_t index = m->description->weights_extent == FOCL_PER_ELEMENT ? at.slot : at.row;
        value = focl_times(value, focl_flush(focl__mirror_factor(m->weights, index)));
    }
    return value;
}

static focl_scalar times_upstream(const mirror *m, focl_scalar gradient, place at) {
    if (!m->upstream)
        return gradient;
    const size_t index = m->description->upstream_extent == FOCL_PER_ELEMENT ? at.slot : at.row;
    return focl_times(gradient, focl_flush(focl__mirror_factor(m->upstream, index)));
}

static focl_scalar pos_weight_at(const mirror *m, place at) {
    if (!m->pos_weights)
        return 1.0F;
    const size_t index = m->description->pos_weight_count == 1 ? 0 : at.class_number;
    return focl_flush(focl__mirror_factor(m->pos_weights, index));
}

static focl_element evaluate(const mirror *m, place at) {
    const focl_scalar x = read_at(m, m->logits, at);
    const focl_scalar pos_weight = pos_weight_at(m, at);
    focl_element element;
    if (m->plan.shape.dense) {
        const focl_scalar target = focl__mirror_element(m->description->targets_type, m->targets, at.slot);
        element = focl_dense_element(x, target, pos_weight, m->rule);
    } else {
        const int64_t label = focl__label_at(m->description->targets_type, m->targets, at.row);
        element = focl_index_element(x, is_positive(m, label, at.class_number), pos_weight, m->rule);
        if (is_ignored(m, label))
            element.pt = 0.0F;
    }
    const bool counts = element_counts(m, at);
    element.loss = counts ? weighted(m, element.loss, at) : 0.0F;
    element.gradient = counts ? times_upstream(m, weighted(m, element.gradient, at), at) : 0.0F;
    element.hessian = counts ? times_upstream(m, weighted(m, element.hessian, at), at) : 0.0F;
    element.hessian = focl_curvature_written(element.hessian, m->rule);
    return element;
}

static void store(const mirror *m, place at, focl_element element) {
    write_at(m, m->loss, at, element.loss);
    if (m->gradient && m->plan.accumulate != 0.0) {
        const focl_scalar old = focl_flush(read_at(m, m->gradient, at));
        element.gradient = focl_flush(focl_times(old, (focl_scalar)m->plan.accumulate) + element.gradient);
    }
    write_at(m, m->gradient, at, element.gradient);
    write_at(m, m->hessian, at, element.hessian);
    write_at(m, m->probabilities, at, element.probability);
    write_at(m, m->pt, at, element.pt);
}

/* What is summed over the elements: the weights of those that count, or the losses, which are stored on the way. */
static focl_scalar weight_of(void *context, size_t element) {
    const mirror *m = context;
    const place at = place_of(m, element);
    return element_counts(m, at) ? weighted(m, 1.0F, at) : 0.0F;
}

static focl_scalar loss_of(void *context, size_t index) {
    const mirror *m = context;
    const place at = place_of(m, index);
    const focl_element element = evaluate(m, at);
    store(m, at, element);
    return element.loss;
}

/* With target_only a row is one summand: what its label's element has. */
static focl_scalar weight_of_row(void *context, size_t row) {
    const mirror *m = context;
    focl_scalar weight = 0.0F;
    for (size_t c = 0; c < m->plan.view.classes; c++) {
        const place at = place_in(m, row, c);
        weight = element_counts(m, at) ? weighted(m, 1.0F, at) : weight;
    }
    return weight;
}

static focl_scalar loss_of_row(void *context, size_t row) {
    const mirror *m = context;
    focl_scalar loss = 0.0F;
    for (size_t c = 0; c < m->plan.view.classes; c++) {
        const place at = place_in(m, row, c);
        const focl_element element = evaluate(m, at);
        store(m, at, element);
        loss = element_counts(m, at) ? element.loss : loss;
    }
    return loss;
}

static focl_sum join_lanes(focl_sum lanes[FOCL_LANES]) {
    for (size_t reach = FOCL_LANES / 2; reach > 0; reach /= 2) {
        for (size_t lane = 0; lane < reach; lane++)
            lanes[lane] = focl_join(lanes[lane], lanes[lane + reach]);
    }
    return lanes[0];
}

/* values: those of a tile, FOCL_TILE of them. */
static focl_sum tile_sum(const focl_scalar *values) {
    focl_sum lanes[FOCL_LANES];
    for (size_t lane = 0; lane < FOCL_LANES; lane++) {
        lanes[lane] = (focl_sum){0.0F, 0.0F};
        for (size_t block = 0; block < FOCL_BLOCKS; block++) {
            focl_scalar plain = 0.0F;
            for (size_t step = 0; step < FOCL_BLOCK; step++)
                plain += values[(block * FOCL_BLOCK + step) * FOCL_LANES + lane];
            lanes[lane] = focl_join(lanes[lane], (focl_sum){plain, 0.0F});
        }
    }
    return join_lanes(lanes);
}

focl_scalar focl__mirror_sum(size_t count, focl__mirror_value *value_of, void *context) {
    focl_sum lanes[FOCL_LANES] = {{0.0F, 0.0F}};
    for (size_t tile = 0; tile * FOCL_TILE < count; tile++) {
        focl_scalar values[FOCL_TILE];
        for (size_t i = 0; i < FOCL_TILE; i++) {
            const size_t index = tile * FOCL_TILE + i;
            values[i] = index < count ? value_of(context, index) : 0.0F;
        }
        focl_sum *lane = &lanes[tile % FOCL_LANES];
        *lane = focl_join(*lane, tile_sum(values));
    }
    return focl_sum_value(join_lanes(lanes));
}

focl_scalar focl__mirror_normalizer(const focl__loss_plan *plan, const focl_loss_counts *counts, const void *given,
                                    size_t count, focl__mirror_value *value_of, void *context) {
    switch (plan->source) {
    case FOCL__NORMALIZER_WEIGHTS:
        return focl_flush(focl__mirror_sum(count, value_of, context));
    case FOCL__NORMALIZER_ARRAY:
        return *(const focl_scalar *)given;
    default:
        return (focl_scalar)focl__loss_plan_divisor(plan, counts);
    }
}

focl_rule focl__mirror_rule(const focl__loss_plan *plan) {
    return (focl_rule){
        .activation = plan->activation,
        .objective = plan->objective,
        .curvature = plan->curvature,
        .gamma_kind = plan->gamma_kind,
        .is_asymmetric = plan->asymmetric,
        .gamma = (focl_scalar)plan->gamma,
        .gamma_negative = (focl_scalar)plan->gamma_negative,
        .margin = (focl_scalar)plan->margin,
        .poly1 = (focl_scalar)plan->poly1,
        .alpha_positive = (focl_scalar)plan->alpha_positive,
        .alpha_negative = (focl_scalar)plan->alpha_negative,
        .smoothing = (focl_scalar)plan->smoothing,
        .clip = (focl_scalar)plan->clip,
        .has_pos_weight = plan->shape.arrays[FOCL__LOSS_pos_weights].given,
        .has_hessian = plan->shape.arrays[FOCL__LOSS_hessian].given,
    };
}

static mirror mirror_of(const focl_loss_description *description, const focl__loss_plan *plan,
                        const focl_loss_host_inputs *inputs, const focl_loss_host_outputs *outputs) {
    return (mirror){
        .description = description,
        .plan = *plan,
        .logits = inputs->logits,
        .targets = inputs->targets,
        .class_weights = inputs->class_weights,
        .pos_weights = inputs->pos_weights,
        .weights = inputs->weights,
        .upstream = inputs->upstream,
        .loss = outputs->loss,
        .gradient = outputs->gradient,
        .hessian = outputs->hessian,
        .probabilities = outputs->probabilities,
        .pt = outputs->pt,
    };
}

void FOCL__MIRRORED(focl__mirror_sigmoid)(const focl_loss_description *description, const focl__loss_plan *plan,
                                          const focl_loss_counts *counts, const focl_loss_host_inputs *inputs,
                                          const focl_loss_host_outputs *outputs) {
    const focl__loss_shape *shape = &plan->shape;
    const bool rows = focl__loss_sums_rows(description) && shape->elements > 0;
    const size_t summands = rows ? shape->rows : shape->elements;
    mirror m = mirror_of(description, plan, inputs, outputs);
    const focl_scalar normalizer =
        focl__mirror_normalizer(&m.plan, counts, inputs->normalizer, summands, rows ? weight_of_row : weight_of, &m);
    m.rule = focl__mirror_rule(&m.plan);
    m.rule.gradient_scale = focl_gradient_scale((focl_scalar)plan->upstream, normalizer);
    const focl_scalar sum = focl__mirror_sum(summands, rows ? loss_of_row : loss_of, &m);
    if (outputs->reduced)
        *(focl_scalar *)outputs->reduced = focl_normalized(sum, normalizer, (focl_scalar)plan->empty);
    if (outputs->used_normalizer)
        *(focl_scalar *)outputs->used_normalizer = normalizer;
}
