#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Hits: wall, CPU and page faults beside ccache, as it comes and tuned.
#
#   tests/bench/hit.sh BUILD-FOLDER [ROUNDS]

. "$(dirname "$0")/lib.sh"
rounds=${1:-50}

printf 'int main(void)\n{\n    return 0;\n}\n' >floor.c
gcc -O2 -static floor.c -o floor

# hits NAME COMPILER FILE [OPTION]…: everyone's hit on one file, side by side.
hits() {
    local name=$1 compiler=$2 file=$3 before after candidate fresh
    shift 3
    local -a command=("$compiler" -O2 "$@" -c "$file" -o)
    title "$name: $(inputs "$compiler" "$file") inputs, object of $(
        "${command[@]}" plain.o && stat -c %s plain.o
    ) bytes"
    for candidate in 1 2 3; do # the third is a hit for everyone
        env "${as_ccache[@]}" "${command[@]}" default.o
        env "${as_ccache_tuned[@]}" "${command[@]}" tuned.o
        env "${as_ccache_inode[@]}" "${command[@]}" inode.o
        env "${as_scrubjay[@]}" "${command[@]}" scrubjay.o
    done
    before=$(stat_of .hits)
    for fresh in 1 0; do
        ((fresh)) && echo '  no object there, as after make clean' || echo '  over an old object'
        "$bench" race -n "$rounds" -b 3 -f $fresh \
            "ccache" "${as_ccache[@]}" "${command[@]}" default.o ::: \
            "ccache tuned" "${as_ccache_tuned[@]}" "${command[@]}" tuned.o ::: \
            "ccache tuned, inode cache" "${as_ccache_inode[@]}" "${command[@]}" inode.o ::: \
            "scrubjay" "${as_scrubjay[@]}" "${command[@]}" scrubjay.o ::: \
            "floor: static, returns 0" "$PWD/floor" ||
            fault "$name: a command failed"
    done
    after=$(stat_of .hits)
    [ $((after - before)) -ge $((2 * rounds)) ] ||
        fault "$name: $((after - before)) hits of $((2 * rounds))"
    for candidate in default tuned inode scrubjay; do
        cmp plain.o $candidate.o || fault "$name: $candidate restored something else"
    done
}

write_c a.c
write_cxx a.cc
settle
hits 'C' gcc a.c
hits 'C++' g++ a.cc
hits 'C++ with -g' g++ a.cc -g
verify
