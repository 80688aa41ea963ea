#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Hits, counted: instructions (callgrind), system calls (strace) and page faults of a hit on a C
# file with 57 headers, and what a further header adds. These do not depend on how busy the machine
# is.
#
#   tests/bench/count.sh BUILD-FOLDER

. "$(dirname "$0")/lib.sh"

more=200

# count NAME FILE COMMAND…: appends "instructions calls faults" of a hit to the table.
count() {
    local name=$1 file=$2
    shift 2
    local -a command=("$@" gcc -O2 -c "$file" -o counted.o)
    for _ in 1 2 3; do
        env "${command[@]}"
    done
    gcc -O2 -c "$file" -o plain.o
    cmp plain.o counted.o || fault "$name restored something else"
    local instructions calls page_faults
    # Twice: valgrind changes the environment, so the first may be a miss.
    for _ in 1 2; do
        instructions=$(env "${settings[@]}" valgrind --tool=callgrind \
            --callgrind-out-file=/dev/null "${program[@]}" gcc -O2 -c "$file" -o counted.o 2>&1 |
            awk '/Collected/ { print $NF }')
    done
    env "${settings[@]}" strace -f -qq -o calls.txt "${program[@]}" gcc -O2 -c "$file" -o counted.o
    calls=$(grep -cE '^([0-9]+ +)?[a-z_0-9]+\(' calls.txt)
    page_faults=$("$bench" race -n 9 x "${command[@]}" | awk '$1 == "x" { print $NF }')
    printf '%s %s %s\n' "$instructions" "$calls" "$page_faults"
}

# row NAME: counts a candidate, given in settings and program, for both files.
row() {
    local name=$1 small large
    small=$(count "$name" a.c "${settings[@]}" "${program[@]}")
    large=$(count "$name" b.c "${settings[@]}" "${program[@]}")
    awk -v name="$name" -v more="$more" -v small="$small" -v large="$large" 'BEGIN {
        split(small, s, " ")
        split(large, l, " ")
        printf "  %-14s %13d %8d %8d | %13.0f %8.2f %8.2f\n", name, s[1], s[2], s[3],
            (l[1] - s[1]) / more, (l[2] - s[2]) / more, (l[3] - s[3]) / more
    }'
}

write_c a.c
write_c b.c "$more"
settle

title "hit on a C file with $(($(inputs gcc a.c) - 1)) headers, and a further header ($more added)"
printf '  %-14s %13s %8s %8s | %13s %8s %8s\n' '' instructions calls faults instructions calls faults
settings=(CCACHE_DIR="$work/ccache")
program=(ccache)
row 'ccache'
settings=("${ccache_tuning[@]}")
row 'ccache tuned'
settings=(SCRUBJAY_DIR="$SCRUBJAY_DIR")
program=("$scrubjay")
row 'scrubjay'
