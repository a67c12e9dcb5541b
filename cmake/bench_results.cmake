# What focl-bench writes, compares and asks PyTorch: a library, which tests look at too. What reads JSON needs jansson.

set(bench_result_sources bench/bench_compare.c bench/bench_csv.c bench/bench_json.c bench/bench_kind.c bench/bench_svg.c
                         bench/bench_torch.c)
list(TRANSFORM bench_result_sources PREPEND "${PROJECT_SOURCE_DIR}/")
add_library(focl_bench_results STATIC ${bench_result_sources})
focl_compile_flags(focl_bench_results)
target_include_directories(focl_bench_results PUBLIC bench)
target_compile_definitions(focl_bench_results PRIVATE
    FOCL_BENCH_TORCH_SCRIPT="${PROJECT_SOURCE_DIR}/bench/peers/torch_peer.py"
    FOCL_BENCH_TORCH_INSTALLED="${CMAKE_INSTALL_FULL_DATADIR}/focl/torch_peer.py")
# For the writer of JSON and the headers of .npy files.
target_link_libraries(focl_bench_results PUBLIC focl_command_parts)
if(FOCL_MATH_LIBRARY)
    target_link_libraries(focl_bench_results PRIVATE m)
endif()

find_path(JANSSON_INCLUDE_DIR jansson.h)
find_library(JANSSON_LIBRARY jansson)
mark_as_advanced(JANSSON_INCLUDE_DIR JANSSON_LIBRARY)
if(JANSSON_INCLUDE_DIR AND JANSSON_LIBRARY)
    target_compile_definitions(focl_bench_results PUBLIC FOCL_BENCH_HAS_JANSSON)
    target_include_directories(focl_bench_results SYSTEM PUBLIC "${JANSSON_INCLUDE_DIR}")
    target_link_libraries(focl_bench_results PUBLIC "${JANSSON_LIBRARY}")
endif()
