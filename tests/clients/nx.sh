#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Nx against the server: /v1/cache. Nx ends a build over any answer that it does not know, so a cache
# that refuses or is full must speak its language.
. "$(dirname "$0")/lib.sh"
need_npm nx
need curl openssl

export NX_DAEMON=false NX_NO_CLOUD=true NX_INTERACTIVE=false NX_TUI=false NX_ISOLATE_PLUGINS=false

# checkout DIR: three packages, each in need of the one before. A task that runs writes other bytes
# each time: equal ones can only come from the cache.
checkout() {
    local unit before='' size
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
        before=$unit
    done
    echo '{"name": "sample", "private": true, "workspaces": ["packages/*"]}' >"$1/package.json"
    cat >"$1/nx.json" <<'END'
{
  "neverConnectToCloud": true,
  "analytics": false,
  "targetDefaults": {
    "build": {
      "cache": true,
      "dependsOn": ["^build"],
      "inputs": ["{projectRoot}/**/*"],
      "outputs": ["{projectRoot}/dist"]
    }
  }
}
END
    ln -s "$clients/npm/node_modules" "$1/node_modules"
}

# build DIR TOKEN: a fresh checkout, built with an empty local cache; what Nx says goes to DIR.log,
# the outputs to DIR.out.
build() {
    local dir=$1 token=$2 unit
    rm -rf "$dir" "$dir.out" "$work/nx-$dir"
    checkout "$dir"
    (cd "$dir" && env NX_CACHE_DIRECTORY="$work/nx-$dir" \
        NX_SELF_HOSTED_REMOTE_CACHE_SERVER="$url${space:+/$space}" \
        ${token:+NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN="$token"} \
        "$client" run-many -t build --output-style=static) >"$dir.log" 2>&1 || {
        cat "$dir.log"
        return 1
    }
    mkdir "$dir.out"
    for unit in one two three; do
        cp "$dir/packages/$unit/dist/out.bin" "$dir.out/$unit.bin" || return
    done
}

fresh_server
check 'a cold build goes through' build cold ''
equal 'all of it missed and was uploaded' '0 3 3' "$(counts nx)"
restart_server
check 'a warm build goes through' build warm ''
equal 'all of it hit, nothing was uploaded' '3 0 0' "$(counts nx)"
check 'its outputs are those of the cold build' diff -r cold.out warm.out
has 'what a task said is said again' '^said by one' warm.log
has 'Nx says that it took all from the cache' 'instead of running the command for 3 out of 3' warm.log

tls_server
SSL_CERT_FILE=$ca check 'https: a cold build goes through' build cold ''
equal 'https: all of it was uploaded' '0 3 3' "$(counts nx)"
SSL_CERT_FILE=$ca check 'https: a warm build goes through' build warm ''
equal 'https: all of it hit' '3 3 3' "$(counts nx)"
check "https: its outputs are the cold build's" diff -r cold.out warm.out
no_tls

writer=$(new_token read,write)
reader=$(new_token read)
admin=$(new_token admin)
restart_server --anonymous none
check 'with a token: a cold build goes through' build cold "$writer"
equal '... all of it was uploaded' '0 3 3' "$(counts nx)"
restart_server --anonymous none
check 'a token that may only read: a warm build goes through' build warm "$reader"
equal '... all of it hit' '3 0 0' "$(counts nx)"
check "... its outputs are the cold build's" diff -r cold.out warm.out
restart_server --anonymous none
space=new check '... a cold build goes through' build other "$reader"
equal '... and stores nothing' '0 3 0' "$(counts nx)"
equal '... its uploads were forbidden' 3 "$(answers nx PUT 403)"
restart_server --anonymous none
refuse 'with a wrong token Nx itself ends the build' build other sj_00000000_wrong
has '... and says why' 'Unauthorized' other.log
equal '... and is given nothing' '0 0 0' "$(counts nx)"
admin=

fresh_server
quota default 1
restart_server
check 'over its quota: a build goes through' build other ''
equal '... and stores nothing' '0 3 0' "$(counts nx)"
equal '... Nx was told it may not, which it bears' 3 "$(answers nx PUT 403)"

if small_disk 2500k; then
    start_server
    check 'on a full disk: a build goes through' build other ''
    equal '... and stores the small outputs' '0 3 2' "$(counts nx)"
    equal '... Nx was told it may not, which it bears' 1 "$(answers nx PUT 403)"
else
    skip 'on a full disk: a build goes through'
fi
large_disk

fresh_server
restart_server --max-upload-memory 1MiB
check 'an output that there is no memory for: a build goes through' build other ''
equal '... and stores the others' '0 3 2' "$(counts nx)"

fresh_server
restart_server --max-entry 1MiB
check 'an output over max_entry: a build goes through' build other ''
equal '... and stores the others' '0 3 2' "$(counts nx)"
equal '... Nx was told it may not, which it bears' 1 "$(answers nx PUT 403)"

# Nx bears no connection that is refused while it asks, and waits some seconds while it uploads. What
# restarts a server soon, as systemd does, keeps the build going.
fresh_server
restart_midway nx 1
check 'killed and started again during the second of three tasks: the build goes on' build cold ''
no_midway
equal '... and uploads what is left' '0 1 2' "$(counts nx)"
restart_server
check 'a build over what both had stored goes through' build warm ''
equal '... that is all of it' '3 0 0' "$(counts nx)"
check "... its outputs are the cold build's" diff -r cold.out warm.out
kill_server
refuse 'with nobody there Nx itself ends the build' build cold ''
NX_SKIP_REMOTE_CACHE=true check '... but goes through when told to do without' build cold ''
