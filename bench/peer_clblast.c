/* CLBlast. */
#include "peer_clblast.h"

#include <stdio.h>

#ifdef FOCL_BENCH_CLBLAST

#include <clblast_c.h>

bool bench_has_clblast(void) {
    return true;
}

static bool succeeded(const char *routine, CLBlastStatusCode code) {
    if (code != CLBlastSuccess)
        fprintf(stderr, "focl-bench: %s failed with %d\n", routine, (int)code);
    return code == CLBlastSuccess;
}

bool bench_enqueue_clblast_dot(const void *subject, cl_command_queue queue, cl_event *event) {
    const bench_clblast_call *call = (const bench_clblast_call *)subject;
    return succeeded("CLBlastSdot",
                     CLBlastSdot(call->count, call->result, 0, call->x, 0, 1, call->y, 0, 1, &queue, event));
}

bool bench_enqueue_clblast_asum(const void *subject, cl_command_queue queue, cl_event *event) {
    const bench_clblast_call *call = (const bench_clblast_call *)subject;
    return succeeded("CLBlastSasum", CLBlastSasum(call->count, call->result, 0, call->x, 0, 1, &queue, event));
}

/* Column by column, which is how the arrays' transposes are stored. */
bool bench_enqueue_clblast_logits(const bench_clblast_head *head, cl_command_queue queue) {
    return succeeded("CLBlastSgemm",
                     CLBlastSgemm(CLBlastLayoutColMajor, CLBlastTransposeYes, CLBlastTransposeNo, head->classes,
                                  head->rows, head->features, 1.0F, head->w, 0, head->features, head->x, 0,
                                  head->features, 0.0F, head->logits, 0, head->classes, &queue, NULL));
}

bool bench_enqueue_clblast_gradients(const bench_clblast_head *head, cl_command_queue queue, cl_event *event) {
    return succeeded("CLBlastSgemm",
                     CLBlastSgemm(CLBlastLayoutColMajor, CLBlastTransposeNo, CLBlastTransposeNo, head->features,
                                  head->rows, head->classes, 1.0F, head->w, 0, head->features, head->logits, 0,
                                  head->classes, 0.0F, head->dx, 0, head->features, &queue, NULL)) &&
           succeeded("CLBlastSgemm",
                     CLBlastSgemm(CLBlastLayoutColMajor, CLBlastTransposeNo, CLBlastTransposeYes, head->features,
                                  head->classes, head->rows, 1.0F, head->x, 0, head->features, head->logits, 0,
                                  head->classes, 0.0F, head->dw, 0, head->features, &queue, event));
}

#else

bool bench_has_clblast(void) {
    return false;
}

static bool complain(void) {
    fprintf(stderr, "focl-bench: configured without CLBlast\n");
    return false;
}

bool bench_enqueue_clblast_dot(const void *subject, cl_command_queue queue, cl_event *event) {
    (void)subject, (void)queue, (void)event;
    return complain();
}

bool bench_enqueue_clblast_asum(const void *subject, cl_command_queue queue, cl_event *event) {
    (void)subject, (void)queue, (void)event;
    return complain();
}

bool bench_enqueue_clblast_logits(const bench_clblast_head *head, cl_command_queue queue) {
    (void)head, (void)queue;
    return complain();
}

bool bench_enqueue_clblast_gradients(const bench_clblast_head *head, cl_command_queue queue, cl_event *event) {
    (void)head, (void)queue, (void)event;
    return complain();
}

#endif
