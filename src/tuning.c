#include "tuning.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cache_folder.h"
#include "mapping.h"
#include "sys.h"

/* A name and a version have 127 bytes at most each. No file of a user's devices comes near a thousand lines. */
enum { LINE_BYTES = 320, PIECES_MAX = 1000, PATH_BYTES = 4096 };

static const char file_name[] = "tuning";

/* "name<TAB>driver<TAB>": what a device's line starts with. False for a device that a line cannot name. */
static bool print_key(const focl_device *device, char key[LINE_BYTES]) {
    if (strpbrk(device->name, "\t\r\n") || strpbrk(device->driver, "\t\r\n"))
        return false;
    const int length = snprintf(key, LINE_BYTES, "%s\t%s\t", device->name, device->driver);
    return length > 0 && length < LINE_BYTES;
}

/* A file while it is read, and how many more pieces of lines: a huge one is not read to its end. */
typedef struct reader {
    FILE *file;
    int pieces_left;
} reader;

static bool open_reader(reader *from, const char *path) {
    *from = (reader){focl__open_file(path), PIECES_MAX};
    return from->file != NULL;
}

/* The next whole line, without its end; longer ones come as empty ones. */
static bool read_line(reader *from, char line[LINE_BYTES]) {
    bool is_start = true;
    while (from->pieces_left-- > 0 && fgets(line, LINE_BYTES, from->file)) {
        const size_t length = strlen(line);
        const bool is_end = length > 0 && line[length - 1] == '\n';
        if (is_end) {
            line[is_start ? length - 1 : 0] = '\0';
            return true;
        }
        is_start = false;
    }
    return false;
}

static bool starts_with(const char *line, const char *key) {
    return strncmp(line, key, strlen(key)) == 0;
}

bool focl__tuning_find(const focl_device *device, focl_mapping *mapping) {
    char key[LINE_BYTES];
    char line[LINE_BYTES];
    char path[PATH_BYTES];
    bool found = false;
    reader from;
    if (!print_key(device, key) || !focl__cache_path(file_name, path, sizeof path) || !open_reader(&from, path))
        return false;
    while (!found && read_line(&from, line))
        found = starts_with(line, key) && focl__mapping_parse(line + strlen(key), mapping);
    fclose(from.file);
    return found;
}

/* The lines of the other devices. */
static void copy_others(const char *path, const char *key, FILE *to) {
    char line[LINE_BYTES];
    reader from;
    if (!open_reader(&from, path))
        return;
    while (read_line(&from, line))
        if (line[0] && !starts_with(line, key))
            fprintf(to, "%s\n", line);
    fclose(from.file);
}

static bool write_lines(FILE *file, const char *path, const char *key, const char *text) {
    fprintf(file, "%s%s\n", key, text);
    copy_others(path, key, file);
    const bool written = fflush(file) == 0 && !ferror(file);
    return fclose(file) == 0 && written;
}

bool focl__tuning_store(const focl_device *device, const focl_mapping *mapping, char *path, size_t path_bytes) {
    char key[LINE_BYTES];
    char text[FOCL__MAPPING_TEXT];
    char beside[PATH_BYTES];
    errno = EINVAL;
    if (!focl__cache_path(file_name, path, path_bytes) || !print_key(device, key) || !focl__cache_folder_make())
        return false;
    FILE *file = focl__create_beside(path, beside, sizeof beside);
    if (!file)
        return false;
    focl__mapping_print(mapping, text);
    if (write_lines(file, path, key, text) && rename(beside, path) == 0)
        return true;
    const int reason = errno;
    remove(beside);
    errno = reason;
    return false;
}
