/*
 * Every value of every option with every value of every other, for every kind of loss: the mirror against the truth.
 * Devices, which compile a program for each, get some of them, drawn anew with every seed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "loss_check.h"
#include "support_loss.h"
#include "support_recipes.h"

/* ---- Kinds of loss ---- */

static const struct kind {
    const char *name;
    focl_activation activation;
    focl_objective objective;
} kinds[] = {
    {"sigmoid focal", FOCL_SIGMOID, FOCL_FOCAL},
    {"sigmoid cross entropy", FOCL_SIGMOID, FOCL_CROSS_ENTROPY},
    {"sigmoid squared error", FOCL_SIGMOID, FOCL_MSE},
    {"quality focal", FOCL_SIGMOID, FOCL_QUALITY_FOCAL},
    {"varifocal", FOCL_SIGMOID, FOCL_VARIFOCAL},
    {"focal of probabilities", FOCL_IDENTITY, FOCL_FOCAL},
    {"cross entropy of probabilities", FOCL_IDENTITY, FOCL_CROSS_ENTROPY},
    {"squared error of values", FOCL_IDENTITY, FOCL_MSE},
    {"softmax focal", FOCL_SOFTMAX, FOCL_FOCAL},
    {"softmax cross entropy", FOCL_SOFTMAX, FOCL_CROSS_ENTROPY},
    {"softmax squared error", FOCL_SOFTMAX, FOCL_MSE},
    {"categorical focal", FOCL_CATEGORICAL, FOCL_FOCAL},
    {"categorical cross entropy", FOCL_CATEGORICAL, FOCL_CROSS_ENTROPY},
    {"categorical squared error", FOCL_CATEGORICAL, FOCL_MSE},
};

/* ---- Options ---- */

/* A case while its options are set; what depends on the shape is settled at the end. */
typedef struct trial {
    loss_recipe recipe;
    enum { CONTIGUOUS, PADDED, CLASSES_LAST } places;
    enum { NO_POS_WEIGHTS, ONE_POS_WEIGHT, POS_WEIGHT_EACH } pos_weights;
    bool old_gradient;
} trial;

/* X(option, value, what it sets): the values of an option stand together. Each is another than the default. */
#define OPTION_TABLE(X)                                                                                            \
    X("layout", "1 class", d->shape = ((focl_view){23, 1, 1}))                                                     \
    X("layout", "2 classes", d->shape = ((focl_view){17, 2, 1}))                                                   \
    X("layout", "pixels", d->shape = ((focl_view){2, 4, 7}))                                                       \
    X("layout", "planes of 1 class", d->shape = ((focl_view){3, 1, 9}))                                            \
    X("layout", "33 classes", d->shape = ((focl_view){3, 33, 1}))                                                  \
    X("places", "padded", t->places = PADDED)                                                                      \
    X("places", "classes last", t->places = CLASSES_LAST)                                                          \
    X("logits", "f16", d->logits_type = FOCL_F16)                                                                  \
    X("logits", "bf16", d->logits_type = FOCL_BF16)                                                                \
    X("logits", "f64", d->logits_type = FOCL_F64)                                                                  \
    X("targets", "soft", t->recipe.soft = true)                                                                    \
    X("targets", "soft f16", (t->recipe.soft = true, d->targets_type = FOCL_F16))                                  \
    X("targets", "soft bf16", (t->recipe.soft = true, d->targets_type = FOCL_BF16))                                \
    X("targets", "u8", d->targets_type = FOCL_U8)                                                                  \
    X("targets", "i16", d->targets_type = FOCL_I16)                                                                \
    X("targets", "i32", d->targets_type = FOCL_I32)                                                                \
    X("targets", "i64", d->targets_type = FOCL_I64)                                                                \
    X("gamma", "0", d->gamma = 0)                                                                                  \
    X("gamma", "0.5", d->gamma = 0.5)                                                                              \
    X("gamma", "1", d->gamma = 1)                                                                                  \
    X("gamma", "5", d->gamma = 5)                                                                                  \
    X("gamma of negatives", "0", d->gamma_negative = 0)                                                            \
    X("gamma of negatives", "4", d->gamma_negative = 4)                                                            \
    X("margin", "0.05", d->margin = 0.05)                                                                          \
    X("poly-1", "1.5", d->poly1 = 1.5)                                                                             \
    X("poly-1", "-0.75", d->poly1 = -0.75)                                                                         \
    X("alpha", "off", d->alpha = -1)                                                                               \
    X("alpha", "0.6", d->alpha = 0.6)                                                                              \
    X("label smoothing", "0.1", d->label_smoothing = 0.1)                                                          \
    X("clip", "2^-10", d->clip = 0x1p-10)                                                                          \
    X("ignored", "a class", (d->has_ignore_index = true, d->ignore_index = 1))                                     \
    X("ignored", "255", (d->has_ignore_index = true, d->ignore_index = 255))                                       \
    X("background", "200", (d->has_background = true, d->background = 200))                                        \
    X("target only", "yes", d->target_only = true)                                                                 \
    X("class weights", "yes", t->recipe.inputs |= LOSS_BIT(class_weights))                                         \
    X("pos weights", "one", t->pos_weights = ONE_POS_WEIGHT)                                                       \
    X("pos weights", "each", t->pos_weights = POS_WEIGHT_EACH)                                                     \
    X("weights", "rows", t->recipe.inputs |= LOSS_BIT(weights))                                                    \
    X("weights", "elements", (t->recipe.inputs |= LOSS_BIT(weights), d->weights_extent = FOCL_PER_ELEMENT))        \
    X("upstream", "-2", d->upstream = -2)                                                                          \
    X("upstream", "rows", t->recipe.inputs |= LOSS_BIT(upstream))                                                  \
    X("upstream", "elements", (t->recipe.inputs |= LOSS_BIT(upstream), d->upstream_extent = FOCL_PER_ELEMENT))     \
    X("loss scale", "1024", d->loss_scale = 1024)                                                                  \
    X("reduction", "none", d->reduction = FOCL_REDUCTION_NONE)                                                     \
    X("reduction", "sum", d->reduction = FOCL_REDUCTION_SUM)                                                       \
    X("reduction", "row mean", d->reduction = FOCL_REDUCTION_ROW_MEAN)                                             \
    X("reduction", "weighted mean", d->reduction = FOCL_REDUCTION_WEIGHTED_MEAN)                                   \
    X("reduction", "positive mean", d->reduction = FOCL_REDUCTION_POSITIVE_MEAN)                                   \
    X("reduction", "given", (d->reduction = FOCL_REDUCTION_GIVEN, d->normalizer = 3))                              \
    X("reduction", "given array", (d->reduction = FOCL_REDUCTION_GIVEN, t->recipe.inputs |= LOSS_BIT(normalizer))) \
    X("empty", "NaN", d->empty = FOCL_EMPTY_NAN)                                                                   \
    X("curvature", "absolute", d->curvature = FOCL_CURVATURE_ABSOLUTE)                                             \
    X("curvature", "Gauss-Newton", d->curvature = FOCL_CURVATURE_GAUSS_NEWTON)                                     \
    X("gradient", "in place", d->in_place = true)                                                                  \
    X("gradient", "accumulated", (d->accumulate = -0.5, t->old_gradient = true))

enum option_number {
    OPTION_COUNT = 0
#define COUNT_OPTION(option, value, setting) +1
    OPTION_TABLE(COUNT_OPTION)
#undef COUNT_OPTION
};

static const struct {
    const char *option;
    const char *value;
} options[] = {
#define NAME_OPTION(option, value, setting) {option, value},
    OPTION_TABLE(NAME_OPTION)
#undef NAME_OPTION
};

/* Sets the option of that number. */
static void set_option(trial *t, size_t number) {
    focl_loss_description *d = &t->recipe.description;
    size_t i = 0;
#define SET_OPTION(option, value, setting) \
    if (i++ == number)                     \
        (void)(setting);
    OPTION_TABLE(SET_OPTION)
#undef SET_OPTION
}

static bool same_option(size_t a, size_t b) {
    return options[a].option == options[b].option;
}

/* ---- Cases ---- */

static focl_strides strides_of(const trial *of) {
    const focl_view shape = of->recipe.description.shape;
    const size_t row = shape.inner + 2;
    switch (of->places) {
    case CONTIGUOUS:
        break;
    case PADDED:
        return (focl_strides){shape.classes * row + 3, row, 1};
    case CLASSES_LAST:
        return (focl_strides){shape.inner * shape.classes, 1, shape.classes};
    }
    return (focl_strides){0};
}

/* A certain and wrong probability has an infinite loss, which no factor of 0 must meet. */
static bool may_multiply_infinity(const trial *of) {
    const focl_loss_description *description = &of->recipe.description;
    return description->activation == FOCL_IDENTITY && description->objective != FOCL_MSE && description->clip <= 0 &&
           of->recipe.inputs != 0;
}

static trial trial_of(const struct kind *kind, size_t a, size_t b) {
    trial made = {.recipe.description = focl_loss_default(kind->activation, kind->objective, (focl_view){13, 3, 1})};
    focl_loss_description *description = &made.recipe.description;
    set_option(&made, a);
    set_option(&made, b);
    description->strides = strides_of(&made);
    description->pos_weight_count = made.pos_weights == ONE_POS_WEIGHT ? 1 : description->shape.classes;
    if (made.pos_weights != NO_POS_WEIGHTS)
        made.recipe.inputs |= LOSS_BIT(pos_weights);
    if (may_multiply_infinity(&made))
        description->clip = 0x1p-20;
    return made;
}

static bool is_allowed(const trial *of) {
    bool given[FOCL__LOSS_ARRAY_COUNT] = {[FOCL__LOSS_logits] = true, [FOCL__LOSS_targets] = true};
    focl__loss_shape shape;
    for (size_t i = 0; i < LOSS_ARRAYS; i++)
        given[i] = given[i] || (of->recipe.inputs | loss_outputs(&of->recipe.description)) & (1u << i);
    return focl__loss_check(&of->recipe.description, given, &shape) == FOCL_OK;
}

static struct { size_t tried, refused, on_device; } tally;

/* About one case in so many goes to devices, and these by turns. */
static bool is_drawn(uint64_t stream) {
    static size_t drawn;
    test_random random = test_random_start(90000 + stream);
    return test_random_below(&random, 250) == 0 && test_has_turn(drawn++, 3);
}

static void assert_case(const trial *of, const char *name, uint64_t stream) {
    loss_problem problem = loss_problem_create(&of->recipe, stream);
    problem.name = name;
    if (of->old_gradient)
        loss_give_old_gradient(&problem, stream);
    if (is_drawn(stream)) {
        tally.on_device++;
        loss_assert_everywhere(&problem, stream % 4);
    } else {
        loss_assert_on_mirror(&problem);
    }
    loss_problem_free(&problem);
}

static void try_pair(const struct kind *kind, size_t a, size_t b) {
    char name[160];
    const trial made = trial_of(kind, a, b);
    const uint64_t stream = 40000 + ((uint64_t)(kind - kinds) * OPTION_COUNT + a) * OPTION_COUNT + b;
    tally.tried++;
    if (!is_allowed(&made)) {
        tally.refused++;
        return;
    }
    (void)snprintf(name, sizeof name, "%s, %s %s, %s %s", kind->name, options[a].option, options[a].value,
                   options[b].option, options[b].value);
    assert_case(&made, name, stream);
}

/* One test for each kind and option, so that each reports its first failure. */
START_TEST(pairs) {
    const struct kind *kind = &kinds[(size_t)_i / OPTION_COUNT];
    const size_t a = (size_t)_i % OPTION_COUNT;
    for (size_t b = a + 1; b < OPTION_COUNT; b++)
        if (!same_option(a, b))
            try_pair(kind, a, b);
}
END_TEST

/* Not more than half are refused: a rule that refuses too much would leave nothing to test. */
START_TEST(cases_are_counted) {
    printf("cases: %zu, of which %zu are refused and %zu went to devices\n", tally.tried, tally.refused,
           tally.on_device);
    ck_assert_uint_gt(tally.on_device, 0);
    ck_assert_uint_lt(tally.refused, tally.tried / 2);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("pairwise");
    TCase *tcase = tcase_create("pairwise");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, pairs, 0, (int)(COUNT_OF(kinds) * OPTION_COUNT));
    tcase_add_test(tcase, cases_are_counted);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
