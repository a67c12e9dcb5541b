/* The reference on arrays that are not contiguous f32: strides and the other types of elements. */
#include <math.h>
#include <string.h>

#include "support_reference.h"

enum { OUTER = 2, CLASSES = 3, INNER = 4, ROWS = OUTER * INNER, ELEMENTS = ROWS * CLASSES, SLOTS = 64 };

static const focl_view shape = {OUTER, CLASSES, INNER};

/* N x C x HW seen in N x HW x C, with a gap behind every outer index. */
static const focl_strides strides = {29, 1, CLASSES};

/* Slots of the elements in their contiguous order. */
static size_t slot_of(size_t element) {
    const size_t inner = element % INNER;
    const size_t column = element / INNER % CLASSES;
    return element / INNER / CLASSES * strides.outer + column * strides.classes + inner * strides.inner;
}

static void spread(const float *values, float *slots) {
    for (size_t i = 0; i < SLOTS; i++)
        slots[i] = NAN;
    for (size_t i = 0; i < ELEMENTS; i++)
        slots[slot_of(i)] = values[i];
}

typedef struct outcome {
    double reduced;
    double loss[SLOTS], gradient[SLOTS], hessian[SLOTS], probabilities[SLOTS], pt[SLOTS];
} outcome;

enum { ARRAYS = 5 };

static double *array_of(outcome *of, size_t array) {
    double *const arrays[ARRAYS] = {of->loss, of->gradient, of->hessian, of->probabilities, of->pt};
    return arrays[array];
}

static outcome work_out(const focl_loss_description *description, const focl_loss_host_inputs *inputs) {
    outcome found;
    memset(&found, TEST_POISON, sizeof found);
    reference_of(description, inputs,
                 &(focl_reference_outputs){.reduced = &found.reduced,
                                           .loss = found.loss,
                                           .gradient = found.gradient,
                                           .hessian = found.hessian,
                                           .probabilities = found.probabilities,
                                           .pt = found.pt});
    return found;
}

static void assert_spread(outcome *contiguous, outcome *strided, bool per_row) {
    assert_near(strided->reduced, contiguous->reduced, 1e-15, "reduced");
    for (size_t array = 0; array < ARRAYS; array++) {
        const double *found = array_of(strided, array);
        const double *expected = array_of(contiguous, array);
        const bool of_losses = found == strided->loss || found == strided->pt;
        const bool rows = per_row && of_losses;
        bool written[SLOTS] = {0};
        for (size_t i = 0; i < (rows ? ROWS : ELEMENTS); i++) {
            const size_t slot = rows ? i : slot_of(i);
            ck_assert_double_eq(found[slot], expected[i]);
            written[slot] = true;
        }
        for (size_t slot = 0; slot < SLOTS; slot++)
            ck_assert(written[slot] || test_is_poison(&found[slot], sizeof found[slot]));
    }
}

typedef struct inputs {
    float logits[ELEMENTS], targets[ELEMENTS], weights[ELEMENTS], upstream[ELEMENTS];
} inputs;

static inputs random_inputs(void) {
    test_random random = test_random_start(11);
    inputs made;
    for (size_t i = 0; i < ELEMENTS; i++) {
        made.logits[i] = (float)test_random_uniform(&random, -5, 5);
        made.targets[i] = (float)test_random_uniform(&random, 0, 1);
        made.weights[i] = (float)test_random_uniform(&random, 0.5, 2);
        made.upstream[i] = (float)test_random_uniform(&random, -1, 1);
    }
    return made;
}

START_TEST(strides_place_every_array_of_elements) {
    const focl_activation activation = _i ? FOCL_SOFTMAX : FOCL_SIGMOID;
    const inputs given = random_inputs();
    float logits[SLOTS];
    float targets[SLOTS];
    float weights[SLOTS];
    float upstream[SLOTS];
    spread(given.logits, logits);
    spread(given.targets, targets);
    spread(given.weights, weights);
    spread(given.upstream, upstream);
    const bool rows = activation == FOCL_SOFTMAX;
    focl_loss_description description = focl_loss_default(activation, FOCL_FOCAL, shape);
    description.weights_extent = description.upstream_extent = rows ? FOCL_PER_ROW : FOCL_PER_ELEMENT;
    description.reduction = FOCL_REDUCTION_WEIGHTED_MEAN;
    outcome contiguous = work_out(&description, &(focl_loss_host_inputs){.logits = given.logits,
                                                                         .targets = given.targets,
                                                                         .weights = given.weights,
                                                                         .upstream = given.upstream});
    description.strides = strides;
    outcome strided = work_out(&description, &(focl_loss_host_inputs){.logits = logits,
                                                                      .targets = targets,
                                                                      .weights = rows ? given.weights : weights,
                                                                      .upstream = rows ? given.upstream : upstream});
    assert_spread(&contiguous, &strided, rows);
}
END_TEST

/* Numbers that every float type holds, as their bits in f16 and bf16. */
static const struct {
    double value;
    uint16_t f16, bf16;
} numbers[] = {
    {0, 0x0000, 0x0000}, {1, 0x3c00, 0x3f80},     {-2.5, 0xc100, 0xc020},     {0.625, 0x3900, 0x3f20},
    {3, 0x4200, 0x4040}, {-0.75, 0xba00, 0xbf40}, {0.1875, 0x3200, 0x3e40},   {-5, 0xc500, 0xc0a0},
    {8, 0x4800, 0x4100}, {0.5, 0x3800, 0x3f00},   {0.015625, 0x2400, 0x3c80}, {1.5, 0x3e00, 0x3fc0},
};

enum { NUMBERS = COUNT_OF(numbers) };

typedef struct typed {
    double f64[NUMBERS];
    float f32[NUMBERS];
    uint16_t f16[NUMBERS];
    uint16_t bf16[NUMBERS];
} typed;

/* The numbers at or between low and high, one after the other and again from the start. */
static typed numbers_within(double low, double high) {
    typed made;
    size_t next = 0;
    for (size_t i = 0; i < NUMBERS; next++) {
        const double value = numbers[next % NUMBERS].value;
        if (value < low || value > high)
            continue;
        made.f64[i] = value;
        made.f32[i] = (float)value;
        made.f16[i] = numbers[next % NUMBERS].f16;
        made.bf16[i] = numbers[next % NUMBERS].bf16;
        i++;
    }
    return made;
}

static const void *typed_as(focl_type type, const typed *of) {
    switch (type) {
    case FOCL_F16:
        return of->f16;
    case FOCL_BF16:
        return of->bf16;
    case FOCL_F64:
        return of->f64;
    default:
        return of->f32;
    }
}

/* As long as some calls do not take a type, the reference does not either. */
static bool is_there(focl_type logits_type) {
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){0, 1, 1});
    description.logits_type = logits_type;
    double reduced;
    return focl_reference_loss(&description, &(focl_loss_host_inputs){0},
                               &(focl_reference_outputs){.reduced = &reduced}) != FOCL_ENOTSUP;
}

START_TEST(every_type_means_the_same) {
    static const struct {
        focl_type logits, targets;
    } types[] = {{FOCL_F16, FOCL_F32}, {FOCL_BF16, FOCL_F16}, {FOCL_F32, FOCL_BF16},
                 {FOCL_F16, FOCL_F16}, {FOCL_F64, FOCL_F64},  {FOCL_F64, FOCL_F32}};
    const typed logits = numbers_within(-5, 8);
    const typed targets = numbers_within(0, 1);
    focl_loss_description description =
        focl_loss_default(_i ? FOCL_SOFTMAX : FOCL_SIGMOID, FOCL_FOCAL, (focl_view){1, 4, 3});
    outcome expected = work_out(&description, &(focl_loss_host_inputs){.logits = logits.f32, .targets = targets.f32});
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        if (!is_there(types[i].logits))
            continue;
        description.logits_type = types[i].logits;
        description.targets_type = types[i].targets;
        outcome found =
            work_out(&description, &(focl_loss_host_inputs){.logits = typed_as(types[i].logits, &logits),
                                                            .targets = typed_as(types[i].targets, &targets)});
        ck_assert_double_eq(found.reduced, expected.reduced);
        for (size_t array = 0; array < ARRAYS; array++)
            ck_assert_mem_eq(array_of(&found, array), array_of(&expected, array), sizeof found.loss);
    }
}
END_TEST

START_TEST(f64_keeps_all_digits) {
    const double logits[] = {0.1, 1e-300};
    const double targets[] = {1, 0};
    const double normalizer = 1.1;
    if (!is_there(FOCL_F64))
        return;
    focl_loss_description description = focl_loss_default(FOCL_IDENTITY, FOCL_MSE, (focl_view){2, 1, 1});
    description.logits_type = description.targets_type = FOCL_F64;
    description.reduction = FOCL_REDUCTION_GIVEN;
    const outcome found = work_out(
        &description, &(focl_loss_host_inputs){.logits = logits, .targets = targets, .normalizer = &normalizer});
    ck_assert_double_eq(found.loss[0], 0.9 * 0.9);
    ck_assert_double_eq(found.reduced, 0.9 * 0.9 / 1.1);
    ck_assert_double_eq(found.gradient[1], 2e-300 / 1.1);
}
END_TEST

/* The gradient over the logits: a row is read before it is written. */
START_TEST(works_in_place) {
    const inputs given = random_inputs();
    double logits[SLOTS] = {0};
    double gradient[SLOTS];
    if (!is_there(FOCL_F64))
        return;
    for (size_t i = 0; i < ELEMENTS; i++)
        logits[i] = (double)given.logits[i];
    focl_loss_description description = focl_loss_default(_i ? FOCL_SOFTMAX : FOCL_SIGMOID, FOCL_FOCAL, shape);
    description.logits_type = FOCL_F64;
    description.in_place = true;
    const focl_loss_host_inputs from = {.logits = logits, .targets = given.targets};
    reference_of(&description, &from, &(focl_reference_outputs){.gradient = gradient});
    reference_of(&description, &from, &(focl_reference_outputs){.gradient = logits});
    ck_assert_mem_eq(logits, gradient, ELEMENTS * sizeof *logits);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reference arrays");
    TCase *tcase = tcase_create("reference arrays");
    tcase_add_loop_test(tcase, strides_place_every_array_of_elements, 0, 2);
    tcase_add_loop_test(tcase, every_type_means_the_same, 0, 2);
    tcase_add_test(tcase, f64_keeps_all_digits);
    tcase_add_loop_test(tcase, works_in_place, 0, 2);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
