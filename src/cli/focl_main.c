/* The focl command: finds the subcommand, runs it, and turns complaints into sentences and exit statuses. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_info.h"
#include "command.h"
#include "console.h"
#include "describe.h"
#include "focl/version.h"

static const focl__command commands[] = {
    {"demo", "the main job on a batch of logits and labels, explained line by line", focl__command_demo},
    {"devices", "the OpenCL devices, which one is chosen and why", focl__command_devices},
    {"loss", "a loss, its gradient and more, from .npy files", focl__command_loss},
    {"counts", "how often each class occurs, and class weights by recipe", focl__command_counts},
    {"pt", "p_t, the probability given to what is true, of probabilities or logits", focl__command_pt},
    {"activate", "sigmoid, softmax, their logarithms and their derivatives", focl__command_activate},
    {"train", "a linear classifier from features and labels, with any of the losses", focl__command_train},
    {"predict", "what a trained classifier takes rows of features for", focl__command_predict},
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static const focl__program program = {
    .name = "focl",
    .summary = "focal loss and its relatives on OpenCL",
    .about =
        "focl COMMAND --help tells more. --device SELECTOR (or FOCL_DEVICE), --math strict|native (or FOCL_MATH),\n"
        "--help and --version work everywhere. focl --describe=man prints the manual page, and --describe=bash, zsh\n"
        "or fish what these shells complete.\n",
    .exit_status =
        "Exit status: 0 done, 1 the data or the device failed, 2 the command line is wrong, 130 Ctrl-C ended a\n"
        "training.\n",
    .commands = commands,
    .command_count = COMMAND_COUNT,
};

static void print_help(void) {
    printf("focl %s: %s\n\n", focl_version(), program.summary);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  focl %-9s %s\n", commands[i].name, commands[i].summary);
    printf("\n%s%s", program.about, program.exit_status);
}

static const focl__command *find_command(const char *name) {
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

/* The first argument that is no option; --device and --math may stand before the command with their values. */
static int find_command_argument(int count, char **arguments) {
    int i = 1;
    while (i < count && arguments[i][0] == '-') {
        bool takes_value = strcmp(arguments[i], "--device") == 0 || strcmp(arguments[i], "--math") == 0;
        i += takes_value ? 2 : 1;
    }
    return i;
}

/* Moves the options that stand before the command behind it. */
static void put_command_first(char **arguments, int position) {
    char *name = arguments[position];
    memmove(arguments + 2, arguments + 1, (size_t)(position - 1) * sizeof *arguments);
    arguments[1] = name;
}

/* What can be asked of no command in particular. */
static bool print_general(int count, char **arguments, bool *printed, focl__complaint *complaint) {
    *printed = true;
    for (int i = 1; i < count; i++) {
        if (focl__asks_for_description(arguments[i]))
            return focl__describe_program(&program, arguments[i], complaint);
        if (strcmp(arguments[i], "--version") == 0) {
            focl__print_version();
            return true;
        }
        if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0) {
            print_help();
            return true;
        }
    }
    *printed = false;
    return true;
}

static bool run(int count, char **arguments, const focl__command **chosen, focl__complaint *complaint) {
    int position = find_command_argument(count, arguments);
    bool printed = false;
    if (position >= count)
        return print_general(count, arguments, &printed, complaint) &&
               (printed || focl__fail_usage(complaint, "it needs a command"));
    put_command_first(arguments, position);
    *chosen = find_command(arguments[1]);
    if (!*chosen)
        return focl__fail_usage(complaint, "%s: is no command of focl", arguments[1]);
    return (*chosen)->run(count - 2, arguments + 2, complaint);
}

/* A full disk shows only now. */
static bool flush_output(focl__complaint *complaint) {
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    return focl__fail_data(complaint, "standard output: %s", strerror(errno));
}

static void print_complaint(const focl__complaint *complaint, const focl__command *chosen) {
    fprintf(stderr, "%sfocl:%s %s", focl__bold(stderr), focl__plain(stderr), complaint->text);
    if (complaint->exit_status == FOCL__EXIT_USAGE)
        fprintf(stderr, " (see: focl %s%s--help)", chosen ? chosen->name : "", chosen ? " " : "");
    fputc('\n', stderr);
}

int main(int count, char **arguments) {
    focl__complaint complaint = {0};
    const focl__command *chosen = NULL;
    if (run(count, arguments, &chosen, &complaint) && flush_output(&complaint))
        return EXIT_SUCCESS;
    print_complaint(&complaint, chosen);
    return complaint.exit_status;
}
