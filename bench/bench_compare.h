/* What moved beyond the noise since an earlier run. */
#ifndef FOCL_BENCH_COMPARE_H
#define FOCL_BENCH_COMPARE_H

#include <stdio.h>

#include "bench_result.h"

/*
 * Reads what bench_json_write wrote earlier and prints on `out` what is faster, slower, new, gone and of another size,
 * and a line of counts. Compared are the ratios to the yardstick of the same run where there are such, else seconds.
 * Moved has what differs by more than 3 % in its median and has no time between p10 and p90 in common; that is the
 * noise within a run, and a machine that others use has more of it from run to run. False, with a sentence on stderr,
 * only if something could not be read or written: being slower is no failure.
 */
bool bench_compare(const char *old_json_path, const bench_findings *now, FILE *out);

#endif
