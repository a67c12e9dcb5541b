#!/usr/bin/env bash
#
# Debian packages, unpacked and used from where they lie: nothing is installed.
#   tests/package.sh FOLDER   (the .deb files of ./dev package)
# Exit status: 0 they are good, 1 they are not.
set -euo pipefail
export LC_ALL=C

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
folder=$(realpath "$1")
cc=${CC:-cc}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

fail() {
    echo "package: $*" >&2
    exit 1
}

# deb NAME: the one file of a package.
deb() {
    local files=("$folder/$1"_*.deb)
    if [ ${#files[@]} != 1 ] || [ ! -e "${files[0]}" ]; then
        fail "not one $1 in $folder: ${files[*]}"
    fi
    echo "${files[0]}"
}

# expect_field PACKAGE FIELD PATTERN
expect_field() {
    local value
    value=$(dpkg-deb -f "$(deb "$1")" "$2")
    grep -qE -e "$3" <<<"$value" || fail "$1: $2 is '$value' and has no '$3'"
}

check_fields() {
    local package
    for package in "${packages[@]}"; do
        expect_field "$package" Package "^$package\$"
        expect_field "$package" Version "^$version-[0-9]+\$"
        expect_field "$package" Architecture "^$(dpkg --print-architecture)\$"
    done
    expect_field "$library" Depends 'libc6 \(>= [0-9.]+\)'
    expect_field "$library" Depends 'ocl-icd-libopencl1'
    expect_field libfocl-dev Depends "$library \(= $version-[0-9]+\)"
    expect_field libfocl-dev Depends 'opencl-c-headers|opencl-headers'
    expect_field focl Depends 'ocl-icd-libopencl1'
    ! dpkg-deb -f "$(deb "$library")" Depends | grep -E 'focl|jansson|gomp' >/dev/null ||
        fail "$library depends on too much"
    echo "fields: ${packages[*]}, version $version"
}

# No file stands in two packages, each has its licence, and programs their manual pages and completions.
check_files() {
    local package file
    for package in "${packages[@]}"; do
        dpkg-deb -x "$(deb "$package")" "$root"
        dpkg-deb -c "$(deb "$package")" | awk '$1 !~ /^d/ { print $6 }' >>"$work/files"
        [ -s "$root/usr/share/doc/$package/copyright" ] || fail "$package has no copyright file"
    done
    [ -z "$(sort "$work/files" | uniq -d)" ] || fail "in two packages: $(sort "$work/files" | uniq -d)"
    for package in focl focl-bench focl-conformance; do
        for file in bin/$package share/man/man1/$package.1 share/bash-completion/completions/$package \
            share/fish/vendor_completions.d/$package.fish; do
            [ -s "$root/usr/$file" ] || fail "there is no /usr/$file"
        done
    done
    echo "files: $(wc -l <"$work/files"), each in one package"
}

# The programs as a user has them; with another's processor they have to run, too.
check_programs() {
    local digits=$here/data/digits
    "$root/usr/bin/focl" --version | grep "^focl $version\$" >/dev/null || fail "focl --version tells another version"
    "$root/usr/bin/focl" loss softmax-focal "${digits}_logits.npy" "${digits}_labels.npy" --json >"$work/loss" ||
        fail "focl loss fails"
    grep -q '"loss": 0\.' "$work/loss" || fail "focl loss says: $(cat "$work/loss")"
    "$root/usr/bin/focl-conformance" --list >/dev/null || fail "focl-conformance fails"
    "$root/usr/bin/focl-bench" --help >/dev/null || fail "focl-bench fails"
    echo "programs: focl, focl-bench, focl-conformance run"
}

# A stranger's program, built on the unpacked headers and run with the unpacked library.
check_library() {
    local libdir
    libdir=$(dirname "$(dirname "$(find "$root" -name focl.pc)")")
    # shellcheck disable=SC2046
    PKG_CONFIG_PATH=$libdir/pkgconfig "$cc" -std=c11 "$here/consumers/consumer.c" -o "$work/consumer" \
        $(PKG_CONFIG_PATH=$libdir/pkgconfig pkg-config --cflags --libs focl)
    LD_LIBRARY_PATH=$libdir "$work/consumer" | grep "^focl $version, loss 0\." >/dev/null ||
        fail "the library does not run"
    LD_LIBRARY_PATH=$libdir ldd "$work/consumer" | grep "$root" >/dev/null || fail "another libfocl was taken"
    echo "library: a program builds and runs with it"
}

version=$(dpkg-deb -f "$(deb focl)" Version)
version=${version%-*}
library=libfocl${version%.*}
packages=("$library" libfocl-dev focl)

check_fields
check_files
check_programs
check_library
