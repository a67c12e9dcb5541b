/*
 * Class weights by recipe: from how often each class occurs to how much it weighs, in double, on the host.
 *
 * With n_c the count of class c, total the sum of all counts, and f_c = n_c / total:
 *
 *   FOCL_WEIGHTS_INVERSE       1 / f_c                        inverse frequency
 *   FOCL_WEIGHTS_SQRT_INVERSE  1 / sqrt(f_c)                  between no balance and full balance
 *   FOCL_WEIGHTS_MEDIAN        median of f / f_c              median frequency balancing (Eigen and Fergus, 2015)
 *   FOCL_WEIGHTS_EFFECTIVE     (1 - beta) / (1 - beta^n_c)    effective number of samples (Cui et al., 2019)
 *   FOCL_WEIGHTS_ENET          1 / ln(1.02 + f_c)             ENet (Paszke et al., 2016)
 *
 * Each step is one double operation, in the order written: 1 / (n_c / total). The median is over the classes that
 * occur, the mean of the middle two where they are even in number. Effective weights are scaled as Cui et al. do, so
 * that they sum to the number of classes that occur; the others are not scaled. 1 - beta^n is taken as -expm1(n ln
 * beta), which keeps its digits where beta^n is close to 1.
 *
 * A class that never occurs has weight 0 in every recipe: nothing of it is there to be weighted, and 1 / 0 would make
 * every later sum infinite. docs/class-weights.md says more.
 *
 * focl_loss takes class weights as f32: convert each, (float)weights[c], and pass them as class_weights. In the sigmoid
 * family they weigh columns, in the softmax family and with target_only the label's class: there they are alpha_c.
 */
#ifndef FOCL_CLASS_WEIGHTS_H
#define FOCL_CLASS_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "focl/export.h"
#include "focl/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, word, formula): the recipes. */
#define FOCL_WEIGHTS_TABLE(X)                                                                    \
    X(FOCL_WEIGHTS_INVERSE, "inverse", "1 / (n_c / total)")                                      \
    X(FOCL_WEIGHTS_SQRT_INVERSE, "sqrt-inverse", "1 / sqrt(n_c / total)")                        \
    X(FOCL_WEIGHTS_MEDIAN, "median", "median frequency / (n_c / total)")                         \
    X(FOCL_WEIGHTS_EFFECTIVE, "effective", "(1 - beta) / (1 - beta^n_c), scaled to a mean of 1") \
    X(FOCL_WEIGHTS_ENET, "enet", "1 / ln(1.02 + n_c / total)")

typedef enum focl_weights_recipe {
#define FOCL_WEIGHTS_ENUM(name, word, formula) name,
    FOCL_WEIGHTS_TABLE(FOCL_WEIGHTS_ENUM)
#undef FOCL_WEIGHTS_ENUM
} focl_weights_recipe;

/* The usual beta of FOCL_WEIGHTS_EFFECTIVE. */
#define FOCL_WEIGHTS_BETA 0.9999

/* "inverse"; "unknown" outside the table. Static storage. */
FOCL_API const char *focl_weights_recipe_name(focl_weights_recipe recipe);

/*
 * Writes the weights of `classes` counts. beta in [0, 1) is used by FOCL_WEIGHTS_EFFECTIVE only, and must be right for
 * it only. No classes, or no counts above 0: success, and weights of 0. FOCL_EINVAL for an unknown recipe, a beta out
 * of range, NULL arrays of at least one class, and counts whose sum is beyond 64 bits; FOCL_ENOMEM for the median.
 * Nothing is written then. Any thread may call it.
 */
FOCL_API focl_status focl_class_weights(focl_weights_recipe recipe, double beta, size_t classes, const uint64_t *counts,
                                        double *weights);

#ifdef __cplusplus
}
#endif

#endif
