/* Ctrl-C as a request to finish tidily: once. A second one ends the process as usual. */
#ifndef FOCL_CLI_INTERRUPT_H
#define FOCL_CLI_INTERRUPT_H

#include <stdbool.h>

/* What the shell makes of a command that Ctrl-C ended: 128 and the signal's number. */
#define FOCL__EXIT_INTERRUPTED 130

/* From here on SIGINT is noted; where it was ignored already, as by nohup, it stays so. */
void focl__interrupt_watch(void);

/* Whether one has come since. */
bool focl__interrupted(void);

/* SIGINT is what it was before. */
void focl__interrupt_unwatch(void);

#endif
