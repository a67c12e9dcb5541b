/* What the parts of the mirror share. Internal. */
#ifndef FOCL_MIRROR_PRIVATE_H
#define FOCL_MIRROR_PRIVATE_H

#include "../cl/rule.clh"
#include "focl/loss.h"
#include "loss_plan.h"

/* The value of one summand; called once for each index, in ascending order. */
typedef float focl__mirror_value(void *context, size_t index);

/* The sum of count values in the order of cl/reduce.clh. */
float focl__mirror_sum(size_t count, focl__mirror_value *value_of, void *context);

/* The normaliser; value_of gives the summands of FOCL__NORMALIZER_WEIGHTS. */
float focl__mirror_normalizer(const focl__loss_plan *plan, const focl_loss_counts *counts, const void *given,
                              size_t count, focl__mirror_value *value_of, void *context);

/* The rule of a plan, with gradient_scale 0. */
focl_rule focl__mirror_rule(const focl__loss_plan *plan);

/* The softmax family: writes every output but the counts. */
void focl__mirror_softmax(const focl_loss_description *description, const focl__loss_plan *plan,
                          const focl_loss_counts *counts, const focl_loss_host_inputs *inputs,
                          const focl_loss_host_outputs *outputs);

#endif
