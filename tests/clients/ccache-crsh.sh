#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# More of ccache's storage helper protocol than ccache.sh: no local cache, many compiles at once, both
# ways between the socket and HTTP, a server that dies amid a build, STOP. With the ccache that
# CCACHE_NEW names, that of ci/clients, or the one on PATH: 4.13 or newer.
ccache_new=${CCACHE_NEW:+$(command -v "$CCACHE_NEW" | xargs -r realpath -s)} # lib.sh forgets it
. "$(dirname "$0")/lib.sh"
need gcc curl
if [ -z "$ccache_new" ]; then
    ccache_new=$(PATH=$clients/ccache/bin:$PATH command -v ccache)
fi
"$ccache_new" --version 2>/dev/null | grep -q '^Features:.* crsh-storage' ||
    skip_all 'no ccache that speaks crsh: run ci/clients, or name one of 4.13 or newer by CCACHE_NEW'

export CCACHE_CONFIGPATH=$work/ccache.conf SCRUBJAY_CRSH_SOCKET=$work/crsh
crsh=crsh:$SCRUBJAY_CRSH_SOCKET
all_units=$(seq -s ' ' -f unit%g 60)
units='unit1 unit2 unit3'
jobs=1

# checkout DIR: the units, with a header in common.
checkout() {
    local unit
    mkdir -p "$1"
    echo '#define COMMON 7' >"$1/common.h"
    for unit in $units; do
        printf '#include <stdio.h>\n#include "common.h"\nint %s(void) { return printf("%s%%d", COMMON); }\n' \
            "$unit" "$unit" >"$1/$unit.c"
    done
}

# compile DIR PROGRAM UNIT…: as many at one time as $jobs says; fails if one of them does.
compile() {
    local dir=$1 program=$2
    shift 2
    # shellcheck disable=SC2086 # it may be none
    (cd "$dir" && printf '%s\n' "$@" | xargs -P "$jobs" -I UNIT $program gcc -O2 -c UNIT.c -o UNIT.o)
}

# build DIR REMOTE: compiles a fresh checkout with an empty local cache; fails if a compile does.
build() {
    local dir=$1
    export CCACHE_DIR=$work/cc-$dir CCACHE_REMOTE_STORAGE=$2
    rm -rf "$dir" "$CCACHE_DIR"
    checkout "$dir"
    # shellcheck disable=SC2086 # words
    compile "$dir" "$ccache_new" $units
}

# statistics DIR NAME…: what this ccache counted when it built there.
statistics() {
    local dir=$1 name all
    shift
    all=$(CCACHE_DIR=$work/cc-$dir "$ccache_new" --print-stats)
    for name; do
        awk -v name="$name" '$1 == name { print $2 }' <<<"$all"
    done | paste -s -d ' '
}

# killed DIR: the server dies when it has taken 20 uploads.
killed() {
    local status
    kill_midway ccache 20
    bash "$midway" &
    build "$1" "$crsh"
    status=$?
    wait
    no_midway
    return "$status"
}

# same_objects TEXT DIR: they are those of a plain compile.
same_objects() {
    local unit
    for unit in $units; do
        cmp "plain/$unit.o" "$2/$unit.o" || {
            fail "$1" "$unit.o differs"
            return
        }
    done
    pass "$1"
}

units=$all_units
jobs=2
checkout plain
# shellcheck disable=SC2086 # words
compile plain '' $units
units='unit1 unit2 unit3'
jobs=1

# Each unit is a manifest and a result: two of each request.
fresh_server
check 'a cold build goes through' build cold "$crsh"
equal 'all of it missed and was uploaded' '0 6 6' "$(counts ccache)"
same_objects "its objects are a plain compile's" cold
restart_server
check 'a warm build goes through' build warm "$crsh"
equal 'all of it hit, nothing was uploaded' '6 0 0' "$(counts ccache)"
equal '... nothing went wrong in its eyes' '3 0 0' \
    "$(statistics warm remote_storage_hit remote_storage_error remote_storage_timeout)"
same_objects "... its objects are a plain compile's" warm
restart_server
export CCACHE_REMOTE_ONLY=1
check 'one without a local cache, too' build warm "$crsh"
equal '... all of it hit, nothing was uploaded' '6 0 0' "$(counts ccache)"
same_objects "... its objects are a plain compile's" warm
unset CCACHE_REMOTE_ONLY

if "$ccache_new" --version | grep -q '^Features:.* http-storage'; then
    for layout in subdirs flat bazel; do
        restart_server
        check "over HTTP ($layout) a build goes through" build warm "$url|layout=$layout"
        equal '... and finds all of it' '6 0 0' "$(counts ccache)"
        same_objects "... its objects are a plain compile's" warm
    done
    fresh_server
    check 'a cold build over HTTP' build cold "$url"
    restart_server
    check '... is a warm one over the socket' build warm "$crsh"
    equal '... which finds all of it' '6 0 0' "$(counts ccache)"
    same_objects "... its objects are a plain compile's" warm
fi

fresh_server
units=$all_units
jobs=8
check '60 units, 8 at a time: a cold build goes through' build cold "$crsh"
equal 'all of it missed and was uploaded' '0 120 120' "$(counts ccache)"
restart_server
check '... a warm one, too' build warm "$crsh"
equal '... all of it hit' '120 0 0' "$(counts ccache)"
same_objects "... its objects are a plain compile's" warm
fresh_server
check 'killed in the midst of it: the build goes on' killed cold
check '... and it was in the midst of it' [ "$(statistics cold remote_storage_error)" -gt 0 ]
same_objects "... its objects are a plain compile's" cold
start_server
check 'a build over what it had stored goes through' build warm "$crsh"
check '... and finds that' [ "$(hits ccache)" -ge 20 ]
same_objects "... its objects are a plain compile's" warm
kill_server
check 'with no server from the start, too' build cold "$crsh"
same_objects "... its objects are a plain compile's" cold
units='unit1 unit2 unit3'
jobs=1

fresh_server
quota default 1
restart_server
check 'over its quota: a build goes through' build cold "$crsh"
equal '... and stores nothing' '0 6 0' "$(counts ccache)"
equal '... every upload was refused' 6 "$(answers ccache PUT 507)"
equal '... none of it an error to ccache' 0 "$(statistics cold remote_storage_error)"
same_objects "... its objects are a plain compile's" cold

# STOP is for a helper that ccache started itself.
fresh_server
check 'ccache may tell its helpers to stop' env CCACHE_REMOTE_STORAGE="$crsh" CCACHE_DIR="$work/cc" \
    "$ccache_new" --stop-storage-helpers
check 'the server serves on' build cold "$crsh"
equal '... and takes uploads' '0 6 6' "$(counts ccache)"
