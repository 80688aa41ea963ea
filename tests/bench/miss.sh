#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Misses, and what is not cached: CPU beside the plain compiler and ccache. Each round compiles
# something that nobody has seen.
#
#   tests/bench/miss.sh BUILD-FOLDER [ROUNDS]

. "$(dirname "$0")/lib.sh"
rounds=${1:-40}

# misses NAME COMPILER FILE [OPTION]…
misses() {
    local name=$1 before after
    shift
    local -a command=("$@" -O2 -DN={} -c -o)
    title "$name"
    before=$(stat_of .misses)
    "$bench" race -n "$rounds" \
        "plain" "${command[@]}" plain.o ::: \
        "scrubjay" "${as_scrubjay[@]}" "${command[@]}" scrubjay.o ::: \
        "ccache" "${as_ccache[@]}" "${command[@]}" ccache.o ::: \
        "ccache tuned" "${as_ccache_tuned[@]}" "${command[@]}" tuned.o ||
        fault "$name: a command failed"
    after=$(stat_of .misses)
    [ $((after - before)) -ge "$rounds" ] ||
        fault "$name: $((after - before)) misses of $rounds"
    cmp plain.o scrubjay.o || fault "$name: another object"
}

# passes NAME COMMAND…: a command that is not cached.
passes() {
    local name=$1
    shift
    title "$name"
    "$bench" race -n "$rounds" \
        "plain" "$@" ::: \
        "scrubjay" "${as_scrubjay[@]}" "$@" ::: \
        "ccache" "${as_ccache[@]}" "$@" ||
        fault "$name: a command failed"
}

write_c a.c
write_cxx a.cc
printf 'int number(void)\n{\n    return N;\n}\n' >tiny.c
settle
misses 'gcc, C file with 57 headers' gcc a.c
misses 'clang, C file with 57 headers' clang a.c
misses 'gcc, C file without headers' gcc tiny.c
misses 'clang, C file without headers' clang tiny.c
gcc -O2 -c a.c -o linked.o
passes 'gcc linking (not cached)' gcc linked.o -o linked
passes 'gcc -E (not cached)' gcc -E a.c
rounds=$(((rounds + 9) / 10)) # seconds each
misses 'g++, C++ file with 240 headers' g++ a.cc
verify
