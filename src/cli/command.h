/* The subcommands of focl. Each takes the arguments after its name; false with a complaint if it failed. */
#ifndef FOCL_CLI_COMMAND_H
#define FOCL_CLI_COMMAND_H

#include "complaint.h"

typedef bool focl__command_function(int count, char **arguments, focl__complaint *complaint);

typedef struct focl__command {
    const char *name;
    const char *summary; /* a clause */
    focl__command_function *run;
} focl__command;

focl__command_function focl__command_activate;
focl__command_function focl__command_counts;
focl__command_function focl__command_demo;
focl__command_function focl__command_devices;
focl__command_function focl__command_loss;
focl__command_function focl__command_predict;
focl__command_function focl__command_pt;
focl__command_function focl__command_train;

#endif
