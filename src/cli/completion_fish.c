/* Completion in fish: a line for each command and each option. */
#include <stdio.h>
#include <string.h>

#include "describe.h"
#include "option_values.h"

static void print_quoted(const char *text) {
    putchar('\'');
    for (; *text; text++)
        printf("%s%c", strchr("'\\", *text) ? "\\" : "", *text);
    putchar('\'');
}

/* condition: when the option is offered; "" always. */
static void print_option(const char *program, const char *condition, const focl__option *option) {
    const focl__value value = focl__value_of(option);
    printf("complete -c %s%s -l %s", program, condition, option->name + strspn(option->name, "-"));
    if (value.kind == FOCL__VALUE_FILE)
        fputs(" -r -F", stdout);
    else if (value.kind != FOCL__VALUE_ABSENT)
        fputs(" -x", stdout);
    if (value.kind == FOCL__VALUE_WORDS)
        printf(" -a '%s'", value.words);
    fputs(" -d ", stdout);
    print_quoted(option->help);
    putchar('\n');
}

static void print_options(const char *program, const char *condition, const focl__option *options, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (options[i].help)
            print_option(program, condition, &options[i]);
}

static void begin(const focl__program *program) {
    printf("# What fish completes after %s. Written by: %s --describe=fish\n", program->name, program->name);
    for (size_t i = 0; i < program->command_count; i++) {
        printf("complete -c %s -f -n __fish_use_subcommand -a %s -d ", program->name, program->commands[i].name);
        print_quoted(program->commands[i].summary);
        putchar('\n');
    }
    print_options(program->name, "", focl__general_options, FOCL__GENERAL_OPTION_COUNT);
}

static void section(const focl__grammar *grammar) {
    char condition[128] = "";
    const char *program = grammar->is_program ? grammar->command : "focl";
    if (!grammar->is_program)
        snprintf(condition, sizeof condition, " -n '__fish_seen_subcommand_from %s'", grammar->command);
    for (size_t i = 0; grammar->name_at && grammar->name_at(i); i++)
        printf("complete -c %s%s -a %s\n", program, condition, grammar->name_at(i));
    if (!grammar->operand_count)
        printf("complete -c %s%s -f\n", program, condition);
    print_options(program, condition, grammar->options, grammar->option_count);
}

static void end(const focl__program *program) {
    (void)program;
}

const focl__form focl__fish_form = {"fish", begin, section, end};
