#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The store's ways and failures as a compile sees them: numbers 2, 75, 76, 79.
# shellcheck source=tests/e2e/checklist/lib.sh
. "$(dirname "$0")/lib.sh"

# unharmed: the compile is a plain one, but for one line of warning at most.
unharmed() {
    local label
    write_source
    plain -c x.c -o x.o
    for label in cold warm; do
        take $label timeout 60 "$scrubjay" "$CC" -c x.c -o x.o
        [ "$(wc -l <"$logs/$label/err")" -le 1 ] || wrong "complains at length: $(cat "$logs/$label/err")"
        : >"$logs/$label/err"
        compare plain $label
    done
}

c02_store_is_a_file() {
    echo >"$SCRUBJAY_DIR"
    unharmed
}

c02_store_below_a_file() {
    echo >file
    SCRUBJAY_DIR=$PWD/file/store
    unharmed
}

c02_store_cannot_be_made() {
    SCRUBJAY_DIR=/proc/nowhere/store
    unharmed
}

c02_store_is_relative() {
    SCRUBJAY_DIR=../relative
    unharmed
}

c02_store_is_empty_string() {
    SCRUBJAY_DIR=
    unharmed
}

c02_no_home() {
    unset SCRUBJAY_DIR
    export HOME=/nowhere/home
    unharmed
}

c02_store_of_another_user() {
    [ "$(id -u)" = 0 ] || skip 'needs root to become another user'
    chmod 755 "$work" "$work/c02_store_of_another_user"
    write_source
    first -c x.c -o x.o
    mkdir -m 777 shared
    cp x.c shared
    cd shared
    user='setpriv --reuid=65534 --regid=65534 --clear-groups'
    plain -c x.c -o x.o
    for mode in 700 755; do
        chmod $mode "$SCRUBJAY_DIR"
        # shellcheck disable=SC2086 # a list of words
        take cold $user "$scrubjay" "$CC" -c x.c -o x.o
        [ "$(wc -l <"$logs/cold/err")" -le 1 ] || wrong "complains at length: $(cat "$logs/cold/err")"
        cmp "$logs/cold/files/x.o" "$logs/plain/files/x.o" || wrong 'wrong object'
        [ "$(status_of cold)" = 0 ] || wrong "status $(status_of cold)"
    done
}

c02_store_is_read_only() {
    [ "$(id -u)" = 0 ] || skip 'needs root to mount'
    write_source
    first -c x.c -o x.o
    mkdir mnt
    mount --bind "$SCRUBJAY_DIR" mnt 2>/dev/null || skip 'cannot mount'
    trap 'umount "$work/c02_store_is_read_only/t/mnt"' EXIT
    mount -o remount,ro,bind mnt 2>/dev/null || skip 'cannot mount read-only'
    SCRUBJAY_DIR=$PWD/mnt
    unharmed
    write_source x.c 'int other;'
    plain -c x.c -o x.o
    take cold "$scrubjay" "$CC" -c x.c -o x.o
    [ "$(wc -l <"$logs/cold/err")" -le 1 ] || wrong "complains at length: $(cat "$logs/cold/err")"
    cmp "$logs/cold/files/x.o" "$logs/plain/files/x.o" || wrong 'wrong object'
}

c02_store_on_a_full_disk() {
    [ "$(id -u)" = 0 ] || skip 'needs root to mount'
    local size i
    mkdir mnt
    trap 'umount "$work/c02_store_on_a_full_disk/t/mnt" 2>/dev/null || :' EXIT
    for size in 4k 40k 200k 2m; do
        mount -t tmpfs -o size=$size none mnt 2>/dev/null || skip 'cannot mount'
        SCRUBJAY_DIR=$PWD/mnt/store
        for i in 1 2 3; do
            { echo "int table${i}[] = {"; seq -s, $((i * 30000)); echo '};'; } >x.c
            "$CC" -c x.c -o wanted.o
            "$scrubjay" "$CC" -c x.c -o x.o 2>"$logs/err" || wrong "status $? with $size"
            [ "$(wc -l <"$logs/err")" -le 1 ] || wrong "complains at length: $(cat "$logs/err")"
            cmp x.o wanted.o || wrong "wrong object with $size"
            "$scrubjay" "$CC" -c x.c -o x.o 2>"$logs/err" || wrong "status $? with $size"
            cmp x.o wanted.o || wrong "wrong object with $size"
        done
        umount mnt
    done
    rmdir mnt
}

c02_index_damaged() {
    local how
    write_script scribble <<'EOF'
exec dd if=/dev/urandom of="$1" bs=4096 count=3 conv=notrunc status=none
EOF
    write_source
    first -c x.c -o x.o
    for how in 'truncate -s 0' 'truncate -s 5000' "$PWD/scribble"; do
        # shellcheck disable=SC2086 # a command and its arguments
        find "$SCRUBJAY_DIR/index" -type f -size +0 -exec $how {} ';'
        unharmed
    done
    still -c x.c -o x.o
}

c02_journal_damaged() {
    write_source
    first -c x.c -o x.o
    truncate -s -7 "$SCRUBJAY_DIR"/journal/*
    still -c x.c -o x.o
    printf rubbish | tee -a "$SCRUBJAY_DIR"/journal/* >/dev/null
    still -c x.c -o x.o
    "$scrubjay" stats --json >/dev/null || wrong 'stats fails'
}

c02_journal_is_a_directory() {
    write_source
    first -c x.c -o x.o
    rm -rf "$SCRUBJAY_DIR"/journal
    echo >"$SCRUBJAY_DIR/journal"
    unharmed
}

c02_settings_are_wrong() {
    export SCRUBJAY_MAX_SIZE=banana
    unharmed
    unset SCRUBJAY_MAX_SIZE
    echo 'no_such_setting = 1' >.scrubjay.conf
    git init -q . 2>/dev/null || mkdir .git
    unharmed
    printf '\0\377 = \0' >.scrubjay.conf
    unharmed
}

c02_few_descriptors() {
    write_source
    "$CC" -c x.c -o wanted.o
    for limit in 5 6 7 8 9 10 12 16; do
        (
            ulimit -n $limit
            status=0
            "$CC" -c x.c -o plain.o 2>/dev/null || status=$?
            [ $status = 0 ] || exit 0
            "$scrubjay" "$CC" -c x.c -o x.o 2>/dev/null || wrong "fails with $limit descriptors"
            cmp x.o wanted.o || wrong "wrong object with $limit descriptors"
        )
    done
    right -c x.c -o x.o
}

c02_little_memory() {
    write_source
    "$CC" -c x.c -o wanted.o
    # The store reserves address space; without it the compile must go on.
    (
        ulimit -v 4000000
        "$CC" -c x.c -o plain.o 2>/dev/null || exit 0
        "$scrubjay" "$CC" -c x.c -o x.o 2>/dev/null || wrong 'fails with little address space'
        cmp x.o wanted.o || wrong 'wrong object with little address space'
    )
}

c02_no_shared_memory() {
    write_source
    command -v unshare >/dev/null || skip 'no unshare'
    unshare -m true 2>/dev/null || skip 'cannot unshare'
    plain -c x.c -o x.o
    for label in cold warm; do
        take $label unshare -m sh -c 'mount -t tmpfs -o ro none /dev/shm && exec "$@"' sh "$scrubjay" "$CC" -c x.c -o x.o
        cmp "$logs/plain/files/x.o" "$logs/$label/files/x.o" || wrong 'wrong object'
        [ "$(wc -l <"$logs/$label/err")" -le 1 ] || wrong 'complains at length'
    done
}

c02_users_own_preload() {
    mkdir built
    cat >built/p.c <<'EOF'
#include <unistd.h>
__attribute__((constructor)) static void hello(void) { if (write(2, "preloaded\n", 10) < 0) _exit(9); }
EOF
    "$CC" -shared -fPIC built/p.c -o built/p.so
    write_source
    take plain env LD_PRELOAD="$PWD/built/p.so" "$CC" -c x.c -o x.o
    for label in cold warm; do
        take $label env LD_PRELOAD="$PWD/built/p.so" "$scrubjay" "$CC" -c x.c -o x.o
        cmp "$logs/plain/files/x.o" "$logs/$label/files/x.o" || wrong 'wrong object'
        [ "$(status_of plain)" = "$(status_of $label)" ] || wrong 'wrong status'
    done
    # A library that cannot be loaded makes the loader complain in every process.
    take plain env LD_PRELOAD=/nowhere/p.so "$CC" -c x.c -o x.o
    take cold env LD_PRELOAD=/nowhere/p.so "$scrubjay" "$CC" -c x.c -o x.o
    cmp "$logs/plain/files/x.o" "$logs/cold/files/x.o" || wrong 'wrong object'
}

c75_many_writers_of_one_key() {
    local i
    write_source x.c 'int table[5000] = {1, 2, 3};'
    "$CC" -c x.c -o wanted.o
    for i in $(seq 24); do
        "$scrubjay" "$CC" -c x.c -o "x$i.o" 2>"$logs/err$i" &
    done
    wait
    cat "$logs"/err* | head -n 3 >"$logs/all"
    [ ! -s "$logs/all" ] || wrong "said: $(cat "$logs/all")"
    for i in $(seq 24); do
        cmp "x$i.o" wanted.o || wrong "object $i is wrong"
    done
    [ "$(count_records)" = 24 ] || wrong "$(count_records) records of 24 compiles"
    "$scrubjay" "$CC" -c x.c -o x.o
    ended 'hit *'
}

c75_many_keys_at_once() {
    local i round
    for i in $(seq 16); do
        write_source "x$i.c" "int table${i}[3000] = {$i};"
        "$CC" -c "x$i.c" -o "wanted$i.o"
    done
    for round in 1 2; do
        for i in $(seq 16); do
            "$scrubjay" "$CC" -c "x$i.c" -o "x$i.o" &
        done
        wait
        for i in $(seq 16); do
            cmp "x$i.o" "wanted$i.o" || wrong "object $i of round $round is wrong"
            rm "x$i.o"
        done
    done
    [ "$("$journal_dump" "$SCRUBJAY_DIR" | grep -c '^hit')" = 16 ] || wrong 'the second round does not hit'
}

c75_cleared_while_compiling() {
    local i
    write_source
    "$CC" -c x.c -o wanted.o
    for i in $(seq 12); do
        "$scrubjay" "$CC" -c x.c -o x.o || wrong "status $?"
        cmp x.o wanted.o || wrong 'wrong object'
        [ $((i % 4)) != 0 ] || "$scrubjay" clear >/dev/null 2>&1 &
    done
    wait
    rm -rf "$SCRUBJAY_DIR"
    first -c x.c -o x.o
}

c76_read_only_mode() {
    write_source other.c 'int other;'
    first -c other.c -o x.o
    write_source
    export SCRUBJAY_READ_ONLY=1
    plain -c x.c -o x.o
    cached cold 'miss * -*' -c x.c -o x.o
    unset SCRUBJAY_READ_ONLY
    first -c x.c -o x.o
    export SCRUBJAY_READ_ONLY=1
    still -c x.c -o x.o
}

c76_recache_mode() {
    write_source
    first -c x.c -o x.o
    export SCRUBJAY_RECACHE=1
    plain -c x.c -o x.o
    cached cold 'miss * stored*' -c x.c -o x.o
    unset SCRUBJAY_RECACHE
    still -c x.c -o x.o
}

c76_disabled() {
    write_source
    export SCRUBJAY_DISABLE=1
    plain -c x.c -o x.o
    cached cold 'bypass disable* *' -c x.c -o x.o
    cached warm 'bypass disable* *' -c x.c -o x.o
}

c76_namespaces_are_apart() {
    write_source
    export SCRUBJAY_NAMESPACE=one
    first -c x.c -o x.o
    export SCRUBJAY_NAMESPACE=two
    first -c x.c -o x.o
    export SCRUBJAY_NAMESPACE=one
    still -c x.c -o x.o
}

c76_audit_finds_nothing() {
    write_source
    first -c x.c -o x.o
    export SCRUBJAY_AUDIT=1
    plain -c x.c -o x.o
    cached warm 'hit *' -c x.c -o x.o
}

c79_failed_compile_leaves_a_record() {
    write_source x.c '#error on purpose'
    failing -c x.c -o x.o
    [ "$(count_records)" = 2 ] || wrong "$(count_records) records of 2 compiles"
    [ "$("$journal_dump" "$SCRUBJAY_DIR" | cut -f 5 | sort -u)" = 1 ] || wrong 'wrong status in the record'
}

run_cases
