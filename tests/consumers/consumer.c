/* A stranger's program in C11: it knows the installed headers and library, and nothing else of focl. */
#include <focl/focl.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 3, CLASSES = 4 };

static const float logits[ROWS * CLASSES] = {2, -1, 0, -3, 0.5f, 4, -2, -2, -1, -1, -1, -1};
static const unsigned char labels[ROWS] = {0, 1, 3};

static int fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, focl_last_error()->message);
    return 1;
}

static focl_loss_description describe(void) {
    focl_loss_description focal = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){ROWS, CLASSES, 1});
    focal.targets_type = FOCL_U8;
    return focal;
}

/* The library that runs is the one that the headers describe. */
static int check_version(void) {
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", FOCL_VERSION_MAJOR, FOCL_VERSION_MINOR, FOCL_VERSION_PATCH);
    if (strcmp(version, focl_version()) == 0)
        return 0;
    fprintf(stderr, "headers of focl %s, library %s\n", version, focl_version());
    return 1;
}

/* The device's answer beside the host's; a device that promises equal bits has them. */
static int run_on_device(focl_handle *handle, const float *expected) {
    const focl_loss_description focal = describe();
    float gradient[ROWS * CLASSES] = {0};
    float loss = 0;
    const focl_loss_host_inputs inputs = {.logits = logits, .targets = labels};
    const focl_loss_host_outputs outputs = {.reduced = &loss, .gradient = gradient};
    if (focl_loss_host(handle, &focal, &inputs, &outputs, NULL))
        return fail("focl_loss_host");
    if (focl_handle_device(handle)->bit_exact && memcmp(gradient, expected, sizeof gradient) != 0)
        return fail("the device's gradient is not the host's");
    printf("focl %s, loss %.6f, gradient of the first logit %.6f\n", focl_version(), loss, gradient[0]);
    return loss > 0 ? 0 : 1;
}

int main(void) {
    const focl_loss_description focal = describe();
    float gradient[ROWS * CLASSES] = {0};
    const focl_loss_host_inputs inputs = {.logits = logits, .targets = labels};
    const focl_loss_host_outputs outputs = {.gradient = gradient};
    double losses[ROWS * CLASSES] = {0};
    const focl_reference_outputs truth = {.loss = losses};
    focl_handle *handle = NULL;
    if (check_version())
        return 1;
    if (focl_reference_loss(&focal, &inputs, &truth))
        return fail("focl_reference_loss");
    if (focl_mirror_loss(&focal, &inputs, &outputs))
        return fail("focl_mirror_loss");
    if (focl_create(&handle, NULL))
        return fail("focl_create");
    const int status = run_on_device(handle, gradient);
    focl_destroy(handle);
    return status;
}
