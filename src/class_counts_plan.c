#include "class_counts_plan.h"

#include "../cl/class_slots.clh"

/* A strip's labels for a device of many work-items in a group, and of one; more strips than that do not help. */
enum { GROUPS_OF_UNIT = 16, STRIPS_OF_UNIT = 4, LEAST_STRIP = 4 * FOCL_STRIP_BLOCK };

/* Copies of a table share LOCAL_TARGET bytes, so that several groups fit a compute unit; a single one may take all
   local memory but LOCAL_RESERVE, which the kernel's other variables and some drivers need. */
enum { LOCAL_TARGET = 8 << 10, LOCAL_RESERVE = 4 << 10, LOCAL_MAX = 256 << 10, COPIES_SHIFT_MAX = 5 };

/* Wider ones mean that the kernels compare 64 bytes at once. */
enum { PORTABLE_VECTOR = 16 };

/* All tables in global memory together, unless one alone is larger. */
enum { TABLES_BYTES = 64 << 20 };

/* A strip as long as this, with its lead, leaves every slot below 2^32. */
static const uint64_t longest_counted = UINT64_C(1) << 31;

/* Of all its loops, an item's turns for each label of its own: at most so many, and as many again for the tables. */
enum { TURNS_OF_LABEL = 4 };

/* In the fold: a turn for each of its slots of a table, and as many again for all else. */
enum { TURNS_OF_TABLE = 2 * FOCL_FOLD_SLOTS, TURNS_OF_STRIP = 4 };

static uint64_t rounded_up(uint64_t value, uint64_t unit) {
    return value / unit + (value % unit != 0);
}

static focl__counts_mapping mapping_of(focl__counts_device device, size_t classes, uint64_t table_bytes) {
    const size_t compared_most = device.vector > PORTABLE_VECTOR ? FOCL_COMPARED_MAX : FOCL_COMPARED_MAX_NARROW;
    if (device.group == 1 && classes <= compared_most)
        return FOCL__COUNTS_COMPARED;
    const uint64_t most = device.local_bytes < LOCAL_MAX ? device.local_bytes : LOCAL_MAX;
    return most > LOCAL_RESERVE && table_bytes <= most - LOCAL_RESERVE ? FOCL__COUNTS_LOCAL : FOCL__COUNTS_GLOBAL;
}

static unsigned copies_shift_of(uint64_t table_bytes, uint64_t local_bytes) {
    unsigned shift = 0;
    while (shift < COPIES_SHIFT_MAX && table_bytes << (shift + 1) <= LOCAL_TARGET &&
           table_bytes << (shift + 1) <= local_bytes - LOCAL_RESERVE)
        shift++;
    return shift;
}

/* Enough strips to fill the device, none too short to be worth its table, none too long for it. */
static uint64_t wanted_strips(focl__counts_device device, uint64_t labels) {
    const uint64_t units = device.compute_units ? device.compute_units : 1;
    const uint64_t most = units * (device.group == 1 ? STRIPS_OF_UNIT : GROUPS_OF_UNIT);
    const uint64_t worth = rounded_up(labels, LEAST_STRIP);
    return worth < most ? worth : most;
}

static uint64_t at_least(uint64_t value, uint64_t least) {
    return value < least ? least : value;
}

/* The items of a group share what is to be folded. */
static uint64_t most_folded(focl__counts_device device, uint64_t turns_of_each) {
    return at_least((uint64_t)device.loop_turns * device.group / turns_of_each, 1);
}

/* Those that memory takes, and the fold. */
static uint64_t most_tables(focl__counts_device device, uint64_t table_bytes) {
    const uint64_t most = at_least(TABLES_BYTES / table_bytes, 1);
    const uint64_t folded = most_folded(device, TURNS_OF_TABLE);
    return device.loop_turns == 0 || most < folded ? most : folded;
}

/* A strip must end before its items are left. */
static uint64_t longest_strip(focl__counts_device device) {
    const uint64_t walked = (uint64_t)device.loop_turns * device.group / TURNS_OF_LABEL;
    if (device.loop_turns == 0 || walked >= longest_counted)
        return longest_counted;
    return at_least(walked / FOCL_STRIP_BLOCK, 1) * FOCL_STRIP_BLOCK;
}

uint64_t focl__counts_labels_most(focl__counts_device device) {
    const uint64_t strips = most_folded(device, TURNS_OF_STRIP);
    return device.loop_turns == 0 ? UINT64_MAX : strips * longest_strip(device) - FOCL_CHUNK_BYTES;
}

focl__counts_plan focl__counts_plan_make(focl__counts_device device, uint64_t labels, size_t classes) {
    const size_t slots = classes + FOCL_SLOT_CLASSES;
    const uint64_t table_bytes = (uint64_t)slots * sizeof(uint32_t);
    const uint64_t tables_most = most_tables(device, table_bytes);
    /* The grid of strips begins up to a chunk before the first label. */
    const uint64_t span = labels + FOCL_CHUNK_BYTES;
    const uint64_t least = rounded_up(span, longest_strip(device));
    focl__counts_plan plan = {.mapping = mapping_of(device, classes, table_bytes), .slots = slots};
    if (least > tables_most && longest_strip(device) < longest_counted)
        plan.mapping = FOCL__COUNTS_GLOBAL; /* there strips share tables */
    uint64_t strips = at_least(wanted_strips(device, labels), 1);
    if (plan.mapping != FOCL__COUNTS_GLOBAL && strips > tables_most)
        strips = tables_most;
    strips = at_least(strips, least);
    plan.strip_labels = rounded_up(rounded_up(span, strips), FOCL_STRIP_BLOCK) * FOCL_STRIP_BLOCK;
    plan.strips = (size_t)rounded_up(span, plan.strip_labels);
    plan.tables = plan.strips;
    if (plan.mapping == FOCL__COUNTS_GLOBAL && plan.tables > tables_most)
        plan.tables = (size_t)at_least(tables_most, rounded_up(span, longest_counted));
    if (plan.mapping == FOCL__COUNTS_LOCAL) {
        plan.copies_shift = copies_shift_of(table_bytes, device.local_bytes);
        plan.local_bytes = (size_t)(table_bytes << plan.copies_shift);
    }
    return plan;
}
