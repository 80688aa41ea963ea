#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Bazel against the server: /ac and /cas.
. "$(dirname "$0")/lib.sh"
need bazel java keytool curl openssl

trust=()
bazel_in() {
    local dir=$1
    shift
    (cd "$dir" && bazel --nohome_rc --output_user_root="$work/bazel" \
        --output_base="$work/bazel/$dir" --max_idle_secs=60 --host_jvm_args=-Xmx256m \
        "${trust[@]/#/--host_jvm_args=}" "$@")
}

client_stop() {
    local dir
    for dir in one two; do
        [ ! -d "$work/t/$dir" ] || (cd "$work/t" && bazel_in "$dir" shutdown) >/dev/null 2>&1
    done
}

# Run by the second action, unnoticed by Bazel.
: >"$work/midway"

# checkout DIR: three actions, one after the other. An action that runs writes other bytes each time:
# equal ones can only come from the cache.
checkout() {
    mkdir -p "$1"
    echo 'workspace(name = "sample")' >"$1/WORKSPACE"
    echo 'units' >"$1/units.txt"
    sed "s,MIDWAY,$work/midway," >"$1/BUILD" <<'END'
genrule(
    name = "one",
    srcs = ["units.txt"],
    outs = ["one.bin"],
    cmd = "head -c 3000 /dev/urandom >$@; echo said by one",
)

genrule(
    name = "two",
    srcs = ["one.bin"],
    outs = ["two.bin"],
    cmd = "head -c 3000 /dev/urandom >$@; sh MIDWAY",
)

genrule(
    name = "three",
    srcs = ["two.bin"],
    outs = ["three.bin", "empty.bin"],
    cmd = "head -c 3000000 /dev/urandom >$(location three.bin); : >$(location empty.bin)",
)
END
}

# build DIR REMOTE OPTION…: builds with nothing at hand; what Bazel says goes to DIR.log.
build() {
    local dir=$1 remote=$2
    shift 2
    checkout "$dir"
    bazel_in "$dir" clean >"$dir.log" 2>&1
    bazel_in "$dir" build --color=no --curses=no --remote_cache="$remote" --spawn_strategy=local \
        --genrule_strategy=local "$@" //:three >>"$dir.log" 2>&1 || {
        cat "$dir.log"
        return 1
    }
    rm -rf "$dir.out"
    mkdir "$dir.out"
    cp -L "$dir"/bazel-bin/*.bin "$dir.out/"
}

# An action is one value below /ac; below /cas are its outputs, what it says, and two descriptions of
# it. Only the first action says something, and an empty output is not even asked for.
fresh_server
check 'a cold build goes through' build one "$url/main"
equal 'all of it missed and was uploaded' '0 3 13' "$(counts bazel)"
restart_server
check 'a warm build goes through' build two "$url/main"
equal 'all of it hit, nothing was uploaded' '7 0 0' "$(counts bazel)"
check 'its outputs are those of the cold build' diff -r one.out two.out
has 'what an action said is said again' '^said by one$' two.log

fresh_server
writer=$(new_token read,write)
reader=$(new_token read)
admin=$(new_token admin)
restart_server --anonymous none
check 'bearer: a cold build goes through' \
    build one "$url/main" --remote_header="Authorization=Bearer $writer"
equal 'bearer: all of it was uploaded' '0 3 13' "$(counts bazel)"
restart_server --anonymous none
check 'basic: a warm build goes through' build two "http://user:$reader@$host/main"
equal 'basic: all of it hit' '7 0 0' "$(counts bazel)"
check "basic: its outputs are the cold build's" diff -r one.out two.out
restart_server --anonymous none
check 'a token that may only read: a cold build goes through' build one "http://user:$reader@$host/new"
equal '... and stores nothing' '0 3 0' "$(counts bazel)"
check '... its uploads were forbidden' [ "$(answers bazel PUT 403)" -gt 0 ]
restart_server --anonymous none
check 'without a token a build goes through' build one "$url/main"
equal '... and nothing is given or stored' '0 0 0' "$(counts bazel)"
admin=

fresh_server
quota small 1
restart_server
check 'over its quota: a build goes through' build one "$url/small"
equal '... and stores no action' 3 "$(misses bazel)"
check '... its uploads were told why' [ "$(answers bazel PUT 507)" -gt 0 ]

fresh_server
echo "kill -KILL $server_pid" >"$work/midway"
check 'killed during the second of three actions: the build goes on' build one "$url/main"
: >"$work/midway"
start_server
check 'a build over what it had stored goes through' build two "$url/main"
equal '... that is one action' '3 2 8' "$(counts bazel)"
same "... whose output is the killed build's" one.out/one.bin two.out/one.bin
kill_server
check 'with no server from the start, too' build one "$url/main"

tls_server
read -ra trust <<<"$(trust_store)"
check 'https: a cold build goes through' build one "$url/main"
equal 'https: all of it was uploaded' '0 3 13' "$(counts bazel)"
check 'https: a warm build goes through' build two "$url/main"
equal 'https: all of it hit' '7 3 13' "$(counts bazel)"
check "https: its outputs are the cold build's" diff -r one.out two.out
