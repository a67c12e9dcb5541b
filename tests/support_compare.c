/* How an answer is compared with the truth, and with another answer. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "support_judge.h"
#include "support_loss.h"

static void fail_entry(const loss_problem *problem, const loss_comparison *of, const char *where) {
    const focl_loss_description *description = &problem->description;
    const loss_element element = loss_comparison_element(problem, of);
    ck_abort_msg("%s on %s: %s[%zu] is %a, %s %a: %.1f ulp of %g (of %g); row %zu, column %zu, input %a, target %g, "
                 "gamma %g",
                 problem->name, where, loss_array_name(of->array), of->number, of->found,
                 of->of_own_sum ? "the losses' sum is" : "true is", of->truth, loss_error_ulps(of),
                 loss_ulps_allowed(of), fmax(fabs(of->truth), of->judge.magnitude), element.row, element.column,
                 loss_value_at(description->logits_type, problem->inputs[LOSS_logits], element.place),
                 loss_target_of(problem, element), description->gamma);
}

/* Check notes every assertion that holds too, so where there are many only the failure is told. */
static void assert_entry(void *where, const loss_problem *problem, const loss_comparison *of) {
    if (!loss_is_close(of))
        fail_entry(problem, of, *(const char **)where);
}

static void assert_counts(const loss_problem *problem, const focl_loss_counts *truth, const focl_loss_counts *found,
                          const char *where) {
    const loss_counter wrong = loss_first_wrong_counter(truth, found);
    if (wrong.name)
        ck_abort_msg("%s on %s: counts.%s is %" PRIu64 ", true is %" PRIu64, problem->name, where, wrong.name,
                     wrong.found, wrong.expected);
}

void loss_assert_close(const loss_problem *problem, const loss_truth *truth, const loss_answer *answer, double ulps,
                       const char *where) {
    loss_compare(problem, truth, answer, ulps, assert_entry, &where);
    if (answer->outputs[LOSS_counts])
        assert_counts(problem, &truth->counts, answer->outputs[LOSS_counts], where);
}

void loss_assert_same(const loss_problem *problem, const loss_answer *expected, const loss_answer *found,
                      const char *where) {
    const loss_difference first = loss_first_difference(problem, expected, found);
    if (first.any)
        ck_abort_msg("%s on %s: %s[%zu] has other bits: %a, expected %a", problem->name, where,
                     loss_array_name(first.array), first.place, first.found, first.expected);
}

/* ---- Everywhere ---- */

static void assert_status(const loss_problem *problem, focl_status status, const char *where) {
    ck_assert_msg(status == FOCL_OK, "%s on %s: %s", problem->name, where, focl_last_error()->message);
}

void loss_assert_mirror(const loss_problem *problem, const loss_truth *truth, const loss_answer *mirror) {
    assert_status(problem, loss_on_mirror(problem, mirror), "the mirror");
    loss_assert_close(problem, truth, mirror, loss_ulps(problem), "the mirror");
    loss_assert_gaps(problem, mirror);
}

/* A device without fp64 says so, by name, and writes nothing. */
static void assert_refuses_f64(const loss_problem *problem, size_t device) {
    focl_handle *handle = test_device(device);
    loss_answer answer = loss_answer_create(problem, loss_outputs(&problem->description));
    const focl_status statuses[] = {loss_on_device(handle, problem, &answer, 0),
                                    loss_on_host(handle, problem, &answer)};
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        ck_assert_msg(statuses[i] == FOCL_ENOTSUP, "%s: status %d", test_device_name(device), (int)statuses[i]);
    ck_assert_ptr_nonnull(strstr(focl_last_error()->message, "cl_khr_fp64"));
    ck_assert_ptr_nonnull(strstr(focl_last_error()->message, focl_handle_device(handle)->name));
    ck_assert(problem->old_gradient || problem->description.in_place || loss_answer_is_untouched(problem, &answer));
    loss_answer_free(&answer);
}

void loss_assert_on_device(const loss_problem *problem, const loss_truth *truth, const loss_answer *mirror,
                           size_t device, size_t offset) {
    const char *where = test_device_name(device);
    focl_handle *handle = test_device(device);
    if (problem->description.logits_type == FOCL_F64 && !focl_handle_device(handle)->fp64) {
        assert_refuses_f64(problem, device);
        return;
    }
    loss_answer on_device = loss_answer_create(problem, loss_outputs(&problem->description));
    loss_answer on_host = loss_answer_create(problem, loss_outputs(&problem->description));
    assert_status(problem, loss_on_device(handle, problem, &on_device, offset), where);
    assert_status(problem, loss_on_host(handle, problem, &on_host), where);
    if (focl_handle_device(handle)->bit_exact)
        loss_assert_same(problem, mirror, &on_device, where);
    else
        loss_assert_close(problem, truth, &on_device, loss_ulps(problem), where);
    loss_assert_same(problem, &on_device, &on_host, "the host form");
    loss_answer_free(&on_device);
    loss_answer_free(&on_host);
}

void loss_assert_everywhere(const loss_problem *problem, size_t offset) {
    loss_truth truth = loss_truth_of(problem);
    loss_answer mirror = loss_answer_create(problem, loss_outputs(&problem->description));
    loss_assert_mirror(problem, &truth, &mirror);
    for (size_t device = 0; device < test_device_count(); device++)
        loss_assert_on_device(problem, &truth, &mirror, device, offset);
    loss_answer_free(&mirror);
    loss_truth_free(&truth);
}

void loss_assert_in_turn(const loss_problem *problem, size_t offset, size_t number, size_t turns) {
    if (test_has_turn(number, turns))
        loss_assert_everywhere(problem, offset);
    else
        loss_assert_on_mirror(problem);
}

void loss_assert_on_mirror(const loss_problem *problem) {
    loss_truth truth = loss_truth_of(problem);
    loss_answer mirror = loss_answer_create(problem, loss_outputs(&problem->description));
    loss_assert_mirror(problem, &truth, &mirror);
    loss_answer_free(&mirror);
    loss_truth_free(&truth);
}
