/* The kernels that focl is measured beside. */
#include "bench_yardstick.h"

#include <stdio.h>

#include "bench_statistics.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { CALIBRATION_RUNS = 5 };

/* PER_ITEM vectors an item; neighbouring items of a group have neighbouring vectors. */
static const char triad_source[] =
    "#if VECTOR == 1\n"
    "#define REAL float\n"
    "#else\n"
    "#define JOIN_(a, b) a##b\n"
    "#define JOIN(a, b) JOIN_(a, b)\n"
    "#define REAL JOIN(float, VECTOR)\n"
    "#endif\n"
    "#if STREAMING\n"
    "#define STORE(value, place) __builtin_nontemporal_store(value, place)\n"
    "#else\n"
    "#define STORE(value, place) (*(place) = (value))\n"
    "#endif\n"
    "__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))\n"
    "void triad(__global const REAL *x, __global const REAL *t, __global REAL *g, uint count) {\n"
    "    uint at = (uint)get_group_id(0) * (GROUP * PER_ITEM) + (uint)get_local_id(0);\n"
    "    for (uint i = 0; i < PER_ITEM; i++, at += GROUP)\n"
    "        if (PER_ITEM * GROUP == 1 || at < count)\n"
    "            STORE(INPUTS == 2 ? x[at] + t[at] : INPUTS == 1 ? x[at] + (REAL)1.0f : (REAL)1.0f, &g[at]);\n"
    "}\n";

static const char plain_source[] =
    "__kernel void naive(__global const float *x, __global const float *t, __global float *g, __global float *loss,\n"
    "                    float scale) {\n"
    "    const size_t i = get_global_id(0);\n"
    "    const float p = 1.0f / (1.0f + exp(-x[i]));\n"
    "    const float pt = t[i] == 1.0f ? p : 1.0f - p;\n"
    "    const float alpha = t[i] == 1.0f ? 0.25f : 0.75f;\n"
    "    const float sign = t[i] == 1.0f ? 1.0f : -1.0f;\n"
    "    const float weight = alpha * (1.0f - pt) * (1.0f - pt);\n"
    "    loss[i] = -weight * log(pt);\n"
    "    g[i] = scale * sign * weight * (2.0f * pt * log(pt) + pt - 1.0f);\n"
    "}\n"
    "__kernel void empty(void) {\n"
    "}\n";

static const bench_mapping mappings[] = {
    {16, 1, 1},  {16, 1, 16}, {16, 1, 64}, {16, 1, 256}, {16, 1, 4096}, {16, 16, 1}, {16, 64, 1},
    {16, 64, 4}, {8, 1, 64},  {8, 64, 4},  {4, 64, 1},   {4, 256, 1},   {4, 256, 4}, {1, 256, 1},
};

static cl_kernel build_triad(const bench_device *device, bench_mapping mapping, int inputs, bool streaming) {
    char options[160];
    snprintf(options, sizeof options, "-cl-std=CL1.2 -DVECTOR=%u -DGROUP=%u -DPER_ITEM=%uu -DINPUTS=%d -DSTREAMING=%d",
             mapping.vector, mapping.group, mapping.vectors_per_item, inputs, streaming);
    return bench_kernel(device, triad_source, options, "triad", true);
}

/* kernel is NULL where the device does not take the mapping. */
static bool make_mapped(const bench_device *device, const bench_arrays *arrays, bool streaming, bench_mapping mapping,
                        bench_kernel_call *call) {
    const size_t count = arrays->elements / mapping.vector;
    const size_t group_vectors = (size_t)mapping.group * mapping.vectors_per_item;
    const size_t groups = (count + group_vectors - 1) / group_vectors;
    const int inputs = (arrays->logits != NULL) + (arrays->targets != NULL);
    const cl_mem buffers[] = {inputs > 0 ? arrays->logits : arrays->gradient,
                              inputs > 1 ? arrays->targets : arrays->gradient, arrays->gradient};
    const cl_uint count_argument = (cl_uint)count;
    *call = (bench_kernel_call){.device = device, .global = groups * mapping.group, .local = mapping.group};
    if (mapping.group > focl_handle_device(device->handle)->work_group_size)
        return true;
    call->kernel = build_triad(device, mapping, inputs, streaming);
    if (!call->kernel)
        return true;
    return bench_set_buffers(call->kernel, COUNT_OF(buffers), buffers) &&
           clSetKernelArg(call->kernel, COUNT_OF(buffers), sizeof count_argument, &count_argument) == CL_SUCCESS;
}

/* The least time of a few runs after a first one; negative after a failure. */
static double best_seconds(const bench_kernel_call *call) {
    double best = -1.0;
    for (int run = 0; run <= CALIBRATION_RUNS; run++) {
        const double start = bench_now();
        if (!bench_run_kernel(call))
            return -1.0;
        const double seconds = bench_now() - start;
        if (run == 1 || (run > 1 && seconds < best))
            best = seconds;
    }
    return best;
}

bool bench_make_triad(const bench_device *device, const bench_arrays *arrays, bool streaming, bench_kernel_call *call,
                      bench_mapping *mapping) {
    double best = -1.0;
    *call = (bench_kernel_call){.device = device};
    for (size_t i = 0; i < COUNT_OF(mappings); i++) {
        bench_kernel_call candidate;
        const bool made = make_mapped(device, arrays, streaming, mappings[i], &candidate);
        const double seconds = made && candidate.kernel ? best_seconds(&candidate) : -1.0;
        if (seconds >= 0.0 && (best < 0.0 || seconds < best)) {
            bench_kernel_free(call->kernel);
            *call = candidate;
            *mapping = mappings[i];
            best = seconds;
        } else {
            bench_kernel_free(candidate.kernel);
        }
    }
    if (call->kernel || streaming)
        return true;
    fprintf(stderr, "focl-bench: the device takes none of the mappings of triad\n");
    return false;
}

bool bench_make_naive(const bench_device *device, const bench_arrays *arrays, cl_mem loss, bench_kernel_call *call) {
    const cl_mem buffers[] = {arrays->logits, arrays->targets, arrays->gradient, loss};
    const cl_float scale = 1.0F / (float)arrays->elements;
    *call = (bench_kernel_call){.device = device, .global = arrays->elements};
    call->kernel = bench_kernel(device, plain_source, "-cl-std=CL1.2", "naive", false);
    return call->kernel && bench_set_buffers(call->kernel, COUNT_OF(buffers), buffers) &&
           clSetKernelArg(call->kernel, COUNT_OF(buffers), sizeof scale, &scale) == CL_SUCCESS;
}

bool bench_make_empty(const bench_device *device, bench_kernel_call *call) {
    *call = (bench_kernel_call){.device = device, .global = 1, .local = 1};
    call->kernel = bench_kernel(device, plain_source, "-cl-std=CL1.2", "empty", false);
    return call->kernel != NULL;
}
