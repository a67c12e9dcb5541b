/* The stages of a loss: their programs, their arguments, their folds. */
#include "loss_job.h"

#include <limits.h>

#include "../cl/agreement.clh"
#include "error.h"
#include "handle_private.h"

enum {
    TILE_BYTES = 16, /* the larger of a pair of floats and four counters */
    NORMALIZER_OFFSET = sizeof(focl_loss_counts)
};

static bool given(const focl__loss_job *job, enum focl__loss_array array) {
    return job->plan.shape.arrays[array].given;
}

static size_t tiles_in(size_t count) {
    return count / FOCL_TILE + (count % FOCL_TILE != 0);
}

static size_t max_of(size_t a, size_t b) {
    return a > b ? a : b;
}

static focl_status make_memory(focl__loss_job *job, size_t bytes, cl_mem *memory) {
    cl_int code = CL_SUCCESS;
    *memory = clCreateBuffer(job->handle->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clCreateBuffer");
}

focl_status focl__loss_job_open(focl__loss_job *job, focl_handle *handle, const focl_loss_description *description,
                                const focl__loss_shape *shape, focl__chain chain) {
    *job = (focl__loss_job){
        .handle = handle,
        .description = description,
        .plan = focl__loss_plan_make(description, shape),
        .chain = chain,
    };
    const size_t tiles = max_of(1, max_of(tiles_in(shape->elements), tiles_in(shape->dense ? 0 : shape->rows)));
    const focl_status status = make_memory(job, tiles * TILE_BYTES, &job->tiles);
    return status ? status : make_memory(job, NORMALIZER_OFFSET + sizeof(float), &job->values);
}

void focl__loss_job_close(focl__loss_job *job, cl_event *event) {
    if (job->tiles)
        clReleaseMemObject(job->tiles);
    if (job->values)
        clReleaseMemObject(job->values);
    focl__chain_end(&job->chain, event);
}

/* ---- What runs ---- */

static bool counts_decide(focl__normalizer_source source) {
    return source == FOCL__NORMALIZER_COUNTED || source == FOCL__NORMALIZER_ROWS || source == FOCL__NORMALIZER_POSITIVE;
}

static bool normalizer_matters(const focl__loss_job *job) {
    return given(job, FOCL__LOSS_reduced) || given(job, FOCL__LOSS_gradient) || given(job, FOCL__LOSS_used_normalizer);
}

static bool writes_elements(const focl__loss_job *job) {
    return given(job, FOCL__LOSS_loss) || given(job, FOCL__LOSS_gradient) || given(job, FOCL__LOSS_probabilities) ||
           given(job, FOCL__LOSS_pt);
}

bool focl__loss_job_needs(const focl__loss_job *job, focl__loss_stage stage) {
    const focl__normalizer_source source = job->plan.source;
    switch (stage) {
    case FOCL__STAGE_COUNT:
        return given(job, FOCL__LOSS_counts) || (counts_decide(source) && normalizer_matters(job));
    case FOCL__STAGE_WEIGHTS:
        return source == FOCL__NORMALIZER_WEIGHTS && normalizer_matters(job);
    case FOCL__STAGE_LOSS:
        return writes_elements(job) || given(job, FOCL__LOSS_reduced) || given(job, FOCL__LOSS_used_normalizer);
    case FOCL__STAGE_END:
        break;
    }
    return false;
}

bool focl__loss_stage_uses(const focl__loss_job *job, focl__loss_stage stage, enum focl__loss_array array) {
    if (!given(job, array))
        return false;
    switch (array) {
    case FOCL__LOSS_targets:
        return stage != FOCL__STAGE_WEIGHTS || !job->plan.shape.dense;
    case FOCL__LOSS_class_weights:
    case FOCL__LOSS_weights:
        return stage != FOCL__STAGE_COUNT;
    case FOCL__LOSS_upstream:
        return stage == FOCL__STAGE_LOSS && given(job, FOCL__LOSS_gradient);
    default:
        return stage == FOCL__STAGE_LOSS;
    }
}

/* ---- Programs ---- */

static int target_code(focl_type type) {
    static const int codes[] = {
        [FOCL_F32] = FOCL_TARGETS_F32,
        [FOCL_U8] = FOCL_TARGETS_U8,
        [FOCL_I32] = FOCL_TARGETS_I32,
        [FOCL_I64] = FOCL_TARGETS_I64,
    };
    return codes[type];
}

static int output_bits(const focl__loss_job *job) {
    int bits = given(job, FOCL__LOSS_reduced) ? FOCL_OUTPUT_SUM : 0;
    bits |= given(job, FOCL__LOSS_loss) ? FOCL_OUTPUT_LOSS : 0;
    bits |= given(job, FOCL__LOSS_gradient) ? FOCL_OUTPUT_GRADIENT : 0;
    bits |= given(job, FOCL__LOSS_probabilities) ? FOCL_OUTPUT_PROBABILITIES : 0;
    bits |= given(job, FOCL__LOSS_pt) ? FOCL_OUTPUT_PT : 0;
    return bits;
}

static int weight_bits(const focl__loss_job *job) {
    int bits = given(job, FOCL__LOSS_class_weights) ? FOCL_OPTION_CLASS_WEIGHTS : 0;
    if (given(job, FOCL__LOSS_weights))
        bits |=
            job->description->weights_extent == FOCL_PER_ROW ? FOCL_OPTION_ROW_WEIGHTS : FOCL_OPTION_ELEMENT_WEIGHTS;
    return bits;
}

static int gradient_bits(const focl__loss_job *job) {
    if (!given(job, FOCL__LOSS_gradient))
        return 0;
    int bits = job->plan.accumulate != 0.0F ? FOCL_OPTION_ACCUMULATE : 0;
    bits |= job->plan.source != FOCL__NORMALIZER_VALUE ? FOCL_OPTION_NORMALIZER : 0;
    if (given(job, FOCL__LOSS_upstream))
        bits |=
            job->description->upstream_extent == FOCL_PER_ROW ? FOCL_OPTION_ROW_UPSTREAM : FOCL_OPTION_ELEMENT_UPSTREAM;
    return bits;
}

static int loss_bits(const focl__loss_job *job) {
    int bits = job->plan.smoothing != 0.0F ? FOCL_OPTION_SMOOTHING : 0;
    if (given(job, FOCL__LOSS_pos_weights))
        bits |= job->description->pos_weight_count == 1 ? FOCL_OPTION_POS_WEIGHT : FOCL_OPTION_POS_WEIGHTS;
    return bits | weight_bits(job) | gradient_bits(job);
}

static int option_bits(const focl__loss_job *job, focl__loss_stage stage) {
    const int common = job->description->target_only ? FOCL_OPTION_TARGET_ONLY : 0;
    switch (stage) {
    case FOCL__STAGE_WEIGHTS:
        return common | weight_bits(job);
    case FOCL__STAGE_LOSS:
        return common | loss_bits(job);
    default:
        return common;
    }
}

/* 32-bit indices where every index, a tile beyond the end included, fits. */
static bool needs_index64(const focl__loss_plan *plan) {
    return max_of(plan->shape.elements, plan->shape.rows) > (size_t)UINT_MAX - 1024 * (size_t)FOCL_TILE;
}

static focl__program_key program_key(const focl__loss_job *job, focl__loss_stage stage) {
    focl__program_key key = {.source = stage == FOCL__STAGE_LOSS ? "sigmoid_loss" : "normalizer"};
    focl__program_define(&key, "FOCL_TARGETS", target_code(job->description->targets_type));
    focl__program_define(&key, "FOCL_OPTIONS", option_bits(job, stage));
    if (needs_index64(&job->plan))
        focl__program_define(&key, "FOCL_INDEX64", 1);
    if (stage == FOCL__STAGE_LOSS) {
        focl__program_define(&key, "FOCL_ACTIVATION", job->plan.activation);
        focl__program_define(&key, "FOCL_GAMMA", job->plan.gamma_kind);
        focl__program_define(&key, "FOCL_OUTPUTS", output_bits(job));
    }
    return key;
}

/* ---- Arguments of the kernels over elements ---- */

/* An array argument and its offset in elements. */
typedef struct array_argument {
    cl_mem memory;
    cl_ulong offset;
} array_argument;

typedef struct kernel_arrays {
#define ARRAY_MEMBER(type, name) array_argument name;
    FOCL_KERNEL_ARRAYS(ARRAY_MEMBER)
#undef ARRAY_MEMBER
} kernel_arrays;

typedef struct kernel_scalars {
#define SCALAR_MEMBER(type, name) cl_##type name;
    FOCL_KERNEL_SCALARS(SCALAR_MEMBER)
#undef SCALAR_MEMBER
} kernel_scalars;

static array_argument array_at(const focl__loss_job *job, enum focl__loss_array array, const focl_buffer *buffer) {
    const size_t bytes = job->plan.shape.arrays[array].element_bytes;
    return (array_argument){buffer->memory, bytes ? buffer->offset / bytes : 0};
}

/* The normaliser in device memory: the caller's, or the one that an earlier stage left. */
static array_argument normalizer_at(const focl__loss_job *job, const focl_buffer *arrays) {
    if (job->plan.source == FOCL__NORMALIZER_ARRAY)
        return array_at(job, FOCL__LOSS_normalizer, &arrays[FOCL__LOSS_normalizer]);
    return (array_argument){job->values, NORMALIZER_OFFSET / sizeof(float)};
}

static kernel_arrays arrays_of(const focl__loss_job *job, const focl__loss_piece *piece) {
    kernel_arrays arrays;
#define SET_ARRAY(type, name) arrays.name = array_at(job, FOCL__LOSS_##name, &piece->arrays[FOCL__LOSS_##name]);
    FOCL_KERNEL_ARRAYS(SET_ARRAY)
#undef SET_ARRAY
    arrays.normalizer = normalizer_at(job, piece->arrays);
    return arrays;
}

/* Whether a label of the target type can have the value at all; one that cannot is never met. */
static bool target_can_be(focl_type type, int64_t label) {
    switch (type) {
    case FOCL_U8:
        return label >= 0 && label <= UINT8_MAX;
    case FOCL_I32:
        return label >= INT32_MIN && label <= INT32_MAX;
    default:
        return true;
    }
}

static kernel_scalars scalars_of(const focl__loss_job *job, const focl__loss_piece *piece) {
    const focl_loss_description *description = job->description;
    const focl__loss_plan *plan = &job->plan;
    const focl_type type = description->targets_type;
    return (kernel_scalars){
        .first = piece->first,
        .end = piece->end,
        .first_row = piece->first_row,
        .rows_end = piece->rows_end,
        .classes = plan->view.classes,
        .inner = plan->view.inner,
        .ignore_index = description->ignore_index,
        .background = description->background,
        .has_ignore_index = description->has_ignore_index && target_can_be(type, description->ignore_index),
        .has_background = description->has_background && target_can_be(type, description->background),
        .gamma = plan->gamma,
        .alpha_positive = plan->alpha_positive,
        .alpha_negative = plan->alpha_negative,
        .smoothing = plan->smoothing,
        .clip = plan->clip,
        .upstream_scalar = plan->upstream,
        .divisor = plan->divisor,
        .accumulate = plan->accumulate,
    };
}

static void add_arguments(focl__arguments *arguments, const kernel_arrays *arrays, const kernel_scalars *scalars) {
#define ADD_ARRAY(type, name)                                            \
    focl__argument_add(arguments, sizeof(cl_mem), &arrays->name.memory); \
    focl__argument_add(arguments, sizeof(cl_ulong), &arrays->name.offset);
    FOCL_KERNEL_ARRAYS(ADD_ARRAY)
#undef ADD_ARRAY
#define ADD_SCALAR(type, name) focl__argument_add(arguments, sizeof scalars->name, &scalars->name);
    FOCL_KERNEL_SCALARS(ADD_SCALAR)
#undef ADD_SCALAR
}

/* What differs between the stages' kernels over elements. */
static const struct {
    const char *kernel;
    focl__spread spread;
} walks[] = {
    [FOCL__STAGE_COUNT] = {"normalizer_count", FOCL__SPREAD_PER_TILE},
    [FOCL__STAGE_WEIGHTS] = {"normalizer_weights", FOCL__SPREAD_SHARED},
    [FOCL__STAGE_LOSS] = {"sigmoid_loss_elements", FOCL__SPREAD_SHARED},
};

static bool walks_rows(const focl__loss_job *job, focl__loss_stage stage) {
    return stage == FOCL__STAGE_COUNT && !job->plan.shape.dense;
}

/* A vector that crosses from one row into the next is walked lane by lane: do not let every other one. Folds have no
   vectors, but share their stage's program. */
static unsigned widest_vector(const focl__loss_job *job) {
    const focl_view view = job->plan.view;
    const bool rows_matter = !job->plan.shape.dense || given(job, FOCL__LOSS_class_weights) ||
                             given(job, FOCL__LOSS_pos_weights) || given(job, FOCL__LOSS_weights);
    return rows_matter && view.inner == 1 && view.classes % 32 != 0 ? 16 : 0;
}

focl_status focl__loss_job_walk(focl__loss_job *job, focl__loss_stage stage, const focl__loss_piece *piece) {
    const bool rows = walks_rows(job, stage);
    const size_t start = rows ? piece->first_row : piece->first;
    const size_t end = rows ? piece->rows_end : piece->end;
    if (start >= end)
        return FOCL_OK;
    const kernel_arrays arrays = arrays_of(job, piece);
    const kernel_scalars scalars = scalars_of(job, piece);
    const cl_ulong first_tile = start / FOCL_TILE;
    focl__arguments arguments = {0};
    add_arguments(&arguments, &arrays, &scalars);
    focl__argument_add(&arguments, sizeof job->tiles, &job->tiles);
    focl__argument_add(&arguments, sizeof first_tile, &first_tile);
    const focl__launch_description launch = {
        .kernel = walks[stage].kernel,
        .key = program_key(job, stage),
        .spread = walks[stage].spread,
        .tiles = tiles_in(end - start),
        .vector_max = widest_vector(job),
        .arguments = &arguments,
    };
    return focl__launch(job->handle, &job->chain, &launch);
}

/* ---- Folds ---- */

static int counted_normalizer(focl__normalizer_source source) {
    switch (source) {
    case FOCL__NORMALIZER_COUNTED:
        return FOCL_NORMALIZER_COUNTED;
    case FOCL__NORMALIZER_ROWS:
        return FOCL_NORMALIZER_ROWS;
    case FOCL__NORMALIZER_POSITIVE:
        return FOCL_NORMALIZER_POSITIVE;
    default:
        return FOCL_NORMALIZER_NOT_COUNTED;
    }
}

static focl_status fold_counts(focl__loss_job *job, const focl_buffer *arrays) {
    const focl__loss_shape *shape = &job->plan.shape;
    const focl_buffer *wanted = &arrays[FOCL__LOSS_counts];
    const cl_mem counts = wanted->memory ? wanted->memory : job->values;
    const cl_ulong counts_offset = wanted->memory ? wanted->offset / sizeof(cl_ulong) : 0;
    const cl_ulong normalizer_offset = NORMALIZER_OFFSET / sizeof(float);
    const cl_ulong tiles = tiles_in(shape->dense ? shape->elements : shape->rows);
    const cl_ulong elements = shape->elements;
    const cl_ulong rows = shape->rows;
    const cl_ulong classes = job->description->shape.classes;
    const cl_int kind = counted_normalizer(job->plan.source);
    focl__arguments arguments = {0};
    focl__argument_add(&arguments, sizeof job->tiles, &job->tiles);
    focl__argument_add(&arguments, sizeof tiles, &tiles);
    focl__argument_add(&arguments, sizeof elements, &elements);
    focl__argument_add(&arguments, sizeof rows, &rows);
    focl__argument_add(&arguments, sizeof classes, &classes);
    focl__argument_add(&arguments, sizeof kind, &kind);
    focl__argument_add(&arguments, sizeof counts, &counts);
    focl__argument_add(&arguments, sizeof counts_offset, &counts_offset);
    focl__argument_add(&arguments, sizeof job->values, &job->values);
    focl__argument_add(&arguments, sizeof normalizer_offset, &normalizer_offset);
    const focl__launch_description launch = {
        .kernel = "normalizer_count_fold",
        .key = program_key(job, FOCL__STAGE_COUNT),
        .spread = FOCL__SPREAD_ONE,
        .vector_max = widest_vector(job),
        .arguments = &arguments,
    };
    return focl__launch(job->handle, &job->chain, &launch);
}

/* Where a fold of sums writes. */
typedef struct fold_targets {
    array_argument normalizer;
    cl_int has_normalizer;
    cl_float divisor;
    cl_float empty;
    array_argument reduced;
    array_argument used_normalizer;
} fold_targets;

static focl_status fold_sums(focl__loss_job *job, focl__loss_stage stage, const fold_targets *to) {
    const cl_ulong tiles = tiles_in(job->plan.shape.elements);
    const cl_int has_reduced = to->reduced.memory != NULL;
    const cl_int has_used = to->used_normalizer.memory != NULL;
    focl__arguments arguments = {0};
    focl__argument_add(&arguments, sizeof job->tiles, &job->tiles);
    focl__argument_add(&arguments, sizeof tiles, &tiles);
    focl__argument_add(&arguments, sizeof to->normalizer.memory, &to->normalizer.memory);
    focl__argument_add(&arguments, sizeof to->normalizer.offset, &to->normalizer.offset);
    focl__argument_add(&arguments, sizeof to->has_normalizer, &to->has_normalizer);
    focl__argument_add(&arguments, sizeof to->divisor, &to->divisor);
    focl__argument_add(&arguments, sizeof to->empty, &to->empty);
    focl__argument_add(&arguments, sizeof has_reduced, &has_reduced);
    focl__argument_add(&arguments, sizeof to->reduced.memory, &to->reduced.memory);
    focl__argument_add(&arguments, sizeof to->reduced.offset, &to->reduced.offset);
    focl__argument_add(&arguments, sizeof has_used, &has_used);
    focl__argument_add(&arguments, sizeof to->used_normalizer.memory, &to->used_normalizer.memory);
    focl__argument_add(&arguments, sizeof to->used_normalizer.offset, &to->used_normalizer.offset);
    const focl__launch_description launch = {
        .kernel = "reduce_fold",
        .key = program_key(job, stage),
        .spread = FOCL__SPREAD_ONE,
        .vector_max = widest_vector(job),
        .arguments = &arguments,
    };
    return focl__launch(job->handle, &job->chain, &launch);
}

/* The sum of weights becomes the normaliser of the next stage. */
static focl_status fold_weights(focl__loss_job *job) {
    const fold_targets to = {
        .divisor = 1.0F,
        .reduced = {job->values, NORMALIZER_OFFSET / sizeof(float)},
    };
    return fold_sums(job, FOCL__STAGE_WEIGHTS, &to);
}

static focl_status fold_loss(focl__loss_job *job, const focl_buffer *arrays) {
    if (!given(job, FOCL__LOSS_reduced) && !given(job, FOCL__LOSS_used_normalizer))
        return FOCL_OK;
    const fold_targets to = {
        .normalizer = normalizer_at(job, arrays),
        .has_normalizer = job->plan.source != FOCL__NORMALIZER_VALUE,
        .divisor = job->plan.divisor,
        .empty = job->plan.empty,
        .reduced = array_at(job, FOCL__LOSS_reduced, &arrays[FOCL__LOSS_reduced]),
        .used_normalizer = array_at(job, FOCL__LOSS_used_normalizer, &arrays[FOCL__LOSS_used_normalizer]),
    };
    return fold_sums(job, FOCL__STAGE_LOSS, &to);
}

focl_status focl__loss_job_fold(focl__loss_job *job, focl__loss_stage stage, const focl_buffer *arrays) {
    switch (stage) {
    case FOCL__STAGE_COUNT:
        return fold_counts(job, arrays);
    case FOCL__STAGE_WEIGHTS:
        return fold_weights(job);
    default:
        return fold_loss(job, arrays);
    }
}
