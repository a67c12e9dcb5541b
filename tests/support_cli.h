/*
 * What the tests of the command have in common: a small problem and the digits as files of the scratch folder, and
 * judgements of a run.
 */
#ifndef FOCL_TESTS_SUPPORT_CLI_H
#define FOCL_TESTS_SUPPORT_CLI_H

#include "support_command.h"

/* ---- A small problem: 4 rows of 3 classes, exact in f2 ---- */

enum { ROWS = 4, CLASSES = 3, ELEMENTS = ROWS * CLASSES };

extern const float logits[ELEMENTS];          /* x.npy */
extern const uint8_t labels[ROWS];            /* t.npy */
extern const float dense[ELEMENTS];           /* dense.npy */
extern const float class_weights[CLASSES];    /* class.npy */
extern const float pos_weights[CLASSES];      /* pos.npy */
extern const float row_weights[ROWS];         /* rows.npy */
extern const float element_weights[ELEMENTS]; /* elements.npy */
extern const float upstream_rows[ROWS];       /* upstream.npy */
extern const float one_value[1];              /* one.npy */
extern const float probabilities[ELEMENTS];   /* p.npy */
extern const float transposed[ELEMENTS];      /* transposed.npy: the logits with the class axis first */

#define LOSS "loss sigmoid-focal @x.npy @t.npy "

/* Writes all of them. */
void write_problem(void);

/* f4 in this machine's byte order: "<f4". */
const char *native_f4(void);
void write_floats(const char *name, const char *shape, const float *values, size_t count);

/* The values of an f4 file that has this shape; to be freed. */
float *read_floats(const char *name, const char *shape, size_t count);

/* digits.npy and digit_labels.npy, all rows or the first few on a slow device; both arrays are to be freed. */
size_t write_digits(float **digits, char **digit_labels);

/* ---- Judgements ---- */

/* A run that must fail: the exit status, one sentence on stderr with the fragment in it, no output, no new file. */
void assert_fails(const char *arguments, const char *environment, int status, const char *fragment);

/* A run that must work, silently on stderr and without colours. */
command_result assert_works(const char *arguments);

/* A test case whose files are removed after each test. */
TCase *add_case(Suite *suite, const char *name);

/* Runs the suite, or skips it where FOCL_COMMAND is not set; the exit status for main. */
int command_test_main(Suite *suite);

#endif
