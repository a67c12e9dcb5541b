/*
 * The two mirrors: the same sources (mirror.c, mirror_softmax.c, mirror_activation.c, ...) compiled for f32 and, with
 * FOCL_FP64, for f64. Internal.
 */
#ifndef FOCL_MIRROR_CALLS_H
#define FOCL_MIRROR_CALLS_H

#include "activation_check.h"
#include "focl/gradient_step.h"
#include "focl/loss.h"
#include "focl/weighted_sum.h"
#include "loss_plan.h"

/* Of a checked call: writes every output but the counts. */
typedef void focl__mirror_loss(const focl_loss_description *description, const focl__loss_plan *plan,
                               const focl_loss_counts *counts, const focl_loss_host_inputs *inputs,
                               const focl_loss_host_outputs *outputs);

focl__mirror_loss focl__mirror_sigmoid_f32;
focl__mirror_loss focl__mirror_sigmoid_f64;
focl__mirror_loss focl__mirror_softmax_f32;
focl__mirror_loss focl__mirror_softmax_f64;

typedef void focl__mirror_activation(const focl_activation_description *description,
                                     const focl__activation_shape *shape, const focl_activation_host_inputs *inputs,
                                     const focl_activation_host_outputs *outputs);

focl__mirror_activation focl__mirror_activate_f32;
focl__mirror_activation focl__mirror_activate_f64;

typedef void focl__mirror_step(const focl_gradient_step_description *description, void *parameters,
                               const void *gradient);

focl__mirror_step focl__mirror_gradient_step_f32;
focl__mirror_step focl__mirror_gradient_step_f64;

typedef void focl__mirror_sum_of(const focl_weighted_sum_description *description, const void *losses,
                                 const void *weights, void *sum);

focl__mirror_sum_of focl__mirror_weighted_sum_f32;
focl__mirror_sum_of focl__mirror_weighted_sum_f64;

/* The results of cl/probe.clh. */
typedef void focl__mirror_probe(const void *operands, void *results);

focl__mirror_probe focl__mirror_probe_f32;
focl__mirror_probe focl__mirror_probe_f64;

#endif
