/* What the operations of cl/probe.clh give on the host. */
#include "../cl/math.clh"
#include "../cl/probe.clh"
#include "mirror_private.h"

void FOCL__MIRRORED(focl__mirror_probe)(const void *operands, void *results) {
    const focl_scalar *from = operands;
    focl_scalar *to = results;
#define FOCL__PROBE_ALL(name, expression)                                            \
    for (size_t i = 0; i < FOCL_PROBE_TRIPLES; i++) {                                \
        const size_t first = (size_t)FOCL_PROBE_##name * 3 * FOCL_PROBE_TRIPLES + i; \
        const focl_scalar a = from[first], b = from[first + FOCL_PROBE_TRIPLES],     \
                          c = from[first + (size_t)2 * FOCL_PROBE_TRIPLES];          \
        (void)a, (void)b, (void)c;                                                   \
        to[(size_t)FOCL_PROBE_##name * FOCL_PROBE_TRIPLES + i] = expression;         \
    }
    FOCL_PROBES(FOCL__PROBE_ALL)
#undef FOCL__PROBE_ALL
}
