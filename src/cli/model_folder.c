/* A model as a folder of files. It is made beside its place and renamed, so that it appears whole. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model_store.h"
#include "output_files.h"
#include "resolved_path.h"

const char *focl__model_file(focl__model_part part) {
    static const char *const names[] = {
#define MODEL_FILE(part, file) file,
        FOCL__MODEL_TABLE(MODEL_FILE)
#undef MODEL_FILE
    };
    return names[part];
}

void focl__model_files_free(focl__model_files *files) {
    for (size_t part = 0; part < FOCL__MODEL_PARTS; part++)
        free(files->files[part].bytes);
}

static bool fail(const char *path, focl__complaint *complaint) {
    return focl__fail_data(complaint, "--out: %s: %s", path, strerror(errno));
}

enum { LONGEST = 4096, LONGEST_NAME = 128 };

typedef struct path_text {
    char text[LONGEST + LONGEST_NAME];
} path_text;

static path_text path_in(const char *folder, const char *file) {
    path_text path;
    snprintf(path.text, sizeof path.text, "%s/%s", folder, file);
    return path;
}

/* ---- What may be replaced ---- */

static bool is_of_model(const char *name) {
    for (size_t part = 0; part < FOCL__MODEL_PARTS; part++)
        if (strcmp(focl__model_file((focl__model_part)part), name) == 0)
            return true;
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* A folder that holds anything else is somebody's. */
static bool holds_only_a_model(const char *path, focl__complaint *complaint) {
    DIR *folder = opendir(path);
    if (!folder)
        return fail(path, complaint);
    bool good = true;
    for (const struct dirent *entry = readdir(folder); good && entry; entry = readdir(folder))
        if (!is_of_model(entry->d_name))
            good = focl__fail_data(complaint, "--out: %s: holds %s, which is no part of a model; choose another folder",
                                   path, entry->d_name);
    closedir(folder);
    return good;
}

/* "model/" is "model". To be freed; NULL, and errno says why, where there can be no such folder. */
static char *target_of(const char *path) {
    char *plain = strdup(path);
    if (!plain)
        return NULL;
    for (size_t length = strlen(plain); length > 1 && plain[length - 1] == '/'; length--)
        plain[length - 1] = '\0';
    char *target = focl__resolve_path(plain);
    free(plain);
    return target;
}

static bool parent_is_writable(const char *path, focl__complaint *complaint) {
    char *target = target_of(path);
    char *parent = target ? focl__folder_of(target) : NULL;
    const bool good = (parent && access(parent, W_OK | X_OK) == 0) || fail(path, complaint);
    free(parent);
    free(target);
    return good;
}

static bool check(const char *path, focl__complaint *complaint) {
    struct stat status;
    if (!parent_is_writable(path, complaint))
        return false;
    if (stat(path, &status) != 0)
        return true;
    if (!S_ISDIR(status.st_mode))
        return focl__fail_data(complaint, "--out: %s: exists and is no folder (an archive's name ends with .npz)",
                               path);
    return holds_only_a_model(path, complaint);
}

/* ---- Writing ---- */

static void remove_model(const char *path) {
    for (size_t part = 0; part < FOCL__MODEL_PARTS; part++)
        unlink(path_in(path, focl__model_file((focl__model_part)part)).text);
    rmdir(path);
}

static bool write_files(const focl__model_files *files, const char *path, focl__complaint *complaint) {
    focl__output outputs[FOCL__MODEL_PARTS];
    path_text paths[FOCL__MODEL_PARTS];
    size_t count = 0;
    for (size_t part = 0; part < FOCL__MODEL_PARTS; part++) {
        if (!files->files[part].bytes)
            continue;
        paths[count] = path_in(path, focl__model_file((focl__model_part)part));
        outputs[count] = (focl__output){.option = "--out",
                                        .path = paths[count].text,
                                        .values = files->files[part].bytes,
                                        .raw_bytes = files->files[part].count};
        count++;
    }
    return focl__outputs_write(outputs, count, NULL, complaint);
}

/* Where a model is already it steps aside first: a folder that holds something cannot be renamed over. */
static bool put_in_place(const char *partial, const char *target, focl__complaint *complaint) {
    char old[LONGEST];
    snprintf(old, sizeof old, "%s.%ld.old", target, (long)getpid());
    const bool replaces = rename(target, old) == 0;
    if (!replaces && errno != ENOENT)
        return fail(target, complaint);
    const bool placed = rename(partial, target) == 0 || fail(target, complaint);
    if (!placed && replaces)
        (void)rename(old, target);
    if (placed && replaces)
        remove_model(old);
    return placed;
}

static bool write_beside(const focl__model_files *files, const char *target, focl__complaint *complaint) {
    char partial[LONGEST];
    snprintf(partial, sizeof partial, "%s.%ld.partial", target, (long)getpid());
    if (mkdir(partial, 0777) != 0)
        return fail(partial, complaint);
    if (write_files(files, partial, complaint) && put_in_place(partial, target, complaint))
        return true;
    remove_model(partial);
    return false;
}

static bool write_folder(const focl__model_files *files, const char *path, focl__complaint *complaint) {
    if (!check(path, complaint))
        return false;
    char *target = target_of(path);
    const bool good = target ? write_beside(files, target, complaint) : fail(path, complaint);
    free(target);
    return good;
}

/* ---- Reading ---- */

static bool read_bytes(FILE *file, char **bytes, size_t *count) {
    struct stat status;
    if (fstat(fileno(file), &status) != 0)
        return false;
    *count = (size_t)status.st_size;
    *bytes = malloc(*count + 1);
    if (!*bytes || fread(*bytes, 1, *count, file) != *count)
        return false;
    (*bytes)[*count] = '\0';
    return true;
}

static bool read_part(focl__model_files *files, focl__model_part part, const char *folder, focl__complaint *complaint) {
    const path_text path = path_in(folder, focl__model_file(part));
    FILE *file = fopen(path.text, "rb");
    if (!file && errno == ENOENT)
        return true;
    const bool good = file && read_bytes(file, &files->files[part].bytes, &files->files[part].count);
    const int reason = errno;
    if (file)
        fclose(file);
    return good || focl__fail_data(complaint, "%s: %s", path.text, strerror(reason));
}

static bool read_folder(focl__model_files *files, const char *path, focl__complaint *complaint) {
    struct stat status;
    if (stat(path, &status) != 0)
        return focl__fail_data(complaint, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return focl__fail_data(complaint, "%s: is neither a folder nor a .npz file", path);
    for (size_t part = 0; part < FOCL__MODEL_PARTS; part++)
        if (!read_part(files, (focl__model_part)part, path, complaint))
            return false;
    return true;
}

const focl__model_store focl__model_folder = {check, write_folder, read_folder};
