/* The file that a path means once its symbolic links are followed. */
#ifndef FOCL_CLI_RESOLVED_PATH_H
#define FOCL_CLI_RESOLVED_PATH_H

/*
 * The absolute path without symbolic links, to be freed; of a file that does not exist, or a link to one, the path
 * that it would get. NULL, and errno says why, where that is impossible.
 */
char *focl__resolve_path(const char *path);

/* The folder of a path, to be freed; NULL without memory. */
char *focl__folder_of(const char *path);

#endif
