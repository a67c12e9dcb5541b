/* Named cases of calls: outputs, layouts, repetition, mappings and sizes. */
#include <stdio.h>
#include <string.h>

#include "conformance_named.h"
#include "support_judgement.h"

/* Mean focal loss of elements with soft targets. */
static loss_recipe usual(focl_view shape) {
    loss_recipe recipe = {.name = "focal", .soft = true};
    recipe.description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, shape);
    recipe.description.gamma = 1.5;
    return recipe;
}

/* Softmax focal loss of labels. */
static loss_recipe usual_rows(focl_view shape) {
    loss_recipe recipe = {.name = "softmax focal"};
    recipe.description = focl_loss_default(FOCL_SOFTMAX, FOCL_FOCAL, shape);
    recipe.description.targets_type = FOCL_I32;
    recipe.description.reduction = FOCL_REDUCTION_SUM;
    return recipe;
}

void conformance_upstream(conformance_run *run, const conformance_case *of) {
    loss_recipe recipe = usual((focl_view){conformance_size(run, 300, 20000), 1, 1});
    recipe.name = of->name;
    recipe.description.reduction = FOCL_REDUCTION_NONE;
    recipe.description.upstream_extent = FOCL_PER_ELEMENT;
    recipe.inputs = LOSS_BIT(upstream);
    conformance_random(run, &recipe, of->stream);
}

void conformance_accumulated(conformance_run *run, const conformance_case *of) {
    static const double factors[] = {1, -0.5, 0.25};
    loss_recipe recipe = usual((focl_view){conformance_size(run, 300, 5000), 1, 1});
    recipe.name = of->name;
    for (size_t i = 0; i < COUNT_OF(factors); i++) {
        recipe.description.accumulate = factors[i];
        loss_problem problem = loss_problem_create(&recipe, of->stream + i);
        loss_give_old_gradient(&problem, of->stream + 10 + i);
        conformance_loss(run, &problem);
        loss_problem_free(&problem);
    }
}

/* ---- The same bits ---- */

/* An answer of the host form, to be freed whether or not it worked. */
static bool answer_of(conformance_run *run, const loss_problem *problem, loss_answer *answer) {
    *answer = loss_answer_create(problem, loss_outputs(&problem->description));
    return conformance_worked(run, problem->name, loss_on_host(run->handle, problem, answer));
}

/* Whatever the device: these bits are its own. */
static void require_same(conformance_run *run, const loss_problem *problem, const loss_answer *expected,
                         const loss_answer *found, const char *whose) {
    const loss_difference first = loss_first_difference(problem, expected, found);
    conformance_require(run, !first.any, "%s: %s[%zu] is %a, %s %a", problem->name, loss_array_name(first.array),
                        first.place, first.found, whose, first.expected);
}

void conformance_in_place(conformance_run *run, const conformance_case *of) {
    loss_recipe recipe = usual((focl_view){conformance_size(run, 300, 5000), 1, 1});
    recipe.name = of->name;
    loss_problem problem = loss_problem_create(&recipe, of->stream);
    loss_answer apart;
    if (answer_of(run, &problem, &apart)) {
        problem.description.in_place = true;
        for (size_t i = 0; i < 2; i++) {
            loss_answer over;
            if (answer_of(run, &problem, &over))
                require_same(run, &problem, &apart, &over, "apart it is");
            loss_answer_free(&over);
        }
    }
    run->line->problems++;
    loss_answer_free(&apart);
    loss_problem_free(&problem);
}

static void compare_with_entropy(conformance_run *run, const loss_recipe *recipe, uint64_t stream) {
    loss_problem problem = loss_problem_create(recipe, stream);
    loss_answer focal;
    loss_answer entropy;
    const bool worked = answer_of(run, &problem, &focal);
    problem.description.objective = FOCL_CROSS_ENTROPY;
    if (answer_of(run, &problem, &entropy) && worked)
        require_same(run, &problem, &entropy, &focal, "of cross entropy it is");
    run->line->problems++;
    loss_answer_free(&focal);
    loss_answer_free(&entropy);
    loss_problem_free(&problem);
}

void conformance_gamma_0(conformance_run *run, const conformance_case *of) {
    loss_recipe elements = usual((focl_view){conformance_size(run, 300, 5000), 1, 1});
    loss_recipe rows = usual_rows((focl_view){conformance_size(run, 30, 500), 10, 1});
    elements.description.gamma = rows.description.gamma = 0;
    elements.description.alpha = -1;
    compare_with_entropy(run, &elements, of->stream);
    if (!run->quick)
        compare_with_entropy(run, &rows, of->stream + 1);
}

static void repeat(conformance_run *run, const loss_recipe *recipe, uint64_t stream, size_t times) {
    loss_problem problem = loss_problem_create(recipe, stream);
    loss_answer first;
    if (answer_of(run, &problem, &first))
        for (size_t i = 0; i < times; i++) {
            loss_answer again;
            if (answer_of(run, &problem, &again))
                require_same(run, &problem, &first, &again, "first it was");
            loss_answer_free(&again);
        }
    run->line->problems++;
    loss_answer_free(&first);
    loss_problem_free(&problem);
}

void conformance_repeated(conformance_run *run, const conformance_case *of) {
    const loss_recipe elements = usual((focl_view){conformance_size(run, 5000, 100000), 1, 1});
    const loss_recipe rows = usual_rows((focl_view){conformance_size(run, 100, 9000), 10, 1});
    repeat(run, &elements, of->stream, conformance_size(run, 5, 100));
    repeat(run, &rows, of->stream + 1, conformance_size(run, 5, 100));
}

/* ---- Handles of other settings ---- */

static void set_variable(const char *variable, const char *value) {
    test_require((value ? setenv(variable, value, 1) : unsetenv(variable)) == 0, "%s: no memory", variable);
}

static char *copy_of(const char *text) {
    char *copy = text ? test_zeros(strlen(text) + 1, 1) : NULL;
    if (copy)
        memcpy(copy, text, strlen(text));
    return copy;
}

/* A handle of the same device with an environment variable set; NULL after a failure. */
static focl_handle *handle_with(conformance_run *run, const char *variable, const char *value) {
    char selector[32];
    focl_handle *handle = NULL;
    (void)snprintf(selector, sizeof selector, "#%zu", focl_handle_device(run->handle)->index);
    char *before = copy_of(getenv(variable));
    set_variable(variable, value);
    (void)conformance_worked(run, variable, focl_create(&handle, selector));
    set_variable(variable, before);
    free(before);
    if (handle)
        (void)focl_set_math(handle, FOCL_MATH_STRICT);
    return handle;
}

/* Examines the recipe with another handle: its bits are the mirror's, as ever. */
static void examine_with(conformance_run *run, const char *variable, const char *value, const loss_recipe *recipe,
                         uint64_t stream) {
    focl_handle *usual_handle = run->handle;
    focl_handle *handle = handle_with(run, variable, value);
    if (!handle)
        return;
    run->handle = handle;
    conformance_random(run, recipe, stream);
    run->handle = usual_handle;
    focl_destroy(handle);
}

void conformance_mappings(conformance_run *run, const conformance_case *of) {
    static const char *const mappings[] = {"1x64", "4x8", "1x1", "2x256", "8x2", "16x64"};
    loss_recipe recipe = usual((focl_view){conformance_size(run, 1000, 40000), 1, 1});
    for (size_t i = 0; i < conformance_size(run, 1, COUNT_OF(mappings)); i++) {
        recipe.name = mappings[i];
        examine_with(run, "FOCL_MAPPING", mappings[i], &recipe, of->stream);
    }
}

void conformance_wide_indices(conformance_run *run, const conformance_case *of) {
    loss_recipe recipe = usual((focl_view){conformance_size(run, 300, 9000), 1, 1});
    recipe.name = of->name;
    examine_with(run, "FOCL_INDEX64", "1", &recipe, of->stream);
}

/* ---- Sizes and layouts ---- */

void conformance_class_numbers(conformance_run *run, const conformance_case *of) {
    static const size_t counts[] = {3, 33, 80, 1, 31, 2, 19, 21, 32, 81, 150, 1000, 32000};
    const size_t elements = conformance_size(run, 200, 4000);
    for (size_t i = 0; i < conformance_size(run, 3, COUNT_OF(counts)); i++) {
        const size_t rows = elements / counts[i] + 1;
        const loss_recipe as_rows = usual_rows((focl_view){rows, counts[i], 1});
        const loss_recipe as_pixels = usual_rows((focl_view){2, counts[i], rows / 2 | 1});
        conformance_random(run, &as_rows, of->stream + 2 * i);
        if (counts[i] <= 1000 && counts[i] != 80)
            conformance_random(run, &as_pixels, of->stream + 2 * i + 1);
    }
}

void conformance_strided(conformance_run *run, const conformance_case *of) {
    static const struct {
        focl_view shape;
        focl_strides strides;
    } layouts[] = {
        {{2, 3, 35}, {105, 1, 3}},  /* NHWC */
        {{2, 3, 35}, {119, 39, 1}}, /* NCHW with gaps */
        {{11, 5, 1}, {8, 1, 1}},    /* the first columns of a matrix */
    };
    for (size_t i = 0; i < COUNT_OF(layouts); i++) {
        loss_recipe recipe = usual(layouts[i].shape);
        recipe.name = of->name;
        recipe.description.strides = layouts[i].strides;
        conformance_random(run, &recipe, of->stream + i);
    }
}

/* One element again and again: the mean is its loss. */
void conformance_many_elements(conformance_run *run, const conformance_case *of) {
    static const float logit = 0.75F;
    static const float target = 1;
    const size_t count = ((size_t)1 << 31) + 5;
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){1, 1, 1});
    loss_problem one = loss_problem_empty(of->name, &description);
    loss_problem_set(&one, LOSS_logits, &logit);
    loss_problem_set(&one, LOSS_targets, &target);
    loss_truth truth = loss_truth_of(&one);
    description.shape.outer = count;
    description.strides = (focl_strides){0, 1, 1};
    one.description = description;
    loss_answer answer = loss_answer_create(&one, LOSS_BIT(reduced) | LOSS_BIT(counts));
    run->line->problems++;
    if (conformance_worked(run, of->name, loss_on_device(run->handle, &one, &answer, 0))) {
        const float reduced = *(const float *)answer.outputs[LOSS_reduced];
        const focl_loss_counts *counts = answer.outputs[LOSS_counts];
        conformance_require(run, test_is_close(truth.loss[0], 0, reduced, 8 + 5), "the mean is %a, a loss %a",
                            (double)reduced, truth.loss[0]);
        conformance_require(run, counts->elements == count && counts->counted == count, "%llu elements, %llu counted",
                            (unsigned long long)counts->elements, (unsigned long long)counts->counted);
    }
    loss_answer_free(&answer);
    loss_truth_free(&truth);
    loss_problem_free(&one);
}
