/* focl predict as its users meet it: scores, probabilities and classes of a model, their judgement, and refusals. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classification.h"
#include "focl/linear_loss.h"
#include "support_training.h"

#define ROWS_OF "train @rows.npy @row_labels.npy "

/* A model whose scores are known: 3 classes of 2 features. */
static const float weights[6] = {1, 0, 0, 1, -1, -1};
static const float bias[3] = {0, 0.5f, 0};
static const float mean[2] = {1, 2};
static const float scale[2] = {2, 0.5f};
static const float points[8] = {3, 2, 1, 3, -3, 1, 1, 2};
static const float scores[12] = {1, 0.5f, -1, 0, 2.5f, -2, -2, -1.5f, 4, 0, 0.5f, 0};
static const int32_t classes[4] = {0, 1, 2, 1};

static void write_model(const char *json) {
    command_result made = assert_works(ROWS_OF "--epochs 1 --out @model");
    command_free(&made);
    write_floats("model/weights.npy", "(3, 2)", weights, 6);
    write_floats("model/bias.npy", "(3,)", bias, 3);
    write_floats("model/mean.npy", "(2,)", mean, 2);
    write_floats("model/scale.npy", "(2,)", scale, 2);
    scratch_write("model/model.json", json, strlen(json));
    write_floats("points.npy", "(4, 2)", points, 8);
}

static void write_usual_model(void) {
    training_rows rows;
    training_rows_write(&rows);
    write_model("{\"loss\":\"softmax-ce\"}\n");
}

static void assert_classes(const char *name, const int32_t *expected, size_t count) {
    size_t bytes = 0;
    char *file = read_file(scratch_file(name).text, &bytes);
    char header[64];
    (void)snprintf(header, sizeof header, "i4', 'fortran_order': False, 'shape': (%zu,)", count);
    ck_assert_ptr_nonnull(strstr(file + 10, header));
    ck_assert_mem_eq(file + bytes - count * sizeof *expected, expected, count * sizeof *expected);
    free(file);
}

START_TEST(known_scores) {
    write_usual_model();
    command_result result =
        assert_works("predict @model @points.npy --out @c.npy --logits @z.npy --probabilities @p.npy --json");
    ck_assert_msg(json_is_valid(result.out), "%s", result.out);
    command_free(&result);
    assert_classes("c.npy", classes, 4);
    float *logits_found = read_floats("z.npy", "(4, 3)", 12);
    ck_assert_mem_eq(logits_found, scores, sizeof scores); /* exact: all sums are */
    float *shares = read_floats("p.npy", "(4, 3)", 12);
    for (size_t row = 0; row < 4; row++) {
        double sum = 0;
        for (size_t c = 0; c < 3; c++)
            sum += exp((double)scores[row * 3 + c]);
        for (size_t c = 0; c < 3; c++)
            ck_assert_double_eq_tol((double)shares[row * 3 + c], exp((double)scores[row * 3 + c]) / sum, 0x1p-21);
    }
    free(logits_found);
    free(shares);
}
END_TEST

START_TEST(sigmoid_probabilities) {
    training_rows rows;
    training_rows_write(&rows);
    write_model("{ \"loss\" : \"sigmoid-focal\" }");
    command_result result = assert_works("predict @model @points.npy --probabilities @p.npy");
    command_free(&result);
    float *shares = read_floats("p.npy", "(4, 3)", 12);
    for (size_t i = 0; i < 12; i++)
        ck_assert_double_eq_tol((double)shares[i], 1 / (1 + exp(-(double)scores[i])), 0x1p-21);
    free(shares);
}
END_TEST

/* What was trained, on the rows it was trained on, beside the host. */
START_TEST(trained_scores) {
    training_rows rows;
    training_rows_write(&rows);
    command_result result = assert_works(ROWS_OF "--epochs 3 --no-standardize --out @model");
    command_free(&result);
    result = assert_works("predict @model @rows.npy --logits @z.npy");
    command_free(&result);
    float *w = read_floats("model/weights.npy", "(3, 4)", (size_t)TRAIN_CLASSES * TRAIN_FEATURES);
    float *b = read_floats("model/bias.npy", "(3,)", TRAIN_CLASSES);
    float *z = read_floats("z.npy", "(90, 3)", (size_t)TRAIN_ROWS * TRAIN_CLASSES);
    for (size_t row = 0; row < TRAIN_ROWS; row++)
        for (size_t c = 0; c < TRAIN_CLASSES; c++) {
            double sum = (double)b[c];
            double size = fabs(sum);
            for (size_t f = 0; f < TRAIN_FEATURES; f++) {
                sum += (double)rows.features[row][f] * (double)w[c * TRAIN_FEATURES + f];
                size += fabs((double)rows.features[row][f] * (double)w[c * TRAIN_FEATURES + f]);
            }
            ck_assert_double_eq_tol((double)z[row * TRAIN_CLASSES + c], sum, (TRAIN_FEATURES + 2) * 0x1p-24 * size);
        }
    free(w);
    free(b);
    free(z);
}
END_TEST

/* ---- The judgement ---- */

START_TEST(figures) {
    focl__complaint complaint = {0};
    focl__classification result;
    ck_assert(focl__classification_start(&result, 4, &complaint));
    ck_assert(isnan(focl__accuracy(&result)) && isnan(focl__macro_recall(&result)));
    /* Truth and prediction: class 0 three times of four, 1 once of two and once taken for 0, 2 never is, 3 never seen.
     */
    static const size_t pairs[][2] = {{0, 0}, {0, 0}, {0, 0}, {0, 2}, {1, 1}, {1, 0}};
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        focl__classification_count(&result, pairs[i][0], pairs[i][1]);
    ck_assert_double_eq(focl__recall(&result, 0), 0.75);
    ck_assert_double_eq(focl__precision(&result, 0), 0.75);
    ck_assert_double_eq(focl__recall(&result, 1), 0.5);
    ck_assert_double_eq(focl__precision(&result, 1), 1);
    ck_assert_double_eq(focl__f1(&result, 1), 2.0 / 3);
    ck_assert(isnan(focl__recall(&result, 2)) && focl__precision(&result, 2) == 0 && focl__f1(&result, 2) == 0);
    ck_assert(isnan(focl__recall(&result, 3)) && isnan(focl__precision(&result, 3)) && isnan(focl__f1(&result, 3)));
    ck_assert_double_eq(focl__accuracy(&result), 4.0 / 6);
    ck_assert_double_eq(focl__macro_recall(&result), 0.625);
    ck_assert_uint_eq(result.confusion[0 * 4 + 2], 1);
    ck_assert_uint_eq(result.confusion[1 * 4 + 0], 1);
    focl__classification_free(&result);
}
END_TEST

START_TEST(judges) {
    static const int16_t truth[4] = {0, 1, -1, 0};
    static const uint8_t either[4] = {9, 4, 4, 9};
    write_usual_model();
    scratch_npy("truth.npy", "<i2", "(4,)", truth, sizeof truth);
    scratch_npy("either.npy", "|u1", "(4,)", either, sizeof either);
    command_result result = assert_works("predict @model @points.npy --labels @truth.npy --ignore-index -1 --json");
    ck_assert_ptr_nonnull(strstr(result.out, "\"report\": {\"rows\": 3, \"accuracy\": 0.66666666666666663"));
    ck_assert_ptr_nonnull(strstr(result.out, "\"confusion\": [[1, 1, 0], [0, 1, 0], [0, 0, 0]]"));
    ck_assert(scratch_exists("model") && !scratch_exists("c.npy"));
    command_free(&result);
    result = assert_works("predict @model @points.npy --labels @truth.npy --ignore-index -1");
    ck_assert_ptr_nonnull(strstr(result.out, "accuracy     66.67% of 3 rows"));
    command_free(&result);
    result = assert_works("predict @model @points.npy --labels @either.npy --one-vs-rest 4 --json");
    ck_assert_ptr_nonnull(strstr(result.out, "\"confusion\": [[1, 1, 0], [0, 1, 1], [0, 0, 0]]"));
    command_free(&result);
}
END_TEST

/* ---- Refusals ---- */

START_TEST(wrong_command_lines) {
    static const struct {
        const char *arguments, *fragment;
    } cases[] = {
        {"predict @model", "needs MODEL FEATURES.npy"},
        {"predict @model @points.npy", "at least one is needed"},
        {"predict @model @points.npy --out @points.npy", "is the features' file too"},
        {"predict @model @points.npy --out @c.npy --logits @c.npy", "is the file of --out too"},
        {"predict @model @points.npy --gamma 2 --out @c.npy", "--gamma: is no option"},
    };
    write_usual_model();
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_fails(cases[i].arguments, NULL, 2, cases[i].fragment);
}
END_TEST

START_TEST(wrong_data) {
    static const struct {
        const char *arguments, *fragment;
    } cases[] = {
        {"predict @missing @points.npy --out @c.npy", "missing: No such file"},
        {"predict @missing.npz @points.npy --out @c.npy", "missing.npz: "},
        {"predict @points.npy @points.npy --out @c.npy", "is neither a folder nor a .npz file"},
        {"predict @points.npz @points.npy --out @c.npy", "points.npz: "},
        {"predict @model @rows.npy --out @c.npy", "has 4 features a row, and"},
        {"predict @model @missing.npy --out @c.npy", "missing.npy: No such file"},
        {"predict @model @points.npy --out @nowhere/c.npy", "nowhere/c.npy"},
        {"predict @model @points.npy --labels @row_labels.npy", "is not one label for each of the 4 rows"},
        {"predict @model @points.npy --labels @large.npy", "label 3 at position 1 is outside 0..2"},
        {"predict @model @points.npy --out @c.npy --device ::nosuchdevice", "nosuchdevice"},
    };
    write_usual_model();
    scratch_npy("points.npz", "|u1", "(4,)", "\0\3\0\0", 4);
    scratch_npy("large.npy", "|u1", "(4,)", "\0\3\0\0", 4);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_fails(cases[i].arguments, NULL, 1, cases[i].fragment);
}
END_TEST

/* A model may come from anywhere. */
START_TEST(wrong_models) {
    static const float bad[6] = {1, 2, INFINITY, 0, 0, -1};
    static const struct {
        const char *file, *shape, *fragment;
    } arrays[] = {
        {"model/weights.npy", "(3, 2)", "weights.npy holds a value that is not finite"},
        {"model/weights.npy", "(6,)", "(6,) of its weights is not (classes, features)"},
        {"model/bias.npy", "(6,)", "bias.npy has the shape (6,), and that of the weights asks for (3,)"},
        {"model/mean.npy", "(1, 6)", "mean.npy has the shape (1, 6)"},
        {"model/scale.npy", "(2,)", "scale.npy holds a value that is not above 0"},
    };
    static const struct {
        const char *json, *fragment;
    } descriptions[] = {
        {"{}", "names no loss"},
        {"{\"loss\": 7}", "names no loss"},
        {"{\"loss\": \"magic\"}", "its loss magic is none that this focl knows"},
        {"{\"loss\": \"mse\"}", "trained with mse, whose scores are no logits"},
    };
    for (size_t i = 0; i < COUNT_OF(arrays); i++) {
        const bool of_scale = strstr(arrays[i].file, "scale") != NULL;
        write_usual_model();
        write_floats(arrays[i].file, arrays[i].shape, of_scale ? bad + 3 : bad, of_scale ? 2 : 6);
        assert_fails("predict @model @points.npy --out @c.npy", NULL, 1, arrays[i].fragment);
    }
    for (size_t i = 0; i < COUNT_OF(descriptions); i++) {
        write_usual_model();
        scratch_write("model/model.json", descriptions[i].json, strlen(descriptions[i].json));
        assert_fails("predict @model @points.npy --probabilities @p.npy", NULL, 1, descriptions[i].fragment);
    }
    static const char *const parts[] = {"model/weights.npy", "model/bias.npy", "model/model.json", "model/mean.npy"};
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        write_usual_model();
        (void)remove(scratch_file(parts[i]).text);
        assert_fails("predict @model @points.npy --out @c.npy", NULL, 1, "model: ");
        scratch_write(parts[i], "no array", 8);
        assert_fails("predict @model @points.npy --out @c.npy", NULL, 1,
                     i == 2 ? "names no loss" : ".npy: is not a .npy file");
    }
}
END_TEST

int main(void) {
    enum { SKIPPED = 77 };
    if (!focl_has_linear_loss()) {
        puts("SKIP: focl was built without CLBlast");
        return SKIPPED;
    }
    Suite *suite = suite_create("cli_predict");
    TCase *scoring = add_case(suite, "scores");
    tcase_add_test(scoring, known_scores);
    tcase_add_test(scoring, sigmoid_probabilities);
    tcase_add_test(scoring, trained_scores);
    TCase *results = add_case(suite, "results");
    tcase_add_test(results, figures);
    tcase_add_test(results, judges);
    TCase *refusals = add_case(suite, "refusals");
    tcase_add_test(refusals, wrong_command_lines);
    tcase_add_test(refusals, wrong_data);
    tcase_add_test(refusals, wrong_models);
    return command_test_main(suite);
}
