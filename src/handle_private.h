/* What a handle holds. Internal. */
#ifndef FOCL_HANDLE_PRIVATE_H
#define FOCL_HANDLE_PRIVATE_H

#include "focl/handle.h"
#include "program.h"
#include "sys.h"

/* How elements are laid over work-items: floats in a vector, work-items in a group. Any choice gives the same bits.
   Doubles have vectors half as wide. */
typedef struct focl__mapping {
    unsigned vector; /* more than 16 only where the compiler is known to be clang */
    unsigned group;
    unsigned prefetch; /* how many floats ahead to ask memory for, 0 for not */
    bool native;       /* set by each launch from the handle's math */
} focl__mapping;

struct focl_handle {
    focl_device device;
    bool owns_device; /* a reference to it, which sub-devices need */
    char reason[256];
    cl_context context;
    cl_command_queue queue; /* NULL if the handle was made from the caller's context */
    focl_math math;
    bool wide_indices; /* 64 bits even where 32 are enough */
    focl__mapping mapping;
    size_t loop_turns; /* after how many turns of its loops the device silently leaves a work-item; 0 for never */
    focl__program_cache programs;
};

#endif
