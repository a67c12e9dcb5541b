/* Which device is the best, and which ones a selector means: pure functions of descriptions. */
#include "focl/device.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

typedef struct class_entry {
    focl_device_class device_class;
    const char *word;
} class_entry;

static const class_entry class_table[] = {
#define CLASS_ENTRY(name, word) {name, word},
    FOCL_DEVICE_CLASS_TABLE(CLASS_ENTRY)
#undef CLASS_ENTRY
};

enum { CLASS_COUNT = sizeof class_table / sizeof class_table[0] };

const char *focl_device_class_name(focl_device_class device_class) {
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        if (class_table[i].device_class == device_class) {
            return class_table[i].word;
        }
    }
    return "unknown";
}

/* Text inside a longer text. */
typedef struct span {
    const char *start;
    size_t length;
} span;

/* Not tolower: what a selector means must not depend on the process's locale. */
static char lower(char letter) {
    return (char)(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
}

static bool starts_with(const char *text, span part) {
    for (size_t i = 0; i < part.length; i++) {
        if (lower(text[i]) != lower(part.start[i])) {
            return false;
        }
    }
    return true;
}

static bool contains(const char *text, span part) {
    for (;; text++) {
        if (starts_with(text, part)) {
            return true;
        }
        if (*text == '\0') {
            return false;
        }
    }
}

/* Ranking: each criterion in turn until one tells the two devices apart. */

/* Negative if a comes before b, positive if after, 0 if the criterion does not tell. */
typedef int compare_devices(const focl_device *a, const focl_device *b);

static int smaller_first(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

static int by_class(const focl_device *a, const focl_device *b) {
    return smaller_first((uint64_t)a->device_class, (uint64_t)b->device_class);
}

/* Platforms that run over another API where a native driver usually stands beside them, or that are retired. */
static const char *const substitute_platforms[] = {"Clover", "OpenCLOn12", "clvk"};

static bool is_substitute(const focl_device *device) {
    for (size_t i = 0; i < sizeof substitute_platforms / sizeof substitute_platforms[0]; i++) {
        const char *name = substitute_platforms[i];
        if (contains(device->platform, (span){name, strlen(name)})) {
            return true;
        }
    }
    return false;
}

static int by_platform(const focl_device *a, const focl_device *b) {
    return (int)is_substitute(a) - (int)is_substitute(b);
}

static int by_speed(const focl_device *a, const focl_device *b) {
    return smaller_first((uint64_t)b->compute_units * b->clock_mhz, (uint64_t)a->compute_units * a->clock_mhz);
}

static int by_memory(const focl_device *a, const focl_device *b) {
    return smaller_first(b->memory_bytes, a->memory_bytes);
}

static int by_index(const focl_device *a, const focl_device *b) {
    return smaller_first(a->index, b->index);
}

typedef struct criterion {
    compare_devices *compare;
    const char *advantage;
} criterion;

static const criterion ranking[] = {
    {by_class, "a faster class"},
    {by_platform, "a more direct platform"},
    {by_speed, "more compute units times clock"},
    {by_memory, "more memory"},
    {by_index, "earlier in the enumeration"},
};

/* The criterion by which a comes before b; NULL if it does not. */
static const criterion *advantage_of(const focl_device *a, const focl_device *b) {
    for (size_t i = 0; i < sizeof ranking / sizeof ranking[0]; i++) {
        int order = ranking[i].compare(a, b);
        if (order != 0) {
            return order < 0 ? &ranking[i] : NULL;
        }
    }
    return NULL;
}

/* Selectors. */

typedef struct selection {
    bool by_index;
    size_t index;
    bool by_class;
    focl_device_class device_class;
    span platform; /* empty matches every name */
    span name;
} selection;

static bool find_class(span word, focl_device_class *device_class) {
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        if (strlen(class_table[i].word) == word.length && starts_with(class_table[i].word, word)) {
            *device_class = class_table[i].device_class;
            return true;
        }
    }
    return false;
}

static bool parse_index(const char *digits, size_t *index) {
    if (*digits == '\0') {
        return false;
    }
    *index = 0;
    for (; *digits != '\0'; digits++) {
        size_t digit = (size_t)(*digits - '0');
        if (*digits < '0' || *digits > '9' || *index > (SIZE_MAX - digit) / 10) {
            return false;
        }
        *index = *index * 10 + digit;
    }
    return true;
}

/* The text up to a colon or the end; *rest becomes what follows the colon, NULL if there was none. */
static span take_part(const char *text, const char **rest) {
    span part = {text, strcspn(text, ":")};
    *rest = text[part.length] == ':' ? text + part.length + 1 : NULL;
    return part;
}

/* "PLATFORM:CLASS:NAME" and its abbreviations; a single word is a class. False for a word that is no class. */
static bool parse_parts(const char *selector, selection *wanted) {
    const char *rest = NULL;
    span word = take_part(selector, &rest);
    if (rest) {
        wanted->platform = word;
        word = take_part(rest, &rest);
    }
    if (rest) {
        wanted->name = (span){rest, strlen(rest)};
    }
    wanted->by_class = word.length > 0;
    return !wanted->by_class || find_class(word, &wanted->device_class);
}

static bool matches(const focl_device *device, const selection *wanted) {
    if (wanted->by_index) {
        return device->index == wanted->index;
    }
    return (!wanted->by_class || device->device_class == wanted->device_class) &&
           contains(device->platform, wanted->platform) && contains(device->name, wanted->name);
}

/* Sentences. */

/* Text that grows in a fixed room; what does not fit is left out. */
typedef struct text_room {
    char *text;
    size_t bytes;
    size_t length;
} text_room;

static void append(text_room *room, const char *format, ...) FOCL__PRINTF(2, 3);

static void append(text_room *room, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(room->text + room->length, room->bytes - room->length, format, arguments);
    va_end(arguments);
    size_t left = room->bytes - room->length - 1;
    if (written > 0) {
        room->length += (size_t)written < left ? (size_t)written : left;
    }
}

static focl_status fail_with_candidates(const focl_device *devices, size_t count, const char *selector,
                                        const char *problem) {
    if (count == 0) {
        return focl__fail(FOCL_ENODEVICE, "selector", "\"%s\": no OpenCL device was found", selector);
    }
    char candidates[768] = "";
    text_room room = {candidates, sizeof candidates, 0};
    for (size_t i = 0; i < count; i++) {
        append(&room, "%s#%zu %s \"%s\" (%s%s)", i > 0 ? ", " : "", devices[i].index,
               focl_device_class_name(devices[i].device_class), devices[i].name, devices[i].platform,
               devices[i].available ? "" : "; not available");
    }
    return focl__fail(FOCL_ENODEVICE, "selector", "\"%s\" %s; candidates: %s", selector, problem, candidates);
}

/* What ranking the matching devices gave: positions, or count where there is none. */
typedef struct ranked {
    size_t matching;
    size_t best;
    size_t runner_up;
} ranked;

static bool comes_before(const focl_device *devices, size_t count, size_t candidate, size_t holder) {
    return holder == count || advantage_of(&devices[candidate], &devices[holder]) != NULL;
}

static ranked rank_matching(const focl_device *devices, size_t count, const selection *wanted) {
    ranked result = {.matching = 0, .best = count, .runner_up = count};
    for (size_t i = 0; i < count; i++) {
        if (!devices[i].available || !matches(&devices[i], wanted)) {
            continue;
        }
        result.matching++;
        if (comes_before(devices, count, i, result.best)) {
            result.runner_up = result.best;
            result.best = i;
        } else if (comes_before(devices, count, i, result.runner_up)) {
            result.runner_up = i;
        }
    }
    return result;
}

/* Why the best one comes before all others that match. */
static void explain(const focl_device *devices, ranked result, const char *selector, text_room *room) {
    if (result.matching == 1) {
        append(room, "the only available device");
    } else {
        append(room, "the best of %zu available devices", result.matching);
    }
    if (selector[0] != '\0') {
        append(room, " that match%s \"%s\"", result.matching == 1 ? "es" : "", selector);
    }
    if (result.matching > 1) {
        const focl_device *other = &devices[result.runner_up];
        const criterion *why = advantage_of(&devices[result.best], other);
        append(room, ": %s than %s (%s)", why ? why->advantage : "earlier in the list", other->name, other->platform);
    }
}

focl_status focl_device_choose(const focl_device *devices, size_t count, const char *selector, size_t *chosen,
                               char *reason, size_t reason_bytes) {
    if (!devices && count > 0) {
        return focl__fail(FOCL_EINVAL, "devices", "must not be NULL");
    }
    if (!chosen) {
        return focl__fail(FOCL_EINVAL, "chosen", "must not be NULL");
    }
    selector = selector ? selector : "";
    selection wanted = {.platform = {"", 0}, .name = {"", 0}, .by_index = selector[0] == '#'};
    if (wanted.by_index && !parse_index(selector + 1, &wanted.index)) {
        return focl__fail(FOCL_EINVAL, "selector", "\"%s\" must have a number after #", selector);
    }
    if (!wanted.by_index && !parse_parts(selector, &wanted)) {
        return fail_with_candidates(devices, count, selector,
                                    "is no gpu, igpu, accelerator, cpu, #INDEX or PLATFORM:CLASS:NAME");
    }
    ranked result = rank_matching(devices, count, &wanted);
    if (result.matching == 0) {
        return fail_with_candidates(devices, count, selector, "matches no available device");
    }
    *chosen = result.best;
    if (reason && reason_bytes > 0) {
        text_room room = {reason, reason_bytes, 0};
        explain(devices, result, selector, &room);
    }
    return FOCL_OK;
}
