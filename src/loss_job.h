/*
 * A loss call as work for a device: up to four stages, each a kernel over the elements and a fold of its tiles. The
 * device API runs each stage over the whole at once, the host API over one piece after another. Internal.
 */
#ifndef FOCL_LOSS_JOB_H
#define FOCL_LOSS_JOB_H

#include "call_check.h"
#include "focl/loss.h"
#include "launch.h"
#include "loss_plan.h"

/* In the order in which they run. */
typedef enum focl__loss_stage {
    FOCL__STAGE_COUNT,         /* counters of the targets */
    FOCL__STAGE_WEIGHTS,       /* the sum of weights */
    FOCL__STAGE_PROBABILITIES, /* of every element, and p_t, where the losses need the labels' logits alone */
    FOCL__STAGE_LOSS,
    FOCL__STAGE_END
} focl__loss_stage;

/* A part of the call: its arrays in device memory, and where they stand in the whole (see cl/layout.clh). */
typedef struct focl__loss_piece {
    focl_buffer arrays[FOCL__LOSS_ARRAY_COUNT];
    size_t first;
    size_t end;
    size_t first_row;
    size_t rows_end;
    focl__loss_slots slots; /* of the elements */
} focl__loss_piece;

/* The caller's buffers in the order of enum focl__loss_array. */
void focl__loss_gather(const focl_loss_inputs *inputs, const focl_loss_outputs *outputs,
                       focl_buffer arrays[FOCL__LOSS_ARRAY_COUNT]);

/* The arrays as call_check.h looks at them. */
void focl__loss_describe(const focl__loss_shape *shape, const focl_buffer *arrays,
                         focl__call_array described[FOCL__LOSS_ARRAY_COUNT]);

/* What a call asks of its device. */
focl__device_demand focl__loss_demand(const focl_loss_description *description);

typedef struct focl__loss_job {
    focl_handle *handle;
    const focl_loss_description *description;
    focl__loss_plan plan;
    focl__chain chain;
    cl_mem tiles;      /* a pair of numbers or four counters for each tile of the whole */
    cl_mem values;     /* a focl_loss_counts, then the normaliser */
    cl_mem row_values; /* a number for each row of the whole, to be summed by row_sum.cl; NULL where tiles do */
    bool sums_apart;   /* whoever has the pieces sums their losses with focl__loss_job_sum: they begin anywhere */
} focl__loss_job;

/*
 * Takes a checked call and the chain's start; makes the device memory. in_pieces: the walks will not be over the whole
 * at once. Close it in any case. FOCL_EDEVICEMEM, ...
 */
focl_status focl__loss_job_open(focl__loss_job *job, focl_handle *handle, const focl_loss_description *description,
                                const focl__loss_shape *shape, focl__chain chain, bool in_pieces);

/* Releases the memory (OpenCL keeps it until the work is done) and gives the last event away. */
void focl__loss_job_close(focl__loss_job *job, cl_event *event);

bool focl__loss_job_needs(const focl__loss_job *job, focl__loss_stage stage);

/* Which arrays a stage touches in device memory, except those of one value. */
bool focl__loss_stage_uses(const focl__loss_job *job, focl__loss_stage stage, enum focl__loss_array array);

/*
 * Enqueues a stage's kernel over a piece. Pieces begin at multiples of FOCL_TILE elements, unless sums_apart; where a
 * row is one summand they are of whole outer indices.
 */
focl_status focl__loss_job_walk(focl__loss_job *job, focl__loss_stage stage, const focl__loss_piece *piece);

/* Enqueues: summands, of the type that is calculated with, a tile full of them each, become tiles from `tile` on. */
focl_status focl__loss_job_sum(focl__loss_job *job, cl_mem summands, size_t count, size_t tile);

/* Enqueues the fold of a stage's tiles; of arrays[], the outputs of one value are written. */
focl_status focl__loss_job_fold(focl__loss_job *job, focl__loss_stage stage, const focl_buffer *arrays);

#endif
