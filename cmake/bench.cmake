# One program per bench/<stem>.c. The C peers run on all cores where the compiler has OpenMP.

find_package(OpenMP COMPONENTS C)

file(GLOB bench_sources CONFIGURE_DEPENDS bench/*.c)
foreach(bench_source IN LISTS bench_sources)
    cmake_path(GET bench_source STEM bench_name)
    focl_add_executable(${bench_name} ${bench_source})
    set_target_properties(${bench_name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bench")
    if(OpenMP_C_FOUND)
        target_link_libraries(${bench_name} PRIVATE OpenMP::OpenMP_C)
    endif()
endforeach()
