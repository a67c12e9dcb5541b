/* Class counts, which are exact, and class weights, which are calculated on the host and belong to the device's. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "conformance_case.h"

static const struct {
    const char *name;
    focl_type type;
} label_types[] = {
    {"u8 labels", FOCL_U8}, {"i16 labels", FOCL_I16}, {"i32 labels", FOCL_I32}, {"i64 labels", FOCL_I64}};

static const int64_t ignored = 7;

/* ---- Counts ---- */

/* Labels, and what a plain loop counts. */
typedef struct counted {
    focl_class_counts_description description;
    void *labels;
    uint64_t *counts;
    focl_class_counts_record record;
} counted;

/* A class, mostly one of the first; now and then the one ignored, and one that is out of range. */
static int64_t random_label(const counted *of, test_random *random) {
    const size_t classes = of->description.classes;
    switch (test_random_below(random, 16)) {
    case 0:
        return ignored;
    case 1:
        return (int64_t)classes + (int64_t)test_random_below(random, 100);
    default:
        return (int64_t)test_random_below(random, 1 + test_random_below(random, classes));
    }
}

static void count_plainly(counted *of, size_t position, int64_t label) {
    of->record.labels++;
    if (label == ignored) {
        of->record.ignored++;
    } else if (label < (int64_t)of->description.classes) {
        of->record.counted++;
        of->counts[label]++;
    } else if (of->record.out_of_range++ == 0) {
        of->record.first_out_of_range = position;
    }
}

static counted counted_create(focl_type type, size_t labels, uint64_t stream) {
    counted of = {.description = {labels, type, 100, true, ignored}, .record = {.first_out_of_range = UINT64_MAX}};
    test_random random = test_random_start(stream);
    of.labels = test_guarded(labels * focl_type_size(type));
    of.counts = test_zeros(of.description.classes, sizeof *of.counts);
    for (size_t i = 0; i < labels; i++) {
        const int64_t label = random_label(&of, &random);
        loss_put_value(type, of.labels, i, (double)label);
        count_plainly(&of, i, label);
    }
    return of;
}

static void judge_counts(conformance_run *run, const counted *of, const uint64_t *counts,
                         const focl_class_counts_record *record) {
    for (size_t c = 0; c < of->description.classes; c++)
        conformance_require(run, counts[c] == of->counts[c],
                            "class %zu is counted %" PRIu64 " times, is there %" PRIu64, c, counts[c], of->counts[c]);
    conformance_require(run, memcmp(record, &of->record, sizeof *record) == 0,
                        "%" PRIu64 " out of range, the first at %" PRIu64 ", should be %" PRIu64 " and %" PRIu64,
                        record->out_of_range, record->first_out_of_range, of->record.out_of_range,
                        of->record.first_out_of_range);
    conformance_compared(run, memcmp(counts, of->counts, of->description.classes * sizeof *counts) == 0
                                  ? NULL
                                  : "the counts are others");
}

static void run_counts(conformance_run *run, const conformance_case *of) {
    counted labels =
        counted_create(of->recipe.description.targets_type, conformance_size(run, 3000, 200000), of->stream);
    uint64_t *counts = test_guarded(labels.description.classes * sizeof *counts);
    focl_class_counts_record record = {0};
    run->line->problems++;
    if (conformance_worked(
            run, of->name,
            focl_class_counts_host(run->handle, &labels.description, labels.labels, counts, &record, NULL)))
        judge_counts(run, &labels, counts, &record);
    test_guarded_free(counts);
    test_guarded_free(labels.labels);
    free(labels.counts);
}

/* ---- Weights ---- */

static const char *const recipes[] = {
#define RECIPE(name, word, formula) word,
    FOCL_WEIGHTS_TABLE(RECIPE)
#undef RECIPE
};

static const uint64_t some_counts[] = {381155699, 4830287, 861159, 440608, 37987, 4061447, 1235420, 593393, 0, 1};

enum { CLASSES = COUNT_OF(some_counts) };

static long double total(void) {
    long double sum = 0;
    for (size_t c = 0; c < CLASSES; c++)
        sum += (long double)some_counts[c];
    return sum;
}

/* Of nine classes that occur, in ascending order: 1, 37987, 440608, 593393, 861159, ... */
static const long double median_count = 861159;

static long double rarity(uint64_t count) {
    const long double beta = (long double)FOCL_WEIGHTS_BETA;
    return (1 - beta) / -expm1l((long double)count * logl(beta));
}

static long double mean_rarity(void) {
    long double sum = 0;
    size_t occurring = 0;
    for (size_t c = 0; c < CLASSES; c++) {
        sum += some_counts[c] ? rarity(some_counts[c]) : 0;
        occurring += some_counts[c] > 0;
    }
    return sum / (long double)occurring;
}

static double true_weight(focl_weights_recipe recipe, uint64_t count) {
    const long double share = (long double)count / total();
    if (count == 0)
        return 0;
    switch (recipe) {
    case FOCL_WEIGHTS_INVERSE:
        return (double)(1 / share);
    case FOCL_WEIGHTS_SQRT_INVERSE:
        return (double)(1 / sqrtl(share));
    case FOCL_WEIGHTS_MEDIAN:
        return (double)(median_count / total() / share);
    case FOCL_WEIGHTS_EFFECTIVE:
        return (double)(rarity(count) / mean_rarity());
    case FOCL_WEIGHTS_ENET:
        break;
    }
    return (double)(1 / logl(1.02L + share));
}

/* A weight with what it is made of. */
typedef struct weighed {
    uint64_t count;
    double weight, truth;
} weighed;

static void describe_weight(char *text, size_t bytes, const void *context) {
    const weighed *of = context;
    (void)snprintf(text, bytes, "count %" PRIu64 ": found %a, true %a", of->count, of->weight, of->truth);
}

/* Weights are doubles, and what they are used as is f32: in ulps of that a double is within half of one. */
static void run_weights(conformance_run *run, const conformance_case *of) {
    const focl_weights_recipe recipe = (focl_weights_recipe)of->number;
    double weights[CLASSES];
    run->line->problems++;
    run->line->bound = 0.5;
    if (!conformance_worked(run, of->name,
                            focl_class_weights(recipe, FOCL_WEIGHTS_BETA, CLASSES, some_counts, weights)))
        return;
    for (size_t c = 0; c < CLASSES; c++) {
        const weighed at = {some_counts[c], weights[c], true_weight(recipe, some_counts[c])};
        const double error = test_error_ulps(at.truth, 0, (float)at.weight);
        const conformance_entry entry = {
            .output = CONFORMANCE_WEIGHT, .error = error, .bound = 0.5, .holds = error <= 0.5 + 1e-6};
        conformance_note(run, &entry, describe_weight, &at);
    }
}

/* ---- The list ---- */

static void add_counts(conformance_list *list, size_t type) {
    conformance_case one = {
        .operation = "counts",
        .objective = "classes counted",
        .type = "u64",
        .targets = label_types[type].name,
        .mapping = "labels",
        .quick = type == 1,
        .run = run_counts,
        .stream = 1000 * list->count,
    };
    one.recipe.description.targets_type = label_types[type].type;
    conformance_add(list, &one);
}

static void add_weights(conformance_list *list, size_t recipe) {
    const conformance_case one = {
        .operation = "weights",
        .objective = recipes[recipe],
        .type = "f32",
        .targets = "-",
        .mapping = "on the host",
        .quick = true,
        .run = run_weights,
        .number = recipe,
    };
    conformance_add(list, &one);
}

void conformance_add_class_counts(conformance_list *list) {
    for (size_t type = 0; type < COUNT_OF(label_types); type++)
        add_counts(list, type);
    for (size_t recipe = 0; recipe < COUNT_OF(recipes); recipe++)
        add_weights(list, recipe);
}
