# focl-conformance: all of tests/conformance on the tests' truth, with the command's options and files.

file(GLOB conformance_sources CONFIGURE_DEPENDS tests/conformance/*.c)
focl_add_executable(focl-conformance ${conformance_sources})
target_link_libraries(focl-conformance PRIVATE focl_truth focl_command_parts)
set_target_properties(focl-conformance PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
