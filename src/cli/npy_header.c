#include "npy_header.h"

#include <stdint.h>
#include <string.h>

typedef struct cursor {
    const char *at;
    const char *end;
    const char *problem;
} cursor;

static bool fail(cursor *text, const char *problem) {
    text->problem = problem;
    return false;
}

static void skip_space(cursor *text) {
    while (text->at < text->end && memchr(" \t\r\n", *text->at, 4))
        text->at++;
}

static bool take(cursor *text, char wanted) {
    skip_space(text);
    if (text->at == text->end || *text->at != wanted)
        return false;
    text->at++;
    return true;
}

static bool take_word(cursor *text, const char *word) {
    size_t length = strlen(word);
    skip_space(text);
    if ((size_t)(text->end - text->at) < length || memcmp(text->at, word, length) != 0)
        return false;
    text->at += length;
    return true;
}

/* A quoted string without escapes: no key or type that focl knows has one. */
static bool take_string(cursor *text, const char **start, size_t *length) {
    skip_space(text);
    if (text->at == text->end || (*text->at != '\'' && *text->at != '"'))
        return false;
    char quote = *text->at++;
    *start = text->at;
    while (text->at < text->end && *text->at != quote && *text->at != '\\')
        text->at++;
    *length = (size_t)(text->at - *start);
    return take(text, quote);
}

bool focl__npy_big_endian_machine(void) {
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 0;
}

static bool known_type(char kind, size_t bytes) {
    static const struct {
        char kind;
        const char *sizes;
    } types[] = {{'b', "1"}, {'u', "1248"}, {'i', "1248"}, {'f', "248"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].kind == kind)
            return memchr(types[i].sizes, '0' + (int)bytes, strlen(types[i].sizes)) != NULL;
    return false;
}

static bool parse_type(cursor *text, focl__npy *array) {
    const char *word = NULL;
    size_t length = 0;
    skip_space(text);
    if (text->at < text->end && *text->at == '[')
        return fail(text, "its elements are structures; focl takes plain numbers");
    if (!take_string(text, &word, &length))
        return fail(text, "the 'descr' in its header is not a string");
    const bool big = length == 3 && word[0] == '>';
    if (length != 3 || !memchr("<>|", word[0], 3))
        return fail(text, "its element type is none of b1, u1 to u8, i1 to i8, f2, f4, f8");
    array->kind = word[1];
    array->item_bytes = (size_t)(unsigned char)word[2] - '0';
    if (array->item_bytes > 8 || !known_type(array->kind, array->item_bytes))
        return fail(text, "its element type is none of b1, u1 to u8, i1 to i8, f2, f4, f8");
    if (word[0] == '|' && array->item_bytes > 1)
        return fail(text, "the 'descr' in its header does not say the byte order");
    array->swapped = array->item_bytes > 1 && big != focl__npy_big_endian_machine();
    return true;
}

static bool parse_order(cursor *text, focl__npy *array) {
    array->fortran_order = take_word(text, "True");
    if (!array->fortran_order && !take_word(text, "False"))
        return fail(text, "the 'fortran_order' in its header is neither True nor False");
    return true;
}

static bool parse_extent(cursor *text, size_t *extent) {
    const char *first = text->at;
    size_t value = 0;
    for (; text->at < text->end && *text->at >= '0' && *text->at <= '9'; text->at++) {
        size_t digit = (size_t)(*text->at - '0');
        if (value > (SIZE_MAX - digit) / 10)
            return fail(text, "an extent in its header is too large");
        value = value * 10 + digit;
    }
    if (text->at == first)
        return fail(text, "the 'shape' in its header is not a tuple of whole numbers");
    take(text, 'L'); /* Python 2 wrote long integers so */
    *extent = value;
    return true;
}

static bool parse_shape(cursor *text, focl__npy *array) {
    focl__npy_shape *shape = &array->shape;
    bool comma = true;
    shape->rank = 0;
    if (!take(text, '('))
        return fail(text, "the 'shape' in its header is not a tuple");
    while (!take(text, ')')) {
        if (!comma)
            return fail(text, "the 'shape' in its header is not a tuple of whole numbers");
        if (shape->rank == FOCL__NPY_MAX_RANK)
            return fail(text, "it has more than 64 axes");
        if (!parse_extent(text, &shape->extents[shape->rank]))
            return false;
        shape->rank++;
        comma = take(text, ',');
    }
    if (shape->rank == 1 && !comma)
        return fail(text, "the 'shape' in its header is not a tuple");
    return true;
}

/* What the dictionary must hold, each once. */
static const struct {
    const char *key;
    bool (*parse)(cursor *text, focl__npy *array);
    const char *missing;
} fields[] = {
    {"descr", parse_type, "its header has no 'descr'"},
    {"fortran_order", parse_order, "its header has no 'fortran_order'"},
    {"shape", parse_shape, "its header has no 'shape'"},
};
enum { FIELD_COUNT = sizeof fields / sizeof *fields };

static size_t find_field(const char *key, size_t length) {
    size_t i = 0;
    while (i < FIELD_COUNT && (strlen(fields[i].key) != length || memcmp(fields[i].key, key, length) != 0))
        i++;
    return i;
}

static bool parse_entry(cursor *text, focl__npy *array, bool seen[FIELD_COUNT]) {
    const char *key = NULL;
    size_t length = 0;
    if (!take_string(text, &key, &length) || !take(text, ':'))
        return fail(text, "its header is not a dictionary");
    size_t field = find_field(key, length);
    if (field == FIELD_COUNT)
        return fail(text, "its header has a key that the format does not know");
    if (seen[field])
        return fail(text, "its header has the same key twice");
    seen[field] = true;
    return fields[field].parse(text, array);
}

static bool parse_dictionary(cursor *text, focl__npy *array) {
    bool seen[FIELD_COUNT] = {false};
    bool comma = true;
    if (!take(text, '{'))
        return fail(text, "its header is not a dictionary");
    while (!take(text, '}')) {
        if (!comma)
            return fail(text, "its header is not a dictionary");
        if (!parse_entry(text, array, seen))
            return false;
        comma = take(text, ',');
    }
    skip_space(text);
    if (text->at != text->end)
        return fail(text, "its header has more than a dictionary");
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (!seen[i])
            return fail(text, fields[i].missing);
    return true;
}

bool focl__npy_parse_header(const char *text, size_t bytes, focl__npy *array, const char **problem) {
    cursor whole = {text, text + bytes, NULL};
    bool good = parse_dictionary(&whole, array);
    *problem = whole.problem;
    return good;
}
