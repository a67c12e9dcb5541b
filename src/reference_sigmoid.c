/*
 * The reference for one element of the sigmoid family, hard and soft targets alike:
 *
 *   CE = w s (-log p) + (1-s) (-log q)         p, q the probabilities of t = 1 and t = 0, s the smoothed target
 *   m  = t q + (1-t) p                         t the target itself
 *   L  = alpha_t m^gamma (CE + poly1 m)
 *
 * Each is kept with its derivatives by the input. With a margin, max(p - margin, 0) stands for p where t = 0.
 */
#include "reference_private.h"

/* An input as the two targets see it. */
typedef struct sides {
    double q;                 /* 1 - p, without a margin */
    focl__jet p;              /* the probability of t = 1 */
    focl__jet shifted;        /* the same with the margin taken off */
    focl__jet cost_of_one;    /* -log p */
    focl__jet cost_of_zero;   /* -log(1 - shifted) */
    focl__focus focus_of_one; /* m where t is 1: q */
    focl__focus focus_of_zero;
    bool clamped;
} sides;

/* m = 0 throughout. */
static const focl__focus no_focus = {.log_value = -(double)INFINITY};

static double softplus(double v) {
    return fmax(v, 0) + log1p(exp(-fabs(v)));
}

static double sigmoid(double v) {
    const double e = exp(-fabs(v));
    return v >= 0 ? 1 / (1 + e) : e / (1 + e);
}

static sides sides_of_logit(double x) {
    const double p = sigmoid(x);
    const double q = sigmoid(-x);
    const double slope = p * q;
    const focl__jet probability = {p, slope, slope * (q - p)};
    return (sides){
        .q = q,
        .p = probability,
        .shifted = probability,
        .cost_of_one = {softplus(-x), -q, slope},
        .cost_of_zero = {softplus(x), p, slope},
        .focus_of_one = {-softplus(x), -p, -p * (q - p)},
        .focus_of_zero = {-softplus(-x), q, q * (q - p)},
    };
}

/* A negative that is right enough costs nothing and changes nothing. */
static void take_margin_off(double margin, sides *of) {
    const double shifted = of->p.value - margin;
    if (shifted <= 0) {
        of->shifted = of->cost_of_zero = (focl__jet){0};
        of->focus_of_zero = no_focus;
        return;
    }
    const double slope = of->p.slope / (of->q + margin);
    of->shifted.value = shifted;
    of->cost_of_zero = (focl__jet){-log1p(-shifted), slope, of->p.bend / (of->q + margin) + slope * slope};
    of->focus_of_zero = (focl__focus){log(shifted), of->p.slope / shifted, of->p.bend / shifted};
}

/* Comparisons, not fmin and fmax, so that NaN stays NaN. */
static double clamp(double value, double low, double high) {
    if (value < low)
        return low;
    return value > high ? high : value;
}

static sides sides_of_probability(double input, double clip) {
    const bool outside = !(input >= clip && input <= 1 - clip);
    const double p = outside && clip == 0 ? (double)NAN : clamp(input, clip, 1 - clip);
    const double q = 1 - p;
    const focl__jet probability = {.value = p, .slope = 1};
    return (sides){
        .q = q,
        .p = probability,
        .shifted = probability,
        .cost_of_one = {-log(p), -1 / p, 1 / p / p},
        .cost_of_zero = {-log1p(-p), 1 / q, 1 / q / q},
        .focus_of_one = {.log_value = log1p(-p), .slope = -1 / q},
        .focus_of_zero = {.log_value = log(p), .slope = 1 / p},
        .clamped = outside,
    };
}

static sides sides_of(const focl_loss_description *description, double input) {
    if (description->activation == FOCL_IDENTITY)
        return sides_of_probability(input, description->clip);
    sides of = sides_of_logit(input);
    if (description->margin > 0)
        take_margin_off(description->margin, &of);
    return of;
}

static double blend(double t, double of_one, double of_zero) {
    return focl__product(t, of_one) + focl__product(1 - t, of_zero);
}

static focl__focus blended_focus(double t, const sides *of) {
    const double m = blend(t, of->q, of->shifted.value);
    if (m == 0)
        return no_focus;
    return (focl__focus){
        .log_value = log(m),
        .slope = blend(t, -of->p.slope, of->shifted.slope) / m,
        .bend = blend(t, -of->p.bend, of->shifted.bend) / m,
    };
}

static focl__focus focus_of(double t, const sides *of) {
    if (t <= 0)
        return of->focus_of_zero;
    return t >= 1 ? of->focus_of_one : blended_focus(t, of);
}

static focl__jet cost_of(const focl_loss_description *description, double t, double pos_weight, const sides *of) {
    const double s = description->label_smoothing;
    const double smoothed = t * (1 - s) + s / 2;
    return focl__jet_sum(focl__jet_scale(pos_weight * smoothed, of->cost_of_one),
                         focl__jet_scale(1 - smoothed, of->cost_of_zero));
}

/* ---- The objectives ---- */

static double alpha_factor(const focl_loss_description *description, double t) {
    const double alpha = description->alpha;
    return alpha < 0 ? 1 : alpha * t + (1 - alpha) * (1 - t);
}

static double exponent(const focl_loss_description *description, double t) {
    const double negative = description->gamma_negative;
    return negative < 0 ? description->gamma : description->gamma * t + negative * (1 - t);
}

static bool is_gauss_newton(const focl_loss_description *description) {
    return description->curvature == FOCL_CURVATURE_GAUSS_NEWTON;
}

static double focal_gauss_newton(double gamma, focl__focus m, focl__jet cost) {
    const focl__jet power = focl__jet_power(gamma, m);
    const double curvature =
        focl__product(power.value, cost.bend) + focl__product(focl__product(power.slope, m.slope), cost.value);
    return curvature < 0 ? 0 : curvature;
}

static focl__jet focal(const focl_loss_description *description, double t, double pos_weight, const sides *of) {
    const focl__jet cost = cost_of(description, t, pos_weight, of);
    const focl__focus m = focus_of(t, of);
    const double gamma = exponent(description, t);
    focl__jet loss = focl__jet_focal(gamma, m, cost, description->poly1);
    if (is_gauss_newton(description))
        loss.bend = focal_gauss_newton(gamma, m, cost);
    return focl__jet_scale(alpha_factor(description, t), loss);
}

/* p - t, in terms that cancel only where the difference itself is small. */
static focl__jet distance(double t, const sides *of) {
    return (focl__jet){of->p.value * (1 - t) - t * of->q, of->p.slope, of->p.bend};
}

/* Where a soft target is met exactly, of the derivatives only a square's second is there; 0 stands for the others. */
static focl__jet power_of_nothing(double gamma, focl__jet distance) {
    return (focl__jet){.value = gamma == 0, .bend = gamma == 2 ? 2 * distance.slope * distance.slope : 0};
}

/* |distance|^gamma. */
static focl__jet power_of_distance(double gamma, focl__jet distance) {
    if (distance.value == 0)
        return power_of_nothing(gamma, distance);
    const focl__focus size = {
        .log_value = log(fabs(distance.value)),
        .slope = distance.slope / distance.value,
        .bend = distance.bend / distance.value,
    };
    return focl__jet_power(gamma, size);
}

/* A weight times the cross entropy; Gauss-Newton takes the weight for a constant. */
static focl__jet weighted_cost(const focl_loss_description *description, focl__jet weight, focl__jet cost) {
    focl__jet loss = focl__jet_product(weight, cost);
    if (is_gauss_newton(description))
        loss.bend = focl__product(weight.value, cost.bend);
    return loss;
}

static focl__jet quality_focal(const focl_loss_description *description, double t, double pos_weight, const sides *of) {
    const bool hard = t <= 0 || t >= 1;
    const focl__jet weight = hard ? focl__jet_power(description->gamma, focus_of(t, of))
                                  : power_of_distance(description->gamma, distance(t, of));
    return weighted_cost(description, weight, cost_of(description, t, pos_weight, of));
}

static focl__jet varifocal(const focl_loss_description *description, double t, double pos_weight, const sides *of) {
    const double alpha = description->alpha < 0 ? 1 : description->alpha;
    const focl__jet negative = focl__jet_scale(alpha, focl__jet_power(description->gamma, of->focus_of_zero));
    const focl__jet weight = t > 0 ? (focl__jet){.value = t} : negative;
    return weighted_cost(description, weight, cost_of(description, t, pos_weight, of));
}

static focl__jet squared(const focl_loss_description *description, focl__jet distance) {
    const double gauss_newton = 2 * distance.slope * distance.slope;
    return (focl__jet){
        .value = distance.value * distance.value,
        .slope = 2 * distance.value * distance.slope,
        .bend = is_gauss_newton(description) ? gauss_newton
                                             : gauss_newton + 2 * focl__product(distance.value, distance.bend),
    };
}

static focl__jet loss_of(const focl_loss_description *description, double t, double pos_weight, const sides *of) {
    switch (description->objective) {
    case FOCL_QUALITY_FOCAL:
        return quality_focal(description, t, pos_weight, of);
    case FOCL_VARIFOCAL:
        return varifocal(description, t, pos_weight, of);
    case FOCL_MSE:
        return squared(description, distance(t, of));
    default:
        return focal(description, t, pos_weight, of);
    }
}

/* ---- The element ---- */

/* The squared error of a value as it is, which need not be a probability. */
static focl__element_truth truth_of_value(const focl_loss_description *description, double value, double target) {
    return (focl__element_truth){
        .probability = value,
        .pt = blend(target, value, 1 - value),
        .loss = squared(description, (focl__jet){.value = value - target, .slope = 1}),
    };
}

focl__element_truth focl__element_truth_of(const focl_loss_description *description, double input, double target,
                                           double pos_weight) {
    if (description->activation == FOCL_IDENTITY && description->objective == FOCL_MSE)
        return truth_of_value(description, input, target);
    const sides of = sides_of(description, input);
    focl__element_truth truth = {
        .probability = of.p.value,
        .pt = blend(target, of.p.value, of.q),
        .loss = loss_of(description, target, pos_weight, &of),
    };
    if (of.clamped)
        truth.loss.slope = isnan(of.p.value) ? of.p.value : 0;
    return truth;
}
