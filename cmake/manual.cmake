# Manual pages and completions: every program prints its own, from the tables that parse its command line.

# Debian's zsh looks elsewhere than others.
set(zsh_directory "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr" AND EXISTS /etc/debian_version)
    set(zsh_directory "${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions")
endif()
set(FOCL_ZSH_COMPLETION_DIRECTORY "${zsh_directory}" CACHE PATH "Where zsh looks for completions")
mark_as_advanced(FOCL_ZSH_COMPLETION_DIRECTORY)

set(manual_directory "${PROJECT_BINARY_DIR}/manual")
file(MAKE_DIRECTORY "${manual_directory}")
set(manual_files "")

# focl_describe(TARGET FORM FILE DESTINATION [NAME])
function(focl_describe target form file destination)
    add_custom_command(OUTPUT "${manual_directory}/${file}"
                       COMMAND ${target} --describe=${form} > "${manual_directory}/${file}"
                       DEPENDS ${target} COMMENT "Describing ${file}" VERBATIM)
    install(FILES "${manual_directory}/${file}" DESTINATION "${destination}" COMPONENT tools ${ARGN})
    list(APPEND manual_files "${manual_directory}/${file}")
    set(manual_files "${manual_files}" PARENT_SCOPE)
endfunction()

foreach(target IN LISTS FOCL_PROGRAMS)
    string(REPLACE focl_command focl name ${target})
    focl_describe(${target} man ${name}.1 "${CMAKE_INSTALL_MANDIR}/man1")
    focl_describe(${target} bash ${name}.bash "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME ${name})
    focl_describe(${target} zsh _${name} "${FOCL_ZSH_COMPLETION_DIRECTORY}")
    focl_describe(${target} fish ${name}.fish "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
endforeach()
add_custom_target(focl_manual ALL DEPENDS ${manual_files})
