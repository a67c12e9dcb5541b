/*
 * CLBlast. It has no wait lists, enqueues several commands a call as if the queue were in order, keeps sizes, offsets
 * and indices of elements as int, and takes no size of 0; all of that is seen to here.
 */
#include "blas.h"

#include <limits.h>

#include "element.h"
#include "error.h"
#include "handle_private.h"
#include "sys.h"

/* CLBlast rounds the sides of its copies of matrices up to a multiple of its tiles, of 128 at most. */
enum { SIDE_SLACK = 256 };

size_t focl__blas_rows_max(size_t columns) {
    const size_t padded = columns > INT_MAX ? INT_MAX : columns + SIDE_SLACK;
    const size_t rows = INT_MAX / padded;
    return rows > SIDE_SLACK ? rows - SIDE_SLACK : 0;
}

focl_status focl__blas_check_matrix(const focl__matrix *matrix) {
    if (matrix->rows <= focl__blas_rows_max(matrix->columns))
        return FOCL_OK;
    return focl__fail(FOCL_ENOTSUP, matrix->name, "a matrix of %zu x %zu is more than CLBlast's %d bits can index",
                      matrix->rows, matrix->columns, 31);
}

/* OpenCL keeps what its commands use. */
void focl__workspace_close(focl__workspace *workspace) {
    if (workspace->memory)
        clReleaseMemObject(workspace->memory);
    *workspace = (focl__workspace){NULL, 0};
}

#ifndef FOCL_HAS_CLBLAST

bool focl__has_blas(void) {
    return false;
}

static focl_status complain(void) {
    return focl__fail(FOCL_ENOTSUP, "", "this focl was built without CLBlast, whose matrix products this call needs");
}

focl_status focl__blas_check(const focl_handle *handle, focl_type type) {
    (void)handle, (void)type;
    return complain();
}

focl_status focl__blas_multiply(const focl_handle *handle, focl__chain *chain, focl__workspace *workspace,
                                focl_type type, const focl__product *product) {
    (void)handle, (void)chain, (void)workspace, (void)type, (void)product;
    return complain();
}

focl_status focl__blas_transpose(const focl_handle *handle, focl__chain *chain, focl_type type,
                                 const focl__matrix *from, const focl__matrix *to) {
    (void)handle, (void)chain, (void)type, (void)from, (void)to;
    return complain();
}

focl_status focl__blas_scale(const focl_handle *handle, focl__chain *chain, focl_type type, const focl__matrix *matrix,
                             double factor) {
    (void)handle, (void)chain, (void)type, (void)matrix, (void)factor;
    return complain();
}

#else

#include <clblast_c.h>

bool focl__has_blas(void) {
    return true;
}

/* The least that CLBlast's kernels are happy with, whatever the device. */
enum { LEAST_GROUP = 64 };

focl_status focl__blas_check(const focl_handle *handle, focl_type type) {
    const focl_device *device = &handle->device;
    if (device->work_group_size < LEAST_GROUP)
        return focl__fail(FOCL_ENOTSUP, "", "the device %s has work-groups of %zu, and CLBlast's are of %d at least",
                          device->name, device->work_group_size, LEAST_GROUP);
    if (type == FOCL_BF16)
        return focl__fail(FOCL_ENOTSUP, "logits_type", "is bf16, of which there are no matrix products");
    if (type == FOCL_F16 && !device->fp16)
        return focl__fail(FOCL_ENOTSUP, "logits_type",
                          "is f16, of which matrix products need cl_khr_fp16, and the device %s does not have it",
                          device->name);
    return FOCL_OK;
}

/* ---- Failures ---- */

static const struct {
    CLBlastStatusCode code;
    focl_status status;
    const char *sentence;
} own_codes[] = {
    {CLBlastNotImplemented, FOCL_ENOTSUP, "it is not implemented"},
    {CLBlastInvalidLocalMemUsage, FOCL_ENOTSUP, "the device has too little local memory"},
    {CLBlastNoHalfPrecision, FOCL_ENOTSUP, "the device has no f16"},
    {CLBlastNoDoublePrecision, FOCL_ENOTSUP, "the device has no f64"},
};

/* The codes from -1000 on down are CLBlast's own, the others OpenCL's. */
enum { LAST_CL_CODE = -1000 };

static focl_status fail(CLBlastStatusCode code, const char *routine) {
    if ((int)code > LAST_CL_CODE)
        return focl__fail_cl((cl_int)code, routine);
    for (size_t i = 0; i < sizeof own_codes / sizeof *own_codes; i++)
        if (own_codes[i].code == code)
            return focl__fail(own_codes[i].status, "", "%s: %s (%d)", routine, own_codes[i].sentence, (int)code);
    return focl__fail(FOCL_EDEVICE, "", "%s: CLBlast failed with its code %d", routine, (int)code);
}

/* ---- The queue ---- */

static focl_status is_out_of_order(cl_command_queue queue, bool *out_of_order) {
    cl_command_queue_properties properties = 0;
    const cl_int code = clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES, sizeof properties, &properties, NULL);
    *out_of_order = (properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE) != 0;
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clGetCommandQueueInfo");
}

/* What is enqueued from here on starts after the chain's events, though it does not ask for them. */
static focl_status hold_queue(const focl__chain *chain) {
    bool out_of_order = false;
    const focl_status status = is_out_of_order(chain->queue, &out_of_order);
    const cl_uint count = focl__chain_wait_count(chain);
    if (status || count == 0 || (chain->last && !out_of_order))
        return status;
    const cl_int code = clEnqueueBarrierWithWaitList(chain->queue, count, focl__chain_wait_list(chain), NULL);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clEnqueueBarrierWithWaitList");
}

/* CLBlast's cache of programs stands one thread at a time only before 1.6.1, and which version it is cannot be asked.
 */
static focl__mutex lock = FOCL__MUTEX_INITIALIZER;

/* ---- CPUs ---- */

/*
 * CLBlast's tables know no CPU of today: its defaults reach a fifth of what this choice does with PoCL on AVX-512
 * (docs/linear-head.md). Groups of 16 x 4 items with 128 x 32 elements of the result, by way of local memory; and for
 * all but the smallest products, as the kernel that copies nothing is the slowest.
 */
static const char *const cpu_gemm_names[] = {"GEMMK", "KREG", "KWG", "KWI", "MDIMA", "MDIMC", "MWG", "NDIMB",
                                             "NDIMC", "NWG",  "SA",  "SB",  "STRM",  "STRN",  "VWM", "VWN"};
static const size_t cpu_gemm_values[] = {0, 1, 64, 2, 16, 16, 128, 4, 4, 32, 1, 1, 0, 0, 8, 1};
static const char *const cpu_routine_names[] = {"XGEMM_MIN_INDIRECT_SIZE"};
static const size_t cpu_routine_values[] = {64};

static const struct {
    const char *kernel;
    size_t count;
    const char *const *names;
    const size_t *values;
} cpu_parameters[] = {
    {"Xgemm", sizeof cpu_gemm_values / sizeof *cpu_gemm_values, cpu_gemm_names, cpu_gemm_values},
    {"GemmRoutine", sizeof cpu_routine_values / sizeof *cpu_routine_values, cpu_routine_names, cpu_routine_values},
};

enum { CPU_GROUP = 16 * 4, CPU_LOCAL_BYTES = 64 * (128 + 32) * 4, MOST_CPUS = 16, MOST_PARAMETERS = 16 };

static bool suits(const focl_device *device) {
    return device->device_class == FOCL_CPU && device->work_group_size >= CPU_GROUP &&
           device->local_bytes >= CPU_LOCAL_BYTES;
}

/* Once for each device; with the lock. Without it the products are as right, and slower. */
static void choose_parameters(const focl_device *device) {
    static struct {
        size_t count;
        cl_device_id list[MOST_CPUS];
    } known;
    if (known.count == MOST_CPUS || !suits(device))
        return;
    for (size_t i = 0; i < known.count; i++)
        if (known.list[i] == device->cl_device)
            return;
    known.list[known.count++] = device->cl_device;
    for (size_t i = 0; i < sizeof cpu_parameters / sizeof *cpu_parameters; i++) {
        const char *names[MOST_PARAMETERS]; /* CLBlast's array is not of const pointers */
        for (size_t name = 0; name < cpu_parameters[i].count; name++)
            names[name] = cpu_parameters[i].names[name];
        (void)CLBlastOverrideParameters(device->cl_device, cpu_parameters[i].kernel, CLBlastPrecisionSingle,
                                        cpu_parameters[i].count, names, cpu_parameters[i].values);
    }
}

/* ---- Matrices where int can say where they are ---- */

typedef struct window {
    cl_mem memory; /* owned: a reference, or a part of the caller's memory */
    size_t offset; /* in elements */
} window;

static focl_status find_whole(cl_mem memory, cl_mem *whole, size_t *origin) {
    *whole = NULL;
    *origin = 0;
    cl_int code = clGetMemObjectInfo(memory, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof *whole, whole, NULL);
    if (code == CL_SUCCESS && *whole)
        code = clGetMemObjectInfo(memory, CL_MEM_OFFSET, sizeof *origin, origin, NULL);
    if (!*whole)
        *whole = memory;
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clGetMemObjectInfo");
}

/* A sub-buffer that begins at the device's alignment, before the matrix. */
static focl_status open_part(const focl_handle *handle, size_t unit, const focl__matrix *matrix, window *at) {
    cl_uint align_bits = 0;
    cl_int code =
        clGetDeviceInfo(handle->device.cl_device, CL_DEVICE_MEM_BASE_ADDR_ALIGN, sizeof align_bits, &align_bits, NULL);
    if (code != CL_SUCCESS)
        return focl__fail_cl(code, "clGetDeviceInfo");
    cl_mem whole = NULL;
    size_t origin = 0;
    const focl_status status = find_whole(matrix->memory, &whole, &origin);
    if (status)
        return status;
    const size_t align = align_bits / 8 > unit ? align_bits / 8 : unit;
    const size_t start = origin + (size_t)matrix->offset * unit;
    const size_t before = start % align;
    const cl_buffer_region region = {start - before, before + matrix->rows * matrix->columns * unit};
    at->offset = before / unit;
    at->memory = clCreateSubBuffer(whole, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
    return code == CL_SUCCESS ? FOCL_OK : focl__fail_cl(code, "clCreateSubBuffer");
}

static focl_status open_window(const focl_handle *handle, size_t unit, const focl__matrix *matrix, window *at) {
    const focl_status status = focl__blas_check_matrix(matrix);
    if (status)
        return status;
    const bool is_far = matrix->offset > INT_MAX || matrix->rows * matrix->columns > INT_MAX - matrix->offset;
    if (is_far || handle->wide_indices)
        return open_part(handle, unit, matrix, at);
    const cl_int code = clRetainMemObject(matrix->memory);
    if (code != CL_SUCCESS)
        return focl__fail_cl(code, "clRetainMemObject");
    *at = (window){matrix->memory, (size_t)matrix->offset};
    return FOCL_OK;
}

/* OpenCL keeps what its commands use. */
static void close_window(window *at) {
    if (at->memory)
        clReleaseMemObject(at->memory);
}

/* ---- Routines ---- */

static cl_half half_of(double value) {
    cl_half half = 0;
    focl__element_store(FOCL_F16, &half, 0, (float)value);
    return half;
}

/* In CLBlast's terms, column by column: a matrix is seen as its transpose, and the factors change sides. */
typedef struct gemm_call {
    CLBlastTranspose transposes[2]; /* of a and b */
    size_t m;
    size_t n;
    size_t k;
    window a, b, c;
    size_t a_stride, b_stride, c_stride;
    double beta;
} gemm_call;

#define GEMM_SIZES CLBlastLayoutColMajor, call->transposes[0], call->transposes[1], call->m, call->n, call->k
#define GEMM(letter, one, beta)                                                                               \
    CLBlast##letter##gemmWithTempBuffer(GEMM_SIZES, one, call->a.memory, call->a.offset, call->a_stride,      \
                                        call->b.memory, call->b.offset, call->b_stride, beta, call->c.memory, \
                                        call->c.offset, call->c_stride, queue, event, temporary)
#define GEMM_BYTES(letter)                                                                                          \
    CLBlast##letter##GemmTempBufferSize(GEMM_SIZES, call->a.offset, call->a_stride, call->b.offset, call->b_stride, \
                                        call->c.offset, call->c_stride, queue, bytes)

static focl_status gemm_bytes(focl_type type, const gemm_call *call, cl_command_queue *queue, size_t *bytes) {
    const CLBlastStatusCode code = type == FOCL_F64 ? GEMM_BYTES(D) : type == FOCL_F16 ? GEMM_BYTES(H) : GEMM_BYTES(S);
    return code == CLBlastSuccess ? FOCL_OK : fail(code, "CLBlast's GemmTempBufferSize");
}

static focl_status gemm(focl_type type, const gemm_call *call, cl_command_queue *queue, cl_mem temporary,
                        cl_event *event) {
    CLBlastStatusCode code = CLBlastSuccess;
    const char *routine = NULL;
    switch (type) {
    case FOCL_F64:
        routine = "CLBlastDgemm";
        code = GEMM(D, 1.0, call->beta);
        break;
    case FOCL_F16:
        routine = "CLBlastHgemm";
        code = GEMM(H, half_of(1.0), half_of(call->beta));
        break;
    default:
        routine = "CLBlastSgemm";
        code = GEMM(S, 1.0f, (float)call->beta);
        break;
    }
    return code == CLBlastSuccess ? FOCL_OK : fail(code, routine);
}

/* Room for at least so many bytes; what was there before stays until those who use it are done. */
static focl_status grow(const focl_handle *handle, focl__workspace *workspace, size_t bytes) {
    cl_int code = CL_SUCCESS;
    if (bytes <= workspace->bytes)
        return FOCL_OK;
    focl__workspace_close(workspace);
    workspace->memory = clCreateBuffer(handle->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
    if (code != CL_SUCCESS)
        return focl__fail_cl(code, "clCreateBuffer");
    workspace->bytes = bytes;
    return FOCL_OK;
}

static focl_status scal(focl_type type, size_t count, double factor, const window *at, cl_command_queue *queue,
                        cl_event *event) {
    CLBlastStatusCode code = CLBlastSuccess;
    const char *routine = NULL;
    switch (type) {
    case FOCL_F64:
        routine = "CLBlastDscal";
        code = CLBlastDscal(count, factor, at->memory, at->offset, 1, queue, event);
        break;
    case FOCL_F16:
        routine = "CLBlastHscal";
        code = CLBlastHscal(count, half_of(factor), at->memory, at->offset, 1, queue, event);
        break;
    default:
        routine = "CLBlastSscal";
        code = CLBlastSscal(count, (float)factor, at->memory, at->offset, 1, queue, event);
        break;
    }
    return code == CLBlastSuccess ? FOCL_OK : fail(code, routine);
}

/* With the lock. */
static focl_status enqueue_gemm(const focl_handle *handle, focl__chain *chain, focl__workspace *workspace,
                                focl_type type, const gemm_call *call, cl_event *event) {
    size_t bytes = 0;
    choose_parameters(&handle->device);
    focl_status status = gemm_bytes(type, call, &chain->queue, &bytes);
    if (!status)
        status = grow(handle, workspace, bytes);
    return status ? status : gemm(type, call, &chain->queue, workspace->memory, event);
}

static focl_status run_gemm(const focl_handle *handle, focl__chain *chain, focl__workspace *workspace, focl_type type,
                            const gemm_call *call) {
    cl_event next = NULL;
    focl_status status = hold_queue(chain);
    if (status)
        return status;
    focl__mutex_lock(&lock);
    status = enqueue_gemm(handle, chain, workspace, type, call, &next);
    focl__mutex_unlock(&lock);
    if (!status)
        focl__chain_advance(chain, next);
    return status;
}

static size_t summed(const focl__product *product) {
    return product->transposes_left ? product->left.rows : product->left.columns;
}

focl_status focl__blas_multiply(const focl_handle *handle, focl__chain *chain, focl__workspace *workspace,
                                focl_type type, const focl__product *product) {
    const size_t unit = focl_type_size(type);
    if (product->result.rows == 0 || product->result.columns == 0)
        return FOCL_OK;
    if (summed(product) == 0)
        return focl__blas_scale(handle, chain, type, &product->result, product->old_factor);
    gemm_call call = {
        .transposes = {product->transposes_right ? CLBlastTransposeYes : CLBlastTransposeNo,
                       product->transposes_left ? CLBlastTransposeYes : CLBlastTransposeNo},
        .m = product->result.columns,
        .n = product->result.rows,
        .k = summed(product),
        .a_stride = product->right.columns,
        .b_stride = product->left.columns,
        .c_stride = product->result.columns,
        .beta = product->old_factor,
    };
    focl_status status = open_window(handle, unit, &product->right, &call.a);
    if (!status)
        status = open_window(handle, unit, &product->left, &call.b);
    if (!status)
        status = open_window(handle, unit, &product->result, &call.c);
    if (!status)
        status = run_gemm(handle, chain, workspace, type, &call);
    close_window(&call.a);
    close_window(&call.b);
    close_window(&call.c);
    return status;
}

/* ---- Transposing ---- */

static focl_status omatcopy(focl_type type, const focl__matrix *from, const window *source, const window *to,
                            cl_command_queue *queue, cl_event *event) {
    CLBlastStatusCode code = CLBlastSuccess;
    const char *routine = NULL;
#define OMATCOPY(letter, one)                                                                                    \
    CLBlast##letter##omatcopy(CLBlastLayoutRowMajor, CLBlastTransposeYes, from->rows, from->columns, one,        \
                              source->memory, source->offset, from->columns, to->memory, to->offset, from->rows, \
                              queue, event)
    switch (type) {
    case FOCL_F64:
        routine = "CLBlastDomatcopy";
        code = OMATCOPY(D, 1.0);
        break;
    case FOCL_F16:
        routine = "CLBlastHomatcopy";
        code = OMATCOPY(H, half_of(1.0));
        break;
    default:
        routine = "CLBlastSomatcopy";
        code = OMATCOPY(S, 1.0f);
        break;
    }
#undef OMATCOPY
    return code == CLBlastSuccess ? FOCL_OK : fail(code, routine);
}

static focl_status run_omatcopy(focl__chain *chain, focl_type type, const focl__matrix *from, const window *source,
                                const window *to) {
    cl_event next = NULL;
    focl_status status = hold_queue(chain);
    if (status)
        return status;
    focl__mutex_lock(&lock);
    status = omatcopy(type, from, source, to, &chain->queue, &next);
    focl__mutex_unlock(&lock);
    if (!status)
        focl__chain_advance(chain, next);
    return status;
}

focl_status focl__blas_transpose(const focl_handle *handle, focl__chain *chain, focl_type type,
                                 const focl__matrix *from, const focl__matrix *to) {
    const size_t unit = focl_type_size(type);
    window source = {0};
    window target = {0};
    if (from->rows == 0 || from->columns == 0)
        return FOCL_OK;
    focl_status status = open_window(handle, unit, from, &source);
    if (!status)
        status = open_window(handle, unit, to, &target);
    if (!status)
        status = run_omatcopy(chain, type, from, &source, &target);
    close_window(&source);
    close_window(&target);
    return status;
}

/* ---- Scaling ---- */

static focl_status fill_zero(focl__chain *chain, size_t unit, const focl__matrix *matrix) {
    static const double zero = 0.0;
    cl_event next = NULL;
    const cl_int code = clEnqueueFillBuffer(chain->queue, matrix->memory, &zero, unit, (size_t)matrix->offset * unit,
                                            matrix->rows * matrix->columns * unit, focl__chain_wait_count(chain),
                                            focl__chain_wait_list(chain), &next);
    if (code != CL_SUCCESS)
        return focl__fail_cl(code, "clEnqueueFillBuffer");
    focl__chain_advance(chain, next);
    return FOCL_OK;
}

static focl_status run_scal(focl__chain *chain, focl_type type, size_t count, double factor, const window *at) {
    cl_event next = NULL;
    focl_status status = hold_queue(chain);
    if (status)
        return status;
    focl__mutex_lock(&lock);
    status = scal(type, count, factor, at, &chain->queue, &next);
    focl__mutex_unlock(&lock);
    if (!status)
        focl__chain_advance(chain, next);
    return status;
}

focl_status focl__blas_scale(const focl_handle *handle, focl__chain *chain, focl_type type, const focl__matrix *matrix,
                             double factor) {
    const size_t unit = focl_type_size(type);
    const bool keeps = factor >= 1.0 && factor <= 1.0;
    const bool clears = factor >= 0.0 && factor <= 0.0;
    if (keeps || matrix->rows == 0 || matrix->columns == 0)
        return FOCL_OK;
    if (clears)
        return fill_zero(chain, unit, matrix);
    window at = {0};
    focl_status status = open_window(handle, unit, matrix, &at);
    if (!status)
        status = run_scal(chain, type, matrix->rows * matrix->columns, factor, &at);
    close_window(&at);
    return status;
}

#endif
