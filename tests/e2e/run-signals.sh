#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `run` behaves as if the command had been started in its place: status, signals, descriptors; and
# whatever is wrong with the cache, the command runs.
. "$(dirname "$0")/lib.sh"
need gcc jq

# status EXPECTED TEXT COMMAND…
status() {
    local expected=$1 text=$2 actual=0
    shift 2
    "$@" >out 2>err </dev/null || actual=$?
    equal "$text" "$expected" "$actual"
}

status 0 'success is success' "$scrubjay" run -- true
status 42 'a status is passed on' "$scrubjay" run -- sh -c 'exit 42'
status 42 'the dashes may be left out' "$scrubjay" run sh -c 'exit 42'
status 137 'a signal gives 128 and its number' "$scrubjay" run -- sh -c 'kill -KILL $$'
status 127 'a command that is not there gives 127' "$scrubjay" run -- scrubjay-nowhere
has 'it is named' "cannot run 'scrubjay-nowhere'" err
status 126 'a command that cannot be run gives 126' "$scrubjay" run -- /etc/passwd
has 'it is named, too' "cannot run '/etc/passwd'" err
status 2 'no command is wrong usage' "$scrubjay" run
status 2 'no command behind the dashes is, too' "$scrubjay" run --
status 2 'an unknown option is' "$scrubjay" run --nosuch -- true
status 2 'a bad label is' "$scrubjay" run --label x -- true
status 2 'a bad build id is' "$scrubjay" run --build-id 'a b' -- true
status 2 'a bad setting is' "$scrubjay" run --max-size lots -- true
status 2 'a bad setting in the environment is' env SCRUBJAY_MAX_SIZE=lots "$scrubjay" run -- true
has 'it is named, with a remedy' 'max_size.*lots' err
status 0 'help is no error' "$scrubjay" run --help

equal 'stdin is passed on' hello "$(echo hello | "$scrubjay" run --quiet -- cat)"
equal 'so is another descriptor' there "$(
    exec 7< <(echo there)
    "$scrubjay" run --quiet -- cat <&7
)"
equal 'none of ours is added' "$(sh -c 'ls /proc/$$/fd' | wc -l)" \
    "$("$scrubjay" run --quiet -- sh -c 'ls /proc/$$/fd' | wc -l)"

# signalled SIGNAL: the command's trap tells, and run ends as the command did.
signalled() {
    local actual=0
    rm -f out
    "$scrubjay" run --quiet -- sh -c "trap 'echo got-$1; exit 9' $1; echo ready; while :; do :; done" \
        >out &
    local pid=$!
    until grep -qs ready out; do :; done
    kill "-$1" "$pid"
    wait "$pid" || actual=$?
    equal "$1 reaches the command" "ready got-$1 9" "$(tr '\n' ' ' <out)$actual"
}
for signal in TERM HUP USR1; do
    signalled "$signal"
done

rm -f out
"$scrubjay" run -- sh -c 'echo ready; exec sleep 100' >out 2>err &
pid=$!
until grep -qs ready out; do :; done
kill -TERM "$pid"
actual=0
wait "$pid" || actual=$?
equal 'a command ended by our signal gives 128 and its number' 143 "$actual"
has 'it still has a report' '^scrubjay: build .*, ended by signal 15$' err

nohup_status=0
(
    trap '' HUP
    "$scrubjay" run --quiet -- sh -c 'kill -HUP $$; exit 3'
) || nohup_status=$?
equal 'an ignored signal stays ignored' 3 "$nohup_status"

# Whatever is wrong with the store.
printf 'int a;\n' >a.c
echo file >"$work/file"
status 0 'a store that is a file stops nothing' env SCRUBJAY_DIR="$work/file" "$scrubjay" run -- gcc -c a.c
check 'the object is there' test -s a.o
equal 'there is one warning' 1 "$(grep -c '^scrubjay: warning:' err)"
has 'it names the store' "$work/file" err
status 5 'the status is passed on without a store' env SCRUBJAY_DIR="$work/file/x" "$scrubjay" run -- sh -c 'exit 5'

rm -f a.o
mkdir "$work/newer"
status 0 'a report that cannot be written stops nothing' \
    "$scrubjay" run --report "$work/nowhere/r.json" -- gcc -c a.c
has 'it is told' "cannot write the report to '$work/nowhere/r.json'" err

# A store that may only be read has no place for links; then they live as long as the build.
"$scrubjay" run --quiet -- gcc -c a.c
rm -rf "$SCRUBJAY_DIR/scrubjay-links"
if [ "$(id -u)" -ne 0 ]; then
    chmod a-w "$SCRUBJAY_DIR"
    rm -f a.o
    status 0 'a store that may only be read is read' \
        env SCRUBJAY_READ_ONLY=1 "$scrubjay" run --json -- gcc -c a.c
    chmod u+w "$SCRUBJAY_DIR"
fi
equal 'nothing is left behind' '' "$(ls "$TMPDIR")"
