/*
 * Trains a linear classifier with softmax focal loss on a device, from beginning to end:
 *
 *   train_linear tests/data/digits_pixels.npy tests/data/digits_labels.npy
 *
 * Each step is two calls on buffers that stay where they are: focl_linear_loss makes the gradients of a batch and adds
 * them to the momentum, focl_gradient_step moves the weights. The batches are slices of one array: a focl_buffer is a
 * memory object and an offset. `focl train` does the same with options, checks and a report.
 */
#include <focl/focl.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLASSES = 10, FEATURES = 64, BATCH = 32, EPOCHS = 20, TESTED = 360 }; /* the first rows are for testing */
static const double rate = 0.1, momentum = 0.9, decay = 1e-4;

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "train_linear: %s\n", what);
    exit(1);
}

static void check(focl_status status) {
    if (status != FOCL_OK)
        fail(focl_last_error()->message);
}

/* The bytes of a .npy file of u1, without its header; *count becomes how many there are. */
static unsigned char *read_bytes(const char *path, size_t *count) {
    unsigned char start[10];
    FILE *file = fopen(path, "rb");
    if (!file || fread(start, 1, sizeof start, file) != sizeof start)
        fail("a file cannot be read");
    const long header = (long)sizeof start + start[8] + 256 * start[9];
    fseek(file, 0, SEEK_END);
    *count = (size_t)(ftell(file) - header);
    fseek(file, header, SEEK_SET);
    unsigned char *bytes = malloc(*count);
    if (!bytes || fread(bytes, 1, *count, file) != *count)
        fail("a file ends too early");
    fclose(file);
    return bytes;
}

/* ---- Device memory ---- */

static cl_mem make(focl_handle *handle, size_t bytes, const void *values) {
    const cl_mem_flags flags = CL_MEM_READ_WRITE | (values ? CL_MEM_COPY_HOST_PTR : 0);
    void *zeros = values ? NULL : calloc(1, bytes);
    cl_int code = CL_SUCCESS;
    cl_mem memory = clCreateBuffer(focl_handle_context(handle), flags | (zeros ? CL_MEM_COPY_HOST_PTR : 0), bytes,
                                   values ? (void *)values : zeros, &code);
    free(zeros);
    if (code != CL_SUCCESS)
        fail("the device has no memory");
    return memory;
}

/* Pixels from 0 to 16 become features from -0.5 to 0.5. */
static cl_mem make_features(focl_handle *handle, const unsigned char *pixels, size_t count) {
    float *values = malloc(count * sizeof *values);
    if (!values)
        fail("no memory");
    for (size_t i = 0; i < count; i++)
        values[i] = pixels[i] / 16.0f - 0.5f;
    cl_mem memory = make(handle, count * sizeof *values, values);
    free(values);
    return memory;
}

typedef struct classifier {
    focl_handle *handle;
    cl_mem features, labels; /* of all rows */
    cl_mem weights, bias, weights_velocity, bias_velocity, loss;
} classifier;

/* ---- Training ---- */

static focl_linear_loss_description describe(size_t rows) {
    focl_linear_loss_description head = focl_linear_loss_default(FOCL_SOFTMAX, FOCL_FOCAL, rows, FEATURES, CLASSES);
    head.loss.targets_type = FOCL_U8;
    head.loss.gamma = 2;
    head.loss.accumulate = momentum; /* velocity = momentum velocity + gradient */
    return head;
}

static focl_linear_loss_inputs inputs_from(const classifier *of, size_t row) {
    const focl_linear_loss_inputs inputs = {.features = {of->features, row * FEATURES * sizeof(float)},
                                            .matrix = {of->weights, 0},
                                            .bias = {of->bias, 0},
                                            .loss = {.targets = {of->labels, row}}};
    return inputs;
}

static void step(const classifier *of, cl_mem parameters, cl_mem velocity, size_t elements, double shrink) {
    const focl_gradient_step_description description = {FOCL_F32, elements, rate, shrink};
    check(focl_gradient_step(of->handle, &description, (focl_buffer){parameters, 0}, (focl_buffer){velocity, 0}, NULL,
                             0, NULL, NULL));
}

static void train_batch(const classifier *of, size_t row, size_t rows) {
    const focl_linear_loss_description head = describe(rows);
    const focl_linear_loss_inputs inputs = inputs_from(of, row);
    const focl_linear_loss_outputs outputs = {.matrix_gradient = {of->weights_velocity, 0},
                                              .bias_gradient = {of->bias_velocity, 0},
                                              .loss = {.reduced = {of->loss, 0}}};
    check(focl_linear_loss(of->handle, &head, &inputs, &outputs, NULL, 0, NULL, NULL));
    step(of, of->weights, of->weights_velocity, (size_t)CLASSES * FEATURES, decay);
    step(of, of->bias, of->bias_velocity, CLASSES, 0);
}

/* The loss of the last batch: the one thing that returns while training. */
static float read_loss(const classifier *of) {
    float loss = 0;
    clEnqueueReadBuffer(focl_handle_queue(of->handle), of->loss, CL_TRUE, 0, sizeof loss, &loss, 0, NULL, NULL);
    return loss;
}

/* ---- Testing ---- */

static size_t count_right(const classifier *of, const unsigned char *labels, size_t rows) {
    const focl_linear_loss_description head = describe(rows);
    const focl_linear_loss_inputs inputs = inputs_from(of, 0);
    float *scores = calloc(rows * CLASSES, sizeof *scores);
    cl_mem logits = make(of->handle, rows * CLASSES * sizeof *scores, NULL);
    size_t right = 0;
    if (!scores)
        fail("no memory");
    check(focl_linear_logits(of->handle, &head, &inputs, (focl_buffer){logits, 0}, NULL, 0, NULL, NULL));
    clEnqueueReadBuffer(focl_handle_queue(of->handle), logits, CL_TRUE, 0, rows * CLASSES * sizeof *scores, scores, 0,
                        NULL, NULL);
    for (size_t i = 0; i < rows; i++) {
        size_t best = 0;
        for (size_t c = 1; c < CLASSES; c++)
            if (scores[i * CLASSES + c] > scores[i * CLASSES + best])
                best = c;
        right += best == labels[i];
    }
    clReleaseMemObject(logits);
    free(scores);
    return right;
}

int main(int count, char **arguments) {
    size_t pixel_count = 0, rows = 0;
    classifier of = {0};
    if (count != 3)
        fail("it needs digits_pixels.npy and digits_labels.npy");
    unsigned char *pixels = read_bytes(arguments[1], &pixel_count);
    unsigned char *labels = read_bytes(arguments[2], &rows);
    if (pixel_count != rows * FEATURES || rows <= TESTED)
        fail("these are not the digits");
    check(focl_create(&of.handle, NULL));
    of.features = make_features(of.handle, pixels, pixel_count);
    of.labels = make(of.handle, rows, labels);
    of.weights = make(of.handle, CLASSES * FEATURES * sizeof(float), NULL);
    of.bias = make(of.handle, CLASSES * sizeof(float), NULL);
    of.weights_velocity = make(of.handle, CLASSES * FEATURES * sizeof(float), NULL);
    of.bias_velocity = make(of.handle, CLASSES * sizeof(float), NULL);
    of.loss = make(of.handle, sizeof(float), NULL);
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
        for (size_t row = TESTED; row < rows; row += BATCH)
            train_batch(&of, row, row + BATCH < rows ? BATCH : rows - row);
        printf("epoch %2d: loss %.5f\n", epoch, (double)read_loss(&of));
    }
    printf("%.1f %% of %d digits right\n", 100.0 * (double)count_right(&of, labels, TESTED) / TESTED, TESTED);
    free(pixels);
    free(labels);
    focl_destroy(of.handle); /* the memory objects go with the process */
    return 0;
}
