#include "support.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Running ---- */

bool test_small(void) {
    const char *small = getenv("FOCL_TEST_SMALL");
    return small && *small && strcmp(small, "0") != 0;
}

size_t test_size(size_t usual, size_t small) {
    return test_small() ? small : usual;
}

bool test_has_turn(size_t number, size_t turns) {
    const char *share = getenv("FOCL_TEST_SHARE");
    if (share && strcmp(share, "all") == 0)
        return true;
    return (number + (share ? strtoul(share, NULL, 10) : 0)) % turns == 0;
}

static uint64_t seed(void) {
    const char *given = getenv("FOCL_TEST_SEED");
    return given && *given ? strtoull(given, NULL, 0) : 1708;
}

/* ---- Devices ---- */

enum { MOST_DEVICES = 16 };

static struct {
    bool looked;
    size_t count;
    focl_handle *handles[MOST_DEVICES];
} devices;

static void open_device(size_t index) {
    char selector[32];
    (void)snprintf(selector, sizeof selector, "#%zu", index);
    focl_handle *handle = NULL;
    ck_assert_msg(focl_create(&handle, selector) == FOCL_OK, "%s: %s", selector, focl_last_error()->message);
    devices.handles[devices.count++] = handle;
    const focl_device *device = focl_handle_device(handle);
    printf("device: %s (%s), %s\n", device->name, device->platform, device->bit_exact ? "bit-exact" : "not bit-exact");
}

static bool is_wanted(const focl_device *list, size_t count, size_t index) {
    const char *selector = getenv("FOCL_TEST_DEVICE");
    size_t chosen = count;
    if (!selector || !*selector)
        return list[index].available;
    const focl_status status = focl_device_choose(list, count, selector, &chosen, NULL, 0);
    ck_assert_msg(status == FOCL_OK, "FOCL_TEST_DEVICE: %s", focl_last_error()->message);
    return chosen == index;
}

static void look_for_devices(void) {
    focl_device_list *list = NULL;
    ck_assert_int_eq(focl_device_list_create(&list), FOCL_OK);
    const size_t count = focl_device_list_count(list);
    devices.looked = true;
    for (size_t i = 0; i < count && devices.count < MOST_DEVICES; i++)
        if (is_wanted(focl_device_list_devices(list), count, i))
            open_device(i);
    focl_device_list_free(list);
    (void)fflush(stdout);
}

size_t test_device_count(void) {
    if (!devices.looked)
        look_for_devices();
    ck_assert_msg(devices.count > 0, "there is no OpenCL device to test on");
    return devices.count;
}

focl_handle *test_device(size_t index) {
    ck_assert_uint_lt(index, test_device_count());
    return devices.handles[index];
}

const char *test_device_name(size_t index) {
    return focl_handle_device(test_device(index))->name;
}

static void close_devices(void) {
    for (size_t i = 0; i < devices.count; i++) {
        focl_handle *handle = devices.handles[i];
        printf("programs: %zu in %.1f s on %s\n", focl_handle_program_count(handle), focl_handle_build_seconds(handle),
               focl_handle_device(handle)->name);
        focl_destroy(handle);
    }
    devices.count = 0;
}

void test_add_loop(Suite *suite, const char *name, const TTest *test, size_t count) {
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, test, 0, (int)count);
    suite_add_tcase(suite, tcase);
}

int test_main(Suite *suite) {
    SRunner *runner = srunner_create(suite);
    /* OpenCL does not survive fork. */
    srunner_set_fork_status(runner, CK_NOFORK);
    printf("seed: %" PRIu64 "\n", seed());
    (void)fflush(stdout);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    close_devices();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- Random numbers ---- */

test_random test_random_start(uint64_t stream) {
    test_random random = {seed() + 0x9E3779B97F4A7C15u * stream};
    (void)test_random_next(&random);
    return random;
}

/* A Weyl sequence with a mixing function of two multiplications. */
uint64_t test_random_next(test_random *random) {
    uint64_t z = random->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

size_t test_random_below(test_random *random, size_t bound) {
    return (size_t)(test_random_next(random) % bound);
}

/* In exact steps, so that no compiler and no C library changes the numbers. */
double test_random_uniform(test_random *random, double low, double high) {
    const double unit = (double)(test_random_next(random) >> 11) * 0x1p-53;
    const double distance = (high - low) * unit;
    return low + distance;
}

double test_random_size(test_random *random, double low, double high) {
    int least;
    int most;
    (void)frexp(low, &least);
    (void)frexp(high, &most);
    const size_t exponents = (size_t)most - (size_t)least + 1;
    const int exponent = least + (int)test_random_below(random, exponents);
    const double size = fmin(fmax(ldexp(test_random_uniform(random, 0.5, 1), exponent), low), high);
    return test_random_next(random) & 1 ? size : -size;
}

/* ---- Guarded memory ---- */

static const size_t both_guards = 2 * (size_t)TEST_GUARD_BYTES;

/* The guard in front starts with the number of bytes. */
void *test_guarded(size_t bytes) {
    unsigned char *memory = malloc(bytes + both_guards);
    ck_assert_ptr_nonnull(memory);
    memset(memory, TEST_POISON, bytes + both_guards);
    memcpy(memory, &bytes, sizeof bytes);
    return memory + TEST_GUARD_BYTES;
}

void test_guarded_free(void *memory) {
    if (!memory)
        return;
    unsigned char *start = (unsigned char *)memory - TEST_GUARD_BYTES;
    size_t bytes;
    memcpy(&bytes, start, sizeof bytes);
    ck_assert_msg(test_is_poison(start + sizeof bytes, TEST_GUARD_BYTES - sizeof bytes), "written before an array");
    ck_assert_msg(test_is_poison((unsigned char *)memory + bytes, TEST_GUARD_BYTES), "written behind an array");
    free(start);
}

bool test_is_poison(const void *memory, size_t bytes) {
    const unsigned char *byte = memory;
    for (size_t i = 0; i < bytes; i++)
        if (byte[i] != TEST_POISON)
            return false;
    return true;
}

/* ---- Comparison ---- */

static double ulp_at(double size) {
    int exponent;
    (void)frexp(fmax(size, (double)FLT_MIN), &exponent);
    return ldexp(1, exponent - FLT_MANT_DIG);
}

static bool is_f32_infinity(double reference) {
    return fabs(reference) >= (double)FLT_MAX + ulp_at((double)FLT_MAX) / 2;
}

double test_error_ulps(double reference, double magnitude, float value) {
    if (isnan(reference) || isnan(value))
        return isnan(reference) && isnan(value) ? 0 : HUGE_VAL;
    if (isinf(value) || isinf(reference)) {
        const bool same_sign = (value < 0) == (reference < 0);
        return same_sign && isinf(value) && is_f32_infinity(reference) ? 0 : HUGE_VAL;
    }
    return fabs((double)value - reference) / ulp_at(fmax(fabs(reference), magnitude));
}

bool test_is_close(double reference, double magnitude, float value, double ulps) {
    return test_error_ulps(reference, magnitude, value) <= ulps || test_is_underflow(reference, value, 1);
}

/* The margin is for results that are above the threshold in truth and below it in f32. */
bool test_is_underflow(double reference, float value, double factor) {
    const double threshold = 0x1p-126 * (1 + 0x1p-10) * fmax(factor, 1);
    return fabs(reference) <= threshold && fabs((double)value - reference) <= threshold;
}
