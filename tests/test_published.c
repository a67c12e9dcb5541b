/* The published cases: the reference, the mirror and every device give what other projects print and test. */
#include <math.h>
#include <stdlib.h>

#include "support_loss.h"
#include "support_published.h"

/* The context is where the numbers are from. */
static void assert_number(void *where, const published_case *published, const published_number *number) {
    ck_assert_msg(fabs(number->found - number->expected) <= number->allowed,
                  "%s (%s) on %s: %s[%zu] is %.9g, published is %.9g, tolerance %g", published->id, published->source,
                  *(const char **)where, number->what, number->index, number->found, number->expected, number->allowed);
}

static void assert_published(const published_case *published, const char *where, double reduced, const double *losses,
                             const double *gradient) {
    published_compare(published, reduced, losses, gradient, assert_number, &where);
}

static void assert_answer_published(const published_case *published, const loss_problem *problem,
                                    const loss_answer *answer, const char *where) {
    published_compare_answer(published, problem, answer, assert_number, &where);
}

START_TEST(reference_gives_published) {
    const published_case *published = published_at((size_t)_i);
    loss_problem problem = published_problem(published);
    loss_truth truth = loss_truth_of(&problem);
    assert_published(published, "the reference", truth.reduced, truth.loss, truth.gradient);
    loss_truth_free(&truth);
    loss_problem_free(&problem);
}
END_TEST

static void assert_done(const published_case *published, const char *where, focl_status status) {
    ck_assert_msg(status == FOCL_OK, "%s on %s: %s", published->id, where, focl_last_error()->message);
}

START_TEST(mirror_gives_published) {
    const published_case *published = published_at((size_t)_i);
    loss_problem problem = published_problem(published);
    loss_answer answer = loss_answer_create(&problem, loss_outputs(&problem.description));
    assert_done(published, "the mirror", loss_on_mirror(&problem, &answer));
    assert_answer_published(published, &problem, &answer, "the mirror");
    loss_answer_free(&answer);
    loss_problem_free(&problem);
}
END_TEST

START_TEST(devices_give_published) {
    const published_case *published = published_at((size_t)_i);
    loss_problem problem = published_problem(published);
    for (size_t device = 0; device < test_device_count(); device++) {
        loss_answer answer = loss_answer_create(&problem, loss_outputs(&problem.description));
        const char *where = test_device_name(device);
        assert_done(published, where, loss_on_host(test_device(device), &problem, &answer));
        assert_answer_published(published, &problem, &answer, where);
        loss_answer_free(&answer);
    }
    loss_problem_free(&problem);
}
END_TEST

static void add_case(Suite *suite, const char *name, const TTest *test) {
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, test, 0, (int)published_count());
    suite_add_tcase(suite, tcase);
}

int main(void) {
    Suite *suite = suite_create("published");
    add_case(suite, "reference", reference_gives_published);
    add_case(suite, "mirror", mirror_gives_published);
    add_case(suite, "devices", devices_give_published);
    return test_main(suite);
}
