/* The Python dictionary in the header of a .npy file. */
#ifndef FOCL_CLI_NPY_HEADER_H
#define FOCL_CLI_NPY_HEADER_H

#include "npy.h"

/*
 * Reads the dictionary into kind, item_bytes, swapped, fortran_order and shape of *array. False with a clause in
 * *problem, such as "its header has no 'shape'".
 */
bool focl__npy_parse_header(const char *text, size_t bytes, focl__npy *array, const char **problem);

/* Whether this machine stores the high byte first. */
bool focl__npy_big_endian_machine(void);

#endif
