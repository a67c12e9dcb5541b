/* realpath is in POSIX, but the GNU library declares it only so. */
#define _XOPEN_SOURCE 700 /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

#include "resolved_path.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST_LINK = 4096, MOST_LINKS = 40 }; /* as Linux has them */

static size_t folder_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

char *focl__folder_of(const char *path) {
    size_t length = folder_length(path);
    char *folder = malloc(length + 2);
    if (folder)
        snprintf(folder, length + 2, "%.*s", (int)(length ? length : 1), length ? path : ".");
    return folder;
}

static char *joined(const char *folder, const char *name) {
    size_t bytes = strlen(folder) + strlen(name) + 2;
    char *path = malloc(bytes);
    if (path)
        snprintf(path, bytes, "%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/", name);
    return path;
}

/* A file to be created: its folder must be there. */
static char *resolve_absent(const char *path) {
    char *folder = focl__folder_of(path);
    char *real_folder = folder ? realpath(folder, NULL) : NULL;
    char *resolved = real_folder ? joined(real_folder, path + folder_length(path)) : NULL;
    free(folder);
    free(real_folder);
    return resolved;
}

/* What a link to nothing says, as a path that can be opened from here; NULL with errno 0 if path is no link. */
static char *read_link(const char *path) {
    char text[LONGEST_LINK + 1];
    ssize_t length = readlink(path, text, sizeof text);
    if (length < 0) {
        errno = 0;
        return NULL;
    }
    if (length > LONGEST_LINK) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    text[length] = '\0';
    if (text[0] == '/')
        return strdup(text);
    char *folder = focl__folder_of(path);
    char *target = folder ? joined(folder, text) : NULL;
    free(folder);
    return target;
}

/* The end of the way, NULL if it has none; or *next, where the way goes on. */
static char *follow(const char *path, char **next) {
    char *resolved = realpath(path, NULL);
    if (resolved || errno != ENOENT)
        return resolved;
    *next = read_link(path);
    return *next || errno != 0 ? NULL : resolve_absent(path);
}

char *focl__resolve_path(const char *path) {
    char *at = strdup(path);
    for (int links = 0; at && links < MOST_LINKS; links++) {
        char *next = NULL;
        char *resolved = follow(at, &next);
        int reason = errno;
        free(at);
        errno = reason;
        if (!next)
            return resolved;
        at = next;
    }
    if (at) {
        free(at);
        errno = ELOOP;
    }
    return NULL;
}
