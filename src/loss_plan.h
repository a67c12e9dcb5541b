/* What a loss call comes down to: the numbers the kernels and the mirror calculate with. Internal. */
#ifndef FOCL_LOSS_PLAN_H
#define FOCL_LOSS_PLAN_H

#include "focl/loss.h"
#include "loss_check.h"

/* Where the normaliser comes from. */
typedef enum focl__normalizer_source {
    FOCL__NORMALIZER_VALUE,    /* known here: plan.divisor */
    FOCL__NORMALIZER_COUNTED,  /* the elements that count, which the data decides */
    FOCL__NORMALIZER_ROWS,     /* the rows that are not ignored */
    FOCL__NORMALIZER_POSITIVE, /* max(1, positives) */
    FOCL__NORMALIZER_WEIGHTS,  /* the sum of weights of the elements that count */
    FOCL__NORMALIZER_ARRAY     /* the caller's array */
} focl__normalizer_source;

typedef struct focl__loss_plan {
    focl__loss_shape shape;
    focl_view view;       /* contiguous classes = 1 written as one plane: 1 x 1 x elements */
    focl_strides strides; /* of the view, never all 0 */
    bool strided;         /* not contiguous */
    int activation;       /* as cl/agreement.clh, like objective, gamma_kind and curvature */
    int objective;
    int gamma_kind;
    int curvature;
    bool asymmetric;       /* gamma_negative or margin make a difference */
    focl_type scalar_type; /* FOCL_F32 or _F64: what is calculated with; the numbers below are rounded to it */
    double gamma;
    double gamma_negative;
    double margin;
    double poly1;
    double alpha_positive;
    double alpha_negative;
    double smoothing;
    double clip;
    double upstream; /* loss_scale in it */
    double accumulate;
    double empty; /* the reduced loss when the normaliser is 0 */
    focl__normalizer_source source;
    double divisor; /* FOCL__NORMALIZER_VALUE */
} focl__loss_plan;

/* From a checked description and its shape. */
focl__loss_plan focl__loss_plan_make(const focl_loss_description *description, const focl__loss_shape *shape);

/* The normaliser that these counters give; plan->source is not WEIGHTS or ARRAY. */
double focl__loss_plan_divisor(const focl__loss_plan *plan, const focl_loss_counts *counts);

#endif
