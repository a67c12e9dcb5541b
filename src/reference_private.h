/*
 * What the parts of the reference share: functions with their derivatives, sums that lose nothing, and the problems of
 * the two families, one element or one row. Internal.
 */
#ifndef FOCL_REFERENCE_PRIVATE_H
#define FOCL_REFERENCE_PRIVATE_H

#include <math.h>

#include "focl/loss.h"
#include "focl/status.h"

/* ---- Functions of one input ---- */

/* A value and its first two derivatives. */
typedef struct focl__jet {
    double value;
    double slope;
    double bend;
} focl__jet;

/* The logarithm of a factor m >= 0 and its derivatives divided by m itself, which may be too small for a double. */
typedef struct focl__focus {
    double log_value;
    double slope; /* m'/m */
    double bend;  /* m''/m */
} focl__focus;

/* a x b where 0 wins over an infinity: the limit of every such product here. */
double focl__product(double a, double b);

focl__jet focl__jet_sum(focl__jet a, focl__jet b);
focl__jet focl__jet_scale(double factor, focl__jet a);
focl__jet focl__jet_product(focl__jet power, focl__jet cost);

/* m itself, and m^gamma; 0^0 is 1. */
focl__jet focl__jet_of_focus(focl__focus m);
focl__jet focl__jet_power(double gamma, focl__focus m);

/* m^gamma (cost + poly1 m). */
focl__jet focl__jet_focal(double gamma, focl__focus m, focl__jet cost, double poly1);

/* ---- Sums ---- */

/* Neumaier's sum: the rounding of each addition is kept and added at the end. */
typedef struct focl__sum {
    double total;
    double lost;
} focl__sum;

void focl__sum_add(focl__sum *sum, double value);
double focl__sum_value(const focl__sum *sum);

/* ---- One element of the sigmoid family ---- */

/* The loss is without the element's weights; its bend is the curvature that the description asks for, of either sign.
 */
typedef struct focl__element_truth {
    double probability;
    double pt;
    focl__jet loss;
} focl__element_truth;

focl__element_truth focl__element_truth_of(const focl_loss_description *description, double input, double target,
                                           double pos_weight);

/* ---- One row of the softmax family ---- */

/* What a row is, what becomes of it, and what is needed on the way: each an array of one number a class. */
#define FOCL__ROW_TABLE(X)                                                         \
    X(input)                                                                       \
    X(target)    /* the row's distribution y */                                    \
    X(weight)    /* w of the classes */                                            \
    X(share)     /* found: the probability p */                                    \
    X(gradient)  /* found, like loss and pt below without the row's weight */      \
    X(curvature) /* found: what the description asks for, of either sign */        \
    X(rest)      /* 1 - p, the other classes' share */                             \
    X(log_share)                                                                   \
    X(log_rest)                                                                    \
    X(cost_share) /* a = w y', y' the smoothed target; of a squared error p - y */ \
    X(term)       /* of whichever sum is at hand */                                \
    X(focus)      /* (dm/dx)/m; terms of another sum */

typedef struct focl__row {
    size_t classes;
#define FOCL__ROW_ARRAY(name) double *name;
    FOCL__ROW_TABLE(FOCL__ROW_ARRAY)
#undef FOCL__ROW_ARRAY
    double loss;
    double pt;
} focl__row;

/* FOCL_ENOMEM leaves nothing to free. */
focl_status focl__row_create(focl__row *row, size_t classes);
void focl__row_free(focl__row *row);

/* The weight of the row's own classes, sum_c w_c y_c. */
double focl__row_class_weight(const focl__row *row);

/* From the inputs the shares; from shares, targets and weights everything else. */
void focl__row_find_shares(const focl_loss_description *description, focl__row *row);
void focl__row_find_loss(const focl_loss_description *description, focl__row *row);

#endif
