/*
 * The reference for activations: the formulas of focl/activation.h in double precision. 1 - p is the sum of the other
 * classes' shares, and products are sums of differences.
 */
#include <math.h>
#include <stdlib.h>

#include "activation_check.h"
#include "element.h"
#include "error.h"
#include "reference_private.h"

/* What a call is while it is walked through. */
typedef struct call {
    const focl_activation_description *description;
    const focl_activation_host_inputs *inputs;
    const focl_activation_reference_outputs *outputs;
    focl_strides strides;
} call;

/* A row while it is worked on: one number a class. */
typedef struct activation_row {
    size_t number;
    double *share;
    double *rest; /* 1 - share */
    double *log_share;
} activation_row;

static double x_at(const call *of, size_t slot) {
    return focl__element_at(of->description->type, of->inputs->x, slot);
}

static double upstream_at(const call *of, size_t slot) {
    return focl__element_at(of->description->type, of->inputs->upstream, slot);
}

static size_t slot_of(const call *of, size_t row, size_t class_number) {
    const size_t inner = of->description->shape.inner;
    return row / inner * of->strides.outer + class_number * of->strides.classes + row % inner * of->strides.inner;
}

/* ---- Elements ---- */

static double sigmoid(double x) {
    return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

static double log_sigmoid(double x) {
    return x >= 0 ? -log1p(exp(-x)) : x - log1p(exp(x));
}

static void write_element(const call *of, size_t slot) {
    const bool is_sigmoid = of->description->kind == FOCL_ACTIVATE_SIGMOID;
    const double x = x_at(of, slot);
    if (of->outputs->value)
        of->outputs->value[slot] = is_sigmoid ? sigmoid(x) : log_sigmoid(x);
    if (of->outputs->product)
        of->outputs->product[slot] = upstream_at(of, slot) * (is_sigmoid ? sigmoid(x) * sigmoid(-x) : sigmoid(-x));
}

/* ---- Rows ---- */

static size_t top_of(const call *of, size_t row) {
    size_t top = 0;
    for (size_t c = 1; c < of->description->shape.classes; c++)
        if (x_at(of, slot_of(of, row, c)) > x_at(of, slot_of(of, row, top)))
            top = c;
    return top;
}

static bool is_usable(const call *of, size_t row, size_t top) {
    for (size_t c = 0; c < of->description->shape.classes; c++)
        if (isnan(x_at(of, slot_of(of, row, c))))
            return false;
    return isfinite(x_at(of, slot_of(of, row, top)));
}

static void find_shares(const call *of, const activation_row *row) {
    const size_t classes = of->description->shape.classes;
    const size_t top = top_of(of, row->number);
    const double maximum = is_usable(of, row->number, top) ? x_at(of, slot_of(of, row->number, top)) : (double)NAN;
    focl__sum others = {0};
    for (size_t c = 0; c < classes; c++) {
        row->log_share[c] = x_at(of, slot_of(of, row->number, c)) - maximum;
        row->share[c] = exp(row->log_share[c]);
        if (c != top)
            focl__sum_add(&others, row->share[c]);
    }
    const double rest = focl__sum_value(&others);
    for (size_t c = 0; c < classes; c++) {
        row->log_share[c] -= log1p(rest);
        row->share[c] /= 1 + rest;
        row->rest[c] = c == top ? rest / (1 + rest) : 1 - row->share[c];
    }
}

static double jacobian_at(const call *of, const activation_row *row, size_t i, size_t j) {
    const bool is_softmax = of->description->kind == FOCL_ACTIVATE_SOFTMAX;
    if (i == j)
        return is_softmax ? row->share[i] * row->rest[i] : row->rest[i];
    return is_softmax ? 0 - row->share[i] * row->share[j] : 0 - row->share[j];
}

/*
 * p_j sum_k p_k (u_j - u_k), which is p_j (u_j - sum_k p_k u_k), and u_j (1 - p_j) - p_j sum_(k != j) u_k: differences
 * of inputs, not of sums. Of softmax, what has no share at all does not count, whatever its upstream.
 */
static double product_at(const call *of, const activation_row *row, size_t j) {
    const bool is_softmax = of->description->kind == FOCL_ACTIVATE_SOFTMAX;
    const double own = upstream_at(of, slot_of(of, row->number, j));
    focl__sum sum = {0};
    if (is_softmax && row->share[j] == 0)
        return 0;
    for (size_t k = 0; k < of->description->shape.classes; k++) {
        const double other = upstream_at(of, slot_of(of, row->number, k));
        if (is_softmax && row->share[k] != 0)
            focl__sum_add(&sum, row->share[k] * (own - other));
        if (!is_softmax && k != j)
            focl__sum_add(&sum, -row->share[j] * other);
    }
    if (is_softmax)
        return row->share[j] * focl__sum_value(&sum);
    focl__sum_add(&sum, own * row->rest[j]);
    return focl__sum_value(&sum);
}

static void write_row(const call *of, const activation_row *row) {
    const size_t classes = of->description->shape.classes;
    const bool is_softmax = of->description->kind == FOCL_ACTIVATE_SOFTMAX;
    find_shares(of, row);
    for (size_t i = 0; i < classes; i++) {
        const size_t slot = slot_of(of, row->number, i);
        if (of->outputs->value)
            of->outputs->value[slot] = is_softmax ? row->share[i] : row->log_share[i];
        if (of->outputs->product)
            of->outputs->product[slot] = product_at(of, row, i);
        for (size_t j = 0; of->outputs->jacobian && j < classes; j++)
            of->outputs->jacobian[(row->number * classes + i) * classes + j] = jacobian_at(of, row, i, j);
    }
}

static focl_status write_rows(const call *of, size_t rows) {
    enum { ARRAYS = 3 };
    const size_t classes = of->description->shape.classes;
    double *memory = calloc(classes, ARRAYS * sizeof *memory);
    if (!memory)
        return focl__fail(FOCL_ENOMEM, "", "no memory for a row of %zu classes", classes);
    activation_row row = {.share = memory, .rest = memory + classes, .log_share = memory + 2 * classes};
    for (row.number = 0; row.number < rows; row.number++)
        write_row(of, &row);
    free(memory);
    return FOCL_OK;
}

focl_status focl_reference_activate(const focl_activation_description *description,
                                    const focl_activation_host_inputs *inputs,
                                    const focl_activation_reference_outputs *outputs) {
    focl__activation_shape shape;
    if (!inputs || !outputs)
        return focl__fail(FOCL_EINVAL, inputs ? "outputs" : "inputs", "is NULL");
    const void *const pointers[FOCL__ACTIVATION_ARRAY_COUNT] = {inputs->x, inputs->upstream, outputs->value,
                                                                outputs->product, outputs->jacobian};
    const focl_status status = focl__activation_check_host(description, pointers, sizeof(double), &shape);
    if (status || shape.elements == 0)
        return status;
    const call of = {.description = description, .inputs = inputs, .outputs = outputs, .strides = shape.strides};
    if (focl__activation_is_of_rows(description->kind))
        return write_rows(&of, shape.rows);
    for (size_t row = 0; row < shape.rows; row++)
        for (size_t c = 0; c < description->shape.classes; c++)
            write_element(&of, slot_of(&of, row, c));
    return FOCL_OK;
}
