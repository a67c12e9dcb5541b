/*
 * Probing a device: whether it calculates as the promise of equal bits needs. focl_device.bit_exact goes by what a
 * driver says of its device; this asks the device.
 */
#ifndef FOCL_PROBE_H
#define FOCL_PROBE_H

#include <stdbool.h>

#include "focl/export.h"
#include "focl/handle.h"
#include "focl/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What was found, in f32 and, where the device has it, in f64. */
typedef struct focl_probe_report {
    bool rounds;      /* sums and products are those of IEEE 754, rounded to nearest */
    bool divides;     /* and quotients */
    bool contracts;   /* a * b + c is rounded once although the program forbids it */
    bool flushes;     /* products below the least normal number are 0: strict results do not depend on that */
    bool bit_exact;   /* strict results have the bits of focl_mirror_loss and focl_mirror_activate */
    char reason[128]; /* one clause: what breaks it, or how much was compared */
} focl_probe_report;

/*
 * Compiles a small program as all the others are, with the handle's math, runs it and compares sums, products,
 * quotients and contractions of 4096 triples of numbers each with the host's, bit by bit. Waits for the device: up to a
 * second or two. Needs a handle with its own queue. With FOCL_MATH_NATIVE bit_exact is false whatever the device does.
 * Any thread may call it. FOCL_EINVAL; FOCL_EBUILD, FOCL_ENOMEM, FOCL_EDEVICEMEM, FOCL_EDEVICE.
 */
FOCL_API focl_status focl_probe(focl_handle *handle, focl_probe_report *report);

#ifdef __cplusplus
}
#endif

#endif
