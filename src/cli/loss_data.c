#include "loss_data.h"

#include <string.h>

#include "console.h"

static bool open_if_given(focl__array *array, const char *path, focl__complaint *complaint) {
    return !path || focl__npy_open(&array->file, path, complaint);
}

static bool open_files(focl__loss_data *data, const focl__loss_files *files, focl__complaint *complaint) {
    return open_if_given(&data->logits, files->logits, complaint) &&
           open_if_given(&data->targets, files->targets, complaint) &&
           open_if_given(&data->class_weights, files->class_weights, complaint) &&
           open_if_given(&data->pos_weights, files->pos_weights, complaint) &&
           open_if_given(&data->weights, files->weights, complaint) &&
           open_if_given(&data->upstream, files->upstream, complaint);
}

static bool find_class_axis(const focl__loss_data *data, const focl__integer *wanted, size_t *axis,
                            focl__complaint *complaint) {
    const focl__npy *logits = &data->logits.file;
    int64_t rank = (int64_t)logits->shape.rank;
    int64_t position = !wanted->given ? 1 : wanted->value < 0 ? wanted->value + rank : wanted->value;
    if (position < 0 || position >= rank)
        return focl__fail_data(complaint, "--axis: %lld is no axis of %s, whose shape is %s", (long long)wanted->value,
                               logits->path, focl__npy_describe_shape(&logits->shape).text);
    *axis = (size_t)position;
    return true;
}

static size_t product(const size_t *extents, size_t count) {
    size_t result = 1;
    for (size_t i = 0; i < count; i++)
        result *= extents[i];
    return result;
}

/* outer x classes x inner around the axis, and the shape of what has no class axis. */
static void split_at(focl__loss_data *data, size_t axis) {
    const focl__npy_shape *shape = &data->logits.file.shape;
    size_t after = shape->rank - axis - 1;
    data->view.outer = product(shape->extents, axis);
    data->view.classes = shape->extents[axis];
    data->view.inner = product(shape->extents + axis + 1, after);
    memcpy(data->row_shape.extents, shape->extents, axis * sizeof *shape->extents);
    memcpy(data->row_shape.extents + axis, shape->extents + axis + 1, after * sizeof *shape->extents);
    data->row_shape.rank = shape->rank - 1;
}

static bool find_view(focl__loss_data *data, const focl__integer *axis, focl__complaint *complaint) {
    const focl__npy *logits = &data->logits.file;
    size_t position = 0;
    data->has_class_axis = axis->given || logits->shape.rank >= 2;
    if (!data->has_class_axis) {
        focl_view flat = {logits->elements, 1, 1};
        data->view = flat;
        data->row_shape = logits->shape;
        return true;
    }
    if (!find_class_axis(data, axis, &position, complaint))
        return false;
    split_at(data, position);
    return true;
}

static bool convert_logits(focl__loss_data *data, focl_type type, focl__complaint *complaint) {
    const focl__npy *logits = &data->logits.file;
    const focl__npy_kind bits_of_bf16 = focl__npy_kind_of(FOCL_BF16);
    const bool may_be_bf16 = logits->kind == bits_of_bf16.kind && logits->item_bytes == bits_of_bf16.item_bytes;
    if (logits->kind != 'f' && !(may_be_bf16 && type == FOCL_BF16))
        return focl__fail_data(complaint, "%s: its elements are %s, and logits are f2, f4 or f8%s", logits->path,
                               focl__npy_describe_type(logits).text, may_be_bf16 ? ", or bf16 with --dtype bf16" : "");
    return focl__array_convert(&data->logits, type, complaint);
}

static bool fail_shapes(const focl__loss_data *data, const focl__npy *array, focl__complaint *complaint) {
    focl__npy_shape_text own = focl__npy_describe_shape(&array->shape);
    focl__npy_shape_text logits = focl__npy_describe_shape(&data->logits.file.shape);
    focl__npy_shape_text rows = focl__npy_describe_shape(&data->row_shape);
    if (!data->has_class_axis)
        return focl__fail_data(complaint, "%s: its shape %s is not the logits' %s", array->path, own.text, logits.text);
    return focl__fail_data(complaint, "%s: its shape %s is neither the logits' %s nor %s, that without the class axis",
                           array->path, own.text, logits.text, rows.text);
}

static bool convert_targets(focl__loss_data *data, focl__complaint *complaint) {
    const focl__npy *targets = &data->targets.file;
    const focl_type dense = data->logits.type == FOCL_F64 ? FOCL_F64 : FOCL_F32;
    if (!targets->path)
        return true;
    if (focl__npy_same_shape(&targets->shape, &data->logits.file.shape))
        return focl__array_convert(&data->targets, dense, complaint);
    if (!focl__npy_same_shape(&targets->shape, &data->row_shape))
        return fail_shapes(data, targets, complaint);
    if (targets->kind == 'f')
        return focl__fail_data(complaint,
                               "%s: is a float array without the class axis: class indices %s must be integers, and "
                               "values in [0, 1] need the logits' shape %s",
                               targets->path, focl__npy_describe_shape(&data->row_shape).text,
                               focl__npy_describe_shape(&data->logits.file.shape).text);
    return focl__array_convert(&data->targets, focl__array_label_type(targets), complaint);
}

static bool convert_factors(focl__array *array, focl__complaint *complaint) {
    if (!focl__array_convert(array, FOCL_F32, complaint))
        return false;
    size_t bad = focl__array_first_not_finite(array);
    if (bad < array->file.elements)
        return focl__fail_data(complaint, "%s: the value at position %zu is not finite in f32", array->file.path, bad);
    return true;
}

static bool is_vector(const focl__npy *array) {
    size_t long_axes = 0;
    for (size_t axis = 0; axis < array->shape.rank; axis++)
        long_axes += array->shape.extents[axis] != 1;
    return long_axes <= 1;
}

static bool convert_class_weights(focl__loss_data *data, focl__complaint *complaint) {
    const focl__npy *file = &data->class_weights.file;
    if (!file->path)
        return true;
    if (!is_vector(file) || file->elements != data->view.classes)
        return focl__fail_data(complaint, "--class-weights: %s has the shape %s, and the logits have %zu %s",
                               file->path, focl__npy_describe_shape(&file->shape).text, data->view.classes,
                               focl__noun(data->view.classes, "class", "classes"));
    return convert_factors(&data->class_weights, complaint);
}

static bool convert_pos_weights(focl__loss_data *data, focl__complaint *complaint) {
    const focl__npy *file = &data->pos_weights.file;
    if (!file->path)
        return true;
    if (!is_vector(file) || (file->elements != data->view.classes && file->elements != 1))
        return focl__fail_data(complaint,
                               "--pos-weight: %s has the shape %s, and the logits have %zu %s; it holds that many or 1",
                               file->path, focl__npy_describe_shape(&file->shape).text, data->view.classes,
                               focl__noun(data->view.classes, "class", "classes"));
    return convert_factors(&data->pos_weights, complaint);
}

static bool fits_logits(const focl__loss_data *data, const focl__npy *array) {
    return focl__npy_same_shape(&array->shape, &data->logits.file.shape) ||
           focl__npy_same_shape(&array->shape, &data->row_shape);
}

static bool convert_weights(focl__loss_data *data, focl__complaint *complaint) {
    const focl__npy *file = &data->weights.file;
    if (!file->path)
        return true;
    if (!fits_logits(data, file))
        return fail_shapes(data, file, complaint);
    return convert_factors(&data->weights, complaint);
}

static bool convert_upstream(focl__loss_data *data, focl__complaint *complaint) {
    const focl__npy *file = &data->upstream.file;
    if (!file->path)
        return true;
    if (file->elements != 1 && !fits_logits(data, file))
        return fail_shapes(data, file, complaint);
    return convert_factors(&data->upstream, complaint);
}

bool focl__loss_data_load(focl__loss_data *data, const focl__loss_files *files, focl__complaint *complaint) {
    memset(data, 0, sizeof *data);
    return open_files(data, files, complaint) && find_view(data, &files->axis, complaint) &&
           convert_logits(data, files->logits_type, complaint) && convert_targets(data, complaint) &&
           convert_class_weights(data, complaint) && convert_pos_weights(data, complaint) &&
           convert_weights(data, complaint) && convert_upstream(data, complaint);
}

/* Without a class axis both extents are the same. */
static focl_extent extent_of(const focl__loss_data *data, const focl__array *array) {
    return focl__npy_same_shape(&array->file.shape, &data->logits.file.shape) ? FOCL_PER_ELEMENT : FOCL_PER_ROW;
}

static void describe_upstream(const focl__loss_data *data, focl_loss_description *description,
                              focl_loss_host_inputs *inputs) {
    const focl__array *upstream = &data->upstream;
    if (upstream->values && upstream->file.elements == 1) {
        description->upstream = (double)*(const float *)upstream->values;
        return;
    }
    description->upstream_extent = extent_of(data, upstream);
    inputs->upstream = upstream->values;
}

static bool is_per_row(const focl__loss_data *data, const focl__array *array, const char *option,
                       focl__complaint *complaint) {
    if (!array->values || !focl__npy_same_shape(&array->file.shape, &data->logits.file.shape))
        return true;
    return focl__fail_data(complaint, "%s: %s has the logits' shape %s, and a softmax loss takes one value per row, %s",
                           option, array->file.path, focl__npy_describe_shape(&array->file.shape).text,
                           focl__npy_describe_shape(&data->row_shape).text);
}

bool focl__loss_data_check_rows(const focl__loss_data *data, focl__complaint *complaint) {
    const focl__npy *logits = &data->logits.file;
    if (!data->has_class_axis)
        return focl__fail_data(complaint, "%s: its shape %s has no class axis (--axis 0 makes a vector one row)",
                               logits->path, focl__npy_describe_shape(&logits->shape).text);
    return is_per_row(data, &data->weights, "--weights", complaint) &&
           (data->upstream.file.elements == 1 || is_per_row(data, &data->upstream, "--upstream", complaint));
}

void focl__loss_data_describe(const focl__loss_data *data, focl_loss_description *description,
                              focl_loss_host_inputs *inputs) {
    description->logits_type = data->logits.type;
    description->targets_type = data->targets.type;
    description->pos_weight_count = data->pos_weights.file.elements;
    description->weights_extent = extent_of(data, &data->weights);
    inputs->logits = data->logits.values;
    inputs->targets = data->targets.values;
    inputs->class_weights = data->class_weights.values;
    inputs->pos_weights = data->pos_weights.values;
    inputs->weights = data->weights.values;
    describe_upstream(data, description, inputs);
}

void focl__loss_data_close(focl__loss_data *data) {
    focl__array_close(&data->logits);
    focl__array_close(&data->targets);
    focl__array_close(&data->class_weights);
    focl__array_close(&data->pos_weights);
    focl__array_close(&data->weights);
    focl__array_close(&data->upstream);
}
