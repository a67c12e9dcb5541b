/* How labels are laid over a device: bounds that hold for sizes that no test could count. */
#include "../cl/class_slots.clh"
#include "class_counts_plan.h"
#include "support.h"

/* An item's in all its loops: over its labels, of which each may be looked at twice, and of the fold. */
static void assert_turns(focl__counts_device device, const focl__counts_plan *plan, uint64_t labels) {
    if (labels > focl__counts_labels_most(device))
        return;
    ck_assert(2 * plan->strip_labels / device.group < device.loop_turns);
    ck_assert((plan->tables * FOCL_FOLD_SLOTS + plan->strips) / device.group < device.loop_turns);
}

/* However many labels, no table takes 2^32 of them, every label has a strip, and memory is bounded. */
static void assert_plan(focl__counts_device device, uint64_t labels, size_t classes) {
    const focl__counts_plan plan = focl__counts_plan_make(device, labels, classes);
    const uint64_t table_strips = (plan.strips + plan.tables - 1) / plan.tables;
    const uint64_t table_bytes = (uint64_t)plan.slots * 4;
    const uint64_t least_tables = labels / ((uint64_t)1 << 31) + 1;
    ck_assert_uint_eq(plan.slots, classes + FOCL_SLOT_CLASSES);
    ck_assert_uint_ge(plan.strips, 1);
    ck_assert_uint_le(plan.tables, plan.strips);
    ck_assert_uint_eq(plan.strip_labels % FOCL_STRIP_BLOCK, 0);
    ck_assert(plan.strip_labels <= UINT32_MAX / table_strips);
    ck_assert(plan.strips >= labels / plan.strip_labels);
    ck_assert(plan.strips * plan.strip_labels >= labels + FOCL_CHUNK_BYTES - 1);
    ck_assert(plan.tables * table_bytes <= ((uint64_t)64 << 20) || plan.tables <= 2 * least_tables);
    ck_assert_uint_le(plan.local_bytes, device.local_bytes);
    if (device.loop_turns != 0)
        assert_turns(device, &plan, labels);
    if (plan.mapping == FOCL__COUNTS_LOCAL)
        ck_assert_uint_eq(plan.local_bytes, table_bytes << plan.copies_shift);
    if (plan.mapping == FOCL__COUNTS_COMPARED)
        ck_assert(device.group == 1 && classes <= FOCL_COMPARED_MAX);
    if (plan.mapping != FOCL__COUNTS_GLOBAL)
        ck_assert_uint_eq(plan.tables, plan.strips);
}

START_TEST(plans_are_bounded) {
    static const focl__counts_device devices[] = {
        {1, 32768, 1, 8, 0},     {2, 1 << 20, 1, 32, 0},  {128, 32768, 1, 16, 0},
        {132, 49152, 64, 1, 0},  {1, 1024, 8, 4, 0},      {0, 0, 256, 1, 0},
        {2000, 65536, 1, 32, 0}, {2, 32768, 8, 8, 65535}, {2, 32768, 1, 1, 65535}};
    static const uint64_t sizes[] = {0,
                                     1,
                                     8192,
                                     100000,
                                     (uint64_t)1 << 26,
                                     UINT32_MAX,
                                     ((uint64_t)1 << 32) + 1,
                                     ((uint64_t)1 << 40) + 12345,
                                     (uint64_t)1 << 50};
    static const size_t classes[] = {1, 8, 64, 65, 128, 129, 256, 5000, 8000, 70000, 20000000, INT32_MAX};
    for (size_t d = 0; d < COUNT_OF(devices); d++)
        for (size_t s = 0; s < COUNT_OF(sizes); s++)
            for (size_t c = 0; c < COUNT_OF(classes); c++)
                assert_plan(devices[d], sizes[s], classes[c]);
}
END_TEST

START_TEST(plans_choose_by_classes) {
    const focl__counts_device cpu = {2, 1 << 20, 1, 16, 0}, wide_cpu = {2, 1 << 20, 1, 32, 0},
                              gpu = {100, 49152, 64, 1, 0};
    ck_assert_int_eq(focl__counts_plan_make(cpu, 1 << 26, 64).mapping, FOCL__COUNTS_COMPARED);
    ck_assert_int_eq(focl__counts_plan_make(cpu, 1 << 26, 65).mapping, FOCL__COUNTS_LOCAL);
    ck_assert_int_eq(focl__counts_plan_make(wide_cpu, 1 << 26, 128).mapping, FOCL__COUNTS_COMPARED);
    ck_assert_int_eq(focl__counts_plan_make(wide_cpu, 1 << 26, 129).mapping, FOCL__COUNTS_LOCAL);
    ck_assert_int_eq(focl__counts_plan_make(cpu, 1 << 26, 8).mapping, FOCL__COUNTS_COMPARED);
    ck_assert_int_eq(focl__counts_plan_make(cpu, 1 << 26, 256).mapping, FOCL__COUNTS_LOCAL);
    ck_assert_int_eq(focl__counts_plan_make(cpu, 1 << 26, 1 << 20).mapping, FOCL__COUNTS_GLOBAL);
    ck_assert_int_eq(focl__counts_plan_make(gpu, 1 << 26, 8).mapping, FOCL__COUNTS_LOCAL);
    ck_assert_uint_eq(focl__counts_plan_make(gpu, 1 << 26, 8).copies_shift, 5);
    ck_assert_int_eq(focl__counts_plan_make(gpu, 1 << 26, 100000).mapping, FOCL__COUNTS_GLOBAL);
    ck_assert_uint_gt(focl__counts_plan_make(gpu, 1 << 26, 100000).strips,
                      focl__counts_plan_make(gpu, 1 << 26, 100000).tables);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("class_counts_plan");
    TCase *tcase = tcase_create("class_counts_plan");
    tcase_add_test(tcase, plans_are_bounded);
    tcase_add_test(tcase, plans_choose_by_classes);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
