/* The table of element types. */
#include "focl/view.h"

typedef struct type_entry {
    focl_type type;
    size_t bytes;
    const char *word;
} type_entry;

static const type_entry type_table[] = {
#define TYPE_ENTRY(name, bytes, word) {name, bytes, word},
    FOCL_TYPE_TABLE(TYPE_ENTRY)
#undef TYPE_ENTRY
};

static const type_entry *type_find(focl_type type) {
    for (size_t i = 0; i < sizeof type_table / sizeof type_table[0]; i++) {
        if (type_table[i].type == type) {
            return &type_table[i];
        }
    }
    return NULL;
}

size_t focl_type_size(focl_type type) {
    const type_entry *entry = type_find(type);
    return entry ? entry->bytes : 0;
}

const char *focl_type_name(focl_type type) {
    const type_entry *entry = type_find(type);
    return entry ? entry->word : "unknown";
}

bool focl_type_is_float(focl_type type) {
    return type == FOCL_F32 || type == FOCL_F16 || type == FOCL_BF16 || type == FOCL_F64;
}
