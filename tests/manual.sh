#!/usr/bin/env bash
#
# The manual pages and completions that the build has made, against the programs, and read by those who will read them.
#   tests/manual.sh BUILD_FOLDER   (everything has been built there)
# zsh, fish and mandoc look at them where they are; bash and groff have to be.
# Exit status: 0 all is well, 1 something is not, 77 groff is missing.
set -euo pipefail
export LC_ALL=C

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
build=$(realpath "$1")
manual=$build/manual
programs=(focl focl-bench focl-conformance)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "manual: $*" >&2
    exit 1
}

has() { command -v "$1" >/dev/null; }

has groff || { echo "SKIP: manual: there is no groff" && exit 77; }

program_file() { find "$build/$1" "$build/bench/$1" -maxdepth 0 -type f 2>/dev/null | head -n 1; }
commands() { "$build/focl" --help | sed -nE 's/^  focl ([a-z]+) .*/\1/p'; }

# The options that a help names at the start of its lines.
options_of() { "$@" --help | sed -nE 's/^  (--[a-z0-9-]+).*/\1/p'; }

# The environment variables that the library reads: texts in files that ask for some, which are no macros of kernels.
variables() {
    local root=$here/..
    grep -rhoE 'getenv\("FOCL_[A-Z0-9_]+"' "$root"/src/*.c | grep -oE 'FOCL_[A-Z0-9_]+'
    grep -l getenv "$root"/src/*.c | xargs grep -hoE '"FOCL_[A-Z0-9_]+"' | tr -d '"' |
        grep -vxFf <(grep -hoE 'FOCL_[A-Z0-9_]+' "$root"/cl/*) || true
}

# ---- Pages ----

check_page() {
    local page=$manual/$1.1 text=$work/$1.txt
    [ -s "$page" ] || fail "there is no $page"
    groff -man -ww -z "$page" >"$work/log" 2>&1
    [ ! -s "$work/log" ] || fail "groff on $1.1: $(cat "$work/log")"
    if has mandoc; then
        # Pages have no date, so that every build makes the same.
        mandoc -Tlint -Wwarning "$page" | grep -v 'missing date' >"$work/log" || true
        [ ! -s "$work/log" ] || fail "mandoc on $1.1: $(cat "$work/log")"
    fi
    groff -man -Tascii -P-c -rLL=200n "$page" | sed 's/.\x08//g' >"$text"
}

# check_words TEXT WORD...
check_words() {
    local text=$1 word
    shift
    [ $# -gt 0 ] || fail "nothing to look for in $text"
    for word in "$@"; do
        grep -qE -e "(^|[^a-zA-Z0-9-])$word([^a-zA-Z0-9-]|\$)" "$text" || fail "$(basename "$text") has no $word"
    done
}

check_pages() {
    local program command words
    for program in "${programs[@]}"; do
        check_page "$program"
        mapfile -t words < <(variables | sort -u)
        check_words "$work/$program.txt" "${words[@]}" NAME SYNOPSIS ENVIRONMENT "$program"
    done
    for program in focl-bench focl-conformance; do
        mapfile -t words < <(options_of "$(program_file "$program")")
        check_words "$work/$program.txt" "${words[@]}"
    done
    for command in $(commands); do
        mapfile -t words < <(options_of "$build/focl" "$command" | grep -vxE -e '--help|--version')
        # The command's own section.
        sed -n "/^   focl $command /,/^   focl \|^[A-Z]/p" "$work/focl.txt" >"$work/section.txt"
        check_words "$work/section.txt" "${words[@]}"
        check_words "$work/focl.txt" "$command"
    done
    echo "pages: ${programs[*]}, with every option of every command"
}

# ---- bash ----

# What bash offers after a line, with blanks between. "=" is a word of its own to it.
offers() {
    local program=$1 line=$2
    (
        cd "$work"
        # shellcheck disable=SC1090
        source "$manual/$program.bash"
        read -r -a COMP_WORDS <<<"${line//=/ = }"
        [[ $line != *' ' && $line != *= ]] || COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        "_${program//-/_}"
        echo "${COMPREPLY[*]}"
    )
}

# expect PROGRAM LINE OFFERED
expect() {
    local found
    found=$(offers "$1" "$2")
    [ "$found" = "$3" ] || fail "bash offers '$found' after '$2', and not '$3'"
}

check_bash() {
    touch "$work/x.npy"
    expect focl "focl lo" "loss"
    expect focl "focl --vers" "--version"
    expect focl "focl " "$(commands | tr '\n' ' ' | sed 's/ $//')"
    expect focl "focl loss soft" "softmax-focal softmax-ce softmax-mse"
    expect focl "focl loss softmax-ce soft" ""
    expect focl "focl activate log-so" "log-softmax"
    expect focl "focl loss --gam" "--gamma --gamma-negative"
    expect focl "focl --device gpu loss --gam" "--gamma --gamma-negative"
    expect focl "focl loss --math " "strict native"
    expect focl "focl loss --math=n" "native"
    expect focl "focl loss --math=" "strict native"
    expect focl "focl loss --reduction " "none sum mean row-mean weighted-mean positive-mean"
    expect focl "focl loss --curvature g" "gauss-newton"
    expect focl "focl counts --recipe me" "median"
    expect focl "focl loss --empty " "zero nan"
    expect focl "focl loss --gamma " ""
    expect focl "focl loss --device i" "igpu"
    expect focl "focl loss --grad x" "x.npy"
    expect focl "focl loss sigmoid-focal x" "x.npy"
    expect focl "focl devices --rep" "--report"
    expect focl "focl devices x" ""
    expect focl-bench "focl-bench --to" "--torch"
    expect focl-bench "focl-bench --first" "--first-use"
    expect focl-conformance "focl-conformance --all" "--all-devices"
    echo "bash: commands, options, words and files"
}

# ---- zsh and fish ----

check_zsh() {
    local program
    has zsh || return 0
    for program in "${programs[@]}"; do
        zsh -n "$manual/_$program" || fail "zsh does not take _$program"
    done
    # What it would hand to zsh's own functions.
    zsh -f -c '_arguments() { print -rl -- "$@"; state=argument line=(loss) }
        complete() { source $1 }
        complete $1' zsh "$manual/_focl" >"$work/log" 2>&1 || fail "zsh: $(cat "$work/log")"
    grep -qF -e '--gamma=[focusing exponent >= 0 of focal losses (2)]:G: ' "$work/log" || fail "zsh: no --gamma"
    grep -qF -e '--grad=[write the gradient of the reduced loss]:F.npy:_files' "$work/log" || fail "zsh: no --grad"
    grep -qE -e '^1:name:\(sigmoid-focal .*softmax-mse\)$' "$work/log" || fail "zsh: no names of losses"
    echo "zsh: commands and options"
}

# expect_fish LINE OFFERED
expect_fish() {
    local found
    found=$(cd "$work" && HOME=$work fish --no-config -c "source '$manual/focl.fish'; complete -C '$1'" | cut -f1 |
        sort | tr '\n' ' ')
    [ "$found" = "$2 " ] || fail "fish offers '$found' after '$1', and not '$2'"
}

check_fish() {
    has fish || return 0
    expect_fish "focl lo" "loss"
    expect_fish "focl loss softmax-f" "softmax-focal"
    expect_fish "focl loss --gam" "--gamma --gamma-negative"
    expect_fish "focl loss --math " "native strict"
    expect_fish "focl loss --grad x" "x.npy"
    echo "fish: commands, options, words and files"
}

# ---- Documents ----

# What documents of the sources point to is there.
check_links() {
    local root file link count=0
    root=$(dirname "$here")
    for file in "$root"/*.md "$root"/docs/*.md; do
        while read -r link; do
            [ -e "$(dirname "$file")/$link" ] || fail "$(basename "$file") points to $link, which is not there"
            count=$((count + 1))
        done < <(grep -oE '\]\([^)# ]+' "$file" | sed 's/^](//' | grep -v '://')
    done
    [ "$count" -gt 0 ] || fail "there are no links"
    echo "links: $count"
}

check_pages
check_links
check_bash
check_zsh
check_fish
