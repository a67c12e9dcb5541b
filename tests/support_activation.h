/* What the tests of activations share: the comparison of answers with the truth and with each other. */
#ifndef FOCL_TESTS_SUPPORT_ACTIVATION_H
#define FOCL_TESTS_SUPPORT_ACTIVATION_H

#include "support_activation_problem.h"
#include "support_loss.h"

/* The greatest errors met so far by kind and output, in the ulps of the bounds of focl/activation.h; printed at exit.
 */
void activation_print_errors(void);

/* Every output is within the bounds of focl/activation.h of the truth, and gaps are as they were. */
void activation_assert_close(const activation_problem *problem, const activation_answer *answer, const char *where);

/* The outputs that both have are equal to the bit, except that any NaN equals any NaN. */
void activation_assert_same(const activation_problem *problem, const activation_answer *expected,
                            const activation_answer *found, const char *where);

/* The mirror is close to the truth; every device has its bits, in both forms, where it says so, else is close. */
void activation_assert_everywhere(const activation_problem *problem, unsigned outputs, size_t offset);

/* The devices have every third case (test_has_turn), the mirror has all. */
void activation_assert_in_turn(const activation_problem *problem, unsigned outputs, size_t offset, size_t number);

#endif
