# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Sourced by every script of tests/e2e/checklist/, the cases of docs/checklist.md. Each compiles
# plainly first, then through Scrubjay into an empty store, then through Scrubjay again, and
# compares all that a compile leaves behind: files, their bytes and modes, stdout, stderr and exit
# status.
#
# A script defines one function cNN_name for each case (NN is the number in docs/checklist.md), and
# ends with run_cases. In a case, with ARGS of the compiler:
#
#   first ARGS             a new action: miss, stored; then a hit
#   again ARGS             the same after something changed: the plain result must really differ
#                          from the last one; miss, then hit
#   still ARGS             after something changed that must not matter: a hit at once
#   right ARGS             cached or not: the bytes count
#   bypassed REASON ARGS   never cached, for this reason
#   unstored REASON ARGS   compiled each time, and not stored, for this reason
#   failing ARGS           the compiler fails: run each time, never stored
#
# usage: SCRIPT FAMILY CC CXX [CASE…], with SCRUBJAY_BUILD as for every script of tests/e2e/; FAMILY
# is gcc or clang. CHECKLIST_KEEP=1 keeps the directories of cases that fail.

script=$(readlink -f "$0")
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

family=$1
CC=$(command -v "$2") || skip_all "no $2"
# shellcheck disable=SC2034 # for the scripts
CXX=$(command -v "$3") || skip_all "no $3"
shift 3
chosen=("$@")
cc_name=$(basename "$CC")
journal_dump=$build/tests/e2e-journal-dump
unset CPLUS_INCLUDE_PATH COMPILER_PATH GCC_EXEC_PREFIX LIBRARY_PATH DEPENDENCIES_OUTPUT \
    SUNPRO_DEPENDENCIES CCC_OVERRIDE_OPTIONS LANGUAGE LANG TERM
[ -n "${CHECKLIST_KEEP:-}" ] && trap - EXIT && printf '# kept: %s\n' "$work"

# Ends a case: something is not as it must be.
wrong() {
    printf '# %s\n' "$*"
    exit 1
}

# Ends a case without a verdict.
skip() {
    printf '%s\n' "$*" >"$logs/skipped"
    exit 0
}

only() {
    [ "$family" = "$1" ] || skip "not for $family"
}

# The compiler takes these options at all.
needs() {
    echo 'int needed;' >"$logs/needs.c"
    "$CC" "$@" -c "$logs/needs.c" -o "$logs/needs.o" >/dev/null 2>&1 || skip "$cc_name has no $*"
}

# note_files ARRAY: fills it with path -> what find says of it, enough to see that it was changed.
note_files() {
    local -n noted=$1
    local path facts
    while IFS=$'\t' read -r -d '' path facts; do
        # shellcheck disable=SC2004,SC2034 # a reference to an associative array
        noted[$path]=$facts
    done < <(find . -mindepth 1 -printf '%P\t%y %m %i %T@ %C@\0')
}

# take LABEL COMMAND…: run it in the working directory; move all that it leaves to $logs/LABEL:
# files/, out, err, and `made`: a line for each file or directory, and its status.
take() {
    local label=$1 dir=$logs/$1 status=0 path words
    local paths=() fresh=() lines=()
    local -A before=() after=()
    shift
    rm -rf "$dir"
    mkdir -p "$dir/files"
    note_files before
    "$@" >"$dir/out" 2>"$dir/err" </dev/null || status=$?
    note_files after
    for path in "${!after[@]}"; do
        read -ra words <<<"${after[$path]}"
        # A directory changes when a file is made in it; only a new one counts.
        if [ "${after[$path]}" != "${before[$path]:-}" ] &&
            { [ "${words[0]}" != d ] || [ -z "${before[$path]:-}" ]; }; then
            [ "${words[0]}" = d ] || paths+=("$path")
            [ -n "${before[$path]:-}" ] || fresh+=("$path")
            lines+=("$path ${words[0]} ${words[1]}")
        fi
    done
    printf '%s\n' "status $status" "${lines[@]}" >"$dir/made"
    [ ${#lines[@]} -le 1 ] || sort -o "$dir/made" "$dir/made"
    [ ${#paths[@]} -eq 0 ] || cp -P --parents -- "${paths[@]}" "$dir/files"
    [ ${#fresh[@]} -eq 0 ] || rm -rf -- "${fresh[@]}"
    [ ${#mask[@]} -eq 0 ] || sed -i "${mask[@]}" "$dir/out" "$dir/err"
}

# status_of LABEL
status_of() {
    sed -n 's/^status //p' "$logs/$1/made"
}

# compare WANTED GOT: everything one run left is what the other left, but for files in $unsteady.
compare() {
    diff -r "${unsteady[@]/#/--exclude=}" "$logs/$1" "$logs/$2" >"$logs/diff" 2>&1 ||
        wrong "the $2 run is not as the $1 run: $(head -n 30 "$logs/diff")"
}

# differs LABEL LABEL: whether two runs left something different.
differs() {
    ! diff -rq "${unsteady[@]/#/--exclude=}" "$logs/$1" "$logs/$2" >/dev/null
}

# changed: the last two plain runs differ; otherwise the case would prove nothing.
changed() {
    differs former plain || wrong 'the change makes no difference to the compiler'
}

# The last record: "outcome reason flags".
outcome() {
    "$journal_dump" "$SCRUBJAY_DIR" | tail -n 1 | cut -f 1-3 | tr '\t' ' '
}

# ended PATTERN: the last action ended so; a shell pattern over "outcome reason flags".
ended() {
    local got
    got=$(outcome)
    # shellcheck disable=SC2053 # a pattern is meant
    [[ $got == $1 ]] || wrong "ended as '$got', not '$1': $("$journal_dump" "$SCRUBJAY_DIR" | tail -n 1)"
}

# count_made LABEL: how many files and directories a run left.
count_made() {
    grep -vc '^status ' "$logs/$1/made"
}

count_records() {
    "$journal_dump" "$SCRUBJAY_DIR" | wc -l
}

# plain ARGS: compile without Scrubjay, for reference; the reference before becomes "former".
plain() {
    if [ -d "$logs/plain" ]; then
        rm -rf "$logs/former"
        mv "$logs/plain" "$logs/former"
    fi
    take plain "$tool" "$@"
}

# cached LABEL PATTERN ARGS: compile through Scrubjay; all must be as plain, and end so.
cached() {
    local label=$1 pattern=$2
    shift 2
    take "$label" "$scrubjay" "${via[@]}" "$tool" "$@"
    compare plain "$label"
    ended "$pattern"
}

succeeded() {
    [ "$(status_of plain)" = 0 ] || wrong "the compiler fails: $(cat "$logs/plain/err")"
}

first() {
    plain "$@"
    succeeded
    cached cold 'miss * stored*' "$@"
    cached warm 'hit *' "$@"
}

again() {
    plain "$@"
    succeeded
    changed
    cached cold 'miss * stored*' "$@"
    cached warm 'hit *' "$@"
}

still() {
    plain "$@"
    succeeded
    cached warm 'hit *' "$@"
}

right() {
    plain "$@"
    cached cold '*' "$@"
    cached warm '*' "$@"
}

bypassed() {
    local reason=$1
    shift
    plain "$@"
    cached cold "bypass $reason *" "$@"
    cached warm "bypass $reason *" "$@"
}

unstored() {
    local reason=$1
    shift
    plain "$@"
    cached cold "miss $reason -*" "$@"
    cached warm "miss $reason -*" "$@"
}

failing() {
    plain "$@"
    [ "$(status_of plain)" != 0 ] || wrong "the compiler does not fail: $*"
    cached cold 'failed *' "$@"
    cached warm 'failed *' "$@"
}

# write_source [FILE [BODY]]
write_source() {
    printf '%s\n' "${2:-"int sum(int a, int b) { return a + b; }"}" >"${1:-x.c}"
}

# includes LINE: x.c with this line, returning the V that it brings.
includes() {
    write_source x.c "$1"'
    int f(void) { return V; }'
}

# write_script FILE <<EOF: an executable shell script.
write_script() {
    { echo '#!/bin/sh' && cat; } >"$1"
    chmod 755 "$1"
}

# settle: let the file system's clock tick, so that what was just written is no longer too young.
settle() {
    touch "$logs/tick"
    until touch "$logs/tock" && [ "$logs/tock" -nt "$logs/tick" ]; do
        sleep 0.005
    done
}

# await WHAT COMMAND…: until it succeeds.
await() {
    local what=$1 tries=0
    shift
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 500 ] || wrong "waited in vain for $what"
        sleep 0.02
    done
}

# A compiler that stops before and after its work, for this script to act, wherever descriptors 7
# and 8 are open: nothing of it is seen in its process tree.
stopping_compiler() {
    mkdir -p scripts
    write_script "scripts/$cc_name" <<EOF
stop() {
    { echo \$1 >&7; } 2>/dev/null && read -r _ <&8
}
case \$* in *-c*) ;; *) exec "$CC" "\$@" ;; esac
stop
"$CC" "\$@"
status=\$?
stop
exit \$status
EOF
    tool=$PWD/scripts/$cc_name
}

# meddled EARLY LATE ARGS: compile through Scrubjay, and run these functions in the midst of it.
meddled() {
    local act early=$1 late=$2 compile
    shift 2
    stopping_compiler
    mkfifo "$logs/stopped" "$logs/go"
    settle
    "$scrubjay" "$tool" "$@" 7<>"$logs/stopped" 8<>"$logs/go" &
    compile=$!
    for act in "$early" "$late"; do
        read -r -t 60 _ <"$logs/stopped" || wrong 'the compiler did not run'
        "$act"
        echo >"$logs/go"
    done
    wait $compile || wrong "status $?"
    rm -f x.o
}

nothing() { :; }

# run_case FUNCTION: in a directory and with a store of its own; runs in a subshell.
run_case() {
    set -e
    export SCRUBJAY_DIR=$work/$1/store
    logs=$work/$1/logs
    mkdir -p "$work/$1/t" "$logs"
    cd "$work/$1/t"
    tool=$CC
    via=() # words between scrubjay and the compiler
    unsteady=() # files, as patterns, whose bytes the compiler itself never makes twice
    mask=() # what sed takes out of stdout and stderr for the same reason
    "$1"
}

run_cases() {
    local one name status
    if [ ${#chosen[@]} -eq 0 ]; then
        mapfile -t chosen < <(sed -n 's/^\(c[0-9][0-9]*_[a-z0-9_]*\)() {.*/\1/p' "$script")
    fi
    for one in "${chosen[@]}"; do
        name=${one#c}
        name=${name//_/-}
        # In a condition, the subshell would go on after a command that fails.
        (run_case "$one") >"$work/said" 2>&1
        status=$?
        if [ $status -ne 0 ]; then
            fail "$name" "status $status; $(sed 's/^# //' "$work/said")"
        elif [ -e "$work/$one/logs/skipped" ]; then
            pass "$name # SKIP $(cat "$work/$one/logs/skipped")"
        else
            pass "$name"
        fi
        if [ $status -eq 0 ] || [ -z "${CHECKLIST_KEEP:-}" ]; then
            chmod -R u+rwX "$work/$one"
            rm -rf "${work:?}/$one"
        fi
    done
}
