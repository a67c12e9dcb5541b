/*
 * CLBlast failing in the middle of a linear loss: the status, the sentence, nothing kept, and the next call as if
 * nothing had been; and how much memory a call makes. By standing in for CLBlast's product and for the calls that make
 * and release memory.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "support_linear.h"

#ifdef FOCL_HAS_CLBLAST

#include <clblast_c.h>

/* ---- Stand-ins ---- */

static struct {
    size_t products; /* so far */
    size_t failing;  /* the number of the one that fails; 0: none */
    CLBlastStatusCode code;
    size_t made; /* buffers */
    size_t released;
    size_t bytes; /* of all that were made */
} seen;

/* The function that is stood in for. */
static void find_real(const char *name, void *pointer, size_t bytes) {
    void *found = dlsym(RTLD_NEXT, name);
    ck_assert_ptr_nonnull(found);
    memcpy(pointer, &found, bytes);
}

CLBlastStatusCode CLBlastSgemmWithTempBuffer(const CLBlastLayout layout, const CLBlastTranspose a_transpose,
                                             const CLBlastTranspose b_transpose, const size_t m, const size_t n,
                                             const size_t k, const float alpha, const cl_mem a_buffer,
                                             const size_t a_offset, const size_t a_ld, const cl_mem b_buffer,
                                             const size_t b_offset, const size_t b_ld, const float beta,
                                             cl_mem c_buffer, const size_t c_offset, const size_t c_ld,
                                             cl_command_queue *queue, cl_event *event, cl_mem temporary) {
    static CLBlastStatusCode (*real)(CLBlastLayout, CLBlastTranspose, CLBlastTranspose, size_t, size_t, size_t, float,
                                     cl_mem, size_t, size_t, cl_mem, size_t, size_t, float, cl_mem, size_t, size_t,
                                     cl_command_queue *, cl_event *, cl_mem);
    if (!real)
        find_real("CLBlastSgemmWithTempBuffer", &real, sizeof real);
    if (++seen.products == seen.failing)
        return seen.code;
    return real(layout, a_transpose, b_transpose, m, n, k, alpha, a_buffer, a_offset, a_ld, b_buffer, b_offset, b_ld,
                beta, c_buffer, c_offset, c_ld, queue, event, temporary);
}

cl_mem CL_API_CALL clCreateBuffer(cl_context context, cl_mem_flags flags, size_t size, void *host, cl_int *code) {
    static cl_mem(CL_API_CALL * real)(cl_context, cl_mem_flags, size_t, void *, cl_int *);
    if (!real)
        find_real("clCreateBuffer", &real, sizeof real);
    cl_mem memory = real(context, flags, size, host, code);
    seen.made += memory != NULL;
    seen.bytes += memory ? size : 0;
    return memory;
}

cl_int CL_API_CALL clRetainMemObject(cl_mem memory) {
    static cl_int(CL_API_CALL * real)(cl_mem);
    if (!real)
        find_real("clRetainMemObject", &real, sizeof real);
    seen.made++;
    return real(memory);
}

cl_int CL_API_CALL clReleaseMemObject(cl_mem memory) {
    static cl_int(CL_API_CALL * real)(cl_mem);
    if (!real)
        find_real("clReleaseMemObject", &real, sizeof real);
    seen.released++;
    return real(memory);
}

/* ---- A call ---- */

enum { ROWS = 10, FEATURES = 3, CLASSES = 4, CHUNK_ROWS = 4, PRODUCTS = 9 };

typedef struct result {
    focl_status status;
    cl_event event;
    void *gradients[LINEAR_ARRAYS];
} result;

static result run(focl_handle *handle, const linear_head *head, const loss_problem *problem) {
    loss_answer answer = loss_answer_create(problem, LOSS_BIT(reduced));
    loss_buffers of_loss = loss_buffers_create(focl_handle_context(handle), problem, &answer, 0);
    linear_buffers buffers = linear_buffers_create(focl_handle_context(handle), head, 0);
    result found = {.status = FOCL_OK};
    buffers.inputs.loss = of_loss.inputs;
    buffers.inputs.loss.logits = (focl_buffer){NULL, 0};
    buffers.outputs.loss = of_loss.outputs;
    seen.products = seen.made = seen.released = seen.bytes = 0;
    found.status =
        focl_linear_loss(handle, &head->description, &buffers.inputs, &buffers.outputs, NULL, 0, NULL, &found.event);
    ck_assert_msg(seen.made == seen.released, "%zu buffers were made or retained, %zu released", seen.made,
                  seen.released);
    for (size_t i = LINEAR_FIRST_OUTPUT; i < LINEAR_ARRAYS; i++)
        found.gradients[i] = linear_buffers_read(focl_handle_queue(handle), &buffers, head, (enum linear_array)i);
    linear_buffers_release(&buffers);
    loss_buffers_release(&of_loss);
    loss_answer_free(&answer);
    return found;
}

static void result_free(result *found) {
    if (found->event)
        ck_assert_int_eq(clReleaseEvent(found->event), CL_SUCCESS);
    for (size_t i = 0; i < LINEAR_ARRAYS; i++)
        free(found->gradients[i]);
}

static loss_problem small_problem(void) {
    loss_recipe recipe = {.name = "a call that fails"};
    recipe.description = focl_loss_default(FOCL_SOFTMAX, FOCL_FOCAL, (focl_view){ROWS, CLASSES, 1});
    recipe.description.targets_type = FOCL_U8;
    return loss_problem_create(&recipe, 8300);
}

/* Each kind of code: what it becomes, and what the sentence has of it. */
static const struct {
    CLBlastStatusCode code;
    focl_status status;
    const char *in_message;
} codes[] = {
    {CLBlastOpenCLOutOfResources, FOCL_EDEVICEMEM, "CLBlastSgemm: CL_OUT_OF_RESOURCES (-5)"},
    {CLBlastTempBufferAllocFailure, FOCL_EDEVICEMEM, "CLBlastSgemm: CL_MEM_OBJECT_ALLOCATION_FAILURE (-4)"},
    {CLBlastOpenCLBuildProgramFailure, FOCL_EBUILD, "CLBlastSgemm: CL_BUILD_PROGRAM_FAILURE (-11)"},
    {CLBlastNoDoublePrecision, FOCL_ENOTSUP, "CLBlastSgemm: the device has no f64 (-2044)"},
    {CLBlastInsufficientMemoryB, FOCL_EDEVICE, "CLBlastSgemm: CLBlast failed with its code -1010"},
};

/* The first product, one in the middle, the last. */
static const size_t places[] = {1, 5, PRODUCTS};

START_TEST(failures_are_told) {
    const size_t code = (size_t)_i % COUNT_OF(codes);
    focl_handle *handle = test_device(0);
    loss_problem problem = small_problem();
    const focl_linear_loss_description description = {problem.description, FEATURES, CHUNK_ROWS, 0};
    linear_head head = linear_head_create(&description, 0, 8400);
    result before = run(handle, &head, &problem);
    ck_assert_msg(before.status == FOCL_OK, "%s", focl_last_error()->message);
    ck_assert_uint_eq(seen.products, PRODUCTS);

    seen.failing = places[(size_t)_i / COUNT_OF(codes)];
    seen.code = codes[code].code;
    result failed = run(handle, &head, &problem);
    ck_assert_msg(failed.status == codes[code].status, "%s: %s", focl_status_name(failed.status),
                  focl_last_error()->message);
    ck_assert_str_eq(focl_last_error()->message, codes[code].in_message);
    ck_assert_ptr_null(failed.event);
    ck_assert_uint_eq(seen.products, seen.failing);

    seen.failing = 0;
    result after = run(handle, &head, &problem);
    ck_assert_int_eq(after.status, FOCL_OK);
    for (size_t i = LINEAR_FIRST_OUTPUT; i < LINEAR_ARRAYS; i++)
        ck_assert_int_eq(
            memcmp(before.gradients[i], after.gradients[i], head.rows[i] * head.columns[i] * sizeof(float)), 0);
    result_free(&after);
    result_free(&failed);
    result_free(&before);
    linear_head_free(&head);
    loss_problem_free(&problem);
}
END_TEST

/*
 * All the memory that a call ever makes, CLBlast's for it included, whether or not it is there at the same time: with
 * everything enqueued before the first command runs it may be.
 */
START_TEST(memory_is_a_small_part_of_the_logits) {
    enum { MANY_ROWS = 4096, SOME_FEATURES = 64, MANY_CLASSES = 512, PART = 8 };
    if (test_small()) {
        printf("skipped: many rows and classes\n");
        return;
    }
    loss_recipe recipe = {.name = "many rows"};
    recipe.description =
        focl_loss_default(_i ? FOCL_SIGMOID : FOCL_SOFTMAX, FOCL_FOCAL, (focl_view){MANY_ROWS, MANY_CLASSES, 1});
    recipe.description.targets_type = FOCL_I32;
    loss_problem problem = loss_problem_create(&recipe, 8500);
    const focl_linear_loss_description description = {problem.description, SOME_FEATURES, 0, (size_t)1 << 18};
    linear_head head = linear_head_create(&description, 0, 8600);
    for (size_t device = 0; device < test_device_count(); device++) {
        result found = run(test_device(device), &head, &problem);
        ck_assert_msg(found.status == FOCL_OK, "%s", focl_last_error()->message);
        const size_t unfused = (size_t)2 * MANY_ROWS * MANY_CLASSES * sizeof(float);
        ck_assert_msg(seen.bytes < unfused / PART, "%zu bytes were made, logits and gradient have %zu", seen.bytes,
                      unfused);
        result_free(&found);
    }
    linear_head_free(&head);
    loss_problem_free(&problem);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("linear_loss_failures");
    test_add_loop(suite, "memory", memory_is_a_small_part_of_the_logits, 2);
    test_add_loop(suite, "failures", failures_are_told, COUNT_OF(codes) * COUNT_OF(places));
    return test_main(suite);
}

#else

enum { SKIPPED = 77 };

int main(void) {
    printf("skipped: this focl was built without CLBlast\n");
    return SKIPPED;
}

#endif
