/* What may stand after an option, as its row in an option table says it: for shells, which complete it. */
#ifndef FOCL_CLI_OPTION_VALUES_H
#define FOCL_CLI_OPTION_VALUES_H

#include "option_table.h"

typedef enum focl__value_kind {
    FOCL__VALUE_ABSENT, /* the option takes none */
    FOCL__VALUE_ANY,    /* a number, a name */
    FOCL__VALUE_FILE,
    FOCL__VALUE_WORDS /* one of several */
} focl__value_kind;

typedef struct focl__value {
    focl__value_kind kind;
    char words[256]; /* with blanks between */
} focl__value;

/*
 * The words are those of an argument such as "zero|nan", or of a help such as "logits or probabilities (logits)" and
 * "of the weights: inverse, median or enet (inverse)". An argument FILE or with a full stop in it, "F.npy", is a file;
 * SELECTOR is a device, of which the classes are known.
 */
focl__value focl__value_of(const focl__option *option);

#endif
