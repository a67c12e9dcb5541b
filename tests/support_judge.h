/* By what errors are judged: inside the tests' support. */
#ifndef FOCL_TESTS_SUPPORT_JUDGE_H
#define FOCL_TESTS_SUPPORT_JUDGE_H

#include "support_problem.h"

/* Of an element, or of all elements of a row: before weights, upstream and normaliser. */
typedef struct loss_judges {
    loss_judge loss;
    loss_judge gradient;
    loss_judge hessian;
} loss_judges;

/* The sigmoid family: pos_weights included. */
loss_judges loss_judge_element(const loss_problem *problem, loss_element element);

/*
 * The softmax family: class_weights included. Gradient and hessian are those of the row's largest; where a row's
 * targets are of one class alone, the magnitudes are the values.
 */
loss_judges loss_judge_row(const loss_problem *problem, size_t number);

/* The target of an element: 0 or 1 where they are labels. */
double loss_target_of(const loss_problem *problem, loss_element element);

/* An entry of an array of factors, 1 where there is no array. */
double loss_factor_at(const loss_problem *problem, enum loss_array array, size_t place);

#endif
