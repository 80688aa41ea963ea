#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Turborepo against the server: /v8/artifacts.
. "$(dirname "$0")/lib.sh"
need_npm turbo
need curl openssl

export TURBO_TELEMETRY_DISABLED=1 TURBO_NO_UPDATE_NOTIFIER=1

# checkout DIR: three packages, each in need of the one before. A task that runs writes other bytes
# each time: equal ones can only come from the cache.
checkout() {
    local unit before='' size locked=''
    mkdir -p "$1"
    for unit in one two three; do
        size=3000
        [ "$unit" != three ] || size=3000000
        mkdir -p "$1/packages/$unit"
        cat >"$1/packages/$unit/package.json" <<END
{
  "name": "$unit",
  "version": "1.0.0",
  "dependencies": {${before:+\"$before\": \"*\"}},
  "scripts": {"build": "sh ./build.sh"}
}
END
        printf 'mkdir -p dist\nhead -c %s /dev/urandom >dist/out.bin\necho said by %s\n' \
            "$size" "$unit" >"$1/packages/$unit/build.sh"
        [ "$unit" != two ] || echo "bash '$midway'" >>"$1/packages/$unit/build.sh"
        locked="$locked, \"packages/$unit\": {\"dependencies\": {${before:+\"$before\": \"*\"}}}"
        locked="$locked, \"node_modules/$unit\": {\"resolved\": \"packages/$unit\", \"link\": true}"
        before=$unit
    done
    echo '{"name": "sample", "private": true, "packageManager": "npm@9.2.0", "workspaces": ["packages/*"]}' \
        >"$1/package.json"
    echo "{\"name\": \"sample\", \"lockfileVersion\": 3, \"packages\": {\"\": {\"workspaces\": [\"packages/*\"]}$locked}}" \
        >"$1/package-lock.json"
    echo "{\"tasks\": {\"build\": {\"dependsOn\": [\"^build\"], \"outputs\": [\"dist/**\"]}}${settings-}}" \
        >"$1/turbo.json"
}

# build DIR TOKEN OPTION…: a fresh checkout, built; what Turborepo says goes to DIR.log, the outputs
# to DIR.out.
build() {
    local dir=$1 token=$2 unit
    shift 2
    rm -rf "$dir" "$dir.out"
    checkout "$dir"
    (cd "$dir" && TURBO_API=$url TURBO_TEAM=${team:-main} TURBO_TOKEN=$token \
        "$client" run build --skip-infer "$@") >"$dir.log" 2>&1 || {
        cat "$dir.log"
        return 1
    }
    mkdir "$dir.out"
    for unit in one two three; do
        cp "$dir/packages/$unit/dist/out.bin" "$dir.out/$unit.bin" || return
    done
}

fresh_server
writer=$(new_token read,write)
reader=$(new_token read)
admin=$(new_token admin)

restart_server
check 'a cold build goes through' build cold "$writer"
equal 'all of it missed and was uploaded' '0 3 3' "$(counts turbo)"
restart_server
check 'a warm build goes through' build warm "$writer"
equal 'all of it hit, nothing was uploaded' '3 0 0' "$(counts turbo)"
check 'its outputs are those of the cold build' diff -r cold.out warm.out
has 'what a task said is said again' 'one:build: said by one' warm.log
has 'Turborepo calls it a full turbo' 'FULL TURBO' warm.log
refuse 'and has nothing to warn of' grep WARN warm.log

restart_server --anonymous none
check 'a token that may only read: a warm build goes through' build warm "$reader"
equal '... all of it hit' '3 0 0' "$(counts turbo)"
check "... its outputs are the cold build's" diff -r cold.out warm.out
restart_server --anonymous none
team=new check '... a cold build goes through' build other "$reader"
equal '... and stores nothing' '0 3 0' "$(counts turbo)"
check '... its uploads were forbidden' [ "$(answers turbo PUT 403)" -gt 0 ]
refuse '... in words that Turborepo understands' grep -i 'parse' other.log
restart_server --anonymous none
check 'with a wrong token a build goes through' build other sj_00000000_wrong
equal '... and nothing is given or stored' '0 0 0' "$(counts turbo)"
restart_server
TURBO_PREFLIGHT=true check 'with preflight requests a build goes through' build warm "$reader"
equal '... all of it hit' '3 0 0' "$(counts turbo)"

restart_server
settings=', "remoteCache": {"signature": true}'
export TURBO_REMOTE_CACHE_SIGNATURE_KEY=not-much-of-a-secret
team=signed check 'signed: a cold build goes through' build cold "$writer"
equal 'signed: all of it was uploaded' '0 3 3' "$(counts turbo)"
restart_server
team=signed check 'signed: a warm build goes through' build warm "$writer"
equal 'signed: all of it hit' '3 0 0' "$(counts turbo)"
check "signed: its outputs are the cold build's" diff -r cold.out warm.out
TURBO_REMOTE_CACHE_SIGNATURE_KEY=another-secret team=signed \
    check 'signed by another: a build goes through' build other "$writer"
refuse "... and takes none of the cold build's outputs" cmp cold.out/one.bin other.out/one.bin
settings=
unset TURBO_REMOTE_CACHE_SIGNATURE_KEY

admin=
tls_server
writer=$(new_token read,write)
restart_server --tls-cert "$work/tls/cert.pem" --tls-key "$work/tls/key.pem"
SSL_CERT_FILE=$ca check 'https: a cold build goes through' build cold "$writer"
equal 'https: all of it was uploaded' '0 3 3' "$(counts turbo)"
SSL_CERT_FILE=$ca check 'https: a warm build goes through' build warm "$writer"
equal 'https: all of it hit' '3 3 3' "$(counts turbo)"
check "https: its outputs are the cold build's" diff -r cold.out warm.out
no_tls

writer=$(new_token read,write)
quota small 1
restart_server
team=small check 'over its quota: a build goes through' build other "$writer"
equal '... and stores nothing' '0 3 0' "$(counts turbo)"
equal '... Turborepo was told they are too large' 3 "$(answers turbo PUT 413)"

restart_server
kill_midway turbo 1
team=killed check 'killed during the second of three tasks: the build goes on' build cold "$writer"
no_midway
start_server
team=killed check 'a build over what it had stored goes through' build warm "$writer"
equal '... that is one task' '1 2 2' "$(counts turbo)"
same "... whose output is the killed build's" cold.out/one.bin warm.out/one.bin
kill_server
check 'with no server from the start, too' build cold "$writer"
