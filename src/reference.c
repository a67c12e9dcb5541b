/*
 * The reference: the mathematics of focl/loss.h in double precision, in the plainest form that neither overflows nor
 * cancels. It decides what is true, so it is not written from any kernel and is not fast. This file has the arrays and
 * the reductions; the formulas of the two families are in reference_sigmoid.c and reference_softmax.c.
 */
#include "focl/reference.h"

#include "element.h"
#include "error.h"
#include "loss_check.h"
#include "reference_private.h"

struct problem {
    const focl_loss_description *description;
    const focl_loss_host_inputs *inputs;
    const focl_reference_outputs *outputs;
    focl__loss_shape shape;
    focl_strides strides;
    focl_loss_counts counts;
    double normalizer;
    focl__row row; /* the softmax family's room for one row */
};

/* ---- The inputs ---- */

static focl_strides strides_of(const focl_loss_description *description) {
    const focl_view view = description->shape;
    const focl_strides given = description->strides;
    const bool contiguous = given.outer == 0 && given.classes == 0 && given.inner == 0;
    return contiguous ? (focl_strides){view.classes * view.inner, view.inner, 1} : given;
}

struct element {
    size_t slot; /* in arrays of elements */
    size_t row;
    size_t column;
    double target;
    bool ignored;
    bool counts;
};

static void read_label(const struct problem *problem, struct element *element) {
    const focl_loss_description *description = problem->description;
    const int64_t label = focl__label_at(description->targets_type, problem->inputs->targets, element->row);
    const bool background = description->has_background && label == description->background;
    const bool positive = !background && label == (int64_t)element->column;
    element->ignored = description->has_ignore_index && label == description->ignore_index;
    element->target = positive ? 1 : 0;
    element->counts = !element->ignored && (positive || !description->target_only);
}

static struct element element_at(const struct problem *problem, size_t row, size_t column) {
    const focl_loss_description *description = problem->description;
    const size_t inner = description->shape.inner;
    const focl_strides strides = problem->strides;
    struct element element = {
        .slot = row / inner * strides.outer + column * strides.classes + row % inner * strides.inner,
        .row = row,
        .column = column,
        .counts = true,
    };
    if (problem->shape.dense)
        element.target = focl__element_at(description->targets_type, problem->inputs->targets, element.slot);
    else
        read_label(problem, &element);
    return element;
}

static double input_at(const struct problem *problem, const struct element *element) {
    return focl__element_at(problem->description->logits_type, problem->inputs->logits, element->slot);
}

static double factor_at(const void *array, size_t index) {
    return array ? focl__element_at(FOCL_F32, array, index) : 1;
}

static size_t place(focl_extent extent, const struct element *element) {
    return extent == FOCL_PER_ELEMENT ? element->slot : element->row;
}

static double class_weight_at(const struct problem *problem, size_t column) {
    return factor_at(problem->inputs->class_weights, column);
}

static double given_weight_at(const struct problem *problem, const struct element *element) {
    return factor_at(problem->inputs->weights, place(problem->description->weights_extent, element));
}

static double pos_weight_at(const struct problem *problem, const struct element *element) {
    return factor_at(problem->inputs->pos_weights, problem->description->pos_weight_count == 1 ? 0 : element->column);
}

static double upstream_at(const struct problem *problem, const struct element *element) {
    const focl_loss_description *description = problem->description;
    return description->upstream * factor_at(problem->inputs->upstream, place(description->upstream_extent, element));
}

/* ---- Derivatives ---- */

/* A derivative of a loss, made that of the reduced loss times the upstream gradient. */
static double reduced_derivative(const struct problem *problem, const struct element *element, double weight,
                                 double derivative) {
    if (!element->counts || problem->normalizer == 0)
        return 0;
    return derivative * weight * upstream_at(problem, element) * problem->description->loss_scale / problem->normalizer;
}

static void write_gradient(const struct problem *problem, size_t slot, double gradient) {
    const double accumulate = problem->description->accumulate;
    double *at = &problem->outputs->gradient[slot];
    *at = accumulate == 0 ? gradient : accumulate * *at + gradient;
}

static void write_hessian(const struct problem *problem, size_t slot, double curvature) {
    const bool absolute = problem->description->curvature == FOCL_CURVATURE_ABSOLUTE;
    problem->outputs->hessian[slot] = absolute ? fabs(curvature) : curvature;
}

static void write_derivatives(const struct problem *problem, const struct element *element, double weight,
                              double gradient, double curvature) {
    if (problem->outputs->gradient)
        write_gradient(problem, element->slot, reduced_derivative(problem, element, weight, gradient));
    if (problem->outputs->hessian)
        write_hessian(problem, element->slot, reduced_derivative(problem, element, weight, curvature));
}

/* ---- The sigmoid family ---- */

static double element_weight(const struct problem *problem, const struct element *element) {
    return class_weight_at(problem, element->column) * given_weight_at(problem, element);
}

/* Gives the element's loss. */
static double write_element(const struct problem *problem, const struct element *element) {
    const focl_reference_outputs *outputs = problem->outputs;
    const double weight = element_weight(problem, element);
    const focl__element_truth truth = focl__element_truth_of(problem->description, input_at(problem, element),
                                                             element->target, pos_weight_at(problem, element));
    const double loss = element->counts ? truth.loss.value * weight : 0;
    if (outputs->loss)
        outputs->loss[element->slot] = loss;
    if (outputs->probabilities)
        outputs->probabilities[element->slot] = truth.probability;
    if (outputs->pt)
        outputs->pt[element->slot] = element->ignored ? 0 : truth.pt;
    write_derivatives(problem, element, weight, truth.loss.slope, truth.loss.bend);
    return loss;
}

static double write_elements_of_row(struct problem *problem, size_t row) {
    focl__sum sum = {0};
    for (size_t c = 0; c < problem->description->shape.classes; c++) {
        const struct element element = element_at(problem, row, c);
        focl__sum_add(&sum, write_element(problem, &element));
    }
    return focl__sum_value(&sum);
}

static double weight_of_elements(struct problem *problem, size_t row) {
    focl__sum sum = {0};
    for (size_t c = 0; c < problem->description->shape.classes; c++) {
        const struct element element = element_at(problem, row, c);
        if (element.counts)
            focl__sum_add(&sum, element_weight(problem, &element));
    }
    return focl__sum_value(&sum);
}

/* ---- The softmax family ---- */

/* What counts as 0 may be below it: see focl__loss_check_targets. */
static void read_row(struct problem *problem, size_t row) {
    focl__row *of = &problem->row;
    for (size_t c = 0; c < of->classes; c++) {
        const struct element element = element_at(problem, row, c);
        of->input[c] = input_at(problem, &element);
        of->target[c] = element.target > 0 ? element.target : 0;
        of->weight[c] = class_weight_at(problem, c);
    }
}

static void write_classes(const struct problem *problem, size_t row, double weight) {
    const focl__row *of = &problem->row;
    for (size_t c = 0; c < of->classes; c++) {
        const struct element element = element_at(problem, row, c);
        if (problem->outputs->probabilities)
            problem->outputs->probabilities[element.slot] = of->share[c];
        write_derivatives(problem, &element, weight, of->gradient[c], of->curvature[c]);
    }
}

/* Gives the row's loss. */
static double write_row(struct problem *problem, size_t row) {
    const focl_reference_outputs *outputs = problem->outputs;
    const struct element first = element_at(problem, row, 0);
    const double weight = given_weight_at(problem, &first);
    read_row(problem, row);
    focl__row_find_shares(problem->description, &problem->row);
    focl__row_find_loss(problem->description, &problem->row);
    const double loss = first.ignored ? 0 : problem->row.loss * weight;
    if (outputs->loss)
        outputs->loss[row] = loss;
    if (outputs->pt)
        outputs->pt[row] = first.ignored ? 0 : problem->row.pt;
    write_classes(problem, row, weight);
    return loss;
}

static double weight_of_row(struct problem *problem, size_t row) {
    const struct element first = element_at(problem, row, 0);
    const double alpha = problem->description->alpha;
    if (first.ignored)
        return 0;
    read_row(problem, row);
    return given_weight_at(problem, &first) * (alpha < 0 ? 1 : alpha) * focl__row_class_weight(&problem->row);
}

/* ---- The reduction ---- */

/* What a row adds to a sum. */
typedef double (*row_function)(struct problem *problem, size_t row);

static double sum_over_rows(struct problem *problem, row_function of_elements, row_function of_row) {
    const row_function of = focl__loss_is_of_rows(problem->description) ? of_row : of_elements;
    const size_t rows = problem->shape.elements == 0 ? 0 : problem->shape.rows;
    focl__sum sum = {0};
    for (size_t row = 0; row < rows; row++)
        focl__sum_add(&sum, of(problem, row));
    return focl__sum_value(&sum);
}

static double given_normalizer(const struct problem *problem) {
    const focl_loss_description *description = problem->description;
    const focl_type type = description->logits_type == FOCL_F64 ? FOCL_F64 : FOCL_F32;
    return problem->inputs->normalizer ? focl__element_at(type, problem->inputs->normalizer, 0)
                                       : description->normalizer;
}

static double normalizer_of(struct problem *problem) {
    const focl_loss_counts *counts = &problem->counts;
    switch (problem->description->reduction) {
    case FOCL_REDUCTION_MEAN:
        return (double)counts->counted;
    case FOCL_REDUCTION_ROW_MEAN:
        return (double)counts->counted_rows;
    case FOCL_REDUCTION_WEIGHTED_MEAN:
        return sum_over_rows(problem, weight_of_elements, weight_of_row);
    case FOCL_REDUCTION_POSITIVE_MEAN:
        return fmax(1, (double)counts->positive);
    case FOCL_REDUCTION_GIVEN:
        return given_normalizer(problem);
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

static void calculate(struct problem *problem) {
    const focl_reference_outputs *outputs = problem->outputs;
    problem->normalizer = normalizer_of(problem);
    const double sum = sum_over_rows(problem, write_elements_of_row, write_row);
    if (outputs->reduced)
        *outputs->reduced = reduced_loss(problem, sum);
    if (outputs->counts)
        *outputs->counts = problem->counts;
    if (outputs->used_normalizer)
        *outputs->used_normalizer = problem->normalizer;
}

static focl_status calculate_with_room(struct problem *problem) {
    const bool needs_room = focl__loss_is_of_rows(problem->description) && problem->shape.elements > 0;
    const focl_status status =
        needs_room ? focl__row_create(&problem->row, problem->description->shape.classes) : FOCL_OK;
    if (status)
        return status;
    calculate(problem);
    focl__row_free(&problem->row);
    return FOCL_OK;
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
    if (status)
        return status;
    problem.strides = strides_of(description);
    return calculate_with_room(&problem);
}
