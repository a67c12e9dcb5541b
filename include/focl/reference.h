/* What is true, calculated on the host in double precision. */
#ifndef FOCL_REFERENCE_H
#define FOCL_REFERENCE_H

#include "focl/export.h"
#include "focl/loss.h"
#include "focl/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The outputs of the reference: doubles with the description's strides; absent ones are NULL. counts as everywhere. */
typedef struct focl_reference_outputs {
    double *reduced;
    double *loss;
    double *gradient;
    double *hessian;
    double *probabilities;
    double *pt;
    focl_loss_counts *counts;
    double *used_normalizer;
} focl_reference_outputs;

/*
 * The textbook reference: the formulas above in double precision with the C library's functions, written from the
 * mathematics and sharing nothing with the kernels. It decides accuracy. Scalars are used as given, unrounded; with
 * accumulate != 0 the old gradient is read from the output. Statuses of focl_loss_host.
 */
FOCL_API focl_status focl_reference_loss(const focl_loss_description *description, const focl_loss_host_inputs *inputs,
                                         const focl_reference_outputs *outputs);

#ifdef __cplusplus
}
#endif

#endif
