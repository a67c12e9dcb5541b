/* Elements of the float types: every f16 and bf16 there is. */
#include "element.h"

#include <math.h>

#include "support.h"

/* What a number of 16 bits says, worked out by its definition. */
static double decoded(uint16_t bits, int fraction_bits, int bias) {
    const int fraction = bits & ((1 << fraction_bits) - 1);
    const int exponents = 1 << (15 - fraction_bits);
    const int exponent = bits >> fraction_bits & (exponents - 1);
    const double sign = bits >> 15 ? -1 : 1;
    const double one = pow(2, fraction_bits);
    if (exponent == exponents - 1)
        return fraction ? (double)NAN : sign * (double)INFINITY;
    return exponent == 0 ? sign * fraction / one * pow(2, 1 - bias)
                         : sign * (1 + fraction / one) * pow(2, exponent - bias);
}

static void assert_same(double found, double expected, unsigned bits) {
    const bool same = (isnan(found) && isnan(expected)) || (found == expected && !signbit(found) == !signbit(expected));
    if (!same)
        ck_abort_msg("%#06x is %a, not %a", bits, expected, found);
}

START_TEST(every_number_of_16_bits) {
    for (unsigned bits = 0; bits <= UINT16_MAX; bits++) {
        const uint16_t array[] = {0, (uint16_t)bits};
        const double f16 = decoded(array[1], 10, 15);
        const double bf16 = decoded(array[1], 7, 127);
        assert_same(focl__element_at(FOCL_F16, array, 1), f16, bits);
        assert_same((double)focl__element_f32(FOCL_F16, array, 1), f16, bits);
        assert_same(focl__element_at(FOCL_BF16, array, 1), bf16, bits);
        assert_same((double)focl__element_f32(FOCL_BF16, array, 1), bf16, bits);
    }
}
END_TEST

START_TEST(wider_numbers) {
    const float floats[] = {0, 0x1.fffffep-3F, -0x1p-149F};
    const double doubles[] = {0, 0.1, 0x1.0000010000001p0};
    ck_assert_double_eq(focl__element_at(FOCL_F32, floats, 1), 0x1.fffffep-3);
    ck_assert_double_eq(focl__element_at(FOCL_F32, floats, 2), -0x1p-149);
    ck_assert_float_eq(focl__element_f32(FOCL_F32, floats, 1), 0x1.fffffep-3F);
    ck_assert_double_eq(focl__element_at(FOCL_F64, doubles, 1), 0.1);
    ck_assert_float_eq(focl__element_f32(FOCL_F64, doubles, 1), 0.1F);
    ck_assert_float_eq(focl__element_f32(FOCL_F64, doubles, 2), 0x1.000002p0F);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("element");
    TCase *tcase = tcase_create("element");
    tcase_add_test(tcase, every_number_of_16_bits);
    tcase_add_test(tcase, wider_numbers);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
