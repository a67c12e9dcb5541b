/* The bit-exact mirror of weighted sums: the kernel's terms (weighted_sum_agreement.clh) in the order of reduce.clh. */
#include "../cl/reduce.clh"
#include "../cl/weighted_sum_agreement.clh"
#include "mirror_private.h"

typedef struct sum_mirror {
    const focl_weighted_sum_description *description;
    const void *losses;
    const void *weights;
} sum_mirror;

static focl_scalar term_of(void *context, size_t index) {
    const sum_mirror *m = context;
    const focl_scalar loss = focl__mirror_element(m->description->losses_type, m->losses, index);
    if (!m->weights)
        return focl_flush(loss);
    return focl_weighted_term(loss, focl__mirror_element(m->description->weights_type, m->weights, index));
}

void FOCL__MIRRORED(focl__mirror_weighted_sum)(const focl_weighted_sum_description *description, const void *losses,
                                               const void *weights, void *sum) {
    sum_mirror m = {description, losses, weights};
    const focl_scalar value = focl__mirror_sum(description->elements, term_of, &m);
    *(focl_scalar *)sum = focl_normalized(value, 1.0F, 0.0F);
}
