#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The dashboard in a real browser, over the records of real builds. `ci/browser` installs what this
# needs into build-browser/; the pictures of all pages go there, too: build-browser/shots/.
# By hand: SCRUBJAY_BUILD=build tests/browser/dash.sh
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../e2e/lib.sh"
. "$here/project.sh"
browser=$source_root/build-browser
need chromium clang gcc git make node
for name in playwright-core axe-core; do
    [ -d "$browser/node_modules/$name" ] || skip_all "$name is not installed: run ci/browser"
done
chromium=$(command -v chromium)

pids=()
browser_finish() {
    local status=$? pid
    for pid in "${pids[@]}"; do
        kill -TERM "$pid" 2>/dev/null
    done
    for pid in "${pids[@]}"; do
        wait "$pid" 2>/dev/null
    done
    (exit "$status")
    finish
}
trap browser_finish EXIT

# start PATTERN FILE COMMAND…: starts a server; sets $said to the first part of what matches in what
# it prints to FILE.
start() {
    local pattern=$1 file=$2 deadline=$((SECONDS + 60)) pid
    shift 2
    : >"$file"
    "$@" >>"$file" 2>&1 &
    pid=$!
    pids+=("$pid")
    until said=$(sed -n "s,$pattern,\1,p" "$file" | head -n 1) && [ -n "$said" ]; do
        if ! kill -0 "$pid" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
            sed 's/^/# /' "$file"
            echo "Bail out! it does not start: $*"
            exit 99
        fi
        sleep 0.02
    done
}

mkdir sketch
cd sketch || exit 99
make_project
check 'the past is built' "$scrubjay" backfill ..HEAD -- sh build.sh
change_branch
check '… and a branch' "$scrubjay" backfill HEAD~1.. -- sh build.sh
echo '// Not committed.' >>include/text.h
check 'a build of today, in the work tree' \
    env SCRUBJAY_BASE_DIR="$PWD" "$scrubjay" run --build-id today -- sh build.sh
clang -O2 -Iinclude -ftime-trace -ftime-trace-granularity=0 -c src/draw/render.c \
    -o out/draw/render.o
check '… and what clang tells of one compile' \
    "$scrubjay" import --attach today timetrace out/draw/render.json
"$scrubjay" blame --since all >/dev/null # takes in the records

check 'a store of many builds' "$build/tests/bench/bench-records" make "$work/large" 2000 20
check '… is taken in' "$build/tests/bench/bench-records" ingest "$work/large"

# A team's server has a store of its own, with the same records.
cp -r "$SCRUBJAY_DIR" "$work/team"
admin=$("$scrubjay" token create --cache-dir "$work/team" --scope read,write,admin --namespace '*' \
    --note 'the administrator' 2>/dev/null)
reader=$("$scrubjay" token create --cache-dir "$work/team" --scope read --namespace '*' \
    --note "$hostile_note" 2>/dev/null)
check '… with a token to be revoked' "$scrubjay" token create --cache-dir "$work/team" --scope read \
    --note 'to be revoked'

start '^\(http://.*/dash/open?key=.*\)$' "$work/dash.log" "$scrubjay" dash --no-browser
local_url=$said
start '^\(http://.*/dash/open?key=.*\)$' "$work/large.log" \
    env SCRUBJAY_DIR="$work/large" "$scrubjay" dash --no-browser
large_url=$said
mkdir "$work/empty"
start '^\(http://.*/dash/open?key=.*\)$' "$work/empty.log" \
    env SCRUBJAY_DIR="$work/empty" "$scrubjay" dash --no-browser
empty_url=$said
start '^scrubjay: listening on \(http://[^ ]*\)$' "$work/serve.log" \
    "$scrubjay" serve --listen 127.0.0.1:0 --cache-dir "$work/team" --repositories "$PWD" \
    --anonymous none
team_url=$said

mkdir "$work/steps" "$work/live" "$work/live-team"
(cd "$work/steps" && make_steps)

mkdir -p "$browser/shots"
rm -f "$browser"/shots/*.png
NODE_PATH=$browser/node_modules CHROMIUM=$chromium SHOTS=$browser/shots \
    LOCAL_URL=$local_url EMPTY_URL=$empty_url LARGE_URL=$large_url TEAM_URL=$team_url \
    ADMIN_TOKEN=$admin READER_TOKEN=$reader HOSTILE_AUTHOR=$hostile_author \
    HOSTILE_SUBJECT=$hostile_subject HOSTILE_NOTE=$hostile_note \
    HOSTILE_DIR=$hostile_dir HOSTILE_HEADER=$hostile_header \
    SCRUBJAY=$scrubjay WORK=$work \
    node "$here/drive.js" "$@" >"$work/drive.txt" 2>"$work/drive.err"
status=$?
while IFS=$'\t' read -r state text detail; do
    case $state in
    ok) pass "$text" ;;
    *) fail "$text" "$(printf '%b' "$detail")" ;;
    esac
done <"$work/drive.txt"
equal 'the browser was driven to the end' 0 "$status"
tail -n 20 "$work/drive.err" | sed 's/^/# /'
