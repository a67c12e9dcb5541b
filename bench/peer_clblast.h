/* CLBlast, for what it can express of focl's work: sums over arrays. */
#ifndef FOCL_BENCH_PEER_CLBLAST_H
#define FOCL_BENCH_PEER_CLBLAST_H

#include "bench_device.h"

typedef struct bench_clblast_call {
    cl_mem x;
    cl_mem y;
    cl_mem result;
    size_t count;
} bench_clblast_call;

/* Whether it was there when this program was configured; nothing below may be called without. */
bool bench_has_clblast(void);

bench_enqueue bench_enqueue_clblast_dot;
bench_enqueue bench_enqueue_clblast_asum;

#endif
