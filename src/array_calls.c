#include "array_calls.h"

#include <limits.h>

#include "../cl/agreement.clh"
#include "element.h"
#include "error.h"
#include "handle_private.h"

focl_status focl__check_float_array(const char *type_name, focl_type type, size_t elements) {
    if (!focl_type_is_float(type))
        return focl__fail(FOCL_EINVAL, type_name, "must be f32, f16, bf16 or f64, is %s", focl_type_name(type));
    if (elements > SIZE_MAX / focl_type_size(type))
        return focl__fail(FOCL_EINVAL, "elements", "%zu elements of %zu bytes are more than a size can say", elements,
                          focl_type_size(type));
    return FOCL_OK;
}

focl_status focl__check_float_device(const focl_handle *handle, const char *type_name, focl_type type,
                                     size_t summands) {
    const focl__device_demand demand = {.type_name = type_name, .type = type, .classes = 1, .summands = summands};
    return focl__check_device(handle, &demand);
}

focl_status focl__check_arrays(const focl_handle *handle, const focl__call_array *arrays, size_t count,
                               size_t first_output) {
    for (size_t i = 0; i < count; i++) {
        const focl_status status = arrays[i].buffer.memory ? focl__check_buffer(handle, &arrays[i]) : FOCL_OK;
        if (status)
            return status;
    }
    for (size_t output = first_output; output < count; output++)
        for (size_t other = 0; other < output; other++)
            if (focl__buffers_overlap(&arrays[output], &arrays[other]))
                return focl__fail(FOCL_EOVERLAP, arrays[output].name, "%zu bytes overlap those of %s",
                                  arrays[output].bytes, arrays[other].name);
    return FOCL_OK;
}

/* 32-bit indices where every index, a tile beyond the end included, fits. */
static bool needs_index64(const focl_handle *handle, size_t elements) {
    return handle->wide_indices || elements > (size_t)UINT_MAX - 1024 * (size_t)FOCL_TILE;
}

focl__program_key focl__array_key(const focl_handle *handle, const char *source, focl_type type, size_t elements) {
    focl__program_key key = {.source = source};
    if (type != FOCL_F32)
        focl__program_define(&key, "FOCL_STORAGE", focl__storage_code(type));
    if (type == FOCL_F64)
        focl__program_define(&key, "FOCL_FP64", 1);
    if (needs_index64(handle, elements))
        focl__program_define(&key, "FOCL_INDEX64", 1);
    return key;
}

size_t focl__array_tiles(size_t elements) {
    return elements / FOCL_TILE + (elements % FOCL_TILE != 0);
}
