# focl-bench: all of bench/ but what is in bench_results.cmake. Its peers on the host get every help from the compiler,
# and all cores where it has OpenMP.

option(FOCL_BENCH_NATIVE "compile focl-bench's peers for this machine's processor; OFF for packages" ON)

include(CheckCCompilerFlag)
find_package(OpenMP COMPONENTS C)

file(GLOB bench_sources CONFIGURE_DEPENDS bench/*.c)
list(REMOVE_ITEM bench_sources ${bench_result_sources})
focl_add_executable(focl-bench ${bench_sources})
target_link_libraries(focl-bench PRIVATE focl_bench_results)
set_target_properties(focl-bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bench")

# libmvec: GCC calls the C library's vector functions unasked, Clang has to be told. ISO C keeps GCC from fusing
# multiplications and additions.
set(peer_flags "")
if(FOCL_BENCH_NATIVE)
    set(native_flag -march=native)
endif()
foreach(flag IN ITEMS -Ofast ${native_flag} -mprefer-vector-width=512 -ffp-contract=fast -fveclib=libmvec)
    string(MAKE_C_IDENTIFIER "FOCL_HAS${flag}" has_flag)
    check_c_compiler_flag(${flag} ${has_flag})
    if(${has_flag})
        list(APPEND peer_flags ${flag})
    endif()
endforeach()
if(OpenMP_C_FOUND)
    target_link_libraries(focl-bench PRIVATE OpenMP::OpenMP_C)
else()
    list(APPEND peer_flags -fopenmp-simd)
endif()
set_source_files_properties(bench/peer_openmp.c bench/peer_softmax.c PROPERTIES COMPILE_OPTIONS "${peer_flags}")

if(FOCL_HAS_CLBLAST)
    target_link_libraries(focl-bench PRIVATE clblast)
    set_source_files_properties(bench/peer_clblast.c PROPERTIES COMPILE_DEFINITIONS FOCL_BENCH_CLBLAST)
else()
    message(STATUS "focl-bench: no CLBlast (libclblast-dev) to compare with")
endif()
