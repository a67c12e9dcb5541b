/* What the tests of the loss share: problems, answers, and their comparison with the truth and with each other. */
#ifndef FOCL_TESTS_SUPPORT_LOSS_H
#define FOCL_TESTS_SUPPORT_LOSS_H

#include "support.h"
#include "support_judgement.h"

/* ---- Comparison ---- */

/* Every output of the answer within ulps of the truth, the sums within their bound, the counters equal. */
void loss_assert_close(const loss_problem *problem, const loss_truth *truth, const loss_answer *answer, double ulps,
                       const char *where);

/* The outputs that both answers have are equal to the bit, except that any NaN equals any NaN. */
void loss_assert_same(const loss_problem *problem, const loss_answer *expected, const loss_answer *found,
                      const char *where);

/* What strides leave out between the elements of an output is as it was. */
void loss_assert_gaps(const loss_problem *problem, const loss_answer *answer);

/* The mirror is close to the truth, and gives the answer; the device has its bits, in both forms. */
void loss_assert_mirror(const loss_problem *problem, const loss_truth *truth, const loss_answer *mirror);
void loss_assert_on_device(const loss_problem *problem, const loss_truth *truth, const loss_answer *mirror,
                           size_t device, size_t offset);

/*
 * The mirror is close to the truth; so is every device, whose bits are the mirror's where it says so. The arrays on the
 * device start `offset` elements behind a guard; the host form runs too.
 */
void loss_assert_everywhere(const loss_problem *problem, size_t offset);

/* The mirror alone. */
void loss_assert_on_mirror(const loss_problem *problem);

/* Everywhere if case `number` has its turn (test_has_turn), else on the mirror. */
void loss_assert_in_turn(const loss_problem *problem, size_t offset, size_t number, size_t turns);

#endif
