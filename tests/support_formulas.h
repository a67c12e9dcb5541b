/* Every objective with every option of its own, as tables. Free of Check. */
#ifndef FOCL_TESTS_SUPPORT_FORMULAS_H
#define FOCL_TESTS_SUPPORT_FORMULAS_H

#include "support_problem.h"

/* The options that an objective has; margin, poly1 and smoothing off where 0, gamma_negative where negative. */
typedef struct loss_formula {
    const char *name;
    focl_activation activation;
    focl_objective objective;
    double gamma;
    double gamma_negative;
    double margin;
    double poly1;
    double smoothing;
    double alpha;
    bool is_essential; /* one of those that together have each kind of step once */
} loss_formula;

/* Of independent logits, and squared errors of values. */
extern const loss_formula loss_formulas[];
extern const size_t loss_formula_count;

/* Of independent probabilities, and of rows. */
extern const loss_formula loss_other_formulas[];
extern const size_t loss_other_formula_count;

/* Dense targets, unreduced. */
focl_loss_description loss_formula_description(const loss_formula *of, focl_view shape, focl_curvature curvature);

#endif
