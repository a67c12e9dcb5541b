# One executable per tests/test_<stem>.c, run by ctest.

find_package(PkgConfig REQUIRED)
pkg_check_modules(CHECK REQUIRED IMPORTED_TARGET check)

file(GLOB support_sources CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}" tests/support*.c)
list(REMOVE_ITEM support_sources ${truth_sources})
add_library(focl_test_support STATIC ${support_sources})
focl_compile_flags(focl_test_support)
target_include_directories(focl_test_support PUBLIC tests PRIVATE src)
target_link_libraries(focl_test_support PUBLIC focl_truth PkgConfig::CHECK)
target_compile_definitions(focl_test_support PUBLIC FOCL_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")

file(GLOB test_sources CONFIGURE_DEPENDS tests/test_*.c)
if(NOT TARGET focl_bench_results)
    list(FILTER test_sources EXCLUDE REGEX "/test_bench_[^/]*$")
endif()

set(FOCL_TEST_CACHE "${PROJECT_BINARY_DIR}/pocl-cache" CACHE PATH "Where tests keep what PoCL has compiled")
mark_as_advanced(FOCL_TEST_CACHE)

foreach(test_source IN LISTS test_sources)
    cmake_path(GET test_source STEM test_name)
    focl_add_executable(${test_name} ${test_source})
    target_link_libraries(${test_name} PRIVATE focl_test_support)
    # Tests that include the kernels' text round as the mirror does.
    target_compile_options(${test_name} PRIVATE -ffp-contract=off)
    set_target_properties(${test_name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
    add_test(NAME ${test_name} COMMAND ${test_name} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    # OpenCL does not survive fork: each executable is its own process anyway.
    # PoCL's cache of compiled programs does not stand several processes at once on a cold start: each test has its own.
    set(pocl_cache "${FOCL_TEST_CACHE}/${test_name}")
    file(MAKE_DIRECTORY "${pocl_cache}")
    set(environment CK_FORK=no "POCL_CACHE_DIR=${pocl_cache}" FOCL_TUNING=0)
    # At the end of this one GCC 12's leak sanitizer itself falls over the local memory of a driver's threads.
    if(test_name STREQUAL test_pairwise)
        list(APPEND environment ASAN_OPTIONS=detect_leaks=0)
    endif()
    # The command's options and files are the same on every device; test_cli runs it on each.
    if(test_name MATCHES "^test_(bench|cli)_|^test_conformance$")
        set_tests_properties(${test_name} PROPERTIES LABELS once)
    endif()
    if(test_name MATCHES "^test_bench_")
        target_link_libraries(${test_name} PRIVATE focl_bench_results)
    endif()
    if(TARGET focl_command)
        list(APPEND environment "FOCL_COMMAND=$<TARGET_FILE:focl_command>")
        target_link_libraries(${test_name} PRIVATE focl_command_parts)
        add_dependencies(${test_name} focl_command)
    endif()
    set_tests_properties(${test_name} PROPERTIES ENVIRONMENT "${environment}" SKIP_RETURN_CODE 77 TIMEOUT 1500)
endforeach()

# For the test that looks whether every kernel has been launched.
set(kernel_stems "")
foreach(flat_kernel IN LISTS FOCL_FLAT_KERNELS)
    cmake_path(GET flat_kernel STEM kernel_stem)
    list(APPEND kernel_stems ${kernel_stem})
endforeach()
list(JOIN kernel_stems " " kernel_stems)
target_compile_definitions(test_every_kernel PRIVATE FOCL_KERNEL_STEMS="${kernel_stems}")
target_link_libraries(test_every_kernel PRIVATE ${CMAKE_DL_LIBS})

# For the test that stands in for CLBlast.
if(FOCL_HAS_CLBLAST)
    target_compile_definitions(test_linear_loss_failures PRIVATE FOCL_HAS_CLBLAST)
    target_link_libraries(test_linear_loss_failures PRIVATE clblast ${CMAKE_DL_LIBS})
endif()

# A peer for sums, if it is there.
find_package(CLBlast CONFIG QUIET)
if(CLBlast_FOUND)
    target_link_libraries(test_weighted_sum_clblast PRIVATE clblast)
    target_compile_definitions(test_weighted_sum_clblast PRIVATE FOCL_TEST_CLBLAST)
else()
    message(STATUS "tests: no CLBlast (libclblast-dev) to compare sums with")
endif()

# The examination that users run, in its quick form; test_conformance looks at what it writes.
if(TARGET focl-conformance)
    set_property(TEST test_conformance APPEND PROPERTY ENVIRONMENT "FOCL_COMMAND=$<TARGET_FILE:focl-conformance>")
    add_dependencies(test_conformance focl-conformance)
    set(pocl_cache "${FOCL_TEST_CACHE}/focl-conformance")
    file(MAKE_DIRECTORY "${pocl_cache}")
    add_test(NAME focl-conformance COMMAND focl-conformance --all-devices --quick)
    set_tests_properties(focl-conformance PROPERTIES ENVIRONMENT "POCL_CACHE_DIR=${pocl_cache}" TIMEOUT 1500)
endif()

# The benchmark where it is quickest: it fails where device, peers and reference do not agree.
if(TARGET focl-bench)
    set(pocl_cache "${FOCL_TEST_CACHE}/focl-bench")
    file(MAKE_DIRECTORY "${pocl_cache}")
    add_test(NAME focl-bench COMMAND focl-bench --quick)
    set_tests_properties(focl-bench PROPERTIES ENVIRONMENT "POCL_CACHE_DIR=${pocl_cache}" LABELS once TIMEOUT 1500)
endif()

# A compiler that knows OpenCL C and no device's extensions reads every kernel file with its default settings.
find_program(FOCL_OPENCL_CLANG NAMES clang-15 clang-16 clang-17 clang-18 clang-19 clang-14)
mark_as_advanced(FOCL_OPENCL_CLANG)
if(FOCL_OPENCL_CLANG)
    foreach(flat_kernel IN LISTS FOCL_FLAT_KERNELS)
        cmake_path(GET flat_kernel STEM kernel_name)
        add_test(NAME syntax_${kernel_name}
                 COMMAND ${FOCL_OPENCL_CLANG} -x cl -cl-std=CL1.2 -Xclang -finclude-default-header -fsyntax-only
                         -target spir64-unknown-unknown -Wall -Wextra -Wno-unused-function -Wno-unused-parameter
                         -Werror ${flat_kernel})
        set_tests_properties(syntax_${kernel_name} PROPERTIES LABELS once)
    endforeach()
endif()

include(cmake/math_survey.cmake)
include(cmake/readme.cmake)
