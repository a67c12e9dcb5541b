/* Descriptions that every form of the loss refuses, and how. What is not named is 0, which is fine for every field. */
#ifndef FOCL_TESTS_WRONG_DESCRIPTIONS_H
#define FOCL_TESTS_WRONG_DESCRIPTIONS_H

#include <math.h>

#include "focl/loss.h"

static const struct wrong_description {
    focl_status status;
    const char *argument;
    const char *in_message;
    focl_loss_description description;
} wrong_descriptions[] = {
    /* clang-format off */
    {FOCL_EINVAL, "activation", "is 7", {.activation = (focl_activation)7}},
    {FOCL_EINVAL, "objective", "is 9", {.objective = (focl_objective)9}},
    {FOCL_EINVAL, "shape", "4 x 3", {.shape = {SIZE_MAX / 4, 4, 3}}},
    {FOCL_EINVAL, "shape", "x 0 x", {.shape = {SIZE_MAX, 0, 2}}},
    {FOCL_ENOTSUP, "shape", "2147483648 classes", {.shape = {1, (size_t)INT32_MAX + 1, 1}}},
    {FOCL_ENOTSUP, "logits_type", "u8", {.logits_type = FOCL_U8}},
    {FOCL_ENOTSUP, "logits_type", "99", {.logits_type = (focl_type)99}},
    {FOCL_EINVAL, "targets_type", "is 4", {.targets_type = (focl_type)4}},
    {FOCL_EINVAL, "gamma", "is -0.5", {.gamma = -0.5}},
    {FOCL_EINVAL, "gamma", "nan", {.gamma = NAN}},
    {FOCL_EINVAL, "gamma", "inf", {.gamma = INFINITY}},
    {FOCL_EINVAL, "gamma", "1e+39", {.gamma = 1e39}},
    {FOCL_EINVAL, "gamma", "cross entropy", {.objective = FOCL_CROSS_ENTROPY, .gamma = 2}},
    {FOCL_EINVAL, "alpha", "is 1.5", {.alpha = 1.5}},
    {FOCL_EINVAL, "alpha", "nan", {.alpha = NAN}},
    {FOCL_EINVAL, "label_smoothing", "is 1.25", {.label_smoothing = 1.25}},
    {FOCL_EINVAL, "label_smoothing", "is -0.1", {.label_smoothing = -0.1}},
    {FOCL_EINVAL, "label_smoothing", "nan", {.label_smoothing = NAN}},
    {FOCL_EINVAL, "clip", "is 0.5", {.activation = FOCL_IDENTITY, .clip = 0.5}},
    {FOCL_EINVAL, "clip", "is -0.1", {.activation = FOCL_IDENTITY, .clip = -0.1}},
    {FOCL_EINVAL, "clip", "nan", {.activation = FOCL_IDENTITY, .clip = NAN}},
    {FOCL_EINVAL, "clip", "logits", {.activation = FOCL_SIGMOID, .clip = 0.1}},
    {FOCL_EINVAL, "has_ignore_index", "dense", {.has_ignore_index = true}},
    {FOCL_EINVAL, "has_background", "dense", {.has_background = true}},
    {FOCL_EINVAL, "target_only", "dense", {.target_only = true}},
    {FOCL_EINVAL, "weights_extent", "is 2", {.weights_extent = (focl_extent)2}},
    {FOCL_EINVAL, "upstream_extent", "is 3", {.upstream_extent = (focl_extent)3}},
    {FOCL_EINVAL, "upstream", "nan", {.upstream = NAN}},
    {FOCL_EINVAL, "upstream", "1e+300", {.upstream = 1e300}},
    {FOCL_EINVAL, "reduction", "is 7", {.reduction = (focl_reduction)7}},
    {FOCL_EINVAL, "normalizer", "is 0", {.reduction = FOCL_REDUCTION_GIVEN}},
    {FOCL_EINVAL, "normalizer", "is -1", {.reduction = FOCL_REDUCTION_GIVEN, .normalizer = -1}},
    {FOCL_EINVAL, "normalizer", "1e-60", {.reduction = FOCL_REDUCTION_GIVEN, .normalizer = 1e-60}},
    {FOCL_EINVAL, "normalizer", "nan", {.reduction = FOCL_REDUCTION_GIVEN, .normalizer = NAN}},
    {FOCL_EINVAL, "normalizer", "inf", {.reduction = FOCL_REDUCTION_GIVEN, .normalizer = INFINITY}},
    {FOCL_EINVAL, "empty", "is 2", {.empty = (focl_empty)2}},
    {FOCL_EINVAL, "accumulate", "inf", {.accumulate = -INFINITY}},
    {FOCL_EINVAL, "accumulate", "nan", {.accumulate = NAN}},
    {FOCL_EINVAL, "in_place", "is 1", {.in_place = true, .accumulate = 1}},
    /* clang-format on */
};

#endif
