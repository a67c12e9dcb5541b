/* Presets: one table of what other projects' functions do, and one of what cannot be had here. */
#include "focl/loss_like.h"

#include <string.h>

#include "error.h"

/* ---- What the functions do ---- */

/* What a project divides the sum of the losses by. */
typedef enum divisor {
    UNKNOWN, /* the function has no such reduction */
    NO_SUM,
    BY_ONE,
    BY_COUNTED, /* elements that count; softmax family: rows */
    BY_ROWS,    /* rows that are not ignored */
    BY_WEIGHTS,
    BY_ALL_ROWS, /* ignored ones, too */
    BY_ALL_ELEMENTS,
    BY_CLASSES,
    BY_INNER,
    BY_CALLER
} divisor;

typedef enum reduction_word { WORD_NONE, WORD_MEAN, WORD_SUM, WORDS } reduction_word;

static const char *const reduction_words[WORDS] = {"none", "mean", "sum"};

/* A label with a meaning of its own. */
typedef struct special_label {
    enum { ABSENT, LABEL, CLASS_COUNT } kind;
    int64_t value;
} special_label;

enum { INDICES = 1, DENSE = 2, ANY_TARGETS = INDICES | DENSE };

typedef struct convention {
    const char *project;
    const char *function;
    focl_activation activation;
    focl_objective objective;
    unsigned targets;
    double gamma;
    double alpha;
    bool alpha_by_class; /* alpha is a weight per class, 1 - alpha for the first */
    double clip;
    special_label ignored;
    special_label background;
    reduction_word usual;
    divisor divisors[WORDS];
    focl_empty empty;
} convention;

#define DIVISORS(mean, sum) \
    { [WORD_NONE] = NO_SUM, [WORD_MEAN] = (mean), [WORD_SUM] = (sum) }

/* The functions of a project stand together. */
/* clang-format off */
static const convention conventions[] = {
    {.project = "torchvision", .function = "ops.sigmoid_focal_loss",
     .activation = FOCL_SIGMOID, .objective = FOCL_FOCAL, .targets = ANY_TARGETS,
     .gamma = 2, .alpha = 0.25,
     .usual = WORD_NONE, .divisors = DIVISORS(BY_COUNTED, BY_ONE), .empty = FOCL_EMPTY_NAN},
    {.project = "fvcore", .function = "nn.sigmoid_focal_loss",
     .activation = FOCL_SIGMOID, .objective = FOCL_FOCAL, .targets = ANY_TARGETS,
     .gamma = 2, .alpha = -1,
     .usual = WORD_NONE, .divisors = DIVISORS(BY_COUNTED, BY_ONE), .empty = FOCL_EMPTY_NAN},
    {.project = "mmcv", .function = "ops.sigmoid_focal_loss",
     .activation = FOCL_SIGMOID, .objective = FOCL_FOCAL, .targets = INDICES,
     .gamma = 2, .alpha = 0.25,
     .background = {CLASS_COUNT, 0},
     .usual = WORD_MEAN, .divisors = DIVISORS(BY_ROWS, BY_ONE), .empty = FOCL_EMPTY_NAN},
    {.project = "mmcv", .function = "ops.softmax_focal_loss",
     .activation = FOCL_SOFTMAX, .objective = FOCL_FOCAL, .targets = INDICES,
     .gamma = 2, .alpha = 0.25,
     .ignored = {LABEL, -1},
     .usual = WORD_MEAN, .divisors = DIVISORS(BY_ALL_ROWS, BY_ONE), .empty = FOCL_EMPTY_NAN},
    {.project = "apex", .function = "contrib.focal_loss",
     .activation = FOCL_SIGMOID, .objective = FOCL_FOCAL, .targets = INDICES,
     .gamma = 2, .alpha = 0.25,
     .ignored = {LABEL, -2}, .background = {LABEL, -1},
     .usual = WORD_SUM, .divisors = {[WORD_SUM] = BY_CALLER}},
    {.project = "apex", .function = "contrib.xentropy.SoftmaxCrossEntropyLoss",
     .activation = FOCL_SOFTMAX, .objective = FOCL_CROSS_ENTROPY, .targets = INDICES,
     .alpha = -1,
     .ignored = {LABEL, 0},
     .usual = WORD_NONE, .divisors = {[WORD_NONE] = NO_SUM}},
    {.project = "monai", .function = "losses.FocalLoss",
     .activation = FOCL_SIGMOID, .objective = FOCL_FOCAL, .targets = ANY_TARGETS,
     .gamma = 2, .alpha = -1,
     .usual = WORD_MEAN, .divisors = DIVISORS(BY_COUNTED, BY_INNER), .empty = FOCL_EMPTY_NAN},
    {.project = "monai", .function = "losses.FocalLoss(use_softmax=True)",
     .activation = FOCL_SOFTMAX, .objective = FOCL_FOCAL, .targets = ANY_TARGETS,
     .gamma = 2, .alpha = -1, .alpha_by_class = true,
     .usual = WORD_MEAN, .divisors = DIVISORS(BY_ALL_ELEMENTS, BY_INNER), .empty = FOCL_EMPTY_NAN},
    {.project = "kornia", .function = "losses.binary_focal_loss_with_logits",
     .activation = FOCL_SIGMOID, .objective = FOCL_FOCAL, .targets = ANY_TARGETS,
     .gamma = 2, .alpha = 0.25,
     .usual = WORD_NONE, .divisors = DIVISORS(BY_COUNTED, BY_ONE), .empty = FOCL_EMPTY_NAN},
    {.project = "kornia", .function = "losses.focal_loss",
     .activation = FOCL_SOFTMAX, .objective = FOCL_FOCAL, .targets = INDICES,
     .gamma = 2, .alpha = -1, .alpha_by_class = true,
     .ignored = {LABEL, -100},
     .usual = WORD_NONE, .divisors = DIVISORS(BY_ALL_ELEMENTS, BY_ONE), .empty = FOCL_EMPTY_NAN},
    {.project = "keras", .function = "binary_focal_crossentropy(from_logits=True)",
     .activation = FOCL_SIGMOID, .objective = FOCL_FOCAL, .targets = ANY_TARGETS,
     .gamma = 2, .alpha = -1,
     .usual = WORD_MEAN, .divisors = DIVISORS(BY_COUNTED, BY_CLASSES)},
    {.project = "keras", .function = "binary_focal_crossentropy",
     .activation = FOCL_IDENTITY, .objective = FOCL_FOCAL, .targets = ANY_TARGETS,
     .gamma = 2, .alpha = -1, .clip = 1e-7,
     .usual = WORD_MEAN, .divisors = DIVISORS(BY_COUNTED, BY_CLASSES)},
    {.project = "keras", .function = "categorical_focal_crossentropy(from_logits=True)",
     .activation = FOCL_SOFTMAX, .objective = FOCL_FOCAL, .targets = ANY_TARGETS,
     .gamma = 2, .alpha = 0.25,
     .usual = WORD_MEAN, .divisors = DIVISORS(BY_COUNTED, BY_ONE)},
    {.project = "keras", .function = "categorical_focal_crossentropy",
     .activation = FOCL_CATEGORICAL, .objective = FOCL_FOCAL, .targets = ANY_TARGETS,
     .gamma = 2, .alpha = 0.25, .clip = 1e-7,
     .usual = WORD_MEAN, .divisors = DIVISORS(BY_COUNTED, BY_ONE)},
    {.project = "paddle", .function = "nn.functional.sigmoid_focal_loss",
     .activation = FOCL_SIGMOID, .objective = FOCL_FOCAL, .targets = ANY_TARGETS,
     .gamma = 2, .alpha = 0.25,
     .usual = WORD_SUM, .divisors = DIVISORS(BY_COUNTED, BY_ONE), .empty = FOCL_EMPTY_NAN},
    {.project = "paddle", .function = "nn.functional.cross_entropy",
     .activation = FOCL_SOFTMAX, .objective = FOCL_CROSS_ENTROPY, .targets = INDICES,
     .alpha = -1,
     .ignored = {LABEL, -100},
     .usual = WORD_MEAN, .divisors = DIVISORS(BY_WEIGHTS, BY_ONE)},
    {.project = "pytorch-ce", .function = "nn.CrossEntropyLoss",
     .activation = FOCL_SOFTMAX, .objective = FOCL_CROSS_ENTROPY, .targets = INDICES,
     .alpha = -1,
     .ignored = {LABEL, -100},
     .usual = WORD_MEAN, .divisors = DIVISORS(BY_WEIGHTS, BY_ONE), .empty = FOCL_EMPTY_NAN},
    {.project = "pytorch-ce", .function = "nn.CrossEntropyLoss",
     .activation = FOCL_SOFTMAX, .objective = FOCL_CROSS_ENTROPY, .targets = DENSE,
     .alpha = -1,
     /* the weights are not in the divisor of soft rows */
     .usual = WORD_MEAN, .divisors = DIVISORS(BY_COUNTED, BY_ONE), .empty = FOCL_EMPTY_NAN},
    {.project = "pytorch-ce", .function = "nn.BCEWithLogitsLoss",
     .activation = FOCL_SIGMOID, .objective = FOCL_CROSS_ENTROPY, .targets = ANY_TARGETS,
     .alpha = -1,
     .usual = WORD_MEAN, .divisors = DIVISORS(BY_COUNTED, BY_ONE), .empty = FOCL_EMPTY_NAN},
};
/* clang-format on */
enum { CONVENTIONS = sizeof conventions / sizeof *conventions };

/* ---- What cannot be had here ---- */

typedef enum occasion {
    ALWAYS,
    DENSE_TARGETS,
    SMOOTHED,
    UNREDUCED,
    CLASS_WEIGHTS,
    ALPHA_BY_CLASS /* is still the description's alpha */
} occasion;

#define OF(activation) (1U << (activation))

static const struct note {
    const char *project;
    unsigned activations;
    occasion occasion;
    const char *sentence;
} notes[] = {
    {"mmcv", OF(FOCL_SIGMOID) | OF(FOCL_SOFTMAX), ALWAYS,
     "mmcv's probabilities are at least 2^-126, so that its loss stops at 87.3 times its weight; this one goes on"},
    {"mmcv", OF(FOCL_SIGMOID), ALWAYS,
     "mmcv takes a label below 0 for a row without a class, too; here only C, the number of classes, is that label"},
    {"mmcv", OF(FOCL_SOFTMAX), ALWAYS,
     "mmcv leaves out the rows of every label below 0; here only those of the label -1 are ignored"},
    {"mmcv", OF(FOCL_SIGMOID), CLASS_WEIGHTS,
     "mmcv's weight is that of the row's label, for all its columns, which weights per row are here; class weights are "
     "by column"},
    {"monai", OF(FOCL_SIGMOID), DENSE_TARGETS,
     "where a target is neither 0 nor 1, monai's focal factor is sigmoid(-x (2t - 1))^gamma; here it is (t q + (1 - t) "
     "p)^gamma"},
    {"monai", OF(FOCL_SOFTMAX), DENSE_TARGETS,
     "where a row is not one-hot, each class has a focal factor of its own in monai; here the row has one"},
    {"monai", OF(FOCL_SOFTMAX), UNREDUCED,
     "monai gives a loss per element, 0 for every class but the label's; here a row has one loss"},
    {"monai", OF(FOCL_SOFTMAX), ALPHA_BY_CLASS,
     "monai's alpha is a weight per class, 1 - alpha for the first; here alpha is a factor on every row"},
    {"kornia", OF(FOCL_SIGMOID), DENSE_TARGETS,
     "where a target is neither 0 nor 1, the terms of t and 1 - t have focal factors of their own in kornia, and it "
     "leaves out elements with the target -100; here they have one factor, and every element counts"},
    {"kornia", OF(FOCL_SOFTMAX), UNREDUCED,
     "kornia gives a loss per element, 0 for every class but the label's; here a row has one loss"},
    {"kornia", OF(FOCL_SOFTMAX), ALPHA_BY_CLASS,
     "kornia's alpha is a weight per class, 1 - alpha for the first; here alpha is a factor on every row"},
    {"keras", OF(FOCL_SIGMOID) | OF(FOCL_SOFTMAX), ALWAYS,
     "Keras clips the probabilities of logits to [1e-7, 1 - 1e-7] in the logarithm, so that its loss stops at 16.1 and "
     "has no gradient beyond; this one goes on"},
    {"keras", OF(FOCL_IDENTITY) | OF(FOCL_CATEGORICAL), ALWAYS,
     "Keras clips in the logarithm, and p_t as well in categorical losses only; here a clipped probability is clipped "
     "everywhere and has gradient 0"},
    {"keras", OF(FOCL_CATEGORICAL), ALWAYS,
     "Keras divides the probabilities of a row by their sum first; here they are taken as they are"},
    {"keras", OF(FOCL_SIGMOID) | OF(FOCL_IDENTITY), SMOOTHED,
     "Keras smooths the targets in the focal factor and in alpha, too; dense targets of t (1 - s) + s / 2 and no "
     "smoothing are the same here"},
    {"keras", OF(FOCL_SOFTMAX) | OF(FOCL_CATEGORICAL), SMOOTHED,
     "Keras smooths the targets before it gives each class a focal factor of its own; here the row has one, that of "
     "the "
     "label"},
    {"keras", OF(FOCL_SOFTMAX) | OF(FOCL_CATEGORICAL), DENSE_TARGETS,
     "where a row is not one-hot, each class has a focal factor of its own in Keras; here the row has one"},
    {"keras", OF(FOCL_SIGMOID) | OF(FOCL_IDENTITY), UNREDUCED,
     "Keras gives a loss per row, the mean over its elements; here each element has one"},
};
enum { NOTES = sizeof notes / sizeof *notes };

/* ---- Looking up ---- */

static bool is_project(size_t row, const char *project) {
    return strcmp(conventions[row].project, project) == 0;
}

const char *focl_loss_like_project(size_t number) {
    for (size_t row = 0; row < CONVENTIONS; row++) {
        const bool is_first = row == 0 || !is_project(row - 1, conventions[row].project);
        if (is_first && number-- == 0)
            return conventions[row].project;
    }
    return NULL;
}

static unsigned targets_of(const focl_loss_description *description) {
    return focl_type_is_float(description->targets_type) ? DENSE : INDICES;
}

static bool is_loss(const convention *entry, const focl_loss_description *description) {
    return entry->activation == description->activation && entry->objective == description->objective;
}

static const convention *find(const char *project, const focl_loss_description *description, unsigned targets) {
    for (size_t row = 0; row < CONVENTIONS; row++)
        if (is_project(row, project) && is_loss(&conventions[row], description) && conventions[row].targets & targets)
            return &conventions[row];
    return NULL;
}

static bool is_known(const char *project) {
    for (size_t row = 0; row < CONVENTIONS; row++)
        if (is_project(row, project))
            return true;
    return false;
}

/* The first function and the last: no project has more that differ. */
static focl_status fail_no_loss(const char *project) {
    size_t first = 0;
    while (!is_project(first, project))
        first++;
    size_t last = first;
    while (last + 1 < CONVENTIONS && is_project(last + 1, project))
        last++;
    const bool one = strcmp(conventions[first].function, conventions[last].function) == 0;
    return focl__fail(FOCL_ENOTSUP, "project", "%s has no such loss; known are its %s%s%s", project,
                      conventions[first].function, one ? "" : " and ", one ? "" : conventions[last].function);
}

static focl_status find_convention(const char *project, const focl_loss_description *description,
                                   const convention **found) {
    if (!project || !description)
        return focl__fail(FOCL_EINVAL, project ? "description" : "project", "is NULL");
    if (!is_known(project))
        return focl__fail(FOCL_EINVAL, "project", "\"%s\" is none that focl knows", project);
    *found = find(project, description, targets_of(description));
    if (*found)
        return FOCL_OK;
    const convention *other = find(project, description, ANY_TARGETS);
    if (!other)
        return fail_no_loss(project);
    return focl__fail(FOCL_ENOTSUP, "targets_type", "%s's %s takes class indices, not %s", project, other->function,
                      focl_type_name(description->targets_type));
}

const char *focl_loss_like_function(const char *project, const focl_loss_description *description) {
    const convention *found = project && description ? find(project, description, targets_of(description)) : NULL;
    return found ? found->function : NULL;
}

/* ---- Describing ---- */

static focl_status find_word(const char *text, reduction_word usual, reduction_word *word) {
    *word = usual;
    if (!text)
        return FOCL_OK;
    for (int i = 0; i < WORDS; i++) {
        *word = (reduction_word)i;
        if (strcmp(reduction_words[i], text) == 0)
            return FOCL_OK;
    }
    return focl__fail(FOCL_EINVAL, "reduction", "must be none, mean or sum, is \"%s\"", text);
}

static focl_status find_divisor(const convention *like, const char *text, divisor *found) {
    reduction_word word = like->usual;
    const focl_status status = find_word(text, like->usual, &word);
    if (status)
        return status;
    *found = like->divisors[word];
    if (*found != UNKNOWN)
        return FOCL_OK;
    return focl__fail(FOCL_ENOTSUP, "reduction", "%s's %s has %s only, not %s", like->project, like->function,
                      reduction_words[like->usual], reduction_words[word]);
}

/* A number of the shape; where there are none, the mean, which then has nothing to count. */
static void divide_by(focl_loss_description *description, size_t number) {
    description->reduction = number > 0 ? FOCL_REDUCTION_GIVEN : FOCL_REDUCTION_MEAN;
    description->normalizer = number > 0 ? (double)number : 1;
}

static void describe_reduction(focl_loss_description *description, divisor by) {
    static const focl_reduction plain[] = {
        [NO_SUM] = FOCL_REDUCTION_NONE,
        [BY_ONE] = FOCL_REDUCTION_SUM,
        [BY_COUNTED] = FOCL_REDUCTION_MEAN,
        [BY_ROWS] = FOCL_REDUCTION_ROW_MEAN,
        [BY_WEIGHTS] = FOCL_REDUCTION_WEIGHTED_MEAN,
    };
    const focl_view shape = description->shape;
    switch (by) {
    case BY_ALL_ROWS:
        divide_by(description, shape.outer * shape.inner);
        break;
    case BY_ALL_ELEMENTS:
        divide_by(description, shape.outer * shape.classes * shape.inner);
        break;
    case BY_CLASSES:
        divide_by(description, shape.classes);
        break;
    case BY_INNER:
        divide_by(description, shape.inner);
        break;
    case BY_CALLER:
        description->reduction = FOCL_REDUCTION_GIVEN;
        break;
    default:
        description->reduction = plain[by];
        break;
    }
}

static void describe_label(const special_label *label, const focl_loss_description *description, bool *given,
                           int64_t *value) {
    *given = label->kind != ABSENT && targets_of(description) == INDICES;
    *value = label->kind == CLASS_COUNT ? (int64_t)description->shape.classes : label->value;
}

focl_status focl_loss_like(const char *project, const char *reduction, focl_loss_description *description) {
    const convention *like = NULL;
    divisor by = UNKNOWN;
    focl_status status = find_convention(project, description, &like);
    if (!status)
        status = find_divisor(like, reduction, &by);
    if (status)
        return status;
    description->gamma = like->gamma;
    description->alpha = like->alpha;
    description->clip = like->clip;
    description->empty = like->empty;
    describe_label(&like->ignored, description, &description->has_ignore_index, &description->ignore_index);
    describe_label(&like->background, description, &description->has_background, &description->background);
    describe_reduction(description, by);
    return FOCL_OK;
}

focl_status focl_loss_like_class_weights(const char *project, focl_loss_description *description, float *class_weights,
                                         bool *changed) {
    const convention *like = NULL;
    const focl_status status = find_convention(project, description, &like);
    if (status)
        return status;
    if (!class_weights || !changed)
        return focl__fail(FOCL_EINVAL, class_weights ? "changed" : "class_weights", "is NULL");
    const double alpha = description->alpha;
    *changed = like->alpha_by_class && alpha >= 0;
    if (!*changed)
        return FOCL_OK;
    for (size_t c = 0; c < description->shape.classes; c++)
        class_weights[c] = (float)((double)class_weights[c] * (c == 0 ? 1 - alpha : alpha));
    description->alpha = -1;
    return FOCL_OK;
}

/* ---- Notes ---- */

static bool is_occasion(occasion when, const focl_loss_description *description, bool with_class_weights) {
    switch (when) {
    case ALWAYS:
        return true;
    case DENSE_TARGETS:
        return targets_of(description) == DENSE;
    case SMOOTHED:
        return description->label_smoothing > 0;
    case UNREDUCED:
        return description->reduction == FOCL_REDUCTION_NONE;
    case CLASS_WEIGHTS:
        return with_class_weights;
    case ALPHA_BY_CLASS:
        return description->alpha >= 0;
    }
    return false;
}

static bool applies(const struct note *entry, const char *project, const focl_loss_description *description,
                    bool with_class_weights) {
    return strcmp(entry->project, project) == 0 && entry->activations & OF(description->activation) &&
           is_occasion(entry->occasion, description, with_class_weights);
}

const char *focl_loss_like_note(const char *project, const focl_loss_description *description, bool with_class_weights,
                                size_t number) {
    if (!focl_loss_like_function(project, description))
        return NULL;
    for (size_t i = 0; i < NOTES; i++)
        if (applies(&notes[i], project, description, with_class_weights) && number-- == 0)
            return notes[i].sentence;
    return NULL;
}
