/* Probing: the same operations on the device and on the host. */
#include "focl/probe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cl/probe.clh"
#include "error.h"
#include "handle_private.h"
#include "launch.h"
#include "mirror_calls.h"

enum { OPERANDS = 3 * FOCL_PROBE_COUNT * FOCL_PROBE_TRIPLES, RESULTS = FOCL_PROBE_COUNT * FOCL_PROBE_TRIPLES };

/* A type that is probed, in host memory. */
typedef struct probe {
    focl_type type;
    size_t bytes;   /* of a number */
    void *operands; /* in the order of cl/probe.clh */
    void *expected;
    void *found;
} probe;

/* ---- Operands ---- */

static void put(const probe *of, size_t which, size_t place, size_t triple, double value) {
    const size_t i = (3 * place + which) * FOCL_PROBE_TRIPLES + triple;
    if (of->type == FOCL_F64)
        ((double *)of->operands)[i] = value;
    else
        ((float *)of->operands)[i] = (float)value;
}

/* Marsaglia's xorshift64: any numbers will do, as long as they have all their digits. */
static double next_fraction(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return 1 + (double)(*state >> 12) * 0x1p-52;
}

/* Where the least normal number is 2^least: a, and b so that their product is subnormal with tiny. */
static void put_triple(const probe *of, size_t place, size_t triple, uint64_t *state) {
    const int least = of->type == FOCL_F64 ? -1022 : -126;
    const int exponent = place == FOCL_PROBE_tiny ? least - 5 : (int)(triple % 41) - 20;
    const double a = next_fraction(state);
    const double b = ldexp(next_fraction(state), exponent / 2);
    const double scaled = ldexp(a, exponent - exponent / 2);
    put(of, 0, place, triple, scaled);
    put(of, 1, place, triple, triple % 2 ? b : -b);
    /* Of a product and what is nearly its opposite, only the digits are left that rounding twice has lost. */
    put(of, 2, place, triple, triple % 2 ? -scaled * b : scaled * b * 0.5);
}

static void fill_operands(const probe *of) {
    uint64_t state = 0x9E3779B97F4A7C15u;
    for (size_t place = 0; place < FOCL_PROBE_COUNT; place++)
        for (size_t triple = 0; triple < FOCL_PROBE_TRIPLES; triple++)
            put_triple(of, place, triple, &state);
}

static focl_status probe_open(probe *of, focl_type type) {
    *of = (probe){.type = type, .bytes = focl_type_size(type)};
    of->operands = malloc(OPERANDS * of->bytes);
    of->expected = malloc(RESULTS * of->bytes);
    of->found = malloc(RESULTS * of->bytes);
    if (!of->operands || !of->expected || !of->found)
        return focl__fail(FOCL_ENOMEM, "report", "needs %zu bytes of memory", (OPERANDS + 2 * RESULTS) * of->bytes);
    fill_operands(of);
    if (type == FOCL_F64)
        focl__mirror_probe_f64(of->operands, of->expected);
    else
        focl__mirror_probe_f32(of->operands, of->expected);
    return FOCL_OK;
}

static void probe_close(const probe *of) {
    free(of->operands);
    free(of->expected);
    free(of->found);
}

/* ---- On the device ---- */

static focl_status make_buffer(const focl_handle *handle, cl_mem_flags flags, size_t bytes, void *data,
                               cl_mem *memory) {
    cl_int code = CL_SUCCESS;
    *memory = clCreateBuffer(handle->context, flags, bytes, data, &code);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clCreateBuffer");
}

static focl_status enqueue(focl_handle *handle, focl__chain *chain, const probe *of, const cl_mem memory[2]) {
    focl__arguments arguments = {0};
    focl__argument_add(&arguments, sizeof(cl_mem), &memory[0]);
    focl__argument_add(&arguments, sizeof(cl_mem), &memory[1]);
    focl__launch_description launch = {
        .kernel = "probe_operations",
        .key = {.source = "probe"},
        .spread = FOCL__SPREAD_VECTORS,
        .rows = FOCL_PROBE_TRIPLES,
        .is_f64 = of->type == FOCL_F64,
        .arguments = &arguments,
    };
    if (launch.is_f64)
        focl__program_define(&launch.key, "FOCL_FP64", 1);
    return focl__launch(handle, chain, &launch);
}

static focl_status read_back(const focl__chain *chain, const probe *of, cl_mem memory) {
    const cl_int code =
        clEnqueueReadBuffer(chain->queue, memory, CL_TRUE, 0, RESULTS * of->bytes, of->found, 1, &chain->last, NULL);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clEnqueueReadBuffer");
}

static focl_status run(focl_handle *handle, const probe *of) {
    cl_mem memory[2] = {NULL, NULL};
    focl__chain chain = {.queue = handle->queue};
    focl_status status =
        make_buffer(handle, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, OPERANDS * of->bytes, of->operands, &memory[0]);
    if (!status)
        status = make_buffer(handle, CL_MEM_WRITE_ONLY, RESULTS * of->bytes, NULL, &memory[1]);
    if (!status)
        status = enqueue(handle, &chain, of, memory);
    if (!status)
        status = read_back(&chain, of, memory[1]);
    focl__chain_end(&chain, NULL);
    for (size_t i = 0; i < 2; i++)
        if (memory[i])
            clReleaseMemObject(memory[i]);
    return status;
}

/* ---- The verdict ---- */

static size_t differences(const probe *of, size_t place) {
    size_t count = 0;
    for (size_t i = place * FOCL_PROBE_TRIPLES; i < (place + 1) * FOCL_PROBE_TRIPLES; i++)
        count +=
            memcmp((const char *)of->expected + i * of->bytes, (const char *)of->found + i * of->bytes, of->bytes) != 0;
    return count;
}

/* The places in the order in which they explain each other. */
static const struct {
    size_t place;
    const char *what; /* is not as it must be, if results differ */
} verdicts[] = {
    {FOCL_PROBE_sum, "sums are not rounded to nearest"},
    {FOCL_PROBE_product, "products are not rounded to nearest"},
    {FOCL_PROBE_quotient, "quotients are not correctly rounded"},
    {FOCL_PROBE_contraction, "products and sums are contracted into one operation"},
};

static void judge(const probe *of, focl_probe_report *report) {
    report->rounds = report->rounds && !differences(of, FOCL_PROBE_sum) && !differences(of, FOCL_PROBE_product);
    report->divides = report->divides && !differences(of, FOCL_PROBE_quotient);
    report->contracts = report->contracts || differences(of, FOCL_PROBE_contraction);
    report->flushes = report->flushes || differences(of, FOCL_PROBE_tiny);
    for (size_t i = 0; report->bit_exact && i < sizeof verdicts / sizeof *verdicts; i++) {
        const size_t count = differences(of, verdicts[i].place);
        if (count == 0)
            continue;
        report->bit_exact = false;
        (void)snprintf(report->reason, sizeof report->reason, "%s: %zu of %d in %s", verdicts[i].what, count,
                       FOCL_PROBE_TRIPLES, focl_type_name(of->type));
    }
}

static focl_status probe_type(focl_handle *handle, focl_type type, focl_probe_report *report) {
    probe of;
    focl_status status = probe_open(&of, type);
    if (!status)
        status = run(handle, &of);
    if (!status)
        judge(&of, report);
    probe_close(&of);
    return status;
}

focl_status focl_probe(focl_handle *handle, focl_probe_report *report) {
    if (!handle || !report)
        return focl__fail(FOCL_EINVAL, !handle ? "handle" : "report", "is NULL");
    if (!handle->queue)
        return focl__fail(FOCL_EINVAL, "handle", "has no queue of its own: it was made from the caller's context");
    focl_probe_report found = {.rounds = true, .divides = true, .bit_exact = true};
    focl_status status = probe_type(handle, FOCL_F32, &found);
    if (!status && handle->device.fp64)
        status = probe_type(handle, FOCL_F64, &found);
    if (status)
        return status;
    if (found.bit_exact)
        (void)snprintf(found.reason, sizeof found.reason, "%d sums, products and quotients in f32%s are the host's",
                       FOCL_PROBE_TRIPLES, handle->device.fp64 ? " and in f64" : "");
    if (handle->math == FOCL_MATH_NATIVE) {
        found.bit_exact = false;
        (void)snprintf(found.reason, sizeof found.reason, "native math takes the device's own functions");
    }
    *report = found;
    return FOCL_OK;
}
