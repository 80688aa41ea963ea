#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# 64 compiles at once: into a cold store, and into one at its cap, whose oldest generations go while
# others read them. Beside the storm, one hit after the other: how long each was kept from running
# by anything but the two of us sharing the cores (locks, above all).
#
#   tests/bench/storm.sh BUILD-FOLDER [ROUNDS-OF-64]

. "$(dirname "$0")/lib.sh"
rounds=${1:-8}
runs=$((rounds * 64))

# storm NAME CAP: the same compiles, new and known ones, and the hits beside them.
storm() {
    local name=$1 cap=$2 file number errors
    title "$name"
    export SCRUBJAY_MAX_SIZE=$cap
    rm -rf "$SCRUBJAY_DIR" out
    mkdir out
    local -a hit=("$scrubjay" gcc -O2 -c a.c -o hit.o)
    for _ in 1 2 3; do "${hit[@]}"; done

    "$bench" crowd -n 200 "hit, idle machine" "${hit[@]}" || fault 'an idle hit failed'
    # What is cold: a new definition each time. What may hit: one of 8 that others compile too.
    "$bench" crowd -n "$runs" -p 64 \
        "new" "$scrubjay" gcc -O1 -DN={} -c noise.c -o out/new-{}.o ::: \
        "known after the first" "$scrubjay" gcc -O1 -DN=1 -c noise.c -o out/known-{}.o \
        >storm.txt 2>&1 &
    local storm=$! hits=0
    : >beside.txt
    while kill -0 $storm 2>/dev/null; do
        "$bench" crowd -n 200 "hit, beside the storm" "${hit[@]}" >>beside.txt ||
            fault 'a hit beside the storm failed'
        hits=$((hits + 200))
    done
    wait $storm || fault "a compile of the storm failed"
    awk '/^FAILED/ || NR <= 2 || !/ p50| ms /' beside.txt
    cat storm.txt

    verify
    errors=$(stat_of .errors)
    [ "$errors" -eq 0 ] || fault "$errors records of errors"
    for ((number = 0; number < runs; number += 1 + runs / 40)); do
        gcc -O1 "-DN=$number" -c noise.c -o plain.o
        cmp plain.o "out/new-$number.o" || fault "$name: object $number differs"
    done
    gcc -O1 -DN=1 -c noise.c -o plain.o
    for file in out/known-*.o; do
        cmp plain.o "$file" || fault "$name: $file differs"
    done
    "$scrubjay" stats --json |
        jq -r '"  store: \(.size_bytes) bytes, \(.hits) hits, \(.misses) misses"'
}

write_c a.c
# Objects of some size that do not compress, so that the cap is met soon.
awk 'BEGIN {
    srand(1)
    print "const unsigned table[] = {"
    for (i = 0; i < 16000; i++) printf "%d,\n", int(rand() * 2147483647)
    print "};\nint number(void) { return N; }"
}' >noise.c
settle
storm '64 at once, cold store' 5G
storm '64 at once, store at its cap of 8 MiB' 8Mi
