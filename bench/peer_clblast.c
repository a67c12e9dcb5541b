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

#endif
