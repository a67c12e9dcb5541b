/* How labels are laid over a device to be counted: a pure function of sizes. Internal. */
#ifndef FOCL_CLASS_COUNTS_PLAN_H
#define FOCL_CLASS_COUNTS_PLAN_H

#include <stddef.h>
#include <stdint.h>

/* The kernels of cl/class_counts.cl. */
typedef enum focl__counts_mapping {
    FOCL__COUNTS_COMPARED,
    FOCL__COUNTS_LOCAL,
    FOCL__COUNTS_GLOBAL
} focl__counts_mapping;

/* What the plan depends on, of a device and its handle's mapping. */
typedef struct focl__counts_device {
    uint32_t compute_units;
    uint64_t local_bytes;
    unsigned group;    /* work-items in a group */
    unsigned vector;   /* floats in a vector */
    size_t loop_turns; /* after so many the device silently leaves a work-item; 0 for never */
} focl__counts_device;

typedef struct focl__counts_plan {
    focl__counts_mapping mapping;
    size_t slots;  /* of a table: see cl/class_slots.clh */
    size_t strips; /* each a work-group's; at least 1 */
    uint64_t strip_labels;
    size_t tables;         /* in global memory: one per strip, or shared by several */
    unsigned copies_shift; /* of the copies of a table in local memory */
    size_t local_bytes;    /* of all copies of one */
} focl__counts_plan;

/* More labels are more than the device has turns for. */
uint64_t focl__counts_labels_most(focl__counts_device device);

/* For up to INT32_MAX classes. No slot of a table can overflow, whatever the labels. */
focl__counts_plan focl__counts_plan_make(focl__counts_device device, uint64_t labels, size_t classes);

#endif
