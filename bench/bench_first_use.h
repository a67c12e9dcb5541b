/* The time to the first loss of a process. */
#ifndef FOCL_BENCH_FIRST_USE_H
#define FOCL_BENCH_FIRST_USE_H

#include <stdbool.h>

/* process_start: of bench_now(), taken as early as possible. Prints the times; false after a failure, on stderr. */
bool bench_first_use(const char *selector, double process_start);

#endif
