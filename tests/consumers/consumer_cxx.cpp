// A stranger's program in C++17: the same calls, and OpenCL's own on its own buffers.
#include <focl/focl.h>

#include <cstdio>
#include <memory>
#include <vector>

namespace {

struct handle_destroyer {
    void operator()(focl_handle *handle) const { focl_destroy(handle); }
};
using handle_pointer = std::unique_ptr<focl_handle, handle_destroyer>;

int fail() {
    std::fprintf(stderr, "%s\n", focl_last_error()->message);
    return 1;
}

int run(focl_handle *handle) {
    const std::vector<float> logits{2, -1, 0, -3, 0.5f, 4, -2, -2, -1, -1, -1, -1};
    const std::vector<unsigned char> labels{0, 1, 3};
    const std::size_t bytes = logits.size() * sizeof(float);
    const cl_mem_flags copy = CL_MEM_COPY_HOST_PTR;
    cl_context context = focl_handle_context(handle);
    cl_mem x = clCreateBuffer(context, copy, bytes, const_cast<float *>(logits.data()), nullptr);
    cl_mem t = clCreateBuffer(context, copy, labels.size(), const_cast<unsigned char *>(labels.data()), nullptr);
    cl_mem out = clCreateBuffer(context, CL_MEM_READ_WRITE, sizeof(float), nullptr, nullptr);

    focl_loss_description focal = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, focl_view{3, 4, 1});
    focal.targets_type = FOCL_U8;
    focl_loss_inputs inputs{};
    inputs.logits.memory = x;
    inputs.targets.memory = t;
    focl_loss_outputs outputs{};
    outputs.reduced.memory = out;
    float loss = 0;
    int status = focl_loss(handle, &focal, &inputs, &outputs, nullptr, 0, nullptr, nullptr) ? fail() : 0;
    if (status == 0)
        status = clEnqueueReadBuffer(focl_handle_queue(handle), out, CL_TRUE, 0, sizeof loss, &loss, 0, nullptr, nullptr);
    clReleaseMemObject(out);
    clReleaseMemObject(t);
    clReleaseMemObject(x);
    std::printf("focl %s from C++, loss %.6f\n", focl_version(), static_cast<double>(loss));
    return status == 0 && loss > 0 ? 0 : 1;
}

} // namespace

int main() {
    focl_handle *handle = nullptr;
    if (focl_create(&handle, nullptr))
        return fail();
    return run(handle_pointer(handle).get());
}
