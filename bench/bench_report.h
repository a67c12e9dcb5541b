/* What was measured, as a table for a person. */
#ifndef FOCL_BENCH_REPORT_H
#define FOCL_BENCH_REPORT_H

#include <stdio.h>

#include "bench_group.h"

/* What holds for the whole run, and what the columns mean. */
void bench_print_head(const bench_findings *findings);

/* Adds a measured group to the findings and prints it. False, after a sentence on stderr, without memory. */
bool bench_report_group(bench_findings *findings, const bench_group *group);

void bench_print_mappings(const bench_mappings *mappings);

#endif
