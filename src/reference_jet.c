/* Calculating with functions and their derivatives, and adding without loss. */
#include "reference_private.h"

double focl__product(double a, double b) {
    return (a == 0 && isinf(b)) || (b == 0 && isinf(a)) ? 0 : a * b;
}

focl__jet focl__jet_sum(focl__jet a, focl__jet b) {
    return (focl__jet){a.value + b.value, a.slope + b.slope, a.bend + b.bend};
}

focl__jet focl__jet_scale(double factor, focl__jet a) {
    return (focl__jet){
        .value = focl__product(factor, a.value),
        .slope = focl__product(factor, a.slope),
        .bend = focl__product(factor, a.bend),
    };
}

/*
 * Where the cost and its slope are both infinite, at a probability of 0 or 1, the slope decides: 1/p grows faster than
 * log p. Where the power is 0 it wins: the limit for gamma > 1, and for any gamma > 0 without smoothing.
 */
focl__jet focl__jet_product(focl__jet power, focl__jet cost) {
    const bool slope_decides = isinf(cost.value) && isinf(cost.slope);
    return (focl__jet){
        .value = focl__product(power.value, cost.value),
        .slope = (slope_decides ? 0 : focl__product(power.slope, cost.value)) + focl__product(power.value, cost.slope),
        .bend = focl__product(power.bend, cost.value) + 2 * focl__product(power.slope, cost.slope) +
                focl__product(power.value, cost.bend),
    };
}

focl__jet focl__jet_of_focus(focl__focus m) {
    const double value = exp(m.log_value);
    return (focl__jet){value, focl__product(value, m.slope), focl__product(value, m.bend)};
}

focl__jet focl__jet_power(double gamma, focl__focus m) {
    if (gamma == 0)
        return (focl__jet){.value = 1};
    const double value = exp(gamma * m.log_value);
    return (focl__jet){
        .value = value,
        .slope = focl__product(gamma * value, m.slope),
        .bend = focl__product(gamma * value, (gamma - 1) * m.slope * m.slope + m.bend),
    };
}

focl__jet focl__jet_focal(double gamma, focl__focus m, focl__jet cost, double poly1) {
    const focl__jet polynomial = focl__jet_scale(poly1, focl__jet_of_focus(m));
    return focl__jet_product(focl__jet_power(gamma, m), focl__jet_sum(cost, polynomial));
}

void focl__sum_add(focl__sum *sum, double value) {
    const double total = sum->total + value;
    const bool value_smaller = fabs(sum->total) >= fabs(value);
    sum->lost += value_smaller ? (sum->total - total) + value : (value - total) + sum->total;
    sum->total = total;
}

double focl__sum_value(const focl__sum *sum) {
    return isfinite(sum->total) ? sum->total + sum->lost : sum->total;
}
