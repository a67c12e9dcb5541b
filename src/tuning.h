/*
 * The user's own mappings: a text file in the cache folder, a line a device, written by focl-bench --tune. Internal.
 *
 * A line: the device's name, its driver's version, the mapping; with tabs between. A line that is anything else is
 * passed over, and so is a last one without its end, which was cut off. The first line of a device counts.
 */
#ifndef FOCL_TUNING_H
#define FOCL_TUNING_H

#include "focl/handle.h"

/* The device's mapping in the user's file. False, and *mapping as it was, if there is none or it cannot be read. */
bool focl__tuning_find(const focl_device *device, focl_mapping *mapping);

/*
 * Puts the device's line in the place of the one it had and keeps the others. The file is written beside and renamed,
 * so that a reader sees the old one or the new one; of two writers at once the last wins. path becomes what was written
 * or tried, "" without any folder to write to. False leaves the file as it was, and errno says why.
 */
bool focl__tuning_store(const focl_device *device, const focl_mapping *mapping, char *path, size_t path_bytes);

#endif
