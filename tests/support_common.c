#include "support_common.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* ---- Random numbers ---- */

static struct {
    bool is_set;
    uint64_t value;
} seed;

uint64_t test_seed(void) {
    const char *given = getenv("FOCL_TEST_SEED");
    if (seed.is_set)
        return seed.value;
    return given && *given ? strtoull(given, NULL, 0) : 1708;
}

void test_set_seed(uint64_t value) {
    seed.is_set = true;
    seed.value = value;
}

test_random test_random_start(uint64_t stream) {
    test_random random = {test_seed() + 0x9E3779B97F4A7C15u * stream};
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

/* ---- Memory ---- */

void *test_zeros(size_t count, size_t bytes) {
    void *zeros = calloc(count + 1, bytes);
    test_require(zeros != NULL, "no memory");
    return zeros;
}

static const size_t both_guards = 2 * (size_t)TEST_GUARD_BYTES;

/* The guard in front starts with the number of bytes. */
void *test_guarded(size_t bytes) {
    unsigned char *memory = malloc(bytes + both_guards);
    test_require(memory != NULL, "no memory");
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
    test_require(test_is_poison(start + sizeof bytes, TEST_GUARD_BYTES - sizeof bytes), "written before an array");
    test_require(test_is_poison((unsigned char *)memory + bytes, TEST_GUARD_BYTES), "written behind an array");
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
