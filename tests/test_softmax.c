/*
 * The softmax family: every kind of loss with every number of classes, in both layouts, against the truth and from
 * device to device.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "support_loss.h"
#include "support_recipes.h"

static void assert_recipe(const loss_recipe *recipe, focl_view shape, uint64_t stream, size_t offset) {
    const loss_recipe shaped = loss_recipe_shaped(recipe, shape);
    loss_problem problem = loss_problem_create(&shaped, stream);
    loss_assert_everywhere(&problem, offset);
    loss_problem_free(&problem);
}

static void assert_recipe_in_turn(const loss_recipe *recipe, focl_view shape, uint64_t stream, size_t turn) {
    const size_t turns = test_size(16, 24);
    const loss_recipe shaped = loss_recipe_shaped(recipe, shape);
    loss_problem problem = loss_problem_create(&shaped, stream);
    loss_assert_in_turn(&problem, turn / turns, turn, turns);
    loss_problem_free(&problem);
}

/* ---- Numbers of classes ---- */

/* Around the lanes, the blocks and the tiles of a row's sums, and those of the usual data sets. */
static const size_t class_counts[] = {1, 2, 3, 8, 10, 19, 31, 32, 33, 64, 65, 80, 150, 1000, 4095, 4096, 4097, 10000};

static size_t class_count_number(void) {
    return test_size(COUNT_OF(class_counts), 12);
}

/* Rows enough for a few thousand elements, one at least; the type of labels cannot say every class. */
static size_t rows_of(size_t classes) {
    const size_t elements = test_size(4000, 120);
    return classes < elements ? elements / classes : 1;
}

static loss_recipe with_room_for_labels(const loss_recipe *recipe, size_t classes) {
    loss_recipe changed = *recipe;
    if (changed.description.targets_type == FOCL_U8 && classes > 255)
        changed.description.targets_type = FOCL_I32;
    return changed;
}

START_TEST(rows_of_every_length) {
    const loss_recipe *recipe = &loss_row_recipes[_i];
    for (size_t i = 0; i < class_count_number(); i++) {
        const loss_recipe changed = with_room_for_labels(recipe, class_counts[i]);
        const focl_view shape = {rows_of(class_counts[i]) + 1, class_counts[i], 1};
        assert_recipe_in_turn(&changed, shape, 20000 + 100 * (uint64_t)_i + i, i + (size_t)_i);
    }
}
END_TEST

START_TEST(pixels_of_every_depth) {
    const loss_recipe *recipe = &loss_row_recipes[_i];
    for (size_t i = 0; i < class_count_number(); i++) {
        const loss_recipe changed = with_room_for_labels(recipe, class_counts[i]);
        const size_t inner = rows_of(class_counts[i]) / 2 | 1;
        assert_recipe_in_turn(&changed, (focl_view){2, class_counts[i], inner + 2 * (i % 2)},
                              22000 + 100 * (uint64_t)_i + i, i + (size_t)_i);
    }
}
END_TEST

/* Inner extents around vectors, work groups and tiles. */
START_TEST(planes_of_every_size) {
    static const size_t planes[] = {2, 7, 15, 16, 17, 63, 65, 255, 257, 1023, 4097};
    const loss_recipe *recipe = &loss_row_recipes[_i];
    for (size_t i = 0; i < test_size(COUNT_OF(planes), 6); i++)
        assert_recipe_in_turn(recipe, (focl_view){1 + i % 3, 3, planes[i]}, 24000 + 100 * (uint64_t)_i + i,
                              i + (size_t)_i);
}
END_TEST

/* Many rows, so that there are tiles of their sums. */
START_TEST(many_rows) {
    static const size_t counts[] = {4096, 9001};
    const size_t number = (size_t)_i % COUNT_OF(counts);
    if (!test_small())
        assert_recipe(&loss_row_recipes[_i], (focl_view){counts[number], 2 + number, 1}, 25000 + (uint64_t)_i, number);
}
END_TEST

START_TEST(no_rows) {
    static const focl_view empty[] = {{0, 3, 5}, {2, 3, 0}, {0, 5, 1}};
    for (size_t i = 0; i < COUNT_OF(empty); i++) {
        loss_recipe changed = loss_row_recipes[_i];
        assert_recipe(&changed, empty[i], 26000, 0);
        changed.description.empty = FOCL_EMPTY_NAN;
        assert_recipe(&changed, empty[i], 26000, 0);
    }
}
END_TEST

/* ---- Exponents ---- */

static const double gammas[] = {0, 1e-3, 0.5, 1, 1.5, 2, 5};

typedef struct focal_kind {
    const char *name;
    focl_type targets_type;
    double label_smoothing;
    double poly1;
    unsigned inputs;
    bool soft;
} focal_kind;

static const focal_kind focal_kinds[] = {
    {"focal of labels", FOCL_U8, 0, 0, 0, false},
    {"weighted focal of labels", FOCL_U8, 0, 0, LOSS_BIT(class_weights), false},
    {"smoothed focal of labels", FOCL_I32, 0.1, 0, 0, false},
    {"smoothed weighted focal of labels", FOCL_I32, 0.1, 0, LOSS_BIT(class_weights), false},
    {"focal of one-hot rows", FOCL_F32, 0, 0, 0, false},
    {"focal of dense rows", FOCL_F32, 0, 0, 0, true},
    {"smoothed weighted focal of dense rows", FOCL_F32, 0.25, 0, LOSS_BIT(class_weights), true},
    {"poly-1 focal of labels", FOCL_U8, 0, 2, 0, false},
    {"poly-1 focal of dense rows", FOCL_F32, 0, -1, 0, true},
};

static loss_recipe focal_recipe(const focal_kind *kind, double gamma, focl_curvature curvature) {
    loss_recipe recipe = {.name = kind->name, .inputs = kind->inputs, .soft = kind->soft};
    recipe.description = focl_loss_default(FOCL_SOFTMAX, FOCL_FOCAL, (focl_view){0});
    recipe.description.targets_type = kind->targets_type;
    recipe.description.gamma = gamma;
    recipe.description.poly1 = kind->poly1;
    recipe.description.label_smoothing = kind->label_smoothing;
    recipe.description.reduction = FOCL_REDUCTION_SUM;
    recipe.description.curvature = curvature;
    return recipe;
}

START_TEST(every_exponent) {
    const focal_kind *kind = &focal_kinds[_i];
    for (size_t i = 0; i < COUNT_OF(gammas); i++) {
        const loss_recipe recipe = focal_recipe(kind, gammas[i], (focl_curvature)(i % 3));
        assert_recipe_in_turn(&recipe, (focl_view){test_size(700, 30), 10, 1}, 27000 + 100 * (uint64_t)_i + i,
                              i + (size_t)_i);
    }
}
END_TEST

START_TEST(every_exponent_of_pixels) {
    const focal_kind *kind = &focal_kinds[_i];
    for (size_t i = 0; i < COUNT_OF(gammas); i++) {
        const loss_recipe recipe = focal_recipe(kind, gammas[i], (focl_curvature)((i + 1) % 3));
        assert_recipe_in_turn(&recipe, (focl_view){3, 19, test_size(117, 7)}, 28000 + 100 * (uint64_t)_i + i,
                              i + (size_t)_i);
    }
}
END_TEST

/* ---- Where the gradient goes ---- */

static const focl_view both_layouts[] = {{57, 33, 1}, {2, 7, 45}};

/* Recipes that differ in how they go through a row: labels, smoothed labels, dense rows. */
static const size_t varied_recipes[] = {0, 2, 3};

START_TEST(accumulates) {
    for (size_t i = 0; i < COUNT_OF(both_layouts); i++) {
        const loss_recipe shaped = loss_recipe_shaped(&loss_row_recipes[varied_recipes[_i]], both_layouts[i]);
        loss_problem problem = loss_problem_create(&shaped, 29000 + (uint64_t)_i);
        problem.description.accumulate = i == 0 ? -0.5 : 1;
        loss_give_old_gradient(&problem, 29100);
        loss_assert_everywhere(&problem, 1);
        loss_problem_free(&problem);
    }
}
END_TEST

START_TEST(gradient_over_the_logits) {
    for (size_t i = 0; i < COUNT_OF(both_layouts); i++) {
        loss_recipe shaped = loss_recipe_shaped(&loss_row_recipes[varied_recipes[_i]], both_layouts[i]);
        shaped.description.in_place = true;
        loss_problem problem = loss_problem_create(&shaped, 29200 + (uint64_t)_i);
        loss_assert_everywhere(&problem, 3);
        loss_problem_free(&problem);
    }
}
END_TEST

static const unsigned subsets[] = {
    LOSS_BIT(reduced),
    LOSS_BIT(loss) | LOSS_BIT(counts),
    LOSS_BIT(gradient),
    LOSS_BIT(probabilities),
    LOSS_BIT(hessian),
    LOSS_BIT(pt) | LOSS_BIT(used_normalizer),
    LOSS_BIT(reduced) | LOSS_BIT(gradient),
};

static void assert_subset(size_t device, const loss_problem *problem, unsigned outputs) {
    loss_answer all = loss_answer_create(problem, loss_outputs(&problem->description));
    loss_answer some = loss_answer_create(problem, outputs & loss_outputs(&problem->description));
    ck_assert_int_eq(loss_on_mirror(problem, &all), FOCL_OK);
    const focl_status status = loss_on_device(test_device(device), problem, &some, 0);
    ck_assert_msg(status == FOCL_OK, "%s, outputs %#x: %s", problem->name, outputs, focl_last_error()->message);
    if (focl_handle_device(test_device(device))->bit_exact)
        loss_assert_same(problem, &all, &some, test_device_name(device));
    loss_answer_free(&some);
    loss_answer_free(&all);
}

START_TEST(any_subset_has_the_same_bits) {
    const size_t layout = (size_t)_i % 2;
    const loss_recipe shaped = loss_recipe_shaped(&loss_row_recipes[layout == 0 ? 2 : 3], both_layouts[layout]);
    loss_problem problem = loss_problem_create(&shaped, 29300);
    for (size_t device = 0; device < test_device_count(); device++)
        assert_subset(device, &problem, subsets[_i / 2]);
    loss_problem_free(&problem);
}
END_TEST

/* ---- Pieces ---- */

/* Of rows and of planes; the sums are of rows, whatever pieces they come in. */
START_TEST(pieces_leave_the_bits_alone) {
    static const char *const sizes[] = {"4096", "100", "9000"};
    static const focl_view shapes[] = {{401, 33, 1}, {9, 19, 65}};
    const loss_recipe *recipe = &loss_row_recipes[_i];
    ck_assert_int_eq(setenv("FOCL_PIECE_ELEMENTS", sizes[_i % 3], 1), 0);
    assert_recipe(recipe, shapes[_i / 2 % 2], 29500 + (uint64_t)_i, 0);
    ck_assert_int_eq(unsetenv("FOCL_PIECE_ELEMENTS"), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("softmax");
    test_add_loop(suite, "rows", rows_of_every_length, loss_row_recipe_count);
    test_add_loop(suite, "pixels", pixels_of_every_depth, loss_row_recipe_count);
    test_add_loop(suite, "planes", planes_of_every_size, loss_row_recipe_count);
    test_add_loop(suite, "many", many_rows, loss_row_recipe_count);
    test_add_loop(suite, "empty", no_rows, loss_row_recipe_count);
    test_add_loop(suite, "exponents", every_exponent, COUNT_OF(focal_kinds));
    test_add_loop(suite, "exponents of pixels", every_exponent_of_pixels, COUNT_OF(focal_kinds));
    test_add_loop(suite, "accumulate", accumulates, COUNT_OF(varied_recipes));
    test_add_loop(suite, "in place", gradient_over_the_logits, COUNT_OF(varied_recipes));
    test_add_loop(suite, "subsets", any_subset_has_the_same_bits, 2 * COUNT_OF(subsets));
    test_add_loop(suite, "pieces", pieces_leave_the_bits_alone, loss_row_recipe_count);
    return test_main(suite);
}
