/* Random problems: the arrays of the sigmoid family, and the factors and labels of both families. */
#include <math.h>
#include <string.h>

#include "support_problem.h"

static double random_logit(test_random *random) {
    const bool moderate = test_random_below(random, 3) == 0;
    return moderate ? test_random_uniform(random, -20, 20) : test_random_size(random, 1e-30, 1e4);
}

/* Uniform, near one of the ends, or an end itself. */
static double random_probability(test_random *random) {
    const double near_end = fabs(test_random_size(random, 1e-30, 0.5));
    switch (test_random_below(random, 16)) {
    case 0:
        return (double)test_random_below(random, 2);
    case 1:
    case 2:
    case 3:
        return near_end;
    case 4:
    case 5:
    case 6:
        return 1 - near_end;
    default:
        return test_random_uniform(random, 0, 1);
    }
}

static double random_value(test_random *random) {
    return test_random_uniform(random, -3, 3);
}

static double random_hard_target(test_random *random) {
    return (double)test_random_below(random, 2);
}

static double random_soft_target(test_random *random) {
    return test_random_below(random, 4) == 0 ? random_hard_target(random) : test_random_uniform(random, 0, 1);
}

static double random_weight(test_random *random) {
    return test_random_below(random, 8) == 0 ? 0 : test_random_uniform(random, 0.25, 4);
}

static double random_factor(test_random *random) {
    return test_random_uniform(random, -2, 2);
}

typedef double (*number)(test_random *random);

static bool is_of_values(const focl_loss_description *description) {
    return description->activation == FOCL_IDENTITY && description->objective == FOCL_MSE;
}

static number input_of(const focl_loss_description *description) {
    if (is_of_values(description))
        return random_value;
    return description->activation == FOCL_IDENTITY ? random_probability : random_logit;
}

static number target_of(const focl_loss_description *description, bool soft) {
    if (!soft)
        return random_hard_target;
    return is_of_values(description) ? random_value : random_soft_target;
}

/* Gaps hold NaN: nothing may come of them. */
static void *with_gaps(const loss_problem *problem, enum loss_array array) {
    const focl_loss_description *description = &problem->description;
    const focl_type type = loss_array_type(description, array);
    void *values = test_guarded(loss_array_bytes(description, array));
    for (size_t i = 0; focl_type_is_float(type) && i < loss_array_elements(description, array); i++)
        loss_put_value(type, values, i, (double)NAN);
    return values;
}

static void fill(loss_problem *problem, enum loss_array array, test_random *random, number next) {
    const focl_loss_description *description = &problem->description;
    const focl_type type = loss_array_type(description, array);
    problem->inputs[array] = with_gaps(problem, array);
    for (size_t i = 0; i < loss_array_count(description, array); i++)
        loss_put_value(type, problem->inputs[array], loss_array_place(description, array, i), next(random));
}

/* ---- Labels ---- */

static int64_t random_label(const focl_loss_description *description, test_random *random) {
    const size_t choice = test_random_below(random, 8);
    if (choice == 0 && description->has_ignore_index)
        return description->ignore_index;
    if (choice == 1 && description->has_background)
        return description->background;
    return (int64_t)test_random_below(random, description->shape.classes);
}

static void fill_labels(loss_problem *problem, test_random *random) {
    const focl_loss_description *description = &problem->description;
    problem->inputs[LOSS_targets] = with_gaps(problem, LOSS_targets);
    for (size_t row = 0; description->shape.classes > 0 && row < loss_row_count(description); row++)
        loss_put_value(description->targets_type, problem->inputs[LOSS_targets], row,
                       (double)random_label(description, random));
}

static bool is_ignored(const loss_problem *problem, size_t row) {
    const focl_loss_description *description = &problem->description;
    const double ignored = (double)description->ignore_index;
    const double label = loss_value_at(description->targets_type, problem->inputs[LOSS_targets], row);
    return description->has_ignore_index && label <= ignored && label >= ignored;
}

static void spoil_ignored_rows(loss_problem *problem) {
    static const double spoiled[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, 1};
    const focl_loss_description *description = &problem->description;
    for (size_t i = 0; i < loss_array_count(description, LOSS_logits); i++) {
        const loss_element element = loss_element_of(description, i);
        if (is_ignored(problem, element.row))
            loss_put_value(description->logits_type, problem->inputs[LOSS_logits], element.place,
                           spoiled[i % COUNT_OF(spoiled)]);
    }
}

/* ---- The whole ---- */

loss_problem loss_problem_empty(const char *name, const focl_loss_description *description) {
    return (loss_problem){.name = name, .description = *description};
}

void loss_problem_set(loss_problem *problem, enum loss_array array, const void *values) {
    const size_t bytes = loss_array_bytes(&problem->description, array);
    problem->inputs[array] = test_guarded(bytes);
    memcpy(problem->inputs[array], values, bytes);
}

loss_problem loss_problem_create(const loss_recipe *recipe, uint64_t stream) {
    return loss_problem_create_from(recipe, test_random_start(stream));
}

/* Of rows the logits depend on the targets, of elements they do not. */
static void fill_required(loss_problem *problem, test_random *random) {
    const focl_loss_description *description = &problem->description;
    const bool of_rows = loss_is_of_rows(description);
    if (of_rows)
        problem->inputs[LOSS_logits] = with_gaps(problem, LOSS_logits);
    else
        fill(problem, LOSS_logits, random, input_of(description));
    if (!loss_is_dense(description))
        fill_labels(problem, random);
    else if (of_rows)
        problem->inputs[LOSS_targets] = with_gaps(problem, LOSS_targets);
    else
        fill(problem, LOSS_targets, random, target_of(description, problem->soft));
    if (of_rows)
        loss_fill_rows(problem, random);
    if (description->has_ignore_index)
        spoil_ignored_rows(problem);
}

loss_problem loss_problem_create_from(const loss_recipe *recipe, test_random random) {
    static const number optional[LOSS_FIRST_OUTPUT] = {
        [LOSS_class_weights] = random_weight, [LOSS_pos_weights] = random_weight, [LOSS_weights] = random_weight,
        [LOSS_upstream] = random_factor,      [LOSS_normalizer] = random_weight,
    };
    loss_problem problem = loss_problem_empty(recipe->name, &recipe->description);
    problem.soft = recipe->soft;
    fill_required(&problem, &random);
    for (size_t i = 0; i < LOSS_FIRST_OUTPUT; i++)
        if (optional[i] && recipe->inputs & (1u << i))
            fill(&problem, (enum loss_array)i, &random, optional[i]);
    return problem;
}

void loss_give_old_gradient(loss_problem *problem, uint64_t stream) {
    const size_t count = loss_array_elements(&problem->description, LOSS_gradient);
    test_random random = test_random_start(stream);
    problem->old_gradient = test_guarded(count * sizeof(float));
    for (size_t i = 0; i < count; i++)
        problem->old_gradient[i] = (float)test_random_uniform(&random, -1, 1);
}

void loss_problem_free(loss_problem *problem) {
    for (size_t i = 0; i < LOSS_FIRST_OUTPUT; i++)
        test_guarded_free(problem->inputs[i]);
    test_guarded_free(problem->old_gradient);
    *problem = (loss_problem){0};
}
