#include "loss_options.h"

#include <math.h>
#include <string.h>

static const char *const reduction_words[] = {
#define REDUCTION_WORD(name, word, divisor) word,
    FOCL_REDUCTION_TABLE(REDUCTION_WORD)
#undef REDUCTION_WORD
        NULL};

static const char *const reduction_divisors[] = {
#define REDUCTION_DIVISOR(name, word, divisor) divisor,
    FOCL_REDUCTION_TABLE(REDUCTION_DIVISOR)
#undef REDUCTION_DIVISOR
};

static const struct {
    const char *name;
    bool ready;
    focl_objective objective;
} losses[] = {
    {"sigmoid-focal", true, FOCL_FOCAL},
    {"sigmoid-ce", true, FOCL_CROSS_ENTROPY},
    {"bce", true, FOCL_CROSS_ENTROPY},
    {"softmax-focal", false, FOCL_FOCAL},
    {"softmax-ce", false, FOCL_CROSS_ENTROPY},
    {"cross-entropy", false, FOCL_CROSS_ENTROPY},
    {"sigmoid-mse", false, FOCL_FOCAL},
    {"softmax-mse", false, FOCL_FOCAL},
    {"mse", false, FOCL_FOCAL},
};

static bool parse_checked(const char *option, const char *text, focl__number *number, bool (*good)(double value),
                          const char *range, focl__complaint *complaint) {
    if (!focl__parse_number(option, text, number, complaint))
        return false;
    return good(number->value) || focl__fail_usage(complaint, "%s: %s is not %s", option, text, range);
}

/* The device's scalars are f32: beyond its range a number is no longer finite. */
static bool in_f32_range(double value) {
    return fabs(value) <= 0x1.fffffep127;
}

static bool good_gamma(double value) {
    return value >= 0 && in_f32_range(value);
}

static bool good_alpha(double value) {
    return value <= 1 && in_f32_range(value);
}

static bool good_smoothing(double value) {
    return value >= 0 && value <= 1;
}

static bool good_clip(double value) {
    return value >= 0 && value < 0.5;
}

static bool good_normalizer(double value) {
    return value >= 0x1p-126 && in_f32_range(value);
}

static bool parse_gamma(const char *option, const char *text, void *place, focl__complaint *complaint) {
    return parse_checked(option, text, place, good_gamma, "a finite f32 number of at least 0", complaint);
}

static bool parse_alpha(const char *option, const char *text, void *place, focl__complaint *complaint) {
    focl__number off = {true, -1};
    if (strcmp(text, "none") == 0) {
        *(focl__number *)place = off;
        return true;
    }
    return parse_checked(option, text, place, good_alpha, "in [0, 1], negative or \"none\"", complaint);
}

static bool parse_smoothing(const char *option, const char *text, void *place, focl__complaint *complaint) {
    return parse_checked(option, text, place, good_smoothing, "in [0, 1]", complaint);
}

static bool parse_clip(const char *option, const char *text, void *place, focl__complaint *complaint) {
    return parse_checked(option, text, place, good_clip, "in [0, 0.5)", complaint);
}

static bool parse_normalizer(const char *option, const char *text, void *place, focl__complaint *complaint) {
    return parse_checked(option, text, place, good_normalizer, "a finite f32 number above 0", complaint);
}

static bool parse_input(const char *option, const char *text, void *place, focl__complaint *complaint) {
    static const char *const words[] = {"logits", "probabilities", NULL};
    static const focl_activation activations[] = {FOCL_SIGMOID, FOCL_IDENTITY};
    size_t found = 0;
    if (!focl__parse_word(option, text, words, &found, complaint))
        return false;
    *(focl_activation *)place = activations[found];
    return true;
}

static bool parse_empty(const char *option, const char *text, void *place, focl__complaint *complaint) {
    static const char *const words[] = {"zero", "nan", NULL};
    static const focl_empty values[] = {FOCL_EMPTY_ZERO, FOCL_EMPTY_NAN};
    size_t found = 0;
    if (!focl__parse_word(option, text, words, &found, complaint))
        return false;
    *(focl_empty *)place = values[found];
    return true;
}

static bool parse_reduction(const char *option, const char *text, void *place, focl__complaint *complaint) {
    focl__loss_options *options = place;
    size_t found = 0;
    if (!focl__parse_word(option, text, reduction_words, &found, complaint))
        return false;
    options->reduction_given = true;
    options->reduction = (focl_reduction)found;
    return true;
}

static bool parse_dtype(const char *option, const char *text, void *place, focl__complaint *complaint) {
    static const char *const words[] = {"f4", "f2", "f8", "bf16", NULL};
    size_t found = 0;
    (void)place;
    if (!focl__parse_word(option, text, words, &found, complaint))
        return false;
    return found == 0 || focl__fail_usage(complaint, "%s: %s: not yet", option, text);
}

#define PLACE(field) offsetof(focl__loss_options, field)

static const focl__option loss_options[] = {
    {"--alpha", "A", "weight A where t = 1, 1-A where t = 0; none: off (focal 0.25, others off)", parse_alpha,
     PLACE(alpha)},
    {"--gamma", "G", "focusing exponent >= 0 of the focal loss (2)", parse_gamma, PLACE(gamma)},
    {"--axis", "K", "class axis of LOGITS, from the end if negative (1; none for a vector)", focl__parse_integer,
     PLACE(files.axis)},
    {"--class-weights", "W.npy", "C weights, by column", focl__parse_text, PLACE(files.class_weights)},
    {"--pos-weight", "W.npy", "C weights, or 1, on the t = 1 term", focl__parse_text, PLACE(files.pos_weights)},
    {"--weights", "W.npy", "a weight per row or per element", focl__parse_text, PLACE(files.weights)},
    {"--ignore-index", "I", "rows with this target count nowhere", focl__parse_integer, PLACE(ignore_index)},
    {"--background", "I", "rows with this target have no class: every column negative", focl__parse_integer,
     PLACE(background)},
    {"--label-smoothing", "S", "the cross-entropy term sees t(1-S) + S/2 (0)", parse_smoothing, PLACE(label_smoothing)},
    {"--target-only", NULL, "only the true class's column contributes", focl__parse_flag, PLACE(target_only)},
    {"--input", "KIND", "logits or probabilities (logits)", parse_input, PLACE(activation)},
    {"--clip", "E", "clamp probabilities to [E, 1-E] (0)", parse_clip, PLACE(clip)},
    {"--reduction", "R", "none, sum, mean, row-mean, weighted-mean or positive-mean (mean)", parse_reduction, 0},
    {"--normalizer", "V", "divide the sum by V instead", parse_normalizer, PLACE(normalizer)},
    {"--empty", "zero|nan", "the loss when nothing is counted (zero)", parse_empty, PLACE(empty)},
    {"--upstream", "U.npy", "dL/dloss: one value, per row or per element (1)", focl__parse_text, PLACE(files.upstream)},
    {"--loss-out", "F.npy", "write each element's loss", focl__parse_text, PLACE(loss_out)},
    {"--grad", "F.npy", "write the gradient of the reduced loss", focl__parse_text, PLACE(grad)},
    {"--prob", "F.npy", "write the probabilities", focl__parse_text, PLACE(prob)},
    {"--pt", "F.npy", "write p_t, the probability given to what is true", focl__parse_text, PLACE(pt)},
    {"--hess", "F.npy", "not yet", focl__parse_not_yet, 0},
    {"--dtype", "TYPE", "of logits and outputs: f4 (others: not yet)", parse_dtype, 0},
    FOCL__DEVICE_OPTIONS(focl__loss_options),
    FOCL__JSON_OPTION(focl__loss_options),
};

const focl__grammar focl__loss_grammar = {
    .command = "loss",
    .operands = "NAME LOGITS.npy TARGETS.npy",
    .operand_count = 3,
    .about = "The loss of LOGITS (f2 or f4) for TARGETS, and what else is asked for, in one pass on an OpenCL device.\n"
             "NAME is sigmoid-focal or sigmoid-ce (also bce): one sigmoid per class, one against the rest.\n"
             "TARGETS without the class axis are class indices (u1, i1, i2, i4, i8, b1, ...); in the shape of LOGITS\n"
             "they are values in [0, 1].\n",
    .options = loss_options,
    .option_count = sizeof loss_options / sizeof *loss_options,
};

static bool find_loss(focl__loss_options *options, const char *name, focl__complaint *complaint) {
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        if (strcmp(losses[i].name, name) != 0)
            continue;
        options->objective = losses[i].objective;
        return losses[i].ready || focl__fail_usage(complaint, "%s: not yet; sigmoid-focal and sigmoid-ce work", name);
    }
    return focl__fail_usage(complaint, "%s: is no loss that focl knows", name);
}

static bool check_reduction(focl__loss_options *options, focl__complaint *complaint) {
    bool given = options->reduction_given && options->reduction == FOCL_REDUCTION_GIVEN;
    if (given && !options->normalizer.given)
        return focl__fail_usage(complaint, "--reduction: given needs --normalizer V");
    if (options->normalizer.given && options->reduction_given && !given)
        return focl__fail_usage(complaint, "--normalizer: takes the place of --reduction %s; give one of them",
                                reduction_words[options->reduction]);
    if (options->normalizer.given)
        options->reduction = FOCL_REDUCTION_GIVEN;
    else if (!options->reduction_given)
        options->reduction = FOCL_REDUCTION_MEAN;
    return true;
}

bool focl__loss_options_check(focl__loss_options *options, const char *name, focl__complaint *complaint) {
    if (!find_loss(options, name, complaint) || !check_reduction(options, complaint))
        return false;
    if (options->objective == FOCL_CROSS_ENTROPY && options->gamma.value > 0)
        return focl__fail_usage(complaint, "--gamma: %s has none; sigmoid-focal has", name);
    if (options->clip.given && options->activation != FOCL_IDENTITY)
        return focl__fail_usage(complaint, "--clip: needs --input probabilities");
    return true;
}

focl_loss_description focl__loss_options_describe(const focl__loss_options *options, focl_view view) {
    focl_loss_description description = focl_loss_default(options->activation, options->objective, view);
    if (options->gamma.given)
        description.gamma = options->gamma.value;
    if (options->alpha.given)
        description.alpha = options->alpha.value;
    description.label_smoothing = options->label_smoothing.value;
    description.clip = options->clip.value;
    description.has_ignore_index = options->ignore_index.given;
    description.ignore_index = options->ignore_index.value;
    description.has_background = options->background.given;
    description.background = options->background.value;
    description.target_only = options->target_only;
    description.reduction = options->reduction;
    description.normalizer = options->normalizer.value;
    description.empty = options->empty;
    return description;
}

const char *focl__reduction_word(focl_reduction reduction) {
    return reduction_words[reduction];
}

const char *focl__reduction_divisor(focl_reduction reduction) {
    return reduction_divisors[reduction];
}
