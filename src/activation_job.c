/* The kernels of activations: their programs, their arguments, their order. */
#include "activation_job.h"

#include <limits.h>

#include "../cl/activation_agreement.clh"
#include "element.h"
#include "error.h"
#include "handle_private.h"

/* A call while it is enqueued. */
typedef struct activation_job {
    focl_handle *handle;
    focl__chain *chain;
    const focl_activation_description *description;
    const focl__activation_shape *shape;
    const focl_buffer *arrays;
    cl_mem shares; /* for Jacobians: the shares, and behind them the complements */
} activation_job;

static bool given(const activation_job *job, enum focl__activation_array array) {
    return job->shape->arrays[array].given;
}

static bool is_of_rows(const activation_job *job) {
    return focl__activation_is_of_rows(job->description->kind);
}

focl__device_demand focl__activation_demand(const focl_activation_description *description) {
    return (focl__device_demand){
        .type_name = "type",
        .type = description->type,
        .classes = focl__activation_is_of_rows(description->kind) ? description->shape.classes : 1,
        .are_shared = description->shape.inner == 1,
    };
}

/* ---- Programs ---- */

static int output_bits(const activation_job *job) {
    int bits = given(job, FOCL__ACTIVATION_value) ? FOCL_OUTPUT_VALUE : 0;
    bits |= given(job, FOCL__ACTIVATION_product) ? FOCL_OUTPUT_PRODUCT : 0;
    bits |= given(job, FOCL__ACTIVATION_jacobian) ? FOCL_OUTPUT_SHARES : 0;
    return bits;
}

/* 32-bit indices where every index, a tile beyond the end included, fits. */
static bool needs_index64(const activation_job *job) {
    size_t most = job->shape->elements;
    for (size_t i = 0; i < FOCL__ACTIVATION_ARRAY_COUNT; i++)
        if (job->shape->arrays[i].given && job->shape->arrays[i].elements > most)
            most = job->shape->arrays[i].elements;
    return job->handle->wide_indices || most > (size_t)UINT_MAX - 1024 * (size_t)FOCL_TILE;
}

static focl__program_key key_of(const activation_job *job, const char *source) {
    focl__program_key key = {.source = source};
    focl__program_define(&key, "FOCL_KIND", focl__activation_kind_code(job->description->kind));
    focl__program_define(&key, "FOCL_OUTPUTS", output_bits(job));
    if (job->shape->is_strided)
        focl__program_define(&key, "FOCL_OPTIONS", FOCL_OPTION_STRIDED);
    if (job->description->type != FOCL_F32)
        focl__program_define(&key, "FOCL_STORAGE", focl__storage_code(job->description->type));
    if (job->description->type == FOCL_F64)
        focl__program_define(&key, "FOCL_FP64", 1);
    if (needs_index64(job))
        focl__program_define(&key, "FOCL_INDEX64", 1);
    return key;
}

/* ---- Arguments ---- */

typedef struct kernel_arrays {
#define ARRAY_MEMBER(type, name) focl__array_argument name;
    FOCL_ACTIVATION_ARRAYS(ARRAY_MEMBER)
#undef ARRAY_MEMBER
} kernel_arrays;

typedef struct kernel_scalars {
#define SCALAR_MEMBER(type, name) cl_##type name;
    FOCL_ACTIVATION_SCALARS(SCALAR_MEMBER)
#undef SCALAR_MEMBER
} kernel_scalars;

static focl__array_argument array_at(const activation_job *job, enum focl__activation_array array) {
    const focl_buffer *buffer = &job->arrays[array];
    return (focl__array_argument){buffer->memory, buffer->offset / job->shape->arrays[array].element_bytes};
}

static kernel_arrays arrays_of(const activation_job *job) {
    return (kernel_arrays){
        .x = array_at(job, FOCL__ACTIVATION_x),
        .upstream = array_at(job, FOCL__ACTIVATION_upstream),
        .value = array_at(job, FOCL__ACTIVATION_value),
        .product = array_at(job, FOCL__ACTIVATION_product),
        .shares = {job->shares, 0},
        .complements = {job->shares, job->shape->elements},
        .jacobian = array_at(job, FOCL__ACTIVATION_jacobian),
    };
}

/* Contiguous elements, each of its own, are one plane. */
static bool is_one_plane(const activation_job *job) {
    return !is_of_rows(job) && !job->shape->is_strided;
}

static kernel_scalars scalars_of(const activation_job *job) {
    const size_t elements = job->shape->elements;
    const focl_view view = is_one_plane(job) ? (focl_view){1, 1, elements} : job->description->shape;
    const focl_strides strides = is_one_plane(job) ? (focl_strides){elements, elements, 1} : job->shape->strides;
    return (kernel_scalars){
        .end = elements,
        .rows_end = job->shape->rows,
        .classes = view.classes,
        .inner = view.inner,
        .outer_stride = strides.outer,
        .class_stride = strides.classes,
        .inner_stride = strides.inner,
    };
}

/* ---- Launches ---- */

/* A kernel, how it goes through a call, and how much of it a group takes. */
typedef struct walk {
    const char *kernel; /* and the stem of its source */
    focl__spread spread;
    size_t count;       /* of what is walked: elements, rows or entries */
    size_t group_count; /* FOCL__SPREAD_PER_TILE: how many of them a group takes */
    unsigned lanes_max;
    unsigned vector_max;
} walk;

static size_t divided_up(size_t count, size_t by) {
    return count / by + (count % by != 0);
}

static focl_status launch(const activation_job *job, const walk *how, const kernel_scalars *scalars) {
    const kernel_arrays arrays = arrays_of(job);
    const cl_uint group_rows = (cl_uint)how->group_count;
    focl__arguments arguments = {0};
#define ADD_ARRAY(type, name)                                            \
    focl__argument_add(&arguments, sizeof(cl_mem), &arrays.name.memory); \
    focl__argument_add(&arguments, sizeof(cl_ulong), &arrays.name.offset);
    FOCL_ACTIVATION_ARRAYS(ADD_ARRAY)
#undef ADD_ARRAY
#define ADD_SCALAR(type, name) focl__argument_add(&arguments, sizeof scalars->name, &scalars->name);
    FOCL_ACTIVATION_SCALARS(ADD_SCALAR)
#undef ADD_SCALAR
    focl__argument_add(&arguments, sizeof group_rows, &group_rows);
    const focl__launch_description description = {
        .kernel = how->kernel,
        .key = key_of(job, how->kernel),
        .spread = how->spread,
        .tiles = divided_up(how->count, how->group_count),
        .rows = how->count,
        .lanes_max = how->lanes_max,
        .vector_max = how->vector_max,
        .is_f64 = job->description->type == FOCL_F64,
        .arguments = &arguments,
    };
    return focl__launch(job->handle, job->chain, &description);
}

/* Joining the lanes of a row takes llvmpipe nearly 200 turns of loops, and it leaves a work-item after 65535. */
enum { MOST_GROUP_ROWS = 256 };

static size_t rows_of_group(size_t classes) {
    const size_t rows = classes < FOCL_TILE ? FOCL_TILE / classes : 1;
    return rows < MOST_GROUP_ROWS ? rows : MOST_GROUP_ROWS;
}

/* The least vector that has room for all classes: half of a row's last vector should not be idle. */
static unsigned vector_for(size_t classes) {
    unsigned vector = 1;
    while (vector < classes && vector < FOCL__USUAL_VECTOR)
        vector *= 2;
    return vector;
}

static walk walk_of(const activation_job *job) {
    const focl_view view = job->description->shape;
    const focl__spread of_tiles = view.classes < FOCL__MANY_CLASSES ? FOCL__SPREAD_SHARED : FOCL__SPREAD_VECTORS;
    if (!is_of_rows(job))
        return (walk){"activation_elements", FOCL__SPREAD_SHARED, job->shape->elements, FOCL_TILE, 0, 0};
    if (view.inner > 1)
        return (walk){"activation_pixels", of_tiles, job->shape->rows, FOCL_TILE, 0, 0};
    return (walk){"activation_rows", FOCL__SPREAD_PER_TILE,   job->shape->rows, rows_of_group(view.classes),
                  FOCL_LANES,        vector_for(view.classes)};
}

static focl_status write_jacobian(const activation_job *job) {
    const size_t entries = job->shape->arrays[FOCL__ACTIVATION_jacobian].elements;
    const walk how = {"activation_jacobian", FOCL__SPREAD_SHARED, entries, FOCL_TILE, 0, 0};
    kernel_scalars scalars = scalars_of(job);
    scalars.end = entries;
    return launch(job, &how, &scalars);
}

static focl_status make_shares(activation_job *job) {
    const size_t elements = job->shape->elements;
    const size_t bytes = 2 * focl__activation_scalar_bytes(job->description);
    cl_int code = CL_SUCCESS;
    if (!given(job, FOCL__ACTIVATION_jacobian))
        return FOCL_OK;
    if (elements > SIZE_MAX / bytes)
        return focl__fail(FOCL_EDEVICEMEM, "jacobian", "needs memory for twice %zu numbers", elements);
    job->shares = clCreateBuffer(job->handle->context, CL_MEM_READ_WRITE, elements * bytes, NULL, &code);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clCreateBuffer");
}

static focl_status run(activation_job *job) {
    const walk how = walk_of(job);
    const kernel_scalars scalars = scalars_of(job);
    focl_status status = make_shares(job);
    if (!status)
        status = launch(job, &how, &scalars);
    if (!status && given(job, FOCL__ACTIVATION_jacobian))
        status = write_jacobian(job);
    if (job->shares)
        clReleaseMemObject(job->shares);
    return status;
}

focl_status focl__activation_run(focl_handle *handle, focl__chain *chain,
                                 const focl_activation_description *description, const focl__activation_shape *shape,
                                 const focl_buffer arrays[FOCL__ACTIVATION_ARRAY_COUNT]) {
    activation_job job = {
        .handle = handle,
        .chain = chain,
        .description = description,
        .shape = shape,
        .arrays = arrays,
    };
    return shape->elements > 0 ? run(&job) : FOCL_OK;
}
