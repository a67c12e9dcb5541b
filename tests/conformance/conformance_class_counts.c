#include "conformance_case.h"

void conformance_add_class_counts(conformance_list *list) {
    (void)list;
}
