#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a hit prints and restores: numbers 40 and 69 to 74.
# shellcheck source=tests/e2e/checklist/lib.sh
. "$(dirname "$0")/lib.sh"

warning='int f(void) { int unused; return 0; }'

# on_terminal LABEL COMMAND…: with a terminal 80 columns wide as stdout and stderr.
on_terminal() {
    local label=$1
    shift
    TERM=xterm script -qec "stty cols 80 rows 24; $*" /dev/null </dev/null >"$logs/$label.tty" 2>&1 || :
    rm -f x.o
}

c40_colours_follow_the_terminal() {
    write_source x.c "$warning"
    command -v script >/dev/null || skip 'no script(1)'
    right -Wall -c x.c -o x.o
    on_terminal plain "$CC" -Wall -c x.c -o x.o
    grep -q $'\033' "$logs/plain.tty" || wrong 'the plain compile shows no colour'
    # What was compiled for a pipe has no colours: once more for the terminal, then it serves both.
    for label in cold warm; do
        on_terminal $label "$scrubjay" "$CC" -Wall -c x.c -o x.o
        cmp "$logs/plain.tty" "$logs/$label.tty" || wrong 'the terminal shows something else'
    done
    ended 'hit *'
    still -Wall -c x.c -o x.o
    write_source x.c "$warning /* other */"
    on_terminal plain "$CC" -Wall -c x.c -o x.o
    on_terminal cold "$scrubjay" "$CC" -Wall -c x.c -o x.o
    cmp "$logs/plain.tty" "$logs/cold.tty" || wrong 'the terminal shows something else on a miss'
    ended 'miss *'
    still -Wall -c x.c -o x.o
}

c40_colour_options() {
    write_source x.c "$warning"
    local option
    for option in -fdiagnostics-color=always -fdiagnostics-color=never -fdiagnostics-color=auto \
        -fdiagnostics-color -fno-diagnostics-color; do
        right $option -Wall -c x.c -o x.o
        ended 'hit *'
    done
    right -fdiagnostics-color=always -fdiagnostics-color=never -Wall -c x.c -o x.o
    if [ "$family" = gcc ]; then
        export GCC_COLORS='warning=04;32'
        right -fdiagnostics-color=always -Wall -c x.c -o x.o
        export GCC_COLORS=
        right -fdiagnostics-color=always -Wall -c x.c -o x.o
    else
        right -fcolor-diagnostics -Wall -c x.c -o x.o
        right -fno-color-diagnostics -Wall -c x.c -o x.o
        right -fansi-escape-codes -fcolor-diagnostics -Wall -c x.c -o x.o
    fi
}

c40_diagnostic_formats() {
    write_source x.c "$warning"
    local option
    for option in -fmessage-length=20 -fmessage-length=0 -fdiagnostics-show-option -fno-diagnostics-show-option \
        -fno-diagnostics-show-caret -fdiagnostics-parseable-fixits; do
        right $option -Wall -c x.c -o x.o
    done
    only gcc
    right -fdiagnostics-format=json -Wall -c x.c -o x.o
    right -fdiagnostics-plain-output -Wall -c x.c -o x.o
    right -fdiagnostics-urls=always -Wall -c x.c -o x.o
    export COLUMNS=30
    right -Wall -c x.c -o x.o
    unset COLUMNS
    right -Wall -c x.c -o x.o
}

c69_streams_stay_apart() {
    write_script "$cc_name" <<EOF
case \$* in *-c*) ;; *) exec "$CC" "\$@" ;; esac
printf 'to stdout\n'
printf 'to stderr\n' >&2
printf 'no newline, \\0 and \\033[1m' >&2
printf 'no newline'
exec "$CC" "\$@"
EOF
    write_source
    tool=$PWD/$cc_name
    first -c x.c -o x.o
}

c69_much_output() {
    local i
    for i in $(seq 400); do
        echo "int f$i(void) { int unused$i; return 0; }"
    done >x.c
    first -Wall -c x.c -o x.o
}

c69_paths_as_printed() {
    mkdir inc sub
    echo '#warning in header' >inc/h.h
    write_source x.c '#include "h.h"'
    first -Iinc -c x.c -o x.o
    again -I"$PWD/inc" -c x.c -o x.o
    again -I"$PWD/inc" -c "$PWD/x.c" -o x.o
    (cd sub && again -I../inc -c ../x.c -o x.o)
    still -Iinc -c x.c -o x.o
}

c69_closed_streams() {
    write_source x.c "$warning"
    first -Wall -c x.c -o x.o
    "$scrubjay" "$CC" -Wall -c x.c -o x.o >&- 2>&- || wrong 'a hit fails without streams'
    cmp x.o "$logs/plain/files/x.o" || wrong 'wrong object without streams'
    write_source x.c "$warning /* 2 */"
    "$scrubjay" "$CC" -Wall -c x.c -o x.o >&- 2>&- || wrong 'a miss fails without streams'
    "$CC" -Wall -c x.c -o wanted.o 2>/dev/null
    cmp x.o wanted.o || wrong 'wrong object without streams'
    right -Wall -c x.c -o x.o
}

c70_no_extra_outputs() {
    write_source
    first -g -MMD -fstack-usage -c x.c -o x.o
    right -g -c x.c -o x.o
    [ "$(count_made warm)" = 1 ] || wrong 'files that nobody asked for'
    right -g -MMD -c x.c -o x.o
    [ "$(count_made warm)" = 2 ] || wrong 'files that nobody asked for'
}

c70_stale_outputs_are_replaced() {
    write_source
    first -g -gsplit-dwarf -MMD -fstack-usage -c x.c -o x.o
    for file in x.o x.d x.su x.dwo; do
        echo stale >$file
    done
    "$scrubjay" "$CC" -g -gsplit-dwarf -MMD -fstack-usage -c x.c -o x.o
    ended 'hit *'
    for file in x.o x.d x.su x.dwo; do
        cmp $file "$logs/plain/files/$file" || wrong "$file is stale"
    done
}

c71_restore_fails() {
    [ "$(id -u)" = 0 ] || skip 'needs root to mount'
    mkdir small
    mount -t tmpfs -o size=16k none small 2>/dev/null || skip 'cannot mount'
    trap 'umount "$work/c71_restore_fails/t/small"' EXIT
    {
        echo 'int table[] = {'
        seq -s, 9999
        echo '};'
    } >x.c
    first -c x.c -o x.o
    plain -c x.c -o small/x.o
    take warm "$scrubjay" "$CC" -c x.c -o small/x.o
    [ "$(status_of plain)" = "$(status_of warm)" ] || wrong 'a full disk ends otherwise'
    rm -f small/*
    [ -z "$(ls -A small)" ] || wrong "left behind: $(ls -A small)"
    echo 'int small;' >x.c
    right -c x.c -o small/x.o
}

# damage COMMAND: to every file of the store's generations; what is read must be noticed.
damaged() {
    local file
    write_source x.c 'int table[2000] = {1, 2, 3};'
    first -MMD -c x.c -o x.o
    find "$SCRUBJAY_DIR/generations" -type f >"$logs/files"
    [ -s "$logs/files" ] || wrong 'no generation to damage'
    while IFS= read -r file; do
        "$@" "$file"
    done <"$logs/files"
    plain -MMD -c x.c -o x.o
    take cold "$scrubjay" "$CC" -MMD -c x.c -o x.o
    cmp "$logs/plain/files/x.o" "$logs/cold/files/x.o" || wrong 'wrong object'
    cmp "$logs/plain/files/x.d" "$logs/cold/files/x.d" || wrong 'wrong depfile'
    [ "$(status_of plain)" = "$(status_of cold)" ] || wrong 'wrong status'
    plain -MMD -c x.c -o x.o
    take warm "$scrubjay" "$CC" -MMD -c x.c -o x.o
    cmp "$logs/plain/files/x.o" "$logs/warm/files/x.o" || wrong 'wrong object'
    take warm "$scrubjay" "$CC" -MMD -c x.c -o x.o
    compare plain warm
    ended 'hit *'
}

flip_bytes() {
    local size at
    size=$(stat -c %s "$1")
    for at in $(seq 40 997 "$size"); do
        printf '\377' | dd of="$1" bs=1 seek="$at" conv=notrunc status=none
    done
}
halve() { truncate -s "$(($(stat -c %s "$1") / 2))" "$1"; }
empty() { truncate -s 0 "$1"; }
zero() { dd if=/dev/zero of="$1" bs=4096 count="$(($(stat -c %s "$1") / 4096))" conv=notrunc status=none; }

c72_generation_flipped() { damaged flip_bytes; }
c72_generation_halved() { damaged halve; }
c72_generation_empty() { damaged empty; }
c72_generation_zeroed() { damaged zero; }
c72_generation_gone() { damaged rm; }

# Every object, wherever it lies, with one byte changed at a time: never wrong, status never changed.
c72_one_byte_at_a_time() {
    local file size at step
    write_source x.c 'int table[20] = {1, 2, 3};'
    first -c x.c -o x.o
    cp -r "$SCRUBJAY_DIR" "$work/saved"
    for file in $(cd "$work/saved" && find . -type f -size +0 ! -path '*journal*'); do
        size=$(stat -c %s "$work/saved/$file")
        step=$((size / 12 + 1))
        for at in $(seq 0 $step $((size - 1))); do
            rm -rf "$SCRUBJAY_DIR"
            cp -r "$work/saved" "$SCRUBJAY_DIR"
            printf '\245' | dd of="$SCRUBJAY_DIR/$file" bs=1 seek="$at" conv=notrunc status=none
            timeout 20 "$scrubjay" "$CC" -c x.c -o x.o 2>"$logs/err" || wrong "status $? with byte $at of $file"
            cmp x.o "$logs/plain/files/x.o" || wrong "wrong object with byte $at of $file"
            rm x.o
        done
    done
}

c73_outputs_are_private() {
    write_source
    first -MMD -c x.c -o x.o
    "$scrubjay" "$CC" -MMD -c x.c -o x.o
    [ "$(stat -c %h x.o)" = 1 ] || wrong 'the object has another link'
    echo spoiled >>x.o
    echo spoiled >>x.d
    rm x.o x.d
    still -MMD -c x.c -o x.o
}

run_cases
