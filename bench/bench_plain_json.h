/* The medians of a run as JSON. */
#ifndef FOCL_BENCH_PLAIN_JSON_H
#define FOCL_BENCH_PLAIN_JSON_H

#include <stdio.h>

#include "bench_result.h"

bool bench_write_plain_json(FILE *file, const bench_findings *findings);

#endif
