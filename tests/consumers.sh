#!/usr/bin/env bash
#
# focl in strangers' hands: an install tree, what its library exports, its headers in C and C++, and projects that build
# on it and run.
#   tests/consumers.sh BUILD_FOLDER   (everything has been built there)
# Environment: CC, CXX, CMAKE, and OpenCL's. Exit status: 0 all is well, 1 something is not, 77 a tool is missing.
set -euo pipefail
export LC_ALL=C

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
build=$(realpath "$1")
cc=${CC:-cc}
cxx=${CXX:-c++} # CMake writes NOTFOUND where there is none
cmake=${CMAKE:-cmake}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix

fail() {
    echo "consumers: $*" >&2
    exit 1
}

for tool in "$cc" "$cxx" "$cmake" make ninja pkg-config nm objdump; do
    command -v "$tool" >/dev/null || { echo "SKIP: consumers: there is no $tool" && exit 77; }
done

# Runs a step and shows what it said only if it failed.
quietly() {
    "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2 && fail "failed: $*"; }
}

# A library's folder depends on the distribution.
library_folder() { dirname "$(find "$prefix" -name focl.pc)" | xargs dirname; }

# ---- The library ----

# Every name that the headers declare is exported, and no other.
check_exports() {
    echo '#include <focl/focl.h>' | "$cc" -E -P -I"$prefix/include" -x c - | grep -oE '\bfocl_[a-z0-9_]+\(' |
        tr -d '(' | sort -u >"$work/declared"
    nm -D --defined-only "$library" | awk '{ print $3 }' | sed 's/@.*//' | sort -u >"$work/exported"
    [ -s "$work/declared" ] || fail "the headers declare nothing"
    diff "$work/declared" "$work/exported" >"$work/log" ||
        { cat "$work/log" >&2 && fail "declared (<) and exported (>) functions are not the same"; }
    echo "exports: $(wc -l <"$work/exported") functions, all of them declared, and no other name"
}

# libfocl.so.MAJOR.MINOR is what programs ask for.
check_soname() {
    local version soname
    version=$(pkg-config --modversion focl)
    soname=$(objdump -p "$library" | awk '$1 == "SONAME" { print $2 }')
    [ "$soname" = "libfocl.so.${version%.*}" ] || fail "version $version has the soname '$soname'"
    [ -e "$libdir/$soname" ] || fail "there is no $soname in the install tree"
    echo "soname: $soname"
}

# ---- The headers ----

# compile_header COMPILER STANDARD LANGUAGE HEADER: alone, and twice.
compile_header() {
    printf '#include <focl/%s>\n#include <focl/%s>\nextern int something;\n' "$4" "$4" |
        "$1" -std="$2" -x "$3" -Wall -Wextra -Wpedantic -pedantic-errors -Werror -fsyntax-only -I"$prefix/include" - ||
        fail "focl/$4 alone is not good as $2 for $1"
}

check_headers() {
    local header count=0
    for header in "$prefix"/include/focl/*.h; do
        header=$(basename "$header")
        compile_header "$cc" c11 c "$header"
        compile_header "$cxx" c++17 c++ "$header"
        count=$((count + 1))
    done
    echo "headers: $count, each alone as C11 and as C++17"
}

# ---- Projects ----

run_programs() {
    local program
    for program in "$@"; do
        "$program" >"$work/log" 2>&1 || { cat "$work/log" >&2 && fail "$program failed"; }
        grep -q '^focl .*loss 0\.' "$work/log" || { cat "$work/log" >&2 && fail "$program says no loss"; }
    done
}

# Whether a program loads libfocl at run time.
is_shared() { objdump -p "$1" | grep 'NEEDED *libfocl\.so' >/dev/null; }

# check_kind WANTED PROGRAM...
check_kind() {
    local wanted=$1 program kind
    shift
    for program in "$@"; do
        kind=static
        ! is_shared "$program" || kind=shared
        [ "$kind" = "$wanted" ] || fail "$program has the $kind library, and wanted the $wanted one"
    done
}

configure() {
    local source=$1 folder=$2
    shift 2
    quietly "$cmake" -S "$here/consumers/$source" -B "$folder" -G Ninja -DCMAKE_C_COMPILER="$cc" \
        -DCMAKE_CXX_COMPILER="$cxx" "$@"
}

# find_package WANTED KIND
check_find_package() {
    local folder=$work/find_$1
    configure find_package "$folder" -DCMAKE_PREFIX_PATH="$prefix" -DWANTED="$1"
    quietly "$cmake" --build "$folder"
    check_kind "$2" "$folder/consumer" "$folder/consumer_cxx"
    run_programs "$folder/consumer" "$folder/consumer_cxx"
    echo "find_package, $1: C and C++ build and run with the $2 library"
}

# Both kinds at once, and kinds that there are not, are refused.
check_refusals() {
    local wanted
    for wanted in "shared static" frobnicated; do
        wanted=${wanted// /;}
        ! "$cmake" -S "$here/consumers/find_package" -B "$work/refused" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
            -DWANTED="$wanted" >"$work/log" 2>&1 || fail "find_package(focl COMPONENTS $wanted) is not refused"
        grep -q focl_FOUND "$work/log" || { cat "$work/log" >&2 && fail "$wanted is refused for another reason"; }
        rm -rf "$work/refused"
    done
    echo "find_package: other components are refused"
}

# pkg_config KIND; linkers prefer what is shared, so the static library has to be alone.
check_pkg_config() {
    local kind=$1 folder=$work/pkg_$1 static=()
    mkdir "$folder"
    [ "$kind" = shared ] || static=(STATIC=--static)
    quietly make -C "$folder" -f "$here/consumers/pkg_config/Makefile" SOURCES="$here/consumers" CC="$cc" CXX="$cxx" \
        "${static[@]}"
    check_kind "$kind" "$folder/consumer" "$folder/consumer_cxx"
    LD_LIBRARY_PATH=$libdir run_programs "$folder/consumer" "$folder/consumer_cxx"
    echo "pkg-config, $kind: C and C++ build and run"
}

# The project's own CMakeLists.txt looks at what focl leaves behind.
check_add_subdirectory() {
    local folder=$work/subdirectory installed
    configure add_subdirectory "$folder" -DFOCL_SOURCE="$(dirname "$here")" -DCMAKE_INSTALL_PREFIX="$work/parent"
    quietly "$cmake" --build "$folder"
    check_kind static "$folder/consumer"
    run_programs "$folder/consumer"
    [ -z "$(find "$folder" -name 'libfocl.so*' -o -name focl -type f)" ] || fail "what nobody needs was built, too"
    quietly "$cmake" --install "$folder"
    installed=$(cd "$work/parent" && find . -type f)
    [ "$installed" = ./bin/consumer ] || fail "a project with focl inside installs: $installed"
    echo "add_subdirectory: builds and runs; no options, tests, targets or files of focl in the project"
}

quietly "$cmake" --install "$build" --prefix "$prefix"
libdir=$(library_folder)
library=$(realpath "$libdir/libfocl.so")
export PKG_CONFIG_PATH=$libdir/pkgconfig

check_exports
check_soname
check_headers
check_find_package default shared
check_find_package shared shared
check_find_package static static
check_refusals
check_pkg_config shared
check_add_subdirectory

# As the last one: it takes the shared library away.
rm "$libdir"/libfocl.so*
check_pkg_config static
