#include "json_writer.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

focl__json focl__json_start(FILE *stream) {
    focl__json json = {stream, true};
    return json;
}

/* The length of the UTF-8 character at the start of text, 0 if there is none. */
static size_t utf8_length(const unsigned char *text) {
    static const struct {
        unsigned char mask, lead;
        size_t bytes;
        uint32_t least; /* smaller ones are written shorter */
    } forms[] = {{0x80, 0x00, 1, 0}, {0xe0, 0xc0, 2, 0x80}, {0xf0, 0xe0, 3, 0x800}, {0xf8, 0xf0, 4, 0x10000}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if ((text[0] & forms[i].mask) != forms[i].lead)
            continue;
        uint32_t code = text[0] & (unsigned char)~forms[i].mask;
        for (size_t k = 1; k < forms[i].bytes; k++) {
            if ((text[k] & 0xc0) != 0x80)
                return 0;
            code = code << 6 | (text[k] & 0x3fU);
        }
        bool surrogate = code >= 0xd800 && code <= 0xdfff;
        return code < forms[i].least || code > 0x10ffff || surrogate ? 0 : forms[i].bytes;
    }
    return 0;
}

static void write_text(FILE *stream, const char *text) {
    const unsigned char *at = (const unsigned char *)text;
    fputc('"', stream);
    while (*at) {
        size_t length = utf8_length(at);
        if (length == 0)
            fputs("\\ufffd", stream);
        else if (*at == '"' || *at == '\\')
            fprintf(stream, "\\%c", *at);
        else if (*at < 0x20)
            fprintf(stream, "\\u%04x", *at);
        else
            fwrite(at, 1, length, stream);
        at += length ? length : 1;
    }
    fputc('"', stream);
}

static void begin(focl__json *json, const char *key) {
    if (!json->first)
        fputs(", ", json->stream);
    json->first = false;
    if (key) {
        write_text(json->stream, key);
        fputs(": ", json->stream);
    }
}

void focl__json_open(focl__json *json, const char *key, char bracket) {
    begin(json, key);
    fputc(bracket, json->stream);
    json->first = true;
}

void focl__json_close(focl__json *json, char bracket) {
    fputc(bracket, json->stream);
    json->first = false;
}

void focl__json_null(focl__json *json, const char *key) {
    begin(json, key);
    fputs("null", json->stream);
}

void focl__json_bool(focl__json *json, const char *key, bool value) {
    begin(json, key);
    fputs(value ? "true" : "false", json->stream);
}

void focl__json_unsigned(focl__json *json, const char *key, uint64_t value) {
    begin(json, key);
    fprintf(json->stream, "%" PRIu64, value);
}

static void write_number(focl__json *json, const char *key, int digits, double value) {
    begin(json, key);
    if (isfinite(value))
        fprintf(json->stream, "%.*g", digits, value);
    else
        fputs("null", json->stream);
}

void focl__json_float(focl__json *json, const char *key, float value) {
    write_number(json, key, 9, (double)value);
}

void focl__json_double(focl__json *json, const char *key, double value) {
    write_number(json, key, 17, value);
}

void focl__json_string(focl__json *json, const char *key, const char *text) {
    begin(json, key);
    if (text)
        write_text(json->stream, text);
    else
        fputs("null", json->stream);
}
