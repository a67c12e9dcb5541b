#include "npy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
#include "npy_header.h"

static const unsigned char magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

enum { VERSION_BYTES = 2, HEADER_ALIGNMENT = 64 };

static bool map_descriptor(focl__npy *array, int descriptor, focl__complaint *complaint) {
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return focl__fail_data(complaint, "%s: %s", array->path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return focl__fail_data(complaint, "%s: is not a regular file", array->path);
    if (status.st_size == 0)
        return focl__fail_data(complaint, "%s: is empty", array->path);
    if ((uintmax_t)status.st_size > SIZE_MAX)
        return focl__fail_data(complaint, "%s: is too large for this machine's addresses", array->path);
    size_t bytes = (size_t)status.st_size;
    void *mapping = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (mapping == MAP_FAILED)
        return focl__fail_data(complaint, "%s: cannot be mapped: %s", array->path, strerror(errno));
    array->mapping = mapping;
    array->mapping_bytes = bytes;
    return true;
}

static bool map_file(focl__npy *array, focl__complaint *complaint) {
    /* O_NONBLOCK: a named pipe is to be refused, not waited for. */
    int descriptor = open(array->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0)
        return focl__fail_data(complaint, "%s: %s", array->path, strerror(errno));
    bool good = map_descriptor(array, descriptor, complaint);
    close(descriptor);
    return good;
}

static size_t little_endian(const unsigned char *bytes, size_t count) {
    size_t value = 0;
    for (size_t i = 0; i < count; i++)
        value |= (size_t)bytes[i] << (8 * i);
    return value;
}

/* The product of the extents that are not 0 must fit too, so that no partial product can overflow. */
static bool count_elements(focl__npy *array) {
    size_t product = 1;
    bool empty = false;
    for (size_t axis = 0; axis < array->shape.rank; axis++) {
        size_t extent = array->shape.extents[axis];
        empty = empty || extent == 0;
        if (extent > 1 && product > (size_t)PTRDIFF_MAX / extent)
            return false;
        product *= extent ? extent : 1;
    }
    array->elements = empty ? 0 : product;
    return product <= (size_t)PTRDIFF_MAX / array->item_bytes;
}

/* The bytes of a file, mapped or not. */
typedef struct content {
    const unsigned char *bytes;
    size_t count;
} content;

static bool check_data(focl__npy *array, const content *file, size_t offset, focl__complaint *complaint) {
    const focl__npy_shape_text shape = focl__npy_describe_shape(&array->shape);
    if (!count_elements(array))
        return focl__fail_data(complaint, "%s: its shape %s has more elements than can be addressed", array->path,
                               shape.text);
    size_t available = file->count - offset;
    size_t needed = array->elements * array->item_bytes;
    if (available != needed)
        return focl__fail_data(complaint, "%s: has %zu %s of data where its shape %s of %s needs %zu", array->path,
                               available, focl__noun(available, "byte", "bytes"), shape.text,
                               focl__npy_describe_type(array).text, needed);
    array->data = file->bytes + offset;
    return true;
}

static bool check_file(focl__npy *array, const content *whole, focl__complaint *complaint) {
    const unsigned char *file = whole->bytes;
    const char *problem = NULL;
    if (whole->count < sizeof magic + VERSION_BYTES || memcmp(file, magic, sizeof magic) != 0)
        return focl__fail_data(complaint, "%s: is not a .npy file", array->path);
    unsigned major = file[sizeof magic], minor = file[sizeof magic + 1];
    if (major < 1 || major > 3 || minor != 0)
        return focl__fail_data(complaint, "%s: is of .npy version %u.%u; focl reads 1.0, 2.0 and 3.0", array->path,
                               major, minor);
    size_t length_at = sizeof magic + VERSION_BYTES;
    size_t length_bytes = major == 1 ? 2 : 4;
    if (whole->count - length_at < length_bytes)
        return focl__fail_data(complaint, "%s: ends within its header", array->path);
    size_t header_at = length_at + length_bytes;
    size_t header_bytes = little_endian(file + length_at, length_bytes);
    if (whole->count - header_at < header_bytes)
        return focl__fail_data(complaint, "%s: ends within its header", array->path);
    if (!focl__npy_parse_header((const char *)file + header_at, header_bytes, array, &problem))
        return focl__fail_data(complaint, "%s: %s", array->path, problem);
    return check_data(array, whole, header_at + header_bytes, complaint);
}

bool focl__npy_open(focl__npy *array, const char *path, focl__complaint *complaint) {
    memset(array, 0, sizeof *array);
    array->path = path;
    if (!map_file(array, complaint))
        return false;
    const content file = {array->mapping, array->mapping_bytes};
    if (check_file(array, &file, complaint))
        return true;
    focl__npy_close(array);
    return false;
}

bool focl__npy_open_bytes(focl__npy *array, const char *name, const void *bytes, size_t count,
                          focl__complaint *complaint) {
    const content file = {bytes, count};
    memset(array, 0, sizeof *array);
    array->path = name;
    return check_file(array, &file, complaint);
}

void focl__npy_close(focl__npy *array) {
    if (array->mapping)
        munmap(array->mapping, array->mapping_bytes);
    array->mapping = NULL;
    array->data = NULL;
}

bool focl__npy_same_shape(const focl__npy_shape *left, const focl__npy_shape *right) {
    return left->rank == right->rank && memcmp(left->extents, right->extents, left->rank * sizeof *left->extents) == 0;
}

static void write_tuple(char *text, size_t bytes, const focl__npy_shape *shape) {
    size_t used = (size_t)snprintf(text, bytes, "(");
    for (size_t axis = 0; axis < shape->rank; axis++) {
        const char *after = axis + 1 < shape->rank ? ", " : shape->rank == 1 ? "," : "";
        if (bytes - used < 32) {
            used += (size_t)snprintf(text + used, bytes - used, "...");
            break;
        }
        used += (size_t)snprintf(text + used, bytes - used, "%zu%s", shape->extents[axis], after);
    }
    snprintf(text + used, bytes - used, ")");
}

focl__npy_shape_text focl__npy_describe_shape(const focl__npy_shape *shape) {
    focl__npy_shape_text description;
    write_tuple(description.text, sizeof description.text, shape);
    return description;
}

focl__npy_type_text focl__npy_describe_type(const focl__npy *array) {
    focl__npy_type_text description;
    snprintf(description.text, sizeof description.text, "%c%u", array->kind, (unsigned)array->item_bytes);
    return description;
}

focl__npy_kind focl__npy_kind_of(focl_type type) {
    static const char kinds[] = {
        [FOCL_F32] = 'f', [FOCL_U8] = 'u',  [FOCL_I32] = 'i',  [FOCL_I64] = 'i',
        [FOCL_I16] = 'i', [FOCL_F16] = 'f', [FOCL_BF16] = 'u', [FOCL_F64] = 'f',
    };
    return (focl__npy_kind){kinds[type], focl_type_size(type)};
}

void focl__npy_write_preamble(focl__npy_preamble *preamble, focl_type type, const focl__npy_shape *shape) {
    const focl__npy_kind kind = focl__npy_kind_of(type);
    const char *order = kind.item_bytes == 1 ? "|" : focl__npy_big_endian_machine() ? ">" : "<";
    char tuple[FOCL__NPY_MAX_RANK * 24 + 8];
    char *text = preamble->text;
    size_t fixed = sizeof magic + VERSION_BYTES + 2;
    write_tuple(tuple, sizeof tuple, shape);
    size_t used = fixed + (size_t)snprintf(text + fixed, sizeof preamble->text - fixed,
                                           "{'descr': '%s%c%zu', 'fortran_order': False, 'shape': %s, }", order,
                                           kind.kind, kind.item_bytes, tuple);
    preamble->bytes = (used + 1 + HEADER_ALIGNMENT - 1) / HEADER_ALIGNMENT * HEADER_ALIGNMENT;
    memset(text + used, ' ', preamble->bytes - used - 1);
    text[preamble->bytes - 1] = '\n';
    size_t header_bytes = preamble->bytes - fixed;
    memcpy(text, magic, sizeof magic);
    text[sizeof magic] = 1;
    text[sizeof magic + 1] = 0;
    text[fixed - 2] = (char)(unsigned char)(header_bytes & 0xff);
    text[fixed - 1] = (char)(unsigned char)(header_bytes >> 8);
}
