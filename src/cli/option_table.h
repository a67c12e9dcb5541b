/* Command lines described by tables: the same table parses them and prints the help. */
#ifndef FOCL_CLI_OPTION_TABLE_H
#define FOCL_CLI_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "complaint.h"

/* Reads the text after an option into its place; text is NULL for an option without argument. */
typedef bool focl__option_parser(const char *option, const char *text, void *place, focl__complaint *complaint);

typedef struct focl__option {
    const char *name;     /* "--gamma" */
    const char *argument; /* what the help calls it: "G"; NULL: the option takes none */
    const char *help;     /* NULL: the option is not for people */
    focl__option_parser *parse;
    size_t offset; /* of its place in the command's structure of options */
} focl__option;

typedef struct focl__grammar {
    const char *command;  /* "loss" */
    bool is_program;      /* command is the name of a program, not of a subcommand of focl */
    const char *summary;  /* of a program: a clause, for the first line of its manual page */
    const char *operands; /* "NAME LOGITS.npy TARGETS.npy", "" for none */
    size_t operand_count;
    size_t optional_operands;             /* how many of them may be missing: the last ones */
    const char *(*name_at)(size_t index); /* the first operand is one of these, NULL behind the last; NULL: a file */
    const char *about;                    /* for the help: lines that each end with "\n" */
    const focl__option *options;
    size_t option_count;
} focl__grammar;

enum { FOCL__MAX_OPTIONS = 48, FOCL__GENERAL_OPTION_COUNT = 2 };

/* What every command has besides its own: --help and --version. */
extern const focl__option focl__general_options[FOCL__GENERAL_OPTION_COUNT];

/*
 * Parses the arguments after the command's name. Operands and options may be mixed, "--option=value" is the same as
 * "--option value", and "--" ends the options. An option given twice or unknown is a complaint about usage. --help and
 * --version print to stdout and set *finished; so does --describe=FORM (describe.h).
 */
bool focl__parse_arguments(const focl__grammar *grammar, int count, char **arguments, void *options,
                           const char **operands, bool *finished, focl__complaint *complaint);

/* Number options. A number that was not given is told from one that was. */
typedef struct focl__number {
    bool given;
    double value;
} focl__number;

typedef struct focl__integer {
    bool given;
    int64_t value;
} focl__integer;

/* The parsers that every command may use; each names the type of its place. */
focl__option_parser focl__parse_flag;    /* bool */
focl__option_parser focl__parse_text;    /* const char * */
focl__option_parser focl__parse_number;  /* focl__number, finite */
focl__option_parser focl__parse_integer; /* focl__integer */

/* Finds text among words, NULL at their end; a complaint lists them. */
bool focl__parse_word(const char *option, const char *text, const char *const *words, size_t *found,
                      focl__complaint *complaint);

/* Parses a finite number that must fill the whole text. */
bool focl__read_number(const char *text, double *value);

#endif
