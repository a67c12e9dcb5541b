/* What the device can do at best. */
#ifndef FOCL_BENCH_ROOFLINE_H
#define FOCL_BENCH_ROOFLINE_H

#include "bench_run.h"

/*
 * Finds the fastest mappings, measures with them, prints and keeps all that in the run: before any other group, which
 * needs them.
 */
bool bench_measure_roofline(bench_run *run);

#endif
