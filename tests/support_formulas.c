#include "support_formulas.h"

/* alpha and margin are f32 numbers, so that their rounding is not in the error. */
const loss_formula loss_formulas[] = {
    {"cross entropy", FOCL_SIGMOID, FOCL_CROSS_ENTROPY, 0, -1, 0, 0, 0, -1, true},
    {"focal, gamma 1", FOCL_SIGMOID, FOCL_FOCAL, 1, -1, 0, 0, 0, 0.25, true},
    {"focal, gamma 2", FOCL_SIGMOID, FOCL_FOCAL, 2, -1, 0, 0, 0, 0.25, true},
    {"focal, gamma 0.5", FOCL_SIGMOID, FOCL_FOCAL, 0.5, -1, 0, 0, 0, 0.75, true},
    {"focal, gamma 0.001", FOCL_SIGMOID, FOCL_FOCAL, 0x1p-10, -1, 0, 0, 0, -1, false},
    {"focal, gamma 5", FOCL_SIGMOID, FOCL_FOCAL, 5, -1, 0, 0, 0, -1, false},
    {"focal, gamma 50", FOCL_SIGMOID, FOCL_FOCAL, 50, -1, 0, 0, 0, 0.25, false},
    {"smoothed cross entropy", FOCL_SIGMOID, FOCL_CROSS_ENTROPY, 0, -1, 0, 0, 0.125, -1, false},
    {"smoothed focal, gamma 2", FOCL_SIGMOID, FOCL_FOCAL, 2, -1, 0, 0, 0.125, 0.25, false},
    {"smoothed focal, gamma 1.5", FOCL_SIGMOID, FOCL_FOCAL, 1.5, -1, 0, 0, 0.25, 0.25, true},
    {"poly-1 cross entropy", FOCL_SIGMOID, FOCL_CROSS_ENTROPY, 0, -1, 0, 1, 0, -1, false},
    {"poly-1 cross entropy, hardly", FOCL_SIGMOID, FOCL_CROSS_ENTROPY, 0, -1, 0, 0x1p-8, 0, -1, false},
    {"poly-1, gamma 1", FOCL_SIGMOID, FOCL_FOCAL, 1, -1, 0, -0.5, 0, 0.25, false},
    {"poly-1, gamma 2", FOCL_SIGMOID, FOCL_FOCAL, 2, -1, 0, 2, 0, 0.25, true},
    {"poly-1, gamma 3", FOCL_SIGMOID, FOCL_FOCAL, 3, -1, 0, -1, 0, -1, false},
    {"poly-1, smoothed, gamma 2", FOCL_SIGMOID, FOCL_FOCAL, 2, -1, 0, 0.5, 0.125, 0.25, false},
    {"asymmetric, 0 and 4", FOCL_SIGMOID, FOCL_FOCAL, 0, 4, 0, 0, 0, -1, true},
    {"asymmetric, 2 and 0", FOCL_SIGMOID, FOCL_FOCAL, 2, 0, 0, 0, 0, 0.25, false},
    {"asymmetric, 0.001 and 0.002", FOCL_SIGMOID, FOCL_FOCAL, 0x1p-10, 0x1p-9, 0, 0, 0, -1, false},
    {"asymmetric, 1 and 2.5", FOCL_SIGMOID, FOCL_FOCAL, 1, 2.5, 0, 0, 0.125, 0.75, false},
    {"margin, 0 and 4", FOCL_SIGMOID, FOCL_FOCAL, 0, 4, 0.0625, 0, 0, -1, true},
    {"margin, 1 and 0", FOCL_SIGMOID, FOCL_FOCAL, 1, 0, 0.25, 0, 0, 0.25, false},
    {"margin, 2 and 2", FOCL_SIGMOID, FOCL_FOCAL, 2, -1, 0.75, 0, 0, -1, false},
    {"margin and poly-1", FOCL_SIGMOID, FOCL_FOCAL, 1, 3, 0.0625, 0.5, 0, -1, false},
    {"quality, gamma 0", FOCL_SIGMOID, FOCL_QUALITY_FOCAL, 0, -1, 0, 0, 0, -1, false},
    {"quality, gamma 1", FOCL_SIGMOID, FOCL_QUALITY_FOCAL, 1, -1, 0, 0, 0, -1, false},
    {"quality, gamma 2", FOCL_SIGMOID, FOCL_QUALITY_FOCAL, 2, -1, 0, 0, 0, -1, false},
    {"quality, gamma 2.5", FOCL_SIGMOID, FOCL_QUALITY_FOCAL, 2.5, -1, 0, 0, 0, -1, true},
    {"varifocal, gamma 0", FOCL_SIGMOID, FOCL_VARIFOCAL, 0, -1, 0, 0, 0, 0.75, false},
    {"varifocal, gamma 1", FOCL_SIGMOID, FOCL_VARIFOCAL, 1, -1, 0, 0, 0, -1, false},
    {"varifocal, gamma 2", FOCL_SIGMOID, FOCL_VARIFOCAL, 2, -1, 0, 0, 0, 0.75, false},
    {"varifocal, gamma 1.5", FOCL_SIGMOID, FOCL_VARIFOCAL, 1.5, -1, 0, 0, 0, 0.5, true},
    {"squared error", FOCL_SIGMOID, FOCL_MSE, 0, -1, 0, 0, 0, -1, true},
    {"squared error of values", FOCL_IDENTITY, FOCL_MSE, 0, -1, 0, 0, 0, -1, true},
};

const size_t loss_formula_count = COUNT_OF(loss_formulas);

const loss_formula loss_other_formulas[] = {
    {"cross entropy", FOCL_IDENTITY, FOCL_CROSS_ENTROPY, 0, -1, 0, 0, 0, -1, false},
    {"focal, gamma 2", FOCL_IDENTITY, FOCL_FOCAL, 2, -1, 0, 0, 0, 0.25, true},
    {"focal, gamma 0.5", FOCL_IDENTITY, FOCL_FOCAL, 0.5, -1, 0, 0, 0, -1, false},
    {"cross entropy", FOCL_SOFTMAX, FOCL_CROSS_ENTROPY, 0, -1, 0, 0, 0, -1, true},
    {"focal, gamma 1", FOCL_SOFTMAX, FOCL_FOCAL, 1, -1, 0, 0, 0, -1, false},
    {"focal, gamma 2", FOCL_SOFTMAX, FOCL_FOCAL, 2, -1, 0, 0, 0, 0.25, true},
    {"focal, gamma 0.5", FOCL_SOFTMAX, FOCL_FOCAL, 0.5, -1, 0, 0, 0, -1, true},
    {"focal, gamma 5", FOCL_SOFTMAX, FOCL_FOCAL, 5, -1, 0, 0, 0, 2, false},
    {"smoothed cross entropy", FOCL_SOFTMAX, FOCL_CROSS_ENTROPY, 0, -1, 0, 0, 0.125, -1, false},
    {"smoothed focal, gamma 2", FOCL_SOFTMAX, FOCL_FOCAL, 2, -1, 0, 0, 0.125, -1, true},
    {"poly-1 cross entropy", FOCL_SOFTMAX, FOCL_CROSS_ENTROPY, 0, -1, 0, 1, 0, -1, false},
    {"poly-1, gamma 2", FOCL_SOFTMAX, FOCL_FOCAL, 2, -1, 0, 1.5, 0, -1, true},
    {"squared error", FOCL_SOFTMAX, FOCL_MSE, 0, -1, 0, 0, 0, -1, true},
    {"cross entropy", FOCL_CATEGORICAL, FOCL_CROSS_ENTROPY, 0, -1, 0, 0, 0, -1, true},
    {"focal, gamma 2", FOCL_CATEGORICAL, FOCL_FOCAL, 2, -1, 0, 0, 0, -1, false},
    {"focal, gamma 1.5", FOCL_CATEGORICAL, FOCL_FOCAL, 1.5, -1, 0, 0, 0, 0.5, true},
    {"squared error", FOCL_CATEGORICAL, FOCL_MSE, 0, -1, 0, 0, 0, -1, false},
};

const size_t loss_other_formula_count = COUNT_OF(loss_other_formulas);

focl_loss_description loss_formula_description(const loss_formula *of, focl_view shape, focl_curvature curvature) {
    focl_loss_description description = focl_loss_default(of->activation, of->objective, shape);
    description.gamma = of->gamma;
    description.gamma_negative = of->gamma_negative;
    description.margin = of->margin;
    description.poly1 = of->poly1;
    description.label_smoothing = of->smoothing;
    description.alpha = of->alpha;
    description.reduction = FOCL_REDUCTION_NONE;
    description.curvature = curvature;
    return description;
}
