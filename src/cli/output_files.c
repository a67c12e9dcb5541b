#include "output_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolved_path.h"

static bool fail(const focl__output *output, focl__complaint *complaint) {
    return focl__fail_data(complaint, "%s: %s: %s", output->option, output->path, strerror(errno));
}

static bool folder_writable(const focl__output *output, const char *target, focl__complaint *complaint) {
    char *folder = focl__folder_of(target);
    bool good = folder && access(folder, W_OK | X_OK) == 0;
    int reason = errno;
    free(folder);
    errno = reason;
    return good || fail(output, complaint);
}

/* Renaming over a device or a pipe would destroy it, over a folder fail late. */
static bool not_special(const focl__output *output, focl__complaint *complaint) {
    struct stat status;
    if (stat(output->path, &status) == 0 && !S_ISREG(status.st_mode))
        return focl__fail_data(complaint, "%s: %s: exists and is not a regular file", output->option, output->path);
    return true;
}

static bool replaceable(const focl__output *output, focl__complaint *complaint) {
    if (!not_special(output, complaint))
        return false;
    char *target = focl__resolve_path(output->path);
    bool good = target ? folder_writable(output, target, complaint) : fail(output, complaint);
    free(target);
    return good;
}

static bool same_target(const focl__output *left, const focl__output *right) {
    char *left_target = focl__resolve_path(left->path);
    char *right_target = focl__resolve_path(right->path);
    bool same = left_target && right_target && strcmp(left_target, right_target) == 0;
    free(left_target);
    free(right_target);
    return same;
}

bool focl__outputs_check(const focl__output *outputs, size_t count, focl__complaint *complaint) {
    for (size_t i = 0; i < count; i++) {
        if (!replaceable(&outputs[i], complaint))
            return false;
        for (size_t j = 0; j < i; j++)
            if (same_target(&outputs[i], &outputs[j]))
                return focl__fail_usage(complaint, "%s: %s is the file of %s too", outputs[i].option, outputs[i].path,
                                        outputs[j].option);
    }
    return true;
}

static bool same_file(const char *left, const char *right) {
    struct stat left_status, right_status;
    return left && right && stat(left, &left_status) == 0 && stat(right, &right_status) == 0 &&
           left_status.st_dev == right_status.st_dev && left_status.st_ino == right_status.st_ino;
}

bool focl__outputs_spare(const focl__output *outputs, size_t count, const focl__input *inputs, size_t input_count,
                         focl__complaint *complaint) {
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < input_count; j++)
            if (same_file(outputs[i].path, inputs[j].path))
                return focl__fail_usage(complaint, "%s: %s is %s file too", outputs[i].option, outputs[i].path,
                                        inputs[j].owner);
    return true;
}

static bool write_bytes(int descriptor, const void *bytes, size_t count) {
    enum { LARGEST_WRITE = 1 << 30 }; /* some systems refuse more than 2^31 bytes at a time */
    const char *at = bytes;
    while (count > 0) {
        ssize_t written = write(descriptor, at, count < LARGEST_WRITE ? count : LARGEST_WRITE);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            at += written;
            count -= (size_t)written;
        }
    }
    return true;
}

static bool write_array(int descriptor, const focl__output *output, const focl__npy_shape *shape) {
    focl__npy_preamble preamble;
    size_t bytes = focl_type_size(output->type);
    for (size_t axis = 0; axis < shape->rank; axis++)
        bytes *= shape->extents[axis];
    focl__npy_write_preamble(&preamble, output->type, shape);
    return write_bytes(descriptor, preamble.text, preamble.bytes) && write_bytes(descriptor, output->values, bytes);
}

static bool write_content(int descriptor, const focl__output *output, const focl__npy_shape *shape) {
    const bool written = output->raw_bytes ? write_bytes(descriptor, output->values, output->raw_bytes)
                                           : write_array(descriptor, output, output->shape ? output->shape : shape);
    return written && fsync(descriptor) == 0;
}

static char *partial_name(const char *path) {
    size_t bytes = strlen(path) + 48;
    char *name = malloc(bytes);
    if (name)
        snprintf(name, bytes, "%s.%ld.partial", path, (long)getpid());
    return name;
}

static bool write_partial(focl__output *output, const focl__npy_shape *shape, focl__complaint *complaint) {
    output->target = focl__resolve_path(output->path);
    char *name = output->target ? partial_name(output->target) : NULL;
    int descriptor = name ? open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666) : -1;
    if (descriptor < 0) {
        int reason = errno;
        free(name);
        errno = reason;
        return fail(output, complaint);
    }
    output->partial = name;
    bool written = write_content(descriptor, output, shape) || fail(output, complaint);
    if (close(descriptor) != 0 && written)
        return fail(output, complaint);
    return written;
}

static bool put_in_place(focl__output *output, focl__complaint *complaint) {
    if (!not_special(output, complaint))
        return false;
    if (rename(output->partial, output->target) != 0)
        return fail(output, complaint);
    output->in_place = true;
    return true;
}

/* So that the new name survives a loss of power too; a file system that cannot is no failure. */
static void sync_folder(const char *path) {
    char *folder = focl__folder_of(path);
    int descriptor = folder ? open(folder, O_RDONLY | O_CLOEXEC) : -1;
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
    free(folder);
}

static bool write_all(focl__output *outputs, size_t count, const focl__npy_shape *shape, focl__complaint *complaint) {
    for (size_t i = 0; i < count; i++)
        if (!write_partial(&outputs[i], shape, complaint))
            return false;
    for (size_t i = 0; i < count; i++)
        if (!put_in_place(&outputs[i], complaint))
            return false;
    return true;
}

static void finish(focl__output *output) {
    if (output->in_place)
        sync_folder(output->target);
    else if (output->partial)
        unlink(output->partial);
    free(output->partial);
    free(output->target);
    output->partial = NULL;
    output->target = NULL;
}

bool focl__outputs_write(focl__output *outputs, size_t count, const focl__npy_shape *shape,
                         focl__complaint *complaint) {
    bool good = write_all(outputs, count, shape, complaint);
    for (size_t i = 0; i < count; i++)
        finish(&outputs[i]);
    return good;
}
