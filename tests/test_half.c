/*
 * The conversions of cl/half.clh, compiled as C, against the definition of the types in double: every value of 16 bits
 * there and back, and the floats at and beside every value and every middle between two.
 */
#include "../cl/half.clh"
#include "support.h"

#include <stdbool.h>
#include <stdlib.h>

/* A type of 16 bits: how many of them are fraction, and what is added to the exponent. */
typedef struct half_type {
    const char *name;
    int fraction_bits;
    int bias;
    float (*decode)(mask bits);
    mask (*encode)(float x);
} half_type;

static const half_type types[] = {
    {"f16", 10, 15, focl_real_of_f16, focl_f16_of_real},
    {"bf16", 7, 127, focl_real_of_bf16, focl_bf16_of_real},
};

static int largest_exponent(const half_type *type) {
    return 2 * type->bias + 1;
}

static double value_of(const half_type *type, int bits) {
    const int fraction = bits & ((1 << type->fraction_bits) - 1);
    const int exponent = bits >> type->fraction_bits & largest_exponent(type);
    const int implied = exponent > 0 ? 1 << type->fraction_bits : 0;
    double magnitude = ldexp(implied + fraction, (exponent > 0 ? exponent : 1) - type->bias - type->fraction_bits);
    if (exponent == largest_exponent(type))
        magnitude = fraction ? (double)NAN : (double)INFINITY;
    return bits & 0x8000 ? -magnitude : magnitude;
}

/* The nearest value's bits: nearbyint takes the even one of two. */
static int bits_of(const half_type *type, double x) {
    const int sign = signbit(x) ? 0x8000 : 0;
    const int infinity = largest_exponent(type) << type->fraction_bits;
    int power = 1 - type->bias;
    if (isnan(x))
        return infinity | 1 << (type->fraction_bits - 1);
    if (isinf(x))
        return sign | infinity;
    if (x < 0 || x > 0)
        power = ilogb(x) > power ? ilogb(x) : power;
    const int multiple = (int)nearbyint(ldexp(fabs(x), type->fraction_bits - power));
    const int bits = multiple + ((power + type->bias - 1) << type->fraction_bits);
    return sign | (bits > infinity ? infinity : bits);
}

static bool is_subnormal(double x) {
    return fabs(x) < 0x1p-126;
}

/* Subnormal f32 are to be flushed before. */
static void assert_encodes(const half_type *type, float x) {
    if (is_subnormal((double)x))
        x = 0.0F;
    const mask found = type->encode(x);
    const int wanted = bits_of(type, (double)x);
    if (found != wanted)
        ck_abort_msg("%s of %a is 0x%04x, should be 0x%04x", type->name, (double)x, (unsigned)found, (unsigned)wanted);
}

static void assert_decodes(const half_type *type, int bits) {
    const double wanted = value_of(type, bits);
    const float found = type->decode(bits);
    const bool same = isnan(wanted) ? isnan(found) : (double)found == wanted && !signbit(found) == !signbit(wanted);
    const int back = isnan(wanted) ? bits_of(type, (double)NAN) : bits;
    if (!same)
        ck_abort_msg("%s 0x%04x is %a, should be %a", type->name, (unsigned)bits, (double)found, wanted);
    if (type->encode(found) != back)
        ck_abort_msg("%s 0x%04x comes back as 0x%04x", type->name, (unsigned)bits, (unsigned)type->encode(found));
}

/* ck_assert notes each call, which takes longer than the conversion: the loops above call it only to fail. */
START_TEST(every_value_there_and_back) {
    for (int bits = 0; bits < 0x10000; bits++)
        assert_decodes(&types[_i], bits);
}
END_TEST

static void assert_encodes_around(const half_type *type, float x) {
    assert_encodes(type, x);
    assert_encodes(type, nextafterf(x, INFINITY));
    assert_encodes(type, nextafterf(x, -INFINITY));
}

START_TEST(floats_at_and_between_all_values) {
    const half_type *type = &types[_i];
    for (int bits = 0; bits < 0x10000; bits++) {
        const double value = value_of(type, bits);
        /* Beyond the largest number the next would be 2^(bias + 1), the start of what is infinity. */
        const double next =
            isinf(value_of(type, bits + 1)) ? ldexp(bits & 0x8000 ? -1 : 1, type->bias + 1) : value_of(type, bits + 1);
        if (!isfinite(value))
            continue;
        assert_encodes_around(type, (float)value);
        assert_encodes_around(type, (float)(value + (next - value) / 2));
    }
}
END_TEST

/* Steps through all bit patterns of f32, NaN and infinity included. */
START_TEST(floats_of_every_kind) {
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 101) {
        const uint32_t word = (uint32_t)bits;
        float x = 0;
        memcpy(&x, &word, sizeof x);
        assert_encodes(&types[_i], x);
    }
    assert_encodes(&types[_i], INFINITY);
    assert_encodes(&types[_i], -INFINITY);
    assert_encodes(&types[_i], FLT_MAX);
    assert_encodes(&types[_i], -FLT_MAX);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("half");
    TCase *tcase = tcase_create("half");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, every_value_there_and_back, 0, 2);
    tcase_add_loop_test(tcase, floats_at_and_between_all_values, 0, 2);
    tcase_add_loop_test(tcase, floats_of_every_kind, 0, 2);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
