/* How far an answer is from the truth, beside the bound that is stated for it; and where two answers differ. */
#ifndef FOCL_TESTS_SUPPORT_JUDGEMENT_H
#define FOCL_TESTS_SUPPORT_JUDGEMENT_H

#include "support_problem.h"

/*
 * The bound that focl/loss.h gives: 8 for the gammas 0, 1 and 2, 16 for others. The q of soft targets and of smoothed
 * labels is a sum, and its rounding is powered: 3 gamma more. Half an ulp for each array of factors. This is the
 * gradients' bound; losses, which nothing of upstream or the normaliser touches, have what is left without these.
 */
double loss_ulps(const loss_problem *problem);

/* An entry of an output beside its truth. */
typedef struct loss_comparison {
    enum loss_array array;
    size_t number; /* in the order of the view; 0 of an output of one value */
    double truth;
    loss_judge judge;
    double found;
    focl_type type;
    double ulps;     /* the bound of what is stored in this type, before what ulps_allowed adds */
    bool must_be_0;  /* an ignored row's: nearly is not enough */
    bool of_own_sum; /* the reduced loss beside the sum of the losses that the answer itself has */
} loss_comparison;

/*
 * The error in ulps of f32 (of f64 for that type) of the value or, where terms cancel, of their size; what storing in
 * 16 bits and flushing small numbers may change is no error. Infinite where NaN or infinity is wrong.
 */
double loss_error_ulps(const loss_comparison *of);

/* What the error may be, by the bound of focl/loss.h and what is known of the truth. */
double loss_ulps_allowed(const loss_comparison *of);

/* True if the entry is within its bound, and 0 where it must be. */
bool loss_is_close(const loss_comparison *of);

/* Its element, or the first of its row; of outputs of one value the first of all. */
loss_element loss_comparison_element(const loss_problem *problem, const loss_comparison *of);

/* Called for each entry of each output of numbers that the answer has; counters are compared by their bits. */
typedef void loss_visitor(void *context, const loss_problem *problem, const loss_comparison *of);
void loss_compare(const loss_problem *problem, const loss_truth *truth, const loss_answer *answer, double ulps,
                  loss_visitor *visit, void *context);

/* Of counters, which are exact, the first that is not as it must be; name NULL: there is none. */
typedef struct loss_counter {
    const char *name;
    uint64_t expected, found;
} loss_counter;
loss_counter loss_first_wrong_counter(const focl_loss_counts *truth, const focl_loss_counts *found);

/* The first entry of an output that both answers have with other bits, where NaN equals NaN. */
typedef struct loss_difference {
    bool any;
    enum loss_array array;
    size_t place;
    double expected, found;
} loss_difference;
loss_difference loss_first_difference(const loss_problem *problem, const loss_answer *expected,
                                      const loss_answer *found);

#endif
