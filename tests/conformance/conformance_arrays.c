/* Operations on flat arrays: weighted sums of losses, and steps of gradient descent, whose every operation is known. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "conformance_case.h"
#include "support_array_truth.h"

static const focl_type types[] = {FOCL_F32, FOCL_F16, FOCL_BF16, FOCL_F64};

/* ---- Weighted sums ---- */

static const struct {
    const char *name;
    bool weighted;
    double least; /* of a loss */
    double ulps;  /* the bound where no loss is negative; 0: there are some, and it is that of the magnitudes */
} sums[] = {
    {"sum of losses", false, 0, 4},
    {"sum of weighted losses", true, 0, 5},
    {"sum of signed losses", true, -4, 0},
};

/* Losses and weights of the description, guarded. */
typedef struct summands {
    focl_weighted_sum_description description;
    void *losses;
    void *weights; /* NULL: absent */
} summands;

static void *random_numbers(focl_type type, size_t count, double least, test_random *random) {
    void *values = test_guarded(count * focl_type_size(type));
    for (size_t i = 0; i < count; i++)
        loss_put_value(type, values, i, test_random_uniform(random, least, 4));
    return values;
}

static summands summands_create(size_t kind, focl_type type, size_t elements, uint64_t stream) {
    test_random random = test_random_start(stream);
    summands made = {.description = {elements, type, FOCL_F32}};
    made.losses = random_numbers(type, elements, sums[kind].least, &random);
    if (sums[kind].weighted)
        made.weights = random_numbers(FOCL_F32, elements, 0, &random);
    return made;
}

static void describe_sum(char *text, size_t bytes, const void *context) {
    const double *found = context;
    (void)snprintf(text, bytes, "found %a, true %a", found[0], found[1]);
}

/* Errors are in ulps of the sum, or of the magnitudes' sum where losses are of either sign. */
static void judge_sum(conformance_run *run, size_t kind, const summands *of, double sum) {
    const sum_truth truth = sum_truth_of(&of->description, of->losses, of->weights);
    const double numbers[] = {sum, (double)truth.sum};
    const long double size = sums[kind].ulps > 0 ? truth.sum : truth.magnitude;
    const long double error = fabsl((long double)sum - truth.sum);
    const double bound =
        sums[kind].ulps > 0 ? sums[kind].ulps : (double)sum_in_ulps(&of->description, truth.bound, size);
    const conformance_entry entry = {
        .output = CONFORMANCE_SUM,
        .error = (double)sum_in_ulps(&of->description, error, size),
        .bound = bound,
        .holds = error <= truth.bound,
    };
    run->line->bound = bound;
    conformance_note(run, &entry, describe_sum, numbers);
}

static void compare_sum(conformance_run *run, const summands *of, double sum) {
    double expected[1] = {0};
    char text[120];
    if (!conformance_worked(run, "the mirror",
                            focl_mirror_weighted_sum(&of->description, of->losses, of->weights, expected)))
        return;
    const double mirror = sum_value(&of->description, expected);
    (void)snprintf(text, sizeof text, "the sum is %a, the mirror has %a", sum, mirror);
    conformance_compared(run, memcmp(&sum, &mirror, sizeof sum) == 0 ? NULL : text);
}

static void run_sum(conformance_run *run, const conformance_case *of) {
    summands numbers = summands_create(of->number, of->recipe.description.logits_type,
                                       conformance_size(run, 9001, 1000003), of->stream);
    double found[1] = {0};
    run->line->problems++;
    if (conformance_worked(
            run, of->name,
            focl_weighted_sum_host(run->handle, &numbers.description, numbers.losses, numbers.weights, found, NULL))) {
        const double sum = sum_value(&numbers.description, found);
        judge_sum(run, of->number, &numbers, sum);
        compare_sum(run, &numbers, sum);
    }
    test_guarded_free(numbers.losses);
    test_guarded_free(numbers.weights);
}

/* ---- Steps of gradient descent ---- */

/* Parameters before and after a step, and what they should be. */
typedef struct steps {
    focl_gradient_step_description description;
    void *before;
    void *gradient;
    void *after;
    void *expected;
} steps;

static size_t bytes_of(const steps *of) {
    return of->description.elements * focl_type_size(of->description.type);
}

static steps steps_create(focl_type type, size_t elements, uint64_t stream) {
    test_random random = test_random_start(stream);
    steps made = {.description = {type, elements, 0.1, 0.01}};
    made.before = test_guarded(bytes_of(&made));
    made.gradient = test_guarded(bytes_of(&made));
    made.after = test_guarded(bytes_of(&made));
    made.expected = test_guarded(bytes_of(&made));
    for (size_t i = 0; i < elements; i++) {
        loss_put_value(type, made.before, i, step_random_number(&random));
        loss_put_value(type, made.gradient, i, step_random_number(&random));
        loss_put_value(
            type, made.expected, i,
            step_truth(&made.description, loss_value_at(type, made.before, i), loss_value_at(type, made.gradient, i)));
    }
    return made;
}

static void steps_free(steps *made) {
    test_guarded_free(made->before);
    test_guarded_free(made->gradient);
    test_guarded_free(made->after);
    test_guarded_free(made->expected);
}

static cl_mem buffer_of(const conformance_run *run, void *values, size_t bytes) {
    cl_int code = CL_SUCCESS;
    cl_mem memory = clCreateBuffer(focl_handle_context(run->handle), CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, bytes,
                                   values, &code);
    test_require(code == CL_SUCCESS, "no device memory");
    return memory;
}

static focl_status step_on_device(const conformance_run *run, const steps *of) {
    const focl_buffer parameters = {buffer_of(run, of->before, bytes_of(of)), 0};
    const focl_buffer gradient = {buffer_of(run, of->gradient, bytes_of(of)), 0};
    cl_command_queue queue = focl_handle_queue(run->handle);
    const focl_status status =
        focl_gradient_step(run->handle, &of->description, parameters, gradient, NULL, 0, NULL, NULL);
    if (!status)
        test_require(clEnqueueReadBuffer(queue, parameters.memory, CL_TRUE, 0, bytes_of(of), of->after, 0, NULL,
                                         NULL) == CL_SUCCESS,
                     "the parameters cannot be read");
    clReleaseMemObject(parameters.memory);
    clReleaseMemObject(gradient.memory);
    return status;
}

static bool is_same(const steps *of, size_t place) {
    const focl_type type = of->description.type;
    const double found = loss_value_at(type, of->after, place);
    const double expected = loss_value_at(type, of->expected, place);
    return isnan(expected) ? isnan(found) : memcmp(&found, &expected, sizeof found) == 0;
}

static void judge_steps(conformance_run *run, const steps *of) {
    const focl_type type = of->description.type;
    size_t wrong = 0;
    for (size_t i = 0; i < of->description.elements; i++) {
        wrong += !is_same(of, i);
        conformance_require(run, is_same(of, i) || !run->probe.bit_exact, "parameter %a, gradient %a: %a, should be %a",
                            loss_value_at(type, of->before, i), loss_value_at(type, of->gradient, i),
                            loss_value_at(type, of->after, i), loss_value_at(type, of->expected, i));
    }
    conformance_compared(run, wrong ? "other parameters" : NULL);
}

static void run_steps(conformance_run *run, const conformance_case *of) {
    steps taken = steps_create(of->recipe.description.logits_type, conformance_size(run, 5000, 200000), of->stream);
    run->line->problems++;
    if (conformance_worked(run, of->name, step_on_device(run, &taken)))
        judge_steps(run, &taken);
    steps_free(&taken);
}

/* ---- The list ---- */

static void add(conformance_list *list, focl_type type, conformance_case one) {
    one.type = focl_type_name(type);
    one.targets = "-";
    one.mapping = "elements";
    one.stream = 1000 * list->count;
    one.recipe.description.logits_type = type;
    conformance_add(list, &one);
}

void conformance_add_arrays(conformance_list *list) {
    for (size_t kind = 0; kind < COUNT_OF(sums); kind++)
        for (size_t type = 0; type < COUNT_OF(types); type++)
            add(list, types[type],
                (conformance_case){.operation = "sum",
                                   .objective = sums[kind].name,
                                   .quick = types[type] == FOCL_F32,
                                   .run = run_sum,
                                   .number = kind});
    for (size_t type = 0; type < COUNT_OF(types); type++)
        add(list, types[type],
            (conformance_case){
                .operation = "step", .objective = "gradient descent", .quick = type < 2, .run = run_steps});
}
