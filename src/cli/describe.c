#include "describe.h"

#include <string.h>

static const char option_start[] = "--describe=";

static const focl__form *const forms[] = {&focl__manual_form, &focl__bash_form, &focl__zsh_form, &focl__fish_form};
enum { FORM_COUNT = sizeof forms / sizeof *forms };

bool focl__asks_for_description(const char *argument) {
    return strncmp(argument, option_start, sizeof option_start - 1) == 0;
}

static const focl__form *find_form(const char *argument, focl__complaint *complaint) {
    const char *words[FORM_COUNT + 1] = {NULL};
    size_t found = 0;
    for (size_t i = 0; i < FORM_COUNT; i++)
        words[i] = forms[i]->word;
    return focl__parse_word("--describe", argument + sizeof option_start - 1, words, &found, complaint) ? forms[found]
                                                                                                        : NULL;
}

bool focl__describe_grammar(const focl__grammar *grammar, const char *argument, focl__complaint *complaint) {
    const focl__form *form = find_form(argument, complaint);
    const focl__program program = {
        .name = grammar->command, .summary = grammar->summary, .about = grammar->about, .grammar = grammar};
    if (form && grammar->is_program)
        form->begin(&program);
    if (form)
        form->section(grammar);
    if (form && grammar->is_program)
        form->end(&program);
    return form != NULL;
}

/* Each command prints its own section: its table is its own. */
bool focl__describe_program(const focl__program *program, char *argument, focl__complaint *complaint) {
    const focl__form *form = find_form(argument, complaint);
    bool good = form != NULL;
    if (good)
        form->begin(program);
    for (size_t i = 0; good && i < program->command_count; i++)
        good = program->commands[i].run(1, &argument, complaint);
    if (good)
        form->end(program);
    return good;
}
