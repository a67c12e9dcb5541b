#include "training_bar.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "console.h"

enum { CELLS = 24 };

focl__training_bar focl__training_bar_start(size_t epochs) {
    const focl__training_bar bar = {
        .epochs = epochs,
        .wanted = isatty(fileno(stderr)),
        .started = focl__now(),
        .loss = NAN,
        .accuracy = NAN,
    };
    return bar;
}

static void draw(const focl__training_bar *bar, size_t epoch, double share) {
    const double whole = ((double)epoch + share) / (double)bar->epochs;
    char cells[CELLS + 1] = "";
    for (int i = 0; i < CELLS; i++)
        cells[i] = i < (int)(whole * CELLS) ? '#' : '.';
    fprintf(stderr, "\r[%s] epoch %zu of %zu", cells, epoch + 1, bar->epochs);
    if (isfinite(bar->loss))
        fprintf(stderr, ", loss %.4g", bar->loss);
    if (isfinite(bar->accuracy))
        fprintf(stderr, ", accuracy %.2f%% of the rows held out", 100 * bar->accuracy);
    fputs("\033[K", stderr);
    fflush(stderr);
}

void focl__training_bar_update(focl__training_bar *bar, size_t epoch, double share) {
    const double now = focl__now();
    if (!bar->wanted || now - bar->started < 1 || now - bar->drawn < 0.1)
        return;
    draw(bar, epoch, share);
    bar->drawn = now;
    bar->shown = true;
}

void focl__training_bar_stop(focl__training_bar *bar) {
    if (bar->shown)
        fputs("\r\033[K", stderr);
    bar->shown = false;
}
