/* What the device can do at best. */
#include "bench_roofline.h"

#include "bench_findings.h"
#include "bench_report.h"

enum {
    ELEMENTS = 1 << 24, /* of each array: larger than caches */
    QUICK_ELEMENTS = 1 << 21,
    ROUNDS = 20,
    QUICK_ROUNDS = 5,
    EMPTY_CALLS = 50
};

typedef struct roofline_kernels {
    bench_arrays arrays;
    bench_kernel_call plain[BENCH_MOTIONS];
    bench_kernel_call streaming[BENCH_MOTIONS];
    bench_kernel_call empty;
    bench_group group;
} roofline_kernels;

static bool make_array(const bench_device *device, size_t elements, cl_mem *array) {
    const size_t bytes = elements * sizeof(float);
    *array = bench_buffer(device, bytes, NULL);
    return *array && bench_fill_buffer(device, *array, bytes, 0);
}

static bool make_arrays(const bench_run *run, bench_arrays *arrays) {
    const size_t elements = run->quick ? QUICK_ELEMENTS : ELEMENTS;
    arrays->elements = elements;
    return make_array(run->device, elements, &arrays->logits) && make_array(run->device, elements, &arrays->targets) &&
           make_array(run->device, elements, &arrays->gradient);
}

static bool make_kernels(bench_run *run, roofline_kernels *made) {
    for (size_t i = 0; i < BENCH_MOTIONS; i++) {
        const bench_motion motion = (bench_motion)i;
        const bench_mapping mapping = run->mappings.of[i];
        if (!bench_make_motion(run->device, &made->arrays, motion, mapping, false, &made->plain[i]))
            return false;
        if (bench_motion_of(motion)->writes &&
            !bench_make_motion(run->device, &made->arrays, motion, mapping, true, &made->streaming[i]))
            return false;
    }
    return bench_make_empty(run->device, &made->empty);
}

static void add_cases(roofline_kernels *made) {
    static const char *const streaming_names[BENCH_MOTIONS] = {
        [BENCH_FILL] = "fill-streaming", [BENCH_COPY] = "copy-streaming", [BENCH_TRIAD] = "triad-streaming"};
    bench_group *group = &made->group;
    bench_group_add_yardstick(group, "empty", "a kernel that does nothing", 0.0, BENCH_NO_MOTION, &made->empty);
    group->cases[0].calls = EMPTY_CALLS;
    for (size_t i = 0; i < BENCH_MOTIONS; i++) {
        const bench_motion_facts *facts = bench_motion_of((bench_motion)i);
        const double bytes = bench_motion_bytes((bench_motion)i, &made->arrays);
        bench_group_add_yardstick(group, facts->name, facts->what, bytes, BENCH_NO_MOTION, &made->plain[i]);
        bench_group_add_yardstick(group, streaming_names[i], "the same, stores past the caches", bytes, BENCH_NO_MOTION,
                                  &made->streaming[i]);
    }
}

/* By kernel, as the cases' places depend on what the device takes. */
static double median_of(const bench_group *group, const bench_kernel_call *call) {
    for (size_t i = 0; i < group->count; i++)
        if (group->cases[i].subject == call)
            return bench_summarise(group->cases[i].seconds, group->rounds).median;
    return -1.0;
}

static double rate_of(const roofline_kernels *made, bench_motion motion) {
    return bench_motion_bytes(motion, &made->arrays) / median_of(&made->group, &made->plain[motion]);
}

static bench_roofline roofline_of(const roofline_kernels *made) {
    return (bench_roofline){.fill = rate_of(made, BENCH_FILL),
                            .read = rate_of(made, BENCH_READ),
                            .copy = rate_of(made, BENCH_COPY),
                            .triad = rate_of(made, BENCH_TRIAD),
                            .empty_seconds = median_of(&made->group, &made->empty)};
}

static bool measure(bench_run *run, roofline_kernels *made) {
    made->group = (bench_group){.device = run->device,
                                .name = "roofline",
                                .title = run->quick ? "2^21 floats an array, in the fastest mapping found"
                                                    : "2^24 floats an array, in the fastest mapping found",
                                .yardstick_word = "x empty",
                                .peer_word = "",
                                .elements = made->arrays.elements,
                                .calls = 1,
                                .rounds = run->quick ? QUICK_ROUNDS : ROUNDS,
                                .peer = BENCH_NO_CASE};
    add_cases(made);
    if (!bench_group_measure(&made->group))
        return false;
    run->findings.roofline = roofline_of(made);
    return bench_report_group(&run->findings, &made->group);
}

static void free_kernels(const roofline_kernels *made) {
    for (size_t i = 0; i < BENCH_MOTIONS; i++) {
        bench_kernel_free(made->plain[i].kernel);
        bench_kernel_free(made->streaming[i].kernel);
    }
    bench_kernel_free(made->empty.kernel);
    bench_buffer_free(made->arrays.logits);
    bench_buffer_free(made->arrays.targets);
    bench_buffer_free(made->arrays.gradient);
}

bool bench_measure_roofline(bench_run *run) {
    static roofline_kernels made;
    made = (roofline_kernels){0};
    const bool measured = make_arrays(run, &made.arrays) &&
                          bench_find_mappings(run->device, &made.arrays, run->quick, &run->mappings) &&
                          make_kernels(run, &made) && measure(run, &made);
    if (measured)
        bench_print_mappings(&run->mappings);
    free_kernels(&made);
    return measured;
}
