/* One number for all outputs of many losses: the same wherever the bits are. */
#ifndef FOCL_TESTS_SUPPORT_HASH_H
#define FOCL_TESTS_SUPPORT_HASH_H

#include "support_recipes.h"

/* Kinds of losses, and the shapes that bring each to every kernel and mapping of theirs. */
typedef struct hash_family {
    const char *name;
    const loss_recipe *recipes;
    const size_t *recipe_count;
    focl_view shapes[2];
    size_t shape_count;
} hash_family;

enum { HASH_FAMILIES = 2 };
extern const hash_family hash_families[HASH_FAMILIES];

/* Who is asked: the mirror (no handle), the host form (no queue), or the device form on that queue. */
typedef struct hash_source {
    focl_handle *handle;
    cl_command_queue queue;
} hash_source;

/*
 * Of the recipes first, first + step, first + 2 step ... with logits of that type. Problems are made from a fixed
 * state, whatever FOCL_TEST_SEED says. Any NaN is one value: its sign and payload differ between machines.
 */
uint64_t hash_of_family(const hash_family *family, focl_type type, size_t first, size_t step,
                        const hash_source *source);

/* Whether the device promises these bits. */
bool hash_is_promised(focl_type type, const focl_device *device);

#endif
