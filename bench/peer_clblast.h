/* CLBlast, for what it can express of focl's work: sums over arrays, and the products of a linear head. */
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

/* A linear head's arrays, f32, row by row: see focl/linear_loss.h. */
typedef struct bench_clblast_head {
    size_t rows;
    size_t features;
    size_t classes;
    cl_mem x;
    cl_mem w;
    cl_mem logits;
    cl_mem dx;
    cl_mem dw;
} bench_clblast_head;

/* logits = x w^T; dx = logits w and dw = logits^T x. The event, if wanted, is that of the last. False: it is printed.
 */
bool bench_enqueue_clblast_logits(const bench_clblast_head *head, cl_command_queue queue);
bool bench_enqueue_clblast_gradients(const bench_clblast_head *head, cl_command_queue queue, cl_event *event);

#endif
