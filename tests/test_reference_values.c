/* The reference's losses, gradients and curvatures against values of 120 digits, for both families. */
#include <math.h>

#include "data/reference_family_values.h"
#include "support_reference.h"

START_TEST(elements_have_the_digits) {
    const struct reference_element_value *value = &reference_element_values[_i];
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, value->objective, (focl_view){1, 1, 1});
    description.gamma = value->gamma;
    description.gamma_negative = value->gamma_negative;
    description.margin = value->margin;
    description.poly1 = value->poly1;
    description.alpha = value->alpha;
    const float logit = (float)value->logit;
    const float target = (float)value->target;
    double loss;
    double gradient;
    double curvature;
    reference_of(&description, &(focl_loss_host_inputs){.logits = &logit, .targets = &target},
                 &(focl_reference_outputs){.loss = &loss, .gradient = &gradient, .hessian = &curvature});
    assert_near(loss, value->loss, 1e-13, "loss");
    assert_near(gradient, value->gradient, 1e-12, "gradient");
    assert_near(curvature, value->curvature, 1e-12, "curvature");
}
END_TEST

static focl_loss_description row_description(const struct reference_row_value *value) {
    focl_loss_description description =
        focl_loss_default(value->activation, value->objective, (focl_view){1, value->classes, 1});
    description.gamma = value->gamma;
    description.poly1 = value->poly1;
    description.alpha = value->alpha;
    description.label_smoothing = value->label_smoothing;
    return description;
}

START_TEST(rows_have_the_digits) {
    const struct reference_row_value *value = &reference_row_values[_i];
    const focl_loss_description description = row_description(value);
    const bool curved = value->activation == FOCL_SOFTMAX;
    double loss;
    double gradient[REFERENCE_ROW_CLASSES];
    double curvature[REFERENCE_ROW_CLASSES] = {0};
    reference_of(&description,
                 &(focl_loss_host_inputs){
                     .logits = value->inputs, .targets = value->targets, .class_weights = value->class_weights},
                 &(focl_reference_outputs){.loss = &loss, .gradient = gradient, .hessian = curved ? curvature : NULL});
    assert_near(loss, value->loss, 1e-13, "loss");
    for (size_t c = 0; c < value->classes; c++) {
        assert_near(gradient[c], value->gradient[c], 2e-12, "gradient");
        assert_near(curvature[c], value->curvature[c], 2e-12, "curvature");
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reference values");
    TCase *tcase = tcase_create("reference values");
    tcase_add_loop_test(tcase, elements_have_the_digits, 0, (int)COUNT_OF(reference_element_values));
    tcase_add_loop_test(tcase, rows_have_the_digits, 0, (int)COUNT_OF(reference_row_values));
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
