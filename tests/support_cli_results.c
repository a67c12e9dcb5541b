#include "support_cli_results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Files ---- */

static double half_value(uint16_t bits) {
    const int exponent = bits >> 10 & 31;
    const double fraction = bits & 1023;
    const double sign = bits & 0x8000 ? -1 : 1;
    if (exponent == 31)
        return fraction > 0 ? NAN : sign * INFINITY;
    return sign * (exponent == 0 ? ldexp(fraction, -24) : ldexp(fraction + 1024, exponent - 25));
}

static double bf16_value(uint16_t bits) {
    const uint32_t word = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &word, sizeof value);
    return (double)value;
}

static double value_at(focl_type type, const char *at) {
    uint16_t bits = 0;
    float narrow = 0;
    double wide = 0;
    if (type == FOCL_F64) {
        memcpy(&wide, at, sizeof wide);
        return wide;
    }
    if (type == FOCL_F32) {
        memcpy(&narrow, at, sizeof narrow);
        return (double)narrow;
    }
    memcpy(&bits, at, sizeof bits);
    return type == FOCL_F16 ? half_value(bits) : bf16_value(bits);
}

double *read_values(const char *name, const char *shape, focl_type type, size_t count) {
    static const char *const kinds[] = {[FOCL_F32] = "f4", [FOCL_F16] = "f2", [FOCL_BF16] = "u2", [FOCL_F64] = "f8"};
    char header[128];
    size_t bytes = 0;
    char *file = read_file(scratch_file(name).text, &bytes);
    const size_t data = 10 + (size_t)(unsigned char)file[8] + 256 * (size_t)(unsigned char)file[9];
    (void)snprintf(header, sizeof header, "{'descr': '%c%s', 'fortran_order': False, 'shape': %s, }", *native_f4(),
                   kinds[type], shape);
    ck_assert_mem_eq(file, "\x93NUMPY\x01\x00", 8);
    ck_assert_msg(strncmp(file + 10, header, strlen(header)) == 0, "%s: no %s: %.*s", name, header, (int)data,
                  file + 10);
    ck_assert_uint_eq(bytes - data, count * focl_type_size(type));
    double *values = malloc((count + 1) * sizeof *values);
    ck_assert_ptr_nonnull(values);
    for (size_t i = 0; i < count; i++)
        values[i] = value_at(type, file + data + i * focl_type_size(type));
    free(file);
    return values;
}

uint16_t half_bits(float value) {
    uint32_t word;
    memcpy(&word, &value, sizeof word);
    return (uint16_t)((word >> 16 & 0x8000) | (((word & 0x7fffffff) >> 13) - (112U << 10)));
}

float loss_from_bits(const char *json) {
    const unsigned long bits = strtoul(json_find(json, "loss_bits") + 1, NULL, 16);
    const uint32_t word = (uint32_t)bits;
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

/* ---- The outputs ---- */

enum { OUTPUTS = 5 };

static const struct {
    const char *option;
    const char *file;
    size_t place;   /* in focl_reference_outputs */
    bool of_losses; /* of a softmax loss: per row */
    bool is_sum;    /* terms cancel in it: judged by the largest of the array */
} outputs[OUTPUTS] = {
    {"--grad", "grad_out.npy", offsetof(focl_reference_outputs, gradient), false, true},
    {"--loss-out", "loss_out.npy", offsetof(focl_reference_outputs, loss), true, false},
    {"--prob", "prob_out.npy", offsetof(focl_reference_outputs, probabilities), false, false},
    {"--pt", "pt_out.npy", offsetof(focl_reference_outputs, pt), true, false},
    {"--hess", "hess_out.npy", offsetof(focl_reference_outputs, hessian), false, true},
};

static bool is_of_rows(const focl_loss_description *description) {
    return description->activation == FOCL_SOFTMAX || description->activation == FOCL_CATEGORICAL;
}

/* Only the curvature, the last output, is not always there. */
static size_t output_count(const focl_loss_description *description) {
    const bool of_logits = description->activation == FOCL_SIGMOID || description->activation == FOCL_SOFTMAX;
    const bool of_values = description->activation == FOCL_IDENTITY && description->objective == FOCL_MSE;
    return of_logits || of_values ? OUTPUTS : OUTPUTS - 1;
}

/* What focl loss must give. */
typedef struct truth {
    double reduced;
    double normalizer;
    focl_loss_counts counts;
    double *arrays[OUTPUTS];
} truth;

static truth truth_of(const loss_run *run) {
    const focl_view view = run->description.shape;
    const bool reduces = run->description.reduction != FOCL_REDUCTION_NONE;
    truth result = {0};
    focl_reference_outputs wanted = {
        .reduced = reduces ? &result.reduced : NULL,
        .counts = &result.counts,
        .used_normalizer = reduces ? &result.normalizer : NULL,
    };
    for (size_t i = 0; i < output_count(&run->description); i++) {
        result.arrays[i] = calloc(view.outer * view.classes * view.inner + 1, sizeof(double));
        ck_assert_ptr_nonnull(result.arrays[i]);
        memcpy((char *)&wanted + outputs[i].place, &result.arrays[i], sizeof result.arrays[i]);
    }
    ck_assert_msg(focl_reference_loss(&run->description, &run->inputs, &wanted) == FOCL_OK, "focl %s: %s",
                  run->arguments, focl_last_error()->message);
    return result;
}

static void truth_free(truth *expected) {
    for (size_t i = 0; i < OUTPUTS; i++)
        free(expected->arrays[i]);
}

/* ---- The comparison ---- */

/*
 * Narrow results are rounded once more, by half an ulp of theirs, and the reference's own inputs are not; wide ones are
 * judged by the same number of f64's ulps, which their conversion to f32 would hide.
 */
static bool is_close(focl_type type, double expected, double magnitude, double found, double ulps) {
    static const double relative[] = {[FOCL_F16] = 0x1p-11, [FOCL_BF16] = 0x1p-8, [FOCL_F64] = 0x1p-52};
    static const double least[] = {[FOCL_F16] = 0x1p-25, [FOCL_BF16] = 0x1p-126, [FOCL_F64] = 0x1p-1022};
    if (type == FOCL_F32)
        return test_is_close(expected, magnitude, (float)found, ulps);
    if (isnan(expected) || isinf(expected))
        return isnan(expected) ? isnan(found) : found == expected;
    const double size = fmax(fabs(expected), magnitude);
    const double ulp = type == FOCL_F64 ? ulps * relative[type] : relative[type] + ulps * 0x1p-23;
    return fabs(found - expected) <= size * ulp + least[type];
}

static double largest(const double *values, size_t count) {
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = isfinite(values[i]) ? fmax(most, fabs(values[i])) : most;
    return most;
}

static void assert_file(const loss_run *run, size_t output, const double *expected) {
    const focl_loss_description *description = &run->description;
    const focl_view view = description->shape;
    const bool per_row = outputs[output].of_losses && is_of_rows(description);
    const size_t count = view.outer * view.inner * (per_row ? 1 : view.classes);
    const bool is_sum = outputs[output].is_sum && (is_of_rows(description) || output == OUTPUTS - 1);
    const double magnitude = is_sum ? largest(expected, count) : 0;
    double *found =
        read_values(outputs[output].file, per_row ? run->row_shape : run->shape, description->logits_type, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(is_close(description->logits_type, expected[i], magnitude, found[i], run->ulps),
                      "focl %s: %s: [%zu] is %a, not %a", run->arguments, outputs[output].option, i, found[i],
                      expected[i]);
    free(found);
}

static void assert_counts(const char *json, const focl_loss_counts *counts) {
    ck_assert_double_eq(json_number(json, "elements"), (double)counts->elements);
    ck_assert_double_eq(json_number(json, "rows"), (double)counts->rows);
    ck_assert_double_eq(json_number(json, "counted"), (double)counts->counted);
    ck_assert_double_eq(json_number(json, "ignored"), (double)counts->ignored);
    ck_assert_double_eq(json_number(json, "positive"), (double)counts->positive);
}

/* The reduced loss is f32 but for f64 logits; its bits have 8 digits then, else 16. */
static void assert_bits(const loss_run *run, const char *json, double loss) {
    const char *text = json_find(json, "loss_bits") + 1;
    const uint64_t bits = strtoull(text, NULL, 16);
    const bool wide = run->description.logits_type == FOCL_F64;
    double value = (double)loss_from_bits(json);
    ck_assert_msg(strcspn(text, "\"") == (wide ? 18U : 10U), "focl %s: %s", run->arguments, json);
    if (wide)
        memcpy(&value, &bits, sizeof value);
    ck_assert_msg((wide ? loss == value : (float)loss == (float)value), "focl %s: \"loss\" is not its bits: %s",
                  run->arguments, json);
}

static void assert_loss(const loss_run *run, const char *json, const truth *expected) {
    const focl_type type = run->description.logits_type == FOCL_F64 ? FOCL_F64 : FOCL_F32;
    if (run->description.reduction == FOCL_REDUCTION_NONE || isnan(expected->reduced)) {
        ck_assert_int_eq(strncmp(json_find(json, "loss"), "null", 4), 0);
        return;
    }
    const double loss = json_number(json, "loss");
    const double normalizer = json_number(json, "normalizer");
    ck_assert_msg(is_close(type, expected->reduced, 0, loss, run->ulps), "focl %s: loss %a, not %a", run->arguments,
                  loss, expected->reduced);
    ck_assert_msg(is_close(type, expected->normalizer, 0, normalizer, 3), "focl %s: normalizer %a, not %a",
                  run->arguments, normalizer, expected->normalizer);
    assert_bits(run, json, loss);
}

static void compare(const loss_run *run, const char *json) {
    truth expected = truth_of(run);
    ck_assert_msg(json_is_valid(json), "focl %s: no JSON: %s", run->arguments, json);
    assert_counts(json, &expected.counts);
    assert_loss(run, json, &expected);
    for (size_t i = 0; i < output_count(&run->description); i++)
        assert_file(run, i, expected.arrays[i]);
    truth_free(&expected);
}

static void ask_for_all(const loss_run *run, char *arguments, size_t bytes) {
    size_t used = (size_t)snprintf(arguments, bytes, "%s --json", run->arguments);
    for (size_t i = 0; i < output_count(&run->description); i++)
        used += (size_t)snprintf(arguments + used, bytes - used, " %s @%s", outputs[i].option, outputs[i].file);
    ck_assert_uint_lt(used, bytes);
}

void assert_agrees(const loss_run *run) {
    char arguments[1024];
    ask_for_all(run, arguments, sizeof arguments);
    command_result result = assert_works(arguments);
    compare(run, result.out);
    command_free(&result);
}

void assert_agrees_and_says(const loss_run *run, const char *fragment) {
    char arguments[1024];
    ask_for_all(run, arguments, sizeof arguments);
    command_result result = command_run(arguments, NULL);
    ck_assert_msg(result.status == 0, "focl %s: %s", arguments, result.err);
    ck_assert_msg(strncmp(result.err, "focl: ", 6) == 0 && strstr(result.err, fragment) != NULL,
                  "focl %s: no \"%s\" in %s", arguments, fragment, result.err);
    compare(run, result.out);
    command_free(&result);
}
