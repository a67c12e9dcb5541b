/* What focl needs of the operating system: locks, waiting, run-once, a clock, files. The one file to port. Internal. */
#ifndef FOCL_SYS_H
#define FOCL_SYS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

/* Storage that each thread has its own of: `static FOCL__THREAD_LOCAL int depth;` */
#define FOCL__THREAD_LOCAL _Thread_local

typedef struct focl__mutex {
    pthread_mutex_t native;
} focl__mutex;

/* For a mutex of static storage, which then needs neither create nor destroy. */
#define FOCL__MUTEX_INITIALIZER \
    { PTHREAD_MUTEX_INITIALIZER }

/* False if the system has no more of them; not recursive. */
bool focl__mutex_create(focl__mutex *mutex);
void focl__mutex_destroy(focl__mutex *mutex);
void focl__mutex_lock(focl__mutex *mutex);
void focl__mutex_unlock(focl__mutex *mutex);

typedef struct focl__condition {
    pthread_cond_t native;
} focl__condition;

/* False if the system has no more of them. */
bool focl__condition_create(focl__condition *condition);
void focl__condition_destroy(focl__condition *condition);
/* Gives up the locked mutex while waiting; may return without a wake, so wait in a loop around what is waited for. */
void focl__condition_wait(focl__condition *condition, focl__mutex *mutex);
void focl__condition_wake_all(focl__condition *condition);

typedef struct focl__once {
    pthread_once_t native;
} focl__once;

#define FOCL__ONCE_INITIALIZER \
    { PTHREAD_ONCE_INIT }

/* Calls function once in the life of *once, whichever thread is first; all others wait until it has returned. */
void focl__once_run(focl__once *once, void (*function)(void));

/* Seconds of a clock that never goes back; only differences mean anything. */
double focl__clock_seconds(void);

/* Opens a plain file for reading; NULL for anything else, a pipe too, without waiting. Close it with fclose. */
FILE *focl__open_file(const char *path);

/* Makes a file of a new name in the same folder, for writing, and tells its name. NULL, and errno says why. */
FILE *focl__create_beside(const char *path, char *beside, size_t bytes);

/* Makes a folder for the user alone. True if it is there now; errno says why not. */
bool focl__make_folder(const char *path);

#endif
