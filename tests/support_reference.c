#include "support_reference.h"

#include <math.h>

static bool is_near(double found, double expected, double allowed) {
    return (isnan(found) && isnan(expected)) || found == expected || fabs(found - expected) <= allowed;
}

void assert_near(double found, double expected, double relative, const char *what) {
    ck_assert_msg(is_near(found, expected, relative * fabs(expected)), "%s is %.17g, true is %.17g", what, found,
                  expected);
}

void assert_all_near(const double *found, const double *expected, size_t count, double relative, const char *what) {
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, isfinite(expected[i]) ? fabs(expected[i]) : 0);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(is_near(found[i], expected[i], relative * largest), "%s[%zu] is %.17g, true is %.17g", what, i,
                      found[i], expected[i]);
}

void reference_of(const focl_loss_description *description, const focl_loss_host_inputs *inputs,
                  const focl_reference_outputs *outputs) {
    const focl_status status = focl_reference_loss(description, inputs, outputs);
    ck_assert_msg(status == FOCL_OK, "reference: %s", focl_last_error()->message);
}
