/* Counting classes as work for a device: the whole at once or one piece after another. Internal. */
#ifndef FOCL_CLASS_COUNTS_JOB_H
#define FOCL_CLASS_COUNTS_JOB_H

#include "class_counts_plan.h"
#include "focl/class_counts.h"
#include "launch.h"

typedef struct focl__counts_job {
    focl_handle *handle;
    const focl_class_counts_description *description;
    focl__counts_plan plan; /* of the largest piece */
    focl__chain chain;
    cl_mem tables;
    cl_mem firsts; /* the first position out of range of each strip */
} focl__counts_job;

/* Makes the device memory for pieces of up to piece_labels. Close it in any case. FOCL_EDEVICEMEM, ... */
focl_status focl__counts_job_open(focl__counts_job *job, focl_handle *handle,
                                  const focl_class_counts_description *description, size_t piece_labels,
                                  focl__chain chain);

/* Releases the memory (OpenCL keeps it until the work is done) and gives the last event away. */
void focl__counts_job_close(focl__counts_job *job, cl_event *event);

/*
 * Enqueues the counting of labels that stand at `position` of the whole, as many as buffers->targets has of them. The
 * outputs are written by the piece at position 0 and added to by the others.
 */
focl_status focl__counts_job_run(focl__counts_job *job, const focl_class_counts_buffers *buffers, size_t position,
                                 size_t labels);

#endif
