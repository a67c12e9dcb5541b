/*
 * The enumeration on a fabricated OpenCL: this program defines the four query functions itself, so the library asks it
 * and not the loader. Platforms that refuse, strings without end, missing answers, devices of every class.
 */
#include <stdio.h>
#include <string.h>

#include "device_query.h"
#include "support.h"

/* What the fabricated devices answer; the ids that OpenCL hands out point to these. */
typedef struct fake_device {
    cl_device_type type;
    const char *name;
    const char *extensions;
    cl_bool unified_memory;
    cl_bool available;
    cl_bool compiler;
    cl_bool big_endian;
    cl_device_fp_config single;
    cl_device_fp_config twofold; /* of doubles */
    bool silent;                 /* answers nothing but its type */
    bool dead;                   /* answers nothing */
} fake_device;

typedef struct fake_platform {
    const char *name; /* NULL: fails */
    cl_int devices_code;
    size_t device_count;
    const fake_device *devices;
} fake_platform;

#define EXACT     (CL_FP_ROUND_TO_NEAREST | CL_FP_INF_NAN)
#define PROMISING (EXACT | CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT)

static const fake_device full_devices[] = {
    {.type = CL_DEVICE_TYPE_GPU,
     .name = "  Discrete GPU   ",
     .extensions = "cl_khr_fp16x cl_khr_fp64 ",
     .available = CL_TRUE,
     .compiler = CL_TRUE,
     .single = PROMISING,
     .twofold = EXACT},
    {.type = CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_DEFAULT,
     .name = "Integrated GPU",
     .extensions = "cl_khr_icd  cl_khr_fp16",
     .unified_memory = CL_TRUE,
     .available = CL_TRUE,
     .compiler = CL_TRUE,
     .single = EXACT},
    {.type = CL_DEVICE_TYPE_ACCELERATOR,
     .name = "Board",
     .extensions = "",
     .unified_memory = CL_TRUE,
     .available = CL_TRUE,
     .compiler = CL_FALSE,
     .single = PROMISING & ~(cl_device_fp_config)CL_FP_ROUND_TO_NEAREST},
    {.type = CL_DEVICE_TYPE_CPU,
     .name = "Big end",
     .extensions = "",
     .unified_memory = CL_TRUE,
     .available = CL_FALSE,
     .compiler = CL_TRUE,
     .big_endian = CL_TRUE,
     .single = PROMISING},
    {.type = CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_ACCELERATOR,
     .name = "Simulator",
     .extensions = "",
     .available = CL_TRUE,
     .compiler = CL_TRUE,
     .single = CL_FP_ROUND_TO_NEAREST},
    {.type = CL_DEVICE_TYPE_GPU, .silent = true},
    {.dead = true},
};

static const fake_device rusticl_devices[] = {
    {.type = CL_DEVICE_TYPE_CPU,
     .name = "llvmpipe (LLVM 15)",
     .extensions = "",
     .available = CL_TRUE,
     .compiler = CL_TRUE,
     .single = EXACT},
    {.type = CL_DEVICE_TYPE_GPU,
     .name = "llvmpipe in name only",
     .extensions = "",
     .available = CL_TRUE,
     .compiler = CL_TRUE,
     .single = EXACT},
    {.type = CL_DEVICE_TYPE_CPU,
     .name = "another",
     .extensions = "",
     .available = CL_TRUE,
     .compiler = CL_TRUE,
     .single = EXACT},
};

static const fake_platform platforms[] = {
    {.name = "Full ", .device_count = COUNT_OF(full_devices), .devices = full_devices},
    {.name = "Clover", .devices_code = CL_DEVICE_NOT_FOUND},
    {.name = "Empty"},
    {.name = NULL},
    {.name = "Broken", .devices_code = CL_OUT_OF_HOST_MEMORY},
    {.name = "rusticl", .device_count = COUNT_OF(rusticl_devices), .devices = rusticl_devices},
};

enum { ANSWERING_DEVICES = COUNT_OF(full_devices) - 1 + COUNT_OF(rusticl_devices) };

static cl_int loader_code = CL_SUCCESS;

static cl_int answer(const void *value, size_t bytes, size_t room, void *out, size_t *out_bytes) {
    if (out && room < bytes) {
        return CL_INVALID_VALUE;
    }
    if (out) {
        memcpy(out, value, bytes);
    }
    if (out_bytes) {
        *out_bytes = bytes;
    }
    return CL_SUCCESS;
}

/* Without the NUL, as some drivers do. */
static cl_int answer_text(const char *text, size_t room, void *out, size_t *out_bytes) {
    return answer(text, strlen(text), room, out, out_bytes);
}

CL_API_ENTRY cl_int CL_API_CALL clGetPlatformIDs(cl_uint room, cl_platform_id *out, cl_uint *count) {
    if (loader_code != CL_SUCCESS) {
        return loader_code;
    }
    for (cl_uint i = 0; out && i < room && i < COUNT_OF(platforms); i++) {
        out[i] = (cl_platform_id)(uintptr_t)&platforms[i];
    }
    if (count) {
        *count = COUNT_OF(platforms);
    }
    return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL clGetPlatformInfo(cl_platform_id id, cl_platform_info what, size_t room, void *out,
                                                  size_t *out_bytes) {
    const fake_platform *platform = (const fake_platform *)(uintptr_t)id;
    if (!platform->name || what != CL_PLATFORM_NAME) {
        return CL_INVALID_PLATFORM;
    }
    return answer_text(platform->name, room, out, out_bytes);
}

CL_API_ENTRY cl_int CL_API_CALL clGetDeviceIDs(cl_platform_id id, cl_device_type type, cl_uint room, cl_device_id *out,
                                               cl_uint *count) {
    const fake_platform *platform = (const fake_platform *)(uintptr_t)id;
    ck_assert_uint_eq(type, CL_DEVICE_TYPE_ALL);
    for (cl_uint i = 0; out && i < room && i < platform->device_count; i++) {
        out[i] = (cl_device_id)(uintptr_t)&platform->devices[i];
    }
    if (count) {
        *count = (cl_uint)platform->device_count;
    }
    return platform->devices_code;
}

CL_API_ENTRY cl_int CL_API_CALL clGetDeviceInfo(cl_device_id id, cl_device_info what, size_t room, void *out,
                                                size_t *out_bytes) {
    const fake_device *device = (const fake_device *)(uintptr_t)id;
    const cl_bool little_endian = !device->big_endian;
    const cl_ulong size = 1000 + what;
    const struct {
        cl_device_info what;
        const void *value;
        size_t bytes;
    } answers[] = {
        {CL_DEVICE_HOST_UNIFIED_MEMORY, &device->unified_memory, sizeof(cl_bool)},
        {CL_DEVICE_AVAILABLE, &device->available, sizeof(cl_bool)},
        {CL_DEVICE_COMPILER_AVAILABLE, &device->compiler, sizeof(cl_bool)},
        {CL_DEVICE_ENDIAN_LITTLE, &little_endian, sizeof(cl_bool)},
        {CL_DEVICE_SINGLE_FP_CONFIG, &device->single, sizeof(cl_device_fp_config)},
        {CL_DEVICE_DOUBLE_FP_CONFIG, &device->twofold, sizeof(cl_device_fp_config)},
        {CL_DEVICE_GLOBAL_MEM_SIZE, &size, sizeof size},
        {CL_DEVICE_MAX_MEM_ALLOC_SIZE, &size, sizeof size},
        {CL_DEVICE_LOCAL_MEM_SIZE, &size, sizeof size},
        {CL_DEVICE_MAX_WORK_GROUP_SIZE, &size, sizeof(size_t)},
        {CL_DEVICE_MAX_COMPUTE_UNITS, &size, sizeof(cl_uint)},
    };
    if (device->dead) {
        return CL_INVALID_DEVICE;
    }
    if (what == CL_DEVICE_TYPE) {
        return answer(&device->type, sizeof device->type, room, out, out_bytes);
    }
    if (device->silent) {
        return CL_INVALID_VALUE;
    }
    if (what == CL_DEVICE_NAME || what == CL_DEVICE_EXTENSIONS) {
        return answer_text(what == CL_DEVICE_NAME ? device->name : device->extensions, room, out, out_bytes);
    }
    if (what == CL_DRIVER_VERSION) { /* longer than its field, and with trailing NULs */
        char text[300] = "";
        memset(text, 'v', 200);
        return answer(text, sizeof text, room, out, out_bytes);
    }
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        if (answers[i].what == what) {
            return answer(answers[i].value, answers[i].bytes, room, out, out_bytes);
        }
    }
    return CL_INVALID_VALUE;
}

static focl_device_list *list;

static void create_list(void) {
    loader_code = CL_SUCCESS;
    ck_assert_int_eq(focl_device_list_create(&list), FOCL_OK);
}

static void free_list(void) {
    focl_device_list_free(list);
}

START_TEST(refusals_become_notes) {
    static const char *const expected[] = {
        "platform Full: a device does not answer: CL_INVALID_DEVICE",
        "platform Clover: no devices",
        "platform Empty: no devices",
        "platform number 3: its name: CL_INVALID_PLATFORM",
        "platform Broken: CL_OUT_OF_HOST_MEMORY",
    };
    ck_assert_uint_eq(focl_device_list_note_count(list), COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        ck_assert_str_eq(focl_device_list_note(list, i), expected[i]);
    }
    ck_assert_str_eq(focl_device_list_note(list, COUNT_OF(expected)), "");
}
END_TEST

typedef struct expected_device {
    const char *platform;
    const char *name;
    focl_device_class device_class;
    bool available;
    bool fp16;
    bool fp64;
    bool bit_exact;
    const char *reason;
} expected_device;

static const expected_device expected_devices[ANSWERING_DEVICES] = {
    {"Full", "Discrete GPU", FOCL_GPU, true, false, true, true, "correctly rounded"},
    {"Full", "Integrated GPU", FOCL_IGPU, true, true, false, false, "division"},
    {"Full", "Board", FOCL_ACCELERATOR, false, false, false, false, "round to nearest"},
    {"Full", "Big end", FOCL_CPU, false, false, false, false, "big-endian"},
    {"Full", "Simulator", FOCL_CPU, true, false, false, false, "infinities"},
    {"Full", "", FOCL_GPU, false, false, false, false, ""},
    {"rusticl", "llvmpipe (LLVM 15)", FOCL_CPU, true, false, false, true, "llvmpipe"},
    {"rusticl", "llvmpipe in name only", FOCL_GPU, true, false, false, false, "division"},
    {"rusticl", "another", FOCL_CPU, true, false, false, false, "division"},
};

START_TEST(devices_are_described) {
    const expected_device *expected = &expected_devices[_i];
    ck_assert_uint_eq(focl_device_list_count(list), ANSWERING_DEVICES);
    const focl_device *device = &focl_device_list_devices(list)[_i];
    ck_assert_uint_eq(device->index, (size_t)_i);
    ck_assert_str_eq(device->platform, expected->platform);
    ck_assert_str_eq(device->name, expected->name);
    ck_assert_int_eq(device->device_class, expected->device_class);
    ck_assert_int_eq(device->available, expected->available);
    ck_assert_int_eq(device->fp16, expected->fp16);
    ck_assert_int_eq(device->fp64, expected->fp64);
    ck_assert_int_eq(device->bit_exact, expected->bit_exact);
    ck_assert_msg(strstr(device->bit_exact_reason, expected->reason) != NULL, "%s", device->bit_exact_reason);
}
END_TEST

START_TEST(numbers_reach_their_fields) {
    const focl_device *device = &focl_device_list_devices(list)[0];
    ck_assert_uint_eq(device->memory_bytes, 1000 + CL_DEVICE_GLOBAL_MEM_SIZE);
    ck_assert_uint_eq(device->allocation_bytes, 1000 + CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    ck_assert_uint_eq(device->local_bytes, 1000 + CL_DEVICE_LOCAL_MEM_SIZE);
    ck_assert_uint_eq(device->work_group_size, 1000 + CL_DEVICE_MAX_WORK_GROUP_SIZE);
    ck_assert_uint_eq(device->compute_units, 1000 + CL_DEVICE_MAX_COMPUTE_UNITS);
    ck_assert_uint_eq(device->clock_mhz, 0); /* not answered */
    ck_assert_uint_eq(strlen(device->driver), sizeof device->driver - 1);
    ck_assert_str_eq(device->opencl_c, "");
}
END_TEST

START_TEST(a_loader_without_platforms_is_an_empty_list) {
    static const cl_int codes[] = {-1001, CL_OUT_OF_HOST_MEMORY};
    static const char *const notes[] = {"no OpenCL platform is installed", "the OpenCL loader: CL_OUT_OF_HOST_MEMORY"};
    focl_device_list *empty = NULL;
    loader_code = codes[_i];
    ck_assert_int_eq(focl_device_list_create(&empty), FOCL_OK);
    ck_assert_uint_eq(focl_device_list_count(empty), 0);
    ck_assert_uint_eq(focl_device_list_note_count(empty), 1);
    ck_assert_str_eq(focl_device_list_note(empty, 0), notes[_i]);
    focl_device_list_free(empty);
}
END_TEST

START_TEST(one_device_can_be_described_alone) {
    focl_device device;
    cl_platform_id platform = (cl_platform_id)(uintptr_t)&platforms[0];
    cl_device_id alive = (cl_device_id)(uintptr_t)&full_devices[1];
    cl_device_id dead = (cl_device_id)(uintptr_t)&full_devices[COUNT_OF(full_devices) - 1];
    ck_assert_int_eq(focl__device_describe(platform, alive, 7, &device), FOCL_OK);
    ck_assert_uint_eq(device.index, 7);
    ck_assert_str_eq(device.name, "Integrated GPU");
    ck_assert_ptr_eq(device.cl_device, alive);
    ck_assert_int_eq(focl__device_describe(platform, dead, 0, &device), FOCL_EDEVICE);
    ck_assert_str_eq(focl_last_error()->call, "clGetDeviceInfo");
}
END_TEST

typedef struct word_case {
    const char *list;
    const char *word;
    bool found;
} word_case;

static const word_case words[] = {
    {"cl_khr_fp16", "cl_khr_fp16", true},
    {"a cl_khr_fp16 b", "cl_khr_fp16", true},
    {"a  b ", "b", true},
    {" a", "a", true},
    {"cl_khr_fp16x", "cl_khr_fp16", false},
    {"xcl_khr_fp16", "cl_khr_fp16", false},
    {"", "a", false},
    {"cl_khr_fp1 6", "cl_khr_fp16", false},
    {"cl_khr_fp16x cl_khr_fp16", "cl_khr_fp16", true},
};

START_TEST(extensions_are_whole_words) {
    ck_assert_int_eq(focl__has_word(words[_i].list, words[_i].word), words[_i].found);
}
END_TEST

int main(void) {
    TCase *enumeration = tcase_create("enumeration");
    tcase_add_checked_fixture(enumeration, create_list, free_list);
    tcase_add_test(enumeration, refusals_become_notes);
    tcase_add_loop_test(enumeration, devices_are_described, 0, ANSWERING_DEVICES);
    tcase_add_test(enumeration, numbers_reach_their_fields);
    TCase *alone = tcase_create("without a list");
    tcase_add_loop_test(alone, a_loader_without_platforms_is_an_empty_list, 0, 2);
    tcase_add_test(alone, one_device_can_be_described_alone);
    tcase_add_loop_test(alone, extensions_are_whole_words, 0, COUNT_OF(words));
    Suite *suite = suite_create("device query");
    suite_add_tcase(suite, enumeration);
    suite_add_tcase(suite, alone);
    return test_main(suite);
}
