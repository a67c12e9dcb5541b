#include "conformance_case.h"

void conformance_add_activations(conformance_list *list) {
    (void)list;
}
