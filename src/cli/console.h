/* What a person at a terminal sees beside the results. */
#ifndef FOCL_CLI_CONSOLE_H
#define FOCL_CLI_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Escape sequences for emphasis and back; empty where the stream is no terminal or NO_COLOR is set. */
const char *focl__bold(FILE *stream);
const char *focl__plain(FILE *stream);

/* "62.8 GiB", "48.0 KiB", "17 bytes". */
typedef struct focl__bytes_text {
    char text[32];
} focl__bytes_text;
focl__bytes_text focl__describe_bytes(uint64_t bytes);

/* The noun that goes with a number: one for 1, else many. */
const char *focl__noun(uint64_t count, const char *one, const char *many);

/* Seconds of the monotonic clock. */
double focl__now(void);

/*
 * A line on stderr that says what goes on and since when, shown once it has lasted a second; nothing at all where
 * stderr is no terminal. Stop takes the line away again and accepts NULL.
 */
typedef struct focl__progress focl__progress;
focl__progress *focl__progress_start(const char *what);
void focl__progress_stop(focl__progress *progress);

#endif
