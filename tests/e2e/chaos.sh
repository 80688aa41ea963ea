#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Looks for a wrong hit: a source tree in two checkouts is changed at random, and after each change
# compiled through the cache and plainly; all that comes out must be the same.
#   chaos.sh [STEPS [SEED]]
. "$(dirname "$0")/lib.sh"

steps=${1:-${SCRUBJAY_CHAOS_STEPS:-150}}
RANDOM=${2:-${SCRUBJAY_CHAOS_SEED:-1}}
echo "# steps $steps, seed ${2:-${SCRUBJAY_CHAOS_SEED:-1}}"

compilers=(gcc g++)
command -v clang >/dev/null && compilers+=(clang)

pick() {
    shift $((RANDOM % $#))
    printf '%s' "$1"
}

make_tree() {
    mkdir -p "$1/src" "$1/inc1" "$1/inc2" "$1/build"
    printf '#if defined __has_include\n#if __has_include("opt.h")\n#include "opt.h"\n#endif\n#if __has_include("a.h")\n#include "a.h"\n#endif\n#if __has_include(<b.h>)\n#include <b.h>\n#endif\n#endif\n#ifndef A\n#define A 9\n#endif\n#ifndef B\n#define B 9\n#endif\nint main(void) { return A + B; }\nconst char *f = __FILE__;\n' >"$1/src/m.c"
    echo '#define A 1' >"$1/inc1/a.h"
    echo '#define B 1' >"$1/inc2/b.h"
}

# One random change of a checkout. Values are few, so that old states come back.
change() {
    local tree=$1 dir name value
    dir=$tree/$(pick src inc1 inc2)
    name=$(pick a.h b.h opt.h)
    value=$((RANDOM % 3))
    case $((RANDOM % 12)) in
    0 | 1 | 2)
        rm -rf "${dir:?}/$name"
        printf '#define %s %s\n' "$(pick A B A)" "$value" >"$dir/$name"
        ;;
    3) rm -rf "${dir:?}/$name" ;;
    4) # the same size and the same time, another content
        if [ -f "$dir/$name" ]; then
            touch -r "$dir/$name" "$work/time"
            sed -i "s/[0-9]\$/$value/" "$dir/$name"
            touch -r "$work/time" "$dir/$name"
        fi
        ;;
    5) [ -e "$dir/$name" ] || ln -s "../$(pick inc1 inc2)/$(pick a.h b.h)" "$dir/$name" ;;
    6) printf 'int main(void) { return A + B + %s; }\n' "$value" >"$tree/src/tail"
        { sed '/main/d' "$tree/src/m.c"; cat "$tree/src/tail"; } >"$tree/src/new" &&
            mv "$tree/src/new" "$tree/src/m.c" ;;
    7) # a whole directory by rename, its files as old as they are
        mv "$tree/inc1" "$tree/other" && mv "$tree/inc2" "$tree/inc1" && mv "$tree/other" "$tree/inc2" ;;
    8) [ -e "$tree/inc2/opt.h" ] || [ -L "$tree/inc2/opt.h" ] || mkdir "$tree/inc2/opt.h" ;;
    9) find "$tree" -name "$name" -exec touch {} + ;;
    10) echo 'unrelated' >"$dir/unrelated.h" ;;
    11) # an old file by rename: only its change time is new
        printf '#define %s %s\n' "$(pick A B)" "$value" >"$tree/moved"
        touch -d '2001-01-01' "$tree/moved"
        if [ ! -d "$dir/$name" ]; then mv "$tree/moved" "$dir/$name"; else rm "$tree/moved"; fi ;;
    esac
}

# compile NAME PROGRAM…: status, messages, object and depfile of one compile, in $work/NAME.
compile() {
    local out=$work/$1
    shift
    rm -rf "$out" m.o m.d
    mkdir "$out"
    "$@" >"$out/stdout" 2>"$out/stderr"
    echo $? >"$out/status"
    cp m.o m.d "$out" 2>/dev/null
    return 0
}

make_tree one
cp -r one two
wrong=0
for ((step = 0; step < steps; step++)); do
    tree=$(pick one two)
    for ((n = RANDOM % 2; n > 0; n--)); do
        change "$tree"
    done
    # Half of the time old enough for a stamp.
    [ $((RANDOM % 2)) -eq 0 ] || sleep 0.02
    args=("$(pick -MD -MMD -g)" "-I../$(pick inc1 inc2)" -I../inc1 -I../inc2 -c ../src/m.c -o m.o)
    cc=$(pick "${compilers[@]}")
    cd "$tree/build" || exit 99
    compile cached "$scrubjay" "$cc" "${args[@]}"
    compile plain "$cc" "${args[@]}"
    cd ../.. || exit 99
    if ! diff -r "$work/cached" "$work/plain" >"$work/difference" 2>&1; then
        wrong=$((wrong + 1))
        fail "step $step in $tree: $cc ${args[*]}" "$(cat "$work/difference")"
    fi
done
equal "$steps random states compiled as they should" 0 "$wrong"
hits=$(stat_of .hits)
check "the cache was used ($hits hits)" test "$hits" -gt $((steps / 10))
