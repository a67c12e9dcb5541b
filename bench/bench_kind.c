/* The words that files use. */
#include "bench_kind.h"

const char *bench_kind_word(bench_kind kind) {
    static const char *const words[] = {
        [BENCH_KIND_YARDSTICK] = "yardstick", [BENCH_KIND_PEER] = "peer", [BENCH_KIND_FOCL] = "focl"};
    return words[kind];
}

const char *bench_clock_word(bool cpu_time) {
    return cpu_time ? "cpu" : "wall";
}
