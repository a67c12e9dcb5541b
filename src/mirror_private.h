/* What the parts of a mirror share; there are two of it, see mirror_calls.h. Internal. */
#ifndef FOCL_MIRROR_PRIVATE_H
#define FOCL_MIRROR_PRIVATE_H

#include "../cl/half.clh"
#include "../cl/rule.clh"
#include "element.h"
#include "focl/loss.h"
#include "loss_plan.h"
#include "mirror_calls.h"

/* The names of one mirror. */
#ifdef FOCL_FP64
#define FOCL__MIRRORED(name) name##_f64
#else
#define FOCL__MIRRORED(name) name##_f32
#endif
#define focl__mirror_sum        FOCL__MIRRORED(focl__mirror_sum)
#define focl__mirror_normalizer FOCL__MIRRORED(focl__mirror_normalizer)
#define focl__mirror_rule       FOCL__MIRRORED(focl__mirror_rule)

/* The value of one summand; called once for each index, in ascending order. */
typedef focl_scalar focl__mirror_value(void *context, size_t index);

/* The sum of count values in the order of cl/reduce.clh. */
focl_scalar focl__mirror_sum(size_t count, focl__mirror_value *value_of, void *context);

/* The normaliser; value_of gives the summands of FOCL__NORMALIZER_WEIGHTS. */
focl_scalar focl__mirror_normalizer(const focl__loss_plan *plan, const focl_loss_counts *counts, const void *given,
                                    size_t count, focl__mirror_value *value_of, void *context);

/* The rule of a plan, with gradient_scale 0. */
focl_rule focl__mirror_rule(const focl__loss_plan *plan);

/* The entry of an array of factors, and of one of any float type, as what is calculated with; and back. */
#ifdef FOCL_FP64
static inline focl_scalar focl__mirror_factor(const void *array, size_t index) {
    return focl_real_of_f32((double)((const float *)array)[index]);
}

static inline focl_scalar focl__mirror_element(focl_type type, const void *array, size_t index) {
    switch (type) {
    case FOCL_F16:
        return focl_real_of_f16(((const uint16_t *)array)[index]);
    case FOCL_BF16:
        return focl_real_of_bf16(((const uint16_t *)array)[index]);
    case FOCL_F64:
        return ((const double *)array)[index];
    default:
        return focl__mirror_factor(array, index);
    }
}

static inline void focl__mirror_store(focl_type type, void *array, size_t index, focl_scalar value) {
    (void)type;
    ((double *)array)[index] = value;
}
#else
static inline focl_scalar focl__mirror_factor(const void *array, size_t index) {
    return ((const float *)array)[index];
}

static inline focl_scalar focl__mirror_element(focl_type type, const void *array, size_t index) {
    return focl__element_f32(type, array, index);
}

static inline void focl__mirror_store(focl_type type, void *array, size_t index, focl_scalar value) {
    focl__element_store(type, array, index, value);
}
#endif

#endif
