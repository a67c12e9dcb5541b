/* One JSON text on a stream: commas, escapes and numbers are right whatever is put in. */
#ifndef FOCL_CLI_JSON_WRITER_H
#define FOCL_CLI_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct focl__json {
    FILE *stream;
    bool first; /* nothing stands before the next value in its object or array */
} focl__json;

focl__json focl__json_start(FILE *stream);

/* In all of these key is NULL inside an array and for the outermost value. The end of a text is the caller's "\n". */
void focl__json_open(focl__json *json, const char *key, char bracket); /* '{' or '[' */
void focl__json_close(focl__json *json, char bracket);                 /* '}' or ']' */
void focl__json_null(focl__json *json, const char *key);
void focl__json_bool(focl__json *json, const char *key, bool value);
void focl__json_unsigned(focl__json *json, const char *key, uint64_t value);

/* Enough digits to read the same number back; null for infinities and NaN, which JSON does not have. */
void focl__json_float(focl__json *json, const char *key, float value);
void focl__json_double(focl__json *json, const char *key, double value);

/* Bytes that are not UTF-8 become U+FFFD. NULL becomes null. */
void focl__json_string(focl__json *json, const char *key, const char *text);

#endif
