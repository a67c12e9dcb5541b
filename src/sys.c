/* POSIX threads and clock. Their locking calls fail only on misuse, so no caller could do anything about it. */
#include "sys.h"

#include <time.h>

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
