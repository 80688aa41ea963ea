#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Machines that share results through a server, each with a store and an agent of its own: what one
# compiled the others take; whatever is wrong with the server, builds succeed and wait at most once.
. "$(dirname "$0")/lib.sh"
need curl jq make
. "${e2e_dir:?}/serve-lib.sh"

export SCRUBJAY_AGENT_IDLE=8s SCRUBJAY_REMOTE_TIMEOUT=10s SCRUBJAY_UPLOAD_WAIT=60s
units=24

# machine NAME: the following compiles run there.
machine() {
    export SCRUBJAY_DIR=$work/machine-$1 SCRUBJAY_LOG=$work/machine-$1.log
    : >"$SCRUBJAY_LOG"
}

# Objects of 40 KiB and more travel on their own, small ones within their result.
make_project() {
    local i
    mkdir -p src
    for ((i = 0; i < units; i++)); do
        {
            echo '#include "common.h"'
            echo "const int table_${i}[] = {"
            if ((i % 3 == 0)); then
                for ((j = 0; j < 12000; j++)); do printf '%s,' $((i * 7919 + j * j)); done
            fi
            echo '0};'
            echo "int unit_$i(int x) { return common(x) + table_${i}[0] + $i; }"
        } >"src/u$i.c"
    done
    echo 'static inline int common(int x) { return x * 3; }' >src/common.h
    {
        printf 'objects :='
        for ((i = 0; i < units; i++)); do printf ' u%s.o' "$i"; done
        # shellcheck disable=SC2016 # make's variables
        printf '\nall: $(objects)\n%%.o: src/%%.c\n\t$(CC) -O1 -c $< -o $@\n'
        # shellcheck disable=SC2016
        printf 'u12.o: middle\nmiddle: u11.o\n\t@$(MIDDLE)\n\ttouch $@\n'
    } >Makefile
}

# build OPTION…: a clean build under run; the report is in ./report.json, what it says in ./said.
build() {
    rm -f ./*.o middle
    "$scrubjay" run --report report.json -- make CC=gcc "$@" >said 2>&1
}

of_report() {
    jq -r "$1" report.json
}

are_same() {
    local i
    for ((i = 0; i < units; i++)); do
        cmp "u$i.o" "plain/u$i.o" || return 1
    done
}

agent_socket() {
    set -- "$SCRUBJAY_DIR"/agent-*.sock
    printf '%s\n' "$1"
}

of_agent() {
    curl -sS --max-time 20 --unix-socket "$(agent_socket)" http://agent/status | jq -r ".agent$1"
}

# agents_gone MACHINE…: their agents have ended of themselves.
agents_gone() {
    local deadline=$((SECONDS + 60)) name
    for name; do
        machine "$name"
        while [ -S "$(agent_socket)" ]; do
            [ $SECONDS -lt $deadline ] || return 1
            sleep 0.05
        done
    done
}

make_project
make -s CC=gcc MIDDLE=: 2>/dev/null
mkdir plain && mv ./*.o plain/ && rm middle
sleep 0.05
serve_start server
export SCRUBJAY_REMOTE=http://$address/default

machine one
check 'a build fills the server' build -j4 MIDDLE=:
equal 'all of it is compiled' $units "$(of_report .misses)"
equal 'the run waits until all of it is uploaded' "$units 0 0" \
    "$(of_report '"\(.remote.uploaded) \(.remote.queued) \(.remote.dropped)"')"
check 'objects equal plain ones' are_same
equal 'the server has it' $units "$(curl -sS "http://$address/status" | jq .store.results)"

# records_came COUNT: the server's journal has so many records of the namespace.
records_came() {
    local deadline=$((SECONDS + 60))
    until [ "$(cat "$work"/server/journal/0* | grep -ao 'namespace=default' | wc -l)" -ge "$1" ]; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.05
    done
}
check "the build's records come to the server, with their namespace" records_came $units

machine two
check 'a build on an empty machine' build -j4 MIDDLE=:
equal 'takes all of it from the server' "$units 0" "$(of_report '"\(.hits) \(.misses)"')"
check 'objects equal plain ones' are_same
equal 'nothing goes up that came from there' 0 "$(of_report .remote.uploaded)"
has 'the report says so' '^remote    .* fetched' said
check 'a second build does not ask the server' build -j4 MIDDLE=:
equal 'and hits' $units "$(of_report .hits)"
equal 'from its own store' 0 "$(of_report .remote.fetched)"

machine three
rm -f ./*.o
for ((i = 0; i < units; i++)); do
    "$scrubjay" gcc -O1 -c "src/u$i.c" -o "u$i.o" &
    jobs[i]=$!
done
status=0
wait "${jobs[@]}" || status=$?
equal 'compiles at one time, and no agent before them' 0 $status
equal 'all hit' "$units 0" "$(stat_of '"\(.hits) \(.misses)"')"
check 'objects equal plain ones' are_same
check 'one hit was fetched' grep -q 'fetched from a remote' <("$scrubjay" why u0.o)

# A change: its new results go up, the rest is there.
echo '/* changed */' >>src/u5.c
(cd plain && gcc -O1 -c ../src/u5.c -o u5.o)
sleep 0.05
machine one
check 'a build after a change' build -j4 MIDDLE=:
equal 'compiles and uploads what has changed' '1 1' "$(of_report '"\(.misses) \(.remote.uploaded)"')"
machine four
check 'an empty machine' build -j4 MIDDLE=:
equal 'has the change, too' "$units 0" "$(of_report '"\(.hits) \(.misses)"')"
check 'objects equal plain ones' are_same

machine reader
mkdir -p "$SCRUBJAY_DIR"
check 'with read_only' env SCRUBJAY_READ_ONLY=1 "$scrubjay" gcc -O1 -c src/u1.c -o u1.o
refuse 'no agent is started' test -e "$(agent_socket)"

# The order of a build that is long enough is known to the server by the next one, and what comes
# next is there before anybody asks.
mkdir many
for ((i = 0; i < 100; i++)); do
    echo "int many_$i(int x) { return x + $i; }" >"many/m$i.c"
done
# shellcheck disable=SC2016 # make's variables
printf 'all: %s\nm%%.o: many/m%%.c\n\t$(CC) -c $< -o $@\n' "$(printf 'm%s.o ' {0..99})" >many.mk
sleep 0.05
machine leads
check 'a long build' build -j4 -f many.mk
machine follows
check 'the same on an empty machine' build -j2 -f many.mk
equal 'hits' '100 0' "$(of_report '"\(.hits) \(.misses)"')"
check 'most of it was there before it was asked for' test "$(of_agent .prefetched)" -ge 100

# The server stops to answer in the middle: whoever waits then waits once. Another command line, so
# that nothing is there ahead of the build.
machine stopped
export SCRUBJAY_REMOTE_TIMEOUT=500ms SCRUBJAY_UPLOAD_WAIT=2s
check 'a server that falls silent does not stop a build' \
    build CC='gcc -DSTOPPED' MIDDLE="kill -STOP $server_pid"
check 'objects equal plain ones' are_same
equal 'it made one compile wait' 1 "$(grep -cE 'remote: (504|-110)' "$SCRUBJAY_LOG")"
equal 'the report says why' true "$(of_report '.remote.is_down')"
has 'in words' 'left alone: .* did not answer in time' said
kill -CONT "$server_pid"
unset SCRUBJAY_REMOTE_TIMEOUT SCRUBJAY_UPLOAD_WAIT

# What comes from a server is believed only as far as it can be checked: every lie costs a compile,
# nothing else. SIGPIPE ends the liar where the agent has hung up.
for mode in bits cut short endless page redirect garbage; do
    env --ignore-signal=PIPE "$build/tests/wire/serve-crooked" $mode "$address" >port &
    crooked_pid=$!
    until [ -s port ]; do sleep 0.02; done
    machine "$mode"
    check "a server that lies ($mode)" env SCRUBJAY_REMOTE="http://127.0.0.1:$(cat port)/default" \
        SCRUBJAY_UPLOAD_WAIT=1s "$scrubjay" run --report report.json -- make -B CC=gcc MIDDLE=:
    check "objects equal plain ones ($mode)" are_same
    case $mode in
    bits) equal 'nothing is taken whose bits are others' 0 "$(of_report .hits)" ;;
    esac
    kill $crooked_pid
    wait $crooked_pid 2>/dev/null
    : >port
done

machine killed
check 'a server that is killed does not stop a build' build -j2 MIDDLE="kill -KILL $server_pid"
kill -KILL "$server_pid" 2>/dev/null
wait "$server_pid" 2>/dev/null
server_pid=
check 'objects equal plain ones' are_same
equal 'what was there by then hit' true "$(of_report '.hits >= 11')"

machine alone
export SCRUBJAY_UPLOAD_WAIT=2s
check 'no server at all' build -j4 MIDDLE=:
equal 'all is compiled' $units "$(of_report .misses)"
equal 'one warning' 1 "$(grep -c '^scrubjay: warning' said)"
unset SCRUBJAY_UPLOAD_WAIT

machine wrong
for remote in nosuch://host/x http:// 'not a url'; do
    rm -f u1.o
    check "remote '$remote'" env SCRUBJAY_REMOTE="$remote" "$scrubjay" gcc -O1 -c src/u1.c -o u1.o
    same 'compiles all the same' u1.o plain/u1.o
done

check 'agents end when nobody asks' agents_gone one two three four leads follows stopped killed alone bits cut short endless \
    page redirect garbage
