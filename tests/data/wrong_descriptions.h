/*
 * Descriptions that every form of the loss refuses, and how. What is not named is 0, which is fine for every field,
 * except that gamma_negative is off where it is below 0, which all but FOCL_FOCAL of FOCL_SIGMOID need; and so is
 * alpha, for FOCL_MSE and FOCL_QUALITY_FOCAL.
 */
#ifndef FOCL_TESTS_WRONG_DESCRIPTIONS_H
#define FOCL_TESTS_WRONG_DESCRIPTIONS_H

#include <math.h>

#include "focl/loss.h"

#define OF(kind)         .activation = (kind), .gamma_negative = -1
#define OBJECTIVE(which) .objective = (which), .gamma_negative = -1, .alpha = -1

static const struct wrong_description {
    focl_status status;
    const char *argument;
    const char *in_message;
    focl_loss_description description;
} wrong_descriptions[] = {
    /* clang-format off */
    {FOCL_EINVAL, "activation", "is 7", {.activation = (focl_activation)7}},
    {FOCL_EINVAL, "activation", "is 4", {.activation = (focl_activation)(FOCL_CATEGORICAL + 1)}},
    {FOCL_EINVAL, "objective", "is 9", {.objective = (focl_objective)9}},
    {FOCL_EINVAL, "objective", "is 5", {.objective = (focl_objective)(FOCL_VARIFOCAL + 1)}},
    {FOCL_EINVAL, "objective", "FOCL_SIGMOID", {OF(FOCL_IDENTITY), .objective = FOCL_QUALITY_FOCAL}},
    {FOCL_EINVAL, "objective", "FOCL_SIGMOID", {OF(FOCL_SOFTMAX), .objective = FOCL_QUALITY_FOCAL}},
    {FOCL_EINVAL, "objective", "FOCL_SIGMOID", {OF(FOCL_CATEGORICAL), .objective = FOCL_QUALITY_FOCAL}},
    {FOCL_EINVAL, "objective", "FOCL_SIGMOID", {OF(FOCL_IDENTITY), .objective = FOCL_VARIFOCAL}},
    {FOCL_EINVAL, "objective", "FOCL_SIGMOID", {OF(FOCL_SOFTMAX), .objective = FOCL_VARIFOCAL}},
    {FOCL_EINVAL, "objective", "FOCL_SIGMOID", {OF(FOCL_CATEGORICAL), .objective = FOCL_VARIFOCAL}},
    {FOCL_EINVAL, "shape", "4 x 3", {.shape = {SIZE_MAX / 4, 4, 3}}},
    {FOCL_EINVAL, "shape", "x 0 x", {.shape = {SIZE_MAX, 0, 2}}},
    {FOCL_ENOTSUP, "shape", "2147483648 classes", {.shape = {1, (size_t)INT32_MAX + 1, 1}}},
    {FOCL_EINVAL, "strides", "further than a size", {.shape = {3, 2, 2}, .strides = {SIZE_MAX, 2, 1}}},
    {FOCL_EINVAL, "strides", "further than a size", {.shape = {3, 2, 2}, .strides = {SIZE_MAX / 2, 1, 1}}},
    {FOCL_EINVAL, "strides", "further than a size", {.shape = {1, 3, 1}, .strides = {1, SIZE_MAX / 2 + 1, 1}}},
    {FOCL_EINVAL, "strides", "further than a size", {.shape = {1, 1, 5}, .strides = {0, 0, SIZE_MAX / 4 + 1}}},
    {FOCL_EINVAL, "logits_type", "u8", {.logits_type = FOCL_U8}},
    {FOCL_EINVAL, "logits_type", "i16", {.logits_type = FOCL_I16}},
    {FOCL_EINVAL, "logits_type", "99", {.logits_type = (focl_type)99}},
    {FOCL_EINVAL, "targets_type", "is 8", {.targets_type = (focl_type)(FOCL_F64 + 1)}},
    {FOCL_EINVAL, "targets_type", "f64 goes with f64", {.targets_type = FOCL_F64}},
    {FOCL_EINVAL, "targets_type", "not with bf16", {.logits_type = FOCL_BF16, .targets_type = FOCL_F64}},
    {FOCL_EINVAL, "gamma", "is -0.5", {.gamma = -0.5}},
    {FOCL_EINVAL, "gamma", "nan", {.gamma = NAN}},
    {FOCL_EINVAL, "gamma", "inf", {.gamma = INFINITY}},
    {FOCL_EINVAL, "gamma", "1e+39", {.gamma = 1e39}},
    {FOCL_EINVAL, "gamma", "cross entropy", {.objective = FOCL_CROSS_ENTROPY, .gamma = 2}},
    {FOCL_EINVAL, "gamma", "cross entropy", {OF(FOCL_SOFTMAX), .objective = FOCL_CROSS_ENTROPY, .gamma = 2}},
    {FOCL_EINVAL, "gamma", "squared error", {OBJECTIVE(FOCL_MSE), .gamma = 1}},
    {FOCL_EINVAL, "gamma_negative", "inf", {.gamma_negative = INFINITY}},
    {FOCL_EINVAL, "gamma_negative", "inf", {.gamma_negative = -INFINITY}},
    {FOCL_EINVAL, "gamma_negative", "nan", {.gamma_negative = NAN}},
    {FOCL_EINVAL, "gamma_negative", "1e+39", {.gamma_negative = 1e39}},
    {FOCL_EINVAL, "gamma_negative", "FOCL_FOCAL", {.activation = FOCL_IDENTITY, .gamma_negative = 4}},
    {FOCL_EINVAL, "gamma_negative", "FOCL_FOCAL", {.activation = FOCL_SOFTMAX, .gamma_negative = 0}},
    {FOCL_EINVAL, "gamma_negative", "FOCL_FOCAL", {.activation = FOCL_CATEGORICAL}},
    {FOCL_EINVAL, "gamma_negative", "FOCL_FOCAL", {.objective = FOCL_CROSS_ENTROPY}},
    {FOCL_EINVAL, "gamma_negative", "FOCL_FOCAL", {.objective = FOCL_MSE, .alpha = -1}},
    {FOCL_EINVAL, "gamma_negative", "FOCL_FOCAL", {.objective = FOCL_VARIFOCAL, .gamma_negative = 1}},
    {FOCL_EINVAL, "margin", "is -0.05", {.margin = -0.05}},
    {FOCL_EINVAL, "margin", "is 1", {.margin = 1}},
    {FOCL_EINVAL, "margin", "nan", {.margin = NAN}},
    {FOCL_EINVAL, "margin", "FOCL_FOCAL", {OF(FOCL_IDENTITY), .margin = 0.05}},
    {FOCL_EINVAL, "margin", "FOCL_FOCAL", {OF(FOCL_SOFTMAX), .margin = 0.05}},
    {FOCL_EINVAL, "margin", "FOCL_FOCAL", {OBJECTIVE(FOCL_CROSS_ENTROPY), .margin = 0.05}},
    {FOCL_EINVAL, "margin", "FOCL_FOCAL", {OBJECTIVE(FOCL_QUALITY_FOCAL), .margin = 0.05}},
    {FOCL_EINVAL, "poly1", "inf", {.poly1 = -INFINITY}},
    {FOCL_EINVAL, "poly1", "nan", {.poly1 = NAN}},
    {FOCL_EINVAL, "poly1", "of logits", {OF(FOCL_IDENTITY), .poly1 = 1}},
    {FOCL_EINVAL, "poly1", "of logits", {OF(FOCL_CATEGORICAL), .poly1 = -1}},
    {FOCL_EINVAL, "poly1", "of logits", {OBJECTIVE(FOCL_MSE), .poly1 = 1}},
    {FOCL_EINVAL, "poly1", "of logits", {OBJECTIVE(FOCL_QUALITY_FOCAL), .poly1 = 1}},
    {FOCL_EINVAL, "poly1", "of logits", {OBJECTIVE(FOCL_VARIFOCAL), .poly1 = 1}},
    {FOCL_EINVAL, "alpha", "is 1.5", {.alpha = 1.5}},
    {FOCL_EINVAL, "alpha", "nan", {.alpha = NAN}},
    {FOCL_EINVAL, "alpha", "is 1.25", {.objective = FOCL_VARIFOCAL, .gamma_negative = -1, .alpha = 1.25}},
    {FOCL_EINVAL, "alpha", "off", {.objective = FOCL_MSE, .gamma_negative = -1}},
    {FOCL_EINVAL, "alpha", "off", {.objective = FOCL_MSE, .gamma_negative = -1, .alpha = 0.25}},
    {FOCL_EINVAL, "alpha", "off", {.objective = FOCL_QUALITY_FOCAL, .gamma_negative = -1, .alpha = 0.25}},
    {FOCL_EINVAL, "alpha", "off", {OF(FOCL_SOFTMAX), .objective = FOCL_MSE, .alpha = 1}},
    {FOCL_EINVAL, "alpha", "finite", {OF(FOCL_SOFTMAX), .alpha = INFINITY}},
    {FOCL_EINVAL, "alpha", "finite", {OF(FOCL_CATEGORICAL), .alpha = 1e39}},
    {FOCL_EINVAL, "alpha", "nan", {OF(FOCL_SOFTMAX), .alpha = NAN}},
    {FOCL_EINVAL, "label_smoothing", "is 1.25", {.label_smoothing = 1.25}},
    {FOCL_EINVAL, "label_smoothing", "is -0.1", {.label_smoothing = -0.1}},
    {FOCL_EINVAL, "label_smoothing", "nan", {.label_smoothing = NAN}},
    {FOCL_EINVAL, "label_smoothing", "cross entropy", {OBJECTIVE(FOCL_MSE), .label_smoothing = 0.1}},
    {FOCL_EINVAL, "label_smoothing", "cross entropy", {OBJECTIVE(FOCL_QUALITY_FOCAL), .label_smoothing = 0.1}},
    {FOCL_EINVAL, "label_smoothing", "cross entropy", {OBJECTIVE(FOCL_VARIFOCAL), .label_smoothing = 0.1}},
    {FOCL_EINVAL, "label_smoothing", "margin", {.label_smoothing = 0.1, .margin = 0.05}},
    {FOCL_EINVAL, "clip", "is 0.5", {OF(FOCL_IDENTITY), .clip = 0.5}},
    {FOCL_EINVAL, "clip", "is 0.5", {OF(FOCL_CATEGORICAL), .clip = 0.5}},
    {FOCL_EINVAL, "clip", "is -0.1", {OF(FOCL_IDENTITY), .clip = -0.1}},
    {FOCL_EINVAL, "clip", "nan", {OF(FOCL_IDENTITY), .clip = NAN}},
    {FOCL_EINVAL, "clip", "logits", {.activation = FOCL_SIGMOID, .clip = 0.1}},
    {FOCL_EINVAL, "clip", "logits", {OF(FOCL_SOFTMAX), .clip = 0.1}},
    {FOCL_EINVAL, "clip", "values", {OF(FOCL_IDENTITY), .objective = FOCL_MSE, .alpha = -1, .clip = 0.1}},
    {FOCL_EINVAL, "has_ignore_index", "dense", {.has_ignore_index = true}},
    {FOCL_EINVAL, "has_ignore_index", "bf16", {.targets_type = FOCL_BF16, .has_ignore_index = true}},
    {FOCL_EINVAL, "has_background", "dense", {.has_background = true}},
    {FOCL_EINVAL, "has_background", "softmax", {OF(FOCL_SOFTMAX), .targets_type = FOCL_I32, .has_background = true}},
    {FOCL_EINVAL, "target_only", "dense", {.target_only = true}},
    {FOCL_EINVAL, "target_only", "softmax", {OF(FOCL_CATEGORICAL), .targets_type = FOCL_U8, .target_only = true}},
    {FOCL_EINVAL, "weights_extent", "is 2", {.weights_extent = (focl_extent)2}},
    {FOCL_EINVAL, "upstream_extent", "is 3", {.upstream_extent = (focl_extent)3}},
    {FOCL_EINVAL, "upstream", "nan", {.upstream = NAN}},
    {FOCL_EINVAL, "upstream", "1e+300", {.upstream = 1e300}},
    {FOCL_EINVAL, "loss_scale", "nan", {.loss_scale = NAN}},
    {FOCL_EINVAL, "loss_scale", "inf", {.loss_scale = INFINITY}},
    {FOCL_EINVAL, "loss_scale", "1e+40", {.upstream = 1e20, .loss_scale = 1e20}},
    {FOCL_EINVAL, "reduction", "is 7", {.reduction = (focl_reduction)7}},
    {FOCL_EINVAL, "normalizer", "is 0", {.reduction = FOCL_REDUCTION_GIVEN}},
    {FOCL_EINVAL, "normalizer", "is -1", {.reduction = FOCL_REDUCTION_GIVEN, .normalizer = -1}},
    {FOCL_EINVAL, "normalizer", "1e-60", {.reduction = FOCL_REDUCTION_GIVEN, .normalizer = 1e-60}},
    {FOCL_EINVAL, "normalizer", "nan", {.reduction = FOCL_REDUCTION_GIVEN, .normalizer = NAN}},
    {FOCL_EINVAL, "normalizer", "inf", {.reduction = FOCL_REDUCTION_GIVEN, .normalizer = INFINITY}},
    {FOCL_EINVAL, "empty", "is 2", {.empty = (focl_empty)2}},
    {FOCL_EINVAL, "curvature", "is 3", {.curvature = (focl_curvature)3}},
    {FOCL_EINVAL, "accumulate", "inf", {.accumulate = -INFINITY}},
    {FOCL_EINVAL, "accumulate", "nan", {.accumulate = NAN}},
    {FOCL_EINVAL, "in_place", "is 1", {.in_place = true, .accumulate = 1}},
    /* clang-format on */
};

#undef OF
#undef OBJECTIVE

#endif
