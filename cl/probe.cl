/*
 * Whether a device calculates as the host does: sums, products and quotients, each by itself and rounded to nearest.
 *
 * Algorithm. An item takes a vector of triples, with the width and under the options of the other kernels, and writes
 * the result of every operation of probe.clh. The operands come from memory, so that no compiler knows them.
 *
 * Memory traffic: some hundred thousand bytes altogether. No barriers.
 */
#include "probe.clh"
#include "storage.clh"

#ifndef FOCL_GROUP
#define FOCL_GROUP 1
#endif

FOCL_FUNCTION real focl_probe_operand(__global const focl_scalar *operands, uint probe, uint which, uint triple) {
    focl_scalar lanes[FOCL_VECTOR];
    FOCL_ROLLED
    for (uint lane = 0; lane < FOCL_VECTOR; ++lane)
        lanes[lane] = operands[(probe * 3 + which) * FOCL_PROBE_TRIPLES + triple + lane];
    return FOCL_VLOAD(0, lanes);
}

FOCL_FUNCTION void focl_probe_store(real value, __global focl_scalar *results, uint probe, uint triple) {
    focl_scalar lanes[FOCL_VECTOR];
    FOCL_VSTORE(value, 0, lanes);
    FOCL_ROLLED
    for (uint lane = 0; lane < FOCL_VECTOR; ++lane)
        results[probe * FOCL_PROBE_TRIPLES + triple + lane] = lanes[lane];
}

__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void
probe_operations(__global const focl_scalar *operands, __global focl_scalar *results) {
    const uint triple = (uint)get_global_id(0) * FOCL_VECTOR;
    if (triple >= FOCL_PROBE_TRIPLES)
        return;
#define FOCL_PROBE_STORE(name, expression)                                         \
    {                                                                              \
        const real a = focl_probe_operand(operands, FOCL_PROBE_##name, 0, triple); \
        const real b = focl_probe_operand(operands, FOCL_PROBE_##name, 1, triple); \
        const real c = focl_probe_operand(operands, FOCL_PROBE_##name, 2, triple); \
        (void)a, (void)b, (void)c;                                                 \
        focl_probe_store(expression, results, FOCL_PROBE_##name, triple);          \
    }
    FOCL_PROBES(FOCL_PROBE_STORE)
}
