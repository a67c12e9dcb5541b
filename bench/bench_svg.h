/* What a run found as one picture, for a README. */
#ifndef FOCL_BENCH_SVG_H
#define FOCL_BENCH_SVG_H

#include <stdio.h>

#include "bench_result.h"

/*
 * For each group the share of the roofline that its first focl result reaches, and below it the best of each kind of
 * peer; groups whose yardstick is an empty kernel in a panel of their own. date, such as "2026-01-31", may be NULL. The
 * same findings give the same bytes. False if the stream failed.
 */
bool bench_svg_write_dated(FILE *stream, const bench_findings *findings, const char *date);

/* The same without a date. */
bool bench_svg_write(FILE *stream, const bench_findings *findings);

#endif
