#include "focl/class_weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

static const char *const recipe_names[] = {
#define RECIPE_NAME(name, word, formula) word,
    FOCL_WEIGHTS_TABLE(RECIPE_NAME)
#undef RECIPE_NAME
};
enum { RECIPES = sizeof recipe_names / sizeof *recipe_names };

const char *focl_weights_recipe_name(focl_weights_recipe recipe) {
    return (unsigned)recipe < RECIPES ? recipe_names[recipe] : "unknown";
}

/* What a class's weight may depend on beside its own count. */
typedef struct totals {
    double all;
    double median; /* of the frequencies above 0 */
    double beta;
} totals;

static double frequency(uint64_t count, const totals *of) {
    return (double)count / of->all;
}

static double inverse(uint64_t count, const totals *of) {
    return 1 / frequency(count, of);
}

static double sqrt_inverse(uint64_t count, const totals *of) {
    return 1 / sqrt(frequency(count, of));
}

static double median_frequency(uint64_t count, const totals *of) {
    return of->median / frequency(count, of);
}

/* The logarithm of 0 is minus infinity, and beta^n is 0 then. */
static double effective(uint64_t count, const totals *of) {
    return (1 - of->beta) / -expm1((double)count * log(of->beta));
}

static double enet(uint64_t count, const totals *of) {
    return 1 / log(1.02 + frequency(count, of));
}

typedef double weight_function(uint64_t count, const totals *of);

static weight_function *const weight_functions[RECIPES] = {
    [FOCL_WEIGHTS_INVERSE] = inverse,
    [FOCL_WEIGHTS_SQRT_INVERSE] = sqrt_inverse,
    [FOCL_WEIGHTS_MEDIAN] = median_frequency,
    [FOCL_WEIGHTS_EFFECTIVE] = effective,
    [FOCL_WEIGHTS_ENET] = enet,
};

static int compare_counts(const void *left, const void *right) {
    const uint64_t a = *(const uint64_t *)left;
    const uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* Frequencies are in the order of their counts. Absent classes sort to the front. */
static focl_status find_median(size_t classes, const uint64_t *counts, totals *of) {
    uint64_t *sorted = malloc(classes * sizeof *sorted);
    size_t absent = 0;
    if (!sorted)
        return focl__fail(FOCL_ENOMEM, "", "no memory for %zu counts", classes);
    memcpy(sorted, counts, classes * sizeof *sorted);
    qsort(sorted, classes, sizeof *sorted, compare_counts);
    while (sorted[absent] == 0)
        absent++;
    const size_t low = absent + (classes - absent - 1) / 2;
    const size_t high = absent + (classes - absent) / 2;
    of->median = (frequency(sorted[low], of) + frequency(sorted[high], of)) / 2;
    free(sorted);
    return FOCL_OK;
}

static focl_status add_up(size_t classes, const uint64_t *counts, totals *of) {
    uint64_t sum = 0;
    for (size_t i = 0; i < classes; i++) {
        if (counts[i] > UINT64_MAX - sum)
            return focl__fail(FOCL_EINVAL, "counts", "their sum is beyond 64 bits from class %zu on", i);
        sum += counts[i];
    }
    of->all = (double)sum;
    return FOCL_OK;
}

/* To a mean of 1 over the classes that occur. */
static void scale(size_t classes, const uint64_t *counts, double *weights) {
    double sum = 0;
    size_t present = 0;
    for (size_t i = 0; i < classes; i++) {
        sum += weights[i];
        present += counts[i] > 0;
    }
    for (size_t i = 0; i < classes; i++)
        weights[i] = counts[i] ? weights[i] / sum * (double)present : 0;
}

static focl_status check(focl_weights_recipe recipe, double beta, size_t classes, const uint64_t *counts,
                         const double *weights) {
    if ((unsigned)recipe >= RECIPES)
        return focl__fail(FOCL_EINVAL, "recipe", "%d is no recipe", (int)recipe);
    if (recipe == FOCL_WEIGHTS_EFFECTIVE && !(beta >= 0 && beta < 1))
        return focl__fail(FOCL_EINVAL, "beta", "must be at least 0 and below 1, is %g", beta);
    if (classes > SIZE_MAX / sizeof(uint64_t))
        return focl__fail(FOCL_EINVAL, "classes", "%zu are more than a size can say", classes);
    if (classes > 0 && (!counts || !weights))
        return focl__fail(FOCL_EINVAL, counts ? "weights" : "counts", "is NULL");
    return FOCL_OK;
}

focl_status focl_class_weights(focl_weights_recipe recipe, double beta, size_t classes, const uint64_t *counts,
                               double *weights) {
    totals of = {.beta = beta};
    focl_status status = check(recipe, beta, classes, counts, weights);
    if (!status)
        status = add_up(classes, counts, &of);
    if (!status && recipe == FOCL_WEIGHTS_MEDIAN && of.all > 0)
        status = find_median(classes, counts, &of);
    if (status)
        return status;
    for (size_t i = 0; i < classes; i++)
        weights[i] = counts[i] ? weight_functions[recipe](counts[i], &of) : 0;
    if (recipe == FOCL_WEIGHTS_EFFECTIVE)
        scale(classes, counts, weights);
    return FOCL_OK;
}
