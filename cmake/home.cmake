# Tests of what packagers and users find: install tree, manual pages, completions.

if(NOT FOCL_INSTALL OR FOCL_SANITIZE OR NOT TARGET focl_command OR NOT TARGET focl-conformance OR NOT TARGET focl-bench)
    return()
endif()

# The same compilers as everywhere; C++ is the one that goes with them.
set(cxx_names c++ g++ clang++)
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
    set(cxx_names clang++ c++ g++)
endif()
find_program(FOCL_CXX_COMPILER NAMES ${cxx_names})
mark_as_advanced(FOCL_CXX_COMPILER)
set(pocl_cache "${FOCL_TEST_CACHE}/consumers")
file(MAKE_DIRECTORY "${pocl_cache}")
add_test(NAME consumers COMMAND "${PROJECT_SOURCE_DIR}/tests/consumers.sh" "${PROJECT_BINARY_DIR}")
set_tests_properties(consumers PROPERTIES
    ENVIRONMENT "CC=${CMAKE_C_COMPILER};CXX=${FOCL_CXX_COMPILER};CMAKE=${CMAKE_COMMAND};POCL_CACHE_DIR=${pocl_cache}"
    LABELS once SKIP_RETURN_CODE 77 TIMEOUT 600)

if(TARGET focl_manual)
    add_test(NAME manual COMMAND "${PROJECT_SOURCE_DIR}/tests/manual.sh" "${PROJECT_BINARY_DIR}")
    set_tests_properties(manual PROPERTIES LABELS once SKIP_RETURN_CODE 77 TIMEOUT 120)
endif()
