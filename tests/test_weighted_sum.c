/* Weighted sums: against exact sums, against the mirror in every form, and against the reduced loss. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support_weighted_sum.h"

/* Every combination of types. */
static const struct {
    focl_type losses;
    bool weighted;
    focl_type weights;
} types[] = {
    {FOCL_F32, false, FOCL_F32}, {FOCL_F32, true, FOCL_F32},   {FOCL_F16, false, FOCL_F32},
    {FOCL_F16, true, FOCL_F32},  {FOCL_BF16, false, FOCL_F32}, {FOCL_BF16, true, FOCL_F32},
    {FOCL_F64, false, FOCL_F32}, {FOCL_F64, true, FOCL_F32},   {FOCL_F64, true, FOCL_F64},
};

static sum_recipe recipe_of(size_t type, size_t elements, sum_kind kind) {
    return (sum_recipe){types[type].losses, types[type].weighted, types[type].weights, elements, kind};
}

static void assert_everywhere(const sum_problem *problem, size_t offset) {
    for (size_t device = 0; device < test_device_count(); device++) {
        sum_assert_on_device(test_device(device), problem, offset, test_device_name(device));
        sum_assert_on_host(test_device(device), problem, test_device_name(device));
    }
}

/* ---- The mirror against exact sums ---- */

START_TEST(mirror_is_within_its_bound) {
    static const size_t sizes[] = {0, 1, 2, 5, 64, 100, 4096, 4097, 50000, 4096 * 64 + 4096 * 3 + 11};
    for (size_t t = 0; t < COUNT_OF(types); t++)
        for (size_t s = 0; s < COUNT_OF(sizes); s++) {
            const sum_recipe from = recipe_of(t, sizes[s], (sum_kind)_i);
            sum_problem problem = sum_problem_create(&from, 1000 * (uint64_t)_i + 100 * t + s);
            const sum_truth truth = sum_truth_of(&problem.description, problem.losses, problem.weights);
            const long double error = fabsl((long double)problem.mirror - truth.sum);
            ck_assert_msg(error <= truth.bound, "kind %d, types %zu, %zu elements: %a is off by %Lg, allowed %Lg", _i,
                          t, sizes[s], problem.mirror, error, truth.bound);
            sum_problem_free(&problem);
        }
}
END_TEST

/* Where no term is negative the bound is a few ulp, whatever the length. */
START_TEST(losses_are_within_ulps) {
    for (size_t t = 0; t < COUNT_OF(types); t++) {
        const sum_recipe from = recipe_of(t, test_size(1000003, 100003), SUM_LOSSES);
        sum_problem problem = sum_problem_create(&from, 5000 + t);
        const sum_truth truth = sum_truth_of(&problem.description, problem.losses, problem.weights);
        const long double error =
            sum_in_ulps(&problem.description, fabsl((long double)problem.mirror - truth.sum), truth.sum);
        printf("%s%s: %.2Lf ulp\n", focl_type_name(from.losses_type), from.weighted ? ", weighted" : "", error);
        ck_assert(error <= (from.weighted ? 5 : 4));
        sum_problem_free(&problem);
    }
}
END_TEST

/* ---- Devices against the mirror ---- */

START_TEST(sums_of_every_size) {
    static const size_t sizes[] = {0,
                                   1,
                                   2,
                                   3,
                                   7,
                                   15,
                                   16,
                                   17,
                                   31,
                                   33,
                                   63,
                                   64,
                                   65,
                                   127,
                                   255,
                                   257,
                                   1000,
                                   4095,
                                   4096,
                                   4097,
                                   8191,
                                   8192,
                                   8193,
                                   12345,
                                   4096 * 63 + 1,
                                   4096 * 64,
                                   4096 * 65 + 3};
    static const size_t offsets[] = {0, 1, 3, 16};
    for (size_t s = 0; s < COUNT_OF(sizes) - test_size(0, 3); s++) {
        const sum_recipe from = recipe_of((size_t)_i, sizes[s], (sum_kind)(s % SUM_KINDS));
        sum_problem problem = sum_problem_create(&from, 6000 + s);
        assert_everywhere(&problem, offsets[s % COUNT_OF(offsets)]);
        sum_problem_free(&problem);
    }
}
END_TEST

START_TEST(sums_of_every_kind) {
    for (size_t t = 0; t < COUNT_OF(types); t++) {
        const sum_recipe from = recipe_of(t, test_size(300007, 9001), (sum_kind)_i);
        sum_problem problem = sum_problem_create(&from, 7000 + t);
        assert_everywhere(&problem, 5);
        sum_problem_free(&problem);
    }
}
END_TEST

static const struct {
    const char *name, *value;
} settings[] = {
    {"FOCL_MAPPING", "1x1"}, {"FOCL_MAPPING", "16x1"},  {"FOCL_MAPPING", "1x64"},
    {"FOCL_MAPPING", "2x8"}, {"FOCL_MAPPING", "4x256"}, {"FOCL_INDEX64", "1"},
};

START_TEST(no_mapping_changes_a_bit) {
    for (size_t device = 0; device < test_device_count(); device++) {
        focl_handle *handle = device_handle_with(settings[_i].name, settings[_i].value, device);
        for (size_t t = 0; t < COUNT_OF(types); t++) {
            const sum_recipe from = recipe_of(t, test_size(70001, 9001), SUM_SIGNED);
            sum_problem problem = sum_problem_create(&from, 8000 + t);
            sum_assert_on_device(handle, &problem, 3, settings[_i].value);
            sum_problem_free(&problem);
        }
        focl_destroy(handle);
    }
}
END_TEST

START_TEST(no_piece_changes_a_bit) {
    static const char *const pieces[] = {"1", "4096", "10000", "65536"};
    ck_assert_int_eq(setenv("FOCL_PIECE_ELEMENTS", pieces[_i], 1), 0);
    for (size_t t = 0; t < COUNT_OF(types); t++) {
        const sum_recipe from = recipe_of(t, test_size(100003, 20003), SUM_SIGNED);
        sum_problem problem = sum_problem_create(&from, 8100 + t);
        for (size_t device = 0; device < test_device_count(); device++)
            sum_assert_on_host(test_device(device), &problem, pieces[_i]);
        sum_problem_free(&problem);
    }
    ck_assert_int_eq(unsetenv("FOCL_PIECE_ELEMENTS"), 0);
}
END_TEST

/* ---- What is not an ordinary number ---- */

typedef struct special_case {
    const char *name;
    double losses[3], weights[3];
    double sum;
} special_case;

static const special_case specials[] = {
    {"NaN", {1, (double)NAN, 2}, {1, 1, 1}, (double)NAN},
    {"infinity", {1, INFINITY, 2}, {1, 1, 1}, INFINITY},
    {"negative infinity", {1, -INFINITY, 2}, {1, 1, 1}, -INFINITY},
    {"infinities of both signs", {INFINITY, -INFINITY, 2}, {1, 1, 1}, (double)NAN},
    {"infinity times 0", {1, INFINITY, 2}, {1, 0, 1}, (double)NAN},
    {"infinity times a subnormal number", {1, INFINITY, 2}, {1, 0x1p-140, 1}, (double)NAN},
    {"subnormal losses", {0x1p-140, 0x1p-140, 0x1p-126}, {0x1p+100, 1, 1}, 0},
    {"subnormal weights", {0x1p+100, 1, 1}, {0x1p-140, 0x1p-140, 0x1p-126}, 0},
    {"products too small", {0x1p-63, 0x1p-63, -0x1p-64}, {0x1p-63, 0x1p-64, 0x1p-64}, 0},
    {"the least that counts", {0x1p-125, 0, 0}, {1, 0, 0}, 0x1p-125},
    {"zeros with a sign", {-0.0, -0.0, 0}, {1, 1, -1}, 0},
    {"overflow", {0x1.8p+127, 0x1.8p+127, 0}, {1, 1, 1}, INFINITY},
};

/* The three far apart, in tiles of their own, and between them zeros. */
START_TEST(special_numbers) {
    enum { APART = 5000 };
    const special_case *special = &specials[_i];
    const sum_recipe from = {FOCL_F32, true, FOCL_F32, 2 * APART + 1, SUM_LOSSES};
    sum_problem problem = sum_problem_create(&from, 8200);
    memset(problem.losses, 0, from.elements * sizeof(float));
    for (size_t i = 0; i < 3; i++) {
        loss_put_value(FOCL_F32, problem.losses, i * APART, special->losses[i]);
        loss_put_value(FOCL_F32, problem.weights, i * APART, special->weights[i]);
    }
    sum_problem_mirror(&problem);
    ck_assert_msg(sum_is_same(problem.mirror, special->sum), "%s: %a", special->name, problem.mirror);
    assert_everywhere(&problem, 1);
    sum_problem_free(&problem);
}
END_TEST

/* ---- The reduced loss ---- */

/* Losses of one call, and beside them their sum as focl_loss has it. */
typedef struct loss_case {
    focl_type type;
    bool weighted;
    focl_view shape;
} loss_case;

static const loss_case loss_cases[] = {
    {FOCL_F32, false, {1000, 1, 1}}, {FOCL_F32, false, {700, 19, 1}}, {FOCL_F32, false, {2, 3, 3001}},
    {FOCL_F32, true, {9001, 1, 1}},  {FOCL_F64, false, {4097, 1, 1}}, {FOCL_F64, true, {3, 5, 600}},
};

static focl_loss_description focal_of(const loss_case *of) {
    focl_loss_description focal = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, of->shape);
    focal.logits_type = focal.targets_type = of->type;
    focal.reduction = FOCL_REDUCTION_SUM;
    return focal;
}

/* Logits, targets, weights, losses, and two sums. */
enum { LOGITS, TARGETS, WEIGHTS, LOSSES, REDUCED, SUM, LOSS_CASE_ARRAYS };

static void fill_randomly(float *weights, void *logits, void *targets, const loss_case *of, size_t elements) {
    test_random random = test_random_start(8300);
    for (size_t i = 0; i < elements; i++) {
        loss_put_value(of->type, logits, i, test_random_uniform(&random, -8, 8));
        loss_put_value(of->type, targets, i, test_random_below(&random, 4) == 0);
        weights[i] = (float)test_random_uniform(&random, 0, 3);
    }
}

/* The reduced loss is of weighted losses; the weighted sum is of those without weights, which it has itself. */
static focl_status reduce_both_ways(focl_handle *handle, const loss_case *of, device_array arrays[LOSS_CASE_ARRAYS]) {
    focl_loss_description focal = focal_of(of);
    focl_loss_inputs inputs = {.logits = arrays[LOGITS].place, .targets = arrays[TARGETS].place};
    const focl_loss_outputs losses = {.loss = arrays[LOSSES].place};
    const focl_loss_outputs reduced = {.reduced = arrays[REDUCED].place};
    focl_status status = focl_loss(handle, &focal, &inputs, &losses, NULL, 0, NULL, NULL);
    focl_weighted_sum_buffers buffers = {.losses = arrays[LOSSES].place, .sum = arrays[SUM].place};
    if (of->weighted) {
        focal.weights_extent = FOCL_PER_ELEMENT;
        inputs.weights = buffers.weights = arrays[WEIGHTS].place;
    }
    if (!status)
        status = focl_loss(handle, &focal, &inputs, &reduced, NULL, 0, NULL, NULL);
    const focl_weighted_sum_description sum = {of->shape.outer * of->shape.classes * of->shape.inner, of->type,
                                               FOCL_F32};
    return status ? status : focl_weighted_sum(handle, &sum, &buffers, NULL, 0, NULL, NULL);
}

static void assert_reduced(focl_handle *handle, const loss_case *of, const char *where) {
    const size_t elements = of->shape.outer * of->shape.classes * of->shape.inner;
    const size_t bytes = focl_type_size(of->type);
    void *logits = test_guarded(elements * bytes);
    void *targets = test_guarded(elements * bytes);
    float *weights = test_guarded(elements * sizeof *weights);
    fill_randomly(weights, logits, targets, of, elements);
    cl_context context = focl_handle_context(handle);
    device_array arrays[LOSS_CASE_ARRAYS] = {
        [LOGITS] = device_array_create(context, logits, elements * bytes, 0),
        [TARGETS] = device_array_create(context, targets, elements * bytes, 0),
        [WEIGHTS] = device_array_create(context, weights, elements * sizeof *weights, 0),
        [LOSSES] = device_array_create(context, NULL, elements * bytes, 0),
        [REDUCED] = device_array_create(context, NULL, bytes, 0),
        [SUM] = device_array_create(context, NULL, bytes, 0),
    };
    ck_assert_msg(reduce_both_ways(handle, of, arrays) == FOCL_OK, "%s: %s", where, focl_last_error()->message);
    unsigned char found[2][sizeof(double)];
    void *rest = test_guarded(elements * sizeof(double));
    ck_assert_int_eq(clFinish(focl_handle_queue(handle)), CL_SUCCESS);
    for (size_t i = 0; i < LOSS_CASE_ARRAYS; i++)
        device_array_finish(focl_handle_queue(handle), &arrays[i], i >= REDUCED ? found[i - REDUCED] : rest);
    ck_assert_msg(memcmp(found[0], found[1], bytes) == 0, "%s: the loss is %a, the sum %a", where,
                  loss_value_at(of->type, found[0], 0), loss_value_at(of->type, found[1], 0));
    ck_assert(loss_value_at(of->type, found[0], 0) > 0);
    test_guarded_free(logits);
    test_guarded_free(targets);
    test_guarded_free(weights);
    test_guarded_free(rest);
}

/* A device that is not bit-exact may give either some other bits. */
START_TEST(has_the_bits_of_the_reduced_loss) {
    for (size_t device = 0; device < test_device_count(); device++) {
        const focl_device *facts = focl_handle_device(test_device(device));
        if (facts->bit_exact && (loss_cases[_i].type != FOCL_F64 || facts->fp64))
            assert_reduced(test_device(device), &loss_cases[_i], test_device_name(device));
    }
}
END_TEST

/* ---- Large ---- */

START_TEST(many_elements) {
    const sum_recipe from = {FOCL_F32, true, FOCL_F32, test_size((size_t)1 << 24, 1 << 14), SUM_SIGNED};
    sum_problem problem = sum_problem_create(&from, 8400);
    for (size_t device = 0; device < test_device_count(); device++)
        sum_assert_on_device(test_device(device), &problem, 0, test_device_name(device));
    sum_problem_free(&problem);
}
END_TEST

/* A plain sum of floats stands still at 2^24. */
START_TEST(ones_are_counted) {
    const sum_recipe from = {FOCL_BF16, false, FOCL_F32, test_size(((size_t)1 << 24) + 2, 9000), SUM_LOSSES};
    sum_problem problem = sum_problem_create(&from, 8500);
    for (size_t i = 0; i < from.elements; i++)
        loss_put_value(from.losses_type, problem.losses, i, 1);
    sum_problem_mirror(&problem);
    ck_assert_double_eq(problem.mirror, (double)from.elements);
    for (size_t device = 0; device < test_device_count(); device++)
        sum_assert_on_device(test_device(device), &problem, 0, test_device_name(device));
    sum_problem_free(&problem);
}
END_TEST

/* ---- Events ---- */

START_TEST(waits_and_gives_an_event) {
    for (size_t device = 0; device < test_device_count(); device++) {
        focl_handle *handle = test_device(device);
        const sum_recipe from = {FOCL_F32, true, FOCL_F32, _i ? 9000 : 0, SUM_SIGNED};
        sum_problem problem = sum_problem_create(&from, 8600);
        sum_arrays arrays = sum_arrays_create(handle, &problem, 1);
        const focl_weighted_sum_buffers buffers = sum_buffers_of(&arrays, &problem);
        cl_int code = CL_SUCCESS;
        cl_event go = clCreateUserEvent(focl_handle_context(handle), &code);
        cl_event done = NULL;
        cl_int state = CL_COMPLETE;
        ck_assert_int_eq(
            focl_weighted_sum(handle, &problem.description, &buffers, focl_handle_queue(handle), 1, &go, &done),
            FOCL_OK);
        ck_assert_ptr_nonnull(done);
        clGetEventInfo(done, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL);
        ck_assert_int_gt(state, CL_COMPLETE);
        ck_assert_int_eq(clSetUserEventStatus(go, CL_COMPLETE), CL_SUCCESS);
        ck_assert_int_eq(clWaitForEvents(1, &done), CL_SUCCESS);
        const double found = sum_arrays_finish(handle, &arrays, &problem, test_device_name(device));
        ck_assert(sum_is_same(found, problem.mirror) || !focl_handle_device(handle)->bit_exact);
        ck_assert_int_eq(clReleaseEvent(done), CL_SUCCESS);
        ck_assert_int_eq(clReleaseEvent(go), CL_SUCCESS);
        sum_problem_free(&problem);
    }
}
END_TEST

/* ---- Wrong arguments ---- */

static const struct {
    focl_weighted_sum_description description;
    const char *argument, *in_message;
} wrong_descriptions[] = {
    {{4, FOCL_U8, FOCL_F32}, "losses_type", "u8"},
    {{4, (focl_type)99, FOCL_F32}, "losses_type", "unknown"},
    {{SIZE_MAX / 3, FOCL_F32, FOCL_F32}, "elements", "4 bytes"},
    {{SIZE_MAX / 3, FOCL_F16, FOCL_F32}, "elements", "4 bytes"},
    {{4, FOCL_F32, FOCL_F64}, "weights_type", "f64"},
    {{4, FOCL_F64, FOCL_F16}, "weights_type", "f16"},
    {{4, FOCL_F16, FOCL_F16}, "weights_type", "f16"},
};

START_TEST(refuses_descriptions) {
    const focl_weighted_sum_description *description = &wrong_descriptions[_i].description;
    const char *argument = wrong_descriptions[_i].argument;
    const char *in_message = wrong_descriptions[_i].in_message;
    const unsigned char values[64] = {0};
    unsigned char sum[8];
    memset(sum, TEST_POISON, sizeof sum);
    device_assert_error(focl_mirror_weighted_sum(description, values, values, sum), FOCL_EINVAL, argument, in_message);
    device_assert_error(focl_weighted_sum_host(test_device(0), description, values, values, sum, NULL), FOCL_EINVAL,
                        argument, in_message);
    ck_assert(test_is_poison(sum, sizeof sum));
    /* A description is looked at before any buffer is. */
    cl_mem memory = (cl_mem)&sum;
    const focl_weighted_sum_buffers buffers = {{memory, 0}, {memory, 0}, {memory, 0}};
    cl_event event = (cl_event)&sum;
    device_assert_error(focl_weighted_sum(test_device(0), description, &buffers, NULL, 0, NULL, &event), FOCL_EINVAL,
                        argument, in_message);
    ck_assert_ptr_null(event);
}
END_TEST

START_TEST(refuses_host_arguments) {
    focl_handle *handle = test_device(0);
    const focl_weighted_sum_description good = {.elements = 4};
    const float losses[4] = {1, 2, 3, 4};
    float sum = 42;
    device_assert_error(focl_weighted_sum_host(NULL, &good, losses, NULL, &sum, NULL), FOCL_EINVAL, "handle", "NULL");
    device_assert_error(focl_weighted_sum_host(handle, NULL, losses, NULL, &sum, NULL), FOCL_EINVAL, "description",
                        "NULL");
    device_assert_error(focl_weighted_sum_host(handle, &good, NULL, NULL, &sum, NULL), FOCL_EINVAL, "losses",
                        "4 elements");
    device_assert_error(focl_weighted_sum_host(handle, &good, losses, NULL, NULL, NULL), FOCL_EINVAL, "sum", "missing");
    device_assert_error(focl_mirror_weighted_sum(NULL, losses, NULL, &sum), FOCL_EINVAL, "description", "NULL");
    device_assert_error(focl_mirror_weighted_sum(&good, losses, NULL, NULL), FOCL_EINVAL, "sum", "missing");
    ck_assert_int_eq(setenv("FOCL_PIECE_ELEMENTS", "few", 1), 0);
    device_assert_error(focl_weighted_sum_host(handle, &good, losses, NULL, &sum, NULL), FOCL_EINVAL,
                        "FOCL_PIECE_ELEMENTS", "few");
    ck_assert_int_eq(unsetenv("FOCL_PIECE_ELEMENTS"), 0);
    ck_assert(sum == 42);
    ck_assert_int_eq(focl_weighted_sum_host(handle, &good, losses, NULL, &sum, NULL), FOCL_OK);
    ck_assert(sum == 10);
    /* Weights that are absent have no type. */
    const focl_weighted_sum_description odd = {4, FOCL_F32, FOCL_U8};
    ck_assert_int_eq(focl_weighted_sum_host(handle, &odd, losses, NULL, &sum, NULL), FOCL_OK);
    const focl_weighted_sum_description none = {.elements = 0};
    ck_assert_int_eq(focl_weighted_sum_host(handle, &none, NULL, NULL, &sum, NULL), FOCL_OK);
    ck_assert(sum == 0);
}
END_TEST

START_TEST(a_borrowed_context_has_no_queue) {
    focl_handle *owner = test_device(0);
    focl_handle *handle = NULL;
    const focl_weighted_sum_description good = {.elements = 1};
    const float loss = 1;
    float sum = 0;
    ck_assert_int_eq(focl_create_from_cl(&handle, focl_handle_context(owner), focl_handle_device(owner)->cl_device),
                     FOCL_OK);
    device_assert_error(focl_weighted_sum_host(handle, &good, &loss, NULL, &sum, NULL), FOCL_EINVAL, "handle", "queue");
    focl_destroy(handle);
}
END_TEST

START_TEST(refuses_buffers) {
    focl_handle *handle = test_device(0);
    const sum_recipe from = {FOCL_F32, true, FOCL_F32, 10, SUM_LOSSES};
    sum_problem problem = sum_problem_create(&from, 8700);
    sum_arrays arrays = sum_arrays_create(handle, &problem, 1);
    const focl_weighted_sum_buffers good = sum_buffers_of(&arrays, &problem);
    focl_weighted_sum_buffers bad = good;
    const focl_weighted_sum_description *description = &problem.description;
    const cl_event no_event = NULL;
#define REFUSED(status, argument, message)                                                                             \
    device_assert_error(focl_weighted_sum(handle, description, &bad, NULL, 0, NULL, NULL), status, argument, message); \
    bad = good
    device_assert_error(focl_weighted_sum(handle, description, NULL, NULL, 0, NULL, NULL), FOCL_EINVAL, "buffers",
                        "NULL");
    device_assert_error(focl_weighted_sum(NULL, description, &good, NULL, 0, NULL, NULL), FOCL_EINVAL, "handle",
                        "NULL");
    bad.losses.memory = NULL;
    REFUSED(FOCL_EINVAL, "losses", "missing");
    bad.sum.memory = NULL;
    REFUSED(FOCL_EINVAL, "sum", "missing");
    bad.losses.offset += 2;
    REFUSED(FOCL_EINVAL, "losses", "multiple of 4");
    bad.weights.offset += 1;
    REFUSED(FOCL_EINVAL, "weights", "multiple of 4");
    bad.sum.offset += 3;
    REFUSED(FOCL_EINVAL, "sum", "multiple of 4");
    bad.losses.offset += TEST_GUARD_BYTES + 4;
    REFUSED(FOCL_EBOUNDS, "losses", "needs 40 bytes");
    bad.weights.offset += TEST_GUARD_BYTES + 4;
    REFUSED(FOCL_EBOUNDS, "weights", "needs 40 bytes");
    bad.sum.offset += TEST_GUARD_BYTES + 4;
    REFUSED(FOCL_EBOUNDS, "sum", "needs 4 bytes");
    bad.sum = (focl_buffer){bad.losses.memory, bad.losses.offset + 36};
    REFUSED(FOCL_EOVERLAP, "sum", "losses");
    bad.sum = bad.weights;
    REFUSED(FOCL_EOVERLAP, "sum", "weights");
#undef REFUSED
    device_assert_error(focl_weighted_sum(handle, description, &good, NULL, 1, &no_event, NULL), FOCL_EINVAL,
                        "wait_list", "NULL");
    device_assert_error(focl_weighted_sum(handle, description, &good, NULL, 1, NULL, NULL), FOCL_EINVAL, "wait_list",
                        "1");
    /* Losses may be their own weights. */
    bad.weights = bad.losses;
    ck_assert_int_eq(focl_weighted_sum(handle, description, &bad, NULL, 0, NULL, NULL), FOCL_OK);
    ck_assert(sum_arrays_finish(handle, &arrays, &problem, "after refusals") > 0);
    sum_problem_free(&problem);
}
END_TEST

/* llvmpipe leaves a loop after 65535 turns: more than a group of one item has turns for is refused. */
START_TEST(refuses_sums_longer_than_loops) {
    static const char *const mappings[] = {"1x1", "1x4"};
    const focl_weighted_sum_description description = {.elements = (size_t)1 << 28};
    for (size_t device = 0; device < test_device_count(); device++) {
        focl_handle *handle = device_handle_with("FOCL_MAPPING", mappings[_i], device);
        device_array few = device_array_create(focl_handle_context(handle), NULL, 64, 0);
        const focl_weighted_sum_buffers buffers = {.losses = few.place, .sum = few.place};
        const focl_status status = focl_weighted_sum(handle, &description, &buffers, NULL, 0, NULL, NULL);
        if (_i == 0 && strcmp(focl_handle_device(handle)->platform, "rusticl") == 0)
            device_assert_error(status, FOCL_ENOTSUP, "elements", "are 268435456; ");
        else
            device_assert_error(status, FOCL_EBOUNDS, "losses", "1073741824");
        clReleaseMemObject(few.place.memory);
        focl_destroy(handle);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("weighted sum");
    test_add_loop(suite, "bound", mirror_is_within_its_bound, SUM_KINDS);
    test_add_loop(suite, "ulps", losses_are_within_ulps, 1);
    test_add_loop(suite, "sizes", sums_of_every_size, COUNT_OF(types));
    test_add_loop(suite, "kinds", sums_of_every_kind, SUM_KINDS);
    test_add_loop(suite, "mappings", no_mapping_changes_a_bit, COUNT_OF(settings));
    test_add_loop(suite, "pieces", no_piece_changes_a_bit, 4);
    test_add_loop(suite, "specials", special_numbers, COUNT_OF(specials));
    test_add_loop(suite, "reduced", has_the_bits_of_the_reduced_loss, COUNT_OF(loss_cases));
    test_add_loop(suite, "many", many_elements, 1);
    test_add_loop(suite, "ones", ones_are_counted, 1);
    test_add_loop(suite, "events", waits_and_gives_an_event, 2);
    test_add_loop(suite, "descriptions", refuses_descriptions, COUNT_OF(wrong_descriptions));
    test_add_loop(suite, "host", refuses_host_arguments, 1);
    test_add_loop(suite, "queue", a_borrowed_context_has_no_queue, 1);
    test_add_loop(suite, "buffers", refuses_buffers, 1);
    test_add_loop(suite, "loops", refuses_sums_longer_than_loops, 2);
    return test_main(suite);
}
