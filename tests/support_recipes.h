/* Kinds of losses in which every option meets the others, pairwise rather than in every combination. */
#ifndef FOCL_TESTS_SUPPORT_RECIPES_H
#define FOCL_TESTS_SUPPORT_RECIPES_H

#include "support_problem.h"

/* Of the sigmoid family. */
extern const loss_recipe loss_recipes[];
extern const size_t loss_recipe_count;

/* Of the softmax family. */
extern const loss_recipe loss_row_recipes[];
extern const size_t loss_row_recipe_count;

/* What every recipe that names its fields says: what is not 0 where nothing is said. */
#define LOSS_AS_USUAL .gamma_negative = -1, .loss_scale = 1

/* The recipe in another shape: what depends on the number of classes is adapted. */
loss_recipe loss_recipe_shaped(const loss_recipe *recipe, focl_view shape);

#endif
