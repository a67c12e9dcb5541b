/* Named cases of the truth: what all else is judged by is right, by numbers from elsewhere. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "conformance_named.h"
#include "data/reference_values.h"
#include "support_published.h"

/* ---- 120 digits ---- */

static loss_problem problem_of_value(const char *name, const struct reference_value *value) {
    focl_loss_description description = focl_loss_default(value->activation, FOCL_FOCAL, (focl_view){1, 1, 1});
    description.gamma = value->gamma;
    description.alpha = value->alpha;
    description.label_smoothing = value->label_smoothing;
    description.pos_weight_count = 1;
    description.reduction = FOCL_REDUCTION_NONE;
    const float logit = (float)value->input;
    const float target = (float)value->target;
    const float pos_weight = (float)value->pos_weight;
    loss_problem problem = loss_problem_empty(name, &description);
    problem.soft = value->target > 0 && value->target < 1;
    loss_problem_set(&problem, LOSS_logits, &logit);
    loss_problem_set(&problem, LOSS_targets, &target);
    if (pos_weight < 1 || pos_weight > 1)
        loss_problem_set(&problem, LOSS_pos_weights, &pos_weight);
    return problem;
}

static bool is_near(double found, double expected) {
    return fabs(found - expected) <= 1e-12 * fabs(expected) || found == expected;
}

static void examine_value(conformance_run *run, const conformance_case *of, const struct reference_value *value) {
    loss_problem problem = problem_of_value(of->name, value);
    loss_truth truth = loss_truth_of(&problem);
    conformance_require(run, is_near(truth.loss[0], value->loss), "the reference's loss of %a, gamma %g is %a, not %a",
                        value->input, value->gamma, truth.loss[0], value->loss);
    conformance_require(run, is_near(truth.gradient[0], value->gradient),
                        "the reference's gradient of %a, gamma %g is %a, not %a", value->input, value->gamma,
                        truth.gradient[0], value->gradient);
    conformance_loss(run, &problem);
    loss_truth_free(&truth);
    loss_problem_free(&problem);
}

/* Smoothing and weights are programs of their own. */
static bool is_plain(const struct reference_value *value) {
    return value->activation == FOCL_SIGMOID && value->label_smoothing <= 0 && value->pos_weight >= 1 &&
           value->pos_weight <= 1;
}

void conformance_digits(conformance_run *run, const conformance_case *of) {
    for (size_t i = 0; i < COUNT_OF(reference_values); i++)
        if (!run->quick || is_plain(&reference_values[i]))
            examine_value(run, of, &reference_values[i]);
}

/* ---- Slopes ---- */

/* The same problem with logits of f64, so that they can be moved by little. */
static loss_problem in_f64(const loss_problem *problem) {
    loss_problem wide = *problem;
    wide.description.logits_type = FOCL_F64;
    wide.inputs[LOSS_logits] = test_guarded(loss_array_bytes(&wide.description, LOSS_logits));
    for (size_t i = 0; i < loss_array_elements(&wide.description, LOSS_logits); i++)
        loss_put_value(FOCL_F64, wide.inputs[LOSS_logits], i, loss_value_at(FOCL_F32, problem->inputs[LOSS_logits], i));
    return wide;
}

/* The loss and a gradient where one logit is moved. */
typedef struct point {
    double loss, gradient;
} point;

static point moved(const loss_problem *wide, size_t place, double by) {
    double *logits = wide->inputs[LOSS_logits];
    const double before = logits[place];
    logits[place] = before + by;
    loss_truth truth = loss_truth_of(wide);
    const point found = {truth.reduced, truth.gradient[place]};
    loss_truth_free(&truth);
    logits[place] = before;
    return found;
}

/* Of order 4: nothing of it is left at this step, and rounding takes 1e-12 of the loss. */
static point slope_at(const loss_problem *wide, size_t place) {
    const double step = 0x1p-9;
    const point near[] = {moved(wide, place, -step), moved(wide, place, step)};
    const point far[] = {moved(wide, place, -2 * step), moved(wide, place, 2 * step)};
    return (point){
        .loss = (8 * (near[1].loss - near[0].loss) - (far[1].loss - far[0].loss)) / (12 * step),
        .gradient = (8 * (near[1].gradient - near[0].gradient) - (far[1].gradient - far[0].gradient)) / (12 * step),
    };
}

static void require_slope(conformance_run *run, const loss_problem *problem, const char *what, size_t place,
                          double slope, float found) {
    conformance_require(run, fabs((double)found - slope) <= 1e-5 * fabs(slope) + 1e-7,
                        "%s: %s[%zu] is %a, the slope is %a", problem->name, what, place, (double)found, slope);
}

static void examine_slopes(conformance_run *run, const loss_recipe *recipe, uint64_t stream) {
    loss_problem problem = loss_problem_create(recipe, stream);
    test_random random = test_random_start(stream + 50);
    float *logits = problem.inputs[LOSS_logits];
    for (size_t i = 0; i < loss_array_elements(&problem.description, LOSS_logits); i++)
        logits[i] = (float)test_random_uniform(&random, -4, 4);
    loss_problem wide = in_f64(&problem);
    loss_answer answer = loss_answer_create(&problem, loss_outputs(&problem.description));
    run->line->problems++;
    if (conformance_worked(run, recipe->name, loss_on_host(run->handle, &problem, &answer)))
        for (size_t i = 0; i < loss_array_elements(&problem.description, LOSS_logits); i++) {
            const point slope = slope_at(&wide, i);
            require_slope(run, &problem, "gradient", i, slope.loss, ((float *)answer.outputs[LOSS_gradient])[i]);
            require_slope(run, &problem, "curvature", i, slope.gradient, ((float *)answer.outputs[LOSS_hessian])[i]);
        }
    loss_answer_free(&answer);
    test_guarded_free(wide.inputs[LOSS_logits]);
    loss_problem_free(&problem);
}

void conformance_slopes(conformance_run *run, const conformance_case *of) {
    static const double gammas[] = {0.5, 2};
    for (size_t i = 0; i < COUNT_OF(gammas); i++) {
        loss_recipe elements = {.name = "focal", .soft = true};
        loss_recipe rows = {.name = "softmax focal"};
        elements.description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){24, 1, 1});
        rows.description = focl_loss_default(FOCL_SOFTMAX, FOCL_FOCAL, (focl_view){8, 3, 1});
        rows.description.targets_type = FOCL_I32;
        elements.description.reduction = rows.description.reduction = FOCL_REDUCTION_SUM;
        elements.description.gamma = rows.description.gamma = gammas[i];
        examine_slopes(run, &elements, of->stream + 2 * i);
        examine_slopes(run, &rows, of->stream + 2 * i + 1);
    }
}

/* ---- What others print ---- */

static void require_number(void *context, const published_case *published, const published_number *number) {
    conformance_run *run = context;
    conformance_require(run, fabs(number->found - number->expected) <= number->allowed,
                        "%s (%s): %s[%zu] is %.9g, published is %.9g", published->id, published->source, number->what,
                        number->index, number->found, number->expected);
}

static void examine_published(conformance_run *run, const published_case *published) {
    loss_problem problem = published_problem(published);
    loss_answer answer = loss_answer_create(&problem, loss_outputs(&problem.description));
    run->line->problems++;
    if (conformance_worked(run, published->id, loss_on_host(run->handle, &problem, &answer)))
        published_compare_answer(published, &problem, &answer, require_number, run);
    loss_answer_free(&answer);
    loss_problem_free(&problem);
}

/* Of projects that have a focal loss, those whose options are the usual ones: few programs. */
static bool is_usual(const published_case *published) {
    static const char *const usual[] = {"mmcv_sigmoid", "fvcore_hard", "paddle_doc"};
    for (size_t i = 0; i < COUNT_OF(usual); i++)
        if (strncmp(published->id, usual[i], strlen(usual[i])) == 0)
            return true;
    return false;
}

void conformance_published(conformance_run *run, const conformance_case *of) {
    (void)of;
    for (size_t i = 0; i < published_count(); i++)
        if (!run->quick || is_usual(published_at(i)))
            examine_published(run, published_at(i));
}
