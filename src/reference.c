/*
 * The reference: the mathematics of focl/loss.h in double precision, element by element, in the plainest form that
 * neither overflows nor cancels. It decides what is true, so it is not written from any kernel and is not fast.
 *
 * Both activations give the two probabilities of an element, their negative logarithms and the slopes of these; what
 * follows is one formula for hard and for soft targets:
 *
 *   CE = pw s p_cost + (1-s) m_cost            p_cost = -log p, m_cost = -log(1-p), s the smoothed target
 *   q  = t (1-p) + (1-t) p                     t the target itself
 *   FL = alpha_t q^gamma CE                    FL' = alpha_t q^gamma (CE' + gamma (log q)' CE)
 */
#include "focl/reference.h"

#include <math.h>

#include "error.h"
#include "loss_check.h"

/* ---- One element ---- */

typedef struct probability {
    double p, m;             /* of t = 1 and of t = 0 */
    double slope;            /* dp/dinput */
    double p_cost, m_cost;   /* -log p, -log m */
    double p_slope, m_slope; /* their derivatives by the input */
    bool clamped;
} probability;

static double softplus(double v) {
    return fmax(v, 0) + log1p(exp(-fabs(v)));
}

static double sigmoid(double v) {
    const double e = exp(-fabs(v));
    return v >= 0 ? 1 / (1 + e) : e / (1 + e);
}

static probability probability_of_logit(double x) {
    const double p = sigmoid(x);
    const double m = sigmoid(-x);
    return (probability){
        .p = p,
        .m = m,
        .slope = p * m,
        .p_cost = softplus(-x),
        .m_cost = softplus(x),
        .p_slope = -m,
        .m_slope = p,
    };
}

/* Comparisons, not fmin and fmax, so that NaN stays NaN. */
static double clamp(double value, double low, double high) {
    if (value < low)
        return low;
    return value > high ? high : value;
}

static probability probability_itself(double input, double clip) {
    const double p = clamp(input, clip, 1 - clip);
    return (probability){
        .p = p,
        .m = 1 - p,
        .slope = 1,
        .p_cost = -log(p),
        .m_cost = -log1p(-p),
        .p_slope = -1 / p,
        .m_slope = 1 / (1 - p),
        .clamped = input < clip || input > 1 - clip,
    };
}

static probability probability_of(const focl_loss_description *description, double input) {
    return description->activation == FOCL_SIGMOID ? probability_of_logit(input)
                                                   : probability_itself(input, description->clip);
}

/* a x b where 0 wins over an infinity: the limit of every such product in this file. */
static double product(double a, double b) {
    return (a == 0 && isinf(b)) || (b == 0 && isinf(a)) ? 0 : a * b;
}

static double blend(double t, double of_one, double of_zero) {
    return product(t, of_one) + product(1 - t, of_zero);
}

static double smoothed_target(const focl_loss_description *description, double t) {
    const double s = description->label_smoothing;
    return t * (1 - s) + s / 2;
}

static double alpha_factor(const focl_loss_description *description, double t) {
    const double alpha = description->alpha;
    return alpha < 0 ? 1 : alpha * t + (1 - alpha) * (1 - t);
}

struct focus {
    double power;     /* q^gamma */
    double log_slope; /* d(log q)/dinput */
};

/* For a hard target log q is known without forming q, which may be too small for a double while q^gamma is not. */
static struct focus focus_of(double gamma, double t, const probability *of) {
    const bool hard = t <= 0 || t >= 1;
    const double q = blend(t, of->m, of->p);
    const double log_q = hard ? -blend(t, of->m_cost, of->p_cost) : log(q);
    const double log_slope = hard ? -blend(t, of->m_slope, of->p_slope) : (1 - 2 * t) * of->slope / q;
    return (struct focus){.power = gamma > 0 ? exp(gamma * log_q) : 1, .log_slope = log_slope};
}

typedef struct loss_value {
    double loss;
    double gradient;
} loss_value;

static loss_value focal_loss(const focl_loss_description *description, double t, double pos_weight,
                             const probability *of) {
    const double smoothed = smoothed_target(description, t);
    const double cost = product(pos_weight * smoothed, of->p_cost) + product(1 - smoothed, of->m_cost);
    const double slope = product(pos_weight * smoothed, of->p_slope) + product(1 - smoothed, of->m_slope);
    const double gamma = description->gamma;
    const struct focus focus = focus_of(gamma, t, of);
    const double alpha = alpha_factor(description, t);
    /* Where q is 0 the power wins: the limit for gamma > 1, and for any gamma > 0 without smoothing (-log p / q -> 1).
     */
    const double by_cost = product(focus.power, slope);
    /* Where both are infinite, at a probability of 0 or 1, 1/p grows faster than log p. */
    const bool cost_decides = isinf(cost) && isinf(slope);
    const double by_power =
        gamma > 0 && !cost_decides ? product(gamma * focus.power, product(cost, focus.log_slope)) : 0;
    return (loss_value){
        .loss = alpha * product(focus.power, cost),
        .gradient = of->clamped ? 0 : alpha * (by_cost + by_power),
    };
}

/* ---- The arrays ---- */

struct problem {
    const focl_loss_description *description;
    const focl_loss_host_inputs *inputs;
    const focl_reference_outputs *outputs;
    focl__loss_shape shape;
    focl_loss_counts counts;
    double normalizer;
};

struct element {
    size_t index;
    size_t row;
    size_t column;
    double target;
    bool ignored;
    bool counts;
};

static void read_label(const struct problem *problem, struct element *element) {
    const focl_loss_description *description = problem->description;
    const int64_t label = focl__label_at(problem->description->targets_type, problem->inputs->targets, element->row);
    const bool background = description->has_background && label == description->background;
    const bool positive = !background && label == (int64_t)element->column;
    element->ignored = description->has_ignore_index && label == description->ignore_index;
    element->target = positive ? 1 : 0;
    element->counts = !element->ignored && (positive || !description->target_only);
}

static struct element element_at(const struct problem *problem, size_t index) {
    const focl_view view = problem->description->shape;
    const size_t outer = index / view.inner / view.classes;
    struct element element = {
        .index = index,
        .row = outer * view.inner + index % view.inner,
        .column = index / view.inner % view.classes,
        .counts = true,
    };
    if (problem->shape.dense)
        element.target = (double)((const float *)problem->inputs->targets)[index];
    else
        read_label(problem, &element);
    return element;
}

static double factor_at(const void *array, size_t index) {
    return array ? (double)((const float *)array)[index] : 1;
}

static size_t place(focl_extent extent, const struct element *element) {
    return extent == FOCL_PER_ELEMENT ? element->index : element->row;
}

static double weight_at(const struct problem *problem, const struct element *element) {
    const focl_loss_host_inputs *inputs = problem->inputs;
    return factor_at(inputs->class_weights, element->column) *
           factor_at(inputs->weights, place(problem->description->weights_extent, element));
}

static double pos_weight_at(const struct problem *problem, const struct element *element) {
    return factor_at(problem->inputs->pos_weights, problem->description->pos_weight_count == 1 ? 0 : element->column);
}

static double upstream_at(const struct problem *problem, const struct element *element) {
    const focl_loss_description *description = problem->description;
    return description->upstream * factor_at(problem->inputs->upstream, place(description->upstream_extent, element));
}

/* ---- The reduction ---- */

/* Neumaier's sum: the rounding of each addition is kept and added at the end. */
typedef struct running_sum {
    double total;
    double lost;
} running_sum;

static void add(running_sum *sum, double value) {
    const double total = sum->total + value;
    const bool value_smaller = fabs(sum->total) >= fabs(value);
    sum->lost += value_smaller ? (sum->total - total) + value : (value - total) + sum->total;
    sum->total = total;
}

static double sum_value(const running_sum *sum) {
    return isfinite(sum->total) ? sum->total + sum->lost : sum->total;
}

static double sum_of_weights(const struct problem *problem) {
    running_sum sum = {0};
    for (size_t i = 0; i < problem->shape.elements; i++) {
        const struct element element = element_at(problem, i);
        if (element.counts)
            add(&sum, weight_at(problem, &element));
    }
    return sum_value(&sum);
}

static double normalizer_of(const struct problem *problem) {
    const focl_loss_counts *counts = &problem->counts;
    switch (problem->description->reduction) {
    case FOCL_REDUCTION_MEAN:
        return (double)counts->counted;
    case FOCL_REDUCTION_ROW_MEAN:
        return (double)counts->counted_rows;
    case FOCL_REDUCTION_WEIGHTED_MEAN:
        return sum_of_weights(problem);
    case FOCL_REDUCTION_POSITIVE_MEAN:
        return fmax(1, (double)counts->positive);
    case FOCL_REDUCTION_GIVEN:
        return problem->inputs->normalizer ? (double)*(const float *)problem->inputs->normalizer
                                           : problem->description->normalizer;
    case FOCL_REDUCTION_NONE:
    case FOCL_REDUCTION_SUM:
        break;
    }
    return 1;
}

static double reduced_loss(const struct problem *problem, double sum) {
    if (problem->normalizer == 0)
        return problem->description->empty == FOCL_EMPTY_NAN ? (double)NAN : 0;
    return sum / problem->normalizer;
}

/* ---- The whole ---- */

static loss_value value_at(const struct problem *problem, const struct element *element, const probability *of) {
    if (!element->counts)
        return (loss_value){0};
    const double weight = weight_at(problem, element);
    loss_value value = focal_loss(problem->description, element->target, pos_weight_at(problem, element), of);
    value.loss *= weight;
    value.gradient =
        problem->normalizer == 0 ? 0 : value.gradient * weight * upstream_at(problem, element) / problem->normalizer;
    return value;
}

static void write_gradient(const struct problem *problem, size_t index, double gradient) {
    const double accumulate = problem->description->accumulate;
    double *place = &problem->outputs->gradient[index];
    *place = accumulate == 0 ? gradient : accumulate * *place + gradient;
}

/* Gives the element's loss. */
static double write_element(const struct problem *problem, size_t index) {
    const focl_reference_outputs *outputs = problem->outputs;
    const struct element element = element_at(problem, index);
    const double input = (double)((const float *)problem->inputs->logits)[index];
    const probability of = probability_of(problem->description, input);
    const loss_value value = value_at(problem, &element, &of);
    if (outputs->loss)
        outputs->loss[index] = value.loss;
    if (outputs->gradient)
        write_gradient(problem, index, value.gradient);
    if (outputs->probabilities)
        outputs->probabilities[index] = of.p;
    if (outputs->pt)
        outputs->pt[index] = element.ignored ? 0 : blend(element.target, of.p, of.m);
    return value.loss;
}

static double write_elements(const struct problem *problem) {
    running_sum sum = {0};
    for (size_t i = 0; i < problem->shape.elements; i++)
        add(&sum, write_element(problem, i));
    return sum_value(&sum);
}

static void calculate(struct problem *problem) {
    const focl_reference_outputs *outputs = problem->outputs;
    problem->normalizer = normalizer_of(problem);
    const double sum = write_elements(problem);
    if (outputs->reduced)
        *outputs->reduced = reduced_loss(problem, sum);
    if (outputs->counts)
        *outputs->counts = problem->counts;
    if (outputs->used_normalizer)
        *outputs->used_normalizer = problem->normalizer;
}

focl_status focl_reference_loss(const focl_loss_description *description, const focl_loss_host_inputs *inputs,
                                const focl_reference_outputs *outputs) {
    if (!inputs || !outputs)
        return focl__fail(FOCL_EINVAL, inputs ? "outputs" : "inputs", "is NULL");
    const void *const pointers[FOCL__LOSS_ARRAY_COUNT] = {
#define ARRAY_POINTER(structure, field)     [FOCL__LOSS_##field] = structure->field,
#define INPUT_POINTER(field, type, extent)  ARRAY_POINTER(inputs, field)
#define OUTPUT_POINTER(field, type, extent) ARRAY_POINTER(outputs, field)
        FOCL_LOSS_INPUT_TABLE(INPUT_POINTER) FOCL_LOSS_OUTPUT_TABLE(OUTPUT_POINTER)
#undef ARRAY_POINTER
#undef INPUT_POINTER
#undef OUTPUT_POINTER
    };
    struct problem problem = {.description = description, .inputs = inputs, .outputs = outputs};
    focl_status status = focl__loss_check_host(description, pointers, sizeof(double), &problem.shape);
    if (!status)
        status = focl__loss_check_targets(description, &problem.shape, inputs->targets, &problem.counts);
    if (!status)
        calculate(&problem);
    return status;
}
