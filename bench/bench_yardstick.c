/* The kernels that focl is measured beside. */
#include "bench_yardstick.h"

#include <stdio.h>

#include "bench_statistics.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { CALIBRATION_RUNS = 5 };

/*
 * PER_ITEM vectors an item; neighbouring items of a group have neighbouring vectors. What is only read must have an
 * effect: it is folded into one number, which is written where it is a certain one.
 */
static const char motion_source[] =
    "#if VECTOR == 1\n"
    "#define REAL float\n"
    "#define BITS uint\n"
    "#define AS_BITS as_uint\n"
    "#define IS_MET(bits) ((bits) == 0x9e3779b9u)\n"
    "#else\n"
    "#define JOIN_(a, b) a##b\n"
    "#define JOIN(a, b) JOIN_(a, b)\n"
    "#define REAL JOIN(float, VECTOR)\n"
    "#define BITS JOIN(uint, VECTOR)\n"
    "#define AS_BITS JOIN(as_uint, VECTOR)\n"
    "#define IS_MET(bits) any((bits) == (BITS)0x9e3779b9u)\n"
    "#endif\n"
    "#if STREAMING\n"
    "#define STORE(value, place) __builtin_nontemporal_store(value, place)\n"
    "#else\n"
    "#define STORE(value, place) (*(place) = (value))\n"
    "#endif\n"
    "#if WRITES\n"
    "#define USE(at) STORE(READS == 2 ? x[at] + t[at] : READS == 1 ? x[at] + (REAL)1.0f : (REAL)1.0f, &g[at])\n"
    "#else\n"
    "#define USE(at) (seen ^= READS == 2 ? AS_BITS(x[at]) + AS_BITS(t[at]) : AS_BITS(x[at]))\n"
    "#endif\n"
    "__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))\n"
    "void motion(__global const REAL *x, __global const REAL *t, __global REAL *g, uint count) {\n"
    "    uint at = (uint)get_group_id(0) * (GROUP * PER_ITEM) + (uint)get_local_id(0);\n"
    "    BITS seen = (BITS)0u;\n"
    "    for (uint i = 0; i < PER_ITEM; i++, at += GROUP)\n"
    "        if (PER_ITEM * GROUP == 1 || at < count)\n"
    "            USE(at);\n"
    "    if (!WRITES && IS_MET(seen))\n"
    "        g[0] = (REAL)0.0f;\n"
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

static const char softmax_source[] =
    "__kernel void naive_softmax(__global const float *x, __global const uchar *labels, __global float *g,\n"
    "                            __global float *loss, uint classes, uint inner, float scale) {\n"
    "    const size_t row = get_global_id(0);\n"
    "    const size_t start = row / inner * classes * inner + row % inner;\n"
    "    float largest = x[start];\n"
    "    float sum = 0.0f;\n"
    "    for (uint c = 1; c < classes; c++)\n"
    "        largest = fmax(largest, x[start + c * inner]);\n"
    "    for (uint c = 0; c < classes; c++)\n"
    "        sum += exp(x[start + c * inner] - largest);\n"
    "    const float p = exp(x[start + labels[row] * inner] - largest) / sum;\n"
    "    const float q = 1.0f - p;\n"
    "    const float slope = GAMMA == 2 ? 2.0f * q * p * log(p) - q * q : -1.0f;\n"
    "    loss[row] = GAMMA == 2 ? -q * q * log(p) : -log(p);\n"
    "    for (uint c = 0; c < classes; c++)\n"
    "        g[start + c * inner] = scale * slope *\n"
    "                               ((c == labels[row]) - exp(x[start + c * inner] - largest) / sum);\n"
    "}\n";

/* The first FEW_MAPPINGS are most often the fastest. */
static const bench_mapping mappings[] = {
    {16, 64, 1},   {4, 64, 1},  {4, 256, 1}, {16, 1, 64}, {16, 1, 1}, {16, 1, 16}, {16, 1, 256},
    {16, 1, 4096}, {16, 16, 1}, {16, 64, 4}, {8, 1, 64},  {8, 64, 4}, {4, 256, 4}, {1, 256, 1},
};

enum { FEW_MAPPINGS = 4 };

const bench_motion_facts *bench_motion_of(bench_motion motion) {
#define MOTION_FACTS(name, word, what, reads, writes) {word, what, reads, writes},
    static const bench_motion_facts facts[BENCH_MOTIONS] = {BENCH_MOTION_TABLE(MOTION_FACTS)};
#undef MOTION_FACTS
    return &facts[motion];
}

double bench_motion_bytes(bench_motion motion, const bench_arrays *arrays) {
    const bench_motion_facts *facts = bench_motion_of(motion);
    return (double)(facts->reads + facts->writes) * (double)arrays->elements * sizeof(float);
}

static cl_kernel build_motion(const bench_device *device, bench_motion motion, bench_mapping mapping, bool streaming) {
    const bench_motion_facts *facts = bench_motion_of(motion);
    char options[160];
    snprintf(options, sizeof options,
             "-cl-std=CL1.2 -DVECTOR=%u -DGROUP=%u -DPER_ITEM=%uu -DREADS=%u -DWRITES=%d -DSTREAMING=%d",
             mapping.vector, mapping.group, mapping.vectors_per_item, facts->reads, facts->writes, streaming);
    return bench_kernel(device, motion_source, options, "motion", true);
}

bool bench_make_motion(const bench_device *device, const bench_arrays *arrays, bench_motion motion,
                       bench_mapping mapping, bool streaming, bench_kernel_call *call) {
    const size_t count = arrays->elements / mapping.vector;
    const size_t group_vectors = (size_t)mapping.group * mapping.vectors_per_item;
    const size_t groups = (count + group_vectors - 1) / group_vectors;
    const cl_mem scratch = arrays->gradient;
    const cl_mem buffers[] = {arrays->logits ? arrays->logits : scratch, arrays->targets ? arrays->targets : scratch,
                              scratch};
    const cl_uint count_argument = (cl_uint)count;
    *call = (bench_kernel_call){.global = groups * mapping.group, .local = mapping.group};
    if (mapping.group > focl_handle_device(device->handle)->work_group_size)
        return true;
    call->kernel = build_motion(device, motion, mapping, streaming);
    if (!call->kernel)
        return true;
    return bench_set_buffers(call->kernel, COUNT_OF(buffers), buffers) &&
           clSetKernelArg(call->kernel, COUNT_OF(buffers), sizeof count_argument, &count_argument) == CL_SUCCESS;
}

/* The least time of a few runs after a first one; negative after a failure. */
static double best_seconds(const bench_device *device, const bench_kernel_call *call) {
    double best = -1.0;
    for (int run = 0; run <= CALIBRATION_RUNS; run++) {
        const double start = bench_now();
        if (!bench_run_on_device(device, bench_enqueue_kernel, call))
            return -1.0;
        const double seconds = bench_now() - start;
        if (run == 1 || (run > 1 && seconds < best))
            best = seconds;
    }
    return best;
}

static bool find_mapping(const bench_device *device, const bench_arrays *arrays, bench_motion motion, size_t tries,
                         bench_mapping *found) {
    double best = -1.0;
    for (size_t i = 0; i < tries; i++) {
        bench_kernel_call call;
        const bool made = bench_make_motion(device, arrays, motion, mappings[i], false, &call);
        const double seconds = made && call.kernel ? best_seconds(device, &call) : -1.0;
        bench_kernel_free(call.kernel);
        if (seconds < 0.0 || (best >= 0.0 && seconds >= best))
            continue;
        best = seconds;
        *found = mappings[i];
    }
    if (best >= 0.0)
        return true;
    fprintf(stderr, "focl-bench: the device takes none of the mappings of %s\n", bench_motion_of(motion)->name);
    return false;
}

bool bench_find_mappings(const bench_device *device, const bench_arrays *arrays, bool few, bench_mappings *found) {
    const size_t tries = few ? FEW_MAPPINGS : COUNT_OF(mappings);
    for (size_t i = 0; i < BENCH_MOTIONS; i++)
        if (!find_mapping(device, arrays, (bench_motion)i, tries, &found->of[i]))
            return false;
    return true;
}

bool bench_make_naive(const bench_device *device, const bench_arrays *arrays, cl_mem loss, bench_kernel_call *call) {
    const cl_mem buffers[] = {arrays->logits, arrays->targets, arrays->gradient, loss};
    const cl_float scale = 1.0F / (float)arrays->elements;
    *call = (bench_kernel_call){.global = arrays->elements};
    call->kernel = bench_kernel(device, plain_source, "-cl-std=CL1.2", "naive", false);
    return call->kernel && bench_set_buffers(call->kernel, COUNT_OF(buffers), buffers) &&
           clSetKernelArg(call->kernel, COUNT_OF(buffers), sizeof scale, &scale) == CL_SUCCESS;
}

static bool set_word(cl_kernel kernel, cl_uint index, cl_uint word) {
    return clSetKernelArg(kernel, index, sizeof word, &word) == CL_SUCCESS;
}

bool bench_make_naive_softmax(const bench_device *device, const bench_arrays *arrays, focl_view shape, int gamma,
                              cl_mem loss, bench_kernel_call *call) {
    const cl_mem buffers[] = {arrays->logits, arrays->targets, arrays->gradient, loss};
    const size_t rows = shape.outer * shape.inner;
    const cl_float scale = 1.0F / (float)rows;
    char options[64];
    snprintf(options, sizeof options, "-cl-std=CL1.2 -DGAMMA=%d", gamma);
    *call = (bench_kernel_call){.global = rows};
    call->kernel = bench_kernel(device, softmax_source, options, "naive_softmax", false);
    return call->kernel && bench_set_buffers(call->kernel, COUNT_OF(buffers), buffers) &&
           set_word(call->kernel, 4, (cl_uint)shape.classes) && set_word(call->kernel, 5, (cl_uint)shape.inner) &&
           clSetKernelArg(call->kernel, 6, sizeof scale, &scale) == CL_SUCCESS;
}

bool bench_make_empty(const bench_device *device, bench_kernel_call *call) {
    *call = (bench_kernel_call){.global = 1, .local = 1};
    call->kernel = bench_kernel(device, plain_source, "-cl-std=CL1.2", "empty", false);
    return call->kernel != NULL;
}
