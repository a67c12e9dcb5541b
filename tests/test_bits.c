/*
 * Reproduction: on a bit-exact device every byte of every output is the mirror's, however often and through whichever
 * form it is asked for. And the mirror's are those of every other machine: one number stands for all outputs.
 */
#include <inttypes.h>
#include <stdio.h>

#include "support_hash.h"

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

/* The numbers of the arithmetic of this version. They change only if the arithmetic is meant to. */
static const struct {
    size_t family;
    focl_type type;
    uint64_t hash;
} golden[] = {
    {0, FOCL_F32, 0x49baa452e55bc771U},
    {0, FOCL_F64, 0x9c9a016fa4dba801U},
    {1, FOCL_F32, 0x1f4e18481f219cdeU},
    {1, FOCL_F64, 0x691de8bf7c17f6aeU},
};

static void assert_golden(size_t number, focl_handle *handle, const char *where) {
    const hash_family *family = &hash_families[golden[number].family];
    const focl_type type = golden[number].type;
    const uint64_t hash = hash_of_family(family, type, 0, 1, &(hash_source){handle, NULL});
    printf("hash of all outputs: 0x%016" PRIx64 ", %s in %s on %s\n", hash, family->name, focl_type_name(type), where);
    ck_assert_msg(hash == golden[number].hash, "the bits on %s are not those of other machines", where);
}

START_TEST(bits_are_those_of_every_machine) {
    const size_t number = (size_t)_i;
    assert_golden(number, NULL, "the mirror");
    for (size_t device = 0; device < test_device_count(); device++)
        if (hash_is_promised(golden[number].type, focl_handle_device(test_device(device))))
            assert_golden(number, test_device(device), test_device_name(device));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("bits");
    TCase *tcase = tcase_create("bits");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, devices_have_the_bits_of_the_mirror, 0, (int)loss_recipe_count);
    tcase_add_loop_test(tcase, devices_repeat_themselves, 0, (int)loss_recipe_count);
    tcase_add_loop_test(tcase, bits_are_those_of_every_machine, 0, (int)COUNT_OF(golden));
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
