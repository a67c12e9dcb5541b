#include "train_options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "focl/class_weights.h"
#include "loss_names.h"

/* ---- Parsers ---- */

static bool parse_balance(const char *option, const char *text, void *place, focl__complaint *complaint) {
    static const char *const recipes[] = {
#define RECIPE_WORD(name, word, formula) word,
        FOCL_WEIGHTS_TABLE(RECIPE_WORD)
#undef RECIPE_WORD
            NULL};
    focl__choice *balance = place;
    balance->given = true;
    return focl__parse_word(option, text, recipes, &balance->value, complaint);
}

/* CLASS:SHARE */
static bool parse_keep(const char *option, const char *text, void *place, focl__complaint *complaint) {
    focl__keep *keep = place;
    const char *colon = strchr(text, ':');
    char label[32];
    focl__integer number = {0};
    if (!colon || (size_t)(colon - text) >= sizeof label || !focl__read_number(colon + 1, &keep->share) ||
        !(keep->share > 0 && keep->share <= 1))
        return focl__fail_usage(complaint, "%s: \"%s\" is not CLASS:SHARE such as 8:0.05, with a share in (0, 1]",
                                option, text);
    (void)snprintf(label, sizeof label, "%.*s", (int)(colon - text), text);
    if (!focl__parse_integer(option, label, &number, complaint))
        return false;
    keep->given = true;
    keep->label = number.value;
    return keep->label >= 0 || focl__fail_usage(complaint, "%s: %s is no class", option, label);
}

/* ---- The table ---- */

#define PLACE(field) offsetof(focl__train_options, field)

static const focl__option own_options[] = {
    {"--out", "MODEL", "where the model goes: a folder, or an archive NAME.npz; needed", focl__parse_text, PLACE(out)},
    {"--loss", "NAME", "one of those of focl loss (softmax-focal)", focl__parse_text, PLACE(loss_name)},
    {"--epochs", "N", "how often to go through the rows (30)", focl__parse_integer, PLACE(epochs)},
    {"--batch", "N", "rows of a step (64)", focl__parse_integer, PLACE(batch)},
    {"--rate", "R", "velocity = momentum velocity + gradient; weights -= R (velocity + decay weights) (0.1)",
     focl__parse_number, PLACE(rate)},
    {"--momentum", "M", "in [0, 1) (0.9)", focl__parse_number, PLACE(momentum)},
    {"--decay", "D", "of the weights, not of the bias (0)", focl__parse_number, PLACE(decay)},
    {"--seed", "S", "of the split and of the order of the rows (0)", focl__parse_integer, PLACE(seed)},
    {"--holdout", "SHARE", "of each class's rows, not trained on but judged by; 0: none (0.2)", focl__parse_number,
     PLACE(holdout)},
    {"--last", NULL, "keep the last epoch's weights and not the best", focl__parse_flag, PLACE(last)},
    {"--no-standardize", NULL, "take features as they are", focl__parse_flag, PLACE(as_they_are)},
    {"--classes", "C", "how many there are (the largest label and 1)", focl__parse_integer, PLACE(split.classes)},
    {"--one-vs-rest", "LABEL", "two classes: 1 for this label, 0 for all others", focl__parse_integer,
     PLACE(split.one_vs_rest)},
    {"--keep", "CLASS:SHARE", "train on that share of the class's rows only, as if it were rare", parse_keep,
     PLACE(split.keep)},
    {"--balance", "RECIPE", "class weights from the rows trained on: a recipe of focl counts", parse_balance,
     PLACE(balance)},
    {"--plot", "F.svg", "draw the losses by epoch", focl__parse_text, PLACE(plot)},
};

/* Those of focl loss that make sense here; they write into options.loss. */
static const char *const loss_options[] = {
    "--alpha",        "--gamma",           "--gamma-negative", "--margin", "--poly1", "--class-weights", "--pos-weight",
    "--ignore-index", "--label-smoothing", "--reduction",      "--device", "--math",  "--json",
};

enum { OWN_COUNT = sizeof own_options / sizeof *own_options, LOSS_COUNT = sizeof loss_options / sizeof *loss_options };

static const char about[] =
    "Trains a linear classifier, scores = features weights^T + bias, with any loss of focl loss: stochastic gradient\n"
    "descent with momentum, on the device. FEATURES: (rows, features), more axes are one; LABELS: a class index per\n"
    "row. Softmax losses tell classes apart, sigmoid losses each class from all others. Features are standardised:\n"
    "(x - mean) / deviation, of the rows trained on.\n"
    "\n"
    "Of each class a share is held out; those rows choose the epoch whose weights are kept, the one with the least\n"
    "loss, and the figures at the end are theirs. Without them the least training loss chooses, and the figures are\n"
    "those of the rows trained on. Losses are reduced to one of the means, not to a sum. The same files, options\n"
    "and device give the same bytes.\n"
    "\n"
    "Ctrl-C ends the training; the best so far is kept, and the exit status is 130. MODEL has weights.npy, bias.npy,\n"
    "mean.npy, scale.npy and model.json, and is for focl predict, or for numpy.\n";

static focl__option find_loss_option(const char *name) {
    size_t i = 0;
    while (i + 1 < focl__loss_grammar.option_count && strcmp(focl__loss_grammar.options[i].name, name) != 0)
        i++;
    return focl__loss_grammar.options[i];
}

static bool parse(focl__train_options *options, int count, char **arguments, bool *finished,
                  focl__complaint *complaint) {
    focl__option table[OWN_COUNT + LOSS_COUNT];
    const char *operands[2] = {NULL, NULL};
    const focl__grammar grammar = {.command = "train",
                                   .operands = "FEATURES.npy LABELS.npy",
                                   .operand_count = 2,
                                   .about = about,
                                   .options = table,
                                   .option_count = OWN_COUNT + LOSS_COUNT};
    memcpy(table, own_options, sizeof own_options);
    for (size_t i = 0; i < LOSS_COUNT; i++)
        table[OWN_COUNT + i] = find_loss_option(loss_options[i]);
    if (!focl__parse_arguments(&grammar, count, arguments, options, operands, finished, complaint))
        return false;
    options->features = operands[0];
    options->labels = operands[1];
    return true;
}

/* ---- Defaults and checks ---- */

static void default_integer(focl__integer *integer, int64_t value) {
    if (!integer->given)
        integer->value = value;
}

static void default_number(focl__number *number, double value) {
    if (!number->given)
        number->value = value;
}

static void fill_defaults(focl__train_options *options) {
    options->loss_name = options->loss_name ? options->loss_name : "softmax-focal";
    default_integer(&options->epochs, 30);
    default_integer(&options->batch, 64);
    default_number(&options->rate, 0.1);
    default_number(&options->momentum, 0.9);
    default_number(&options->holdout, 0.2);
    options->split.ignore_index = options->loss.ignore_index;
    options->split.holdout = options->holdout.value;
    options->split.seed = (uint64_t)options->seed.value;
}

static bool check_integers(const focl__train_options *options, focl__complaint *complaint) {
    const struct {
        const char *option;
        const focl__integer *integer;
        int64_t least;
    } integers[] = {
        {"--epochs", &options->epochs, 1}, {"--batch", &options->batch, 1}, {"--classes", &options->split.classes, 2}};
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
        const int64_t value = integers[i].integer->value;
        const bool asked = integers[i].integer->given;
        if (asked && (value < integers[i].least || value > INT32_MAX))
            return focl__fail_usage(complaint, "%s: %" PRId64 " is not from %" PRId64 " to %d", integers[i].option,
                                    value, integers[i].least, INT32_MAX);
    }
    return true;
}

static bool check_numbers(const focl__train_options *options, focl__complaint *complaint) {
    const struct {
        const char *option;
        double value;
        bool good;
        const char *range;
    } numbers[] = {
        {"--rate", options->rate.value, options->rate.value > 0 && options->rate.value < 1e30, "above 0"},
        {"--momentum", options->momentum.value, options->momentum.value >= 0 && options->momentum.value < 1,
         "at least 0 and below 1"},
        {"--decay", options->decay.value, options->decay.value >= 0 && options->decay.value < 1e30, "at least 0"},
        {"--holdout", options->holdout.value, options->holdout.value >= 0 && options->holdout.value < 1,
         "at least 0 and below 1"},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!numbers[i].good)
            return focl__fail_usage(complaint, "%s: %g is not %s", numbers[i].option, numbers[i].value,
                                    numbers[i].range);
    return true;
}

static bool check_pairs(const focl__train_options *options, focl__complaint *complaint) {
    if (options->balance.given && options->loss.files.class_weights)
        return focl__fail_usage(complaint, "--balance: takes the place of --class-weights; give one of them");
    if (options->split.classes.given && options->split.one_vs_rest.given)
        return focl__fail_usage(complaint, "--classes: with --one-vs-rest there are 2");
    return true;
}

/* The loss of a pass is that of its batches, which only means have in common. */
static bool check_reduction(const focl__train_options *options, focl__complaint *complaint) {
    const focl__choice *reduction = &options->loss.reduction;
    const bool is_mean = reduction->value != FOCL_REDUCTION_NONE && reduction->value != FOCL_REDUCTION_SUM &&
                         reduction->value != FOCL_REDUCTION_GIVEN;
    if (!reduction->given || is_mean)
        return true;
    return focl__fail_usage(complaint,
                            "--reduction: %s is no mean; mean, row-mean, weighted-mean and positive-mean are",
                            focl__reduction_word((focl_reduction)reduction->value));
}

bool focl__train_options_parse(focl__train_options *options, int count, char **arguments, bool *finished,
                               focl__complaint *complaint) {
    memset(options, 0, sizeof *options);
    if (!parse(options, count, arguments, finished, complaint))
        return false;
    if (*finished)
        return true;
    fill_defaults(options);
    return (options->out || focl__fail_usage(complaint, "--out: is needed")) &&
           focl__loss_options_check(&options->loss, options->loss_name, complaint) &&
           check_reduction(options, complaint) && check_integers(options, complaint) &&
           check_numbers(options, complaint) && check_pairs(options, complaint);
}
