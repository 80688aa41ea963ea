#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# sccache against the server, over WebDAV.
. "$(dirname "$0")/lib.sh"
sccache=$clients/sccache/bin/sccache
[ -x "$sccache" ] || skip_all 'sccache is not built: run ci/clients where there is a recent cargo'
need gcc curl jq openssl

while IFS='=' read -r name _; do
    case $name in
    SCCACHE_* | RUSTC_WRAPPER) unset "$name" ;;
    esac
done < <(env)
export SCCACHE_SERVER_UDS=$work/sccache.sock SCCACHE_DIR=$work/none SCCACHE_CONF=$work/none.toml
export SCCACHE_IDLE_TIMEOUT=60
units='one two three'

client_stop() {
    "$sccache" --stop-server >/dev/null 2>&1
}

# checkout DIR: three units with a header in common.
checkout() {
    local unit
    mkdir -p "$1"
    echo '#define COMMON 7' >"$1/common.h"
    for unit in $units; do
        printf '#include <stdio.h>\n#include "common.h"\nint %s(void) { return printf("%s%%d", COMMON); }\n' \
            "$unit" "$unit" >"$1/$unit.c"
    done
}

# compile DIR UNIT…
compile() {
    local dir=$1 unit
    shift
    for unit; do
        (cd "$dir" && "$sccache" gcc -O2 -c "$unit.c" -o "$unit.o") || return
    done
}

# sccache's own server uploads when the compiler has long returned: wait for that.
has_ended() {
    "$sccache" --show-stats --stats-format=json |
        jq -e '.stats | .cache_writes + .cache_write_errors >= ([.cache_misses.counts[]] | add // 0)'
}

# start SETTING…: sccache's own server, anew. What it says goes to start.log.
start() {
    client_stop
    env SCCACHE_WEBDAV_ENDPOINT="$url" "$@" "$sccache" --start-server >start.log 2>&1 </dev/null || {
        cat start.log
        return 1
    }
}

# build DIR SETTING…: a fresh checkout, compiled by an sccache that was just started.
build() {
    local dir=$1
    shift
    rm -rf "$dir"
    checkout "$dir"
    # shellcheck disable=SC2086 # words
    start "$@" && compile "$dir" $units && wait_for 20 has_ended >/dev/null
}

# same_objects TEXT DIR DIR
same_objects() {
    local unit
    for unit in $units; do
        cmp "$2/$unit.o" "$3/$unit.o" || {
            fail "$1" "$unit.o differs"
            return
        }
    done
    pass "$1"
}

checkout plain
for unit in $units; do
    (cd plain && gcc -O2 -c "$unit.c" -o "$unit.o")
done
prefix=SCCACHE_WEBDAV_KEY_PREFIX

# Beside the units there is .sccache_check, which it reads and writes when it starts.
fresh_server
check 'a cold build goes through' build cold $prefix=main
equal 'all of it missed and was uploaded' '0 4 4' "$(counts sccache)"
equal 'no folder had to be made' 0 "$(answers sccache MKCOL 2)"
restart_server
check 'a warm build goes through' build warm $prefix=main
equal 'all of it hit, nothing but the check was uploaded' '4 0 1' "$(counts sccache)"
same_objects "its objects are a plain compile's" warm plain

tls_server
check 'https: a cold build goes through' build cold $prefix=main SSL_CERT_FILE="$ca"
equal 'https: all of it was uploaded' '0 4 4' "$(counts sccache)"
check 'https: a warm build goes through' build warm $prefix=main SSL_CERT_FILE="$ca"
equal 'https: all of it hit' '4 4 5' "$(counts sccache)"
same_objects "https: its objects are a plain compile's" warm plain
no_tls

writer=$(new_token read,write)
reader=$(new_token read)
admin=$(new_token admin)
restart_server --anonymous none
check 'bearer: a cold build goes through' build cold $prefix=main SCCACHE_WEBDAV_TOKEN="$writer"
equal 'bearer: all of it was uploaded' '0 4 4' "$(counts sccache)"
restart_server --anonymous none
check 'basic, a token that may only read: a warm build goes through' \
    build warm $prefix=main SCCACHE_WEBDAV_USERNAME=user SCCACHE_WEBDAV_PASSWORD="$reader"
equal '... all of it hit, nothing was uploaded' '4 0 0' "$(counts sccache)"
same_objects "... its objects are a plain compile's" warm plain
restart_server --anonymous none
check '... a cold build goes through' build cold $prefix=new SCCACHE_WEBDAV_TOKEN="$reader"
equal '... and stores nothing' '0 4 0' "$(counts sccache)"
same_objects "... its objects are a plain compile's" cold plain
restart_server --anonymous none
refuse 'without a token sccache itself does not start' start $prefix=main
equal '... and is given nothing' '0 0 0' "$(counts sccache)"
admin=

fresh_server
quota small 1
restart_server
check 'over its quota: a build goes through' build cold $prefix=small
equal '... and stores nothing' '0 4 0' "$(counts sccache)"
check '... its uploads were told why' [ "$(answers sccache PUT 507)" -gt 0 ]
same_objects "... its objects are a plain compile's" cold plain

# killed DIR: the server dies after the first unit.
killed() {
    checkout "$1"
    start $prefix=main && compile "$1" one && wait_for 20 has_ended >/dev/null && kill_server &&
        compile "$1" two three
}

fresh_server
rm -rf cold
check 'killed after the first of three units: the build goes on' killed cold
same_objects "... its objects are a plain compile's" cold plain
start_server
check 'a build over what it had stored goes through' build warm $prefix=main
equal '... that is the check and one unit' '2 2 3' "$(counts sccache)"
same_objects "... its objects are a plain compile's" warm plain
kill_server
refuse 'with no server from the start sccache itself does not start' start $prefix=main
chain=SCCACHE_MULTILEVEL_CHAIN=disk,webdav
check '... but does with a level before it, and a build goes through' build cold $prefix=main $chain
same_objects "... its objects are a plain compile's" cold plain
rm -rf "$work/none"
start_server
check 'a warm build through that level and the server goes through' build warm $prefix=main $chain
equal '... the check and its units hit' 4 "$(hits sccache)"
same_objects "... its objects are a plain compile's" warm plain
