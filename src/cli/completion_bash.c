/*
 * Completion in bash. The section of a command says which options there are, and what may follow the last word; what
 * stands after the sections makes the answer of it.
 */
#include <ctype.h>
#include <stdio.h>

#include "describe.h"
#include "option_values.h"

/* A function's name for a program's: "-" becomes "_". */
static void print_function_name(const char *program) {
    putchar('_');
    for (; *program; program++)
        putchar(isalnum((unsigned char)*program) ? *program : '_');
}

/* The first word that is no option and no value of --device or --math, which may stand before the command. */
static const char find_command[] = "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                                   "        case ${COMP_WORDS[i]} in\n"
                                   "        --device | --math) ((++i)) ;;\n"
                                   "        -* | =) ;;\n"
                                   "        *)\n"
                                   "            command=${COMP_WORDS[i]}\n"
                                   "            break\n"
                                   "            ;;\n"
                                   "        esac\n"
                                   "    done\n";

static void begin(const focl__program *program) {
    printf("# What bash completes after %s. Written by: %s --describe=bash\n", program->name, program->name);
    print_function_name(program->name);
    /* An "=" is a word of its own to bash. */
    printf("() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' i\n"
           "    local options='' value=file words=''\n"
           "    COMPREPLY=()\n"
           "    [ \"$word\" != = ] || word=''\n"
           "    [ \"$previous\" != = ] || previous=${COMP_WORDS[COMP_CWORD - 2]}\n"
           "%s"
           "    case $command in\n",
           program->grammar ? "" : find_command);
    if (program->grammar)
        return;
    fputs("    '')\n        options='--device --math", stdout);
    for (size_t i = 0; i < FOCL__GENERAL_OPTION_COUNT; i++)
        printf(" %s", focl__general_options[i].name);
    fputs("'\n        value=words words='", stdout);
    for (size_t i = 0; i < program->command_count; i++)
        printf("%s%s", i ? " " : "", program->commands[i].name);
    fputs("'\n        ;;\n", stdout);
}

static void print_names(const focl__option *options, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (options[i].help)
            printf(" %s", options[i].name);
}

static void print_value(const focl__option *option) {
    static const char *const kinds[] = {
        [FOCL__VALUE_ANY] = "none", [FOCL__VALUE_FILE] = "file", [FOCL__VALUE_WORDS] = "words"};
    const focl__value value = focl__value_of(option);
    if (value.kind != FOCL__VALUE_ABSENT)
        printf("        %s) options='' value=%s words='%s' ;;\n", option->name, kinds[value.kind], value.words);
}

/* The names that the first operand may have, while that is what stands behind the command. */
static void print_operand_names(const focl__grammar *grammar) {
    fputs("        ((COMP_CWORD != i + 1)) || value=words words='", stdout);
    for (size_t i = 0; grammar->name_at(i); i++)
        printf("%s%s", i ? " " : "", grammar->name_at(i));
    fputs("'\n", stdout);
}

static void section(const focl__grammar *grammar) {
    printf("    %s)\n        options='", grammar->is_program ? "*" : grammar->command);
    print_names(grammar->options, grammar->option_count);
    print_names(focl__general_options, FOCL__GENERAL_OPTION_COUNT);
    printf("'\n        value=%s\n", grammar->operand_count ? "file" : "none");
    if (grammar->name_at)
        print_operand_names(grammar);
    fputs("        case $previous in\n", stdout);
    for (size_t i = 0; i < grammar->option_count; i++)
        if (grammar->options[i].help)
            print_value(&grammar->options[i]);
    fputs("        esac\n        ;;\n", stdout);
}

static void end(const focl__program *program) {
    fputs("    esac\n"
          "    if [[ $word == -* && -n $options ]]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
          "    elif [ $value = words ]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
          "    elif [ $value = file ]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
          "        compopt -o filenames 2>/dev/null || true\n"
          "    fi\n"
          "}\n"
          "complete -F ",
          stdout);
    print_function_name(program->name);
    printf(" %s\n", program->name);
}

const focl__form focl__bash_form = {"bash", begin, section, end};
