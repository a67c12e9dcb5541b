#include "support_recipes.h"

const loss_recipe loss_recipes[] = {
    {
        .name = "focal",
        .description = {LOSS_AS_USUAL, .gamma = 2, .alpha = 0.25, .upstream = 1, .reduction = FOCL_REDUCTION_SUM},
    },
    {
        .name = "soft focal with class, positive and row weights",
        .description = {LOSS_AS_USUAL, .gamma = 2, .alpha = 0.75, .pos_weight_count = 2, .upstream = 1,
                        .reduction = FOCL_REDUCTION_MEAN},
        .inputs = LOSS_BIT(class_weights) | LOSS_BIT(pos_weights) | LOSS_BIT(weights),
        .soft = true,
    },
    {
        .name = "smoothed focal with element weights and row upstream",
        .description = {LOSS_AS_USUAL, .gamma = 1.5, .alpha = -1, .label_smoothing = 0.125,
                        .weights_extent = FOCL_PER_ELEMENT, .upstream = -2, .reduction = FOCL_REDUCTION_ROW_MEAN},
        .inputs = LOSS_BIT(weights) | LOSS_BIT(upstream),
    },
    {
        .name = "u8 labels, weighted mean, element upstream",
        .description = {LOSS_AS_USUAL, .targets_type = FOCL_U8, .gamma = 2, .alpha = 0.25,
                        .upstream_extent = FOCL_PER_ELEMENT, .upstream = 0.5,
                        .reduction = FOCL_REDUCTION_WEIGHTED_MEAN},
        .inputs = LOSS_BIT(class_weights) | LOSS_BIT(weights) | LOSS_BIT(upstream),
    },
    {
        .name = "i32 labels, ignored and background, one positive weight",
        .description = {LOSS_AS_USUAL, .targets_type = FOCL_I32, .gamma = 1, .alpha = 0.25, .has_ignore_index = true,
                        .ignore_index = -100, .has_background = true, .background = -1, .pos_weight_count = 1,
                        .upstream = 1, .reduction = FOCL_REDUCTION_POSITIVE_MEAN},
        .inputs = LOSS_BIT(pos_weights),
    },
    {
        .name = "i64 labels, target only, given scalar",
        .description = {LOSS_AS_USUAL, .targets_type = FOCL_I64, .gamma = 2, .alpha = -1, .has_ignore_index = true,
                        .ignore_index = 255, .target_only = true, .upstream = 1, .reduction = FOCL_REDUCTION_GIVEN,
                        .normalizer = 3},
        .inputs = LOSS_BIT(class_weights) | LOSS_BIT(weights),
    },
    {
        .name = "probabilities, clipped, given array",
        .description = {LOSS_AS_USUAL, .activation = FOCL_IDENTITY, .gamma = 2, .alpha = 0.25, .clip = 0x1p-10,
                        .upstream = 1, .reduction = FOCL_REDUCTION_GIVEN},
        .inputs = LOSS_BIT(normalizer),
    },
    {
        .name = "cross entropy of probabilities and u8 labels, unreduced",
        .description = {LOSS_AS_USUAL, .activation = FOCL_IDENTITY, .objective = FOCL_CROSS_ENTROPY,
                        .targets_type = FOCL_U8, .alpha = -1, .clip = 0x1p-10, .weights_extent = FOCL_PER_ELEMENT,
                        .upstream = 3},
        .inputs = LOSS_BIT(weights),
    },
    {
        .name = "i32 labels, target only, smoothed, weighted mean of elements",
        .description = {LOSS_AS_USUAL, .targets_type = FOCL_I32, .gamma = 0.5, .alpha = 0.5, .label_smoothing = 0.25,
                        .has_background = true, .background = 1000, .target_only = true, .pos_weight_count = 2,
                        .weights_extent = FOCL_PER_ELEMENT, .upstream = 1, .reduction = FOCL_REDUCTION_WEIGHTED_MEAN},
        .inputs = LOSS_BIT(pos_weights) | LOSS_BIT(weights),
    },
    {
        .name = "cross entropy, soft",
        .description = {LOSS_AS_USUAL, .objective = FOCL_CROSS_ENTROPY, .alpha = -1, .upstream = 1,
                        .reduction = FOCL_REDUCTION_MEAN},
        .soft = true,
    },
};

const size_t loss_recipe_count = COUNT_OF(loss_recipes);

loss_recipe loss_recipe_shaped(const loss_recipe *recipe, focl_view shape) {
    loss_recipe shaped = *recipe;
    shaped.description.shape = shape;
    if (recipe->description.pos_weight_count > 1)
        shaped.description.pos_weight_count = shape.classes;
    return shaped;
}
