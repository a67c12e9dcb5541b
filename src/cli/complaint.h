/* How the command's functions fail: they return false and leave one sentence and an exit status here. */
#ifndef FOCL_CLI_COMPLAINT_H
#define FOCL_CLI_COMPLAINT_H

#include <stdbool.h>

#include "focl/status.h"

#define FOCL__EXIT_FAILED 1 /* the data or the device failed */
#define FOCL__EXIT_USAGE  2 /* the command line is wrong */

typedef struct focl__complaint {
    int exit_status; /* 0: nothing to complain about */
    char text[2048]; /* without "focl: " in front and without an end of line */
} focl__complaint;

#if defined(__GNUC__)
#define FOCL__COMPLAINT_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define FOCL__COMPLAINT_PRINTF(text, first)
#endif

/* Fills the complaint; always false, so that a function can `return focl__complain(...)`. */
bool focl__complain(focl__complaint *complaint, int exit_status, const char *format, ...) FOCL__COMPLAINT_PRINTF(3, 4);

/* The two kinds by name. */
#define focl__fail_data(complaint, ...)  focl__complain(complaint, FOCL__EXIT_FAILED, __VA_ARGS__)
#define focl__fail_usage(complaint, ...) focl__complain(complaint, FOCL__EXIT_USAGE, __VA_ARGS__)

#endif
