/* focl: focal loss and its relatives on OpenCL. This header includes all the others. */
#ifndef FOCL_FOCL_H
#define FOCL_FOCL_H

#include "focl/activation.h"
#include "focl/class_counts.h"
#include "focl/class_weights.h"
#include "focl/device.h"
#include "focl/gradient_step.h"
#include "focl/handle.h"
#include "focl/linear_loss.h"
#include "focl/loss.h"
#include "focl/loss_like.h"
#include "focl/mirror.h"
#include "focl/probe.h"
#include "focl/reference.h"
#include "focl/status.h"
#include "focl/version.h"
#include "focl/view.h"
#include "focl/weighted_sum.h"

#endif
