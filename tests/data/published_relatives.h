/* The pairs of published_cases.h that are of squared errors and asymmetric losses, and a special case of FL*. */
#ifndef FOCL_TESTS_PUBLISHED_RELATIVES_H
#define FOCL_TESTS_PUBLISHED_RELATIVES_H

#include "published_cases.h"

/* clang-format off */
static const published_case published_relatives[] = {
    {
        /* FL* with gamma 1 and beta 0 is plain cross entropy. */
        .id = "fvcore_star_g1_ce",
        .source = "facebookresearch/fvcore:tests/test_focal_loss.py",
        .activation = FOCL_SIGMOID, .objective = FOCL_CROSS_ENTROPY, .shape = {4, 2, 1},
        .gamma = 0, .alpha = -1, .reduction = FOCL_REDUCTION_MEAN,
        .logits = NUMBERS(-2.9444389791664403, 2.1972245773362196, 0.08004270767353656, -0.20067069546215124,
            2.0907410969337694, 1.3862943611198908, -0.4473122180436648, 0),
        .targets = NUMBERS(1, 0, 1, 0, 1, 1, 0, 1),
        .reduced = NUMBERS(1.009650213081901),
        .relative = 5e-06, .absolute = 1e-09,
    },
    {
        .id = "mlx_mse",
        .source = "ml-explore/mlx:python/tests/test_losses.py",
        .activation = FOCL_IDENTITY, .objective = FOCL_MSE, .shape = {4, 1, 1},
        .gamma = 0, .alpha = -1, .reduction = FOCL_REDUCTION_NONE,
        .logits = NUMBERS(0.5, 0.2, 0.9, 0),
        .targets = NUMBERS(0.7, 0.1, 0.8, 0.2),
        .losses = NUMBERS(0.04, 0.01, 0.01, 0.04),
        .relative = 5e-06, .absolute = 1e-09,
    },
    {
        /* The loss is halved: half the sum. */
        .id = "mxnet_l2",
        .source = "apache/mxnet:tests/python/unittest/test_loss.py (test_loss_ndarray)",
        .activation = FOCL_IDENTITY, .objective = FOCL_MSE, .shape = {4, 1, 1},
        .gamma = 0, .alpha = -1, .reduction = FOCL_REDUCTION_GIVEN, .normalizer = 2,
        .logits = NUMBERS(1, 2, 3, 4),
        .targets = NUMBERS(1, 3, 5, 7),
        .reduced = NUMBERS(7),
        .relative = 5e-06, .absolute = 1e-09,
    },
    {
        .id = "dfdx_mse",
        .source = "chelsea0x3b(coreylowman)/dfdx:dfdx-core/src/losses.rs",
        .activation = FOCL_IDENTITY, .objective = FOCL_MSE, .shape = {5, 1, 1},
        .gamma = 0, .alpha = -1, .reduction = FOCL_REDUCTION_MEAN,
        .logits = NUMBERS(0.87248087, -0.24252531, -1.0060949, 1.155084, 1.5545048),
        .targets = NUMBERS(-0.90954804, -1.0193185, -0.39221755, 2.2524886, 1.3035554),
        .reduced = NUMBERS(1.0846305),
        .gradient = NUMBERS(0.7128116, 0.31071725, -0.24555098, -0.43896183, 0.10037976),
        .relative = 5e-06, .absolute = 4.9e-08,
    },
    {
        .id = "mmpre_asl",
        .source = "open-mmlab/mmpretrain:tests/test_models/test_losses.py",
        .activation = FOCL_SIGMOID, .objective = FOCL_FOCAL, .shape = {2, 3, 1},
        .gamma = 1, .alpha = -1, .gamma_negative = 4, .margin = 0.05, .reduction = FOCL_REDUCTION_MEAN,
        .logits = NUMBERS(5, -5, 0, 5, -5, 0),
        .targets = NUMBERS(1, 0, 1, 0, 1, 0),
        .reduced = NUMBERS(1.2694833333333333),
        .relative = 5e-06, .absolute = 5e-06,
    },
    {
        .id = "mmpre_asl_sw",
        .source = "open-mmlab/mmpretrain:tests/test_models/test_losses.py",
        .activation = FOCL_SIGMOID, .objective = FOCL_FOCAL, .shape = {2, 3, 1},
        .gamma = 1, .alpha = -1, .gamma_negative = 4, .margin = 0.05, .reduction = FOCL_REDUCTION_MEAN,
        .logits = NUMBERS(5, -5, 0, 5, -5, 0),
        .targets = NUMBERS(1, 0, 1, 0, 1, 0),
        .weights = NUMBERS(0.5, 0.5),
        .reduced = NUMBERS(0.6347416666666666),
        .relative = 5e-06, .absolute = 2.5e-06,
    },
    {
        .id = "mmpre_asl_noclip",
        .source = "open-mmlab/mmpretrain:tests/test_models/test_losses.py",
        .activation = FOCL_SIGMOID, .objective = FOCL_FOCAL, .shape = {2, 3, 1},
        .gamma = 1, .alpha = -1, .gamma_negative = 4, .reduction = FOCL_REDUCTION_MEAN,
        .logits = NUMBERS(5, -5, 0, 5, -5, 0),
        .targets = NUMBERS(1, 0, 1, 0, 1, 0),
        .reduced = NUMBERS(1.7062),
        .relative = 5e-06, .absolute = 7.1e-06,
    },
    {
        .id = "mmpre_asl_sum_old",
        .source = "open-mmlab/mmpretrain:tests/test_losses.py (old mmcls)",
        .activation = FOCL_SIGMOID, .objective = FOCL_FOCAL, .shape = {2, 3, 1},
        .gamma = 1, .alpha = -1, .gamma_negative = 4, .margin = 0.05, .reduction = FOCL_REDUCTION_ROW_MEAN,
        .logits = NUMBERS(5, -5, 0, 5, -5, 0),
        .targets = NUMBERS(1, 0, 1, 0, 1, 0),
        .reduced = NUMBERS(3.80845),
        .relative = 5e-06, .absolute = 1.5e-05,
    },
};
/* clang-format on */

#endif
