/* Enqueuing one kernel: from a stem, a specialisation and arguments to an event. Internal. */
#ifndef FOCL_LAUNCH_H
#define FOCL_LAUNCH_H

#include "focl/handle.h"
#include "focl/view.h"
#include "program.h"

/* A kernel argument by address, as clSetKernelArg takes it. */
typedef struct focl__argument {
    size_t bytes;
    const void *value;
} focl__argument;

/* A number as kernels take it: in its first bytes a float, or a double. */
typedef union focl__scalar {
    cl_float f32;
    cl_double f64;
} focl__scalar;

/* type: FOCL_F32 or _F64. */
focl__scalar focl__scalar_make(focl_type type, double value);

enum { FOCL__ARGUMENTS_MAX = 64 };

typedef struct focl__arguments {
    size_t count;
    focl__argument list[FOCL__ARGUMENTS_MAX];
} focl__arguments;

/* An array argument and its offset in elements: two arguments. */
typedef struct focl__array_argument {
    cl_mem memory;
    cl_ulong offset;
} focl__array_argument;

/* Adds an argument; the value is read when the launch happens. */
void focl__argument_add(focl__arguments *arguments, size_t bytes, const void *value);

/* How many work-groups a kernel needs for its tiles. */
typedef enum focl__spread {
    FOCL__SPREAD_SHARED,   /* a group takes as many tiles as it has room for: tile.clh */
    FOCL__SPREAD_PER_TILE, /* a group per tile */
    FOCL__SPREAD_VECTORS,  /* an item per vector of rows: tile.clh with FOCL_WALK_VECTORS */
    FOCL__SPREAD_ROWS,     /* a group per group_rows of the rows, at most one for each of its lanes */
    FOCL__SPREAD_ONE       /* one group for all */
} focl__spread;

/* Vectors, in floats: the widest of OpenCL's own types; of one of the widest registers, which in the kernels of rows
   leaves enough for the rest; and what suits most kernels. */
enum { FOCL__PORTABLE_VECTOR = 16, FOCL__ONE_REGISTER = 16, FOCL__USUAL_VECTOR = 32 };

typedef struct focl__launch_description {
    const char *kernel;
    focl__program_key key; /* without FOCL_VECTOR, FOCL_GROUP and FOCL_NATIVE, which the launch adds */
    focl__spread spread;
    size_t tiles;
    size_t rows;         /* FOCL__SPREAD_ROWS, _VECTORS: how many there are; and the most a group should take */
    size_t group_rows;   /* what it does take becomes the kernel's last argument, a uint */
    unsigned lanes_max;  /* the most numbers that a group may work on at once; 0 for any */
    unsigned vector_max; /* the widest vector that suits kernel and data; 0 for FOCL__USUAL_VECTOR */
    bool is_f64;         /* numbers are doubles: half as many fit a register */
    const focl__arguments *arguments;
} focl__launch_description;

/*
 * Commands one after another on a queue of any kind: each waits for the one before, the first for the caller's events.
 * Zero-initialise with queue, wait_count and wait_list; focl__chain_end gives the last event away or releases it.
 */
typedef struct focl__chain {
    cl_command_queue queue;
    cl_uint wait_count;
    const cl_event *wait_list;
    cl_event last;          /* owned; NULL before the first command */
    double *kernel_seconds; /* NULL, or where the time of finished kernels is added; waits for each then */
} focl__chain;

/*
 * From this many classes on a kernel whose items go through all classes of a row has FOCL__SPREAD_VECTORS. llvmpipe
 * leaves a work-item after 65535 turns of its loops, and a tile's rows take an item 64 times a few turns a class.
 */
enum { FOCL__MANY_CLASSES = 65 };

/* Device memory of a call's own; NULL after a failure. FOCL_EDEVICEMEM, ... */
focl_status focl__make_memory(const focl_handle *handle, size_t bytes, cl_mem *memory);

/* Enqueues a kernel as the next of the chain. */
focl_status focl__launch(focl_handle *handle, focl__chain *chain, const focl__launch_description *launch);

/* What a command that is not a kernel waits for as the next of the chain; 0 and NULL for nothing. */
cl_uint focl__chain_wait_count(const focl__chain *chain);
const cl_event *focl__chain_wait_list(const focl__chain *chain);

/* Takes that command's event. */
void focl__chain_advance(focl__chain *chain, cl_event next);

/* Enqueues a marker as the next of the chain: an event for calls without work. */
focl_status focl__chain_mark(focl__chain *chain);

/* Hands the last event to *event, if that is wanted, and releases it otherwise. */
void focl__chain_end(focl__chain *chain, cl_event *event);

#endif
