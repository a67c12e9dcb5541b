/* How much of host arrays is on the device at a time. Internal. */
#ifndef FOCL_PIECE_H
#define FOCL_PIECE_H

#include <stddef.h>

#include "focl/handle.h"

/*
 * Elements of a piece: `most`, or fewer where they would take more than half of the device's memory at total_bytes
 * each, all arrays together, or more than one buffer can have at array_bytes each; at least 1. The environment variable
 * FOCL_PIECE_ELEMENTS makes it smaller, for tests and for devices that report more memory than they give. FOCL_EINVAL
 * if that is no positive number.
 */
focl_status focl__piece_choose(const focl_handle *handle, size_t total_bytes, size_t array_bytes, size_t most,
                               size_t *elements);

#endif
