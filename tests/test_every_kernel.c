/*
 * Every kernel of cl/ is launched, in several groups of several items, and gives the mirror's bits: each operation at
 * small sizes. The test for environments in which everything else would take too long (tests/hard.sh). What runs is
 * seen by standing in for clEnqueueNDRangeKernel.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"
#include "support_activation.h"
#include "support_class_counts.h"
#include "support_gradient_step.h"
#include "support_linear.h"
#include "support_recipes.h"
#include "support_weighted_sum.h"

/* ---- What has been launched ---- */

enum { MOST_KERNELS = 64, NAME_BYTES = 64 };

static struct {
    bool alone; /* some had groups of one item */
    size_t count;
    struct launched {
        char name[NAME_BYTES];
        size_t groups; /* the most of any launch */
        size_t items;  /* of a group, the most */
    } list[MOST_KERNELS];
} launched;

static struct launched *find_launched(const char *name, size_t length) {
    for (size_t i = 0; i < launched.count; i++)
        if (strlen(launched.list[i].name) == length && memcmp(launched.list[i].name, name, length) == 0)
            return &launched.list[i];
    return NULL;
}

static void note_launch(cl_kernel kernel, size_t global, size_t local) {
    char name[NAME_BYTES];
    ck_assert_int_eq(clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, sizeof name, name, NULL), CL_SUCCESS);
    struct launched *of = find_launched(name, strlen(name));
    launched.alone = launched.alone || local == 1;
    if (!of) {
        ck_assert_uint_lt(launched.count, MOST_KERNELS);
        of = &launched.list[launched.count++];
        memcpy(of->name, name, sizeof name);
    }
    of->groups = global / local > of->groups ? global / local : of->groups;
    of->items = local > of->items ? local : of->items;
}

/* The library's calls come here, since a program's own functions go before those of shared libraries. */
cl_int CL_API_CALL clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
                                          const size_t *offset, const size_t *global, const size_t *local,
                                          cl_uint wait_count, const cl_event *wait_list, cl_event *event) {
    cl_int(CL_API_CALL * real)(cl_command_queue, cl_kernel, cl_uint, const size_t *, const size_t *, const size_t *,
                               cl_uint, const cl_event *, cl_event *);
    void *found = dlsym(RTLD_NEXT, "clEnqueueNDRangeKernel");
    ck_assert_ptr_nonnull(found);
    memcpy(&real, &found, sizeof real);
    note_launch(kernel, global[0], local[0]);
    return real(queue, kernel, dimensions, offset, global, local, wait_count, wait_list, event);
}

/* ---- The devices, in several mappings ---- */

/* NULL: the device's own, often of one item a group. */
static const char *const mappings[] = {NULL, "4x16"};

enum { MOST_HANDLES = 16 };

static struct {
    size_t count;
    focl_handle *list[MOST_HANDLES];
    size_t devices;       /* known after the handles are closed, too */
    size_t largest_group; /* of any device */
    unsigned largest_vector;
} handles;

/* With FOCL_MAPPING, in that mapping alone. */
static size_t mapping_count(void) {
    static size_t count;
    if (count == 0)
        count = getenv("FOCL_MAPPING") ? 1 : COUNT_OF(mappings);
    return count;
}

static void open_handle(size_t device, const char *mapping) {
    char selector[32];
    (void)snprintf(selector, sizeof selector, "#%zu", focl_handle_device(test_device(device))->index);
    ck_assert_uint_lt(handles.count, MOST_HANDLES);
    ck_assert_int_eq(mapping ? setenv("FOCL_MAPPING", mapping, 1) : 0, 0);
    ck_assert_msg(focl_create(&handles.list[handles.count], selector) == FOCL_OK, "%s", focl_last_error()->message);
    const unsigned vector = focl_handle_mapping(handles.list[handles.count])->vector;
    handles.largest_vector = vector > handles.largest_vector ? vector : handles.largest_vector;
    handles.count++;
    ck_assert_int_eq(mapping ? unsetenv("FOCL_MAPPING") : 0, 0);
}

static void close_handles(void) {
    for (size_t i = 0; i < handles.count; i++)
        focl_destroy(handles.list[i]);
    handles.count = 0;
}

/*
 * New ones for each test, and so new contexts: what Oclgrind 21.10 knows of the memory that has been written is not
 * right any more once several calls have taken and released memory. A test that failed has left its own.
 */
static void open_handles(void) {
    close_handles();
    handles.devices = test_device_count();
    for (size_t device = 0; device < handles.devices; device++) {
        const size_t group = focl_handle_device(test_device(device))->work_group_size;
        handles.largest_group = group > handles.largest_group ? group : handles.largest_group;
        for (size_t i = 0; i < mapping_count(); i++)
            open_handle(device, mappings[i]);
    }
}

static const char *name_of(size_t handle) {
    return focl_handle_device(handles.list[handle])->name;
}

static bool is_bit_exact(size_t handle) {
    return focl_handle_device(handles.list[handle])->bit_exact;
}

/* ---- Losses ---- */

/* Elements or rows beyond a tile, so that there are two groups. */
static const loss_recipe losses[] = {
    {
        .name = "elements",
        .description = {LOSS_AS_USUAL, .shape = {4500, 1, 1}, .gamma = 2, .alpha = 0.25, .upstream = 1,
                        .reduction = FOCL_REDUCTION_MEAN},
    },
    {
        .name = "labels, counted",
        .description = {LOSS_AS_USUAL, .shape = {4200, 2, 1}, .targets_type = FOCL_U8, .gamma = 2, .alpha = 0.25,
                        .upstream = 1, .has_ignore_index = true, .ignore_index = 255,
                        .reduction = FOCL_REDUCTION_POSITIVE_MEAN},
    },
    {
        .name = "labels, weighted",
        .description = {LOSS_AS_USUAL, .shape = {1500, 3, 1}, .targets_type = FOCL_U8, .gamma = 2, .alpha = 0.25,
                        .upstream = 1, .reduction = FOCL_REDUCTION_WEIGHTED_MEAN},
        .inputs = LOSS_BIT(class_weights) | LOSS_BIT(weights),
    },
    {
        .name = "pixels",
        .description = {LOSS_AS_USUAL, .activation = FOCL_SOFTMAX, .shape = {2, 3, 2060}, .targets_type = FOCL_U8,
                        .gamma = 2, .alpha = -1, .upstream = 1, .reduction = FOCL_REDUCTION_SUM},
    },
    {
        .name = "pixels of many classes",
        .description = {LOSS_AS_USUAL, .activation = FOCL_SOFTMAX, .shape = {1, 66, 70}, .targets_type = FOCL_U8,
                        .gamma = 2, .alpha = -1, .upstream = 1, .reduction = FOCL_REDUCTION_SUM},
    },
    {
        .name = "rows",
        .description = {LOSS_AS_USUAL, .activation = FOCL_SOFTMAX, .shape = {4150, 2, 1}, .targets_type = FOCL_I64,
                        .gamma = 2, .alpha = -1, .upstream = 1, .reduction = FOCL_REDUCTION_WEIGHTED_MEAN},
        .inputs = LOSS_BIT(class_weights),
    },
    {
        .name = "rows of more classes than a vector has lanes",
        .description = {LOSS_AS_USUAL, .activation = FOCL_SOFTMAX, .shape = {70, 80, 1}, .targets_type = FOCL_U8,
                        .gamma = 2, .alpha = -1, .upstream = 1, .reduction = FOCL_REDUCTION_ROW_MEAN},
    },
    {
        .name = "pixels, target only",
        .description = {LOSS_AS_USUAL, .shape = {2, 3, 2060}, .targets_type = FOCL_U8, .gamma = 2, .alpha = -1,
                        .target_only = true, .upstream = 1, .reduction = FOCL_REDUCTION_SUM},
    },
    {
        .name = "rows, target only",
        .description = {LOSS_AS_USUAL, .shape = {4150, 2, 1}, .targets_type = FOCL_I64, .gamma = 2, .alpha = -1,
                        .target_only = true, .upstream = 1, .reduction = FOCL_REDUCTION_ROW_MEAN},
    },
};

START_TEST(losses_have_the_bits_of_the_mirror) {
    static const unsigned outputs = LOSS_BIT(reduced) | LOSS_BIT(gradient) | LOSS_BIT(counts);
    open_handles();
    loss_problem problem = loss_problem_create(&losses[_i], 70 + (uint64_t)_i);
    loss_answer mirror = loss_answer_create(&problem, outputs);
    ck_assert_int_eq(loss_on_mirror(&problem, &mirror), FOCL_OK);
    for (size_t i = 0; i < handles.count; i++) {
        loss_answer found = loss_answer_create(&problem, outputs);
        ck_assert_msg(loss_on_device(handles.list[i], &problem, &found, 1) == FOCL_OK, "%s on %s: %s", problem.name,
                      name_of(i), focl_last_error()->message);
        if (is_bit_exact(i))
            loss_assert_same(&problem, &mirror, &found, name_of(i));
        loss_answer_free(&found);
    }
    loss_answer_free(&mirror);
    loss_problem_free(&problem);
    close_handles();
}
END_TEST

/* ---- Activations ---- */

static const struct {
    const char *name;
    focl_activation_description description;
    unsigned outputs;
} activations[] = {
    {
        .name = "elements",
        .description = {.kind = FOCL_ACTIVATE_SIGMOID, .shape = {4500, 1, 1}},
        .outputs = ACTIVATION_BIT(value) | ACTIVATION_BIT(product),
    },
    {
        .name = "pixels",
        .description = {.kind = FOCL_ACTIVATE_SOFTMAX, .shape = {1, 2, 4150}},
        .outputs = ACTIVATION_BIT(value) | ACTIVATION_BIT(product),
    },
    {
        .name = "rows and their Jacobians",
        .description = {.kind = FOCL_ACTIVATE_LOG_SOFTMAX, .shape = {280, 5, 1}},
        .outputs = ACTIVATION_BIT(value) | ACTIVATION_BIT(product) | ACTIVATION_BIT(jacobian),
    },
};

START_TEST(activations_have_the_bits_of_the_mirror) {
    open_handles();
    activation_problem problem =
        activation_problem_create(activations[_i].name, &activations[_i].description, 80 + (uint64_t)_i);
    activation_answer mirror = activation_answer_create(&problem, activations[_i].outputs);
    activation_answer found = activation_answer_create(&problem, activations[_i].outputs);
    ck_assert_int_eq(activation_on_mirror(&problem, &mirror), FOCL_OK);
    for (size_t i = 0; i < handles.count; i++) {
        ck_assert_msg(activation_on_device(handles.list[i], &problem, &found, 1) == FOCL_OK, "%s on %s: %s",
                      problem.name, name_of(i), focl_last_error()->message);
        if (is_bit_exact(i))
            activation_assert_same(&problem, &mirror, &found, name_of(i));
    }
    activation_answer_free(&found);
    activation_answer_free(&mirror);
    activation_problem_free(&problem);
    close_handles();
}
END_TEST

/* ---- Counts, and what asks the device ---- */

/* Few classes, some that fit local memory, and too many for that; in several strips of labels. */
static const counts_recipe counts[] = {
    {.type = FOCL_U8, .labels = 33000, .classes = 10, .has_ignore_index = true, .ignore_index = 255, .wrong = true},
    {.type = FOCL_I32, .labels = 33000, .classes = 300, .wrong = true},
    {.type = FOCL_I32, .labels = 33000, .classes = 70000, .has_ignore_index = true, .ignore_index = -1},
};

START_TEST(classes_are_counted) {
    open_handles();
    counts_problem problem = counts_problem_create(&counts[_i], 90 + (uint64_t)_i);
    for (size_t i = 0; i < handles.count; i++)
        counts_assert_on_device(handles.list[i], &problem, 1, name_of(i));
    counts_problem_free(&problem);
    close_handles();
}
END_TEST

START_TEST(arrays_have_the_bits_of_the_mirror) {
    open_handles();
    const sum_recipe summed = {FOCL_F32, true, FOCL_F32, 4500, SUM_SIGNED};
    sum_problem sum = sum_problem_create(&summed, 95);
    step_problem step = step_problem_create((focl_gradient_step_description){FOCL_F32, 4500, 0.1, 0.01}, 96);
    for (size_t i = 0; i < handles.count; i++) {
        sum_assert_on_device(handles.list[i], &sum, 1, name_of(i));
        step_assert_on_device(handles.list[i], &step, 1, name_of(i));
    }
    sum_problem_free(&sum);
    step_problem_free(&step);
    close_handles();
}
END_TEST

START_TEST(devices_are_what_they_say) {
    open_handles();
    for (size_t i = 0; i < handles.count; i++) {
        focl_probe_report report;
        ck_assert_msg(focl_probe(handles.list[i], &report) == FOCL_OK, "%s", focl_last_error()->message);
        ck_assert_msg(report.bit_exact == is_bit_exact(i), "%s: %s", name_of(i), report.reason);
    }
    close_handles();
}
END_TEST

/* ---- A linear head ---- */

/* The sum of 2 (logit - target) over the rows, from doubles. */
static double expected_bias_gradient(const linear_head *head, const float *targets, size_t column) {
    const size_t classes = head->description.loss.shape.classes;
    double sum = 0;
    for (size_t row = 0; row < head->description.loss.shape.outer; row++)
        sum += 2 * (linear_truth_of_logit(head, row, column).value - (double)targets[row * classes + column]);
    return sum;
}

static void assert_bias_gradient(focl_handle *handle, const linear_head *head, const loss_problem *problem) {
    loss_answer none = loss_answer_create(problem, 0);
    loss_buffers of_loss = loss_buffers_create(focl_handle_context(handle), problem, &none, 0);
    linear_buffers buffers = linear_buffers_create(focl_handle_context(handle), head, 0);
    buffers.inputs.loss = of_loss.inputs;
    buffers.inputs.loss.logits = (focl_buffer){NULL, 0};
    const focl_status status =
        focl_linear_loss(handle, &head->description, &buffers.inputs, &buffers.outputs, NULL, 0, NULL, NULL);
    ck_assert_msg(status == FOCL_OK, "%s", focl_last_error()->message);
    float *found = linear_buffers_read(focl_handle_queue(handle), &buffers, head, LINEAR_bias_gradient);
    for (size_t i = 0; i < head->columns[LINEAR_bias_gradient]; i++) {
        const double expected = expected_bias_gradient(head, problem->inputs[LOSS_targets], i);
        ck_assert_msg(fabs((double)found[i] - expected) < 1e-4, "[%zu] is %a, not %a", i, (double)found[i], expected);
    }
    free(found);
    linear_buffers_release(&buffers);
    loss_buffers_release(&of_loss);
    loss_answer_free(&none);
}

/* CLBlast's kernels have so many items. */
enum { GROUP_OF_PRODUCTS = 64 };

/* Why the surroundings leave no place for products, or NULL. Call it with handles. */
static const char *without_products(void) {
    if (!focl_has_linear_loss())
        return "there is no CLBlast";
    if (handles.largest_group < GROUP_OF_PRODUCTS)
        return "CLBlast's groups are larger than the device's";
    if (getenv("OCLGRIND_UNINITIALIZED"))
        return "Oclgrind 21.10 does not know the instruction freeze where it looks for uninitialised memory";
    return NULL;
}

START_TEST(heads_have_bias_and_its_gradient) {
    open_handles();
    if (without_products()) {
        printf("without heads: %s\n", without_products());
        close_handles();
        return;
    }
    loss_recipe recipe = {.name = "a head", .soft = true};
    recipe.description = focl_loss_default(FOCL_IDENTITY, FOCL_MSE, (focl_view){3, 1100, 1});
    recipe.description.reduction = FOCL_REDUCTION_SUM;
    loss_problem problem = loss_problem_create(&recipe, 95);
    const focl_linear_loss_description description = {problem.description, 2, 2, 0};
    linear_head head =
        linear_head_create(&description, LINEAR_BIT(features_gradient) | LINEAR_BIT(matrix_gradient), 96);
    for (size_t i = 0; i < handles.count; i++)
        assert_bias_gradient(handles.list[i], &head, &problem);
    linear_head_free(&head);
    loss_problem_free(&problem);
    close_handles();
}
END_TEST

/* ---- Every kernel ---- */

/* Kernels of a single group by design, and of single items. */
static bool has_one_group(const char *name) {
    return strcmp(name, "reduce_fold") == 0 || strcmp(name, "normalizer_count_fold") == 0;
}

static const char of_one_item[] = "class_counts_compared";

/* For lanes of their own rows; where FOCL_MAPPING has single floats it has none. */
static const char of_vectors[] = "softmax_loss_short_rows";

static bool is_named(const char *expected, const char *name, size_t length) {
    return strlen(expected) == length && memcmp(expected, name, length) == 0;
}

static const char of_products[] = "linear_head_";

/* Whether the surroundings leave no place for that kernel. */
static bool is_left_out(const char *name, size_t length) {
    return (strncmp(name, of_products, strlen(of_products)) == 0 && without_products()) ||
           (!launched.alone && is_named(of_one_item, name, length)) ||
           (handles.largest_vector == 1 && is_named(of_vectors, name, length));
}

static void assert_launched(const char *name, size_t length) {
    const struct launched *of = find_launched(name, length);
    if (!of && is_left_out(name, length))
        return;
    ck_assert_msg(of != NULL, "%.*s has not been launched", (int)length, name);
    ck_assert_msg(of->groups > 1 || has_one_group(of->name), "%s had one group only", of->name);
    ck_assert_msg(of->items > 1 || strcmp(of->name, of_one_item) == 0 || handles.largest_group == 1,
                  "%s had groups of one item only", of->name);
}

/* The kernels of a source; returns how many there are. */
static size_t assert_all_launched(const char *text) {
    static const char head[] = "\n__kernel ";
    static const char result[] = "void";
    size_t count = 0;
    for (const char *at = strstr(text, head); at; at = strstr(at, head), count++) {
        at = strstr(at, result);
        ck_assert_ptr_nonnull(at);
        at += strlen(result);
        at += strspn(at, " \n");
        assert_launched(at, strcspn(at, "("));
    }
    return count;
}

START_TEST(every_kernel_has_been_launched) {
    char stems[] = FOCL_KERNEL_STEMS;
    for (const char *stem = strtok(stems, " "); stem; stem = strtok(NULL, " ")) {
        if (strcmp(stem, "linear_head") == 0 && !focl_has_linear_loss())
            continue;
        const focl__kernel_source *source = focl__kernel_source_find(stem);
        ck_assert_msg(source != NULL, "there is no source %s", stem);
        ck_assert_msg(assert_all_launched(source->text) > 0, "%s has no kernel", stem);
    }
}
END_TEST

/* So that a log shows what environment it was. */
static void print_surroundings(const char *locale) {
    printf("locale: %s, one and a half is %.1f\n", locale ? locale : "not there", 1.5);
    printf("devices: %zu, groups of up to %zu items\n", handles.devices, handles.largest_group);
    for (size_t i = 0; i < launched.count; i++)
        printf("launched: %s, up to %zu groups, up to %zu items\n", launched.list[i].name, launched.list[i].groups,
               launched.list[i].items);
}

/* Programs that use the library may be in any locale. */
int main(void) {
    const char *locale = setlocale(LC_ALL, "");
    Suite *suite = suite_create("every_kernel");
    test_add_loop(suite, "losses", losses_have_the_bits_of_the_mirror, COUNT_OF(losses));
    test_add_loop(suite, "activations", activations_have_the_bits_of_the_mirror, COUNT_OF(activations));
    test_add_loop(suite, "counts", classes_are_counted, COUNT_OF(counts));
    test_add_loop(suite, "heads", heads_have_bias_and_its_gradient, 1);
    test_add_loop(suite, "arrays", arrays_have_the_bits_of_the_mirror, 1);
    test_add_loop(suite, "probe", devices_are_what_they_say, 1);
    test_add_loop(suite, "every kernel", every_kernel_has_been_launched, 1);
    const int status = test_main(suite);
    print_surroundings(locale);
    close_handles();
    return status;
}
