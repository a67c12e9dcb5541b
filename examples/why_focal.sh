#!/usr/bin/env bash
#
# What focal loss does for a rare class: digits of which one class is made rare, trained with cross entropy, with class
# weights, and with focal loss. Prints tables in Markdown and writes a picture; docs/why-focal.md has both.
#
#   examples/why_focal.sh [--quick] FOCL PICTURE.svg        FOCL: the focl to run, such as build/focl
#
# --quick: one seed and the first table alone, to see that it works. RARE=3 in the environment makes another digit rare.
set -euo pipefail
export LC_ALL=C

fail() {
    echo "why_focal.sh: $*" >&2
    exit 1
}

rare=${RARE:-8} share=0.05 seeds="0 1 2 3 4" quick=false
if [ "${1:-}" = --quick ]; then
    quick=true
    seeds=0
    shift
fi
[ $# = 2 ] || fail "it needs the focl to run and the picture to write"
focl=$1 picture=$2
here=$(dirname "${BASH_SOURCE[0]}")
data=$here/../tests/data
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# ---- What is compared ----

# For each table: its key, the class whose recall is told, its options, and its title.
tables() {
    local rare_row="--keep $rare:$share"
    cat <<TABLE
early  $rare  $rare_row --epochs 5  | Softmax, 10 classes, 5 epochs
long   $rare  $rare_row --epochs 30 | Softmax, 10 classes, 30 epochs
pair   1  --one-vs-rest $rare --keep 1:$share --epochs 30 | $rare against the rest: softmax, 2 classes, 30 epochs
each   $rare  $rare_row --epochs 30 --reduction positive-mean | Each of 10 classes against the rest: sigmoid, 30 epochs
TABLE
}

# The table's key, the name of a row, its options. The first of a table is what the others are compared with.
rows() {
    local key gamma
    for key in early long pair; do
        echo "$key | cross entropy | --loss softmax-ce"
        echo "$key | cross entropy, balanced | --loss softmax-ce --balance inverse --reduction weighted-mean"
        for gamma in 0.5 1 2 5; do
            echo "$key | focal, gamma $gamma | --loss softmax-focal --gamma $gamma"
        done
        echo "$key | focal, gamma 2, balanced | --loss softmax-focal --balance inverse --reduction weighted-mean"
    done
    echo "each | cross entropy | --loss sigmoid-ce"
    echo "each | cross entropy, alpha 0.25 | --loss sigmoid-ce --alpha 0.25"
    echo "each | cross entropy, alpha 0.75 | --loss sigmoid-ce --alpha 0.75"
    for gamma in 0.5 1 2 5; do
        echo "each | focal, gamma $gamma | --loss sigmoid-focal --alpha none --gamma $gamma"
    done
    echo "each | focal, gamma 2, alpha 0.25 | --loss sigmoid-focal"
}

# ---- Runs ----

# Half of each class is held out and stays as common as it is; --last: nothing is chosen by it. Prints the recall and
# precision of a class and the accuracy, of the rows held out.
run() {
    local class=$1 seed=$2 report=$scratch/report.json
    shift 2
    "$focl" train "$data/digits_pixels.npy" "$data/digits_labels.npy" --out "$scratch/model" --holdout 0.5 --last \
        --seed "$seed" --json "$@" >"$report"
    sed -E "s/.*\"report\": \{\"of\": \"held out\", \"rows\": [0-9]+, \"accuracy\": ([^,]+),.*\{\"class\": $class, \
[^}]*\"recall\": ([^,]+), \"precision\": ([^,]+),.*/\2 \3 \1/; s/null/0/" "$report"
}

# Lines of: key, name, seed, recall, precision, accuracy; with tabs between.
run_all() {
    local key class options title row_key name row_options seed figures
    while read -r key class options; do
        title=${options#*| }
        options=${options%%|*}
        echo "$title" >&2
        while IFS='|' read -r row_key name row_options; do
            [ "${row_key// /}" = "$key" ] || continue
            name=${name# }
            for seed in $seeds; do
                # The options are words of their own.
                # shellcheck disable=SC2086
                figures=$(run "$class" "$seed" $options $row_options | tr ' ' '\t')
                printf '%s\t%s\t%s\t%s\n' "$key" "${name% }" "$seed" "$figures"
            done
        done < <(rows)
        ! $quick || break
    done < <(tables)
}

# ---- What is told ----

# For each row of a table: name, then mean, deviation, least and most of recall, precision, accuracy, and of the
# recall's difference from the first row's with the same seed.
statistics() {
    awk -F '\t' -v key="$1" '
        function add(what, value) {
            sum[name, what] += value
            square[name, what] += value * value
            if (!((name, what) in least) || value < least[name, what]) least[name, what] = value
            if (!((name, what) in most) || value > most[name, what]) most[name, what] = value
        }
        $1 != key { next }
        {
            name = $2; seed = $3; recall = $4; precision = $5; accuracy = $6
            if (!(name in count)) names[++rows] = name
            count[name]++
            if (rows == 1) first[seed] = recall
            add("recall", recall)
            add("precision", precision)
            add("accuracy", accuracy)
            add("gain", recall - first[seed])
        }
        END {
            split("recall precision accuracy gain", whats, " ")
            for (row = 1; row <= rows; row++) {
                name = names[row]
                n = count[name]
                line = name
                for (i = 1; i <= 4; i++) {
                    mean = sum[name, whats[i]] / n
                    spread = square[name, whats[i]] / n - mean * mean
                    deviation = n > 1 && spread > 0 ? sqrt(spread * n / (n - 1)) : 0
                    line = sprintf("%s\t%.1f\t%.1f\t%.1f\t%.1f", line, 100 * mean, 100 * deviation,
                                   100 * least[name, whats[i]], 100 * most[name, whats[i]])
                }
                print line
            }
        }' "$scratch/results"
}

print_table() {
    printf '\n**%s**\n\n' "$2"
    echo "| | recall of the rare class | beside cross entropy | its precision | accuracy |"
    echo "|---|---|---|---|---|"
    statistics "$1" | awk -F '\t' '{
        gain = NR == 1 ? "" : sprintf("%+.1f ± %.1f", $14, $15)
        printf "| %s | %.1f ± %.1f (%.1f to %.1f) | %s | %.1f ± %.1f | %.1f ± %.1f |\n",
               $1, $2, $3, $4, $5, gain, $6, $7, $10, $11
    }'
}

each_table() {
    local key class options
    while read -r key class options; do
        "$1" "$key" "${options#*| }"
        ! $quick || break
    done < <(tables)
}

# ---- The picture ----

list_for_picture() {
    echo "T	$2"
    statistics "$1" | sed 's/^/R	/'
}

run_all >"$scratch/results"
each_table print_table
each_table list_for_picture | awk -v rare="$rare" -f "$here/why_focal_picture.awk" >"$scratch/picture.svg"
mv "$scratch/picture.svg" "$picture"
