#include "option_table.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_info.h"
#include "describe.h"

const focl__option focl__general_options[FOCL__GENERAL_OPTION_COUNT] = {
    {"--help", NULL, "this text", NULL, 0},
    {"--version", NULL, "the version of the library, and what it was built with", NULL, 0},
};

typedef struct parse_state {
    const focl__grammar *grammar;
    int count;
    char **arguments;
    int next;
    bool only_operands; /* "--" was seen */
    bool given[FOCL__MAX_OPTIONS];
    char *options;
    const char **operands;
    size_t operand_count;
    focl__complaint *complaint;
} parse_state;

/* What stands before the command's name where it is told how to call it. */
static const char *program_of(const focl__grammar *grammar) {
    return grammar->is_program ? "" : "focl ";
}

static void print_option(const focl__option *option) {
    char left[64];
    const char *argument = option->argument ? option->argument : "";
    snprintf(left, sizeof left, "%s%s%s", option->name, *argument ? " " : "", argument);
    if (option->help)
        printf("  %-26s %s\n", left, option->help);
}

static void print_help(const focl__grammar *grammar) {
    printf("%s%s %s%s[options]\n\n%s\n", program_of(grammar), grammar->command, grammar->operands,
           *grammar->operands ? " " : "", grammar->about);
    for (size_t i = 0; i < grammar->option_count; i++)
        print_option(&grammar->options[i]);
    for (size_t i = 0; i < FOCL__GENERAL_OPTION_COUNT; i++)
        print_option(&focl__general_options[i]);
}

/* --help and --version, wherever they stand. */
static bool print_if_asked(const focl__grammar *grammar, const char *argument) {
    if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0)
        print_help(grammar);
    else if (strcmp(argument, "--version") == 0)
        focl__print_version();
    else
        return false;
    return true;
}

static size_t find_option(const focl__grammar *grammar, const char *name, size_t length) {
    size_t i = 0;
    while (i < grammar->option_count &&
           (strlen(grammar->options[i].name) != length || memcmp(grammar->options[i].name, name, length) != 0))
        i++;
    return i;
}

/* The value of an option: after its "=", or the next argument whatever it looks like. */
static bool take_value(parse_state *state, const focl__option *option, const char *equals, const char **text) {
    *text = NULL;
    if (!option->argument && equals)
        return focl__fail_usage(state->complaint, "%s: takes no value", option->name);
    if (!option->argument)
        return true;
    if (!equals && state->next == state->count)
        return focl__fail_usage(state->complaint, "%s: needs a value %s", option->name, option->argument);
    *text = equals ? equals + 1 : state->arguments[state->next++];
    return true;
}

static bool parse_option(parse_state *state, const char *argument) {
    const char *equals = strchr(argument, '=');
    size_t length = equals ? (size_t)(equals - argument) : strlen(argument);
    size_t index = find_option(state->grammar, argument, length);
    if (index == state->grammar->option_count)
        return focl__fail_usage(state->complaint, "%.*s: is no option of %s%s", (int)length, argument,
                                program_of(state->grammar), state->grammar->command);
    const focl__option *option = &state->grammar->options[index];
    const char *text = NULL;
    if (state->given[index])
        return focl__fail_usage(state->complaint, "%s: is given twice", option->name);
    state->given[index] = true;
    if (!take_value(state, option, equals, &text))
        return false;
    return option->parse(option->name, text, state->options + option->offset, state->complaint);
}

static bool parse_operand(parse_state *state, const char *argument) {
    if (state->operand_count == state->grammar->operand_count)
        return focl__fail_usage(state->complaint, "\"%s\": one argument too many; %s%s takes %s", argument,
                                program_of(state->grammar), state->grammar->command,
                                *state->grammar->operands ? state->grammar->operands : "options only");
    state->operands[state->operand_count++] = argument;
    return true;
}

static bool parse_next(parse_state *state, bool *finished) {
    const char *argument = state->arguments[state->next++];
    bool looks_like_option = argument[0] == '-' && argument[1] != '\0';
    if (state->only_operands || !looks_like_option)
        return parse_operand(state, argument);
    if (strcmp(argument, "--") == 0) {
        state->only_operands = true;
        return true;
    }
    if (focl__asks_for_description(argument)) {
        *finished = true;
        return focl__describe_grammar(state->grammar, argument, state->complaint);
    }
    *finished = print_if_asked(state->grammar, argument);
    return *finished || parse_option(state, argument);
}

bool focl__parse_arguments(const focl__grammar *grammar, int count, char **arguments, void *options,
                           const char **operands, bool *finished, focl__complaint *complaint) {
    parse_state state = {.grammar = grammar,
                         .count = count,
                         .arguments = arguments,
                         .options = options,
                         .operands = operands,
                         .complaint = complaint};
    *finished = false;
    while (state.next < count && !*finished)
        if (!parse_next(&state, finished))
            return false;
    if (!*finished && state.operand_count + grammar->optional_operands < grammar->operand_count)
        return focl__fail_usage(complaint, "%s%s needs %s", program_of(grammar), grammar->command, grammar->operands);
    return true;
}

bool focl__parse_flag(const char *option, const char *text, void *place, focl__complaint *complaint) {
    (void)option, (void)text, (void)complaint;
    *(bool *)place = true;
    return true;
}

bool focl__parse_text(const char *option, const char *text, void *place, focl__complaint *complaint) {
    if (*text == '\0')
        return focl__fail_usage(complaint, "%s: its value is empty", option);
    *(const char **)place = text;
    return true;
}

bool focl__read_number(const char *text, double *value) {
    char *end = NULL;
    if (*text == '\0' || strspn(text, "+-.0123456789eE") != strlen(text))
        return false; /* no blanks, no hexadecimal, no words: strtod takes more than a command line should */
    *value = strtod(text, &end);
    return *end == '\0' && isfinite(*value);
}

bool focl__parse_number(const char *option, const char *text, void *place, focl__complaint *complaint) {
    focl__number *number = place;
    number->given = true;
    if (!focl__read_number(text, &number->value))
        return focl__fail_usage(complaint, "%s: \"%s\" is not a finite decimal number such as 2 or 0.25", option, text);
    return true;
}

bool focl__parse_integer(const char *option, const char *text, void *place, focl__complaint *complaint) {
    focl__integer *integer = place;
    char *end = NULL;
    bool plain = *text != '\0' && strspn(text, "+-0123456789") == strlen(text);
    errno = 0;
    intmax_t value = plain ? strtoimax(text, &end, 10) : 0;
    if (!plain || *end != '\0' || errno == ERANGE || value > INT64_MAX || value < INT64_MIN)
        return focl__fail_usage(complaint, "%s: \"%s\" is not a whole number of 64 bits", option, text);
    integer->given = true;
    integer->value = (int64_t)value;
    return true;
}

bool focl__parse_word(const char *option, const char *text, const char *const *words, size_t *found,
                      focl__complaint *complaint) {
    char list[256] = "";
    size_t used = 0;
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            *found = i;
            return true;
        }
        const char *before = i == 0 ? "" : words[i + 1] ? ", " : " or ";
        int written = snprintf(list + used, sizeof list - used, "%s%s", before, words[i]);
        used += written > 0 ? (size_t)written : 0;
        if (used >= sizeof list)
            used = sizeof list - 1;
    }
    return focl__fail_usage(complaint, "%s: \"%s\" is not %s", option, text, list);
}
