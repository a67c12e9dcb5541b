#include "demo_evaluation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "device_option.h"
#include "focl/reference.h"

static void *allocate(size_t count, size_t bytes) {
    return calloc(count ? count : 1, bytes);
}

static bool prepare(focl__evaluation *evaluation, focl__complaint *complaint) {
    size_t elements = evaluation->elements;
    evaluation->loss = allocate(elements, sizeof(float));
    evaluation->gradient = allocate(elements, sizeof(float));
    evaluation->pt = allocate(elements, sizeof(float));
    evaluation->reference_loss = allocate(elements, sizeof(double));
    evaluation->reference_gradient = allocate(elements, sizeof(double));
    evaluation->reference_pt = allocate(elements, sizeof(double));
    evaluation->row_loss = allocate(evaluation->rows, sizeof(double));
    bool complete = evaluation->loss && evaluation->gradient && evaluation->pt && evaluation->reference_loss &&
                    evaluation->reference_gradient && evaluation->reference_pt && evaluation->row_loss;
    return complete || focl__fail_data(complaint, "no memory for the results of %zu elements", elements);
}

static bool run_on_device(focl__evaluation *evaluation, focl_handle *handle, const focl_loss_host_inputs *inputs,
                          focl__complaint *complaint) {
    focl_loss_host_outputs outputs = {.reduced = &evaluation->reduced,
                                      .loss = evaluation->loss,
                                      .gradient = evaluation->gradient,
                                      .pt = evaluation->pt,
                                      .counts = &evaluation->counts};
    double built = focl_handle_build_seconds(handle);
    double start = focl__now();
    focl_status status = focl_loss_host(handle, &evaluation->description, inputs, &outputs, NULL);
    evaluation->first_seconds = focl__now() - start;
    evaluation->build_seconds = focl_handle_build_seconds(handle) - built;
    if (status == FOCL_OK)
        status = focl_loss_host(handle, &evaluation->description, inputs, &outputs, &evaluation->kernel_seconds);
    return status == FOCL_OK || focl__fail_library(complaint, NULL, status);
}

static bool run_reference(focl__evaluation *evaluation, const focl_loss_host_inputs *inputs,
                          focl__complaint *complaint) {
    focl_reference_outputs outputs = {.reduced = &evaluation->reference_reduced,
                                      .loss = evaluation->reference_loss,
                                      .gradient = evaluation->reference_gradient,
                                      .pt = evaluation->reference_pt};
    double start = focl__now();
    focl_status status = focl_reference_loss(&evaluation->description, inputs, &outputs);
    evaluation->reference_seconds = focl__now() - start;
    return status == FOCL_OK || focl__fail_library(complaint, NULL, status);
}

static void sum_rows(focl__evaluation *evaluation) {
    focl_view view = evaluation->description.shape;
    for (size_t outer = 0; outer < view.outer; outer++)
        for (size_t column = 0; column < view.classes; column++)
            for (size_t inner = 0; inner < view.inner; inner++)
                evaluation->row_loss[outer * view.inner + inner] +=
                    (double)evaluation->loss[(outer * view.classes + column) * view.inner + inner];
}

bool focl__evaluate(focl__evaluation *evaluation, focl_handle *handle, const focl__loss_data *data, double gamma,
                    double alpha, focl__complaint *complaint) {
    focl_loss_host_inputs inputs = {0};
    memset(evaluation, 0, sizeof *evaluation);
    evaluation->description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, data->view);
    focl__loss_data_describe(data, &evaluation->description, &inputs);
    evaluation->description.gamma = gamma;
    evaluation->description.alpha = alpha;
    evaluation->elements = data->logits.file.elements;
    evaluation->rows = data->view.outer * data->view.inner;
    if (!prepare(evaluation, complaint) || !run_on_device(evaluation, handle, &inputs, complaint) ||
        !run_reference(evaluation, &inputs, complaint))
        return false;
    sum_rows(evaluation);
    return true;
}

void focl__evaluation_free(focl__evaluation *evaluation) {
    free(evaluation->loss);
    free(evaluation->gradient);
    free(evaluation->pt);
    free(evaluation->reference_loss);
    free(evaluation->reference_gradient);
    free(evaluation->reference_pt);
    free(evaluation->row_loss);
    memset(evaluation, 0, sizeof *evaluation);
}

double focl__ulps(double reference, float value) {
    const int smallest_normal = -126, fraction_bits = 23;
    if (isnan(reference) && isnan(value))
        return 0;
    if (fabs(reference) < ldexp(1, smallest_normal))
        return fabs((double)value - reference) / ldexp(1, smallest_normal);
    int exponent = 0;
    frexp(reference, &exponent); /* reference = m 2^exponent with m in [1/2, 1) */
    return fabs((double)value - reference) / ldexp(1, exponent - 1 - fraction_bits);
}

double focl__worst_ulps(const double *reference, const float *values, size_t count) {
    double worst = 0;
    for (size_t i = 0; i < count; i++) {
        double distance = focl__ulps(reference[i], values[i]);
        if (!(distance <= worst)) /* NaN is the worst of all */
            worst = distance;
        if (isnan(worst))
            break;
    }
    return worst;
}

typedef struct ranked_row {
    double loss;
    size_t row;
} ranked_row;

/* Falling loss, then rising row, so that the order is the same everywhere. */
static int compare_rows(const void *left, const void *right) {
    const ranked_row *a = left, *b = right;
    if (a->loss > b->loss || a->loss < b->loss)
        return a->loss > b->loss ? -1 : 1;
    return a->row < b->row ? -1 : 1;
}

size_t *focl__hardest_rows(const focl__evaluation *evaluation) {
    size_t rows = evaluation->rows;
    ranked_row *ranked = allocate(rows, sizeof *ranked);
    size_t *order = allocate(rows, sizeof *order);
    if (ranked && order) {
        for (size_t i = 0; i < rows; i++)
            ranked[i] = (ranked_row){evaluation->row_loss[i], i};
        qsort(ranked, rows, sizeof *ranked, compare_rows);
        for (size_t i = 0; i < rows; i++)
            order[i] = ranked[i].row;
    }
    if (!ranked) {
        free(order);
        order = NULL;
    }
    free(ranked);
    return order;
}

size_t focl__tenth_of_rows(const focl__evaluation *evaluation) {
    return evaluation->rows / 10 + (evaluation->rows % 10 != 0);
}

double focl__share_of_hardest_tenth(const focl__evaluation *evaluation, const size_t *order) {
    double total = 0, hardest = 0;
    for (size_t i = 0; i < evaluation->rows; i++) {
        double loss = evaluation->row_loss[order[i]];
        total += loss;
        hardest += i < focl__tenth_of_rows(evaluation) ? loss : 0;
    }
    return total > 0 ? hardest / total : 0;
}
