#include "environment.h"

static const focl__variable variables[] = {
    {"FOCL_DEVICE", "the device, as for --device, where that is not given"},
    {"FOCL_MATH", "strict or native, as for --math, where that is not given"},
    {"FOCL_CACHE_DIR",
     "the folder of what focl keeps between runs; else focl in XDG_CACHE_HOME, else .cache/focl in HOME"},
    {"FOCL_TUNING", "0 leaves the tuning file alone that focl-bench --tune keeps in that folder"},
    {"FOCL_MAPPING", "how elements are laid over work-items, for measurements: vector x group, 16x1, or vector x group "
                     "x prefetch, 16x1x256; no result depends on it"},
    {"FOCL_INDEX64", "1 makes kernels count in 64 bits where 32 would do, for tests"},
    {"FOCL_PIECE_ELEMENTS", "the most elements of a piece when arrays are moved to the device, for tests"},
    {"NO_COLOR", "if not empty, nothing is emphasized on a terminal"},
};

const focl__variable *focl__variable_at(size_t index) {
    return index < sizeof variables / sizeof *variables ? &variables[index] : NULL;
}
