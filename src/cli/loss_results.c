#include "loss_results.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "console.h"
#include "device_option.h"
#include "focl/loss_like.h"
#include "json_writer.h"
#include "loss_options.h"

static bool is_wide(const focl__loss_results *results) {
    return results->description.logits_type == FOCL_F64;
}

static bool is_of_rows(const focl__loss_results *results) {
    const focl_activation activation = results->description.activation;
    return activation == FOCL_SOFTMAX || activation == FOCL_CATEGORICAL;
}

static bool is_reduced(const focl__loss_results *results) {
    return results->description.reduction != FOCL_REDUCTION_NONE;
}

static double elements_per_second(const focl__loss_results *results) {
    return results->kernel_seconds > 0 ? (double)results->counts.elements / results->kernel_seconds : 0;
}

/* ---- JSON ---- */

static void print_json_scalar(focl__json *json, const char *key, const focl__loss_results *results,
                              const focl__scalar *scalar) {
    if (!is_reduced(results))
        focl__json_null(json, key);
    else if (is_wide(results))
        focl__json_double(json, key, scalar->f64);
    else
        focl__json_float(json, key, scalar->f32);
}

static void print_json_bits(focl__json *json, const focl__loss_results *results) {
    char text[24];
    uint32_t word;
    uint64_t wide_word;
    memcpy(&word, &results->reduced.f32, sizeof word);
    memcpy(&wide_word, &results->reduced.f64, sizeof wide_word);
    if (is_wide(results))
        snprintf(text, sizeof text, "0x%016" PRIx64, wide_word);
    else
        snprintf(text, sizeof text, "0x%08" PRIx32, word);
    if (is_reduced(results))
        focl__json_string(json, "loss_bits", text);
    else
        focl__json_null(json, "loss_bits");
}

static void print_json_counts(focl__json *json, const focl_loss_counts *counts) {
    focl__json_open(json, "counts", '{');
    focl__json_unsigned(json, "elements", counts->elements);
    focl__json_unsigned(json, "rows", counts->rows);
    focl__json_unsigned(json, "counted", counts->counted);
    focl__json_unsigned(json, "ignored", counts->ignored);
    focl__json_unsigned(json, "positive", counts->positive);
    focl__json_close(json, '}');
}

void focl__loss_results_print_json(const focl__loss_results *results) {
    focl__json json = focl__json_start(stdout);
    focl__json_open(&json, NULL, '{');
    print_json_scalar(&json, "loss", results, &results->reduced);
    print_json_bits(&json, results);
    focl__json_string(&json, "reduction", focl__reduction_word(results->description.reduction));
    print_json_scalar(&json, "normalizer", results, &results->normalizer);
    print_json_counts(&json, &results->counts);
    focl__json_string(&json, "device", focl_handle_device(results->handle)->name);
    focl__json_string(&json, "math", focl__math_word(results->handle));
    if (elements_per_second(results) > 0)
        focl__json_double(&json, "elements_per_second", elements_per_second(results));
    else
        focl__json_null(&json, "elements_per_second");
    focl__json_double(&json, "kernel_ms", 1e3 * results->kernel_seconds);
    focl__json_double(&json, "build_ms", 1e3 * focl_handle_build_seconds(results->handle));
    focl__json_close(&json, '}');
    putchar('\n');
}

/* ---- Text ---- */

static void print_loss(const focl__loss_results *results) {
    const focl_reduction reduction = results->description.reduction;
    const bool wide = is_wide(results);
    const int digits = wide ? 17 : 9;
    if (!is_reduced(results)) {
        printf("%s: no reduced loss\n", results->name);
        return;
    }
    printf("%s loss  %s%.*g%s\n", results->name, focl__bold(stdout), digits,
           wide ? results->reduced.f64 : (double)results->reduced.f32, focl__plain(stdout));
    printf("  reduction  %s: the sum divided by %.*g", focl__reduction_word(reduction), digits,
           wide ? results->normalizer.f64 : (double)results->normalizer.f32);
    if (reduction != FOCL_REDUCTION_SUM)
        printf(", %s", focl__reduction_divisor(reduction));
    putchar('\n');
}

static void print_counts(const focl__loss_results *results) {
    const focl_loss_counts *counts = &results->counts;
    const char *one = is_of_rows(results) ? "row" : "element";
    const char *many = is_of_rows(results) ? "rows" : "elements";
    printf("  elements   %" PRIu64 ": %" PRIu64 " %s of %zu\n", counts->elements, counts->rows,
           focl__noun(counts->rows, "row", "rows"), results->description.shape.classes);
    printf("  counted    %" PRIu64 " %s, %" PRIu64 " of them positive; %" PRIu64 " %s ignored\n", counts->counted,
           focl__noun(counts->counted, one, many), counts->positive, counts->ignored,
           focl__noun(counts->ignored, "row", "rows"));
}

static void print_like(const focl__loss_results *results) {
    if (results->like)
        printf("  like       %s: %s\n", results->like, focl_loss_like_function(results->like, &results->description));
}

static void print_device(const focl__loss_results *results) {
    const focl_device *device = focl_handle_device(results->handle);
    printf("  device     #%zu %s, %s (%s arithmetic)\n", device->index, focl_device_class_name(device->device_class),
           device->name, focl__math_word(results->handle));
}

static void print_time(const focl__loss_results *results) {
    printf("  time       %.3f ms in kernels", 1e3 * results->kernel_seconds);
    if (elements_per_second(results) > 0)
        printf(", %.4g million elements a second", 1e-6 * elements_per_second(results));
    printf("; %.0f ms compiling\n", 1e3 * focl_handle_build_seconds(results->handle));
}

void focl__loss_results_print_text(const focl__loss_results *results) {
    print_loss(results);
    print_counts(results);
    print_like(results);
    print_device(results);
    print_time(results);
    for (size_t i = 0; i < results->file_count; i++)
        printf("  %-10s %s\n", results->files[i].option + 2, results->files[i].path);
}
