#include "loss_options.h"

#include <math.h>
#include <string.h>

#include "focl/loss_like.h"
#include "loss_names.h"

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

static const char *const curvature_words[] = {
#define CURVATURE_WORD(name, word) word,
    FOCL_CURVATURE_TABLE(CURVATURE_WORD)
#undef CURVATURE_WORD
        NULL};

/* ---- Parsers ---- */

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

static bool good_smoothing(double value) {
    return value >= 0 && value <= 1;
}

static bool good_margin(double value) {
    return value >= 0 && value < 1;
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

static bool parse_f32(const char *option, const char *text, void *place, focl__complaint *complaint) {
    return parse_checked(option, text, place, in_f32_range, "a finite f32 number", complaint);
}

static bool parse_alpha(const char *option, const char *text, void *place, focl__complaint *complaint) {
    const focl__number off = {true, -1};
    if (strcmp(text, "none") != 0)
        return parse_f32(option, text, place, complaint);
    *(focl__number *)place = off;
    return true;
}

static bool parse_smoothing(const char *option, const char *text, void *place, focl__complaint *complaint) {
    return parse_checked(option, text, place, good_smoothing, "in [0, 1]", complaint);
}

static bool parse_margin(const char *option, const char *text, void *place, focl__complaint *complaint) {
    return parse_checked(option, text, place, good_margin, "in [0, 1)", complaint);
}

static bool parse_clip(const char *option, const char *text, void *place, focl__complaint *complaint) {
    return parse_checked(option, text, place, good_clip, "in [0, 0.5)", complaint);
}

static bool parse_normalizer(const char *option, const char *text, void *place, focl__complaint *complaint) {
    return parse_checked(option, text, place, good_normalizer, "a finite f32 number above 0", complaint);
}

static bool parse_choice(const char *option, const char *text, const char *const *words, void *place,
                         focl__complaint *complaint) {
    focl__choice *choice = place;
    choice->given = true;
    return focl__parse_word(option, text, words, &choice->value, complaint);
}

bool focl__parse_input(const char *option, const char *text, void *place, focl__complaint *complaint) {
    static const char *const words[] = {"logits", "probabilities", NULL};
    size_t found = 0;
    if (!focl__parse_word(option, text, words, &found, complaint))
        return false;
    *(bool *)place = found == 1;
    return true;
}

static bool parse_empty(const char *option, const char *text, void *place, focl__complaint *complaint) {
    static const char *const words[] = {[FOCL_EMPTY_ZERO] = "zero", [FOCL_EMPTY_NAN] = "nan", NULL};
    return parse_choice(option, text, words, place, complaint);
}

static bool parse_reduction(const char *option, const char *text, void *place, focl__complaint *complaint) {
    return parse_choice(option, text, reduction_words, place, complaint);
}

static bool parse_curvature(const char *option, const char *text, void *place, focl__complaint *complaint) {
    return parse_choice(option, text, curvature_words, place, complaint);
}

bool focl__parse_dtype(const char *option, const char *text, void *place, focl__complaint *complaint) {
    static const char *const words[] = {"f4", "f2", "f8", "bf16", NULL};
    static const focl_type types[] = {FOCL_F32, FOCL_F16, FOCL_F64, FOCL_BF16};
    size_t found = 0;
    if (!focl__parse_word(option, text, words, &found, complaint))
        return false;
    *(focl_type *)place = types[found];
    return true;
}

static bool parse_like(const char *option, const char *text, void *place, focl__complaint *complaint) {
    enum { MOST_PROJECTS = 32 };
    const char *words[MOST_PROJECTS + 1] = {NULL};
    size_t found = 0;
    for (size_t i = 0; i < MOST_PROJECTS; i++)
        words[i] = focl_loss_like_project(i);
    if (!focl__parse_word(option, text, words, &found, complaint))
        return false;
    *(const char **)place = words[found];
    return true;
}

/* ---- The options ---- */

#define PLACE(field) offsetof(focl__loss_options, field)

static const focl__option loss_options[] = {
    {"--like", "PROJECT", "what PROJECT's function of this kind does, see above; other options then change it",
     parse_like, PLACE(like)},
    {"--alpha", "A", "sigmoid: weight A where t = 1, 1-A where t = 0; softmax: a factor; none: off", parse_alpha,
     PLACE(alpha)},
    {"--gamma", "G", "focusing exponent >= 0 of focal losses (2)", parse_gamma, PLACE(gamma)},
    {"--gamma-negative", "G", "sigmoid-focal: the exponent where t = 0; negative: gamma (-1)", parse_f32,
     PLACE(gamma_negative)},
    {"--margin", "M", "sigmoid-focal: p - M, at least 0, in p's place where t = 0 (0)", parse_margin, PLACE(margin)},
    {"--poly1", "E", "adds E q^(gamma+1) to a focal loss or cross entropy (0)", parse_f32, PLACE(poly1)},
    {"--axis", "K", "class axis of LOGITS, from the end if negative (1; none for a vector)", focl__parse_integer,
     PLACE(files.axis)},
    {"--class-weights", "W.npy", "C weights; sigmoid: by column; softmax: by class", focl__parse_text,
     PLACE(files.class_weights)},
    {"--pos-weight", "W.npy", "sigmoid: C weights, or 1, on the t = 1 term", focl__parse_text,
     PLACE(files.pos_weights)},
    {"--weights", "W.npy", "a weight per row or, sigmoid, per element", focl__parse_text, PLACE(files.weights)},
    {"--ignore-index", "I", "rows with this target count nowhere", focl__parse_integer, PLACE(ignore_index)},
    {"--background", "I", "sigmoid: rows with this target have no class: every column negative", focl__parse_integer,
     PLACE(background)},
    {"--label-smoothing", "S", "the cross-entropy term sees t(1-S) + S/2; softmax: + S/C (0)", parse_smoothing,
     PLACE(label_smoothing)},
    {"--target-only", NULL, "sigmoid: only the true class's column contributes", focl__parse_flag, PLACE(target_only)},
    {"--input", "KIND", "logits or probabilities (logits)", focl__parse_input, PLACE(probabilities)},
    {"--clip", "E", "clamp probabilities to [E, 1-E] (0)", parse_clip, PLACE(clip)},
    {"--reduction", "R", "none, sum, mean, row-mean, weighted-mean or positive-mean (mean)", parse_reduction,
     PLACE(reduction)},
    {"--normalizer", "V", "divide the sum by V instead", parse_normalizer, PLACE(normalizer)},
    {"--empty", "zero|nan", "the loss when nothing is counted (zero)", parse_empty, PLACE(empty)},
    {"--upstream", "U.npy", "dL/dloss: one value, per row or, sigmoid, per element (1)", focl__parse_text,
     PLACE(files.upstream)},
    {"--loss-scale", "K", "another factor of gradient and curvature, not of the loss (1)", parse_f32,
     PLACE(loss_scale)},
    {"--loss-out", "F.npy", "write the losses: of each element; softmax: of each row", focl__parse_text,
     PLACE(loss_out)},
    {"--grad", "F.npy", "write the gradient of the reduced loss", focl__parse_text, PLACE(grad)},
    {"--hess", "F.npy", "write its curvature, the diagonal of the second derivatives", focl__parse_text, PLACE(hess)},
    {"--curvature", "KIND", "of --hess: raw, absolute or gauss-newton, which is never negative (raw)", parse_curvature,
     PLACE(curvature)},
    {"--prob", "F.npy", "write the probabilities", focl__parse_text, PLACE(prob)},
    {"--pt", "F.npy", "write p_t, the probability given to what is true; softmax: of each row", focl__parse_text,
     PLACE(pt)},
    {"--dtype", "TYPE", "f4, f2, bf16 or f8: of logits on the device and of outputs (f4)", focl__parse_dtype,
     PLACE(files.logits_type)},
    FOCL__DEVICE_OPTIONS(focl__loss_options),
    FOCL__JSON_OPTION(focl__loss_options),
};

const focl__grammar focl__loss_grammar = {
    .command = "loss",
    .operands = "NAME LOGITS.npy TARGETS.npy",
    .operand_count = 3,
    .name_at = focl__loss_name_at,
    .about =
        "The loss of LOGITS for TARGETS, and what else is asked for, in one pass on an OpenCL device. NAME is one of\n"
        "  sigmoid-focal, sigmoid-ce (bce), sigmoid-mse   a sigmoid per class, one against the rest\n"
        "  softmax-focal, softmax-ce (cross-entropy), softmax-mse   a softmax over the classes of a row\n"
        "  mse                                            of values, which may be anything\n"
        "  quality-focal, varifocal                       sigmoid losses of soft targets, such as an IoU\n"
        "\n"
        "TARGETS without the class axis are class indices (u1, i1, i2, i4, i8, b1, ...); in the shape of LOGITS they\n"
        "are values in [0, 1]; softmax: a distribution per row.\n"
        "\n"
        "LOGITS are f2, f4 or f8. They become f4, and outputs are f4: f2 exactly, f8 rounded. --dtype f2 keeps or\n"
        "rounds them to f2 and gives f2 outputs, with f4 arithmetic; --dtype bf16 likewise, and the bits of bf16 are\n"
        "u2 files. --dtype f8 calculates in f8 on devices that have it, and gives f8 outputs.\n"
        "\n"
        "--like PROJECT: torchvision, fvcore, mmcv, apex, monai, kornia, keras, paddle or pytorch-ce. Its alpha, "
        "gamma,\n"
        "special labels, reduction and its own sense of --reduction none, sum and mean are taken, and what cannot be\n"
        "had is told on stderr. The alpha of monai's and kornia's softmax loss is weights 1-A, A, A, ... by class;\n"
        "apex's num_positives_sum is --normalizer.\n",
    .options = loss_options,
    .option_count = sizeof loss_options / sizeof *loss_options,
};

/* ---- The description ---- */

focl_activation focl__loss_options_activation(const focl__loss_options *options) {
    return options->probabilities ? options->loss->probabilities : options->loss->activation;
}

/* The words that a project has a sense of its own for. */
static const char *projects_reduction(const focl__loss_options *options) {
    static const focl_reduction words[] = {FOCL_REDUCTION_NONE, FOCL_REDUCTION_MEAN, FOCL_REDUCTION_SUM};
    for (size_t i = 0; options->reduction.given && i < sizeof words / sizeof *words; i++)
        if (options->reduction.value == words[i])
            return reduction_words[words[i]];
    return NULL;
}

static bool describe_like(const focl__loss_options *options, focl_loss_description *description,
                          focl__complaint *complaint) {
    if (!options->like)
        return true;
    const focl_status status = focl_loss_like(options->like, projects_reduction(options), description);
    return status == FOCL_OK || focl__fail_library(complaint, "--like", status);
}

static const struct {
    size_t option;
    size_t field;
} numbers[] = {
#define NUMBER(name) \
    { PLACE(name), offsetof(focl_loss_description, name) }
    NUMBER(gamma),           NUMBER(gamma_negative), NUMBER(margin),     NUMBER(poly1),      NUMBER(alpha),
    NUMBER(label_smoothing), NUMBER(clip),           NUMBER(normalizer), NUMBER(loss_scale),
#undef NUMBER
};

static void describe_numbers(const focl__loss_options *options, focl_loss_description *description) {
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        focl__number number;
        memcpy(&number, (const char *)options + numbers[i].option, sizeof number);
        if (number.given)
            memcpy((char *)description + numbers[i].field, &number.value, sizeof number.value);
    }
}

static void describe_labels(const focl__loss_options *options, focl_loss_description *description) {
    description->target_only = options->target_only;
    if (options->ignore_index.given) {
        description->has_ignore_index = true;
        description->ignore_index = options->ignore_index.value;
    }
    if (options->background.given) {
        description->has_background = true;
        description->background = options->background.value;
    }
}

static void describe_choices(const focl__loss_options *options, focl_loss_description *description) {
    const bool of_project = options->like && projects_reduction(options);
    if (options->normalizer.given)
        description->reduction = FOCL_REDUCTION_GIVEN;
    else if (options->reduction.given && !of_project)
        description->reduction = (focl_reduction)options->reduction.value;
    if (options->empty.given)
        description->empty = (focl_empty)options->empty.value;
    if (options->curvature.given)
        description->curvature = (focl_curvature)options->curvature.value;
}

bool focl__loss_options_describe(const focl__loss_options *options, focl_loss_description *description,
                                 focl__complaint *complaint) {
    if (!describe_like(options, description, complaint))
        return false;
    describe_numbers(options, description);
    describe_labels(options, description);
    describe_choices(options, description);
    return true;
}

/* ---- Checks ---- */

static bool find_loss(focl__loss_options *options, const char *name, focl__complaint *complaint) {
    options->loss = focl__loss_name_find(name);
    return options->loss || focl__fail_usage(complaint, "%s: is no loss that focl knows", name);
}

static bool check_reduction(const focl__loss_options *options, focl__complaint *complaint) {
    const focl__choice *reduction = &options->reduction;
    const bool given = reduction->given && reduction->value == FOCL_REDUCTION_GIVEN;
    if (given && !options->normalizer.given)
        return focl__fail_usage(complaint, "--reduction: given needs --normalizer V");
    if (options->normalizer.given && reduction->given && !given)
        return focl__fail_usage(complaint, "--normalizer: takes the place of --reduction %s; give one of them",
                                reduction_words[reduction->value]);
    return true;
}

/* Any targets will do: whether the project has such a loss shows before they are known. */
static bool check_like(const focl__loss_options *options, focl__complaint *complaint) {
    const focl_view view = {1, 1, 1};
    focl_loss_description description =
        focl_loss_default(focl__loss_options_activation(options), options->loss->objective, view);
    description.targets_type = FOCL_I64;
    description.normalizer = 0;
    if (!describe_like(options, &description, complaint)) {
        complaint->exit_status = FOCL__EXIT_USAGE;
        return false;
    }
    describe_choices(options, &description);
    const bool left_to_caller = description.reduction == FOCL_REDUCTION_GIVEN && description.normalizer <= 0;
    return !left_to_caller || options->normalizer.given ||
           focl__fail_usage(complaint, "--like: %s divides by what it is given; --normalizer V is missing",
                            options->like);
}

bool focl__loss_options_check(focl__loss_options *options, const char *name, focl__complaint *complaint) {
    return find_loss(options, name, complaint) && check_reduction(options, complaint) &&
           focl__loss_name_check_options(options, complaint) && check_like(options, complaint);
}

const char *focl__reduction_word(focl_reduction reduction) {
    return reduction_words[reduction];
}

const char *focl__reduction_divisor(focl_reduction reduction) {
    return reduction_divisors[reduction];
}
