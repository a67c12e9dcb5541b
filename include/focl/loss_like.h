/*
 * Presets: the loss functions of other projects, so that a port is checked with one call.
 *
 *   focl_loss_description description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){rows, classes, 1});
 *   description.targets_type = FOCL_I64;
 *   focl_status status = focl_loss_like("mmcv", "mean", &description);
 *
 *   project       function                                      activation and objective          targets
 *   torchvision   ops.sigmoid_focal_loss                        FOCL_SIGMOID, FOCL_FOCAL          any
 *   fvcore        nn.sigmoid_focal_loss                         FOCL_SIGMOID, FOCL_FOCAL          any
 *   mmcv          ops.sigmoid_focal_loss                        FOCL_SIGMOID, FOCL_FOCAL          class indices
 *                 ops.softmax_focal_loss                        FOCL_SOFTMAX, FOCL_FOCAL          class indices
 *   apex          contrib.focal_loss                            FOCL_SIGMOID, FOCL_FOCAL          class indices
 *                 contrib.xentropy.SoftmaxCrossEntropyLoss      FOCL_SOFTMAX, FOCL_CROSS_ENTROPY  class indices
 *   monai         losses.FocalLoss                              FOCL_SIGMOID, FOCL_FOCAL          any
 *                 losses.FocalLoss(use_softmax=True)            FOCL_SOFTMAX, FOCL_FOCAL          any
 *   kornia        losses.binary_focal_loss_with_logits          FOCL_SIGMOID, FOCL_FOCAL          any
 *                 losses.focal_loss                             FOCL_SOFTMAX, FOCL_FOCAL          class indices
 *   keras         binary_focal_crossentropy                     FOCL_SIGMOID, FOCL_FOCAL          any
 *                 the same, from_logits=False                   FOCL_IDENTITY, FOCL_FOCAL         any
 *                 categorical_focal_crossentropy                FOCL_SOFTMAX, FOCL_FOCAL          any
 *                 the same, from_logits=False                   FOCL_CATEGORICAL, FOCL_FOCAL      any
 *   paddle        nn.functional.sigmoid_focal_loss              FOCL_SIGMOID, FOCL_FOCAL          any
 *                 nn.functional.cross_entropy                   FOCL_SOFTMAX, FOCL_CROSS_ENTROPY  class indices
 *   pytorch-ce    nn.CrossEntropyLoss                           FOCL_SOFTMAX, FOCL_CROSS_ENTROPY  any
 *                 nn.BCEWithLogitsLoss                          FOCL_SIGMOID, FOCL_CROSS_ENTROPY  any
 *
 * Class indices stand for the one-hot targets that a project may want instead. Rounding and overflow are nobody's
 * convention: where a project's formula loses digits, the value here is the right one.
 */
#ifndef FOCL_LOSS_LIKE_H
#define FOCL_LOSS_LIKE_H

#include <stdbool.h>
#include <stddef.h>

#include "focl/export.h"
#include "focl/loss.h"
#include "focl/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The projects by number: "torchvision", ...; NULL after the last. Static storage. */
FOCL_API const char *focl_loss_like_project(size_t number);

/*
 * *description says which loss of what data is meant: its activation, objective, shape and targets_type, the rest from
 * focl_loss_default. What the project's function does when it is told nothing goes into gamma, alpha, clip,
 * ignore_index, background, reduction, normalizer and empty; nothing else is touched. reduction is "none", "mean" or
 * "sum" in the project's own sense (a mean may be over all elements, which here is a given normalizer), NULL for its
 * default. Set afterwards what that function's caller would give it; apex's num_positives_sum is `normalizer`.
 * FOCL_EINVAL: no such project or word. FOCL_ENOTSUP: the project has no such loss, takes no such targets, or knows no
 * such reduction.
 */
FOCL_API focl_status focl_loss_like(const char *project, const char *reduction, focl_loss_description *description);

/*
 * The alpha of monai's and kornia's softmax focal loss is a weight per class: [1 - alpha, alpha, alpha, ...].
 * Multiplies class_weights (shape.classes of them, 1 where the caller has none) by these, turns description->alpha off
 * and sets *changed; for other losses, and without alpha, changes nothing. FOCL_EINVAL, FOCL_ENOTSUP.
 */
FOCL_API focl_status focl_loss_like_class_weights(const char *project, focl_loss_description *description,
                                                  float *class_weights, bool *changed);

/* The function's name, as above; NULL where the project has none for this description. Static storage. */
FOCL_API const char *focl_loss_like_function(const char *project, const focl_loss_description *description);

/*
 * What the description, as it now is, does not do as the project does: one sentence per number, NULL after the last.
 * with_class_weights: the call will have class_weights. Static storage.
 */
FOCL_API const char *focl_loss_like_note(const char *project, const focl_loss_description *description,
                                         bool with_class_weights, size_t number);

#ifdef __cplusplus
}
#endif

#endif
