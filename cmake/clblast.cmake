# CLBlast, for the matrix products of the linear head (src/blas.c). Sets FOCL_HAS_CLBLAST and, with it, the target clblast.

set(FOCL_CLBLAST AUTO CACHE STRING "matrix products by CLBlast: ON, OFF, or AUTO where it is found")
set_property(CACHE FOCL_CLBLAST PROPERTY STRINGS AUTO ON OFF)

set(FOCL_HAS_CLBLAST OFF)
if(FOCL_CLBLAST STREQUAL "AUTO")
    find_package(CLBlast CONFIG QUIET)
    set(FOCL_HAS_CLBLAST ${CLBlast_FOUND})
elseif(FOCL_CLBLAST)
    find_package(CLBlast CONFIG REQUIRED)
    set(FOCL_HAS_CLBLAST ON)
endif()
if(NOT FOCL_HAS_CLBLAST)
    message(STATUS "focl: no CLBlast (libclblast-dev), so no focl_linear_loss")
endif()
