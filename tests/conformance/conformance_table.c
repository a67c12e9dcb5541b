/* The table that a person reads. */
#include <math.h>
#include <string.h>

#include "conformance_report.h"
#include "console.h"

/* Columns of errors: a heading and the outputs that stand under it. */
static const struct {
    const char *heading;
    conformance_output outputs[2];
} columns[] = {
    {"loss", {CONFORMANCE_LOSS, CONFORMANCE_WEIGHT}},
    {"gradient", {CONFORMANCE_GRADIENT, CONFORMANCE_PRODUCT}},
    {"curvature", {CONFORMANCE_HESSIAN, CONFORMANCE_JACOBIAN}},
    {"probability", {CONFORMANCE_SHARE, CONFORMANCE_VALUE}},
};

size_t conformance_failed(const conformance_device *device) {
    size_t failed = 0;
    for (size_t i = 0; i < device->count; i++)
        failed += device->results[i].line.failures > 0;
    return failed;
}

static bool is_unsupported(const conformance_line *line) {
    return *line->unsupported && line->numbers == 0 && line->failures == 0;
}

size_t conformance_unsupported(const conformance_device *device) {
    size_t unsupported = 0;
    for (size_t i = 0; i < device->count; i++)
        unsupported += is_unsupported(&device->results[i].line);
    return unsupported;
}

void conformance_print_device(const conformance_device *device) {
    const focl_device *of = &device->description;
    printf("%s%s%s\n  platform   %s\n  driver     %s\n  version    %s\n  bit-exact  %s: %s\n\n", focl__bold(stdout),
           of->name, focl__plain(stdout), of->platform, of->driver, of->version, device->probe.bit_exact ? "yes" : "no",
           device->probe.reason);
}

static void print_heading(void) {
    printf("%-11s %-27s %-4s %-10s %-18s %7s", "operation", "objective", "type", "targets", "mapping", "numbers");
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        printf("  %11s", columns[i].heading);
    printf("  %5s  %-5s %6s\n", "bound", "bits", "s");
}

static const conformance_errors *errors_of(const conformance_line *line, size_t column) {
    for (size_t i = 0; i < COUNT_OF(columns[column].outputs); i++)
        if (line->errors[columns[column].outputs[i]].count > 0)
            return &line->errors[columns[column].outputs[i]];
    return NULL;
}

static const char *bits_word(conformance_bits bits) {
    static const char *const words[] = {"-", "same", "OTHER"};
    return words[bits];
}

static void print_errors(const conformance_line *line) {
    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        const conformance_errors *errors = errors_of(line, i);
        if (errors)
            printf("  %5.2f %5.2f", errors->worst, conformance_mean(errors));
        else
            printf("  %5s %5s", "-", "-");
    }
}

static void print_cells(const conformance_result *result) {
    const conformance_case *of = result->of;
    const conformance_line *line = &result->line;
    if (of->known_from)
        printf("%-39s %-34s %7zu", of->name, of->known_from, line->numbers);
    else
        printf("%-11s %-27.27s %-4s %-10s %-18s %7zu", of->operation, of->objective, of->type, of->targets, of->mapping,
               line->numbers);
    print_errors(line);
    printf("  %5.4g  %-5s %6.2f\n", line->bound, bits_word(line->bits), line->seconds);
}

static void print_unsupported(const conformance_result *result) {
    const conformance_case *of = result->of;
    printf("%-11s %-27.27s %-4s %-10s %-18s not on this device: %s\n", of->operation, of->objective, of->type,
           of->targets, of->mapping, result->line.unsupported);
}

void conformance_print_result(const conformance_result *result, bool first) {
    const conformance_line *line = &result->line;
    if (first)
        print_heading();
    if (is_unsupported(line))
        print_unsupported(result);
    else
        print_cells(result);
    if (line->failures > 0)
        printf("%sFAILED%s     %s (%zu %s)\n", focl__bold(stdout), focl__plain(stdout), line->failure, line->failures,
               focl__noun(line->failures, "failure", "failures"));
    else if (line->bits == CONFORMANCE_OTHER)
        printf("           %s\n", line->difference);
    (void)fflush(stdout);
}

/* The line whose error of that output takes the most of its bound; NULL where none has any. */
static const conformance_result *worst_of(const conformance_device *device, conformance_output output) {
    const conformance_result *worst = NULL;
    for (size_t i = 0; i < device->count; i++) {
        const conformance_errors *errors = &device->results[i].line.errors[output];
        if (errors->count > 0 && (!worst || conformance_share(errors) > conformance_share(&worst->line.errors[output])))
            worst = &device->results[i];
    }
    return worst;
}

static void print_worst(const conformance_device *device) {
    printf("\nnearest to its bound (ulp, mean in ulp, bound):\n");
    for (size_t i = 0; i < CONFORMANCE_OUTPUTS; i++) {
        const conformance_result *worst = worst_of(device, (conformance_output)i);
        if (!worst)
            continue;
        const conformance_errors *errors = &worst->line.errors[i];
        printf("  %-13s %5.2f %5.2f of %-5.4g %s\n%34s%s\n", conformance_output_name((conformance_output)i),
               errors->worst, conformance_mean(errors), errors->bound, worst->of->name, "", errors->where);
    }
}

static size_t with_bits(const conformance_device *device, conformance_bits bits) {
    size_t count = 0;
    for (size_t i = 0; i < device->count; i++)
        count += device->results[i].line.bits == bits;
    return count;
}

void conformance_print_summary(const conformance_device *device) {
    const size_t failed = conformance_failed(device);
    const size_t unsupported = conformance_unsupported(device);
    size_t numbers = 0;
    for (size_t i = 0; i < device->count; i++)
        numbers += device->results[i].line.numbers;
    print_worst(device);
    printf("\n%s%zu of %zu lines hold%s: %zu numbers; bits of the mirror in %zu lines, other bits in %zu; not on this "
           "device: %zu; %zu programs, %.1f s\n\n",
           focl__bold(stdout), device->count - failed - unsupported, device->count - unsupported, focl__plain(stdout),
           numbers, with_bits(device, CONFORMANCE_SAME), with_bits(device, CONFORMANCE_OTHER), unsupported,
           device->programs, device->seconds);
}
