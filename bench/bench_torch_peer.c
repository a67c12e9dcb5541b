/* PyTorch beside the cases of a measured problem. */
#include "bench_torch_peer.h"

#include <stdio.h>

#include "bench_findings.h"
#include "bench_torch.h"

/* What focl makes of the problem, for PyTorch to agree with. */
static bool solve(bench_problem *problem, float *loss) {
    const bench_device *device = problem->device;
    return bench_run_on_device(device, bench_enqueue_focl, &problem->calls[0]) &&
           bench_read(device, problem->reduced_memory, sizeof *loss, loss) &&
           bench_read(device, problem->arrays[BENCH_F32].gradient, bench_elements(problem->outline) * sizeof(float),
                      problem->other_gradient);
}

static void print_result(const bench_torch_result *measured, const bench_result *result) {
    printf("  %-33s %9.1f us a call, %.1f x the yardstick, %.1f x the peer; from focl %.1e (loss), %.1e (gradient)%s\n",
           measured->what, measured->seconds.median * 1e6, result->to_yardstick.median, result->to_peer.median,
           measured->loss_difference, measured->gradient_difference, measured->agrees ? "" : ": TOO MUCH");
    fflush(stdout);
}

bool bench_torch_measure(bench_run *run, bench_problem *problem, bool *agreed) {
    const bench_outline *outline = problem->outline;
    const focl_loss_description *description = &problem->calls[0].description;
    bench_torch_result measured[BENCH_TORCH_RESULTS_PER_CASE];
    float loss = 0.0F;
    size_t count = 0;
    if (!outline->variants[0].forward || !outline->variants[0].gradient || !bench_torch_knows(description))
        return true;
    if (!solve(problem, &loss))
        return false;
    const void *targets = problem->targets ? (const void *)problem->targets : problem->labels;
    const bench_torch_case asked = {outline->name, description,  problem->logits,
                                    targets,       (double)loss, problem->other_gradient};
    if (!bench_torch_run(&asked, 1, run->quick, measured, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        const bench_result result = bench_torch_as_result(&measured[i], &run->findings);
        print_result(&measured[i], &result);
        *agreed = *agreed && measured[i].agrees;
        if (!bench_findings_append(&run->findings, &result))
            return false;
    }
    return true;
}
