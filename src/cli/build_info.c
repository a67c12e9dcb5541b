/* cmake/build_info.cmake gives the FOCL__BUILD_... of this file. */
#include "build_info.h"

#include <stdio.h>

#include "focl/opencl.h"
#include "focl/version.h"

#define TEXT_OF(value) #value
#define TEXT(value)    TEXT_OF(value)

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "GCC " __VERSION__
#else
#define COMPILER "unknown"
#endif

static const focl__build_fact facts[] = {
    {"commit", FOCL__BUILD_COMMIT},
    {"compiler", COMPILER},
    {"build", FOCL__BUILD_KIND},
    {"OpenCL", "headers " FOCL__BUILD_OPENCL ", CL_TARGET_OPENCL_VERSION " TEXT(CL_TARGET_OPENCL_VERSION)},
    {"CLBlast", FOCL__BUILD_CLBLAST},
    {"for", FOCL__BUILD_SYSTEM},
};

const focl__build_fact *focl__build_fact_at(size_t index) {
    return index < sizeof facts / sizeof *facts ? &facts[index] : NULL;
}

void focl__print_version(void) {
    printf("focl %s\n", focl_version());
    for (size_t i = 0; focl__build_fact_at(i); i++)
        printf("  %-9s %s\n", focl__build_fact_at(i)->name, focl__build_fact_at(i)->value);
}
