/* What a run found as one JSON object, the input of bench_compare. */
#ifndef FOCL_BENCH_JSON_H
#define FOCL_BENCH_JSON_H

#include <stdio.h>

#include "bench_result.h"

/* Numbers read back exactly; null for what was not measured. False if the stream failed. */
bool bench_json_write(FILE *stream, const bench_findings *findings);

#endif
