#include "piece.h"

#include <stdint.h>
#include <stdlib.h>

#include "error.h"
#include "handle_private.h"

static focl_status read_wanted(size_t *elements) {
    const char *text = getenv("FOCL_PIECE_ELEMENTS");
    char *end = NULL;
    if (!text || !text[0])
        return FOCL_OK;
    const unsigned long long wanted = strtoull(text, &end, 10);
    if (*end || wanted == 0 || text[0] < '0' || text[0] > '9')
        return focl__fail(FOCL_EINVAL, "FOCL_PIECE_ELEMENTS", "must be a positive number, is %s", text);
    if (wanted < *elements)
        *elements = (size_t)wanted;
    return FOCL_OK;
}

focl_status focl__piece_choose(const focl_handle *handle, size_t total_bytes, size_t array_bytes, size_t most,
                               size_t *elements) {
    const focl_device *device = &handle->device;
    const uint64_t memory = device->memory_bytes / 2 / total_bytes;
    const uint64_t buffer = device->allocation_bytes / array_bytes;
    const uint64_t room = memory < buffer ? memory : buffer;
    *elements = room < most ? (size_t)room : most;
    if (*elements == 0)
        *elements = 1;
    return read_wanted(elements);
}
