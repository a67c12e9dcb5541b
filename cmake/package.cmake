# Debian packages: cpack -G DEB in the build folder, or ./dev package, which configures as a packager does. One for each
# component of install.cmake: libfocl<SOVERSION>, libfocl-dev, and focl with the programs.

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME focl)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_FILE_NAME "focl-${PROJECT_VERSION}")
set(CPACK_PACKAGING_INSTALL_PREFIX "/usr")
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL libfocl dev tools)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)

# What is compiled for the processor of this machine runs nowhere else for sure.
if(TARGET focl-bench AND FOCL_BENCH_NATIVE)
    list(REMOVE_ITEM CPACK_COMPONENTS_ALL tools)
    message(VERBOSE "packages: without focl's programs, since FOCL_BENCH_NATIVE is on")
endif()

set(FOCL_PACKAGE_MAINTAINER "focl contributors <focl@invalid>" CACHE STRING "Maintainer of the Debian packages")
mark_as_advanced(FOCL_PACKAGE_MAINTAINER)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${FOCL_PACKAGE_MAINTAINER}")
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(debian_version "${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}")

set(library_package "libfocl${FOCL_SOVERSION}")
set(CPACK_DEBIAN_LIBFOCL_PACKAGE_NAME "${library_package}")
set(CPACK_DEBIAN_LIBFOCL_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBFOCL_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_LIBFOCL_PACKAGE_RECOMMENDS "pocl-opencl-icd | opencl-icd")
set(CPACK_COMPONENT_LIBFOCL_DESCRIPTION "Losses and gradients of the focal family on any OpenCL device: the library.")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libfocl-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
    "${library_package} (= ${debian_version}), ocl-icd-opencl-dev | opencl-dev, opencl-c-headers | opencl-headers")
if(FOCL_HAS_CLBLAST)
    string(APPEND CPACK_DEBIAN_DEV_PACKAGE_DEPENDS ", libclblast-dev") # for linking statically
endif()
set(CPACK_COMPONENT_DEV_DESCRIPTION "Losses and gradients of the focal family on any OpenCL device: headers, and the
library for static linking.")

set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME focl)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION science)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_TOOLS_PACKAGE_RECOMMENDS "pocl-opencl-icd | opencl-icd")
set(CPACK_DEBIAN_TOOLS_PACKAGE_SUGGESTS "bash-completion")
set(CPACK_COMPONENT_TOOLS_DESCRIPTION "Losses and gradients of the focal family on any OpenCL device: the command, the
benchmark and the examination of devices.")

# Every package brings its licence along.
foreach(pair IN ITEMS "libfocl/${library_package}" dev/libfocl-dev tools/focl)
    cmake_path(GET pair PARENT_PATH component)
    cmake_path(GET pair FILENAME package)
    install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/doc/${package}" RENAME copyright
            COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()

include(CPack)
