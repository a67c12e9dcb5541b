/* focl demo: the main job for a newcomer, each number with its meaning. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "console.h"
#include "demo_evaluation.h"
#include "device_option.h"
#include "focl/version.h"

typedef struct demo_options {
    focl__common_options common;
    focl__loss_files files;
} demo_options;

static const focl__option options_table[] = {
    {"--axis", "K", "class axis of LOGITS, from the end if negative (1)", focl__parse_integer,
     offsetof(demo_options, files.axis)},
    FOCL__DEVICE_OPTIONS(demo_options),
};

static const focl__grammar grammar = {
    .command = "demo",
    .operands = "LOGITS.npy LABELS.npy",
    .operand_count = 2,
    .about = "Focal loss and cross entropy of a batch on the best device, checked against the scalar reference; the\n"
             "hardest examples; how much of the loss they hold; and the times. LABELS are class indices.\n",
    .options = options_table,
    .option_count = sizeof options_table / sizeof *options_table,
};

enum { HARDEST_SHOWN = 10 };
static const double focusing = 2, balance = 0.25; /* the paper's gamma and alpha */

/* The losses that the demo evaluates, in this order. */
enum { FOCAL, FOCAL_WITHOUT_FOCUS, CROSS_ENTROPY, LOSS_COUNT };

typedef struct show {
    demo_options options;
    focl__loss_data data;
    focl_handle *handle;
    focl__evaluation losses[LOSS_COUNT];
    size_t *hardest[LOSS_COUNT];
} show;

static void heading(const char *text) {
    printf("\n%s%s%s\n", focl__bold(stdout), text, focl__plain(stdout));
}

static bool print_devices(const show *demo, focl__complaint *complaint) {
    focl_device_list *list = NULL;
    focl_status status = focl_device_list_create(&list);
    if (status != FOCL_OK)
        return focl__fail_library(complaint, NULL, status);
    const focl_device *devices = focl_device_list_devices(list);
    size_t chosen = focl_handle_device(demo->handle)->index;
    heading("Devices");
    for (size_t i = 0; i < focl_device_list_count(list); i++)
        printf("  %c #%zu  %-11s %s (%s)\n", i == chosen ? '*' : ' ', devices[i].index,
               focl_device_class_name(devices[i].device_class), devices[i].name, devices[i].platform);
    for (size_t i = 0; i < focl_device_list_note_count(list); i++)
        printf("    refused: %s\n", focl_device_list_note(list, i));
    printf("  * chosen: %s\n", focl_handle_reason(demo->handle));
    focl_device_list_free(list);
    return true;
}

static void print_loss(const char *name, const focl__evaluation *loss) {
    printf("  %-30s %#-14.9g %#-14.9g %.2f ulp\n", name, (double)loss->reduced, loss->reference_reduced,
           focl__ulps(loss->reference_reduced, loss->reduced));
}

static void print_worst(const char *name, const focl__evaluation *loss) {
    printf("  %-30s element losses %.2f ulp, gradients %.2f ulp\n", name,
           focl__worst_ulps(loss->reference_loss, loss->loss, loss->elements),
           focl__worst_ulps(loss->reference_gradient, loss->gradient, loss->elements));
}

static void print_losses(const show *demo) {
    heading("Loss: a sigmoid per class, one against the rest; the mean over all elements");
    printf("  %-30s %-14s %-14s %s\n", "", "device (f32)", "reference", "difference");
    print_loss("focal, gamma 2, alpha 0.25", &demo->losses[FOCAL]);
    print_loss("cross entropy", &demo->losses[CROSS_ENTROPY]);
    print_worst("worst of all: focal", &demo->losses[FOCAL]);
    print_worst("worst of all: cross entropy", &demo->losses[CROSS_ENTROPY]);
    puts("  reference: the formulas in double precision; 1 ulp: the spacing of f32 numbers at its value");
}

static size_t element_at(focl_view view, size_t row, size_t column) {
    return (row / view.inner * view.classes + column) * view.inner + row % view.inner;
}

/* The class with the largest logit. */
static size_t guess_at(const focl__loss_data *data, size_t row) {
    const float *logits = data->logits.values;
    size_t best = 0;
    for (size_t column = 1; column < data->view.classes; column++)
        if (logits[element_at(data->view, row, column)] > logits[element_at(data->view, row, best)])
            best = column;
    return best;
}

static void print_hardest(const show *demo) {
    const focl__evaluation *focal = &demo->losses[FOCAL];
    heading("The hardest examples: the largest focal loss of a row, the sum over its classes");
    printf("  %8s  %10s  %9s  %14s  %12s\n", "row", "true class", "taken for", "p_t", "loss of row");
    for (size_t i = 0; i < HARDEST_SHOWN && i < focal->rows; i++) {
        size_t row = demo->hardest[FOCAL][i];
        int64_t label = focl__array_label(&demo->data.targets, row);
        printf("  %8zu  %10" PRId64 "  %9zu  %14.6g  %12.6g\n", row, label, guess_at(&demo->data, row),
               (double)focal->pt[element_at(demo->data.view, row, (size_t)label)], focal->row_loss[row]);
    }
    puts("  p_t: the probability given to the true class; where it is high, other classes are given much too");
}

static void print_share(const show *demo, const char *name, int loss) {
    double share = focl__share_of_hardest_tenth(&demo->losses[loss], demo->hardest[loss]);
    printf("  %-30s %5.1f %%\n", name, 100 * share);
}

static void print_shares(const show *demo) {
    heading("Focus: the share of the total loss that the hardest 10 % of the rows hold");
    print_share(demo, "gamma 0 (alpha 0.25)", FOCAL_WITHOUT_FOCUS);
    print_share(demo, "gamma 2 (alpha 0.25)", FOCAL);
    const size_t rows = demo->losses[FOCAL].rows;
    printf("  %zu of %zu %s; the larger gamma, the less the easy ones count\n",
           focl__tenth_of_rows(&demo->losses[FOCAL]), rows, focl__noun(rows, "row", "rows"));
}

static void print_times(const show *demo) {
    const focl__evaluation *focal = &demo->losses[FOCAL];
    heading("Time: focal loss, p_t and gradient");
    printf("  device, kernels     %10.3f ms\n", 1e3 * focal->kernel_seconds);
    printf("  device, first call  %10.3f ms, %.0f ms of it compiling\n", 1e3 * focal->first_seconds,
           1e3 * focal->build_seconds);
    printf("  scalar reference    %10.3f ms", 1e3 * focal->reference_seconds);
    if (focal->kernel_seconds > 0)
        printf(", %.1f times the kernels' (on one core, in double)", focal->reference_seconds / focal->kernel_seconds);
    putchar('\n');
}

static bool print_all(const show *demo, focl__complaint *complaint) {
    const focl_view view = demo->data.view;
    const size_t rows = view.outer * view.inner;
    printf("%sfocl %s%s: focal loss of %zu %s of %zu %s\n", focl__bold(stdout), focl_version(), focl__plain(stdout),
           rows, focl__noun(rows, "row", "rows"), view.classes, focl__noun(view.classes, "logit", "logits"));
    printf("  logits %s, labels %s\n", demo->options.files.logits, demo->options.files.targets);
    if (!print_devices(demo, complaint))
        return false;
    print_losses(demo);
    print_hardest(demo);
    print_shares(demo);
    print_times(demo);
    return true;
}

static bool evaluate(show *demo, int loss, double gamma, double alpha, focl__complaint *complaint) {
    if (!focl__evaluate(&demo->losses[loss], demo->handle, &demo->data, gamma, alpha, complaint))
        return false;
    demo->hardest[loss] = focl__hardest_rows(&demo->losses[loss]);
    return demo->hardest[loss] || focl__fail_data(complaint, "no memory to order %zu rows", demo->losses[loss].rows);
}

static bool evaluate_all(show *demo, focl__complaint *complaint) {
    focl__progress *progress = focl__progress_start("calculating the losses");
    bool good = evaluate(demo, FOCAL, focusing, balance, complaint) &&
                evaluate(demo, FOCAL_WITHOUT_FOCUS, 0, balance, complaint) &&
                evaluate(demo, CROSS_ENTROPY, 0, -1, complaint);
    focl__progress_stop(progress);
    return good;
}

static bool load(show *demo, focl__complaint *complaint) {
    if (!focl__loss_data_load(&demo->data, &demo->options.files, complaint))
        return false;
    if (demo->data.targets.type == FOCL_F32)
        return focl__fail_data(complaint, "%s: focl demo takes class indices, an integer array of shape %s",
                               demo->options.files.targets, focl__npy_describe_shape(&demo->data.row_shape).text);
    return true;
}

static void finish(show *demo) {
    for (int i = 0; i < LOSS_COUNT; i++) {
        free(demo->hardest[i]);
        focl__evaluation_free(&demo->losses[i]);
    }
    focl_destroy(demo->handle);
    focl__loss_data_close(&demo->data);
}

bool focl__command_demo(int count, char **arguments, focl__complaint *complaint) {
    show demo = {0};
    const char *operands[2] = {NULL, NULL};
    bool finished = false;
    if (!focl__parse_arguments(&grammar, count, arguments, &demo.options, operands, &finished, complaint))
        return false;
    if (finished)
        return true;
    demo.options.files.logits = operands[0];
    demo.options.files.targets = operands[1];
    bool good = load(&demo, complaint) && focl__open_device(&demo.options.common, &demo.handle, complaint) &&
                evaluate_all(&demo, complaint) && print_all(&demo, complaint);
    finish(&demo);
    return good;
}
