#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 at random moments of compiles through the cache, hits and misses, the wrapper alone or
# with all its children. Afterwards the store is intact, and everything that it gives equals what
# the plain compiler makes.
#
#   tests/bench/kill.sh BUILD-FOLDER [KILLS [SEED]]

. "$(dirname "$0")/lib.sh"
kills=${1:-1000}
seed=${2:-1}
variants=64 # of bench.c

# killed TEXT CAP: a storm of kills into one store, then every variant is asked for and compared.
killed() {
    local name=$1 number hits before
    export SCRUBJAY_MAX_SIZE=$2
    title "$name"
    rm -rf "$SCRUBJAY_DIR"
    # Kills are to fall on every moment of a compile, with four of them on two cores or so, and let
    # some end: what these store are the hits to be killed later.
    local begin=$EPOCHREALTIME
    for ((number = 0; number < 8; number++)); do
        "$scrubjay" gcc -O1 "-DN=$number" -c a.c -o "out/c-$number.o"
    done
    local latest_ms=$((20 + 3 * (${EPOCHREALTIME/./} - ${begin/./}) / 8000))
    "$bench" kill -n $((kills / 2)) -p 4 -d "$latest_ms" -s "$seed" -t 600 \
        "C" "$scrubjay" gcc -O1 -DN={} -c a.c -o out/c-{}.o ::: \
        "noise" "$scrubjay" gcc -O1 -g -MD -MF out/noise-{}.d -DN={} -c noise.c \
        -o out/noise-{}.o ::: \
        "clang" "$scrubjay" clang -O1 -DN={} -c a.c -o out/clang-{}.o ||
        fault 'the storm did not get through'
    verify
    before=$(stat_of .hits)
    for _ in 1 2; do
        for ((number = 0; number < variants; number++)); do
            "$scrubjay" gcc -O1 "-DN=$number" -c a.c -o got.o
            cmp "plain/c-$number.o" got.o || fault "C $number differs"
            "$scrubjay" gcc -O1 -g -MD -MF "out/noise-$number.d" "-DN=$number" -c noise.c \
                -o "out/noise-$number.o"
            cmp "plain/noise-$number.o" "out/noise-$number.o" || fault "noise $number differs"
            cmp "plain/noise-$number.d" "out/noise-$number.d" || fault "noise.d $number differs"
            "$scrubjay" clang -O1 "-DN=$number" -c a.c -o got.o
            cmp "plain/clang-$number.o" got.o || fault "clang $number differs"
        done
    done
    verify
    hits=$(($(stat_of .hits) - before))
    printf '  %s hits during the kills, which came within %s ms of the start\n' "$before" "$latest_ms"
    printf '  %s compiles afterwards, %s of them hits, all compared with plain ones\n' \
        $((variants * 6)) "$hits"
    [ "$hits" -ge $((variants * 2)) ] || fault "only $hits hits afterwards"
    printf '  left behind: %s files in the store, %s beside the outputs\n' \
        "$(find "$SCRUBJAY_DIR" -type f | wc -l)" \
        "$(find out -type f ! -name '*.o' ! -name '*.d' | wc -l)"
}

write_c a.c
awk 'BEGIN {
    srand(2)
    print "#include <stdlib.h>\nconst unsigned table[] = {"
    for (i = 0; i < 6000; i++) printf "%d,\n", int(rand() * 2147483647)
    print "};\nint number(void) { return N; }"
}' >noise.c
settle
mkdir plain out
for ((number = 0; number < variants; number++)); do
    gcc -O1 "-DN=$number" -c a.c -o "plain/c-$number.o"
    # The depfile names the object, so it is made under the name that it will have.
    gcc -O1 -g -MD -MF "plain/noise-$number.d" "-DN=$number" -c noise.c -o "out/noise-$number.o"
    mv "out/noise-$number.o" plain/
    clang -O1 "-DN=$number" -c a.c -o "plain/clang-$number.o"
done
killed "$((kills / 2)) kills, room for everything" 5G
killed "$((kills / 2)) kills, store at its cap of 4 MiB" 4Mi
