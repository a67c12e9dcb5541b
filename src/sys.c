/* POSIX. Its locking calls fail only on misuse, so no caller could do anything about it. */
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

bool focl__mutex_create(focl__mutex *mutex) {
    return pthread_mutex_init(&mutex->native, NULL) == 0;
}

void focl__mutex_destroy(focl__mutex *mutex) {
    (void)pthread_mutex_destroy(&mutex->native);
}

void focl__mutex_lock(focl__mutex *mutex) {
    (void)pthread_mutex_lock(&mutex->native);
}

void focl__mutex_unlock(focl__mutex *mutex) {
    (void)pthread_mutex_unlock(&mutex->native);
}

bool focl__condition_create(focl__condition *condition) {
    return pthread_cond_init(&condition->native, NULL) == 0;
}

void focl__condition_destroy(focl__condition *condition) {
    (void)pthread_cond_destroy(&condition->native);
}

void focl__condition_wait(focl__condition *condition, focl__mutex *mutex) {
    (void)pthread_cond_wait(&condition->native, &mutex->native);
}

void focl__condition_wake_all(focl__condition *condition) {
    (void)pthread_cond_broadcast(&condition->native);
}

void focl__once_run(focl__once *once, void (*function)(void)) {
    (void)pthread_once(&once->native, function);
}

double focl__clock_seconds(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

FILE *focl__open_file(const char *path) {
    struct stat status;
    const int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0)
        return NULL;
    FILE *file = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) ? fdopen(descriptor, "r") : NULL;
    if (!file)
        (void)close(descriptor);
    return file;
}

FILE *focl__create_beside(const char *path, char *beside, size_t bytes) {
    const int length = snprintf(beside, bytes, "%s.XXXXXX", path);
    if (length < 0 || (size_t)length >= bytes) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    const int descriptor = mkstemp(beside);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (descriptor >= 0 && !file) {
        const int reason = errno;
        (void)close(descriptor);
        (void)unlink(beside);
        errno = reason;
    }
    return file;
}

bool focl__make_folder(const char *path) {
    struct stat status;
    if (mkdir(path, S_IRWXU) == 0)
        return true;
    const int reason = errno;
    const bool is_there = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    errno = reason;
    return is_there;
}
