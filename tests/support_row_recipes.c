#include "support_recipes.h"

#define OF_LOGITS        .activation = FOCL_SOFTMAX, LOSS_AS_USUAL
#define OF_PROBABILITIES .activation = FOCL_CATEGORICAL, LOSS_AS_USUAL

const loss_recipe loss_row_recipes[] = {
    {
        .name = "softmax focal",
        .description = {OF_LOGITS, .targets_type = FOCL_U8, .gamma = 2, .alpha = -1, .upstream = 1,
                        .reduction = FOCL_REDUCTION_MEAN},
    },
    {
        .name = "softmax cross entropy with class weights, as PyTorch's",
        .description = {OF_LOGITS, .objective = FOCL_CROSS_ENTROPY, .targets_type = FOCL_I64, .alpha = -1,
                        .has_ignore_index = true, .ignore_index = -100, .upstream = 1,
                        .reduction = FOCL_REDUCTION_WEIGHTED_MEAN},
        .inputs = LOSS_BIT(class_weights),
    },
    {
        .name = "smoothed softmax cross entropy with class and row weights",
        .description = {OF_LOGITS, .objective = FOCL_CROSS_ENTROPY, .targets_type = FOCL_I32, .alpha = -1,
                        .label_smoothing = 0.125, .upstream = 1, .reduction = FOCL_REDUCTION_SUM},
        .inputs = LOSS_BIT(class_weights) | LOSS_BIT(weights),
    },
    {
        .name = "softmax focal of dense rows",
        .description = {OF_LOGITS, .gamma = 1.5, .alpha = -1, .upstream = 0.5, .reduction = FOCL_REDUCTION_ROW_MEAN},
        .inputs = LOSS_BIT(weights) | LOSS_BIT(upstream),
        .soft = true,
    },
    {
        .name = "softmax focal below the square, absolute curvature",
        .description = {OF_LOGITS, .targets_type = FOCL_I16, .gamma = 0.5, .alpha = 0.25, .has_ignore_index = true,
                        .ignore_index = -1, .upstream = 1, .reduction = FOCL_REDUCTION_WEIGHTED_MEAN,
                        .curvature = FOCL_CURVATURE_ABSOLUTE},
        .inputs = LOSS_BIT(class_weights) | LOSS_BIT(weights),
    },
    {
        .name = "smoothed softmax focal, Gauss-Newton",
        .description = {OF_LOGITS, .targets_type = FOCL_I32, .gamma = 2, .alpha = -1, .label_smoothing = 0.25,
                        .has_ignore_index = true, .ignore_index = 1, .upstream = 1,
                        .reduction = FOCL_REDUCTION_POSITIVE_MEAN, .curvature = FOCL_CURVATURE_GAUSS_NEWTON},
        .inputs = LOSS_BIT(class_weights),
    },
    {
        .name = "softmax poly-1 focal, given array",
        .description = {OF_LOGITS, .targets_type = FOCL_I64, .gamma = 1, .poly1 = 1.5, .alpha = -1, .upstream = 1,
                        .reduction = FOCL_REDUCTION_GIVEN},
        .inputs = LOSS_BIT(normalizer) | LOSS_BIT(class_weights),
    },
    {
        .name = "softmax poly-1 cross entropy below 0 of dense rows, unreduced",
        .description = {OF_LOGITS, .objective = FOCL_CROSS_ENTROPY, .poly1 = -0.75, .alpha = -1, .upstream = 1},
        .inputs = LOSS_BIT(upstream),
        .soft = true,
    },
    {
        .name = "softmax squared error of dense rows",
        .description = {OF_LOGITS, .objective = FOCL_MSE, .alpha = -1, .upstream = 1, .reduction = FOCL_REDUCTION_MEAN},
        .inputs = LOSS_BIT(class_weights),
        .soft = true,
    },
    {
        .name = "softmax squared error of labels, Gauss-Newton",
        .description = {OF_LOGITS, .objective = FOCL_MSE, .targets_type = FOCL_I32, .alpha = -1,
                        .has_ignore_index = true, .ignore_index = 0, .upstream = 1, .reduction = FOCL_REDUCTION_SUM,
                        .curvature = FOCL_CURVATURE_GAUSS_NEWTON},
        .inputs = LOSS_BIT(weights),
    },
    {
        .name = "smoothed softmax cross entropy of dense rows with class weights",
        .description = {OF_LOGITS, .objective = FOCL_CROSS_ENTROPY, .alpha = -1, .label_smoothing = 0.1, .upstream = 1,
                        .reduction = FOCL_REDUCTION_WEIGHTED_MEAN},
        .inputs = LOSS_BIT(class_weights),
        .soft = true,
    },
    {
        .name = "softmax focal of dense rows, steep, scaled, Gauss-Newton",
        .description = {.activation = FOCL_SOFTMAX,
                        .gamma_negative = -1,
                        .gamma = 5,
                        .alpha = 2,
                        .upstream = -2,
                        .loss_scale = 1024,
                        .reduction = FOCL_REDUCTION_GIVEN,
                        .normalizer = 3,
                        .curvature = FOCL_CURVATURE_GAUSS_NEWTON},
        .soft = true,
    },
    {
        .name = "categorical focal, clipped",
        .description = {OF_PROBABILITIES, .targets_type = FOCL_U8, .gamma = 2, .alpha = -1, .clip = 0x1p-10,
                        .upstream = 1, .reduction = FOCL_REDUCTION_MEAN},
        .inputs = LOSS_BIT(class_weights),
    },
    {
        .name = "categorical cross entropy of dense rows",
        .description = {OF_PROBABILITIES, .objective = FOCL_CROSS_ENTROPY, .alpha = -1, .label_smoothing = 0.125,
                        .upstream = 1, .reduction = FOCL_REDUCTION_SUM},
        .inputs = LOSS_BIT(weights),
        .soft = true,
    },
    {
        .name = "categorical focal of labels",
        .description = {OF_PROBABILITIES, .targets_type = FOCL_I32, .gamma = 1.5, .alpha = 0.5,
                        .has_ignore_index = true, .ignore_index = 255, .upstream = 1,
                        .reduction = FOCL_REDUCTION_ROW_MEAN},
        .inputs = LOSS_BIT(upstream),
    },
    {
        .name = "categorical squared error of dense rows",
        .description = {OF_PROBABILITIES, .objective = FOCL_MSE, .alpha = -1, .upstream = 1,
                        .reduction = FOCL_REDUCTION_MEAN},
        .inputs = LOSS_BIT(class_weights) | LOSS_BIT(weights),
        .soft = true,
    },
};

const size_t loss_row_recipe_count = COUNT_OF(loss_row_recipes);
