# What focl --version tells of the build, for src/cli/build_info.c.

# The commit, if these are focl's own sources under git, and not a copy of them among another project's.
set(FOCL_COMMIT "" CACHE STRING "The commit that is built; empty: git is asked")
mark_as_advanced(FOCL_COMMIT)
set(build_commit "${FOCL_COMMIT}")
find_package(Git QUIET)
function(focl_ask_git result)
    execute_process(COMMAND "${GIT_EXECUTABLE}" ${ARGN} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
                    OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    set(${result} "${answer}" PARENT_SCOPE)
endfunction()
if(GIT_FOUND AND build_commit STREQUAL "")
    focl_ask_git(top rev-parse --show-toplevel)
    file(REAL_PATH "${PROJECT_SOURCE_DIR}" source_directory)
    if(top STREQUAL source_directory)
        focl_ask_git(build_commit describe --always --tags --abbrev=12)
        # The next commit configures anew.
        focl_ask_git(git_log rev-parse --git-path logs/HEAD)
        cmake_path(ABSOLUTE_PATH git_log BASE_DIRECTORY "${PROJECT_SOURCE_DIR}")
        if(EXISTS "${git_log}")
            set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${git_log}")
        endif()
    endif()
endif()
if(build_commit STREQUAL "")
    set(build_commit unknown)
endif()

# With it the library has matrix products, and focl-bench a peer.
find_package(CLBlast CONFIG QUIET)
set(build_clblast no)
if(CLBlast_FOUND AND NOT (DEFINED FOCL_HAS_CLBLAST AND NOT FOCL_HAS_CLBLAST))
    set(build_clblast "${CLBlast_VERSION}")
    if(build_clblast STREQUAL "")
        set(build_clblast yes)
    endif()
endif()

set(build_kind "$<CONFIG>")
if(FOCL_SANITIZE)
    string(APPEND build_kind ", sanitizers ${FOCL_SANITIZE}")
endif()

set(build_definitions
    "FOCL__BUILD_COMMIT=\"${build_commit}\""
    "FOCL__BUILD_KIND=\"${build_kind}\""
    "FOCL__BUILD_OPENCL=\"${OpenCL_VERSION_STRING}\""
    "FOCL__BUILD_CLBLAST=\"${build_clblast}\""
    "FOCL__BUILD_SYSTEM=\"${CMAKE_SYSTEM_NAME} ${CMAKE_SYSTEM_PROCESSOR}\"")
set_source_files_properties(src/cli/build_info.c PROPERTIES COMPILE_DEFINITIONS
    "${build_definitions}")
