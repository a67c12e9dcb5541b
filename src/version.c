/* The version of the library at run time. */
#include "focl/version.h"

#define TEXT_OF(value) #value
#define TEXT(value)    TEXT_OF(value)

const char *focl_version(void) {
    return TEXT(FOCL_VERSION_MAJOR) "." TEXT(FOCL_VERSION_MINOR) "." TEXT(FOCL_VERSION_PATCH);
}
