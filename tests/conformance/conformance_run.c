#include "conformance_run.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "support_judge.h"
#include "support_judgement.h"

const char *conformance_output_name(conformance_output output) {
    static const char *const names[] = {
#define OUTPUT_NAME(name, word) word,
        CONFORMANCE_OUTPUT_TABLE(OUTPUT_NAME)
#undef OUTPUT_NAME
    };
    return names[output];
}

double conformance_mean(const conformance_errors *errors) {
    return errors->count > 0 ? errors->sum / (double)errors->count : 0;
}

double conformance_share(const conformance_errors *errors) {
    return errors->bound > 0 ? errors->worst / errors->bound : errors->worst;
}

size_t conformance_size(const conformance_run *run, size_t quick, size_t full) {
    return run->quick ? quick : full;
}

/* ---- Failures ---- */

void conformance_fail(conformance_run *run, const char *format, ...) {
    conformance_line *line = run->line;
    va_list values;
    if (line->failures++ > 0)
        return;
    va_start(values, format);
    (void)vsnprintf(line->failure, sizeof line->failure, format, values);
    va_end(values);
}

bool conformance_worked(conformance_run *run, const char *name, focl_status status) {
    const focl_error *error = focl_last_error();
    if (status == FOCL_ENOTSUP)
        (void)snprintf(run->line->unsupported, sizeof run->line->unsupported, "%.150s", error->message);
    else if (status != FOCL_OK)
        conformance_fail(run, "%s: %s", name, error->message);
    return status == FOCL_OK;
}

/* ---- Errors ---- */

void conformance_note(conformance_run *run, const conformance_entry *entry, conformance_describe *describe,
                      const void *context) {
    conformance_errors *errors = &run->line->errors[entry->output];
    const conformance_errors this_one = {.worst = entry->error, .bound = entry->bound};
    run->line->numbers++;
    errors->sum += isfinite(entry->error) ? entry->error : 0;
    if (errors->count++ == 0 || !entry->holds || conformance_share(&this_one) > conformance_share(errors)) {
        errors->worst = entry->error;
        errors->bound = entry->bound;
        describe(errors->where, sizeof errors->where, context);
    }
    if (!entry->holds)
        conformance_fail(run, "%s: %.1f ulp, bound %g: %s", conformance_output_name(entry->output), entry->error,
                         entry->bound, errors->where);
}

static const conformance_output output_of[LOSS_ARRAYS] = {
    [LOSS_loss] = CONFORMANCE_LOSS,
    [LOSS_gradient] = CONFORMANCE_GRADIENT,
    [LOSS_hessian] = CONFORMANCE_HESSIAN,
    [LOSS_probabilities] = CONFORMANCE_SHARE,
    [LOSS_pt] = CONFORMANCE_PT,
    [LOSS_reduced] = CONFORMANCE_REDUCED,
    [LOSS_used_normalizer] = CONFORMANCE_NORMALIZER,
};

/* An entry with the problem that it is of. */
typedef struct located {
    const loss_problem *problem;
    const loss_comparison *of;
} located;

static bool is_of_call(enum loss_array array) {
    return array == LOSS_reduced || array == LOSS_used_normalizer;
}

static void describe_entry(char *text, size_t bytes, const void *context) {
    const located *at = context;
    const loss_problem *problem = at->problem;
    const focl_loss_description *description = &problem->description;
    const loss_element element = loss_comparison_element(problem, at->of);
    if (is_of_call(at->of->array))
        (void)snprintf(text, bytes, "%s: found %a, %s %a", problem->name, at->of->found,
                       at->of->of_own_sum ? "the losses' sum is" : "true", at->of->truth);
    else
        (void)snprintf(text, bytes, "%s: input %a, target %a, gamma %g, row %zu, column %zu: found %a, true %a",
                       problem->name,
                       loss_value_at(description->logits_type, problem->inputs[LOSS_logits], element.place),
                       loss_target_of(problem, element), description->gamma, element.row, element.column, at->of->found,
                       at->of->truth);
}

static void note_entry(void *context, const loss_problem *problem, const loss_comparison *of) {
    const located at = {problem, of};
    const conformance_entry entry = {
        .output = of->of_own_sum ? CONFORMANCE_SUM : output_of[of->array],
        .error = loss_error_ulps(of),
        .bound = loss_ulps_allowed(of),
        .holds = loss_is_close(of),
    };
    conformance_note(context, &entry, describe_entry, &at);
}

static void judge_counts(conformance_run *run, const loss_problem *problem, const focl_loss_counts *truth,
                         const focl_loss_counts *found) {
    const loss_counter wrong = loss_first_wrong_counter(truth, found);
    conformance_require(run, !wrong.name, "%s: counts.%s is %" PRIu64 ", true is %" PRIu64, problem->name,
                        wrong.name ? wrong.name : "", wrong.found, wrong.expected);
}

void conformance_judge(conformance_run *run, const loss_problem *problem, const loss_answer *answer) {
    const double ulps = loss_ulps(problem);
    loss_truth truth = loss_truth_of(problem);
    run->line->problems++;
    run->line->bound = fmax(run->line->bound, ulps);
    loss_compare(problem, &truth, answer, ulps, note_entry, run);
    if (answer->outputs[LOSS_counts])
        judge_counts(run, problem, &truth.counts, answer->outputs[LOSS_counts]);
    loss_truth_free(&truth);
}

/* ---- Bits ---- */

void conformance_compared(conformance_run *run, const char *difference) {
    conformance_line *line = run->line;
    if (!difference && line->bits == CONFORMANCE_NOT_COMPARED)
        line->bits = CONFORMANCE_SAME;
    if (!difference || line->bits == CONFORMANCE_OTHER)
        return;
    line->bits = CONFORMANCE_OTHER;
    (void)snprintf(line->difference, sizeof line->difference, "%s", difference);
    if (run->probe.bit_exact)
        conformance_fail(run, "other bits on a bit-exact device: %s", difference);
}

void conformance_compare(conformance_run *run, const loss_problem *problem, const loss_answer *expected,
                         const loss_answer *found, const char *whose) {
    const loss_difference first = loss_first_difference(problem, expected, found);
    char text[320];
    (void)snprintf(text, sizeof text, "%s: %s[%zu] is %a, %s %a", problem->name, loss_array_name(first.array),
                   first.place, first.found, whose, first.expected);
    conformance_compared(run, first.any ? text : NULL);
}

/* ---- The whole ---- */

void conformance_loss_outputs(conformance_run *run, const loss_problem *problem, unsigned outputs) {
    loss_answer mirror = loss_answer_create(problem, outputs);
    loss_answer answer = loss_answer_create(problem, outputs);
    if (conformance_worked(run, problem->name, loss_on_host(run->handle, problem, &answer))) {
        conformance_judge(run, problem, &answer);
        if (conformance_worked(run, "the mirror", loss_on_mirror(problem, &mirror)))
            conformance_compare(run, problem, &mirror, &answer, "the mirror has");
    }
    loss_answer_free(&mirror);
    loss_answer_free(&answer);
}

/* p_t of values that are no probabilities is a sum that may cancel, and means nothing. */
static unsigned meaningful_outputs(const loss_problem *problem) {
    const bool of_values =
        problem->description.activation == FOCL_IDENTITY && problem->description.objective == FOCL_MSE;
    return loss_outputs(&problem->description) & ~(of_values && problem->soft ? LOSS_BIT(pt) : 0u);
}

void conformance_loss(conformance_run *run, const loss_problem *problem) {
    conformance_loss_outputs(run, problem, meaningful_outputs(problem));
}
