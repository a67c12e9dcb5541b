# The strict arithmetic against MPFR: over all floats by hand (./dev survey), over some of them by ctest.

pkg_check_modules(MPFR REQUIRED IMPORTED_TARGET mpfr)
include(CheckCCompilerFlag)

file(GLOB math_survey_sources CONFIGURE_DEPENDS tests/math_survey*.c)
add_executable(math_survey ${math_survey_sources})
focl_compile_flags(math_survey)
focl_link_flags(math_survey)
target_link_libraries(math_survey PRIVATE PkgConfig::MPFR Threads::Threads $<$<BOOL:${FOCL_MATH_LIBRARY}>:m>)
set_target_properties(math_survey PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")

# It rounds as the mirror does, and is fast in debug builds too. The last two flags change no value: without them
# compilers make no vectors of comparisons and square roots.
target_compile_options(math_survey PRIVATE -O3 -ffp-contract=off -fno-math-errno -fno-trapping-math)
check_c_compiler_flag(-march=native FOCL_HAS_MARCH_NATIVE)
if(FOCL_HAS_MARCH_NATIVE)
    target_compile_options(math_survey PRIVATE -march=native)
endif()

add_test(NAME math_survey COMMAND math_survey --quick --table "${PROJECT_SOURCE_DIR}/docs/accuracy.md")
set_tests_properties(math_survey PROPERTIES LABELS once TIMEOUT 600)
