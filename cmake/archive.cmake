# libzip, with which focl train writes models as .npz archives. Without it a model is a folder.

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
    pkg_check_modules(LIBZIP QUIET IMPORTED_TARGET libzip)
endif()
if(LIBZIP_FOUND)
    target_link_libraries(focl_command_parts PRIVATE PkgConfig::LIBZIP)
    set_source_files_properties(src/cli/model_archive.c PROPERTIES COMPILE_DEFINITIONS FOCL_LIBZIP)
else()
    message(STATUS "focl train: no libzip (libzip-dev), so no .npz archives of models")
endif()
