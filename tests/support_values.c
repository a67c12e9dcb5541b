/* Numbers of every element type: read, written, and what storing them may change. Written apart from the library's. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "support_problem.h"

/* The two types of 16 bits: a sign, an exponent and a fraction. */
typedef struct half_format {
    int fraction_bits;
    int least_exponent; /* of a normal number */
    int exponent_mask;  /* the largest exponent is of infinity and NaN */
} half_format;

static const half_format f16 = {10, -14, 0x1f};
static const half_format bf16 = {7, -126, 0xff};

static double half_value(half_format format, uint16_t bits) {
    const int scale = format.least_exponent - format.fraction_bits;
    const int exponent = bits >> format.fraction_bits & format.exponent_mask;
    const int fraction = bits & ((1 << format.fraction_bits) - 1);
    const double sign = bits & 0x8000 ? -1 : 1;
    if (exponent == format.exponent_mask)
        return fraction ? (double)NAN : sign * (double)INFINITY;
    return exponent == 0 ? sign * ldexp(fraction, scale)
                         : sign * ldexp(fraction + (1 << format.fraction_bits), scale + exponent - 1);
}

/* The exponent of a number's leading bit, at least that of the smallest normal number. */
static int leading_exponent(double value, int least) {
    int exponent;
    (void)frexp(value, &exponent);
    return fabs(value) > 0 && exponent - 1 > least ? exponent - 1 : least;
}

static uint16_t half_bits(half_format format, double value) {
    const int infinity = format.exponent_mask << format.fraction_bits;
    const int sign = signbit(value) ? 0x8000 : 0;
    if (isnan(value))
        return (uint16_t)(infinity | 1);
    if (isinf(value))
        return (uint16_t)(sign | infinity);
    const int exponent = leading_exponent(value, format.least_exponent);
    const double units = nearbyint(ldexp(fabs(value), format.fraction_bits - exponent));
    const long bits = ((long)(exponent - format.least_exponent) << format.fraction_bits) + (long)units;
    return (uint16_t)(sign | (bits < infinity ? (int)bits : infinity));
}

double loss_value_at(focl_type type, const void *values, size_t place) {
    switch (type) {
    case FOCL_F32:
        return (double)((const float *)values)[place];
    case FOCL_F64:
        return ((const double *)values)[place];
    case FOCL_F16:
        return half_value(f16, ((const uint16_t *)values)[place]);
    case FOCL_BF16:
        return half_value(bf16, ((const uint16_t *)values)[place]);
    case FOCL_U8:
        return ((const uint8_t *)values)[place];
    case FOCL_I16:
        return ((const int16_t *)values)[place];
    case FOCL_I32:
        return ((const int32_t *)values)[place];
    case FOCL_I64:
        return (double)((const int64_t *)values)[place];
    }
    return 0;
}

void loss_put_value(focl_type type, void *values, size_t place, double value) {
    switch (type) {
    case FOCL_F32:
        ((float *)values)[place] = (float)value;
        break;
    case FOCL_F64:
        ((double *)values)[place] = value;
        break;
    case FOCL_F16:
        ((uint16_t *)values)[place] = half_bits(f16, value);
        break;
    case FOCL_BF16:
        ((uint16_t *)values)[place] = half_bits(bf16, value);
        break;
    case FOCL_U8:
        ((uint8_t *)values)[place] = (uint8_t)(int64_t)value;
        break;
    case FOCL_I16:
        ((int16_t *)values)[place] = (int16_t)(int64_t)value;
        break;
    case FOCL_I32:
        ((int32_t *)values)[place] = (int32_t)(int64_t)value;
        break;
    case FOCL_I64:
        ((int64_t *)values)[place] = (int64_t)value;
        break;
    }
}

double loss_storage_error(focl_type type, double value) {
    if (type != FOCL_F16 && type != FOCL_BF16)
        return 0;
    const half_format format = type == FOCL_F16 ? f16 : bf16;
    return ldexp(0.5, leading_exponent(value, format.least_exponent) - format.fraction_bits);
}
