/* What operations on flat arrays should give: steps of gradient descent, weighted sums. Free of Check. */
#ifndef FOCL_TESTS_SUPPORT_ARRAY_TRUTH_H
#define FOCL_TESTS_SUPPORT_ARRAY_TRUTH_H

#include "support_problem.h"

/* A parameter after a step, each operation rounded by itself, before it is stored; by focl/gradient_step.h. */
double step_truth(const focl_gradient_step_description *of, double parameter, double gradient);

/* Numbers for steps: of every size, and what devices do not agree about unless they are told. */
double step_random_number(test_random *random);

/* The exact sum, and how far focl/weighted_sum.h allows a strict one to be from it. */
typedef struct sum_truth {
    long double sum;
    long double magnitude; /* of all terms */
    long double bound;
} sum_truth;

/* weights may be NULL. */
sum_truth sum_truth_of(const focl_weighted_sum_description *description, const void *losses, const void *weights);

/* In ulps of f32, or of f64, of a number of this size. */
long double sum_in_ulps(const focl_weighted_sum_description *description, long double error, long double size);

/* The number that a call left. */
double sum_value(const focl_weighted_sum_description *description, const void *sum);

#endif
