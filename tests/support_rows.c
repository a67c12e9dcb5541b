/* Random rows of the softmax family: the targets first, then logits that suit them in one way or another. */
#include <math.h>
#include <stdlib.h>

#include "support_problem.h"

/* A row while it is made. */
typedef struct row {
    size_t classes;
    size_t main;    /* the label, or a class of the dense row that is not 0 */
    double *target; /* the row's distribution */
    double *logits;
    bool any_class_costs; /* label smoothing: no class may be impossible */
} row;

/* ---- Targets ---- */

static void one_hot(const row *of, test_random *random) {
    (void)random;
    of->target[of->main] = 1;
}

static void two_classes(const row *of, test_random *random) {
    const double share = test_random_uniform(random, 0, 1);
    of->target[of->main] += share;
    double *other = &of->target[test_random_below(random, of->classes)];
    *other = fmin(*other + (1 - share), 1);
}

static void spread(const row *of, test_random *random) {
    double sum = 0;
    for (size_t c = 0; c < of->classes; c++)
        sum += of->target[c] = pow(test_random_uniform(random, 0, 1), 4) + 1e-6;
    for (size_t c = 0; c < of->classes; c++)
        of->target[c] /= sum;
}

static void smoothed(const row *of, test_random *random) {
    (void)random;
    for (size_t c = 0; c < of->classes; c++)
        of->target[c] = 0.1 / (double)of->classes;
    of->target[of->main] += 0.9;
}

/* Not a distribution: nothing says that it must be one. */
static void independent(const row *of, test_random *random) {
    for (size_t c = 0; c < of->classes; c++)
        of->target[c] = test_random_below(random, 4) == 0 ? test_random_uniform(random, 0, 1) : 0;
}

typedef void (*row_maker)(const row *of, test_random *random);

static void make_target(const row *of, bool soft, test_random *random) {
    static const row_maker makers[] = {one_hot, two_classes, two_classes, spread, spread, smoothed, independent};
    for (size_t c = 0; c < of->classes; c++)
        of->target[c] = 0;
    makers[soft ? test_random_below(random, COUNT_OF(makers)) : 0](of, random);
}

/* ---- Logits ---- */

static void uniform(const row *of, test_random *random) {
    static const double scales[] = {0.1, 1, 5, 20};
    const double scale = scales[test_random_below(random, COUNT_OF(scales))];
    for (size_t c = 0; c < of->classes; c++)
        of->logits[c] = test_random_uniform(random, -scale, scale);
}

static void of_every_size(const row *of, test_random *random) {
    for (size_t c = 0; c < of->classes; c++)
        of->logits[c] = test_random_size(random, 1e-30, 1e4);
}

static void dominated_by(const row *of, size_t class_number, test_random *random) {
    static const double leads[] = {5, 17, 40, 80, 88, 89, 104, 200, 1e4};
    for (size_t c = 0; c < of->classes; c++)
        of->logits[c] = test_random_uniform(random, -1, 1);
    of->logits[class_number] += leads[test_random_below(random, COUNT_OF(leads))];
}

static void right(const row *of, test_random *random) {
    dominated_by(of, of->main, random);
}

static void wrong(const row *of, test_random *random) {
    dominated_by(of, (of->main + 1) % of->classes, random);
}

static void tied(const row *of, test_random *random) {
    for (size_t c = 0; c < of->classes; c++)
        of->logits[c] = (double)test_random_below(random, 3) - 1;
}

static void shifted(const row *of, test_random *random) {
    const double shift = test_random_uniform(random, -1e4, 1e4);
    uniform(of, random);
    for (size_t c = 0; c < of->classes; c++)
        of->logits[c] += shift;
}

static void with_impossible_classes(const row *of, test_random *random) {
    uniform(of, random);
    for (size_t c = 0; !of->any_class_costs && c < of->classes; c++)
        if (c != of->main && of->target[c] <= 0 && test_random_below(random, 3) == 0)
            of->logits[c] = -(double)INFINITY;
}

static void make_logits(const row *of, test_random *random) {
    static const row_maker makers[] = {uniform, uniform, of_every_size, right, wrong,
                                       tied,    shifted, right,         wrong, with_impossible_classes};
    makers[test_random_below(random, COUNT_OF(makers))](of, random);
}

/* ---- Probabilities ---- */

/* The least that is not 0 in the type, or near it: a target there has a finite loss. */
static double least_probability(focl_type type) {
    return type == FOCL_F16 ? 1e-4 : 1e-30;
}

static void make_probabilities(const row *of, double least, test_random *random) {
    double largest = -(double)INFINITY;
    double sum = 0;
    make_logits(of, random);
    for (size_t c = 0; c < of->classes; c++)
        largest = fmax(largest, of->logits[c]);
    for (size_t c = 0; c < of->classes; c++)
        sum += of->logits[c] = exp(of->logits[c] - largest);
    for (size_t c = 0; c < of->classes; c++)
        of->logits[c] = fmin(fmax(of->logits[c] / sum, least), 1);
}

/* Now and then what is right is certain. */
static void make_certain(const row *of) {
    for (size_t c = 0; c < of->classes; c++)
        of->logits[c] = c == of->main;
}

static bool is_one_hot(const row *of) {
    double others = 0;
    for (size_t c = 0; c < of->classes; c++)
        others += c == of->main ? 0 : of->target[c];
    return of->target[of->main] >= 1 && others <= 0;
}

static void make_inputs(const focl_loss_description *description, const row *of, test_random *random) {
    if (description->activation == FOCL_SOFTMAX)
        make_logits(of, random);
    else if (is_one_hot(of) && !of->any_class_costs && test_random_below(random, 8) == 0)
        make_certain(of);
    else
        make_probabilities(of, least_probability(description->logits_type), random);
}

/* ---- The whole ---- */

static size_t label_of(const loss_problem *problem, size_t row_number) {
    const focl_loss_description *description = &problem->description;
    const double label = loss_value_at(description->targets_type, problem->inputs[LOSS_targets], row_number);
    return label >= 0 && label < (double)description->shape.classes ? (size_t)label : 0;
}

static void put_row(loss_problem *problem, enum loss_array array, size_t row_number, const double *values) {
    const focl_loss_description *description = &problem->description;
    for (size_t c = 0; c < description->shape.classes; c++)
        loss_put_value(loss_array_type(description, array), problem->inputs[array],
                       loss_element_in_row(description, row_number, c).place, values[c]);
}

static void fill_row(loss_problem *problem, row *of, size_t row_number, test_random *random) {
    const bool dense = loss_is_dense(&problem->description);
    of->main = dense ? test_random_below(random, of->classes) : label_of(problem, row_number);
    make_target(of, dense && problem->soft, random);
    if (dense)
        put_row(problem, LOSS_targets, row_number, of->target);
    make_inputs(&problem->description, of, random);
    put_row(problem, LOSS_logits, row_number, of->logits);
}

void loss_fill_rows(loss_problem *problem, test_random *random) {
    const focl_loss_description *description = &problem->description;
    const size_t classes = description->shape.classes;
    row of = {.classes = classes, .any_class_costs = description->label_smoothing > 0};
    if (loss_array_count(description, LOSS_logits) == 0)
        return;
    of.target = test_zeros(classes, sizeof *of.target);
    of.logits = test_zeros(classes, sizeof *of.logits);
    for (size_t row_number = 0; row_number < loss_row_count(description); row_number++)
        fill_row(problem, &of, row_number, random);
    free(of.target);
    free(of.logits);
}
