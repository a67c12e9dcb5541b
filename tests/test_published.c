/* The published cases: the reference, the mirror and every device give what other projects print and test. */
#include <math.h>
#include <stdlib.h>

#include "data/published_cases.h"
#include "data/published_relatives.h"
#include "data/published_softmax_cases.h"
#include "support_loss.h"

static const struct {
    const published_case *cases;
    size_t count;
} tables[] = {
    {published_cases, COUNT_OF(published_cases)},
    {published_relatives, COUNT_OF(published_relatives)},
    {published_softmax_cases, COUNT_OF(published_softmax_cases)},
};

/* The cases of all tables, one after the other. */
enum { CASES = COUNT_OF(published_cases) + COUNT_OF(published_relatives) + COUNT_OF(published_softmax_cases) };

static const published_case *case_at(size_t index) {
    size_t table = 0;
    while (index >= tables[table].count)
        index -= tables[table++].count;
    return &tables[table].cases[index];
}

static focl_loss_description description_of(const published_case *published) {
    focl_loss_description description =
        focl_loss_default(published->activation, published->objective, published->shape);
    description.targets_type = published->labels ? FOCL_I64 : FOCL_F32;
    description.gamma = published->gamma;
    description.gamma_negative = published->gamma_negative > 0 ? published->gamma_negative : -1;
    description.margin = published->margin;
    description.alpha = published->alpha;
    description.label_smoothing = published->label_smoothing;
    description.clip = published->clip;
    description.has_ignore_index = published->has_ignore_index;
    description.ignore_index = published->ignore_index;
    description.pos_weight_count = published->pos_weights.count;
    description.weights_extent = published->weights_extent;
    description.reduction = published->reduction;
    description.normalizer = published->normalizer;
    return description;
}

static double number_at(const struct numbers *numbers, size_t index) {
    return numbers->values[index % numbers->count];
}

static void set_floats(loss_problem *problem, enum loss_array array, const struct numbers *numbers) {
    const size_t count = loss_array_elements(&problem->description, array);
    float *values = test_guarded(count * sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)number_at(numbers, i);
    problem->inputs[array] = values;
}

static void set_labels(loss_problem *problem, const struct numbers *numbers) {
    const size_t count = loss_array_elements(&problem->description, LOSS_targets);
    int64_t *labels = test_guarded(count * sizeof *labels);
    for (size_t i = 0; i < count; i++)
        labels[i] = (int64_t)number_at(numbers, i);
    problem->inputs[LOSS_targets] = labels;
}

static loss_problem problem_of(const published_case *published) {
    const focl_loss_description description = description_of(published);
    loss_problem problem = loss_problem_empty(published->id, &description);
    set_floats(&problem, LOSS_logits, &published->logits);
    if (published->labels)
        set_labels(&problem, &published->targets);
    else
        set_floats(&problem, LOSS_targets, &published->targets);
    if (published->class_weights.count)
        set_floats(&problem, LOSS_class_weights, &published->class_weights);
    if (published->pos_weights.count)
        set_floats(&problem, LOSS_pos_weights, &published->pos_weights);
    if (published->weights.count)
        set_floats(&problem, LOSS_weights, &published->weights);
    return problem;
}

static void assert_number(const published_case *published, const char *where, const char *what, size_t index,
                          double expected, double found) {
    const double allowed = published->absolute + published->relative * fabs(expected);
    ck_assert_msg(fabs(found - expected) <= allowed, "%s (%s) on %s: %s[%zu] is %.9g, published is %.9g, tolerance %g",
                  published->id, published->source, where, what, index, found, expected, allowed);
}

static void assert_numbers(const published_case *published, const char *where, const char *what,
                           const struct numbers *expected, const double *found, size_t count) {
    for (size_t i = 0; expected->count && i < count; i++)
        assert_number(published, where, what, i, number_at(expected, i), found[i]);
}

static void assert_row_means(const published_case *published, const char *where, const double *losses) {
    const size_t classes = published->shape.classes;
    for (size_t row = 0; row < published->row_mean_losses.count; row++) {
        double sum = 0;
        for (size_t c = 0; c < classes; c++)
            sum += losses[row * classes + c];
        assert_number(published, where, "row mean", row, number_at(&published->row_mean_losses, row),
                      sum / (double)classes);
    }
}

static void assert_published(const published_case *published, const char *where, double reduced, const double *losses,
                             const double *gradient) {
    const focl_loss_description description = description_of(published);
    const size_t loss_count = loss_array_elements(&description, LOSS_loss);
    assert_numbers(published, where, "reduced", &published->reduced, &reduced, 1);
    assert_numbers(published, where, "loss", &published->losses, losses, loss_count);
    assert_numbers(published, where, "gradient", &published->gradient, gradient,
                   loss_array_elements(&description, LOSS_gradient));
    assert_row_means(published, where, losses);
}

static double *widened(const float *values, size_t count) {
    double *wide = calloc(count + 1, sizeof *wide);
    ck_assert_ptr_nonnull(wide);
    for (size_t i = 0; values && i < count; i++)
        wide[i] = (double)values[i];
    return wide;
}

static void assert_answer_published(const published_case *published, const loss_problem *problem,
                                    const loss_answer *answer, const char *where) {
    const focl_loss_description *description = &problem->description;
    const float *reduced = answer->outputs[LOSS_reduced];
    double *losses = widened(answer->outputs[LOSS_loss], loss_array_elements(description, LOSS_loss));
    double *gradient = widened(answer->outputs[LOSS_gradient], loss_array_elements(description, LOSS_gradient));
    assert_published(published, where, reduced ? (double)*reduced : 0, losses, gradient);
    free(losses);
    free(gradient);
}

START_TEST(reference_gives_published) {
    const published_case *published = case_at((size_t)_i);
    loss_problem problem = problem_of(published);
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
    const published_case *published = case_at((size_t)_i);
    loss_problem problem = problem_of(published);
    loss_answer answer = loss_answer_create(&problem, loss_outputs(&problem.description));
    assert_done(published, "the mirror", loss_on_mirror(&problem, &answer));
    assert_answer_published(published, &problem, &answer, "the mirror");
    loss_answer_free(&answer);
    loss_problem_free(&problem);
}
END_TEST

START_TEST(devices_give_published) {
    const published_case *published = case_at((size_t)_i);
    loss_problem problem = problem_of(published);
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
    tcase_add_loop_test(tcase, test, 0, CASES);
    suite_add_tcase(suite, tcase);
}

int main(void) {
    Suite *suite = suite_create("published");
    add_case(suite, "reference", reference_gives_published);
    add_case(suite, "mirror", mirror_gives_published);
    add_case(suite, "devices", devices_give_published);
    return test_main(suite);
}
