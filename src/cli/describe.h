/*
 * A program described for people and shells: its manual page, and what shells complete. Written from the tables that
 * parse its command line, when it is asked for --describe=FORM.
 */
#ifndef FOCL_CLI_DESCRIBE_H
#define FOCL_CLI_DESCRIBE_H

#include "command.h"
#include "option_table.h"

typedef struct focl__program {
    const char *name;             /* "focl-bench" */
    const char *summary;          /* a clause, for the first line of the manual page */
    const char *about;            /* lines that each end with "\n" */
    const char *exit_status;      /* the same; NULL: about tells it */
    const focl__grammar *grammar; /* NULL: it has commands */
    const focl__command *commands;
    size_t command_count;
} focl__program;

/* Between begin and end stands a section for each command, or the one of the program. All of them print to stdout. */
typedef struct focl__form {
    const char *word; /* "man" */
    void (*begin)(const focl__program *program);
    void (*section)(const focl__grammar *grammar);
    void (*end)(const focl__program *program);
} focl__form;

extern const focl__form focl__manual_form, focl__bash_form, focl__zsh_form, focl__fish_form;

/* Whether an argument is --describe=FORM. */
bool focl__asks_for_description(const char *argument);

/* Answers it: with the section of a command of focl, or with all of a program that has no commands. */
bool focl__describe_grammar(const focl__grammar *grammar, const char *argument, focl__complaint *complaint);

/* Answers it with all of a program that has commands. */
bool focl__describe_program(const focl__program *program, char *argument, focl__complaint *complaint);

#endif
