#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# ccache against the server: its three layouts, Basic and Bearer, and what a build comes to when the
# server refuses, is full, or dies. The newest one also through the server's Unix socket.
# usage: ccache.sh [debian|newest]
. "$(dirname "$0")/lib.sh"
if [ "${1-}" = newest ]; then
    PATH=$clients/ccache/bin:$PATH
    [ -x "$clients/ccache/bin/ccache" ] || skip_all 'the newest ccache is not installed: run ci/clients'
fi
need ccache gcc curl

export CCACHE_CONFIGPATH=$work/ccache.conf
units='one two three'

# checkout DIR: three units with a header in common.
checkout() {
    local unit
    mkdir -p "$1/src"
    echo '#define COMMON 7' >"$1/src/common.h"
    for unit in $units; do
        printf '#include <stdio.h>\n#include "common.h"\nint %s(void) { return printf("%s%%d", COMMON); }\n' \
            "$unit" "$unit" >"$1/src/$unit.c"
    done
}

# build DIR REMOTE [AFTER-FIRST…]: compiles a fresh checkout with an empty local cache; fails as soon
# as a compile does. The command is run after the first unit.
build() {
    local dir=$1 unit
    export CCACHE_DIR=$work/cc-$dir CCACHE_REMOTE_STORAGE=$2
    shift 2
    rm -rf "$dir" "$CCACHE_DIR"
    checkout "$dir"
    for unit in $units; do
        (cd "$dir/src" && ccache gcc -O2 -c "$unit.c" -o "$unit.o") || return
        "$@" || return
        set --
    done
}

# same_objects TEXT DIR DIR
same_objects() {
    local unit
    for unit in $units; do
        cmp "$2/src/$unit.o" "$3/src/$unit.o" || {
            fail "$1" "$unit.o differs"
            return
        }
    done
    pass "$1"
}

mkdir plain
checkout plain
for unit in $units; do
    (cd plain/src && gcc -O2 -c "$unit.c" -o "$unit.o")
done

# Each unit is a manifest and a result: two of each request.
fresh_server
for layout in subdirs flat bazel; do
    check "$layout: a cold build goes through" build cold "$url/$layout|layout=$layout"
    equal "$layout: all of it missed and was uploaded" '0 6 6' "$(counts ccache)"
    restart_server
    check "$layout: a warm build goes through" build warm "$url/$layout|layout=$layout"
    equal "$layout: all of it hit, nothing was uploaded" '6 0 0' "$(counts ccache)"
    same_objects "$layout: its objects are a plain compile's" warm plain
    restart_server
done
check 'what one layout stored' build cold "$url/all|layout=flat"
# Keys of an old one have other digits in Bazel's layout.
others=subdirs
[ "${1-}" != newest ] || others='subdirs bazel'
for layout in $others; do
    restart_server
    check "... $layout reads" build warm "$url/all|layout=$layout"
    equal "... $layout finds all of it" '6 0 0' "$(counts ccache)"
    same_objects "... $layout gets a plain compile's objects" warm plain
done

fresh_server
writer=$(new_token read,write)
reader=$(new_token read)
admin=$(new_token admin)
restart_server --anonymous none
check 'bearer: a cold build goes through' build cold "$url/main|bearer-token=$writer"
equal 'bearer: all of it was uploaded' '0 6 6' "$(counts ccache)"
restart_server --anonymous none
check 'basic: a warm build goes through' build warm "http://user:$reader@$host/main"
equal 'basic: all of it hit' '6 0 0' "$(counts ccache)"
same_objects "basic: its objects are a plain compile's" warm plain
restart_server --anonymous none
check 'a token that may only read: a cold build goes through' build cold "$url/new|bearer-token=$reader"
equal '... and stores nothing' '0 6 0' "$(counts ccache)"
equal '... its uploads were forbidden, once for each unit' 3 "$(answers ccache PUT 403)"
same_objects "... its objects are a plain compile's" cold plain
printf '[pr-*]\noverlay = main\n' >"$SCRUBJAY_DIR/namespaces.conf"
restart_server --anonymous none
check "a pull request's build over main goes through" build warm "$url/pr-1|bearer-token=$writer"
equal '... and takes all from there' '6 0 0' "$(counts ccache)"
same_objects "... its objects are a plain compile's" warm plain
restart_server --anonymous none
check 'without a token a build goes through' build cold "$url/main"
equal '... and nothing is given or stored' '0 0 0' "$(counts ccache)"
same_objects "... its objects are a plain compile's" cold plain
restart_server --anonymous none
check 'with a wrong one, too' build cold "$url/main|bearer-token=sj_00000000_wrong"
equal '... and nothing is given or stored' '0 0 0' "$(counts ccache)"
admin=

fresh_server
quota small 1
restart_server
check 'over its quota: a build goes through' build cold "$url/small"
equal '... and stores nothing' '0 6 0' "$(counts ccache)"
equal '... its uploads were told why, once for each unit' 3 "$(answers ccache PUT 507)"
same_objects "... its objects are a plain compile's" cold plain

fresh_server
check 'killed after the first of three units: the build goes on' build cold "$url/main" kill_server
same_objects "... its objects are a plain compile's" cold plain
start_server
check 'a build over what it had stored goes through' build warm "$url/main"
equal '... that is one unit' '2 4 4' "$(counts ccache)"
same_objects "... its objects are a plain compile's" warm plain
kill_server
check 'with no server from the start, too' build cold "$url/main"
same_objects "... its objects are a plain compile's" cold plain

if [ "${1-}" = newest ]; then
    socket=$work/ccache.sock
    fresh_server
    restart_server --crsh-socket "$socket"
    check 'socket: a cold build goes through' build cold "crsh:$socket"
    equal 'socket: all of it missed and was uploaded' '0 6 6' "$(counts ccache)"
    restart_server --crsh-socket "$socket"
    check 'socket: a warm build goes through' build warm "crsh:$socket"
    equal 'socket: all of it hit, nothing was uploaded' '6 0 0' "$(counts ccache)"
    same_objects "socket: its objects are a plain compile's" warm plain
    check 'what the socket stored is read over HTTP' build warm "$url/"
    equal '... all of it' '12 0 0' "$(counts ccache)"
    same_objects "... its objects are a plain compile's" warm plain

    fresh_server
    restart_server --crsh-socket "$socket"
    check 'socket: killed after the first of three units: the build goes on' \
        build cold "crsh:$socket" kill_server
    same_objects "... its objects are a plain compile's" cold plain
    fresh_server
    quota default 1
    restart_server --crsh-socket "$socket"
    check 'socket: over its quota: a build goes through' build cold "crsh:$socket"
    equal '... and stores nothing' '0 6 0' "$(counts ccache)"
    same_objects "... its objects are a plain compile's" cold plain
fi
