#include "cache_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys.h"

enum { PATH_BYTES = 4096 };

static const struct {
    const char *variable;
    const char *below;
    bool must_be_absolute;
} places[] = {
    {"FOCL_CACHE_DIR", "", false},
    {"XDG_CACHE_HOME", "/focl", true},
    {"HOME", "/.cache/focl", true},
};

bool focl__cache_path(const char *file, char *path, size_t bytes) {
    path[0] = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *start = getenv(places[i].variable);
        if (!start || !start[0] || (places[i].must_be_absolute && start[0] != '/'))
            continue;
        const int length = snprintf(path, bytes, "%s%s/%s", start, places[i].below, file);
        if (length > 0 && (size_t)length < bytes)
            return true;
        path[0] = '\0';
        return false;
    }
    return false;
}

bool focl__cache_folder_make(void) {
    char path[PATH_BYTES];
    if (!focl__cache_path("", path, sizeof path))
        return false;
    for (char *end = strchr(path + 1, '/'); end; end = strchr(end + 1, '/')) {
        *end = '\0';
        if (!focl__make_folder(path))
            return false;
        *end = '/';
    }
    return true;
}
