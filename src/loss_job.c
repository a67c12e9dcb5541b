/* The stages of a loss: their programs, their arguments, their folds. */
#include "loss_job.h"

#include <limits.h>

#include "../cl/agreement.clh"
#include "element.h"
#include "error.h"
#include "handle_private.h"

enum {
    TILE_BYTES = 16, /* the largest of a pair of floats, of doubles, and four counters */
    NORMALIZER_OFFSET = sizeof(focl_loss_counts)
};

static bool given(const focl__loss_job *job, enum focl__loss_array array) {
    return job->plan.shape.arrays[array].given;
}

/* What sums and normalisers are made of. */
static size_t scalar_bytes(const focl__loss_job *job) {
    return job->plan.shape.arrays[FOCL__LOSS_reduced].element_bytes;
}

static focl__scalar scalar_of(const focl__loss_job *job, double value) {
    return focl__scalar_make(job->plan.scalar_type, value);
}

static size_t tiles_in(size_t count) {
    return count / FOCL_TILE + (count % FOCL_TILE != 0);
}

static size_t max_of(size_t a, size_t b) {
    return a > b ? a : b;
}

static bool is_of_rows(const focl__loss_job *job) {
    return focl__loss_is_of_rows(job->description);
}

/* A summand for each row, or for each element. */
static size_t summands_of(const focl__loss_job *job) {
    const focl__loss_shape *shape = &job->plan.shape;
    return focl__loss_sums_rows(job->description) && shape->elements > 0 ? shape->rows : shape->elements;
}

/* Up to so many classes, and from so wide vectors on, vectors are better full of rows than of a row's classes. */
enum { SHORT_ROW_CLASSES = 32, SHORT_ROW_VECTOR = 4 };

/* Where a lane is a row: an item takes at most so many turns of its loops for each class of each of its rows. */
enum { SHORT_ROW_TURNS = 8 };

static size_t short_row_turns(focl_mapping mapping, size_t classes) {
    const size_t step_items = FOCL_LANES / mapping.vector;
    const size_t items = mapping.group < step_items ? mapping.group : step_items;
    return FOCL_TILE / items * classes * SHORT_ROW_TURNS;
}

/* Whether classes stand next to each other but a lane is a row. */
static bool has_short_rows(const focl__loss_job *job) {
    const focl_handle *handle = job->handle;
    const size_t classes = job->plan.view.classes;
    return is_of_rows(job) && !job->description->target_only && job->plan.view.inner == 1 &&
           classes <= SHORT_ROW_CLASSES && handle->mapping.vector >= SHORT_ROW_VECTOR &&
           (handle->loop_turns == 0 || short_row_turns(handle->mapping, classes) <= handle->loop_turns);
}

/* The softmax family's kernel for classes that stand next to each other has no tiles of rows, unless rows are short. */
static bool has_row_tiles(const focl__loss_job *job) {
    return !is_of_rows(job) || job->plan.view.inner != 1 || has_short_rows(job);
}

static bool has_many_classes(const focl__loss_job *job) {
    return job->plan.view.classes >= FOCL__MANY_CLASSES;
}

/* Where rows are summed apart: their kernel has no tiles of rows, or spreads them, or pieces do not begin with one. */
static bool sums_rows_apart(const focl__loss_job *job, bool in_pieces) {
    const bool weights = focl__loss_job_needs(job, FOCL__STAGE_WEIGHTS);
    return focl__loss_sums_rows(job->description) && (given(job, FOCL__LOSS_reduced) || weights) &&
           (in_pieces || weights || !has_row_tiles(job) || has_many_classes(job));
}

focl_status focl__loss_job_open(focl__loss_job *job, focl_handle *handle, const focl_loss_description *description,
                                const focl__loss_shape *shape, focl__chain chain, bool in_pieces) {
    *job = (focl__loss_job){
        .handle = handle,
        .description = description,
        .plan = focl__loss_plan_make(description, shape),
        .chain = chain,
    };
    const size_t tiles = max_of(1, max_of(tiles_in(shape->elements), tiles_in(shape->dense ? 0 : shape->rows)));
    focl_status status = focl__make_memory(job->handle, tiles * TILE_BYTES, &job->tiles);
    if (!status)
        status = focl__make_memory(job->handle, NORMALIZER_OFFSET + sizeof(double), &job->values);
    if (!status && sums_rows_apart(job, in_pieces))
        status = focl__make_memory(job->handle, max_of(1, shape->rows) * scalar_bytes(job), &job->row_values);
    return status;
}

void focl__loss_job_close(focl__loss_job *job, cl_event *event) {
    if (job->tiles)
        clReleaseMemObject(job->tiles);
    if (job->values)
        clReleaseMemObject(job->values);
    if (job->row_values)
        clReleaseMemObject(job->row_values);
    focl__chain_end(&job->chain, event);
}

/* ---- What runs ---- */

static bool counts_decide(focl__normalizer_source source) {
    return source == FOCL__NORMALIZER_COUNTED || source == FOCL__NORMALIZER_ROWS || source == FOCL__NORMALIZER_POSITIVE;
}

static bool has_derivatives(const focl__loss_job *job) {
    return given(job, FOCL__LOSS_gradient) || given(job, FOCL__LOSS_hessian);
}

static bool normalizer_matters(const focl__loss_job *job) {
    return given(job, FOCL__LOSS_reduced) || has_derivatives(job) || given(job, FOCL__LOSS_used_normalizer);
}

static bool has_probabilities(const focl__loss_job *job) {
    return given(job, FOCL__LOSS_probabilities) || given(job, FOCL__LOSS_pt);
}

/* With target_only, kernels that read one logit of a row write all but what every logit is needed for. */
static bool has_probabilities_apart(const focl__loss_job *job) {
    return job->description->target_only && has_probabilities(job);
}

static bool writes_elements(const focl__loss_job *job) {
    return given(job, FOCL__LOSS_loss) || has_derivatives(job) ||
           (has_probabilities(job) && !has_probabilities_apart(job));
}

focl__device_demand focl__loss_demand(const focl_loss_description *description) {
    const bool of_rows = focl__loss_sums_rows(description) || focl__loss_is_of_rows(description);
    const focl_view shape = description->shape;
    return (focl__device_demand){
        .type_name = "logits_type",
        .type = description->logits_type,
        .classes = of_rows ? description->shape.classes : 1,
        .are_shared = shape.inner == 1 && !description->target_only,
        .summands = shape.outer * shape.classes * shape.inner,
    };
}

bool focl__loss_job_needs(const focl__loss_job *job, focl__loss_stage stage) {
    const focl__normalizer_source source = job->plan.source;
    switch (stage) {
    case FOCL__STAGE_COUNT:
        return given(job, FOCL__LOSS_counts) || (counts_decide(source) && normalizer_matters(job));
    case FOCL__STAGE_WEIGHTS:
        return source == FOCL__NORMALIZER_WEIGHTS && normalizer_matters(job);
    case FOCL__STAGE_PROBABILITIES:
        return has_probabilities_apart(job);
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
        return stage != FOCL__STAGE_WEIGHTS || !job->plan.shape.dense || focl__loss_is_of_rows(job->description);
    case FOCL__LOSS_class_weights:
    case FOCL__LOSS_weights:
        return stage == FOCL__STAGE_WEIGHTS || stage == FOCL__STAGE_LOSS;
    case FOCL__LOSS_logits:
        return stage == FOCL__STAGE_PROBABILITIES || stage == FOCL__STAGE_LOSS;
    case FOCL__LOSS_probabilities:
    case FOCL__LOSS_pt:
        return stage == (has_probabilities_apart(job) ? FOCL__STAGE_PROBABILITIES : FOCL__STAGE_LOSS);
    case FOCL__LOSS_upstream:
        return stage == FOCL__STAGE_LOSS && has_derivatives(job);
    default:
        return stage == FOCL__STAGE_LOSS;
    }
}

/* ---- Programs ---- */

static int target_code(focl_type type) {
    static const int codes[] = {
        [FOCL_F32] = FOCL_TARGETS_F32, [FOCL_F16] = FOCL_TARGETS_F16, [FOCL_BF16] = FOCL_TARGETS_BF16,
        [FOCL_F64] = FOCL_TARGETS_F64, [FOCL_U8] = FOCL_TARGETS_U8,   [FOCL_I16] = FOCL_TARGETS_I16,
        [FOCL_I32] = FOCL_TARGETS_I32, [FOCL_I64] = FOCL_TARGETS_I64,
    };
    return codes[type];
}

static int output_bits(const focl__loss_job *job, focl__loss_stage stage) {
    static const struct {
        enum focl__loss_array array;
        int bit;
    } outputs[] = {
        {FOCL__LOSS_loss, FOCL_OUTPUT_LOSS},       {FOCL__LOSS_gradient, FOCL_OUTPUT_GRADIENT},
        {FOCL__LOSS_hessian, FOCL_OUTPUT_HESSIAN}, {FOCL__LOSS_probabilities, FOCL_OUTPUT_PROBABILITIES},
        {FOCL__LOSS_pt, FOCL_OUTPUT_PT},
    };
    const int sum = job->row_values ? FOCL_OUTPUT_ROW_LOSSES : FOCL_OUTPUT_SUM;
    int bits = focl__loss_stage_uses(job, stage, FOCL__LOSS_reduced) && !job->sums_apart ? sum : 0;
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        bits |= focl__loss_stage_uses(job, stage, outputs[i].array) ? outputs[i].bit : 0;
    return bits;
}

static int weight_bits(const focl__loss_job *job) {
    int bits = given(job, FOCL__LOSS_class_weights) ? FOCL_OPTION_CLASS_WEIGHTS : 0;
    if (given(job, FOCL__LOSS_weights))
        bits |=
            job->description->weights_extent == FOCL_PER_ROW ? FOCL_OPTION_ROW_WEIGHTS : FOCL_OPTION_ELEMENT_WEIGHTS;
    return bits;
}

static int derivative_bits(const focl__loss_job *job) {
    if (!has_derivatives(job))
        return 0;
    int bits = given(job, FOCL__LOSS_gradient) && job->plan.accumulate != 0.0 ? FOCL_OPTION_ACCUMULATE : 0;
    bits |= job->plan.source != FOCL__NORMALIZER_VALUE ? FOCL_OPTION_NORMALIZER : 0;
    if (given(job, FOCL__LOSS_upstream))
        bits |=
            job->description->upstream_extent == FOCL_PER_ROW ? FOCL_OPTION_ROW_UPSTREAM : FOCL_OPTION_ELEMENT_UPSTREAM;
    return bits;
}

static int loss_bits(const focl__loss_job *job) {
    int bits = job->plan.smoothing != 0.0 ? FOCL_OPTION_SMOOTHING : 0;
    if (given(job, FOCL__LOSS_pos_weights))
        bits |= job->description->pos_weight_count == 1 ? FOCL_OPTION_POS_WEIGHT : FOCL_OPTION_POS_WEIGHTS;
    bits |= job->plan.poly1 != 0.0 ? FOCL_OPTION_POLY1 : 0;
    bits |= job->plan.asymmetric ? FOCL_OPTION_ASYMMETRIC : 0;
    return bits | weight_bits(job) | derivative_bits(job);
}

static int option_bits(const focl__loss_job *job, focl__loss_stage stage) {
    int common = job->description->target_only ? FOCL_OPTION_TARGET_ONLY : 0;
    common |= focl__loss_is_of_rows(job->description) ? FOCL_OPTION_ROWS : 0;
    common |= job->plan.strided ? FOCL_OPTION_STRIDED : 0;
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
static bool needs_index64(const focl__loss_job *job) {
    const focl__loss_shape *shape = &job->plan.shape;
    const size_t most = max_of(max_of(shape->elements, shape->rows), shape->span);
    return job->handle->wide_indices || most > (size_t)UINT_MAX - 1024 * (size_t)FOCL_TILE;
}

/* The source of the losses, and the kernel in it where a row is one summand. */
static const char *loss_source_of(const focl__loss_job *job) {
    if (job->description->target_only)
        return job->plan.view.inner == 1 && !job->plan.strided ? "target_loss_rows" : "target_loss_pixels";
    if (!is_of_rows(job))
        return "sigmoid_loss";
    if (has_short_rows(job))
        return "softmax_loss_short_rows";
    return job->plan.view.inner == 1 ? "softmax_loss_rows" : "softmax_loss_pixels";
}

/* The source of a stage's kernel. */
static const char *source_of(const focl__loss_job *job, focl__loss_stage stage) {
    switch (stage) {
    case FOCL__STAGE_PROBABILITIES:
        return "sigmoid_loss";
    case FOCL__STAGE_LOSS:
        return loss_source_of(job);
    default:
        return "normalizer";
    }
}

static void define_scalar_type(const focl__loss_job *job, focl__program_key *key) {
    if (job->plan.scalar_type == FOCL_F64)
        focl__program_define(key, "FOCL_FP64", 1);
}

/* The least vector that has room for all classes. */
static unsigned vector_for(size_t classes) {
    unsigned vector = 1;
    while (vector < classes && vector < FOCL__USUAL_VECTOR)
        vector *= 2;
    return vector;
}

/* What a program may know of the number of classes; a program for each would be many. */
static void define_row_length(const focl__loss_job *job, focl__program_key *key) {
    const size_t classes = job->plan.view.classes;
    if (has_short_rows(job))
        focl__program_define(key, "FOCL_ROW_WIDTH", (int)vector_for(classes));
    else if (classes % FOCL__ONE_REGISTER == 0)
        focl__program_define(key, "FOCL_CLASSES_MULTIPLE", FOCL__ONE_REGISTER);
}

static focl__program_key program_key(const focl__loss_job *job, focl__loss_stage stage) {
    focl__program_key key = {.source = source_of(job, stage)};
    focl__program_define(&key, "FOCL_TARGETS", target_code(job->description->targets_type));
    focl__program_define(&key, "FOCL_OPTIONS", option_bits(job, stage));
    focl__program_define(&key, "FOCL_ACTIVATION", job->plan.activation);
    focl__program_define(&key, "FOCL_OBJECTIVE", job->plan.objective);
    if (job->description->logits_type != FOCL_F32)
        focl__program_define(&key, "FOCL_STORAGE", focl__storage_code(job->description->logits_type));
    define_scalar_type(job, &key);
    if (needs_index64(job))
        focl__program_define(&key, "FOCL_INDEX64", 1);
    if (stage == FOCL__STAGE_LOSS || stage == FOCL__STAGE_PROBABILITIES) {
        focl__program_define(&key, "FOCL_GAMMA", job->plan.gamma_kind);
        focl__program_define(&key, "FOCL_OUTPUTS", output_bits(job, stage));
        if (given(job, FOCL__LOSS_hessian))
            focl__program_define(&key, "FOCL_CURVATURE_KIND", job->plan.curvature);
    }
    if (stage == FOCL__STAGE_LOSS && is_of_rows(job) && job->plan.view.inner == 1)
        define_row_length(job, &key);
    return key;
}

/* ---- Arguments of the kernels over elements ---- */

typedef struct kernel_arrays {
#define ARRAY_MEMBER(type, name) focl__array_argument name;
    FOCL_KERNEL_ARRAYS(ARRAY_MEMBER)
#undef ARRAY_MEMBER
} kernel_arrays;

typedef focl__scalar cl_focl_scalar;

typedef struct kernel_scalars {
#define SCALAR_MEMBER(type, name) cl_##type name;
    FOCL_KERNEL_SCALARS(SCALAR_MEMBER)
#undef SCALAR_MEMBER
} kernel_scalars;

static focl__array_argument array_at(const focl__loss_job *job, enum focl__loss_array array,
                                     const focl_buffer *buffer) {
    const size_t bytes = job->plan.shape.arrays[array].element_bytes;
    return (focl__array_argument){buffer->memory, bytes ? buffer->offset / bytes : 0};
}

/* The normaliser in device memory: the caller's, or the one that an earlier stage left. */
static focl__array_argument normalizer_at(const focl__loss_job *job, const focl_buffer *arrays) {
    if (job->plan.source == FOCL__NORMALIZER_ARRAY)
        return array_at(job, FOCL__LOSS_normalizer, &arrays[FOCL__LOSS_normalizer]);
    return (focl__array_argument){job->values, NORMALIZER_OFFSET / scalar_bytes(job)};
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
    case FOCL_I16:
        return label >= INT16_MIN && label <= INT16_MAX;
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
        .first_slot = piece->slots.first,
        .classes = plan->view.classes,
        .inner = plan->view.inner,
        .outer_stride = plan->strides.outer,
        .class_stride = plan->strides.classes,
        .inner_stride = plan->strides.inner,
        .ignore_index = description->ignore_index,
        .background = description->background,
        .has_ignore_index = description->has_ignore_index && target_can_be(type, description->ignore_index),
        .has_background = description->has_background && target_can_be(type, description->background),
        .gamma = scalar_of(job, plan->gamma),
        .gamma_negative = scalar_of(job, plan->gamma_negative),
        .margin = scalar_of(job, plan->margin),
        .poly1 = scalar_of(job, plan->poly1),
        .alpha_positive = scalar_of(job, plan->alpha_positive),
        .alpha_negative = scalar_of(job, plan->alpha_negative),
        .smoothing = scalar_of(job, plan->smoothing),
        .clip = scalar_of(job, plan->clip),
        .upstream_scalar = scalar_of(job, plan->upstream),
        .divisor = scalar_of(job, plan->divisor),
        .accumulate = scalar_of(job, plan->accumulate),
    };
}

static void add_arguments(const focl__loss_job *job, focl__arguments *arguments, const kernel_arrays *arrays,
                          const kernel_scalars *scalars) {
    const struct {
        size_t as_int;
        size_t as_long;
        size_t as_ulong;
        size_t as_focl_scalar;
    } bytes = {sizeof(cl_int), sizeof(cl_long), sizeof(cl_ulong), scalar_bytes(job)};
#define ADD_ARRAY(type, name)                                            \
    focl__argument_add(arguments, sizeof(cl_mem), &arrays->name.memory); \
    focl__argument_add(arguments, sizeof(cl_ulong), &arrays->name.offset);
    FOCL_KERNEL_ARRAYS(ADD_ARRAY)
#undef ADD_ARRAY
#define ADD_SCALAR(type, name) focl__argument_add(arguments, bytes.as_##type, &scalars->name);
    FOCL_KERNEL_SCALARS(ADD_SCALAR)
#undef ADD_SCALAR
}

/* How a kernel goes through a piece. */
typedef struct walk {
    const char *kernel;
    focl__spread spread;
    bool over_rows;  /* not over elements */
    bool keeps_rows; /* takes row_values */
} walk;

static walk walk_of(const focl__loss_job *job, focl__loss_stage stage) {
    static const walk over_elements = {"sigmoid_loss_elements", FOCL__SPREAD_SHARED, false, false};
    const bool sums_rows = focl__loss_sums_rows(job->description);
    const bool spreads_rows = sums_rows && has_many_classes(job);
    const focl__spread of_tiles = spreads_rows ? FOCL__SPREAD_VECTORS : FOCL__SPREAD_SHARED;
    switch (stage) {
    case FOCL__STAGE_COUNT:
        return (walk){"normalizer_count", FOCL__SPREAD_PER_TILE, !job->plan.shape.dense, false};
    case FOCL__STAGE_WEIGHTS:
        return (walk){"normalizer_weights", of_tiles, sums_rows, true};
    case FOCL__STAGE_PROBABILITIES:
        return over_elements;
    default:
        break;
    }
    if (!sums_rows)
        return over_elements;
    return (walk){loss_source_of(job), has_row_tiles(job) ? of_tiles : FOCL__SPREAD_ROWS, true, true};
}

/* A vector that goes on in the next row loads what there is per class lane by lane: do not let every other one. */
static unsigned widest_of_elements(const focl__loss_job *job) {
    const bool classes_matter = given(job, FOCL__LOSS_class_weights) || given(job, FOCL__LOSS_pos_weights);
    if (!classes_matter || job->plan.view.inner != 1)
        return FOCL_LANES;
    return job->plan.view.classes % FOCL__USUAL_VECTOR == 0 ? FOCL__USUAL_VECTOR : FOCL__ONE_REGISTER;
}

/* Half of a row's last vector should not be idle. Folds have no vectors, but share their stage's program. */
static unsigned widest_vector(const focl__loss_job *job, focl__loss_stage stage) {
    const focl_view view = job->plan.view;
    if (stage == FOCL__STAGE_LOSS && (job->description->target_only || !is_of_rows(job)))
        return widest_of_elements(job);
    if (stage == FOCL__STAGE_LOSS && has_short_rows(job))
        return job->plan.scalar_type == FOCL_F64 ? FOCL__ONE_REGISTER / 2 : FOCL__ONE_REGISTER;
    if (view.inner != 1 || job->description->target_only)
        return FOCL__USUAL_VECTOR;
    return is_of_rows(job) && view.classes <= FOCL__USUAL_VECTOR ? vector_for(view.classes) : FOCL__ONE_REGISTER;
}

/* Rows that a group goes through twice should still be in a core's cache the second time. */
enum { GROUP_CACHE_BYTES = 1 << 17 };

static size_t rows_of_group(const focl__loss_job *job) {
    const size_t row_bytes = job->plan.view.classes * scalar_bytes(job) * (job->plan.shape.dense ? 2 : 1);
    return row_bytes < GROUP_CACHE_BYTES ? GROUP_CACHE_BYTES / max_of(1, row_bytes) : 1;
}

focl_status focl__loss_job_walk(focl__loss_job *job, focl__loss_stage stage, const focl__loss_piece *piece) {
    const walk how = walk_of(job, stage);
    const size_t start = how.over_rows ? piece->first_row : piece->first;
    const size_t end = how.over_rows ? piece->rows_end : piece->end;
    if (start >= end || (stage != FOCL__STAGE_COUNT && piece->first >= piece->end))
        return FOCL_OK;
    const kernel_arrays arrays = arrays_of(job, piece);
    const kernel_scalars scalars = scalars_of(job, piece);
    const cl_ulong first_tile = start / FOCL_TILE;
    focl__arguments arguments = {0};
    add_arguments(job, &arguments, &arrays, &scalars);
    if (how.spread != FOCL__SPREAD_ROWS) {
        focl__argument_add(&arguments, sizeof job->tiles, &job->tiles);
        focl__argument_add(&arguments, sizeof first_tile, &first_tile);
    }
    if (how.keeps_rows)
        focl__argument_add(&arguments, sizeof job->row_values, &job->row_values);
    const focl__launch_description launch = {
        .kernel = how.kernel,
        .key = program_key(job, stage),
        .spread = how.spread,
        .tiles = tiles_in(end - start),
        .rows = end - start,
        .group_rows = rows_of_group(job),
        .lanes_max = how.spread == FOCL__SPREAD_ROWS ? FOCL_LANES : 0,
        .vector_max = widest_vector(job, stage),
        .is_f64 = job->plan.scalar_type == FOCL_F64,
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
    const cl_ulong normalizer_offset = NORMALIZER_OFFSET / scalar_bytes(job);
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
        .vector_max = widest_vector(job, FOCL__STAGE_COUNT),
        .is_f64 = job->plan.scalar_type == FOCL_F64,
        .arguments = &arguments,
    };
    return focl__launch(job->handle, &job->chain, &launch);
}

/* Where a fold of sums writes. */
typedef struct fold_targets {
    focl__array_argument normalizer;
    cl_int has_normalizer;
    focl__scalar divisor;
    focl__scalar empty;
    focl__array_argument reduced;
    focl__array_argument used_normalizer;
} fold_targets;

static focl__program_key row_sum_key(const focl__loss_job *job) {
    focl__program_key key = {.source = "row_sum"};
    define_scalar_type(job, &key);
    if (needs_index64(job))
        focl__program_define(&key, "FOCL_INDEX64", 1);
    return key;
}

focl_status focl__loss_job_sum(focl__loss_job *job, cl_mem summands, size_t count, size_t tile) {
    const cl_ulong rows = count;
    const cl_ulong first_tile = tile;
    focl__arguments arguments = {0};
    if (count == 0)
        return FOCL_OK;
    focl__argument_add(&arguments, sizeof summands, &summands);
    focl__argument_add(&arguments, sizeof rows, &rows);
    focl__argument_add(&arguments, sizeof job->tiles, &job->tiles);
    focl__argument_add(&arguments, sizeof first_tile, &first_tile);
    const focl__launch_description launch = {
        .kernel = "row_sum_tiles",
        .key = row_sum_key(job),
        .spread = FOCL__SPREAD_SHARED,
        .tiles = tiles_in(count),
        .is_f64 = job->plan.scalar_type == FOCL_F64,
        .arguments = &arguments,
    };
    return focl__launch(job->handle, &job->chain, &launch);
}

/* From the rows' values to sums of tiles. */
static focl_status sum_rows(focl__loss_job *job) {
    return job->row_values ? focl__loss_job_sum(job, job->row_values, summands_of(job), 0) : FOCL_OK;
}

static focl_status fold_sums(focl__loss_job *job, focl__loss_stage stage, const fold_targets *to) {
    const bool apart = job->row_values || !has_row_tiles(job);
    const cl_ulong tiles = tiles_in(summands_of(job));
    const cl_int has_reduced = to->reduced.memory != NULL;
    const cl_int has_used = to->used_normalizer.memory != NULL;
    focl__arguments arguments = {0};
    focl__argument_add(&arguments, sizeof job->tiles, &job->tiles);
    focl__argument_add(&arguments, sizeof tiles, &tiles);
    focl__argument_add(&arguments, sizeof to->normalizer.memory, &to->normalizer.memory);
    focl__argument_add(&arguments, sizeof to->normalizer.offset, &to->normalizer.offset);
    focl__argument_add(&arguments, sizeof to->has_normalizer, &to->has_normalizer);
    focl__argument_add(&arguments, scalar_bytes(job), &to->divisor);
    focl__argument_add(&arguments, scalar_bytes(job), &to->empty);
    focl__argument_add(&arguments, sizeof has_reduced, &has_reduced);
    focl__argument_add(&arguments, sizeof to->reduced.memory, &to->reduced.memory);
    focl__argument_add(&arguments, sizeof to->reduced.offset, &to->reduced.offset);
    focl__argument_add(&arguments, sizeof has_used, &has_used);
    focl__argument_add(&arguments, sizeof to->used_normalizer.memory, &to->used_normalizer.memory);
    focl__argument_add(&arguments, sizeof to->used_normalizer.offset, &to->used_normalizer.offset);
    const focl__launch_description launch = {
        .kernel = "reduce_fold",
        .key = apart ? row_sum_key(job) : program_key(job, stage),
        .spread = FOCL__SPREAD_ONE,
        .vector_max = apart ? FOCL__USUAL_VECTOR : widest_vector(job, stage),
        .is_f64 = job->plan.scalar_type == FOCL_F64,
        .arguments = &arguments,
    };
    return focl__launch(job->handle, &job->chain, &launch);
}

/* The sum of weights becomes the normaliser of the next stage. */
static focl_status fold_weights(focl__loss_job *job) {
    const fold_targets to = {
        .divisor = scalar_of(job, 1.0),
        .reduced = {job->values, NORMALIZER_OFFSET / scalar_bytes(job)},
    };
    const focl_status status = sum_rows(job);
    return status ? status : fold_sums(job, FOCL__STAGE_WEIGHTS, &to);
}

static focl_status fold_loss(focl__loss_job *job, const focl_buffer *arrays) {
    if (!given(job, FOCL__LOSS_reduced) && !given(job, FOCL__LOSS_used_normalizer))
        return FOCL_OK;
    const fold_targets to = {
        .normalizer = normalizer_at(job, arrays),
        .has_normalizer = job->plan.source != FOCL__NORMALIZER_VALUE,
        .divisor = scalar_of(job, job->plan.divisor),
        .empty = scalar_of(job, job->plan.empty),
        .reduced = array_at(job, FOCL__LOSS_reduced, &arrays[FOCL__LOSS_reduced]),
        .used_normalizer = array_at(job, FOCL__LOSS_used_normalizer, &arrays[FOCL__LOSS_used_normalizer]),
    };
    const focl_status status = given(job, FOCL__LOSS_reduced) ? sum_rows(job) : FOCL_OK;
    return status ? status : fold_sums(job, FOCL__STAGE_LOSS, &to);
}

focl_status focl__loss_job_fold(focl__loss_job *job, focl__loss_stage stage, const focl_buffer *arrays) {
    switch (stage) {
    case FOCL__STAGE_COUNT:
        return fold_counts(job, arrays);
    case FOCL__STAGE_WEIGHTS:
        return fold_weights(job);
    case FOCL__STAGE_PROBABILITIES:
        return FOCL_OK;
    default:
        return fold_loss(job, arrays);
    }
}
