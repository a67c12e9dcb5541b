#include "element.h"

#include <stdint.h>

#include "../cl/agreement.clh"
#include "../cl/half.clh"

int focl__storage_code(focl_type type) {
    static const int codes[] = {
        [FOCL_F32] = FOCL_STORAGE_F32,
        [FOCL_F16] = FOCL_STORAGE_F16,
        [FOCL_BF16] = FOCL_STORAGE_BF16,
        [FOCL_F64] = FOCL_STORAGE_F64,
    };
    return codes[type];
}

float focl__element_f32(focl_type type, const void *array, size_t index) {
    switch (type) {
    case FOCL_F16:
        return focl_real_of_f16(((const uint16_t *)array)[index]);
    case FOCL_BF16:
        return focl_real_of_bf16(((const uint16_t *)array)[index]);
    case FOCL_F64:
        return (float)((const double *)array)[index];
    default:
        return ((const float *)array)[index];
    }
}

double focl__element_at(focl_type type, const void *array, size_t index) {
    return type == FOCL_F64 ? ((const double *)array)[index] : (double)focl__element_f32(type, array, index);
}

void focl__element_store(focl_type type, void *array, size_t index, float value) {
    switch (type) {
    case FOCL_F16:
        ((uint16_t *)array)[index] = (uint16_t)focl_f16_of_real(value);
        break;
    case FOCL_BF16:
        ((uint16_t *)array)[index] = (uint16_t)focl_bf16_of_real(value);
        break;
    case FOCL_F64:
        ((double *)array)[index] = (double)value;
        break;
    default:
        ((float *)array)[index] = value;
    }
}
