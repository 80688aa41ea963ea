#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# moon against the server: Bazel's /ac and /cas, with actions as JSON.
. "$(dirname "$0")/lib.sh"
need_npm moon
need curl git openssl

# What stands in .moon/workspace.yml is part of each task's hash, so what differs from checkout to
# checkout, or from test to test, is in the environment.
export MOON_TELEMETRY=false MOON_REMOTE_API=http NO_COLOR=1 token
export GIT_AUTHOR_NAME=Nobody GIT_AUTHOR_EMAIL=nobody GIT_COMMITTER_NAME=Nobody GIT_COMMITTER_EMAIL=nobody

# moon turns to its server in the background, and tasks that are ready before that is done do without
# it. So the first task waits until the server has been asked.
ready=$work/ready

wait_for_moon() {
    if server_is_gone; then
        : >"$ready"
        return
    fi
    : >"$work/access"
    {
        declare -f wait_for
        echo "wait_for 10 grep -q 'GET /status' '$work/access'"
    } >"$ready"
}

# checkout DIR: three projects, each in need of the one before. A task that runs writes other bytes
# each time: equal ones can only come from the cache.
checkout() {
    local unit before=zero size
    mkdir -p "$1/.moon" "$1/packages/zero"
    cat >"$1/.moon/workspace.yml" <<END
projects: ['packages/*']
telemetry: false
END
    cat >"$1/packages/zero/moon.yml" <<END
tasks:
  build:
    command: 'bash $ready'
    options:
      cache: false
END
    for unit in one two three; do
        size=3000
        [ "$unit" != three ] || size=3000000
        mkdir -p "$1/packages/$unit"
        cat >"$1/packages/$unit/moon.yml" <<END
tasks:
  build:
    command: 'sh ./build.sh'
    inputs: ['build.sh']
    outputs: ['dist/out.bin']
    deps: ['$before:build']
END
        printf 'mkdir -p dist\nhead -c %s /dev/urandom >dist/out.bin\necho said by %s\n' \
            "$size" "$unit" >"$1/packages/$unit/build.sh"
        [ "$unit" != two ] || echo "bash '$midway'" >>"$1/packages/$unit/build.sh"
        before=$unit
    done
    (cd "$1" && git init -q . && git add -A && git commit -q -m all)
}

# build DIR: a fresh checkout, built; what moon says goes to DIR.log, the outputs to DIR.out.
build() {
    local dir=$1 unit
    rm -rf "$dir" "$dir.out"
    checkout "$dir"
    wait_for_moon
    (cd "$dir" && env MOON_REMOTE_HOST="$url" MOON_REMOTE_CACHE_INSTANCE_NAME="${space:-main}" \
        ${token:+MOON_REMOTE_AUTH_TOKEN=token} "$client" run three:build) >"$dir.log" 2>&1 || {
        cat "$dir.log"
        return 1
    }
    mkdir "$dir.out"
    for unit in one two three; do
        cp "$dir/packages/$unit/dist/out.bin" "$dir.out/$unit.bin" || return
    done
}

# A task is one value below /ac; below /cas are its output, what it says, and a description of it.
fresh_server
check 'a cold build goes through' build cold
equal 'all of it missed and was uploaded' '0 3 12' "$(counts bazel)"
restart_server
check 'a warm build goes through' build warm
equal 'all of it hit, nothing was uploaded' '9 0 0' "$(counts bazel)"
check 'its outputs are those of the cold build' diff -r cold.out warm.out
has 'what a task said is said again' 'said by one' warm.log
has 'moon says where it has it from' 'cached from remote' warm.log

tls_server
SSL_CERT_FILE=$ca check 'https: a cold build goes through' build cold
equal 'https: all of it was uploaded' '0 3 12' "$(counts bazel)"
SSL_CERT_FILE=$ca check 'https: a warm build goes through' build warm
equal 'https: all of it hit' '9 3 12' "$(counts bazel)"
check "https: its outputs are the cold build's" diff -r cold.out warm.out
no_tls

writer=$(new_token read,write)
reader=$(new_token read)
admin=$(new_token admin)
restart_server --anonymous none
token=$writer check 'with a token: a cold build goes through' build cold
equal '... all of it was uploaded' '0 3 12' "$(counts bazel)"
restart_server --anonymous none
token=$reader check 'a token that may only read: a warm build goes through' build warm
equal '... all of it hit' '9 0 0' "$(counts bazel)"
check "... its outputs are the cold build's" diff -r cold.out warm.out
restart_server --anonymous none
token=$reader space=new check '... a cold build goes through' build cold
equal '... and stores nothing' '0 3 0' "$(counts bazel)"
check '... its uploads were forbidden' [ "$(answers bazel PUT 403)" -gt 0 ]
restart_server --anonymous none
check 'without a token a build goes through' build cold
equal '... and nothing is given or stored' '0 0 0' "$(counts bazel)"
admin=

fresh_server
quota small 1
restart_server
space=small check 'over its quota: a build goes through' build cold
equal '... and stores nothing' '0 3 0' "$(counts bazel)"
check '... its uploads were told why' [ "$(answers bazel PUT 507)" -gt 0 ]

fresh_server
kill_midway bazel 4
check 'killed during the second of three tasks: the build goes on' build cold
no_midway
start_server
check 'a build over what it had stored goes through' build warm
equal '... that is one task' '3 2 8' "$(counts bazel)"
same "... whose output is the killed build's" cold.out/one.bin warm.out/one.bin
kill_server
check 'with no server from the start, too' build cold
