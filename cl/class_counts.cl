/*
 * How often each class occurs among class labels: a histogram in 64 bits.
 *
 * Algorithm. Labels are cut into strips, one a work-group. A group counts its strip in 32 bits, in a table that has a
 * slot for each class (class_slots.clh), and keeps the position of the first label out of range; strips are so short
 * that no slot overflows. class_counts_fold adds the tables up in 64 bits. Sums of integers have no order, so the
 * result is the same whatever the mapping. OpenCL 1.2 has 32-bit atomics on local and global memory and no 64-bit ones:
 * hence the two steps. A label out of range is counted in a slot of its own, never used as an index.
 *
 * Mappings, chosen by src/class_counts_plan.c:
 *   class_counts_compared  few classes, groups of one item: comparison (class_compared.clh)
 *   class_counts_local     tables in local memory (class_tables.clh)
 *   class_counts_global    tables in global memory (class_tables.clh)
 *
 * Traffic: the labels once; 4 bytes a slot and table, written once and read once, 8 bytes a class.
 *
 * Barriers: reached by all items; no item leaves before the last one.
 */
#include "class_label.clh"
#include "class_tables.clh"
#if FOCL_GROUP == 1
#include "class_compared.clh"
#endif

__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void class_counts_clear(__global uint *words,
                                                                                         ulong count) {
    const ulong start = (ulong)get_group_id(0) * FOCL_CLEAR_WORDS + get_local_id(0);
    for (uint at = 0; at < FOCL_CLEAR_WORDS; at += FOCL_GROUP)
        if (start + at < count)
            words[start + at] = 0;
}

/* Items of a group as columns, of slots, and rows, of tables. */
#define FOCL_FOLD_COLUMNS (FOCL_GROUP < FOCL_FOLD_SLOTS ? FOCL_GROUP : FOCL_FOLD_SLOTS)
#define FOCL_FOLD_ROWS    (FOCL_GROUP / FOCL_FOLD_COLUMNS)

/* The sum of a slot over the tables, for the items of row 0. */
FOCL_FUNCTION ulong focl_fold_slot(__global const uint *tables, uint table_count, ulong slots, ulong slot,
                                   __local ulong *items) {
    const uint item = (uint)get_local_id(0);
    const uint row = item / FOCL_FOLD_COLUMNS;
    ulong sum = 0;
    for (uint table = 0; table < table_count; table += FOCL_FOLD_ROWS)
        if (table + row < table_count && slot < slots)
            sum += tables[(table + row) * slots + slot];
    barrier(CLK_LOCAL_MEM_FENCE);
    items[item] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (row == 0)
        for (uint other = 1; other < FOCL_FOLD_ROWS; ++other)
            sum += items[other * FOCL_FOLD_COLUMNS + item];
    return sum;
}

/* The least position of all strips, for item 0. */
FOCL_FUNCTION ulong focl_fold_firsts(__global const ulong *firsts, uint strips, __local ulong *items) {
    const uint item = (uint)get_local_id(0);
    ulong first = FOCL_NOWHERE;
    for (uint strip = 0; strip < strips; strip += FOCL_GROUP)
        if (strip + item < strips)
            first = min(first, firsts[strip + item]);
    barrier(CLK_LOCAL_MEM_FENCE);
    return focl_join_firsts(first, items);
}

/* add: to what an earlier piece left. */
FOCL_FUNCTION void focl_write_record(__global ulong *record, ulong labels, ulong ignored, ulong out_of_range,
                                     ulong first, int add) {
    record[FOCL_RECORD_LABELS] = labels + (add ? record[FOCL_RECORD_LABELS] : 0);
    record[FOCL_RECORD_COUNTED] = labels - ignored - out_of_range + (add ? record[FOCL_RECORD_COUNTED] : 0);
    record[FOCL_RECORD_IGNORED] = ignored + (add ? record[FOCL_RECORD_IGNORED] : 0);
    record[FOCL_RECORD_OUT_OF_RANGE] = out_of_range + (add ? record[FOCL_RECORD_OUT_OF_RANGE] : 0);
    record[FOCL_RECORD_FIRST] = min(first, add ? record[FOCL_RECORD_FIRST] : FOCL_NOWHERE);
}

/* A group a run of FOCL_FOLD_SLOTS slots; the first group has the slots of the record among them. */
__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void
class_counts_fold(__global const uint *tables, uint table_count, __global const ulong *firsts, uint strips,
                  uint classes, ulong labels, int add, int has_counts, __global ulong *counts_memory,
                  ulong counts_offset, int has_record, __global ulong *record_memory, ulong record_offset) {
    __local ulong items[FOCL_GROUP];
    __local ulong special[FOCL_SLOT_CLASSES];
    const uint item = (uint)get_local_id(0);
    const ulong slots = (ulong)classes + FOCL_SLOT_CLASSES;
    const ulong start = (ulong)get_group_id(0) * FOCL_FOLD_SLOTS + item % FOCL_FOLD_COLUMNS;
    __global ulong *counts = counts_memory + counts_offset;
    for (uint turn = 0; turn < FOCL_FOLD_SLOTS; turn += FOCL_FOLD_COLUMNS) {
        const ulong slot = start + turn;
        const ulong sum = focl_fold_slot(tables, table_count, slots, slot, items);
        if (item < FOCL_FOLD_COLUMNS && slot < FOCL_SLOT_CLASSES)
            special[slot] = sum;
        else if (item < FOCL_FOLD_COLUMNS && slot < slots && has_counts)
            counts[slot - FOCL_SLOT_CLASSES] = sum + (add ? counts[slot - FOCL_SLOT_CLASSES] : 0);
    }
    const bool records = has_record && get_group_id(0) == 0;
    const ulong first = focl_fold_firsts(firsts, records ? strips : 0, items);
    if (records && item == 0)
        focl_write_record(record_memory + record_offset, labels, special[FOCL_SLOT_IGNORED],
                          special[FOCL_SLOT_OUT_OF_RANGE], first, add);
}
