/* Named cases of values: logits that break other programs. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "conformance_named.h"

static const float extreme[] = {0,       -0.0F,   1e-7F,    -1e-7F,   1,         -1,        8.4F,      -8.4F,    9.39F,
                                -9.39F,  16,      -16,      17.4F,    -17.4F,    88,        -88,       89,       -89,
                                104,     -104,    1e4F,     -1e4F,    FLT_MAX,   -FLT_MAX,  FLT_MIN,   -FLT_MIN, 1e-40F,
                                -1e-40F, 43.668F, -43.668F, 87.3365F, -87.3365F, 0x1p-149F, -0x1p-149F};

static const double gammas[] = {0, 1e-3, 0.5, 1, 1.5, 2, 5};

static focl_loss_description element_focal(double gamma) {
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){0});
    description.gamma = gamma;
    return description;
}

static void examine_pairs(conformance_run *run, const char *name, const focl_loss_description *description,
                          const float *logits, size_t count) {
    loss_problem problem = conformance_pairs(name, description, logits, count);
    problem.description.reduction = FOCL_REDUCTION_NONE;
    conformance_loss(run, &problem);
    loss_problem_free(&problem);
}

void conformance_every_gamma(conformance_run *run, const conformance_case *of) {
    for (size_t i = 0; i < COUNT_OF(gammas); i++) {
        const focl_loss_description description = element_focal(gammas[i]);
        examine_pairs(run, of->name, &description, extreme, COUNT_OF(extreme));
    }
}

/* ---- Rows ---- */

enum { CLASSES = 3 };

static focl_loss_description row_focal(double gamma, size_t rows) {
    focl_loss_description description = focl_loss_default(FOCL_SOFTMAX, FOCL_FOCAL, (focl_view){rows, CLASSES, 1});
    description.gamma = gamma;
    description.targets_type = FOCL_I32;
    description.reduction = FOCL_REDUCTION_SUM;
    return description;
}

static void examine_rows(conformance_run *run, const char *name, const focl_loss_description *description,
                         const float *logits, const int32_t *labels) {
    loss_problem problem = conformance_rows(name, description, logits, labels);
    conformance_loss(run, &problem);
    loss_problem_free(&problem);
}

/* Rows whose first class leads; the label is that class, or another. */
static void examine_leads(conformance_run *run, const conformance_case *of, const focl_loss_description *base,
                          const float *leads, size_t count, int32_t label) {
    float *logits = test_zeros(CLASSES * count, sizeof *logits);
    int32_t *labels = test_zeros(count, sizeof *labels);
    focl_loss_description description = *base;
    description.shape.outer = count;
    for (size_t i = 0; i < count; i++) {
        logits[CLASSES * i] = leads[i];
        logits[CLASSES * i + 1] = -0.5F;
        labels[i] = label;
    }
    examine_rows(run, of->name, &description, logits, labels);
    free(logits);
    free(labels);
}

/* ---- Certain ---- */

static const float certain[] = {9.39F, 16, 17.4F, 17.5F, 20, 40, 87, 88, 89, 104, 200, 1e4F, 1e30F, FLT_MAX};

void conformance_certain_examples(conformance_run *run, const conformance_case *of) {
    static const double below_1[] = {1e-3, 0.5};
    for (size_t i = 0; i < COUNT_OF(below_1); i++) {
        const focl_loss_description elements = element_focal(below_1[i]);
        const focl_loss_description rows = row_focal(below_1[i], COUNT_OF(certain));
        examine_pairs(run, of->name, &elements, certain, COUNT_OF(certain));
        examine_leads(run, of, &rows, certain, COUNT_OF(certain), 0);
    }
}

void conformance_half_logits(conformance_run *run, const conformance_case *of) {
    static const float around[] = {9.38F, 9.39F, 9.3984375F, 9.40625F, -9.39F, -9.40625F, 10, 11.1F, 17.4F, 65504};
    static const double some[] = {2, 0.5};
    for (size_t i = 0; i < conformance_size(run, 1, COUNT_OF(some)); i++) {
        focl_loss_description elements = element_focal(some[i]);
        elements.logits_type = FOCL_F16;
        examine_pairs(run, of->name, &elements, around, COUNT_OF(around));
    }
    focl_loss_description rows = row_focal(2, COUNT_OF(around));
    rows.logits_type = FOCL_F16;
    for (int32_t label = 0; !run->quick && label < 2; label++)
        examine_leads(run, of, &rows, around, COUNT_OF(around), label);
}

/* What the host form gives of the first problem with these logits. */
static void examine_side(conformance_run *run, const conformance_case *of, const float *logits, size_t count,
                         bool right) {
    const focl_loss_description description = element_focal(2);
    loss_problem problem = conformance_pairs(of->name, &description, logits, count);
    loss_answer answer = loss_answer_create(&problem, LOSS_BIT(loss) | LOSS_BIT(gradient));
    problem.description.alpha = -1;
    if (conformance_worked(run, of->name, loss_on_host(run->handle, &problem, &answer)))
        for (size_t i = 0; i < count; i++) {
            const float loss = ((const float *)answer.outputs[LOSS_loss])[2 * i + (right ? 1 : 0)];
            const bool holds = right ? loss >= 0 && loss < 1e-12F : loss >= logits[i] * 0.999999F;
            conformance_require(run, holds, "%s: input %a: loss is %a", of->name, (double)logits[i], (double)loss);
        }
    loss_answer_free(&answer);
    loss_problem_free(&problem);
}

void conformance_right_beyond_17(conformance_run *run, const conformance_case *of) {
    static const float beyond[] = {17.3F, 17.4F, 18, 30, 60, 88, 89, 104, 1e4F, FLT_MAX};
    const focl_loss_description focal = element_focal(2);
    examine_side(run, of, beyond, COUNT_OF(beyond), true);
    examine_pairs(run, of->name, &focal, beyond, COUNT_OF(beyond));
}

void conformance_wrong_beyond_87(conformance_run *run, const conformance_case *of) {
    static const float beyond[] = {87.3365F, 87.34F, 88, 89, 104, 200, 1e4F, 1e30F};
    const focl_loss_description elements = element_focal(2);
    const focl_loss_description rows = row_focal(2, COUNT_OF(beyond));
    examine_side(run, of, beyond, COUNT_OF(beyond), false);
    examine_pairs(run, of->name, &elements, beyond, COUNT_OF(beyond));
    examine_leads(run, of, &rows, beyond, COUNT_OF(beyond), 1);
}

/* ---- No numbers ---- */

void conformance_infinite_logits(conformance_run *run, const conformance_case *of) {
    static const float strange[] = {NAN, INFINITY, -INFINITY};
    static const float rows[] = {-INFINITY, 1, 2, 1, -INFINITY, 2, NAN, 1, 2, INFINITY, 1, 2, 0, 1, -INFINITY};
    static const int32_t labels[] = {1, 2, 0, 0, 2};
    static const double some[] = {0, 0.5, 2};
    for (size_t i = 0; i < COUNT_OF(some); i++) {
        const focl_loss_description elements = element_focal(some[i]);
        examine_pairs(run, of->name, &elements, strange, COUNT_OF(strange));
    }
    const focl_loss_description focal = row_focal(2, COUNT_OF(labels));
    examine_rows(run, of->name, &focal, rows, labels);
}

/* ---- Weights ---- */

void conformance_every_alpha(conformance_run *run, const conformance_case *of) {
    static const double alphas[] = {-1, 0, 0.25, 1};
    for (size_t i = 0; i < COUNT_OF(alphas); i++) {
        focl_loss_description description = element_focal(2);
        description.alpha = alphas[i];
        examine_pairs(run, of->name, &description, extreme, COUNT_OF(extreme));
    }
}

/* Rows of class 0 alone, which weighs nothing. */
void conformance_class_weights_of_0(conformance_run *run, const conformance_case *of) {
    static const float logits[] = {1, 2, 3, 3, 2, 1};
    static const int32_t labels[] = {0, 0};
    static const float weights[] = {0, 1, 2};
    focl_loss_description description = row_focal(2, 2);
    description.reduction = FOCL_REDUCTION_WEIGHTED_MEAN;
    for (int empty = FOCL_EMPTY_ZERO; empty <= FOCL_EMPTY_NAN; empty++) {
        description.empty = (focl_empty)empty;
        loss_problem problem = conformance_rows(of->name, &description, logits, labels);
        loss_problem_set(&problem, LOSS_class_weights, weights);
        conformance_loss(run, &problem);
        loss_problem_free(&problem);
    }
}

void conformance_confident_rows(conformance_run *run, const conformance_case *of) {
    static const float leads[] = {5, 8, 10, 12, 15, 20, 30, 100};
    static const focl_type types[] = {FOCL_F16, FOCL_BF16};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        focl_loss_description description = row_focal(2, COUNT_OF(leads));
        description.logits_type = types[i];
        description.loss_scale = 1024;
        examine_leads(run, of, &description, leads, COUNT_OF(leads), 0);
        examine_leads(run, of, &description, leads, COUNT_OF(leads), 2);
    }
}
