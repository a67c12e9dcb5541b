/*
 * Class counts: how often each class occurs among class labels, counted on the device, exactly, in 64 bits.
 *
 * Labels are class indices of type u8, i16, i32 or i64, as focl_loss takes them. ignore_index is looked at first, so it
 * may be one of the classes; then a label in [0, classes) counts for its class; any other is out of range: it is
 * counted as such, its first position is kept, it is never used as an index, and it is not an error here, in neither
 * form: look at the record. Every label is in exactly one of counted, ignored and out_of_range.
 *
 * The counts are integers, so they depend on the labels alone: not on the device, the mapping or the pieces.
 *
 * focl/class_weights.h makes class weights of the counts.
 */
#ifndef FOCL_CLASS_COUNTS_H
#define FOCL_CLASS_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "focl/export.h"
#include "focl/handle.h"
#include "focl/loss.h"
#include "focl/opencl.h"
#include "focl/status.h"
#include "focl/view.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What is to be counted. Up to about a million classes a call takes little memory and reads the labels at close to the
 * device's speed; with more, the counters no longer fit any cache, and one call takes 4 bytes a class and table of
 * device memory, which one table of 2^31 classes (8 GiB) still does on a large device.
 */
typedef struct focl_class_counts_description {
    size_t labels;          /* how many; 0 is fine */
    focl_type targets_type; /* FOCL_U8, _I16, _I32 or _I64 */
    size_t classes;         /* 1 .. INT32_MAX */
    bool has_ignore_index;
    int64_t ignore_index;
} focl_class_counts_description;

/* Counters of a call, exact. Five uint64_t in this order, on the device as on the host. */
typedef struct focl_class_counts_record {
    uint64_t labels;             /* all of them: the sum of the next three */
    uint64_t counted;            /* the sum of the counts */
    uint64_t ignored;            /* labels that are ignore_index */
    uint64_t out_of_range;       /* labels that are neither ignored nor a class */
    uint64_t first_out_of_range; /* the least position of those; UINT64_MAX if there is none */
} focl_class_counts_record;

/* Device arrays; an output with memory NULL is not wanted, at least one must be. */
typedef struct focl_class_counts_buffers {
    focl_buffer targets; /* labels of targets_type; may be absent if there are none */
    focl_buffer counts;  /* output: classes uint64_t, its offset a multiple of 8 */
    focl_buffer record;  /* output: a focl_class_counts_record, its offset a multiple of 8 */
} focl_class_counts_buffers;

/*
 * Enqueues the counting on the caller's queue and returns at once: it never waits, reads back or flushes.
 *
 * queue: in-order or not, of the handle's context and device; NULL takes the handle's own queue. The work starts after
 * the wait_count events of wait_list and *event, if event is not NULL, completes with it (the caller releases it). No
 * output may overlap anything. All memory belongs to the caller and must live until the event; the structures may go on
 * return. Beyond it the call takes device memory: 4 bytes a class for each of some tables, of which there are fewer the
 * larger they are: 64 MiB in all, or one table if that is more.
 *
 * No labels: the outputs are 0, first_out_of_range UINT64_MAX. A wrong argument: FOCL_EINVAL, FOCL_EBOUNDS or
 * FOCL_EOVERLAP before any work is enqueued; FOCL_ENOTSUP where a device has too few turns for so many labels, which is
 * known of llvmpipe alone. FOCL_EBUILD, FOCL_ENOMEM, FOCL_EDEVICEMEM, FOCL_EDEVICE: part of the work may have been
 * enqueued and still runs; the outputs are undefined. *event is NULL after any failure. Any thread may call it, on the
 * same handle too.
 */
FOCL_API focl_status focl_class_counts(focl_handle *handle, const focl_class_counts_description *description,
                                       const focl_class_counts_buffers *buffers, cl_command_queue queue,
                                       cl_uint wait_count, const cl_event *wait_list, cl_event *event);

/*
 * The same for labels in host memory: moves them in pieces that fit the device, waits, and moves the results back.
 * counts (of `classes`) and record may be NULL, not both. kernel_seconds, if not NULL, becomes the time the kernels
 * took. Needs a handle with its own queue. The environment variable FOCL_PIECE_ELEMENTS makes the pieces smaller. The
 * statuses of focl_class_counts; after a wrong argument the outputs are as they were.
 */
FOCL_API focl_status focl_class_counts_host(focl_handle *handle, const focl_class_counts_description *description,
                                            const void *targets, uint64_t *counts, focl_class_counts_record *record,
                                            double *kernel_seconds);

#ifdef __cplusplus
}
#endif

#endif
