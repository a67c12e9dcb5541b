# Installation: headers, both libraries, the programs with their manual pages and completions, and descriptions for
# pkg-config and find_package(focl). Three components: libfocl runs programs, dev builds them, tools are ours.

include(CMakePackageConfigHelpers)

install(DIRECTORY include/focl DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT dev FILES_MATCHING PATTERN "*.h")
install(TARGETS focl_shared focl_static EXPORT focl_targets
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT libfocl NAMELINK_COMPONENT dev
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT dev
        RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT libfocl)

# ---- Descriptions ----

set(package_directory "${CMAKE_INSTALL_LIBDIR}/cmake/focl")
install(EXPORT focl_targets NAMESPACE focl:: FILE focl-targets.cmake DESTINATION "${package_directory}" COMPONENT dev)
configure_package_config_file(cmake/focl-config.cmake.in "${PROJECT_BINARY_DIR}/focl-config.cmake"
                              INSTALL_DESTINATION "${package_directory}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/focl-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/focl-config.cmake" "${PROJECT_BINARY_DIR}/focl-config-version.cmake"
        DESTINATION "${package_directory}" COMPONENT dev)

# focl.pc finds its prefix from where it lies, so that a tree can be installed or moved anywhere.
set(pkgconfig_directory "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
file(RELATIVE_PATH FOCL_PC_TO_PREFIX "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" FOCL_PC_TO_PREFIX "${FOCL_PC_TO_PREFIX}")
# Absolute directories, which some distributions ask for, stay absolute.
foreach(kind IN ITEMS INCLUDEDIR LIBDIR)
    set(FOCL_PC_${kind} "\${prefix}/${CMAKE_INSTALL_${kind}}")
    if(IS_ABSOLUTE "${CMAKE_INSTALL_${kind}}")
        set(FOCL_PC_${kind} "${CMAKE_INSTALL_${kind}}")
    endif()
endforeach()
# The headers include OpenCL's, and who has a cl_mem calls OpenCL, too. Not every OpenCL has a description of its own.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
    pkg_check_modules(FOCL_OPENCL QUIET OpenCL)
endif()
set(FOCL_PC_LIBS "-L\${libdir} -lfocl")
if(FOCL_OPENCL_FOUND)
    set(FOCL_PC_REQUIRES "OpenCL")
elseif(APPLE)
    string(APPEND FOCL_PC_LIBS " -framework OpenCL")
else()
    string(APPEND FOCL_PC_LIBS " -lOpenCL")
endif()
# What the static library needs besides.
set(FOCL_PC_LIBS_PRIVATE "${CMAKE_THREAD_LIBS_INIT}")
if(NOT FOCL_PC_LIBS_PRIVATE)
    set(FOCL_PC_LIBS_PRIVATE "-pthread")
endif()
if(FOCL_MATH_LIBRARY)
    string(PREPEND FOCL_PC_LIBS_PRIVATE "-lm ")
endif()
if(FOCL_HAS_CLBLAST)
    string(PREPEND FOCL_PC_LIBS_PRIVATE "-lclblast ")
endif()
configure_file(cmake/focl.pc.in "${PROJECT_BINARY_DIR}/focl.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/focl.pc" DESTINATION "${pkgconfig_directory}" COMPONENT dev)

# ---- Programs ----

set(FOCL_PROGRAMS "")
foreach(program IN ITEMS focl_command focl-conformance focl-bench)
    if(TARGET ${program})
        list(APPEND FOCL_PROGRAMS ${program})
        install(TARGETS ${program} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT tools)
    endif()
endforeach()
if(TARGET focl-bench)
    install(PROGRAMS bench/peers/torch_peer.py DESTINATION "${CMAKE_INSTALL_DATADIR}/focl" COMPONENT tools)
endif()
install(FILES README.md CHANGELOG.md LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT dev)

# The programs have to run to describe themselves.
if(FOCL_PROGRAMS AND (NOT CMAKE_CROSSCOMPILING OR CMAKE_CROSSCOMPILING_EMULATOR))
    include(cmake/manual.cmake)
endif()
