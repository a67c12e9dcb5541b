# The embed step: cl/*.cl become one C file that implements src/kernels.h. cmake/embed.cmake does the work.
# Sets FOCL_KERNELS_C, and FOCL_FLAT_KERNELS: each kernel file with its includes in place, for compilers.

set(kernel_directory "${PROJECT_SOURCE_DIR}/cl")
set(flat_directory "${PROJECT_BINARY_DIR}/kernels")
file(GLOB kernel_files CONFIGURE_DEPENDS "${kernel_directory}/*.cl")
file(GLOB kernel_headers CONFIGURE_DEPENDS "${kernel_directory}/*.clh")

set(FOCL_FLAT_KERNELS "")
foreach(kernel_file IN LISTS kernel_files)
    cmake_path(GET kernel_file FILENAME kernel_name)
    list(APPEND FOCL_FLAT_KERNELS "${flat_directory}/${kernel_name}")
endforeach()
set(FOCL_KERNELS_C "${flat_directory}/kernels.c")

list(JOIN kernel_files "|" kernel_list)
add_custom_command(
    OUTPUT "${FOCL_KERNELS_C}" ${FOCL_FLAT_KERNELS}
    COMMAND "${CMAKE_COMMAND}" "-DKERNEL_FILES=${kernel_list}" "-DOUTPUT_DIRECTORY=${flat_directory}"
            -P "${PROJECT_SOURCE_DIR}/cmake/embed.cmake"
    DEPENDS ${kernel_files} ${kernel_headers} "${PROJECT_SOURCE_DIR}/cmake/embed.cmake"
            "${PROJECT_SOURCE_DIR}/cmake/kernels.c.in"
    COMMENT "Embedding the kernels"
    VERBATIM)
