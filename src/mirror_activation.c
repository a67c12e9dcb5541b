/*
 * The bit-exact mirror of activations: the kernels' arithmetic (activation.clh) and both orders of a row's sums, that
 * of activation_pixels.cl where inner > 1 and that of row_totals.clh where it is 1.
 */
#include "../cl/activation.clh"
#include "activation_check.h"
#include "mirror_private.h"

/* What a call is while it is walked through. */
typedef struct activation_mirror {
    const focl_activation_description *description;
    const focl_activation_host_inputs *inputs;
    const focl_activation_host_outputs *outputs;
    focl_strides strides;
    int kind;
    bool has_product;
} activation_mirror;

static focl_scalar x_at(const activation_mirror *m, size_t slot) {
    return focl__mirror_element(m->description->type, m->inputs->x, slot);
}

static focl_scalar upstream_at(const activation_mirror *m, size_t slot) {
    return m->has_product ? focl__mirror_element(m->description->type, m->inputs->upstream, slot) : 0.0F;
}

static void write_at(const activation_mirror *m, void *array, size_t slot, focl_scalar value) {
    if (array)
        focl__mirror_store(m->description->type, array, slot, value);
}

static void write_activated(const activation_mirror *m, size_t slot, focl_activated activated) {
    write_at(m, m->outputs->value, slot, activated.value);
    write_at(m, m->outputs->product, slot, activated.product);
}

static size_t slot_of(const activation_mirror *m, size_t row, size_t class_number) {
    const size_t inner = m->description->shape.inner;
    return row / inner * m->strides.outer + class_number * m->strides.classes + row % inner * m->strides.inner;
}

/* ---- The sums of a row ---- */

/* A row's largest logit, and the upstream gradient that others are measured from. */
typedef struct peak {
    focl_scalar maximum;
    focl_scalar reference;
} peak;

static peak peak_of(const activation_mirror *m, size_t row) {
    peak found = {x_at(m, slot_of(m, row, 0)), upstream_at(m, slot_of(m, row, 0))};
    for (size_t c = 1; c < m->description->shape.classes; c++) {
        const focl_scalar x = x_at(m, slot_of(m, row, c));
        const focl_scalar u = upstream_at(m, slot_of(m, row, c));
        if (x > found.maximum || (x == found.maximum && u > found.reference))
            found.reference = u;
        if (x > found.maximum)
            found.maximum = x;
    }
    return (peak){focl_row_maximum(found.maximum), focl_flush(found.reference)};
}

static focl_row_sums part_of(const activation_mirror *m, size_t row, peak from, size_t class_number) {
    const size_t slot = slot_of(m, row, class_number);
    const focl_scalar e = focl_exp_difference(x_at(m, slot), from.maximum);
    return focl_activation_part(e, upstream_at(m, slot), from.reference, m->kind, m->has_product);
}

/* Of `step` classes apart, from first on, below end: blocks plainly, block after block into a pair. */
static focl_row_sums sum_blocks(const activation_mirror *m, size_t row, peak from, size_t first, size_t end,
                                size_t step) {
    focl_row_pairs pairs = focl_row_pairs_zero();
    for (size_t start = first; start < end; start += FOCL_BLOCK * step) {
        focl_row_sums block = focl_row_sums_zero();
        for (size_t c = start; c < start + FOCL_BLOCK * step && c < end; c += step)
            block = focl_row_sums_add(block, part_of(m, row, from, c));
        pairs = focl_row_pairs_add(pairs, block);
    }
    return focl_row_pairs_value(pairs);
}

static focl_row_sums sum_chunk(const activation_mirror *m, size_t row, peak from, size_t first, size_t end) {
    focl_row_sums lanes[FOCL_LANES];
    for (size_t lane = 0; lane < FOCL_LANES; lane++)
        lanes[lane] = sum_blocks(m, row, from, first + lane, end, FOCL_LANES);
    for (size_t reach = FOCL_LANES / 2; reach > 0; reach /= 2)
        for (size_t lane = 0; lane < reach; lane++)
            lanes[lane] = focl_row_sums_add(lanes[lane], lanes[lane + reach]);
    return lanes[0];
}

static focl_row_sums sums_of(const activation_mirror *m, size_t row, peak from) {
    const size_t classes = m->description->shape.classes;
    if (m->description->shape.inner != 1)
        return sum_blocks(m, row, from, 0, classes, 1);
    focl_row_pairs pairs = focl_row_pairs_zero();
    for (size_t first = 0; first < classes; first += FOCL_TILE) {
        const size_t end = classes - first < FOCL_TILE ? classes : first + FOCL_TILE;
        pairs = focl_row_pairs_add(pairs, sum_chunk(m, row, from, first, end));
    }
    return focl_row_pairs_value(pairs);
}

/* ---- What is written of a row ---- */

static focl_scalar e_of(const activation_mirror *m, size_t row, const focl_activation_row *of, size_t class_number) {
    return focl_exp_difference(x_at(m, slot_of(m, row, class_number)), of->maximum);
}

static void write_jacobian(const activation_mirror *m, size_t row, const focl_activation_row *of) {
    const size_t classes = m->description->shape.classes;
    for (size_t i = 0; i < classes; i++) {
        const focl_scalar e = e_of(m, row, of, i);
        const focl_scalar p_i = focl_activation_share(e, *of);
        const focl_scalar complement = focl_activation_complement(e, *of);
        for (size_t j = 0; j < classes; j++) {
            const focl_scalar p_j = focl_activation_share(e_of(m, row, of, j), *of);
            write_at(m, m->outputs->jacobian, (row * classes + i) * classes + j,
                     focl_jacobian_entry(i == j, p_i, complement, p_j, m->kind));
        }
    }
}

static void write_row(const activation_mirror *m, size_t row) {
    const peak from = peak_of(m, row);
    const focl_activation_row of = focl_activation_row_of(sums_of(m, row, from), from.maximum, from.reference);
    for (size_t c = 0; c < m->description->shape.classes; c++) {
        const size_t slot = slot_of(m, row, c);
        const focl_scalar e = e_of(m, row, &of, c);
        write_activated(m, slot, focl_activate_class(x_at(m, slot), e, upstream_at(m, slot), of, m->kind));
    }
    if (m->outputs->jacobian)
        write_jacobian(m, row, &of);
}

static void write_elements(const activation_mirror *m, size_t row) {
    for (size_t c = 0; c < m->description->shape.classes; c++) {
        const size_t slot = slot_of(m, row, c);
        write_activated(m, slot, focl_activate_element(x_at(m, slot), upstream_at(m, slot), m->kind));
    }
}

void FOCL__MIRRORED(focl__mirror_activate)(const focl_activation_description *description,
                                           const focl__activation_shape *shape,
                                           const focl_activation_host_inputs *inputs,
                                           const focl_activation_host_outputs *outputs) {
    const activation_mirror m = {
        .description = description,
        .inputs = inputs,
        .outputs = outputs,
        .strides = shape->strides,
        .kind = focl__activation_kind_code(description->kind),
        .has_product = outputs->product != NULL,
    };
    const size_t rows = shape->elements > 0 ? shape->rows : 0;
    for (size_t row = 0; row < rows; row++) {
        if (focl__activation_is_of_rows(description->kind))
            write_row(&m, row);
        else
            write_elements(&m, row);
    }
}
