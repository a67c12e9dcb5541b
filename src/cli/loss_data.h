/* The arrays of a loss from their files: which axis is which, and whether all of them fit together. */
#ifndef FOCL_CLI_LOSS_DATA_H
#define FOCL_CLI_LOSS_DATA_H

#include "focl/loss.h"
#include "npy_convert.h"
#include "option_table.h"

/* Paths; NULL for an array that was not given. */
typedef struct focl__loss_files {
    const char *logits;
    const char *targets;
    const char *class_weights;
    const char *pos_weights;
    const char *weights;
    const char *upstream;
    focl_type logits_type; /* what they are to become: FOCL_F32, _F16, _BF16 or _F64 */
    focl__integer axis; /* of the classes in the logits, from the end if negative; not given: 1 where there are two */
} focl__loss_files;

typedef struct focl__loss_data {
    focl__array logits;
    focl__array targets;
    focl__array class_weights;
    focl__array pos_weights;
    focl__array weights;
    focl__array upstream;
    focl_view view;
    focl__npy_shape row_shape; /* the logits' without the class axis */
    bool has_class_axis;
} focl__loss_data;

/* Opens, checks and converts all files. Close afterwards, whatever this returned. */
bool focl__loss_data_load(focl__loss_data *data, const focl__loss_files *files, focl__complaint *complaint);

/* Whether the data are such as losses of rows take: a class axis, and factors that are per row. */
bool focl__loss_data_check_rows(const focl__loss_data *data, focl__complaint *complaint);

/* Writes what the data determine into a description made with the data's view, and the arrays into *inputs. */
void focl__loss_data_describe(const focl__loss_data *data, focl_loss_description *description,
                              focl_loss_host_inputs *inputs);

void focl__loss_data_close(focl__loss_data *data);

#endif
