/* Kinds of losses in which every option meets the others, pairwise rather than in every combination. */
#ifndef FOCL_TESTS_SUPPORT_RECIPES_H
#define FOCL_TESTS_SUPPORT_RECIPES_H

#include "support_loss.h"

extern const loss_recipe loss_recipes[];
extern const size_t loss_recipe_count;

/* The recipe in another shape: what depends on the number of classes is adapted. */
loss_recipe loss_recipe_shaped(const loss_recipe *recipe, focl_view shape);

#endif
