/* focl-bench --tune: which mapping is best on this device, for the handles to come. */
#ifndef FOCL_BENCH_TUNE_H
#define FOCL_BENCH_TUNE_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Measures the main kernels in mappings that suit the device: vectors, then groups, then prefetching, each with the
 * best of what was before. Prints tables, and writes the best mapping to the user's tuning file, from which handles
 * take it (focl_mapping in focl/handle.h). A gain of less than a fiftieth is none: focl's own mapping is written then.
 * quick: small arrays and few rounds, for a look whether it works; nothing is written. False after a failure, which is
 * on stderr.
 */
bool bench_tune(const char *selector, bool quick, FILE *out);

#endif
