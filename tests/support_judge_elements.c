/*
 * The size of what may cancel in the sigmoid family. Every objective is a power of something times a cost; with their
 * derivatives by the input as jets, loss, gradient and curvature are sums of products, whose terms are taken with their
 * absolute values:
 *
 *   F = m^g (C + e m)     F' = m^g [C' + g m'/m C + e (g+1) m']
 *   F'' = m^g [C'' + 2 g m'/m C' + (g (g-1) (m'/m)^2 + g m''/m) C + e (g+1) (g m'^2/m + m'')]
 *
 * For hard targets without poly-1 and margin the terms of F and F' have one sign, and the sums are the values.
 */
#include <float.h>
#include <math.h>

#include "support_judge.h"

/* A function of the input with its first two derivatives, or the sizes of such. */
typedef struct jet {
    double value, slope, curve;
} jet;

/* What an input is: the costs of t = 1 and t = 0, and what focuses on each. */
typedef struct sides {
    double p, m;
    jet cost_of_one, cost_of_zero;
    jet focus_of_one, focus_of_zero;
} sides;

static sides sides_of_logit(double x, double margin) {
    const double p = 1 / (1 + exp(-x));
    const double m = 1 / (1 + exp(x));
    const double soft = log1p(exp(-fabs(x)));
    const double slope = p * m;
    const double curve = slope * (m + p); /* p n (n - p), each term with its size */
    sides of = {
        .p = p,
        .m = m,
        .cost_of_one = {soft + fmax(-x, 0), -m, slope},
        .cost_of_zero = {soft + fmax(x, 0), p, slope},
        .focus_of_one = {m, -slope, -curve},
        .focus_of_zero = {p, slope, curve},
    };
    if (margin > 0) {
        const double left = m + margin;
        const bool below = p <= margin;
        of.focus_of_zero = below ? (jet){0} : (jet){p - margin, slope, curve};
        of.cost_of_zero =
            below ? (jet){0} : (jet){-log1p(-(p - margin)), slope / left, curve / left + slope * slope / left / left};
    }
    return of;
}

static sides sides_of_probability(double input, double clip) {
    const double p = fmin(fmax(input, clip), 1 - clip);
    const double m = 1 - p;
    return (sides){
        .p = p,
        .m = m,
        .cost_of_one = {-log(p), -1 / p, 1 / p / p},
        .cost_of_zero = {-log1p(-p), 1 / m, 1 / m / m},
        .focus_of_one = {m, -1, 0},
        .focus_of_zero = {p, 1, 0},
    };
}

static jet blend(double of_one, jet one, double of_zero, jet zero) {
    return (jet){of_one * one.value + of_zero * zero.value, of_one * one.slope + of_zero * zero.slope,
                 of_one * one.curve + of_zero * zero.curve};
}

static jet sizes(jet of) {
    return (jet){fabs(of.value), fabs(of.slope), fabs(of.curve)};
}

static double finite_or_0(double value) {
    return isfinite(value) ? value : 0;
}

/* An element with its target. */
typedef struct setting {
    const focl_loss_description *description;
    double input, target, pos_weight;
    sides of;
    bool hard; /* nothing but the objective's own terms */
} setting;

static jet cost_of(const setting *at, double smoothing) {
    const double target = at->target * (1 - smoothing) + smoothing / 2;
    return blend(at->pos_weight * target, sizes(at->of.cost_of_one), 1 - target, sizes(at->of.cost_of_zero));
}

/* What the power of `focus` is multiplied by, with poly-1's e; gauss_newton leaves out what may be negative. */
static jet without_power(jet focus, double gamma, jet cost, double poly1, bool gauss_newton) {
    const double ratio = gamma > 0 ? focus.slope / focus.value : 0;
    const double bend = gamma > 0 ? focus.curve / focus.value : 0;
    const double e = fabs(poly1);
    const double newton = cost.curve + gamma * ratio * ratio * cost.value;
    const double rest = 2 * gamma * ratio * cost.slope +
                        (gamma * fabs(gamma - 1) * ratio * ratio + gamma * bend) * cost.value +
                        e * (gamma + 1) * (gamma * focus.slope * ratio + focus.curve);
    return (jet){
        .value = cost.value + e * focus.value,
        .slope = cost.slope + gamma * ratio * cost.value + e * (gamma + 1) * focus.slope,
        .curve = gauss_newton ? newton : cost.curve + rest,
    };
}

static jet scaled(jet of, double factor) {
    return (jet){of.value * factor, of.slope * factor, of.curve * factor};
}

static jet focused(jet focus, double gamma, jet cost, double poly1, bool gauss_newton) {
    return scaled(without_power(focus, gamma, cost, poly1, gauss_newton), gamma > 0 ? pow(focus.value, gamma) : 1);
}

static bool is_gauss_newton(const focl_loss_description *description) {
    return description->curvature == FOCL_CURVATURE_GAUSS_NEWTON;
}

static double alpha_of(const focl_loss_description *description, double t) {
    return description->alpha < 0 ? 1 : description->alpha * t + (1 - description->alpha) * (1 - t);
}

static double gamma_of(const focl_loss_description *description, double t) {
    const double of_zero = description->gamma_negative < 0 ? description->gamma : description->gamma_negative;
    return description->gamma * t + of_zero * (1 - t);
}

/*
 * p - margin has the rounding of p, which grows by p / |p - margin|, and with it all that it is a power or a factor
 * of. Next to the margin itself nothing is said: there the slope jumps.
 */
static double growth_by_margin(const setting *at) {
    const double margin = at->description->margin;
    const double distance = fabs(at->of.p - margin);
    if (margin <= 0 || at->target >= 1)
        return 1;
    if (distance < 0x1p-20 * margin)
        return HUGE_VAL;
    return at->of.p <= margin ? 1 : 1 + (gamma_of(at->description, at->target) + 2) * (at->of.p + margin) / distance;
}

static jet focus_of(const setting *at) {
    return sizes(blend(at->target, at->of.focus_of_one, 1 - at->target, at->of.focus_of_zero));
}

static jet of_focal(const setting *at) {
    const focl_loss_description *description = at->description;
    const jet focus = focus_of(at);
    const jet value = focused(focus, gamma_of(description, at->target), cost_of(at, description->label_smoothing),
                              description->poly1, is_gauss_newton(description));
    const double growth = growth_by_margin(at);
    return isinf(growth) ? (jet){1e30, 1e30, 1e30} : scaled(value, alpha_of(description, at->target) * growth);
}

/* p - t loses digits where t is soft; what p alone says of it ends at its own last digit. */
static double difference_of(const setting *at) {
    return at->hard ? fabs(at->target > 0 ? at->of.m : at->of.p) : fmax(fabs(at->of.p - at->target), DBL_EPSILON);
}

static double growth_of_difference(const setting *at) {
    return at->hard ? 1 : (at->of.p + at->target) / difference_of(at);
}

static jet of_squared_error(const setting *at) {
    const double slope = at->of.p * at->of.m;
    const double difference = difference_of(at);
    const double grown = difference * growth_of_difference(at);
    const double bend = is_gauss_newton(at->description) ? 0 : grown * slope;
    if (at->description->activation == FOCL_IDENTITY) {
        const double distance = fabs(at->input - at->target);
        return (jet){distance * distance, 2 * distance, 2};
    }
    return (jet){difference * grown, 2 * grown * slope, 2 * (slope * slope + bend)};
}

static jet of_quality(const setting *at) {
    const double gamma = at->description->gamma;
    const double slope = at->of.p * at->of.m;
    const double growth = at->hard ? 1 : 1 + (gamma + 2) * growth_of_difference(at);
    const jet difference = {difference_of(at), slope, slope};
    const jet value = scaled(focused(difference, gamma, cost_of(at, 0), 0, false), growth);
    const double weight = gamma > 0 ? pow(difference.value, gamma) : 1;
    const double newton = weight * growth * (at->pos_weight * at->target + 1 - at->target) * slope;
    return (jet){value.value, value.slope, is_gauss_newton(at->description) ? newton : value.curve};
}

static jet of_varifocal(const setting *at) {
    const focl_loss_description *description = at->description;
    const double slope = at->of.p * at->of.m;
    const double alpha = description->alpha < 0 ? 1 : description->alpha;
    const double gamma = description->gamma;
    if (at->target > 0)
        return scaled(cost_of(at, 0), at->target);
    const jet value = scaled(focused(sizes(at->of.focus_of_zero), gamma, cost_of(at, 0), 0, false), alpha);
    const double newton = alpha * (gamma > 0 ? pow(at->of.p, gamma) : 1) * slope;
    return (jet){value.value, value.slope, is_gauss_newton(description) ? newton : value.curve};
}

static jet of_objective(const setting *at) {
    switch (at->description->objective) {
    case FOCL_MSE:
        return of_squared_error(at);
    case FOCL_QUALITY_FOCAL:
        return of_quality(at);
    case FOCL_VARIFOCAL:
        return of_varifocal(at);
    case FOCL_FOCAL:
    case FOCL_CROSS_ENTROPY:
        break;
    }
    return of_focal(at);
}

static setting setting_of(const loss_problem *problem, loss_element element) {
    const focl_loss_description *description = &problem->description;
    const double input = loss_value_at(description->logits_type, problem->inputs[LOSS_logits], element.place);
    const double target = loss_target_of(problem, element);
    return (setting){
        .description = description,
        .input = input,
        .target = target,
        .pos_weight =
            loss_factor_at(problem, LOSS_pos_weights, description->pos_weight_count == 1 ? 0 : element.column),
        .of = description->activation == FOCL_SIGMOID ? sides_of_logit(input, description->margin)
                                                      : sides_of_probability(input, description->clip),
        .hard = (target <= 0 || target >= 1) && description->label_smoothing <= 0,
    };
}

/* p n is divided by n + margin. */
static double factor_of_margin(const focl_loss_description *description, double gamma) {
    const double margin = description->margin;
    return margin > 0 ? (1 + gamma * (1 - log(margin))) / margin : 1;
}

/* Where it is the power that is small, or p n, and not the value, its factor counts. */
static double factor_of(const setting *at, double terms) {
    const focl_loss_description *description = at->description;
    const double gamma = gamma_of(description, at->target);
    const double of_poly1 = 1 + fabs(description->poly1) * (gamma + 1);
    const double of_square = description->objective == FOCL_MSE ? 2 : 1;
    const double beside = of_poly1 * factor_of_margin(description, gamma) * of_square;
    return fmax(at->pos_weight, 1) * fmax(beside, at->hard ? 1 : finite_or_0(terms));
}

/* In the curvature even of a hard target p and q may be as small, and they stand beside gamma S. */
static double factor_of_curvature(const setting *at, double cost, double terms) {
    const double gamma = gamma_of(at->description, at->target);
    const double of_margin = factor_of_margin(at->description, gamma);
    const double least = at->description->objective == FOCL_MSE ? 4 : 2;
    const double beside = least * of_margin * of_margin * (1 + gamma) * (1 + gamma) *
                          (1 + fabs(at->description->poly1)) * (1 + finite_or_0(cost));
    return fmax(at->pos_weight, 1) * fmax(beside, finite_or_0(terms));
}

loss_judges loss_judge_element(const loss_problem *problem, loss_element element) {
    const setting at = setting_of(problem, element);
    const focl_loss_description *description = at.description;
    const jet terms = of_objective(&at);
    const jet cost = cost_of(&at, description->label_smoothing);
    const jet factors = without_power(focus_of(&at), gamma_of(description, at.target), cost, description->poly1, false);
    return (loss_judges){
        .loss = {finite_or_0(terms.value), factor_of(&at, factors.value), false},
        .gradient = {finite_or_0(terms.slope), factor_of(&at, factors.slope), description->margin > 0},
        .hessian = {finite_or_0(terms.curve), factor_of_curvature(&at, cost.value, factors.curve), true},
    };
}
