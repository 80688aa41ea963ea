# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced behind lib.sh by the scripts that start servers; tests/bench sources it, too. $scrubjay,
# $build and $work are set.
#
#   serve_start NAME OPTION…     a server with a store of its own; sets $address and $server_pid
#   attack GROUP ARG…            each of its attacks becomes a check
#   serve_stop                   SIGTERM, and the server must end by itself
#
# In a network namespace: serve_prefix=(ip netns exec NAME) and serve_host=ADDRESS before.

# A sanitizer keeps what was freed for a while: memory then tells that much less.
# shellcheck disable=SC2034 # for the scripts
if grep -qE '__(asan|tsan)_init' "${build:?}/src/cli/scrubjay-main"; then
    memory_mib=$((8 << 20))
else
    memory_mib=$((1 << 20))
fi
attack_program=$build/tests/wire/serve-attack
serve_prefix=()
serve_host=127.0.0.1
server_pid=

# serve_wait FILE: waits until the server of $server_pid has said where it listens.
serve_wait() {
    local deadline=$((SECONDS + 60))
    until address=$(sed -n 's,^scrubjay: listening on http://\([^ /]*\).*,\1,p' "$1" | head -1) &&
        [ -n "$address" ]; do
        if ! kill -0 "$server_pid" 2>/dev/null || [ $SECONDS -ge $deadline ]; then
            sed 's/^/# /' "$1"
            return 1
        fi
        sleep 0.02
    done
}

# serve_start NAME OPTION…: the store is $work/NAME, what the server says goes to $work/NAME.log.
serve_start() {
    local name=$1
    shift
    : >"${work:?}/$name.log"
    "${serve_prefix[@]}" "${scrubjay:?}" serve --listen "$serve_host:0" --cache-dir "$work/$name" \
        "$@" 2>>"$work/$name.log" >&2 &
    server_pid=$!
    server_log=$work/$name.log
    serve_wait "$server_log" || {
        echo "Bail out! the server does not start"
        exit 99
    }
}

# serve_end: SIGTERM; the status that the server ends with.
serve_end() {
    local status=0
    [ -n "$server_pid" ] || return 0
    kill -TERM "$server_pid" 2>/dev/null
    wait "$server_pid" || status=$?
    server_pid=
    return "$status"
}

# serve_stop: a check that the server is the one that was started, and that it ends when told.
serve_stop() {
    local status=0
    serve_end || status=$?
    equal 'the server ends by itself' 0 "$status"
    # What a sanitizer has to say is no secret.
    [ "$status" -eq 0 ] || tail -n 30 "$server_log" | sed 's/^/# /'
}

# attack GROUP ARG…: checks of a group of attacks on the server.
attack() {
    local group=$1 line status=0
    shift
    "$attack_program" "$address" "$server_pid" "$group" "$@" >"$work/attack.txt" || status=$?
    while IFS= read -r line; do
        case $line in
        'ok '*) pass "${line#ok }" ;;
        *) fail "${line#not ok }" ;;
        esac
    done <"$work/attack.txt"
    [ "$status" -le 1 ] || fail "attack $group ended with status $status"
}

# ask METHOD TARGET [-b FILE] [-o FILE] [HEADER]…: prints the status.
ask() {
    "$attack_program" "$address" "$server_pid" ask "$@"
}

# at TARGET TEXT [HEADER]…: stores a text; prints the status.
at() {
    local target=$1 text=$2
    shift 2
    printf '%s' "$text" >"$work/at.txt"
    ask PUT "$target" -b "$work/at.txt" "$@"
}

# text_of TARGET [HEADER]…: prints status and text.
text_of() {
    local status
    status=$(ask GET "$@" -o "$work/text-of.txt")
    [ "$status" = 200 ] && status=$(cat "$work/text-of.txt")
    printf '%s\n' "$status"
}

# ac NUMBER [NAMESPACE]: target of a value.
ac() {
    printf '%s/ac/%064x' "${2:+/$2}" "$1"
}
