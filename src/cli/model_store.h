/* Where the files of a model are kept: in a folder, or in an archive. */
#ifndef FOCL_CLI_MODEL_STORE_H
#define FOCL_CLI_MODEL_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "complaint.h"

/* X(part, file): all that a model may consist of. */
#define FOCL__MODEL_TABLE(X)              \
    X(FOCL__MODEL_WEIGHTS, "weights.npy") \
    X(FOCL__MODEL_BIAS, "bias.npy")       \
    X(FOCL__MODEL_MEAN, "mean.npy")       \
    X(FOCL__MODEL_SCALE, "scale.npy")     \
    X(FOCL__MODEL_DESCRIPTION, "model.json")

typedef enum focl__model_part {
#define FOCL__MODEL_ENUM(part, file) part,
    FOCL__MODEL_TABLE(FOCL__MODEL_ENUM)
#undef FOCL__MODEL_ENUM
        FOCL__MODEL_PARTS
} focl__model_part;

/* "weights.npy" */
const char *focl__model_file(focl__model_part part);

/* Whole files, by part; bytes NULL where there is none. */
typedef struct focl__model_files {
    struct {
        char *bytes; /* owned */
        size_t count;
    } files[FOCL__MODEL_PARTS];
} focl__model_files;

void focl__model_files_free(focl__model_files *files);

/* A place for a model. All fail with a complaint; read leaves what is not there NULL. */
typedef struct focl__model_store {
    bool (*check)(const char *path, focl__complaint *complaint);
    bool (*write)(const focl__model_files *files, const char *path, focl__complaint *complaint);
    bool (*read)(focl__model_files *files, const char *path, focl__complaint *complaint);
} focl__model_store;

extern const focl__model_store focl__model_folder;
extern const focl__model_store focl__model_archive; /* says so if focl was built without libzip */

#endif
