/* A picture of a few lines over one axis of whole numbers, as SVG. */
#ifndef FOCL_CLI_LINE_CHART_H
#define FOCL_CLI_LINE_CHART_H

#include <stddef.h>
#include <stdio.h>

typedef struct focl__chart_line {
    const char *label;
    const char *colour;
    const double *values; /* at 1, 2, 3, ...; those that are not finite are left out */
    size_t stride;        /* from one to the next, in doubles */
} focl__chart_line;

typedef struct focl__line_chart {
    const char *title;
    const char *x_label;
    const char *y_label;
    size_t points; /* of each line */
    const focl__chart_line *lines;
    size_t line_count;
    size_t marked;            /* the number with a vertical line; 0: none */
    const char *marked_label; /* "kept" */
} focl__line_chart;

/* The y axis starts at 0, or below where values are. */
void focl__line_chart_write(const focl__line_chart *chart, FILE *stream);

#endif
