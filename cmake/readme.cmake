# The C program of README.md, as a stranger would copy it, built and run as a test.

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS README.md)
file(READ "${PROJECT_SOURCE_DIR}/README.md" readme)
string(REGEX MATCH "\n```c\n(.*)\n```\n" readme_block "${readme}")
if(NOT readme_block)
    message(FATAL_ERROR "README.md has no block of C")
endif()
file(CONFIGURE OUTPUT readme_program.c CONTENT "${CMAKE_MATCH_1}\n" @ONLY)

add_executable(readme_program "${CMAKE_CURRENT_BINARY_DIR}/readme_program.c")
set_target_properties(readme_program PROPERTIES C_STANDARD 11 C_EXTENSIONS OFF)
target_compile_options(readme_program PRIVATE -Wall -Wextra -Wpedantic -Werror ${FOCL_SANITIZE_FLAGS})
target_link_libraries(readme_program PRIVATE focl::focl)
focl_link_flags(readme_program)
add_test(NAME readme_program COMMAND readme_program)
set_tests_properties(readme_program PROPERTIES
    PASS_REGULAR_EXPRESSION "^loss 0\\.[0-9]+, gradient of the first logit -0\\.[0-9]+\n$")
