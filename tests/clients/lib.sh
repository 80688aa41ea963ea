# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by every script of tests/clients/: real clients of other caches against `scrubjay serve`,
# on top of tests/e2e/lib.sh. What npm and cargo bring, `ci/clients` puts into build-clients/.
# By hand: SCRUBJAY_BUILD=build tests/clients/ccache.sh

# Mounts of its own, so that a script may have a disk that it can fill; not everybody may have them.
if [ -z "${CLIENTS_MOUNTS-}" ]; then
    CLIENTS_MOUNTS=no
    ! unshare --mount true 2>/dev/null || CLIENTS_MOUNTS=yes exec unshare --mount bash "$0" "$@"
fi
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

# shellcheck disable=SC2034 # for the scripts
clients=${SCRUBJAY_CLIENTS:-$source_root/build-clients}

# Nothing here may ask anybody else.
export NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false NPM_CONFIG_AUDIT=false DO_NOT_TRACK=1
server_pid=
server_runs=0
ca=

# A server under test never outlives its script, whatever the script ends by.
clients_finish() {
    local status=$?
    declare -F client_stop >/dev/null && client_stop
    no_midway
    check_server
    kill_server
    large_disk
    (exit "$status")
    finish
}
trap clients_finish EXIT

# wait_for SECONDS COMMAND…: polls until the command succeeds.
wait_for() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.02
    done
}

server_is_up() {
    url=$(sed -n 's|^scrubjay: listening on \(https*://[^ ]*\)$|\1|p' "$server_log" | head -n 1)
    [ -n "$url" ] || ! kill -0 "$server_pid" 2>/dev/null
}

# start_server OPTION…: a server over $SCRUBJAY_DIR on a free port; sets url, host, server_pid.
start_server() {
    server_runs=$((server_runs + 1))
    server_log=$work/server-$server_runs.log
    : >"$server_log"
    : >"$work/access"
    "$scrubjay" serve --listen 127.0.0.1:0 --access-log "$work/access" "$@" 2>"$server_log" &
    server_pid=$!
    disown "$server_pid" # or the shell tells of its death
    if ! wait_for 20 server_is_up || [ -z "$url" ]; then
        sed 's/^/# /' "$server_log"
        echo 'Bail out! the server does not start'
        exit 99
    fi
    # shellcheck disable=SC2034 # for the scripts
    host=${url#*://}
}

server_is_gone() {
    ! kill -0 "$server_pid" 2>/dev/null
}

# A server that is gone, and was not killed by us, was no part of any test.
check_server() {
    if [ -n "$server_pid" ] && server_is_gone && [ ! -e "$server_log.killed" ]; then
        fail 'the server serves until it is told otherwise' "$(cat "$server_log")"
    fi
}

# kill_server: as a crash would end it. Also from a subshell; twice does no harm.
kill_server() {
    [ -n "$server_pid" ] || return 0
    server_is_gone || : >"$server_log.killed"
    kill -KILL "$server_pid" 2>/dev/null
    wait_for 20 server_is_gone
    server_pid=
}

# restart_server OPTION…: a new one over the same store; its counters begin at 0.
restart_server() {
    check_server
    kill_server
    start_server "$@"
}

# fresh_server: a new one over an empty store, tokens and namespaces forgotten.
fresh_server() {
    check_server
    kill_server
    rm -rf "$SCRUBJAY_DIR"
    mkdir "$SCRUBJAY_DIR"
    start_server
}

# skip TEXT: a check that cannot be made here, for want of mounts.
skip() {
    checks=$((checks + 1))
    printf 'ok %s - %s # SKIP nothing can be mounted here\n' "$checks" "$1"
}

# tls_server: a new one over an empty store that speaks TLS; sets ca to the authority to trust. It
# ends with no_tls.
tls_server() {
    local at=$work/tls
    fresh_server
    if [ ! -d "$at" ]; then
        mkdir "$at"
        {
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
                -subj '/CN=authority of a test' -keyout "$at/ca.key" -out "$at/ca.pem"
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=localhost' \
                -keyout "$at/key.pem" -out "$at/request.pem"
            echo 'subjectAltName=IP:127.0.0.1' >"$at/extensions"
            openssl x509 -req -in "$at/request.pem" -CA "$at/ca.pem" -CAkey "$at/ca.key" \
                -CAcreateserial -days 2 -extfile "$at/extensions" -out "$at/cert.pem"
        } >"$at/log" 2>&1
    fi
    ca=$at/ca.pem
    restart_server --tls-cert "$at/cert.pem" --tls-key "$at/key.pem"
}

# trust_store: prints the options that make a JVM trust that authority.
trust_store() {
    [ -f "$work/tls/trust" ] || keytool -importcert -noprompt -alias test -file "$ca" \
        -keystore "$work/tls/trust" -storepass changeit >/dev/null 2>&1
    echo "-Djavax.net.ssl.trustStore=$work/tls/trust -Djavax.net.ssl.trustStorePassword=changeit"
}

no_tls() {
    ca=
    fresh_server
}

# small_disk SIZE: an empty store on a disk of this size; a failure where that cannot be had.
small_disk() {
    kill_server
    rm -rf "$SCRUBJAY_DIR"
    mkdir "$SCRUBJAY_DIR"
    [ "$CLIENTS_MOUNTS" = yes ] && mount -t tmpfs -o "size=$1" none "$SCRUBJAY_DIR" 2>/dev/null
}

# large_disk: the usual one again.
large_disk() {
    check_server
    kill_server
    ! mountpoint -q "$SCRUBJAY_DIR" || umount "$SCRUBJAY_DIR"
}

# new_token SCOPES: prints a token for all namespaces.
new_token() {
    "$scrubjay" token create --scope "$1" --namespace '*' 2>/dev/null
}

# quota NAMESPACE SIZE: takes effect with the next start.
quota() {
    printf '[%s]\nquota = %s\n' "$1" "$2" >"$SCRUBJAY_DIR/namespaces.conf"
}

# metric NAME LABEL…: sum of the samples that have all these labels, such as method="PUT".
metric() {
    local name=$1
    shift
    curl -sS --max-time 10 ${ca:+--cacert "$ca"} ${admin:+-H "Authorization: Bearer $admin"} "$url/metrics" |
        awk -v name="$name" -v labels="$*" '
            BEGIN { n = split(labels, want, " ") }
            index($1, name "{") == 1 || $1 == name {
                for (i = 1; i <= n; i++) {
                    if (index($0, want[i]) == 0) {
                        next
                    }
                }
                sum += $NF
            }
            END { printf "%d", sum }'
}

# hits, misses and stored PROTOCOL: what the server counted since it started.
hits() {
    metric scrubjay_cache_requests_total "protocol=\"$1\"" 'outcome="hit"'
}

misses() {
    metric scrubjay_cache_requests_total "protocol=\"$1\"" 'outcome="miss"'
}

# answers PROTOCOL METHOD STATUS: how often the server gave that answer.
answers() {
    metric scrubjay_http_requests_total "protocol=\"$1\"" "method=\"$2\"" "code=\"$3\""
}

# counts PROTOCOL: "HITS MISSES UPLOADS", the last those that were answered with success.
counts() {
    local stored
    stored=$(metric scrubjay_http_requests_total "protocol=\"$1\"" 'method="PUT"' 'code="2')
    echo "$(hits "$1") $(misses "$1") $stored"
}

# need_npm NAME: skips the script where ci/clients has not installed that client; sets $client.
need_npm() {
    client=$clients/npm/node_modules/.bin/$1
    need node npm
    [ -x "$client" ] || skip_all "$1 is not installed: run ci/clients"
}

# Run by the second task of a build, unnoticed by the client, which only sees the same name always.
# shellcheck disable=SC2034 # for the scripts
midway=$work/midway
: >"$midway"

# kill_midway PROTOCOL UPLOADS: the server is to be killed then, when it has taken so many uploads.
kill_midway() {
    {
        declare -f metric kill_server wait_for server_is_gone
        declare -p url server_pid server_log
        # shellcheck disable=SC2016 # expanded there
        printf 'took() { [ "$(metric scrubjay_http_requests_total %s %s %s)" -ge %s ]; }\n' \
            "'protocol=\"$1\"'" "'method=\"PUT\"'" "'code=\"2'" "$2"
        echo 'wait_for 20 took; kill_server'
    } >"$midway"
}

# restart_midway PROTOCOL UPLOADS: … and started again over the same store, at the same address.
# Afterwards server_pid is the new one's, once no_midway was called.
restart_midway() {
    kill_midway "$@"
    cat >>"$midway" <<END
: >'$server_log.again'
setsid '$scrubjay' serve --listen '$host' >/dev/null 2>'$server_log.again' &
echo "\$!" >'$work/midway.pid'
wait_for 20 grep -q 'listening on' '$server_log.again'
END
}

# no_midway: the second task is an ordinary one again.
no_midway() {
    : >"$midway"
    if [ -f "$work/midway.pid" ]; then
        server_pid=$(cat "$work/midway.pid")
        rm "$work/midway.pid"
    fi
}
