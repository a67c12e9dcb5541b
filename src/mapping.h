/* Which mapping a handle has: the table by class of device, the user's tuning, the environment. Internal. */
#ifndef FOCL_MAPPING_H
#define FOCL_MAPPING_H

#include "focl/handle.h"

/* Wide enough for any mapping as text. */
enum { FOCL__MAPPING_TEXT = 40 };

/*
 * Reads "16x1" or "16x1x256": vector, group, and how many floats ahead to prefetch. Without the third number *mapping
 * keeps the prefetch that it has. False, and *mapping as it was, for anything else and for numbers out of bounds.
 */
bool focl__mapping_parse(const char *text, focl_mapping *mapping);

/* What focl__mapping_parse reads, all three numbers. */
void focl__mapping_print(const focl_mapping *mapping, char text[FOCL__MAPPING_TEXT]);

/* The table's mapping, made to fit the device. */
void focl__mapping_choose_from_table(const focl_device *device, focl_mapping *mapping);

/* The table's mapping, replaced by the user's tuning, replaced by FOCL_MAPPING; then made to fit. FOCL_EINVAL. */
focl_status focl__mapping_choose(const focl_device *device, focl_mapping *mapping);

/* After how many turns of its loops the device silently leaves a work-item; 0 for never. */
size_t focl__mapping_loop_turns(const focl_device *device);

#endif
