#!/usr/bin/env bash
#
# The names of all kernels, a line each.
#   tests/kernel_names.sh FLAT_KERNELS   (FLAT_KERNELS: the folder of sources that CMake flattens)
set -euo pipefail
export LC_ALL=C

# A name may be on the line after its `void`.
cat "$1"/*.cl | awk '
    /^__kernel/ { in_head = 1 }
    in_head { head = head " " $0 }
    in_head && match(head, /void +[a-z_0-9]+\(/) {
        name = substr(head, RSTART, RLENGTH)
        gsub(/void +|\(/, "", name)
        print name
        in_head = 0
        head = ""
    }' | sort -u
