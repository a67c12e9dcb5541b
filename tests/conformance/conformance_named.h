/* The named cases: what fails elsewhere. Each is a function here and a row of the table in conformance_named.c. */
#ifndef FOCL_TESTS_CONFORMANCE_NAMED_H
#define FOCL_TESTS_CONFORMANCE_NAMED_H

#include "conformance_case.h"

/* conformance_logits.c: values of single elements and rows. */
conformance_function conformance_every_gamma;
conformance_function conformance_certain_examples;
conformance_function conformance_half_logits;
conformance_function conformance_right_beyond_17;
conformance_function conformance_wrong_beyond_87;
conformance_function conformance_infinite_logits;
conformance_function conformance_every_alpha;
conformance_function conformance_class_weights_of_0;
conformance_function conformance_confident_rows;

/* conformance_labels.c: labels, and what counts. */
conformance_function conformance_background;
conformance_function conformance_ignored;
conformance_function conformance_out_of_range;
conformance_function conformance_all_ignored;
conformance_function conformance_no_positives;
conformance_function conformance_empty;

/* conformance_calls.c: outputs, layouts and repetition. */
conformance_function conformance_upstream;
conformance_function conformance_accumulated;
conformance_function conformance_in_place;
conformance_function conformance_gamma_0;
conformance_function conformance_repeated;
conformance_function conformance_mappings;
conformance_function conformance_class_numbers;
conformance_function conformance_strided;
conformance_function conformance_wide_indices;
conformance_function conformance_many_elements;

/* conformance_truth.c: the truth itself. */
conformance_function conformance_digits;
conformance_function conformance_slopes;
conformance_function conformance_published;

/* A problem of dense targets, with each logit both as t = 1 and as t = 0; f32 logits are converted to the type. */
loss_problem conformance_pairs(const char *name, const focl_loss_description *base, const float *logits, size_t count);

/* A problem of rows with a label each, i32. */
loss_problem conformance_rows(const char *name, const focl_loss_description *base, const float *logits,
                              const int32_t *labels);

/* A random problem, judged and freed. */
void conformance_random(conformance_run *run, const loss_recipe *recipe, uint64_t stream);

#endif
