#!/usr/bin/env bash
#
# Breaks the program on purpose, one mutation of mutations.txt after the other, and expects the test that is named there
# to fail. A mutant that its test does not notice is a hole in the tests. Works on a copy, never on this tree.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
table=$root/tests/mutations.txt
fields=(name file from to kind test on)
seconds_most=300 # of a test; a mutant may well go on for ever

help() {
    cat <<'TEXT'
tests/mutate.sh [--only NAME]... [--trust]   apply the mutations (all by default) and run their tests

  --only NAME   this one; NAME may have * and ?
  --trust       do not run the tests without a mutation first

Its last line counts the mutants that were caught, those that were not, and those whose implementation is not here.
TEXT
}

fail() {
    echo "mutate: $*" >&2
    exit 1
}

# ---- The table ----

declare -A mutation # "name field" to its text
names=()

add_field() {
    local place=$1 field=$2 value=$3
    if [ "$field" = name ]; then
        [[ " ${names[*]} " != *" $value "* ]] || fail "$place: $value occurs twice"
        names+=("$value")
    fi
    [[ " ${fields[*]} " == *" $field "* ]] || fail "$place: there is no field $field"
    [ ${#names[@]} -gt 0 ] || fail "$place: comes before a name"
    mutation["${names[-1]} $field"]=${value//\\n/$'\n'}
}

read_table() {
    local line number=0 name field
    while IFS= read -r line; do
        number=$((number + 1))
        [[ -n "$line" && "$line" != \#* ]] || continue
        [[ "$line" =~ ^([a-z]+):\ *(.*)$ ]] || fail "mutations.txt:$number: not a field and its text"
        add_field "mutations.txt:$number" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
    done <"$table"
    for name in "${names[@]}"; do
        for field in "${fields[@]}"; do
            [ -n "${mutation[$name $field]+there}" ] || fail "$name has no $field"
        done
    done
}

# ---- The copy ----

copy_tree() {
    mkdir "$copy"
    (cd "$root" && git ls-files -z --cached --others --exclude-standard |
        tar --null --files-from=- --ignore-failed-read --create) | tar --extract --directory="$copy"
    cmake -S "$copy" -B "$build" -G Ninja --log-level=WARNING -DFOCL_BUILD_TESTS=ON -DFOCL_BUILD_BENCH=OFF \
        -DFOCL_BUILD_EXAMPLES=OFF >/dev/null
}

# Puts `to` in the place of `from` in a file of the copy.
replace() {
    local path=$copy/$1 from=$2 to=$3 text
    text=$(cat "$path" && echo .)
    text=${text%.}
    [[ "$text" == *"$from"* ]] || fail "$1 does not contain: $from"
    [[ "${text#*"$from"}" != *"$from"* ]] || fail "$1 contains more than once: $from"
    printf %s "${text%%"$from"*}$to${text#*"$from"}" >"$path"
}

builds() {
    cmake --build "$build" --target "${1%%:*}" >"$work/build.log" 2>&1
}

# ---- Running a test ----

# The driver and the settings of an implementation, as ./dev test has them.
implementation() {
    "$root/dev" implementations | awk -v name="$1" '$1 == name'
}

is_here() {
    local driver
    read -r _ driver _ < <(implementation "${1%% *}") || fail "there is no implementation ${1%% *}"
    [ -e "$driver" ]
}

# Runs `test`, which is a program and perhaps one of its cases, `on` an implementation and under further settings, up to
# its first failure. True if all of it passes in silence.
passes() {
    local test=$1 on=$2 driver settings status
    read -r _ driver settings < <(implementation "${on%% *}")
    local environment=(OCL_ICD_VENDORS="$driver" POCL_CACHE_DIR="$work/cache" OCLGRIND_DATA_RACES=1 CK_FORK=no
        CK_TAP_LOG_FILE_NAME=- FOCL_COMMAND="$build/focl")
    [[ "$test" != *:* ]] || environment+=(CK_RUN_CASE="${test#*:}")
    [[ "$on" != *" "* ]] || settings+=" ${on#* }"
    # The settings are words of their own.
    # shellcheck disable=SC2086
    (cd "$copy" && env "${environment[@]}" $settings timeout "$seconds_most" stdbuf -oL "$build/tests/${test%%:*}" \
        2>"$work/errors") | sed -u '/^not ok/q' >"$work/output" && status=0 || status=$?
    is_good "$status" "${on%% *}"
}

# Oclgrind tells on stderr what it finds.
is_good() {
    local status=$1 implementation=$2
    [ "$status" = 0 ] && grep -q '^ok' "$work/output" && ! grep -q '^not ok' "$work/output" &&
        ! { [ "$implementation" = oclgrind ] && [ -s "$work/errors" ]; }
}

# Why the last test did not pass, in a line.
reason() {
    if grep -q '^not ok' "$work/output"; then
        sed -n 's/^not ok [0-9]* - [^:]*:[^:]*://p' "$work/output"
    elif [ -s "$work/errors" ]; then
        grep -m 1 . "$work/errors"
    else
        echo "it does not come to an end of its own"
    fi | cut -c 1-150
}

# ---- The mutants ----

# Without its mutation every test must pass, or its failure says nothing.
check_tests() {
    local name key
    declare -A seen
    for name in "${selected[@]}"; do
        key="${mutation[$name test]} on ${mutation[$name on]}"
        if [ -n "${seen[$key]+there}" ] || ! is_here "${mutation[$name on]}"; then
            continue
        fi
        seen[$key]=1
        builds "${mutation[$name test]}" || { cat "$work/build.log" && fail "unmutated, $key does not build"; }
        passes "${mutation[$name test]}" "${mutation[$name on]}" || fail "unmutated, $key fails: $(reason)"
        echo "passes: $key (until now $SECONDS s)"
    done
}

caught=0 survived=0 skipped=0

try() {
    local name=$1 start=$SECONDS verdict
    local file=${mutation[$1 file]} from=${mutation[$1 from]} to=${mutation[$1 to]}
    local test=${mutation[$1 test]} on=${mutation[$1 on]}
    if ! is_here "$on"; then
        skipped=$((skipped + 1))
        echo "SKIP: $name: ${on%% *} is not here"
        return
    fi
    cp -p "$copy/$file" "$work/original"
    replace "$file" "$from" "$to"
    if ! builds "$test"; then
        survived=$((survived + 1))
        verdict="DOES NOT BUILD: $(grep -m 1 -i error "$work/build.log")"
    elif passes "$test" "$on"; then
        survived=$((survived + 1))
        verdict="SURVIVED $test on $on"
    else
        caught=$((caught + 1))
        verdict="caught, $(reason)"
    fi
    cp "$work/original" "$copy/$file"
    echo "$name: $verdict ($((SECONDS - start)) s)"
}

main() {
    local patterns=() pattern name trusted=false
    while [ $# -gt 0 ]; do
        case $1 in
        --only)
            [ $# -gt 1 ] || fail "--only needs a name"
            patterns+=("$2")
            shift 2
            ;;
        --trust)
            trusted=true
            shift
            ;;
        -h | --help)
            help
            exit
            ;;
        *) fail "there is no option $1; see --help" ;;
        esac
    done
    read_table
    selected=()
    for name in "${names[@]}"; do
        for pattern in "${patterns[@]:-*}"; do
            # A pattern is one.
            # shellcheck disable=SC2053
            [[ "$name" == $pattern ]] && selected+=("$name") && break
        done
    done
    [ ${#selected[@]} -gt 0 ] || fail "there is no mutation ${patterns[*]}"

    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    copy=$work/tree build=$work/build
    copy_tree
    $trusted || check_tests
    for name in "${selected[@]}"; do
        try "$name"
    done
    echo "$caught caught, $survived survived"
    echo "$caught passed, $survived failed, $skipped skipped"
    [ "$survived" = 0 ] && [ "$caught" -gt 0 ]
}

main "$@"
