/*
 * Reproduction: on a bit-exact device every byte of every output is the mirror's, however often and through whichever
 * form it is asked for. And the mirror's are those of every other machine: one number stands for all outputs.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_recipes.h"

enum { REPETITIONS = 3 };

static const focl_view shapes[] = {{1, 1, 1}, {333, 1, 1}, {37, 3, 5}, {4099, 1, 1}, {129, 80, 1}, {2, 19, 321}};

static size_t shape_count(void) {
    return test_size(COUNT_OF(shapes), 3);
}

static loss_problem problem_at(size_t recipe, size_t shape) {
    const loss_recipe shaped = loss_recipe_shaped(&loss_recipes[recipe], shapes[shape]);
    return loss_problem_create(&shaped, 9000 + 100 * recipe + shape);
}

static loss_answer mirror_answer(const loss_problem *problem) {
    loss_answer answer = loss_answer_create(problem, loss_outputs(&problem->description));
    ck_assert_msg(loss_on_mirror(problem, &answer) == FOCL_OK, "%s", focl_last_error()->message);
    return answer;
}

static void assert_repeats(focl_handle *handle, const loss_problem *problem, const loss_answer *expected) {
    for (size_t i = 0; i < REPETITIONS; i++) {
        loss_answer answer = loss_answer_create(problem, loss_outputs(&problem->description));
        const bool on_host = i == 0;
        const focl_status status =
            on_host ? loss_on_host(handle, problem, &answer) : loss_on_device(handle, problem, &answer, i);
        ck_assert_msg(status == FOCL_OK, "%s", focl_last_error()->message);
        loss_assert_same(problem, expected, &answer, focl_handle_device(handle)->name);
        loss_answer_free(&answer);
    }
}

START_TEST(devices_have_the_bits_of_the_mirror) {
    for (size_t shape = 0; shape < shape_count(); shape++) {
        loss_problem problem = problem_at((size_t)_i, shape);
        loss_answer mirror = mirror_answer(&problem);
        for (size_t device = 0; device < test_device_count(); device++)
            if (focl_handle_device(test_device(device))->bit_exact)
                assert_repeats(test_device(device), &problem, &mirror);
        loss_answer_free(&mirror);
        loss_problem_free(&problem);
    }
}
END_TEST

/* What is not bit-exact still repeats its own bits. */
START_TEST(devices_repeat_themselves) {
    loss_problem problem = problem_at((size_t)_i, 1);
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer first = loss_answer_create(&problem, loss_outputs(&problem.description));
        ck_assert_int_eq(loss_on_device(test_device(device), &problem, &first, 0), FOCL_OK);
        assert_repeats(test_device(device), &problem, &first);
        loss_answer_free(&first);
    }
    loss_problem_free(&problem);
}
END_TEST

/* ---- One number ---- */

/* FNV-1a. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count) {
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ byte[i]) * 0x100000001B3u;
    return hash;
}

/* NaN is one value here: its sign and payload differ between machines. */
static uint64_t hash_numbers(uint64_t hash, focl_type type, const void *values, size_t count) {
    static const uint32_t nan = 0x7FC00000u;
    const size_t bytes = focl_type_size(type);
    for (size_t i = 0; i < count; i++) {
        const bool is_nan = isnan(loss_value_at(type, values, i));
        hash = is_nan ? hash_bytes(hash, &nan, sizeof nan)
                      : hash_bytes(hash, (const unsigned char *)values + i * bytes, bytes);
    }
    return hash;
}

static uint64_t hash_answer(uint64_t hash, const loss_problem *problem, const loss_answer *answer) {
    for (size_t i = LOSS_FIRST_OUTPUT; i < LOSS_ARRAYS; i++) {
        if (!answer->outputs[i] || i == LOSS_hessian)
            continue;
        if (i == LOSS_counts)
            hash = hash_bytes(hash, answer->outputs[i], sizeof(focl_loss_counts));
        else
            hash = hash_numbers(hash, loss_array_type(&problem->description, (enum loss_array)i), answer->outputs[i],
                                loss_array_elements(&problem->description, (enum loss_array)i));
    }
    return hash;
}

/* From a fixed state, whatever FOCL_TEST_SEED says. Logits are those of f32: C libraries may differ in longer ones. */
static loss_problem golden_problem(focl_type type, size_t recipe) {
    loss_recipe shaped = loss_recipe_shaped(&loss_recipes[recipe], (focl_view){17, 19, 3});
    shaped.description.logits_type = type;
    loss_problem problem = loss_problem_create_from(&shaped, (test_random){1000 * recipe});
    for (size_t i = 0; type == FOCL_F64 && i < loss_array_elements(&shaped.description, LOSS_logits); i++) {
        double *logit = (double *)problem.inputs[LOSS_logits] + i;
        *logit = (double)(float)*logit;
    }
    return problem;
}

/* The number of the arithmetic of this version. It changes only if the arithmetic is meant to. */
static const uint64_t golden = 0xee367e59f5fb8e7fU;
static const uint64_t golden_f64 = 0x4b6c4d4118e8129eU;

static void assert_golden(focl_type type, uint64_t hash, const char *where) {
    printf("hash of all outputs: 0x%016" PRIx64 " in %s on %s\n", hash, focl_type_name(type), where);
    ck_assert_msg(hash == (type == FOCL_F64 ? golden_f64 : golden), "the bits on %s are not those of other machines",
                  where);
}

/* The hash of the first recipes; handle NULL: the mirror. */
static uint64_t hash_of(focl_handle *handle, focl_type type, size_t recipes) {
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t recipe = 0; recipe < recipes; recipe++) {
        loss_problem problem = golden_problem(type, recipe);
        loss_answer answer = loss_answer_create(&problem, loss_outputs(&problem.description));
        ck_assert_int_eq(handle ? loss_on_host(handle, &problem, &answer) : loss_on_mirror(&problem, &answer), FOCL_OK);
        hash = hash_answer(hash, &problem, &answer);
        loss_answer_free(&answer);
        loss_problem_free(&problem);
    }
    return hash;
}

static bool has_bits_of(focl_type type, const focl_device *device) {
    return device->bit_exact && (type != FOCL_F64 || device->fp64);
}

static const focl_type types[] = {FOCL_F32, FOCL_F64};

START_TEST(bits_are_those_of_every_machine) {
    const focl_type type = types[_i];
    assert_golden(type, hash_of(NULL, type, loss_recipe_count), "the mirror");
    for (size_t device = 0; device < test_device_count(); device++)
        if (has_bits_of(type, focl_handle_device(test_device(device))))
            assert_golden(type, hash_of(test_device(device), type, loss_recipe_count), test_device_name(device));
}
END_TEST

/* Vector width x work-group size. */
static const struct {
    const char *mapping;
    focl_type type;
} mappings[] = {
    {"1x1", FOCL_F32},  {"2x4", FOCL_F32},   {"4x16", FOCL_F32}, {"8x8", FOCL_F32},  {"16x8", FOCL_F32},
    {"1x64", FOCL_F32}, {"1x256", FOCL_F32}, {"4x16", FOCL_F64}, {"1x64", FOCL_F64},
};

START_TEST(bits_do_not_depend_on_the_mapping) {
    const char *mapping = mappings[_i].mapping;
    const focl_type type = mappings[_i].type;
    const size_t recipes = test_small() ? 2 : 3;
    const uint64_t wanted = hash_of(NULL, type, recipes);
    ck_assert_int_eq(setenv("FOCL_MAPPING", mapping, 1), 0);
    for (size_t device = 0; device < test_device_count(); device++) {
        const focl_device *described = focl_handle_device(test_device(device));
        char selector[32];
        focl_handle *handle = NULL;
        (void)snprintf(selector, sizeof selector, "#%zu", described->index);
        ck_assert_int_eq(focl_create(&handle, selector), FOCL_OK);
        if (has_bits_of(type, described))
            ck_assert_msg(hash_of(handle, type, recipes) == wanted, "other bits of %s with %s on %s",
                          focl_type_name(type), mapping, described->name);
        focl_destroy(handle);
    }
    ck_assert_int_eq(unsetenv("FOCL_MAPPING"), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("bits");
    TCase *tcase = tcase_create("bits");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, devices_have_the_bits_of_the_mirror, 0, (int)loss_recipe_count);
    tcase_add_loop_test(tcase, devices_repeat_themselves, 0, (int)loss_recipe_count);
    tcase_add_loop_test(tcase, bits_are_those_of_every_machine, 0, (int)COUNT_OF(types));
    tcase_add_loop_test(tcase, bits_do_not_depend_on_the_mapping, 0, (int)COUNT_OF(mappings));
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
