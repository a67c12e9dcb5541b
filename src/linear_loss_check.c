/* What is wrong with a linear loss's description or arrays; the loss's own part is loss_check.c's. */
#include "linear_loss_check.h"

#include <limits.h>

#include "../cl/agreement.clh"
#include "call_check.h"
#include "error.h"
#include "loss_job.h"

/* ---- The description ---- */

static focl_status check_activation(const focl_linear_loss_description *description) {
    const focl_loss_description *loss = &description->loss;
    if (loss->activation == FOCL_CATEGORICAL)
        return focl__fail(FOCL_EINVAL, "activation", "is of probabilities, and a linear head gives logits");
    if (loss->activation == FOCL_IDENTITY && loss->objective != FOCL_MSE)
        return focl__fail(FOCL_EINVAL, "activation", "of values goes with FOCL_MSE only: a linear head gives logits");
    return FOCL_OK;
}

static focl_status check_view(const focl_linear_loss_description *description) {
    if (description->loss.shape.inner != 1)
        return focl__fail(FOCL_EINVAL, "shape", "must be rows x classes x 1, its inner is %zu",
                          description->loss.shape.inner);
    if (focl__loss_is_strided(&description->loss))
        return focl__fail(FOCL_EINVAL, "strides", "must be those of contiguous rows");
    return FOCL_OK;
}

static focl_status check_in_place(const focl_linear_loss_description *description) {
    if (description->loss.in_place)
        return focl__fail(FOCL_EINVAL, "in_place", "there are no logits that a gradient could be written over");
    return FOCL_OK;
}

static bool is_too_much(size_t rows, size_t columns, size_t unit) {
    return rows > SIZE_MAX / unit / columns;
}

static focl_status check_features(const focl_linear_loss_description *description) {
    const size_t features = description->features;
    const focl_view shape = description->loss.shape;
    const size_t unit = sizeof(double);
    if (features == 0)
        return focl__fail(FOCL_EINVAL, "features", "must be at least 1");
    if (is_too_much(shape.outer, features, unit) || is_too_much(shape.classes, features, unit))
        return focl__fail(FOCL_EINVAL, "features", "%zu of %zu rows and %zu classes are more than a size can say",
                          features, shape.outer, shape.classes);
    return FOCL_OK;
}

typedef focl_status (*description_rule)(const focl_linear_loss_description *description);

static focl_status check_description(const focl_linear_loss_description *description) {
    static const description_rule rules[] = {check_activation, check_view, check_in_place, check_features};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const focl_status status = rules[i](description);
        if (status)
            return status;
    }
    return FOCL_OK;
}

/* ---- Chunks ---- */

static size_t min_of(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Rows whose matrices the products can take. */
static size_t most_rows(const focl__linear_call *call) {
    const size_t columns = call->features > call->classes ? call->features : call->classes;
    const size_t most = focl__blas_rows_max(columns);
    return most ? most : 1;
}

/* The largest divisor of both that is a power of two, as a tile is. */
static size_t power_of_two_in(size_t tile, size_t count) {
    while (count % tile != 0)
        tile /= 2;
    return tile;
}

/* Where elements are summed in tiles: the least number of rows that are whole tiles. */
static size_t rows_of_tiles(const focl_linear_loss_description *description, const focl__linear_call *call) {
    if (focl__loss_sums_rows(&description->loss) || !call->shape.arrays[FOCL__LOSS_reduced].given)
        return 1;
    return FOCL_TILE / power_of_two_in(FOCL_TILE, call->classes);
}

/* CLBlast pads what is no multiple of its tiles: with copies of a chunk, and of W's gradient, for every chunk. */
enum { ROWS_OF_PRODUCTS = 64 };

static size_t budget_rows(const focl_linear_loss_description *description, const focl__linear_call *call) {
    const size_t budget = description->budget_bytes ? description->budget_bytes : FOCL_LINEAR_LOSS_BUDGET;
    const size_t rows = min_of(budget / focl_type_size(call->type) / call->classes, most_rows(call));
    if (rows == 0)
        return 1;
    return rows < ROWS_OF_PRODUCTS ? rows : rows / ROWS_OF_PRODUCTS * ROWS_OF_PRODUCTS;
}

/* Whole tiles if the budget has room for them, or, where element losses are not stored as they are summed, anyway. */
static size_t chosen_rows(const focl_linear_loss_description *description, const focl__linear_call *call) {
    const bool is_given = description->chunk_rows > 0;
    const size_t wanted = is_given ? description->chunk_rows : budget_rows(description, call);
    const size_t unit = rows_of_tiles(description, call);
    const size_t whole = wanted / unit * unit;
    if (call->type == FOCL_F16)
        return whole ? whole : unit;
    return is_given || whole == 0 ? wanted : whole;
}

static void choose_chunk(const focl_linear_loss_description *description, focl__linear_call *call) {
    if (call->rows == 0 || call->classes == 0)
        return;
    call->chunk_rows = min_of(call->rows, chosen_rows(description, call));
    call->splits_tiles = call->chunk_rows < call->rows && call->chunk_rows % rows_of_tiles(description, call) != 0;
}

/* ---- The arrays ---- */

static void set_matrices(const focl_linear_loss_inputs *inputs, const focl_linear_loss_outputs *outputs,
                         focl__linear_call *call) {
    const size_t rows = call->rows;
    const size_t features = call->features;
    const size_t classes = call->classes;
    const size_t one = 1;
    const size_t unit = focl_type_size(call->type);
#define SET_MATRIX(structure, field, rows_of, columns_of) \
    call->matrices[FOCL__LINEAR_##field] =                \
        (focl__matrix){#field, (structure)->field.memory, (structure)->field.offset / unit, rows_of, columns_of};
#define SET_INPUT(field, rows_of, columns_of)  SET_MATRIX(inputs, field, rows_of, columns_of)
#define SET_OUTPUT(field, rows_of, columns_of) SET_MATRIX(outputs, field, rows_of, columns_of)
    FOCL_LINEAR_LOSS_INPUT_TABLE(SET_INPUT)
    FOCL_LINEAR_LOSS_OUTPUT_TABLE(SET_OUTPUT)
#undef SET_INPUT
#undef SET_OUTPUT
#undef SET_MATRIX
}

static focl_status check_required(const focl__linear_call *call) {
    for (size_t i = FOCL__LINEAR_features; i <= FOCL__LINEAR_matrix; i++) {
        const focl__matrix *matrix = &call->matrices[i];
        if (!matrix->memory && matrix->rows > 0 && matrix->columns > 0)
            return focl__fail(FOCL_EINVAL, matrix->name, "is missing; %zu x %zu elements are needed", matrix->rows,
                              matrix->columns);
    }
    return FOCL_OK;
}

static focl_status check_absent(const focl__linear_call *call) {
    static const enum focl__loss_array of_logits[] = {FOCL__LOSS_logits, FOCL__LOSS_gradient, FOCL__LOSS_hessian,
                                                      FOCL__LOSS_probabilities};
    for (size_t i = 0; i < sizeof of_logits / sizeof *of_logits; i++)
        if (call->arrays[of_logits[i]].memory)
            return focl__fail(FOCL_EINVAL, call->shape.arrays[of_logits[i]].name,
                              "must be absent: nothing of the logits' extent is ever there as a whole");
    return FOCL_OK;
}

/* The weights' matrix is never cut into pieces, and neither is a row or, where the caller chose it, a chunk. */
static focl_status check_products(const focl__linear_call *call) {
    const focl__matrix *matrix = &call->matrices[FOCL__LINEAR_matrix];
    const focl__matrix chunk = {"chunk_rows", NULL, 0, call->chunk_rows,
                                call->features > call->classes ? call->features : call->classes};
    const focl_status status = focl__blas_check_matrix(matrix);
    return status ? status : focl__blas_check_matrix(&chunk);
}

enum { MOST_ARRAYS = FOCL__LINEAR_ARRAY_COUNT + FOCL__LOSS_ARRAY_COUNT };

/* The caller's arrays, inputs before outputs, in header order. */
typedef struct array_list {
    size_t count;
    size_t first_output;
    focl__call_array list[MOST_ARRAYS];
} array_list;

static focl__call_array described(const focl__linear_call *call, const focl__matrix *matrix, focl_buffer buffer) {
    const size_t unit = focl_type_size(call->type);
    return (focl__call_array){matrix->name, buffer, matrix->rows * matrix->columns * unit, unit};
}

static void add_loss_arrays(array_list *arrays, const focl__call_array *of_loss, size_t first, size_t end) {
    for (size_t i = first; i < end; i++)
        arrays->list[arrays->count++] = of_loss[i];
}

static void list_arrays(const focl__linear_call *call, const focl_linear_loss_inputs *inputs,
                        const focl_linear_loss_outputs *outputs, array_list *arrays) {
    focl__call_array of_loss[FOCL__LOSS_ARRAY_COUNT];
    focl__loss_describe(&call->shape, call->arrays, of_loss);
    *arrays = (array_list){0};
#define ADD_INPUT(field, rows_of, columns_of) \
    arrays->list[arrays->count++] = described(call, &call->matrices[FOCL__LINEAR_##field], inputs->field);
#define ADD_OUTPUT(field, rows_of, columns_of) \
    arrays->list[arrays->count++] = described(call, &call->matrices[FOCL__LINEAR_##field], outputs->field);
    FOCL_LINEAR_LOSS_INPUT_TABLE(ADD_INPUT)
    add_loss_arrays(arrays, of_loss, 0, FOCL__LOSS_FIRST_OUTPUT);
    arrays->first_output = arrays->count;
    FOCL_LINEAR_LOSS_OUTPUT_TABLE(ADD_OUTPUT)
    add_loss_arrays(arrays, of_loss, FOCL__LOSS_FIRST_OUTPUT, FOCL__LOSS_ARRAY_COUNT);
#undef ADD_INPUT
#undef ADD_OUTPUT
}

static focl_status check_overlaps(const array_list *arrays) {
    for (size_t output = arrays->first_output; output < arrays->count; output++)
        for (size_t other = 0; other < output; other++)
            if (focl__buffers_overlap(&arrays->list[output], &arrays->list[other]))
                return focl__fail(FOCL_EOVERLAP, arrays->list[output].name, "%zu bytes overlap those of %s",
                                  arrays->list[output].bytes, arrays->list[other].name);
    return FOCL_OK;
}

static focl_status check_buffers(const focl_handle *handle, const array_list *arrays) {
    for (size_t i = 0; i < arrays->count; i++) {
        const focl_status status =
            arrays->list[i].buffer.memory ? focl__check_buffer(handle, &arrays->list[i]) : FOCL_OK;
        if (status)
            return status;
    }
    return check_overlaps(arrays);
}

/* ---- The calls ---- */

static void take_sizes(const focl_linear_loss_description *description, focl__linear_call *call) {
    *call = (focl__linear_call){
        .type = description->loss.logits_type,
        .rows = description->loss.shape.outer,
        .features = description->features,
        .classes = description->loss.shape.classes,
    };
}

/* As focl_loss sees the call: with logits, and with a gradient of them where any of the three is asked for. */
static void note_given(const focl__linear_call *call, bool given[FOCL__LOSS_ARRAY_COUNT]) {
    for (size_t array = 0; array < FOCL__LOSS_ARRAY_COUNT; array++)
        given[array] = call->arrays[array].memory != NULL;
    given[FOCL__LOSS_logits] = true;
    for (size_t i = FOCL__LINEAR_FIRST_OUTPUT; i < FOCL__LINEAR_ARRAY_COUNT; i++)
        given[FOCL__LOSS_gradient] = given[FOCL__LOSS_gradient] || call->matrices[i].memory;
}

static focl_status check_device(const focl_handle *handle, const focl_linear_loss_description *description) {
    const focl__device_demand demand = focl__loss_demand(&description->loss);
    const focl_status status = focl__check_device(handle, &demand);
    return status ? status : focl__blas_check(handle, description->loss.logits_type);
}

focl_status focl__linear_loss_check(const focl_handle *handle, const focl_linear_loss_description *description,
                                    const focl_linear_loss_inputs *inputs, const focl_linear_loss_outputs *outputs,
                                    focl__linear_call *call) {
    bool given[FOCL__LOSS_ARRAY_COUNT];
    array_list arrays;
    if (!description)
        return focl__fail(FOCL_EINVAL, "description", "is NULL");
    take_sizes(description, call);
    focl__loss_gather(&inputs->loss, &outputs->loss, call->arrays);
    call->matrices[FOCL__LINEAR_features_gradient].memory = outputs->features_gradient.memory;
    call->matrices[FOCL__LINEAR_matrix_gradient].memory = outputs->matrix_gradient.memory;
    call->matrices[FOCL__LINEAR_bias_gradient].memory = outputs->bias_gradient.memory;
    note_given(call, given);
    focl_status status = focl__loss_check(&description->loss, given, &call->shape);
    if (!status)
        status = check_description(description);
    if (status)
        return status;
    set_matrices(inputs, outputs, call);
    choose_chunk(description, call);
    status = check_required(call);
    if (!status)
        status = check_absent(call);
    if (!status)
        status = check_device(handle, description);
    if (!status)
        status = check_products(call);
    if (status)
        return status;
    list_arrays(call, inputs, outputs, &arrays);
    return check_buffers(handle, &arrays);
}

static focl_status check_logits_description(const focl_linear_loss_description *description) {
    const focl_view shape = description->loss.shape;
    const focl_type type = description->loss.logits_type;
    if (shape.classes > INT_MAX)
        return focl__fail(FOCL_ENOTSUP, "shape", "%zu classes are more than %d", shape.classes, INT_MAX);
    if (shape.classes > 0 && is_too_much(shape.outer, shape.classes, sizeof(double)))
        return focl__fail(FOCL_EINVAL, "shape", "%zu x %zu elements are more than a size can say", shape.outer,
                          shape.classes);
    const focl_status status = check_view(description);
    if (status)
        return status;
    if (!focl_type_is_float(type))
        return focl__fail(FOCL_EINVAL, "logits_type", "must be a float type, is %s (%lld)", focl_type_name(type),
                          (long long)type);
    return check_features(description);
}

focl_status focl__linear_logits_check(const focl_handle *handle, const focl_linear_loss_description *description,
                                      const focl_linear_loss_inputs *inputs, focl_buffer logits,
                                      focl__linear_call *call) {
    static const focl_linear_loss_outputs none;
    const focl__device_demand demand = {.type_name = "logits_type", .classes = 1};
    if (!description)
        return focl__fail(FOCL_EINVAL, "description", "is NULL");
    focl_status status = check_logits_description(description);
    if (status)
        return status;
    take_sizes(description, call);
    set_matrices(inputs, &none, call);
    choose_chunk(description, call);
    call->arrays[FOCL__LOSS_logits] = logits;
    if (!logits.memory)
        return focl__fail(FOCL_EINVAL, "logits", "is missing; %zu x %zu elements are written", call->rows,
                          call->classes);
    status = check_required(call);
    if (!status) {
        focl__device_demand of_type = demand;
        of_type.type = call->type;
        status = focl__check_device(handle, &of_type);
    }
    if (!status)
        status = focl__blas_check(handle, call->type);
    if (!status)
        status = check_products(call);
    if (status)
        return status;
    const focl__matrix whole = {"logits", logits.memory, 0, call->rows, call->classes};
    const array_list arrays = {
        .count = 4,
        .first_output = 3,
        .list = {described(call, &call->matrices[FOCL__LINEAR_features], inputs->features),
                 described(call, &call->matrices[FOCL__LINEAR_matrix], inputs->matrix),
                 described(call, &call->matrices[FOCL__LINEAR_bias], inputs->bias), described(call, &whole, logits)},
    };
    return check_buffers(handle, &arrays);
}
