# The programs of examples/, as a stranger would build them: from the installed headers and the shared library alone.

function(focl_add_example name)
    add_executable(${name} examples/${name}.c)
    set_target_properties(${name} PROPERTIES C_STANDARD 11 C_EXTENSIONS OFF
                          RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/examples")
    target_compile_options(${name} PRIVATE ${FOCL_WARNINGS} ${FOCL_SANITIZE_FLAGS})
    target_link_libraries(${name} PRIVATE focl::focl)
    focl_link_flags(${name})
endfunction()

focl_add_example(train_linear)

if(FOCL_BUILD_TESTS AND FOCL_HAS_CLBLAST)
    set(pocl_cache "${FOCL_TEST_CACHE}/train_linear")
    file(MAKE_DIRECTORY "${pocl_cache}")
    add_test(NAME train_linear COMMAND train_linear "${PROJECT_SOURCE_DIR}/tests/data/digits_pixels.npy"
                                       "${PROJECT_SOURCE_DIR}/tests/data/digits_labels.npy")
    set_tests_properties(train_linear PROPERTIES ENVIRONMENT "POCL_CACHE_DIR=${pocl_cache}" LABELS once TIMEOUT 600
                         PASS_REGULAR_EXPRESSION "9[0-9]\\.[0-9] % of 360 digits right\n$")
    if(TARGET focl_command)
        set(pocl_cache "${FOCL_TEST_CACHE}/why_focal")
        file(MAKE_DIRECTORY "${pocl_cache}")
        add_test(NAME why_focal COMMAND "${PROJECT_SOURCE_DIR}/examples/why_focal.sh" --quick
                                        $<TARGET_FILE:focl_command> "${CMAKE_CURRENT_BINARY_DIR}/why-focal.svg")
        set_tests_properties(why_focal PROPERTIES ENVIRONMENT "POCL_CACHE_DIR=${pocl_cache}" LABELS once TIMEOUT 600
                             PASS_REGULAR_EXPRESSION "focal, gamma 2, balanced \\| [0-9.]+ ")
    endif()
endif()
