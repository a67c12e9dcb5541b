#include "conformance_named.h"

#include <stdio.h>

/* What is told of a peer is the project's own thread, or what its source does; see docs/conformance.md. */
static const struct {
    const char *name;
    const char *known_from;
    const char *expectation;
    conformance_function *run;
    bool quick;
} named[] = {
    {"every gamma on extreme logits", "pow(1 - p, gamma - 1): optax #1267, SAM3",
     "gamma 0 to 5, logits 0 to FLT_MAX of both signs: loss, gradient and curvature within their bounds",
     conformance_every_gamma, true},
    {"gamma < 1 at p = 1", "kornia #918, keras-retinanet #706",
     "certain and right: loss and gradient go to 0, no NaN, of elements and of rows", conformance_certain_examples,
     true},
    {"logit 9.39 in half", "mmcv #1488", "f16 logits around 9.39: no logarithm of 0, within the bounds",
     conformance_half_logits, true},
    {"right by more than 17.3", "MIOpen #3143: 0 * log(0)",
     "logits of 17.4 and more with their true target: no 0 * infinity", conformance_right_beyond_17, true},
    {"wrong by more than 87.3365", "mmcv, Caffe2: log(max(p, FLT_MIN))",
     "a loss of 88 and more is that, not 87.3365, with its gradient", conformance_wrong_beyond_87, true},
    {"logits that are no numbers", "MONAI, softmax: -inf * 0", "-infinity is a class that cannot be, NaN stays NaN",
     conformance_infinite_logits, true},
    {"alpha off, 0, 0.25 and 1", "TensorFlow #61519: ignored", "each within the bounds; alpha 0 makes positives 0",
     conformance_every_alpha, true},
    {"class weights of 0", "focal_loss_torch #18",
     "weighted mean of what weighs nothing: 0 or NaN as asked, gradient 0", conformance_class_weights_of_0, true},
    {"confident rows in 16 bits", "Liger: cancels as softmax -> 1",
     "f16 and bf16 rows sure of their class: gradients keep their digits", conformance_confident_rows, true},
    {"background labels", "mmcv: weight[C], beyond its end", "a background label makes every column negative, as told",
     conformance_background, true},
    {"ignored labels", "PyTorch #108148, PaddleSeg #1899",
     "loss, gradient and curvature exactly 0 whatever the logits hold", conformance_ignored, true},
    {"labels out of range", "MONAI #1082, PyTorch #12670", "FOCL_ELABEL with position and value, and nothing written",
     conformance_out_of_range, true},
    {"everything ignored", "PyTorch #116349, #70348: NaN", "the mean is 0 or NaN as asked, the gradient 0",
     conformance_all_ignored, true},
    {"no positive at all", "apex: divided by num_pos = 0", "the mean over positives divides by 1",
     conformance_no_positives, true},
    {"no elements", "mmcv: target.max() of nothing", "sums are 0, counters are 0", conformance_empty, true},
    {"unreduced with random upstream", "DirectML #739, #740; Liger #1298", "each gradient times its own upstream value",
     conformance_upstream, true},
    {"accumulated gradients", "apex: backward twice", "factor times the old gradient plus the new",
     conformance_accumulated, true},
    {"gradient over the logits", "Liger #272", "the same bits as into memory of its own, twice", conformance_in_place,
     true},
    {"gamma 0 is cross entropy", "SAM3 #575: NaN at gamma 0", "the same bits", conformance_gamma_0, true},
    {"the same bits again", "PyTorch #17350, #46024: atomics", "no bit of any output changes from run to run",
     conformance_repeated, true},
    {"any work-group size and vector width", "apex, dlprimitives: float atomics", "no bit depends on the mapping",
     conformance_mappings, true},
    {"numbers of classes", "apex: C a multiple of 4 or 8", "1 to 32000 classes, as rows and as pixels",
     conformance_class_numbers, true},
    {"NHWC, odd planes and gaps", "mmcv: (N, C) only; dlprimitives: 2-D",
     "any strides, and what lies between stays as it was", conformance_strided, true},
    {"indices of 64 bits", "PyTorch #90793, #111484", "the kernels for more than 2^31 elements, on few",
     conformance_wide_indices, true},
    {"more than 2^31 elements", "PyTorch #111484; mmcv: int", "2^31 + 5 elements counted and summed",
     conformance_many_elements, false},
    {"digits of 120-digit arithmetic", "MIOpen: its reference is its kernel",
     "the truth used here and the device against values calculated apart", conformance_digits, true},
    {"slopes of the loss", "ASL: factor held constant", "gradient and curvature are the derivatives of the loss",
     conformance_slopes, true},
    {"published numbers", "-", "what other projects print and test", conformance_published, true},
};

void conformance_add_named(conformance_list *list) {
    for (size_t i = 0; i < COUNT_OF(named); i++) {
        conformance_case one = {
            .operation = "named",
            .objective = "-",
            .type = "-",
            .targets = "-",
            .mapping = "-",
            .known_from = named[i].known_from,
            .expectation = named[i].expectation,
            .quick = named[i].quick,
            .run = named[i].run,
            .stream = 900000 + 100 * i,
        };
        (void)snprintf(one.name, sizeof one.name, "%s", named[i].name);
        conformance_add(list, &one);
    }
}

/* ---- Problems ---- */

static void put_all(loss_problem *problem, enum loss_array array, const float *values, size_t repetitions) {
    const focl_type type = loss_array_type(&problem->description, array);
    problem->inputs[array] = test_guarded(loss_array_bytes(&problem->description, array));
    for (size_t i = 0; i < loss_array_elements(&problem->description, array); i++)
        loss_put_value(type, problem->inputs[array], i, (double)values[i / repetitions]);
}

loss_problem conformance_pairs(const char *name, const focl_loss_description *base, const float *logits, size_t count) {
    focl_loss_description description = *base;
    description.shape = (focl_view){2 * count, 1, 1};
    loss_problem problem = loss_problem_empty(name, &description);
    put_all(&problem, LOSS_logits, logits, 2);
    problem.inputs[LOSS_targets] = test_guarded(loss_array_bytes(&description, LOSS_targets));
    for (size_t i = 0; i < 2 * count; i++)
        loss_put_value(description.targets_type, problem.inputs[LOSS_targets], i, (double)(i % 2));
    return problem;
}

loss_problem conformance_rows(const char *name, const focl_loss_description *base, const float *logits,
                              const int32_t *labels) {
    focl_loss_description description = *base;
    description.targets_type = FOCL_I32;
    loss_problem problem = loss_problem_empty(name, &description);
    put_all(&problem, LOSS_logits, logits, 1);
    loss_problem_set(&problem, LOSS_targets, labels);
    return problem;
}

void conformance_random(conformance_run *run, const loss_recipe *recipe, uint64_t stream) {
    loss_problem problem = loss_problem_create(recipe, stream);
    conformance_loss(run, &problem);
    loss_problem_free(&problem);
}
