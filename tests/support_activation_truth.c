/* How the answers of activations are compared with the truth, and with each other. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support_activation.h"

enum { KINDS = FOCL_ACTIVATE_LOG_SOFTMAX + 1 };

static double greatest[KINDS][ACTIVATION_ARRAYS];

void activation_print_errors(void) {
    static const char *const words[KINDS] = {
#define KIND_WORD(name, word) word,
        FOCL_ACTIVATE_TABLE(KIND_WORD)
#undef KIND_WORD
    };
    for (size_t kind = 0; kind < KINDS; kind++)
        for (size_t i = ACTIVATION_FIRST_OUTPUT; i < ACTIVATION_ARRAYS; i++)
            if (activation_bound((focl_activate_kind)kind, (enum activation_array)i) > 0)
                printf("greatest error: %-11s %-8s %.2f ulp of %g\n", words[kind],
                       activation_array_name((enum activation_array)i), greatest[kind][i],
                       activation_bound((focl_activate_kind)kind, (enum activation_array)i));
}

static void assert_value(void *where, const activation_problem *problem, const activation_comparison *of) {
    const focl_activation_description *description = &problem->description;
    double *worst = &greatest[description->kind][of->array];
    *worst = fmax(*worst, isfinite(of->error) && description->type != FOCL_F64 ? of->error : 0);
    if (of->error <= of->bound)
        return;
    ck_abort_msg("%s on %s (%zu x %zu x %zu %s): %s at %zu is %a, must be %a: %g ulp of %a", problem->name,
                 *(const char **)where, description->shape.outer, description->shape.classes, description->shape.inner,
                 focl_type_name(description->type), activation_array_name(of->array), of->place, of->found, of->truth,
                 of->error, fmax(fabs(of->truth), of->magnitude));
}

void activation_assert_close(const activation_problem *problem, const activation_answer *answer, const char *where) {
    activation_compare(problem, answer, assert_value, &where);
}

void activation_assert_same(const activation_problem *problem, const activation_answer *expected,
                            const activation_answer *found, const char *where) {
    const focl_activation_description *description = &problem->description;
    const activation_difference first = activation_first_difference(problem, expected, found);
    if (first.any)
        ck_abort_msg("%s on %s (%zu x %zu x %zu %s): %s at %zu is %a, must be %a", problem->name, where,
                     description->shape.outer, description->shape.classes, description->shape.inner,
                     focl_type_name(description->type), activation_array_name(first.array), first.place, first.found,
                     first.expected);
}

/* A device without fp64 says so, by name. */
static void assert_refuses_f64(const activation_problem *problem, unsigned outputs, size_t device) {
    focl_handle *handle = test_device(device);
    activation_answer answer = activation_answer_create(problem, outputs);
    ck_assert_int_eq(activation_on_device(handle, problem, &answer, 0), FOCL_ENOTSUP);
    ck_assert_int_eq(activation_on_host(handle, problem, &answer), FOCL_ENOTSUP);
    ck_assert_ptr_nonnull(strstr(focl_last_error()->message, "cl_khr_fp64"));
    ck_assert_ptr_nonnull(strstr(focl_last_error()->message, focl_handle_device(handle)->name));
    activation_answer_free(&answer);
}

static void assert_on_device(const activation_problem *problem, const activation_answer *mirror, unsigned outputs,
                             size_t device, size_t offset) {
    const char *where = test_device_name(device);
    if (problem->description.type == FOCL_F64 && !focl_handle_device(test_device(device))->fp64) {
        assert_refuses_f64(problem, outputs, device);
        return;
    }
    activation_answer host = activation_answer_create(problem, outputs);
    activation_answer found = activation_answer_create(problem, outputs);
    ck_assert_msg(activation_on_host(test_device(device), problem, &host) == FOCL_OK, "%s on %s: %s", problem->name,
                  where, focl_last_error()->message);
    ck_assert_msg(activation_on_device(test_device(device), problem, &found, offset) == FOCL_OK, "%s on %s: %s",
                  problem->name, where, focl_last_error()->message);
    activation_assert_same(problem, &host, &found, where);
    if (focl_handle_device(test_device(device))->bit_exact)
        activation_assert_same(problem, mirror, &found, where);
    else
        activation_assert_close(problem, &found, where);
    activation_answer_free(&found);
    activation_answer_free(&host);
}

static void assert_on(const activation_problem *problem, unsigned outputs, size_t offset, size_t device_count) {
    activation_answer mirror = activation_answer_create(problem, outputs);
    ck_assert_msg(activation_on_mirror(problem, &mirror) == FOCL_OK, "%s: %s", problem->name,
                  focl_last_error()->message);
    activation_assert_close(problem, &mirror, "the mirror");
    for (size_t device = 0; device < device_count; device++)
        assert_on_device(problem, &mirror, outputs, device, offset);
    activation_answer_free(&mirror);
}

void activation_assert_everywhere(const activation_problem *problem, unsigned outputs, size_t offset) {
    assert_on(problem, outputs, offset, test_device_count());
}

void activation_assert_in_turn(const activation_problem *problem, unsigned outputs, size_t offset, size_t number) {
    assert_on(problem, outputs, offset, test_has_turn(number, 3) ? test_device_count() : 0);
}
