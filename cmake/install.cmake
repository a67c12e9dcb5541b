# Installation: headers, both libraries, the command, and descriptions for pkg-config and find_package(focl).

include(CMakePackageConfigHelpers)

install(DIRECTORY include/focl DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(TARGETS focl_shared focl_static EXPORT focl_targets
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
if(TARGET focl_command)
    install(TARGETS focl_command RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
if(TARGET focl-conformance)
    install(TARGETS focl-conformance RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

set(package_directory "${CMAKE_INSTALL_LIBDIR}/cmake/focl")
install(EXPORT focl_targets NAMESPACE focl:: FILE focl-targets.cmake DESTINATION "${package_directory}")
configure_package_config_file(cmake/focl-config.cmake.in "${PROJECT_BINARY_DIR}/focl-config.cmake"
                              INSTALL_DESTINATION "${package_directory}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/focl-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/focl-config.cmake" "${PROJECT_BINARY_DIR}/focl-config-version.cmake"
        DESTINATION "${package_directory}")

set(pc_clblast "")
if(FOCL_HAS_CLBLAST)
    set(pc_clblast " -lclblast")
endif()
configure_file(cmake/focl.pc.in "${PROJECT_BINARY_DIR}/focl.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/focl.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
