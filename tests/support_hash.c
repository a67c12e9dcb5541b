#include "support_hash.h"

#include <math.h>

const hash_family hash_families[HASH_FAMILIES] = {
    {"sigmoid", loss_recipes, &loss_recipe_count, {{17, 19, 3}}, 1},
    {"softmax", loss_row_recipes, &loss_row_recipe_count, {{17, 19, 3}, {51, 19, 1}}, 2},
};

bool hash_is_promised(focl_type type, const focl_device *device) {
    return device->bit_exact && (type != FOCL_F64 || device->fp64);
}

/* ---- Problems ---- */

/* Their logits are those of f32: C libraries may differ in longer ones. */
static loss_problem fixed_problem(const hash_family *family, focl_type type, size_t recipe, size_t shape) {
    loss_recipe shaped = loss_recipe_shaped(&family->recipes[recipe], family->shapes[shape]);
    shaped.description.logits_type = type;
    loss_problem problem = loss_problem_create_from(&shaped, (test_random){1000 * recipe + shape});
    for (size_t i = 0; type == FOCL_F64 && i < loss_array_elements(&shaped.description, LOSS_logits); i++) {
        double *logit = (double *)problem.inputs[LOSS_logits] + i;
        *logit = (double)(float)*logit;
    }
    return problem;
}

static focl_status on_queue(const hash_source *source, const loss_problem *problem, const loss_answer *answer) {
    loss_buffers buffers = loss_buffers_create(focl_handle_context(source->handle), problem, answer, 0);
    const focl_status status = focl_loss(source->handle, &problem->description, &buffers.inputs, &buffers.outputs,
                                         source->queue, 0, NULL, NULL);
    loss_buffers_read(source->queue, &buffers, problem, answer);
    loss_buffers_release(&buffers);
    return status;
}

static focl_status ask(const hash_source *source, const loss_problem *problem, const loss_answer *answer) {
    if (!source->handle)
        return loss_on_mirror(problem, answer);
    return source->queue ? on_queue(source, problem, answer) : loss_on_host(source->handle, problem, answer);
}

/* ---- The number ---- */

/* FNV-1a. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count) {
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ byte[i]) * 0x100000001B3u;
    return hash;
}

static uint64_t hash_numbers(uint64_t hash, focl_type type, const void *values, size_t count) {
    static const uint32_t nan = 0x7FC00000u;
    const size_t bytes = focl_type_size(type);
    for (size_t i = 0; i < count; i++) {
        const bool is_nan = isnan(loss_value_at(type, values, i));
        hash = is_nan ? hash_bytes(hash, &nan, sizeof nan)
                      : hash_bytes(hash, (const unsigned char *)values + i * bytes, bytes);
    }
    return hash;
}

static uint64_t hash_answer(uint64_t hash, const loss_problem *problem, const loss_answer *answer) {
    const focl_loss_description *description = &problem->description;
    for (size_t i = LOSS_FIRST_OUTPUT; i < LOSS_ARRAYS; i++) {
        const enum loss_array array = (enum loss_array)i;
        const void *values = answer->outputs[array];
        if (values && array == LOSS_counts)
            hash = hash_bytes(hash, values, sizeof(focl_loss_counts));
        else if (values)
            hash = hash_numbers(hash, loss_array_type(description, array), values,
                                loss_array_elements(description, array));
    }
    return hash;
}

static uint64_t hash_problem(uint64_t hash, const loss_problem *problem, const hash_source *source) {
    loss_answer answer = loss_answer_create(problem, loss_outputs(&problem->description));
    const focl_status status = ask(source, problem, &answer);
    ck_assert_msg(status == FOCL_OK, "%s: %s", problem->name, focl_last_error()->message);
    hash = hash_answer(hash, problem, &answer);
    loss_answer_free(&answer);
    return hash;
}

uint64_t hash_of_family(const hash_family *family, focl_type type, size_t first, size_t step,
                        const hash_source *source) {
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t recipe = first; recipe < *family->recipe_count; recipe += step)
        for (size_t shape = 0; shape < family->shape_count; shape++) {
            loss_problem problem = fixed_problem(family, type, recipe, shape);
            hash = hash_problem(hash, &problem, source);
            loss_problem_free(&problem);
        }
    return hash;
}
