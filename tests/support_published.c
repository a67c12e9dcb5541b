#include "support_published.h"

#include <math.h>
#include <stdlib.h>

#include "data/published_relatives.h"
#include "data/published_softmax_cases.h"

static const struct {
    const published_case *cases;
    size_t count;
} tables[] = {
    {published_cases, COUNT_OF(published_cases)},
    {published_relatives, COUNT_OF(published_relatives)},
    {published_softmax_cases, COUNT_OF(published_softmax_cases)},
};

size_t published_count(void) {
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        count += tables[i].count;
    return count;
}

const published_case *published_at(size_t index) {
    size_t table = 0;
    while (index >= tables[table].count)
        index -= tables[table++].count;
    return &tables[table].cases[index];
}

static focl_loss_description description_of(const published_case *published) {
    focl_loss_description description =
        focl_loss_default(published->activation, published->objective, published->shape);
    description.targets_type = published->labels ? FOCL_I64 : FOCL_F32;
    description.gamma = published->gamma;
    description.gamma_negative = published->gamma_negative > 0 ? published->gamma_negative : -1;
    description.margin = published->margin;
    description.alpha = published->alpha;
    description.label_smoothing = published->label_smoothing;
    description.clip = published->clip;
    description.has_ignore_index = published->has_ignore_index;
    description.ignore_index = published->ignore_index;
    description.pos_weight_count = published->pos_weights.count;
    description.weights_extent = published->weights_extent;
    description.reduction = published->reduction;
    description.normalizer = published->normalizer;
    return description;
}

static double number_at(const struct numbers *numbers, size_t index) {
    return numbers->values[index % numbers->count];
}

static void set_floats(loss_problem *problem, enum loss_array array, const struct numbers *numbers) {
    const size_t count = loss_array_elements(&problem->description, array);
    float *values = test_guarded(count * sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)number_at(numbers, i);
    problem->inputs[array] = values;
}

static void set_labels(loss_problem *problem, const struct numbers *numbers) {
    const size_t count = loss_array_elements(&problem->description, LOSS_targets);
    int64_t *labels = test_guarded(count * sizeof *labels);
    for (size_t i = 0; i < count; i++)
        labels[i] = (int64_t)number_at(numbers, i);
    problem->inputs[LOSS_targets] = labels;
}

loss_problem published_problem(const published_case *published) {
    const focl_loss_description description = description_of(published);
    loss_problem problem = loss_problem_empty(published->id, &description);
    set_floats(&problem, LOSS_logits, &published->logits);
    if (published->labels)
        set_labels(&problem, &published->targets);
    else
        set_floats(&problem, LOSS_targets, &published->targets);
    if (published->class_weights.count)
        set_floats(&problem, LOSS_class_weights, &published->class_weights);
    if (published->pos_weights.count)
        set_floats(&problem, LOSS_pos_weights, &published->pos_weights);
    if (published->weights.count)
        set_floats(&problem, LOSS_weights, &published->weights);
    return problem;
}

/* ---- Comparison ---- */

/* To whom numbers are shown. */
typedef struct tour {
    const published_case *published;
    published_visitor *visit;
    void *context;
} tour;

static void visit_number(const tour *of, const char *what, size_t index, double expected, double found) {
    const double allowed = of->published->absolute + of->published->relative * fabs(expected);
    const published_number number = {what, index, expected, found, allowed};
    of->visit(of->context, of->published, &number);
}

static void visit_numbers(const tour *of, const char *what, const struct numbers *expected, const double *found,
                          size_t count) {
    for (size_t i = 0; expected->count && i < count; i++)
        visit_number(of, what, i, number_at(expected, i), found[i]);
}

static void visit_row_means(const tour *of, const double *losses) {
    const size_t classes = of->published->shape.classes;
    for (size_t row = 0; row < of->published->row_mean_losses.count; row++) {
        double sum = 0;
        for (size_t c = 0; c < classes; c++)
            sum += losses[row * classes + c];
        visit_number(of, "row mean", row, number_at(&of->published->row_mean_losses, row), sum / (double)classes);
    }
}

void published_compare(const published_case *published, double reduced, const double *losses, const double *gradient,
                       published_visitor *visit, void *context) {
    const tour of = {published, visit, context};
    const focl_loss_description description = description_of(published);
    visit_numbers(&of, "reduced", &published->reduced, &reduced, 1);
    visit_numbers(&of, "loss", &published->losses, losses, loss_array_elements(&description, LOSS_loss));
    visit_numbers(&of, "gradient", &published->gradient, gradient, loss_array_elements(&description, LOSS_gradient));
    visit_row_means(&of, losses);
}

static double *widened(const float *values, size_t count) {
    double *wide = test_zeros(count, sizeof *wide);
    for (size_t i = 0; values && i < count; i++)
        wide[i] = (double)values[i];
    return wide;
}

void published_compare_answer(const published_case *published, const loss_problem *problem, const loss_answer *answer,
                              published_visitor *visit, void *context) {
    const focl_loss_description *description = &problem->description;
    const float *reduced = answer->outputs[LOSS_reduced];
    double *losses = widened(answer->outputs[LOSS_loss], loss_array_elements(description, LOSS_loss));
    double *gradient = widened(answer->outputs[LOSS_gradient], loss_array_elements(description, LOSS_gradient));
    published_compare(published, reduced ? (double)*reduced : 0, losses, gradient, visit, context);
    free(losses);
    free(gradient);
}
