/* What a bit-exact device must give, calculated on the host. */
#ifndef FOCL_MIRROR_H
#define FOCL_MIRROR_H

#include "focl/export.h"
#include "focl/loss.h"
#include "focl/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The bit-exact mirror: the same arithmetic and the same order of sums on the host, one element at a time, compiled
 * from the same cl/math.clh. Needs no device, is slow, decides whether a device reproduces. Statuses of focl_loss_host.
 */
FOCL_API focl_status focl_mirror_loss(const focl_loss_description *description, const focl_loss_host_inputs *inputs,
                                      const focl_loss_host_outputs *outputs);

#ifdef __cplusplus
}
#endif

#endif
