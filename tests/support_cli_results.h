/* What the tests of focl loss share: its files and its JSON, compared with the reference. */
#ifndef FOCL_TESTS_SUPPORT_CLI_RESULTS_H
#define FOCL_TESTS_SUPPORT_CLI_RESULTS_H

#include "support_cli.h"

/* A run of focl loss, and what the library means by it. */
typedef struct loss_run {
    const char *arguments; /* without --json and the outputs */
    const char *shape;     /* of the logits, as the files must have it: "(4, 3)" */
    const char *row_shape; /* without the class axis */
    focl_loss_description description;
    focl_loss_host_inputs inputs;
    double ulps; /* by which results may differ from the reference */
} loss_run;

/* Runs it with --json and every output that there can be, and compares everything with the reference. */
void assert_agrees(const loss_run *run);

/* The same for a run that also must say something on stderr. */
void assert_agrees_and_says(const loss_run *run, const char *fragment);

/* The values of a file that must have this shape and this type; to be freed. */
double *read_values(const char *name, const char *shape, focl_type type, size_t count);

/* The bits of an f2 whose value is the same; not for subnormal ones. */
uint16_t half_bits(float value);

/* The f32 whose bits "loss_bits" tells. */
float loss_from_bits(const char *json);

#endif
