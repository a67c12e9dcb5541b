#include "conformance_case.h"

#include <stdio.h>

static void name_by_parts(conformance_case *of) {
    (void)snprintf(of->name, sizeof of->name, "%s / %s / %s / %s / %s", of->operation, of->objective, of->type,
                   of->targets, of->mapping);
}

void conformance_add(conformance_list *list, const conformance_case *one) {
    if (list->count == list->room) {
        list->room = list->room ? 2 * list->room : 256;
        list->cases = realloc(list->cases, list->room * sizeof *list->cases);
        test_require(list->cases != NULL, "no memory");
    }
    list->cases[list->count] = *one;
    if (!*one->name)
        name_by_parts(&list->cases[list->count]);
    list->count++;
}

conformance_list conformance_list_create(void) {
    conformance_list list = {0};
    conformance_add_losses(&list);
    conformance_add_activations(&list);
    conformance_add_class_counts(&list);
    conformance_add_arrays(&list);
    conformance_add_named(&list);
    return list;
}

void conformance_list_free(conformance_list *list) {
    free(list->cases);
    *list = (conformance_list){0};
}
