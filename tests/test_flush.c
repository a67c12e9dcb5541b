/*
 * Devices may flush subnormal numbers to 0, so none may decide a bit. The mirror shows it on one machine: the same call
 * with the processor flushing and not, over ordinary and extreme data, in f32 and f64.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_loss.h"
#include "support_recipes.h"

#if defined(__SSE2__)
#include <xmmintrin.h>

/* Flush results to zero (bit 15) and take subnormal operands for zero (bit 6). */
static void set_flushing(bool on) {
    const unsigned bits = 0x8040u;
    _mm_setcsr(on ? _mm_getcsr() | bits : _mm_getcsr() & ~bits);
}
#else
/* Elsewhere the two runs are the same, and the test says only that the mirror repeats itself. */
static void set_flushing(bool on) {
    (void)on;
}
#endif

enum { ELEMENTS = 512, OUTPUTS = 5, ROUNDS = 60 };

/* Numbers of the type at hand. */
typedef union numbers {
    float f32[ELEMENTS];
    double f64[ELEMENTS];
} numbers;

static void put(focl_type type, numbers *to, size_t i, double value) {
    if (type == FOCL_F64)
        to->f64[i] = value;
    else
        to->f32[i] = (float)value;
}

static double number_at(focl_type type, const numbers *from, size_t i) {
    return type == FOCL_F64 ? from->f64[i] : (double)from->f32[i];
}

/* The exponents of the least number, of a subnormal, of what is to be large, and of the last bit of 1. */
typedef struct exponents {
    double least;
    double subnormal;
    double large;
    double last;
} exponents;

static exponents exponents_of(focl_type type) {
    static const exponents of_f32 = {-126, -140, 60, -24};
    static const exponents of_f64 = {-1022, -1060, 500, -53};
    return type == FOCL_F64 ? of_f64 : of_f32;
}

typedef struct problem {
    focl_loss_description description;
    numbers logits;
    numbers targets;
    numbers old;
    float weights[ELEMENTS];
    float upstream[ELEMENTS];
    float pos_weight;
} problem;

/* loss, gradient, probabilities, pt, hessian */
typedef struct answer {
    numbers of[OUTPUTS];
} answer;

static double uniform(test_random *random) {
    return test_random_uniform(random, 0, 1);
}

static double magnitude(test_random *random, double low, double high) {
    return exp2(low + (high - low) * uniform(random));
}

static size_t one_of(test_random *random, size_t count) {
    return test_random_below(random, count);
}

static double signed_value(test_random *random, double value) {
    return one_of(random, 2) ? value : -value;
}

static double random_logit(test_random *random, exponents range) {
    switch (one_of(random, 3)) {
    case 0:
        return 20 * uniform(random) - 10;
    case 1:
        return -range.least * (2 * uniform(random) - 1);
    default:
        return signed_value(random, magnitude(random, range.subnormal, 13));
    }
}

static double random_probability(test_random *random, exponents range) {
    switch (one_of(random, 4)) {
    case 0:
        return (double)one_of(random, 2);
    case 1:
        return magnitude(random, range.subnormal, 0);
    case 2:
        return 1 - magnitude(random, range.last, -1);
    default:
        return uniform(random);
    }
}

static const double gammas[] = {0, 1, 2, 0.5, 1.5, 3, 5, 1e-3, 20};

/* Another objective than focal loss; its gamma is one of the above. */
static void make_it(focl_objective objective, focl_loss_description *description) {
    description->objective = objective;
    description->label_smoothing = 0;
    if (objective != FOCL_VARIFOCAL)
        description->alpha = -1;
    if (objective == FOCL_MSE)
        description->gamma = 0;
}

static void make_asymmetric(test_random *random, focl_loss_description *description) {
    static const double margins[] = {0, 0, 0.0625, 0.5, 0.984375, 0x1p-100};
    description->gamma_negative = gammas[one_of(random, sizeof gammas / sizeof *gammas)];
    description->margin = margins[one_of(random, sizeof margins / sizeof *margins)];
    if (description->margin > 0)
        description->label_smoothing = 0;
}

/* Half of all are plain focal losses. */
static void add_options(test_random *random, focl_loss_description *description) {
    const bool logits = description->activation == FOCL_SIGMOID;
    switch (one_of(random, 10)) {
    case 0:
        make_it(FOCL_MSE, description);
        break;
    case 1:
        if (logits)
            make_it(FOCL_QUALITY_FOCAL, description);
        break;
    case 2:
        if (logits)
            make_it(FOCL_VARIFOCAL, description);
        break;
    case 3:
        if (logits)
            make_asymmetric(random, description);
        break;
    case 4:
        if (logits)
            description->poly1 = signed_value(random, magnitude(random, -20, 3));
        break;
    default:
        break;
    }
    description->curvature = (focl_curvature)one_of(random, 3);
}

static focl_loss_description random_description(test_random *random, focl_type type, bool extreme) {
    static const double smoothings[] = {0, 0, 0, 0.1, 1};
    const focl_activation activation = one_of(random, 2) ? FOCL_SIGMOID : FOCL_IDENTITY;
    focl_loss_description description = focl_loss_default(activation, FOCL_FOCAL, (focl_view){ELEMENTS, 1, 1});
    description.gamma = gammas[one_of(random, sizeof gammas / sizeof *gammas)];
    description.alpha = one_of(random, 3) ? uniform(random) : -1;
    description.label_smoothing = smoothings[one_of(random, sizeof smoothings / sizeof *smoothings)];
    description.logits_type = description.targets_type = type;
    description.upstream = extreme ? magnitude(random, exponents_of(type).least, exponents_of(type).large) : 1;
    description.accumulate = one_of(random, 3) ? 0 : 1;
    description.pos_weight_count = 1;
    description.weights_extent = FOCL_PER_ELEMENT;
    description.upstream_extent = FOCL_PER_ELEMENT;
    add_options(random, &description);
    return description;
}

/* Factors are f32 whatever the type is; some are subnormal. */
static problem random_problem(test_random *random, focl_type type, bool extreme) {
    problem made = {.description = random_description(random, type, extreme)};
    const exponents range = exponents_of(type);
    const bool logits = made.description.activation == FOCL_SIGMOID;
    const bool soft = one_of(random, 2) == 1;
    const double low = extreme ? -130 : -8;
    const double high = extreme ? 60 : 0;
    made.pos_weight = (float)magnitude(random, low, high);
    for (size_t i = 0; i < ELEMENTS; i++) {
        put(type, &made.logits, i, logits ? random_logit(random, range) : random_probability(random, range));
        put(type, &made.targets, i, soft ? random_probability(random, range) : (double)one_of(random, 2));
        put(type, &made.old, i, signed_value(random, magnitude(random, extreme ? range.subnormal : -8, high)));
        made.weights[i] = (float)magnitude(random, low, high);
        made.upstream[i] = (float)signed_value(random, magnitude(random, low, high));
    }
    return made;
}

/* Where it is not, the memory for it holds 0. */
static bool has_hessian(const focl_loss_description *description) {
    return description->activation == FOCL_SIGMOID || description->objective == FOCL_MSE;
}

static void run(const problem *given, bool flushing, answer *to) {
    const focl_loss_host_inputs inputs = {
        .logits = &given->logits,
        .targets = &given->targets,
        .pos_weights = given->description.objective == FOCL_MSE ? NULL : &given->pos_weight,
        .weights = given->weights,
        .upstream = given->upstream,
    };
    const focl_loss_host_outputs outputs = {
        .loss = &to->of[0],
        .gradient = &to->of[1],
        .probabilities = &to->of[2],
        .pt = &to->of[3],
        .hessian = has_hessian(&given->description) ? &to->of[4] : NULL,
    };
    to->of[1] = given->old;
    memset(&to->of[4], 0, sizeof to->of[4]);
    set_flushing(flushing);
    const focl_status status = focl_mirror_loss(&given->description, &inputs, &outputs);
    set_flushing(false);
    ck_assert_msg(status == FOCL_OK, "%s", focl_last_error()->message);
}

static bool same(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static void assert_same(const problem *given, const answer *kept, const answer *flushed) {
    static const char *const names[OUTPUTS] = {"loss", "gradient", "probability", "p_t", "hessian"};
    const focl_loss_description *description = &given->description;
    const focl_type type = description->logits_type;
    for (size_t output = 0; output < OUTPUTS; output++)
        for (size_t i = 0; i < ELEMENTS; i++)
            ck_assert_msg(
                same(number_at(type, &kept->of[output], i), number_at(type, &flushed->of[output], i)),
                "%s[%zu] of %s is %a, flushed %a: input %a, target %a, objective %d, gamma %g, %g, smoothing %g, "
                "margin %g, poly1 %g, activation %d, curvature %d",
                names[output], i, focl_type_name(type), number_at(type, &kept->of[output], i),
                number_at(type, &flushed->of[output], i), number_at(type, &given->logits, i),
                number_at(type, &given->targets, i), (int)description->objective, description->gamma,
                description->gamma_negative, description->label_smoothing, description->margin, description->poly1,
                (int)description->activation, (int)description->curvature);
}

START_TEST(flushing_changes_nothing) {
    static problem given;
    static answer kept, flushed;
    test_random random = test_random_start(15000 + (uint64_t)_i);
    for (int round = 0; round < ROUNDS; round++) {
        given = random_problem(&random, _i % 4 < 2 ? FOCL_F32 : FOCL_F64, _i % 2 == 1);
        run(&given, false, &kept);
        run(&given, true, &flushed);
        assert_same(&given, &kept, &flushed);
    }
}
END_TEST

/* ---- Rows ---- */

/* Differences of logits about which exponentials vanish, and factors that are, or make, subnormal numbers. */
static void spread(loss_problem *given, test_random *random) {
    static const double sizes[] = {0x1p-140, 1e-3, 1, 30, 87, 90, 1e4};
    static const enum loss_array factors[] = {LOSS_class_weights, LOSS_weights, LOSS_upstream};
    const focl_type type = given->description.logits_type;
    for (size_t i = 0; i < loss_array_elements(&given->description, LOSS_logits); i++)
        loss_put_value(type, given->inputs[LOSS_logits], i,
                       test_random_uniform(random, -1, 1) * sizes[test_random_below(random, COUNT_OF(sizes))]);
    for (size_t k = 0; k < COUNT_OF(factors); k++)
        for (size_t i = 0; given->inputs[factors[k]] && i < loss_array_elements(&given->description, factors[k]); i++)
            if (test_random_below(random, 3) == 0)
                ((float *)given->inputs[factors[k]])[i] *= 0x1p-70F;
}

static loss_answer answer_of_mirror(const loss_problem *given, bool flushing) {
    loss_answer found = loss_answer_create(given, loss_outputs(&given->description));
    set_flushing(flushing);
    const focl_status status = loss_on_mirror(given, &found);
    set_flushing(false);
    ck_assert_msg(status == FOCL_OK, "%s", focl_last_error()->message);
    return found;
}

START_TEST(flushing_changes_no_row) {
    static const focl_view shapes[] = {{40, 5, 1}, {3, 7, 11}, {2, 300, 1}};
    static const focl_type types[] = {FOCL_F32, FOCL_F64};
    test_random random = test_random_start(15500 + (uint64_t)_i);
    for (size_t round = 0; round < 20 * COUNT_OF(shapes); round++) {
        loss_recipe recipe = loss_recipe_shaped(&loss_row_recipes[_i], shapes[round % COUNT_OF(shapes)]);
        recipe.description.logits_type = types[round % 2];
        if (shapes[round % COUNT_OF(shapes)].classes > 255 && recipe.description.targets_type == FOCL_U8)
            recipe.description.targets_type = FOCL_I16;
        recipe.description.curvature = (focl_curvature)(round % 3);
        loss_problem given = loss_problem_create(&recipe, 15600 + round);
        spread(&given, &random);
        loss_answer kept = answer_of_mirror(&given, false);
        loss_answer flushed = answer_of_mirror(&given, true);
        loss_assert_same(&given, &kept, &flushed, "the mirror, flushed");
        loss_answer_free(&flushed);
        loss_answer_free(&kept);
        loss_problem_free(&given);
    }
}
END_TEST

/* What smoothing makes of the entropy of a certain and right probability must not come through. */
START_TEST(certain_probabilities_have_no_smoothed_loss) {
    const float inputs_are[] = {0, 1};
    float loss[2];
    float gradient[2];
    focl_loss_description description = focl_loss_default(FOCL_IDENTITY, FOCL_FOCAL, (focl_view){2, 1, 1});
    description.label_smoothing = 0.1;
    const focl_loss_host_inputs inputs = {.logits = inputs_are, .targets = inputs_are};
    const focl_loss_host_outputs outputs = {.loss = loss, .gradient = gradient};
    ck_assert_int_eq(focl_mirror_loss(&description, &inputs, &outputs), FOCL_OK);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_msg(!(loss[i] < 0) && !(loss[i] > 0), "loss %a", (double)loss[i]);
        ck_assert_msg(!(gradient[i] < 0) && !(gradient[i] > 0), "gradient %a", (double)gradient[i]);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("flush");
    TCase *tcase = tcase_create("flush");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, flushing_changes_nothing, 0, 32);
    tcase_add_loop_test(tcase, flushing_changes_no_row, 0, (int)loss_row_recipe_count);
    tcase_add_test(tcase, certain_probabilities_have_no_smoothed_loss);
    suite_add_tcase(suite, tcase);
    return test_main(suite);
}
