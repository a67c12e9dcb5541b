/* What the tests of the reference share. */
#ifndef FOCL_TESTS_SUPPORT_REFERENCE_H
#define FOCL_TESTS_SUPPORT_REFERENCE_H

#include "support.h"

/* Within `relative` of expected; NaN and infinities are near themselves. */
void assert_near(double found, double expected, double relative, const char *what);

/* The same, but within `relative` of the largest of the expected values. */
void assert_all_near(const double *found, const double *expected, size_t count, double relative, const char *what);

/* focl_reference_loss; the test fails where it does. */
void reference_of(const focl_loss_description *description, const focl_loss_host_inputs *inputs,
                  const focl_reference_outputs *outputs);

#endif
