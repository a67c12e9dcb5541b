#!/usr/bin/env bash
#
# Compiles the kernels for GPUs that need not be here, and writes docs/registers.md: registers by kernel and target.
#   tests/vendors.sh [--check] FLAT_KERNELS   (FLAT_KERNELS: the folder of sources that CMake flattens)
# A warning is a failure, and so are spilled registers and scratch memory unless exceptions() names them. (Scalar registers
# that AMD keeps in lanes of vector registers are not in memory.) --check writes
# nothing and fails if docs/registers.md is not what would be written. A target whose tools are missing here, or have
# another version than those of its columns in the page, keeps these columns; without ptxas, PTX is compiled all the
# same. ptxas is looked for in CUDA_HOME, CUDA_PATH, PATH and where CUDA is by custom.
set -euo pipefail
export LC_ALL=C

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
page=$here/../docs/registers.md
clc=${LIBCLC_DIR:-/usr/lib/clc}

# A target, and what compiles for it. PTX is of the oldest architecture; ptxas takes it to each, as drivers do.
targets() {
    cat <<'TABLE'
sm_70    nvidia
sm_80    nvidia
sm_90    nvidia
gfx900   amd
gfx1030  amd
gfx1100  amd
SPIR-V   spirv
TABLE
}

# Variant, kernel, target, and why it may have scratch memory or spill.
exceptions() {
    cat <<'TABLE'
double-curvature  sigmoid_loss_elements  gfx1100  powers in double with three outputs; clang 15 gives it half of the registers
TABLE
}

# Kernels for groups of one item, or for vectors, which no GPU gets.
alone() { printf '%s\n' class_counts_compared softmax_loss_short_rows; }

variants() { sed -E '/^(#|$)/d' "$here/vendors.txt"; }

fail() {
    echo "vendors: $*" >&2
    exit 1
}

# ---- The tools ----

clang="clang-15"
ptxas=$(PATH=${CUDA_HOME:+$CUDA_HOME/bin:}${CUDA_PATH:+$CUDA_PATH/bin:}$PATH:/usr/local/cuda/bin command -v ptxas || true)

# Without -q: grep would leave before ptxas has written all.
knows_target() { [ -n "$ptxas" ] && "$ptxas" --help | grep "'$1'" >/dev/null; }

clang_version() { $clang --version | sed -nE '1s/.*version ([0-9.]+).*/clang \1/p'; }

# The versions of what a target needs; nothing if some of it is missing.
tools_of() {
    local target=$1
    command -v $clang >/dev/null || return 0
    case $2 in
    nvidia)
        knows_target "$target" &&
            echo "$(clang_version), ptxas $("$ptxas" --version | sed -nE 's/.*V([0-9.]+)$/\1/p')"
        ;;
    amd) clang_version ;;
    spirv)
        command -v llvm-spirv-15 spirv-val >/dev/null &&
            echo "$(clang_version), llvm-spirv $(llvm-spirv-15 --version | sed -nE 's/.*LLVM version ([0-9.]+)$/\1/p')"
        ;;
    esac || return 0
}

# ---- One job: a variant by one compiler ----

# Work-groups and vectors of GPUs, as src/mapping.c has them.
mapping_of_gpus() {
    sed -nE 's/.*\{"", FOCL_GPU, \{([0-9]+), ([0-9]+),.*/VECTOR=\1 GROUP=\2/p' "$here/../src/mapping.c"
}

# OPTIONS=ROWS+SMOOTHING becomes -DFOCL_OPTIONS=(FOCL_OPTION_ROWS|FOCL_OPTION_SMOOTHING). The last word about a macro
# counts. Vectors of doubles have half as many lanes, as in src/launch.c.
defines_of() {
    awk -v words="$*" 'BEGIN {
        prefix["OPTIONS"] = "OPTION_"; prefix["OUTPUTS"] = "OUTPUT_"; prefix["CURVATURE_KIND"] = "CURVATURE_"
        count = split(words, word, " ")
        for (i = 1; i <= count; i++) {
            split(word[i], side, "=")
            parts = split(side[2], part, "+")
            value = ""
            for (k = 1; k <= parts; k++) {
                name = part[k]
                if (name !~ /^[0-9]/)
                    name = "FOCL_" (side[1] in prefix ? prefix[side[1]] : side[1] "_") name
                value = value (k > 1 ? "|" : "") name
            }
            values[side[1]] = parts > 1 ? "(" value ")" : value
        }
        if (values["FP64"] == 1 && values["VECTOR"] > 1)
            values["VECTOR"] /= 2
        for (macro in values)
            if (values[macro] != "")
                print "-DFOCL_" macro "=" values[macro]
    }'
}

# Kernels share their lists of arguments and their functions: each leaves some unused. libclc's modules name the target
# in another way than clang.
options=(-x cl -cl-std=CL1.2 -cl-fp32-correctly-rounded-divide-sqrt -O3 -Wall -Wextra -Wno-unused-parameter
    -Wno-unused-function -Wno-linker-warnings)

# Lines "variant kernel target registers bad", bad: what is in memory and should be in registers.
compile_nvidia() {
    local out=$1 target kind
    shift
    $clang --target=nvptx64--nvidiacl -Xclang -target-cpu -Xclang sm_70 -Xclang -mlink-builtin-bitcode \
        -Xclang "$clc/nvptx64--nvidiacl.bc" -S "$@" -o "$out.ptx"
    while read -r target kind; do
        if [ "$kind" != nvidia ] || ! knows_target "$target"; then continue; fi
        "$ptxas" -v -arch="$target" "$out.ptx" -o "$out.cubin" >"$out.$target" 2>&1 || cat "$out.$target" >&2
        grep -i warning "$out.$target" >&2 || true
        awk -v variant="${out##*/}" -v target="$target" -v OFS='\t' '
            /Compiling entry function/ { split($0, part, /\047/); kernel = part[2] }
            /bytes stack frame/ {
                bad = $1 + $5 + $9 ? "stack " $1 ", spills " $5 "+" $9 " bytes" : ""
            }
            /Used [0-9]+ registers/ { match($0, /Used [0-9]+/); print variant, kernel, target, \
                substr($0, RSTART + 5, RLENGTH - 5), bad }' "$out.$target"
    done < <(targets)
}

compile_amd() {
    local out=$1 target kind
    shift
    while read -r target kind; do
        [ "$kind" = amd ] || continue
        $clang --target=amdgcn-amd-amdhsa -mcpu="$target" -nogpulib -Xclang -mlink-builtin-bitcode \
            -Xclang "$clc/amdgcn--amdhsa.bc" -S "$@" -o "$out.s"
        awk -v variant="${out##*/}" -v target="$target" -v OFS='\t' '
            /^    \.name: / { kernel = $2 }
            /^    \.private_segment_fixed_size:/ { scratch = $2 }
            /^    \.sgpr_count:/ { scalar = $2 }
            /^    \.vgpr_count:/ { vector = $2 }
            /^    \.vgpr_spill_count:/ {
                print variant, kernel, target, vector " + " scalar, \
                    scratch + $2 ? "scratch " scratch " bytes" : ""
            }' "$out.s"
    done < <(targets)
}

# Optimised code has integers that SPIR-V has not; a driver optimises for itself.
compile_spirv() {
    local out=$1
    shift
    [ -n "$(tools_of SPIR-V spirv)" ] || return 0
    $clang --target=spir64 -c -emit-llvm "$@" -O0 -o "$out.bc"
    llvm-spirv-15 --spirv-max-version=1.0 "$out.bc" -o "$out.spv" >&2
    spirv-val --target-env opencl1.2 "$out.spv" >&2
    spirv-dis --no-header "$out.spv" | awk -v variant="${out##*/}" -v OFS="\t" '
        /OpEntryPoint Kernel/ { gsub(/"/, ""); print variant, $4, "SPIR-V", "valid", "" }'
}

# A compiler and a line of the variants' table; what the compiler writes is a complaint.
run_job() {
    local kind=$1 variant=$2 stem=$3 out
    shift 3
    out=$work/$kind/$variant
    local defines=()
    mapfile -t defines < <(defines_of "$mapping" "$@")
    "compile_$kind" "$out" "${options[@]}" "${defines[@]}" "$kernels/$stem.cl" >"$out.rows" 2>"$out.complaints" ||
        echo "the compiler failed" >>"$out.complaints"
    [ ! -s "$out.complaints" ] || sed "s/^/$kind $variant: /" "$out.complaints" >&2
}

run_jobs() {
    local kind
    for kind in $(targets | awk '{ print $2 }' | sort -u); do
        mkdir -p "$work/$kind"
        variants | sed "s/^/$kind /"
    done | xargs -P "$(nproc)" -L 1 "$0" --job 2>"$work/complaints" || true
    cat "$work"/*/*.rows >"$work/rows"
}

# ---- The page ----

# "target<TAB>tools" for the columns of the committed page.
committed_tools() {
    [ ! -e "$page" ] || sed -nE 's/^\* (\S+): (.*)\.$/\1\t\2/p' "$page"
}

# The rows of the committed page as those of a job.
committed_rows() {
    [ ! -e "$page" ] || awk -F ' *[|] *' -v OFS='\t' '
        $2 == "variant" { for (i = 4; i < NF; i++) target[i] = $i }
        $3 ~ /^`/ { for (i = 4; i < NF; i++) { gsub(/`/, "", $3); print $2, $3, target[i], $i, "" } }' "$page"
}

# Which columns are new and which stay: "target<TAB>tools<TAB>new|kept".
choose_columns() {
    local target kind here_tools page_tools
    while read -r target kind; do
        here_tools=$(tools_of "$target" "$kind")
        page_tools=$(committed_tools | awk -F '\t' -v target="$target" '$1 == target { print $2 }')
        if [ -z "$here_tools" ] || { [ -n "$check" ] && [ "$here_tools" != "$page_tools" ]; }; then
            echo "vendors: $target is left as it is in the page: ${here_tools:-no tools} here" >&2
            printf '%s\t%s\tkept\n' "$target" "${page_tools:-none}"
        else
            printf '%s\t%s\tnew\n' "$target" "$here_tools"
        fi
    done < <(targets)
}

write_page() {
    cat <<'TEXT'
# Registers

Written by `./dev vendors`: the kernels of tests/vendors.txt, compiled for GPUs with the mapping of GPUs (a float a work-item) and the options that
the library gives a driver. NVIDIA: registers of a thread. AMD: vector + scalar registers of a wave. A kernel that spills registers or
has scratch memory fails the check and says so in its cell. Drivers have compilers of their own: these figures are an indication. ptxas of CUDA 13
knows sm_75 and later only: the figures of sm_70 need that of CUDA 12. The tools:

TEXT
    awk -F '\t' '{ print "* " $1 ": " $2 "." }' "$work/columns"
    echo
    awk -F '\t' -v order="$(variants | awk '{ printf "%s ", $1 }')" '
        FILENAME ~ /columns$/ { target[++columns] = $1; kept[$1] = $3 == "kept"; next }
        FILENAME ~ /rows$/ && !(($1, $2) in seen) { seen[$1, $2] = 1; kernels[$1] = kernels[$1] " " $2 }
        (FILENAME ~ /committed$/) == kept[$3] { cell[$1, $2, $3] = $4 ($5 == "" ? "" : " (" $5 ")") }
        function sorted(names, list,    count, i, k, swap) {
            count = split(names, list, " ")
            for (i = 2; i <= count; i++)
                for (k = i; k > 1 && list[k] < list[k - 1]; k--) {
                    swap = list[k]; list[k] = list[k - 1]; list[k - 1] = swap
                }
            return count
        }
        END {
            line = "| variant | kernel |"; rule = "|---|---|"
            for (c = 1; c <= columns; c++) { line = line " " target[c] " |"; rule = rule "---|" }
            print line; print rule
            variants = split(order, variant, " ")
            for (v = 1; v <= variants; v++) {
                count = sorted(kernels[variant[v]], list)
                for (i = 1; i <= count; i++) {
                    line = "| " variant[v] " | `" list[i] "` |"
                    for (c = 1; c <= columns; c++) {
                        text = cell[variant[v], list[i], target[c]]
                        line = line " " (text == "" ? "?" : text) " |"
                    }
                    print line
                }
            }
        }' "$work/columns" "$work/rows" "$work/committed"
}

# ---- The verdict ----

spills() {
    awk -F '\t' '
        NR == FNR { split($0, word, " "); known[word[1], word[2], word[3]] = 1; next }
        $5 != "" && !(($1, $2, $3) in known) { print "spills: " $1 " " $2 " " $3 ": " $5 }' <(exceptions) "$work/rows"
}

forgotten() {
    comm -23 <("$here/kernel_names.sh" "$kernels") <({ alone; awk -F '\t' '{ print $2 }' "$work/rows"; } | sort -u) |
        sed 's/$/: no line of tests\/vendors.txt compiles it/'
}

main() {
    check=
    if [ "${1:-}" = --check ]; then
        check=yes
        shift
    fi
    [ $# = 1 ] || fail "usage: vendors.sh [--check] FLAT_KERNELS"
    command -v $clang >/dev/null || fail "there is no $clang"
    kernels=$(realpath "$1")
    work=$(mktemp -d)
    mapping=$(mapping_of_gpus)
    [ -n "$mapping" ] || fail "src/mapping.c has no mapping of FOCL_GPU that can be read"
    export work kernels mapping
    trap 'rm -rf "$work"' EXIT
    run_jobs
    committed_rows >"$work/committed"
    choose_columns >"$work/columns"
    write_page >"$work/page"
    spills >>"$work/complaints"
    forgotten >>"$work/complaints"
    if [ -n "$check" ]; then
        diff -u "$page" "$work/page" >>"$work/complaints" ||
            echo "docs/registers.md is not up to date; ./dev vendors writes it" >>"$work/complaints"
    else
        cp "$work/page" "$page"
    fi
    cat "$work/complaints" >&2
    [ ! -s "$work/complaints" ] || fail "see above"
    echo "vendors: $(wc -l <"$work/rows") kernels compiled, without a warning, and without a spill that is not excepted"
}

if [ "${1:-}" = --job ]; then
    shift
    run_job "$@"
else
    main "$@"
fi
