/* The words that files use for the kinds of results and clocks. */
#ifndef FOCL_BENCH_KIND_H
#define FOCL_BENCH_KIND_H

#include "bench_result.h"

const char *bench_kind_word(bench_kind kind); /* "yardstick", "peer", "focl" */
const char *bench_clock_word(bool cpu_time);  /* "cpu", "wall" */

#endif
