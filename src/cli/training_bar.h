/* How far a training is: a line on stderr, if that is a terminal and it lasts over a second. */
#ifndef FOCL_CLI_TRAINING_BAR_H
#define FOCL_CLI_TRAINING_BAR_H

#include <stdbool.h>
#include <stddef.h>

typedef struct focl__training_bar {
    size_t epochs;
    bool wanted;
    bool shown;
    double started;
    double drawn; /* when it was, last */
    double loss;  /* of the epoch before, and its accuracy; NAN: none */
    double accuracy;
} focl__training_bar;

focl__training_bar focl__training_bar_start(size_t epochs);

/* Draws it, ten times a second at most; epoch counts from 0, share is how much of it is done. */
void focl__training_bar_update(focl__training_bar *bar, size_t epoch, double share);

/* Takes it away. */
void focl__training_bar_stop(focl__training_bar *bar);

#endif
