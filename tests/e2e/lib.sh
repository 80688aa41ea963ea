# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by every script of tests/e2e/. Prints TAP, one line a check, which meson counts.
#
#   #!/usr/bin/env bash
#   . "$(dirname "$0")/lib.sh"
#   check 'first compile is a miss' "$scrubjay" gcc -c a.c
#   same  'object equals a plain one' a.o plain.o
#
# It starts in an empty directory of its own ($work), which is removed at the end, with HOME, the
# store and every setting isolated. $scrubjay is the program of the build in $SCRUBJAY_BUILD, which
# meson sets; by hand: SCRUBJAY_BUILD=build tests/e2e/relocate.sh

# A signal that was ignored when a shell began stays so for all that it starts, and whoever runs the
# tests (nohup, a background job) may ignore some.
if [ -z "${E2E_SIGNALS-}" ]; then
    E2E_SIGNALS=default exec env --default-signal=HUP,INT,QUIT,TERM,PIPE bash "$0" "$@"
fi

set -u
LC_ALL=C
export LC_ALL
umask 022

e2e_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # for the scripts
source_root=${e2e_dir%/tests/e2e}
build=$(cd "${SCRUBJAY_BUILD:?set it to the build folder}" && pwd) || exit 99
scrubjay=$build/src/cli/scrubjay

# Whatever this machine or a build around us has set must not reach the programs under test.
while IFS='=' read -r name _; do
    case $name in
    SCRUBJAY_* | CCACHE_* | XDG_*) unset "$name" ;;
    esac
done < <(env)
unset CC CXX CFLAGS CXXFLAGS CPPFLAGS LDFLAGS CPATH C_INCLUDE_PATH MAKEFLAGS MAKELEVEL MFLAGS
unset LD_PRELOAD SOURCE_DATE_EPOCH GCC_COLORS name

work=$(mktemp -d "${TMPDIR:-/tmp}/scrubjay-e2e.XXXXXX") || exit 99
work=$(cd "$work" && pwd -P)
export HOME=$work/home SCRUBJAY_DIR=$work/store TMPDIR=$work/tmp
mkdir "$HOME" "$TMPDIR" "$work/t"
cd "$work/t" || exit 99

checks=0
failures=0

finish() {
    local status=$?
    cd / && chmod -R u+rwX "$work" 2>/dev/null
    rm -rf "$work"
    if [ "$status" -ne 0 ]; then
        printf 'Bail out! the script ended with status %s\n' "$status"
        exit "$status"
    fi
    [ "$checks" -eq 0 ] || printf '1..%s\n' "$checks"
    [ "$failures" -eq 0 ] || exit 1
}
trap finish EXIT

# pass TEXT: a check that held.
pass() {
    checks=$((checks + 1))
    printf 'ok %s - %s\n' "$checks" "$1"
}

# fail TEXT [DETAIL…]: a check that did not hold; the script goes on.
fail() {
    checks=$((checks + 1))
    failures=$((failures + 1))
    printf 'not ok %s - %s\n' "$checks" "$1"
    shift
    [ $# -eq 0 ] || printf '%s\n' "$*" | sed 's/^/# /'
}

# check TEXT COMMAND…: holds when the command succeeds; what it prints shows when it does not.
check() {
    local text=$1 output status
    shift
    if output=$("$@" 2>&1); then
        pass "$text"
    else
        status=$?
        fail "$text" "status $status: $*"$'\n'"$output"
    fi
}

# refuse TEXT COMMAND…: holds when the command fails by itself, not by a signal.
refuse() {
    local text=$1 output status=0
    shift
    output=$("$@" 2>&1) || status=$?
    if [ "$status" -gt 0 ] && [ "$status" -lt 126 ]; then
        pass "$text"
    else
        fail "$text" "status $status: $*"$'\n'"$output"
    fi
}

# same TEXT FILE FILE: holds when both hold the same bytes.
same() {
    check "$1" cmp "$2" "$3"
}

# equal TEXT EXPECTED ACTUAL: holds when both strings are equal.
equal() {
    if [ "$2" = "$3" ]; then
        pass "$1"
    else
        fail "$1" "expected '$2'"$'\n'"got      '$3'"
    fi
}

# has TEXT PATTERN FILE: holds when a line of the file matches the extended regular expression.
has() {
    check "$1" grep -qE -e "$2" "$3"
}

# stat_of FILTER: a value of `scrubjay stats --json` for this script's store, such as .hits
stat_of() {
    "$scrubjay" stats --json | jq -r "$1"
}

# skip_all REASON: ends the script before its first check; meson counts it as skipped.
skip_all() {
    printf '1..0 # SKIP %s\n' "$1"
    exit 0
}

# need COMMAND…: skips the script on a machine where one of these is not installed.
need() {
    local command
    for command in "$@"; do
        command -v "$command" >/dev/null || skip_all "$command is not installed"
    done
}
