/* Files that appear whole or not at all. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance_report.h"
#include "resolved_path.h"

static bool fail(const conformance_file *file, focl__complaint *complaint) {
    return focl__fail_data(complaint, "%s: %s: %s", file->option, file->path, strerror(errno));
}

/* Renaming over a device or a pipe would destroy it. */
static bool is_replaceable(const char *path) {
    struct stat status;
    return stat(path, &status) != 0 || S_ISREG(status.st_mode);
}

static bool is_folder_writable(const char *path) {
    char *folder = focl__folder_of(path);
    const bool good = folder && access(folder, W_OK | X_OK) == 0;
    const int reason = errno;
    free(folder);
    errno = reason;
    return good;
}

bool conformance_file_check(const conformance_file *file, focl__complaint *complaint) {
    if (!file->path)
        return true;
    if (!is_replaceable(file->path))
        return focl__fail_data(complaint, "%s: %s: exists and is not a regular file", file->option, file->path);
    char *target = focl__resolve_path(file->path);
    const bool good = target && is_folder_writable(target);
    const int reason = errno;
    free(target);
    errno = reason;
    return good || fail(file, complaint);
}

static bool write_stream(FILE *stream, const conformance_file *file, const conformance_report *report) {
    file->write(stream, report);
    const bool written = !ferror(stream) && fflush(stream) == 0 && fsync(fileno(stream)) == 0;
    return fclose(stream) == 0 && written;
}

static bool write_beside(const char *partial, const char *target, const conformance_file *file,
                         const conformance_report *report) {
    FILE *stream = fopen(partial, "wx");
    if (!stream)
        return false;
    if (write_stream(stream, file, report) && rename(partial, target) == 0)
        return true;
    const int reason = errno;
    (void)unlink(partial);
    errno = reason;
    return false;
}

static char *partial_name(const char *target) {
    const size_t bytes = strlen(target) + 48;
    char *name = test_zeros(bytes, 1);
    (void)snprintf(name, bytes, "%s.%ld.partial", target, (long)getpid());
    return name;
}

bool conformance_file_write(const conformance_file *file, const conformance_report *report,
                            focl__complaint *complaint) {
    if (!file->path)
        return true;
    char *target = focl__resolve_path(file->path);
    if (!target)
        return fail(file, complaint);
    char *partial = partial_name(target);
    const bool good = write_beside(partial, target, file, report) || fail(file, complaint);
    free(partial);
    free(target);
    return good;
}
