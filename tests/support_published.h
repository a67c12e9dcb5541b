/* What other projects print and test, as problems; and the comparison with it. Free of Check. */
#ifndef FOCL_TESTS_SUPPORT_PUBLISHED_H
#define FOCL_TESTS_SUPPORT_PUBLISHED_H

#include "data/published_cases.h"
#include "support_problem.h"

/* The cases of all tables, one after the other. */
size_t published_count(void);
const published_case *published_at(size_t index);

loss_problem published_problem(const published_case *published);

/* A number of a case beside what was published; it is met within `allowed`. */
typedef struct published_number {
    const char *what; /* "reduced" */
    size_t index;
    double expected, found, allowed;
} published_number;

/* Called for each number that the case has. */
typedef void published_visitor(void *context, const published_case *published, const published_number *number);
void published_compare(const published_case *published, double reduced, const double *losses, const double *gradient,
                       published_visitor *visit, void *context);

/* The same of an answer with all outputs. */
void published_compare_answer(const published_case *published, const loss_problem *problem, const loss_answer *answer,
                              published_visitor *visit, void *context);

#endif
