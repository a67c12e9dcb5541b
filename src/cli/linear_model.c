#include "linear_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_store.h"

bool focl__linear_model_allocate(focl__linear_model *model, bool standardised, focl__complaint *complaint) {
    const size_t columns = model->features;
    if (columns <= SIZE_MAX / sizeof(float) / model->classes)
        model->weights = calloc(model->classes * columns, sizeof *model->weights);
    model->bias = calloc(model->classes, sizeof *model->bias);
    model->standard.mean = standardised ? calloc(columns, sizeof(float)) : NULL;
    model->standard.scale = standardised ? calloc(columns, sizeof(float)) : NULL;
    if (model->weights && model->bias && (!standardised || (model->standard.mean && model->standard.scale)))
        return true;
    return focl__fail_data(complaint, "no memory for the weights of %zu classes and %zu features", model->classes,
                           columns);
}

void focl__linear_model_free(focl__linear_model *model) {
    free(model->weights);
    free(model->bias);
    free(model->standard.mean);
    free(model->standard.scale);
    memset(model, 0, sizeof *model);
}

static const focl__model_store *store_of(const char *path) {
    static const char ending[] = ".npz";
    const size_t length = strlen(path);
    const bool is_archive = length >= sizeof ending - 1 && strcmp(path + length - (sizeof ending - 1), ending) == 0;
    return is_archive ? &focl__model_archive : &focl__model_folder;
}

bool focl__linear_model_check_path(const char *path, focl__complaint *complaint) {
    return store_of(path)->check(path, complaint);
}

/* ---- The arrays ---- */

/* Where a part is in the model, and whether it is a matrix. */
static const struct array_part {
    focl__model_part part;
    size_t place;
    bool of_classes;  /* a value for each class, or */
    bool of_features; /* for each feature, or each pair */
    bool required;
} array_parts[] = {
    {FOCL__MODEL_WEIGHTS, offsetof(focl__linear_model, weights), true, true, true},
    {FOCL__MODEL_BIAS, offsetof(focl__linear_model, bias), true, false, true},
    {FOCL__MODEL_MEAN, offsetof(focl__linear_model, standard.mean), false, true, false},
    {FOCL__MODEL_SCALE, offsetof(focl__linear_model, standard.scale), false, true, false},
};
enum { ARRAY_PARTS = sizeof array_parts / sizeof *array_parts };

static float *array_at(const focl__linear_model *model, const struct array_part *part) {
    float *values = NULL;
    memcpy(&values, (const char *)model + part->place, sizeof values);
    return values;
}

static focl__npy_shape shape_of(const focl__linear_model *model, const struct array_part *part) {
    focl__npy_shape shape = {0};
    if (part->of_classes)
        shape.extents[shape.rank++] = model->classes;
    if (part->of_features)
        shape.extents[shape.rank++] = model->features;
    return shape;
}

/* ---- Writing ---- */

/* A whole .npy file, to be freed; NULL without memory. */
static char *pack_array(const float *values, const focl__npy_shape *shape, size_t *count) {
    focl__npy_preamble preamble;
    size_t bytes = sizeof *values;
    for (size_t axis = 0; axis < shape->rank; axis++)
        bytes *= shape->extents[axis];
    focl__npy_write_preamble(&preamble, FOCL_F32, shape);
    char *file = malloc(preamble.bytes + bytes);
    if (!file)
        return NULL;
    memcpy(file, preamble.text, preamble.bytes);
    memcpy(file + preamble.bytes, values, bytes);
    *count = preamble.bytes + bytes;
    return file;
}

static bool pack(focl__model_files *files, const focl__linear_model *model, const struct array_part *part) {
    const float *values = array_at(model, part);
    const focl__npy_shape shape = shape_of(model, part);
    if (!values)
        return true;
    files->files[part->part].bytes = pack_array(values, &shape, &files->files[part->part].count);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): no two entries of the table are the same part */
    return files->files[part->part].bytes != NULL;
}

static bool pack_all(focl__model_files *files, const focl__linear_model *model, const char *json) {
    for (size_t i = 0; i < ARRAY_PARTS; i++)
        if (!pack(files, model, &array_parts[i]))
            return false;
    files->files[FOCL__MODEL_DESCRIPTION].bytes = strdup(json);
    files->files[FOCL__MODEL_DESCRIPTION].count = strlen(json);
    return files->files[FOCL__MODEL_DESCRIPTION].bytes != NULL;
}

bool focl__linear_model_write(const focl__linear_model *model, const char *json, const char *path,
                              focl__complaint *complaint) {
    focl__model_files files = {0};
    const bool good = pack_all(&files, model, json)
                          ? store_of(path)->write(&files, path, complaint)
                          : focl__fail_data(complaint, "--out: %s: no memory for a copy of the model", path);
    focl__model_files_free(&files);
    return good;
}

/* ---- Reading ---- */

/* The name of the loss in model.json, which focl wrote: the first "loss" there. */
static bool find_loss(focl__linear_model *model, const char *json, const char *path, focl__complaint *complaint) {
    char name[64] = "";
    const char *key = json ? strstr(json, "\"loss\"") : NULL;
    if (!key || sscanf(key, "\"loss\" : \"%63[^\"]\"", name) != 1)
        return focl__fail_data(complaint, "%s: its model.json names no loss; is it a model of focl train?", path);
    model->loss = focl__loss_name_find(name);
    return model->loss || focl__fail_data(complaint, "%s: its loss %s is none that this focl knows", path, name);
}

static bool take_shape(focl__linear_model *model, const focl__npy *weights, const char *path,
                       focl__complaint *complaint) {
    if (weights->shape.rank != 2 || weights->elements == 0)
        return focl__fail_data(complaint, "%s: the shape %s of its weights is not (classes, features)", path,
                               focl__npy_describe_shape(&weights->shape).text);
    model->classes = weights->shape.extents[0];
    model->features = weights->shape.extents[1];
    return true;
}

static bool check_array(const focl__linear_model *model, const struct array_part *part, const focl__array *array,
                        const char *path, focl__complaint *complaint) {
    const focl__npy_shape wanted = shape_of(model, part);
    if (!focl__npy_same_shape(&array->file.shape, &wanted))
        return focl__fail_data(complaint, "%s: %s has the shape %s, and that of the weights asks for %s", path,
                               focl__model_file(part->part), focl__npy_describe_shape(&array->file.shape).text,
                               focl__npy_describe_shape(&wanted).text);
    if (focl__array_first_not_finite(array) < array->file.elements)
        return focl__fail_data(complaint, "%s: %s holds a value that is not finite", path,
                               focl__model_file(part->part));
    return true;
}

static bool copy_array(focl__linear_model *model, const struct array_part *part, const focl__array *array,
                       const char *path, focl__complaint *complaint) {
    const size_t bytes = array->file.elements * sizeof(float);
    float *copy = malloc(bytes + 1);
    if (!copy)
        return focl__fail_data(complaint, "%s: no memory for %s", path, focl__model_file(part->part));
    memcpy(copy, array->values, bytes);
    memcpy((char *)model + part->place, &copy, sizeof copy);
    return true;
}

static bool unpack(focl__linear_model *model, const struct array_part *part, const focl__model_files *files,
                   const char *path, focl__complaint *complaint) {
    focl__array array = {0};
    char name[1024]; /* for complaints */
    (void)snprintf(name, sizeof name, "%s: %s", path, focl__model_file(part->part));
    if (!files->files[part->part].bytes)
        return !part->required || focl__fail_data(complaint, "%s: has no %s; is it a model of focl train?", path,
                                                  focl__model_file(part->part));
    bool good = focl__npy_open_bytes(&array.file, name, files->files[part->part].bytes, files->files[part->part].count,
                                     complaint) &&
                focl__array_convert(&array, FOCL_F32, complaint) &&
                (part->part != FOCL__MODEL_WEIGHTS || take_shape(model, &array.file, path, complaint)) &&
                check_array(model, part, &array, path, complaint) && copy_array(model, part, &array, path, complaint);
    focl__array_close(&array);
    return good;
}

static bool check_standard(const focl__linear_model *model, const char *path, focl__complaint *complaint) {
    const focl__standard *standard = &model->standard;
    if (!standard->mean != !standard->scale)
        return focl__fail_data(complaint, "%s: has one of mean.npy and scale.npy, which go together", path);
    for (size_t i = 0; standard->scale && i < model->features; i++)
        if (!(standard->scale[i] > 0))
            return focl__fail_data(complaint, "%s: scale.npy holds a value that is not above 0", path);
    return true;
}

bool focl__linear_model_read(focl__linear_model *model, const char *path, focl__complaint *complaint) {
    focl__model_files files = {0};
    memset(model, 0, sizeof *model);
    bool good = store_of(path)->read(&files, path, complaint);
    for (size_t i = 0; good && i < ARRAY_PARTS; i++)
        good = unpack(model, &array_parts[i], &files, path, complaint);
    good = good && find_loss(model, files.files[FOCL__MODEL_DESCRIPTION].bytes, path, complaint) &&
           check_standard(model, path, complaint);
    focl__model_files_free(&files);
    return good;
}
