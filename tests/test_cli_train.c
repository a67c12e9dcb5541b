/* focl train as its users meet it: what it learns, what it keeps, what it tells, and what it refuses. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "focl/linear_loss.h"
#include "labelled_rows.h"
#include "linear_model.h"
#include "seeded_order.h"
#include "support_training.h"

#define DIGITS  "train $digits_pixels.npy $digits_labels.npy "
#define ROWS_OF "train @rows.npy @row_labels.npy "

/* Both forms, where there is libzip. */
static bool has_archives(void) {
    focl__complaint complaint = {0};
    return focl__linear_model_check_path(scratch_file("any.npz").text, &complaint);
}

static focl__linear_model read_model(const char *name) {
    focl__linear_model model;
    focl__complaint complaint = {0};
    ck_assert_msg(focl__linear_model_read(&model, scratch_file(name).text, &complaint), "%s", complaint.text);
    return model;
}

static void assert_same_file(const char *left, const char *right, bool same) {
    size_t left_bytes = 0;
    size_t right_bytes = 0;
    char *left_file = read_file(scratch_file(left).text, &left_bytes);
    char *right_file = read_file(scratch_file(right).text, &right_bytes);
    const bool equal = left_bytes == right_bytes && memcmp(left_file, right_file, left_bytes) == 0;
    ck_assert_msg(equal == same, "%s and %s are %s", left, right, equal ? "the same" : "not the same");
    free(left_file);
    free(right_file);
}

static void train_quietly(const char *arguments) {
    command_result result = assert_works(arguments);
    command_free(&result);
}

/* ---- What is learnt ---- */

/* A tenth of the digits are guessed right without learning; a linear classifier knows over nine tenths. */
START_TEST(learns_the_digits) {
    command_result result = assert_works(DIGITS "--epochs 8 --out @model --json");
    ck_assert_msg(json_is_valid(result.out), "%s", result.out);
    ck_assert(strstr(result.out, "\"trained_on\": 1438, \"held_out\": 359") != NULL);
    ck_assert_double_gt(json_number(result.out, "accuracy"), 0.93);
    ck_assert_double_gt(json_number(result.out, "macro_recall"), 0.93);
    ck_assert_double_eq(json_number(result.out, "rows\": 359, \"accuracy"), json_number(result.out, "accuracy"));
    const double first = json_number(result.out, "training_loss");
    ck_assert_double_gt(first, json_number(strstr(result.out, "\"epoch\": 8"), "training_loss"));
    command_free(&result);
}
END_TEST

START_TEST(every_loss_learns) {
    static const char *const losses[] = {
        "softmax-focal --gamma 0.5",
        "sigmoid-focal --alpha 0.5 --gamma-negative 1 --margin 0.05",
        "softmax-ce --label-smoothing 0.1",
        "bce --pos-weight @pos.npy",
        "softmax-mse --class-weights @class.npy",
        "sigmoid-mse",
        "mse --rate 0.02",
        "quality-focal --reduction positive-mean --rate 0.03",
        "varifocal --reduction row-mean --rate 0.03",
        "cross-entropy --balance inverse --reduction weighted-mean --poly1 0.5",
    };
    training_rows rows;
    training_rows_write(&rows);
    write_floats("class.npy", "(3,)", class_weights, CLASSES);
    write_floats("pos.npy", "(1,)", pos_weights, 1);
    for (size_t i = 0; i < COUNT_OF(losses); i++) {
        char arguments[256];
        (void)snprintf(arguments, sizeof arguments, ROWS_OF "--out @model --batch 16 --json --loss %s", losses[i]);
        command_result result = assert_works(arguments);
        ck_assert_msg(json_number(result.out, "accuracy") > 0.8, "%s: %s", losses[i], result.out);
        command_free(&result);
    }
}
END_TEST

/* ---- The rule ---- */

/* The orders that the command takes for a seed, as it makes them. */
static void make_orders(uint64_t seed, size_t epochs, size_t *orders) {
    const focl__split split = {.holdout = 0, .seed = seed};
    focl__labelled_rows rows;
    focl__complaint complaint = {0};
    const scratch_path features = scratch_file("rows.npy");
    const scratch_path labels_path = scratch_file("row_labels.npy");
    ck_assert_msg(focl__labelled_rows_open(&rows, features.text, labels_path.text, &split, &complaint), "%s",
                  complaint.text);
    focl__sequence sequence = focl__sequence_start(~seed);
    for (size_t epoch = 0; epoch < epochs; epoch++) {
        focl__shuffle(&sequence, rows.order, TRAIN_ROWS);
        memcpy(orders + epoch * TRAIN_ROWS, rows.order, TRAIN_ROWS * sizeof *orders);
    }
    focl__labelled_rows_close(&rows);
}

/* The largest distance in units of the bound. */
static double distance(const focl__linear_model *model, const training_truth *truth) {
    double most = 0;
    for (size_t c = 0; c < TRAIN_CLASSES; c++) {
        most = fmax(most, fabs((double)model->bias[c] - truth->bias[c]) / truth->bias_bound[c]);
        for (size_t f = 0; f < TRAIN_FEATURES; f++)
            most = fmax(most, fabs((double)model->weights[c * TRAIN_FEATURES + f] - truth->weights[c][f]) /
                                  truth->weights_bound[c][f]);
    }
    return most;
}

typedef struct rule_case {
    const char *options;
    focl_activation activation;
    focl_objective objective;
    double gamma, momentum, decay, rate;
    size_t batch;
} rule_case;

static training_rule rule_of(const rule_case *of, size_t epochs) {
    training_rule rule = {.loss = focl_loss_default(of->activation, of->objective, (focl_view){1, TRAIN_CLASSES, 1}),
                          .rate = of->rate,
                          .momentum = of->momentum,
                          .decay = of->decay,
                          .batch = of->batch,
                          .epochs = epochs};
    rule.loss.gamma = of->gamma;
    return rule;
}

/* The weights are those of the rule, and not those of one that is only like it. */
START_TEST(follows_the_rule) {
    enum { EPOCHS = 3, SEED = 5 };
    static const rule_case cases[] = {
        {"softmax-focal", FOCL_SOFTMAX, FOCL_FOCAL, 2, 0.9, 0.01, 0.1, TRAIN_ROWS},
        {"softmax-focal --gamma 0.5", FOCL_SOFTMAX, FOCL_FOCAL, 0.5, 0.9, 0.01, 0.1, 32},
        {"softmax-ce", FOCL_SOFTMAX, FOCL_CROSS_ENTROPY, 0, 0.5, 0, 0.05, 7},
        {"sigmoid-focal", FOCL_SIGMOID, FOCL_FOCAL, 2, 0.9, 0.01, 0.1, 16},
    };
    size_t orders[EPOCHS * TRAIN_ROWS];
    training_rows rows;
    training_rows_write(&rows);
    make_orders(SEED, EPOCHS, orders);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char arguments[512];
        (void)snprintf(arguments, sizeof arguments,
                       ROWS_OF "--out @model --holdout 0 --last --no-standardize --epochs %d --seed %d --batch %zu "
                               "--rate %g --momentum %g --decay %g --loss %s",
                       EPOCHS, SEED, cases[i].batch, cases[i].rate, cases[i].momentum, cases[i].decay,
                       cases[i].options);
        train_quietly(arguments);
        focl__linear_model model = read_model("model");
        const training_rule rule = rule_of(&cases[i], EPOCHS);
        const training_truth truth = train_by_rule(&rows, &rule, orders);
        ck_assert_msg(distance(&model, &truth) <= 1, "focl %s: %g times the bound", arguments,
                      distance(&model, &truth));
        training_rule others[] = {rule, rule, rule, rule};
        others[0].momentum *= 0.99;
        others[1].decay += 0.005;
        others[2].rate *= 1.01;
        others[3].epochs -= 1;
        for (size_t k = 0; k < COUNT_OF(others); k++) {
            const training_truth other = train_by_rule(&rows, &others[k], orders);
            ck_assert_msg(distance(&model, &other) > 5, "focl %s: rule %zu is as good", arguments, k);
        }
        focl__linear_model_free(&model);
    }
}
END_TEST

/* ---- The same again, or not ---- */

START_TEST(seeds) {
    static const char *const files[] = {"weights.npy", "bias.npy", "mean.npy", "scale.npy", "model.json"};
    train_quietly(DIGITS "--epochs 2 --seed 3 --out @first");
    train_quietly(DIGITS "--epochs 2 --seed 3 --out @again");
    train_quietly(DIGITS "--epochs 2 --seed 4 --out @other");
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        char first[64];
        char again[64];
        char other[64];
        (void)snprintf(first, sizeof first, "first/%s", files[i]);
        (void)snprintf(again, sizeof again, "again/%s", files[i]);
        (void)snprintf(other, sizeof other, "other/%s", files[i]);
        assert_same_file(first, again, true);
        assert_same_file(first, other, false);
    }
    if (!has_archives()) {
        assert_fails(DIGITS "--out @first.npz", NULL, 1, "libzip");
        return;
    }
    train_quietly(DIGITS "--epochs 2 --seed 3 --out @first.npz");
    train_quietly(DIGITS "--epochs 2 --seed 3 --out @again.npz");
    assert_same_file("first.npz", "again.npz", true);
}
END_TEST

START_TEST(both_forms_are_the_same_model) {
    training_rows rows;
    if (!has_archives())
        return;
    training_rows_write(&rows);
    train_quietly(ROWS_OF "--epochs 2 --out @folder");
    train_quietly(ROWS_OF "--epochs 2 --out @archive.npz");
    focl__linear_model folder = read_model("folder");
    focl__linear_model archive = read_model("archive.npz");
    ck_assert_uint_eq(archive.classes, TRAIN_CLASSES);
    ck_assert_uint_eq(archive.features, TRAIN_FEATURES);
    ck_assert_ptr_eq(folder.loss, archive.loss);
    ck_assert_mem_eq(folder.weights, archive.weights, sizeof(float) * TRAIN_CLASSES * TRAIN_FEATURES);
    ck_assert_mem_eq(folder.bias, archive.bias, sizeof(float) * TRAIN_CLASSES);
    ck_assert_mem_eq(folder.standard.mean, archive.standard.mean, sizeof(float) * TRAIN_FEATURES);
    ck_assert_mem_eq(folder.standard.scale, archive.standard.scale, sizeof(float) * TRAIN_FEATURES);
    focl__linear_model_free(&folder);
    focl__linear_model_free(&archive);
}
END_TEST

/* Features of any type with the same values, and of more axes, make the same weights. */
START_TEST(feature_types) {
    static const struct {
        const char *type, *shape;
    } forms[] = {{"<f8", "(90, 2, 2)"}, {"<f2", "(90, 4)"}, {"|u1", "(90, 4)"}};
    enum { COUNT = TRAIN_ROWS * TRAIN_FEATURES };
    training_rows rows;
    float narrow[COUNT];
    double wide[COUNT];
    uint16_t half[COUNT];
    uint8_t bytes[COUNT];
    training_rows_write(&rows);
    for (size_t i = 0; i < COUNT; i++) {
        bytes[i] = (uint8_t)(1 + lround(20 * (1 + (double)(&rows.features[0][0])[i])));
        narrow[i] = (float)bytes[i];
        wide[i] = (double)bytes[i];
        /* A number below 2048 has its leading bit at 10 bits of fraction and an exponent beside it. */
        const int exponent = (int)floor(log2(wide[i]));
        half[i] = (uint16_t)((exponent + 15) << 10 | ((bytes[i] << (10 - exponent)) & 1023));
    }
    const void *const data[] = {wide, half, bytes};
    const size_t sizes[] = {sizeof wide, sizeof half, sizeof bytes};
    write_floats("rows.npy", "(90, 4)", narrow, COUNT);
    train_quietly(ROWS_OF "--epochs 2 --out @narrow");
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        scratch_npy("other.npy", forms[i].type, forms[i].shape, data[i], sizes[i]);
        train_quietly("train @other.npy @row_labels.npy --epochs 2 --out @other");
        assert_same_file("narrow/weights.npy", "other/weights.npy", true);
    }
}
END_TEST

/* ---- Rows ---- */

static void assert_rows(const char *options, const char *counts, const char *support) {
    char arguments[256];
    (void)snprintf(arguments, sizeof arguments, ROWS_OF "--epochs 1 --out @model --json %s", options);
    command_result result = assert_works(arguments);
    ck_assert_msg(strstr(result.out, counts) != NULL, "%s: no %s: %s", options, counts, result.out);
    const char *at = result.out;
    for (const char *wanted = support; *wanted; wanted += strcspn(wanted, " "), wanted += strspn(wanted, " ")) {
        at = json_find(at, "support");
        ck_assert_msg(strtol(at, NULL, 10) == strtol(wanted, NULL, 10), "%s: support %s: %s", options, support,
                      result.out);
    }
    command_free(&result);
}

/* 30 rows of each of three classes. */
START_TEST(splits) {
    training_rows rows;
    training_rows_write(&rows);
    assert_rows("", "\"trained_on\": 72, \"held_out\": 18, \"ignored\": 0, \"left_out\": 0", "6 6 6");
    assert_rows("--holdout 0", "\"trained_on\": 90, \"held_out\": 0, \"ignored\": 0, \"left_out\": 0", "30 30 30");
    assert_rows("--holdout 0.999", "\"trained_on\": 3, \"held_out\": 87,", "29 29 29");
    assert_rows("--keep 1:0.1", "\"trained_on\": 50, \"held_out\": 18, \"ignored\": 0, \"left_out\": 22", "6 6 6");
    assert_rows("--keep 1:0.0001", "\"trained_on\": 49, \"held_out\": 18, \"ignored\": 0, \"left_out\": 23", "6 6 6");
    assert_rows("--ignore-index 1", "\"trained_on\": 48, \"held_out\": 12, \"ignored\": 30, \"left_out\": 0", "6 0 6");
    assert_rows("--one-vs-rest 2", "\"trained_on\": 72, \"held_out\": 18,", "12 6");
    assert_rows("--classes 5", "\"trained_on\": 72, \"held_out\": 18,", "6 6 6 0 0");
    assert_rows("--batch 1000", "\"batch\": 72", "6 6 6");
}
END_TEST

/* Every row is in one set, and in one of them alone. */
START_TEST(sets_are_apart) {
    const focl__split split = {.holdout = 0.3, .seed = 9};
    focl__labelled_rows rows;
    training_rows values;
    focl__complaint complaint = {0};
    size_t seen[TRAIN_ROWS] = {0};
    training_rows_write(&values);
    const scratch_path features = scratch_file("rows.npy");
    const scratch_path labels_path = scratch_file("row_labels.npy");
    ck_assert(focl__labelled_rows_open(&rows, features.text, labels_path.text, &split, &complaint));
    const focl__standard as_they_are = {NULL, NULL};
    const focl__row_source sets[] = {focl__training_rows(&rows, as_they_are), focl__holdout_rows(&rows, as_they_are)};
    ck_assert_uint_eq(sets[0].count, 63);
    ck_assert_uint_eq(sets[1].count, 27);
    for (size_t set = 0; set < COUNT_OF(sets); set++)
        for (size_t i = 0; i < sets[set].count; i++)
            ck_assert_uint_eq(seen[focl__row_at(&sets[set], i)]++, 0);
    focl__labelled_rows_close(&rows);
}
END_TEST

/* Every order of four is as likely, and a seed has the same on every machine. */
START_TEST(orders) {
    size_t seen[256] = {0};
    size_t numbers[4];
    focl__sequence sequence = focl__sequence_start(1);
    for (size_t turn = 0; turn < 24000; turn++) {
        for (size_t i = 0; i < 4; i++)
            numbers[i] = i;
        focl__shuffle(&sequence, numbers, 4);
        ck_assert_uint_eq(numbers[0] + numbers[1] + numbers[2] + numbers[3], 6);
        seen[numbers[0] | numbers[1] << 2 | numbers[2] << 4 | numbers[3] << 6]++;
    }
    size_t different = 0;
    for (size_t i = 0; i < COUNT_OF(seen); i++) {
        different += seen[i] > 0;
        ck_assert(seen[i] == 0 || (seen[i] > 800 && seen[i] < 1200)); /* 1000, give or take six deviations */
    }
    ck_assert_uint_eq(different, 24);
}
END_TEST

/* ---- What is kept ---- */

/* A rate at which the loss goes up and down; the kept epoch is the one with the least. */
START_TEST(keeps_the_best) {
    training_rows rows;
    training_rows_write(&rows);
    command_result result = assert_works(ROWS_OF "--epochs 12 --rate 4 --batch 8 --seed 2 --out @model --json");
    const double kept = json_number(result.out, "kept_epoch");
    double least = INFINITY;
    double best = 0;
    const char *at = result.out;
    for (int epoch = 1; epoch <= 12; epoch++) {
        at = json_find(at, "holdout_loss");
        const double loss = strtod(at, NULL);
        best = loss < least ? epoch : best;
        least = loss < least ? loss : least;
    }
    ck_assert_double_eq(kept, best);
    ck_assert_msg(kept < 12, "nothing to choose: %s", result.out);
    command_free(&result);
    char arguments[128];
    (void)snprintf(arguments, sizeof arguments, ROWS_OF "--epochs %d --last --rate 4 --batch 8 --seed 2 --out @shorter",
                   (int)best);
    train_quietly(arguments);
    assert_same_file("model/weights.npy", "shorter/weights.npy", true);
}
END_TEST

START_TEST(interrupted) {
    command_result result = command_interrupt(DIGITS "--epochs 1000000 --out @model --plot @curve.svg", "accuracy");
    ck_assert_msg(result.status == 130, "status %d: %s%s", result.status, result.out, result.err);
    ck_assert_msg(strstr(result.err, "] epoch ") != NULL, "no bar: %s", result.err);
    ck_assert_msg(strstr(result.err, " of 1000000; ") && strstr(result.err, "has the best weights"), "%s", result.err);
    ck_assert_ptr_nonnull(strstr(result.out, "macro recall"));
    ck_assert_uint_eq(scratch_count(), 2);
    command_free(&result);
    result = assert_works("predict @model $digits_pixels.npy --labels $digits_labels.npy --json");
    ck_assert_double_gt(json_number(result.out, "accuracy"), 0.9);
    command_free(&result);
}
END_TEST

/* A model takes the place of an older one, and of nothing else. */
START_TEST(replaces_a_model) {
    training_rows rows;
    training_rows_write(&rows);
    train_quietly(ROWS_OF "--epochs 1 --out @model/");
    train_quietly(ROWS_OF "--epochs 2 --no-standardize --out @model");
    ck_assert_uint_eq(scratch_count(), 3);
    ck_assert(scratch_exists("model/weights.npy") && !scratch_exists("model/mean.npy"));
    scratch_write("model/notes.txt", "mine", 4);
    assert_fails(ROWS_OF "--epochs 1 --out @model", NULL, 1, "holds notes.txt");
    ck_assert(scratch_exists("model/weights.npy") && scratch_exists("model/notes.txt"));
}
END_TEST

/* ---- What is told ---- */

START_TEST(tells_in_lines) {
    command_result result = assert_works(DIGITS "--epochs 2 --keep 8:0.05 --out @model");
    static const char *const parts[] = {
        "softmax-focal: 10 classes of 64 features, standardised",
        "359 held out, 132 left out by --keep",
        "of 2: loss ",
        "The rows held out:",
        "confusion",
        "accuracy",
        "macro recall",
        "precision",
    };
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        ck_assert_msg(strstr(result.out, parts[i]) != NULL, "no \"%s\" in %s", parts[i], result.out);
    command_free(&result);
    result = assert_works("train --help");
    ck_assert(strstr(result.out, "--momentum") && strstr(result.out, "--gamma") && strstr(result.out, "130"));
    command_free(&result);
}
END_TEST

/* Tags that close in order, attributes in quotes, and no naked ampersand: what a parser of XML insists on. */
static void assert_xml(const char *text) {
    const char *open[64];
    size_t depth = 0;
    size_t elements = 0;
    for (const char *at = strpbrk(text, "<&"); at; at = strpbrk(at + 1, "<&")) {
        const char *end = strchr(at, *at == '<' ? '>' : ';');
        ck_assert_msg(end != NULL, "it does not end: %.40s", at);
        if (*at == '&') {
            ck_assert_msg(end - at <= 4, "a naked ampersand: %.40s", at);
            continue;
        }
        const size_t name = strcspn(at + 1, " />");
        size_t quotes = 0;
        for (const char *inside = at; inside < end; inside++)
            quotes += *inside == '"';
        ck_assert_msg(quotes % 2 == 0, "an open quote: %.40s", at);
        if (at[1] == '/') {
            ck_assert_msg(depth > 0 && memcmp(open[--depth], at + 2, (size_t)(end - at) - 2) == 0, "%.40s", at);
            continue;
        }
        elements++;
        ck_assert_msg(name > 0 && (depth > 0 || elements == 1), "%.40s", at);
        ck_assert_uint_lt(depth, COUNT_OF(open));
        if (end[-1] != '/')
            open[depth++] = at + 1;
    }
    ck_assert_uint_eq(depth, 0);
    ck_assert_uint_gt(elements, 10);
}

START_TEST(draws) {
    training_rows rows;
    training_rows_write(&rows);
    train_quietly(ROWS_OF "--epochs 7 --out @model --plot @curve.svg");
    char *svg = read_file(scratch_file("curve.svg").text, NULL);
    assert_xml(svg);
    static const char *const parts[] = {"rows held out", "rows trained on",
                                        ">epoch<",       ">loss (mean",
                                        "kept: epoch",   "<title>softmax-focal, 3 classes of 4 features</title>"};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        ck_assert_msg(strstr(svg, parts[i]) != NULL, "no \"%s\" in %s", parts[i], svg);
    ck_assert(strstr(svg, "nan") == NULL && strstr(svg, "inf") == NULL);
    free(svg);
    train_quietly(ROWS_OF "--epochs 1 --holdout 0 --out @model --plot @curve.svg");
    svg = read_file(scratch_file("curve.svg").text, NULL);
    assert_xml(svg);
    ck_assert(strstr(svg, "rows held out") == NULL && strstr(svg, "nan") == NULL);
    free(svg);
}
END_TEST

/* ---- Refusals ---- */

START_TEST(wrong_command_lines) {
    static const struct {
        const char *arguments, *fragment;
    } cases[] = {
        {"train", "needs FEATURES.npy LABELS.npy"},
        {ROWS_OF, "--out: is needed"},
        {ROWS_OF "--out @m --loss magic", "magic: is no loss"},
        {ROWS_OF "--out @m --epochs 0", "--epochs: 0 is not from 1"},
        {ROWS_OF "--out @m --batch -1", "--batch: -1"},
        {ROWS_OF "--out @m --classes 1", "--classes: 1 is not from 2"},
        {ROWS_OF "--out @m --rate 0", "--rate: 0 is not above 0"},
        {ROWS_OF "--out @m --momentum 1", "--momentum: 1 is not at least 0 and below 1"},
        {ROWS_OF "--out @m --decay -0.1", "--decay"},
        {ROWS_OF "--out @m --holdout 1", "--holdout: 1 is not at least 0 and below 1"},
        {ROWS_OF "--out @m --keep 5", "--keep: \"5\" is not CLASS:SHARE"},
        {ROWS_OF "--out @m --keep 1:0", "is not CLASS:SHARE"},
        {ROWS_OF "--out @m --keep -1:0.5", "is no class"},
        {ROWS_OF "--out @m --reduction sum", "--reduction: sum is no mean"},
        {ROWS_OF "--out @m --reduction none", "is no mean"},
        {ROWS_OF "--out @m --loss softmax-ce --gamma 2", "--gamma"},
        {ROWS_OF "--out @m --pos-weight @pos.npy", "--pos-weight"},
        {ROWS_OF "--out @m --balance magic", "median"},
        {ROWS_OF "--out @m --balance median --class-weights @pos.npy", "--balance: takes the place"},
        {ROWS_OF "--out @m --classes 3 --one-vs-rest 1", "--classes: with --one-vs-rest"},
        {ROWS_OF "--out @m --plot @rows.npy", "is the features' file too"},
        {ROWS_OF "--out @m --target-only", "--target-only: is no option"},
    };
    training_rows rows;
    training_rows_write(&rows);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_fails(cases[i].arguments, NULL, 2, cases[i].fragment);
}
END_TEST

static void write_wrong_data(void) {
    static const float not_finite[4] = {1, 2, NAN, 3};
    static const uint8_t same[TRAIN_ROWS] = {0};
    static const int64_t negative[TRAIN_ROWS] = {0, 1, -7};
    static const float weights[2] = {1, 2};
    write_floats("nan.npy", "(2, 2)", not_finite, 4);
    write_floats("flat.npy", "(4,)", weights, 0);
    write_floats("empty.npy", "(0, 4)", weights, 0);
    write_floats("narrow.npy", "(90, 0)", weights, 0);
    write_floats("two.npy", "(2,)", weights, 2);
    scratch_npy("two_labels.npy", "|u1", "(2,)", "\0\1", 2);
    scratch_npy("same.npy", "|u1", "(90,)", same, sizeof same);
    scratch_npy("negative.npy", "<i8", "(90,)", negative, sizeof negative);
}

START_TEST(wrong_data) {
    static const struct {
        const char *arguments, *fragment;
    } cases[] = {
        {"train @missing.npy @row_labels.npy --out @m", "missing.npy: No such file"},
        {"train @two.npy @two_labels.npy --out @m", "two.npy: its shape (2,) has no axis of features"},
        {"train @empty.npy @row_labels.npy --out @m", "empty.npy: its shape (0, 4) has no features"},
        {"train @narrow.npy @row_labels.npy --out @m", "has no features"},
        {"train @nan.npy @two_labels.npy --out @m", "nan.npy: row 1, column 0 is not finite"},
        {"train @rows.npy @two_labels.npy --out @m", "is not one label for each of the 90 rows of"},
        {"train @rows.npy @rows.npy --out @m", "class indices are integers"},
        {"train @rows.npy @same.npy --out @m", "every row is of class 0; there is nothing to tell apart"},
        {"train @rows.npy @same.npy --ignore-index 0 --out @m", "every label is ignored"},
        {"train @rows.npy @row_labels.npy --one-vs-rest 7 --out @m", "every row is of class 0"},
        {"train @rows.npy @negative.npy --out @m", "label -7 at position 2 is outside"},
        {ROWS_OF "--classes 2 --out @m", "label 2 at position 2 is outside 0..1"},
        {ROWS_OF "--keep 3:0.5 --out @m", "--keep: 3 is none of the classes 0..2"},
        {ROWS_OF "--class-weights @two.npy --out @m", "has the shape (2,), and there are 3 classes"},
        {ROWS_OF "--out @nowhere/m", "nowhere/m"},
        {ROWS_OF "--out @rows.npy", "exists and is no folder"},
        {ROWS_OF "--out @m --plot @nowhere/p.svg", "nowhere/p.svg"},
        {ROWS_OF "--out @m --device ::nosuchdevice", "nosuchdevice"},
        {ROWS_OF "--out @m --loss mse --rate 1000 --epochs 50", "the loss is no longer finite in epoch"},
    };
    training_rows rows;
    training_rows_write(&rows);
    write_wrong_data();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const bool is_usage = strstr(cases[i].arguments, "--out @rows.npy") != NULL;
        assert_fails(cases[i].arguments, NULL, is_usage ? 2 : 1,
                     is_usage ? "is the features' file too" : cases[i].fragment);
    }
}
END_TEST

START_TEST(without_clblast) {
    training_rows rows;
    training_rows_write(&rows);
    assert_fails(ROWS_OF "--out @model", NULL, 1, "CLBlast");
    assert_fails("predict @model @rows.npy --out @p.npy", NULL, 1, "CLBlast");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("cli_train");
    if (!focl_has_linear_loss()) {
        tcase_add_test(add_case(suite, "without CLBlast"), without_clblast);
        return command_test_main(suite);
    }
    TCase *learning = add_case(suite, "learning");
    tcase_add_test(learning, learns_the_digits);
    tcase_add_test(learning, every_loss_learns);
    tcase_add_test(add_case(suite, "rule"), follows_the_rule);
    TCase *bytes = add_case(suite, "bytes");
    tcase_add_test(bytes, seeds);
    tcase_add_test(bytes, both_forms_are_the_same_model);
    tcase_add_test(bytes, feature_types);
    TCase *rows = add_case(suite, "rows");
    tcase_add_test(rows, splits);
    tcase_add_test(rows, sets_are_apart);
    tcase_add_test(rows, orders);
    TCase *best = add_case(suite, "best");
    tcase_add_test(best, keeps_the_best);
    tcase_add_test(best, interrupted);
    tcase_add_test(best, replaces_a_model);
    TCase *telling = add_case(suite, "telling");
    tcase_add_test(telling, tells_in_lines);
    tcase_add_test(telling, draws);
    TCase *refusals = add_case(suite, "refusals");
    tcase_add_test(refusals, wrong_command_lines);
    tcase_add_test(refusals, wrong_data);
    return command_test_main(suite);
}
