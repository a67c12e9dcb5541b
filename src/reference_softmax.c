/*
 * The reference for one row of the softmax family, labels and dense rows alike: with a_c = w_c y'_c and l_c = -log p_c
 *
 *   CE = sum_c a_c l_c          dCE/dx_j = A p_j - a_j               d2CE/dx_j2 = A p_j (1 - p_j),  A = sum_c a_c
 *   m  = sum_c y_c (1 - p_c)    dm/dx_j  = p_j (sum_c y_c p_c - y_j)  d2m/dx_j2 = dm/dx_j (1 - 2 p_j)
 *
 * Differences are sums over the other classes: 1 - p_j is their share, A p_j - a_j is p_j times their a less
 * a_j (1 - p_j). The quotient of dm/dx_j and m is taken between logarithms, for both may be too small for a double.
 */
#include <stdlib.h>

#include "error.h"
#include "reference_private.h"

/* ---- Memory ---- */

focl_status focl__row_create(focl__row *row, size_t classes) {
#define COUNT_ARRAY(name) +1
    enum { ARRAYS = 0 FOCL__ROW_TABLE(COUNT_ARRAY) };
#undef COUNT_ARRAY
    double *memory = classes <= SIZE_MAX / ARRAYS ? calloc(ARRAYS * classes, sizeof *memory) : NULL;
    if (!memory)
        return focl__fail(FOCL_ENOMEM, "", "no memory for a row of %zu classes", classes);
    *row = (focl__row){.classes = classes};
#define PLACE_ARRAY(name) \
    row->name = memory;   \
    memory += classes;
    FOCL__ROW_TABLE(PLACE_ARRAY)
#undef PLACE_ARRAY
    return FOCL_OK;
}

void focl__row_free(focl__row *row) {
    free(row->input);
    *row = (focl__row){0};
}

/* ---- Sums over all classes and over all but one ---- */

/* A sum's terms, or the logarithms of them. Its largest term is not to be subtracted again: the sum without is kept. */
typedef struct others {
    const double *values;
    size_t largest;
    double total;
    double without_largest;
} others;

static double sum_of_others(const double *values, size_t count, size_t left_out) {
    focl__sum sum = {0};
    for (size_t i = 0; i < count; i++)
        if (i != left_out)
            focl__sum_add(&sum, values[i]);
    return focl__sum_value(&sum);
}

static others others_of(const double *values, size_t count) {
    size_t largest = 0;
    for (size_t i = 1; i < count; i++)
        if (fabs(values[i]) > fabs(values[largest]))
            largest = i;
    return (others){
        .values = values,
        .largest = largest,
        .total = sum_of_others(values, count, count),
        .without_largest = sum_of_others(values, count, largest),
    };
}

static double without(const others *sum, size_t i) {
    return i == sum->largest ? sum->without_largest : sum->total - sum->values[i];
}

static size_t place_of_largest(const double *values, size_t count, size_t left_out) {
    size_t largest = left_out == 0 && count > 1 ? 1 : 0;
    for (size_t i = largest; i < count; i++)
        if (i != left_out && values[i] > values[largest])
            largest = i;
    return largest;
}

static double log_sum_of_others(const double *values, size_t count, size_t left_out) {
    const size_t largest = place_of_largest(values, count, left_out);
    if (largest == left_out || isinf(values[largest]))
        return -(double)INFINITY;
    focl__sum sum = {0};
    for (size_t i = 0; i < count; i++)
        if (i != left_out)
            focl__sum_add(&sum, exp(values[i] - values[largest]));
    return values[largest] + log(focl__sum_value(&sum));
}

static others log_others_of(const double *values, size_t count) {
    const size_t largest = place_of_largest(values, count, count);
    return (others){
        .values = values,
        .largest = largest,
        .total = log_sum_of_others(values, count, count),
        .without_largest = log_sum_of_others(values, count, largest),
    };
}

static double log_without(const others *sum, size_t i) {
    const double value = sum->values[i];
    if (i == sum->largest)
        return sum->without_largest;
    return isinf(value) ? sum->total : sum->total + log1p(-exp(value - sum->total));
}

/* ---- Shares ---- */

static bool are_usable_logits(const focl__row *row) {
    for (size_t c = 0; c < row->classes; c++)
        if (isnan(row->input[c]))
            return false;
    return isfinite(row->input[place_of_largest(row->input, row->classes, row->classes)]);
}

static bool is_probability(double input, double clip) {
    return clip > 0 ? !isnan(input) : input >= 0 && input <= 1;
}

static bool are_probabilities(const focl__row *row, double clip) {
    for (size_t c = 0; c < row->classes; c++)
        if (!is_probability(row->input[c], clip))
            return false;
    return true;
}

static bool is_usable(const focl_loss_description *description, const focl__row *row) {
    return description->activation == FOCL_SOFTMAX ? are_usable_logits(row) : are_probabilities(row, description->clip);
}

static void fill(double *values, size_t count, double value) {
    for (size_t c = 0; c < count; c++)
        values[c] = value;
}

static void find_shares_of_logits(focl__row *row) {
    const size_t classes = row->classes;
    const size_t top = place_of_largest(row->input, classes, classes);
    for (size_t c = 0; c < classes; c++)
        row->term[c] = exp(row->input[c] - row->input[top]);
    const double rest = sum_of_others(row->term, classes, top);
    const double log_total = log1p(rest);
    for (size_t c = 0; c < classes; c++) {
        row->share[c] = row->term[c] / (1 + rest);
        row->log_share[c] = row->input[c] - row->input[top] - log_total;
        row->rest[c] = 1 - row->share[c];
        row->log_rest[c] = log1p(-row->share[c]);
    }
    row->rest[top] = rest / (1 + rest);
    row->log_rest[top] = log_sum_of_others(row->log_share, classes, top);
}

/* Comparisons, not fmin and fmax, so that NaN stays NaN. */
static double clamp(double value, double low, double high) {
    if (value < low)
        return low;
    return value > high ? high : value;
}

static bool is_clamped(double input, double clip) {
    return !(input >= clip && input <= 1 - clip);
}

static void find_shares_of_probabilities(double clip, focl__row *row) {
    for (size_t c = 0; c < row->classes; c++) {
        const double p = clamp(row->input[c], clip, 1 - clip);
        row->share[c] = p;
        row->rest[c] = 1 - p;
        row->log_share[c] = log(p);
        row->log_rest[c] = log1p(-p);
    }
}

void focl__row_find_shares(const focl_loss_description *description, focl__row *row) {
    if (!is_usable(description, row))
        fill(row->share, row->classes, (double)NAN);
    else if (description->activation == FOCL_SOFTMAX)
        find_shares_of_logits(row);
    else
        find_shares_of_probabilities(description->clip, row);
}

/* ---- Cross entropy and what gamma raises ---- */

static double sum_of_products(const double *a, const double *b, size_t count) {
    focl__sum sum = {0};
    for (size_t c = 0; c < count; c++)
        focl__sum_add(&sum, focl__product(a[c], b[c]));
    return focl__sum_value(&sum);
}

double focl__row_class_weight(const focl__row *row) {
    return sum_of_products(row->weight, row->target, row->classes);
}

static void find_cost_shares(double smoothing, focl__row *row) {
    const double spread = smoothing / (double)row->classes;
    for (size_t c = 0; c < row->classes; c++)
        row->cost_share[c] = row->weight[c] * (row->target[c] * (1 - smoothing) + spread);
}

static double cross_entropy(const focl__row *row) {
    return -sum_of_products(row->cost_share, row->log_share, row->classes);
}

/* The logarithms of y_c v_c, of values given by theirs; and that of their sum. */
static void find_target_terms(const double *log_values, focl__row *row) {
    for (size_t c = 0; c < row->classes; c++)
        row->term[c] = log(row->target[c]) + log_values[c];
}

static double log_of_target_sum(const double *log_values, focl__row *row) {
    find_target_terms(log_values, row);
    return log_sum_of_others(row->term, row->classes, row->classes);
}

/* (dm/dx_j)/m = p_j (sum over the others of y_c p_c)/m - y_j p_j (1 - p_j)/m. */
static void find_focus_of_logits(double log_m, focl__row *row) {
    find_target_terms(row->log_share, row);
    const others target_shares = log_others_of(row->term, row->classes);
    for (size_t j = 0; j < row->classes; j++)
        row->focus[j] = exp(row->log_share[j] + log_without(&target_shares, j) - log_m) -
                        exp(row->term[j] + row->log_rest[j] - log_m);
}

static void find_focus_of_probabilities(double log_m, double clip, focl__row *row) {
    for (size_t j = 0; j < row->classes; j++)
        row->focus[j] = is_clamped(row->input[j], clip) ? 0 : -row->target[j] * exp(-log_m);
}

static void find_focus(const focl_loss_description *description, double log_m, focl__row *row) {
    if (isinf(log_m))
        fill(row->focus, row->classes, 0);
    else if (description->activation == FOCL_SOFTMAX)
        find_focus_of_logits(log_m, row);
    else
        find_focus_of_probabilities(log_m, description->clip, row);
}

static focl__jet cost_of_logit(const focl__row *row, double cost, const others *cost_shares, size_t j) {
    return (focl__jet){
        .value = cost,
        .slope = row->share[j] * without(cost_shares, j) - row->cost_share[j] * row->rest[j],
        .bend = cost_shares->total * row->share[j] * row->rest[j],
    };
}

static focl__jet cost_of_probability(const focl__row *row, double cost, double clip, size_t j) {
    const bool constant = row->cost_share[j] == 0 || is_clamped(row->input[j], clip);
    return (focl__jet){.value = cost, .slope = constant ? 0 : -row->cost_share[j] / row->share[j]};
}

/* ---- Focal loss and cross entropy ---- */

/* What the classes of a row have in common. */
typedef struct focal_row {
    const focl_loss_description *description;
    double alpha;
    double cost;
    double log_m;
    double log_target_share; /* of sum_c y_c p_c */
    others cost_shares;
} focal_row;

/* m^gamma (A p_j q_j + gamma CE P p_j q_j / m), P = sum_c y_c p_c and q_j = 1 - p_j, which is no larger than m. */
static double gauss_newton(const focal_row *common, const focl__row *row, size_t j) {
    const double gamma = common->description->gamma;
    const double power = focl__jet_power(gamma, (focl__focus){.log_value = common->log_m}).value;
    const double log_variance = row->log_share[j] + row->log_rest[j];
    const double reach = isinf(common->log_m) ? 0 : exp(log_variance - common->log_m);
    const double focused = focl__product(common->cost, exp(common->log_target_share));
    const double of_power = focl__product(gamma * power, focl__product(focused, reach));
    return power * common->cost_shares.total * exp(log_variance) + of_power;
}

static focl__jet focal_by_class(const focal_row *common, const focl__row *row, size_t j) {
    const focl_loss_description *description = common->description;
    const double slope = row->focus[j];
    const focl__focus m = {common->log_m, slope, slope * (row->rest[j] - row->share[j])};
    const focl__jet cost = description->activation == FOCL_SOFTMAX
                               ? cost_of_logit(row, common->cost, &common->cost_shares, j)
                               : cost_of_probability(row, common->cost, description->clip, j);
    focl__jet loss = focl__jet_focal(description->gamma, m, cost, description->poly1);
    if (description->curvature == FOCL_CURVATURE_GAUSS_NEWTON)
        loss.bend = gauss_newton(common, row, j);
    return focl__jet_scale(common->alpha, loss);
}

static void find_focal(const focl_loss_description *description, focl__row *row) {
    find_cost_shares(description->label_smoothing, row);
    const focal_row common = {
        .description = description,
        .alpha = description->alpha < 0 ? 1 : description->alpha,
        .cost = cross_entropy(row),
        .log_m = log_of_target_sum(row->log_rest, row),
        .log_target_share = log_of_target_sum(row->log_share, row),
        .cost_shares = others_of(row->cost_share, row->classes),
    };
    find_focus(description, common.log_m, row);
    for (size_t j = 0; j < row->classes; j++) {
        const focl__jet loss = focal_by_class(&common, row, j);
        row->loss = loss.value;
        row->gradient[j] = loss.slope;
        row->curvature[j] = loss.bend;
    }
}

/* ---- Squared error ---- */

/*
 * With d_c = p_c - y_c: the slope is 2 p_j (d_j - sum_c p_c d_c), the curvature
 * 2 p_j^2 [(1 - p_j)^2 + sum of the others' p_c^2] + slope (1 - 2 p_j), of which Gauss-Newton is the first part.
 */
static void find_squared_of_logits(const focl_loss_description *description, const double *difference, focl__row *row) {
    double *squares = row->focus;
    for (size_t c = 0; c < row->classes; c++) {
        row->term[c] = row->share[c] * difference[c];
        squares[c] = row->share[c] * row->share[c];
    }
    const others products = others_of(row->term, row->classes);
    const others other_squares = others_of(squares, row->classes);
    for (size_t j = 0; j < row->classes; j++) {
        const double rest = row->rest[j];
        const double slope = 2 * row->share[j] * (difference[j] * rest - without(&products, j));
        const double gauss_newton = 2 * squares[j] * (rest * rest + without(&other_squares, j));
        const bool whole = description->curvature != FOCL_CURVATURE_GAUSS_NEWTON;
        row->gradient[j] = slope;
        row->curvature[j] = gauss_newton + (whole ? slope * (rest - row->share[j]) : 0);
    }
}

static void find_squared_of_probabilities(double clip, const double *difference, focl__row *row) {
    for (size_t j = 0; j < row->classes; j++)
        row->gradient[j] = is_clamped(row->input[j], clip) ? 0 : 2 * difference[j];
}

static void weigh_row(double weight, focl__row *row) {
    row->loss *= weight;
    for (size_t j = 0; j < row->classes; j++) {
        row->gradient[j] *= weight;
        row->curvature[j] *= weight;
    }
}

static void find_squared(const focl_loss_description *description, focl__row *row) {
    double *difference = row->cost_share;
    for (size_t c = 0; c < row->classes; c++)
        difference[c] = row->share[c] * (1 - row->target[c]) - row->target[c] * row->rest[c];
    row->loss = sum_of_products(difference, difference, row->classes);
    if (description->activation == FOCL_SOFTMAX)
        find_squared_of_logits(description, difference, row);
    else
        find_squared_of_probabilities(description->clip, difference, row);
    weigh_row(focl__row_class_weight(row), row);
}

/* ---- The row ---- */

static void find_nothing(focl__row *row) {
    row->loss = row->pt = (double)NAN;
    fill(row->gradient, row->classes, (double)NAN);
    fill(row->curvature, row->classes, (double)NAN);
}

void focl__row_find_loss(const focl_loss_description *description, focl__row *row) {
    row->pt = sum_of_products(row->target, row->share, row->classes);
    if (isnan(row->share[0]))
        find_nothing(row);
    else if (description->objective == FOCL_MSE)
        find_squared(description, row);
    else
        find_focal(description, row);
}
