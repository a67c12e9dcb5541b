/*
 * The bit-exact mirror: the kernels' arithmetic (sigmoid_element.clh) and their order of sums (reduce.clh), one element
 * after the other. What a vector does in its lanes and a tile in its items is written out here as plain loops.
 */
#include "focl/mirror.h"

#include "../cl/agreement.clh"
#include "../cl/reduce.clh"
#include "../cl/sigmoid_element.clh"
#include "loss_check.h"
#include "loss_plan.h"

/* What a call is while it is walked through. */
typedef struct mirror {
    const focl_loss_description *description;
    focl__loss_plan plan;
    focl_rule rule;
    const float *logits;
    const void *targets;
    const float *class_weights;
    const float *pos_weights;
    const float *weights;
    const float *upstream;
    float *loss;
    float *gradient;
    float *probabilities;
    float *pt;
} mirror;

/* An element's place. */
typedef struct place {
    size_t element;
    size_t row;
    size_t class_number;
} place;

static place place_of(const mirror *m, size_t element) {
    const focl_view view = m->plan.view;
    const size_t plane = element / view.inner;
    const size_t outer = plane / view.classes;
    return (place){element, outer * view.inner + element % view.inner, plane % view.classes};
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

static float weighted(const mirror *m, float value, place at) {
    if (m->class_weights)
        value = focl_times(value, focl_flush(m->class_weights[at.class_number]));
    if (m->weights) {
        const size_t index = m->description->weights_extent == FOCL_PER_ELEMENT ? at.element : at.row;
        value = focl_times(value, focl_flush(m->weights[index]));
    }
    return value;
}

static float times_upstream(const mirror *m, float gradient, place at) {
    if (!m->upstream)
        return gradient;
    const size_t index = m->description->upstream_extent == FOCL_PER_ELEMENT ? at.element : at.row;
    return focl_times(gradient, focl_flush(m->upstream[index]));
}

static float pos_weight_at(const mirror *m, place at) {
    if (!m->pos_weights)
        return 1.0F;
    return focl_flush(m->pos_weights[m->description->pos_weight_count == 1 ? 0 : at.class_number]);
}

static focl_element evaluate(const mirror *m, place at) {
    const float x = m->logits[at.element];
    const float pos_weight = pos_weight_at(m, at);
    focl_element element;
    if (m->plan.shape.dense) {
        element = focl_dense_element(x, ((const float *)m->targets)[at.element], pos_weight, m->rule);
    } else {
        const int64_t label = focl__label_at(m->description->targets_type, m->targets, at.row);
        element = focl_index_element(x, is_positive(m, label, at.class_number), pos_weight, m->rule);
        if (is_ignored(m, label))
            element.pt = 0.0F;
    }
    const bool counts = element_counts(m, at);
    element.loss = counts ? weighted(m, element.loss, at) : 0.0F;
    element.gradient = counts ? times_upstream(m, weighted(m, element.gradient, at), at) : 0.0F;
    return element;
}

static void store(const mirror *m, size_t at, focl_element element) {
    if (m->loss)
        m->loss[at] = element.loss;
    if (m->gradient) {
        const float accumulate = m->plan.accumulate;
        if (accumulate != 0.0F)
            element.gradient = focl_flush(focl_times(focl_flush(m->gradient[at]), accumulate) + element.gradient);
        m->gradient[at] = element.gradient;
    }
    if (m->probabilities)
        m->probabilities[at] = element.probability;
    if (m->pt)
        m->pt[at] = element.pt;
}

/* What is summed over the elements: the weights of those that count, or the losses, which are stored on the way. */
typedef float (*summand)(const mirror *m, place at);

static float weight_of(const mirror *m, place at) {
    return element_counts(m, at) ? weighted(m, 1.0F, at) : 0.0F;
}

static float loss_of(const mirror *m, place at) {
    const focl_element element = evaluate(m, at);
    store(m, at.element, element);
    return element.loss;
}

static focl_sum join_lanes(focl_sum lanes[FOCL_LANES]) {
    for (size_t reach = FOCL_LANES / 2; reach > 0; reach /= 2) {
        for (size_t lane = 0; lane < reach; lane++)
            lanes[lane] = focl_join(lanes[lane], lanes[lane + reach]);
    }
    return lanes[0];
}

/* values: those of a tile, FOCL_TILE of them. */
static focl_sum tile_sum(const float *values) {
    focl_sum lanes[FOCL_LANES];
    for (size_t lane = 0; lane < FOCL_LANES; lane++) {
        lanes[lane] = (focl_sum){0.0F, 0.0F};
        for (size_t block = 0; block < FOCL_BLOCKS; block++) {
            float plain = 0.0F;
            for (size_t step = 0; step < FOCL_BLOCK; step++)
                plain += values[(block * FOCL_BLOCK + step) * FOCL_LANES + lane];
            lanes[lane] = focl_join(lanes[lane], (focl_sum){plain, 0.0F});
        }
    }
    return join_lanes(lanes);
}

static float sum_over_elements(const mirror *m, summand value_of) {
    const size_t elements = m->plan.shape.elements;
    focl_sum lanes[FOCL_LANES] = {{0.0F, 0.0F}};
    for (size_t tile = 0; tile * FOCL_TILE < elements; tile++) {
        float values[FOCL_TILE];
        for (size_t i = 0; i < FOCL_TILE; i++) {
            const size_t element = tile * FOCL_TILE + i;
            values[i] = element < elements ? value_of(m, place_of(m, element)) : 0.0F;
        }
        focl_sum *lane = &lanes[tile % FOCL_LANES];
        *lane = focl_join(*lane, tile_sum(values));
    }
    return focl_sum_value(join_lanes(lanes));
}

static float normalizer_of(const mirror *m, const focl_loss_counts *counts, const float *given) {
    switch (m->plan.source) {
    case FOCL__NORMALIZER_WEIGHTS:
        return focl_flush(sum_over_elements(m, weight_of));
    case FOCL__NORMALIZER_ARRAY:
        return *given;
    default:
        return focl__loss_plan_divisor(&m->plan, counts);
    }
}

static focl_rule rule_of(const mirror *m, float normalizer) {
    return (focl_rule){
        .activation = m->plan.activation,
        .gamma_kind = m->plan.gamma_kind,
        .gamma = m->plan.gamma,
        .alpha_positive = m->plan.alpha_positive,
        .alpha_negative = m->plan.alpha_negative,
        .smoothing = m->plan.smoothing,
        .clip = m->plan.clip,
        .has_pos_weight = m->pos_weights != NULL,
        .gradient_scale = focl_gradient_scale(m->plan.upstream, normalizer),
    };
}

static mirror mirror_of(const focl_loss_description *description, const focl__loss_shape *shape,
                        const focl_loss_host_inputs *inputs, const focl_loss_host_outputs *outputs) {
    return (mirror){
        .description = description,
        .plan = focl__loss_plan_make(description, shape),
        .logits = inputs->logits,
        .targets = inputs->targets,
        .class_weights = inputs->class_weights,
        .pos_weights = inputs->pos_weights,
        .weights = inputs->weights,
        .upstream = inputs->upstream,
        .loss = outputs->loss,
        .gradient = outputs->gradient,
        .probabilities = outputs->probabilities,
        .pt = outputs->pt,
    };
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

    mirror m = mirror_of(description, &shape, inputs, outputs);
    const float normalizer = normalizer_of(&m, &counts, inputs->normalizer);
    m.rule = rule_of(&m, normalizer);
    const float sum = sum_over_elements(&m, loss_of);
    if (outputs->reduced)
        *(float *)outputs->reduced = focl_normalized(sum, normalizer, m.plan.empty);
    if (outputs->used_normalizer)
        *(float *)outputs->used_normalizer = normalizer;
    if (outputs->counts)
        *(focl_loss_counts *)outputs->counts = counts;
    return FOCL_OK;
}
