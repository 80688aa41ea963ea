#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Two checkouts in different folders share hits where the outputs may be equal, and only there.
. "$(dirname "$0")/lib.sh"

make_checkout() {
    mkdir -p "$1/src" "$1/build"
    printf '#include <assert.h>\n#include "h.h"\nint main(void) { assert(H); return H; }\n' >"$1/src/a.c"
    echo '#define H 1' >"$1/src/h.h"
    # shellcheck disable=SC2016 # make's variables
    printf 'a.o: ../src/a.c\n\t$(CC) $(FLAGS) -c $< -o $@\n' >"$1/build/Makefile"
}

# hits_of FLAG…: compiles both checkouts into an empty store; prints how many were hits, and fails
# the script's checks when an object differs from a plain one. @ stands for the checkout's path.
hits_of() {
    local tree
    "$scrubjay" clear >/dev/null 2>&1
    rm -rf "$SCRUBJAY_DIR/journal"
    for tree in one two; do
        cd "$work/t/$tree/build" || exit 99
        base=$work/t/$tree
        rm -f a.o plain.o plain.d a.d
        SCRUBJAY_BASE_DIR=${use_base:+$base} "$scrubjay" "$cc" "${@//@/$base}" -o a.o
        mv a.o cached.o
        [ ! -f a.d ] || mv a.d cached.d
        "$cc" "${@//@/$base}" -o a.o
        cmp -s cached.o a.o || echo "object of $tree differs" >&2
        [ ! -f a.d ] || cmp -s cached.d a.d || echo "depfile of $tree differs" >&2
        rm -f cached.d
        cd "$work/t" || exit 99
    done
    stat_of .hits
}

make_checkout one
cp -r one two
sleep 0.05

compilers=(gcc)
command -v clang >/dev/null && compilers+=(clang)
for cc in "${compilers[@]}"; do
    use_base=
    equal "$cc: relative paths share" 1 "$(hits_of -O2 -c ../src/a.c 2>&1)"
    equal "$cc: -g without a map does not" 0 "$(hits_of -g -c ../src/a.c 2>&1)"
    equal "$cc: absolute paths do not" 0 "$(hits_of -c @/src/a.c 2>&1)"
    use_base=yes
    equal "$cc: absolute paths without a map do not, base_dir or not" 0 "$(hits_of -c @/src/a.c 2>&1)"
    equal "$cc: absolute paths with a map share" 1 \
        "$(hits_of -ffile-prefix-map=@=. -g -I@/src -MD -MF a.d -MT x -c @/src/a.c 2>&1)"
    equal "$cc: a map of something else does not help" 0 \
        "$(hits_of -ffile-prefix-map=@/build=. -g -c @/src/a.c 2>&1)"
done

# The same under run, whose links stand on PATH below a directory near the checkouts.
rm -rf "$SCRUBJAY_DIR"
for tree in one two; do
    (cd "$work/t/$tree/build" && rm -f a.o &&
        "$scrubjay" run -- make CC=gcc FLAGS=-O2 >/dev/null 2>&1)
done
equal 'builds under run share' 1 "$(stat_of .hits)"
