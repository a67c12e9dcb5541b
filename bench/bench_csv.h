/* What a run found as comma-separated values (RFC 4180): a row for the names, then one for each result. */
#ifndef FOCL_BENCH_CSV_H
#define FOCL_BENCH_CSV_H

#include <stdio.h>

#include "bench_result.h"

/* Empty for what was not measured. What holds for the whole run, device and seed, stands in every row. */
bool bench_csv_write(FILE *stream, const bench_findings *findings);

#endif
