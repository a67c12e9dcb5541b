/* Completion in zsh, by its _arguments. */
#include <stdio.h>
#include <string.h>

#include "describe.h"
#include "option_values.h"

/* Inside single quotes, where brackets and colons mean something to _arguments, too. */
static void print_quoted(const char *text) {
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            printf("%s%c", strchr("[]:\\", *text) ? "\\" : "", *text);
    }
}

static void print_option(const focl__option *option, const char *indent) {
    const focl__value value = focl__value_of(option);
    printf(" \\\n%s'%s%s[", indent, option->name, option->argument ? "=" : "");
    print_quoted(option->help);
    putchar(']');
    if (option->argument) {
        putchar(':');
        print_quoted(option->argument);
        putchar(':');
    }
    if (value.kind == FOCL__VALUE_FILE)
        fputs("_files", stdout);
    else if (value.kind == FOCL__VALUE_WORDS)
        printf("(%s)", value.words);
    else if (value.kind == FOCL__VALUE_ANY)
        putchar(' ');
    putchar('\'');
}

static void print_options(const focl__option *options, size_t count, const char *indent) {
    for (size_t i = 0; i < count; i++)
        if (options[i].help)
            print_option(&options[i], indent);
}

static void begin(const focl__program *program) {
    printf("#compdef %s\n# Written by: %s --describe=zsh\n", program->name, program->name);
    if (program->grammar)
        return;
    fputs("local curcontext=$curcontext state line commands\ntypeset -A opt_args\n"
          "_arguments -C '1: :->command' '*:: :->argument'",
          stdout);
    print_options(focl__general_options, FOCL__GENERAL_OPTION_COUNT, "    ");
    fputs("\ncase $state in\ncommand)\n    commands=(\n", stdout);
    for (size_t i = 0; i < program->command_count; i++) {
        printf("        '%s:", program->commands[i].name);
        print_quoted(program->commands[i].summary);
        fputs("'\n", stdout);
    }
    fputs("    )\n    _describe command commands\n    ;;\nargument)\n    case $line[1] in\n", stdout);
}

static void print_operands(const focl__grammar *grammar, const char *indent) {
    if (grammar->name_at) {
        printf(" \\\n%s'1:name:(", indent);
        for (size_t i = 0; grammar->name_at(i); i++)
            printf("%s%s", i ? " " : "", grammar->name_at(i));
        fputs(")'", stdout);
    }
    if (grammar->operand_count)
        printf(" \\\n%s'*:file:_files'", indent);
}

static void section(const focl__grammar *grammar) {
    const char *indent = grammar->is_program ? "    " : "            ";
    if (!grammar->is_program)
        printf("    %s)\n        ", grammar->command);
    fputs("_arguments", stdout);
    print_operands(grammar, indent);
    print_options(grammar->options, grammar->option_count, indent);
    print_options(focl__general_options, FOCL__GENERAL_OPTION_COUNT, indent);
    fputs(grammar->is_program ? "\n" : "\n        ;;\n", stdout);
}

static void end(const focl__program *program) {
    if (!program->grammar)
        fputs("    esac\n    ;;\nesac\n", stdout);
}

const focl__form focl__zsh_form = {"zsh", begin, section, end};
