/* What `focl demo` shows about one loss: the device's answer, the reference's, how far apart they are, and the times.
 */
#ifndef FOCL_CLI_DEMO_EVALUATION_H
#define FOCL_CLI_DEMO_EVALUATION_H

#include "focl/loss.h"
#include "loss_data.h"

typedef struct focl__evaluation {
    focl_loss_description description;
    size_t elements;
    size_t rows;

    float reduced;
    float *loss;     /* elements */
    float *gradient; /* elements */
    float *pt;       /* elements */
    focl_loss_counts counts;
    double first_seconds;  /* the first call, compilation included */
    double build_seconds;  /* compilation in it */
    double kernel_seconds; /* the kernels of the second call */

    double reference_reduced;
    double *reference_loss;
    double *reference_gradient;
    double *reference_pt;
    double reference_seconds;

    double *row_loss; /* rows: the sum of the row's element losses */
} focl__evaluation;

/* The same loss twice on the device and once by the reference. Free afterwards, whatever this returned. */
bool focl__evaluate(focl__evaluation *evaluation, focl_handle *handle, const focl__loss_data *data, double gamma,
                    double alpha, focl__complaint *complaint);

void focl__evaluation_free(focl__evaluation *evaluation);

/*
 * The distance of value from the reference in units of the spacing of f32 numbers at the reference; below 2^-126, where
 * results may be 0, in units of 2^-126.
 */
double focl__ulps(double reference, float value);

/* The largest distance of count values. */
double focl__worst_ulps(const double *reference, const float *values, size_t count);

/* The rows in the order of falling loss, to be freed; NULL without memory. */
size_t *focl__hardest_rows(const focl__evaluation *evaluation);

/* The hardest tenth of the rows, at least one where there are any. */
size_t focl__tenth_of_rows(const focl__evaluation *evaluation);

/* The share of the total loss that the hardest tenth of the rows has; 0 where there is no loss. */
double focl__share_of_hardest_tenth(const focl__evaluation *evaluation, const size_t *order);

#endif
