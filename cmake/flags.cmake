# How every target of focl is compiled and linked.

set(FOCL_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes)
if(FOCL_WERROR)
    list(APPEND FOCL_WARNINGS -Werror)
endif()

set(FOCL_SANITIZE_FLAGS "")
if(FOCL_SANITIZE)
    set(FOCL_SANITIZE_FLAGS -fsanitize=${FOCL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
endif()

function(focl_compile_flags target)
    set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
    target_compile_definitions(${target} PRIVATE _POSIX_C_SOURCE=200809L _FILE_OFFSET_BITS=64)
    target_compile_options(${target} PRIVATE ${FOCL_WARNINGS} ${FOCL_SANITIZE_FLAGS})
endfunction()

function(focl_link_flags target)
    target_link_options(${target} PUBLIC ${FOCL_SANITIZE_FLAGS})
endfunction()
