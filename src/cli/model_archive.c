/*
 * A model as one file: a zip archive with stored entries, which is what NumPy calls .npz. The one file that knows
 * libzip. The archive is made in memory and written as any output is.
 */
#include "model_store.h"

#ifdef FOCL_LIBZIP

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zip.h>

#include "output_files.h"

/* ---- Writing ---- */

/* The first moment that an archive can name. Its times are local ones: this is the same bytes everywhere. */
static time_t first_moment(void) {
    struct tm date = {.tm_year = 80, .tm_mday = 1, .tm_isdst = -1};
    return mktime(&date);
}

static bool add_file(zip_t *archive, const char *name, const char *bytes, size_t count) {
    zip_source_t *source = zip_source_buffer(archive, bytes, count, 0);
    const zip_int64_t index = source ? zip_file_add(archive, name, source, ZIP_FL_ENC_UTF_8) : -1;
    if (index < 0) {
        zip_source_free(source);
        return false;
    }
    const zip_uint64_t at = (zip_uint64_t)index;
    return zip_set_file_compression(archive, at, ZIP_CM_STORE, 0) == 0 &&
           zip_file_set_mtime(archive, at, first_moment(), 0) == 0 &&
           zip_file_set_external_attributes(archive, at, 0, ZIP_OPSYS_UNIX, (zip_uint32_t)0100644 << 16) == 0;
}

static bool add_files(zip_t *archive, const focl__model_files *files) {
    for (size_t part = 0; part < FOCL__MODEL_PARTS; part++)
        if (files->files[part].bytes && !add_file(archive, focl__model_file((focl__model_part)part),
                                                  files->files[part].bytes, files->files[part].count))
            return false;
    return true;
}

/* What the source holds, to be freed; NULL if it cannot be had. */
static char *source_bytes(zip_source_t *source, size_t *count) {
    zip_stat_t status;
    if (zip_source_stat(source, &status) != 0 || zip_source_open(source) != 0)
        return NULL;
    *count = (size_t)status.size;
    char *bytes = malloc(*count);
    if (bytes && zip_source_read(source, bytes, *count) != (zip_int64_t)*count) {
        free(bytes);
        bytes = NULL;
    }
    zip_source_close(source);
    return bytes;
}

static char *archive_bytes(const focl__model_files *files, size_t *count) {
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_t *archive = source ? zip_open_from_source(source, ZIP_TRUNCATE, NULL) : NULL;
    if (!archive) {
        zip_source_free(source);
        return NULL;
    }
    zip_source_keep(source);
    char *bytes = NULL;
    if (add_files(archive, files) && zip_close(archive) == 0)
        bytes = source_bytes(source, count);
    else
        zip_discard(archive);
    zip_source_free(source);
    return bytes;
}

static bool check(const char *path, focl__complaint *complaint) {
    const focl__output output = {.option = "--out", .path = path};
    return focl__outputs_check(&output, 1, complaint);
}

static bool write_archive(const focl__model_files *files, const char *path, focl__complaint *complaint) {
    focl__output output = {.option = "--out", .path = path};
    char *bytes = archive_bytes(files, &output.raw_bytes);
    output.values = bytes;
    const bool good = bytes ? focl__outputs_write(&output, 1, NULL, complaint)
                            : focl__fail_data(complaint, "--out: %s: the archive cannot be made", path);
    free(bytes);
    return good;
}

/* ---- Reading ---- */

static bool read_entry(zip_t *archive, const char *name, char **bytes, size_t *count) {
    enum { LARGEST = 1 << 30 }; /* what an archive says of its sizes may be anything */
    zip_stat_t status;
    if (zip_stat(archive, name, 0, &status) != 0)
        return true;
    zip_file_t *file = status.size <= LARGEST ? zip_fopen(archive, name, 0) : NULL;
    *count = (size_t)status.size;
    *bytes = file ? malloc(*count + 1) : NULL;
    const bool good = *bytes && zip_fread(file, *bytes, *count) == (zip_int64_t)*count;
    if (good)
        (*bytes)[*count] = '\0';
    if (file)
        zip_fclose(file);
    return good;
}

static bool read_archive(focl__model_files *files, const char *path, focl__complaint *complaint) {
    int code = 0;
    bool good = true;
    zip_t *archive = zip_open(path, ZIP_RDONLY, &code);
    if (!archive && code == ZIP_ER_NOENT)
        return focl__fail_data(complaint, "%s: %s", path, strerror(ENOENT));
    if (!archive)
        return focl__fail_data(complaint, "%s: is no archive that can be read", path);
    for (size_t part = 0; good && part < FOCL__MODEL_PARTS; part++) {
        const char *name = focl__model_file((focl__model_part)part);
        good = read_entry(archive, name, &files->files[part].bytes, &files->files[part].count) ||
               focl__fail_data(complaint, "%s: its entry %s cannot be read", path, name);
    }
    zip_discard(archive);
    return good;
}

const focl__model_store focl__model_archive = {check, write_archive, read_archive};

#else

static bool refuse(const char *path, focl__complaint *complaint) {
    return focl__fail_data(
        complaint, "%s: this focl was built without libzip; a model can be a folder: a name without .npz", path);
}

static bool refuse_write(const focl__model_files *files, const char *path, focl__complaint *complaint) {
    (void)files;
    return refuse(path, complaint);
}

static bool refuse_read(focl__model_files *files, const char *path, focl__complaint *complaint) {
    (void)files;
    return refuse(path, complaint);
}

const focl__model_store focl__model_archive = {refuse, refuse_write, refuse_read};

#endif
