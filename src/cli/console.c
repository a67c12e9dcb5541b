#include "console.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool styled(FILE *stream) {
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return isatty(fileno(stream)) && !(no_color && *no_color) && terminal && strcmp(terminal, "dumb") != 0;
}

const char *focl__bold(FILE *stream) {
    return styled(stream) ? "\033[1m" : "";
}

const char *focl__plain(FILE *stream) {
    return styled(stream) ? "\033[0m" : "";
}

focl__bytes_text focl__describe_bytes(uint64_t bytes) {
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    focl__bytes_text description;
    double value = (double)bytes / 1024;
    size_t unit = 0;
    if (bytes < 1024) {
        snprintf(description.text, sizeof description.text, "%" PRIu64 " %s", bytes,
                 focl__noun(bytes, "byte", "bytes"));
        return description;
    }
    for (; value >= 1024; unit++)
        value /= 1024;
    snprintf(description.text, sizeof description.text, "%.1f %s", value, units[unit]);
    return description;
}

const char *focl__noun(uint64_t count, const char *one, const char *many) {
    return count == 1 ? one : many;
}

static double seconds(const struct timespec *time) {
    return (double)time->tv_sec + 1e-9 * (double)time->tv_nsec;
}

double focl__now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return seconds(&time);
}

struct focl__progress {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool stopped;
    char what[96];
};

/* Waits until stopped, a second at most. With the mutex held; true if stopped. */
static bool wait_a_second(focl__progress *progress) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until); /* the clock of a condition variable */
    until.tv_sec++;
    int result = 0;
    while (!progress->stopped && result == 0)
        result = pthread_cond_timedwait(&progress->changed, &progress->mutex, &until);
    return progress->stopped;
}

static void *show_progress(void *argument) {
    focl__progress *progress = argument;
    double start = focl__now();
    bool shown = false;
    pthread_mutex_lock(&progress->mutex);
    while (!wait_a_second(progress)) {
        fprintf(stderr, "\r%s ... %.0f s ", progress->what, focl__now() - start);
        fflush(stderr);
        shown = true;
    }
    pthread_mutex_unlock(&progress->mutex);
    if (shown)
        fputs("\r\033[K", stderr);
    return NULL;
}

focl__progress *focl__progress_start(const char *what) {
    focl__progress *progress = isatty(fileno(stderr)) ? calloc(1, sizeof *progress) : NULL;
    if (!progress)
        return NULL;
    snprintf(progress->what, sizeof progress->what, "%s", what);
    pthread_mutex_init(&progress->mutex, NULL);
    pthread_cond_init(&progress->changed, NULL);
    if (pthread_create(&progress->thread, NULL, show_progress, progress) == 0)
        return progress;
    free(progress); /* without a thread there is no progress to be seen, which is no reason to stop */
    return NULL;
}

void focl__progress_stop(focl__progress *progress) {
    if (!progress)
        return;
    pthread_mutex_lock(&progress->mutex);
    progress->stopped = true;
    pthread_cond_signal(&progress->changed);
    pthread_mutex_unlock(&progress->mutex);
    pthread_join(progress->thread, NULL);
    pthread_cond_destroy(&progress->changed);
    pthread_mutex_destroy(&progress->mutex);
    free(progress);
}
