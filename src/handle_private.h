/* What a handle holds. Internal. */
#ifndef FOCL_HANDLE_PRIVATE_H
#define FOCL_HANDLE_PRIVATE_H

#include "focl/handle.h"
#include "program.h"
#include "sys.h"

struct focl_handle {
    focl_device device;
    bool owns_device; /* a reference to it, which sub-devices need */
    char reason[256];
    cl_context context;
    cl_command_queue queue; /* NULL if the handle was made from the caller's context */
    focl_math math;
    bool wide_indices; /* 64 bits even where 32 are enough */
    focl_mapping mapping;
    size_t loop_turns; /* after how many turns of its loops the device silently leaves a work-item; 0 for never */
    focl__program_cache programs;
};

#endif
