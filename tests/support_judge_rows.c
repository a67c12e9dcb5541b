/*
 * The size of what may cancel in the softmax family, worked out apart from the reference. With y the row's targets,
 * a_c = w_c y'_c the weighted and smoothed ones, l_c = -log p_c and
 *
 *   C = sum a_c l_c     A = sum a_c     P = sum y_c p_c     m = sum y_c q_c
 *   C_j = A p_j - a_j                   C_jj = A p_j (1 - p_j)
 *   m_j = p_j (P - y_j)                 m_jj = m_j (1 - 2 p_j)
 *
 * loss, gradient and curvature of F = alpha m^g (C + e m) are sums of products of these:
 *
 *   F_j = alpha m^g [C_j + g m_j/m C + e (g+1) m_j]
 *   F_jj = alpha m^g [C_jj + 2 g m_j/m C_j + (g (g-1) (m_j/m)^2 + g m_jj/m) C + e (g+1) (g m_j^2/m + m_jj)]
 *
 * and their terms are taken with their absolute values. For a row whose only target is a label the terms of F_j have
 * one sign, C_t being -A q_t and m_t being -p_t q_t; elsewhere C_j is a difference of A p_j and a_j, and P - y_j one of
 * what the other classes and y_j q_j are, each with a rounding of its own. Squared error, sum (p_i - y_i)^2, is taken
 * the same way: p_i - y_i is a difference, save that of a label's row it is -q_t or p_i.
 */
#include <math.h>
#include <stdlib.h>

#include "support_judge.h"

typedef struct row {
    const focl_loss_description *description;
    size_t classes;
    double *p, *q;                              /* share of a class and of all others */
    double *y, *a;                              /* target; weighted and smoothed */
    double *cost;                               /* -log p */
    bool *is_clamped;                           /* FOCL_CATEGORICAL, where clip cuts the gradient off */
    bool hard;                                  /* the only target is a label */
    double cross_entropy, weight, shares, rest; /* C, A, P, m above */
    double alpha;
    double class_weight; /* sum w_c y_c */
} row;

/* The sizes of an element's terms; value is the row's loss. */
typedef struct jet {
    double value, slope, curve;
} jet;

static double *doubles(size_t count) {
    return test_zeros(count, sizeof(double));
}

/* ---- The row ---- */

/* The sum of the others, never 1 - p: from both ends, so that nothing is subtracted. */
static void fill_others(const row *of) {
    double before = 0;
    double behind = 0;
    for (size_t c = 0; c < of->classes; c++) {
        of->q[c] = before;
        before += of->p[c];
    }
    for (size_t c = of->classes; c-- > 0;) {
        of->q[c] += behind;
        behind += of->p[c];
    }
}

static void fill_softmax(const row *of, const double *logits) {
    double largest = -(double)INFINITY;
    double sum = 0;
    for (size_t c = 0; c < of->classes; c++)
        largest = fmax(largest, logits[c]);
    for (size_t c = 0; c < of->classes; c++)
        sum += exp(logits[c] - largest);
    for (size_t c = 0; c < of->classes; c++) {
        of->p[c] = exp(logits[c] - largest) / sum;
        of->cost[c] = log(sum) - (logits[c] - largest);
    }
    fill_others(of);
}

static void fill_probabilities(const row *of, const double *inputs) {
    const double clip = of->description->clip;
    for (size_t c = 0; c < of->classes; c++) {
        of->is_clamped[c] = clip > 0 && (inputs[c] < clip || inputs[c] > 1 - clip);
        of->p[c] = fmin(fmax(inputs[c], clip), 1 - clip);
        of->q[c] = 1 - of->p[c];
        of->cost[c] = -log(of->p[c]);
    }
}

static double product(double a, double b) {
    return a <= 0 || b <= 0 ? 0 : a * b;
}

static void fill_sums(row *of, const loss_problem *problem) {
    const double smoothing = of->description->label_smoothing;
    size_t targets = 0;
    bool whole = false;
    for (size_t c = 0; c < of->classes; c++) {
        const double weight = loss_factor_at(problem, LOSS_class_weights, c);
        of->a[c] = weight * (of->y[c] * (1 - smoothing) + smoothing / (double)of->classes);
        of->cross_entropy += product(of->a[c], of->cost[c]);
        of->weight += of->a[c];
        of->class_weight += weight * of->y[c];
        of->shares += of->y[c] * of->p[c];
        of->rest += of->y[c] * of->q[c];
        targets += of->y[c] > 0;
        whole = whole || of->y[c] >= 1;
    }
    of->hard = whole && targets == 1 && smoothing <= 0;
}

static row row_create(const loss_problem *problem, size_t number) {
    const focl_loss_description *description = &problem->description;
    const size_t classes = description->shape.classes;
    row of = {.description = description, .classes = classes};
    double *inputs = doubles(classes);
    of.p = doubles(classes);
    of.q = doubles(classes);
    of.y = doubles(classes);
    of.a = doubles(classes);
    of.cost = doubles(classes);
    of.is_clamped = test_zeros(classes, sizeof *of.is_clamped);
    for (size_t c = 0; c < classes; c++) {
        const loss_element element = loss_element_in_row(description, number, c);
        inputs[c] = loss_value_at(description->logits_type, problem->inputs[LOSS_logits], element.place);
        of.y[c] = loss_target_of(problem, element);
    }
    if (description->activation == FOCL_SOFTMAX)
        fill_softmax(&of, inputs);
    else
        fill_probabilities(&of, inputs);
    free(inputs);
    fill_sums(&of, problem);
    of.alpha = description->alpha < 0 ? 1 : description->alpha;
    return of;
}

static void row_free(row *of) {
    free(of->p);
    free(of->q);
    free(of->y);
    free(of->a);
    free(of->cost);
    free(of->is_clamped);
}

/* ---- Focal loss and cross entropy ---- */

/* |C_j| and |m_j|. */
static double cost_slope(const row *of, size_t j) {
    if (of->hard)
        return of->weight * (of->y[j] > 0 ? of->q[j] : of->p[j]);
    return of->weight * of->p[j] + of->a[j];
}

static double rest_slope(const row *of, size_t j) {
    if (of->hard)
        return of->p[j] * (of->y[j] > 0 ? of->q[j] : of->shares);
    return of->p[j] * (fmax(of->shares - of->y[j] * of->p[j], 0) + of->y[j] * of->q[j]);
}

/* What alpha m^g is multiplied by. */
static jet focal_terms_of_logit(const row *of, size_t j) {
    const double g = of->description->gamma;
    const double e = fabs(of->description->poly1);
    const double slope = cost_slope(of, j);
    const double m = rest_slope(of, j);
    const double ratio = g > 0 && m > 0 ? m / of->rest : 0;
    const double bend = fabs(1 - 2 * of->p[j]);
    const double curve = of->weight * of->p[j] * of->q[j];
    const double newton = curve + (g > 0 ? g * of->cross_entropy * of->shares / of->rest * of->p[j] * of->q[j] : 0);
    const double raw = curve + 2 * g * ratio * slope +
                       (g * fabs(g - 1) * ratio * ratio + g * ratio * bend) * of->cross_entropy +
                       e * (g + 1) * (g * m * ratio + m * bend);
    return (jet){
        .value = of->cross_entropy + e * of->rest,
        .slope = slope + g * ratio * of->cross_entropy + e * (g + 1) * m,
        .curve = of->description->curvature == FOCL_CURVATURE_GAUSS_NEWTON ? newton : raw,
    };
}

static jet focal_terms_of_probability(const row *of, size_t j) {
    const double g = of->description->gamma;
    const double of_cost = of->a[j] > 0 ? of->a[j] / of->p[j] : 0;
    const double of_power = g > 0 && of->y[j] > 0 ? g * of->y[j] * of->cross_entropy / of->rest : 0;
    return (jet){.value = of->cross_entropy, .slope = of->is_clamped[j] ? 0 : of_cost + of_power};
}

/* ---- Squared error ---- */

/* p_i - y_i, and its size with both roundings. */
static double difference(const row *of, size_t i) {
    return fabs(of->hard && of->y[i] > 0 ? of->q[i] : of->p[i] - of->y[i]);
}

static double grown_difference(const row *of, size_t i) {
    const bool exact = of->hard || of->description->activation == FOCL_CATEGORICAL;
    return exact ? difference(of, i) : of->p[i] + of->y[i];
}

/* Sums over the row that every element needs. */
typedef struct squares {
    double loss;      /* sum d_i^2 */
    double mixed;     /* sum d_i p_i */
    double of_shares; /* sum p_i^2 */
} squares;

static squares squares_of(const row *of) {
    squares sums = {0};
    for (size_t i = 0; i < of->classes; i++) {
        sums.loss += difference(of, i) * grown_difference(of, i);
        sums.mixed += grown_difference(of, i) * of->p[i];
        sums.of_shares += of->p[i] * of->p[i];
    }
    return sums;
}

/*
 * dp_i/dx_j = p_i ([i = j] - p_j); d2p_j/dx_j2 = p_j (1-p_j) (1-2p_j), of the others p_i p_j (2p_j - 1).
 */
static jet squared_terms(const row *of, const squares *sums, size_t j) {
    const double p = of->p[j];
    const double d = grown_difference(of, j);
    const double others = sums->of_shares - p * p;
    const double newton = 2 * p * p * (of->q[j] * of->q[j] + fmax(others, 0));
    const double bend = 2 * p * fabs(1 - 2 * p) * (d * of->q[j] + fmax(sums->mixed - d * p, 0));
    if (of->description->activation == FOCL_CATEGORICAL)
        return (jet){sums->loss, of->is_clamped[j] ? 0 : 2 * difference(of, j), 0};
    return (jet){
        .value = sums->loss,
        .slope = 2 * p * (d + sums->mixed),
        .curve = of->description->curvature == FOCL_CURVATURE_GAUSS_NEWTON ? newton : newton + bend,
    };
}

/* ---- The whole ---- */

static jet terms_of(const row *of, const squares *sums, size_t j) {
    if (of->description->objective == FOCL_MSE)
        return squared_terms(of, sums, j);
    return of->description->activation == FOCL_SOFTMAX ? focal_terms_of_logit(of, j)
                                                       : focal_terms_of_probability(of, j);
}

static double finite_or_0(double value) {
    return isfinite(value) ? value : 0;
}

static jet largest_terms(const row *of) {
    const squares sums = squares_of(of);
    jet largest = {0};
    for (size_t j = 0; j < of->classes; j++) {
        const jet terms = terms_of(of, &sums, j);
        largest.value = fmax(largest.value, finite_or_0(terms.value));
        largest.slope = fmax(largest.slope, finite_or_0(terms.slope));
        largest.curve = fmax(largest.curve, finite_or_0(terms.curve));
    }
    return largest;
}

/* log m, also where m is too small for a double: then one class alone has a target, and its q is the others' share. */
static double log_rest(const row *of) {
    double largest = -(double)INFINITY;
    double sum = 0;
    if (of->rest > 0)
        return log(of->rest);
    for (size_t c = 0; c < of->classes; c++)
        largest = of->y[c] > 0 ? largest : fmax(largest, -of->cost[c]);
    for (size_t c = 0; c < of->classes; c++)
        sum += of->y[c] > 0 ? 0 : exp(-of->cost[c] - largest);
    return isinf(largest) ? largest : largest + log(sum);
}

static double multiplier(const row *of) {
    if (of->description->objective == FOCL_MSE)
        return of->class_weight;
    return of->alpha * (of->description->gamma > 0 ? exp(of->description->gamma * log_rest(of)) : 1);
}

/*
 * What a share that was flushed to 0 is multiplied by: any class's may have been, and the sum of them is not small. For
 * m^g that is g m^(g-1), which grows as m falls; and m_j / m may be lost whole. Where m itself is as small, it counts
 * as 0 whatever its power is.
 */
static loss_judge judge_of(const row *of, double terms, double by) {
    const double g = of->description->gamma;
    const double classes = (double)of->classes;
    const double cost = finite_or_0(of->cross_entropy);
    const double rest = 1 + of->weight + of->class_weight + cost + fabs(of->description->poly1);
    const double usual = classes * fmax(of->alpha, 1) * fmax((1 + g) * (1 + g) * rest, terms);
    const double of_power = g * (terms + (1 + g) * cost) * by * fmin(classes / of->rest, 0x1p+126);
    const bool vanishes = g > 0 && of->rest <= 0x1p-126 * (1 + 0x1p-10) * classes;
    return (loss_judge){terms * by, usual + (g > 0 ? of_power : 0) + (vanishes ? terms * by * 0x1p+126 : 0), true};
}

loss_judges loss_judge_row(const loss_problem *problem, size_t number) {
    row of = row_create(problem, number);
    const jet terms = largest_terms(&of);
    const double by = multiplier(&of);
    row_free(&of);
    return (loss_judges){
        .loss = judge_of(&of, terms.value, by),
        .gradient = judge_of(&of, terms.slope, by),
        .hessian = judge_of(&of, terms.curve, by),
    };
}
