#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `scrubjay backfill`: past commits are built in work trees of their own, what was built is not built
# again, and nothing of the user's is touched.
. "$(dirname "$0")/lib.sh"
need gcc git jq make

while IFS='=' read -r name _; do
    case $name in
    GITHUB_* | CI_* | BUILDKITE* | CIRCLE* | TRAVIS* | BUILD_* | JOB_* | GIT_* | BRANCH_NAME) unset "$name" ;;
    esac
done < <(env)
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.com
export GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.com

commit() {
    git add -A
    git commit -qm "$1"
}

git init -q -b main .
# shellcheck disable=SC2016 # make's own
printf 'all: a.o b.o\n%%.o: %%.c h.h\n\tgcc $(CFLAGS) -c $< -o $@\n' >Makefile
printf '#include "h.h"\nint a(void) { return H; }\n' >a.c
printf 'int b(void) { return 1; }\n' >b.c
printf '#define H 1\n' >h.h
commit one
printf '#define H 2\n' >h.h
commit two
printf 'int b(void) { return 2; }\n' >b.c
commit three
printf 'int b(void) { return 3 }\n' >b.c
commit four-is-broken
printf 'int b(void) { return 4; }\n' >b.c
commit five
echo 'not committed' >>a.c
touch untracked
before=$(git status --porcelain; git rev-parse HEAD; git for-each-ref; find .git -name '*.lock')

"$scrubjay" backfill --json ..HEAD -- make >out.json
equal 'a broken commit is told by the exit status' 1 $?
equal 'the others are built' 'built built built failed built' "$(jq -r '[.commits[].fate] | join(" ")' out.json)"
equal "the user's work tree, index and branches are as they were" "$before" \
    "$(git status --porcelain | grep -v out.json; git rev-parse HEAD; git for-each-ref; find .git -name '*.lock')"
log=$(jq -r '.dir + "/log/" + .commits[3].build' out.json)
check 'what a build printed is kept' grep -q 'error: expected' "$log"
equal 'work trees are gone' '' "$(ls -d "$(jq -r .dir out.json)"/tree-* 2>/dev/null)"

"$scrubjay" backfill --json ..HEAD -- make >again.json
equal 'what was built is not built again, nor what failed' \
    'built-before built-before built-before built-before built-before' \
    "$(jq -r '[.commits[].fate] | join(" ")' again.json)"
"$scrubjay" backfill --json --retry ..HEAD -- make >retry.json
equal '… unless it is asked for' 'built-before built-before built-before failed built-before' \
    "$(jq -r '[.commits[].fate] | join(" ")' retry.json)"
"$scrubjay" backfill --json --dry-run ..HEAD -- make CFLAGS=-O2 >plan
equal 'another command is another build; a plan builds nothing' 'todo todo todo todo todo' \
    "$(jq -r '[.commits[].fate] | join(" ")' plan)"

"$scrubjay" blame --json --since all >blame.json
two=$(git rev-parse HEAD~3)
# shellcheck disable=SC2016 # jq's own
check 'the commit that touched the header is charged' \
    jq -e --arg id "$two" '[.. | objects | select(.commit? == $id)] | length > 0' blame.json

"$scrubjay" backfill --json --jobs 2 --every 2 HEAD -- make CFLAGS=-O1 >two.json
equal 'every other commit, two at a time, the last among them' \
    "$(git rev-parse HEAD~4 HEAD~2 HEAD | tr '\n' ' ')" "$(jq -r '[.commits[].commit] | join(" ") + " "' two.json)"
equal 'and all of them were built' 'built built built' \
    "$(jq -r '[.commits[].fate] | join(" ")' two.json)"

# Stopped half way: the same command goes on.
# shellcheck disable=SC2016 # make's own
printf 'all: a.o\n\tsleep 100\n%%.o: %%.c h.h\n\tgcc -c $< -o $@\n' >Makefile
git checkout -q a.c
commit six-is-slow
"$scrubjay" backfill HEAD~2.. -- make CFLAGS=-g >stopped.out 2>stopped.err &
pid=$!
until grep -q '^built' stopped.err; do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
done
kill -TERM "$pid"
wait "$pid"
equal 'a signal ends it, and its builds' 143 $?
check '… it says how to go on' grep -q 'goes on from here' stopped.err
equal '… nothing runs on' '' "$(pgrep -f 'sleep 100' || true)"
"$scrubjay" backfill --json --timeout 1s HEAD~2.. -- make CFLAGS=-g >late.json
equal 'a build that takes too long is ended' 1 $?
equal '… and counts as failed' 'built-before failed' \
    "$(jq -r '[.commits[].fate] | join(" ")' late.json)"

# A build that was ended is to be built, whatever its command makes of the signal.
# shellcheck disable=SC2016 # the command's own
stubborn=(sh -c 'trap "exit 2" HUP; : >"$0"; while :; do sleep 0.05; done' "$work/started")
"$scrubjay" backfill HEAD~1.. -- "${stubborn[@]}" >/dev/null 2>&1 &
pid=$!
until [ -e "$work/started" ]; do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.02
done
kill -TERM "$pid"
wait "$pid"
equal 'a build that says itself how it ended is ended by a signal, too' todo \
    "$("$scrubjay" backfill --json --dry-run HEAD~1.. -- "${stubborn[@]}" | jq -r '.commits[0].fate')"

for words in '' 'HEAD~1..HEAD' 'nosuch..HEAD -- make' 'HEAD..HEAD -- make' \
    '--jobs 0 HEAD~1.. -- make' '--timeout soon HEAD~1.. -- make'; do
    # shellcheck disable=SC2086 # words
    "$scrubjay" backfill $words >/dev/null 2>bad
    status=$?
    if [ "$status" -ne 0 ] && [ -s bad ] && [ "$(wc -l <bad)" -le 2 ]; then
        pass "refused: backfill $words"
    else
        fail "refused: backfill $words" "status $status: $(cat bad)"
    fi
done
