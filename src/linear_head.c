/* Launching the kernels of cl/linear_head.cl. */
#include "linear_head.h"

#include "../cl/agreement.clh"
#include "element.h"

/* Every vector's columns are a part of so many, and rows of sums are a multiple of it. */
enum { COLUMNS_UNIT = FOCL_LANES };

/*
 * Rows of a strip: so many that their sums are few, so few that there are strips for many items; and at most so many
 * turns of a loop, which llvmpipe leaves after 65535.
 */
enum { STRIP_ROWS_LEAST = 64, STRIPS_USUAL = 1024, STRIP_ROWS_MOST = 32768 };

static size_t divided_up(size_t count, size_t by) {
    return count / by + (count % by != 0);
}

static size_t strip_rows_of(size_t rows) {
    const size_t usual = divided_up(rows, STRIPS_USUAL);
    if (usual < STRIP_ROWS_LEAST)
        return STRIP_ROWS_LEAST;
    return usual < STRIP_ROWS_MOST ? usual : STRIP_ROWS_MOST;
}

static size_t pitch_of(size_t classes) {
    return divided_up(classes, COLUMNS_UNIT) * COLUMNS_UNIT;
}

static focl_type scalar_type(focl_type type) {
    return type == FOCL_F64 ? FOCL_F64 : FOCL_F32;
}

size_t focl__linear_head_sums_bytes(focl_type type, size_t rows, size_t classes) {
    return divided_up(rows, strip_rows_of(rows)) * pitch_of(classes) * focl_type_size(scalar_type(type));
}

/* The least vector that has room for all columns, so that not all of it is idle. */
static unsigned vector_for(size_t columns) {
    unsigned vector = 1;
    while (vector < columns && vector < FOCL__ONE_REGISTER)
        vector *= 2;
    return vector;
}

static focl_status launch(focl_handle *handle, focl__chain *chain, focl_type type, const char *kernel, size_t strips,
                          size_t classes, const focl__arguments *arguments) {
    focl__launch_description description = {
        .kernel = kernel,
        .key = {.source = "linear_head"},
        .spread = FOCL__SPREAD_VECTORS,
        .rows = strips * pitch_of(classes),
        .vector_max = vector_for(classes),
        .is_f64 = type == FOCL_F64,
        .arguments = arguments,
    };
    if (type != FOCL_F32)
        focl__program_define(&description.key, "FOCL_STORAGE", focl__storage_code(type));
    if (type == FOCL_F64)
        focl__program_define(&description.key, "FOCL_FP64", 1);
    return focl__launch(handle, chain, &description);
}

focl_status focl__linear_head_fill(focl_handle *handle, focl__chain *chain, focl_type type, const focl__matrix *bias,
                                   const focl__matrix *logits) {
    const cl_ulong bias_offset = bias->offset;
    const cl_ulong rows = logits->rows;
    const cl_uint classes = (cl_uint)logits->columns;
    const cl_ulong strip_rows = STRIP_ROWS_LEAST;
    const cl_ulong logits_offset = logits->offset;
    focl__arguments arguments = {0};
    focl__argument_add(&arguments, sizeof bias->memory, &bias->memory);
    focl__argument_add(&arguments, sizeof bias_offset, &bias_offset);
    focl__argument_add(&arguments, sizeof rows, &rows);
    focl__argument_add(&arguments, sizeof classes, &classes);
    focl__argument_add(&arguments, sizeof strip_rows, &strip_rows);
    focl__argument_add(&arguments, sizeof logits->memory, &logits->memory);
    focl__argument_add(&arguments, sizeof logits_offset, &logits_offset);
    return launch(handle, chain, type, "linear_head_bias", divided_up(rows, strip_rows), classes, &arguments);
}

static focl_status sum_strips(focl_handle *handle, focl__chain *chain, focl_type type, const focl__matrix *gradient,
                              cl_mem sums) {
    const cl_ulong rows = gradient->rows;
    const cl_uint classes = (cl_uint)gradient->columns;
    const cl_ulong strip_rows = strip_rows_of(gradient->rows);
    const cl_uint pitch = (cl_uint)pitch_of(gradient->columns);
    focl__arguments arguments = {0};
    focl__argument_add(&arguments, sizeof gradient->memory, &gradient->memory);
    focl__argument_add(&arguments, sizeof rows, &rows);
    focl__argument_add(&arguments, sizeof classes, &classes);
    focl__argument_add(&arguments, sizeof strip_rows, &strip_rows);
    focl__argument_add(&arguments, sizeof sums, &sums);
    focl__argument_add(&arguments, sizeof pitch, &pitch);
    return launch(handle, chain, type, "linear_head_strips", divided_up(rows, strip_rows), classes, &arguments);
}

focl_status focl__linear_head_sum(focl_handle *handle, focl__chain *chain, focl_type type, const focl__matrix *gradient,
                                  cl_mem sums, const focl__matrix *total, double old_factor) {
    const focl_status status = sum_strips(handle, chain, type, gradient, sums);
    if (status)
        return status;
    const cl_uint strips = (cl_uint)divided_up(gradient->rows, strip_rows_of(gradient->rows));
    const cl_uint classes = (cl_uint)gradient->columns;
    const cl_uint pitch = (cl_uint)pitch_of(gradient->columns);
    const cl_int has_old = old_factor < 0.0 || old_factor > 0.0;
    const focl__scalar factor = focl__scalar_make(scalar_type(type), old_factor);
    const cl_ulong total_offset = total->offset;
    focl__arguments arguments = {0};
    focl__argument_add(&arguments, sizeof sums, &sums);
    focl__argument_add(&arguments, sizeof strips, &strips);
    focl__argument_add(&arguments, sizeof classes, &classes);
    focl__argument_add(&arguments, sizeof pitch, &pitch);
    focl__argument_add(&arguments, sizeof has_old, &has_old);
    focl__argument_add(&arguments, focl_type_size(scalar_type(type)), &factor);
    focl__argument_add(&arguments, sizeof total->memory, &total->memory);
    focl__argument_add(&arguments, sizeof total_offset, &total_offset);
    return launch(handle, chain, type, "linear_head_join", 1, classes, &arguments);
}
