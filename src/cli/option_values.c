#include "option_values.h"

#include <stdio.h>
#include <string.h>

#include "focl/device.h"

static const char word_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

static bool add_word(focl__value *value, const char *word, size_t length) {
    const size_t used = strlen(value->words);
    const size_t room = sizeof value->words - used;
    const int written = snprintf(value->words + used, room, "%s%.*s", used ? " " : "", (int)length, word);
    return written > 0 && (size_t)written < room;
}

/* "zero|nan" */
static bool take_alternatives(focl__value *value, const char *argument) {
    if (!strchr(argument, '|'))
        return false;
    for (const char *word = argument; *word; word += *word == '|') {
        const size_t length = strcspn(word, "|");
        if (!add_word(value, word, length))
            return false;
        word += length;
    }
    return true;
}

/* "f4, f2, bf16 or f8": the last word follows an "or". */
static bool take_list(focl__value *value, const char *text) {
    bool is_last = false;
    *value->words = '\0';
    while (true) {
        const size_t length = strspn(text, word_letters);
        if (length == 0 || !add_word(value, text, length))
            return false;
        text += length;
        if (is_last)
            return *text == '\0' || strchr(" ,:", *text);
        is_last = strncmp(text, " or ", 4) == 0;
        if (!is_last && strncmp(text, ", ", 2) != 0)
            return false;
        text += is_last ? 4 : 2;
    }
}

/* At the start of the help, or behind a colon. */
static bool find_list(focl__value *value, const char *help) {
    for (const char *text = help; text; text = strstr(text, ": ")) {
        text += text == help ? 0 : 2;
        if (take_list(value, text))
            return true;
    }
    *value->words = '\0';
    return false;
}

static bool take_device_classes(focl__value *value, const char *argument) {
    static const char *const classes[] = {
#define CLASS_WORD(name, word) word,
        FOCL_DEVICE_CLASS_TABLE(CLASS_WORD)
#undef CLASS_WORD
    };
    bool good = strcmp(argument, "SELECTOR") == 0;
    for (size_t i = 0; good && i < sizeof classes / sizeof *classes; i++)
        good = add_word(value, classes[i], strlen(classes[i]));
    return good;
}

focl__value focl__value_of(const focl__option *option) {
    focl__value value = {.kind = FOCL__VALUE_ABSENT};
    if (!option->argument)
        return value;
    if (strcmp(option->argument, "FILE") == 0 || strchr(option->argument, '.'))
        value.kind = strchr(option->argument, '[') ? FOCL__VALUE_ANY : FOCL__VALUE_FILE;
    else if (take_alternatives(&value, option->argument) || take_device_classes(&value, option->argument) ||
             find_list(&value, option->help))
        value.kind = FOCL__VALUE_WORDS;
    else
        value.kind = FOCL__VALUE_ANY;
    return value;
}
