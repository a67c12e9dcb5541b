#include "loss_names.h"

#include <string.h>

static const focl__loss_name names[] = {
    {"sigmoid-focal", FOCL_FOCAL, FOCL_SIGMOID, FOCL_IDENTITY},
    {"sigmoid-ce", FOCL_CROSS_ENTROPY, FOCL_SIGMOID, FOCL_IDENTITY},
    {"bce", FOCL_CROSS_ENTROPY, FOCL_SIGMOID, FOCL_IDENTITY},
    {"sigmoid-mse", FOCL_MSE, FOCL_SIGMOID, FOCL_IDENTITY},
    {"mse", FOCL_MSE, FOCL_IDENTITY, FOCL_IDENTITY},
    {"quality-focal", FOCL_QUALITY_FOCAL, FOCL_SIGMOID, FOCL_IDENTITY},
    {"varifocal", FOCL_VARIFOCAL, FOCL_SIGMOID, FOCL_IDENTITY},
    {"softmax-focal", FOCL_FOCAL, FOCL_SOFTMAX, FOCL_CATEGORICAL},
    {"softmax-ce", FOCL_CROSS_ENTROPY, FOCL_SOFTMAX, FOCL_CATEGORICAL},
    {"cross-entropy", FOCL_CROSS_ENTROPY, FOCL_SOFTMAX, FOCL_CATEGORICAL},
    {"softmax-mse", FOCL_MSE, FOCL_SOFTMAX, FOCL_CATEGORICAL},
};

const char *focl__loss_name_at(size_t index) {
    return index < sizeof names / sizeof *names ? names[index].name : NULL;
}

const focl__loss_name *focl__loss_name_find(const char *name) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, name) == 0)
            return &names[i];
    return NULL;
}

/* ---- Which options a loss takes ---- */

#define OF(value) (1U << (value))
enum {
    SIGMOIDS = OF(FOCL_SIGMOID) | OF(FOCL_IDENTITY),
    LOGITS = OF(FOCL_SIGMOID) | OF(FOCL_SOFTMAX),
    PROBABILITIES = OF(FOCL_IDENTITY) | OF(FOCL_CATEGORICAL),
    ANY_ACTIVATION = SIGMOIDS | OF(FOCL_SOFTMAX) | OF(FOCL_CATEGORICAL),
    ENTROPIES = OF(FOCL_FOCAL) | OF(FOCL_CROSS_ENTROPY),
    OF_LOGITS_ONLY = OF(FOCL_QUALITY_FOCAL) | OF(FOCL_VARIFOCAL),
    ANY_OBJECTIVE = ENTROPIES | OF(FOCL_MSE) | OF_LOGITS_ONLY
};

static bool has_gamma(const focl__loss_options *options) {
    return options->gamma.value > 0;
}

static bool has_gamma_negative(const focl__loss_options *options) {
    return options->gamma_negative.given && options->gamma_negative.value >= 0;
}

static bool has_margin(const focl__loss_options *options) {
    return options->margin.value > 0;
}

static bool has_poly1(const focl__loss_options *options) {
    return options->poly1.value < 0 || options->poly1.value > 0;
}

static bool has_alpha(const focl__loss_options *options) {
    return options->alpha.given && options->alpha.value >= 0;
}

static bool has_smoothing(const focl__loss_options *options) {
    return options->label_smoothing.value > 0;
}

static bool has_clip(const focl__loss_options *options) {
    return options->clip.given;
}

static bool has_probabilities(const focl__loss_options *options) {
    return options->probabilities;
}

static bool has_background(const focl__loss_options *options) {
    return options->background.given;
}

static bool has_target_only(const focl__loss_options *options) {
    return options->target_only;
}

static bool has_pos_weight(const focl__loss_options *options) {
    return options->files.pos_weights != NULL;
}

static bool has_hessian(const focl__loss_options *options) {
    return options->hess != NULL;
}

/* An option goes with the activations and objectives in its sets. */
static const struct rule {
    const char *option;
    bool (*given)(const focl__loss_options *options);
    unsigned activations;
    unsigned objectives;
    const char *reason;
} rules[] = {
    {"--gamma", has_gamma, ANY_ACTIVATION, OF(FOCL_FOCAL) | OF_LOGITS_ONLY,
     "has none; sigmoid-focal and softmax-focal have"},
    {"--gamma-negative", has_gamma_negative, OF(FOCL_SIGMOID), OF(FOCL_FOCAL), "has none; sigmoid-focal of logits has"},
    {"--margin", has_margin, OF(FOCL_SIGMOID), OF(FOCL_FOCAL), "has none; sigmoid-focal of logits has"},
    {"--poly1", has_poly1, LOGITS, ENTROPIES, "has none; focal losses and cross entropies of logits have"},
    {"--alpha", has_alpha, ANY_ACTIVATION, ENTROPIES | OF(FOCL_VARIFOCAL), "has none"},
    {"--label-smoothing", has_smoothing, ANY_ACTIVATION, ENTROPIES, "takes none; focal losses and cross entropies do"},
    {"--input", has_probabilities, ANY_ACTIVATION, ENTROPIES | OF(FOCL_MSE), "is a loss of logits"},
    {"--background", has_background, SIGMOIDS, ANY_OBJECTIVE, "has a class in every row; sigmoid losses need not"},
    {"--target-only", has_target_only, SIGMOIDS, ANY_OBJECTIVE,
     "has one loss per row anyway; it is for sigmoid losses"},
    {"--pos-weight", has_pos_weight, SIGMOIDS, ANY_OBJECTIVE, "has no t = 1 term; it is for sigmoid losses"},
};

static bool takes(const struct rule *rule, const focl__loss_options *options) {
    return OF(focl__loss_options_activation(options)) & rule->activations &&
           OF(options->loss->objective) & rule->objectives;
}

static bool check_clip(const focl__loss_options *options, focl__complaint *complaint) {
    if (!has_clip(options) || options->probabilities)
        return true;
    return focl__fail_usage(complaint, "--clip: needs --input probabilities");
}

static bool check_alpha(const focl__loss_options *options, focl__complaint *complaint) {
    const bool of_rows = OF(focl__loss_options_activation(options)) & ~(unsigned)SIGMOIDS;
    if (options->alpha.value <= 1 || of_rows)
        return true;
    return focl__fail_usage(complaint, "--alpha: %g is not in [0, 1], negative or \"none\"", options->alpha.value);
}

static bool check_margin(const focl__loss_options *options, focl__complaint *complaint) {
    if (!has_margin(options) || !has_smoothing(options))
        return true;
    return focl__fail_usage(complaint, "--margin: excludes --label-smoothing");
}

static bool check_hessian(const focl__loss_options *options, focl__complaint *complaint) {
    const bool curved = options->loss->objective == FOCL_MSE
                            ? focl__loss_options_activation(options) != FOCL_CATEGORICAL
                            : !options->probabilities;
    if (options->curvature.given && !has_hessian(options))
        return focl__fail_usage(complaint, "--curvature: needs --hess F");
    return curved || !has_hessian(options) ||
           focl__fail_usage(complaint, "--hess: is for losses of logits, and for mse");
}

bool focl__loss_name_check_options(const focl__loss_options *options, focl__complaint *complaint) {
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].given(options) && !takes(&rules[i], options))
            return focl__fail_usage(complaint, "%s: %s %s", rules[i].option, options->loss->name, rules[i].reason);
    return check_clip(options, complaint) && check_alpha(options, complaint) && check_margin(options, complaint) &&
           check_hessian(options, complaint);
}
