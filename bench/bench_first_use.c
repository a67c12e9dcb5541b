/* The time to the first loss of a process. */
#include "bench_first_use.h"

#include <stdint.h>
#include <stdio.h>

#include "bench_data.h"
#include "bench_statistics.h"
#include "focl/focl.h"

/* The size of the digits in the tests' data. */
enum { ROWS = 1797, CLASSES = 10, ELEMENTS = ROWS * CLASSES };

typedef struct first_use_data {
    float logits[ELEMENTS];
    uint8_t labels[ROWS];
    float gradient[ELEMENTS];
    float reduced;
} first_use_data;

static focl_status calculate(focl_handle *handle, first_use_data *data) {
    const focl_view shape = {ROWS, CLASSES, 1};
    focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, shape);
    description.targets_type = FOCL_U8;
    const focl_loss_host_inputs inputs = {.logits = data->logits, .targets = data->labels};
    const focl_loss_host_outputs outputs = {.reduced = &data->reduced, .gradient = data->gradient};
    return focl_loss_host(handle, &description, &inputs, &outputs, NULL);
}

static bool complain(void) {
    fprintf(stderr, "focl-bench: %s\n", focl_last_error()->message);
    return false;
}

static void print_time(const char *what, double seconds) {
    printf("  %-48s%9.1f ms\n", what, seconds * 1e3);
}

bool bench_first_use(const char *selector, double process_start) {
    static first_use_data data;
    uint64_t random_state = 1;
    bench_fill_logits(data.logits, ELEMENTS, &random_state);
    for (size_t i = 0; i < ROWS; i++)
        data.labels[i] = (uint8_t)(i % CLASSES);

    focl_handle *handle = NULL;
    if (focl_create(&handle, selector) != FOCL_OK)
        return complain();
    const double created = bench_now();
    if (calculate(handle, &data) != FOCL_OK) {
        focl_destroy(handle);
        return complain();
    }
    const double first = bench_now();
    const bool again = calculate(handle, &data) == FOCL_OK;
    const double second = bench_now();

    printf("first use on %s: loss and gradient of %d x %d, u8 labels, host arrays\n", focl_handle_device(handle)->name,
           ROWS, CLASSES);
    print_time("from main to a handle", created - process_start);
    print_time("the first loss", first - created);
    printf("    %zu programs compiled in %.1f ms\n", focl_handle_program_count(handle),
           focl_handle_build_seconds(handle) * 1e3);
    print_time("from main to the first loss", first - process_start);
    print_time("the second loss", second - first);
    focl_destroy(handle);
    return again || complain();
}
