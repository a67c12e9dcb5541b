/* An activation as work for a device. Internal. */
#ifndef FOCL_ACTIVATION_JOB_H
#define FOCL_ACTIVATION_JOB_H

#include "activation_check.h"
#include "call_check.h"
#include "launch.h"

/* What a call asks of its device. */
focl__device_demand focl__activation_demand(const focl_activation_description *description);

/*
 * Enqueues the kernels for a checked call at the end of the chain; nothing where there are no elements. arrays[] are in
 * the order of enum focl__activation_array.
 */
focl_status focl__activation_run(focl_handle *handle, focl__chain *chain,
                                 const focl_activation_description *description, const focl__activation_shape *shape,
                                 const focl_buffer arrays[FOCL__ACTIVATION_ARRAY_COUNT]);

#endif
