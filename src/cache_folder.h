/* The folder of what focl keeps for a user between runs: files that may vanish at any time. Internal. */
#ifndef FOCL_CACHE_FOLDER_H
#define FOCL_CACHE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The path of a file in the folder: FOCL_CACHE_DIR, else focl in XDG_CACHE_HOME, else .cache/focl in HOME; empty
 * variables are as unset ones, and the last two must be absolute. False, and "", if none is set or the path is too
 * long.
 */
bool focl__cache_path(const char *file, char *path, size_t bytes);

/* Makes the folder and those it is in, for the user alone. True if it is there; errno says why not. */
bool focl__cache_folder_make(void);

#endif
