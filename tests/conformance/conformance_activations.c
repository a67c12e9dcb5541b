/* Activations: values, products with an upstream gradient, and Jacobians, of every kind, type and way through memory.
 */
#include <stdio.h>

#include "conformance_case.h"
#include "support_activation_problem.h"

static const focl_type types[] = {FOCL_F32, FOCL_F16, FOCL_BF16, FOCL_F64};

static const char *const kind_names[] = {
#define KIND_NAME(name, word) word,
    FOCL_ACTIVATE_TABLE(KIND_NAME)
#undef KIND_NAME
};

/* Ways through memory; the thin run's extent and the full one's of the axis that grows. */
static const struct {
    const char *name;
    focl_view quick, full;
    bool of_rows;
    unsigned outputs;
} ways[] = {
    {"elements", {400, 1, 1}, {20000, 1, 1}, false, ACTIVATION_BIT(value) | ACTIVATION_BIT(product)},
    {"rows", {40, 10, 1}, {1500, 10, 1}, true, ACTIVATION_BIT(value) | ACTIVATION_BIT(product)},
    {"pixels", {2, 19, 11}, {2, 19, 401}, true, ACTIVATION_BIT(value) | ACTIVATION_BIT(product)},
    {"jacobian", {9, 10, 1}, {200, 19, 1}, true, ACTIVATION_BIT(jacobian)},
};

static conformance_output output_of(enum activation_array array) {
    return array == ACTIVATION_value     ? CONFORMANCE_VALUE
           : array == ACTIVATION_product ? CONFORMANCE_PRODUCT
                                         : CONFORMANCE_JACOBIAN;
}

/* An entry with the problem that it is of. */
typedef struct located {
    const activation_problem *problem;
    const activation_comparison *of;
} located;

/* Of a Jacobian the place says row, i and j; inputs are as many as classes. */
static void describe_entry(char *text, size_t bytes, const void *context) {
    const located *at = context;
    const activation_problem *problem = at->problem;
    const focl_type type = problem->description.type;
    if (at->of->array == ACTIVATION_jacobian)
        (void)snprintf(text, bytes, "%s: entry %zu: found %a, true %a", problem->name, at->of->place, at->of->found,
                       at->of->truth);
    else
        (void)snprintf(text, bytes, "%s: input %a, upstream %a, at %zu: found %a, true %a", problem->name,
                       loss_value_at(type, problem->arrays[ACTIVATION_x], at->of->place),
                       loss_value_at(type, problem->arrays[ACTIVATION_upstream], at->of->place), at->of->place,
                       at->of->found, at->of->truth);
}

static void note_entry(void *context, const activation_problem *problem, const activation_comparison *of) {
    const located at = {problem, of};
    const conformance_entry entry = {
        .output = output_of(of->array), .error = of->error, .bound = of->bound, .holds = of->error <= of->bound};
    conformance_note(context, &entry, describe_entry, &at);
}

static void compare(conformance_run *run, const activation_problem *problem, const activation_answer *mirror,
                    const activation_answer *answer) {
    const activation_difference first = activation_first_difference(problem, mirror, answer);
    char text[320];
    (void)snprintf(text, sizeof text, "%s: %s[%zu] is %a, the mirror has %a", problem->name,
                   activation_array_name(first.array), first.place, first.found, first.expected);
    conformance_compared(run, first.any ? text : NULL);
}

static void examine(conformance_run *run, const activation_problem *problem, unsigned outputs) {
    activation_answer mirror = activation_answer_create(problem, outputs);
    activation_answer answer = activation_answer_create(problem, outputs);
    if (conformance_worked(run, problem->name, activation_on_host(run->handle, problem, &answer))) {
        run->line->problems++;
        activation_compare(problem, &answer, note_entry, run);
        if (conformance_worked(run, "the mirror", activation_on_mirror(problem, &mirror)))
            compare(run, problem, &mirror, &answer);
    }
    activation_answer_free(&mirror);
    activation_answer_free(&answer);
}

/* The case's number is that of its way. */
static void run_activation(conformance_run *run, const conformance_case *of) {
    const focl_activation_description description = {
        .kind = (focl_activate_kind)of->recipe.description.activation,
        .shape = run->quick ? ways[of->number].quick : ways[of->number].full,
        .type = of->recipe.description.logits_type,
    };
    activation_problem problem = activation_problem_create(of->objective, &description, of->stream);
    const unsigned outputs = ways[of->number].outputs;
    run->line->bound = outputs & ACTIVATION_BIT(jacobian) ? activation_bound(description.kind, ACTIVATION_jacobian)
                                                          : activation_bound(description.kind, ACTIVATION_product);
    examine(run, &problem, outputs);
    activation_problem_free(&problem);
}

/* What the thin run has: rows take a device seconds to compile. */
static bool is_essential(size_t kind, size_t way, size_t type) {
    static const struct {
        focl_activate_kind kind;
        size_t way;
        focl_type type;
    } essential[] = {
        {FOCL_ACTIVATE_SIGMOID, 0, FOCL_F32}, {FOCL_ACTIVATE_LOG_SIGMOID, 0, FOCL_BF16},
        {FOCL_ACTIVATE_SOFTMAX, 1, FOCL_F32}, {FOCL_ACTIVATE_LOG_SOFTMAX, 2, FOCL_F16},
        {FOCL_ACTIVATE_SOFTMAX, 3, FOCL_F32},
    };
    for (size_t i = 0; i < COUNT_OF(essential); i++)
        if (essential[i].kind == kind && essential[i].way == way && essential[i].type == types[type])
            return true;
    return false;
}

static void add_activation(conformance_list *list, size_t kind, size_t way, size_t type) {
    conformance_case one = {
        .operation = "activation",
        .objective = kind_names[kind],
        .type = focl_type_name(types[type]),
        .targets = "-",
        .mapping = ways[way].name,
        .quick = is_essential(kind, way, type),
        .run = run_activation,
        .stream = 1000 * list->count,
        .number = way,
    };
    one.recipe.description.activation = (focl_activation)kind;
    one.recipe.description.logits_type = types[type];
    conformance_add(list, &one);
}

static bool is_of_rows(size_t kind) {
    const focl_activation_description description = {.kind = (focl_activate_kind)kind};
    return activation_is_of_rows(&description);
}

void conformance_add_activations(conformance_list *list) {
    for (size_t kind = 0; kind < COUNT_OF(kind_names); kind++)
        for (size_t way = 0; way < COUNT_OF(ways); way++)
            for (size_t type = 0; ways[way].of_rows == is_of_rows(kind) && type < COUNT_OF(types); type++)
                add_activation(list, kind, way, type);
}
