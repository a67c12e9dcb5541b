/* Manual pages, in the man macros of roff. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "describe.h"
#include "environment.h"
#include "focl/version.h"

/* ---- Text ---- */

/* Characters that roff would take for something else, or print as something else. */
static const char *escape_of(char character) {
    static const struct {
        char character;
        const char *escape;
    } escapes[] = {{'\\', "\\e"},  {'-', "\\-"},    {'^', "\\(ha"}, {'~', "\\(ti"},
                   {'`', "\\(ga"}, {'\'', "\\(aq"}, {'"', "\\(dq"}};
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
        if (escapes[i].character == character)
            return escapes[i].escape;
    return NULL;
}

static void print_escaped(const char *text, size_t length) {
    if (length > 0 && *text == '.')
        fputs("\\&", stdout);
    for (size_t i = 0; i < length; i++) {
        const char *escape = escape_of(text[i]);
        if (escape)
            fputs(escape, stdout);
        else
            putchar(text[i]);
    }
}

static void print_word(const char *text) {
    print_escaped(text, strlen(text));
}

/* A text of lines: those that start with a blank stay as they are, the others are filled. */
static void print_text(const char *text) {
    bool as_it_is = false;
    for (; *text; text += strcspn(text, "\n") + 1) {
        const size_t length = strcspn(text, "\n");
        if ((*text == ' ') != as_it_is)
            puts(as_it_is ? ".fi" : ".nf");
        as_it_is = *text == ' ';
        if (length == 0) {
            puts(".PP");
            continue;
        }
        print_escaped(text, length);
        putchar('\n');
    }
    if (as_it_is)
        puts(".fi");
}

static void print_item(const char *name, const char *argument, const char *help) {
    fputs(".TP\n\\fB", stdout);
    print_word(name);
    fputs("\\fR", stdout);
    if (argument) {
        fputs(" \\fI", stdout);
        print_word(argument);
        fputs("\\fR", stdout);
    }
    putchar('\n');
    print_word(help);
    putchar('\n');
}

static void print_options(const focl__option *options, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (options[i].help)
            print_item(options[i].name, options[i].argument, options[i].help);
}

/* ---- The page ---- */

static void print_title(const char *name) {
    fputs(".TH \"", stdout);
    for (; *name; name++)
        putchar(toupper((unsigned char)*name));
    printf("\" 1 \"\" \"focl %s\" \"User commands\"\n", focl_version());
}

static void begin(const focl__program *program) {
    print_title(program->name);
    fputs(".SH NAME\n", stdout);
    print_word(program->name);
    fputs(" \\- ", stdout);
    print_word(program->summary);
    fputs("\n.SH SYNOPSIS\n\\fB", stdout);
    print_word(program->name);
    fputs("\\fR ", stdout);
    print_word(program->grammar ? program->grammar->operands : "COMMAND");
    printf("%s[options]\n.SH DESCRIPTION\n", program->grammar && !*program->grammar->operands ? "" : " ");
    print_text(program->about);
    if (program->grammar)
        return;
    for (size_t i = 0; i < program->command_count; i++)
        print_item(program->commands[i].name, NULL, program->commands[i].summary);
    puts(".SH COMMANDS");
}

static void section(const focl__grammar *grammar) {
    if (grammar->is_program) {
        puts(".SH OPTIONS");
    } else {
        fputs(".SS \"focl ", stdout);
        print_word(grammar->command);
        putchar(' ');
        print_word(grammar->operands);
        printf("%s[options]\"\n", *grammar->operands ? " " : "");
        print_text(grammar->about);
    }
    print_options(grammar->options, grammar->option_count);
}

static void print_environment(void) {
    puts(".SH ENVIRONMENT");
    for (size_t i = 0; focl__variable_at(i); i++)
        print_item(focl__variable_at(i)->name, NULL, focl__variable_at(i)->help);
}

static void print_see_also(const char *name) {
    static const char *const programs[] = {"focl", "focl-bench", "focl-conformance"};
    const char *before = "";
    puts(".SH SEE ALSO");
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        if (strcmp(programs[i], name) == 0)
            continue;
        printf("%s\\fB", before);
        print_word(programs[i]);
        fputs("\\fR(1)", stdout);
        before = ",\n";
    }
    putchar('\n');
}

static void end(const focl__program *program) {
    if (!program->grammar)
        puts(".SH OPTIONS OF ALL COMMANDS");
    print_options(focl__general_options, FOCL__GENERAL_OPTION_COUNT);
    print_environment();
    if (program->exit_status) {
        puts(".SH EXIT STATUS");
        print_text(program->exit_status);
    }
    print_see_also(program->name);
}

const focl__form focl__manual_form = {"man", begin, section, end};
